/* examine.h - why a loss is no number: the first definition that went wrong, and its operands.
 *
 * Definitions are computed as a whole; from the loss back, what was used of them and is wrong is
 * followed to where nothing wrong went in. What a condition kept out is not accused. */
#ifndef SYMGRAD_RUNTIME_EXAMINE_H
#define SYMGRAD_RUNTIME_EXAMINE_H

#include "batches.h"
#include "failure.h"
#include "memory.h"
#include "objects.h"
#include "session.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Computes what an objective is made of, on the rows of a view, and adds to the failure's text
 * which comes first that is no number (or, of a loss that is not NaN, infinite), with the row of
 * the data, the line of the model and the values it was computed from. Adds nothing where it finds
 * none. */
static void examine_explain(struct session *session, int objective, const struct batches_view *view,
                            const struct objects_parameters *parameters, double loss,
                            struct failure *failure);

#endif /* SYMGRAD_RUNTIME_EXAMINE_H */
