"$SYMGRAD" show bench/gradbench/saddle.expr --stage loops
