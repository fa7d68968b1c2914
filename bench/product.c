/* The kernel of sums of products against cblas: GFLOP/s of both, by turns; medians of processor
 * time for one thread, with -fopenmp the least of the time that passes.
 *
 *     product ROUNDS [NAME]
 *
 * REAL is double or float, GEMM and GEMV the functions of cblas for it; product.sh sets them. */
#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef double seconds;

/* As the emitter spells a file in float. */
#define double REAL
#include "runtime/product.c"

/* The letters of a form say of left, right and target whether it is transposed in memory. */
struct problem {
    const char *name;
    ptrdiff_t rows, columns, depth;
    const char *form;
};

static const struct problem problems[] = {
    {"square 16", 16, 16, 16, "nnn"},
    {"square 24", 24, 24, 24, "nnn"},
    {"square 32", 32, 32, 32, "nnn"},
    {"square 48", 48, 48, 48, "nnn"},
    {"square 64", 64, 64, 64, "nnn"},
    {"square 100", 100, 100, 100, "nnn"},
    {"square 128", 128, 128, 128, "nnn"},
    {"square 200", 200, 200, 200, "nnn"},
    {"square 256", 256, 256, 256, "nnn"},
    {"square 384", 384, 384, 384, "nnn"},
    {"square 512", 512, 512, 512, "nnn"},
    {"square 768", 768, 768, 768, "nnn"},
    {"square 1024", 1024, 1024, 1024, "nnn"},
    {"square 1024, transposed", 1024, 1024, 1024, "ntn"},
    {"layer forward", 64, 128, 784, "nnn"},
    {"layer forward, W[j,k]", 64, 128, 784, "ntn"},
    {"layer dW", 784, 128, 64, "tnn"},
    {"layer dW[j,k]", 128, 784, 64, "tnn"},
    {"layer dx", 64, 784, 128, "ntn"},
    {"layer dx, W[j,k]", 64, 784, 128, "nnn"},
    {"classes forward", 64, 10, 128, "nnn"},
    {"classes forward, W[j,k]", 64, 10, 128, "ntn"},
    {"classes dW", 128, 10, 64, "tnn"},
    {"classes dW[j,k]", 10, 128, 64, "tnn"},
    {"classes dx", 64, 128, 10, "ntn"},
    {"classes dx, W[j,k]", 64, 128, 10, "nnn"},
    {"LSTM forward", 32, 256, 64, "nnn"},
    {"LSTM forward, W[j,k]", 32, 256, 64, "ntn"},
    {"LSTM dW", 64, 256, 32, "tnn"},
    {"LSTM dx", 32, 64, 256, "ntn"},
    {"transformer", 64, 64, 64, "ntn"},
    {"transformer dW", 64, 64, 64, "tnn"},
    {"transformer, into columns", 64, 64, 64, "nnt"},
    {"transformer scores", 64, 64, 16, "ntn"},
    {"transformer mixture", 64, 16, 64, "nnn"},
    {"transformer qkv", 64, 192, 64, "nnn"},
    {"transformer qkv, W[j,k]", 64, 192, 64, "ntn"},
    {"GPT feed", 256, 512, 128, "nnn"},
    {"GPT feed, W[j,k]", 256, 512, 128, "ntn"},
    {"GPT feed dW[j,k]", 512, 128, 256, "tnn"},
    {"GPT feed dx, W[j,k]", 256, 128, 512, "nnn"},
    {"convolution 8x5x5 of 28", 8, 24, 200, "cnn"},
    {"vector by matrix", 1, 128, 784, "nnn"},
    {"matrix by vector", 784, 1, 128, "nnn"},
};

static struct product product_of(const struct problem *problem)
{
    const int left = problem->form[0] == 't', right = problem->form[1] == 't';
    const int target = problem->form[2] == 't';
    struct product product = {
        .rows = problem->rows,
        .columns = problem->columns,
        .depth = {1, 1, problem->depth},
        .left_row = left ? 1 : problem->depth,
        .left_depth = {0, 0, left ? problem->rows : 1},
        .right_column = right ? problem->depth : 1,
        .right_depth = {0, 0, right ? 1 : problem->columns},
        .target_row = target ? 1 : problem->columns,
        .target_column = target ? problem->rows : 1,
    };
    if (problem->form[0] == 'c') {
        product.depth[0] = 8;
        product.depth[1] = product.depth[2] = 5;
        product.left_depth[0] = 25;
        product.left_depth[1] = 5;
        product.right_depth[0] = 28 * 28;
        product.right_depth[1] = 28;
        product.right_depth[2] = 1;
    }
    return product;
}

/* The product as emitted files have it: where it is large, in parts that threads share, which
 * plan/parallel.c says. */
static void call_kernel(const struct product *product, const double *left, const double *right,
                        double *target)
{
#ifdef _OPENMP
    const ptrdiff_t columns = product->columns, eighth = (columns + 7) / 8;
    const seconds work = (seconds)product->rows * (seconds)columns *
                         (seconds)(product->depth[0] * product->depth[1] * product->depth[2]);
    const seconds least = 131072.0 * 8.0 * (seconds)columns / work;
    const ptrdiff_t length = least > (seconds)eighth ? (ptrdiff_t)ceil(least) : eighth;
    const ptrdiff_t whole = (length + 63) / 64 * 64;
    if (whole < columns) {
#pragma omp parallel for schedule(static)
        for (ptrdiff_t begin = 0; begin < columns; begin += whole) {
            struct product part = *product;
            part.columns = columns - begin < whole ? columns - begin : whole;
            product_set(&part, left, right + begin * part.right_column,
                        target + begin * part.target_column);
        }
        return;
    }
#endif
    product_set(product, left, right, target);
}

/* cblas has no convolution: it gets a matrix where the copies are already made. */
static void call_blas(const struct problem *problem, const double *left, const double *right,
                      double *target)
{
    const int m = (int)problem->rows, n = (int)problem->columns, k = (int)problem->depth;
    const enum CBLAS_TRANSPOSE x = problem->form[0] == 't' ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE y = problem->form[1] == 't' ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE other_x = x == CblasTrans ? CblasNoTrans : CblasTrans;
    const enum CBLAS_TRANSPOSE other_y = y == CblasTrans ? CblasNoTrans : CblasTrans;
    const int left_row = x == CblasTrans ? m : k, right_row = y == CblasTrans ? k : n;
    if (m == 1) {
        GEMV(CblasRowMajor, CblasTrans, k, n, 1, right, n, left, 1, 0, target, 1);
    } else if (n == 1) {
        GEMV(CblasRowMajor, CblasNoTrans, m, k, 1, left, k, right, 1, 0, target, 1);
    } else if (problem->form[2] == 't') {
        GEMM(CblasRowMajor, other_y, other_x, n, m, k, 1, right, right_row, left, left_row, 0,
             target, m);
    } else {
        GEMM(CblasRowMajor, x, y, m, n, k, 1, left, left_row, right, right_row, 0, target, n);
    }
}

static seconds now(void)
{
    struct timespec time;
#ifdef _OPENMP
    clock_gettime(CLOCK_MONOTONIC, &time);
#else
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
#endif
    return (seconds)time.tv_sec + 1e-9 * (seconds)time.tv_nsec;
}

static double *random_array(ptrdiff_t count)
{
    double *array = aligned_alloc(64, ((size_t)count * sizeof *array + 63) / 64 * 64);
    for (ptrdiff_t i = 0; i < count; i++) {
        array[i] = (double)(rand() % 2001 - 1000) / 1000;
    }
    return array;
}

static int compare(const void *x, const void *y)
{
    const seconds a = *(const seconds *)x, b = *(const seconds *)y;
    return (a > b) - (a < b);
}

/* The median, or the least where other work on the machine makes threads wait. */
static seconds typical(seconds *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
#ifdef _OPENMP
    return times[0];
#else
    return times[count / 2];
#endif
}

/* The speeds of the kernel and of cblas. */
static void measure(const struct problem *problem, int rounds, seconds speeds[2])
{
    const struct product product = product_of(problem);
    const ptrdiff_t m = problem->rows, n = problem->columns, k = problem->depth;
    const seconds operations = 2.0 * (seconds)m * (seconds)n * (seconds)k;
    const int calls = 1 + (int)(1e7 / operations);
    double *left = random_array(m * k), *right = random_array(k * n + 8 * 28 * 28);
    double *target = random_array(m * n), *other = random_array(m * n);
    seconds *times[2] = {malloc((size_t)rounds * sizeof(seconds)),
                         malloc((size_t)rounds * sizeof(seconds))};
    for (int round = -1; round < rounds; round++) {
        for (int which = 0; which < 2; which++) {
            const seconds start = now();
            for (int call = 0; call < calls; call++) {
                if (which == 0) {
                    call_kernel(&product, left, right, target);
                } else {
                    call_blas(problem, left, right, other);
                }
            }
            if (round >= 0) {
                times[which][round] = (now() - start) / calls;
            }
        }
    }
    for (ptrdiff_t i = 0; i < m * n && problem->form[0] != 'c'; i++) {
        const seconds difference = (seconds)target[i] - (seconds)other[i];
        if (!(fabs(difference) < 1e-3 * (seconds)k)) {
            printf("%s: element %td is %g, not %g\n", problem->name, i, (seconds)target[i],
                   (seconds)other[i]);
            exit(1);
        }
    }
    for (int which = 0; which < 2; which++) {
        speeds[which] = 1e-9 * operations / typical(times[which], rounds);
        free(times[which]);
    }
    free(other);
    free(target);
    free(right);
    free(left);
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 ? atoi(argv[1]) : 15;
    seconds logarithms = 0.0, least = INFINITY;
    int count = 0;
    printf("%-28s %5s %5s %5s %9s %9s %6s\n", "GFLOP/s", "rows", "cols", "depth", "kernel", "cblas",
           "ratio");
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        const struct problem *problem = &problems[i];
        seconds speeds[2];
        if (argc > 2 && strstr(problem->name, argv[2]) == NULL) {
            continue;
        }
        measure(problem, rounds, speeds);
        const seconds ratio = speeds[0] / speeds[1];
        printf("%-28s %5td %5td %5td %9.1f %9.1f %6.2f\n", problem->name, problem->rows,
               problem->columns, problem->depth, speeds[0], speeds[1], ratio);
        fflush(stdout);
        logarithms += log(ratio);
        least = ratio < least ? ratio : least;
        count++;
    }
    printf("%-28s %44.2f\n%-28s %44.2f\n", "geometric mean", exp(logarithms / count), "least",
           least);
    return 0;
}
