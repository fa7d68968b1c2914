#!/bin/sh
# Each optimiser of the library takes the steps that its paper says (optimizers/reference.py);
# schedules and limits of the gradient do what they are called.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1

# train OPTIMISER OPTIONS: the parameters after six steps
train() {
    printf 'param a = 1, b = 0.5\nloss = 2*(a - 3)^2 + (a*b - 1)^2\nminimize loss with %s, %s\n' \
        "$1" "$2" >model.expr
    "$SYMGRAD" model.expr -o model.c 2>said && cc -O0 model.c -o model -lm 2>>said &&
        ./model --quiet | awk '$1 == "a" { a = $3 } $1 == "b" { print a, $3 }'
}

# close NAME FOUND EXPECTED
close() {
    echo "$2 $3" | awk '{ for (i = 1; i <= 2; i++) { d = $i - $(i + 2); if (d < 0) d = -d;
                          if (NF != 4 || d > 1e-12) exit 1 } }'
    verdict "$1" $? "found $2, expected $3; $(cat said)"
}

while read -r name a b; do
    close "$name" "$(train "$name" 'steps = 6')" "$a $b"
done <"$SRCDIR/tests/optimizers/expected.tsv"

# After steps x, y, z with a share of 1/2 kept: (x/4 + y/2 + z)/(1/4 + 1/2 + 1).
close "an average of the steps" "$(train 'gd(rate = 0.01)' 'steps = 3, average = 0.5')" \
    "$(for steps in 1 2 3; do train 'gd(rate = 0.01)' "steps = $steps"; done |
        awk '{ a = a/2 + $1; b = b/2 + $2; w = w/2 + 1 } END { printf "%.17g %.17g", a/w, b/w }')"
# The rate is 1/2 until two steps are not better than 1/8 from the kink, then 1/4, then 1/8.
cat >model.expr <<'M'
param a = 1.125
minimize abs(a) with gd(rate = 0.5), steps = 7, plateau = 0.5, wait = 2
M
"$SYMGRAD" model.expr -o model.c 2>said && cc -O0 model.c -o model -lm 2>>said && rates=$(
    ./model 2>&1 | awk '/^step/ { printf "%s ", $NF } $1 == "a" { print $3 }')
[ "$rates" = '0.5 0.5 0.5 0.5 0.25 0.25 0.125 0' ]
verdict "a rate is reduced on a plateau" $? "$rates; $(cat said)"

close "a schedule" "$(train 'gd(rate = step_decay(0.01, 0.5, 2, step - 1))' 'steps = 2')" \
    "$(train 'gd(rate = 0.01)' 'steps = 2')"
close "a cosine ends at 0" "$(train 'gd(rate = cosine_decay(0.01, 2, step))' 'steps = 6')" \
    "$(train 'gd(rate = 0.005)' 'steps = 1')"
close "weight decay is a square on the weights" "$(train 'gd(rate = 0.01, decay = 0.1)' 'steps = 1')" \
    "1.084 0.5095"
# The first gradient is -8.5, -1: its norm is sqrt(73.25).
close "the norm of a gradient is limited" "$(train 'gd(rate = 1)' 'steps = 1, clip = 0.5')" \
    "$(awk 'BEGIN { n = sqrt(73.25); printf "%.17g %.17g", 1 + 0.5*8.5/n, 0.5 + 0.5/n }')"
close "each element is limited" "$(train 'gd(rate = 1)' 'steps = 1, clip_value = 0.25')" "1.25 0.75"
finish
