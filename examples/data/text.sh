#!/bin/sh
# text.sh FILE CHARACTERS - a text's beginning as CSV: in each row 32 characters and the first one of
# the next row, as numbers; capitals count as small letters.
# The numbers: 0 newline, 1 blank, then !',-.:;? and a to z; anything else is 1 as well.
[ $# = 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }

head -c "$2" "$1" | tr 'A-Z' 'a-z' | awk '
    BEGIN {
        known = "\n !'\'',-.:;?abcdefghijklmnopqrstuvwxyz"
        for (t = 0; t <= 32; t++) printf "c%d%s", t, t < 32 ? "," : "\n"
    }
    {
        line = $0 "\n"
        for (k = 1; k <= length(line); k++) {
            number = index(known, substr(line, k, 1)) - 1
            row = row (number < 0 ? 1 : number)
            if (++count % 33 == 0) { print row; row = number "," ; count++ } else row = row ","
        }
    }'
