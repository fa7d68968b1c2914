#!/bin/sh
# What fuzzers have found worth keeping: each input in tests/fuzz/corpus is given to its entry point
# again, under sanitizers where the C compiler has them.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
CC=${CC:-cc}
built=$(dirname "${FUZZ:-$SRCDIR/tests/fuzz/fuzz}")
SANITIZED='-fsanitize=address,undefined -fno-sanitize-recover=undefined'
printf 'int main(void) { return 0; }\n' >empty.c
# shellcheck disable=SC2086
$CC $SANITIZED empty.c -o empty 2>/dev/null && ./empty || SANITIZED=

# try_corpus ENTRY PROGRAM: whether it takes each input of its corpus
try_corpus() {
    for input in "$SRCDIR/tests/fuzz/corpus/$1"/*; do
        said=$("$2" "$input" 2>&1)
        verdict "$1: $(basename "$input")" $? "$said"
    done
}

for entry in front syntax; do
    if [ -x "$built/$entry" ]; then
        try_corpus $entry "$built/$entry"
    else
        skip "$entry: its corpus" "tests/fuzz/$entry is not built"
    fi
done
# shellcheck disable=SC2086
said=$({ "$SYMGRAD" "$SRCDIR/tests/fuzz/readers.expr" -o trainer.c &&
    $CC -std=c11 -O1 -g $SANITIZED -DTRAINER="\"$work/trainer.c\"" "$SRCDIR/tests/fuzz/readers.c" \
        "$SRCDIR/tests/fuzz/replay.c" -lm -o readers; } 2>&1)
verdict "readers: builds" $? "$said"
try_corpus readers ./readers
finish
