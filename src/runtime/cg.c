#include "cg.h"

/* direction := - gradient, of the unknowns that are free, plus some of the last direction. */
static void cg_turn(struct solver *solver, double share)
{
    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        solver->direction[i] =
            solver->held[i] ? 0.0 : share * solver->direction[i] - solver->gradient[i];
}

/* How much of the last direction to keep, from the gradients before and after the step along it:
 * solver->gradient and solver->trial_gradient, of the unknowns that are free. */
static double cg_share(const struct solver *solver)
{
    double along = 0.0; /* the change of the gradient, along the direction */
    double square = 0.0;
    double change_new = 0.0;
    double along_new = 0.0;
    double along_old = 0.0;
    double length = 0.0;
    double share;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++) {
        const double direction = solver->direction[i];
        const double after = solver->trial_gradient[i];
        const double change = after - solver->gradient[i];
        if (solver->held[i])
            continue;
        along += direction * change;
        square += change * change;
        change_new += change * after;
        along_new += direction * after;
        along_old += direction * solver->gradient[i];
        length += direction * direction;
    }
    share = (change_new - 2.0 * along_new * square / along) / along;
    return isfinite(share) ? fmax(share, 0.4 * along_old / length) : 0.0;
}

/* Where the last step would promise the same as the new slope does. */
static double cg_first_step(const struct solver *solver, const double *x, double slope)
{
    const double step = solver->cg.step * solver->cg.slope / slope;

    return solver->cg.turned && isfinite(step) && step > 0.0 ? step : descent_first_step(solver, x);
}

static bool cg_walk(struct solver *solver, const double *x, struct wolfe_point *found)
{
    const double slope = vector_dot(solver->problem->count, solver->gradient, solver->direction);

    if (!descent_walk(solver, x, cg_first_step(solver, x, slope), 0.1, found))
        return false;
    solver->cg.step = found->step;
    solver->cg.slope = slope;
    return true;
}

static enum solver_state cg_step(struct solver *solver, double *x)
{
    const ptrdiff_t count = solver->problem->count;
    struct wolfe_point found = {0.0, 0.0, 0.0};
    double share;
    bool lower;

    if (bounds_hold(solver->problem, x, solver->gradient, solver->held) || !solver->cg.turned)
        cg_turn(solver, 0.0);
    if (!solver_progresses(solver, -vector_dot(count, solver->gradient, solver->direction)))
        return SOLVER_CONVERGED;
    lower = cg_walk(solver, x, &found);
    if (!lower && solver->cg.turned) {
        solver->cg.turned = false;
        cg_turn(solver, 0.0);
        lower = cg_walk(solver, x, &found);
    }
    if (!lower || solver_is_same(count, x, solver->trial))
        return SOLVER_CONVERGED;
    share = cg_share(solver);
    descent_accept(solver, x, found.value);
    cg_turn(solver, share);
    solver->cg.turned = true;
    return SOLVER_GOES_ON;
}

static void cg_visit(struct solver *solver, const struct memory_visitor *visitor)
{
    struct cg *const cg = &solver->cg;

    solver_visit_marks(visitor, &cg->turned, 1);
    solver_visit_numbers(visitor, &cg->step, 1);
    solver_visit_numbers(visitor, &cg->slope, 1);
    solver_visit_numbers(visitor, solver->direction, solver->problem->count);
}
