#!/bin/sh
# A derivative is a program in the language: printed, read back and printed again it stays the same,
# and it has a derivative itself.
. "$(dirname "$0")/lib.sh"

for model in $(grep -lE '^(minimize|maximize) ' "$SRCDIR"/examples/*.expr); do
    name=$(basename "$model" .expr)
    if said=$("$SYMGRAD" diff "$model" -o "$work/$name.expr" 2>&1) &&
        said=$("$SYMGRAD" show "$work/$name.expr" --stage shapes 2>&1); then
        ok "$name: its derivative is read back"
    else
        not_ok "$name: its derivative is read back" "$said"
    fi
done
finish
