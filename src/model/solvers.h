/* The minimisers that see the whole loss (grammar/solvers.def), and which of them `auto` takes. */
#ifndef SYMGRAD_MODEL_SOLVERS_H
#define SYMGRAD_MODEL_SOLVERS_H

#include <stddef.h>

enum solver_id {
#define SOLVER(id, name, option, value, needs, what) SOLVER_##id,
#include "../grammar/solvers.def"
#undef SOLVER
    SOLVER_COUNT
};

/* What a solver asks of the compiler. */
enum solver_needs { SOLVER_NEEDS_GRADIENT, SOLVER_NEEDS_CURVATURE, SOLVER_NEEDS_SQUARES };

struct solver {
    enum solver_id id;
    const char *name, *method; /* the latter in the trainer's C */
    const char *option;        /* the one option's name; NULL: there is none */
    long value;                /* of the option, where it is not given */
    enum solver_needs needs;
    const char *what; /* in words */
};

const struct solver *solver_get(enum solver_id id);
/* NULL where no solver is called so. */
const struct solver *solver_find(const char *name);

#endif
