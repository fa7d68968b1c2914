/* linear.c - a line through points, by least squares: loss and gradient in one loop. */
#include "harness.h"

static const double *x, *y, *w, *b;
static double slopes[2];
static size_t n;

void prepare(void)
{
    x = input("x", &n);
    y = input("y", NULL);
    w = input("w", NULL);
    b = input("b", NULL);
}

double loss(void)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        const double e = *w * x[i] + *b - y[i];
        sum += e * e;
    }
    return sum / (double)n;
}

double derivative(void)
{
    double sum = 0, dw = 0, db = 0;
#pragma omp parallel for reduction(+ : sum, dw, db)
    for (size_t i = 0; i < n; i++) {
        const double e = *w * x[i] + *b - y[i];
        sum += e * e;
        dw += e * x[i];
        db += e;
    }
    slopes[0] = 2 * dw / (double)n;
    slopes[1] = 2 * db / (double)n;
    return sum / (double)n;
}

void results(void)
{
    result(slopes, 2);
}
