#include "linear.h"

/* Fortran's symbols, from -llapack -lblas or from a library that has both. It passes the lengths of
 * texts behind all other arguments. */
#ifdef __cplusplus
extern "C" {
#endif
void dgeqp3_(const int *m, const int *n, double *a, const int *lda, int *jpvt, double *tau,
             double *work, const int *lwork, int *info);
void dormqr_(const char *side, const char *trans, const int *m, const int *n, const int *k,
             const double *a, const int *lda, const double *tau, double *c, const int *ldc,
             double *work, const int *lwork, int *info, size_t side_length, size_t trans_length);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);
#ifdef __cplusplus
}
#endif

/* Columns that are worked on together. */
enum { LINEAR_BLOCK = 32 };

/* A factor's room begins with a number for each reflection; the rest is the library's to work in.
 */
static size_t linear_work(size_t columns)
{
    return 2 * columns + LINEAR_BLOCK * (columns + 1);
}

static size_t linear_room(ptrdiff_t rows, ptrdiff_t columns)
{
    const ptrdiff_t most = (INT_MAX - LINEAR_BLOCK) / (2 + LINEAR_BLOCK);

    if (rows > INT_MAX || columns > most)
        return SIZE_MAX;
    return (size_t)columns + linear_work((size_t)columns);
}

static void linear_factorise(struct linear_factor *factor)
{
    const int rows = (int)factor->rows;
    const int columns = (int)factor->columns;
    const int size = (int)linear_work((size_t)columns);
    int info;

    memset(factor->pivot, 0, (size_t)columns * sizeof *factor->pivot);
    dgeqp3_(&rows, &columns, factor->matrix, &rows, factor->pivot, factor->room,
            factor->room + columns, &size, &info);
    for (int k = 0; k < columns; k++) {
        factor->diagonal[k] = factor->matrix[k + k * factor->rows];
        factor->pivot[k]--;
    }
}

static void linear_rotate(const struct linear_factor *factor, double *vector)
{
    const int rows = (int)factor->rows;
    const int columns = (int)factor->columns;
    const int size = (int)linear_work((size_t)columns);
    const int one = 1;
    int info;

    dormqr_("L", "T", &rows, &one, &columns, factor->matrix, &rows, factor->room, vector, &rows,
            factor->room + columns, &size, &info, (size_t)1, (size_t)1);
}

/* ---- Symmetric matrices ---- */

static bool linear_find_triangle(ptrdiff_t count, double *matrix)
{
    const int n = (int)count;
    int info;

    if (count > INT_MAX || !vector_is_finite(count * count, matrix))
        return false;
    dpotrf_("L", &n, matrix, &n, &info, (size_t)1);
    return info == 0;
}

static void linear_invert(ptrdiff_t count, double *lower)
{
    const int n = (int)count;
    int info;

    dpotri_("L", &n, lower, &n, &info, (size_t)1);
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t j = 0; j < i; j++)
            lower[j + i * count] = lower[i + j * count];
}
