/* For a loss that is no number: a function that computes every definition, and tables that say what
 * each is made of, so that the trainer can name the first that went wrong. */
#ifndef SYMGRAD_EMIT_EXAMINE_H
#define SYMGRAD_EMIT_EXAMINE_H

#include "emit/operands.h"

struct examination {
    struct functions *functions;
    const struct tensor **tensors; /* the definitions that the losses need, in order; then what
                                      tells where operands are used */
    size_t count, tensor_count, capacity;
    struct operands *operands; /* of each definition */
    struct table *numbers;     /* of each tensor: its place, counted from 1 */
    struct plan *plan;
};

struct examination examination_plan(struct functions *functions);

/* The struct, the functions and the tables. */
void examination_emit(struct examination *examination);

/* The place of a loss among the definitions; -1: it is none of them. */
long examination_number(const struct examination *examination, const struct tensor *tensor);

/* What of struct trainer_model is about definitions. */
void examination_emit_members(struct examination *examination);

#endif
