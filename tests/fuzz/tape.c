#include "tape.h"

#include <string.h>

void tape_fill(struct tape *tape, uint64_t seed)
{
    /* splitmix64 */
    uint64_t state = seed * UINT64_C(0xd1342543de82ef95);
    for (size_t i = 0; i < TAPE_LENGTH; i++) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        tape->choices[i] = (uint32_t)((z ^ (z >> 31)) >> 32);
    }
    tape->length = TAPE_LENGTH;
    tape->used = 0;
}

size_t tape_choose(struct tape *tape, size_t count)
{
    const size_t place = tape->used++;
    return place < tape->length ? tape->choices[place] % count : 0;
}

bool tape_chance(struct tape *tape, unsigned percent)
{
    return tape_choose(tape, 100) >= 100 - percent;
}

/* ---- Shrinking ---- */

struct shrinker {
    struct tape *tape;
    tape_test *fails;
    void *context;
    size_t tries;
};

/* The tape becomes the candidate where that fails as well. */
static bool accept(struct shrinker *shrinker, struct tape *candidate)
{
    if (shrinker->tries == 0) {
        return false;
    }
    shrinker->tries--;
    candidate->used = 0;
    if (!shrinker->fails(candidate, shrinker->context)) {
        return false;
    }
    *shrinker->tape = *candidate;
    if (shrinker->tape->length > shrinker->tape->used) {
        shrinker->tape->length = shrinker->tape->used;
    }
    return true;
}

static bool cut_out(struct shrinker *shrinker, size_t start, size_t count)
{
    struct tape candidate = *shrinker->tape;
    memmove(candidate.choices + start, candidate.choices + start + count,
            (candidate.length - start - count) * sizeof candidate.choices[0]);
    candidate.length -= count;
    return accept(shrinker, &candidate);
}

/* A choice is asked for modulo the number of its cases, so that small numbers alone say which. */
static bool lower(struct shrinker *shrinker, size_t place)
{
    static const uint32_t smaller[] = {0, 1, 2, 3, 5, 8, 13, 50};
    const uint32_t now = shrinker->tape->choices[place];
    for (size_t i = 0; i < sizeof smaller / sizeof smaller[0] && smaller[i] < now; i++) {
        struct tape candidate = *shrinker->tape;
        candidate.choices[place] = smaller[i];
        if (accept(shrinker, &candidate)) {
            return true;
        }
    }
    return false;
}

void tape_shrink(struct tape *tape, tape_test *fails, void *context, size_t tries)
{
    struct shrinker shrinker = {tape, fails, context, tries};
    if (tape->length > tape->used) {
        tape->length = tape->used;
    }
    for (bool better = true; better && shrinker.tries > 0;) {
        better = false;
        for (size_t count = 64; count > 0; count /= 2) {
            for (size_t start = tape->length; start >= count && start > 0;) {
                start -= start < count ? start : count;
                if (start + count <= tape->length) {
                    better = cut_out(&shrinker, start, count) || better;
                }
            }
        }
        for (size_t place = 0; place < tape->length; place++) {
            better = lower(&shrinker, place) || better;
        }
    }
}
