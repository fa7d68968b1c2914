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
