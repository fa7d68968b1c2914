/* Tilings: the steps of a timeline cut into segments, and the equations on it written over segments
 * and steps. Private to checkpoint.c.
 *
 * The segments are swept forwards and backwards in turn, a phase each. In a phase, the steps of the
 * segment at hand are there in windows, with those around it that are asked for; a recurrence gets
 * the steps before its first from what its own phase has kept of them. */
#ifndef SYMGRAD_CALCULUS_TILING_H
#define SYMGRAD_CALCULUS_TILING_H

#include "calculus/timeline.h"

/* The steps of a segment that are there while it is worked on: [-before, length + after), counted
 * from its begin. */
struct window {
    long before, after;
    const struct tensor *tensor; /* [segment, ..., step, ...] */
};

/* One sweep over the segments: even ones ascend, odd ones descend. */
struct phase {
    struct table *windows;          /* tensor to its struct window in this sweep */
    const struct recurrence *sweep; /* over the segments */
};

/* What is handed on from one segment to the next: the last steps of a tensor, or the first ones
 * where the recurrence descends. */
struct handover {
    long count;
    const struct tensor *tensor; /* [segment, ..., 0 <= step < count, ...] */
};

/* One step of a tensor that is asked for as such. */
struct capture {
    const struct node *load; /* the asking, in indices that stand for any reader's */
    const struct index *indices[RANK_MAX];
    int index_count;
    const struct tensor *tensor; /* [segment, indices]: what is known by then */
};

struct tiling {
    struct timeline timeline;
    struct program *program, *result;
    struct graph *graph;
    struct arena *arena;
    long length;                 /* of a segment */
    const struct node *segments; /* how many there are */
    size_t *turn;                /* by position: the phase that an equation on the timeline or a
                                    reduction over time is computed in, the one before which any
                                    other is */
    bool *sums;                  /* by position: is a reduction over time */
    struct table *position;      /* tensor to 1 + that of its equation */
    struct phase *phases;
    size_t phase_count;
    struct table *handovers;       /* tensor to struct handover */
    struct table *totals;          /* reduction over time to the tensor that gathers it */
    struct table *captures;        /* load, in the indices of its struct capture, to that */
    const struct index **standing; /* indices that stand for readers' */
    size_t standing_count, standing_capacity;
    struct capture **all_captures;
    size_t capture_count, capture_capacity;
};

/* ---- Who needs what (tiling.c) ---- */

/* A load in an equation, and what it asks for. */
struct request {
    const struct node *load;
    enum reading reading;
    long distance;
    const struct index *index;
};

struct requests {
    struct request *items;
    size_t count, capacity;
};

struct requests tiling_requests(const struct tiling *tiling, const struct equation *equation);
/* The position of the equation of a tensor; (size_t)-1: the caller gives it. */
size_t tiling_position(const struct tiling *tiling, const struct tensor *tensor);
/* The window of a tensor in a phase; NULL: it is not needed there. */
struct window *tiling_window(const struct tiling *tiling, size_t phase,
                             const struct tensor *tensor);

/* When each equation is computed, as early as can be; how many phases that takes. */
void tiling_find_turns(struct tiling *tiling);
/* Which steps each phase needs, and what is handed over. False where that is more than a segment
 * has: the recurrence does not look back by a few steps alone. */
bool tiling_find_windows(struct tiling *tiling);

/* ---- The equations (sweeps.c) ---- */

void tiling_find_captures(struct tiling *tiling);
/* Appends what is on no timeline and comes between two phases: before `phase`. */
void tiling_append_others(struct tiling *tiling, size_t phase);
void tiling_append_sweep(struct tiling *tiling, size_t phase);

/* left + right */
const struct node *tiling_plus(struct graph *graph, const struct node *left, long right);

#endif
