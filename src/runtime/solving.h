/* solving.h - minimising an objective as a whole: between the model's structs and the plain vectors
 * of solver.h. Only models with such an objective carry it; the trainer knows its hooks. */
#ifndef SYMGRAD_RUNTIME_SOLVING_H
#define SYMGRAD_RUNTIME_SOLVING_H

#include "memory.h"
#include "objects.h"
#include "session.h"
#include "solver.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one objective of a model that is minimised so. */
struct solving {
    struct session *session;
    const struct trainer_objective *objective;
    double sign; /* -1 where the objective is to be as large as possible */

    double *x, *lower, *upper; /* of the parameters that it moves, one after the other */
    ptrdiff_t count;
    struct solver_problem problem;
    struct solver solver;
    enum solver_state state;

    struct objects_parameters gradient, direction, product;
    struct objects_item fit;
    struct trainer_field *fit_fields;
};

#endif /* SYMGRAD_RUNTIME_SOLVING_H */
