"$SYMGRAD" diff -e 'exp(-x^2/2)/sqrt(2*pi)' --format latex && "$SYMGRAD" diff -e 'theta^2/(1 + theta)' --format latex
