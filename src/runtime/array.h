/* array.h - arrays of numbers in files: NPY, as numpy writes it, and IDX, as MNIST is kept. */
#ifndef SYMGRAD_RUNTIME_ARRAY_H
#define SYMGRAD_RUNTIME_ARRAY_H

#include "failure.h"
#include "memory.h"
#include "source.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum array_kind { ARRAY_SIGNED, ARRAY_UNSIGNED, ARRAY_REAL };

struct array {
    enum array_kind kind;
    int size; /* bytes in a number */
    bool big; /* the most significant comes first */
    int rank;
    size_t shape[TRAINER_MAX_RANK];
    bool by_columns; /* the first subscript is the one that moves fastest */
};

/* Whether the source begins as such a file does. */
static bool array_is_npy(const struct source *source);
static bool array_is_idx(const struct source *source);

/* Reads what stands before the numbers. */
static bool array_read_npy(struct array *array, struct source *source, struct failure *failure);
static bool array_read_idx(struct array *array, struct source *source, struct failure *failure);

/* How many numbers belong to one value of the first subscript; and where the i-th of them, in the
 * order of rows, lies behind the first one where the array is kept by columns. */
static size_t array_row_length(const struct array *array);
static size_t array_column_place(const struct array *array, size_t i);

/* A number from its bytes. */
static double array_number(const struct array *array, const unsigned char *bytes);

#endif /* SYMGRAD_RUNTIME_ARRAY_H */
