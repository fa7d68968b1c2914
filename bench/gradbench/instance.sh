#!/bin/sh
# instance.sh OBJECTIVE [FILE] - writes an instance of the objective into the current folder: the
# tables that its model reads, and `start`, the parameters. gmm and lstm come from a file of ADBench; ba,
# ht and ht_complicated as well, of a hand whose model lies in ../model, or else are small ones made by
# formula; the others always are.
[ $# -ge 1 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }

# start MODEL: parameters, from lines `name[sizes]` and lines of numbers
start() {
    { echo "symgrad parameters of $1"; cat; echo end; } >start
}

# made_hand FOLDER OBJECTIVE: a small one as ADBench would write it, in FOLDER/model and FOLDER/made
made_hand() {
    mkdir -p "$1/model" "$1/made"
    awk -v model="$1/model/" -v complicated="$2" '
        function number(i) { return sprintf("%.17g", i*7919 % 1009/1009) }
        BEGIN {
            for (b = 0; b < 22; b++) {
                line = "bone:" (b == 0 ? -1 : b % 4 == 1 ? 0 : b - 1)
                for (k = 0; k < 32; k++) line = line ":" (k % 16 < 12 ? number(32*b + k) : k % 16 == 15)
                print line >(model "bones.txt")
            }
            for (v = 0; v < 30; v++) {
                bones = v % 4 + 1
                line = number(3*v) ":" number(3*v + 1) ":" number(3*v + 2) ":0:0:0:0:0:" bones
                for (q = 0; q < bones; q++) line = line sprintf(":%d:%.17g", (5*v + 7*q) % 22, 1/bones)
                print line >(model "vertices.txt")
            }
            for (t = 0; t < 20; t++) print t ":" (t + 7) % 30 ":" (3*t + 11) % 30 >(model "triangles.txt")
            print 7, 26
            for (i = 0; i < 7; i++) print 11*i % (complicated ? 20 : 30), number(3*i), number(3*i + 1), number(3*i + 2)
            for (i = 0; i < 7 && complicated; i++) print number(2*i), number(2*i + 1)
            for (k = 0; k < 26; k++) print number(k)
        }' >"$1/made/hand.txt"
}

# hand_model FOLDER: the tables of bones, vertices and triangles. The root is its own parent; a vertex
# that goes with fewer than four bones goes with bone 0 by no weight.
hand_model() {
    awk -F: '
        BEGIN { printf "parent"; for (k = 0; k < 32; k++) printf ",m%d", k; print "" }
        { printf "%d", $2 < 0 ? NR - 1 : $2; for (k = 3; k <= 34; k++) printf ",%s", $k; print "" }
    ' "$1/bones.txt" >bones.csv
    awk -F: '
        BEGIN { print "x,y,z,b0,b1,b2,b3,w0,w1,w2,w3" }
        {
            printf "%s,%s,%s", $1, $2, $3
            for (q = 0; q < 4; q++) printf ",%d", q < $9 ? $(10 + 2*q) : 0
            for (q = 0; q < 4; q++) printf ",%s", q < $9 ? $(11 + 2*q) : 0
            print ""
        }' "$1/vertices.txt" >vertices.csv
    { echo a,b,c; tr : , <"$1/triangles.txt"; } >triangles.csv
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
    if [ $# -gt 1 ]; then
        awk -v table=seen.csv '
            NR == 1 { cameras = $1; points = $2; observations = $3; next }
            NR == 2 { cam = $0 } NR == 3 { X = $0 } NR == 4 { w = $1 }
            NR == 5 { x = $1; y = $2 }
            END {
                print "x,y,camera,point" >table
                for (i = 0; i < observations; i++) printf "%s,%s,%d,%d\n", x, y, i % cameras, i % points >table
                print "cam[" cameras ",11]"; for (i = 0; i < cameras; i++) print cam
                print "X[" points ",3]"; for (i = 0; i < points; i++) print X
                print "w[" observations "]"; for (i = 0; i < observations; i++) print w
            }' "$2"
    else
        awk -v table=seen.csv '
            function number(i) { return i*7919 % 1009/1009 }
            BEGIN {
                print "x,y,camera,point" >table
                for (i = 0; i < 7; i++) printf "%.17g,%.17g,%d,%d\n", number(2*i), number(2*i + 1), i % 3, i % 4 >table
                # the second camera stands upright
                print "cam[3,11]"; for (k = 0; k < 33; k++) printf "%.17g\n", (k >= 11 && k < 14) ? 0 : number(k) - 1/2
                print "X[4,3]"; for (k = 0; k < 12; k++) printf "%.17g\n", number(k) + (k % 3 == 2 ? 5 : 0)
                print "w[7]"; for (i = 0; i < 7; i++) printf "%.17g\n", number(i)
            }'
    fi | start ba
    ;;
ht | ht_complicated)
    complicated=${1#ht}
    [ $# -gt 1 ] || made_hand . "$complicated"
    points=${2-made/hand.txt}
    hand_model "$(dirname "$points")/../model"
    awk -v table=points.csv -v complicated="$complicated" '
        NR == 1 { n = $1; print "at,x,y,z" >table; next }
        NR <= n + 1 { print $1 "," $2 "," $3 "," $4 >table; next }
        complicated && NR <= 2*n + 1 { u = u $0 "\n"; next }
        { theta = theta $0 "\n" }
        END { printf "theta[26]\n%s", theta; if (complicated) printf "u[%d,2]\n%s", n, u }
    ' "$points" | start "$1"
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
