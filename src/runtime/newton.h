/* newton.h - truncated Newton: conjugate gradients within a trust region.
 *
 * Steihaug, "The conjugate gradient method and trust regions in large scale optimization", 1983. A
 * move that comes to the end of an interval goes on among the other unknowns. */
#ifndef SYMGRAD_RUNTIME_NEWTON_H
#define SYMGRAD_RUNTIME_NEWTON_H

#include "descent.h"

static size_t newton_size(ptrdiff_t count);
static void newton_place(struct newton *newton, ptrdiff_t count, double **room);
static enum solver_state newton_step(struct solver *solver, double *x);
static void newton_visit(struct solver *solver, const struct memory_visitor *visitor);

#endif /* SYMGRAD_RUNTIME_NEWTON_H */
