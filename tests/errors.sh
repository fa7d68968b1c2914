#!/bin/sh
# Each errors/NAME.expr has a mistake; NAME.err is what symgrad says of it. UPDATE=1 rewrites.
. "$(dirname "$0")/lib.sh"

cp "$SRCDIR"/tests/errors/*.expr "$work"
cd "$work" || exit 1
for model in *.expr; do
    name=${model%.expr}
    expected=$SRCDIR/tests/errors/$name.err
    "$SYMGRAD" "$model" -o "$name.c" >"$name.out" 2>"$name.said"
    status=$?
    [ -z "${UPDATE-}" ] || cp "$name.said" "$expected"
    if [ "$status" != 1 ]; then
        not_ok "$name" "exit status $status, not 1"
    elif [ -e "$name.c" ]; then
        not_ok "$name" "an output file was left"
    elif ! difference=$(diff "$expected" "$name.said"); then
        not_ok "$name" "$difference"
    else
        ok "$name"
    fi
done
finish
