#include "model/solvers.h"

#include <string.h>

static const struct solver solvers[] = {
#define SOLVER(id, name, option, value, needs, what)                                               \
    {SOLVER_##id, name, "SOLVER_" #id, option, value, SOLVER_NEEDS_##needs, what},
#include "../grammar/solvers.def"
#undef SOLVER
};

const struct solver *solver_get(enum solver_id id)
{
    return &solvers[id];
}

const struct solver *solver_find(const char *name)
{
    for (size_t i = 0; i < SOLVER_COUNT; i++) {
        if (strcmp(solvers[i].name, name) == 0) {
            return &solvers[i];
        }
    }
    return NULL;
}
