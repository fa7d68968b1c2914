/* From text to syntax tree. The surface of the language is in grammar/lexer.l and grammar/parser.y.
 */
#ifndef SYMGRAD_SYNTAX_PARSE_H
#define SYMGRAD_SYNTAX_PARSE_H

#include "base/names.h"
#include "base/table.h"
#include "syntax/ast.h"

/* Expressions nested deeper than this are refused with a message: walks over a tree recurse. */
#define NESTING_MAX 1000

/* What the parser needs to know beside the text. A function's name followed by brackets reads as
 * `softmax[c] e`; any other name followed by brackets is a subscript. */
struct parse_context {
    struct arena *arena;
    struct names *names;
    struct diagnostics *diagnostics;
    struct table *functions; /* interned names of the functions known so far; `fn` adds its own */
};

/* Creates a context that knows the operators and reductions called by name. */
struct parse_context *parse_context_create(struct arena *arena, struct names *names,
                                           struct diagnostics *diagnostics);

/* Parses a model file. Every syntax error is reported; the statements without error are returned.
 */
struct statement_list parse_model(struct parse_context *context, const struct source *source);

/* Parses one expression; NULL after an error. */
struct expression *parse_expression(struct parse_context *context, const struct source *source);

#endif
