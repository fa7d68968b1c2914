#!/bin/sh
# The emitted trainer as those who run it know it: checkpoints, files of data, predictions.
# KILLS=100 kills a hundred runs instead of ten.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
cp "$SRCDIR"/tests/trainer/* .
if ! command -v cc >/dev/null 2>&1; then
    echo "1..0 # SKIP no C compiler"
    exit 0
fi

# build NAME MODEL [FLAGS]: the trainer NAME, with every warning an error
build() {
    "$SYMGRAD" "$2" --name "$1" -o "$1.c" || return 1
    # shellcheck disable=SC2086
    cc $STRICT -O1 ${3-} "$1.c" -lm -o "$1"
}

# ---- Killed at any moment ----

awk 'BEGIN { for (i = 0; i < 26; i++) printf "%.3f,%.3f\n", i/10, i/7 - 2 }' >rows.csv

# A random number of milliseconds up to 255, as a fraction of a second.
moment() { od -An -N1 -tu1 /dev/urandom | awk '{ printf "%.3f", $1/1000 }'; }

# survive PROGRAM KILLS: kills the training that often, unless it ends before, then lets it end; adds
# to `killed`
survive() {
    rm -f kept
    left=$2
    while [ "$left" -gt 0 ]; do
        # shellcheck disable=SC2046
        "./$1" $([ -e kept ] && echo --resume kept) --checkpoint kept --every 1 --quiet \
            >killed.out 2>&1 &
        process=$!
        sleep "$(moment)"
        kill -KILL $process 2>/dev/null || break
        wait $process 2>/dev/null
        left=$((left - 1))
    done
    killed=$((killed + $2 - left))
    # shellcheck disable=SC2046
    "./$1" $([ -e kept ] && echo --resume kept) --save survived --quiet >survived.out
}

kills=$(((${KILLS:-10} + 2) / 3))
for optimizer in 'gd(rate = 0.01)' 'momentum(rate = 0.01)' 'adam(rate = 0.01)'; do
    name=${optimizer%%(*}
    sed "s/OPTIMIZER/$optimizer/" "everything.expr" >"$name.expr"
    build "$name" "$name.expr"
    verdict "$name: builds" $?
    "./$name" --save undisturbed --quiet >undisturbed.out
    killed=0
    : >difference
    while [ $killed -lt $kills ] && [ ! -s difference ]; do
        survive "$name" $((kills - killed))
        { diff undisturbed survived && diff undisturbed.out survived.out; } >difference
    done
    [ ! -s difference ]
    verdict "$name: killed $killed times, ends on the same bits" $? "$(head difference)"
done

# A plain kill saves and ends; so does Ctrl-C, to which programs in the background are deaf.
./adam --steps 1000000000 --checkpoint kept --save stopped >stopped.out 2>&1 &
process=$!
sleep 0.3
kill -TERM $process
wait $process
status=$?
[ $status = 0 ] && [ -s stopped ] && grep -q '^interrupted after step' stopped.out &&
    ./adam --resume kept --quiet >/dev/null
verdict "a plain kill saves and ends" $? "exit status $status: $(cat stopped.out)"
# ---- A loss that is no number ----

# explains NAME WANTED OPTIONS...: what the trainer says must be, from its second line on, what is
# wanted
explains() {
    name=$1 wanted=$2
    shift 2
    said=$("$@" --quiet 2>&1 >/dev/null)
    status=$?
    [ $status = 1 ] && [ "$(printf '%s\n' "$said" | sed 1d)" = "$wanted" ]
    verdict "$name" $? "exit status $status: $said"
}

build logarithm "logarithm.expr"
printf '2,1,1\n1,1,2\n3,2,3\n0.5,-2.5,1\n1,2,1\n' >logarithm.csv
explains "NaN: the definition, the row of the data and the operands are named" \
    '  first wrong: f[3] is nan, in row 4 of the data
  f[i] = log(u[i])   logarithm.expr:7
  u[3] = -2' ./logarithm
explains "NaN in a batch: the row of the data is named" \
    '  first wrong: f[0] is nan, in row 4 of the data
  f[i] = log(u[i])   logarithm.expr:7
  u[0] = -2' ./logarithm --batch 1 --rate 1e-9
build overflow "overflow.expr"
printf '1,1\n2,1\n' >overflow.csv
explains "infinity: the sum that overflows, what it runs over and its parameter are named" \
    '  first wrong: loss is inf
  loss = sum[i] (y[i] - w*x[i])^2   overflow.expr:4
  y[0] ... y[1]: from 1 to 1
  w = 6e+200
  x[0] ... x[1]: from 1 to 2' ./overflow
build root "root.expr"
explains "a derivative that is infinite: the parameter is named" \
    '  the step before made w nan: its derivative was no number, or too large' ./root
finish
