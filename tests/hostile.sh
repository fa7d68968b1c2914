#!/bin/sh
# Bad input: a message and an exit status, never a crash, never C that the model's author smuggled
# in, never a half-written file.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
tiny='param w = 1
loss = w^2
minimize loss with gd(rate = 0.1), steps = 3'

expect_status() { # NAME WANTED GOT SAID
    [ "$3" = "$2" ]
    verdict "$1" $? "exit status $3, not $2: $4"
}

said=$("$SYMGRAD" nowhere.expr -o a.c 2>&1); expect_status "a model that is not there" 3 $? "$said"
said=$("$SYMGRAD" . -o a.c 2>&1); expect_status "a folder for a model" 3 $? "$said"
said=$("$SYMGRAD" --nonsense 2>&1); expect_status "an unknown option" 2 $? "$said"
printf '%s\n' "$tiny" >tiny.expr
said=$("$SYMGRAD" tiny.expr -o nowhere/a.c 2>&1); expect_status "a folder that is not there" 3 $? "$said"
if [ -e /dev/full ]; then
    said=$("$SYMGRAD" tiny.expr -o /dev/full 2>&1); expect_status "a full disk" 3 $? "$said"
else
    skip "a full disk" "no /dev/full"
fi
printf 'param w = 1\000\nloss = w^2\n' >nul.expr
said=$("$SYMGRAD" nul.expr -o a.c 2>&1); expect_status "a NUL byte" 1 $? "$said"
[ ! -e a.c ]
verdict "no file is left after an error" $?

# A name with everything in it, for a model and for data.
evil='a"b* ??
int evil = 1;'
printf '%s\n' "$tiny" >"$evil.expr"
said=$("$SYMGRAD" "$evil.expr" -o evil.c 2>&1); expect_status "a hostile file name" 0 $? "$said"
grep -q '^ *int evil' evil.c
[ $? = 1 ]
verdict "the file name stays inside its comment" $?
printf 'data x[n] from "a\\"); evil(); (\\"??/"\nparam w = 1\nloss = sum[i] (x[i] - w)^2\nminimize loss with gd(rate = 0.1), steps = 3\n' >data.expr
said=$("$SYMGRAD" data.expr -o data.c 2>&1); expect_status "a hostile name of a data file" 0 $? "$said"

# Names that C reserves, and Greek.
cat >names.expr <<'M'
param int = 1, main = 2, I = 0.5, θ = 1, theta = 2, double = 1, exp2x = 1, NULL = 3
for = int*main + I*θ + theta^2 + double*exp2x + NULL^2
minimize for with gd(rate = 0.01), steps = 3
M
said=$("$SYMGRAD" names.expr -o names.c 2>&1); expect_status "names that C reserves" 0 $? "$said"
for file in evil data names; do
    for compiler in $(compilers); do
        # shellcheck disable=SC2086
        said=$($compiler $STRICT $file.c -lm -o $file 2>&1)
        verdict "$file: compiles with $compiler" $? "$said"
    done
done

# Data that is not as the model says.
model='dim k = 3
data x[n], y[n] in k from "d.csv"
param w[k]
loss = sum[i] (x[i] - w[y[i]])^2
minimize loss with gd(rate = 0.1), steps = 3'
printf '%s\n' "$model" >d.expr
"$SYMGRAD" d.expr -o d.c && cc -O1 d.c -lm -o d
bad() { # NAME CONTENT PATTERN
    printf "$2" >d.csv
    said=$(./d --quiet 2>&1)
    status=$?
    [ $status = 3 ] && printf '%s' "$said" | grep -q "$3"
    verdict "data: $1" $? "exit status $status: $said"
}
rm -f d.csv
said=$(./d 2>&1); expect_status "data: a file that is not there" 3 $? "$said"
bad "ragged row" '1,2\n2,1\n3\n' '3'
bad "label out of range" '1,2\n2,3\n' '3'
bad "label not whole" '1,2\n2,0.5\n' '0.5'
bad "cell that is no number" '1,2\nfoo,1\n' 'foo'
bad "empty file" '' 'd.csv'
printf '1,2\n2,1\n3,0\n' >d.csv
said=$(./d --quiet 2>&1); expect_status "data: good" 0 $? "$said"

# The emitter's own short names, where the model's file is called so: t, t_2, ...
cat >t.expr <<'END'
fn drop(x, kept, rate) = if training == 1 then x*kept/(1 - rate) else x
param x[3] = 1
draw k[3] ~ bernoulli(0.5)
y[i] = drop(x[i], k[i], 0.5)
loss = sum(y^2)
minimize loss with gd, steps = 3
report a = sum(y)
END
said=$( (ulimit -v 4000000; "$SYMGRAD" t.expr -o t.c) 2>&1 && cc -c t.c -o t.o 2>&1)
expect_status "a model called as the emitter calls a variable" 0 $? "$said"
finish
