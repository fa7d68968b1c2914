#!/bin/sh
# The long forms of what make check tries shortly, a row each: what it is about, the settings of its
# script, what it said last. HOURS=1 runs those that end within an hour together, HOURS=many all of
# them in full.
. "$(dirname "$0")/lib.sh"
HOURS=${HOURS:-1}

# about WORDS SCRIPT SETTING...: runs a script with these settings, and keeps what it says
about() {
    what=$1 script=$2
    shift 2
    log=$work/$((count + 1)).log
    if env "$@" "${SHELL:-sh}" "$script" >"$log" 2>&1 && ! grep -q '^not ok' "$log"; then
        ok "$what ($*): $(grep -v '^1\.\.' "$log" | tail -n 1)"
    else
        not_ok "$what ($*)" "$(grep '^not ok' "$log" | head -n 5; tail -n 5 "$log")"
    fi
}

if [ "$HOURS" = 1 ]; then
    models=5000 every=20
else
    models=100000 every=1
fi
about "corrupted checkpoints are refused" "$SRCDIR/tests/corrupted.sh" TRIES=100000
about "killed runs end on the same bits" "$SRCDIR/tests/trainer.sh" KILLS=100
about "random models agree" "$SRCDIR/tests/fuzz.sh" MODELS=$models FIRST=100000
about "random models agree under optimising compilers" "$SRCDIR/tests/fuzz.sh" \
    MODELS=$((models / 10)) FIRST=900000 "COMPILERS=gcc -O3:clang -O2:tcc"
about "wrong derivatives are found" "$SRCDIR/tools/mutate.sh" EVERY=$every
finish
