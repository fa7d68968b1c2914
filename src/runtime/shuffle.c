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

/* Fisher and Yates, by Durstenfeld's exchanges. */
static void random_exchange(struct random *random, ptrdiff_t *order, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        const ptrdiff_t j = (ptrdiff_t)random_below(random, (uint64_t)i + 1);
        const ptrdiff_t moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

/* Deals 0 .. count-1 out to 2^bits parts, in their order; ends[part] is where each ends. */
static void random_deal(struct random *random, ptrdiff_t *order, ptrdiff_t count, int bits,
                        ptrdiff_t *ends)
{
    struct random again = *random;
    ptrdiff_t begin = 0;

    for (int part = 0; part < 1 << bits; part++)
        ends[part] = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        ends[random_bits(&again) >> (64 - bits)]++;
    for (int part = 0; part < 1 << bits; part++) {
        const ptrdiff_t size = ends[part];
        ends[part] = begin;
        begin += size;
    }
    for (ptrdiff_t i = 0; i < count; i++)
        order[ends[random_bits(random) >> (64 - bits)]++] = i;
}

static void random_permutation(struct random *random, ptrdiff_t *order, ptrdiff_t count)
{
    ptrdiff_t ends[1 << SHUFFLE_BITS];
    ptrdiff_t begin = 0;
    int bits = 0;

    while (bits < SHUFFLE_BITS && count >> bits > SHUFFLE_PART)
        bits++;
    if (bits == 0) {
        for (ptrdiff_t i = 0; i < count; i++)
            order[i] = i;
        random_exchange(random, order, count);
        return;
    }
    random_deal(random, order, count, bits, ends);
    for (int part = 0; part < 1 << bits; part++) {
        random_exchange(random, order + begin, ends[part] - begin);
        begin = ends[part];
    }
}
