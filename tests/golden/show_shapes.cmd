"$SYMGRAD" show examples/digits.expr --stage shapes
