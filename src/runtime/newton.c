#include "newton.h"
#include "memory.h"

enum { NEWTON_TRIALS = 100 };

static size_t newton_size(ptrdiff_t count)
{
    return memory_product((size_t)count, 3);
}

static void newton_place(struct newton *newton, ptrdiff_t count, double **room)
{
    newton->slope = solver_cut(room, count);
    newton->turn = solver_cut(room, count);
    newton->bent = solver_cut(room, count);
}

/* The dot product over the unknowns that are not fixed. */
static double newton_dot(const struct newton *newton, ptrdiff_t count, const double *a,
                         const double *b)
{
    double sum = 0.0;

    for (ptrdiff_t i = 0; i < count; i++)
        sum += newton->fixed[i] ? 0.0 : a[i] * b[i];
    return sum;
}

/* turn := share * turn - slope, of what is not fixed; bent := Hessian * turn. */
static void newton_turn(struct solver *solver, const double *x, double share)
{
    const struct solver_problem *const problem = solver->problem;
    struct newton *const newton = &solver->newton;

    for (ptrdiff_t i = 0; i < problem->count; i++)
        newton->turn[i] = newton->fixed[i] ? 0.0 : share * newton->turn[i] - newton->slope[i];
    problem->curvature(problem->context, x, newton->turn, newton->bent);
}

/* How far the move may go on along the turn before its length is the radius. */
static double newton_reach(const struct solver *solver)
{
    const ptrdiff_t count = solver->problem->count;
    const double *const turn = solver->newton.turn;
    const double length = vector_norm(count, turn);
    const double along = vector_dot(count, solver->direction, turn) / length;
    const double move = vector_norm(count, solver->direction);
    const double rest = fmax(solver->newton.radius - move, 0.0) * (solver->newton.radius + move);
    const double root = sqrt(along * along + rest);

    return (along > 0.0 ? rest / (along + root) : root - along) / length;
}

/* How far it may before an unknown comes to the end of its interval; *first is that unknown. */
static double newton_room(const struct solver *solver, const double *x, ptrdiff_t *first)
{
    const struct solver_problem *const problem = solver->problem;
    double room = HUGE_VAL;

    *first = -1;
    for (ptrdiff_t i = 0; i < problem->count; i++) {
        const double own =
            bounds_reach_of(problem, i, x[i] + solver->direction[i], solver->newton.turn[i]);
        if (own < room) {
            room = own;
            *first = i;
        }
    }
    return room;
}

/* The radius to begin with: some times the step that the slope and the curvature along it ask for.
 */
static void newton_begin(struct solver *solver, const double *x, double square, double curvature)
{
    struct newton *const newton = &solver->newton;
    const double best = square / curvature;
    const double step = curvature > 0.0 && isfinite(best) ? best : descent_first_step(solver, x);

    newton->radius = 10.0 * step * sqrt(square);
}

/* How small the model's slope is to become: the closer to the minimum, the more exact the move. */
static double newton_goal(struct solver *solver, double slope)
{
    struct newton *const newton = &solver->newton;

    newton->steepest = fmax(newton->steepest, slope);
    return slope * fmin(0.1, sqrt(slope / newton->steepest));
}

/* solver->direction := the move to the minimum of the model within radius and intervals, or part of
 * the way. Each pass goes one direction of conjugate gradients, which start anew among the others
 * when an unknown comes to the end of its interval. */
static void newton_move(struct solver *solver, const double *x)
{
    const ptrdiff_t count = solver->problem->count;
    struct newton *const newton = &solver->newton;
    double share = 0.0;
    double square;
    double goal;

    memset(solver->direction, 0, (size_t)count * sizeof *solver->direction);
    memset(newton->turn, 0, (size_t)count * sizeof *newton->turn);
    memcpy(newton->fixed, solver->held, (size_t)count * sizeof *newton->fixed);
    vector_copy(count, newton->slope, solver->gradient);
    square = newton_dot(newton, count, newton->slope, newton->slope);
    goal = newton_goal(solver, sqrt(square));
    for (ptrdiff_t pass = 0; pass < 2 * count + 20 && sqrt(square) > goal; pass++) {
        const double before = square;
        double curvature;
        double step;
        double reach;
        double room;
        ptrdiff_t first;
        newton_turn(solver, x, share);
        curvature = newton_dot(newton, count, newton->turn, newton->bent);
        if (newton->radius == 0.0)
            newton_begin(solver, x, square, curvature);
        reach = newton_reach(solver);
        room = newton_room(solver, x, &first);
        step = curvature > 0.0 ? square / curvature : HUGE_VAL;
        step = fmin(step, fmin(reach, room));
        vector_add(count, solver->direction, step, newton->turn);
        vector_add(count, newton->slope, step, newton->bent);
        if (step == reach)
            return;
        if (step == room) {
            newton->fixed[first] = true;
            solver->direction[first] =
                bounds_end(solver->problem, first, newton->turn[first]) - x[first];
        }
        square = newton_dot(newton, count, newton->slope, newton->slope);
        share = step == room ? 0.0 : square / before;
    }
}

/* What the model promises for the move. */
static double newton_promise(const struct solver *solver)
{
    const ptrdiff_t count = solver->problem->count;

    return -0.5 * (vector_dot(count, solver->gradient, solver->direction) +
                   vector_dot(count, solver->newton.slope, solver->direction));
}

/* How much lower the value is after the move. Where rounding would hide it, the slopes at both ends
 * tell. NaN or infinite: the value is not finite there. */
static double newton_gain(const struct solver *solver, double promise, double value)
{
    const ptrdiff_t count = solver->problem->count;
    const double slopes = vector_dot(count, solver->gradient, solver->direction) +
                          vector_dot(count, solver->trial_gradient, solver->direction);

    return promise > sqrt(DBL_EPSILON) * fabs(solver->value) ? solver->value - value
                                                             : -0.5 * slopes;
}

static void newton_adapt_radius(struct solver *solver, double share)
{
    struct newton *const newton = &solver->newton;
    const double length = vector_norm(solver->problem->count, solver->direction);

    if (!(share > 0.25))
        newton->radius = 0.25 * fmin(length, newton->radius);
    else if (share > 0.75 && length > 0.9 * newton->radius)
        newton->radius *= 3.0;
}

static enum solver_state newton_step(struct solver *solver, double *x)
{
    const struct solver_problem *const problem = solver->problem;

    bounds_hold(problem, x, solver->gradient, solver->held);
    for (int trial = 0; trial < NEWTON_TRIALS; trial++) {
        double promise;
        double value;
        double share;
        newton_move(solver, x);
        promise = newton_promise(solver);
        if (isnan(promise))
            return SOLVER_DIVERGED;
        if (promise <= 0.0 || (trial == 0 && !solver_progresses(solver, promise)))
            return SOLVER_CONVERGED;
        bounds_walk(problem, x, 1.0, solver->direction, solver->trial);
        if (solver_is_same(problem->count, x, solver->trial))
            return SOLVER_CONVERGED;
        value = problem->gradient(problem->context, solver->trial, solver->trial_gradient);
        share = newton_gain(solver, promise, value) / promise;
        newton_adapt_radius(solver, share);
        if (share > 1e-4 && isfinite(share) && isfinite(value) &&
            vector_is_finite(problem->count, solver->trial_gradient)) {
            descent_accept(solver, x, value);
            return SOLVER_GOES_ON;
        }
    }
    return SOLVER_CONVERGED;
}

static void newton_visit(struct solver *solver, const struct memory_visitor *visitor)
{
    solver_visit_numbers(visitor, &solver->newton.radius, 1);
    solver_visit_numbers(visitor, &solver->newton.steepest, 1);
}
