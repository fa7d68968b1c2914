#include "linear.h"

static double *linear_column(const struct linear_factor *factor, ptrdiff_t column)
{
    return factor->matrix + column * factor->rows;
}

/* Brings the longest of the remaining columns to the place k. */
static void linear_exchange(struct linear_factor *factor, ptrdiff_t k)
{
    double *const here = linear_column(factor, k);
    double *there;
    ptrdiff_t longest = k;
    ptrdiff_t pivot;

    for (ptrdiff_t j = k + 1; j < factor->columns; j++)
        if (factor->norms[j] > factor->norms[longest])
            longest = j;
    if (longest == k)
        return;
    there = linear_column(factor, longest);
    for (ptrdiff_t i = 0; i < factor->rows; i++) {
        const double kept = here[i];
        here[i] = there[i];
        there[i] = kept;
    }
    factor->norms[longest] = factor->norms[k];
    pivot = factor->pivot[k];
    factor->pivot[k] = factor->pivot[longest];
    factor->pivot[longest] = pivot;
}

/* The reflection that turns column k, from the diagonal down, into a multiple of the unit vector.
 * It is I - v v' / v[k], with v in the column's place. */
static void linear_make_reflection(struct linear_factor *factor, ptrdiff_t k)
{
    const ptrdiff_t below = factor->rows - k;
    double *const v = linear_column(factor, k) + k;
    const double norm = v[0] < 0.0 ? -vector_norm(below, v) : vector_norm(below, v);

    factor->diagonal[k] = -norm;
    if (norm == 0.0)
        return;
    for (ptrdiff_t i = 0; i < below; i++)
        v[i] /= norm;
    v[0] += 1.0;
}

static void linear_reflect(const struct linear_factor *factor, ptrdiff_t k, double *vector)
{
    const ptrdiff_t below = factor->rows - k;
    const double *const v = linear_column(factor, k) + k;

    if (factor->diagonal[k] != 0.0)
        vector_add(below, vector + k, -vector_dot(below, v, vector + k) / v[0], v);
}

static void linear_factorise(struct linear_factor *factor)
{
    for (ptrdiff_t j = 0; j < factor->columns; j++) {
        factor->pivot[j] = j;
        factor->norms[j] = vector_norm(factor->rows, linear_column(factor, j));
    }
    for (ptrdiff_t k = 0; k < factor->columns; k++) {
        linear_exchange(factor, k);
        linear_make_reflection(factor, k);
        for (ptrdiff_t j = k + 1; j < factor->columns; j++) {
            linear_reflect(factor, k, linear_column(factor, j));
            factor->norms[j] = vector_norm(factor->rows - k - 1, linear_column(factor, j) + k + 1);
        }
    }
}

static void linear_rotate(const struct linear_factor *factor, double *vector)
{
    for (ptrdiff_t k = 0; k < factor->columns; k++)
        linear_reflect(factor, k, vector);
}

static ptrdiff_t linear_rank(const struct linear_factor *factor)
{
    ptrdiff_t rank = 0;

    while (rank < factor->columns && fabs(factor->diagonal[rank]) > (double)factor->rows *
                                                                        DBL_EPSILON *
                                                                        fabs(factor->diagonal[0]))
        rank++;
    return rank;
}
