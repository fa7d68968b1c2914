#include "descent.h"

enum { DESCENT_TRIALS = 60 };

/* The walk, as the search along a line sees it. */
struct descent {
    struct solver *solver;
    const double *x;
};

static void descent_evaluate(void *context, struct wolfe_point *point)
{
    struct descent *const descent = (struct descent *)context;
    struct solver *const solver = descent->solver;
    const struct solver_problem *const problem = solver->problem;

    bounds_walk(problem, descent->x, point->step, solver->direction, solver->trial);
    point->value = problem->gradient(problem->context, solver->trial, solver->trial_gradient);
    point->slope = vector_dot(problem->count, solver->trial_gradient, solver->direction);
}

static double descent_first_step(const struct solver *solver, const double *x)
{
    const ptrdiff_t count = solver->problem->count;
    const double size = vector_largest(count, x);
    const double steepest = vector_largest(count, solver->gradient);
    const double norm = vector_norm(count, solver->gradient);

    if (size > 0.0)
        return 0.01 * size / steepest;
    return solver->value != 0.0 ? 0.01 * fabs(solver->value) / norm / norm : 1.0;
}

/* What a gradient promises for the way from x to solver->trial. */
static double descent_promise(const struct solver *solver, const double *x, const double *gradient)
{
    double promise = 0.0;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        promise += gradient[i] * (x[i] - solver->trial[i]);
    return promise;
}

/* The value fell by a share of what the slope promised; or, where rounding hides that, the slope at
 * the end is flatter. */
static bool descent_is_lower(const struct solver *solver, const double *x, double value)
{
    const double promise = descent_promise(solver, x, solver->gradient);
    const double rest = descent_promise(solver, x, solver->trial_gradient);
    const double goal = solver->value - 1e-4 * promise;

    if (!(promise > 0.0) || !isfinite(rest))
        return false;
    return value <= goal - wolfe_rounding(solver->value) ||
           (value <= goal + wolfe_rounding(solver->value) && fabs(rest) <= promise);
}

/* The way bends at the ends of the intervals: ever shorter steps until the value is lower by a
 * share of what the slope promises. */
static bool descent_bend(struct descent *descent, double step, struct wolfe_point *found)
{
    found->step = step;
    for (int trial = 0; trial < DESCENT_TRIALS; trial++, found->step /= 2.0) {
        descent_evaluate(descent, found);
        if (descent_is_lower(descent->solver, descent->x, found->value))
            return true;
    }
    return false;
}

/* Unknowns at the end of their interval stay there if the direction points outwards. As they are
 * free, the value falls inwards, so that this makes the slope but steeper. */
static void descent_keep_inside(struct solver *solver, const double *x)
{
    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        if (bounds_reach_of(solver->problem, i, x[i], solver->direction[i]) == 0.0)
            solver->direction[i] = 0.0;
}

static bool descent_walk(struct solver *solver, const double *x, double step, double flatter,
                         struct wolfe_point *found)
{
    const struct solver_problem *const problem = solver->problem;
    struct descent descent = {solver, x};
    struct wolfe_line line = {&descent, descent_evaluate, flatter, 0.0};
    struct wolfe_point start = {0.0, 0.0, 0.0};

    descent_keep_inside(solver, x);
    line.limit = bounds_reach(problem, x, solver->direction);
    start.value = solver->value;
    start.slope = vector_dot(problem->count, solver->gradient, solver->direction);
    if (!(start.slope < 0.0) || !isfinite(start.slope))
        return false;
    if (line.limit < step)
        return descent_bend(&descent, step, found);
    found->step = step;
    return wolfe_search(&line, start, found);
}

static void descent_accept(struct solver *solver, double *x, double value)
{
    const ptrdiff_t count = solver->problem->count;

    vector_copy(count, x, solver->trial);
    vector_copy(count, solver->gradient, solver->trial_gradient);
    solver->value = value;
}
