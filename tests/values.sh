#!/bin/sh
# The figures of `symgrad eval` against exact ones (values/*.tsv, made by values/make_values.py),
# to 1e-12 relative; where the exact figure is 0, to 1e-14. A sample goes through compiled C too.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')

# evaluate TABLE EVERY [--jit]: every EVERY-th row as a line `> ROW`, what symgrad says after it
evaluate() {
    awk -F '\t' -v every="$2" 'NR > 1 && NR % every == 0' "$1" |
        while IFS=$tab read -r expression at value gradient hessian; do
            printf '>%s at %s\t%s,%s,%s\n' "$expression" "$at" "$value" "$gradient" "$hessian"
            "$SYMGRAD" eval -e "$expression" --at "$at" --grad --hess ${3+"$3"} 2>&1
        done
}

compare() { compare_figures 1e-12 0 1e-14; }

for table in "$SRCDIR"/tests/values/*.tsv; do
    name=$(basename "$table" .tsv)
    wrong=$(evaluate "$table" 1 | compare)
    [ -z "$wrong" ]
    verdict "$name, interpreted" $? "$wrong"
    if command -v "${CC:-cc}" >/dev/null 2>&1; then
        wrong=$(evaluate "$table" 20 --jit | compare)
        [ -z "$wrong" ]
        verdict "$name, compiled" $? "$wrong"
    else
        skip "$name, compiled" "no C compiler"
    fi
done
finish
