/* What the data alone decide: reductions over all rows, such as means to standardise by.
 *
 * A batch must not take its own mean for that of all rows, and held-back or new rows must not be
 * measured by their own: such values are computed once, over the rows of training, and kept with
 * the parameters. */
#ifndef SYMGRAD_MODEL_PREPARE_H
#define SYMGRAD_MODEL_PREPARE_H

#include "model/model.h"

/* Gives each reduction over the rows that depends on the data alone, and that a loss needs, a place
 * among the parameters that are kept; the model's definitions read that from then on. Returns the
 * equations that compute them, with the tensors in *results; NULL: there are none, and the model is
 * as it was. */
struct program *model_prepare(struct model *model, const struct tensor ***results, size_t *count);

/* The tensors that a program defines from the data alone, and whether an expression reads nothing
 * but these and the data themselves. */
struct table *defined_from_data(const struct program *program);
bool reads_data_alone(const struct table *from_data, const struct node *expression);

#endif
