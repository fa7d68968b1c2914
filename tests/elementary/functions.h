/* The functions that have promised accuracy and speed.

   FUNCTION(name, model, from, to, least, to in float)

   model   What gives the exact value: in measure.c the function of libquadmath so called, with a q.
   from    Where arguments begin and end to matter: the rest is one flat value, or none.
   least   The least magnitude of arguments that are drawn by their magnitude. */
#ifndef FUNCTION
#define FUNCTION(name, model, from, to, least, to_float)
#endif

FUNCTION(exponential, exp, -746, 710, 1e-20, 90)
FUNCTION(binary_exponential, exp2, -1076, 1024, 1e-20, 130)
FUNCTION(exponential_minus_one, expm1, -40, 710, 1e-320, 90)
FUNCTION(logarithm, log, 0, 4, 1e-320, 4)
FUNCTION(binary_logarithm, log2, 0, 4, 1e-320, 4)
FUNCTION(decimal_logarithm, log10, 0, 4, 1e-320, 4)
FUNCTION(logarithm_one_plus, log1p, -1, 4, 1e-320, 4)
FUNCTION(sine, sin, -2e6, 2e6, 1e-320, 2e6)
FUNCTION(cosine, cos, -2e6, 2e6, 1e-20, 2e6)
FUNCTION(tangent, tan, -2e6, 2e6, 1e-320, 2e6)
FUNCTION(hyperbolic_sine, sinh, -711, 711, 1e-320, 90)
FUNCTION(hyperbolic_cosine, cosh, -711, 711, 1e-20, 90)
FUNCTION(hyperbolic_tangent, tanh, -20, 20, 1e-320, 10)
FUNCTION(error_function, erf, -6, 6, 1e-320, 4)
FUNCTION(error_complement, erfc, -6, 27.3, 1e-20, 10.1)
FUNCTION(sigmoid, logistic, -745, 40, 1e-20, 20)
FUNCTION(softplus, softplus, -745, 40, 1e-20, 20)

#undef FUNCTION
