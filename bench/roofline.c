/* roofline.c - what this machine can do: multiplications with additions and bytes from memory, in a
 * second, of one thread or of OMP_NUM_THREADS. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { ACCUMULATORS = 12, BYTES = 32, REPETITIONS = 50000000, ROUNDS = 5 };
enum { LENGTH = 1 << 24 };

typedef float floats __attribute__((vector_size(BYTES)));
typedef double doubles __attribute__((vector_size(BYTES)));

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

/* Operations a second in independent chains of multiplications with additions. */
#define PEAK(name, vector, scalar)                                                                 \
    static double name(void)                                                                       \
    {                                                                                              \
        double best = 0;                                                                           \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            const double start = now();                                                            \
            _Pragma("omp parallel")                                                                \
            {                                                                                      \
                vector sum[ACCUMULATORS];                                                          \
                for (int a = 0; a < ACCUMULATORS; a++) /* different, or one would do for all */    \
                    sum[a] = (vector){0} + (scalar)a;                                              \
                const vector factor = (vector){0} + (scalar)0.999;                                 \
                for (int i = 0; i < REPETITIONS; i++)                                              \
                    _Pragma("GCC unroll 12") for (int a = 0; a < ACCUMULATORS; a++)                \
                        sum[a] = sum[a] * factor + factor;                                         \
                for (int a = 1; a < ACCUMULATORS; a++)                                             \
                    sum[0] += sum[a];                                                              \
                volatile scalar used = sum[0][0];                                                  \
                (void)used;                                                                        \
            }                                                                                      \
            const double rate = 2.0 * REPETITIONS * ACCUMULATORS * (BYTES / sizeof(scalar)) *      \
                                threads() / (now() - start);                                       \
            best = rate > best ? rate : best;                                                      \
        }                                                                                          \
        return best;                                                                               \
    }

PEAK(peak_of_floats, floats, float)
PEAK(peak_of_doubles, doubles, double)

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
    for (int round = 0; round < ROUNDS; round++) {
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
    printf("%g %g %g\n", peak_of_doubles() / 1e9, peak_of_floats() / 1e9, bandwidth() / 1e9);
    return 0;
}
