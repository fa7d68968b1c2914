/* The reference interpreter: a slow, obvious evaluator of programs that judges all the rest. */
#ifndef SYMGRAD_EQUATIONS_INTERPRET_H
#define SYMGRAD_EQUATIONS_INTERPRET_H

#include "equations/program.h"

#include <stdint.h>

struct interpreter;

/* `sizes` gives each dimension's value by its id; known dimensions may be left 0. */
struct interpreter *interpreter_create(struct arena *arena, const struct program *program,
                                       const long *sizes, size_t size_count);

/* The values of a tensor, row-major; whole-number data as doubles. Fill inputs before running. */
double *interpreter_values(struct interpreter *interpreter, const struct tensor *tensor,
                           size_t *count);
long interpreter_evaluate_size(struct interpreter *interpreter, const struct node *size);

/* Evaluates every equation in order. */
void interpreter_run(struct interpreter *interpreter);

/* From now on each result that is not exact is, at random, the double below or above it, or itself:
 * by how much runs differ says what rounding does to a result (Vignes, A stochastic arithmetic for
 * reliable scientific computation, 1993). The same seed gives the same run; 0 ends it. */
void interpreter_round_at_random(struct interpreter *interpreter, uint64_t seed);

/* From now on each value that a recurrence makes moves by `part` of itself, up or down at random,
 * before the next step reads it: by how much runs differ says what the recurrence makes of an error
 * in it. The same seed gives the same run; 0 ends it. */
void interpreter_move_recurrences(struct interpreter *interpreter, uint64_t seed, double part);

#endif
