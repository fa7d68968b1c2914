#!/bin/sh
# No checkpoint is loaded that is not whole and of the same training: each damaged one ends in a
# message and status 3. TRIES=100000, as for make trust, damages so many; SEED=n otherwise.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
if ! command -v cc >/dev/null 2>&1; then
    skip "damaged checkpoints" "no C compiler"
    finish
    exit
fi
cc $STRICT "$SRCDIR/tests/trainer/corrupt.c" -o corrupt 2>said
verdict "builds" $? "$(cat said)"
awk 'BEGIN { for (i = 0; i < 26; i++) printf "%.3f,%.3f\n", i/10, i/7 - 2 }' >rows.csv
sed 's/OPTIMIZER/adam(rate = 0.01), average = 0.99, plateau = 0.5, wait = 3/' \
    "$SRCDIR/tests/trainer/everything.expr" >whole.expr
sed 's/exp(2\*s)/exp(s)/' whole.expr >other.expr

sed 's/SOLVER/lbfgs/' "$SRCDIR/tests/trainer/sums.expr" >solver.expr
awk 'BEGIN { for (i = 0; i < 30; i++) printf "%.3f,%.3f\n", i/10, exp(-i/10) + i%3 }' >sums.csv

# build NAME MODEL [FLAGS]: the trainer NAME of the model
build() {
    # shellcheck disable=SC2086
    "$SYMGRAD" "$2.expr" --name "$1" -o "$1.c" ${3-} && cc -O1 "$1.c" -lm -o "$1"
}

# keep NAME: checkpoints of two moments
keep() {
    "./$1" --quiet --steps 7 --checkpoint "$1.early" >/dev/null 2>said &&
        "./$1" --quiet --steps 12 --checkpoint "$1.late" >/dev/null 2>>said
}

# refuses TRAINER FILE REASON: in one line, with status 3
refuses() {
    said=$("./$1" --quiet --resume "$2" 2>&1)
    status=$?
    [ $status = 3 ] && [ "$said" = "$1: '$2' $3" ]
    verdict "$1 refuses $2: $3" $? "exit status $status: $said"
}

{ build whole whole && build other other && build single whole '--real float' && keep whole &&
    keep other && keep single && build solver solver && keep solver; } 2>said
verdict "trainers and their checkpoints" $? "$(cat said)"
refuses whole other.late "is a checkpoint of another model"
refuses whole single.late "holds numbers of another size"
refuses single whole.late "holds numbers of another size"
sed 's/^symgrad state ./symgrad state 9/' whole.late >version
refuses whole version "is no checkpoint of symgrad, or of another version"
: >nothing
refuses whole nothing "is no whole checkpoint"
refuses whole whole.c "is no checkpoint of symgrad, or of another version"

for trainer in whole single solver; do
    ./corrupt $(((${TRIES:-1000} + 2) / 3)) "${SEED:-1}" ./$trainer $trainer.late $trainer.early \
        >counted 2>said
    verdict "$trainer: damaged checkpoints: $(tail -n 1 counted)" $? "$(head said)"
done
finish
