#include "bounds.h"

static double bounds_end(const struct solver_problem *problem, ptrdiff_t i, double direction)
{
    if (direction < 0.0)
        return problem->lower == NULL ? -HUGE_VAL : problem->lower[i];
    return problem->upper == NULL ? HUGE_VAL : problem->upper[i];
}

static bool bounds_are_none(const struct solver_problem *problem)
{
    return problem->lower == NULL && problem->upper == NULL;
}

static void bounds_project(const struct solver_problem *problem, double *x)
{
    for (ptrdiff_t i = 0; i < problem->count && !bounds_are_none(problem); i++) {
        x[i] = fmax(x[i], bounds_end(problem, i, -1.0));
        x[i] = fmin(x[i], bounds_end(problem, i, 1.0));
    }
}

static bool bounds_hold(const struct solver_problem *problem, const double *x,
                        const double *gradient, bool *held)
{
    bool changed = false;

    for (ptrdiff_t i = 0; i < problem->count && !bounds_are_none(problem); i++) {
        const bool low = x[i] <= bounds_end(problem, i, -1.0);
        const bool high = x[i] >= bounds_end(problem, i, 1.0);
        const bool hold = (low && gradient[i] >= 0.0) || (high && gradient[i] <= 0.0);
        changed = changed || hold != held[i];
        held[i] = hold;
    }
    return changed;
}

static double bounds_reach_of(const struct solver_problem *problem, ptrdiff_t i, double x,
                              double direction)
{
    const double room = bounds_end(problem, i, direction) - x;

    return direction == 0.0 ? HUGE_VAL : fmax(room / direction, 0.0);
}

static double bounds_reach(const struct solver_problem *problem, const double *x,
                           const double *direction)
{
    double reach = HUGE_VAL;

    for (ptrdiff_t i = 0; i < problem->count && !bounds_are_none(problem); i++)
        reach = fmin(reach, bounds_reach_of(problem, i, x[i], direction[i]));
    return reach;
}

static void bounds_walk(const struct solver_problem *problem, const double *x, double step,
                        const double *direction, double *to)
{
    for (ptrdiff_t i = 0; i < problem->count; i++) {
        to[i] = x[i] + step * direction[i];
        if (!bounds_are_none(problem) && step >= bounds_reach_of(problem, i, x[i], direction[i]))
            to[i] = bounds_end(problem, i, direction[i]);
    }
    bounds_project(problem, to);
}
