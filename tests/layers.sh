#!/bin/sh
# A file includes only headers of rooms that stand before its own on the road from text to C.
. "$(dirname "$0")/lib.sh"

road='base runtime syntax equations calculus model plan emit cli'
position() {
    n=0
    for room in $road; do
        n=$((n + 1))
        [ "$room" = "$1" ] && echo "$n"
    done
}

cd "$SRCDIR/src" || exit 1
for room in $road; do
    [ "$room" = runtime ] && continue
    own=$(position "$room")
    wrong=
    for file in "$room"/*.[ch]; do
        for used in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file" | sort -u); do
            [ "$(position "$used")" -le "$own" ] || wrong="$wrong $file:$used"
        done
    done
    [ -z "$wrong" ]
    verdict "$room includes nothing from further down the road" $? "$wrong"
done

missing=
for file in */*.c; do
    grep -q "src/$file" "$SRCDIR/Makefile.am" || missing="$missing $file"
done
[ -z "$missing" ]
verdict "every source is listed in Makefile.am" $? "$missing"
finish
