#!/bin/sh
# Derivatives with checkpoints are those without; the memory for them grows as the root of the steps.
. "$(dirname "$0")/lib.sh"

# add_checkpoint LENGTH MODEL: the model with checkpoints every LENGTH steps
add_checkpoint() { sed -E "s/^((minimize|maximize) .*)$/\1, checkpoint = $1/" "$2"; }

# The interpreter runs the derivative as it is, emitted C the one with checkpoints.
cut=0
for model in "$SRCDIR"/tests/derivatives/*.expr "$SRCDIR"/tests/checkpoint/*.expr; do
    name=$(basename "$model" .expr)
    for length in 2 5; do
        add_checkpoint $length "$model" >"$work/$name.expr"
        said=$("$SYMGRAD" check "$work/$name.expr" 2>&1)
        status=$?
        printf '%s' "$said" | grep -q 'no recurrence can be recomputed' && continue
        cut=$((cut + 1))
        verdict "$name with checkpoints every $length steps" $status "$said"
    done
done
[ $cut -ge 28 ]
verdict "most recurrences can be recomputed" $? "only $cut"

# lstm STEPS OPTION: an LSTM over so many steps
lstm() {
    cat <<END
dim T = $1, h = 8, m = 2, n = 3
data x[n,T,m], y[n] from "x.csv"
param W[4,h,m] ~ glorot, U[4,h,h] ~ glorot, b[4,h], v[h] ~ glorot
hid[i,t,j] = lstm(x[i], W, U, b)[t,j]
loss = mean[i] (sum[j] v[j]*hid[i,T-1,j] - y[i])^2
minimize loss with adam(rate = 0.01), steps = 10$2
END
}
workspace() { "$SYMGRAD" show "$1" --stage cost | awk '$1 == "workspace" { print $4 }'; }

for steps in 256 4096; do
    lstm $steps '' >"$work/all_$steps.expr"
    lstm $steps ', checkpoint' >"$work/root_$steps.expr"
done
few=$(workspace "$work/all_256.expr") many=$(workspace "$work/all_4096.expr")
[ $((10 * many)) -gt $((155 * few)) ]
verdict "without checkpoints an LSTM's derivative needs memory for all steps" $? "$few, $many"
few=$(workspace "$work/root_256.expr") many=$(workspace "$work/root_4096.expr")
[ "$many" -lt $((4 * few)) ]
verdict "with checkpoints as the root: 16 times the steps, 4 times the memory" $? "$few, $many"

awk 'BEGIN { for (i = 0; i < 3; i++) {
                 for (t = 0; t < 512; t++) printf "%.3f,", sin(i + 0.1*t*t);
                 print cos(i) } }' >"$work/x.csv"
cd "$work" || exit 1
for kind in all root; do
    option=$([ $kind = root ] && echo ', checkpoint')
    lstm 256 "$option" >$kind.expr
    "$SYMGRAD" $kind.expr -o $kind.c && cc -O1 $kind.c -o $kind -lm &&
        ./$kind --quiet | awk '{ printf "%s %.12g\n", $1, $NF }' >$kind.out
done
[ -s all.out ] && cmp -s all.out root.out
verdict "an LSTM trains to the same numbers with and without" $? "$(diff all.out root.out)"
finish
