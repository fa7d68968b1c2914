#!/bin/sh
# The unit tests: each room by itself, through its headers. Check prints the TAP.
: "${UNIT:?}"
if [ ! -x "$UNIT" ]; then
    echo "1..0 # SKIP Check, the unit test library, is not installed"
    exit 0
fi
exec "$UNIT"
