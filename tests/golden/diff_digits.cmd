"$SYMGRAD" diff examples/digits.expr
