/* cnn.c - a step of descent for two convolutions with poolings and a dense layer. A convolution of
 * one image is a product of matrices by OpenBLAS, after its windows have been laid out as columns.
 */
#include "network.h"

enum { n = SIZE_n, k = 10, WINDOW = 5 };
enum { K, a, L, b, V, c, PARAMETERS };

/* A convolution, a relu and a pooling: from `in` channels of size by size. */
struct layer {
    int in, out, size;
    int kernel, bias;      /* their places in theta */
    real *columns;         /* of an image: in*25 rows, a column for each place */
    real *sums, *pooled;   /* of all images; sums are 0 where the relu is */
    real *dpooled, *dsums; /* dsums: of an image */
};

static struct parameter theta[PARAMETERS];
static const real *x;
static const int *label;
static struct layer first = {1, 8, 28, K, a, NULL, NULL, NULL, NULL, NULL};
static struct layer second = {8, 16, 12, L, b, NULL, NULL, NULL, NULL, NULL};
static real logits[n * k], dcolumns[8 * WINDOW * WINDOW * 64];

static int places(const struct layer *l)
{
    return (l->size - WINDOW + 1) * (l->size - WINDOW + 1);
}

static size_t pooled_size(const struct layer *l)
{
    return (size_t)(l->out * places(l) / 4);
}

static void take_memory(struct layer *l)
{
    l->columns = reals((size_t)(l->in * WINDOW * WINDOW * places(l)));
    l->sums = reals((size_t)(n * l->out * places(l)));
    l->pooled = reals(n * pooled_size(l));
    l->dpooled = reals(n * pooled_size(l));
    l->dsums = reals((size_t)(l->out * places(l)));
}

void prepare(void)
{
    static const char *const names[] = {"K", "a", "L", "b", "V", "c"};
    x = input("x", NULL);
    label = input("label", NULL);
    for (int p = 0; p < PARAMETERS; p++)
        theta[p] = parameter(names[p]);
    take_memory(&first);
    take_memory(&second);
}

static void lay_out(const struct layer *l, const real *image)
{
    const int side = l->size - WINDOW + 1;
    real *to = l->columns;
    for (int q = 0; q < l->in; q++)
        for (int u = 0; u < WINDOW; u++)
            for (int v = 0; v < WINDOW; v++)
                for (int r = 0; r < side; r++, to += side)
                    memcpy(to, image + (q * l->size + r + u) * l->size + v,
                           (size_t)side * sizeof *to);
}

static void pool(const struct layer *l, const real *sums, real *pooled)
{
    const int side = l->size - WINDOW + 1, half = side / 2;
    for (int o = 0; o < l->out; o++)
        for (int r = 0; r < half; r++)
            for (int s = 0; s < half; s++) {
                const real *at = sums + (o * side + 2 * r) * side + 2 * s;
                const real upper = at[0] > at[1] ? at[0] : at[1];
                const real lower = at[side] > at[side + 1] ? at[side] : at[side + 1];
                *pooled++ = upper > lower ? upper : lower;
            }
}

/* What is pooled goes to the largest of four; where all are 0, to none. */
static void pool_back(const struct layer *l, const real *sums, const real *pooled,
                      const real *dpooled)
{
    const int side = l->size - WINDOW + 1, half = side / 2;
    memset(l->dsums, 0, (size_t)(l->out * places(l)) * sizeof(real));
    for (int o = 0; o < l->out; o++)
        for (int r = 0; r < half; r++)
            for (int s = 0; s < half; s++, pooled++, dpooled++) {
                const int at = (o * side + 2 * r) * side + 2 * s;
                const int corners[4] = {at, at + 1, at + side, at + side + 1};
                for (int q = 0; q < 4 && *pooled > 0; q++)
                    if (sums[corners[q]] == *pooled) {
                        l->dsums[corners[q]] = *dpooled;
                        break;
                    }
            }
}

static void forward(const struct layer *l, const real *images)
{
    const int rows = l->in * WINDOW * WINDOW;
    for (int i = 0; i < n; i++) {
        real *sums = l->sums + i * l->out * places(l);
        lay_out(l, images + i * l->in * l->size * l->size);
        for (int o = 0; o < l->out; o++)
            for (int p = 0; p < places(l); p++)
                sums[o * places(l) + p] = theta[l->bias].value[o];
        product(CblasNoTrans, CblasNoTrans, l->out, places(l), rows, theta[l->kernel].value, rows,
                l->columns, places(l), 1, sums, places(l));
        for (int p = 0; p < l->out * places(l); p++)
            sums[p] = sums[p] > 0 ? sums[p] : 0;
        pool(l, sums, l->pooled + (size_t)i * pooled_size(l));
    }
}

/* The adjoint of lay_out. */
static void gather(const struct layer *l, real *image)
{
    const int side = l->size - WINDOW + 1;
    const real *from = dcolumns;
    memset(image, 0, (size_t)(l->in * l->size * l->size) * sizeof *image);
    for (int q = 0; q < l->in; q++)
        for (int u = 0; u < WINDOW; u++)
            for (int v = 0; v < WINDOW; v++)
                for (int r = 0; r < side; r++, from += side)
                    for (int s = 0; s < side; s++)
                        image[(q * l->size + r + u) * l->size + v + s] += from[s];
}

/* dimages may be NULL: nobody asks. */
static void backward(const struct layer *l, const real *images, real *dimages)
{
    const int rows = l->in * WINDOW * WINDOW, image = l->in * l->size * l->size;
    memset(theta[l->bias].gradient, 0, theta[l->bias].count * sizeof(real));
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * pooled_size(l);
        pool_back(l, l->sums + i * l->out * places(l), l->pooled + at, l->dpooled + at);
        for (int o = 0; o < l->out; o++)
            for (int p = 0; p < places(l); p++)
                theta[l->bias].gradient[o] += l->dsums[o * places(l) + p];
        lay_out(l, images + i * image);
        product(CblasNoTrans, CblasTrans, l->out, rows, places(l), l->dsums, places(l), l->columns,
                places(l), i > 0, theta[l->kernel].gradient, rows);
        if (dimages) {
            product(CblasTrans, CblasNoTrans, rows, places(l), l->out, theta[l->kernel].value, rows,
                    l->dsums, places(l), 0, dcolumns, places(l));
            gather(l, dimages + i * image);
        }
    }
}

double loss(void)
{
    const int width = (int)pooled_size(&second);
    forward(&first, x);
    forward(&second, first.pooled);
    fill_rows(logits, n, k, theta[c].value);
    product(CblasNoTrans, CblasTrans, n, k, width, second.pooled, width, theta[V].value, width, 1,
            logits, k);
    return cross_entropy(logits, label, n, k);
}

double derivative(void)
{
    const int width = (int)pooled_size(&second);
    const double value = loss();
    sum_rows(logits, n, k, theta[c].gradient);
    product(CblasTrans, CblasNoTrans, k, width, n, logits, k, second.pooled, width, 0,
            theta[V].gradient, width);
    product(CblasNoTrans, CblasNoTrans, n, width, k, logits, k, theta[V].value, width, 0,
            second.dpooled, width);
    backward(&second, first.pooled, first.dpooled);
    backward(&first, x, NULL);
    descend(theta, PARAMETERS);
    return value;
}

void results(void)
{
    give(theta, PARAMETERS);
}
