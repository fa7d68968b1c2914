#!/bin/sh
# coverage.sh - what of each source file ran, in a build folder made with --coverage: the lines left
# out, all lines, the part that ran, the same of branches, its name; most lines left out first, the
# sum at the end.
set -eu
LC_ALL=C
export LC_ALL

# A file may be in several programs: the one that runs most of it counts.
find . -name '*.gcda' | while read -r data; do
    gcov -n -b -o "$(dirname "$data")" "$data" 2>/dev/null
done | awk '
    function part_of(ran, all) { return all == 0 ? 100 : 100 * ran / all }
    function row(name, ran, all, taken, branches, left_out) {
        printf "%6d %6d %5.1f%% %6d %6d %5.1f%%  %s\n", left_out, all, part_of(ran, all),
            branches - taken, branches, part_of(taken, branches), name
    }
    /^File / {
        file = substr($0, 7, length($0) - 7)
        sub(/^.*\/src\//, "src/", file)
        if (file !~ /^src\// || file ~ /embedded_files/) file = ""
    }
    /^$/ { file = "" } # the sum over the program that follows is of no file
    file == "" { next }
    /^Lines executed:/ {
        split($0, part, /[:% ]+/)
        ran = int(part[3] * part[5] / 100 + 0.5)
        if (!(file in all) || ran > most[file]) { most[file] = ran; all[file] = part[5] }
    }
    /^Taken at least once:/ {
        split($0, part, /[:% ]+/)
        ran = int(part[5] * part[7] / 100 + 0.5)
        if (!(file in branches) || ran > taken[file]) { taken[file] = ran; branches[file] = part[7] }
    }
    END {
        for (file in all) {
            row(file, most[file], all[file], taken[file], branches[file], all[file] - most[file])
            ran_in_all += most[file]
            sum += all[file]
            taken_in_all += taken[file]
            sum_of_branches += branches[file]
        }
        row("of all lines and branches ran", ran_in_all, sum, taken_in_all, sum_of_branches, -1)
    }' | sort -k 1,1nr -k 7 | sed 's/^ *-1 /       /'
