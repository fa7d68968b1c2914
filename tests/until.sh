#!/bin/sh
# Recurrences that stop: `symgrad check` holds the gradient against differences, and the emitted C
# against the interpreter, which takes every step. The loop tree says which loops are left early, and
# how many others go over the steps that were taken alone.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
CFLAGS=-O0 # to compile takes longer than to run
export CFLAGS
cat >data.csv <<'D'
0.5,-1,2
-0.25,0.5,0.125
0,1.5,-2
2,0.5,0.5
-1,-1,0.75
D
awk 'BEGIN { for (i = 0; i < 300; i++) print (i * 37 % 101)/101 - 0.5 }' >rows.csv
head='dim m = 3
data x[n,m] from "data.csv"
param w[m] = 0.5, v[m,m] = 0.25, c = 0.75
'

# check NAME LOOPS_LEFT OTHERS FORMULAS [OPTIONS]
check() {
    printf '%s%s\nminimize loss with gd(rate = 0.01), steps = 3%s\n' "$head" "$4" "${5-}" >model.expr
    "$SYMGRAD" show model.expr --stage loops >loops.txt 2>&1
    left=$(grep -c '^ *leave$' loops.txt)
    others=$(grep -c '^ *[a-z]* [a-z]* in .* until [a-z]*_end' loops.txt)
    if [ "$left $others" != "$2 $3" ]; then
        not_ok "$1: loops" "$left are left, $others are shorter" "$(cat loops.txt)"
    else
        ok "$1: loops"
    fi
    if command -v "${CC:-cc}" >/dev/null 2>&1; then
        said=$("$SYMGRAD" check model.expr 2>&1)
        verdict "$1: gradient" $? "$4
$said"
    else
        skip "$1: gradient" "no C compiler"
    fi
}

z='z[0] = c
z[t] = z[t-1] + 0.1*sin(z[t-1])*w[0]'
fall='fn fall(a, b) = z[last] where {
    z[0] = c
    z[t] = z[t-1] + 0.1*sin(z[t-1] + a)*w[0] until t > 30 + 20*b, at most 60
}
'
check "last" 1 2 "$z until z[t] > 1.2, at most 50
loss = z[last]^2"
check "it does not stop" 1 2 "$z until z[t] > 100, at most 50
loss = z[last]^2"
check "it stops at once" 1 2 "$z until z[t] > 0, at most 50
loss = z[last]^2"
check "all steps are read" 1 1 "$z until z[t] > 1.2, at most 50
loss = sum[t] z[t]^2"
check "one of the steps is read" 1 4 "$z until z[t] > 1.2, at most 50
loss = z[20]^2 + z[5]"
check "a vector" 1 2 'z[0,j in m] = c
z[t,j] = z[t-1,j] + 0.1*sin(z[t-1,j])*w[j] until norm[j] (z[t,j] - z[t-1,j]) < 0.045, at most 50
loss = sum[j] z[last,j]^2'
check "a matrix" 1 1 'z[0,j in m] = c
z[t,j] = z[t-1,j] + 0.1*(sum[l] v[j,l]*z[t-1,l]) until sum[j] z[t,j] > 4, at most 40
loss = sum[j] z[last,j]^2'
check "one after another" 2 4 "$z until z[t] > 1.2, at most 50
q[0] = z[last]
q[t] = q[t-1] - 0.05*q[t-1]*w[1] until q[t] < 1, at most 70
loss = z[last]^2 + q[last]"
check "what each step has for itself" 1 3 "param u[48] = 0.5
$z*u[t-1] until z[t] > 0.9, at most 48
loss = z[last]^2"
check "another recurrence goes on" 1 1 "$z until z[t] > 1.2, at most 50
q[0] = w[2]
q[t in 1..50] = 0.9*q[t-1] + 0.1*z[t]
loss = q[50]^2"
check "a derivative in the loss" 1 5 "$z until z[t] > 1.2, at most 50
e = z[last]^2
loss = grad(e, w)[0]^2 + e"
check "each row by itself" 1 3 "${fall}loss = sum[i] fall(x[i,0], x[i,1])^2"
check "rows side by side" 1 3 "data y[r] from \"rows.csv\"
${fall}loss = mean[r] fall(y[r], y[r])*exp(sin(y[r])*cos(y[r]))/(1 + y[r]^2)"
check "checkpoints" 0 0 "$z until z[t] > 1.2, at most 60
loss = z[last]^2" ', checkpoint = 8'
finish
