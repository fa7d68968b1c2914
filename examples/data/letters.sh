#!/bin/sh
# letters.sh FILE - the text of a table of numbers, those of text.sh, below its names: a line for
# each row, or one for all where there is one column.
[ $# = 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }

awk -F, '
    BEGIN { known = "\n !'\'',-.:;?abcdefghijklmnopqrstuvwxyz" }
    NR > 1 { for (i = 1; i <= NF; i++) printf "%s", substr(known, $i + 1, 1)
             if (NF > 1) print "" }
    END { if (NF == 1) print "" }' "$1"
