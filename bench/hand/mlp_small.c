/* mlp_small.c - a perceptron 2-16-16-1: loss and gradient, a sample at a time. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { n = SIZE_n, d = 2, h = 16 };

struct parameters {
    double W[h][d], a[h], V[h][h], b[h], u[h], c;
};

static struct parameters theta, slope;
static const double *x, *y;

void prepare(void)
{
    x = input("x", NULL);
    y = input("y", NULL);
    memcpy(theta.W, input("W", NULL), sizeof theta.W);
    memcpy(theta.a, input("a", NULL), sizeof theta.a);
    memcpy(theta.V, input("V", NULL), sizeof theta.V);
    memcpy(theta.b, input("b", NULL), sizeof theta.b);
    memcpy(theta.u, input("u", NULL), sizeof theta.u);
    memcpy(&theta.c, input("c", NULL), sizeof theta.c);
}

static double output(int i, double z[h], double s[h])
{
    double f = theta.c;
    for (int j = 0; j < h; j++)
        z[j] = tanh(theta.W[j][0] * x[d * i] + theta.W[j][1] * x[d * i + 1] + theta.a[j]);
    for (int j = 0; j < h; j++) {
        double sum = theta.b[j];
        for (int l = 0; l < h; l++)
            sum += theta.V[j][l] * z[l];
        s[j] = tanh(sum);
        f += theta.u[j] * s[j];
    }
    return f;
}

double loss(void)
{
    double z[h], s[h], sum = 0;
    for (int i = 0; i < n; i++) {
        const double e = output(i, z, s) - y[i];
        sum += e * e;
    }
    return sum / n;
}

double derivative(void)
{
    double z[h], s[h], sum = 0;
    memset(&slope, 0, sizeof slope);
    for (int i = 0; i < n; i++) {
        double dz[h] = {0};
        const double e = output(i, z, s) - y[i];
        const double df = 2 * e / n;
        sum += e * e;
        slope.c += df;
        for (int j = 0; j < h; j++) {
            const double ds = df * theta.u[j] * (1 - s[j] * s[j]);
            slope.u[j] += df * s[j];
            slope.b[j] += ds;
            for (int l = 0; l < h; l++) {
                slope.V[j][l] += ds * z[l];
                dz[l] += ds * theta.V[j][l];
            }
        }
        for (int j = 0; j < h; j++) {
            const double da = dz[j] * (1 - z[j] * z[j]);
            slope.a[j] += da;
            slope.W[j][0] += da * x[d * i];
            slope.W[j][1] += da * x[d * i + 1];
        }
    }
    return sum / n;
}

void results(void)
{
    result((const double *)&slope, sizeof slope / sizeof(double));
}
