#!/bin/sh
# Textbook formulas where they fail as they are written: value and derivative, by the interpreter and
# by compiled C, within 4 units of rounding of the exact ones (stability/cases.tsv, made by
# stability/make_cases.py); every second one by the latter.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')

# evaluate EVERY [--jit]: each such row as a line `> FORMULA at POINT`, its figures, and what symgrad
# says. Compiling takes most of the time.
evaluate() {
    every=$1
    shift
    awk -v every="$every" 'NR > 1 && NR % every == 0' "$SRCDIR/tests/stability/cases.tsv" |
        while IFS=$tab read -r formula at figures; do
            printf '>%s at %s\t%s\n' "$formula" "$at" "$figures"
            "$SYMGRAD" eval -e "$formula" --at "$at" --grad ${1+"$1"} 2>&1
        done
}

# compare: units are 2^-52 of the exact figure, and 2^-1074 where that is subnormal
compare() { compare_figures 8.8817841970012523e-16 2e-323 2e-323; }

said=$(evaluate 1 | compare)
[ -z "$said" ]
verdict "interpreter" $? "$said"

if command -v "${CC:-cc}" >/dev/null 2>&1; then
    said=$(evaluate 2 --jit | compare)
    [ -z "$said" ]
    verdict "compiled C" $? "$said"
    # Definitions are looked through; a logit of 1e5 is nothing special, nor are 4000 factors.
    cd "$work" || exit 1
    printf '1e5,-1e5,0,1\n-1e5,1e5,0,0\n3,2,1,2\n' >logits.csv
    awk 'BEGIN { OFS = ","; for (i = 0; i < 4000; i++) print (i % 4 == 0), i/1000 }' >tosses.csv

    # loses NAME LOSS: of the model on standard input, where it starts
    loses() {
        { cat; echo 'minimize loss with gd(rate = 0), steps = 1'; } >model.expr
        said=$("$SYMGRAD" run model.expr 2>&1 && "$SYMGRAD" check model.expr 2>&1)
        [ $? = 0 ] && printf '%s\n' "$said" | grep -q "^loss = $2"
        verdict "$1" $? "$said
not $2"
    }
    loses "cross-entropy from logits" 133334.13586865482 <<'E'
dim k = 3
data z[n,k], label[n] in k from "logits.csv"
param scale = 1
e[i,c] = exp(scale*z[i,c])
p[i,c] = e[i,c]/sum[d] e[i,d]
loss = mean[i] -log(p[i,label[i]])
E
    loses "cross-entropy beside a class of reference" 133334.14672989951 <<'E'
dim k = 3
data z[n,k], label[n] in k from "logits.csv"
param scale = 1
p[i,c] = exp(scale*z[i,c])/(1 + sum[d] exp(scale*z[i,d]))
loss = mean[i] -log(p[i,label[i]])
E
    loses "the likelihood of 4000 tosses" 2772.5887222 <<'E'
data y[n], x[n] from "tosses.csv"
param p = 0.5 in (0, 1)
L = prod[i] p^y[i]*(1 - p)^(1 - y[i])
loss = -log(L)
E
    loses "a product of negative factors" 10371.382363905 <<'E'
data y[n], x[n] from "tosses.csv"
param w = -1
loss = log(prod[i,k in 2] w*(x[i]^2 + 0.5))
E
else
    skip "compiled C" "no C compiler"
fi
finish
