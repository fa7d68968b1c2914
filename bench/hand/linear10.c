/* linear10.c - a plane in ten dimensions, by least squares. */
#include "harness.h"

enum { d = 10 };

static const double *x, *y, *w, *b;
static double slopes[d + 1];
static size_t n;

void prepare(void)
{
    x = input("x", NULL);
    y = input("y", &n);
    w = input("w", NULL);
    b = input("b", NULL);
}

static double error(size_t i)
{
    double f = *b;
    for (int j = 0; j < d; j++)
        f += w[j] * x[i * d + j];
    return f - y[i];
}

double loss(void)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        const double e = error(i);
        sum += e * e;
    }
    return sum / (double)n;
}

double derivative(void)
{
    double sum = 0;
    double moments[d + 1] = {0};
#pragma omp parallel for reduction(+ : sum, moments)
    for (size_t i = 0; i < n; i++) {
        const double e = error(i);
        sum += e * e;
        for (int j = 0; j < d; j++)
            moments[j] += e * x[i * d + j];
        moments[d] += e;
    }
    for (int j = 0; j <= d; j++)
        slopes[j] = 2 * moments[j] / (double)n;
    return sum / (double)n;
}

void results(void)
{
    result(slopes, d + 1);
}
