/* From a model to the programs of what its C computes beside the loss and its gradient: reports,
 * outputs, starts and updates. */
#ifndef SYMGRAD_EMIT_SWEEP_H
#define SYMGRAD_EMIT_SWEEP_H

#include "model/gradient.h"
#include "plan/loops.h"

/* What `results` need of the model's own program, or of one that has more, flattened. */
struct program *prepare_results(const struct model *model, const struct program *definitions,
                                const struct tensor *const *results, size_t count);

/* The update of the k-th parameter of an objective, flattened: downhill (uphill for `maximize`),
 * then back into the interval that the parameter is kept in. */
struct program *prepare_update(struct model *model, const struct objective *objective, size_t k);

/* Brings the gradient of an objective within its limits, flattened; NULL where it has none. */
struct program *prepare_clipping(struct model *model, const struct objective *objective);

/* The model's own `:=` of its states, with the definitions that they need; NULL where there is
 * none. */
struct program *prepare_states(struct model *model);

/* The starts of the parameters (or of the states) that have a formula, flattened; the targets go to
 * *results. */
struct program *prepare_starts(struct model *model, bool states, const struct tensor ***results,
                               size_t *count);

#endif
