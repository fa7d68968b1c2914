/* shuffle.h - random permutations.
 *
 * Long ones are dealt out to parts, at random, and each part is put into random order: so memory is
 * gone through from end to end, but for parts that are short (Rao 1961, Sandelius 1962). */
#ifndef SYMGRAD_RUNTIME_SHUFFLE_H
#define SYMGRAD_RUNTIME_SHUFFLE_H

#include "random.h"
#include <stddef.h>

enum { SHUFFLE_PART = 1 << 16, SHUFFLE_BITS = 9 };

/* Fills `order` with 0 .. count-1 in random order; each order is equally likely. */
static void random_permutation(struct random *random, ptrdiff_t *order, ptrdiff_t count);

#endif /* SYMGRAD_RUNTIME_SHUFFLE_H */
