#!/bin/sh
# Maximum likelihood and least squares: estimates and standard errors of regressions on real data,
# against those of Newton's method in 40 digits, which are R's as far as it prints them.
. "$(dirname "$0")/lib.sh"

tables=$SRCDIR/../shared/data/tables
needs "$tables/iris.csv" "logistic and Poisson regressions"
cd "$work" || exit 1
awk -F, -v OFS=, 'NR > 1 && $5 > 0 { print $1, $2, $3, $4, $5 - 1 }' "$tables/iris.csv" >two.csv
awk -F, -v OFS=, 'NR > 1 { print $2, $3 == 1, $3 == 2, $1 }' "$tables/warpbreaks.csv" >breaks.csv

# fit LOSS MINIMISER ESTIMATES ERRORS: of the model on standard input
fit() {
    { cat; echo "minimize loss with $1"; } >model.expr
    "$SYMGRAD" model.expr -o model.c 2>said && cc -O1 model.c -o model -lm 2>>said &&
        ./model --quiet --save saved >out 2>>said
    # scalars and elements, in the order of the parameters
    awk '/standard error/ { printf "%s ", $NF }' out >errors
    sed 1d saved 2>/dev/null | awk '$1 + 0 == $1 { for (i = 1; i <= NF; i++) printf "%s ", $i }' >found
    printf '%s\n%s\n%s\n%s\n' "$2" "$(cat found)" "$3" "$(cat errors)" | awk '
        NR % 2 == 1 { n = split($0, expected) }
        NR % 2 == 0 { if (split($0, got) != n) exit 1
                      for (i = 1; i <= n; i++) { d = got[i]/expected[i] - 1
                                                 if (!(d < 1e-6 && d > -1e-6)) exit 1 } }'
}

logistic='data x[n,4], y[n] from "two.csv"
param b, w[4]
z[i] = b + sum[j] w[j]*x[i,j]'
estimates='-42.63780381302 -2.465220195187 -6.680887014079 9.429385153927 18.28613688785'
errors='25.70766083316 2.394301018535 4.479564566601 4.737207700317 9.742612139827'
for solver in 'newton, likelihood' 'lbfgs, likelihood' 'auto, likelihood'; do
    printf '%s\nloss = sum[i] (log(1 + exp(z[i])) - y[i]*z[i])\n' "$logistic" |
        fit "$solver" "$estimates" "$errors"
    verdict "logistic regression with $solver" $? "$(cat found errors said)"
done
printf '%s\nloss = mean[i] (log(1 + exp(z[i])) - y[i]*z[i])\n' "$logistic" |
    fit 'newton, likelihood' "$estimates" "$errors"
verdict "logistic regression by the mean log-likelihood" $? "$(cat found errors said)"

printf '%s\n' 'data x[n,3], y[n] from "breaks.csv"' 'param b, w[3]' \
    'z[i] = b + sum[j] w[j]*x[i,j]' 'loss = sum[i] (exp(z[i]) - y[i]*z[i])' |
    fit 'newton, likelihood' '3.691963144941 -0.2059884426386 -0.3213204316006 -0.5184884965116' \
        '0.0454107943428 0.05157124278373 0.06026591669548 0.0639595193959'
verdict "Poisson regression" $? "$(cat found errors said)"

# The enzyme's treated cells alone: those that are left out are no observations.
printf '%s\n' "data conc[n], rate[n], treated[n] from \"$tables/puromycin.csv\"" \
    'param V = 200, K = 0.1' 'p[i] = V*conc[i]/(K + conc[i])' \
    'loss = sum[i : treated[i] == 1] (rate[i] - p[i])^2' |
    fit lm '212.6837431425 0.06412128168157' '6.947155160041 0.00828094949848'
verdict "a sum of squares over some of the rows" $? "$(cat found errors said)"
finish
