#!/bin/sh
# Random models: derivatives against numeric ones, the emitted C against the interpreter. MODELS=n
# and FIRST=seed try others, as for make fuzz; COMPILERS="gcc -O3:tcc" takes turns among compilers.
# A model that fails is made as small as it gets, and left in tests/work/fuzz.
. "$(dirname "$0")/lib.sh"
: "${FUZZ:?}"
MODELS=${MODELS:-40}
FIRST=${FIRST:-1}
COMPILERS=${COMPILERS:-${CC:-cc} -O1}

if [ ! -x "$FUZZ" ]; then
    skip "$MODELS random models" "tests/fuzz/fuzz is not built"
    finish
    exit
fi
IFS=:
# shellcheck disable=SC2086
said=$("$FUZZ" "$SYMGRAD" "$work" "$FIRST" "$MODELS" $COMPILERS)
verdict "$MODELS random models" $? "$said"
finish
