/* decay.c - exponential decay towards a constant, by least squares. */
#include "harness.h"

#include <math.h>

static const double *t, *y, *a, *b, *c;
static double slopes[3];
static size_t n;

void prepare(void)
{
    t = input("t", &n);
    y = input("y", NULL);
    a = input("a", NULL);
    b = input("b", NULL);
    c = input("c", NULL);
}

double loss(void)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        const double e = *a * exp(-*b * t[i]) + *c - y[i];
        sum += e * e;
    }
    return sum / (double)n;
}

double derivative(void)
{
    double sum = 0, da = 0, db = 0, dc = 0;
#pragma omp parallel for reduction(+ : sum, da, db, dc)
    for (size_t i = 0; i < n; i++) {
        const double g = exp(-*b * t[i]);
        const double e = *a * g + *c - y[i];
        sum += e * e;
        da += e * g;
        db += e * g * t[i];
        dc += e;
    }
    slopes[0] = 2 * da / (double)n;
    slopes[1] = -2 * *a * db / (double)n;
    slopes[2] = 2 * dc / (double)n;
    return sum / (double)n;
}

void results(void)
{
    result(slopes, 3);
}
