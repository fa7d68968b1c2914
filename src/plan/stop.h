/* Loops over the steps of a recurrence that stops on a condition: they are left at the step at
 * which it has stopped, and what goes over the same steps, such as the way back, goes over those
 * that were taken alone.
 *
 *     let t_end = 1001
 *     for t in 1 until 1001
 *         if y[t-1] <= 0
 *             t_end = t
 *             leave
 *         y[t] = ...
 *     y[1000] = y[t_end-1]
 *
 * A loop may end so if all that its iterations do behind the last step is to hand on elements
 * (plan/held.h). What is read of these is put there. */
#ifndef SYMGRAD_PLAN_STOP_H
#define SYMGRAD_PLAN_STOP_H

#include "plan/scope.h"

void plan_stop_loops(struct plan *plan, struct tree *tree);

#endif
