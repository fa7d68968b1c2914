/* Lowering: one equation becomes a loop nest. */
#ifndef SYMGRAD_PLAN_LOWER_H
#define SYMGRAD_PLAN_LOWER_H

#include "plan/loops.h"

/* A place in the loop tree where steps can be put: a loop's body, a branch, or the outermost list.
 * A value is put into the outermost scope in which its indices run, but never out of a branch. */
struct scope {
    struct step_list steps;
    const struct index *index; /* the loop's; NULL for a branch or the outermost scope */
    bool branch;
    struct table *locals; /* node to the node that reads its value here */
    struct scope *outer;
};

struct lowering {
    struct graph *graph;
    struct arena *arena;
    struct table *variables; /* tensor of PLACE_VARIABLE to its TENSOR_LOCAL */
    struct table *uses;      /* node to how many nodes use it */
    struct table *depth;     /* lowered node to its depth as an expression */
    unsigned local_count;
};

struct step *step_create(struct lowering *lowering, enum step_kind kind);
void step_push(struct lowering *lowering, struct step_list *list, struct step *step);

/* A fresh local variable. */
const struct tensor *local_create(struct lowering *lowering, const char *stem);
const struct node *local_read(struct lowering *lowering, const struct tensor *local);

/* Appends the steps that compute `equation` to the outermost scope. `variable` is the local that
 * takes the value where the target is a variable; NULL: it is stored. */
void lower_equation(struct lowering *lowering, struct scope *outermost,
                    const struct equation *equation, const struct tensor *variable);

/* An expression for `node` in `scope`; what is shared or invariant becomes locals on the way. */
const struct node *lower_node(struct lowering *lowering, struct scope *scope,
                              const struct node *node);

/* lower_reduce.c: the local that holds a reduction's value. */
const struct node *lower_reduce(struct lowering *lowering, struct scope *scope,
                                const struct node *reduce);

/* Adds to the count of how many nodes use each node below `root`, reductions not entered. */
void count_uses(struct lowering *lowering, const struct node *root);

struct scope scope_open(struct lowering *lowering, struct scope *outer, const struct index *index);

/* Puts a loop over `scope`'s index, with the steps gathered in it, into the scope around it. */
struct step *scope_close_loop(struct lowering *lowering, struct scope *scope);

#endif
