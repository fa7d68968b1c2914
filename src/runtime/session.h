/* session.h - everything that one run of a trainer holds, made before the first step. */
#ifndef SYMGRAD_RUNTIME_SESSION_H
#define SYMGRAD_RUNTIME_SESSION_H

#include "average.h"
#include "batches.h"
#include "failure.h"
#include "inputs.h"
#include "memory.h"
#include "objects.h"
#include "options.h"
#include "save.h"
#include "store.h"
#include "trainer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Steps that a solver may take where nobody says how many. */
enum { SESSION_SOLVER_STEPS = 10000 };

/* Why training ends before the last step. */
enum session_end {
    SESSION_GOES_ON,
    SESSION_SMALL_GRADIENT,
    SESSION_NO_PROGRESS, /* of a solver */
    SESSION_NO_PATIENCE
};

/* How an objective's rate has fared, and what it waits for; see plateau.h. */
struct plateau {
    double share; /* what is left of the rate */
    double best;  /* the best score so far */
    ptrdiff_t waited;
};

struct session {
    const struct trainer_model *model;
    struct options options;
    const char **files;
    struct inputs inputs;
    struct store place_store;
    ptrdiff_t *places; /* of each row: where holding out moved it; NULL: nowhere */

    struct batches_view all;
    struct batches_view training;
    struct batches_view holdout; /* without data where nothing is held out */
    struct batches batches;

    struct objects_parameters parameters;
    struct objects_parameters before; /* those before the present step */
    struct objects_parameters seen;   /* by an objective after the first one had its turn */
    struct objects_parameters good;   /* the latest whose loss was finite */
    struct average average;
    struct objects_parameters *result; /* what is measured, printed, saved and predicted with */
    bool fell_back;                    /* the parameters are the good ones */
    struct objects_item state;
    struct trainer_field *state_fields;
    struct trainer_field *gradient; /* room for a description */
    struct objects_item outputs;
    struct trainer_field *output_fields; /* for all rows, and for those to train on */
    struct trainer_field *output_parts;
    struct store work_store;
    real *work;
    struct solving *solving; /* NULL: every objective has steps of its own */

    double *losses; /* of each objective: the sum over the steps of this epoch */
    double *values; /* of each objective, then of each report: measured on the training rows */
    double *holdout_values; /* and on those held out */
    real *reports;
    ptrdiff_t measured; /* the step after which they were; TRAINER_NONE: they are not */

    ptrdiff_t epoch_steps; /* steps in an epoch */
    ptrdiff_t steps;       /* steps to take, and those taken */
    ptrdiff_t step;
    bool open; /* nobody said how many: a solver finds its end */
    enum session_end end;

    struct objects_parameters best; /* under --patience: on the rows held out so far */
    double best_value;
    ptrdiff_t best_step;      /* 0: none yet */
    ptrdiff_t waited;         /* epochs since then */
    struct plateau *plateaus; /* of each objective */
};

/* What solving.c does for a model whose objective is minimised as a whole. */
struct solving_hooks {
    bool (*make)(struct session *session, struct failure *failure);
    double (*step)(struct session *session); /* the objective after it; not finite: it diverges */
    bool (*has_arrived)(const struct session *session);
    /* What is in a checkpoint beside the parameters; and what to do when it has come from there. */
    void (*visit)(struct session *session, const struct memory_visitor *visitor);
    bool (*go_on)(struct session *session); /* false: that is from no run */
    bool (*print)(struct session *session, struct failure *failure); /* what the fit tells */
    void (*free)(struct session *session);
};

static bool session_make(struct session *session, const struct trainer_model *model,
                         int argument_count, char **arguments, struct failure *failure);
static void session_free(struct session *session);

static bool session_has_holdout(const struct session *session);

/* How many figures a measurement has, and the name of each: objectives, then reports. */
static int session_figures(const struct session *session);
static const char *session_figure_name(const struct session *session, int figure);

/* Measures objectives and reports on the training rows and on those held out, once a step. */
static void session_measure(struct session *session);

/* An objective as measured, on the rows held out if there are any: the smaller, the better. */
static double session_score(const struct session *session, int objective);

/* What is measured from now on: the given parameters, or those to fall back on where a loss was no
 * number. */
static void session_choose(struct session *session, const struct objects_parameters *parameters);
static void session_fall_back(struct session *session);

#endif /* SYMGRAD_RUNTIME_SESSION_H */
