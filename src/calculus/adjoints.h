/* Adjoints while a program is swept. Private to reverse.c, chain.c and contributions.c. */
#ifndef SYMGRAD_CALCULUS_ADJOINTS_H
#define SYMGRAD_CALCULUS_ADJOINTS_H

#include "calculus/finite.h"
#include "calculus/reverse.h"
#include "equations/uses.h"

/* The adjoint of a tensor while it is being gathered: the sum of what each use contributes, over
 * indices of its own. */
struct gathered {
    const struct index *indices[RANK_MAX];
    const struct node *sum;  /* NULL: nothing so far */
    bool always;             /* some use is under no condition */
    const struct node *uses; /* of the others, the conditions added up */
};

struct reverse {
    struct rules *rules;
    struct graph *graph;
    struct arena *arena;
    struct program *program;
    struct diagnostics *diagnostics;
    struct table *active;    /* tensors through which the loss depends on what is asked for */
    struct table *gathered;  /* tensor to struct gathered */
    struct table *originals; /* adjoint that only repeats another to that one */
    struct finite finite;
    size_t primal_count;     /* equations that are differentiated */
    bool learnt;             /* `finite` knows them */
    bool guards_recurrences; /* keeps a recurrence's adjoints under the conditions of its uses */
    bool failed;
};

/* Where an adjoint expression stands: the indices that run there, and the condition under which a
 * reduction takes the element in, that under which the equation is used (NULL: always). */
struct context {
    const struct equation *equation;
    const struct index *indices[2 * RANK_MAX];
    int index_count;
    const struct node *condition, *used;
};

/* ---- Contributions (contributions.c) ---- */

/* sum + term; NULL stands for no sum so far. */
const struct node *adjoint_add(struct reverse *reverse, const struct node *sum,
                               const struct node *term);
/* What is gathered for a tensor, empty at first. */
struct gathered *gathered_of(struct reverse *reverse, const struct tensor *tensor);
bool is_active(const struct reverse *reverse, const struct tensor *tensor);

/* What T[i] = ... U[f(i,k)] ... contributes to the adjoint of U: `adjoint`, taken at and summed
 * over the indices that reach each element. `condition`: under which the body reads it. */
void contribute(struct reverse *reverse, const struct context *context, const struct node *load,
                const struct node *adjoint, const struct node *condition);

/* An element of a new definition over these indices. */
const struct node *part_over(struct reverse *reverse, const char *name, struct span span, int count,
                             const struct index *const *indices, const struct node *body);

/* ---- The chain rule through one expression (chain.c) ---- */

struct sweep {
    struct reverse *reverse;
    const struct context *context;
    struct table *varies;   /* nodes that depend on an active load */
    struct table *adjoints; /* node to the adjoint gathered so far */
    struct uses uses;
};

/* What a sweep does with the adjoint of a load that it has come to. */
typedef void leaf_visitor(struct sweep *sweep, const struct node *load, const struct node *adjoint);

/* Passes `seed`, the adjoint of an expression free of reductions, on to its loads. */
void sweep_expression(struct reverse *reverse, const struct context *context,
                      const struct node *root, const struct node *seed, leaf_visitor *leaf);
void contribute_leaf(struct sweep *sweep, const struct node *load, const struct node *adjoint);

/* The same for an equation that is a reduction. */
void sweep_reduction(struct reverse *reverse, struct context *context, const struct node *adjoint);

/* Finds out which definitions are certain to be finite, once. */
void learn_what_is_finite(struct reverse *reverse);

/* An element of a definition beside an equation's own, over the same indices. */
const struct node *companion(struct reverse *reverse, const struct equation *equation,
                             const char *suffix, const struct node *body);

#endif
