/* logistic.c - logistic regression. */
#include "harness.h"

#include <math.h>

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
        const double z = *w * x[i] + *b;
        const double e = exp(-fabs(z));
        sum += (z > 0 ? z : 0) + log(1 + e) - y[i] * z;
    }
    return sum / (double)n;
}

double derivative(void)
{
    double sum = 0, dw = 0, db = 0;
#pragma omp parallel for reduction(+ : sum, dw, db)
    for (size_t i = 0; i < n; i++) {
        const double z = *w * x[i] + *b;
        const double e = exp(-fabs(z));
        const double p = (z > 0 ? 1 : e) / (1 + e);
        sum += (z > 0 ? z : 0) + log(1 + e) - y[i] * z;
        dw += (p - y[i]) * x[i];
        db += p - y[i];
    }
    slopes[0] = dw / (double)n;
    slopes[1] = db / (double)n;
    return sum / (double)n;
}

void results(void)
{
    result(slopes, 2);
}
