#!/bin/sh
# The figures of `symgrad eval` against exact ones (values/*.tsv, made by values/make_values.py),
# to 1e-12 relative; where the exact figure is 0, to 1e-14. A sample goes through compiled C too.
. "$(dirname "$0")/lib.sh"

# check_table TABLE EVERY [--jit]: every EVERY-th line of a table
check_table() {
    table=$1 every=$2 mode=${3-}
    awk -F '\t' -v every="$every" 'NR > 1 && NR % every == 0 { print $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 }' \
        "$table" |
        while IFS='	' read -r expression at value gradient hessian; do
            # shellcheck disable=SC2086
            "$SYMGRAD" eval -e "$expression" --at "$at" --grad --hess $mode 2>&1 |
                awk -v exact="$value,$gradient,$hessian" -v name="$expression at $at" '
                function number(text) {
                    return text == "inf" ? 1e999 : text == "-inf" ? -1e999 : text + 0
                }
                BEGIN { n = split(exact, figures, ",") }
                {
                    want = figures[NR]; got = $NF
                    if (want == "nan" || got == "nan") {
                        if (want != got) print name ": " $0 ", not " want
                        next
                    }
                    w = number(want); g = number(got)
                    e = g - w; if (e < 0) e = -e
                    size = w < 0 ? -w : w
                    if (w != g && !(w == 0 ? e <= 1e-14 : e <= 1e-12 * size)) print name ": " $0 ", not " want
                }
                END { if (NR != n) print name ": " NR " figures, not " n }'
        done
}

for table in "$SRCDIR"/tests/values/*.tsv; do
    wrong=$(check_table "$table" 1)
    [ -z "$wrong" ]
    verdict "$(basename "$table" .tsv), interpreted" $? "$wrong"
    if command -v "${CC:-cc}" >/dev/null 2>&1; then
        wrong=$(check_table "$table" 20 --jit)
        [ -z "$wrong" ]
        verdict "$(basename "$table" .tsv), compiled" $? "$wrong"
    else
        skip "$(basename "$table" .tsv), compiled" "no C compiler"
    fi
done
finish
