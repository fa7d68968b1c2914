/* Counting what a plan does. Of an `if` both branches count: the figures are upper bounds. */
#ifndef SYMGRAD_PLAN_COST_H
#define SYMGRAD_PLAN_COST_H

#include "plan/loops.h"

struct cost cost_of(const struct plan *plan);

/* About how long one iteration of a loop takes, in additions: a node over sizes. Work whose amount
 * only the data or an outer index know is left out. */
const struct node *cost_time(struct graph *graph, const struct step *loop);

#endif
