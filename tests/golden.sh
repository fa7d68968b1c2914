#!/bin/sh
# Each golden/NAME.cmd is a command; NAME.out is what it prints. UPDATE=1 rewrites.
. "$(dirname "$0")/lib.sh"

cd "$SRCDIR" || exit 1
for command in tests/golden/*.cmd; do
    name=$(basename "$command" .cmd)
    sh "$command" >"$work/$name.out" 2>&1
    [ -z "${UPDATE-}" ] || cp "$work/$name.out" "tests/golden/$name.out"
    difference=$(diff "tests/golden/$name.out" "$work/$name.out")
    verdict "$name" $? "$difference"
done
finish
