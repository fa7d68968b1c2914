#include "shuffle.h"

/* A whole number below `bound`, each equally likely: the few that would tip the scale are redrawn.
 */
static uint64_t random_below(struct random *random, uint64_t bound)
{
    const uint64_t surplus = (UINT64_MAX - bound + 1) % bound;
    uint64_t bits;

    do
        bits = random_bits(random);
    while (bits < surplus);
    return bits % bound;
}

static void random_permutation(struct random *random, ptrdiff_t *order, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        const ptrdiff_t j = (ptrdiff_t)random_below(random, (uint64_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
