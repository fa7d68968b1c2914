# words.awk - the words of the language as a dictionary for fuzzers: what the grammar and the scanner
# have in quotes, and the names of the operators, reductions and solvers.
#
#     awk -f words.awk parser.y lexer.l operators.def solvers.def

function add(word) {
    if (word !~ /^[!-\[\]-~]+( [a-z]+)?$/ || word ~ /^(a|an|end|write) / || seen[word]++)
        return
    print "\"" word "\""
}
BEGIN { FS = "\"" }
/^%token/ { for (i = 2; i < NF; i += 2) add($i) }
/^"/ { sub(/[ \t].*/, ""); for (i = 2; i < NF; i += 2) add($i) }
/^(OPERATOR|REDUCTION|SOLVER)\(/ { add($2) }
