"$SYMGRAD" diff tests/derivatives/lstm.expr && "$SYMGRAD" show tests/derivatives/lstm.expr --stage loops
