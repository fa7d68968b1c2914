/* casadi_adapter.c - makes a contestant of what casadi_functions.py generates. Matrices are stored
 * column by column there. */
#include "harness.h"

#include CASADI_HEADER

enum { n = SIZE_n, d = 2, h = 16, ARGUMENTS = 8, PARAMETERS = 6 };

struct tensor {
    const char *name;
    int rows, columns;
};

static const struct tensor tensors[ARGUMENTS] = {
    {"x", n, d}, {"y", n, 1}, {"W", h, d}, {"a", h, 1}, {"V", h, h}, {"b", h, 1}, {"u", h, 1}, {"c", 1, 1}};

static const double *arguments[ARGUMENTS];
static double *gradients[PARAMETERS], value;
static casadi_int integers[CASADI_INTEGERS];
static double work[CASADI_REALS];

static double *other_order(const double *numbers, int rows, int columns)
{
    double *result = reals((size_t)(rows * columns));
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            result[j * rows + i] = numbers[i * columns + j];
    return result;
}
