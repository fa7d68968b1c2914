cat >"$WORK/kinks.expr" <<'M'
dim k = 4
data x[n], y[n] in k
param w[k] = 0.5, h = 1
place[i] = mod(y[i] + 1, k)
d[i,0] = w[0]*x[i]
d[i,t in 1..k-1] = if t == place[i] then d[i,t-1] else h*sin(d[i,t-1])
loss = sum[i] (sum[t : t != y[i]] d[i,t]^2) + sum[i] abs(w[place[i]]*x[i])
minimize loss with gd(rate = 0.1), steps = 2
M
cd "$WORK" && "$SYMGRAD" kinks.expr -o - | sed -n '/Kinks/,/\*\//p'
