#!/bin/sh
# mutate.sh - does a wrong derivative fail the tests? Every derivative in grammar/operators.def is made
# wrong in all the ways that mutants.awk knows, one at a time, and tests run until one fails: quick ones
# first. A mutant that none finds is printed; those in mutants.txt are as right as the original.
# EVERY=n tries every n-th mutant only.
set -eu
: "${SYMGRAD:?}" "${SRCDIR:?}" "${WORK:?}" "${COMPILE:?}" "${UNIT_LIBS?}"
EVERY=${EVERY:-1}
folder=$WORK/mutate
rm -rf "$folder"
mkdir -p "$folder/src" "$folder/grammar" "$folder/work"
awk -v every="$EVERY" -f "$SRCDIR/tools/mutants.awk" "$SRCDIR/grammar/operators.def" \
    >"$folder/mutants"

# The programs with the table as it is in $folder/grammar: its strings are compiled in one file.
# shellcheck disable=SC2086 # UNIT_LIBS is several words
build() {
    $COMPILE -iquote "$folder/src" -c "$SRCDIR/src/syntax/operators.c" -o "$folder/operators.o" &&
        $COMPILE -o "$folder/unit" tests/unit/unit-*.o "$folder/operators.o" libroad.a $UNIT_LIBS &&
        $COMPILE -o "$folder/symgrad" src/cli/*.o "$folder/operators.o" libroad.a -lm
}

script() {
    env SYMGRAD="$folder/symgrad" SRCDIR="$SRCDIR" WORK="$folder/work" CC="${JUDGE_CC:-${CC:-cc}}" \
        sh "$SRCDIR/tests/$1.sh" >"$folder/out" 2>&1 && ! grep -q '^not ok' "$folder/out"
}

# Prints what found the mutant.
found_by() {
    if ! build >"$folder/out" 2>&1; then
        echo "the compiler"
    elif ! CK_RUN_CASE=tables "$folder/unit" >"$folder/out" 2>&1; then
        echo "the unit tests of tables"
    else
        for name in values stability gradients golden derivatives library; do
            if ! script "$name"; then
                echo "tests/$name.sh"
                return
            fi
        done
    fi
}

# A test that fails anyway finds nothing.
cp "$SRCDIR/grammar/operators.def" "$folder/grammar/operators.def"
by=$(found_by </dev/null)
if [ -n "$by" ]; then
    echo "the table as it is does not pass $by"
    exit 1
fi

count=0
survived=0
equal=0
while IFS='	' read -r line field name old new; do
    count=$((count + 1))
    mutant="$name: $old -> $new"
    if grep -qxF -e "$mutant" "$SRCDIR/tools/mutants.txt"; then
        equal=$((equal + 1))
        continue
    fi
    awk -v line="$line" -v field="$field" -v new="$new" '
        BEGIN { FS = OFS = "\"" }
        NR == line { $field = new }
        { print }' "$SRCDIR/grammar/operators.def" >"$folder/grammar/operators.def"
    by=$(found_by </dev/null)
    if [ -z "$by" ]; then
        survived=$((survived + 1))
        echo "survived: $mutant"
    elif [ -n "${VERBOSE:-}" ]; then
        echo "found by $by: $mutant"
    fi
done <"$folder/mutants"
echo "$count mutants: $((count - survived - equal)) found, $equal as right as the original, $survived survived"
[ "$survived" -eq 0 ]
