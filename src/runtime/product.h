/* Sums of products: what a matrix product, a matrix times a vector, a convolution and their
   derivatives all are, in tiles that stay in registers. Plain C99, also embedded in emitted code.

   A call describes its sum by a struct, best one that is const and local to the call:

       const struct product z = {64, 128, {1, 1, 784}, 784, {0, 0, 1}, 1, {0, 0, 128}, 128, 1};
       product_add(&z, x, weights, z_values);

   so that it compiles as C99 and as C++, and a compiler sees the constants. No function allocates
   or keeps anything, and none depends on where an array lies: equal operands give equal bits. */
#ifndef SYMGRAD_RUNTIME_PRODUCT_H
#define SYMGRAD_RUNTIME_PRODUCT_H

#include <stddef.h>

/* @text product */
/* target[i,j] is a sum over k, l and m of left[i,k,l,m]*right[k,l,m,j]. A stride counts elements
   and may be anything: 0 repeats an element, and what a convolution reads overlaps. Unused depths
   have the extent 1. The target overlaps neither operand. */
struct product {
    ptrdiff_t rows, columns, depth[3];
    ptrdiff_t left_row, left_depth[3];
    ptrdiff_t right_column, right_depth[3];
    ptrdiff_t target_row, target_column;
};
/* @end */

/* The target becomes the sum, or has it added. */
static void product_set(const struct product *product, const double *left, const double *right,
                        double *target);
static void product_add(const struct product *product, const double *left, const double *right,
                        double *target);

/* The sum of count products, and of count terms. */
static double product_dot(ptrdiff_t count, const double *left, ptrdiff_t left_stride,
                          const double *right, ptrdiff_t right_stride);
static double product_sum(ptrdiff_t count, const double *terms, ptrdiff_t stride);

/* The largest and the smallest of count terms, an infinity where there are none; NaN if any is. */
static double series_largest(ptrdiff_t count, const double *terms, ptrdiff_t stride);
static double series_smallest(ptrdiff_t count, const double *terms, ptrdiff_t stride);

#endif
