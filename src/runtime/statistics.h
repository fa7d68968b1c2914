/* statistics.h - what a fit says of its parameters: standard errors, intervals, correlations.
 *
 * At the minimum of a sum of squares the parameters' covariance is s^2 (J'J)^-1, where s^2 is the
 * sum over its degrees of freedom; at that of a negative log-likelihood it is the inverse of the
 * Hessian. See Seber and Wild, Nonlinear Regression, 1989, chapter 5. */
#ifndef SYMGRAD_RUNTIME_STATISTICS_H
#define SYMGRAD_RUNTIME_STATISTICS_H

#include "covariance.h"
#include "solving.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Prints them for the parameters as they are; in words where the data leave some undetermined. */
static bool statistics_print(struct session *session, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_STATISTICS_H */
