/* transformer.c - a step of descent for a transformer's encoder block, its products by OpenBLAS. */
#include "network.h"

enum { n = SIZE_n, T = 64, d = 64, heads = 4, width = d / heads, f = 256, rows = n * T };
enum { Q, K, V, O, gain, bias, F, a, G, b, PARAMETERS };

/* What a normalisation keeps for the way back. */
struct norm {
    real *standard; /* before gain and bias */
    real *scale;    /* of each row */
    real *result;
};

static struct parameter theta[PARAMETERS];
static const real *x, *y;
static struct norm first, second;
static real *asked[3], *dasked[3]; /* queries, keys, values */
static real *weight;               /* of each sample and head, T by T */
static real *attended, *dattended, *r, *dr, *s, *u, *ds, *p, *dnorm;

static struct norm make_norm(void)
{
    return (struct norm){reals(rows * d), reals(rows), reals(rows * d)};
}

void prepare(void)
{
    static const char *const names[] = {"Q", "K", "V", "O", "gain", "bias", "F", "a", "G", "b"};
    real **const sequences[] = {&asked[0],  &asked[1],  &asked[2], &dasked[0],
                                &dasked[1], &dasked[2], &attended, &dattended,
                                &r,         &dr,        &p,        &dnorm};
    x = input("x", NULL);
    y = input("y", NULL);
    for (int i = 0; i < PARAMETERS; i++)
        theta[i] = parameter(names[i]);
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        *sequences[i] = reals(rows * d);
    first = make_norm();
    second = make_norm();
    weight = reals(n * heads * T * T);
    s = reals(rows * f);
    u = reals(rows * f);
    ds = reals(rows * f);
}

/* Each row to mean 0 and variance 1, then the gain and the bias numbered so. */
static void normalise(const struct norm *norm, const real *from, int number)
{
    const real *g = theta[gain].value + number * d, *shift = theta[bias].value + number * d;
    for (int i = 0; i < rows; i++) {
        const real *v = from + i * d;
        real mean = 0, variance = 0;
        for (int j = 0; j < d; j++)
            mean += v[j] / d;
        for (int j = 0; j < d; j++)
            variance += (v[j] - mean) * (v[j] - mean) / d;
        norm->scale[i] = 1 / sqrtf(variance + 1e-5f);
        for (int j = 0; j < d; j++) {
            norm->standard[i * d + j] = (v[j] - mean) * norm->scale[i];
            norm->result[i * d + j] = g[j] * norm->standard[i * d + j] + shift[j];
        }
    }
}

/* From the adjoint of the result to those of gain and bias; and to that of what came in, added to
 * `to` unless it is NULL. */
static void normalise_back(const struct norm *norm, const real *dresult, int number, real *to)
{
    const real *g = theta[gain].value + number * d;
    real *dgain = theta[gain].gradient + number * d, *dbias = theta[bias].gradient + number * d;
    memset(dgain, 0, d * sizeof *dgain);
    memset(dbias, 0, d * sizeof *dbias);
    for (int i = 0; i < rows; i++) {
        const real *v = norm->standard + i * d, *dv = dresult + i * d;
        real sum = 0, along = 0;
        for (int j = 0; j < d; j++) {
            dgain[j] += dv[j] * v[j];
            dbias[j] += dv[j];
            sum += dv[j] * g[j] / d;
            along += dv[j] * g[j] * v[j] / d;
        }
        for (int j = 0; to && j < d; j++)
            to[i * d + j] += norm->scale[i] * (dv[j] * g[j] - sum - v[j] * along);
    }
}

static void softmax_rows(real *scores)
{
    for (int t = 0; t < T; t++, scores += T) {
        real top = scores[0], sum = 0;
        for (int v = 1; v < T; v++)
            top = scores[v] > top ? scores[v] : top;
        for (int v = 0; v < T; v++) {
            scores[v] = expf((scores[v] - top) / sqrtf(width));
            sum += scores[v];
        }
        for (int v = 0; v < T; v++)
            scores[v] /= sum;
    }
}

/* dscores, of weights, becomes that of scores. */
static void softmax_rows_back(const real *weights, real *dscores)
{
    for (int t = 0; t < T; t++, weights += T, dscores += T) {
        real along = 0;
        for (int v = 0; v < T; v++)
            along += weights[v] * dscores[v];
        for (int v = 0; v < T; v++)
            dscores[v] = weights[v] * (dscores[v] - along) / sqrtf(width);
    }
}

static void attend(int i, int head)
{
    const int at = i * T * d + head * width;
    real *w = weight + (i * heads + head) * T * T;
    product(CblasNoTrans, CblasTrans, T, T, width, asked[0] + at, d, asked[1] + at, d, 0, w, T);
    softmax_rows(w);
    product(CblasNoTrans, CblasNoTrans, T, width, T, w, T, asked[2] + at, d, 0, attended + at, d);
}

static void attend_back(int i, int head)
{
    static real dscores[T * T];
    const int at = i * T * d + head * width;
    const real *w = weight + (i * heads + head) * T * T;
    product(CblasTrans, CblasNoTrans, T, width, T, w, T, dattended + at, d, 0, dasked[2] + at, d);
    product(CblasNoTrans, CblasTrans, T, T, width, dattended + at, d, asked[2] + at, d, 0, dscores,
            T);
    softmax_rows_back(w, dscores);
    product(CblasNoTrans, CblasNoTrans, T, width, T, dscores, T, asked[1] + at, d, 0,
            dasked[0] + at, d);
    product(CblasTrans, CblasNoTrans, T, width, T, dscores, T, asked[0] + at, d, 0, dasked[1] + at,
            d);
}

static real normal_distribution(real v)
{
    return (1 + erff(v * 0.70710678f)) / 2;
}

static void feed_forward(void)
{
    fill_rows(s, rows, f, theta[a].value);
    product(CblasNoTrans, CblasTrans, rows, f, d, second.result, d, theta[F].value, d, 1, s, f);
    for (int i = 0; i < rows * f; i++)
        u[i] = s[i] * normal_distribution(s[i]);
    for (int i = 0; i < rows * d; i++)
        p[i] = r[i] + theta[b].value[i % d];
    product(CblasNoTrans, CblasTrans, rows, d, f, u, f, theta[G].value, f, 1, p, d);
}

double loss(void)
{
    double sum = 0;
    normalise(&first, x, 0);
    for (int i = 0; i < 3; i++)
        product(CblasNoTrans, CblasTrans, rows, d, d, first.result, d, theta[Q + i].value, d, 0,
                asked[i], d);
    for (int i = 0; i < n; i++)
        for (int head = 0; head < heads; head++)
            attend(i, head);
    memcpy(r, x, rows * d * sizeof *r);
    product(CblasNoTrans, CblasTrans, rows, d, d, attended, d, theta[O].value, d, 1, r, d);
    normalise(&second, r, 1);
    feed_forward();
    for (int i = 0; i < rows * d; i++)
        sum += (p[i] - y[i]) * (p[i] - y[i]);
    return sum / (rows * d);
}

static void feed_forward_back(void)
{
    sum_rows(dr, rows, d, theta[b].gradient);
    product(CblasTrans, CblasNoTrans, d, f, rows, dr, d, u, f, 0, theta[G].gradient, f);
    product(CblasNoTrans, CblasNoTrans, rows, f, d, dr, d, theta[G].value, f, 0, ds, f);
    for (int i = 0; i < rows * f; i++)
        ds[i] *= normal_distribution(s[i]) + s[i] * 0.39894228f * expf(-s[i] * s[i] / 2);
    sum_rows(ds, rows, f, theta[a].gradient);
    product(CblasTrans, CblasNoTrans, f, d, rows, ds, f, second.result, d, 0, theta[F].gradient, d);
    product(CblasNoTrans, CblasNoTrans, rows, d, f, ds, f, theta[F].value, d, 0, dnorm, d);
    normalise_back(&second, dnorm, 1, dr);
}

static void attention_back(void)
{
    product(CblasTrans, CblasNoTrans, d, d, rows, dr, d, attended, d, 0, theta[O].gradient, d);
    product(CblasNoTrans, CblasNoTrans, rows, d, d, dr, d, theta[O].value, d, 0, dattended, d);
    for (int i = 0; i < n; i++)
        for (int head = 0; head < heads; head++)
            attend_back(i, head);
    for (int i = 0; i < 3; i++) {
        product(CblasTrans, CblasNoTrans, d, d, rows, dasked[i], d, first.result, d, 0,
                theta[Q + i].gradient, d);
        product(CblasNoTrans, CblasNoTrans, rows, d, d, dasked[i], d, theta[Q + i].value, d, i > 0,
                dnorm, d);
    }
    normalise_back(&first, dnorm, 0, NULL);
}

double derivative(void)
{
    const double value = loss();
    for (int i = 0; i < rows * d; i++)
        dr[i] = 2 * (p[i] - y[i]) / (rows * d);
    feed_forward_back();
    attention_back();
    descend(theta, PARAMETERS);
    return value;
}

void results(void)
{
    give(theta, PARAMETERS);
}
