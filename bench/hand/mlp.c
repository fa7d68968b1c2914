/* mlp.c - a perceptron with one hidden layer: a step of descent, its products by OpenBLAS. */
#include "network.h"

enum { n = SIZE_n, d = 784, h = 128, k = 10 };
enum { W, a, V, b, PARAMETERS };

static struct parameter theta[PARAMETERS];
static const real *x;
static const int *label;
static real z[n * h], dz[n * h], logits[n * k];

void prepare(void)
{
    static const char *const names[] = {"W", "a", "V", "b"};
    x = input("x", NULL);
    label = input("label", NULL);
    for (int p = 0; p < PARAMETERS; p++)
        theta[p] = parameter(names[p]);
}

/* The loss; logits hold its gradient by them. */
double loss(void)
{
    fill_rows(z, n, h, theta[a].value);
    product(CblasNoTrans, CblasTrans, n, h, d, x, d, theta[W].value, d, 1, z, h);
    for (int i = 0; i < n * h; i++)
        z[i] = z[i] > 0 ? z[i] : 0;
    fill_rows(logits, n, k, theta[b].value);
    product(CblasNoTrans, CblasTrans, n, k, h, z, h, theta[V].value, h, 1, logits, k);
    return cross_entropy(logits, label, n, k);
}

double derivative(void)
{
    const double value = loss();
    sum_rows(logits, n, k, theta[b].gradient);
    product(CblasTrans, CblasNoTrans, k, h, n, logits, k, z, h, 0, theta[V].gradient, h);
    product(CblasNoTrans, CblasNoTrans, n, h, k, logits, k, theta[V].value, h, 0, dz, h);
    for (int i = 0; i < n * h; i++)
        dz[i] = z[i] > 0 ? dz[i] : 0;
    sum_rows(dz, n, h, theta[a].gradient);
    product(CblasTrans, CblasNoTrans, h, d, n, dz, h, x, d, 0, theta[W].gradient, d);
    descend(theta, PARAMETERS);
    return value;
}

void results(void)
{
    give(theta, PARAMETERS);
}
