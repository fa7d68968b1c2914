#!/bin/sh
# The library. Each library/NAME.expr calls functions of it: NAME_at = ... is a figure that
# values.tsv knows (made by library/make_values.py). Its derivative is held against a numeric one,
# and what emitted C makes of it against the table. Then the derivative of them all: read back it gives the
# same numbers, and is differentiated once more. scalars.tsv has functions of one number, in the
# tails. The names of a model and of the library stay apart.
. "$(dirname "$0")/lib.sh"

tables=$SRCDIR/tests/library
tab=$(printf '\t')

# close_to TOLERANCE: reads `name <tab> got <tab> wanted`; prints those that differ
close_to() {
    awk -F '\t' -v tolerance="$1" '
    function number(text) { return text == "inf" ? 2^1024 : text == "-inf" ? -2^1024 : text + 0 }
    { got = number($2); want = number($3); error = got - want; size = want < 0 ? -want : want
      if ($2 == "" || !((error < 0 ? -error : error) <= tolerance * (size > 1e-300 ? size : 1)))
          print $1 ": " $2 ", not " $3 }'
}

# train MODEL ARGS...: compiles it, not optimised, and runs it
train() {
    program=${1%.expr}
    shift
    "$SYMGRAD" "$program.expr" -o "$program.c" 2>/dev/null &&
        "${CC:-cc}" -O0 "$program.c" -lm -o "$program" && "$program" --quiet "$@"
}

# figure NAME FILE: what a trained program said of it
figure() { awk -v name="$1" '$1 == name && $2 == "=" { print $3; exit }' "$2"; }

# descent EXPRESSION: one step from 0 along the gradient, too short to lead out of any domain
descent() { echo "minimize $1 with gd(rate = 1e-4), steps = 1"; }

check_figures() { # NAME
    names=$(awk -F '\t' -v model="$1" '$1 == model { print $2 }' "$tables/values.tsv")
    {
        cat "$tables/$1.expr"
        for name in $names; do echo "minimize $name with gd(rate = 0), steps = 1"; done
        for name in $names; do echo "report $name"; done
    } >"$work/$1.expr"
    "$SYMGRAD" check "$work/$1.expr" >"$work/$1.checked" 2>"$work/$1.said"
    if [ ! -s "$work/$1.checked" ]; then
        not_ok "$1: read" "$(cat "$work/$1.said")"
        return
    fi
    train "$work/$1.expr" >"$work/$1.trained" 2>&1
    for name in $names; do
        lines=$(grep -e "^d $name / " -e "^$name, C" "$work/$1.checked")
        [ "$(printf '%s\n' "$lines" | grep -c ' ok$')" -ge 2 ] &&
            ! printf '%s' "$lines" | grep -q FAILED
        verdict "$1: ${name%_at}, derivative" $? "$lines"
        got=$(figure "$name" "$work/$1.trained")
        want=$(awk -F '\t' -v model="$1" -v name="$name" '
            $1 == model && $2 == name { print $3 }' "$tables/values.tsv")
        wrong=$(printf '%s\t%s\t%s\n' "$name" "$got" "$want" | close_to 1e-12)
        [ -z "$wrong" ]
        verdict "$1: ${name%_at}, value" $? "$wrong"
    done
}

# The gradient of all figures together, as a program, and the sum of its entries times those of a
# probe for each parameter: by the probes that sum has the gradient for derivative.
check_closure() { # NAME
    {
        cat "$tables/$1.expr"
        echo "total = $(echo "$names" | tr '\n' ' ' | sed 's/ *$//; s/ / + /g')"
        descent total
    } >"$work/$1_total.expr"
    said=$("$SYMGRAD" diff "$work/$1_total.expr" -o "$work/$1_again.expr" 2>&1)
    verdict "$1: differentiated as a whole" $? "$said"
    probes=$(sed -n 's/^param //p' "$tables/$1.expr" | sed 's/\([a-z]\)\[/probe_\1[/g')
    sums=$(echo "$probes" | sed 's/\[[^]]*\]//g; s/probe_\([a-z]\)/sum(probe_\1*d\1)/g; s/, / + /g')
    { echo "param $probes"; echo "probed = $sums"; } >>"$work/$1_again.expr"
    cp "$work/$1_again.expr" "$work/$1_twice.expr"
    descent probed >>"$work/$1_twice.expr"
    said=$("$SYMGRAD" check "$work/$1_twice.expr" 2>&1)
    verdict "$1: differentiated once more" $? "$said"
    descent "probed over $(echo "$probes" | sed 's/\[[^]]*\]//g')" >>"$work/$1_again.expr"
    train "$work/$1_total.expr" --save "$work/$1_total.saved" >/dev/null 2>&1
    train "$work/$1_again.expr" --save "$work/$1_again.saved" >/dev/null 2>&1
    wrong=$(paired "$work/$1_total.saved" "$work/$1_again.saved" | close_to 1e-12)
    [ -z "$wrong" ]
    verdict "$1: its derivative gives the same numbers" $? "$wrong"
}

# paired TOTAL AGAIN: the entries of each parameter with those of its probe
paired() {
    awk '
    /^[a-z_]+\[/ { parameter = $1; entry = 0; next }
    NR == FNR { for (i = 1; i <= NF; i++) moved["probe_" parameter, entry++] = $i; next }
    { for (i = 1; i <= NF; i++)
          if ((parameter, entry) in moved) {
              printf "%s %d\t%s\t%s\n", parameter, entry, $i, moved[parameter, entry]
              count++; entry++
          } }
    END { if (count == 0) print "nothing\t\t0" }' "$1" "$2"
}

check_scalars() {
    awk -F '\t' 'NR > 1' "$tables/scalars.tsv" |
        while IFS=$tab read -r expression at value gradient; do
            "$SYMGRAD" eval -e "$expression" --at "$at" --grad 2>&1 |
                awk -v name="$expression at $at" -v value="$value" -v gradient="$gradient" '
                    { printf "%s\t%s\t%s\n", name, $NF, NR == 1 ? value : gradient }
                    END { if (NR != 2) print name "\t\t" value }'
        done | close_to 1e-12
}

# expect_checked NAME: the model on standard input holds in check
expect_checked() {
    cat >"$work/names.expr"
    said=$("$SYMGRAD" check "$work/names.expr" 2>&1)
    verdict "$1" $? "$said"
}

for model in $(awk -F '\t' 'NR > 1 { print $1 }' "$tables/values.tsv" | uniq); do
    check_figures "$model"
    check_closure "$model"
done
# shift has no derivative to hold against a numeric one: it is a constant by its own word.
functions=$(sed -n 's/^fn \([a-z0-9_]*\).*/\1/p' "$SRCDIR"/lib/*.expr | grep -vx shift)
untested=
for function in $functions; do
    grep -q "\b$function(" "$SRCDIR/doc/library.md" || untested="$untested $function"
    grep -qw "${function}_at" "$tables/values.tsv" || untested="$untested ${function}_at"
done
[ -z "$untested" ]
verdict "every function has its line in doc/library.md and its figure" $? "$untested"

wrong=$(check_scalars)
[ -z "$wrong" ]
verdict "functions of one number, in the tails" $? "$wrong"

# Of rank 2 and 1: the cofactors, which are all 0 where two rows are missing.
cat >"$work/singular.expr" <<'M'
param A[3,3], B[3,3]
a[i,j] = A[i,j] + (if j == 0 then 0 else i^2 + j)
b[i,j] = B[i,j] + (i + 1)*(j + 1)
y = det(a)
z = det(b)
first = sum[i,j] cos(i + 2*j)*grad(y, A)[i,j]
second = sum[i,j] cos(i + 2*j)*grad(z, B)[i,j]
minimize y + z with gd(rate = 0), steps = 1
report first
report second
M
train "$work/singular.expr" >"$work/singular.said" 2>&1
wrong=$(printf '%s\t%s\t%s\n' first "$(figure first "$work/singular.said")" -0.4226439399802987434 \
    second "$(figure second "$work/singular.said")" 0 | close_to 1e-12)
[ -z "$wrong" ]
verdict "the derivative of the determinant of a singular matrix" $? "$wrong"

expect_checked "what a model calls by the name of a library function is not seen there" <<'M'
param x[3] = 1, shift = 2
loss = logsumexp(x) + shift
minimize loss with gd(rate = 0.1), steps = 1
M
printf '%s\n' 'param x[2] = 1' 'fn logsumexp(v[k]) = 0' 'y = sum[k] (k + 1)*logsoftmax(x)[k]' \
    'minimize y with gd(rate = 0), steps = 1' >"$work/hidden.expr"
got=$(train "$work/hidden.expr" 2>&1 | awk '$1 == "y" { print $3; exit }')
wrong=$(printf 'y\t%s\t-2.0794415416798357\n' "$got" | close_to 1e-12)
[ -z "$wrong" ]
verdict "nor a function of the same name" $? "$wrong"
expect_checked "a dimension may have the name of a function" <<'M'
data x[n,dense]
param w[dense]
loss = sum[i] (sum[j] w[j]*x[i,j])^2
minimize loss with gd(rate = 0.1), steps = 1
M
finish
