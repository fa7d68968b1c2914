"$SYMGRAD" diff examples/rosenbrock.expr
