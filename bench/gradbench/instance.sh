#!/bin/sh
# instance.sh OBJECTIVE [FILE] - writes an instance of the objective into the current folder: the
# tables that its model reads, and `start`, the parameters. gmm, ba and lstm come from a file of ADBench;
# the others are made by formula.
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }

# start MODEL: parameters, from lines `name[sizes]` and lines of numbers
start() {
    { echo "symgrad parameters of $1"; cat; echo end; } >start
}

case $1 in
hello) printf 'x\n3\n' | start hello ;;
lse) awk 'BEGIN { print "x[2500]"; for (i = 0; i < 2500; i++) printf "%.17g\n", i*7919 % 1009/1009 }' | start lse ;;
llsq) awk 'BEGIN { print "x[128]"; for (i = 0; i < 128; i++) printf "%.17g\n", i*7919 % 1009/1009 }' | start llsq ;;
det) awk 'BEGIN { print "A[8,8]"; for (i = 0; i < 64; i++) printf "%.17g\n", i*7919 % 1009/1009 }' | start det ;;
particle) printf 'w\n0\n' | start particle ;;
saddle) printf 'x[2]\n1 1\n' | start saddle ;;
ode) awk 'BEGIN { print "x[20]"; for (i = 0; i < 20; i++) printf "%.17g\n", (i + 1)*7919 % 1009/1009 }' | start ode ;;
kmeans)
    awk 'BEGIN {
        d = 8; n = 1000; k = 10
        for (j = 0; j < d; j++) printf "x%d%s", j, j < d - 1 ? "," : "\n"
        for (i = 0; i < n*d; i++) printf "%.17g%s", i*7919 % 10007/10007, i % d < d - 1 ? "," : "\n"
    }' >p.csv
    { echo 'c[10,8]'; tail -n 10 p.csv | tr , ' '; } | start kmeans
    ;;
gmm)
    awk -v table=x.csv '
        function row(a, b, k, text) {
            for (k = a; k <= b; k++) text = text (k > a ? " " : "") $k
            return text "\n"
        }
        NR == 1 {
            d = $1; k = $2; n = $3; pairs = d*(d - 1)/2
            for (j = 0; j < d; j++) printf "x%d%s", j, j < d - 1 ? "," : "\n" >table
            next
        }
        NR <= k + 1 { alpha = alpha row(1, 1); next }
        NR <= 2*k + 1 { mu = mu row(1, d); next }
        NR <= 3*k + 1 { q = q row(1, d); l = l row(d + 1, d + pairs); next }
        NR <= 3*k + n + 1 { for (j = 1; j <= d; j++) printf "%s%s", $j, j < d ? "," : "\n" >table; next }
        END { printf "alpha[%d]\n%smu[%d,%d]\n%sq[%d,%d]\n%sl[%d,%d]\n%s", k, alpha, k, d, mu, k, d, q, k, pairs, l }
    ' "$2" | start gmm
    ;;
ba)
    awk -v table=seen.csv '
        NR == 1 { cameras = $1; points = $2; observations = $3; next }
        NR == 2 { cam = $0 } NR == 3 { X = $0 } NR == 4 { w = $1 }
        NR == 5 { x = $1; y = $2 }
        END {
            print "x,y,camera,point,number" >table
            for (i = 0; i < observations; i++) printf "%s,%s,%d,%d,%d\n", x, y, i % cameras, i % points, i >table
            print "cam[" cameras ",11]"; for (i = 0; i < cameras; i++) print cam
            print "X[" points ",3]"; for (i = 0; i < points; i++) print X
            print "w[" observations "]"; for (i = 0; i < observations; i++) print w
        }
    ' "$2" | start ba
    ;;
lstm)
    awk '
        NF == 0 { next }
        !layers { layers = $1; b = $3; next }
        { row++ }
        row <= 2*layers { main = main $0 "\n"; next }
        row <= 2*layers + 3 { extra = extra $0 "\n"; next }
        {
            gsub(/ +$/, ""); gsub(/ +/, ",")
            odd = (row - 2*layers - 3) % 2
            if (row <= 4*layers + 3) { printf "%s%s", $0, odd ? "," : "\n" >"state.csv"; next }
            print >"sequence.csv"
        }
        END { printf "main[%d,2,4,%d]\n%sextra[3,%d]\n%s", layers, b, main, b, extra }
    ' "$2" | start lstm
    # a header of column names for each
    for table in state sequence; do
        awk -F, 'NR == 1 { for (j = 1; j <= NF; j++) printf "c%d%s", j, j < NF ? "," : "\n" } { print }' $table.csv >headed
        mv headed $table.csv
    done
    ;;
*) echo "instance.sh: no objective '$1'" >&2; exit 2 ;;
esac
