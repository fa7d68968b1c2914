# What the test scripts share: TAP output and a folder to work in. Sourced, not run.
set -u
: "${SYMGRAD:?}" "${SRCDIR:?}" "${WORK:?}"
LC_ALL=C
export LC_ALL
count=0
work=$WORK/$(basename "$0" .sh)
rm -rf "$work"
mkdir -p "$work"

ok() {
    count=$((count + 1))
    echo "ok $count - $1"
}

not_ok() {
    count=$((count + 1))
    echo "not ok $count - $1"
    shift
    for line; do printf '%s\n' "$line" | sed 's/^/# /'; done
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# verdict NAME STATUS [DIAGNOSTICS]
verdict() {
    if [ "$2" = 0 ]; then ok "$1"; else not_ok "$1" "${3-}"; fi
}

# compare_figures RELATIVE ABSOLUTE AT_ZERO: reads `> NAME<tab>FIGURES`, and after it a line for each
# figure whose last word is what came out; prints a line for each that is off. An exact figure other
# than 0 may be missed by RELATIVE times itself and ABSOLUTE, 0 by AT_ZERO.
compare_figures() {
    awk -v relative="$1" -v absolute="$2" -v at_zero="$3" '
    function number(text) { return text == "inf" ? 2^1024 : text == "-inf" ? -2^1024 : text + 0 }
    function magnitude(x) { return x < 0 ? -x : x }
    function is_near(got, want) {
        if (got == "nan" || want == "nan") return got == want
        got = number(got); want = number(want)
        if (got == want || magnitude(want) == 2^1024) return got == want
        return magnitude(got - want) <= (want == 0 ? at_zero + 0 : relative * magnitude(want) + absolute)
    }
    function close_row() { if (name != "" && figure != figures) print name ": " figure " figures, not " figures }
    /^>/ {
        close_row()
        split(substr($0, 2), part, "\t")
        name = part[1]; figures = split(part[2], want, ","); figure = 0; rows++
        next
    }
    { if (!is_near($NF, want[++figure])) print name ": " $0 ", not " want[figure] }
    END { close_row(); if (rows == 0) print "no rows" }'
}

finish() { echo "1..$count"; }

# needs FILE WHAT: the script ends here, with a word, where the data are not there
needs() {
    [ -f "$1" ] && return
    skip "$2" "no data"
    finish
    exit
}

# The C compilers that are here.
compilers() {
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null 2>&1 && echo "$compiler"
    done
}

STRICT='-std=c99 -O2 -Wall -Wextra -pedantic -Wconversion -Wshadow -Werror'
