#include "random.h"

/* splitmix64: the next number of a simple generator, for seeding the better one. */
static uint64_t random_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t random_rotate(uint64_t bits, int distance)
{
    return (bits << distance) | (bits >> (64 - distance));
}

static void random_seed(struct random *random, uint64_t seed, uint64_t stream)
{
    uint64_t state = stream;

    state = seed ^ random_mix(&state);
    for (int i = 0; i < 4; i++)
        random->state[i] = random_mix(&state);
}

static uint64_t random_bits(struct random *random)
{
    uint64_t *const s = random->state;
    const uint64_t result = random_rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = random_rotate(s[3], 45);
    return result;
}

static double random_uniform(struct random *random)
{
    return (double)(random_bits(random) >> 11) * (1.0 / 9007199254740992.0);
}
