/* Comments and string literals that a text of the user's cannot break out of. */
#ifndef SYMGRAD_EMIT_COMMENT_H
#define SYMGRAD_EMIT_COMMENT_H

#include "equations/program.h"

/* Text for the inside of a comment: on one line, and unable to begin or end a comment. */
void comment_append(struct text *text, const char *bytes, size_t length);

/* A file name or the like in a comment: what is not [A-Za-z0-9 _./-] becomes '?'. */
void comment_append_name(struct text *text, const char *name);

/* A string literal: what is not [A-Za-z0-9 _./-] becomes an octal escape. */
void string_append(struct text *text, const char *bytes);

/* Where the lines of sources begin, found once: a file has many formulas. */
struct places {
    struct arena *arena;
    struct table *lines; /* source to struct line_starts */
};

/* The equation in the language and the line of the model it came from; a formula too long to read
 * is left out. */
void formula_append(struct text *text, struct places *places, const struct equation *equation);

/* model.expr:6; nothing where the span is nowhere. */
void place_append(struct text *text, struct places *places, struct span span);

#endif
