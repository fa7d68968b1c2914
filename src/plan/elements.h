/* The elements of definitions whose axes are opened: each is computed by itself. */
#ifndef SYMGRAD_PLAN_ELEMENTS_H
#define SYMGRAD_PLAN_ELEMENTS_H

#include "equations/program.h"

/* What a statement computes in place of a whole definition. */
struct element {
    const struct tensor *target;
    const struct node *subscripts[RANK_MAX]; /* numbers, and indices of the equation */
    const struct node *value;
    bool needed;
};

struct elements {
    struct element *items;
    size_t count, capacity;
};

/* For equations that are computed element by element, or read what is, their elements in order:
 * equation to struct elements. NULL where opening axes would not make the program much cheaper. */
struct table *program_open_axes(const struct program *program, const struct tensor *const *results,
                                size_t result_count);

#endif
