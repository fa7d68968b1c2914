/* The interpreter judges emitted C: by how much a result of it is off, and whether rounding alone
 * can be why. */
#ifndef SYMGRAD_CLI_JUDGE_H
#define SYMGRAD_CLI_JUDGE_H

#include "equations/interpret.h"

/* A difference of two results as a part of the larger of `reference` and `scale`. */
double relative_error(double value, double reference, double scale);

struct judgement {
    /* Of those errors that rounding leaves over, by the largest entry of the tensor. */
    double worst;
    double largest; /* of those that it explains; 0 where there are none */
};

/* Adds to the judgement what the interpreter, which has run, says of what emitted C made of the
 * results: `emitted` has as many numbers for each as the tensor. An error above `tolerance` is
 * explained where the interpreter's own results scatter likewise as each operation rounds at
 * random: honest doubles are no surer of them. */
void judge(struct interpreter *interpreter, struct arena *arena,
           const struct tensor *const *results, const double *const *emitted, size_t count,
           double tolerance, struct judgement *judgement);

/* Whether rounding alone moves some result by more than `tolerance`: the model compares values that
 * are equal but for rounding. */
bool rounding_moves(struct interpreter *interpreter, struct arena *arena,
                    const struct tensor *const *results, size_t count, double tolerance);

#endif
