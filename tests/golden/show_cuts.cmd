cat >"$WORK/cuts.expr" <<'M'
param w[8] ~ uniform(0, 1)
y[i] = w[i]*(if i >= 1 then w[i-1] else 2)
loss = sum[i] y[i]^2
minimize loss with gd(rate = 0.1), steps = 1
M
"$SYMGRAD" show "$WORK/cuts.expr" --stage loops
