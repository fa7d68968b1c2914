/* Timelines: what of a program goes along with the steps of a recurrence.
 *
 * A tensor is on the timeline when one of its axes is the time, and all who read it ask for one
 * step of it: on the timeline themselves for a step at a fixed distance from their own, in a
 * reduction over time for one at a fixed distance from the reduction's, or for one step as such,
 * as a loss of the last state does. Then it need not be there for all steps at once. */
#ifndef SYMGRAD_CALCULUS_TIMELINE_H
#define SYMGRAD_CALCULUS_TIMELINE_H

#include "equations/program.h"

/* A stretch of a program: an equation alone, or those of an outermost recurrence. */
struct passage {
    size_t begin, end;                   /* positions in the program */
    const struct recurrence *recurrence; /* NULL: none */
    bool timed;                          /* its equations are on the timeline */
};

/* What a load asks a tensor on the timeline for. */
enum reading {
    READING_ELSEWHERE, /* the tensor is on no timeline */
    READING_STEP,      /* of the reader's own step, or of one at a distance from it */
    READING_SUM,       /* of each step that a reduction runs over, or of one at a distance */
    READING_ONCE,      /* of one step */
    READING_WHOLE      /* of several steps at once */
};

struct timeline {
    struct program *program;
    struct passage *passages;
    size_t passage_count;
    struct table *axes;              /* tensor to 1 + its time axis */
    const struct node *first, *end;  /* the steps of all tensors on it lie in [first, end) */
    const struct equation *obstacle; /* what reads a recurrence as a whole; NULL: nothing */
    const struct tensor *whole;      /* what it reads so */
};

/* The timeline of the recurrence that `seed` is a passage of. Without equations on it where nothing
 * can go along: then `obstacle` may say why. What is in `kept` is asked for as a whole. */
struct timeline timeline_of(struct program *program, const struct recurrence *seed,
                            const struct tensor *const *kept, size_t kept_count);

/* Whether a recurrence of the program goes along. */
bool timeline_has(const struct timeline *timeline, const struct recurrence *recurrence);

/* The time axis of a tensor; -1 where it is on no timeline. */
int timeline_axis(const struct timeline *timeline, const struct tensor *tensor);

/* How `equation` reads with a load in its body; *distance is that of STEP and SUM, *index the
 * reduction's index of SUM. */
enum reading timeline_reading(const struct timeline *timeline, const struct equation *equation,
                              const struct node *load, long *distance, const struct index **index);

#endif
