/* kmeans.c - the squared distances of points from the nearest of k centres. */
#include "harness.h"

#include <float.h>
#include <string.h>

enum { n = SIZE_n, d = SIZE_d, k = SIZE_k };

static const double *p, *c;
static double slope[k * d];

void prepare(void)
{
    p = input("p", NULL);
    c = input("c", NULL);
}

static double nearest(const double *point, int *centre)
{
    double least = DBL_MAX;
    for (int j = 0; j < k; j++) {
        double sum = 0;
        for (int l = 0; l < d; l++) {
            const double e = point[l] - c[j * d + l];
            sum += e * e;
        }
        if (sum < least) {
            least = sum;
            *centre = j;
        }
    }
    return least;
}

double loss(void)
{
    double sum = 0;
    int centre = 0;
    for (int i = 0; i < n; i++)
        sum += nearest(p + i * d, &centre);
    return sum;
}

double derivative(void)
{
    double sum = 0;
    int centre = 0;
    memset(slope, 0, sizeof slope);
    for (int i = 0; i < n; i++) {
        sum += nearest(p + i * d, &centre);
        for (int l = 0; l < d; l++)
            slope[centre * d + l] += 2 * (c[centre * d + l] - p[i * d + l]);
    }
    return sum;
}

void results(void)
{
    result(slope, k * d);
}
