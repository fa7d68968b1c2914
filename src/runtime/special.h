/* The functions that operators.def needs beyond elementary.h and libm: plain C99, also embedded in
   emitted code.

   Every function is total: outside its domain it is NaN, at a pole infinite or NaN, and NaN goes
   through. Errors are a few units in the last place unless a line says otherwise. */
#ifndef SYMGRAD_RUNTIME_SPECIAL_H
#define SYMGRAD_RUNTIME_SPECIAL_H

/* Steps and magnitudes. */
double sign(double x);              /* -1, 0 or 1 */
double step(double x);              /* 1 for x > 0, else 0 */
double flat(double x);              /* 0: the slope of a step */
double maximum(double x, double y); /* the larger; NaN if either is (unlike fmax) */
double minimum(double x, double y); /* the smaller; NaN if either is (unlike fmin) */
double modulo(double x, double y);  /* x - y*floor(x/y), exactly; the sign is y's */
double ratio0(double x, double y);  /* x/y, and 0 at y = 0 */
double anchor(double x);            /* x, and 0 where that is infinite */
double exp0(double x);              /* exp(x), and 0 where that is next to nothing */
double times0(double x, double y);  /* x*y, and 0 at x = 0 */
double square_scale(double size);
double hypotenuse(double x, double y); /* hypot */
double direction(double x, double y);  /* x/hypot(x, y), and 0 at the origin; no overflow */
double xlogy(double x, double y);      /* x*log(y), and 0 at x = 0, y >= 0 */
double xlog1py(double x, double y);    /* x*log(1 + y), and 0 at x = 0, y >= -1 */

double cube_root(double x); /* cbrt, to a unit in the last place */

/* Powers near 1. */
double sqrt1pm1(double x);             /* sqrt(1 + x) - 1 */
double powm1(double x, double y);      /* x^y - 1 */
double compound(double x, double y);   /* (1 + x)^y, as if 1 + x were exact */
double compoundm1(double x, double y); /* (1 + x)^y - 1, likewise */

/* The trigonometric and hyperbolic functions that C leaves out. An inverse is that of the
   reciprocal, as in Mathematica, SymPy and mpmath: acot(x) = atan(1/x), odd, with a jump at 0. */
double cot(double x);
double sec(double x);
double csc(double x);
double acot(double x);
double asec(double x);
double acsc(double x);
double coth(double x);
double sech(double x);
double csch(double x);
double acoth(double x);
double asech(double x);
double acsch(double x);

/* Logarithms of what overflows long before them. */
double log_cosh(double x);
double log_sinh(double x);

/* Activations, accurate in both tails. */
double relu(double x);     /* max(x, 0) */
double sigmoid(double x);  /* 1/(1 + exp(-x)) */
double softplus(double x); /* log(1 + exp(x)) */
double softsign(double x); /* x/(1 + |x|) */
double silu(double x);     /* x*sigmoid(x) */
double gelu(double x);     /* x*normal_cdf(x), the exact one; Hendrycks, Gimpel 2016 */

/* The error function; its complement keeps its digits where it is small. */
double error_function(double x);   /* erf */
double error_complement(double x); /* erfc */
double square_rest(double x, double head);

/* The normal distribution. */
double gauss(double x);                 /* exp(-x^2), the square's rounding error made good */
double normal_density(double x);        /* exp(-x^2/2)/sqrt(2*pi), likewise */
double normal_cdf(double x);            /* its integral */
double erf_mass(double x, double y);    /* erf(y) - erf(x) */
double normal_mass(double x, double y); /* normal_cdf(y) - normal_cdf(x) */
double log_normal_cdf(double x); /* the logarithm of that, also where it is next to nothing */
double log_erfc(double x);       /* log(erfc(x)), likewise */

/* The hazard normal_density(x)/normal_cdf(-x), also known as the inverse Mills ratio, and the parts
   of its continued fraction: normal_hazard(x) = x + hazard_rest(1, x), and hazard_rest(n, x) is
   n/(x + hazard_rest(n + 1, x)), for whole n. The derivative of each is itself times the hazard's
   first rest, or times what it exceeds the next by (Laplace 1805; Mills 1926). */
double normal_hazard(double x);
double hazard_rest(double n, double x);
double
normal_excess(double x); /* the integral of normal_cdf: x*normal_cdf(x) + normal_density(x) */

/* The gamma function's logarithmic derivatives: recurrence, reflection and asymptotic series, from
   Abramowitz and Stegun, Handbook of Mathematical Functions, 6.3 and 6.4. Near a zero at x < 0 the
   error is small beside the terms that cancel there; digamma's zero at x > 0 is exact. */
double cotpi(double x);               /* cot(pi*x), a part of digamma */
double digamma(double x);             /* the derivative of lgamma */
double trigamma(double x);            /* the derivative of digamma */
double polygamma(double n, double x); /* the n-th derivative of digamma, for whole n >= 0 */
double factorial_over_power(double n, double x); /* n!/x^(n+1), a part of polygamma */
double hurwitz_sum(double n,
                   double x); /* n!*sum 1/(x+k)^(n+1), k = 0, 1 ..., a part of polygamma */

/* x: what has the value x and the derivative z by y. */
double given(double x, double y, double z);

/* A uniform random number in (0, 1): a function of three whole numbers, such as the number of a
   step, of a stream and of an element, that looks random in each. Counter-based: Salmon, Moraes,
   Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, 2011; mixed by splitmix64. */
double uniform_at(double x, double y, double z);

#endif
