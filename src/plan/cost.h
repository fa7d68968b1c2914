/* Counting what a plan does. Of an `if` both branches count: the figures are upper bounds. */
#ifndef SYMGRAD_PLAN_COST_H
#define SYMGRAD_PLAN_COST_H

#include "plan/loops.h"

struct cost cost_of(const struct plan *plan);

#endif
