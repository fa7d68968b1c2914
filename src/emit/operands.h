/* What a definition is made of: the loads of its body, and under which conditions each is used. */
#ifndef SYMGRAD_EMIT_OPERANDS_H
#define SYMGRAD_EMIT_OPERANDS_H

#include "base/table.h"
#include "emit/functions.h"

struct operand {
    const char *kind; /* an enum trainer_kind, and the number among those */
    size_t number;
    const struct node *load;
    const struct tensor *guard; /* 1 where it is used, else 0; NULL: it is everywhere */
    /* What each axis of the guard follows: an axis of the definition, or, counted from RANK_MAX on,
     * one of the load; and its distance from there. */
    int guard_axis[RANK_MAX];
    long guard_distance[RANK_MAX];
};

struct operands {
    struct operand *items;
    size_t count, capacity;
};

/* `numbers` has the place of each definition, counted from 1; the guards are added to `program`. */
struct operands operands_find(const struct model *model, const struct table *numbers,
                              const struct equation *equation, struct program *program);

/* The first value of an axis, where it is known. */
long axis_begin(const struct axis *axis);

/* The rows of C, struct trainer_operand, one a line; `fields` has the place of each guard, counted
 * from 1. */
void operands_append(struct text *text, const struct operands *operands,
                     const struct equation *equation, const struct table *fields);

#endif
