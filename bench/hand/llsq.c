/* llsq.c - a polynomial through a jump, by least squares. */
#include "harness.h"

#include <string.h>

enum { n = SIZE_n, m = SIZE_m };

static const double *x;
static double slope[m];

void prepare(void)
{
    x = input("x", NULL);
}

static double place(int i)
{
    return 2.0 * i / (n - 1) - 1;
}

static double residual(double t)
{
    double power = 1, f = 0;
    for (int j = 0; j < m; j++) {
        f += x[j] * power;
        power *= t;
    }
    return (t > 0) - (t < 0) - f;
}

double loss(void)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double r = residual(place(i));
        sum += r * r;
    }
    return sum / 2;
}

double derivative(void)
{
    double sum = 0;
    memset(slope, 0, sizeof slope);
    for (int i = 0; i < n; i++) {
        const double t = place(i);
        const double r = residual(t);
        double power = 1;
        sum += r * r;
        for (int j = 0; j < m; j++) {
            slope[j] -= r * power;
            power *= t;
        }
    }
    return sum / 2;
}

void results(void)
{
    result(slope, m);
}
