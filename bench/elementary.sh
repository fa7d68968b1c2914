#!/bin/sh
# elementary.sh [FLAGS...] - the speed of the elementary functions that symgrad emits, against libm's,
# under each compiler; FLAGS are -O3 -march=native where none are given. Needs a built symgrad.
set -eu
here=$(dirname "$0")
root=$(cd "$here/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- -O3 -march=native

for real in double float; do
    "${SYMGRAD:-$root/symgrad}" "$root/tests/elementary/functions.expr" --emit lib --real "$real" \
        -o "$work/$real.c"
    library='-DLIBRARY(f)=f'
    [ "$real" = double ] || library='-DLIBRARY(f)=f##f'
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null 2>&1 || continue
        echo "$real, $compiler $*"
        "$compiler" "$@" -DFUNCTIONS="\"$work/$real.c\"" -DREAL="$real" "$library" \
            "$root/bench/elementary.c" -lm -o "$work/bench"
        "$work/bench"
    done
done
