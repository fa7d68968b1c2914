/* inputs.h - fills the model's inputs from files and settles the sizes that the data decides.
 *
 * Inputs with the same file are read together. Their first axis runs down the rows of the file, all
 * others along its columns (columns.h). */
#ifndef SYMGRAD_RUNTIME_INPUTS_H
#define SYMGRAD_RUNTIME_INPUTS_H

#include "columns.h"
#include "failure.h"
#include "memory.h"
#include "records.h"
#include "store.h"
#include "trainer.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct inputs {
    const struct trainer_model *model;
    ptrdiff_t *sizes;              /* of each dimension */
    struct trainer_values *values; /* of each input */
    struct store *stores;          /* where they lie */
    const char *folder;            /* for them and all that is as long; NULL: memory */
    size_t *widths;                /* of each input: numbers in a row, the first axis left out */
    ptrdiff_t rows;                /* 1 where the model has no rows */
};

/* `files` says where each input comes from. */
static bool inputs_read(struct inputs *inputs, const struct trainer_model *model,
                        const char *const *files, const char *folder, struct failure *failure);

/* Lets an input's values be those that lie in the store, and frees the ones it had. */
static void inputs_take(struct inputs *inputs, int input, struct store *store);
static void inputs_free(struct inputs *inputs);

/* Whether the rows of the input are the rows that batches and holdout cut. */
static bool inputs_has_rows(const struct trainer_model *model, int input);

#endif /* SYMGRAD_RUNTIME_INPUTS_H */
