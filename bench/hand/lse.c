/* lse.c - log of a sum of exponentials; its gradient is the softmax. */
#include "harness.h"

#include <math.h>

static const double *x;
static double *slope;
static size_t n;

void prepare(void)
{
    x = input("x", &n);
    slope = reals(n);
}

static double largest(void)
{
    double top = x[0];
    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    return top;
}

double loss(void)
{
    const double top = largest();
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - top);
    return log(sum) + top;
}

double derivative(void)
{
    const double top = largest();
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        slope[i] = exp(x[i] - top);
        sum += slope[i];
    }
    for (size_t i = 0; i < n; i++)
        slope[i] /= sum;
    return log(sum) + top;
}

void results(void)
{
    result(slope, n);
}
