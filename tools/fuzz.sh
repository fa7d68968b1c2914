#!/bin/sh
# fuzz.sh ENTRY - gives tests/fuzz/ENTRY.c anything at all for DURATION seconds, under sanitizers, by
# clang's libFuzzer or, with ENGINE=afl, by AFL++. Builds what that needs in the folder it is called
# in, a copy of the sources that is good for nothing else afterwards. The inputs that matter are left
# in corpus/, those that fail in found/.
set -eu
entry=$1
duration=${DURATION:-600}
flags='-O1 -g -fno-sanitize-recover=undefined -fsanitize=address,undefined'

case ${ENGINE:-libfuzzer} in
afl) compiler=afl-clang-fast covered= ;;
*) compiler=clang covered=,fuzzer-no-link ;;
esac
./configure CC=$compiler CFLAGS="$flags$covered"
${MAKE:-make} symgrad libroad.a

# link FILE...: the fuzzer, with what the entry needs
link() {
    # shellcheck disable=SC2086
    $compiler -std=c11 $flags -fsanitize=fuzzer -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc \
        "tests/fuzz/$entry.c" "$@" -lm -o "$entry"
}

mkdir -p corpus found
cp "tests/fuzz/corpus/$entry"/* corpus
case $entry in
readers)
    ./symgrad tests/fuzz/readers.expr -o trainer.c
    link -DTRAINER='"../../trainer.c"'
    for file in tests/trainer/formats/*; do
        for kind in 0 1 2; do
            { printf '%s' $kind; cat "$file"; } >"corpus/$kind-$(basename "$file")"
        done
    done
    cp tests/fuzz/readers.dict dictionary
    length=2000
    ;;
*)
    link libroad.a
    for model in examples/*.expr lib/*.expr tests/*/*.expr; do
        cp "$model" "corpus/$(echo "$model" | tr / _)"
    done
    awk -f tools/words.awk grammar/parser.y grammar/lexer.l grammar/operators.def \
        grammar/solvers.def >dictionary
    length=600
    [ "$entry" = front ] || length=200
    ;;
esac

if [ $compiler = clang ]; then
    exec "./$entry" -close_fd_mask=3 -dict=dictionary -max_len=$length -timeout=10 \
        -rss_limit_mb=3000 -max_total_time="$duration" -print_final_stats=1 \
        -artifact_prefix=found/ corpus
fi
AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 \
    exec afl-fuzz -V "$duration" -x dictionary -m none -t 10000 -i corpus -o found -- "./$entry"
