#!/bin/sh
# Solvers with LAPACK's help, and large products with BLAS's: the figures are those of the trainer that
# stands alone, to 9 digits.
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

# same [ERROR]: whether the figures of the files `alone` and `helped` agree to 9 digits
same() {
    paste alone helped | tr ',()' '   ' | awk -v error="${1:-1e-9}" '
        { if (NF % 2 || NF == 0) exit 1
          for (i = 1; i <= NF/2; i++) {
              a = $i; b = $(NF/2 + i)
              if (a + 0 != a) { if (a != b) exit 1; continue }
              d = a - b; if (d < 0) d = -d
              size = a < 0 ? -a : a
              if (!(d <= error*size)) exit 1 } }
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

# Products of parameters as they are, transposed and added up, in parts for threads, large enough for
# the library; and one that is small.
cat >products.expr <<'M'
dim   n = 256, k = 24
param A[n,n] ~ normal(0, 1), B[n,n] ~ normal(0, 1), C[n,k] ~ normal(0, 1)
P[i,j] = sum[l] A[i,l]*B[l,j]
Q[i,j] = sum[l] P[i,l]*P[j,l]
R[i,j] = sum[l] P[i,l]*C[l,j]
loss = 1e-8*(sum[i,j] Q[i,j]^2) + 1e-5*(sum[i,j] R[i,j]^2) + (sum[i] A[i,i])
minimize loss with gd(rate = 1e-6), steps = 3
M
for real in float double; do
    letter=$(echo "$real" | sed 's/double/d/; s/float/s/')
    digits=$(echo "$real" | sed 's/double/1e-9/; s/float/1e-5/')
    : >alone
    : >helped
    "$SYMGRAD" products.expr --real "$real" --name alone -o alone.c 2>said &&
        "$SYMGRAD" products.expr --real "$real" --blas --name helped -o helped.c 2>>said &&
        cc $STRICT -O1 alone.c -lm -o alone.out 2>>said &&
        cc $STRICT -O1 helped.c $LIBS -lm -o helped.out 2>>said &&
        nm helped.out | grep -q " U ${letter}gemm_" && ! nm alone.out | grep -q gemm_ &&
        ./alone.out --save alone.save >alone 2>>said &&
        ./helped.out --save helped.save >helped 2>>said && same "$digits"
    verdict "products in $real" $? "$(cat said; paste alone helped)"
done
sed 1d alone.save >alone
sed 1d helped.save >helped
same
verdict "what products in double have trained" $? "$(paste alone helped | head)"

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
