/* From a model to the plans of what its C computes: the passes between understanding and spelling,
 * in the one order in which every command runs them. */
#ifndef SYMGRAD_EMIT_SWEEP_H
#define SYMGRAD_EMIT_SWEEP_H

#include "model/model.h"
#include "plan/loops.h"

/* The loss of an objective and its gradient. */
struct derivative {
    struct program *program;        /* flattened; only what the loss and the gradient need */
    const struct tensor **gradient; /* by the objective's `over` */
    const struct tensor **results;  /* the loss, then the gradient */
    size_t result_count;
};

/* False after an error, which has been reported. */
bool derive_objective(struct model *model, const struct objective *objective,
                      struct derivative *derivative, struct diagnostics *diagnostics);

/* What `results` need of the model's own program, flattened. */
struct program *prepare_results(struct model *model, const struct tensor *const *results,
                                size_t count);

/* The update of the k-th parameter of an objective, flattened: downhill (uphill for `maximize`),
 * then back into the interval that the parameter is kept in. */
struct program *prepare_update(struct model *model, const struct objective *objective, size_t k);

/* The starts of the parameters that have a formula, flattened; the targets go to *results. */
struct program *prepare_starts(struct model *model, const struct tensor ***results, size_t *count);

#endif
