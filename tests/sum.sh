#!/bin/sh
# sum.sh FILE.trs... - adds up what automake noted of each test: `N passed, N failed`.
# A script that ended in an error counts as one failure, unless it named its failures itself.
exec awk '
    function close_file() {
        failed += own == 0 ? error : own
        own = error = 0
    }
    FNR == 1 { close_file() }
    /^:test-result: (PASS|XFAIL)/ { passed++ }
    /^:test-result: (FAIL|XPASS)/ { own++ }
    /^:test-result: ERROR/ { error = 1 }
    END { close_file(); printf "%d passed, %d failed\n", passed, failed }
' "$@" /dev/null
