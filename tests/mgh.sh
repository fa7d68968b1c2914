#!/bin/sh
# Problems of More, Garbow and Hillstrom, from their standard starts: the minimum to 1e-8 with what
# `auto` takes, and with each other solver where that can reach it.
. "$(dirname "$0")/lib.sh"

table=$SRCDIR/../shared/data/optim/mgh.tsv
needs "$table" "the problems of More, Garbow and Hillstrom"
cp "$SRCDIR"/tests/mgh/* "$work"
cd "$work" || exit 1

tab=$(printf '\t')
sed 1d "$table" | cut -f 1,10 | while IFS=$tab read -r name least; do
    case $name in
    rosenbrock | wood | broyden_tridiagonal) solvers='auto newton lbfgs cg' ;;
    *) solvers='auto newton' ;;
    esac
    for solver in $solvers; do
        sed "s/with auto/with $solver/" "$SRCDIR/tests/mgh/$name.expr" >"$name.expr"
        "$SYMGRAD" "$name.expr" -o "$name.c" 2>said && cc -O0 "$name.c" -o "$name" -lm 2>>said &&
            "./$name" --quiet >out 2>>said
        awk -v least="$least" '$1 == "loss" { d = $3 - least; size = least > 1 ? least : 1
                                              good = d <= 1e-8*size && d >= -1e-8*size }
                               END { exit !good }' out
        echo "$name with $solver$tab$?$tab$least; $(head -n 1 out) $(head -n 2 said)"
    done
done >verdicts
while IFS=$tab read -r name status said; do
    verdict "$name" "$status" "$said"
done <verdicts
finish
