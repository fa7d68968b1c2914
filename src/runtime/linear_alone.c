#include "linear.h"

static size_t linear_room(ptrdiff_t rows, ptrdiff_t columns)
{
    (void)rows;
    return (size_t)columns;
}

static double *linear_column(const struct linear_factor *factor, ptrdiff_t column)
{
    return factor->matrix + column * factor->rows;
}

/* Brings the longest of the remaining columns to the place k. */
static void linear_exchange(struct linear_factor *factor, ptrdiff_t k)
{
    double *const here = linear_column(factor, k);
    double *there;
    double *const norms = factor->room;
    ptrdiff_t longest = k;
    int pivot;

    for (ptrdiff_t j = k + 1; j < factor->columns; j++)
        if (norms[j] > norms[longest])
            longest = j;
    if (longest == k)
        return;
    there = linear_column(factor, longest);
    for (ptrdiff_t i = 0; i < factor->rows; i++) {
        const double kept = here[i];
        here[i] = there[i];
        there[i] = kept;
    }
    norms[longest] = norms[k];
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
        factor->pivot[j] = (int)j;
        factor->room[j] = vector_norm(factor->rows, linear_column(factor, j));
    }
    for (ptrdiff_t k = 0; k < factor->columns; k++) {
        linear_exchange(factor, k);
        linear_make_reflection(factor, k);
        for (ptrdiff_t j = k + 1; j < factor->columns; j++) {
            linear_reflect(factor, k, linear_column(factor, j));
            factor->room[j] = vector_norm(factor->rows - k - 1, linear_column(factor, j) + k + 1);
        }
    }
}

static void linear_rotate(const struct linear_factor *factor, double *vector)
{
    for (ptrdiff_t k = 0; k < factor->columns; k++)
        linear_reflect(factor, k, vector);
}

/* ---- Symmetric matrices ---- */

static bool linear_find_triangle(ptrdiff_t count, double *matrix)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        double *const column = matrix + k * count;
        for (ptrdiff_t j = 0; j < k; j++) {
            const double *const done = matrix + j * count;
            vector_add(count - k, column + k, -done[k], done + k);
        }
        if (!(column[k] > 0.0) || isinf(column[k]))
            return false;
        vector_scale(count - k, column + k, 1.0 / sqrt(column[k]));
    }
    return true;
}

/* Replaces a triangle, on and below the diagonal, by its inverse; above it by zeros. */
static void linear_invert_triangle(ptrdiff_t count, double *lower)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        double *const column = lower + k * count;
        for (ptrdiff_t i = 0; i < k; i++)
            column[i] = 0.0;
        column[k] = 1.0 / column[k];
        for (ptrdiff_t i = k + 1; i < count; i++) {
            double sum = 0.0;
            for (ptrdiff_t j = k; j < i; j++)
                sum += lower[i + j * count] * column[j];
            column[i] = -sum / lower[i + i * count];
        }
    }
}

/* Replaces the inverse of a lower triangle L, of L L' = A, by the inverse of A. */
static void linear_square(ptrdiff_t count, double *inverse)
{
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t j = i; j < count; j++) {
            double *const element = &inverse[j + i * count];
            *element = vector_dot(count - j, element, &inverse[j + j * count]);
        }
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t j = 0; j < i; j++)
            inverse[j + i * count] = inverse[i + j * count];
}

static void linear_invert(ptrdiff_t count, double *lower)
{
    linear_invert_triangle(count, lower);
    linear_square(count, lower);
}
