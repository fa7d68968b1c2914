"$SYMGRAD" diff examples/line.expr
