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

# compare: reads what evaluate wrote; prints a line for each figure that is off. Units are 2^-52 of
# the exact figure, and 2^-1074 where that is subnormal.
compare() {
    awk '
    function number(text) { return text == "inf" ? 2^1024 : text == "-inf" ? -2^1024 : text + 0 }
    function magnitude(x) { return x < 0 ? -x : x }
    function is_near(got, want) {
        if (got == "nan" || want == "nan") return got == want
        got = number(got); want = number(want)
        if (got == want || magnitude(want) == 2^1024) return got == want
        return magnitude(got - want) <= 4 * 2^-52 * magnitude(want) + 4 * 2^-1074
    }
    function close_row() { if (name != "" && figure != figures) print name ": " figure " figures, not " figures }
    /^>/ {
        close_row()
        split(substr($0, 2), part, "\t")
        name = part[1]; figures = split(part[2], want, " "); figure = 0; rows++
        next
    }
    { if (!is_near($NF, want[++figure])) print name ": " $0 ", not " want[figure] }
    END { close_row(); if (rows == 0) print "no rows" }'
}

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
