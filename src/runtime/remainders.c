/* Remainders of Taylor series; remainders.h says which. With r_m(x) = (r_(m-1)(x) - c_(m-1))/x,
   where r_0 is the function and c_j are the coefficients of its series, the n-th derivative is

       r_m,n(x) = (r_(m-1),n(x) - [n = 0]*c_(m-1) - n*r_m,(n-1)(x))/x,

   which loses digits near 0 alone; there the series is summed, derived term by term.

   Marked and embedded as special.c is. */
#include "runtime/remainders.h"

#include "runtime/elementary.h"

#include <math.h>

/* @function remainder_sum */
/* The sum where c_j is signs[j mod 4]/j!. */
double remainder_sum(double m, double n, double x, const double *signs)
{
    double sum = 0.0;
    double power = 1.0;
    double j;
    for (j = n + 1.0; j <= n + m; j += 1.0) {
        power /= j;
    }
    for (j = 0.0; j < 200.0 && fabs(power) > 1e-20 * fabs(sum); j += 1.0) {
        sum += signs[(int)fmod(j + m + n, 4.0)] * power;
        power *= x * (j + 1.0 + n) / ((j + 1.0) * (j + 1.0 + m + n));
    }
    return sum;
}
/* @end */

/* @function remainder_step */
/* By the rule above: slopes[k] is the function's k-th derivative at x, for k up to n, terms[j] is
   c_j. For n up to 15; NaN for more. */
double remainder_step(double m, double n, double x, const double *slopes, const double *terms)
{
    double parts[16];
    int order;
    int part;
    for (order = 0; order < 16; order++) {
        parts[order] = slopes[order];
    }
    for (part = 0; part < (int)m; part++) {
        parts[0] = (parts[0] - terms[part]) / x;
        for (order = 1; order < 16; order++) {
            parts[order] = (parts[order] - (double)order * parts[order - 1]) / x;
        }
    }
    return n < 16.0 ? parts[(int)n] : sqrt(-1.0 - n);
}
/* @end */

/* @function exp_remainder uses remainder_sum remainder_step exponential */
double exp_remainder(double m, double n, double x)
{
    static const double signs[] = {1.0, 1.0, 1.0, 1.0};
    double slopes[16];
    double terms[16];
    int k;
    if (fabs(x) < n + m) {
        return remainder_sum(m, n, x, signs);
    }
    for (k = 0; k < 16; k++) {
        slopes[k] = exponential(x);
        terms[k] = k == 0 ? 1.0 : terms[k - 1] / (double)k;
    }
    return remainder_step(m, n, x, slopes, terms);
}
/* @end */

/* @function sin_remainder uses remainder_sum remainder_step sine cosine */
double sin_remainder(double m, double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, -1.0};
    double slopes[16];
    double terms[16];
    double factorial = 1.0;
    int k;
    if (fabs(x) < n + m) {
        return remainder_sum(m, n, x, signs);
    }
    for (k = 0; k < 16; k++) {
        const double slope = k % 2 == 0 ? sine(x) : cosine(x);
        slopes[k] = k % 4 < 2 ? slope : -slope;
        terms[k] = signs[k % 4] / factorial;
        factorial *= (double)(k + 1);
    }
    return remainder_step(m, n, x, slopes, terms);
}
/* @end */

/* @function sinh_remainder uses remainder_sum remainder_step hyperbolic_sine hyperbolic_cosine */
double sinh_remainder(double m, double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, 1.0};
    double slopes[16];
    double terms[16];
    double factorial = 1.0;
    int k;
    if (fabs(x) < n + m) {
        return remainder_sum(m, n, x, signs);
    }
    for (k = 0; k < 16; k++) {
        slopes[k] = k % 2 == 0 ? hyperbolic_sine(x) : hyperbolic_cosine(x);
        terms[k] = signs[k % 4] / factorial;
        factorial *= (double)(k + 1);
    }
    return remainder_step(m, n, x, slopes, terms);
}
/* @end */

/* @function log1p_remainder uses remainder_step logarithm_one_plus */
/* Near 0 by the integral of (1 - t)^(m-1)/(m-1)!*t^n*f_(m+n)(x*t) over t from 0 to 1, f_k the k-th
   derivative of log(1 + u): of one sign, and smooth enough for Gauss and Legendre's rule of sixteen
   points (Abramowitz, Stegun, table 25.4). */
double log1p_remainder(double m, double n, double x)
{
    static const double points[] = {
        0.095012509837637440, 0.281603550779258913, 0.458016777657227386, 0.617876244402643748,
        0.755404408355003034, 0.865631202387831744, 0.944575023073232576, 0.989400934991649933};
    static const double weights[] = {
        0.189450610455068496, 0.182603415044923589,  0.169156519395002538,  0.149595988816576732,
        0.124628971255533872, 0.0951585116824927848, 0.0622535239386478929, 0.0271524594117540949};
    double slopes[16];
    double terms[16];
    double factor = 0.5;
    double sum = 0.0;
    int k;
    if (x < -0.6 || x > 2.0) {
        slopes[0] = logarithm_one_plus(x);
        terms[0] = 0.0;
        for (k = 1; k < 16; k++) {
            slopes[k] = k == 1 ? 1.0 / (1.0 + x) : slopes[k - 1] * (double)(1 - k) / (1.0 + x);
            terms[k] = (k % 2 == 0 ? -1.0 : 1.0) / (double)k;
        }
        return remainder_step(m, n, x, slopes, terms);
    }
    for (k = 1; k < (int)(m + n); k++) {
        factor *= k < (int)m ? -1.0 : -(double)k;
    }
    for (k = 15; k >= 0; k--) {
        const double point = k % 2 == 0 ? points[k / 2] : -points[k / 2];
        const double t = 0.5 + 0.5 * point;
        sum += weights[k / 2] * pow(1.0 - t, m - 1.0) * pow(t, n) / pow(1.0 + x * t, m + n);
    }
    return factor * sum;
}
/* @end */
