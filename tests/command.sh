#!/bin/sh
# The command line: what each option takes, what `run` passes on, and which exit status tells what
# went wrong: 1 the model, 2 the usage, 3 the system.
. "$(dirname "$0")/lib.sh"

cd "$work" || exit 1
cat >tiny.expr <<'M'
param w = 1 in [-2, inf]
loss = w^2
minimize loss with gd(rate = 0.1), steps = 3
M
printf 'x = 1\nreport x\n' >idle.expr
printf 'data x[n] from "x.csv"\nparam w = 0\nloss = max[i] abs(x[i] - w)\nminimize loss with gd(rate = 0.1), steps = 3\n' >data.expr
printf 'param w = 1\nloss = polygamma(w, 2)\nminimize loss with gd(rate = 0.1), steps = 3\n' >none.expr
cat >kinks.expr <<'M'
data x[n]
param w = 0.75
loss = sum[i] (w*x[i])^2 + 1e-7*sum[i] abs(mod(1e6*w*x[i], 1) - 1/2)
minimize loss with gd(rate = 0.1), steps = 3
M
cat >stopped.expr <<'M'
data x[n] from "x.csv"
param w = 0.5, v = 0.25
h[0] = w
h[t in 1..4] = sin(stop(h[t-1])*v) + h[t-1]/2
loss = mean[i] (w*stop(w)*x[i] - 1)^2 + stop(h[2]*v)*h[4] + v^2
minimize loss with gd(rate = 0.1), steps = 3
M
cat >stopped_wrong.expr <<'M'
param u = 0.5
fn f(x) = x^2 derivative x = x
loss = f(u)*stop(u)
minimize loss with gd(rate = 0.1), steps = 3
M
cat >no_number.expr <<'M'
param w = 1
fn f(x) = x^2 derivative x = 2*x + log(-1 - x^2)
loss = f(w)
minimize loss with gd(rate = 0.1), steps = 3
M
cat >two.expr <<'M'
data x[n] from "x.csv"
param a = 0.5, b = -0.25, c[2] = 0.5
f = mean[i] (a*x[i] + b*c[0])^2
g = mean[i] (sin(b*x[i]) - a*c[1])^2
minimize f over a, c with gd(rate = 0.1), steps = 3
minimize g over b with gd(rate = 0.1), steps = 3
M
printf 'param w = 1\nloss = v\nminimize loss with gd(rate = 0.1), steps = 3\n' >wrong.expr

# try NAME STATUS PATTERN ARGUMENT...: runs symgrad under $setting; what it says must match PATTERN
setting=LC_ALL=C
try() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    said=$(env "$setting" "$SYMGRAD" "$@" 2>&1 </dev/null)
    status=$?
    [ "$status" = "$wanted" ] && printf '%s\n' "$said" | grep -q -e "$pattern"
    verdict "$name" $? "symgrad $*: exit status $status, not $wanted, or no '$pattern': $said"
}

# ---- Usage ----

try "help" 0 'Exit status' --help
try "version" 0 '^symgrad [0-9]' --version
try "nothing to do" 2 'which model?'
try "two models" 2 "unexpected argument 'idle.expr'" tiny.expr idle.expr
try "a value that is not there" 2 "a value must follow '--at'" eval -e x --at
try "a value behind =" 0 '^value 2$' eval -e x --at=x=2
try "a word that is no choice" 2 "option --real does not take 'quad'" tiny.expr --real quad -o -
try "an order that is no number" 2 'a whole number' diff -e x --order=
try "an order beyond reason" 2 'a whole number' diff -e x --order 101
try "arguments for no trainer" 2 'which model?' -o tiny.c -- tiny.expr
try "nowhere to write C" 2 'where should the C go?' tiny.expr
try "nothing to evaluate" 2 'eval needs an expression' eval
try "a point that is none" 2 "cannot read 'x'" eval -e x --at x
try "a coordinate that is no number" 2 "cannot read 'x=y'" eval -e x --at x=y
try "a name that is not in the expression" 0 '^d/dy 0$' eval -e x --at x=1,y=2 --grad
try "no derivative to evaluate" 1 'no derivative' eval -e 'polygamma(x, 2)' --at x=1 --grad
try "no derivative to print" 1 'no derivative' diff -e 'polygamma(x, 2)'
try "a stage that is not named" 2 'show needs a stage' show tiny.expr
for command in diff check 'show --stage grad' 'show --stage loops'; do
    # shellcheck disable=SC2086
    try "$command: nothing is minimized" 2 'minimizes nothing' $command idle.expr
    # shellcheck disable=SC2086
    try "$command: no derivative" 1 'no derivative' $command none.expr
    # shellcheck disable=SC2086
    try "$command: an error in the model" 1 'wrong.expr:2:8' $command wrong.expr
done
try "color always" 1 "$(printf '\033')" wrong.expr --color always -o -
try "color never" 1 '^wrong.expr' wrong.expr --color=never -o -

# ---- Derivatives ----

try "a gradient as a graph" 0 '^digraph' diff tiny.expr --format dot
try "a gradient as C" 2 'emit lib' diff tiny.expr --format c
try "by a parameter" 0 'dw' diff tiny.expr --wrt w
try "by what is no parameter" 2 "'loss' is not a parameter" diff tiny.expr --wrt loss
try "the gradient's equations" 0 'dw = 2' show tiny.expr --stage grad

# ---- Dependencies, for make ----

cp tiny.expr 'a #b$.expr'
"$SYMGRAD" 'a #b$.expr' -o made.c -MD
printf '%s\n' 'made.c: a\ \#b$$.expr' | diff - made.d >difference
verdict "dependencies" $? "$(cat difference)"
"$SYMGRAD" - -o made.c -MD <tiny.expr
printf 'made.c:\n' | diff - made.d >difference
verdict "dependencies of standard input" $? "$(cat difference)"
mkdir -p made.d.c.d
try "dependencies that cannot be written" 3 "cannot write 'made.d.c.d'" tiny.expr -o made.d.c.c -MD
rmdir made.d.c.d

# ---- The C compiler ----

if command -v cc >/dev/null 2>&1; then
    try "run" 0 '^w = 0.512' run tiny.expr -- --quiet
    try "run: what is run is told" 0 '^cc .*-lm$' run tiny.expr -v
    try "run: the trainer's exit status" 2 'nonsense' run tiny.expr -- --nonsense
    try "run: data that is not there" 3 'x.csv' run data.expr
    printf '1\n2\n4\n' >x.csv
    try "check of a maximum" 0 '.' check data.expr
    try "check of two objectives, each over its own" 0 '^check g, b: 1 of 1 elements, 0 wrong' check two.expr
    try "check of what is stopped" 0 'd loss / d v .* ok$' check stopped.expr
    try "check of what is stopped and wrong" 1 'd loss / d u .*FAILED$' check stopped_wrong.expr
    try "check of a derivative that is no number" 1 'd loss / d w .*FAILED$' check no_number.expr
    try "check beside kinks" 0 'd loss / d w .* ok, .* beside a kink$' check kinks.expr
    try "compiled" 0 '^value 9$' eval -e 'x^2' --at x=3 --jit
fi
try "run: an error in the model" 1 'wrong.expr:2:8' run wrong.expr
for command in 'run tiny.expr' 'check tiny.expr' 'eval -e x --at x=1 --jit'; do
    # shellcheck disable=SC2086
    {
        setting=CC=/nonexistent/cc
        try "$command: no compiler" 3 "cannot start '/nonexistent/cc'" $command
        setting=CC=false
        try "$command: the compiler fails" 3 "the C compiler 'false' failed" $command
        setting=CC=true
        try "$command: the compiler makes nothing" 3 'cannot' $command
        setting=TMPDIR=$work/nowhere
        try "$command: no room for the compiler" 3 'cannot create a directory' $command
    }
done
finish
