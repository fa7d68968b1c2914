/* roofline.c - what this machine can do: multiplications with additions and bytes from memory, in a
 * second, of one thread or of OMP_NUM_THREADS. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#ifndef REAL
#define REAL double
#endif

/* Short rounds, the best of many: others may be on the machine. */
enum { ACCUMULATORS = 12, LANES = 32 / sizeof(REAL), REPETITIONS = 1000000, ROUNDS = 400 };
enum { LENGTH = 1 << 23, PASSES = 30 };

typedef REAL vector __attribute__((vector_size(32)));

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int threads(void)
{
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Chains of multiplications with additions; their start is not known to the compiler. */
static vector chains(REAL start)
{
    const vector factor = (vector){0} + (REAL)0.999;
    vector sum[ACCUMULATORS];
    for (int a = 0; a < ACCUMULATORS; a++)
        sum[a] = (vector){0} + (start + (REAL)a);
    for (int i = 0; i < REPETITIONS; i++) {
#pragma GCC unroll 12
        for (int a = 0; a < ACCUMULATORS; a++)
            sum[a] = sum[a] * factor + factor;
    }
    for (int a = 1; a < ACCUMULATORS; a++)
        sum[0] += sum[a];
    return sum[0];
}

/* Whoever links this may look at it: so it has to be computed. */
vector total;

/* Operations a second. */
static double peak(void)
{
    static volatile REAL start = 1;
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double begin = now();
#pragma omp parallel
        {
            const vector found = chains(start);
#pragma omp critical
            total += found;
        }
        const double rate = 2.0 * REPETITIONS * ACCUMULATORS * LANES * threads() / (now() - begin);
        best = rate > best ? rate : best;
    }
    return best;
}

/* Bytes a second that a[i] = b[i] + 3 c[i] moves. */
static double bandwidth(void)
{
    double *a = malloc(LENGTH * sizeof *a), *b = malloc(LENGTH * sizeof *b);
    double *c = malloc(LENGTH * sizeof *c);
    double best = 0;
    if (!a || !b || !c)
        exit(1);
#pragma omp parallel for
    for (int i = 0; i < LENGTH; i++)
        a[i] = b[i] = c[i] = i;
    for (int round = 0; round < PASSES; round++) {
        const double start = now();
#pragma omp parallel for
        for (int i = 0; i < LENGTH; i++)
            a[i] = b[i] + 3 * c[i];
        const double rate = 3.0 * LENGTH * sizeof *a / (now() - start);
        best = rate > best ? rate : best;
    }
    free(a);
    free(b);
    free(c);
    return best;
}

int main(void)
{
    printf("%.1f %.1f\n", peak() / 1e9, bandwidth() / 1e9);
    return 0;
}
