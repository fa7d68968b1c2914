#include "lm.h"
#include "memory.h"

enum { LM_TRIALS = 100, LM_DAMPINGS = 20 };

static size_t lm_size(const struct solver_problem *problem)
{
    const size_t m = (size_t)problem->residual_count;
    const size_t n = (size_t)problem->count;
    const size_t rows = m > n ? m : n;
    const size_t matrices = memory_sum(memory_product(2, m), memory_sum(rows, n));
    const size_t vectors = memory_sum(memory_product(5, n), memory_product(4, rows));

    return memory_sum(memory_sum(memory_product(n, matrices), vectors),
                      linear_room((ptrdiff_t)rows, problem->count));
}

static void lm_place(struct lm *lm, const struct solver_problem *problem, double **room)
{
    const ptrdiff_t m = problem->residual_count;
    const ptrdiff_t n = problem->count;

    lm->rows = m > n ? m : n;
    lm->jacobian = solver_cut(room, m * n);
    lm->trial_jacobian = solver_cut(room, m * n);
    lm->matrix = solver_cut(room, lm->rows * n);
    lm->triangle = solver_cut(room, n * n);
    lm->residuals = solver_cut(room, m);
    lm->trial_residuals = solver_cut(room, m);
    lm->change = solver_cut(room, m);
    lm->rotated = solver_cut(room, lm->rows);
    lm->scale = solver_cut(room, n);
    lm->diagonal = solver_cut(room, n);
    lm->scratch = solver_cut(room, n);
    lm->factor_room = solver_cut(room, (ptrdiff_t)linear_room(lm->rows, n));
    lm->target = solver_cut(room, n);
    lm->move = solver_cut(room, n);
}

/* ---- The linear model and its scale ---- */

/* Half the gradient of the sum of squares. */
static void lm_find_gradient(const struct solver_problem *problem, const double *jacobian,
                             const double *residuals, double *gradient)
{
    const ptrdiff_t m = problem->residual_count;

    for (ptrdiff_t i = 0; i < problem->count; i++)
        gradient[i] = vector_dot(m, jacobian + i * m, residuals);
}

static void lm_find_scale(struct solver *solver)
{
    const ptrdiff_t m = solver->problem->residual_count;
    struct lm *const lm = &solver->lm;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        lm->scale[i] = fmax(lm->scale[i], vector_norm(m, lm->jacobian + i * m));
}

/* The length that one scaled unit of an unknown has; an unknown without any influence has some. */
static double lm_unit(const struct lm *lm, ptrdiff_t i)
{
    return lm->scale[i] > 0.0 ? lm->scale[i] : 1.0;
}

static bool lm_evaluate(struct solver *solver, const double *x)
{
    const struct solver_problem *const problem = solver->problem;
    const ptrdiff_t m = problem->residual_count;
    struct lm *const lm = &solver->lm;

    problem->jacobian(problem->context, x, lm->residuals, lm->jacobian);
    solver->value = vector_dot(m, lm->residuals, lm->residuals);
    lm_find_gradient(problem, lm->jacobian, lm->residuals, solver->gradient);
    return isfinite(solver->value) && vector_is_finite(m * problem->count, lm->jacobian);
}

/* Q R of the scaled columns of the unknowns that are free. */
static void lm_factorise(struct solver *solver, struct linear_factor *factor)
{
    const ptrdiff_t m = solver->problem->residual_count;
    struct lm *const lm = &solver->lm;
    ptrdiff_t columns = 0;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++) {
        double *const column = lm->matrix + columns * lm->rows;
        if (solver->held[i])
            continue;
        for (ptrdiff_t j = 0; j < lm->rows; j++)
            column[j] = j < m ? lm->jacobian[j + i * m] / lm_unit(lm, i) : 0.0;
        lm->column[columns++] = (int)i;
    }
    factor->rows = lm->rows;
    factor->columns = columns;
    factor->matrix = lm->matrix;
    factor->diagonal = lm->diagonal;
    factor->room = lm->factor_room;
    factor->pivot = lm->pivot;
    linear_factorise(factor);
    for (ptrdiff_t j = 0; j < lm->rows; j++)
        lm->rotated[j] = j < m ? lm->residuals[j] : 0.0;
    linear_rotate(factor, lm->rotated);
}

/* ---- The damped linear problem ---- */

/* Rotates the row `below`, whose elements before k are 0, into row k of the triangle, such that its
 * element k vanishes too; likewise their right sides. */
static void lm_rotate_row(struct lm *lm, ptrdiff_t columns, ptrdiff_t k, double *below,
                          double *below_target)
{
    double *const row = lm->triangle + k;
    const double target = lm->target[k];
    const double length = hypot(row[k * columns], below[k]);
    double cosine;
    double sine;

    if (below[k] == 0.0)
        return;
    cosine = row[k * columns] / length;
    sine = below[k] / length;
    for (ptrdiff_t i = k; i < columns; i++) {
        const double above = row[i * columns];
        row[i * columns] = cosine * above + sine * below[i];
        below[i] = cosine * below[i] - sine * above;
    }
    lm->target[k] = cosine * target + sine * *below_target;
    *below_target = cosine * *below_target - sine * target;
}

/* The triangle S with S'S = R'R + damping, and the right side that belongs to it. */
static void lm_damp(struct lm *lm, const struct linear_factor *factor, double damping)
{
    const ptrdiff_t columns = factor->columns;
    double *const below = lm->scratch;

    for (ptrdiff_t i = 0; i < columns; i++) {
        for (ptrdiff_t j = 0; j < i; j++)
            lm->triangle[j + i * columns] = factor->matrix[j + i * factor->rows];
        lm->triangle[i + i * columns] = factor->diagonal[i];
        lm->target[i] = lm->rotated[i];
    }
    for (ptrdiff_t j = 0; j < columns && damping > 0.0; j++) {
        double target = 0.0;
        memset(below, 0, (size_t)columns * sizeof *below);
        below[j] = sqrt(damping);
        for (ptrdiff_t k = j; k < columns; k++)
            lm_rotate_row(lm, columns, k, below, &target);
    }
}

/* move := the solution of S move = target, in the order of the pivots. Its elements from `rank` on
 * are 0. */
static void lm_solve(struct lm *lm, ptrdiff_t columns, ptrdiff_t rank)
{
    vector_copy(columns, lm->move, lm->target);
    for (ptrdiff_t k = columns - 1; k >= 0; k--) {
        const double *const column = lm->triangle + k * columns;
        lm->move[k] = k < rank ? lm->move[k] / column[k] : 0.0;
        vector_add(k, lm->move, -lm->move[k], column);
    }
}

/* How fast the length of the move falls as the damping rises, relative to the length:
 * the square of S'^-1 move / |move|. */
static double lm_fall(struct lm *lm, ptrdiff_t columns)
{
    double *const solved = lm->scratch;
    const double length = vector_norm(columns, lm->move);

    for (ptrdiff_t k = 0; k < columns; k++) {
        const double *const column = lm->triangle + k * columns;
        solved[k] = (lm->move[k] / length - vector_dot(k, column, solved)) / column[k];
    }
    return vector_dot(columns, solved, solved);
}

/* The length of R' Q' residuals: of half the gradient, scaled, among the free. */
static double lm_steepness(struct lm *lm, const struct linear_factor *factor)
{
    double *const product = lm->scratch;

    for (ptrdiff_t k = 0; k < factor->columns; k++)
        product[k] = vector_dot(k, factor->matrix + k * factor->rows, lm->rotated) +
                     factor->diagonal[k] * lm->rotated[k];
    return vector_norm(factor->columns, product);
}

/* Solves with lm->damping; returns by how much the move is longer than the radius. */
static double lm_excess(struct lm *lm, const struct linear_factor *factor, ptrdiff_t rank)
{
    lm_damp(lm, factor, lm->damping);
    lm_solve(lm, factor->columns, lm->damping > 0.0 ? factor->columns : rank);
    return vector_norm(factor->columns, lm->move) - lm->radius;
}

/* lm->move := the minimum of the linear model within the radius, or a little beyond: the damping is
 * 0, or such that the length of the move is the radius. */
static void lm_find_move(struct lm *lm, const struct linear_factor *factor)
{
    const double slack = 0.1 * lm->radius;
    const ptrdiff_t rank = linear_rank(factor);
    double damping = lm->damping;
    double lower = 0.0;
    double upper = lm_steepness(lm, factor) / lm->radius;
    double excess;

    lm->damping = 0.0;
    excess = lm_excess(lm, factor, rank);
    if (excess <= slack)
        return;
    if (rank == factor->columns)
        lower = excess / lm->radius / lm_fall(lm, factor->columns);
    for (int trial = 0; trial < LM_DAMPINGS && fabs(excess) > slack; trial++) {
        damping = fmin(fmax(damping, lower), upper);
        if (damping == 0.0)
            damping = 1e-3 * upper;
        lm->damping = damping;
        excess = lm_excess(lm, factor, rank);
        if (excess > 0.0)
            lower = damping;
        else
            upper = damping;
        damping += excess / lm->radius / lm_fall(lm, factor->columns);
    }
}

/* ---- The step ---- */

/* solver->direction := the move in the units and the order of the unknowns, and solver->trial the
 * point that it leads to. */
static void lm_try(struct solver *solver, const struct linear_factor *factor, const double *x)
{
    const struct solver_problem *const problem = solver->problem;
    struct lm *const lm = &solver->lm;

    memset(solver->direction, 0, (size_t)problem->count * sizeof *solver->direction);
    for (ptrdiff_t k = 0; k < factor->columns; k++) {
        const ptrdiff_t i = lm->column[factor->pivot[k]];
        solver->direction[i] = -lm->move[k] / lm_unit(lm, i);
    }
    bounds_walk(problem, x, 1.0, solver->direction, solver->trial);
    for (ptrdiff_t i = 0; i < problem->count; i++)
        if (bounds_reach_of(problem, i, x[i], solver->direction[i]) <= 1.0)
            solver->direction[i] = solver->trial[i] - x[i];
}

/* By how much the linear model lowers the sum of squares. */
static double lm_promise(struct solver *solver)
{
    const ptrdiff_t m = solver->problem->residual_count;
    struct lm *const lm = &solver->lm;

    memset(lm->change, 0, (size_t)m * sizeof *lm->change);
    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        vector_add(m, lm->change, solver->direction[i], lm->jacobian + i * m);
    return -2.0 * vector_dot(solver->problem->count, solver->gradient, solver->direction) -
           vector_dot(m, lm->change, lm->change);
}

/* By how much the sum of squares is lower at solver->trial. Where rounding would hide it, the
 * slopes at both ends tell. NaN or infinite: something there is not finite. */
static double lm_gain(struct solver *solver, double promise)
{
    const struct solver_problem *const problem = solver->problem;
    struct lm *const lm = &solver->lm;
    double gain = 0.0;

    problem->residuals(problem->context, solver->trial, lm->trial_residuals);
    for (ptrdiff_t j = 0; j < problem->residual_count; j++)
        gain += (lm->residuals[j] - lm->trial_residuals[j]) *
                (lm->residuals[j] + lm->trial_residuals[j]);
    if (!isfinite(gain) || gain < -0.5 * promise - sqrt(DBL_EPSILON) * solver->value)
        return gain;
    problem->jacobian(problem->context, solver->trial, lm->trial_residuals, lm->trial_jacobian);
    lm_find_gradient(problem, lm->trial_jacobian, lm->trial_residuals, solver->trial_gradient);
    if (!vector_is_finite(problem->residual_count * problem->count, lm->trial_jacobian))
        return (double)NAN;
    if (promise > sqrt(DBL_EPSILON) * solver->value)
        return gain;
    return -vector_dot(problem->count, solver->gradient, solver->direction) -
           vector_dot(problem->count, solver->trial_gradient, solver->direction);
}

static double lm_length(const struct solver *solver, const double *x)
{
    double square = 0.0;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++) {
        const double scaled = solver->lm.scale[i] * x[i];
        square += scaled * scaled;
    }
    return sqrt(square);
}

/* Trusts the model further, or less far, by the share of its promise that came true. */
static void lm_adapt_radius(struct solver *solver, double share)
{
    struct lm *const lm = &solver->lm;
    const double length = lm_length(solver, solver->direction);

    if (!(share > 0.25)) {
        lm->radius = 0.25 * fmin(lm->radius, length);
        lm->damping *= 4.0;
    } else if (share > 0.75 || lm->damping == 0.0) {
        lm->radius = 2.0 * length;
        lm->damping *= 0.5;
    }
}

static void lm_accept(struct solver *solver, double *x)
{
    struct lm *const lm = &solver->lm;
    double *const residuals = lm->residuals;
    double *const jacobian = lm->jacobian;

    lm->residuals = lm->trial_residuals;
    lm->jacobian = lm->trial_jacobian;
    lm->trial_residuals = residuals;
    lm->trial_jacobian = jacobian;
    descent_accept(solver, x,
                   vector_dot(solver->problem->residual_count, lm->residuals, lm->residuals));
}

static enum solver_state lm_step(struct solver *solver, double *x)
{
    struct lm *const lm = &solver->lm;
    struct linear_factor factor;

    lm_find_scale(solver);
    bounds_hold(solver->problem, x, solver->gradient, solver->held);
    lm_factorise(solver, &factor);
    if (lm->radius == 0.0) {
        const double length = lm_length(solver, x);
        lm->radius = length > 0.0 ? length : 1.0;
    }
    for (int trial = 0; trial < LM_TRIALS; trial++) {
        double promise;
        double share;
        lm_find_move(lm, &factor);
        lm_try(solver, &factor, x);
        promise = lm_promise(solver);
        if (trial == 0 && !solver_progresses(solver, promise))
            return SOLVER_CONVERGED;
        if (solver_is_same(solver->problem->count, x, solver->trial))
            return SOLVER_CONVERGED;
        share = promise > 0.0 ? lm_gain(solver, promise) / promise : -1.0;
        lm_adapt_radius(solver, share);
        if (share > 1e-4 && isfinite(share)) {
            lm_accept(solver, x);
            return SOLVER_GOES_ON;
        }
    }
    return SOLVER_CONVERGED;
}

static void lm_visit(struct solver *solver, const struct memory_visitor *visitor)
{
    struct lm *const lm = &solver->lm;

    solver_visit_numbers(visitor, &lm->radius, 1);
    solver_visit_numbers(visitor, &lm->damping, 1);
    solver_visit_numbers(visitor, lm->scale, solver->problem->count);
}
