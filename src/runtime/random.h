/* random.h - random numbers: xoshiro256** by Blackman and Vigna, seeded through splitmix64.
 *
 * The caller owns the state. The same seed and stream give the same numbers on every machine. */
#ifndef SYMGRAD_RUNTIME_RANDOM_H
#define SYMGRAD_RUNTIME_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Starts the generator; one seed has 2^64 independent streams. */
static void random_seed(struct random *random, uint64_t seed, uint64_t stream);

/* 64 random bits. */
static uint64_t random_bits(struct random *random);

/* A number in [0, 1), a multiple of 2^-53. */
static double random_uniform(struct random *random);

#endif /* SYMGRAD_RUNTIME_RANDOM_H */
