/* lbfgs.h - limited-memory BFGS: the inverse Hessian as the last steps show it.
 *
 * Nocedal, "Updating quasi-Newton matrices with limited storage", 1980. Where unknowns are held,
 * the remembered steps count for the free ones only. */
#ifndef SYMGRAD_RUNTIME_LBFGS_H
#define SYMGRAD_RUNTIME_LBFGS_H

#include "descent.h"

static size_t lbfgs_size(ptrdiff_t count, int memory);
static void lbfgs_place(struct lbfgs *lbfgs, ptrdiff_t count, int memory, double **room);
static enum solver_state lbfgs_step(struct solver *solver, double *x);
static void lbfgs_visit(struct solver *solver, const struct memory_visitor *visitor);

/* Whether it can have come about by steps: what a visit has filled in may be anything. */
static bool lbfgs_is_sound(const struct lbfgs *lbfgs);

#endif /* SYMGRAD_RUNTIME_LBFGS_H */
