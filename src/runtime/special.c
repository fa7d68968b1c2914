/* The functions that operators.def needs beyond elementary.h and libm; special.h says what each
   computes.

   Emitted code embeds the functions that it uses: the text from the line that marks a function to
   the line that ends it, made static, after those it uses. For float the emitter replaces tokens
   only: double by float, a literal 1.0 by 1.0f, a libm name by its f-variant; elementary functions
   have forms of their own. Hence every floating literal has a point and fits a float, and no
   constant depends on the width of the mantissa. */
#include "runtime/special.h"

#include "runtime/elementary.h"

#include <math.h>
#include <stdint.h>

/* Emitted code defines it as what makes clang inline functions of this length into loops. */
#define ALWAYS_INLINE

/* ------------------------------------------------------------------ steps and magnitudes ------ */

/* @function sign */
/* -1, 0 or 1; a zero and NaN stay what they are. */
double sign(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}
/* @end */

/* @function step */
/* The slope of relu: 1 for x > 0, 0 for x <= 0, NaN for NaN. */
double step(double x)
{
    return x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x;
}
/* @end */

/* @function flat */
/* The slope of a step: 0, but NaN for NaN. */
double flat(double x)
{
    return x == x ? 0.0 : x;
}
/* @end */

/* @function maximum */
/* The larger of the two; NaN if either is NaN. */
double maximum(double x, double y)
{
    return x > y || x != x ? x : y;
}
/* @end */

/* @function minimum */
/* The smaller of the two; NaN if either is NaN. */
double minimum(double x, double y)
{
    return x < y || x != x ? x : y;
}
/* @end */

/* @function modulo */
/* x - y*floor(x/y) without its rounding errors: fmod is exact, and is moved to the sign of y. */
double modulo(double x, double y)
{
    const double rest = fmod(x, y);
    return (rest < 0.0 && y > 0.0) || (rest > 0.0 && y < 0.0) ? rest + y : rest;
}
/* @end */

/* @function ratio0 uses flat */
/* x/y, and 0 at y = 0. */
double ratio0(double x, double y)
{
    return y == 0.0 ? flat(x) : x / y;
}
/* @end */

/* @function anchor */
/* What is taken out of exponents: x, and 0 where that is infinite. */
double anchor(double x)
{
    return fabs(x) == HUGE_VAL ? 0.0 : x;
}
/* @end */

/* @function exp0 uses exponential */
/* exp, and 0 where that is next to nothing: what would be made of it are subnormal numbers, which
   processors take a hundred times as long for. */
double exp0(double x)
{
    return x < -700.0 ? 0.0 : exponential(x);
}
/* @end */

/* @function times0 uses flat */
/* x*y, and 0 at x = 0, also where y is infinite. */
double times0(double x, double y)
{
    return x == 0.0 && y == y ? flat(x) : x * y;
}
/* @end */

/* @function square_scale */
/* A power of two with which numbers that add up to `size` have squares within range. */
double square_scale(double size)
{
    return size > 0x1p500 ? 0x1p-600 : size < 0x1p-400 ? 0x1p600 : 1.0;
}
/* @end */

/* @function hypotenuse uses square_scale */
/* hypot. It and `direction` have their root in common. */
double hypotenuse(double x, double y)
{
    const double size = fabs(x) + fabs(y);
    const double scale = square_scale(size);
    const double unit = size > 0x1p500 ? 0x1p600 : size < 0x1p-400 ? 0x1p-600 : 1.0;
    const double across = x * scale;
    const double along = y * scale;
    return sqrt(across * across + along * along) * unit;
}
/* @end */

/* @function direction uses flat square_scale */
/* x/hypot(x, y), and 0 at the origin. Scaled, it neither overflows nor underflows before its result
   does. */
double direction(double x, double y)
{
    const double size = fabs(x) + fabs(y);
    const double scale = square_scale(size);
    const double across = x * scale;
    const double along = y * scale;
    return size == 0.0 ? flat(x) : across / sqrt(across * across + along * along);
}
/* @end */

/* @function xlogy uses logarithm */
/* x*log(y), and 0 at x = 0 for every y >= 0. */
double xlogy(double x, double y)
{
    return x == 0.0 && y >= 0.0 ? 0.0 : x * logarithm(y);
}
/* @end */

/* @function xlog1py uses logarithm_one_plus */
/* x*log(1 + y), and 0 at x = 0 for every y >= -1. */
double xlog1py(double x, double y)
{
    return x == 0.0 && y >= -1.0 ? 0.0 : x * logarithm_one_plus(y);
}
/* @end */

/* @function cube_root */
/* cbrt, which libraries get wrong by up to two units, with a step of Newton's. */
double cube_root(double x)
{
    const double root = cbrt(x);
    return root != 0.0 && root - root == 0.0 ? root - (root - x / (root * root)) / 3.0 : root;
}
/* @end */

/* @function sqrt1pm1 */
double sqrt1pm1(double x)
{
    return x < 3.0 ? x / (sqrt(1.0 + x) + 1.0) : sqrt(1.0 + x) - 1.0;
}
/* @end */

/* @function powm1 uses exponential_minus_one logarithm */
/* By the logarithm where little is left of the power. */
double powm1(double x, double y)
{
    const double exponent = y * logarithm(x);
    return fabs(exponent) < 0.5 ? exponential_minus_one(exponent) : pow(x, y) - 1.0;
}
/* @end */

/* @function compound uses logarithm_one_plus exponential */
/* What 1 + x loses to rounding is a factor of its own. */
double compound(double x, double y)
{
    const double sum = 1.0 + x;
    const double lost = fabs(x) < 1.0 ? x - (sum - 1.0) : 1.0 - (sum - x);
    return pow(sum, y) *
           (sum > 0.0 && lost != 0.0 ? exponential(y * logarithm_one_plus(lost / sum)) : 1.0);
}
/* @end */

/* @function compoundm1 uses compound exponential_minus_one logarithm_one_plus */
double compoundm1(double x, double y)
{
    const double exponent = y * logarithm_one_plus(x);
    return fabs(exponent) < 0.5 ? exponential_minus_one(exponent) : compound(x, y) - 1.0;
}
/* @end */

/* ------------------------------------------------------------------ trigonometry -------------- */

/* @function cot uses tangent */
/* The cotangent; infinite at 0. */
double cot(double x)
{
    return 1.0 / tangent(x);
}
/* @end */

/* @function sec uses cosine */
/* The secant. */
double sec(double x)
{
    return 1.0 / cosine(x);
}
/* @end */

/* @function csc uses sine */
/* The cosecant; infinite at 0. */
double csc(double x)
{
    return 1.0 / sine(x);
}
/* @end */

/* @function acot */
/* atan(1/x): odd, pi/2 at +0 and -pi/2 at -0. */
double acot(double x)
{
    return atan(1.0 / x);
}
/* @end */

/* @function asec */
/* acos(1/x) for |x| >= 1, through the leg of the triangle: 1/x would lose the distance
   to 1. */
double asec(double x)
{
    const double size = fabs(x);
    const double angle = atan(sqrt(size - 1.0) * sqrt(size + 1.0));
    return x < 0.0 ? 3.14159265358979323846 - angle : angle;
}
/* @end */

/* @function acsc */
/* asin(1/x) for |x| >= 1, through the leg of the triangle. */
double acsc(double x)
{
    const double size = fabs(x);
    const double angle = atan2(1.0, sqrt(size - 1.0) * sqrt(size + 1.0));
    return x < 0.0 ? -angle : angle;
}
/* @end */

/* @function coth uses hyperbolic_tangent */
/* The hyperbolic cotangent; infinite at 0. */
double coth(double x)
{
    return 1.0 / hyperbolic_tangent(x);
}
/* @end */

/* @function sech uses exponential */
/* 1/cosh(x) from one exponential that cannot overflow. */
double sech(double x)
{
    const double decay = exponential(-fabs(x));
    return 2.0 * decay / (1.0 + decay * decay);
}
/* @end */

/* @function csch uses exponential hyperbolic_sine */
/* 1/sinh(x); far out, where sinh would overflow, twice the decaying exponential. */
double csch(double x)
{
    const double decay = 2.0 * exponential(-fabs(x));
    return fabs(x) < 20.0 ? 1.0 / hyperbolic_sine(x) : x < 0.0 ? -decay : decay;
}
/* @end */

/* @function acoth uses logarithm_one_plus */
/* atanh(1/x) for |x| > 1, as log1p: 1/x would round off the distance to 1. */
double acoth(double x)
{
    const double half = 0.5 * logarithm_one_plus(2.0 / (fabs(x) - 1.0));
    return x < 0.0 ? -half : half;
}
/* @end */

/* @function asech uses logarithm logarithm_one_plus */
/* acosh(1/x) for 0 <= x <= 1, as log1p: 1/x would round off the distance to 1. */
double asech(double x)
{
    const double excess = (1.0 - x) + sqrt((1.0 - x) * (1.0 + x));
    return fabs(x) < 1e-9 ? 6.93147180559945309e-1 - logarithm(x) : logarithm_one_plus(excess / x);
}
/* @end */

/* @function log_cosh uses exponential hyperbolic_sine logarithm_one_plus */
/* log(cosh(x)): near 0 by 2*sinh(x/2)^2, which cosh exceeds 1 by; else by the exponential that
   cannot overflow. */
double log_cosh(double x)
{
    const double size = fabs(x);
    const double half = hyperbolic_sine(0.5 * (size < 1.0 ? size : 1.0));
    return size < 1.0
               ? logarithm_one_plus(2.0 * half * half)
               : (size - 0.693147180559945309417) + logarithm_one_plus(exponential(-2.0 * size));
}
/* @end */

/* @function log_sinh uses exponential hyperbolic_sine logarithm logarithm_one_plus */
/* log(sinh(x)), likewise. */
double log_sinh(double x)
{
    return x < 1.0 ? logarithm(hyperbolic_sine(x))
                   : (x - 0.693147180559945309417) + logarithm_one_plus(-exponential(-2.0 * x));
}
/* @end */

/* @function acsch uses logarithm */
/* asinh(1/x); near 0, where 1/x may overflow, log(2/x). */
double acsch(double x)
{
    const double distant = 6.93147180559945309e-1 - logarithm(fabs(x));
    return fabs(x) < 1e-9 ? copysign(distant, x) : asinh(1.0 / x);
}
/* @end */

/* ------------------------------------------------------------------ activations --------------- */

/* @function relu */
/* max(x, 0); NaN goes through. */
double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}
/* @end */

/* @function sigmoid uses exponential */
/* 1/(1 + exp(-x)) from one exponential that cannot overflow: relative accuracy in both tails. What
   rounding the denominator loses is made good. */
double sigmoid(double x)
{
    const double decay = exponential(-fabs(x));
    const double sum = 1.0 + decay;
    const double lost = decay - (sum - 1.0);
    const double value = (x >= 0.0 ? 1.0 : decay) / sum;
    return value - value * (lost * (x >= 0.0 ? value : 1.0 - value));
}
/* @end */

/* @function softplus uses exponential logarithm_sum */
/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)): of a sum between 1 and 2, so that its exponent
   is 0 or 1. */
ALWAYS_INLINE double softplus(double x)
{
    const double decay = exponential(-fabs(x));
    const double k = decay > 0.41421356237309505 ? 1.0 : 0.0;
    const double moved = decay > 0.41421356237309505 ? 0.5 * (decay - 1.0) : decay;
    return (x <= 0.0 ? 0.0 : x) + logarithm_sum(k, moved);
}
/* @end */

/* @function softsign */
/* x/(1 + |x|) */
double softsign(double x)
{
    return x / (1.0 + fabs(x));
}
/* @end */

/* @function silu uses sigmoid */
/* x*sigmoid(x), also known as swish. */
ALWAYS_INLINE double silu(double x)
{
    return x * sigmoid(x);
}
/* @end */

/* @function gelu uses normal_cdf */
/* x times the normal distribution function. */
ALWAYS_INLINE double gelu(double x)
{
    return x * normal_cdf(x);
}
/* @end */

/* ------------------------------------------------------------------ the error function -------- */

/* @function square_rest */
/* x^2 less the square of its head, which is exact. */
double square_rest(double x, double head)
{
    return (x - head) * (x + head);
}
/* @end */

/* @function error_complement uses upper_half square_rest complement_tail error_rest */
/* erfc */
ALWAYS_INLINE double error_complement(double x)
{
    const double size = fabs(x) > 28.0 ? 28.0 : fabs(x);
    const double head = upper_half(size);
    const double tail = complement_tail(size, head * head, square_rest(size, head));
    const double beyond = x < 0.0 ? 2.0 - tail : tail;
    return size < 0.75 ? (1.0 - x) - error_rest(x) : beyond;
}
/* @end */

/* @function error_function uses upper_half square_rest complement_tail error_rest */
/* erf: a series below 3/4, the complement beyond. */
ALWAYS_INLINE double error_function(double x)
{
    const double size = fabs(x) > 28.0 ? 28.0 : fabs(x);
    const double head = upper_half(size);
    const double tail = complement_tail(size, head * head, square_rest(size, head));
    return size < 0.75 ? x + error_rest(x) : copysign(1.0 - tail, x);
}
/* @end */

/* ------------------------------------------------------------------ the normal distribution --- */

/* @function gauss uses upper_half square_rest exponential_product */
/* exp(-x^2), the square in two parts. */
double gauss(double x)
{
    const double size = fabs(x) > 40.0 ? 40.0 : fabs(x);
    const double head = upper_half(size);
    return exponential_product(1.0, -head * head, -square_rest(size, head));
}
/* @end */

/* @function normal_density uses upper_half square_rest exponential_product */
/* exp(-x^2/2)/sqrt(2*pi), the square taken as in gauss. */
double normal_density(double x)
{
    const double size = fabs(x) > 40.0 ? 40.0 : fabs(x);
    const double head = upper_half(size);
    return exponential_product(0.398942280401432677940, -(0.5 * head * head),
                               -(0.5 * square_rest(size, head)));
}
/* @end */

/* @function normal_cdf uses upper_half square_rest complement_tail error_rest */
/* The normal distribution function: erfc(t)/2 at t = -x/sqrt(2), or what that lacks of 1. The
   exponential is taken of x: erfc itself would magnify the rounding of t. */
ALWAYS_INLINE double normal_cdf(double x)
{
    const double size = fabs(x) > 40.0 ? 40.0 : fabs(x);
    const double head = upper_half(size);
    const double u = 0.707106781186547524401 * x;
    const double t = 0.707106781186547524401 * size;
    const double tail = 0.5 * complement_tail(t, 0.5 * head * head, 0.5 * square_rest(size, head));
    const double beyond = x > 0.0 ? 1.0 - tail : tail;
    return size < 1.0 ? 0.5 + 0.5 * (u + error_rest(u)) : beyond;
}
/* @end */

/* @function erf_mass uses error_function error_complement gauss */
/* erf(y) - erf(x): in a tail by what both lack of 1; where they are near each other, the integral
   over the slope, by Gauss and Legendre's rule of eight points (Abramowitz, Stegun, table 25.4). */
double erf_mass(double x, double y)
{
    static const double points[] = {0.183434642495649805, 0.525532409916328986,
                                    0.796666477413626740, 0.960289856497536232};
    static const double weights[] = {0.362683783378361983, 0.313706645877887287,
                                     0.222381034453374471, 0.101228536290376259};
    const double half = 0.5 * (y - x);
    const double middle = x + half;
    double sum = 0.0;
    int k;
    if (!(fabs(half) < 0.25)) {
        const double tails = x > 0.0 && y > 0.0 ? error_complement(x) - error_complement(y)
                                                : error_complement(-y) - error_complement(-x);
        return (x > 0.0) == (y > 0.0) ? tails : error_function(y) - error_function(x);
    }
    for (k = 3; k >= 0; k--) {
        sum += weights[k] * (gauss(middle - half * points[k]) + gauss(middle + half * points[k]));
    }
    return 1.12837916709551257390 * half * sum;
}
/* @end */

/* @function normal_mass uses normal_cdf normal_density */
/* normal_cdf(y) - normal_cdf(x), as erf_mass. */
double normal_mass(double x, double y)
{
    static const double points[] = {0.183434642495649805, 0.525532409916328986,
                                    0.796666477413626740, 0.960289856497536232};
    static const double weights[] = {0.362683783378361983, 0.313706645877887287,
                                     0.222381034453374471, 0.101228536290376259};
    const double half = 0.5 * (y - x);
    const double middle = x + half;
    double sum = 0.0;
    int k;
    if (!(fabs(half) < 0.25)) {
        return x > 0.0 && y > 0.0 ? normal_cdf(-x) - normal_cdf(-y) : normal_cdf(y) - normal_cdf(x);
    }
    for (k = 3; k >= 0; k--) {
        sum += weights[k] * (normal_density(middle - half * points[k]) +
                             normal_density(middle + half * points[k]));
    }
    return half * sum;
}
/* @end */

/* @function log_erfc uses error_function scaled_complement logarithm logarithm_one_plus */
/* log(erfc(x)), whose exponential is -x^2 beside a factor of moderate size. */
double log_erfc(double x)
{
    return x < 0.5 ? logarithm_one_plus(-error_function(x))
                   : logarithm(scaled_complement(x)) - x * x;
}
/* @end */

/* @function log_normal_cdf uses normal_cdf scaled_complement logarithm logarithm_one_plus */
/* The logarithm of the normal distribution function: of what it lacks of 1 on the right, with the
   exponential taken out far on the left. */
double log_normal_cdf(double x)
{
    if (x > -5.0) {
        return x > 0.0 ? logarithm_one_plus(-normal_cdf(-x)) : logarithm(normal_cdf(x));
    }
    return logarithm(0.5 * scaled_complement(-0.707106781186547524401 * x)) - 0.5 * x * x;
}
/* @end */

/* @function normal_hazard uses normal_density normal_cdf scaled_complement */
/* The normal density over what the distribution function lacks of 1. */
double normal_hazard(double x)
{
    return x < 1.0 ? normal_density(x) / normal_cdf(-x)
                   : 0.797884560802865355880 / scaled_complement(0.707106781186547524401 * x);
}
/* @end */

/* @function hazard_rest uses normal_hazard */
/* n/(x + (n+1)/(x + (n+2)/(x + ...))), of Laplace's continued fraction
   normal_hazard(x) = x + 1/(x + 2/(x + ...)), for whole n >= 1: from its far end for large x, where
   the rest is about the root of r*(x + r) = k; else from the hazard, which is larger than x there.
 */
double hazard_rest(double n, double x)
{
    const double last = floor(n + 12.0 + 300.0 / x / x);
    double rest = 0.5 * (sqrt(x * x + 4.0 * last) - x);
    double k;
    if (x != x || x < 1.5) {
        rest = normal_hazard(x) - x;
        for (k = 1.0; k < n; k += 1.0) {
            rest = k / rest - x;
        }
        return rest;
    }
    for (k = last; k >= n; k -= 1.0) {
        rest = k / (x + rest);
    }
    return rest;
}
/* @end */

/* @function normal_excess uses normal_cdf normal_density hazard_rest */
/* x*normal_cdf(x) + normal_density(x), of which little is left at x < 0. */
double normal_excess(double x)
{
    return x < 0.0 ? normal_cdf(x) * hazard_rest(1.0, -x) : x * normal_cdf(x) + normal_density(x);
}
/* @end */

/* ------------------------------------------------------------------ gamma's derivatives ------- */

/* @function cotpi */
/* The cotangent of pi*x, to full accuracy near its zeros at the halves too. */
double cotpi(double x)
{
    const double rest = x - round(x);
    const double size = fabs(rest);
    const double value = size < 0.25 ? 1.0 / tan(3.14159265358979323846 * size)
                                     : tan(3.14159265358979323846 * (0.5 - size));
    return rest < 0.0 ? -value : value;
}
/* @end */

/* @function digamma uses cotpi */
/* The derivative of lgamma. Between 1 and 2: x minus the zero, kept in three parts, times a
   polynomial (interpolation at Chebyshev's points, relative error 2e-17). From there up to 10 by
   recurrence, beyond by the asymptotic series, below 0 by reflection. */
double digamma(double x)
{
    static const double coefficients[] = {
        0.967672245447621169,    -0.442763168983591515,   0.258499760955652118,
        -0.163942705442598634,   0.107824050691187412,    -0.0721995612380730065,
        0.0488042881602769897,   -0.0331611272803629996,  0.0225976487056947895,
        -0.0154247465626767838,  0.010538774679626107,    -0.00720481171746538599,
        0.00492709254464474876,  -0.00336734259773156407, 0.00230179472432179257,
        -0.00159032568544840346, 0.00110033269850680555,  -6.96230392386245475e-4,
        4.23302869727366017e-4,  -4.04275879201882488e-4, 3.99174034998836024e-4,
        -1.73122618027273933e-4};
    static const double series[] = {1.0 / 12.0,  -1.0 / 120.0,     1.0 / 252.0, -1.0 / 240.0,
                                    1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0};
    double sum = 0.0;
    double offset;
    double value;
    int degree;
    if (x < 0.0) {
        if (x == floor(x)) {
            return sqrt(x);
        }
        sum = -3.14159265358979323846 * cotpi(x);
        x = 1.0 - x;
    }
    if (x < 1.0) {
        sum -= 1.0 / x;
        x += 1.0;
    }
    if (!(x < 10.0)) {
        value = 0.0;
        for (degree = 6; degree >= 0; degree--) {
            value = (value + series[degree]) / (x * x);
        }
        return sum + (log(x) - (0.5 / x + value));
    }
    while (x > 2.0) {
        x -= 1.0;
        sum += 1.0 / x;
    }
    offset = ((x - 1.4616321325302124) - 1.2438149938918909e-08) - 4.34164306942625161e-25;
    value = coefficients[21];
    for (degree = 20; degree >= 0; degree--) {
        value = value * offset + coefficients[degree];
    }
    return sum + offset * value;
}
/* @end */

/* @function trigamma */
/* The derivative of digamma: recurrence up to 10, then the asymptotic series; reflection below. */
double trigamma(double x)
{
    static const double bernoulli[] = {1.0 / 6.0,  -1.0 / 30.0,     1.0 / 42.0, -1.0 / 30.0,
                                       5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0,  -3617.0 / 510.0};
    double sum = 0.0;
    double value = 0.0;
    int degree;
    if (x < 0.0) {
        const double sine = sin(3.14159265358979323846 * (x - round(x)));
        const double ratio = 3.14159265358979323846 / sine;
        return ratio * ratio - trigamma(1.0 - x);
    }
    while (x < 10.0) {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    for (degree = 7; degree >= 0; degree--) {
        value = (value + bernoulli[degree]) / (x * x);
    }
    return sum + (1.0 + (0.5 / x + value)) / x;
}
/* @end */

/* @function factorial_over_power */
/* n!/x^(n+1) for whole n >= 0, overflowing only where the quotient does. */
double factorial_over_power(double n, double x)
{
    double factorial = 1.0;
    double quotient = 1.0 / x;
    double k;
    if (n > 170.0) {
        quotient = exp(lgamma(n + 1.0) - (n + 1.0) * log(fabs(x)));
        return x < 0.0 && fmod(n, 2.0) == 0.0 ? -quotient : quotient;
    }
    for (k = 1.0; k <= n; k += 1.0) {
        factorial *= k;
        quotient *= k / x;
    }
    return n <= 20.0 ? factorial / pow(x, n + 1.0) : quotient;
}
/* @end */

/* @function hurwitz_sum uses factorial_over_power */
/* n!*(1/x^(n+1) + 1/(x+1)^(n+1) + ...) for whole n >= 1 and x >= 0, the size of polygamma: term by
   term up to n + 20, then Euler and Maclaurin's series with Bernoulli's numbers. */
double hurwitz_sum(double n, double x)
{
    static const double bernoulli[] = {
        1.0 / 6.0,       -1.0 / 30.0, 1.0 / 42.0,      -1.0 / 30.0,     5.0 / 66.0,
        -691.0 / 2730.0, 7.0 / 6.0,   -3617.0 / 510.0, 43867.0 / 798.0, -174611.0 / 330.0};
    double sum = 0.0;
    double factor;
    double series;
    double place = 0.0;
    int index;
    while (x < n + 20.0) {
        const double term = factorial_over_power(n, x);
        sum += term;
        x += 1.0;
        if (term < 1e-20 * sum && n > 30.0) {
            return sum;
        }
    }
    factor = n / x;
    series = 1.0 + 0.5 * factor;
    for (index = 0; index < 10; index++) {
        factor *= (n + place + 1.0) / ((place + 2.0) * x);
        series += bernoulli[index] * factor;
        place += 2.0;
        factor *= (n + place) / ((place + 1.0) * x);
    }
    return sum + factorial_over_power(n - 1.0, x) * series;
}
/* @end */

/* @function polygamma uses cotpi digamma trigamma factorial_over_power hurwitz_sum */
/* The n-th derivative of digamma for whole n >= 0, NaN for other n. Below 0 by reflection: the n-th
   derivative of the cotangent is a polynomial in it, whose coefficients are all positive; for large
   n the poles nearby are all that counts. */
double polygamma(double n, double x)
{
    double coefficients[32] = {0.0, 1.0};
    double power = 3.14159265358979323846;
    double value = 0.0;
    double sum;
    double rest;
    double cotangent;
    int degree;
    int order;
    if (n == 0.0) {
        return digamma(x);
    }
    if (n == 1.0) {
        return trigamma(x);
    }
    if (!(n > 1.0) || n != floor(n)) {
        return sqrt(-1.0 - fabs(n));
    }
    if (!(x < 0.0)) {
        sum = hurwitz_sum(n, x);
        return fmod(n, 2.0) == 0.0 ? -sum : sum;
    }
    rest = x - round(x);
    if (rest == 0.0) {
        return fmod(n, 2.0) == 0.0 ? sqrt(x) : 1.0 / rest;
    }
    if (n > 24.0) {
        double k;
        for (k = -10.0; k <= 10.0; k += 1.0) {
            if (k >= round(x)) {
                value += factorial_over_power(n, rest + k);
            }
        }
        return fmod(n, 2.0) == 0.0 ? -value : value;
    }
    for (order = 1; order <= (int)n; order++) {
        for (degree = (order + 1) % 2; degree <= order + 1; degree += 2) {
            coefficients[degree] = (double)(degree + 1) * coefficients[degree + 1];
            if (degree > 0) {
                coefficients[degree] += (double)(degree - 1) * coefficients[degree - 1];
            }
        }
        power *= 3.14159265358979323846;
    }
    cotangent = cotpi(x);
    for (degree = (int)n + 1; degree >= 0; degree -= 2) {
        value = value * cotangent * cotangent + coefficients[degree];
    }
    sum = hurwitz_sum(n, 1.0 - x);
    return fmod(n, 2.0) == 0.0 ? -(power * cotangent * value) - sum : power * value - sum;
}
/* @end */

/* ------------------------------------------------------------------ derivatives of one's own -- */

/* @function given */
/* x; the derivative by y is z. */
double given(double x, double y, double z)
{
    (void)y;
    (void)z;
    return x;
}
/* @end */

/* ------------------------------------------------------------------ random numbers ------------ */

/* @function uniform_at */
/* A random number in (0, 1), the same for the same three whole numbers. */
double uniform_at(double x, double y, double z)
{
    const double sum = x + y + z;
    uint64_t bits;
    int round;
    if (!(sum < 9007199254740992.0 && x >= 0.0 && y >= 0.0 && z >= 0.0))
        return sum - sum == 0.0 ? 0.5 : sum - sum;
    bits = (uint64_t)x * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)y * UINT64_C(0xd1b54a32d192ed03);
    for (round = 0; round < 2; round++) {
        bits += (uint64_t)z * UINT64_C(0x8cb92ba72f3d8dd7) + UINT64_C(0x9e3779b97f4a7c15);
        bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
        bits ^= bits >> 31;
    }
    return ((double)(bits >> 38) + ((double)((bits >> 12) & 67108863) + 0.5) / 67108864.0) /
           67108864.0;
}
/* @end */
