/* predict.h - the model's outputs for every row, as CSV in the order of the data. */
#ifndef SYMGRAD_RUNTIME_PREDICT_H
#define SYMGRAD_RUNTIME_PREDICT_H

#include "document.h"
#include "failure.h"
#include "objects.h"
#include "session.h"
#include "trainer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Outputs whose first axes have the same size share the lines of a block; a blank line parts the
 * blocks. A tensor takes a column an element: p[0], p[1], ... */
static bool predict_write(const char *name, struct session *session, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_PREDICT_H */
