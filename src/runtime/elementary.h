/* The elementary functions in straight lines of code: no branch, no call of the C library, no
   table. A loop over them becomes vector code under gcc and clang. Plain C99, also embedded in
   emitted code.

   Every result is within two units in the last place of the exact one, for all arguments: infinite
   where that overflows, rounded gradually where it underflows, NaN where it is none. That takes
   rounding to nearest and arithmetic as IEEE 754 has it, which -ffast-math breaks; a multiplication
   and an addition may be fused. Sine, cosine and tangent of more than 2^20 are the C library's. */
#ifndef SYMGRAD_RUNTIME_ELEMENTARY_H
#define SYMGRAD_RUNTIME_ELEMENTARY_H

#include <stdint.h>

double exponential(double x);           /* exp */
double binary_exponential(double x);    /* exp2; exact for whole x */
double exponential_minus_one(double x); /* expm1 */
double logarithm(double x);             /* log */
double binary_logarithm(double x);      /* log2; exact for powers of two */
double decimal_logarithm(double x);     /* log10 */
double logarithm_one_plus(double x);    /* log1p */

double sine(double x);
double cosine(double x);
double tangent(double x);
double hyperbolic_sine(double x);
double hyperbolic_cosine(double x);
double hyperbolic_tangent(double x);

/* What these are made of; elementary.c says what each computes. */
uint64_t bits_of(double x);
double from_bits(uint64_t bits);
double nearest(double x);
double within(double low, double high, double x);
uint64_t whole_bits(double n);
double power_of_two(double n);
double even_exponential(double square);
double odd_exponential(double square);
double exponential_rest(double r);
double scaled(double x, double n);
double exponential_product(double factor, double x, double y);
double binary_exponent(double x);
double binary_mantissa(double x);
double logarithm_series(double s);
double logarithm_sum(double k, double f);
double logarithm_limits(double x, double value);
double upper_half(double x);
double logarithm_to_base(double x, double two_high, double two_low, double base_high,
                         double base_low);
double quarter_turns(double x);
double less_quarter_turns(double x, double n, double *tail);
double sine_rest(double x, double tail);
double cosine_start(double x);
double cosine_rest(double x, double tail, double start);
double chosen(uint64_t whole, double x, double y);
double moderate_sine(double x, uint64_t quarters);
double repaired_sine(double x, double value);
double repaired_cosine(double x, double value);
double repaired_tangent(double x, double value);
double complement_series(double x);
double division_rest(double numerator, double denominator, double quotient);
double complement_tail(double x, double high, double low);
double scaled_complement(double x);
double error_rest(double x);

#endif
