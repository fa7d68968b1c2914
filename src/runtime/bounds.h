/* bounds.h - the intervals that the unknowns of a problem are kept in.
 *
 * An unknown is held while it stands at an end of its interval and the value does not fall inwards;
 * all others are free. Without intervals every function here does nothing at no cost. */
#ifndef SYMGRAD_RUNTIME_BOUNDS_H
#define SYMGRAD_RUNTIME_BOUNDS_H

#include "solver.h"
#include <math.h>

static void bounds_project(const struct solver_problem *problem, double *x);

/* Marks the unknowns that are held; true where the marks changed. */
static bool bounds_hold(const struct solver_problem *problem, const double *x,
                        const double *gradient, bool *held);

/* The longest step along the direction that stays inside, and the one that element i could go. */
static double bounds_reach(const struct solver_problem *problem, const double *x,
                           const double *direction);
static double bounds_reach_of(const struct solver_problem *problem, ptrdiff_t i, double x,
                              double direction);

/* The end of the interval that lies in this direction. */
static double bounds_end(const struct solver_problem *problem, ptrdiff_t i, double direction);

/* to := x + step * direction, each element stopping at the end of its interval. */
static void bounds_walk(const struct solver_problem *problem, const double *x, double step,
                        const double *direction, double *to);

#endif /* SYMGRAD_RUNTIME_BOUNDS_H */
