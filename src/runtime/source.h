/* source.h - the bytes of a file of data, one after another: as it is, unpacked from gzip (RFC
 * 1952), or one file out of a zip archive. */
#ifndef SYMGRAD_RUNTIME_SOURCE_H
#define SYMGRAD_RUNTIME_SOURCE_H

#include "failure.h"
#include "inflate.h"
#include "memory.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_BUFFER = 65536, SOURCE_HEAD = 8, SOURCE_ZIP_ENTRY = 30 };

struct source {
    struct failure_quotation name; /* as messages show it */
    FILE *file;
    unsigned char *buffer; /* what was read ahead */
    size_t position;
    size_t filled;
    struct inflate *inflate; /* of gzip; NULL: the file is not packed by it */
    uint32_t *table;         /* for the checksum of a gzip file */
    uint32_t sum;
    uint32_t length;                 /* of what was unpacked, to be compared as well */
    struct inflate *member;          /* of a file in an archive; NULL: it is not packed */
    uint64_t rest;                   /* the bytes to come of one that is not */
    unsigned char head[SOURCE_HEAD]; /* the first bytes, looked at before they were read */
    size_t head_count;
    size_t head_taken;
};

/* Opens a file and looks at its first bytes, which tell its format. */
static bool source_open(struct source *source, const char *name, struct failure *failure);

/* Also for a source that could not be opened. */
static void source_close(struct source *source);

/* Whether the file begins with these bytes. */
static bool source_begins(const struct source *source, const char *bytes, size_t count);

/* Fills `bytes`; `*count` is less than `size` only at the end. */
static bool source_read(struct source *source, unsigned char *bytes, size_t size, size_t *count,
                        struct failure *failure);

/* The same where the end may not come before all is filled. */
static bool source_fill(struct source *source, unsigned char *bytes, size_t size,
                        struct failure *failure);

/* The next bytes and a NUL behind them, in memory of their own, which grows as they come: a damaged
 * file may ask for more than there is. The caller frees what is in `*bytes`, also after a failure.
 */
static bool source_take(struct source *source, size_t size, unsigned char **bytes,
                        struct failure *failure);

/* In a zip archive, goes to the file `name` in it; what is read from now on is that file. */
static bool source_enter(struct source *source, const char *name, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_SOURCE_H */
