"$SYMGRAD" show examples/line.expr --stage loops && "$SYMGRAD" show examples/line.expr --stage cost
