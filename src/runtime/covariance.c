#include "covariance.h"
#include "memory.h"

static void covariance_forget(ptrdiff_t count, double *covariance)
{
    for (ptrdiff_t i = 0; i < count * count; i++)
        covariance[i] = (double)NAN;
}

static bool covariance_of_hessian(ptrdiff_t count, double *hessian)
{
    if (!linear_find_triangle(count, hessian)) {
        covariance_forget(count, hessian);
        return false;
    }
    linear_invert(count, hessian);
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
    linear_invert(count, inverse);
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
    const size_t vectors = memory_sum(linear_room(residual_count, count), memory_product(n, 2));
    double *const lengths =
        (double *)memory_new(memory_sum(memory_product(n, n), vectors), sizeof *lengths, failure);
    int *const pivot = (int *)memory_new(n, sizeof *pivot, failure);
    const bool made = lengths != NULL && pivot != NULL;

    *rank = 0;
    if (made)
        covariance_forget(count, covariance);
    if (made && residual_count >= count) {
        double *const ordered = lengths + 2 * count;
        struct linear_factor factor = {residual_count,          count, j, lengths + count,
                                       ordered + count * count, pivot};
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
