/* One of the model's structs as the trainer sees it: an opaque object and a list of tensors. */
#ifndef SYMGRAD_EMIT_GROUP_H
#define SYMGRAD_EMIT_GROUP_H

#include "emit/functions.h"

struct group {
    const char *stem;         /* of its functions: NAME_glue_describe_STEM */
    const char *structure;    /* struct NAME_STRUCTURE */
    const char *const *paths; /* how each tensor is reached: "params->W" */
    const struct tensor *const *tensors;
    size_t count;
};

/* The first line of a function of the glue, and its brace. */
void glue_head(struct functions *functions, const char *result, const char *function,
               const char *parameters);

/* The functions that say how much room the tensors need whose size the data decides, and lay them
 * out there; none where every size is known. */
void group_emit_placing(struct functions *functions, const struct group *group);

/* The function that lists the tensors. */
void group_emit_describe(struct functions *functions, const struct group *group);

/* The struct trainer_object: {sizeof(struct NAME_params), NULL, NULL}. */
void group_emit_object(struct functions *functions, const struct group *group);

#endif
