"$SYMGRAD" eval -e 'x^y' --at x=2; "$SYMGRAD" frobnicate; "$SYMGRAD" --order x; "$SYMGRAD" diff examples/line.expr --wrt q; "$SYMGRAD" eval -e 'foo(x)' --at x=1; "$SYMGRAD" examples/line.expr
