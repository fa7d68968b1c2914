/* Quotients f(x)/x of functions that are 0 at 0, and their derivatives of any order; ratios.h says
   which. With q(x) = f(x)/x the n-th derivative of x*q(x) gives

       q_n(x) = (f_n(x) - n*q_(n-1)(x))/x,

   which loses digits near 0 alone; there the Taylor series of f is summed, divided and derived term
   by term: q_n(x) = sum f_j(0)*x^m/(m!*j) over m >= 0, with j = m + n + 1.

   Marked and embedded as special.c is. */
#include "runtime/ratios.h"

#include "runtime/elementary.h"
#include "runtime/special.h"

#include <math.h>

/* @function ratio_series */
/* The sum above where f_j(0) is signs[j mod 4], and (j - 1)! times that with `factorials`. */
double ratio_series(double n, double x, const double *signs, int factorials)
{
    double sum = 0.0;
    double power = 1.0;
    double m;
    for (m = 1.0; m <= n && factorials; m += 1.0) {
        power *= m;
    }
    for (m = 0.0; m < 400.0 && fabs(power) > 1e-20 * fabs(sum); m += 1.0) {
        sum += signs[(int)fmod(m + n + 1.0, 4.0)] * power / (m + n + 1.0);
        power *= (factorials ? m + n + 1.0 : 1.0) * x / (m + 1.0);
    }
    return sum;
}
/* @end */

/* @function sinc uses sine */
/* sin(x)/x, and 1 at 0. */
double sinc(double x)
{
    const double divisor = x == 0.0 ? 1.0 : x;
    return x == 0.0 ? 1.0 : sine(divisor) / divisor;
}
/* @end */

/* @function sinc_slope uses sine cosine */
/* Its derivative, without a loop. */
double sinc_slope(double x)
{
    const double square = x * x;
    const double outer = fabs(x) < 2.0 ? 2.0 : x;
    double sum = 1.54726806825227362e-24;
    sum = sum * square - 8.50997437538750488e-22;
    sum = sum * square + 3.91458821267825225e-19;
    sum = sum * square - 1.47971434439237935e-16;
    sum = sum * square + 4.49833160695283322e-14;
    sum = sum * square - 1.07060292245477431e-11;
    sum = sum * square + 1.92708526041859375e-9;
    sum = sum * square - 2.50521083854417188e-7;
    sum = sum * square + 0.0000220458553791887125;
    sum = sum * square - 0.00119047619047619048;
    sum = sum * square + 0.0333333333333333333;
    sum = sum * square - 0.333333333333333333;
    return fabs(x) < 2.0 ? x * sum : (cosine(outer) - sine(outer) / outer) / outer;
}
/* @end */

/* @function ratio_of_turns */
/* The n-th derivative of f(x)/x away from 0, where f, with the given value and slope, has the
   second derivative `turn`*f. */
double ratio_of_turns(double n, double x, double value, double slope, double turn)
{
    double ratio = value / x;
    double k;
    for (k = 1.0; k <= n; k += 1.0) {
        const double last = value;
        value = slope;
        slope = turn * last;
        ratio = (value - k * ratio) / x;
    }
    return ratio;
}
/* @end */

/* @function sinc_derivative uses ratio_series ratio_of_turns sine cosine */
/* The n-th derivative of sinc. */
double sinc_derivative(double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, -1.0};
    return fabs(x) < n + 1.0 ? ratio_series(n, x, signs, 0)
                             : ratio_of_turns(n, x, sine(x), cosine(x), -1.0);
}
/* @end */

/* @function sinhc_derivative uses ratio_series ratio_of_turns hyperbolic_sine hyperbolic_cosine */
/* The n-th derivative of sinh(x)/x. */
double sinhc_derivative(double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, 1.0};
    return fabs(x) < n + 1.0 ? ratio_series(n, x, signs, 0)
                             : ratio_of_turns(n, x, hyperbolic_sine(x), hyperbolic_cosine(x), 1.0);
}
/* @end */

/* @function sinhc uses hyperbolic_sine */
/* sinh(x)/x, and 1 at 0. */
double sinhc(double x)
{
    return x == 0.0 ? 1.0 : hyperbolic_sine(x) / x;
}
/* @end */

/* @function expm1c uses exponential_minus_one */
/* (exp(x) - 1)/x, and 1 at 0. */
double expm1c(double x)
{
    const double divisor = x == 0.0 ? 1.0 : x;
    return x == 0.0 ? 1.0 : exponential_minus_one(divisor) / divisor;
}
/* @end */

/* @function expm1c_derivative uses ratio_series exponential exponential_minus_one */
/* The n-th derivative of expm1c. */
double expm1c_derivative(double n, double x)
{
    static const double signs[] = {1.0, 1.0, 1.0, 1.0};
    const double slope = exponential(x);
    double ratio = exponential_minus_one(x) / x;
    double k;
    if (fabs(x) < n + 1.0) {
        return ratio_series(n, x, signs, 0);
    }
    for (k = 1.0; k <= n; k += 1.0) {
        ratio = (slope - k * ratio) / x;
    }
    return ratio;
}
/* @end */

/* @function log1pc uses logarithm_one_plus */
/* log(1 + x)/x, and 1 at 0. */
double log1pc(double x)
{
    const double divisor = x == 0.0 ? 1.0 : x;
    return x == 0.0 ? 1.0 : logarithm_one_plus(divisor) / divisor;
}
/* @end */

/* @function log1pc_derivative uses ratio_series logarithm_one_plus */
/* The n-th derivative of log1pc. */
double log1pc_derivative(double n, double x)
{
    static const double signs[] = {-1.0, 1.0, -1.0, 1.0};
    double slope = 1.0 / (1.0 + x);
    double ratio = logarithm_one_plus(x) / x;
    double k;
    if (fabs(x) < 0.6) {
        return ratio_series(n, x, signs, 1);
    }
    for (k = 1.0; k <= n; k += 1.0) {
        ratio = (slope - k * ratio) / x;
        slope *= -k / (1.0 + x);
    }
    return ratio;
}
/* @end */

/* @function atanc */
/* atan(x)/x, and 1 at 0. */
double atanc(double x)
{
    return x == 0.0 ? 1.0 : atan(x) / x;
}
/* @end */

/* @function atanc_derivative uses ratio_series */
/* The n-th derivative of atanc. That of (1 + x^2)*f_1(x) = 1 gives the derivatives f_k. */
double atanc_derivative(double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, -1.0};
    double slope = 1.0 / (1.0 + x * x);
    double last = 0.0;
    double ratio = atan(x) / x;
    double k;
    if (fabs(x) < 0.6) {
        return ratio_series(n, x, signs, 1);
    }
    for (k = 1.0; k <= n; k += 1.0) {
        const double next = -k * (2.0 * x * slope + (k - 1.0) * last) / (1.0 + x * x);
        ratio = (slope - k * ratio) / x;
        last = slope;
        slope = next;
    }
    return ratio;
}
/* @end */

/* @function atanhc */
/* artanh(x)/x, and 1 at 0. */
double atanhc(double x)
{
    return x == 0.0 ? 1.0 : atanh(x) / x;
}
/* @end */

/* @function atanhc_derivative uses ratio_series */
/* The n-th derivative of atanhc. That (1 - x^2)*f_1(x) = 1 gives the derivatives f_k. */
double atanhc_derivative(double n, double x)
{
    static const double signs[] = {0.0, 1.0, 0.0, 1.0};
    const double rest = (1.0 - x) * (1.0 + x);
    double slope = 1.0 / rest;
    double last = 0.0;
    double ratio = atanh(x) / x;
    double k;
    if (fabs(x) < 0.6) {
        return ratio_series(n, x, signs, 1);
    }
    for (k = 1.0; k <= n; k += 1.0) {
        const double next = k * (2.0 * x * slope + (k - 1.0) * last) / rest;
        ratio = (slope - k * ratio) / x;
        last = slope;
        slope = next;
    }
    return ratio;
}
/* @end */

/* @function asinc */
/* asin(x)/x, and 1 at 0. */
double asinc(double x)
{
    return x == 0.0 ? 1.0 : asin(x) / x;
}
/* @end */

/* @function asinc_derivative */
/* The n-th derivative of asinc: near 0 by the series of asin, whose coefficients are the binomial
   ones of 1/sqrt(1 - x^2) over 2*k + 1. That (1 - x^2)*f_2(x) = x*f_1(x) gives the derivatives f_k. */
double asinc_derivative(double n, double x)
{
    double slope = 1.0 / sqrt((1.0 - x) * (1.0 + x));
    double last = 0.0;
    double ratio = asin(x) / x;
    double binomial = 1.0;
    double sum = 0.0;
    double k;
    if (fabs(x) >= 0.6) {
        for (k = 1.0; k <= n; k += 1.0) {
            const double next = ((2.0 * k - 1.0) * x * slope + (k - 1.0) * (k - 1.0) * last) /
                                ((1.0 - x) * (1.0 + x));
            ratio = (slope - k * ratio) / x;
            last = slope;
            slope = next;
        }
        return ratio;
    }
    for (k = 0.0; k < 60.0 + 0.5 * n; k += 1.0) {
        double term = binomial / (2.0 * k + 1.0);
        double degree;
        for (degree = 2.0 * k; degree > 2.0 * k - n && term != 0.0; degree -= 1.0) {
            term *= degree;
        }
        sum += 2.0 * k < n ? 0.0 : term * pow(x, 2.0 * k - n);
        binomial *= (2.0 * k + 1.0) / (2.0 * k + 2.0);
    }
    return sum;
}
/* @end */

/* @function tanhc uses hyperbolic_tangent */
/* tanh(x)/x, and 1 at 0. */
double tanhc(double x)
{
    const double divisor = x == 0.0 ? 1.0 : x;
    return x == 0.0 ? 1.0 : hyperbolic_tangent(divisor) / divisor;
}
/* @end */

/* @function tanhc_series */
/* The n-th derivative of tanhc near 0, by the coefficients of tanh's series (Abramowitz, Stegun
   4.5.64). */
double tanhc_series(double n, double x)
{
    static const double coefficients[] = {1.0,
                                          -0.333333333333333333,
                                          0.133333333333333333,
                                          -0.0539682539682539683,
                                          0.0218694885361552028,
                                          -0.00886323552990219657,
                                          0.00359212803657248102,
                                          -0.00145583438705131827,
                                          0.000590027440945585981,
                                          -0.000239129114243552481,
                                          0.0000969153795692945033,
                                          -0.0000392783238833168341,
                                          0.0000159189050693289647,
                                          -6.45168921565543076e-6,
                                          2.61477115129075455e-6,
                                          -1.05972683201046544e-6,
                                          4.29491107827380585e-7,
                                          -1.74066189635716478e-7,
                                          7.05463694640096833e-8,
                                          -2.85913666230525391e-8,
                                          1.15876444327988522e-8,
                                          -4.69629539823090163e-9,
                                          1.90333683393127592e-9,
                                          -7.71393363535906229e-10,
                                          3.12633954589208705e-10,
                                          -1.26705769303054011e-10,
                                          5.13519140803936774e-11,
                                          -2.08121468677004742e-11,
                                          8.43484541909433829e-12,
                                          -3.41851408681115581e-12};
    double sum = 0.0;
    int k;
    for (k = 29; k >= 0 && 2.0 * k >= n; k--) {
        double factor = coefficients[k];
        double degree;
        for (degree = 2.0 * k; degree > 2.0 * k - n; degree -= 1.0) {
            factor *= degree;
        }
        sum = sum * x * x + factor;
    }
    return fmod(n, 2.0) == 0.0 ? sum : sum * x;
}
/* @end */

/* @function tanhc_derivative uses tanhc_series hyperbolic_tangent sech */
/* The n-th derivative of tanhc, for n up to 15; NaN for more. The Taylor coefficients of t = tanh
   and s = 1 - t^2 at x come from t' = s and s' = -2*t*s. */
double tanhc_derivative(double n, double x)
{
    double t[17];
    double s[17];
    double factorial = 1.0;
    double ratio;
    int k;
    if (fabs(x) < 0.8) {
        return tanhc_series(n, x);
    }
    if (!(n < 16.0)) {
        return sqrt(-1.0 - n);
    }
    t[0] = hyperbolic_tangent(x);
    s[0] = sech(x) * sech(x);
    ratio = t[0] / x;
    for (k = 1; k <= (int)n; k++) {
        int i;
        double sum = 0.0;
        for (i = 0; i < k; i++) {
            sum += t[i] * s[k - 1 - i];
        }
        t[k] = s[k - 1] / (double)k;
        s[k] = -2.0 * sum / (double)k;
        factorial *= (double)k;
        ratio = (factorial * t[k] - (double)k * ratio) / x;
    }
    return ratio;
}
/* @end */
