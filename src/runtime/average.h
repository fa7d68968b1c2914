/* average.h - the moving average of the parameters over the steps (Polyak, Juditsky 1992).
 *
 * After n steps it is the mean of x_1 ... x_n with the weights d^(n-1) ... d, 1, where d is the
 * objective's `average`: exponential, and without a bias towards its beginning. Training goes on
 * from the plain parameters. The latest of them are only added for good once their loss is known
 * to be a number; until then the average is formed with them where it is looked at. */
#ifndef SYMGRAD_RUNTIME_AVERAGE_H
#define SYMGRAD_RUNTIME_AVERAGE_H

#include "failure.h"
#include "memory.h"
#include "objects.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct average {
    double *shares;  /* by parameter: what a step keeps of its average; 0: it has none */
    double *numbers; /* the averages, one parameter after the other; NULL: there are none */
    size_t size;
    ptrdiff_t count;                  /* steps that are in them */
    struct objects_parameters result; /* as average_form leaves it */
};

/* Makes room where an objective asks for it. */
static bool average_make(struct average *average, const struct trainer_model *model,
                         const void *data, struct failure *failure);
static void average_free(struct average *average);
static bool average_is_kept(const struct average *average);

/* Takes in the parameters after one more step. */
static void average_add(struct average *average, const struct objects_parameters *parameters);

/* Forms `result` from the steps so far and, where `latest` says so, from the parameters after one
 * more; what has no average, or none yet, is as in the parameters. */
static void average_form(struct average *average, const struct objects_parameters *parameters,
                         bool latest);

#endif /* SYMGRAD_RUNTIME_AVERAGE_H */
