"$SYMGRAD" examples/line.expr --emit lib -o -
