/* casadi_adapter.c - makes a contestant of what casadi_functions.py generates. Matrices are stored
 * column by column there. */
#include "harness.h"

#include CASADI_HEADER

#include <stdlib.h>
#include <string.h>

enum { n = SIZE_n, d = 2, h = 16, ARGUMENTS = 8, PARAMETERS = 6, POINTERS = 1024 };

struct tensor {
    const char *name;
    int rows, columns;
};

static const struct tensor tensors[ARGUMENTS] = {{"x", n, d}, {"y", n, 1}, {"W", h, d},
                                                 {"a", h, 1}, {"V", h, h}, {"b", h, 1},
                                                 {"u", h, 1}, {"c", 1, 1}};

static const double *arguments[POINTERS];
static double *gradients[PARAMETERS], value;

/* More than either function asks for, which `prepare` makes sure of. */
static casadi_int integers[1024];
static double work[1 << 20];

static double *reordered(const double *numbers, int rows, int columns, int by_columns)
{
    double *other = reals((size_t)(rows * columns));
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            other[by_columns ? j * rows + i : i * columns + j] =
                numbers[by_columns ? i * columns + j : j * rows + i];
    return other;
}

static void enough(int (*sizes)(casadi_int *, casadi_int *, casadi_int *, casadi_int *))
{
    casadi_int argument_size, result_size, integer_size, work_size;
    sizes(&argument_size, &result_size, &integer_size, &work_size);
    if (integer_size > (casadi_int)(sizeof integers / sizeof *integers) ||
        work_size > (casadi_int)(sizeof work / sizeof *work) || argument_size > POINTERS ||
        result_size > POINTERS)
        abort();
}

void prepare(void)
{
    enough(casadi_loss_work);
    enough(casadi_gradient_work);
    for (int i = 0; i < ARGUMENTS; i++) {
        const struct tensor *t = &tensors[i];
        arguments[i] = reordered(input(t->name, NULL), t->rows, t->columns, 1);
    }
    for (int i = 0; i < PARAMETERS; i++) {
        const struct tensor *t = &tensors[ARGUMENTS - PARAMETERS + i];
        gradients[i] = reals((size_t)(t->rows * t->columns));
    }
}

double loss(void)
{
    double *found[POINTERS] = {&value};
    casadi_loss(arguments, found, integers, work, 0);
    return value;
}

double derivative(void)
{
    double *found[POINTERS] = {&value};
    memcpy(found + 1, gradients, sizeof gradients);
    casadi_gradient(arguments, found, integers, work, 0);
    return value;
}

void results(void)
{
    for (int i = 0; i < PARAMETERS; i++) {
        const struct tensor *t = &tensors[ARGUMENTS - PARAMETERS + i];
        result(reordered(gradients[i], t->rows, t->columns, 0), (size_t)(t->rows * t->columns));
    }
}
