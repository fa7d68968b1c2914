cat >"$WORK/two.expr" <<'M'
data x[n]
param a = 1, b[2] = 0.5, unused = 0
h[i] = tanh(b[0]*x[i] + b[1])
spread = mean[i] h[i]^2
f = sum[i] (h[i] - a)^2 + spread
g = sum[i] h[i]*a + log(1 + spread)
minimize f over b with gd(rate = 0.1), steps = 2
maximize g with gd(rate = 0.1), steps = 2
M
cd "$WORK" && "$SYMGRAD" diff two.expr
