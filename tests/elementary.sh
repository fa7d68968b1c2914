#!/bin/sh
# The elementary functions as emitted: against exact values (elementary/values.h, by make_values.py)
# and at the edges, with multiplications and additions fused and not; and that loops over them are
# vector code.
. "$(dirname "$0")/lib.sh"

here=$SRCDIR/tests/elementary

# build SOURCE REAL COMPILER FLAGS...: compiles one of the sources here with the emitted functions
build() {
    source=$1 real=$2
    shift 2
    "$@" -DFUNCTIONS="\"$work/$real.c\"" -DREAL="$real" "$here/$source" -lm
}

# loops_in OBJECT: of each loop, its name, how many packed multiplications it has and what it calls
loops_in() {
    objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); packed[name] = 0; called[name] = "" }
    $2 ~ /^v?(mulpd|fn?m(add|sub)...pd)$/ { packed[name]++ }
    $2 ~ /^call/ || ($2 == "jmp" && $0 !~ /\+0x/) { called[name] = called[name] " " $NF }
    END { for (name in packed) if (name ~ /^loop_/) print name, packed[name], called[name] }'
}

# Large arguments of sines are repaired by a call: gcc calls once a vector (_ZGV), and for what is
# left over at the end; clang makes no vectors of such loops.
scalar_loops() {
    awk -v compiler="$1" '
    /^loop_(sine|cosine|tangent) / {
        if (compiler == "clang") next
        gsub(/ <(_ZGV[a-zA-Z0-9]*_)?repaired_[a-z]*>/, "")
    }
    $2 < 4 || NF > 2'
}

for real in double float; do
    said=$("$SYMGRAD" "$here/functions.expr" --emit lib --real $real -o "$work/$real.c" 2>&1)
    verdict "$real: emitted" $? "$said"
    for compiler in $(compilers); do
        said=$("$compiler" $STRICT -Wdouble-promotion -Wstrict-prototypes -c "$work/$real.c" \
            -o "$work/$real.o" 2>&1)
        verdict "$real, $compiler: compiles without a warning" $? "$said"
        for flags in '-O1 -ffp-contract=off' '-O3 -march=native'; do
            said=$(build accuracy.c $real "$compiler" $flags -o "$work/accuracy" 2>&1 &&
                "$work/accuracy")
            verdict "$real, $compiler $flags: within two units, edges exact" $? "$said"
        done
        name="$real, $compiler: loops are vector code"
        if [ "$(uname -m)" != x86_64 ] || ! command -v objdump >/dev/null 2>&1; then
            skip "$name" "no objdump, or not x86-64"
            continue
        fi
        for flags in '-O3' '-O3 -mavx2 -mfma'; do
            build loops.c $real "$compiler" -c $flags -o "$work/loops.o" 2>/dev/null &&
                loops_in "$work/loops.o" >"$work/loops"
            wrong=$(scalar_loops "$compiler" <"$work/loops")
            [ -s "$work/loops" ] && [ -z "$wrong" ]
            verdict "$name, $flags" $? "$wrong"
        done
    done
done
finish
