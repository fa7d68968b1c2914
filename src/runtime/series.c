/* Sums and extremes of terms that lie in a row, and strips of lanes that are added up in registers.
   Embedded as product.c is, which is read before it. */
#include "runtime/product.h"

#include <math.h>

/* @text strip_vectors uses product_vector */
/* A strip of a row, of so many vectors that loops around it leave in registers; of 64 numbers at
   most. */
enum {
    strip_vectors = product_lanes > 8 ? 64 / product_lanes : 8,
    strip_length = strip_vectors * product_lanes
};
/* @end */

/* @text strip_load uses strip_vectors */
static PRODUCT_INLINE void strip_load(const double *from, product_vector *strip)
{
    for (int v = 0; v < strip_vectors; v++) {
        strip[v] = product_load(from + v * product_lanes);
    }
}
/* @end */

/* @text strip_store uses strip_vectors */
static PRODUCT_INLINE void strip_store(double *to, const product_vector *strip)
{
    for (int v = 0; v < strip_vectors; v++) {
        *(product_memory *)(to + v * product_lanes) = strip[v];
    }
}
/* @end */

/* @text strip_sum uses strip_vectors product_lane_sum */
/* The sum of all its numbers; the vectors change. */
static PRODUCT_INLINE double strip_sum(product_vector *strip)
{
    for (int half = strip_vectors / 2; half > 0; half /= 2) {
        for (int v = 0; v < half; v++) {
            strip[v] += strip[v + half];
        }
    }
    return product_lane_sum((const double *)strip);
}
/* @end */

/* @text product_sum uses product_lane_sum */
/* Lanes of partial sums; in a fixed order. */
static double product_sum(ptrdiff_t count, const double *terms, ptrdiff_t stride)
{
    const product_vector zero = {0};
    product_vector a = zero, b = zero, c = zero, d = zero;
    double sum = 0.0;
    ptrdiff_t i = 0;
    if (stride == 1) {
        for (; i <= count - 4 * product_lanes; i += 4 * product_lanes) {
            a += product_load(terms + i);
            b += product_load(terms + i + product_lanes);
            c += product_load(terms + i + 2 * product_lanes);
            d += product_load(terms + i + 3 * product_lanes);
        }
        a = (a + b) + (c + d);
        sum = product_lane_sum((const double *)&a);
    } else {
        double s = 0.0, t = 0.0, u = 0.0, v = 0.0;
        for (; i <= count - 4; i += 4) {
            s += terms[i * stride];
            t += terms[(i + 1) * stride];
            u += terms[(i + 2) * stride];
            v += terms[(i + 3) * stride];
        }
        sum = (s + t) + (u + v);
    }
    for (; i < count; i++) {
        sum += terms[i * stride];
    }
    return sum;
}
/* @end */

/* @text product_dot uses product_lane_sum */
/* Lanes of partial sums, in a fixed order. */
static double product_dot(ptrdiff_t count, const double *left, ptrdiff_t left_stride,
                          const double *right, ptrdiff_t right_stride)
{
    const product_vector zero = {0};
    product_vector a = zero, b = zero, c = zero, d = zero;
    double s = 0.0, t = 0.0, u = 0.0, v = 0.0;
    ptrdiff_t i = 0;
    if (left_stride == 1 && right_stride == 1) {
        const int lanes = product_lanes;
        for (; i <= count - 4 * lanes; i += 4 * lanes) {
            a += product_load(left + i) * product_load(right + i);
            b += product_load(left + i + lanes) * product_load(right + i + lanes);
            c += product_load(left + i + 2 * lanes) * product_load(right + i + 2 * lanes);
            d += product_load(left + i + 3 * lanes) * product_load(right + i + 3 * lanes);
        }
        for (; i <= count - lanes; i += lanes) {
            a += product_load(left + i) * product_load(right + i);
        }
        a = (a + b) + (c + d);
        s = product_lane_sum((const double *)&a);
    }
    for (; i <= count - 4; i += 4) {
        s += left[i * left_stride] * right[i * right_stride];
        t += left[(i + 1) * left_stride] * right[(i + 1) * right_stride];
        u += left[(i + 2) * left_stride] * right[(i + 2) * right_stride];
        v += left[(i + 3) * left_stride] * right[(i + 3) * right_stride];
    }
    for (int rest = 0; rest < 3 && i < count; rest++, i++) {
        s += left[i * left_stride] * right[i * right_stride];
    }
    return (s + t) + (u + v);
}
/* @end */

/* @text series_largest */
/* In so many lanes that none waits for the one before it; which term comes first does not matter.
 */
static double series_largest(ptrdiff_t count, const double *terms, ptrdiff_t stride)
{
    enum { lanes = 32 };
    double largest = -HUGE_VAL;
    ptrdiff_t i = 0;
    if (stride == 1 && count >= 2 * lanes) {
        double best[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            best[lane] = terms[lane];
        }
        for (i = lanes; i <= count - lanes; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) {
                const double term = terms[i + lane];
                best[lane] = best[lane] > term || best[lane] != best[lane] ? best[lane] : term;
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            largest = largest > best[lane] || largest != largest ? largest : best[lane];
        }
    }
    for (; i < count; i++) {
        const double term = terms[i * stride];
        largest = largest > term || largest != largest ? largest : term;
    }
    return largest;
}
/* @end */

/* @text series_smallest */
/* In so many lanes that none waits for the one before it; which term comes first does not matter.
 */
static double series_smallest(ptrdiff_t count, const double *terms, ptrdiff_t stride)
{
    enum { lanes = 32 };
    double smallest = HUGE_VAL;
    ptrdiff_t i = 0;
    if (stride == 1 && count >= 2 * lanes) {
        double best[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            best[lane] = terms[lane];
        }
        for (i = lanes; i <= count - lanes; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) {
                const double term = terms[i + lane];
                best[lane] = best[lane] < term || best[lane] != best[lane] ? best[lane] : term;
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            smallest = smallest < best[lane] || smallest != smallest ? smallest : best[lane];
        }
    }
    for (; i < count; i++) {
        const double term = terms[i * stride];
        smallest = smallest < term || smallest != smallest ? smallest : term;
    }
    return smallest;
}
/* @end */
