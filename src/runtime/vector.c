#include "vector.h"

static double vector_dot(ptrdiff_t count, const double *a, const double *b)
{
    double sum = 0.0;

    for (ptrdiff_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static double vector_largest(ptrdiff_t count, const double *a)
{
    double largest = 0.0;

    for (ptrdiff_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(a[i]));
    return largest;
}

static double vector_norm(ptrdiff_t count, const double *a)
{
    const double largest = vector_largest(count, a);
    double sum = 0.0;

    if (largest == 0.0 || isinf(largest))
        return largest;
    for (ptrdiff_t i = 0; i < count; i++)
        sum += a[i] / largest * (a[i] / largest);
    return largest * sqrt(sum);
}

static bool vector_is_finite(ptrdiff_t count, const double *a)
{
    for (ptrdiff_t i = 0; i < count; i++)
        if (!isfinite(a[i]))
            return false;
    return true;
}

static void vector_copy(ptrdiff_t count, double *to, const double *from)
{
    if (count > 0)
        memcpy(to, from, (size_t)count * sizeof *to);
}

static void vector_add(ptrdiff_t count, double *to, double factor, const double *a)
{
    for (ptrdiff_t i = 0; i < count; i++)
        to[i] += factor * a[i];
}

static void vector_scale(ptrdiff_t count, double *a, double factor)
{
    for (ptrdiff_t i = 0; i < count; i++)
        a[i] *= factor;
}
