/* cg.h - nonlinear conjugate gradients.
 *
 * Hager and Zhang, "A new conjugate gradient method with guaranteed descent and an efficient line
 * search", 2005. */
#ifndef SYMGRAD_RUNTIME_CG_H
#define SYMGRAD_RUNTIME_CG_H

#include "descent.h"

static enum solver_state cg_step(struct solver *solver, double *x);
static void cg_visit(struct solver *solver, const struct memory_visitor *visitor);

#endif /* SYMGRAD_RUNTIME_CG_H */
