#!/bin/sh
# The objectives of GradBench: their models' derivatives against numeric ones, and value and
# gradient of an instance against those that bench/gradbench/reference.py computed.
. "$(dirname "$0")/lib.sh"

bench=$SRCDIR/bench/gradbench
data=${SYMGRAD_DATA:-$SRCDIR/../shared/data}/adbench       # where the instances of ADBench may be
cd "$work" || exit 1

# differs NAME RATE: prints what is not as expected of the instance, to 1e-9 of its length. A step of
# that rate went from `start` to `end`.
differs() {
    awk -F '\t' -v name="$1" -v rate="$2" '
        BEGIN { count = moved = 0 }
        function far(got, want, scale) { got -= want; return (got < 0 ? -got : got) > 1e-9*scale }
        FILENAME ~ /expected.tsv$/ { if ($1 == name) { value = $2; size = $3; along = $4; found = 1 }; next }
        FILENAME ~ /\.out$/ { if (FNR == 1) { sub(/.* = /, ""); got = $0 }; next }
        /^[-+.0-9]|^(inf|nan)/ {
            n = split($0, number, " ")
            for (k = 1; k <= n; k++) {
                if (FILENAME ~ /start$/) { first[count++] = number[k]; continue }
                slope = (first[moved] - number[k])/rate
                square += slope*slope
                projected += slope*(moved*7919 % 1009)/1009
                moved++
            }
        }
        END {
            if (!found) { print "nothing is expected of " name; exit }
            if (count != moved || count == 0) print count " parameters before the step, " moved " behind"
            if (far(got, value, value < 0 ? -value : value)) print "value " got ", not " value
            if (far(sqrt(square), size, size)) printf "gradient of length %.15g, not %s\n", sqrt(square), size
            if (far(projected, along, size)) printf "gradient along v %.15g, not %s\n", projected, along
        }' "$bench/expected.tsv" instance/value.out instance/start instance/end
}

# outputs_differ NAME: the same of the outputs, such as a Jacobian, that were written at `start`
outputs_differ() {
    awk -F '\t' -v name="$1" '
        function far(got, want, scale) { got -= want; return (got < 0 ? -got : got) > 1e-9*scale }
        FILENAME ~ /expected.tsv$/ {
            output = substr($1, length(name) + 2)
            if (output != "" && $1 == name " " output) { value[output] = $2; size[output] = $3; along[output] = $4 }
            next
        }
        FNR == 1 {
            gsub(/\[[0-9,]*\]|"/, "")
            columns = split($0, output_of, ",")
            next
        }
        {
            if (split($0, number, ",") != columns) print "line " FNR " has not " columns " numbers"
            for (k = 1; k <= columns; k++) {
                output = output_of[k]
                total[output] += number[k] < 0 ? -number[k] : number[k]
                square[output] += number[k]*number[k]
                projected[output] += number[k]*(count[output]++*7919 % 1009)/1009
            }
        }
        END {
            for (output in count) if (!(output in value)) print "nothing is expected of " output
            for (output in value) {
                if (far(total[output], value[output], value[output])) printf "%s: sum %.15g, not %s\n", output, total[output], value[output]
                if (far(sqrt(square[output]), size[output], size[output])) printf "%s: length %.15g, not %s\n", output, sqrt(square[output]), size[output]
                if (far(projected[output], along[output], size[output])) printf "%s: along v %.15g, not %s\n", output, projected[output], along[output]
            }
        }' "$bench/expected.tsv" instance/outputs.csv
}

# judge NAME OBJECTIVE FILE RATE EDIT: the instance NAME; EDIT, for sed, writes its sizes
judge() {
    if [ "$3" != "" ] && [ ! -f "$data/$3" ]; then
        skip "$1: value and gradient" "ADBench's instances are not here"
        return
    fi
    rm -rf instance
    mkdir instance
    said=$(cd instance && sh "$bench/instance.sh" "$2" ${3:+"$data/$3"} &&
        sed "${5-}" "$bench/$2.expr" >"$2.expr" && "$SYMGRAD" "$2.expr" -o "$2.c" 2>&1 &&
        cc -O1 "$2.c" -lm -o "$2" &&
        "./$2" --load start --steps 0 --quiet >value.out &&
        "./$2" --load start --steps 1 --rate "$4" --quiet --save end >step.out 2>&1)
    verdict "$1: runs" $? "$said $(cat instance/step.out 2>/dev/null)"
    wrong=$(differs "$1" "$4")
    [ -z "$wrong" ]
    verdict "$1: value and gradient" $? "$wrong"
    grep -q '^output' "instance/$2.expr" || return
    wrong=$(cd instance && "./$2" --load start --steps 0 --quiet --predict outputs.csv 2>&1 >predict.out)
    [ -n "$wrong" ] || wrong=$(outputs_differ "$1")
    [ -z "$wrong" ]
    verdict "$1: outputs" $? "$wrong"
}

# The sizes of the small instances of bundle adjustment and hand tracking, for sed.
small='s/cameras = 49, points = 7776/cameras = 3, points = 4/
    s/vertices = 544/vertices = 30/; s/triangles = 1084/triangles = 20/'

for model in "$bench"/*.expr; do
    name=$(basename "$model" .expr)
    # The interpreter takes its time: small sizes.
    sed -e "$small" \
        -e 's/d = 2, k = 5, pairs = 1/d = 3, k = 4, pairs = 3/' -e 's/n = 1024, m = 128/n = 16, m = 20/' \
        -e 's/n = 2500/n = 100/' -e 's/T = 1024/T = 5/' "$model" >"$name.expr"
    said=$(CFLAGS=-O0 "$SYMGRAD" check "$name.expr" 2>&1)
    verdict "$name: symgrad check" $? "$said"
done

judge hello hello "" 1
judge lse lse "" 1
judge llsq llsq "" 1
judge ode ode "" 1152921504606846976
judge kmeans kmeans "" 1
judge det det "" 1
judge particle particle "" 1
judge saddle saddle "" 1
for size in 'gmm_n1k_d2_K5 d = 2, k = 5, pairs = 1 ' 'gmm_n1k_d20_K5 d = 20, k = 5, pairs = 190 '; do
    name=${size%% *}
    size="s/d = 2, k = 5, pairs = 1 /${size#* }/"
    judge "$name" gmm "$name.txt" 9.5367431640625e-07 "$size"
    judge "$name adbench" gmm "$name.txt" 9.5367431640625e-07 "$size; s/prior = 1/prior = -1/"
done
judge ba ba "" 1 "$small"
judge ht ht "" 1 "$small"
judge ht_complicated ht_complicated "" 1 "$small"
judge simple_small/hand1_t26_c100 ht hand/simple_small/hand1_t26_c100.txt 1
judge complicated_small/hand1_t26_c100 ht_complicated hand/complicated_small/hand1_t26_c100.txt 1
judge ba1_n49_m7776_p31843 ba ba1_n49_m7776_p31843.txt 1
judge lstm_l2_c1024 lstm lstm_l2_c1024.txt 1
finish
