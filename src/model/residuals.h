/* Losses that are sums of squares: the residuals, and their Jacobian by forward differentiation.
 *
 * A loss is one if it is written as a sum of squares, each with a factor that cannot be negative:
 * mean[i] (f(x[i]) - y[i])^2 + 0.1*sum(w^2). A residual has the root of its factor in it, but for a
 * factor that all have in common: the loss is that times the sum of the residuals' squares. */
#ifndef SYMGRAD_MODEL_RESIDUALS_H
#define SYMGRAD_MODEL_RESIDUALS_H

#include "model/model.h"

/* The residuals that one square of the loss makes, over the indices of the sums around it. */
struct residual_block {
    const struct tensor *values;
    const struct tensor **slopes;  /* by each of `over`: [its axes, the residuals'] */
    const struct tensor *observed; /* what the data give, where a residual is the plain difference
                                      to it; NULL: it is none */
    const struct tensor *taken; /* 1 where a residual takes part, 0 where its sum's condition leaves
                                   it out; NULL: all do */
};

struct residuals {
    struct program *program;
    struct residual_block *blocks;
    size_t count;
};

/* Whether a loss is a sum of squares. */
bool is_sum_of_squares(struct model *model, const struct tensor *loss);

/* NULL where the loss is no sum of squares, or after an error. */
struct residuals *residuals_create(struct model *model, const struct objective *objective,
                                   struct diagnostics *diagnostics);

#endif
