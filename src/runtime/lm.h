/* lm.h - sums of squares, after Levenberg and Marquardt.
 *
 * Moré, "The Levenberg-Marquardt algorithm: implementation and theory", 1978: a trust region in
 * units of the unknowns' own, by orthogonal factors of the Jacobian throughout. */
#ifndef SYMGRAD_RUNTIME_LM_H
#define SYMGRAD_RUNTIME_LM_H

#include "descent.h"
#include "linear.h"

static size_t lm_size(const struct solver_problem *problem);
static void lm_place(struct lm *lm, const struct solver_problem *problem, double **room);

/* Evaluates all at x; false where something is not finite. */
static bool lm_evaluate(struct solver *solver, const double *x);
static enum solver_state lm_step(struct solver *solver, double *x);
static void lm_visit(struct solver *solver, const struct memory_visitor *visitor);

#endif /* SYMGRAD_RUNTIME_LM_H */
