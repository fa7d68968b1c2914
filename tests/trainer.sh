#!/bin/sh
# The emitted trainer as those who run it know it: checkpoints, files of data, predictions.
# KILLS=100 kills a hundred runs instead of ten.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
models=$SRCDIR/tests/trainer
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
    sed "s/OPTIMIZER/$optimizer/" "$models/everything.expr" >"$name.expr"
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
finish
