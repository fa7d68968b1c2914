/* memory.h - allocation whose sizes are checked: a product that overflows is out of memory. */
#ifndef SYMGRAD_RUNTIME_MEMORY_H
#define SYMGRAD_RUNTIME_MEMORY_H

#include "failure.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* a * b and a + b, or SIZE_MAX where that would overflow. */
static size_t memory_product(size_t a, size_t b);
static size_t memory_sum(size_t a, size_t b);

/* A zeroed array of `count` items; NULL, with the failure set, where there is no room. An empty
 * array is a valid pointer too. */
static void *memory_new(size_t count, size_t item, struct failure *failure);

/* Makes room for at least `needed` items in a growing array: `*capacity` doubles. Returns the
 * array, perhaps moved, or NULL with the failure set; then the old array stays as it was. */
static void *memory_grow(void *array, size_t *capacity, size_t needed, size_t item,
                         struct failure *failure);

/* Meets pieces of memory one after the other, to write them down or to fill them in. */
struct memory_visitor {
    void (*visit)(void *context, void *bytes, size_t size);
    void *context;
};

#endif /* SYMGRAD_RUNTIME_MEMORY_H */
