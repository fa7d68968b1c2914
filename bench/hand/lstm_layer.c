/* lstm_layer.c - a step of descent for a long short-term memory and a dense layer: products by
 * OpenBLAS, those with the inputs for all steps at once. */
#include "network.h"

enum { n = SIZE_n, T = 32, m = 64, h = 64, k = 10, g = 4 * h };
enum { W, U, b, V, c, PARAMETERS };

static struct parameter theta[PARAMETERS];
static const int *label;
static real x[T][n * m];                       /* step by step */
static real gates[T][n * g], dgates[T][n * g]; /* input, forget, candidate, output */
static real cell[T + 1][n * h], hidden[T + 1][n * h], tanh_cell[T][n * h];
static real logits[n * k], dhidden[n * h], dcell[n * h];

void prepare(void)
{
    static const char *const names[] = {"W", "U", "b", "V", "c"};
    const real *rows = input("x", NULL);
    label = input("label", NULL);
    for (int p = 0; p < PARAMETERS; p++)
        theta[p] = parameter(names[p]);
    for (int i = 0; i < n; i++)
        for (int t = 0; t < T; t++)
            memcpy(x[t] + i * m, rows + (i * T + t) * m, m * sizeof(real));
}

static real sigmoid(real s)
{
    return 1 / (1 + expf(-s));
}

static void step(int t)
{
    product(CblasNoTrans, CblasTrans, n, g, h, hidden[t], h, theta[U].value, h, 1, gates[t], g);
    for (int i = 0; i < n; i++) {
        real *s = gates[t] + i * g;
        for (int j = 0; j < h; j++) {
            const int at = i * h + j;
            s[j] = sigmoid(s[j]);
            s[h + j] = sigmoid(s[h + j]);
            s[2 * h + j] = tanhf(s[2 * h + j]);
            s[3 * h + j] = sigmoid(s[3 * h + j]);
            cell[t + 1][at] = s[h + j] * cell[t][at] + s[j] * s[2 * h + j];
            tanh_cell[t][at] = tanhf(cell[t + 1][at]);
            hidden[t + 1][at] = s[3 * h + j] * tanh_cell[t][at];
        }
    }
}

double loss(void)
{
    fill_rows(gates[0], T * n, g, theta[b].value);
    product(CblasNoTrans, CblasTrans, T * n, g, m, x[0], m, theta[W].value, m, 1, gates[0], g);
    for (int t = 0; t < T; t++)
        step(t);
    fill_rows(logits, n, k, theta[c].value);
    product(CblasNoTrans, CblasTrans, n, k, h, hidden[T], h, theta[V].value, h, 1, logits, k);
    return cross_entropy(logits, label, n, k);
}

static void step_back(int t)
{
    for (int i = 0; i < n; i++) {
        const real *s = gates[t] + i * g;
        real *ds = dgates[t] + i * g;
        for (int j = 0; j < h; j++) {
            const int at = i * h + j;
            const real in = s[j], forget = s[h + j], candidate = s[2 * h + j], out = s[3 * h + j];
            const real u = tanh_cell[t][at];
            const real dc = dcell[at] + dhidden[at] * out * (1 - u * u);
            ds[j] = dc * candidate * in * (1 - in);
            ds[h + j] = dc * cell[t][at] * forget * (1 - forget);
            ds[2 * h + j] = dc * in * (1 - candidate * candidate);
            ds[3 * h + j] = dhidden[at] * u * out * (1 - out);
            dcell[at] = dc * forget;
        }
    }
    product(CblasNoTrans, CblasNoTrans, n, h, g, dgates[t], g, theta[U].value, h, 0, dhidden, h);
}

double derivative(void)
{
    const double value = loss();
    sum_rows(logits, n, k, theta[c].gradient);
    product(CblasTrans, CblasNoTrans, k, h, n, logits, k, hidden[T], h, 0, theta[V].gradient, h);
    product(CblasNoTrans, CblasNoTrans, n, h, k, logits, k, theta[V].value, h, 0, dhidden, h);
    memset(dcell, 0, sizeof dcell);
    for (int t = T - 1; t >= 0; t--)
        step_back(t);
    sum_rows(dgates[0], T * n, g, theta[b].gradient);
    product(CblasTrans, CblasNoTrans, g, m, T * n, dgates[0], g, x[0], m, 0, theta[W].gradient, m);
    product(CblasTrans, CblasNoTrans, g, h, T * n, dgates[0], g, hidden[0], h, 0, theta[U].gradient,
            h);
    descend(theta, PARAMETERS);
    return value;
}

void results(void)
{
    give(theta, PARAMETERS);
}
