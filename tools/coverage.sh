#!/bin/sh
# coverage.sh - what of each source file ran, in a build folder made with --coverage: the lines left
# out, all lines, the part that ran, its name; most left out first, the sum at the end.
set -eu
LC_ALL=C
export LC_ALL

# A file may be in several programs: the one that runs most of it counts.
find . -name '*.gcda' | while read -r data; do
    gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null
done | awk '
    /^File / { file = substr($0, 7, length($0) - 7); sub(/^.*\/src\//, "src/", file) }
    /^Lines executed:/ && file ~ /^src\// && file !~ /embedded_files/ {
        split($0, part, /[:% ]+/)
        lines = part[5]
        ran = int(part[3] * lines / 100 + 0.5)
        if (!(file in all) || ran > most[file]) { most[file] = ran; all[file] = lines }
        file = "" # the sum over the program that follows is of no file
    }
    END {
        for (file in all) {
            printf "%6d %6d %5.1f%%  %s\n", all[file] - most[file], all[file],
                100 * most[file] / all[file], file
            ran_in_all += most[file]
            sum += all[file]
        }
        printf "%6d %6d %5.1f%%  %s\n", -1, sum, 100 * ran_in_all / sum, "of all lines ran"
    }' | sort -k 1,1nr -k 4 | sed 's/^ *-1 /       /'
