/* The elementary functions for float, embedded in emitted code where real is float. They are
   computed in double, which the elements of float's accuracy ask neither two-part constants nor
   care of; one rounding is left, the last. What they use and is not here is of elementary.c. The
   coefficients are those of tests/elementary/coefficients.py. */
#include "runtime/elementary.h"

/* @function upper_half */
/* x with the lower half of its mantissa 0: a product of two such is exact. */
float upper_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= UINT32_C(0xfffff000);
    memcpy(&x, &bits, sizeof x);
    return x;
}
/* @end */

/* ------------------------------------------------------------------ exponentials -------------- */

/* @function short_even */
/* cosh(r) - 1 for |r| <= log(2)/2 and square = r^2. */
double short_even(double square)
{
    double sum = 1.39336413739319245e-3;
    sum = sum * square + 4.16664650029599679e-2;
    sum = sum * square + 5.00000000000000000e-1;
    return sum * square;
}
/* @end */

/* @function short_odd */
/* sinh(r)/r for |r| <= log(2)/2 and square = r^2. */
double short_odd(double square)
{
    double sum = 1.98909812494821616e-4;
    sum = sum * square + 8.33331093410681708e-3;
    sum = sum * square + 1.66666666666666675e-1;
    return 1.0 + sum * square;
}
/* @end */

/* @function short_exponential uses short_even short_odd */
/* exp(r) - 1 for |r| <= log(2)/2. */
double short_exponential(double r)
{
    return short_even(r * r) + r * short_odd(r * r);
}
/* @end */

/* @function wide_exponential uses nearest power_of_two short_exponential */
/* exp, in double, for |x| < 700. */
double wide_exponential(double x)
{
    const double n = nearest(1.44269504088896341 * x);
    return (1.0 + short_exponential(x - n * 6.93147180559945309e-1)) * power_of_two(n);
}
/* @end */

/* @function exponential_product uses within wide_exponential */
/* factor*exp(x + y) for |y| far below 1. */
float exponential_product(float factor, float x, float y)
{
    return (float)((double)factor * wide_exponential(within(-105.1, 89.1, (double)x) + (double)y));
}
/* @end */

/* @function exponential uses exponential_product */
/* exp */
float exponential(float x)
{
    return exponential_product(1.0f, x, 0.0f);
}
/* @end */

/* @function exp0 uses exponential */
/* exp, and 0 where that is next to nothing. */
float exp0(float x)
{
    return x < -78.0f ? 0.0f : exponential(x);
}
/* @end */

/* @function hypotenuse */
/* hypot, in double, where squares stay within range. */
float hypotenuse(float x, float y)
{
    return (float)sqrt((double)x * (double)x + (double)y * (double)y);
}
/* @end */

/* @function direction uses flat */
/* x/hypot(x, y), and 0 at the origin. */
float direction(float x, float y)
{
    const double length = sqrt((double)x * (double)x + (double)y * (double)y);
    return length == 0.0 ? flat(x) : (float)((double)x / length);
}
/* @end */

/* @function binary_exponential uses within nearest power_of_two short_exponential */
/* exp2 */
float binary_exponential(float x)
{
    const double bounded = within(-160.1, 130.1, (double)x);
    const double n = nearest(bounded);
    const double grown = 1.0 + short_exponential(6.93147180559945309e-1 * (bounded - n));
    return (float)(grown * power_of_two(n));
}
/* @end */

/* @function exponential_minus_one uses within nearest power_of_two short_exponential */
/* expm1 */
float exponential_minus_one(float x)
{
    const double bounded = within(-40.1, 89.1, (double)x);
    const double n = nearest(1.44269504088896341 * bounded);
    const double scale = power_of_two(n);
    const double grown = short_exponential(bounded - n * 6.93147180559945309e-1);
    return x == 0.0f ? x : (float)(scale * grown + (scale - 1.0));
}
/* @end */

/* ------------------------------------------------------------------ hyperbolic functions ------ */

/* @function hyperbolic_sine uses within nearest power_of_two short_even short_odd */
/* sinh, as in double. */
float hyperbolic_sine(float x)
{
    const double bounded = within(-91.1, 91.1, (double)x);
    const double n = nearest(1.44269504088896341 * bounded);
    const double r = bounded - n * 6.93147180559945309e-1;
    const double even = power_of_two(n - 1.0) - power_of_two(-1.0 - n);
    const double odd = power_of_two(n - 1.0) + power_of_two(-1.0 - n);
    const double sum = even + (even * short_even(r * r) + odd * (r * short_odd(r * r)));
    return x == 0.0f ? x : (float)sum;
}
/* @end */

/* @function hyperbolic_cosine uses within nearest power_of_two short_even short_odd */
/* cosh, as in double. */
float hyperbolic_cosine(float x)
{
    const double bounded = within(-91.1, 91.1, (double)x);
    const double n = nearest(1.44269504088896341 * bounded);
    const double r = bounded - n * 6.93147180559945309e-1;
    const double even = power_of_two(n - 1.0) + power_of_two(-1.0 - n);
    const double odd = power_of_two(n - 1.0) - power_of_two(-1.0 - n);
    return (float)(even + (even * short_even(r * r) + odd * (r * short_odd(r * r))));
}
/* @end */

/* @function hyperbolic_tangent uses within nearest power_of_two short_exponential */
/* tanh = e/(e + 2) with e = exp(2*x) - 1. */
float hyperbolic_tangent(float x)
{
    const double twice = 2.0 * within(-10.1, 10.1, (double)x);
    const double n = nearest(1.44269504088896341 * twice);
    const double scale = power_of_two(n);
    const double grown = scale * short_exponential(twice - n * 6.93147180559945309e-1);
    const double e = grown + (scale - 1.0);
    return x == 0.0f ? x : (float)(e / (e + 2.0));
}
/* @end */

/* ------------------------------------------------------------------ logarithms ---------------- */

/* @function short_logarithm */
/* log(1 + f) for f from sqrt(1/2) - 1 to sqrt(2) - 1: with s = f/(2 + f) that of (1 + s)/(1 - s).
 */
double short_logarithm(double f)
{
    const double s = f / (2.0 + f);
    const double square = s * s;
    double sum = 2.95799493919727874e-1;
    sum = sum * square + 3.99887805660219808e-1;
    sum = sum * square + 6.66666850395758570e-1;
    return s * (2.0 + sum * square);
}
/* @end */

/* @function logarithm uses binary_exponent binary_mantissa short_logarithm logarithm_limits */
/* log; numbers that are subnormal in float are not so in double. */
float logarithm(float x)
{
    const double wide = (double)x;
    const double value = short_logarithm(binary_mantissa(wide) - 1.0) +
                         binary_exponent(wide) * 6.93147180559945309e-1;
    return (float)logarithm_limits(wide, value);
}
/* @end */

/* @function wide_logarithm_one_plus uses binary_exponent binary_mantissa short_logarithm */
/* log1p, in double, for x > -1 of float's accuracy: 1 + x is rounded, not where it is near 1. */
double wide_logarithm_one_plus(double x)
{
    const double k = binary_exponent(1.0 + x);
    const double f = k == 0.0 ? x : binary_mantissa(1.0 + x) - 1.0;
    return short_logarithm(f) + k * 6.93147180559945309e-1;
}
/* @end */

/* @function logarithm_one_plus uses wide_logarithm_one_plus logarithm_limits */
/* log1p */
float logarithm_one_plus(float x)
{
    const double value = wide_logarithm_one_plus((double)x);
    return x == 0.0f ? x : (float)logarithm_limits(1.0 + (double)x, value);
}
/* @end */

/* @function softplus uses within wide_exponential wide_logarithm_one_plus */
/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)). */
float softplus(float x)
{
    const double wide = (double)x;
    const double decay = wide_exponential(within(-105.1, 0.0, -fabs(wide)));
    return (float)((wide <= 0.0 ? 0.0 : wide) + wide_logarithm_one_plus(decay));
}
/* @end */

/* @function binary_logarithm uses binary_exponent binary_mantissa short_logarithm
   logarithm_limits */
/* log2 */
float binary_logarithm(float x)
{
    const double wide = (double)x;
    const double part = 1.44269504088896341 * short_logarithm(binary_mantissa(wide) - 1.0);
    return (float)logarithm_limits(wide, binary_exponent(wide) + part);
}
/* @end */

/* @function decimal_logarithm uses binary_exponent binary_mantissa short_logarithm
   logarithm_limits */
/* log10 */
float decimal_logarithm(float x)
{
    const double wide = (double)x;
    const double part = 4.34294481903251828e-1 * short_logarithm(binary_mantissa(wide) - 1.0);
    return (float)logarithm_limits(wide, binary_exponent(wide) * 3.01029995663981195e-1 + part);
}
/* @end */

/* ------------------------------------------------------------------ trigonometry -------------- */

/* @function short_angle */
/* The angle x less n quarter turns, for whole |n| <= 2^20: pi/2 in two parts, of which the first
   has 33 bits. */
double short_angle(double x, double n)
{
    return (x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
}
/* @end */

/* @function short_sine */
/* sin(x) for |x| <= pi/4. */
double short_sine(double x)
{
    const double square = x * x;
    double sum = 2.72499234705614858e-6;
    sum = sum * square - 1.98400867173961895e-4;
    sum = sum * square + 8.33333187467691014e-3;
    sum = sum * square - 1.66666666638552036e-1;
    return x * (1.0 + sum * square);
}
/* @end */

/* @function short_cosine */
/* cos(x) for |x| <= pi/4. */
double short_cosine(double x)
{
    const double square = x * x;
    double sum = -2.73009572571280806e-7;
    sum = sum * square + 2.48006003621432795e-5;
    sum = sum * square - 1.38888876719889991e-3;
    sum = sum * square + 4.16666666643211309e-2;
    sum = sum * square - 0.5;
    return 1.0 + sum * square;
}
/* @end */

/* @function sine uses quarter_turns short_angle short_sine short_cosine whole_bits chosen
   repaired_sine */
/* sin */
float sine(float x)
{
    const double n = quarter_turns((double)x);
    const double angle = short_angle((double)x, n);
    const double value = chosen(whole_bits(n), short_sine(angle), short_cosine(angle));
    return (float)repaired_sine((double)x, value);
}
/* @end */

/* @function cosine uses quarter_turns short_angle short_sine short_cosine whole_bits chosen
   repaired_cosine */
/* cos */
float cosine(float x)
{
    const double n = quarter_turns((double)x);
    const double angle = short_angle((double)x, n);
    const double value = chosen(whole_bits(n) + 1, short_sine(angle), short_cosine(angle));
    return (float)repaired_cosine((double)x, value);
}
/* @end */

/* @function tangent uses quarter_turns short_angle short_sine short_cosine whole_bits chosen
   repaired_tangent */
/* tan */
float tangent(float x)
{
    const double n = quarter_turns((double)x);
    const double angle = short_angle((double)x, n);
    const double near_sine = short_sine(angle);
    const double near_cosine = short_cosine(angle);
    const double top = chosen(whole_bits(n), near_sine, near_cosine);
    const double bottom = chosen(whole_bits(n) + 1, near_sine, near_cosine);
    return (float)repaired_tangent((double)x, top / bottom);
}
/* @end */

/* ------------------------------------------------------------------ the error function -------- */

/* @function complement_fit */
/* (1 + 2*x)*exp(x^2)*erfc(x) for x >= 0, as a polynomial in t = (x - 4)/(x + 4). */
double complement_fit(double t)
{
    double sum = 7.42842784909937244e-4;
    sum = sum * t + 6.59800250367426847e-3;
    sum = sum * t - 1.62923570790433209e-2;
    sum = sum * t + 3.63834737126695826e-2;
    sum = sum * t - 6.65093781902681147e-2;
    sum = sum * t + 9.38634878687463342e-2;
    sum = sum * t - 1.01001429790833680e-1;
    sum = sum * t + 6.80883990173880155e-2;
    sum = sum * t + 1.53775926455677996e-2;
    sum = sum * t - 1.39620936241706295e-1;
    sum = sum * t + 1.23299513464553079;
    return sum;
}
/* @end */

/* @function complement_tail uses complement_fit within wide_exponential */
/* exp(x^2 - high - low)*erfc(x) for x >= 0 and what does not underflow, as in double. Both
   quotients are made of one, which is float's, made more accurate by a step of Newton's: t is that
   of x - 4 and x + 4. The exponential is spelt as in exponential_product, for compilers to see that
   a density's is the same. */
float complement_tail(float x, float high, float low)
{
    const double wide = (double)x;
    const double twice = 1.0 + 2.0 * wide;
    const double bottom = (wide + 4.0) * twice;
    const double rough = (double)(1.0f / (float)bottom);
    const double share = rough * (2.0 - bottom * rough);
    const double sum = complement_fit((wide - 4.0) * twice * share);
    const double power = wide_exponential(within(-105.1, 89.1, (double)-high) + (double)-low);
    return (float)(power * (sum * (wide + 4.0) * share));
}
/* @end */

/* @function scaled_complement uses complement_fit */
/* exp(x^2)*erfc(x) for x >= 0, as in double. */
float scaled_complement(float x)
{
    const double wide = (double)x;
    const double sum = complement_fit((wide - 4.0) / (wide + 4.0));
    return (float)(x < 28.0f ? sum / (1.0 + 2.0 * wide) : 0.564189583547756287 / wide);
}
/* @end */

/* @function error_rest */
/* erf(x) - x for |x| <= 3/4. */
float error_rest(float x)
{
    const double square = (double)x * (double)x;
    double sum = -6.75647956868004676e-4;
    sum = sum * square + 5.11533211253222594e-3;
    sum = sum * square - 2.68351145686097046e-2;
    sum = sum * square + 1.12833865384145443e-1;
    sum = sum * square - 3.76126194694376748e-1;
    sum = sum * square + 1.28379165578751675e-1;
    return (float)((double)x * sum);
}
/* @end */
