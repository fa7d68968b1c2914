#!/bin/sh
# letters.sh FILE - the text of a column of numbers, those of text.sh, below its name.
[ $# = 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }

awk '
    BEGIN { known = "\n !'\'',-.:;?abcdefghijklmnopqrstuvwxyz" }
    NR > 1 { printf "%s", substr(known, $1 + 1, 1) }
    END { print "" }' "$1"
