#include "lbfgs.h"
#include "memory.h"

static size_t lbfgs_size(ptrdiff_t count, int memory)
{
    return memory_product(memory_sum(memory_product((size_t)count, 2), 1), (size_t)memory);
}

static void lbfgs_place(struct lbfgs *lbfgs, ptrdiff_t count, int memory, double **room)
{
    lbfgs->memory = memory;
    lbfgs->moves = solver_cut(room, count * memory);
    lbfgs->changes = solver_cut(room, count * memory);
    lbfgs->weights = solver_cut(room, memory);
}

/* The place of a step remembered; `age` 0 is the last one. */
static ptrdiff_t lbfgs_place_of(const struct solver *solver, int age)
{
    const struct lbfgs *const lbfgs = &solver->lbfgs;

    return (lbfgs->next + lbfgs->memory - 1 - age) % lbfgs->memory * solver->problem->count;
}

/* Dot products and sums over the unknowns that are free. */
static double lbfgs_dot(const struct solver *solver, const double *a, const double *b)
{
    double sum = 0.0;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        sum += solver->held[i] ? 0.0 : a[i] * b[i];
    return sum;
}

static void lbfgs_add(const struct solver *solver, double *to, double factor, const double *a)
{
    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        if (!solver->held[i])
            to[i] += factor * a[i];
}

/* The inverse Hessian, before the remembered steps, as a multiple of the unit matrix. */
static double lbfgs_unit(const struct solver *solver)
{
    const double *const move = solver->lbfgs.moves + lbfgs_place_of(solver, 0);
    const double *const change = solver->lbfgs.changes + lbfgs_place_of(solver, 0);
    const double along = lbfgs_dot(solver, move, change);
    const double square = lbfgs_dot(solver, change, change);

    return along > 0.0 && square > 0.0 ? along / square : 1.0;
}

/* direction := - inverse Hessian * gradient, by the two loops over the steps remembered. */
static void lbfgs_turn(struct solver *solver)
{
    const struct lbfgs *const lbfgs = &solver->lbfgs;
    double *const d = solver->direction;

    for (ptrdiff_t i = 0; i < solver->problem->count; i++)
        d[i] = solver->held[i] ? 0.0 : -solver->gradient[i];
    for (int age = 0; age < lbfgs->kept; age++) {
        const double *const move = lbfgs->moves + lbfgs_place_of(solver, age);
        const double *const change = lbfgs->changes + lbfgs_place_of(solver, age);
        const double along = lbfgs_dot(solver, move, change);
        lbfgs->weights[age] = along > 0.0 ? lbfgs_dot(solver, move, d) / along : 0.0;
        lbfgs_add(solver, d, -lbfgs->weights[age], change);
    }
    if (lbfgs->kept > 0)
        vector_scale(solver->problem->count, d, lbfgs_unit(solver));
    for (int age = lbfgs->kept - 1; age >= 0; age--) {
        const double *const move = lbfgs->moves + lbfgs_place_of(solver, age);
        const double *const change = lbfgs->changes + lbfgs_place_of(solver, age);
        const double along = lbfgs_dot(solver, move, change);
        if (along > 0.0)
            lbfgs_add(solver, d, lbfgs->weights[age] - lbfgs_dot(solver, change, d) / along, move);
    }
}

/* Remembers the step from x to solver->trial in the place of the oldest, if the slope rose along
 * it: others tell nothing about a minimum. */
static void lbfgs_remember(struct solver *solver, const double *x)
{
    struct lbfgs *const lbfgs = &solver->lbfgs;
    const ptrdiff_t count = solver->problem->count;
    double *const move = lbfgs->moves + lbfgs->next * count;
    double *const change = lbfgs->changes + lbfgs->next * count;

    for (ptrdiff_t i = 0; i < count; i++) {
        move[i] = solver->trial[i] - x[i];
        change[i] = solver->trial_gradient[i] - solver->gradient[i];
    }
    if (!(vector_dot(count, move, change) >
          DBL_EPSILON * vector_norm(count, move) * vector_norm(count, change)))
        return;
    lbfgs->next = (lbfgs->next + 1) % lbfgs->memory;
    lbfgs->kept = lbfgs->kept < lbfgs->memory ? lbfgs->kept + 1 : lbfgs->kept;
}

static enum solver_state lbfgs_step(struct solver *solver, double *x)
{
    struct wolfe_point found = {0.0, 0.0, 0.0};
    bool lower = false;

    bounds_hold(solver->problem, x, solver->gradient, solver->held);
    lbfgs_turn(solver);
    if (!solver_progresses(solver, -lbfgs_dot(solver, solver->gradient, solver->direction)))
        return SOLVER_CONVERGED;
    if (solver->lbfgs.kept > 0)
        lower = descent_walk(solver, x, 1.0, 0.9, &found);
    if (!lower) {
        solver->lbfgs.kept = 0;
        lbfgs_turn(solver);
        lower = descent_walk(solver, x, descent_first_step(solver, x), 0.9, &found);
    }
    if (!lower || solver_is_same(solver->problem->count, x, solver->trial))
        return SOLVER_CONVERGED;
    lbfgs_remember(solver, x);
    descent_accept(solver, x, found.value);
    return SOLVER_GOES_ON;
}

static void lbfgs_visit(struct solver *solver, const struct memory_visitor *visitor)
{
    struct lbfgs *const lbfgs = &solver->lbfgs;
    const ptrdiff_t numbers = solver->problem->count * lbfgs->memory;

    visitor->visit(visitor->context, &lbfgs->kept, sizeof lbfgs->kept);
    visitor->visit(visitor->context, &lbfgs->next, sizeof lbfgs->next);
    solver_visit_numbers(visitor, lbfgs->moves, numbers);
    solver_visit_numbers(visitor, lbfgs->changes, numbers);
}

static bool lbfgs_is_sound(const struct lbfgs *lbfgs)
{
    return lbfgs->kept >= 0 && lbfgs->kept <= lbfgs->memory && lbfgs->next >= 0 &&
           lbfgs->next < lbfgs->memory;
}
