#!/bin/sh
# The compiler and what it emits in programs of other people: the library, as it lies in the build
# folder and as it is installed, and a model that a program minimises by itself.
. "$(dirname "$0")/lib.sh"

build=$(cd "$(dirname "$SYMGRAD")" && pwd)
link=${LINK:-cc -O1} # as the library was compiled: a sanitizer's flags must match
cd "$work" || exit 1
cat >model.expr <<'M'
data x[n], y[n] from "table.csv"
param a = 1, b = 2
loss = mean[i] (y[i] - a*exp(-b*x[i]))^2
minimize loss with gd(rate = 0.1), steps = 3
M
printf 'param w = 1\nθ = 2*v\nparam w = 3\nloss = θ*w\nminimize los with gd(rate = 0.1), steps = 3\n' >wrong.expr

# same NAME FILE FILE
same() {
    said=$(diff "$2" "$3" 2>&1)
    verdict "$1" $? "$said"
}

# link PROGRAM SOURCE FLAG...: with the library in the build folder
link() {
    program=$1 source=$2
    shift 2
    # shellcheck disable=SC2086
    $link "$@" -I"$SRCDIR/include" "$SRCDIR/tests/use/$source" -L"$build" -lsymgrad -lm \
        -o "$program" 2>&1
}

# ---- The library ----

# shellcheck disable=SC2086
said=$(link compile compile.c $STRICT)
verdict "a program is compiled with the library" $? "$said"

./compile messages wrong.expr >said
[ $? = 1 ] && "$SYMGRAD" wrong.expr -o - 2>expected
same "errors are reported as the command does" expected said
./compile diagnostics wrong.expr >said
sed -n 's/^\(wrong.expr:[0-9:]*\): \([a-z]*\): /\2 \1 /p; s/^  help: /help :0:0 /p' expected >listed
sed 's/ [0-9]*-[0-9]* / /' said | diff listed - >difference && grep -q '^note' said && grep -q '^help' said
verdict "errors, notes and helps come as a list" $? "$(cat said difference)"
begin=$(sed -n "s/.*:5:10 \([0-9]*\)-[0-9]* .*/\1/p" said)
end=$(sed -n "s/.*:5:10 [0-9]*-\([0-9]*\) .*/\1/p" said)
[ "$(head -c "${end:-0}" wrong.expr | tail -c +$((${begin:-0} + 1)))" = los ]
verdict "with the bytes that they are about" $? "$begin to $end"
said=$(./compile diagnostics model.expr)
[ $? = 0 ] && [ -z "$said" ]
verdict "of a model in order nothing is said" $? "$said"

"$SYMGRAD" diff model.expr >expected
./compile derivative model.expr >said
same "the derivative is that of symgrad diff" expected said
"$SYMGRAD" diff model.expr --wrt b >expected
./compile derivative model.expr b >said
same "the derivative by one parameter" expected said
./compile derivative model.expr c >said
[ $? = 1 ] && grep -q "'c' is not a parameter" said
verdict "the derivative by what is no parameter" $? "$(cat said)"
printf 'param w = 1\nloss = w\n' >idle.expr
./compile derivative idle.expr >said
[ $? = 1 ] && grep -q 'minimizes nothing' said
verdict "the derivative where nothing is minimized" $? "$(cat said)"

for kind in main lib header float; do
    case $kind in
    float) set -- --real float ;;
    *) set -- --emit $kind ;;
    esac
    "$SYMGRAD" model.expr "$@" --name fit -o "fit_$kind.c"
    ./compile $kind model.expr fit >said.c
    same "the C is that of the command: $kind" "fit_$kind.c" said.c
done
# shellcheck disable=SC2086
said=$("${CC:-cc}" $STRICT -c said.c -o said.o 2>&1)
verdict "the C compiles" $? "$said"

./compile memory model.expr >said
echo 'enough: after some failures' | diff - said >difference
verdict "memory that runs out is a status, wherever it does" $? "$(cat difference)"
said=$(link threads threads.c -pthread && ./threads)
verdict "threads do not meet" $? "$said"

# The C++ compiler that goes with the C compiler.
link=$(echo "$link" | sed 's/-std=[a-z0-9]*//')
case $link in
*clang*) link=$(echo "$link" | sed 's/clang/clang++/') ;;
*) link="g++ ${link#* }" ;;
esac
if command -v "${link%% *}" >/dev/null 2>&1; then
    said=$(link from_cc use.cc -std=c++11 -Wall -Wextra -pedantic -Werror &&
        ./from_cc | grep -x 'dw = 2\*w')
    verdict "from C++" $? "$said"
else
    skip "from C++" "${link%% *} is not installed"
fi

# ---- As it is installed ----

root=$work/root
said=$(MAKEFLAGS='' make -C "$build" install DESTDIR="$root" 2>&1)
verdict "make install" $? "$said"
if command -v pkg-config >/dev/null 2>&1; then
    PKG_CONFIG_PATH=$(dirname "$(find "$root" -name symgrad.pc)")
    PKG_CONFIG_SYSROOT_DIR=$root
    export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    # shellcheck disable=SC2046,SC2086
    said=$(${LINK:-cc -O1} "$SRCDIR/tests/use/compile.c" \
        $(pkg-config --cflags --libs symgrad) -o installed 2>&1 && ./installed derivative model.expr)
    verdict "a program finds the installed library by pkg-config" $? "$said"
    [ "symgrad $(pkg-config --modversion symgrad)" = "$("$SYMGRAD" --version)" ]
    verdict "the version is that of the command" $?
    unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
else
    skip "a program finds the installed library by pkg-config" "no pkg-config"
fi
MAKEFLAGS='' make -C "$build" uninstall DESTDIR="$root" >said 2>&1
left=$(find "$root" -type f)
[ -z "$left" ]
verdict "make uninstall takes all away" $? "$left"

# ---- A model in a program of one's own ----

# The least loss, by Newton's method on the formulas written out by hand.
least=0.321889007281533
mkdir own && cp -R "$SRCDIR"/examples/own_main/[!.]* own && chmod -R u+w own

# reaches PROGRAM
reaches() {
    said=$(make -C own SYMGRAD="$SYMGRAD" CFLAGS="$STRICT" "$1" 2>&1) &&
        said=$("own/$1" "$SRCDIR/examples/data/iris.csv" 2>&1) &&
        echo "$said" | awk -v least=$least '{ e = $3 - least; exit !(e < 1e-10 && e > -1e-10) }'
    verdict "own main: $1" $? "$said"
}

reaches descent
if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists gsl; then
    reaches bfgs
else
    skip "own main: bfgs" "the GNU Scientific Library is not installed"
fi
finish
