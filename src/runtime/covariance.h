/* covariance.h - how far the data determine the parameters: inverses of J'J and of a Hessian. */
#ifndef SYMGRAD_RUNTIME_COVARIANCE_H
#define SYMGRAD_RUNTIME_COVARIANCE_H

#include "failure.h"
#include "linear.h"

/* The inverse of J'J, count x count, for the derivatives j of `residual_count` residuals (column
 * after column; overwritten). J'J itself is never formed. *rank is the number of parameters that
 * can be told apart; where it is less than count, the covariance is all NaN.
 * The variance of a parameter is its place on the diagonal times the sum of the squares of the
 * residuals over residual_count - count. False: no memory. */
static bool covariance_of_residuals(ptrdiff_t residual_count, ptrdiff_t count, double *j,
                                    double *covariance, ptrdiff_t *rank, struct failure *failure);

/* Replaces the Hessian of a negative log-likelihood, at its minimum, by its inverse. False: it is
 * not positive definite; the matrix then is all NaN. */
static bool covariance_of_hessian(ptrdiff_t count, double *hessian);

#endif /* SYMGRAD_RUNTIME_COVARIANCE_H */
