/* src/runtime: the minimisers, included as an emitted file would hold them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How many more allocations succeed, and how many are not given back yet. */
static size_t allocations_left = SIZE_MAX, allocations_live;

static void *scarce_calloc(size_t count, size_t size)
{
    void *memory = allocations_left == 0 ? NULL : calloc(count, size);
    allocations_left -= memory != NULL;
    allocations_live += memory != NULL;
    return memory;
}

static void counting_free(void *memory)
{
    allocations_live -= memory != NULL;
    free(memory);
}

#define calloc scarce_calloc
#define free counting_free
/* Failures and memory have more to them than solvers use. */
#pragma GCC diagnostic ignored "-Wunused-function"
/* clang-format off */
#include "runtime/failure.h"
#include "runtime/memory.h"
#include "runtime/failure.c"
#include "runtime/memory.c"
#include "runtime/vector.c"
#include "runtime/linear.c"
#include "runtime/linear_alone.c"
#include "runtime/covariance.c"
#include "runtime/wolfe.c"
#include "runtime/bounds.c"
#include "runtime/descent.c"
#include "runtime/lbfgs.c"
#include "runtime/cg.c"
#include "runtime/newton.c"
#include "runtime/lm.c"
#include "runtime/solver.c"
/* clang-format on */
#undef calloc
#undef free

#include "solver_problems.h"
#include <check.h>
#include <stdio.h>

Suite *solver_suite(void);

static const char *const method_names[] = {"lbfgs", "cg", "newton", "lm"};
enum { METHODS = sizeof method_names / sizeof method_names[0] };

static struct failure failure;

static struct solver_problem problem_of(struct sample *sample)
{
    struct solver_problem problem = {0};
    problem.count = sample->n;
    problem.context = sample;
    problem.gradient = sample_gradient;
    problem.curvature = sample_curvature;
    problem.residual_count = sample->m;
    problem.residuals = sample_residuals_at;
    problem.jacobian = sample_jacobian;
    return problem;
}

/* Steps from x to the end, which must come within so many iterations. No step makes it worse, but
 * for the rounding of residuals that nearly vanish. */
static double solve(const struct solver_problem *problem, enum solver_method method, int most,
                    double *x)
{
    struct solver solver;
    enum solver_state state = SOLVER_GOES_ON;
    double value = NAN;
    ck_assert(solver_make(&solver, problem, method, 0, &failure));
    for (int i = 0; i < most && state == SOLVER_GOES_ON; i++) {
        const double before = value;
        state = solver_step(&solver, x, &value);
        ck_assert_msg(!(value > before + 1e-9 * fabs(before)), "%s: from %.17g up to %.17g",
                      method_names[method], before, value);
    }
    solver_free(&solver);
    ck_assert_msg(state == SOLVER_CONVERGED, "%s: state %d at %.17g", method_names[method],
                  (int)state, value);
    return value;
}

/* ---- Known problems ---- */

/* Where the steps of first-order methods are too many for a test. */
static bool is_too_long(const struct sample *sample, enum solver_method method)
{
    static const char *const lbfgs[] = {"watson_12"};
    static const char *const cg[] = {"meyer", "gulf", "watson_9", "watson_12"};
    const char *const *names = method == SOLVER_LBFGS ? lbfgs : cg;
    const size_t count = method == SOLVER_LBFGS ? 1 : method == SOLVER_CG ? 4 : 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], sample->name) == 0)
            return true;
    return false;
}

START_TEST(known_minima_are_found)
{
    struct sample sample = sample_mgh[_i / METHODS];
    const enum solver_method method = (enum solver_method)(_i % METHODS);
    const struct solver_problem problem = problem_of(&sample);
    double x[SAMPLE_UNKNOWNS];
    double value;
    if (is_too_long(&sample, method))
        return;
    memcpy(x, sample.start, sizeof x);
    value = solve(&problem, method, 3000, x);
    ck_assert_msg(
        value - sample.minimum <= 1e-8 * fmax(1.0, sample.minimum) ||
            (sample.local > 0.0 && fabs(value - sample.local) <= 1e-8 * fmax(1.0, sample.local)),
        "%s by %s: %.17g", sample.name, method_names[method], value);
}
END_TEST

/* ---- Reference data sets of NIST ---- */

struct reference {
    struct sample sample;
    double start[2][SAMPLE_UNKNOWNS];
    double parameters[SAMPLE_UNKNOWNS];
    double deviations[SAMPLE_UNKNOWNS];
    double columns[3][SAMPLE_RESIDUALS];
};

static FILE *open_reference(const char *name, const char *ending)
{
    const char *data = getenv("SYMGRAD_DATA");
    const char *root = getenv("SRCDIR");
    char path[4096];
    if (data != NULL)
        snprintf(path, sizeof path, "%s/nist/%s.%s", data, name, ending);
    else
        snprintf(path, sizeof path, "%s/../shared/data/nist/%s.%s", root == NULL ? "." : root, name,
                 ending);
    return fopen(path, "r");
}

/* Numbers with blanks between them. */
static void read_list(const char *text, double *values)
{
    char *end;
    for (double value = strtod(text, &end); end != text; value = strtod(text, &end)) {
        *values++ = value;
        text = end;
    }
}

/* x and y, or x, z and y, a line. */
static void read_observations(struct reference *reference)
{
    FILE *file = open_reference(reference->sample.name, "csv");
    char line[256];
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        double value[3];
        const int count = sscanf(line, "%lf,%lf,%lf", &value[0], &value[1], &value[2]);
        const int row = reference->sample.m++;
        ck_assert_int_ge(count, 2);
        reference->columns[0][row] = value[0];
        reference->columns[1][row] = value[1];
        reference->columns[2][row] = value[count - 1];
    }
    fclose(file);
    reference->sample.x = reference->columns[0];
    reference->sample.z = reference->columns[1];
    reference->sample.y = reference->columns[2];
}

/* A line of nist.tsv: name, level, number of parameters and observations, two starts, certified
 * parameters, their standard deviations, sum of squares. */
static void read_reference(char *line, struct reference *reference)
{
    char *fields[9];
    char *field = strtok(line, "\t");
    for (int i = 0; i < 9; i++, field = strtok(NULL, "\t")) {
        ck_assert_ptr_nonnull(field);
        fields[i] = field;
    }
    ck_assert_msg(sample_nist(fields[0]) != NULL, "no model for %s", fields[0]);
    reference->sample = *sample_nist(fields[0]);
    read_list(fields[4], reference->start[0]);
    read_list(fields[5], reference->start[1]);
    read_list(fields[6], reference->parameters);
    read_list(fields[7], reference->deviations);
    read_observations(reference);
}

static void assert_digits(const struct reference *reference, const char *what, double value,
                          double certified, double digits)
{
    ck_assert_msg(fabs(value - certified) <= pow(10.0, -digits) * fabs(certified),
                  "%s: %s %.12g, certified %.12g", reference->sample.name, what, value, certified);
}

/* The standard deviations of the parameters. Lanczos1 is exact but for the last printed digit of
 * its observations: what is left over are a few units of rounding. */
static void assert_deviations(struct reference *reference, const double *x, double value)
{
    static double r[SAMPLE_RESIDUALS], j[SAMPLE_RESIDUALS * SAMPLE_UNKNOWNS];
    const int n = reference->sample.n;
    const int m = reference->sample.m;
    const double digits = value < 1e-20 ? 2.0 : 8.0;
    double covariance[SAMPLE_UNKNOWNS * SAMPLE_UNKNOWNS];
    ptrdiff_t rank;
    sample_jacobian(&reference->sample, x, r, j);
    ck_assert(covariance_of_residuals(m, n, j, covariance, &rank, &failure));
    ck_assert_int_eq((int)rank, n);
    for (int i = 0; i < n; i++)
        assert_digits(reference, "deviation", sqrt(value / (m - n) * covariance[i + i * n]),
                      reference->deviations[i], digits);
}

START_TEST(certified_parameters_are_found)
{
    static struct reference reference;
    FILE *file = open_reference("nist", "tsv");
    char line[4096];
    if (file == NULL) {
        fputs("# the reference data of NIST are not here: skipped\n", stdout);
        return;
    }
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        memset(&reference, 0, sizeof reference);
        read_reference(line, &reference);
        for (int start = 0; start < 2; start++) {
            const struct solver_problem problem = problem_of(&reference.sample);
            double *x = reference.start[start];
            const double value = solve(&problem, SOLVER_LM, 1000, x);
            for (int i = 0; i < reference.sample.n; i++)
                assert_digits(&reference, "parameter", x[i], reference.parameters[i], 9.0);
            assert_deviations(&reference, x, value);
        }
    }
    fclose(file);
}
END_TEST

/* ---- Intervals ---- */

/* No unknown is outside; the value falls inwards at no end, and between the ends nowhere. */
static void assert_kkt(const struct solver_problem *problem, const double *x, const double *start,
                       const char *name)
{
    double g[SAMPLE_UNKNOWNS];
    double g_start[SAMPLE_UNKNOWNS];
    problem->gradient(problem->context, start, g_start);
    problem->gradient(problem->context, x, g);
    for (ptrdiff_t i = 0; i < problem->count; i++) {
        const double small = 1e-6 * vector_largest(problem->count, g_start);
        ck_assert_msg(x[i] >= problem->lower[i] && x[i] <= problem->upper[i], "%s: x[%d] = %.17g",
                      name, (int)i, x[i]);
        ck_assert_msg((g[i] >= -small || x[i] == problem->upper[i]) &&
                          (g[i] <= small || x[i] == problem->lower[i]),
                      "%s: x[%d] = %.17g, slope %g", name, (int)i, x[i], g[i]);
    }
}

/* Intervals that cut off the minimum: of three unknowns one may go half the way to where it would
 * go by itself, one may go just there, and one is free. */
START_TEST(intervals_are_kept)
{
    struct sample sample = sample_mgh[_i / METHODS];
    const enum solver_method method = (enum solver_method)(_i % METHODS);
    struct solver_problem problem = problem_of(&sample);
    double lower[SAMPLE_UNKNOWNS], upper[SAMPLE_UNKNOWNS];
    double x[SAMPLE_UNKNOWNS];
    double start[SAMPLE_UNKNOWNS];
    if (is_too_long(&sample, method) ||
        (method == SOLVER_CG && strcmp(sample.name, "penalty_2_4") == 0))
        return;
    memcpy(x, sample.start, sizeof x);
    solve(&problem, SOLVER_LM, 3000, x);
    for (int i = 0; i < sample.n; i++) {
        const double middle = 0.5 * (x[i] + sample.start[i]);
        lower[i] = i % 3 == 2 ? -HUGE_VAL : fmin(sample.start[i], i % 3 == 0 ? middle : x[i]);
        upper[i] = i % 3 == 2 ? HUGE_VAL : fmax(sample.start[i], i % 3 == 0 ? middle : x[i]);
    }
    problem.lower = lower;
    problem.upper = upper;
    memcpy(start, sample.start, sizeof start);
    memcpy(x, start, sizeof x);
    solve(&problem, method, 3000, x);
    assert_kkt(&problem, x, start, sample.name);
}
END_TEST

/* Rosenbrock's valley through many dimensions, in a box that cuts it off. */
enum { VALLEY = 600 };

static double valley(void *context, const double *x, double *g)
{
    double value = 0.0;
    (void)context;
    for (int i = 0; i < VALLEY && g != NULL; i++)
        g[i] = 0.0;
    for (int i = 0; i < VALLEY - 1; i++) {
        const double across = x[i + 1] - x[i] * x[i];
        value += 100.0 * across * across + (1.0 - x[i]) * (1.0 - x[i]);
        if (g != NULL) {
            g[i] -= 400.0 * across * x[i] + 2.0 * (1.0 - x[i]);
            g[i + 1] += 200.0 * across;
        }
    }
    return value;
}

static void valley_curvature(void *context, const double *x, const double *direction,
                             double *product)
{
    (void)context;
    product[0] = 0.0;
    for (int i = 0; i < VALLEY - 1; i++) {
        const double own = 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
        product[i] += own * direction[i] - 400.0 * x[i] * direction[i + 1];
        product[i + 1] = 200.0 * direction[i + 1] - 400.0 * x[i] * direction[i];
    }
}

START_TEST(many_unknowns_in_a_box_settle)
{
    static double lower[VALLEY], upper[VALLEY], x[VALLEY], g[VALLEY];
    const struct solver_problem problem = {VALLEY,           lower, upper, NULL, valley,
                                           valley_curvature, 0,     NULL,  NULL};
    for (int i = 0; i < VALLEY; i++) {
        lower[i] = i % 3 == 0 ? 1.05 : -2.0;
        upper[i] = i % 5 == 0 ? 1.1 : 10.0;
        x[i] = i % 2 == 0 ? -1.2 : 1.0;
    }
    solve(&problem, (enum solver_method)_i, 1000, x);
    valley(NULL, x, g);
    for (int i = 0; i < VALLEY; i++) {
        const double downhill = fmin(fmax(x[i] - g[i], lower[i]), upper[i]);
        ck_assert_double_eq_tol(downhill, x[i], 1e-9);
    }
}
END_TEST

/* The distance from a point outside of the box; each unknown ends at its own end. */
static double distance(void *context, const double *x, double *g)
{
    const double *const goal = context;
    double value = 0.0;
    for (int i = 0; i < 3; i++) {
        value += (x[i] - goal[i]) * (x[i] - goal[i]);
        if (g != NULL)
            g[i] = 2.0 * (x[i] - goal[i]);
    }
    return value;
}

static void distance_curvature(void *context, const double *x, const double *direction,
                               double *product)
{
    (void)context;
    (void)x;
    for (int i = 0; i < 3; i++)
        product[i] = 2.0 * direction[i];
}

static void distance_residuals(void *context, const double *x, double *r)
{
    const double *const goal = context;
    for (int i = 0; i < 3; i++)
        r[i] = x[i] - goal[i];
}

static void distance_jacobian(void *context, const double *x, double *r, double *j)
{
    distance_residuals(context, x, r);
    for (int i = 0; i < 9; i++)
        j[i] = i % 4 == 0 ? 1.0 : 0.0;
}

START_TEST(ends_are_reached_to_the_bit)
{
    static const double lower[] = {-0.1, 0.3, 1.0 / 3.0};
    static const double upper[] = {0.7, HUGE_VAL, 1.0 / 3.0};
    double goal[] = {5.0, -7.0, 2.0};
    double x[] = {1e6, 1.7, 0.2}; /* the first and the last start outside */
    const struct solver_problem problem = {3,
                                           lower,
                                           upper,
                                           goal,
                                           distance,
                                           distance_curvature,
                                           3,
                                           distance_residuals,
                                           distance_jacobian};
    solve(&problem, (enum solver_method)_i, 100, x);
    ck_assert(x[0] == 0.7 && x[1] == 0.3 && x[2] == 1.0 / 3.0);
}
END_TEST

/* ---- Values that are not finite ---- */

/* x - log(x), which is not defined where x is negative; as squares, that of log(x). */
static double barrier(void *context, const double *x, double *g)
{
    (void)context;
    if (g != NULL)
        g[0] = 1.0 - 1.0 / x[0];
    return x[0] - log(x[0]);
}

static void barrier_curvature(void *context, const double *x, const double *direction,
                              double *product)
{
    (void)context;
    product[0] = direction[0] / x[0] / x[0];
}

static void barrier_residuals(void *context, const double *x, double *r)
{
    (void)context;
    r[0] = log(x[0]);
}

static void barrier_jacobian(void *context, const double *x, double *r, double *j)
{
    barrier_residuals(context, x, r);
    j[0] = 1.0 / x[0];
}

static const struct solver_problem barrier_problem = {
    1, NULL, NULL, NULL, barrier, barrier_curvature, 1, barrier_residuals, barrier_jacobian};

START_TEST(steps_stay_where_values_are_finite)
{
    static const double starts[] = {1e-6, 0.5, 40.0, 1e9};
    double x = starts[_i / METHODS];
    solve(&barrier_problem, (enum solver_method)(_i % METHODS), 1000, &x);
    ck_assert_double_eq_tol(x, 1.0, 1e-14);
}
END_TEST

START_TEST(a_start_that_is_not_finite_is_told)
{
    struct solver solver;
    double x = -1.0;
    double value;
    ck_assert(solver_make(&solver, &barrier_problem, (enum solver_method)_i, 0, &failure));
    ck_assert_int_eq(solver_step(&solver, &x, &value), SOLVER_DIVERGED);
    ck_assert(x == -1.0 && isnan(value));
    solver_free(&solver);
}
END_TEST

static void lost_curvature(void *context, const double *x, const double *direction, double *product)
{
    (void)context;
    (void)x;
    product[0] = NAN * direction[0];
}

START_TEST(curvature_that_is_not_finite_is_told)
{
    struct solver_problem problem = barrier_problem;
    struct solver solver;
    double x = 2.0;
    double value;
    problem.curvature = lost_curvature;
    ck_assert(solver_make(&solver, &problem, SOLVER_NEWTON, 0, &failure));
    ck_assert_int_eq(solver_step(&solver, &x, &value), SOLVER_DIVERGED);
    ck_assert(x == 2.0);
    solver_free(&solver);
}
END_TEST

/* A value that falls for ever. */
static double slide(void *context, const double *x, double *g)
{
    (void)context;
    if (g != NULL)
        g[0] = -1.0;
    return -x[0];
}

static void slide_curvature(void *context, const double *x, const double *direction,
                            double *product)
{
    (void)context;
    (void)x;
    product[0] = 0.0 * direction[0];
}

START_TEST(values_without_a_minimum_diverge)
{
    const struct solver_problem problem = {1, NULL, NULL, NULL, slide, slide_curvature,
                                           0, NULL, NULL};
    struct solver solver;
    enum solver_state state = SOLVER_GOES_ON;
    double x = 1.0;
    double value;
    ck_assert(solver_make(&solver, &problem, (enum solver_method)_i, 0, &failure));
    for (int i = 0; i < 1000 && state == SOLVER_GOES_ON; i++)
        state = solver_step(&solver, &x, &value);
    ck_assert_int_eq(state, SOLVER_DIVERGED);
    ck_assert(isfinite(x) && isfinite(value));
    solver_free(&solver);
}
END_TEST

/* ---- Shapes ---- */

START_TEST(minima_are_kept)
{
    double goal[] = {5.0, -7.0, 0.0};
    double x[] = {5.0, -7.0, 0.0};
    const struct solver_problem problem = {3,
                                           NULL,
                                           NULL,
                                           goal,
                                           distance,
                                           distance_curvature,
                                           3,
                                           distance_residuals,
                                           distance_jacobian};
    ck_assert(solve(&problem, (enum solver_method)_i, 1, x) == 0.0);
    ck_assert(memcmp(x, goal, sizeof goal) == 0);
}
END_TEST

/* One residual for two unknowns, one of which has no influence at first: x*y = 6. */
static void product_residuals(void *context, const double *x, double *r)
{
    (void)context;
    r[0] = x[0] * x[1] - 6.0;
}

static void product_jacobian(void *context, const double *x, double *r, double *j)
{
    product_residuals(context, x, r);
    j[0] = x[1];
    j[1] = x[0];
}

START_TEST(residuals_may_be_fewer_than_unknowns)
{
    const struct solver_problem problem = {
        2, NULL, NULL, NULL, NULL, NULL, 1, product_residuals, product_jacobian};
    double x[] = {2.0, 0.0};
    ck_assert_double_le(solve(&problem, SOLVER_LM, 100, x), 1e-28);
}
END_TEST

START_TEST(lack_of_memory_is_told)
{
    struct sample sample = sample_mgh[0];
    const struct solver_problem problem = problem_of(&sample);
    struct solver solver;
    double j[] = {1.0, 1.0};
    double covariance;
    ptrdiff_t rank;
    for (size_t allowed = 0; allowed < 3; allowed++) {
        allocations_left = allowed;
        ck_assert(!solver_make(&solver, &problem, (enum solver_method)_i, 0, &failure));
        ck_assert_int_eq(failure.status, FAILURE_SYSTEM);
        ck_assert_uint_eq(allocations_live, 0);
        allocations_left = allowed;
        ck_assert(allowed > 1 || !covariance_of_residuals(2, 1, j, &covariance, &rank, &failure));
        ck_assert_uint_eq(allocations_live, 0);
    }
    allocations_left = SIZE_MAX;
}
END_TEST

/* ---- Stopping and going on ---- */

/* A solver's state between two runs. */
struct baggage {
    char bytes[1 << 14];
    size_t size;
    bool unpacks;
};

static void carry(void *context, void *bytes, size_t size)
{
    struct baggage *const baggage = context;
    char *const place = baggage->bytes + baggage->size;
    ck_assert_uint_le(baggage->size + size, sizeof baggage->bytes);
    memcpy(baggage->unpacks ? bytes : place, baggage->unpacks ? place : bytes, size);
    baggage->size += size;
}

/* A new solver in the place of the old one, as if the program had ended between two steps. */
static void change_solver(struct solver *solver, const struct solver_problem *problem,
                          const double *x)
{
    struct baggage baggage = {.size = 0};
    const struct memory_visitor visitor = {carry, &baggage};
    const enum solver_method method = solver->method;
    solver_visit(solver, &visitor);
    solver_free(solver);
    baggage.unpacks = true;
    baggage.size = 0;
    ck_assert(solver_make(solver, problem, method, 0, &failure));
    solver_visit(solver, &visitor);
    ck_assert(solver_go_on(solver, x));
}

static enum solver_state step_often(const struct solver_problem *problem, enum solver_method method,
                                    bool changes, double *x)
{
    struct solver solver;
    enum solver_state state = SOLVER_GOES_ON;
    double value;
    ck_assert(solver_make(&solver, problem, method, 0, &failure));
    for (int i = 0; i < 100 && state == SOLVER_GOES_ON; i++) {
        state = solver_step(&solver, x, &value);
        if (changes)
            change_solver(&solver, problem, x);
    }
    solver_free(&solver);
    return state;
}

/* Free, and in a box that is narrow enough to be felt. */
START_TEST(stopping_and_going_on_changes_nothing)
{
    struct sample sample = sample_mgh[_i / METHODS / 2];
    const enum solver_method method = (enum solver_method)(_i % METHODS);
    struct solver_problem problem = problem_of(&sample);
    double x[SAMPLE_UNKNOWNS], y[SAMPLE_UNKNOWNS], lower[SAMPLE_UNKNOWNS], upper[SAMPLE_UNKNOWNS];
    for (int i = 0; i < sample.n; i++) {
        lower[i] = sample.start[i] - 0.25;
        upper[i] = sample.start[i] + 0.5;
    }
    if (_i / METHODS % 2 == 1) {
        problem.lower = lower;
        problem.upper = upper;
    }
    memcpy(x, sample.start, sizeof x);
    memcpy(y, sample.start, sizeof y);
    ck_assert_int_eq(step_often(&problem, method, false, x), step_often(&problem, method, true, y));
    ck_assert_msg(memcmp(x, y, (size_t)sample.n * sizeof *x) == 0, "%s by %s", sample.name,
                  method_names[method]);
}
END_TEST

/* ---- Covariances ---- */

START_TEST(covariances_invert)
{
    /* J'J = [4 2; 2 3], its inverse [3 -2; -2 4] / 8; the units of the second differ by far. */
    const double unit = 1e-150;
    double j[] = {2.0, 0.0, 0.0, 1.0 * unit, sqrt(2.0) * unit, 0.0};
    double hessian[] = {4.0, 2.0, 2.0, 3.0};
    double covariance[4];
    ptrdiff_t rank;
    ck_assert(covariance_of_residuals(3, 2, j, covariance, &rank, &failure));
    ck_assert_int_eq((int)rank, 2);
    ck_assert_double_eq_tol(covariance[0], 0.375, 1e-15);
    ck_assert_double_eq_tol(covariance[1] * unit, -0.25, 1e-15);
    ck_assert_double_eq_tol(covariance[2] * unit, -0.25, 1e-15);
    ck_assert_double_eq_tol(covariance[3] * unit * unit, 0.5, 1e-15);
    ck_assert(covariance_of_hessian(2, hessian));
    ck_assert_double_eq_tol(hessian[0], 0.375, 1e-15);
    ck_assert_double_eq_tol(hessian[1], -0.25, 1e-15);
    ck_assert_double_eq_tol(hessian[2], -0.25, 1e-15);
    ck_assert_double_eq_tol(hessian[3], 0.5, 1e-15);
}
END_TEST

START_TEST(what_cannot_be_told_apart_has_no_covariance)
{
    double j[] = {1.0, 2.0, 3.0, 4.0, 3.0, 6.0, 9.0, 12.0, 1.0, 0.0, 1.0, 0.0};
    double few[] = {1.0, 2.0};
    double saddle[] = {1.0, 2.0, 2.0, 1.0};
    double covariance[9];
    ptrdiff_t rank;
    ck_assert(covariance_of_residuals(4, 3, j, covariance, &rank, &failure));
    ck_assert_int_eq((int)rank, 2);
    ck_assert(isnan(covariance[0]) && isnan(covariance[8]));
    ck_assert(covariance_of_residuals(1, 2, few, covariance, &rank, &failure));
    ck_assert(isnan(covariance[0]) && isnan(covariance[3]));
    ck_assert(!covariance_of_hessian(2, saddle));
    ck_assert(isnan(saddle[0]) && isnan(saddle[3]));
}
END_TEST

Suite *solver_suite(void)
{
    Suite *suite = suite_create("solver");
    TCase *tests = tcase_create("solvers");
    const int all = sample_mgh_count * METHODS;
    tcase_add_loop_test(tests, known_minima_are_found, 0, all);
    tcase_add_test(tests, certified_parameters_are_found);
    tcase_add_loop_test(tests, intervals_are_kept, 0, all);
    tcase_add_loop_test(tests, many_unknowns_in_a_box_settle, 0, SOLVER_LM);
    tcase_add_loop_test(tests, ends_are_reached_to_the_bit, 0, METHODS);
    tcase_add_loop_test(tests, steps_stay_where_values_are_finite, 0, 4 * METHODS);
    tcase_add_loop_test(tests, a_start_that_is_not_finite_is_told, 0, METHODS);
    tcase_add_test(tests, curvature_that_is_not_finite_is_told);
    tcase_add_loop_test(tests, values_without_a_minimum_diverge, 0, SOLVER_LM);
    tcase_add_loop_test(tests, minima_are_kept, 0, METHODS);
    tcase_add_test(tests, residuals_may_be_fewer_than_unknowns);
    tcase_add_loop_test(tests, lack_of_memory_is_told, 0, METHODS);
    tcase_add_loop_test(tests, stopping_and_going_on_changes_nothing, 0, 2 * all);
    tcase_add_test(tests, covariances_invert);
    tcase_add_test(tests, what_cannot_be_told_apart_has_no_covariance);
    suite_add_tcase(suite, tests);
    return suite;
}
