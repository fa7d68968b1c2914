/* saddle.c - min over x of max over y of |x|^2 - |y|^2; the largest y is found by descent. */
#include "harness.h"

#include <math.h>

static const double *x;
static double slope[2];

void prepare(void)
{
    x = input("x", NULL);
}

double loss(void)
{
    double y[2] = {1, 1};
    double moved;
    do {
        const double change[2] = {-0.1 * 2 * y[0], -0.1 * 2 * y[1]};
        y[0] += change[0];
        y[1] += change[1];
        moved = sqrt(change[0] * change[0] + change[1] * change[1]);
    } while (moved >= 1e-5);
    return x[0] * x[0] + x[1] * x[1] - y[0] * y[0] - y[1] * y[1];
}

double derivative(void)
{
    slope[0] = 2 * x[0];
    slope[1] = 2 * x[1];
    return loss();
}

void results(void)
{
    result(slope, 2);
}
