#!/bin/sh
# Three networks, each in Keras and in the language, side by side in tests/keras. The model is not
# the longer text in any respect that is counted, its derivatives are right, and loss and gradient
# together take at most 4 times the operations of the loss. Keras itself is not needed.
. "$(dirname "$0")/lib.sh"

# length TEXT: how many lines it has, words (names, numbers and strings), words and signs, and
# characters, all without blanks and comments
length() {
    sed 's/#.*//' "$1" | awk '
        function is_next(pattern) { return match(rest, "^(" pattern ")") }
        NF > 0 { lines++ }
        {
            for (rest = $0; rest != ""; rest = substr(rest, RLENGTH + 1)) {
                if (is_next("[ \t]+")) continue
                if (is_next("\"[^\"]*\"|[0-9]+([.][0-9]+)?(e-?[0-9]+)?|[A-Za-z_][A-Za-z_0-9]*")) words++
                else if (!is_next("[=<>!:]=")) is_next(".")
                tokens++; characters += RLENGTH
            }
        }
        END { print lines, words, tokens, characters }'
}

# operations MODEL: those of its loss, then those of loss and gradient, for 100 rows
operations() {
    "$SYMGRAD" show "$1" --stage cost |
        sed -n 's/^operations *\(.*[^ ]\) *| *\(.*\)/\1\n\2/p' |
        while read -r formula; do
            "$SYMGRAD" eval -e "$formula" --at n=100 | sed 's/value //'
        done
}

# The models' digits.csv: a few of them, for the check goes through all rows.
head -n 4 "$SRCDIR/examples/data/digits.csv" >"$work/digits.csv"
cp "$SRCDIR"/tests/keras/*.expr "$SRCDIR"/tests/keras/*.py "$work"
cd "$work" || exit 1

for model in *.expr; do
    name=${model%.expr}
    lengths="$(length "$model") in the language, $(length "$name.py") in Keras"
    # shellcheck disable=SC2086
    set -- $lengths
    [ "$1" -le "$8" ] && [ "$2" -le "$9" ] && [ "$3" -le "${10}" ] && [ "$4" -le "${11}" ]
    verdict "$name: lines, words, tokens, characters: $lengths" $?
    said=$(CFLAGS=-O1 "$SYMGRAD" check "$model" 2>&1)
    verdict "$name: its derivatives are right" $? "$said"
    ratio=$(operations "$model" | awk 'NR == 1 { loss = $1 } NR == 2 { print $1/loss }')
    echo "$ratio" | awk '{ exit !($1 > 0 && $1 <= 4) }'
    verdict "$name: the gradient's operations are $ratio times the loss's" $? "$ratio"
done
finish
