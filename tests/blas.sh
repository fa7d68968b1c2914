#!/bin/sh
# Solvers with LAPACK's help: the fits are those of the trainer that stands alone, to 9 digits.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
LIBS=${LIBS:--llapack -lblas}
printf 'void dpotri_(void);\nint main(void) { dpotri_(); return 0; }\n' >probe.c
# shellcheck disable=SC2086
if ! cc probe.c $LIBS -lm -o probe 2>/dev/null; then
    skip "fits with LAPACK" "no $LIBS"
    finish
    exit
fi

# same: whether the figures of the files `alone` and `helped` agree to 9 digits
same() {
    paste alone helped | tr ',()' '   ' | awk '
        { if (NF % 2 || NF == 0) exit 1
          for (i = 1; i <= NF/2; i++) {
              a = $i; b = $(NF/2 + i)
              if (a + 0 != a) { if (a != b) exit 1; continue }
              d = a - b; if (d < 0) d = -d
              size = a < 0 ? -a : a
              if (!(d <= 1e-9*size)) exit 1 } }
        END { if (NR == 0) exit 1 }'
}

# compare NAME [ARGUMENT...]: fits NAME.expr in both ways
compare() {
    name=$1
    shift
    : >alone
    : >helped
    "$SYMGRAD" "$name.expr" --name alone -o alone.c 2>said &&
        "$SYMGRAD" "$name.expr" --blas --name helped -o helped.c 2>>said &&
        grep -q "cc -O2 helped.c -llapack -lblas -lm" helped.c &&
        cc $STRICT -O0 alone.c -lm -o alone.out 2>>said &&
        cc $STRICT -O0 helped.c $LIBS -lm -o helped.out 2>>said &&
        nm helped.out | grep -q ' U dgeqp3_' && ! nm alone.out | grep -q dgeqp3_ &&
        ./alone.out --quiet "$@" >alone 2>>said && ./helped.out --quiet "$@" >helped 2>>said && same
    verdict "$name" $? "$(cat said; paste alone helped)"
}

awk 'BEGIN { for (i = 0; i < 40; i++) printf "%.2f,%.6f\n", i/4, 3*exp(-i/9) + 0.5 + 0.05*sin(7*i) }' >decay.csv
cat >decay.expr <<'M'
data x[n], y[n] from "decay.csv"
param a = 1, b = 0.3, c = 0 in [-1, 2]
f[i] = a*exp(-b*x[i]) + c
loss = sum[i] (y[i] - f[i])^2
minimize loss with lm
M
compare decay

# Fewer residuals than unknowns, and a rank below both: only what is fitted is unique.
cat >wide.expr <<'M'
data x[n], y[n] from "decay.csv"
param w[60] = 0, v = 0
loss = sum[i] (y[i] - v - sum[j] w[j]*x[i]^2)^2
minimize loss with lm
M
compare wide

cat >logistic.expr <<'M'
data x[n], y[n] from "decay.csv"
param b = 0, w = 0
z[i] = b + w*x[i]
loss = sum[i] (log(1 + exp(z[i])) - (if y[i] > 1.5 then 1 else 0.25)*z[i])
minimize loss with newton, likelihood
M
compare logistic

"$SYMGRAD" decay.expr -o alone.c && cc -O0 alone.c -lm -o alone.out && ./alone.out --quiet >alone
CC=cc CFLAGS=-O0 LIBS=$LIBS "$SYMGRAD" run decay.expr --blas -- --quiet >helped 2>said
same
verdict "symgrad run --blas" $? "$(cat said; paste alone helped)"
CC=cc CFLAGS=-O0 LIBS=-lnosuchlibrary "$SYMGRAD" run decay.expr --blas >out 2>&1
[ $? = 3 ] && grep -q nosuchlibrary out
verdict "LIBS says what to link" $? "$(cat out)"

data=$SRCDIR/../shared/data/nist
if [ -f "$data/nist.tsv" ]; then
    cp "$data"/*.csv "$SRCDIR"/tests/nist/*.expr .
    for name in Misra1a Thurber; do
        compare $name
    done
else
    skip "the nonlinear regressions of NIST" "no data"
fi
finish
