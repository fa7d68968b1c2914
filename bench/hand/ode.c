/* ode.c - y0' = x0 and yi' = xi y(i-1) from 0 to 2, by Runge and Kutta's steps, and back. */
#include "harness.h"

#include <string.h>

enum { n = SIZE_n, steps = SIZE_steps };

static const double step = 2.0 / steps;
static const double *x;
static double slope[n];
static double y[steps + 1][n], stages[steps][4][n];

void prepare(void)
{
    x = input("x", NULL);
}

/* k[i] = x[i] (u + weight before)[i-1] */
static void stage(const double *u, const double *before, double weight, double *k)
{
    k[0] = x[0];
    for (int i = 1; i < n; i++)
        k[i] = x[i] * (u[i - 1] + weight * before[i - 1]);
}

double loss(void)
{
    static const double none[n];
    for (int t = 0; t < steps; t++) {
        double(*k)[n] = stages[t];
        stage(y[t], none, 0, k[0]);
        stage(y[t], k[0], step / 2, k[1]);
        stage(y[t], k[1], step / 2, k[2]);
        stage(y[t], k[2], step, k[3]);
        for (int i = 0; i < n; i++)
            y[t + 1][i] = y[t][i] + step / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
    return y[steps][n - 1];
}

/* The adjoint of `stage`; dk is that of k. */
static void stage_back(const double *u, const double *before, double weight, const double *dk,
                       double *du, double *dbefore)
{
    slope[0] += dk[0];
    for (int i = 1; i < n; i++) {
        slope[i] += dk[i] * (u[i - 1] + weight * before[i - 1]);
        du[i - 1] += dk[i] * x[i];
        dbefore[i - 1] += weight * dk[i] * x[i];
    }
}

double derivative(void)
{
    static const double none[n], weights[4] = {0, step / 2, step / 2, step};
    static const double shares[4] = {step / 6, step / 3, step / 3, step / 6};
    double dy[n] = {0};
    const double value = loss();
    memset(slope, 0, sizeof slope);
    dy[n - 1] = 1;
    for (int t = steps - 1; t >= 0; t--) {
        double dk[5][n];
        double du[n];
        memcpy(du, dy, sizeof du);
        for (int s = 0; s < 4; s++)
            for (int i = 0; i < n; i++)
                dk[s][i] = shares[s] * dy[i];
        for (int s = 3; s >= 0; s--)
            stage_back(y[t], s > 0 ? stages[t][s - 1] : none, weights[s], dk[s], du,
                       dk[s > 0 ? s - 1 : 4]);
        memcpy(dy, du, sizeof dy);
    }
    return value;
}

void results(void)
{
    result(slope, n);
}
