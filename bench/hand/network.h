/* network.h - what networks by hand are made of: products by OpenBLAS, an outermost layer, descent.
 */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include "harness.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* A parameter, its gradient and, for the check, what a step of rate 1 took away. */
struct parameter {
    real *value;
    real *gradient;
    size_t count;
};

static inline struct parameter parameter(const char *name)
{
    struct parameter p;
    p.value = input(name, &p.count);
    p.gradient = reals(p.count);
    return p;
}

/* C = alpha A B + beta C; A is m by k and B is k by n, or what is given is transposed. */
static inline void product(CBLAS_TRANSPOSE a_transposed, CBLAS_TRANSPOSE b_transposed, int m, int n,
                           int k, const real *a, int a_row, const real *b, int b_row, real beta,
                           real *c, int c_row)
{
    cblas_sgemm(CblasRowMajor, a_transposed, b_transposed, m, n, k, 1, a, a_row, b, b_row, beta, c,
                c_row);
}

static inline void fill_rows(real *rows, int count, int width, const real *bias)
{
    for (int i = 0; i < count; i++)
        memcpy(rows + i * width, bias, (size_t)width * sizeof *bias);
}

/* sums[j] = the sum of a column */
static inline void sum_rows(const real *rows, int count, int width, real *sums)
{
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < width; j++)
            sums[j] += rows[i * width + j];
}

/* Mean cross entropy of logits, which become its gradient by them. */
static inline double cross_entropy(real *logits, const int *label, int n, int k)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        real *z = logits + i * k;
        real top = z[0];
        for (int c = 1; c < k; c++)
            top = z[c] > top ? z[c] : top;
        real total = 0;
        const real right = z[label[i]] - top;
        for (int c = 0; c < k; c++) {
            z[c] = expf(z[c] - top);
            total += z[c];
        }
        sum += logf(total) - right;
        for (int c = 0; c < k; c++)
            z[c] = (z[c] / total - (c == label[i])) / (real)n;
    }
    return sum / n;
}

static inline void descend(const struct parameter *parameters, int count)
{
    for (int p = 0; p < count; p++)
        for (size_t i = 0; i < parameters[p].count; i++)
            parameters[p].value[i] -= step_rate * parameters[p].gradient[i];
}

static inline void give(const struct parameter *parameters, int count)
{
    for (int p = 0; p < count; p++)
        result(parameters[p].gradient, parameters[p].count);
}

#endif
