/* check.h - the model's gradient against a numeric one. */
#ifndef SYMGRAD_RUNTIME_CHECK_H
#define SYMGRAD_RUNTIME_CHECK_H

#include "failure.h"
#include "objects.h"
#include "random.h"
#include "session.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Compares them on the first batch, near the start of the parameters, in some elements of each
 * parameter; prints a line for each parameter. False where they disagree. */
static bool check_gradient(struct session *session, FILE *stream, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_CHECK_H */
