/* shuffle.h - random permutations. */
#ifndef SYMGRAD_RUNTIME_SHUFFLE_H
#define SYMGRAD_RUNTIME_SHUFFLE_H

#include "random.h"
#include <stddef.h>

/* Fills `order` with 0 .. count-1 in random order; each order is equally likely. */
static void random_permutation(struct random *random, ptrdiff_t *order, ptrdiff_t count);

#endif /* SYMGRAD_RUNTIME_SHUFFLE_H */
