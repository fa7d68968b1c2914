for format in text latex c dot; do "$SYMGRAD" diff -e 'x*exp(-x)' --format $format; done; "$SYMGRAD" diff examples/line.expr --format latex
