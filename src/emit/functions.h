/* The functions of an emitted file: NAME_init, NAME_loss, NAME_step and so on. */
#ifndef SYMGRAD_EMIT_FUNCTIONS_H
#define SYMGRAD_EMIT_FUNCTIONS_H

#include "emit/layout.h"
#include "emit/sweep.h"
#include "model/curvature.h"
#include "model/residuals.h"

/* What one objective needs. */
struct objective_plans {
    const char *suffix; /* of its functions' names: "", "_2", "_3" */
    struct gradient *derivative;
    struct plan *loss, *gradient;
    struct plan *clipping;       /* of the gradient; NULL where it stays as it is */
    struct plan **updates;       /* by `over`; NULL where a solver minimises */
    struct curvature *second;    /* for a solver that asks for it, else NULL */
    struct residuals *residuals; /* likewise */
    struct plan *curvature, *residual_values, *jacobian;
};

struct functions {
    struct emitter *emitter;
    struct model *model;
    struct layout layout;
    struct objective_plans *objectives;
    struct plan *reports, *outputs; /* NULL where the model has none */
    struct plan *states;      /* the model's own updates of its states; NULL where there is none */
    struct plan *preparation; /* of what the data alone decide; NULL where there is nothing */
    struct plan *starts;
    const char *states_call;               /* how a step calls that */
    const struct tensor *normal, *uniform; /* random draws, in the starts */
    bool gradient_only;                    /* for the entry of EMIT_JIT */
    bool draws_normal, draws_uniform;
};

/* Plans everything; false after an error, which has been reported. */
bool functions_plan(struct functions *functions, struct emitter *emitter, struct model *model);

void functions_emit_prototypes(struct functions *functions);
void functions_emit(struct functions *functions);

/* The most that any function needs of the workspace. */
struct amount *functions_workspaces(struct functions *functions, size_t *count);

/* NAME_loss_2: the name of an objective's function. */
const char *objective_function(const struct functions *functions, const char *stem, size_t number);

#endif
