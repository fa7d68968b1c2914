/* Under which conditions an expression evaluates its parts: what stands in branches of `if` alone
 * is used only where one of them is taken. */
#ifndef SYMGRAD_EQUATIONS_USES_H
#define SYMGRAD_EQUATIONS_USES_H

#include "equations/guards.h"

/* Of more there is no account: such a node counts as one that nothing guards. */
#define WAYS_MAX 4

struct uses {
    struct guards guards;
    struct table *ways; /* node to the guards of its uses; NULL: nothing stands in a branch */
};

/* The guards of a node's uses, each of which may be one of several. */
struct ways {
    int count;
    const struct guard *guards[WAYS_MAX];
};

/* `order`: the nodes of the expression, arguments before their users, the root last. With `inside`
 * the elements of reductions as well, where their conditions hold. */
struct uses uses_find(struct graph *graph, const struct node *const *order, size_t count,
                      bool inside);

/* The ways in which a node is used; NULL: it is always evaluated. */
const struct ways *use_ways(const struct uses *uses, const struct node *node);

/* NULL: it is always evaluated. */
const struct node *use_condition(const struct uses *uses, const struct node *node);

#endif
