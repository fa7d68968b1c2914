#!/bin/sh
# A file includes only headers of rooms that stand before its own on the road from text to C. The
# road is the order in which Makefile.am lists the rooms' sources.
. "$(dirname "$0")/lib.sh"

cd "$SRCDIR" || exit 1
road=$(awk '/^libroad_a_SOURCES|^symgrad_SOURCES/ { inside = 1 }
            inside && split($1, part, "/") == 3 && !seen[part[2]]++ { print part[2] }
            !/\\$/ { inside = 0 }' Makefile.am)

position() {
    n=0
    for room in $road; do
        n=$((n + 1))
        if [ "$room" = "$1" ]; then
            echo "$n"
            return
        fi
    done
    echo 99
}

for room in $road; do
    own=$(position "$room")
    parts=
    # The lexer and the parser are a part of syntax.
    [ "$room" = syntax ] && parts='grammar/lexer.l grammar/parser.y'
    wrong=
    for file in "src/$room"/*.[ch] $parts; do
        for used in $(sed -n 's|^ *#include "\([a-z]*\)/.*|\1|p' "$file" | sort -u); do
            [ "$(position "$used")" -le "$own" ] || wrong="$wrong $file:$used"
        done
    done
    [ -z "$wrong" ]
    verdict "$room includes nothing from further down the road" $? "$wrong"
done

said=$(grep -n '#include "' include/*/*.h)
[ -z "$said" ]
verdict "what is installed includes nothing of the road" $? "$said"

unlisted=
for file in include/*/*.h src/*/*.[ch] lib/*.expr tests/*.sh tests/unit/*.c; do
    # Generated, where the build folder is the source folder.
    [ "$file" = src/base/embedded_files.c ] && continue
    grep -q "$file" Makefile.am || unlisted="$unlisted $file"
done
[ -z "$unlisted" ]
verdict "every file is listed in Makefile.am" $? "$unlisted"
finish
