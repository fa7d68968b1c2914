#!/bin/sh
# NIST's nonlinear regressions: certified parameters to 6 digits from the first start and to 8 from
# the second, standard deviations to 6, each model as it is in nist/.
. "$(dirname "$0")/lib.sh"

data=$SRCDIR/../shared/data/nist
needs "$data/nist.tsv" "the nonlinear regressions of NIST"
cp "$data"/*.csv "$SRCDIR"/tests/nist/*.expr "$work"
cd "$work" || exit 1

# agree DIGITS EXPECTED FOUND: each number of the second list to so many digits of the first
agree() {
    printf '%s\n%s\n' "$2" "$3" | awk -v digits="$1" '
        NR == 1 { n = split($0, expected) }
        NR == 2 { if (split($0, found) != n || n == 0) exit 1
                  for (i = 1; i <= n; i++) {
                      d = found[i] - expected[i]; if (d < 0) d = -d
                      size = expected[i] < 0 ? -expected[i] : expected[i]
                      if (!(d <= size*10^-digits)) exit 1 } }'
}

# fit NAME STARTS: what the model prints, started there
fit() {
    echo "$2" | awk -v name="$1" '{ print "symgrad parameters of " name
                                    for (i = 1; i <= NF; i++) print "b" i "\n" $i
                                    print "end" }' >start
    "./$1" --quiet --load start --steps 10000
}

tab=$(printf '\t')
sed 1d "$data/nist.tsv" | while IFS=$tab read -r name _ _ _ start1 start2 certified deviations _ _; do
    "$SYMGRAD" "$name.expr" -o "$name.c" 2>said &&
        cc -O0 "$name.c" -o "$name" -lm 2>>said
    for start in 1 2; do
        fit "$name" "$([ $start = 1 ] && echo "$start1" || echo "$start2")" >out 2>>said
        found=$(awk '$1 ~ /^b[0-9]+$/ && $2 == "=" { printf "%s ", $3 }' out)
        agree $((4 + 2*start)) "$certified" "$found"
        echo "$name from start $start$tab$?$tab$certified; found $found; $(head -n 2 said)"
    done
    [ "$name" = Lanczos1 ] && continue # its sum of squares is rounding alone
    errors=$(awk '/standard error/ { printf "%s ", $NF }' out)
    agree 6 "$deviations" "$errors"
    echo "$name's standard deviations$tab$?$tab$deviations; found $errors"
done >verdicts
while IFS=$tab read -r name status said; do
    verdict "$name" "$status" "$said"
done <verdicts
finish
