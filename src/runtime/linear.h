/* linear.h - dense matrices, column after column, in orthogonal and triangular factors.
 *
 * All but the rank is there twice: linear_alone.c needs no library, linear_lapack.c calls LAPACK.
 * An emitted file holds one of them. */
#ifndef SYMGRAD_RUNTIME_LINEAR_H
#define SYMGRAD_RUNTIME_LINEAR_H

#include "vector.h"
#include <float.h>
#include <limits.h>
#include <stdint.h>

/* A Householder factorisation A P = Q R of a matrix that has at least as many rows as columns; the
 * pivots make the diagonal of R fall in absolute value. */
struct linear_factor {
    ptrdiff_t rows;
    ptrdiff_t columns;
    double *matrix;   /* R above the diagonal; from the diagonal down the reflections */
    double *diagonal; /* of R */
    double *room;     /* of linear_room() numbers: the reflections need it too */
    int *pivot;       /* column k of R is column pivot[k] of A */
};

/* How much room factors of such a matrix need; SIZE_MAX: it is too large. */
static size_t linear_room(ptrdiff_t rows, ptrdiff_t columns);

/* Replaces A, in factor->matrix, by its factors. */
static void linear_factorise(struct linear_factor *factor);

/* vector := Q' vector */
static void linear_rotate(const struct linear_factor *factor, double *vector);

/* The number of columns that are independent as far as rounding lets one see. */
static ptrdiff_t linear_rank(const struct linear_factor *factor);

/* Replaces a symmetric positive definite matrix, on and below the diagonal, by the triangle L with
 * L L' = A. False: it is not positive definite. */
static bool linear_find_triangle(ptrdiff_t count, double *matrix);

/* Replaces such a triangle by the inverse of A, all of it. */
static void linear_invert(ptrdiff_t count, double *lower);

#endif /* SYMGRAD_RUNTIME_LINEAR_H */
