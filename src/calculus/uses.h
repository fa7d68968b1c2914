/* Under which conditions an expression evaluates its parts: what stands in branches of `if` alone
 * is used only where one of them is taken. */
#ifndef SYMGRAD_CALCULUS_USES_H
#define SYMGRAD_CALCULUS_USES_H

#include "equations/guards.h"

struct uses {
    struct guards guards;
    struct table *ways; /* node to the guards of its uses; NULL: nothing stands in a branch */
};

/* `order`: the nodes of the expression, arguments before their users, the root last. */
struct uses uses_find(struct graph *graph, const struct node *const *order, size_t count);

/* NULL: it is always evaluated. */
const struct node *use_condition(const struct uses *uses, const struct node *node);

#endif
