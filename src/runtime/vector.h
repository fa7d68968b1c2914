/* vector.h - what the solvers do with plain vectors of doubles. */
#ifndef SYMGRAD_RUNTIME_VECTOR_H
#define SYMGRAD_RUNTIME_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static double vector_dot(ptrdiff_t count, const double *a, const double *b);

/* Neither overflows nor underflows unless the norm itself does. */
static double vector_norm(ptrdiff_t count, const double *a);

static double vector_largest(ptrdiff_t count, const double *a);
static bool vector_is_finite(ptrdiff_t count, const double *a);
static void vector_copy(ptrdiff_t count, double *to, const double *from);

/* to += factor * a */
static void vector_add(ptrdiff_t count, double *to, double factor, const double *a);
static void vector_scale(ptrdiff_t count, double *a, double factor);

#endif /* SYMGRAD_RUNTIME_VECTOR_H */
