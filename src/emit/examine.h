/* For a loss that is no number: a function that computes every definition, and tables that say what
 * each is made of, so that the trainer can name the first that went wrong. */
#ifndef SYMGRAD_EMIT_EXAMINE_H
#define SYMGRAD_EMIT_EXAMINE_H

#include "base/table.h"
#include "emit/functions.h"

struct examination {
    struct functions *functions;
    const struct tensor **definitions; /* those that the losses need, in order */
    size_t count;
    struct table *numbers; /* of each definition: its place, counted from 1 */
    struct plan *plan;
};

struct examination examination_plan(struct functions *functions);

/* The struct, the functions and the tables. */
void examination_emit(struct examination *examination);

/* What of struct trainer_model is about definitions. */
void examination_emit_members(struct examination *examination);

#endif
