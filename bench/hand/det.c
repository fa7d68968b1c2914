/* det.c - a determinant by elimination; its gradient is det(A) A^-T, by the same elimination. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { n = SIZE_n };

static const double *A;
static double slope[n * n];
static double lu[n][n];
static int row[n];

void prepare(void)
{
    A = input("A", NULL);
}

/* A, its rows in the order `row`, is L U; the determinant. */
static double eliminate(void)
{
    double det = 1;
    memcpy(lu, A, sizeof lu);
    for (int i = 0; i < n; i++)
        row[i] = i;
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(lu[i][k]) > fabs(lu[pivot][k]))
                pivot = i;
        if (pivot != k) {
            double other[n];
            const int number = row[k];
            memcpy(other, lu[k], sizeof other);
            memcpy(lu[k], lu[pivot], sizeof other);
            memcpy(lu[pivot], other, sizeof other);
            row[k] = row[pivot];
            row[pivot] = number;
            det = -det;
        }
        det *= lu[k][k];
        for (int i = k + 1; i < n; i++) {
            lu[i][k] /= lu[k][k];
            for (int j = k + 1; j < n; j++)
                lu[i][j] -= lu[i][k] * lu[k][j];
        }
    }
    return det;
}

double loss(void)
{
    return eliminate();
}

double derivative(void)
{
    const double det = eliminate();
    for (int c = 0; c < n; c++) { /* column row[c] of the inverse */
        double v[n];
        for (int i = 0; i < n; i++) {
            v[i] = i == c;
            for (int j = 0; j < i; j++)
                v[i] -= lu[i][j] * v[j];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int j = i + 1; j < n; j++)
                v[i] -= lu[i][j] * v[j];
            v[i] /= lu[i][i];
            slope[row[c] * n + i] = det * v[i];
        }
    }
    return det;
}

void results(void)
{
    result(slope, n * n);
}
