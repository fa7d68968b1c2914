/* lstm.c - ADBench's recurrent network, whose gates weigh element by element, forwards and back. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { layers = 2, T = 1024, b = 14 };
enum { FORGET, INPUT, OUTPUT, CHANGE, GATES };

typedef double weights[2][GATES][b];

/* What a step of a layer computed. */
struct step {
    double gate[GATES][b], cell[b], tanh_cell[b], hidden[b];
};

static const double *s, *state, *extra;
static const weights *theta;
static struct {
    weights theta[layers];
    double extra[3][b];
} slope;
static struct step steps[T + 1][layers]; /* the first is the state before */
static double given[T][b], log_sum[T];

void prepare(void)
{
    s = input("s", NULL);
    state = input("state", NULL);
    extra = input("extra", NULL);
    theta = input("main", NULL);
    for (int l = 0; l < layers; l++) {
        memcpy(steps[0][l].hidden, state + 2 * l * b, sizeof steps[0][l].hidden);
        memcpy(steps[0][l].cell, state + (2 * l + 1) * b, sizeof steps[0][l].cell);
    }
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void layer(const weights w, const double *x, const struct step *before, struct step *after)
{
    for (int j = 0; j < b; j++) {
        const double h = before->hidden[j];
        const double f = sigmoid(w[0][FORGET][j] * x[j] + w[1][FORGET][j]);
        const double i = sigmoid(w[0][INPUT][j] * h + w[1][INPUT][j]);
        const double o = sigmoid(w[0][OUTPUT][j] * x[j] + w[1][OUTPUT][j]);
        const double g = tanh(w[0][CHANGE][j] * h + w[1][CHANGE][j]);
        after->gate[FORGET][j] = f;
        after->gate[INPUT][j] = i;
        after->gate[OUTPUT][j] = o;
        after->gate[CHANGE][j] = g;
        after->cell[j] = f * before->cell[j] + i * g;
        after->tanh_cell[j] = tanh(after->cell[j]);
        after->hidden[j] = o * after->tanh_cell[j];
    }
}

double loss(void)
{
    double sum = 0;
    for (int t = 0; t < T - 1; t++) {
        double total = 2;
        for (int j = 0; j < b; j++)
            given[t][j] = s[t * b + j] * extra[j];
        for (int l = 0; l < layers; l++)
            layer(theta[l], l ? steps[t + 1][l - 1].hidden : given[t], &steps[t][l],
                  &steps[t + 1][l]);
        const double *top = steps[t + 1][layers - 1].hidden;
        for (int j = 0; j < b; j++)
            total += exp(top[j] * extra[b + j] + extra[2 * b + j]);
        log_sum[t] = log(total);
        for (int j = 0; j < b; j++)
            sum += s[(t + 1) * b + j] * (top[j] * extra[b + j] + extra[2 * b + j] - log_sum[t]);
    }
    return -sum / ((T - 1) * b);
}

/* From dh and dc, after the step, to those before it; dx is what came in. */
static void layer_back(const weights w, weights dw, const double *x, const struct step *before,
                       const struct step *after, double *dh, double *dc, double *dx)
{
    for (int j = 0; j < b; j++) {
        const double f = after->gate[FORGET][j], i = after->gate[INPUT][j];
        const double o = after->gate[OUTPUT][j], g = after->gate[CHANGE][j];
        const double tanh_cell = after->tanh_cell[j];
        const double cell = dc[j] + dh[j] * o * (1 - tanh_cell * tanh_cell);
        const double forget = cell * before->cell[j] * f * (1 - f);
        const double in = cell * g * i * (1 - i);
        const double out = dh[j] * tanh_cell * o * (1 - o);
        const double change = cell * i * (1 - g * g);
        dw[0][FORGET][j] += forget * x[j];
        dw[1][FORGET][j] += forget;
        dw[0][INPUT][j] += in * before->hidden[j];
        dw[1][INPUT][j] += in;
        dw[0][OUTPUT][j] += out * x[j];
        dw[1][OUTPUT][j] += out;
        dw[0][CHANGE][j] += change * before->hidden[j];
        dw[1][CHANGE][j] += change;
        dx[j] += forget * w[0][FORGET][j] + out * w[0][OUTPUT][j];
        dh[j] = in * w[0][INPUT][j] + change * w[0][CHANGE][j];
        dc[j] = cell * f;
    }
}

/* What the prediction at t, compared with s, gives to the top layer. */
static void prediction_back(int t, double *dh)
{
    const double *top = steps[t + 1][layers - 1].hidden;
    const double share = -1.0 / ((T - 1) * b);
    double ones = 0;
    for (int j = 0; j < b; j++)
        ones += s[(t + 1) * b + j];
    for (int j = 0; j < b; j++) {
        const double p = exp(top[j] * extra[b + j] + extra[2 * b + j] - log_sum[t]);
        const double dy = share * (s[(t + 1) * b + j] - ones * p);
        dh[j] += dy * extra[b + j];
        slope.extra[1][j] += dy * top[j];
        slope.extra[2][j] += dy;
    }
}

double derivative(void)
{
    double dh[layers][b] = {{0}}, dc[layers][b] = {{0}};
    const double value = loss();
    memset(&slope, 0, sizeof slope);
    for (int t = T - 2; t >= 0; t--) {
        prediction_back(t, dh[layers - 1]);
        for (int l = layers - 1; l >= 0; l--) {
            double dgiven[b] = {0};
            layer_back(theta[l], slope.theta[l], l ? steps[t + 1][l - 1].hidden : given[t],
                       &steps[t][l], &steps[t + 1][l], dh[l], dc[l], l ? dh[l - 1] : dgiven);
            for (int j = 0; j < b; j++)
                slope.extra[0][j] += dgiven[j] * s[t * b + j];
        }
    }
    return value;
}

void results(void)
{
    result((const double *)&slope, sizeof slope / sizeof(double));
}
