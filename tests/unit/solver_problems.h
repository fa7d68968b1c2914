/* Sums of squares to try the solvers on, with exact derivatives.
 *
 * A problem is written once, as residuals of complex numbers: the imaginary part that follows a
 * tiny imaginary change of an unknown is the derivative, without any cancellation. */
#ifndef SYMGRAD_TEST_SOLVER_PROBLEMS_H
#define SYMGRAD_TEST_SOLVER_PROBLEMS_H

#include <complex.h>
#include <stddef.h>

typedef long double complex number;

enum { SAMPLE_UNKNOWNS = 40, SAMPLE_RESIDUALS = 512 };

struct sample;

typedef void sample_residuals(const struct sample *sample, const number *x, number *r);

struct sample {
    const char *name;
    int n;
    int m;
    double start[SAMPLE_UNKNOWNS];
    double minimum; /* of the sum of squares; 0 for the sets of NIST, which certify theirs */
    double local;   /* another value that is a minimum of its neighbourhood; 0: none is known */
    sample_residuals *residuals;
    /* Data: observations y at (x, z). */
    const double *x;
    const double *z;
    const double *y;
};

/* Moré, Garbow and Hillstrom, "Testing unconstrained optimization software", 1981. */
extern const struct sample sample_mgh[];
extern const int sample_mgh_count;

/* The models of NIST's statistical reference datasets for nonlinear regression; start and data are
 * for the caller to fill in. NULL: no such model. */
const struct sample *sample_nist(const char *name);

/* What solvers ask for; the context is a struct sample. */
double sample_gradient(void *context, const double *x, double *g);
void sample_curvature(void *context, const double *x, const double *direction, double *product);
void sample_residuals_at(void *context, const double *x, double *r);
void sample_jacobian(void *context, const double *x, double *r, double *j);

#endif
