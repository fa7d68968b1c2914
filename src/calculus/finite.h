/* Which values are certain to be finite.
 *
 * Where a definition is not used, its derivative is 0; but 0 times what is infinite or no number is
 * no number. What is certain to be finite may be multiplied by such a 0 all the same. */
#ifndef SYMGRAD_CALCULUS_FINITE_H
#define SYMGRAD_CALCULUS_FINITE_H

#include "equations/program.h"

struct finite {
    struct table *nature;    /* of the nodes that have been looked at */
    struct table *uncertain; /* tensors with an element that may not be finite */
};

struct finite finite_create(struct arena *arena);

/* Looks at the first `count` equations of a program. All tensors but those that they define are
 * finite: data are when read, and parameters are what is being learnt. */
void finite_learn(struct finite *finite, struct arena *arena, const struct program *program,
                  size_t count);

/* Looks at nodes whose arguments come before them, so that none of them is deep to look at. */
void finite_survey(struct finite *finite, const struct node *const *order, size_t count);

bool is_finite(struct finite *finite, const struct node *node);

#endif
