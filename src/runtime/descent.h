/* descent.h - a move along a direction of descent, inside the intervals. */
#ifndef SYMGRAD_RUNTIME_DESCENT_H
#define SYMGRAD_RUNTIME_DESCENT_H

#include "bounds.h"
#include "solver.h"
#include "vector.h"
#include "wolfe.h"

/* A length for a first step, whose direction is minus the gradient: a hundredth of the size of x,
 * or of what would bring the value to 0. */
static double descent_first_step(const struct solver *solver, const double *x);

/* Walks from x along solver->direction, first trying a step of the given length. The new point is
 * left in solver->trial with its gradient in solver->trial_gradient; `found` tells its value and
 * the step. False: the value does not fall that way. */
static bool descent_walk(struct solver *solver, const double *x, double step, double flatter,
                         struct wolfe_point *found);

/* Makes the new point x. */
static void descent_accept(struct solver *solver, double *x, double value);

#endif /* SYMGRAD_RUNTIME_DESCENT_H */
