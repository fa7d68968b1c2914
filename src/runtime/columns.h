/* columns.h - which column of a file belongs to which number of which input.
 *
 * An input of rank 0 or 1 takes one column, any other as many as its axes after the first span.
 * Where the header names every input of one column, they take those columns, and the others share
 * the rest from left to right; otherwise all share the columns from left to right, in the order of
 * the model. One size that nobody knows yet is settled by the number of columns. On sparse lines
 * the one input of one column takes the label, in front. */
#ifndef SYMGRAD_RUNTIME_COLUMNS_H
#define SYMGRAD_RUNTIME_COLUMNS_H

#include "failure.h"
#include "memory.h"
#include "records.h"
#include "trainer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inputs_columns {
    const struct trainer_model *model;
    ptrdiff_t *sizes;    /* of each dimension; the one that was not known is filled in */
    const bool *members; /* of each input: whether it comes from this file */
    size_t *widths;      /* of each input: its columns */
    size_t *begin;       /* of each input: where they begin in `source` */
    size_t *source;      /* the columns of the file, input by input */
    size_t count;        /* columns in the file */
    bool has_header;
    bool named; /* by the header */
};

/* Looks at the first row; `model`, `sizes`, `members`, `widths` and `begin` are given. */
static bool inputs_find_columns(struct inputs_columns *columns, const struct records *records,
                                struct failure *failure);

#endif /* SYMGRAD_RUNTIME_COLUMNS_H */
