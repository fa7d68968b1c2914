#!/bin/sh
# embed.sh SRCDIR FILE... - prints a C file that holds the texts of the FILEs, for
# src/base/embedded.h. A FILE is named from SRCDIR and known inside by that name without "src/".
#
# Bytes, not string literals: C promises literals of no more than 4095 bytes. od and sed, not a
# program: nothing has to be built for the build machine first when compiling for another one.
set -eu
LC_ALL=C
export LC_ALL

srcdir=$1
shift

echo '/* Made by tools/embed.sh: do not edit. */'
echo '#include "base/embedded.h"'

count=0
for file; do
    printf '\nstatic const unsigned char file_%d[] = { /* %s */\n' "$count" "$file"
    od -A n -v -t u1 "$srcdir/$file" | sed 's/  */ /g; s/^ //; s/ *$//; s/ /,/g; s/$/,/'
    # The closing NUL is not counted in the length.
    echo '0};'
    count=$((count + 1))
done

printf '\nconst struct embedded_file embedded_files[] = {\n'
count=0
for file; do
    printf '    {"%s", (const char *)file_%d, sizeof file_%d - 1},\n' "${file#src/}" "$count" "$count"
    count=$((count + 1))
done
printf '    {0, 0, 0}\n};\n'
