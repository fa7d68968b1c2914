#!/bin/sh
# Each kind of reduction, subscript and condition in a loss of its own: `symgrad check` holds its
# gradient against differences, and the emitted C against the interpreter.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
CFLAGS=-O0 # to compile takes longer than to run
export CFLAGS
# Ties, zeros, and every class of k = 3.
cat >data.csv <<'D'
0.5,-1,2,0
-0.25,0.5,0.125,2
0,1.5,-2,1
2,0.5,0.5,2
-1,-1,0.75,0
D
head='dim k = 3, m = 3
data x[n,m], y[n] in k from "data.csv"
param w[m] = 0.5, v[k,m] = 0.25, c = 0.75
'
tail='minimize loss with gd(rate = 0.01), steps = 3
'

if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    skip "gradients" "no C compiler"
    finish
    exit 0
fi

# check NAME FORMULAS
check() {
    printf '%s%s\n%s' "$head" "$2" "$tail" >model.expr
    said=$("$SYMGRAD" check model.expr 2>&1)
    verdict "$1" $? "$2
$said"
}

check "whole powers" 'loss = sum[i] ((c*x[i,1])^5 + (w[0] + x[i,0]/4)^16 + (c*x[i,2] - 1)^7) + (1 + c)^17'
check "a maximum" 'loss = sum[i] (max[j] w[j]*x[i,j] - c)^2'
check "a minimum" 'loss = sum[i] min[j] (x[i,j] - c*w[j])^2'
check "a maximum of ties" 'loss = sum[i] max[j] (c^2 + w[j]*x[i,j] - w[j]*x[i,j])'
check "a maximum under a condition" 'loss = sum[i] max[j : j != y[i]] (w[j] + c*x[i,j])^2'
check "the place of a maximum" 'loss = sum[i] c*(argmax[j] x[i,j]) + sum[j] w[j]^2'
check "the place of nothing" 'h[-2] = c
h[t in -1..3] = h[t-1]*c/4 + 1
loss = c*(argmax[t in -2..3 : h[t] > 100] h[t]) + c^2*(argmin[t in 2..3 : h[t] > 100] h[t]) + c^3*(argmax[j : w[j] > 100] w[j])'
check "one row read in two branches" 'B[i,j] = (sum[l] v[i,l]*v[j,l]*(l + i + 1)) + (if i == j then 2 else 0)
L[i,j] = if j > i then 0 else if i == j then sqrt(B[j,j] - sum[l : l < j] L[j,l]^2) else (B[i,j] - sum[l : l < j] L[i,l]*L[j,l])/L[j,j]
loss = c*sum[i,j] (i + 1)*L[i,j]^3'
check "a product" 'loss = sum[i] prod[j] (w[j] + x[i,j]/4)'
check "a product with a zero in it" 'loss = sum[i] prod[j] (w[j]*(x[i,j] - 1/2))'
check "a product with two zeros in it" 'loss = sum[i] prod[j] (c*(x[i,j] - 1/2)*(x[i,j] + 1))'
check "a product of what stays the same" 'loss = prod[j in 4] (c + w[0]/4)'
check "a maximum of what stays the same" 'loss = (max[j in 4] c*w[0])^2'
check "a sum of what stays the same" 'loss = sum[i in n, j in m] c^2 + sum[j in 4, l in 2] w[l]'
check "a sum under a condition" 'loss = sum[i] (sum[j : x[i,j] > 0] w[j]*x[i,j] - c)^2'
check "a triangle" 'loss = sum[j, l : l <= j] w[j]*w[l]*c'
check "a diagonal" 'loss = sum[j, l : l == j] w[j]*v[l,j]'
check "a shifted diagonal" 'loss = sum[j, l : l == j + 1] w[j]*v[l,j]'
check "a diagonal with a condition" 'loss = sum[j, l : j >= 1 and l == j] w[j]*v[l,j]'
check "a condition, then a diagonal" 'loss = sum[j, l : l == j and w[l] > 0] w[j]*v[l,j]'
check "one term" 'loss = sum[j : j == 1] w[j]^2 + c^2'
check "one term of a gather" 'loss = sum[i, j : j == y[i]] v[j,1]*x[i,1]'
check "a gather" 'loss = sum[i,j] (v[y[i],j] - x[i,j])^2'
check "a gather twice" 'loss = sum[i] v[y[i],0]*v[y[i],1]*c'
check "the least and the greatest as subscripts" 'next[i] = min(y[i] + 1, k - 1)
loss = sum[i] w[next[i]]*w[max(y[i], 1) - 1]*v[max(0, min(y[i] - 1, 1)),1]*c'
check "a choice as a subscript" 'class[i] = if x[i,0] > 0 then y[i] else mod(y[i] + 1, k)
loss = sum[i] v[class[i],2]*w[if x[i,1] > 0 then 0 else class[i]]*c'
check "backwards" 'loss = sum[j] w[m - 1 - j]*v[j,j]*(j + 1)'
check "strides" 'u[r in 2] = w[2*r]*c
loss = sum[q in 2] v[q,1]*u[q]'
check "a window" 'u[r in 2] = sum[q in 2] w[r + q]*v[q,0]
loss = sum[r] u[r]^2'
check "a window with zeros around" 'u[r in 4] = sum[q in 2] (w[r + q - 1] else 0)*v[q,0]
loss = sum[r] u[r]^2'
check "a window backwards" 'u[r in 2] = sum[q in 2] w[r - q + 1]*v[q,0]
loss = sum[r] u[r]^2'
check "branches" 'loss = sum[i,j] (if x[i,j] > 0 then w[j]*x[i,j] else (c*x[i,j])^2)'
check "branches that guard" 'loss = sum[i,j] (if x[i,j] > 0 then log(x[i,j])*w[j] else c)'
check "branches on places" 'loss = sum[j] (if j > 0 then w[j]*w[j - 1] else c*w[j])'
check "factors of a sum under a condition" 'loss = sum[i, j : x[i,j] > 0] w[y[i]]*log(x[i,j])*c'
check "quotients of a sum under a condition" 'loss = sum[i, j : x[i,j] > 0] -w[j]/x[i,j]/(c + 2)'
check "softmax" 'p[i,l] = softmax[l] (sum[j] v[l,j]*x[i,j])
loss = mean[i] -log(p[i,y[i]]) + c^2'
check "log-sum-exp" 'loss = mean[i] (logsumexp[l] (sum[j] v[l,j]*x[i,j])) - c'
check "a norm" 'loss = norm[j] w[j] + sum[i] norm[j] (x[i,j] - w[j])'
check "whole tensors" 'loss = mean((x @ w - c)^2) + norm(w)'
check "maxima of many" 'loss = sum[i] max(w[0]*x[i,0], w[1]*x[i,1], c) + min(w[0], w[1], w[2], c)'
finish
