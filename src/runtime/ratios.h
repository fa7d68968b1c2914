/* Quotients f(x)/x that have a limit at 0, where both are 0: it is their value there. Each comes
   with its derivatives, of any order n, which keep their digits near 0, where the rule of quotients
   would leave none. Errors are a few units in the last place. */
#ifndef SYMGRAD_RUNTIME_RATIOS_H
#define SYMGRAD_RUNTIME_RATIOS_H

double sinc(double x);                      /* sin(x)/x */
double sinc_slope(double x);                /* its derivative */
double sinc_derivative(double n, double x); /* its n-th derivative */
double sinhc(double x);                     /* sinh(x)/x */
double sinhc_derivative(double n, double x);
double tanhc(double x); /* tanh(x)/x */
double tanhc_derivative(double n, double x);
double atanc(double x); /* atan(x)/x */
double atanc_derivative(double n, double x);
double asinc(double x); /* asin(x)/x */
double asinc_derivative(double n, double x);
double atanhc(double x); /* artanh(x)/x */
double atanhc_derivative(double n, double x);
double expm1c(double x); /* (exp(x) - 1)/x */
double expm1c_derivative(double n, double x);
double log1pc(double x); /* log(1 + x)/x */
double log1pc_derivative(double n, double x);

double ratio_series(double n, double x, const double *signs, int factorials);
double ratio_of_turns(double n, double x, double value, double slope, double turn);
double tanhc_series(double n, double x);

#endif
