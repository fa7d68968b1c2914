#!/bin/sh
# Each derivatives/NAME.expr is right against numeric derivatives; so is the derivative of its
# derivative, as printed and read back.
. "$(dirname "$0")/lib.sh"

# The squares of all that a printed derivative gives, as a loss.
squares() {
    sed '/^output/d' "$1"
    sed -n 's/^output //p' "$1" | tr -d ' ' | tr ',' '\n' | while read -r output; do
        if grep -q "^$output\[" "$1"; then
            echo "square_of_$output = sum($output^2)"
        else
            echo "square_of_$output = $output^2"
        fi
    done
    sed -n 's/^output //p' "$1" | tr -d ' ' | sed 's/^/squares = square_of_/;s/,/ + square_of_/g'
    echo 'minimize squares with gd(rate = 0.1), steps = 1'
}

for model in "$SRCDIR"/tests/derivatives/*.expr; do
    name=$(basename "$model" .expr)
    if ! said=$("$SYMGRAD" check "$model" 2>&1); then
        not_ok "$name" "$said"
        continue
    fi
    ok "$name"
    if "$SYMGRAD" diff "$model" -o "$work/$name.diff.expr" 2>/dev/null &&
        squares "$work/$name.diff.expr" >"$work/$name.expr" &&
        said=$("$SYMGRAD" check "$work/$name.expr" 2>&1); then
        ok "$name: the derivative of its derivative"
    else
        not_ok "$name: the derivative of its derivative" "$said"
    fi
done
finish
