cat >"$WORK/diagonal.expr" <<'M'
data x[n,2] from "x.csv"
param w[2,2]
a[i,j] = exp(x[i,j])
u[i,j] = sum[k in 2] w[j,k]*a[i,k]
v[i,j] = a[i,j]*u[i,j]
J[i,j,k] = diff(v[i,j], a[i,k])
output J
y = sum[i,j] v[i,j]^2
minimize y with gd(rate = 0.1), steps = 1
M
cd "$WORK" && "$SYMGRAD" diagonal.expr --emit lib -o - | sed -n '/The outputs\./,/^}/p' | sed -n '/for (ptrdiff_t block/,$p'
