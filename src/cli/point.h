/* The numbers that a model is computed from, where an interpreter computes it. */
#ifndef SYMGRAD_CLI_POINT_H
#define SYMGRAD_CLI_POINT_H

#include "cli/session.h"
#include "equations/interpret.h"

/* Parameters, data and sizes, as the emitted trainer has them before its first step. */
struct point {
    const struct model *model;
    const long *sizes;   /* of each dimension, by its id */
    const char *tensors; /* the rest of what runtime/numbers.h writes */
};

/* Asks the emitted trainer, given the arguments behind "--". False where it does not say, *status
 * and a message tell why. */
bool point_ask(struct session *session, struct model *model, struct point *point, int *status);

/* Fills parameters and data of an interpreter made with the point's sizes. */
void point_place(const struct point *point, struct interpreter *interpreter);

/* What else a model is given: that of a step of training, on all rows, with the random numbers of
 * one draw. */
void point_place_step(const struct model *model, struct interpreter *interpreter);

#endif
