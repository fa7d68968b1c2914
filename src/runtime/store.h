/* store.h - arrays as long as the data has rows: in memory or, where a folder is named, in a file
 * there that no other program sees. It is mapped into memory, so that it looks like any array, but
 * takes up little of it. */
#ifndef SYMGRAD_RUNTIME_STORE_H
#define SYMGRAD_RUNTIME_STORE_H

#include "failure.h"
#include "memory.h"
#include "platform.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
    void *items; /* of a file: after store_finish */
    size_t size; /* in bytes */
    size_t capacity;
    FILE *file;                       /* NULL: in memory */
    struct platform_mapping *mapping; /* of the file, once it is finished */
};

/* An empty array; `folder` NULL: in memory. */
static bool store_begin(struct store *store, const char *folder, struct failure *failure);
static bool store_append(struct store *store, const void *bytes, size_t size,
                         struct failure *failure);
/* Nothing is appended from now on. */
static bool store_finish(struct store *store, struct failure *failure);

/* Copies some bytes of it; good for places here and there in a long one, of which looking there
 * would take whole pages. */
static void store_copy(const struct store *store, size_t begin, size_t size, void *to);

/* An array of zeros. */
static bool store_make(struct store *store, const char *folder, size_t count, size_t item,
                       struct failure *failure);

/* Also for one that could not be made. */
static void store_free(struct store *store);

#endif /* SYMGRAD_RUNTIME_STORE_H */
