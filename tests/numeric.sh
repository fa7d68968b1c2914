#!/bin/sh
# `symgrad check --numeric`: it warns of the formula that loses digits on the data, by name and place,
# and of no formula whose numbers are that unsure themselves.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
command -v "${CC:-cc}" >/dev/null 2>&1 || {
    skip "numeric" "no C compiler"
    finish
    exit
}
awk 'BEGIN {
    for (i = 1; i <= 40; i++) {
        u = (i * 37 % 101)/101
        printf "%.17g,%.17g,%.17g\n", 1e4 + u, 1e10*u, u
    }
}' >far.csv

# model DEFINITIONS: to be minimized is `loss`
model() {
    printf 'data x[n], y[n], u[n] from "far.csv"\nparam a = 0.5\n%s\nminimize loss with gd(rate = 0.01), steps = 3\n' "$1" >model.expr
}

# loses NAME WARNING HELP DEFINITIONS: there is one warning, in the model's third line or later
loses() {
    model "$4"
    said=$("$SYMGRAD" check --numeric model.expr 2>&1)
    [ $? = 0 ] && [ "$(printf '%s\n' "$said" | grep -c warning)" = 1 ] &&
        printf '%s\n' "$said" | grep -q "^model.expr:$2 of its 16 digits to rounding" &&
        printf '%s\n' "$said" | grep -q "^  help: $3"
    verdict "loses: $1" $? "$4
$said"
}

# keeps NAME DEFINITIONS
keeps() {
    model "$2"
    said=$("$SYMGRAD" check --numeric -Werror model.expr 2>&1)
    [ $? = 0 ] && printf '%s\n' "$said" | grep -q '^d loss / d a .* [0-9]* of 16 digits lost'
    verdict "keeps: $1" $? "$2
$said"
}

loses "a variance from two moments" '4:1: warning: v loses [5-7]' 'it is 0.0[0-9]*, and rounding alone' \
    'm = mean[i] x[i]
v = mean[i] x[i]^2 - m^2
loss = (a - v)^2'
loses "a difference of powers" '3:1: warning: f\[[0-9]*\] loses \(9\|10\|11\)' 'it is' \
    'f[i] = (y[i] + a)^0.4 - y[i]^0.4
loss = mean[i] f[i]*u[i]'
loses "a root of a quadratic equation" '3:1: warning: f\[[0-9]*\] loses 1[0-6]' 'it is' \
    'f[i] = (-x[i]*1e3 + sqrt(x[i]^2*1e6 - 4*a*u[i]))/(2*a)
loss = mean[i] (f[i] - u[i])^2'
loses "a derivative that the model gives" '4:1: warning: the derivative by f\[[0-9]*\] loses 1[0-3]' 'it is' \
    'fn square(x) = x^2/2 derivative x = sqrt((x + 1e9)^2) - 1e9
f[i] = a*u[i]
loss = mean[i] square(f[i])'
loses "a step of a recurrence" '3:1: warning: s\[[0-9]*\] loses \(8\|9\|10\)' 'it is' \
    's[0] = 1
s[t in 1..20] = s[t-1]/2 + (sqrt(1e12 + a) - 1e6)
loss = (s[19] - 1)^2'
loses "a derivative by a part of a formula" '4:1: warning: the derivative by a part of this loses \(9\|10\|11\)' 'it is' \
    'fn square(x) = x^2/2 derivative x = sqrt((x + 1e9)^2) - 1e9
loss = mean[i] square(sum[j] sin(a*u[i]*u[j]))*u[i]'

keeps "a variance from deviations" \
    'm = mean[i] x[i]
v = mean[i] (x[i] - m)^2
loss = (a - v)^2'
keeps "what symgrad mends itself" \
    'f[i] = log(1 + exp(1e3*a*u[i])) + (exp(1e-12*a*u[i]) - 1) + (1 - cos(1e-9*a*u[i])) + log(sum[j] exp(1e3*a*u[j])) + (sqrt(y[i] + a) - sqrt(y[i]))
loss = mean[i] f[i]'
keeps "a gradient that is 0" \
    'param b = 0
loss = mean[i] (sigmoid(b*u[i]) - 0.5)^2 + (a - 0.5)^2'
keeps "numbers that are unsure themselves" \
    'f[i] = sin(1e12*u[i])
loss = mean[i] (f[i] - a)^2'
keeps "what looks drawn" \
    'f[i] = mod(43758.5453*sin(12.9898*y[i]), 1)
loss = mean[i] (f[i] - a)^2'
keeps "a recurrence that grows" \
    's[0] = u[0]
s[t in 1..60] = 3*s[t-1] - a*u[0]
loss = s[59]/1e28'
keeps "a choice" \
    'f[i] = if u[i] > 0.5 then a*u[i] else u[i]^2
loss = f[argmax[i] f[i]]^2'

model 'f[i] = (y[i] + a)^0.4 - y[i]^0.4
loss = mean[i] f[i]*u[i]'
"$SYMGRAD" check --numeric -Werror model.expr >said.txt 2>&1
[ $? = 1 ] && grep -q 'd loss / d a .* [0-9]* of 16 digits lost$' said.txt
verdict "an error, where warnings are" $? "$(cat said.txt)"
printf '2,3,4\n1,2,5\n' >near.csv
"$SYMGRAD" check --numeric -Werror model.expr -- --data x,y,u=near.csv >said.txt 2>&1
verdict "on other data" $? "$(cat said.txt)"
"$SYMGRAD" check --numeric model.expr -- --data x,y,u=none.csv >said.txt 2>&1
[ $? = 3 ] && grep -q none.csv said.txt
verdict "on data that are not there" $? "$(cat said.txt)"

printf 'data x[n,m], k[n] in 3\nparam a[3] = 1.5\nloss = mean[i] (sum[j] x[i,j] - a[k[i]])^2\nminimize loss with gd(rate = 0.1), batch = 2, epochs = 2\n' >model.expr
printf '0.5,1,2\n0.5,1,2\n0.5,1,2\n' >rows.csv
cat >wanted.txt <<'W'
symgrad numbers of model
sizes 3
n 2
m 2
3 3
a[3]
1.5 1.5 1.5
x[2,2]
0.5 1
0.5 1
k[2]
2
2
end
W
"$SYMGRAD" run model.expr -- --data x,k=rows.csv --numbers numbers.txt >said.txt 2>&1 && cmp -s numbers.txt wanted.txt
verdict "the numbers of a batch" $? "$(cat said.txt numbers.txt)"
"$SYMGRAD" run model.expr -- --data x,k=rows.csv --numbers none/numbers.txt >said.txt 2>&1
[ $? = 3 ] && grep -q "none/numbers.txt" said.txt
verdict "numbers that cannot be written" $? "$(cat said.txt)"
finish
