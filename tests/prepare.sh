#!/bin/sh
# What the data alone decide, such as means to standardise by, is computed once over all rows of
# training and kept with the parameters: neither a batch nor new data are measured by their own.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
cat >model.expr <<'END'
dim k = 2
data x[n,k], y[n] from "data.csv"
param w[k], b
middle[j] = mean[i] x[i,j]
spread[j] = sqrt(mean[i] (x[i,j] - middle[j])^2)
first = middle[0]
z[i,j] = (x[i,j] - middle[j])/spread[j]
p[i] = sum[j] w[j]*z[i,j] + b - first
loss = mean[i] (p[i] - y[i])^2
share = 1 - sum[i] (p[i] - y[i])^2 / sum[i] (y[i] - mean(y))^2
minimize loss with gd(rate = 0.05), batch = 3, epochs = 400
report share
output p
END
awk 'BEGIN { for (i = 0; i < 40; i++) { a = 5 + sin(i); c = 70*cos(i*i); print a "," c "," 3*a - c/10 } }' >data.csv
"$SYMGRAD" model.expr -o model.c && cc -O1 model.c -o model -lm && ./model --quiet --save kept.txt >said
verdict "a model with means over the data trains" $? "$(cat said)"

expected=$(awk -F, '{ sum += $1 } END { printf "%.12g", sum/NR }' data.csv)
found=$(awk '$1 == "first" { printf "%.12g", $3 }' said)
[ -n "$found" ] && [ "$expected" = "$found" ]
verdict "batches of 3 take the mean of all 40 rows" $? "expected $expected, found $found"

awk '$1 == "share" { exit !($3 > 0.999999) }' said
verdict "the reports are of the rows at hand" $? "$(cat said)"

echo '5.5,35,13' >new.csv
./model --quiet --load kept.txt --data x,y=new.csv --predict out.csv >predicted 2>&1
awk -F, '$1 + 0 == $1 { found = $1 } END { exit !(found > 12.9 && found < 13.1) }' out.csv
verdict "one new row is measured by the means of training" $? "$(cat predicted out.csv)"

"$SYMGRAD" model.expr --emit lib -o library.c && cc -O1 -Wall -Wextra -Werror -c library.c &&
    grep -q '^void model_prepare(' library.c
verdict "a library has the preparation as a function" $? ""
finish
