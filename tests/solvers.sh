#!/bin/sh
# Solvers as a user meets them: intervals, maximize, what auto takes, and what they cannot do.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1

# run MODEL: what it prints, without progress
run() {
    printf '%s\n' "$1" >model.expr
    "$SYMGRAD" model.expr -o model.c 2>said && cc -O0 model.c -o model -lm 2>>said &&
        ./model --quiet 2>>said
}

# ends_at NAME A B OUTPUT: with parameters a and b
ends_at() {
    printf '%s\n' "$4" | awk -v a="$2" -v b="$3" '
        $1 == "a" && $2 == "=" { found++; if ($3 - a > 1e-7 || a - $3 > 1e-7) exit 1 }
        $1 == "b" && $2 == "=" { found++; if ($3 - b > 1e-7 || b - $3 > 1e-7) exit 1 }
        END { if (found != 2) exit 1 }'
    verdict "$1" $? "$4 $(cat said)"
}

for solver in lm newton lbfgs cg; do
    ends_at "$solver keeps a parameter in its interval" 1 0.5 "$(run "param a = 0.5 in [0, 1], b = 3
minimize (a - 3)^2 + (a - 2*b)^2 with $solver")"
done
for solver in newton lbfgs cg; do
    ends_at "$solver goes uphill" 2 -1 "$(run "param a, b
maximize -(a - 2)^4 - (a - 2)^2 - (b + 1)^2 with $solver")"
done
ends_at "what is not moved stays" 0.25 4 "$(run "param a = 0.25, b = 0
minimize (a*b - 1)^2 over b with newton")"

# auto_takes SOLVER MODEL
auto_takes() {
    run "$2" >/dev/null
    ./model --steps 1 2>&1 | grep -q "^$1: "
    verdict "auto takes $1" $? "$(./model --steps 1 2>&1 | head -n 3)"
}
auto_takes lm 'param a, b
minimize (a - 3)^2 + 2*(a*b - 1)^2 with auto'
auto_takes newton 'param a = 1, b
minimize exp(a) - a + (b - 1)^4 with auto()'
auto_takes lbfgs 'dim n = 5000
param w[n] = 1
minimize sum[i] (exp(w[i]) - w[i]) with auto'

# refused NAME PATTERN MODEL
refused() {
    printf '%s\n' "$3" >model.expr
    said=$("$SYMGRAD" model.expr -o model.c 2>&1)
    [ $? = 1 ] && printf '%s' "$said" | grep -q "$2"
    verdict "$1" $? "$said"
}
refused "lm wants squares" "no sum of squares" 'param a
minimize exp(a) - a with lm'
refused "no batches" "not over batches" 'data x[n] from "x.csv"
param a
minimize sum[i] (x[i] - a)^2 with lm, batch = 4'
refused "not in turn" "minimises alone" 'param a, b
minimize (a - b)^2 over a with lm
minimize (b - 1)^2 over b with gd'
refused "an option that it has not" "has no option 'rate'" 'param a
minimize a^2 with newton(rate = 0.1)'

# ---- At the command line ----

awk 'BEGIN { for (i = 0; i < 40; i++) print i/20, exp(-i/20) + 0.1*sin(i*i) }' >decay.csv
run 'data x[n], y[n] from "decay.csv"
param a = 3, b = 0.1
f[i] = a*exp(-b*x[i])
minimize mean[i] (f[i] - y[i])^2 with lm, holdout = 0.25' >figures

./model 2>told >/dev/null
awk '/^step/ { at = at $2 " "; last = $2 } /^no more progress/ { end = $NF ":" }
    END { exit at !~ /^1: 2: 4: / || last != end || NR > 20 }' told
verdict "progress: at distances that double, without an end, and the last step" $? "$(cat told)"
./model --steps 2 2>told >/dev/null
[ "$(sed 's/: loss.*//' told | tr '\n' ';')" = \
    'step 1/2;step 2/2;not at the end yet after step 2; a larger --steps goes on;' ]
verdict "an end that is not the solver's is told" $? "$(cat told)"
./model --patience 1 --save best >stopped 2>told && ./model --load best >loaded && cmp -s stopped loaded &&
    grep -q '^no better on the rows held out for 1 epoch$' told && ! cmp -s stopped figures
verdict "what a fit tells is of the parameters that are printed" $? "$(cat told; diff stopped loaded)"
./model --log log.csv --quiet >/dev/null && tail -n 1 log.csv |
    awk -F , -v loss="$(awk '/^loss =/ { print $3 }' figures)" '{ exit NR != 1 || $3 != loss }'
verdict "the log ends with the loss that is printed" $? "$(tail -n 1 log.csv)"
said=$(./model --rate 0.1 2>&1)
[ $? = 2 ] && [ "$said" = "model: --rate: lm has no rate" ]
verdict "a rate is refused" $? "$said"
refused "standard errors of what is no minimum" "need a minimum" 'param a
minimize (a - 1)^2 with adam, likelihood'
run 'param a = 1, b = 2
data x[n], y[n] from "line.csv"
minimize sum[i] (y[i] - a*exp(-b*x[i]))^2 with lm' >/dev/null
printf '1,0.4\n2,0.1\n3,0.06\n4,0.01\n' >line.csv
./model --quiet --steps 1 | grep -q 'no standard errors' && ./model --quiet | grep -q 'standard error)'
verdict "standard errors only where the fit has converged" $? "$(./model --quiet --steps 1)"
finish
