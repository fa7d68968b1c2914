/* Expressions of the IR as C.
 *
 * The same node is spelt by what its user needs: a real, a whole number (subscripts and bounds) or
 * a truth (conditions). The writer is iterative: no tree is too deep for it. */
#ifndef SYMGRAD_EMIT_EXPRESSION_H
#define SYMGRAD_EMIT_EXPRESSION_H

#include "emit/embed.h"
#include "equations/graph.h"

/* How tightly C binds, loosest first. */
enum c_level {
    LEVEL_ANY,
    LEVEL_CONDITIONAL,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_EQUALITY,
    LEVEL_RELATION,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY,
    LEVEL_CAST,
    LEVEL_PRIMARY
};

enum c_type {
    TYPE_REAL,  /* double or float */
    TYPE_WHOLE, /* ptrdiff_t, or int where data holds it */
    TYPE_TRUTH  /* bool */
};

/* How a tensor is written where it is used. */
struct spelling {
    const char *text; /* a primary expression, unless `level` says otherwise */
    enum c_type type;
    bool narrow;        /* WHOLE: an int */
    bool pointer;       /* the text is a pointer to the elements; otherwise it is the value */
    enum c_level level; /* LEVEL_ANY stands for LEVEL_PRIMARY */
};

/* Where an expression stands: what its names are called there. */
struct speller {
    struct arena *arena;
    struct graph *graph;
    bool single; /* real is float */
    struct embedding *embedding;
    void *context;
    const struct spelling *(*tensor)(void *context, const struct tensor *tensor);
    const char *(*index)(void *context, const struct index *index);
    const char *(*size)(void *context, const struct dimension *dimension);
};

/* Appends `node`, in parentheses where it binds more loosely than `level`. */
void expression_append(struct speller *speller, struct text *text, const struct node *node,
                       enum c_type type, enum c_level level);

/* tensor[subscripts] as something that can be assigned to. */
void element_append(struct speller *speller, struct text *text, const struct tensor *tensor,
                    const struct node *const *subscripts);

/* The number of elements along an axis, and of all elements, as nodes. */
const struct node *axis_extent(struct graph *graph, const struct axis *axis);
const struct node *tensor_extent(struct graph *graph, const struct tensor *tensor);

/* A number as a literal of the real type. */
void literal_append(struct text *text, double value, bool single);

#endif
