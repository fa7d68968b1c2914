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

# compare: reads what evaluate wrote; prints a line for each figure that is off
compare() {
    awk '
    function number(text) { return text == "inf" ? 2^1024 : text == "-inf" ? -2^1024 : text + 0 }
    function magnitude(x) { return x < 0 ? -x : x }
    function is_near(got, want) {
        if (got == "nan" || want == "nan") return got == want
        got = number(got); want = number(want)
        if (got == want || magnitude(want) == 2^1024) return got == want
        return magnitude(got - want) <= (want == 0 ? 1e-14 : 1e-12 * magnitude(want))
    }
    function close_row() { if (name != "" && figure != figures) print name ": " figure " figures, not " figures }
    /^>/ {
        close_row()
        split(substr($0, 2), part, "\t")
        name = part[1]; figures = split(part[2], want, ","); figure = 0; rows++
        next
    }
    { if (!is_near($NF, want[++figure])) print name ": " $0 ", not " want[figure] }
    END { close_row(); if (rows == 0) print "no rows" }'
}

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
