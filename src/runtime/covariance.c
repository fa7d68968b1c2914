#include "covariance.h"
#include "memory.h"

static void covariance_forget(ptrdiff_t count, double *covariance)
{
    for (ptrdiff_t i = 0; i < count * count; i++)
        covariance[i] = (double)NAN;
}

/* Replaces a triangle, on and below the diagonal, by its inverse; above it by zeros. */
static void covariance_invert_triangle(ptrdiff_t count, double *lower)
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
static void covariance_square(ptrdiff_t count, double *inverse)
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

/* Replaces a symmetric positive definite matrix by L, the lower triangle with L L' = A. False: it
 * is not positive definite. */
static bool covariance_factorise(ptrdiff_t count, double *matrix)
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

static bool covariance_of_hessian(ptrdiff_t count, double *hessian)
{
    if (!covariance_factorise(count, hessian)) {
        covariance_forget(count, hessian);
        return false;
    }
    covariance_invert_triangle(count, hessian);
    covariance_square(count, hessian);
    return true;
}

/* Each parameter in units of its own, such that all columns are of length 1. */
static void covariance_normalise(const struct linear_factor *factor, double *lengths)
{
    for (ptrdiff_t i = 0; i < factor->columns; i++) {
        double *const column = factor->matrix + i * factor->rows;
        const double length = vector_norm(factor->rows, column);
        lengths[i] = length > 0.0 ? length : 1.0;
        for (ptrdiff_t j = 0; j < factor->rows; j++)
            column[j] /= lengths[i];
    }
}

/* The inverse of J'J in the order of the pivots, from J = Q R: R' is a lower triangle. */
static void covariance_from_triangle(const struct linear_factor *factor, double *inverse)
{
    const ptrdiff_t count = factor->columns;

    for (ptrdiff_t i = 0; i < count; i++) {
        inverse[i + i * count] = factor->diagonal[i];
        for (ptrdiff_t j = i + 1; j < count; j++)
            inverse[j + i * count] = factor->matrix[i + j * factor->rows];
    }
    covariance_invert_triangle(count, inverse);
    covariance_square(count, inverse);
}

/* `ordered` is the covariance in the order of the pivots and in the units of the lengths. */
static void covariance_restore(const struct linear_factor *factor, const double *ordered,
                               const double *lengths, double *covariance)
{
    const ptrdiff_t count = factor->columns;

    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t j = 0; j < count; j++) {
            const ptrdiff_t row = factor->pivot[i];
            const ptrdiff_t column = factor->pivot[j];
            covariance[row + column * count] =
                ordered[i + j * count] / lengths[row] / lengths[column];
        }
}

static bool covariance_of_residuals(ptrdiff_t residual_count, ptrdiff_t count, double *j,
                                    double *covariance, ptrdiff_t *rank, struct failure *failure)
{
    const size_t n = (size_t)count;
    double *const lengths =
        (double *)memory_new(memory_product(n, n + 3), sizeof *lengths, failure);
    ptrdiff_t *const pivot = (ptrdiff_t *)memory_new(n, sizeof *pivot, failure);
    const bool made = lengths != NULL && pivot != NULL;

    *rank = 0;
    if (made)
        covariance_forget(count, covariance);
    if (made && residual_count >= count) {
        double *const ordered = lengths + 3 * count;
        struct linear_factor factor = {residual_count,      count, j, lengths + count,
                                       lengths + 2 * count, pivot};
        covariance_normalise(&factor, lengths);
        linear_factorise(&factor);
        *rank = linear_rank(&factor);
        if (*rank == count) {
            covariance_from_triangle(&factor, ordered);
            covariance_restore(&factor, ordered, lengths, covariance);
        }
    }
    free(lengths);
    free(pivot);
    return made;
}
