/* What the parts of the emitter share while one file is written. */
#ifndef SYMGRAD_EMIT_EMITTER_H
#define SYMGRAD_EMIT_EMITTER_H

#include "emit/comment.h"
#include "emit/embed.h"
#include "emit/emit.h"
#include "emit/names.h"
#include "emit/sizes.h"

/* How wide a line of the emitted file may be. */
enum { LINE_WIDTH = 100 };

struct emitter {
    struct arena *arena;
    struct graph *graph;
    struct diagnostics *diagnostics;
    const struct emit_options *options;
    const char *prefix;
    const char *real; /* "double" or "float" */
    bool single;
    struct c_names *names;
    struct embedding embedding;
    struct places places;
    struct table *sizes;   /* dimension to its C name: a constant, or a member of NAME_data */
    struct table *members; /* tensor to the name of its member in a struct */
    struct text *text;     /* what is being written */
};

struct emitter emitter_create(struct arena *arena, struct graph *graph, const char *name,
                              const struct emit_options *options, struct diagnostics *diagnostics);

void emit(struct emitter *emitter, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One statement or declaration at an indentation, in lines of at most LINE_WIDTH. */
void emit_line(struct emitter *emitter, int indent, const char *statement);

/* A comment at an indentation; the text cannot end it. */
void emit_comment(struct emitter *emitter, int indent, const char *comment);

/* Lines within a comment that has begun; `margin` stands before each. */
void emit_wrapped(struct emitter *emitter, const char *margin, const char *text);

/* `head(parameters)` with the parameters below each other's beginning, no end of line. */
void emit_signature(struct emitter *emitter, const char *head, const char *const *parameters,
                    size_t count);

/* W[h,d]: a tensor and its shape, for a comment. */
void emit_shape(struct emitter *emitter, struct text *text, const struct tensor *tensor);

#endif
