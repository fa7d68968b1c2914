# mutants.awk - wrong derivatives, made from grammar/operators.def: a line for each, with the line and the
# field between quotes that it stands in, the operator, the derivative and the wrong one.
BEGIN {
    FS = "\""
    tried = 0
}

function mutant(wrong) {
    if (wrong != old && tried++ % every == 0)
        printf "%d\t%d\t%s\t%s\t%s\n", NR, field, $2, old, wrong
}

# The text with `by` in place of what matched at RSTART.
function put(by) {
    return substr(old, 1, at - 1) by substr(old, at + len)
}

function mutate(    rest, word) {
    if (old != "0") {
        mutant("-(" old ")")
        mutant("2*(" old ")")
    }
    for (at = 1; at <= length(old); at += len) {
        rest = substr(old, at)
        if (match(rest, /^[A-Za-z_][A-Za-z_0-9]*/)) {
            len = RLENGTH
            word = substr(rest, 1, len)
            if (word == "x")
                mutant(put($6 != "" && kind == "OPERATOR" ? "y" : "(x + 1)"))
            else if (word == "y")
                mutant(put("x"))
            else if (word == "f")
                mutant(put("x"))
            else if (word == "sin" || word == "tanh")
                mutant(put("cos"))
            else if (substr(rest, len + 1, 1) == "(")
                mutant(put("sin"))
        } else if (match(rest, /^[0-9]+(\.[0-9]+)?/)) {
            len = RLENGTH
            mutant(put(substr(rest, 1, len) + 1))
        } else {
            len = 1
            word = substr(rest, 1, 1)
            if (word == "+")
                mutant(put("-"))
            else if (word == "-" && at > 1 && substr(old, at - 1, 1) == " ")
                mutant(put("+"))
            else if (word == "-")
                mutant(put(""))
            else if (word == "*")
                mutant(put("+"))
            else if (word == "/")
                mutant(put("*"))
            else if (word == "^")
                mutant(put("*"))
            else if (word == "<" || word == ">") {
                if (substr(rest, 2, 1) == "=")
                    len = 2
                mutant(put(word == "<" ? ">" : "<"))
            }
        }
    }
}

/^OPERATOR\(/ {
    kind = "OPERATOR"
    for (field = 4; field <= 8; field += 2) {
        old = $field
        if (old != "" && old != "none")
            mutate()
    }
}

/^REDUCTION\(/ {
    kind = "REDUCTION"
    field = 8
    old = $field
    if (old != "" && old != "none")
        mutate()
}
