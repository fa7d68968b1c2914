#!/bin/sh
# Threads share an emitted file's loops, and the bits of what comes out do not depend on how many
# there are, nor on whether the compiler knows of them.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1

# Sums, a scatter, a maximum and rows of memory; then products in blocks of rows.
cat >sums.expr <<'M'
dim   d = 3, k = 6
data  x[n,d], label[n] in k
param m[k,d] ~ normal(0, 1), e[k] ~ normal(0, 1), w = 0.5
s[i,c] = -(sum[j] (x[i,j] - m[c,j])^2) + sin(w*x[i,0])
loss = -(mean[i] logsumexp(s[i])) + (mean[i] (e[label[i]] - w)^2) + 1e-3*(max[i] w*x[i,1])
minimize loss with adam(rate = 0.01), steps = 5
M
cat >products.expr <<'M'
dim   d = 24, h = 32, k = 6
data  x[n,3], label[n] in k
param U[d,3] ~ normal(0, 1), W[h,d] ~ glorot, V[k,h] ~ glorot, a[h]
u[i,j] = tanh(sum[l] U[j,l]*x[i,l])
z[i,j] = tanh((sum[l] W[j,l]*u[i,l]) + a[j])
p[i,c] = softmax[c] (sum[j] V[c,j]*z[i,j])
loss = mean[i] -log(p[i,label[i]])
minimize loss with gd(rate = 0.1), steps = 5
output p
M
awk 'BEGIN { for (i = 0; i < 4000; i++)
    printf "%.6f,%.6f,%.6f,%d\n", sin(i), cos(3*i), sin(7*i + 1), i*i % 6 }' >data.csv

openmp=false
echo 'int main(void) { return 0; }' >empty.c
cc -fopenmp empty.c -o empty 2>/dev/null && openmp=true

# trained NAME: the parameters and the outputs after training by ./NAME
trained() {
    outputs=
    [ "$model" = products ] && outputs="--predict $1.csv"
    # shellcheck disable=SC2086
    "./$1" --data x,label=data.csv --quiet --save "$1.save" $outputs >"$1.said" 2>&1 || return 1
    cat "$1.save"
    [ -z "$outputs" ] || cat "$1.csv"
}

for model in sums products; do
    "$SYMGRAD" "$model.expr" -o "$model.c" 2>said && cc -O1 "$model.c" -o plain -lm 2>>said &&
        trained plain >plain.out
    verdict "$model: trains without threads" $? "$(cat said plain.said)"

    # Sums in another order have other last bits: there is more than one chunk.
    sed 's/\(const ptrdiff_t chunk_length\) = .*;/\1 = n + 1;/' "$model.c" >whole.c
    cc -O1 whole.c -o whole -lm 2>said && trained whole >whole.out && ! cmp -s plain.out whole.out
    verdict "$model: the rows are cut into chunks" $? "$(cat said whole.said)"

    if ! $openmp; then
        skip "$model: any number of threads" "no -fopenmp"
        continue
    fi
    cc -O1 -fopenmp "$model.c" -o threads -lm 2>said
    for threads in 1 2 3 7; do
        OMP_NUM_THREADS=$threads trained threads >threads.out && cmp plain.out threads.out >>said
        verdict "$model: the same bits by $threads threads" $? "$(cat said threads.said)"
    done
    "$SYMGRAD" "$model.expr" --emit lib -o lib.c
    for compiler in $(compilers); do
        echo 'int main(void) { return 0; }' >empty.c
        $compiler -fopenmp empty.c -o empty 2>/dev/null || continue
        # shellcheck disable=SC2086
        $compiler $STRICT -fopenmp -c lib.c -o lib.o 2>said
        verdict "$model: no warning from $compiler -fopenmp" $? "$(cat said)"
    done
done

# A product of parameters that is large enough for two parts, in columns and in rows.
cat >factors.expr <<'M'
dim   m = 150, r = 110, n = 170, k = 48
param U[m,r] ~ normal(0, 1), V[r,n] ~ normal(0, 1), Q[n,k] ~ normal(0, 1)
P[i,j] = sum[l] U[i,l]*V[l,j]
R[i,j] = tanh(1e-2*P[i,j])
S[i,j] = sum[l] R[i,l]*Q[l,j]
T[i,j] = sum[l] 1e-2*P[i,l]*P[j,l]
loss = 1e-6*((sum[i,j] S[i,j]^2) + (sum[i,j] T[i,j]^2))
minimize loss with gd(rate = 1e-3), steps = 3
M
"$SYMGRAD" factors.expr -o factors.c 2>said && cc -O1 factors.c -o factors -lm 2>>said &&
    ./factors --quiet --save factors.save >>said 2>&1
verdict "factors: trains without threads" $? "$(cat said)"
grep -q '^        product_set(&P_product, &U\[0\], &V\[first\], &P\[first\]);' factors.c
verdict "factors: a product is cut into parts" $?
if $openmp; then
    cc -O1 -fopenmp factors.c -o factors_threads -lm 2>said
    for threads in 1 2 3 7; do
        OMP_NUM_THREADS=$threads ./factors_threads --quiet --save factors_threads.save >>said 2>&1 &&
            cmp factors.save factors_threads.save >>said
        verdict "factors: the same bits by $threads threads" $? "$(cat said)"
    done
else
    skip "factors: any number of threads" "no -fopenmp"
fi

# A layer whose rows are one chunk: its products are cut into parts inside of it. More rows are more
# chunks, which do the same parts in order.
cat >layer.expr <<'M'
dim   d = 192, h = 256
data  x[n,3], label[n]
param U[d,3] ~ normal(0, 1), W[h,d] ~ glorot, a[h], v[h] ~ normal(0, 1)
u[i,j] = tanh(sum[l] U[j,l]*x[i,l])
z[i,j] = tanh((sum[l] W[j,l]*u[i,l]) + a[j])
loss = mean[i] ((sum[j] v[j]*z[i,j]) - label[i])^2
minimize loss with gd(rate = 1e-4), steps = 2
M
head -n 60 data.csv >few.csv
head -n 1100 data.csv >many.csv
"$SYMGRAD" layer.expr -o layer.c 2>said && cc -O1 layer.c -o layer -lm 2>>said
verdict "layer: compiles" $? "$(cat said)"
[ "$(grep -c '^#pragma omp parallel for schedule(static, 1) if (chunks_2 > 1)$' layer.c)" = 2 ] &&
    [ "$(grep -c '^    if (chunks > 1) {$' layer.c)" = 2 ]
verdict "layer: products of a chunk are cut into parts, forwards in the loss and in its gradient" $?
if $openmp; then
    cc -O1 -fopenmp layer.c -o layer_threads -lm 2>said
    for rows in few many; do
        ./layer --data x,label=$rows.csv --quiet --save layer.save >>said 2>&1
        for threads in 1 2 3; do
            OMP_NUM_THREADS=$threads ./layer_threads --data x,label=$rows.csv --quiet \
                --save layer_threads.save >>said 2>&1 && cmp layer.save layer_threads.save >>said
            verdict "layer, $rows rows: the same bits by $threads threads" $? "$(cat said)"
        done
    done
else
    skip "layer: any number of threads" "no -fopenmp"
fi

message=$(./plain --data x,label=data.csv --steps 1 --quiet --threads 2 2>&1 >/dev/null)
[ "$message" = 'products: --threads has no effect: compiled without -fopenmp' ]
verdict "without OpenMP --threads says that it has no effect" $? "$message"
if $openmp; then
    message=$(./threads --data x,label=data.csv --quiet --threads 2 --save two.save 2>&1 >/dev/null)
    [ -z "$message" ] && cmp -s two.save plain.save
    verdict "--threads 2" $? "$message"
fi
finish
