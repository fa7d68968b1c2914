#include "solver.h"
#include "cg.h"
#include "lbfgs.h"
#include "lm.h"
#include "memory.h"
#include "newton.h"

enum { SOLVER_MEMORY = 10, SOLVER_PATIENCE_LINES = 20, SOLVER_PATIENCE_REGIONS = 5 };

static double *solver_cut(double **room, ptrdiff_t count)
{
    double *const vector = *room;

    *room += count;
    return vector;
}

static size_t solver_size(const struct solver *solver, int memory)
{
    const struct solver_problem *const problem = solver->problem;
    size_t own = 0;

    if (solver->method == SOLVER_LBFGS)
        own = lbfgs_size(problem->count, memory);
    else if (solver->method == SOLVER_NEWTON)
        own = newton_size(problem->count);
    else if (solver->method == SOLVER_LM)
        own = lm_size(problem);
    return memory_sum(memory_product((size_t)problem->count, 4), own);
}

static void solver_place(struct solver *solver, int memory)
{
    const ptrdiff_t count = solver->problem->count;
    double *room = solver->room;

    solver->gradient = solver_cut(&room, count);
    solver->direction = solver_cut(&room, count);
    solver->trial = solver_cut(&room, count);
    solver->trial_gradient = solver_cut(&room, count);
    solver->held = solver->marks;
    solver->newton.fixed = solver->marks + count;
    solver->lm.pivot = solver->places;
    solver->lm.column = solver->places + count;
    if (solver->method == SOLVER_LBFGS)
        lbfgs_place(&solver->lbfgs, count, memory, &room);
    else if (solver->method == SOLVER_NEWTON)
        newton_place(&solver->newton, count, &room);
    else if (solver->method == SOLVER_LM)
        lm_place(&solver->lm, solver->problem, &room);
}

static bool solver_make(struct solver *solver, const struct solver_problem *problem,
                        enum solver_method method, int memory, struct failure *failure)
{
    const size_t twice = memory_product((size_t)problem->count, 2);

    memset(solver, 0, sizeof *solver);
    solver->problem = problem;
    solver->method = method;
    memory = memory > 0 ? memory : SOLVER_MEMORY;
    solver->room = (double *)memory_new(solver_size(solver, memory), sizeof *solver->room, failure);
    solver->places = (int *)memory_new(twice, sizeof *solver->places, failure);
    solver->marks = (bool *)memory_new(twice, sizeof *solver->marks, failure);
    if (solver->room == NULL || solver->places == NULL || solver->marks == NULL) {
        solver_free(solver);
        return false;
    }
    solver_place(solver, memory);
    return true;
}

static void solver_free(struct solver *solver)
{
    free(solver->room);
    free(solver->places);
    free(solver->marks);
    memset(solver, 0, sizeof *solver);
}

static bool solver_is_same(ptrdiff_t count, const double *x, const double *y)
{
    for (ptrdiff_t i = 0; i < count; i++)
        if (x[i] != y[i])
            return false;
    return true;
}

static bool solver_progresses(struct solver *solver, double promise)
{
    struct solver_progress *const progress = &solver->progress;
    const bool lines = solver->method == SOLVER_LBFGS || solver->method == SOLVER_CG;
    const double least = 16.0 * DBL_EPSILON * fabs(solver->value);
    const bool lower = solver->value + least < progress->value;
    const bool nearer = promise < 0.5 * progress->promise;

    if (lower)
        progress->value = solver->value;
    if (nearer)
        progress->promise = promise;
    progress->idle = lower || nearer ? 0 : progress->idle + 1;
    return progress->idle < (lines ? SOLVER_PATIENCE_LINES : SOLVER_PATIENCE_REGIONS);
}

/* Evaluates all at x; false where something is not finite. */
static bool solver_evaluate(struct solver *solver, const double *x)
{
    const struct solver_problem *const problem = solver->problem;

    if (solver->method == SOLVER_LM)
        return lm_evaluate(solver, x);
    solver->value = problem->gradient(problem->context, x, solver->gradient);
    return isfinite(solver->value) && vector_is_finite(problem->count, solver->gradient);
}

static bool solver_start(struct solver *solver, double *x)
{
    bounds_project(solver->problem, x);
    solver->progress.value = HUGE_VAL;
    solver->progress.promise = HUGE_VAL;
    return solver_evaluate(solver, x);
}

static enum solver_state solver_step(struct solver *solver, double *x, double *value)
{
    enum solver_state state = SOLVER_DIVERGED;

    if (solver->started || solver_start(solver, x)) {
        solver->started = true;
        switch (solver->method) {
        case SOLVER_LBFGS:
            state = lbfgs_step(solver, x);
            break;
        case SOLVER_CG:
            state = cg_step(solver, x);
            break;
        case SOLVER_NEWTON:
            state = newton_step(solver, x);
            break;
        case SOLVER_LM:
            state = lm_step(solver, x);
            break;
        }
    }
    *value = solver->value;
    if (state == SOLVER_CONVERGED && solver->value < -sqrt(DBL_MAX))
        return SOLVER_DIVERGED;
    return state;
}

/* ---- Stopping and going on ---- */

static void solver_visit_numbers(const struct memory_visitor *visitor, double *numbers,
                                 ptrdiff_t count)
{
    visitor->visit(visitor->context, numbers, (size_t)count * sizeof *numbers);
}

/* As bytes: one that comes from elsewhere may be neither true nor false. */
static void solver_visit_marks(const struct memory_visitor *visitor, bool *marks, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        unsigned char byte = marks[i];
        visitor->visit(visitor->context, &byte, 1);
        marks[i] = byte != 0;
    }
}

static void solver_visit(struct solver *solver, const struct memory_visitor *visitor)
{
    struct solver_progress *const progress = &solver->progress;

    solver_visit_marks(visitor, &solver->started, 1);
    solver_visit_marks(visitor, solver->held, solver->problem->count);
    solver_visit_numbers(visitor, &progress->value, 1);
    solver_visit_numbers(visitor, &progress->promise, 1);
    visitor->visit(visitor->context, &progress->idle, sizeof progress->idle);
    switch (solver->method) {
    case SOLVER_LBFGS:
        lbfgs_visit(solver, visitor);
        break;
    case SOLVER_CG:
        cg_visit(solver, visitor);
        break;
    case SOLVER_NEWTON:
        newton_visit(solver, visitor);
        break;
    case SOLVER_LM:
        lm_visit(solver, visitor);
        break;
    }
}

static bool solver_go_on(struct solver *solver, const double *x)
{
    if (solver->progress.idle < 0 || solver->progress.idle == INT_MAX ||
        (solver->method == SOLVER_LBFGS && !lbfgs_is_sound(&solver->lbfgs)))
        return false;
    if (solver->started)
        solver_evaluate(solver, x);
    return true;
}
