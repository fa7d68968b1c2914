/* linear.h - dense matrices, column after column, in orthogonal and triangular factors. */
#ifndef SYMGRAD_RUNTIME_LINEAR_H
#define SYMGRAD_RUNTIME_LINEAR_H

#include "vector.h"
#include <float.h>

/* A Householder factorisation A P = Q R of a matrix that has at least as many rows as columns; the
 * pivots make the diagonal of R fall in absolute value. */
struct linear_factor {
    ptrdiff_t rows;
    ptrdiff_t columns;
    double *matrix;   /* R above the diagonal; from the diagonal down the reflections */
    double *diagonal; /* of R */
    double *norms;    /* room for each column's norm */
    ptrdiff_t *pivot; /* column k of R is column pivot[k] of A */
};

/* Replaces A, in factor->matrix, by its factors. */
static void linear_factorise(struct linear_factor *factor);

/* vector := Q' vector */
static void linear_rotate(const struct linear_factor *factor, double *vector);

/* The number of columns that are independent as far as rounding lets one see. */
static ptrdiff_t linear_rank(const struct linear_factor *factor);

#endif /* SYMGRAD_RUNTIME_LINEAR_H */
