#!/bin/sh
# The emitted trainer as those who run it know it: checkpoints, files of data, predictions.
# KILLS=100 kills a hundred runs instead of ten.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
cp -r "$SRCDIR"/tests/trainer/* .
chmod -R u+w .
if ! command -v cc >/dev/null 2>&1; then
    echo "1..0 # SKIP no C compiler"
    exit 0
fi

# build NAME MODEL [FLAGS]: the trainer NAME, with every warning an error
build() {
    "$SYMGRAD" "$2" --name "$1" -o "$1.c" || return 1
    # shellcheck disable=SC2086
    cc $STRICT -O0 ${3-} "$1.c" -lm -o "$1"
}

# ---- Killed at any moment ----

awk 'BEGIN { for (i = 0; i < 26; i++) printf "%.3f,%.3f\n", i/10, i/7 - 2 }' >rows.csv

# A random number of milliseconds up to $latest, as a fraction of a second.
latest=255
moment() { od -An -N1 -tu1 /dev/urandom | awk -v latest=$latest '{ printf "%.3f", $1/255*latest/1000 }'; }

# survive PROGRAM KILLS: kills the training that often, unless it ends before, then lets it end; adds
# to `killed`
survive() {
    rm -f kept
    left=$2
    while [ "$left" -gt 0 ]; do
        # shellcheck disable=SC2046
        "./$1" $([ -e kept ] && echo --resume kept) --checkpoint kept --every 1 --quiet \
            >killed.out 2>&1 &
        process=$!
        sleep "$(moment)"
        kill -KILL $process 2>/dev/null || break
        wait $process 2>/dev/null
        left=$((left - 1))
    done
    killed=$((killed + $2 - left))
    # shellcheck disable=SC2046
    "./$1" $([ -e kept ] && echo --resume kept) --save survived --quiet >survived.out
}

kills=$(((${KILLS:-10} + 2) / 3))
for optimizer in 'gd(rate = 0.01)' 'momentum(rate = 0.01)' \
    'adam(rate = 0.01), average = 0.99, plateau = 0.5, wait = 3'; do
    name=${optimizer%%(*}
    sed "s/OPTIMIZER/$optimizer/" "everything.expr" >"$name.expr"
    build "$name" "$name.expr"
    verdict "$name: builds" $?
    "./$name" --save undisturbed --quiet >undisturbed.out
    killed=0
    : >difference
    while [ $killed -lt $kills ] && [ ! -s difference ]; do
        survive "$name" $((kills - killed))
        { diff undisturbed survived && diff undisturbed.out survived.out; } >difference
    done
    [ ! -s difference ]
    verdict "$name: killed $killed times, ends on the same bits" $? "$(head difference)"
done

# So are solvers. Without kills each of the first steps is a run of its own.
awk 'BEGIN { for (i = 0; i < 3000; i++) {
                 x = i/1000
                 printf "%.4f,%.9f\n", x, 0.0951*exp(-x) + 0.8607*exp(-3*x) + 1.5576*exp(-5*x) + 1e-4*sin(i*i) } }' >sums.csv
latest=80
for solver in lm newton lbfgs cg auto; do
    sed "s/SOLVER/$solver/" sums.expr >$solver.expr
    build $solver $solver.expr
    verdict "$solver: builds" $?
    ./$solver --save undisturbed --quiet >undisturbed.out
    killed=0
    survive $solver $((kills / 2))
    { diff undisturbed survived && diff undisturbed.out survived.out; } >difference
    verdict "$solver: killed $killed times, ends on the same bits" $? "$(head difference)"
    rm -f kept
    for step in 1 2 3 4 5 6 7 8 9 10; do
        # shellcheck disable=SC2046
        ./$solver $([ -e kept ] && echo --resume kept) --checkpoint kept --steps $step --quiet \
            >steps.out 2>&1
    done
    ./$solver --resume kept --checkpoint kept --save survived --quiet >survived.out &&
        { diff undisturbed survived && diff undisturbed.out survived.out; } >difference
    verdict "$solver: step by step, ends on the same bits" $? "$(head difference)"
    ./$solver --resume kept --quiet >again.out
    cmp -s survived.out again.out
    verdict "$solver: goes on from its end, and stays there" $? "$(diff survived.out again.out)"
done
./cg --steps 10000 --checkpoint kept >stopped.out 2>&1 &
process=$!
sleep 0.2
kill -TERM $process
wait $process
[ $? = 0 ] && grep -q '^interrupted after step' stopped.out && ./cg --resume kept --quiet >survived.out &&
    ./cg --quiet | diff - survived.out >difference
verdict "a solver is interrupted, and goes on to the same bits" $? "$(cat stopped.out difference)"
./lm --resume kept --quiet >refused.out 2>&1
[ $? = 3 ] && [ "$(cat refused.out)" = "lm_model: 'kept' is a checkpoint of another model" ]
verdict "the checkpoint of another solver is refused" $? "$(cat refused.out)"

# A plain kill saves and ends; so does Ctrl-C, to which programs in the background are deaf.
./adam --steps 1000000000 --checkpoint kept --save stopped >stopped.out 2>&1 &
process=$!
sleep 0.3
kill -TERM $process
wait $process
status=$?
[ $status = 0 ] && [ -s stopped ] && grep -q '^interrupted after step' stopped.out &&
    ./adam --resume kept --quiet >/dev/null
verdict "a plain kill saves and ends" $? "exit status $status: $(cat stopped.out)"
# ---- A loss that is no number ----

# explains NAME WANTED OPTIONS...: what the trainer says must be, from its second line on, what is
# wanted
explains() {
    name=$1 wanted=$2
    shift 2
    said=$("$@" --quiet 2>&1 >/dev/null)
    status=$?
    [ $status = 1 ] && [ "$(printf '%s\n' "$said" | sed 1d)" = "$wanted" ]
    verdict "$name" $? "exit status $status: $said"
}

build logarithm "logarithm.expr"
printf '2,1,1\n1,1,2\n3,2,3\n0.5,-2.5,1\n1,2,1\n' >logarithm.csv
explains "NaN: the definition, the row of the data and the operands are named" \
    '  first wrong: f[3] is nan, in row 4 of the data
  f[i] = log(u[i])   logarithm.expr:7
  u[3] = -2' ./logarithm
explains "NaN in a batch: the row of the data is named" \
    '  first wrong: f[0] is nan, in row 4 of the data
  f[i] = log(u[i])   logarithm.expr:7
  u[0] = -2' ./logarithm --batch 1 --rate 1e-9
build overflow "overflow.expr"
printf '1,1\n2,1\n' >overflow.csv
explains "infinity: the sum that overflows, what it runs over and its parameter are named" \
    '  first wrong: loss is inf
  loss = sum[i] (y[i] - w*x[i])^2   overflow.expr:4
  y[0] ... y[1]: from 1 to 1
  w = 6e+200
  x[0] ... x[1]: from 1 to 2' ./overflow
build root "root.expr"
explains "a derivative that is infinite: the parameter is named" \
    '  the step before made w nan: its derivative was no number, or too large' ./root
build untaken untaken.expr
printf '%s\n' 1,2 -3,-4 -2,3 1,-1 5,9 >untaken.csv
explains "what no branch takes is not accused" \
    '  first wrong: g[3] is nan, in row 4 of the data
  g[i] = sqrt(y[i] - w)   untaken.expr:10
  y[3] = -1
  w = 1' ./untaken
printf '%s\n' 1,2 -3,4 -2,3 1,2 5,9 >untaken.csv
./untaken --quiet >untaken.out 2>&1
verdict "what nobody uses does no harm" $? "$(cat untaken.out)"
build turns turns.expr
printf '1\n4\n2\n' >turns.csv
explains "the second objective: as it saw the parameters" \
    '  first wrong: second is nan
  second = (sum[i] log(inner[i]))/n   turns.expr:8
  inner[0] ... inner[2]: from -2 to 1' ./turns
sed 's/log(inner\[i\])/exp(800*inner[i])/' turns.expr >infinite.expr
build infinite infinite.expr
explains "the second objective: what overflows in it" \
    '  first wrong: second is inf
  second = (sum[i] exp(800*inner[i]))/n   infinite.expr:8
  inner[0] ... inner[2]: from -2 to 1' ./infinite
# ---- Formats of data ----

# arrives NAME WANTED PROGRAM OPTIONS...: the loss of the untrained model shows every number
arrives() {
    name=$1 wanted=$2
    shift 2
    said=$("$@" --steps 0 --quiet 2>&1)
    [ "$(printf '%s\n' "$said" | head -n 1)" = "loss = $wanted" ]
    verdict "data: $name" $? "$said"
}

# refused NAME MESSAGE PROGRAM OPTIONS...
refused() {
    name=$1 message=$2
    shift 2
    said=$("./$@" --steps 0 --quiet 2>&1)
    status=$?
    [ $status = 3 ] && [ "$said" = "$1: $message" ]
    verdict "data: $name" $? "exit status $status: $said"
}

build all formats.expr
build sparse sparse.expr
build characters characters.expr
f=formats
for file in table.csv table.tsv table.csv.gz all.npy stored.npz packed.npz piped.npz piped_stored.npz; do
    arrives $file 177662.25 ./all --data x,y,label=$f/$file
done
arrives "one array an input" 177662.25 \
    ./all --data x=$f/x.npy --data y=$f/y.npy --data label=$f/label.npy
arrives "IDX, packed and not" 177662.25 \
    ./all --data x=$f/x.idx.gz --data y=$f/y.npy --data label=$f/label.idx
gzip -dc $f/table.csv.gz | arrives "a pipe" 177662.25 ./all --data x,y,label=/dev/stdin
count=$((count + 1)) # in the pipe it was a child that counted
arrives "libsvm" 2162.25 ./sparse --data x,label=$f/sparse.svm
for file in stored packed piped piped_stored; do
    gzip -c $f/$file.npz >packed_again.npz
    arrives "$file.npz, packed by gzip" 177662.25 ./all --data x,y,label=packed_again.npz
done
for begin in 1 4; do
    tail -n +$begin $f/table.csv | head -n 3 | gzip -c
done >parts.gz
arrives "a table packed in parts" 177662.25 ./all --data x,y,label=parts.gz
printf 'hello world\nhello there' >text.txt
./characters --data c=text.txt --predict counted.csv --quiet >/dev/null
[ "$(tr '\n' ' ' <counted.csv)" = 'count 1 2 1 2 3 5 3 1 1 1 ' ]
verdict "data: characters, in the order of their codes" $? "$(tr '\n' ' ' <counted.csv)"

for file in columns half; do
    arrives "$file.npy" 177662.25 \
        ./all --data x=$f/$file.npy --data y=$f/y.npy --data label=$f/label.npy
done
printf '1\n2\n3\n4\n5\n' >five.csv
refused "an array of another length" "'five.csv': 5 rows here, but 4 for y, as is n" \
    all --data y=five.csv --data x=$f/x.npy --data label=$f/label.npy
head -c 150 $f/x.npy >cut.npy
refused "an array that is cut short" "'cut.npy' ends too early" \
    all --data x=cut.npy --data y,label=$f/y.npy
printf '\223NUMPY\2\0\377\377\377\377{' >header.npy
refused "an array with a header of 4 GB" "'header.npy' ends too early" \
    all --data x=header.npy --data y,label=$f/y.npy
head -c 60 $f/table.csv.gz >cut.gz
refused "a packed file that is cut short" "'cut.gz' is damaged, or ends too early" \
    all --data x,y,label=cut.gz
sed 's/x\.npy/z.npy/g' $f/stored.npz >lack.npz
refused "an archive that lacks an array" "'lack.npz' holds no array x.npy" \
    all --data x,y,label=lack.npz
refused "an array of numbers that are no labels" \
    "'$f/y.npy', row 1, column 1: 1.5 is not a whole number" \
    all --data label=$f/y.npy --data x,y=$f/table.csv
printf '1 1:2\n0 3:x\n' >bad.svm
refused "a pair that is none" "'bad.svm', line 2: '3:x' is no column and number such as 3:0.5" \
    sparse --data x,label=bad.svm

# ---- More data than memory ----

# 6 MB of numbers and the places of their rows, in batches and some held out, with 4 MB to have.
awk 'BEGIN { for (i = 0; i < 200000; i++) print i % 7, i % 11, i % 13, i % 3 }' >long.txt
cat >long.expr <<'M'
dim k = 3
data x[n,k], label[n] in k from "long.txt"
param w[k]
loss = mean[i] (label[i] - sum[j] w[j]*x[i,j])^2
minimize loss with gd(rate = 1e-3), batch = 100, steps = 2100, holdout = 0.1
M
build long long.expr
./long --quiet >long.out && (ulimit -d 4096 && ./long --quiet --stream .) >streamed.out 2>&1
diff long.out streamed.out >difference
verdict "data streams through little memory, to the same bits" $? "$(head difference)"
# Resident memory does not grow with the rows: 40 MB of numbers, and 120 MB.
cat >peak.c <<'C'
#define _XOPEN_SOURCE 600
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **arguments) /* runs them and prints the most memory held, in kilobytes */
{
    struct rusage usage;
    int status = 1;
    if (count > 1 && fork() == 0)
        execv(arguments[1], arguments + 1);
    wait(&status);
    getrusage(RUSAGE_CHILDREN, &usage);
    fprintf(stderr, "%ld\n", usage.ru_maxrss);
    return status != 0;
}
C
# numbers ROWS: an NPY file of so many rows of ten threes, a byte each
numbers() {
    printf '\223NUMPY\001\000\166\000%-117s\n' \
        "{'descr': '|u1', 'fortran_order': False, 'shape': ($1, 10), }"
    head -c "$((10 * $1))" /dev/zero | tr '\000' '\003'
}
# peak OPTION...: what the run holds at most, after its output
peak() { ./peak ./rows --quiet "$@" 2>&1 >rows.out; }
cat >rows.expr <<'M'
data x[n,9], y[n] from "rows.npy"
param w[9] = 0.1, b = 0
f[i] = b + sum[j] w[j]*x[i,j]
loss = mean[i] (y[i] - f[i])^2
minimize loss with gd(rate = 1e-3), batch = 100, steps = 500, holdout = 0.1
M
if [ -r /proc/self/statm ]; then
    build rows rows.expr -O2 && cc peak.c -o peak
    numbers 500000 >rows.npy
    few=$(peak --stream .)
    numbers 1500000 >rows.npy
    many=$(peak --stream .) && cp rows.out streamed.out
    all=$(peak)
    [ "$many" -lt 65536 ] && [ "$many" -lt $((few + 20480)) ] && [ "$all" -gt 120000 ] &&
        cmp -s rows.out streamed.out
    verdict "memory does not grow with the rows that stream" $? "$few KB, $many KB; $all KB without"
    rm -f rows.npy
else
    skip "memory does not grow with the rows that stream" "no /proc"
fi
if command -v gzip >/dev/null 2>&1; then
    gzip -kf long.txt && ./long --quiet --data x,label=long.txt.gz >packed.out 2>&1
    diff long.out packed.out >difference
    verdict "data of some length, packed by gzip" $? "$(head difference)"
else
    skip "data of some length, packed by gzip" "no gzip"
fi
refused "a folder for the stream that is not there" \
    "--stream: cannot make a file in that folder: No such file or directory" \
    long --stream nowhere

# ---- The picture ----

awk 'BEGIN { for (i = 0; i < 30; i++) print i/10, 2*i/10 + i%3 }' >fit.csv
cat >fit.expr <<'M'
data x[n], y[n] from "fit.csv"
param w = 0, b = 0
far[i] = w - y[i]
f[i] = w*x[i] + b
loss = mean[i] (f[i] - y[i])^2 + 1e-3*mean[i] far[i]^2
minimize loss with gd(rate = 0.05), steps = 50
M
build fit fit.expr && ./fit --quiet --plot fit.svg >/dev/null
[ "$(grep -c '<circle' fit.svg)" = 30 ] && grep -q '>y over x<' fit.svg &&
    grep -q '>f</text>' fit.svg && ! grep -q 'href\|url(\|nan' fit.svg
verdict "plot: a fit shows its data and the definition that is closest" $?
cat >slow.expr <<'M'
data x[n], y[n] from "fit.csv"
param w = 0, b = 0
f[i] = w*x[i] + b
loss = mean[i] (f[i] - y[i])^2
minimize loss with gd(rate = 0.01), epochs = 2000, batch = 10, holdout = 0.2, plateau = 0.5, wait = 2
report spread = max[i] abs(f[i] - y[i])
M
build slow slow.expr && ./slow --quiet --plot whole.svg --log whole.csv >/dev/null &&
    ./slow --quiet --epochs 900 --checkpoint kept --log parts.csv >/dev/null &&
    ./slow --quiet --resume kept --plot parts.svg --log parts.csv >/dev/null
cmp whole.svg parts.svg >difference 2>&1 && cmp whole.csv parts.csv >>difference 2>&1
verdict "plot: goes on where a checkpoint was, from the start of the log" $? "$(cat difference)"
./slow --resume kept --plot parts.svg >/dev/null 2>told
grep -q '^the picture begins after step 2700: ' told
verdict "plot: tells where it begins without a log" $? "$(cat told)"
head -n 1 whole.csv | grep -q '^epoch,step,loss,loss (holdout),spread,spread (holdout),rate$' &&
    awk -F, 'NR == 2 { first = $7 } END { exit first != 0.01 || !($7 > 0 && $7 < first) }' whole.csv
verdict "log: the rate that plateau leaves" $? "$(sed -n '1,2p;$p' whole.csv)"
if command -v xmllint >/dev/null 2>&1; then
    said=$(xmllint --noout fit.svg 2>&1)
    verdict "plot: well-formed" $? "$said"
else
    skip "plot: well-formed" "no xmllint"
fi
finish
