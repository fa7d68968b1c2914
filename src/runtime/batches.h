/* batches.h - parts of the rows, in the form that the model's functions take: all of them, those to
 * train on, those held out, and batch after batch. */
#ifndef SYMGRAD_RUNTIME_BATCHES_H
#define SYMGRAD_RUNTIME_BATCHES_H

#include "failure.h"
#include "inputs.h"
#include "memory.h"
#include "random.h"
#include "shuffle.h"
#include "store.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The streams of random numbers beside the model's own, which is 0. */
enum { BATCHES_STREAM_HOLDOUT = 1, BATCHES_STREAM_CHECK = 2, BATCHES_STREAM_EPOCH = 3 };

/* Consecutive rows of the inputs, and the NAME_data that is made from them. */
struct batches_view {
    void *data;
    ptrdiff_t rows;
    ptrdiff_t *sizes;
    struct trainer_values *values;
};

static bool batches_make_view(struct batches_view *view, const struct inputs *inputs,
                              ptrdiff_t first, ptrdiff_t rows, struct failure *failure);
static void batches_free_view(struct batches_view *view);

/* Draws the rows to hold out and moves them behind the others; both parts keep their order.
 * `places[row]` tells where each row went; returns how many rows are left to train on. */
static bool batches_hold_out(struct inputs *inputs, double share, uint64_t seed, ptrdiff_t *places,
                             ptrdiff_t *training, struct failure *failure);

/* The batches of an epoch: the training rows in random order, cut into pieces. */
struct batches {
    const struct inputs *inputs;
    ptrdiff_t rows;     /* the first ones of the inputs: those to train on */
    ptrdiff_t batch;    /* rows in a batch; the last one of an epoch may hold fewer */
    struct store store; /* of the order */
    ptrdiff_t *order;
    struct trainer_values *buffers; /* of each input with rows */
    struct batches_view view;       /* the present batch */
};

static bool batches_make(struct batches *batches, const struct inputs *inputs, ptrdiff_t rows,
                         ptrdiff_t batch, struct failure *failure);
static void batches_free(struct batches *batches);

/* How many batches make an epoch. */
static ptrdiff_t batches_in_epoch(const struct batches *batches);

/* Shuffles the rows for an epoch; the order depends on seed and epoch alone. */
static void batches_shuffle(struct batches *batches, uint64_t seed, uint64_t epoch);

/* Gathers the batch `index` of the epoch into batches->view. */
static void batches_gather(struct batches *batches, ptrdiff_t index);

#endif /* SYMGRAD_RUNTIME_BATCHES_H */
