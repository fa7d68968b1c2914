/* Ready-made C that goes into an emitted file: the special functions that it calls. */
#ifndef SYMGRAD_EMIT_EMBED_H
#define SYMGRAD_EMIT_EMBED_H

#include "base/text.h"

#include <stdbool.h>

/* The functions that a file calls, in the order in which they were first asked for. */
struct embedding {
    struct arena *arena;
    bool single;
    bool blas; /* products call a library where that helps */
    struct embedded_function {
        const char *name;
        bool appended;
    } * functions;
    size_t count, capacity;
};

/* Notes a call; functions of libm need no text and are passed over. */
void embedding_call(struct embedding *embedding, const char *name, size_t length);

/* The text of every function noted, each after those it uses. */
const char *embedding_text(struct embedding *embedding);

/* Whether a C library has this function of double. */
bool is_libm_function(const char *name, size_t length);

/* Spells C written for double in float, token by token: types, literals, functions of libm. */
void text_append_float(struct text *text, const char *c, size_t length);

#endif
