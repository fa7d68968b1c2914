"$SYMGRAD" diff -e 'x^2*sin(y)' && "$SYMGRAD" diff -e 'x^2*sin(y)' --order 2 && "$SYMGRAD" diff -e 'a*exp(-b*t)' --wrt a,b
