#!/bin/sh
# Every example: its C compiles without a warning, it trains to what its `# expect:` lines say, and
# `symgrad check` finds nothing.
. "$(dirname "$0")/lib.sh"

# expectations MODEL OUTPUT: prints each `# expect: NAME (=|>=|<=) NUMBER [+- TOLERANCE]` not met
expectations() {
    sed -n 's/^# expect: //p' "$1" | while read -r line; do
        awk -v line="$line" '
            BEGIN {
                match(line, / (=|>=|<=) /)
                name = substr(line, 1, RSTART - 1); sign = substr(line, RSTART + 1, RLENGTH - 2)
                split(substr(line, RSTART + RLENGTH), parts, " +- ")
                wanted = parts[1] + 0; tolerance = parts[3] == "" ? parts[2] + 0 : parts[3] + 0
                sub(/ .*/, "", parts[1])
                n = split(line, words, " "); if (words[n - 1] == "+-") tolerance = words[n] + 0
            }
            index($0, name " = ") == 1 {
                found = 1; got = substr($0, length(name) + 4) + 0; e = got - wanted
                if (sign == ">=") good = got >= wanted
                else if (sign == "<=") good = got <= wanted
                else good = (e < 0 ? -e : e) <= tolerance
            }
            END { if (!found) print "no line for " name; else if (!good) print line ", got " got }
        ' "$2"
    done
}

for compiler in gcc clang; do
    command -v "$compiler" >/dev/null 2>&1 || skip "every example with $compiler" "not installed"
done
cd "$SRCDIR" || exit 1

# Derivatives are checked on the first rows of each table, where there are many.
mkdir -p "$work/few/examples/data"
cp examples/*.expr "$work/few/examples"
for table in examples/data/*.csv; do
    head -n 100 "$table" >"$work/few/$table"
done

data=${SYMGRAD_DATA:-$SRCDIR/../shared/data}       # where there may be more

# mnist PROGRAM: what training says; accuracy is that on the test images
mnist() {
    (cd "$work" || exit 1
        set -- "$SRCDIR/examples/data/mnist.sh" "$data/mnist" "$1"
        sh "$1" "$2"/train-10k-images-idx3-ubyte.gz "$2"/train-10k-labels-idx1-ubyte.gz >train.csv
        sh "$1" "$2"/t10k-images-idx3-ubyte.gz "$2"/t10k-labels-idx1-ubyte.gz >test.csv
        "$3" --data x,label=train.csv --save mnist.params >train.out 2>&1 &&
            "$3" --data x,label=test.csv --load mnist.params)
}

# run NAME: what the example says as it trains
run() {
    case $1 in
    mnist) mnist "$work/$1-double" 2>&1 ;;
    *) "$work/$1-double" 2>&1 ;;
    esac
}

# compile NAME REAL COMPILER: the C without a warning. It is only read, for that is when nearly all
# warnings come, but for gcc's double, which becomes the program: with -O1, for -O3 takes longer to
# compile most examples than they take to train.
compile() {
    # shellcheck disable=SC2086
    case $3-$2 in
    gcc-double) gcc $STRICT -O1 -march=native "$work/$1-$2.c" -lm -o "$work/$1-$2" 2>&1 ;;
    *) "$3" $STRICT -fsyntax-only "$work/$1-$2.c" 2>&1 ;;
    esac
}

for model in examples/*.expr; do
    name=$(basename "$model" .expr)
    emitted=yes
    for real in double float; do
        if ! said=$("$SYMGRAD" "$model" --name "$name" --real $real -o "$work/$name-$real.c" 2>&1); then
            not_ok "$name: emitted in $real" "$said"
            emitted=no
            continue
        fi
        for compiler in $(compilers); do
            said=$(compile "$name" $real "$compiler")
            verdict "$name: $real, no warning from $compiler" $? "$said"
        done
    done
    [ $emitted = yes ] || continue
    [ -x "$work/$name-double" ] || cc -O2 "$work/$name-double.c" -lm -o "$work/$name-double"
    if [ "$name" = mnist ] && [ ! -f "$data/mnist/t10k-labels-idx1-ubyte.gz" ]; then
        skip "$name: trains" "MNIST is not here"
        continue
    fi
    run "$name" >"$work/$name.out"
    verdict "$name: trains" $? "$(tail -n 3 "$work/$name.out" 2>/dev/null)"
    wrong=$(expectations "$model" "$work/$name.out")
    [ -z "$wrong" ]
    verdict "$name: reaches what it says" $? "$wrong"
    if grep -Eq '^(min|max)imize' "$model"; then
        said=$(CFLAGS=-O1 "$SYMGRAD" check "$work/few/$model" 2>&1)
        verdict "$name: its derivatives are right" $? "$said"
    fi
done
finish
