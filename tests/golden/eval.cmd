"$SYMGRAD" eval -e 'x^y' --at x=2,y=3 --grad --hess
