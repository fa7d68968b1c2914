/* save.h - parameters to a file of text and back.
 *
 *     symgrad parameters of digits
 *     W[32,64]
 *     0.12 -0.034 ...           one line for each step of the last axis but one
 *     b
 *     0.5
 *     end
 *
 * Numbers have 17 digits (9 where `real` is float), so they come back to the bit. */
#ifndef SYMGRAD_RUNTIME_SAVE_H
#define SYMGRAD_RUNTIME_SAVE_H

#include "document.h"
#include "failure.h"
#include "objects.h"
#include "table.h"
#include "trainer.h"
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool save_write(const char *name, const struct trainer_model *model,
                       const struct objects_parameters *parameters, struct failure *failure);

/* Writes one tensor: its name and shape, and its numbers. */
static void save_write_field(FILE *stream, const struct trainer_field *field);

/* Reads what save_write wrote for the same model; on failure the parameters may be half read. */
static bool save_read(const char *name, const struct trainer_model *model,
                      struct objects_parameters *parameters, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_SAVE_H */
