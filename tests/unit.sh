#!/bin/sh
# The unit tests: each room by itself, through its headers. Check prints the TAP.
: "${UNIT:?}"
if [ ! -x "$UNIT" ]; then
    echo "1..0 # SKIP Check, the unit test library, is not installed"
    exit 0
fi
# Check's time limits are for an idle machine and a build that is optimised.
CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-10}
export CK_TIMEOUT_MULTIPLIER
exec "$UNIT"
