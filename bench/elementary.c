/* What an element costs in nanoseconds in a loop over each elementary function of an emitted file,
   FUNCTIONS, and in a loop that calls the C library's: medians of runs by turns. REAL is the type,
   LIBRARY(name) the C library's name for it. */
#define _POSIX_C_SOURCE 200809L
#include "../tests/elementary/loops.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What the C library lacks is what one would write without us. */
static REAL LIBRARY(logistic)(REAL x)
{
    return 1 / (1 + LIBRARY(exp)(-x));
}

static REAL LIBRARY(smooth_ramp)(REAL x)
{
    return LIBRARY(log1p)(LIBRARY(exp)(x));
}

typedef void loop(const REAL *restrict x, REAL *restrict y, long count);

#define FUNCTION(name, model, from, to, least, to_float)                                           \
    static void library_##name(const REAL *restrict x, REAL *restrict y, long count)               \
    {                                                                                              \
        for (long i = 0; i < count; i++)                                                           \
            y[i] = LIBRARY(model)(x[i]);                                                           \
    }
#include "../tests/elementary/functions.h"

static const struct contest {
    const char *name;
    loop *own, *library;
} contests[] = {
#define FUNCTION(name, model, from, to, least, to_float) {#model, loop_##name, library_##name},
#include "../tests/elementary/functions.h"
};

enum { COUNT = 4096, RUNS = 101 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static double run(loop *loop, const REAL *x, REAL *y)
{
    const double start = now();
    loop(x, y, COUNT);
    return (now() - start) / COUNT;
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(void)
{
    static REAL x[COUNT], y[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (REAL)((i * 2654435761u % COUNT + 0.5) * 6 / COUNT); /* between 0 and 6, mixed */
    for (size_t k = 0; k < sizeof contests / sizeof contests[0]; k++) {
        double own[RUNS], library[RUNS];
        for (int i = 0; i < RUNS; i++) /* until the processor has its speed */
            run(contests[k].own, x, y);
        for (int i = 0; i < RUNS; i++) {
            own[i] = run(contests[k].own, x, y);
            library[i] = run(contests[k].library, x, y);
        }
        qsort(own, RUNS, sizeof own[0], compare);
        qsort(library, RUNS, sizeof library[0], compare);
        printf("%-16s %6.2f ns   libm %6.2f ns   %5.1f times\n", contests[k].name, own[RUNS / 2],
               library[RUNS / 2], library[RUNS / 2] / own[RUNS / 2]);
    }
    return 0;
}
