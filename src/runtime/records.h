/* records.h - the rows of a file of data, whatever its format: as many numbers in each.
 *
 * The file's first bytes tell the format: NPY, NPZ, IDX, any of them or a text packed by gzip.
 * Else it is a text: a table, or lines of libsvm (`label 3:0.5 17:1`), or characters. */
#ifndef SYMGRAD_RUNTIME_RECORDS_H
#define SYMGRAD_RUNTIME_RECORDS_H

#include "array.h"
#include "failure.h"
#include "memory.h"
#include "source.h"
#include "table.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum records_format { RECORDS_TABLE, RECORDS_SPARSE, RECORDS_ARRAY, RECORDS_CHARACTERS };

struct records {
    enum records_format format;
    const char *file;
    const char *name; /* as messages show it */
    struct source source;
    bool archive; /* NPZ: each input is a file of its own in it */
    struct table table;
    struct array array;

    size_t count; /* numbers in a row; for sparse lines and characters records_begin gives it */
    const struct table_cell *cells; /* of the present row of a table, else NULL */
    double *numbers;                /* of the present row elsewhere */
    unsigned char *bytes;           /* they were made from; all, of an array by columns */
    double codes[256];              /* of the characters */
    size_t rows;                    /* so far; of a table its header is one */
};

/* Opens a file, and finds out its format and the length of its first row, which of a table is read
 * already. `member` is the name to look for in an archive. */
static bool records_open(struct records *records, const char *file, const char *member,
                         struct failure *failure);
static void records_close(struct records *records);

/* Whether the file is called a text and begins with a line that is no row of numbers. */
static bool records_may_be_characters(const struct records *records);

/* Takes the text as characters, each a number: those that occur, in the order of their codes, from
 * 0 on; or the codes themselves where there are `classes` for all 256. */
static bool records_take_characters(struct records *records, ptrdiff_t classes, size_t *kinds,
                                    struct failure *failure);

/* The largest column that sparse lines name; looks through the whole file. */
static bool records_widest(const struct records *records, size_t *widest, struct failure *failure);

/* Makes room for rows of `count` numbers, where the file does not say it. */
static bool records_begin(struct records *records, size_t count, struct failure *failure);

/* Reads the next row, or the first one. */
static enum table_result records_next(struct records *records, struct failure *failure);

/* The number in a column of the present row. */
static bool records_number(const struct records *records, size_t column, double *number,
                           struct failure *failure);

/* Says what is wrong with that number, behind the file, the row and the column. */
static bool records_wrong(const struct records *records, size_t column, const char *what,
                          const char *more, struct failure *failure);

/* Says what is wrong with the present row. */
static bool records_wrong_row(const struct records *records, const char *what,
                              struct failure *failure);

#endif /* SYMGRAD_RUNTIME_RECORDS_H */
