/* The choices that made a random program. A generator that asks the tape for each choice can be run
 * again on a shorter or smaller tape, and gives a smaller program of the same kind: so a program
 * that fails shrinks without anything that knows what programs are (MacIver, Donaldson, "Test-case
 * reduction via test-case generation", ECOOP 2020). */
#ifndef SYMGRAD_TESTS_FUZZ_TAPE_H
#define SYMGRAD_TESTS_FUZZ_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAPE_LENGTH = 4096 };

struct tape {
    uint32_t choices[TAPE_LENGTH];
    size_t length; /* behind it every choice is 0 */
    size_t used;   /* what was asked for */
};

/* All choices, drawn by the seed. */
void tape_fill(struct tape *tape, uint64_t seed);

/* One of 0 .. count-1. What makes the simplest program is 0 everywhere. */
size_t tape_choose(struct tape *tape, size_t count);

/* True in so many of a hundred cases. */
bool tape_chance(struct tape *tape, unsigned percent);

/* Makes the tape smaller as long as `fails` says of it that it fails still, by cutting out choices
 * and by lowering them; `tries` calls at most. */
typedef bool tape_test(struct tape *tape, void *context);
void tape_shrink(struct tape *tape, tape_test *fails, void *context, size_t tries);

#endif
