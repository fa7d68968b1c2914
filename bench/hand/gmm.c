/* gmm.c - a Gaussian mixture with a Wishart prior, a point after the other. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { n = SIZE_n, d = SIZE_d, k = SIZE_k, pairs = d * (d - 1) / 2 };

static const double pi = 3.14159265358979323846;
static const double *x, *alpha, *mu, *q, *l;
static struct {
    double alpha[k], mu[k][d], q[k][d], l[k][pairs];
} slope;
static double scale[k][d], sum_of_q[k];
static double far[k][d], turned[k][d]; /* x - mu, and Q (x - mu) */

void prepare(void)
{
    x = input("x", NULL);
    alpha = input("alpha", NULL);
    mu = input("mu", NULL);
    q = input("q", NULL);
    l = input("l", NULL);
}

static void scales(void)
{
    for (int c = 0; c < k; c++) {
        sum_of_q[c] = 0;
        for (int a = 0; a < d; a++) {
            sum_of_q[c] += q[c * d + a];
            scale[c][a] = exp(q[c * d + a]);
        }
    }
}

/* turned = Q far, column by column of the triangle */
static void turn(int c)
{
    const double *entry = l + c * pairs;
    for (int a = 0; a < d; a++)
        turned[c][a] = scale[c][a] * far[c][a];
    for (int b = 0; b < d; b++)
        for (int a = b + 1; a < d; a++)
            turned[c][a] += *entry++ * far[c][b];
}

static double log_sum_exp(const double *v, double *weight)
{
    double top = v[0];
    double sum = 0;
    for (int c = 1; c < k; c++)
        top = v[c] > top ? v[c] : top;
    for (int c = 0; c < k; c++) {
        weight[c] = exp(v[c] - top);
        sum += weight[c];
    }
    for (int c = 0; c < k; c++)
        weight[c] /= sum;
    return log(sum) + top;
}

/* The log-likelihood of a point; weight says how much of it is each component's. */
static double point(int i, double *weight)
{
    double s[k];
    for (int c = 0; c < k; c++) {
        double square = 0;
        for (int a = 0; a < d; a++)
            far[c][a] = x[i * d + a] - mu[c * d + a];
        turn(c);
        for (int a = 0; a < d; a++)
            square += turned[c][a] * turned[c][a];
        s[c] = alpha[c] + sum_of_q[c] - square / 2;
    }
    return log_sum_exp(s, weight);
}

static double prior(void)
{
    const double nu = d + 1;
    double constant = nu * d * log(1 / sqrt(2)) - d * (d - 1) / 4.0 * log(pi);
    double sum = 0;
    for (int j = 0; j < d; j++)
        constant -= lgamma((nu - j) / 2);
    for (int c = 0; c < k; c++) {
        for (int a = 0; a < d; a++)
            sum += scale[c][a] * scale[c][a];
        for (int p = 0; p < pairs; p++)
            sum += l[c * pairs + p] * l[c * pairs + p];
    }
    return k * constant - sum / 2;
}

double loss(void)
{
    double weight[k], fit = 0;
    scales();
    for (int i = 0; i < n; i++)
        fit += point(i, weight);
    return fit - n * (d / 2.0 * log(2 * pi) + log_sum_exp(alpha, weight)) + prior();
}

static void point_back(int c, double weight)
{
    double *entry_slope = slope.l[c];
    const double *entry = l + c * pairs;
    slope.alpha[c] += weight;
    for (int a = 0; a < d; a++) {
        slope.q[c][a] += weight * (1 - turned[c][a] * scale[c][a] * far[c][a]);
        slope.mu[c][a] += weight * turned[c][a] * scale[c][a];
    }
    for (int b = 0; b < d; b++) {
        double sum = 0;
        for (int a = b + 1; a < d; a++) {
            sum += turned[c][a] * *entry++;
            *entry_slope++ -= weight * turned[c][a] * far[c][b];
        }
        slope.mu[c][b] += weight * sum;
    }
}

static void prior_back(void)
{
    for (int c = 0; c < k; c++) {
        for (int a = 0; a < d; a++)
            slope.q[c][a] -= scale[c][a] * scale[c][a];
        for (int p = 0; p < pairs; p++)
            slope.l[c][p] -= l[c * pairs + p];
    }
}

double derivative(void)
{
    double weight[k], fit = 0;
    memset(&slope, 0, sizeof slope);
    scales();
    for (int i = 0; i < n; i++) {
        fit += point(i, weight);
        for (int c = 0; c < k; c++)
            point_back(c, weight[c]);
    }
    fit -= n * (d / 2.0 * log(2 * pi) + log_sum_exp(alpha, weight));
    for (int c = 0; c < k; c++)
        slope.alpha[c] -= n * weight[c];
    prior_back();
    return fit + prior();
}

void results(void)
{
    result((const double *)&slope, sizeof slope / sizeof(double));
}
