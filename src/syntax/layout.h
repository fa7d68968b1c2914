/* What the lexer's rules leave open: which words are names, which line ends end a statement, what a
 * token is worth, and what to say about signs that are not ours. */
#ifndef SYMGRAD_SYNTAX_LAYOUT_H
#define SYMGRAD_SYNTAX_LAYOUT_H

#include "syntax/builder.h"

/* Before the first token. */
void layout_open(struct parser *parser);
/* Of a model: the names that it defines with brackets, in whatever order, so that `norm[i]` is an
 * element before the line that defines norm as well. */
void layout_look_ahead(struct parser *parser);

/* Line ends, blank lines and the blanks before the next token were read; true: the statement ends.
 */
bool layout_line(struct parser *parser, struct span *span);

/* The token that a word is; a name's spelling goes to *name. */
int layout_word(struct parser *parser, const char *text, size_t length, struct span span,
                const char **name);

double layout_number(struct parser *parser, const char *text, size_t length, struct span span);
/* `1.` was read and `.` follows: the point belongs to `..`. */
bool layout_range_follows(const struct parser *parser, struct span span);
/* `2x` was read up to x's first byte: an error, read as 2*x. The length of the number. */
size_t layout_factor(struct parser *parser, struct span span);

const char *layout_string(struct parser *parser, const char *text, size_t length, struct span span);
void layout_unclosed_string(struct parser *parser, struct span span);
/* True when the primes at `span` follow a name. */
bool layout_primes(struct parser *parser, struct span span);

/* An error of the scan. */
void layout_error(struct parser *parser, struct span span, const char *message, const char *help);

/* Signs of other languages. */
void layout_foreign(struct parser *parser, struct span span, const char *help);
void layout_update(struct parser *parser, struct span span);
void layout_unknown(struct parser *parser, struct span span);

/* The innermost ( or [ that is open in the current block; NULL for none. */
const struct bracket *layout_open_bracket(const struct parser *parser);
/* After an error: the brackets of the statement are forgotten; a statement that began inside them
 * unseen is read again as one. */
void layout_recover(struct parser *parser);
/* True when the token at `span`, the current one or the one before, is the first of a line that
 * continues a statement outside its brackets. */
bool layout_continues(const struct parser *parser, struct span span);

#endif
