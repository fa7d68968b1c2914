/* The elementary functions as straight lines of code; elementary.h says what each computes and how
   they are made. The coefficients are those of tests/elementary/coefficients.py. Emitted code
   embeds what it uses of this file, as it does of special.c; elementary_single.c is for float. */
#include "runtime/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Emitted code defines it as what makes gcc call such a function once for many numbers. */
#define EACH_LANE

/* ------------------------------------------------------------------ the bits of a number ------ */

/* @function bits_of */
/* The bits of a number: a sign, 11 of the exponent, 52 of the mantissa. */
uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
/* @end */

/* @function from_bits */
/* The number that has these bits. */
double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
/* @end */

/* @function nearest */
/* The whole number nearest to x, for |x| < 2^51: 1.5*2^52 has no room for a fraction. */
double nearest(double x)
{
    return (x + 6755399441055744.0) - 6755399441055744.0;
}
/* @end */

/* @function within */
/* x, but no less than low and no more than high. */
double within(double low, double high, double x)
{
    return x < low ? low : x > high ? high : x;
}
/* @end */

/* @function whole_bits uses bits_of */
/* A whole number n in two's complement, right in its lower 51 bits. */
uint64_t whole_bits(double n)
{
    return bits_of(n + 6755399441055744.0);
}
/* @end */

/* @function power_of_two uses whole_bits from_bits */
/* 2^n for whole n from -1022 to 1023: n goes to where the exponent stands. */
double power_of_two(double n)
{
    return from_bits((whole_bits(n) << 52) + UINT64_C(0x3ff0000000000000));
}
/* @end */

/* ------------------------------------------------------------------ exponentials -------------- */

/* @function even_exponential */
/* cosh(r) - 1, the even part of exp(r) - 1 - r, for |r| <= log(2)/2 and square = r^2. */
double even_exponential(double square)
{
    double sum = 2.09181297709108165e-9;
    sum = sum * square + 2.75572633006209099e-7;
    sum = sum * square + 2.48015873364221202e-5;
    sum = sum * square + 1.38888888888790817e-3;
    sum = sum * square + 4.16666666666666782e-2;
    sum = sum * square + 0.5;
    return sum * square;
}
/* @end */

/* @function odd_exponential */
/* (sinh(r) - r)/r, from the odd part of exp(r) - 1 - r, for |r| <= log(2)/2 and square = r^2. */
double odd_exponential(double square)
{
    double sum = 2.51003762011556956e-8;
    sum = sum * square + 2.75572684795352595e-6;
    sum = sum * square + 1.98412698630410438e-4;
    sum = sum * square + 8.33333333333006442e-3;
    sum = sum * square + 1.66666666666666675e-1;
    return sum * square;
}
/* @end */

/* @function exponential_rest uses even_exponential odd_exponential */
/* exp(r) - 1 - r for |r| <= log(2)/2. */
double exponential_rest(double r)
{
    const double square = r * r;
    return even_exponential(square) + r * odd_exponential(square);
}
/* @end */

/* @function scaled uses nearest power_of_two */
/* x*2^n for whole n from -2044 to 2046, rounded once: two factors, for neither overflows. */
double scaled(double x, double n)
{
    const double half = nearest(0.5 * n);
    return x * power_of_two(half) * power_of_two(n - half);
}
/* @end */

/* @function exponential_product uses within nearest exponential_rest scaled */
/* factor*exp(x + y) for |y| far below 1, as if the sum were not rounded. With n = x/log(2) to the
   nearest whole, exp(x) = 2^n*exp(r); log(2) is in two parts, the first so short that n times it is
   exact. */
double exponential_product(double factor, double x, double y)
{
    const double bounded = within(-746.0, 710.0, x);
    const double n = nearest(1.44269504088896341 * bounded);
    const double high = bounded - n * 6.93147180369123816e-1;
    const double low = n * 1.90821492927058770e-10 - y;
    const double r = high - low;
    const double lost = (high - r) - low;
    return scaled(factor + factor * (r + (exponential_rest(r) + lost)), n);
}
/* @end */

/* @function exponential uses exponential_product */
/* exp */
double exponential(double x)
{
    return exponential_product(1.0, x, 0.0);
}
/* @end */

/* @function binary_exponential uses within nearest scaled */
/* exp2: 2^n*2^r with n the nearest whole number to x. */
double binary_exponential(double x)
{
    const double bounded = within(-1080.0, 1025.0, x);
    const double n = nearest(bounded);
    const double r = bounded - n;
    const double square = r * r;
    double even = 4.45410347599474009e-10;
    even = even * square + 1.01780672671632729e-7;
    even = even * square + 1.52527338207961863e-5;
    even = even * square + 1.33335581464232130e-3;
    even = even * square + 5.55041086648215826e-2;
    even = even * square + 6.93147180559945309e-1;
    double odd = 7.07097798921559196e-9;
    odd = odd * square + 1.32154516326845999e-6;
    odd = odd * square + 1.54035304247772465e-4;
    odd = odd * square + 9.61812910761866542e-3;
    odd = odd * square + 2.40226506959100761e-1;
    return scaled(1.0 + (even + r * odd) * r, n);
}
/* @end */

/* @function exponential_minus_one uses within nearest power_of_two exponential_rest */
/* expm1: with exp(x) = 2^n*exp(r), half of it is (s*r + (s - 1/2)) + s*(exp(r) - 1 - r), where
   s = 2^n/2 does not overflow. */
double exponential_minus_one(double x)
{
    const double bounded = within(-60.0, 710.0, x);
    const double n = nearest(1.44269504088896341 * bounded);
    const double high = bounded - n * 6.93147180369123816e-1;
    const double low = n * 1.90821492927058770e-10;
    const double r = high - low;
    const double lost = (high - r) - low;
    const double scale = power_of_two(n - 1.0);
    const double half = (scale * r + (scale - 0.5)) + scale * (exponential_rest(r) + lost);
    return fabs(x) < 1e-17 ? x : 2.0 * half;
}
/* @end */

/* ------------------------------------------------------------------ hyperbolic functions ------ */

/* With x = n*log(2) + r, exp(x) = 2^n*(cosh r + sinh r) and exp(-x) = 2^-n*(cosh r - sinh r), so
   that sinh and cosh of x are sums of cosh r and sinh r, times the sum or the difference of 2^n
   and 2^-n: halved once more here, that 2^n may be past the largest number. */

/* @function hyperbolic_sine uses nearest power_of_two even_exponential odd_exponential */
/* sinh */
double hyperbolic_sine(double x)
{
    const double size = fabs(x) > 710.6 ? 710.6 : fabs(x);
    const double n = nearest(1.44269504088896341 * size);
    const double high = size - n * 6.93147180369123816e-1;
    const double low = n * 1.90821492927058770e-10;
    const double r = high - low;
    const double lost = (high - r) - low;
    const double square = r * r;
    const double grown = power_of_two(n - 2.0);
    const double shrunk = power_of_two(-2.0 - (n > 80.0 ? 80.0 : n));
    const double even = grown - shrunk;
    const double odd = grown + shrunk;
    const double rest =
        even * even_exponential(square) + odd * (r * odd_exponential(square) + lost);
    return fabs(x) < 1e-17 ? x : copysign(2.0 * ((even + odd * r) + rest), x);
}
/* @end */

/* @function hyperbolic_cosine uses nearest power_of_two even_exponential odd_exponential */
/* cosh */
double hyperbolic_cosine(double x)
{
    const double size = fabs(x) > 710.6 ? 710.6 : fabs(x);
    const double n = nearest(1.44269504088896341 * size);
    const double high = size - n * 6.93147180369123816e-1;
    const double low = n * 1.90821492927058770e-10;
    const double r = high - low;
    const double lost = (high - r) - low;
    const double square = r * r;
    const double grown = power_of_two(n - 2.0);
    const double shrunk = power_of_two(-2.0 - (n > 80.0 ? 80.0 : n));
    const double even = grown + shrunk;
    const double odd = grown - shrunk;
    const double rest =
        even * even_exponential(square) + odd * (r * odd_exponential(square) + lost);
    return 2.0 * ((even + odd * r) + rest);
}
/* @end */

/* @function hyperbolic_tangent uses exponential */
/* tanh: up to 0.55 the eighth convergent of Lambert's x/(1 + x^2/(3 + x^2/(5 + ...))), as what it
   lacks of x; beyond, 1 - 2/(exp(2*x) + 1). One division does for both. */
double hyperbolic_tangent(double x)
{
    const double size = fabs(x);
    const double square = x * x;
    const double numerator = square * (675675.0 + square * (45045.0 + square * (594.0 + square)));
    const double denominator =
        2027025.0 + square * (945945.0 + square * (51975.0 + square * (630.0 + square)));
    const double start = size < 0.55 ? size : 1.0;
    const double top = size < 0.55 ? size * numerator : 2.0;
    const double bottom = size < 0.55 ? denominator : exponential(2.0 * size) + 1.0;
    return copysign(start - top / bottom, x);
}
/* @end */

/* ------------------------------------------------------------------ logarithms ---------------- */

/* @function binary_exponent uses bits_of from_bits */
/* The whole k for which x/2^k lies from sqrt(1/2) to sqrt(2), for normal x > 0. The exponent is
   read as the last digits of a number between 2^52 and 2^53. */
double binary_exponent(double x)
{
    const uint64_t moved = bits_of(x) + UINT64_C(0x00095f619980c433);
    return from_bits((moved >> 52) | UINT64_C(0x4330000000000000)) - 4503599627371519.0;
}
/* @end */

/* @function binary_mantissa uses bits_of from_bits */
/* x/2^k for the k of binary_exponent. */
double binary_mantissa(double x)
{
    const uint64_t moved = bits_of(x) + UINT64_C(0x00095f619980c433);
    return from_bits((moved & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd));
}
/* @end */

/* @function logarithm_series */
/* log((1 + s)/(1 - s)) - 2*s, divided by s, for |s| <= 0.1716. */
double logarithm_series(double s)
{
    const double square = s * s;
    const double fourth = square * square;
    double even = 1.46164496850434059e-1;
    even = even * fourth + 1.81828891252617221e-1;
    even = even * fourth + 2.85714286259754849e-1;
    even = even * fourth + 6.66666666666666969e-1;
    double odd = 1.53317216005560413e-1;
    odd = odd * fourth + 2.22222111347950799e-1;
    odd = odd * fourth + 3.99999999998995045e-1;
    return (even + square * odd) * square;
}
/* @end */

/* @function logarithm_sum uses logarithm_series */
/* k*log(2) + log(1 + f) for whole k and f from sqrt(1/2) - 1 to sqrt(2) - 1. With s = f/(2 + f),
   log(1 + f) = log((1 + s)/(1 - s)) and 2*s = f - s*f = f - (f^2/2 - s*f^2/2). */
double logarithm_sum(double k, double f)
{
    const double s = f / (2.0 + f);
    const double half = 0.5 * f * f;
    const double rest = s * (half + logarithm_series(s)) + k * 1.90821492927058770e-10;
    return k * 6.93147180369123816e-1 - ((half - rest) - f);
}
/* @end */

/* @function logarithm_limits */
/* The value of a logarithm at x, but for x <= 0, infinite x and NaN. */
double logarithm_limits(double x, double value)
{
    const double below = x == 0.0 ? -HUGE_VAL : (double)NAN;
    return x > 0.0 ? (x < HUGE_VAL ? value : x) : below;
}
/* @end */

/* @function logarithm uses binary_exponent binary_mantissa logarithm_sum logarithm_limits */
/* log; subnormal numbers are made normal first. */
double logarithm(double x)
{
    const double normal = x < 2.2250738585072014e-308 ? x * 18014398509481984.0 : x;
    const double k = binary_exponent(normal) - (x < 2.2250738585072014e-308 ? 54.0 : 0.0);
    return logarithm_limits(x, logarithm_sum(k, binary_mantissa(normal) - 1.0));
}
/* @end */

/* @function logarithm_one_plus uses binary_exponent binary_mantissa power_of_two logarithm_sum
   logarithm_limits */
/* log1p: what rounding u = 1 + x loses is added to u/2^k - 1, which is x itself for k = 0. */
double logarithm_one_plus(double x)
{
    const double u = 1.0 + x;
    const double lost = (1.0 - (u - (u - 1.0))) + (x - (u - 1.0));
    const double k = binary_exponent(u);
    const double moved = (binary_mantissa(u) - 1.0) + lost * power_of_two(-k);
    const double value = logarithm_sum(k, k == 0.0 ? x : moved);
    return fabs(x) < 1e-17 ? x : logarithm_limits(u, value);
}
/* @end */

/* @function upper_half uses bits_of from_bits */
/* x with the lower half of its mantissa 0: a product of two such is exact. */
double upper_half(double x)
{
    return from_bits(bits_of(x) & UINT64_C(0xfffffffff8000000));
}
/* @end */

/* @function logarithm_to_base uses binary_exponent binary_mantissa logarithm_series upper_half
   logarithm_limits */
/* log(x)/log(base), where two_high + two_low = log(2)/log(base) and high + low = 1/log(base), both
   first parts so short that products with them are exact. log(1 + f) is kept in two parts too. */
double logarithm_to_base(double x, double two_high, double two_low, double base_high,
                         double base_low)
{
    const double normal = x < 2.2250738585072014e-308 ? x * 18014398509481984.0 : x;
    const double k = binary_exponent(normal) - (x < 2.2250738585072014e-308 ? 54.0 : 0.0);
    const double f = binary_mantissa(normal) - 1.0;
    const double s = f / (2.0 + f);
    const double half = 0.5 * f * f;
    const double high = upper_half(f - half);
    const double low = ((f - high) - half) + s * (half + logarithm_series(s));
    const double first = k * two_high;
    const double second = high * base_high;
    const double sum = first + second;
    const double rest =
        ((first - sum) + second) + (k * two_low + ((low + high) * base_low + low * base_high));
    return logarithm_limits(x, k == 0.0 ? second + rest : sum + rest);
}
/* @end */

/* @function binary_logarithm uses logarithm_to_base */
/* log2 */
double binary_logarithm(double x)
{
    return logarithm_to_base(x, 1.0, 0.0, 1.44269504072144627571, 1.67517131648865118353e-10);
}
/* @end */

/* @function decimal_logarithm uses logarithm_to_base */
/* log10 */
double decimal_logarithm(double x)
{
    return logarithm_to_base(x, 3.01029995663611771306e-1, 3.69423907715893078616e-13,
                             4.34294481878168880939e-1, 2.50829467116452752298e-11);
}
/* @end */

/* ------------------------------------------------------------------ trigonometry -------------- */

/* @function quarter_turns uses nearest */
/* The whole number of quarter turns nearest to an angle. */
double quarter_turns(double x)
{
    return nearest(6.36619772367581343e-1 * x);
}
/* @end */

/* @function less_quarter_turns */
/* The angle x less n quarter turns, for whole |n| <= 2^20, as a sum of two numbers. pi/2 is taken
   in four parts, the first three of 33 bits, so that n times each is exact (W. J. Cody and
   W. Waite, Software Manual for the Elementary Functions, 1980); all that is lost is kept. */
double less_quarter_turns(double x, double n, double *tail)
{
    const double first = x - n * 1.57079632673412561417;
    const double second = n * 6.07710050630396597660e-11;
    const double third = n * 2.02226624871116645580e-21;
    const double difference = first - second;
    const double moved = difference - first;
    const double lost = (first - (difference - moved)) - (second + moved);
    const double closer = difference - third;
    const double moved_again = closer - difference;
    const double lost_again = (difference - (closer - moved_again)) - (third + moved_again);
    const double rest = (n * 8.47842766036889956997e-32 - lost_again) - lost;
    const double angle = closer - rest;
    *tail = (closer - angle) - rest;
    return angle;
}
/* @end */

/* @function sine_rest */
/* x - sin(x + tail) for |x| <= pi/4 and a tail far below x. */
double sine_rest(double x, double tail)
{
    const double square = x * x;
    double sum = 1.59181282243379748e-10;
    sum = sum * square - 2.50511318301446236e-8;
    sum = sum * square + 2.75573161024811448e-6;
    sum = sum * square - 1.98412698367584369e-4;
    sum = sum * square + 8.33333333333094839e-3;
    sum = sum * square - 1.66666666666666646e-1;
    return (0.5 * square * tail - tail) - x * square * sum;
}
/* @end */

/* @function cosine_start */
/* 1 - x^2/2, rounded. */
double cosine_start(double x)
{
    const double square = x * x;
    return 1.0 - 0.5 * square;
}
/* @end */

/* @function cosine_rest */
/* cos(x + tail) - cosine_start(x) for |x| <= pi/4 and a tail far below x. */
double cosine_rest(double x, double tail, double start)
{
    const double square = x * x;
    const double half = 0.5 * square;
    double sum = -1.13826317558083603e-11;
    sum = sum * square + 2.08761462591076021e-9;
    sum = sum * square - 2.75573172716851919e-7;
    sum = sum * square + 2.48015872987656019e-5;
    sum = sum * square - 1.38888888888873972e-3;
    sum = sum * square + 4.16666666666666654e-2;
    return ((1.0 - start) - half) + (square * square * sum - x * tail);
}
/* @end */

/* @function chosen uses bits_of from_bits */
/* x for even whole numbers, y for odd ones; negated where the second bit is set. */
double chosen(uint64_t whole, double x, double y)
{
    const uint64_t odd = UINT64_C(0) - (whole & 1);
    return from_bits(((bits_of(x) & ~odd) | (bits_of(y) & odd)) ^ ((whole & 2) << 62));
}
/* @end */

/* @function moderate_sine uses quarter_turns less_quarter_turns whole_bits sine_rest cosine_start
   cosine_rest chosen */
/* The sine of x and so many quarter turns more, for |x| <= 2^20. */
double moderate_sine(double x, uint64_t quarters)
{
    const double n = quarter_turns(x);
    double tail;
    const double angle = less_quarter_turns(x, n, &tail);
    const double near_sine = angle - sine_rest(angle, tail);
    const double start = cosine_start(angle);
    const double near_cosine = start + cosine_rest(angle, tail, start);
    return chosen(whole_bits(n) + quarters, near_sine, near_cosine);
}
/* @end */

/* @function repaired_sine */
/* The value of sin at x, but for a large x: there the C library's. */
EACH_LANE double repaired_sine(double x, double value)
{
    return fabs(x) <= 1048576.0 ? value : sin(x);
}
/* @end */

/* @function sine uses moderate_sine repaired_sine */
/* sin */
double sine(double x)
{
    return repaired_sine(x, moderate_sine(x, 0));
}
/* @end */

/* @function repaired_cosine */
/* The value of cos at x, but for a large x: there the C library's. */
EACH_LANE double repaired_cosine(double x, double value)
{
    return fabs(x) <= 1048576.0 ? value : cos(x);
}
/* @end */

/* @function cosine uses moderate_sine repaired_cosine */
/* cos */
double cosine(double x)
{
    return repaired_cosine(x, moderate_sine(x, 1));
}
/* @end */

/* @function repaired_tangent */
/* The value of tan at x, but for a large x: there the C library's. */
EACH_LANE double repaired_tangent(double x, double value)
{
    return fabs(x) <= 1048576.0 ? value : tan(x);
}
/* @end */

/* @function tangent uses quarter_turns less_quarter_turns whole_bits sine_rest cosine_start
   cosine_rest chosen repaired_tangent */
/* tan: the quotient of sine and cosine, with what rounding either loses made good. */
double tangent(double x)
{
    const double n = quarter_turns(x);
    double tail;
    const double angle = less_quarter_turns(x, n, &tail);
    const double sine_lacks = sine_rest(angle, tail);
    const double near_sine = angle - sine_lacks;
    const double sine_low = (angle - near_sine) - sine_lacks;
    const double start = cosine_start(angle);
    const double cosine_adds = cosine_rest(angle, tail, start);
    const double near_cosine = start + cosine_adds;
    const double cosine_low = (start - near_cosine) + cosine_adds;
    const double top = chosen(whole_bits(n), near_sine, near_cosine);
    const double bottom = chosen(whole_bits(n) + 1, near_sine, near_cosine);
    const double top_low = chosen(whole_bits(n), sine_low, cosine_low);
    const double bottom_low = chosen(whole_bits(n) + 1, sine_low, cosine_low);
    const double quotient = top / bottom;
    const double value = quotient + (top_low - quotient * bottom_low) / bottom;
    return repaired_tangent(x, fabs(x) < 1e-17 ? x : value);
}
/* @end */

/* ------------------------------------------------------------------ the error function -------- */

/* @function complement_series */
/* (1 + 2*x)*exp(x^2)*erfc(x) - 1.23299511862555251 for 0 <= x <= 28. A polynomial in a variable
   that goes from -1 to 3/4 (M. Shepherd and J. Laframboise, Math. Comp. 36, 1981). */
double complement_series(double x)
{
    const double t = (x - 4.0) / (x + 4.0);
    const double square = t * t;
    double even = -1.36709898633473828e-8;
    even = even * square + 1.15349437457541569e-7;
    even = even * square - 8.35161968869684687e-7;
    even = even * square + 5.71788728463218554e-6;
    even = even * square - 2.44031692449740737e-5;
    even = even * square - 1.99255507556149523e-4;
    even = even * square + 5.03196975589542597e-3;
    even = even * square + 3.71675155624928630e-2;
    even = even * square + 9.37328349967941205e-2;
    even = even * square + 6.80970542547373187e-2;
    even = even * square - 1.39621116840562887e-1;
    double odd = -1.82060986803086824e-9;
    odd = odd * square - 7.71541861441783023e-9;
    odd = odd * square + 6.27072715719831089e-8;
    odd = odd * square + 3.01350499448753971e-7;
    odd = odd * square - 1.12247891351547010e-5;
    odd = odd * square + 1.50622243948302987e-4;
    odd = odd * square - 7.57773341413330004e-4;
    odd = odd * square - 1.61977340591150064e-2;
    odd = odd * square - 6.63303658115293876e-2;
    odd = odd * square - 1.01039066036352126e-1;
    odd = odd * square + 1.53796521026207406e-2;
    return (even + t * odd) * t;
}
/* @end */

/* @function division_rest uses upper_half */
/* numerator - quotient*denominator, where the quotient is rounded: by products that are exact. */
double division_rest(double numerator, double denominator, double quotient)
{
    const double head = upper_half(denominator);
    const double tail = denominator - head;
    const double first = upper_half(quotient);
    const double second = quotient - first;
    return ((numerator - first * head) - first * tail - second * head) - second * tail;
}
/* @end */

/* @function complement_tail uses complement_series division_rest exponential_product */
/* exp(x^2 - high - low)*erfc(x) for 0 <= x <= 28. What rounding loses of the quotient
   exp(x^2)*erfc(x), relative to its numerator and to a tenth, goes into the exponent. */
double complement_tail(double x, double high, double low)
{
    const double series = complement_series(x);
    const double numerator = 1.23299511862555251 + series;
    const double denominator = 1.0 + 2.0 * x;
    const double added = denominator - 1.0;
    const double numerator_lost = (1.23299511862555251 - numerator) + series;
    const double denominator_lost = (1.0 - (denominator - added)) + (2.0 * x - added);
    const double quotient = numerator / denominator;
    const double rest = division_rest(numerator, denominator, quotient) + numerator_lost;
    const double lost = 0.9 * (rest - quotient * denominator_lost);
    return exponential_product(quotient, -high, lost - low);
}
/* @end */

/* @function scaled_complement uses complement_series */
/* exp(x^2)*erfc(x) for x >= 0; far out by the asymptotic series (Abramowitz, Stegun 7.1.23). */
double scaled_complement(double x)
{
    const double inner = x < 28.0 ? x : 28.0;
    const double fitted = (1.23299511862555251 + complement_series(inner)) / (1.0 + 2.0 * inner);
    const double u = 0.5 / x / x;
    const double end = 1.0 - 7.0 * u * (1.0 - 9.0 * u * (1.0 - 11.0 * u));
    const double series = 1.0 - u * (1.0 - 3.0 * u * (1.0 - 5.0 * u * end));
    return x < 28.0 ? fitted : 0.564189583547756286948 / x * series;
}
/* @end */

/* @function error_rest */
/* erf(x) - x for |x| <= 3/4. */
double error_rest(double x)
{
    const double square = x * x;
    const double fourth = square * square;
    double even = 1.60445238396246661e-6;
    even = even * fourth + 1.20542660283267310e-4;
    even = even * fourth + 5.22397723295247533e-3;
    even = even * fourth + 1.12837916708067365e-1;
    even = even * fourth + 1.28379167095512503e-1;
    double odd = -1.27115470898214220e-7;
    odd = odd * fourth - 1.48986228414744597e-5;
    odd = odd * fourth - 8.54830083206943180e-4;
    odd = odd * fourth - 2.68661706112878103e-2;
    odd = odd * fourth - 3.76126389031812280e-1;
    return x * (even + square * odd);
}
/* @end */
