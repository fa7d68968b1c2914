#!/bin/sh
# The output grows with the formulas, never with the sizes; long and deep models are no matter.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
# code SIZE: what is emitted for so many variables. The head comment tells the size too, and the
# hash is that of the model's text.
code() {
    mkdir "$1" && "$SYMGRAD" show "$SRCDIR/examples/rosenbrock.expr" --stage ast |
        sed "s/n = 10\$/n = $1/" >"$1/rosenbrock.expr" &&
        (cd "$1" && "$SYMGRAD" rosenbrock.expr -o rosenbrock.c) &&
        sed 's/^ \* .*//; / the hash /d' "$1/rosenbrock.c" >"$1.code"
}
for size in 10 1000 1000000 100000000; do code $size; done
changed=$(diff 10.code 1000.code | grep -c '^>')
[ "$changed" = 1 ]
verdict "10 and 10^3 variables differ in one line of C" $? "$(diff 10.code 1000.code | head -n 20)"
# From some size on threads share the loops.
[ "$(wc -l <1000000.code)" = "$(wc -l <100000000.code)" ]
verdict "10^6 and 10^8 variables have as many lines" $? \
    "$(diff 1000000.code 100000000.code | head -n 20)"

awk 'BEGIN { print "param x0 = 0.5"; for (i = 0; i < 100000; i++) printf "x%d = sin(x%d)\n", i + 1, i;
             print "minimize x100000 with gd(rate = 0.1), steps = 1" }' >chain.expr
said=$("$SYMGRAD" diff chain.expr -o chain.out 2>&1)
verdict "a chain of 10^5 definitions is differentiated" $? "$said"

awk 'BEGIN { print "param x0 = 0.5"; for (i = 0; i < 60; i++) printf "x%d = x%d + x%d\n", i + 1, i, i;
             print "minimize x60 with gd(rate = 0.1), steps = 1" }' >doublings.expr
said=$("$SYMGRAD" diff doublings.expr -o doublings.out 2>&1)
verdict "60 doublings are differentiated" $? "$said"

awk 'BEGIN { e = "x"; for (i = 0; i < 200; i++) e = "tanh(w*" e " + b)";
             print "param x = 0.5, w = 0.3, b = 0.1"; print "loss = " e;
             print "minimize loss with gd(rate = 0.1), steps = 1" }' >nest.expr
ratio=$("$SYMGRAD" show nest.expr --stage cost | awk '$1 == "operations" { print $4 <= 4 * $2 }')
[ "$ratio" = 1 ]
verdict "tanh nested 200 deep: the gradient costs at most 4 times the value" $? \
    "$("$SYMGRAD" show nest.expr --stage cost)"

# Each gate reads one slice of the weights: no gate's sum is taken for the others.
cat >gates.expr <<'M'
param x[12,16] ~ normal(0, 1), W[3,16,16] ~ glorot, U[3,16,16] ~ glorot, b[3,16]
s[-1,j in 16] = 0
s[t in 12,j in 16] = gru_cell(x[t], s[t-1], W, U, b)[j]
loss = sum[j] s[11,j]^2
minimize loss over W, U, b with gd(rate = 0.1), steps = 1
M
ratio=$("$SYMGRAD" show gates.expr --stage cost | awk '$1 == "operations" { print $4 <= 4 * $2 }')
[ "$ratio" = 1 ]
verdict "the gates of a recurrent layer: the gradient costs at most 4 times the value" $? \
    "$("$SYMGRAD" show gates.expr --stage cost)"

awk 'BEGIN { printf "param w = 1\nloss = "; for (i = 0; i < 100000; i++) printf "(";
             printf "w"; for (i = 0; i < 100000; i++) printf ")";
             print "\nminimize loss with gd(rate = 0.1), steps = 1" }' >parentheses.expr
said=$("$SYMGRAD" diff parentheses.expr 2>&1)
[ $? = 1 ] && printf '%s' "$said" | grep -q 'nested too deeply'
verdict "10^5 parentheses are refused in words" $? "$(printf '%s' "$said" | cut -c 1-200)"

awk 'BEGIN { printf "param w = 1\nloss = w"; for (i = 0; i < 100000; i++) printf " + w*%d", i;
             print "\nminimize loss with gd(rate = 0.1), steps = 1" }' >sum.expr
said=$("$SYMGRAD" diff sum.expr -o sum.out 2>&1)
verdict "a sum of 10^5 terms is differentiated" $? "$said"
finish
