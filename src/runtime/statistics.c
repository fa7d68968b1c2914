#include "statistics.h"

enum {
    STATISTICS_SERIES = 1000, /* degrees of freedom from which on an expansion is exact */
    STATISTICS_PAIRS = 12     /* parameters whose correlations fit on a page */
};

/* ---- Student's distribution ---- */

/* The share below t, a finite series: Abramowitz and Stegun, 26.7.3 and 26.7.4. */
static double statistics_student(double t, ptrdiff_t freedom)
{
    const double pi = 3.14159265358979323846;
    const double angle = atan2(t, sqrt((double)freedom));
    const double cosine = cos(angle);
    const bool odd = freedom % 2 == 1;
    double term = odd ? cosine : 1.0;
    double sum = 0.0;

    for (ptrdiff_t k = odd ? 1 : 0; k <= freedom - 2; k += 2) {
        sum += term;
        term *= cosine * cosine * (double)(k + 1) / (double)(k + 2);
    }
    return odd ? 0.5 + (angle + sin(angle) * sum) / pi : 0.5 + 0.5 * sin(angle) * sum;
}

/* The t that 97.5 % lie below: by bisection, or for many degrees of freedom from that of the normal
 * distribution (Abramowitz and Stegun, 26.7.5). */
static double statistics_t(ptrdiff_t freedom)
{
    const double z = 1.959963984540054;
    const double n = (double)freedom;
    double low = 1.0;
    double high = 16.0;

    if (freedom >= STATISTICS_SERIES)
        return z + (z * z * z + z) / (4.0 * n) +
               (5.0 * pow(z, 5.0) + 16.0 * z * z * z + 3.0 * z) / (96.0 * n * n);
    for (int i = 0; i < 100; i++) {
        const double middle = 0.5 * (low + high);
        if (statistics_student(middle, freedom) < 0.975)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- Names ---- */

/* Writes `b`, or `W[1,2]` for an element; `unknown` counts through all parameters. */
static void statistics_print_name(const struct solving *solving, ptrdiff_t unknown, FILE *stream)
{
    for (int k = 0; k < solving->objective->over_count; k++) {
        const struct trainer_field *field =
            &solving->session->parameters.fields[solving->objective->over[k]];
        ptrdiff_t left = (ptrdiff_t)objects_field_count(field);
        if (unknown >= left) {
            unknown -= left;
            continue;
        }
        fputs(field->name, stream);
        for (int axis = 0; axis < field->rank; axis++) {
            left /= field->extent[axis];
            fprintf(stream, "%s%td", axis == 0 ? "[" : ",", unknown / left);
            unknown %= left;
        }
        fputs(field->rank > 0 ? "]" : "", stream);
        return;
    }
}

/* ---- What is printed ---- */

static void statistics_print_errors(const struct solving *solving, const double *covariance,
                                    double variance, double t, FILE *stream)
{
    const ptrdiff_t count = solving->count;

    for (ptrdiff_t i = 0; i < count; i++) {
        const double error = sqrt(variance * covariance[i * count + i]);
        statistics_print_name(solving, i, stream);
        fprintf(stream, " (standard error) = %.*g\n", SAVE_DIGITS, error);
        statistics_print_name(solving, i, stream);
        fprintf(stream, " (95 %% interval) = %.*g, %.*g\n", SAVE_DIGITS, solving->x[i] - t * error,
                SAVE_DIGITS, solving->x[i] + t * error);
    }
    for (ptrdiff_t i = 0; i < count && count <= STATISTICS_PAIRS; i++)
        for (ptrdiff_t k = i + 1; k < count; k++) {
            fputs("correlation (", stream);
            statistics_print_name(solving, i, stream);
            fputs(", ", stream);
            statistics_print_name(solving, k, stream);
            fprintf(stream, ") = %.6f\n",
                    covariance[i * count + k] /
                        sqrt(covariance[i * count + i] * covariance[k * count + k]));
        }
}

static double statistics_squares(const double *values, ptrdiff_t count)
{
    double sum = 0.0;

    for (ptrdiff_t i = 0; i < count; i++)
        sum += values[i] * values[i];
    return sum;
}

/* How many residuals take part. */
static ptrdiff_t statistics_count(const struct solving *solving)
{
    const struct trainer_fit *fit = solving->objective->solver.fit;
    const struct trainer_field *field = solving->fit_fields;
    ptrdiff_t count = 0;

    for (int block = 0; block < fit->block_count; block++) {
        const struct trainer_field *taken = solving_slopes(solving, block, field) - 1;
        const size_t all = objects_field_count(field);
        for (size_t i = 0; i < all; i++)
            count += !fit->blocks[block].taken || taken->values[i] > 0;
        field = solving_next_block(solving, block, field);
    }
    return count;
}

/* The share of what is observed that the model accounts for, where there is one thing observed. */
static void statistics_print_share(const struct solving *solving, double squares, FILE *stream)
{
    const struct trainer_fit *fit = solving->objective->solver.fit;
    const struct trainer_field *observed = &solving->fit_fields[1];
    const struct trainer_field *taken = &solving->fit_fields[2];
    const double count = (double)statistics_count(solving);
    double mean = 0.0;
    double around = 0.0;

    if (fit->block_count != 1 || !fit->blocks[0].observed)
        return;
    for (int turn = 0; turn < 2; turn++)
        for (ptrdiff_t i = 0; i < solving->problem.residual_count; i++) {
            const double value = (double)observed->values[i];
            if (fit->blocks[0].taken && !(taken->values[i] > 0))
                continue;
            if (turn == 0)
                mean += value / count;
            else
                around += (value - mean) * (value - mean);
        }
    fprintf(stream, "R^2 = %.*g\n", SAVE_DIGITS, 1.0 - squares / around);
}

static bool statistics_of_squares(struct solving *solving, double *r, double *j, double *covariance,
                                  FILE *stream, struct failure *failure)
{
    const ptrdiff_t rows = solving->problem.residual_count;
    ptrdiff_t freedom, rank;
    double squares;

    solving_jacobian(solving, solving->x, r, j);
    freedom = statistics_count(solving) - solving->count;
    if (freedom <= 0)
        return true;
    squares = statistics_squares(r, rows);
    if (!covariance_of_residuals(rows, solving->count, j, covariance, &rank, failure))
        return false;
    fprintf(stream, "degrees of freedom = %td\n", freedom);
    fprintf(stream, "residual standard deviation = %.*g\n", SAVE_DIGITS,
            sqrt(squares / (double)freedom));
    statistics_print_share(solving, squares, stream);
    if (rank < solving->count)
        fprintf(stream, "the data determine %td of the %td parameters: no standard errors\n", rank,
                solving->count);
    else
        statistics_print_errors(solving, covariance, squares / (double)freedom,
                                statistics_t(freedom), stream);
    return true;
}

static bool statistics_print_squares(struct solving *solving, FILE *stream, struct failure *failure)
{
    const size_t rows = (size_t)solving->problem.residual_count;
    const size_t count = (size_t)solving->count;
    double *r, *j, *covariance;
    bool made;

    if (rows <= count)
        return true;
    r = (double *)memory_new(rows, sizeof(double), failure);
    j = (double *)memory_new(memory_product(rows, count), sizeof(double), failure);
    covariance = (double *)memory_new(memory_product(count, count), sizeof(double), failure);
    made = r != NULL && j != NULL && covariance != NULL &&
           statistics_of_squares(solving, r, j, covariance, stream, failure);
    free(r);
    free(j);
    free(covariance);
    return made;
}

/* The Hessian, column by column, of the whole log-likelihood. */
static void statistics_hessian(struct solving *solving, double *hessian, double *direction)
{
    const struct session *session = solving->session;
    const bool mean = solving->objective->solver.likelihood == 2;
    const double factor = mean ? (double)session->training.rows : 1.0;

    for (ptrdiff_t k = 0; k < solving->count; k++) {
        direction[k] = factor;
        solving_curvature(solving, solving->x, direction, &hessian[k * solving->count]);
        direction[k] = 0.0;
    }
}

static bool statistics_print_likelihood(struct solving *solving, FILE *stream,
                                        struct failure *failure)
{
    const double z = 1.959963984540054;
    const size_t count = (size_t)solving->count;
    double *hessian = (double *)memory_new(memory_product(count, count), sizeof(double), failure);
    double *direction = (double *)memory_new(count, sizeof(double), failure);
    const bool made = hessian != NULL && direction != NULL;

    if (made) {
        statistics_hessian(solving, hessian, direction);
        if (covariance_of_hessian(solving->count, hessian))
            statistics_print_errors(solving, hessian, 1.0, z, stream);
        else
            fputs("the data do not determine the parameters: no standard errors\n", stream);
    }
    free(hessian);
    free(direction);
    return made;
}

static bool statistics_print(struct session *session, struct failure *failure)
{
    struct solving *solving = session->solving;
    const struct trainer_solver *solver = &solving->objective->solver;

    solving_gather(solving, session->parameters.fields, solving->x); /* the best ones, it may be */
    if (solving->state != SOLVER_CONVERGED) {
        if (solver->likelihood != 0 || solver->fit != NULL)
            fputs("no standard errors: the solver has not come to its end\n", stdout);
        return true;
    }
    if (solver->likelihood != 0)
        return statistics_print_likelihood(solving, stdout, failure);
    return solver->fit == NULL || statistics_print_squares(solving, stdout, failure);
}

static const struct solving_hooks solving_hooks = {
    solving_make,  solving_step,     solving_has_arrived, solving_visit,
    solving_go_on, statistics_print, solving_free};
