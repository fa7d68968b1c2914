#!/bin/sh
# Textbook formulas where they fail as they are written: value and derivative, by the interpreter and
# by compiled C, within 4 units of rounding of the exact ones (stability/cases.tsv, made by
# stability/make_cases.py).
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')

# evaluate [--jit]: each row as a line `> FORMULA at POINT`, its figures, and what symgrad says
evaluate() {
    sed 1d "$SRCDIR/tests/stability/cases.tsv" |
        while IFS=$tab read -r formula at figures; do
            printf '>%s at %s\t%s\n' "$formula" "$at" "$figures"
            "$SYMGRAD" eval -e "$formula" --at "$at" --grad ${1+"$1"} 2>&1
        done
}

# compare: units are 2^-52 of the exact figure, and 2^-1074 where that is subnormal
compare() { compare_figures 8.8817841970012523e-16 2e-323 2e-323; }

said=$(evaluate | compare)
[ -z "$said" ]
verdict "interpreter" $? "$said"

if command -v "${CC:-cc}" >/dev/null 2>&1; then
    said=$(evaluate --jit | compare)
    [ -z "$said" ]
    verdict "compiled C" $? "$said"
    # Definitions are looked through; a logit of 1e5 is nothing special.
    cd "$work" || exit 1
    printf '1e5,-1e5,0,1\n-1e5,1e5,0,0\n3,2,1,2\n' >logits.csv
    cat >softmax.expr <<'E'
dim k = 3
data z[n,k], label[n] in k from "logits.csv"
param scale = 1
e[i,c] = exp(scale*z[i,c])
p[i,c] = e[i,c]/sum[d] e[i,d]
loss = mean[i] -log(p[i,label[i]])
minimize loss with gd(rate = 0), steps = 1
E
    said=$("$SYMGRAD" run softmax.expr 2>/dev/null | grep '^loss')
    [ "$said" = "loss = 133334.13586865482" ]
    verdict "cross-entropy from logits" $? "$said, not 133334.13586865482"
else
    skip "compiled C" "no C compiler"
fi
finish
