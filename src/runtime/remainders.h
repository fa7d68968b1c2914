/* What is left of a function behind the first m terms of its Taylor series at 0, divided by x^m,
   and its derivatives of any order n: of exp with m = 2 it is (exp(x) - 1 - x)/x^2. Near 0 nothing
   of such a difference would be left. Both m >= 1 and n >= 0 are whole. Errors are a few units in
   the last place. */
#ifndef SYMGRAD_RUNTIME_REMAINDERS_H
#define SYMGRAD_RUNTIME_REMAINDERS_H

double exp_remainder(double m, double n, double x);
double sin_remainder(double m, double n, double x);
double sinh_remainder(double m, double n, double x);
double log1p_remainder(double m, double n, double x);

double remainder_sum(double m, double n, double x, const double *signs);
double remainder_step(double m, double n, double x, const double *slopes, const double *terms);

#endif
