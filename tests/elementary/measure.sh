#!/bin/sh
# measure.sh [POINTS] - the largest errors of the elementary functions that symgrad emits, in units in
# the last place, over a million points each if no other number is said. Needs a built symgrad, gcc and
# its libquadmath; not a part of make check.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
symgrad=${SYMGRAD:-$here/../../symgrad}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for real in double float; do
    "$symgrad" "$here/functions.expr" --emit lib --real $real -o "$work/$real.c"
    for fused in off fast; do
        echo "$real, multiplications and additions fused: $fused"
        gcc -O2 -march=native -ffp-contract=$fused -DFUNCTIONS="\"$work/$real.c\"" -DREAL=$real \
            "$here/measure.c" -lquadmath -lm -o "$work/measure"
        "$work/measure" "${1-1000000}"
    done
done
