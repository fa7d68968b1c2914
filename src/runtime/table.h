/* table.h - reads a table of text, row by row: CSV, TSV and their kin.
 *
 * Cells are parted by tabs, semicolons, commas or blanks, whichever the first row shows, in that
 * order of preference. A cell may be "quoted"; a doubled quote in it is one quote. Lines end in LF,
 * CRLF or CR; blank lines and those that begin with # are passed over. */
#ifndef SYMGRAD_RUNTIME_TABLE_H
#define SYMGRAD_RUNTIME_TABLE_H

#include "decimal.h"
#include "failure.h"
#include "memory.h"
#include "source.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BUFFER = 65536 };

enum table_result { TABLE_ROW, TABLE_END, TABLE_FAILED };

struct table_cell {
    const char *text; /* followed by a NUL that `length` does not count */
    size_t length;
};

struct table {
    struct source *source;
    char *buffer;    /* what was read ahead, the present line among it */
    size_t position; /* of the next line */
    size_t filled;
    size_t capacity;
    bool ended;     /* there is nothing beyond the buffer */
    char delimiter; /* ' ' stands for blanks; NUL: no row has shown it yet */
    size_t line;    /* where the present row begins */
    size_t next_line;

    struct table_cell *cells; /* the present row */
    size_t count;
    size_t cell_capacity;
    char *text; /* the present line, and its length; a NUL ends it */
    size_t length;
};

/* A table in a source that is open and stays so. */
static void table_open(struct table *table, struct source *source);

/* Reads the next row into `cells` and `count`; the row before it is lost. */
static enum table_result table_next(struct table *table, struct failure *failure);

static void table_close(struct table *table);

/* The finite decimal number that fills the cell; false where there is none. */
static bool table_number(const struct table_cell *cell, double *value);

#endif /* SYMGRAD_RUNTIME_TABLE_H */
