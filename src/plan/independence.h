/* What the iterations of a finished loop have to do with each other. They may run at the same time
 * if each writes places of its own, or memory that is as good as new in every iteration, or takes
 * part in sums that nothing in the loop reads. */
#ifndef SYMGRAD_PLAN_INDEPENDENCE_H
#define SYMGRAD_PLAN_INDEPENDENCE_H

#include "plan/loops.h"

/* A number from before the loop, a variable or in memory, that changes in it only as x = x + e, or
 * with * or max or min. */
struct accumulator {
    const struct tensor *number;
    const struct reduction *reduction;
};

struct independence {
    bool possible;
    struct accumulator *accumulators;
    size_t accumulator_count, accumulator_capacity;
    const struct tensor **sums; /* that iterations add into at the same places */
    size_t sum_count, sum_capacity;
    const struct tensor **fresh; /* that are as good as new in every iteration */
    size_t fresh_count, fresh_capacity;
};

/* For the loop `steps->items[position]`. `fresh` tells of which loop's iterations a tensor is as
 * good as new in: tensor to the scope that the loop was lowered from. */
struct independence loop_independence(struct graph *graph, const struct step_list *steps,
                                      size_t position, const struct table *fresh);

#endif
