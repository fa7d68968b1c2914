/* Checkpoints: a derivative through a recurrence without the memory for all of its steps.
 *
 * The steps are cut into segments. Going forwards, the state at the begin of each segment is kept;
 * going backwards, the steps of one segment at a time are computed again from there. With segments
 * of length sqrt(T) the memory for T steps grows as sqrt(T), for about one more evaluation of the
 * loss. See Griewank and Walther, Algorithm 799: revolve, 2000, and Chen et al., Training Deep
 * Nets with Sublinear Memory Cost, 2016. */
#ifndef SYMGRAD_CALCULUS_CHECKPOINT_H
#define SYMGRAD_CALCULUS_CHECKPOINT_H

#include "equations/program.h"

/* A length of segments: the square root of the number of steps. */
#define CHECKPOINT_ROOT (-1L)

/* What became of a program. */
struct checkpointed {
    struct program *program; /* the same results; the given one where nothing is cut */
    bool cut;                /* some recurrence is */
    const struct equation
        *obstacle;              /* what needs all steps of a recurrence at once; NULL: nothing */
    const struct tensor *whole; /* of which tensor of it */
    bool unknown_length;        /* CHECKPOINT_ROOT for a number of steps that only the data tells */
};

/* Cuts the recurrences of a program into segments of `length` steps, which are computed again where
 * they are needed again. The equations are in order; they are flattened. */
struct checkpointed program_checkpoint(struct program *program, const struct tensor *const *results,
                                       size_t result_count, long length);

#endif
