/* The derivative of every loss of a model: what `symgrad diff` shows. */
#ifndef SYMGRAD_API_DERIVATIVE_H
#define SYMGRAD_API_DERIVATIVE_H

#include "model/gradient.h"

/* The parameters between the commas of `list`. NULL where one is none of the model's, which
 * *unknown then is. */
struct tensor **parameters_listed(const struct model *model, const char *list, size_t *count,
                                  const char **unknown);

/* The gradient of each objective by `over`, or, where that is NULL, by all that the objective is
 * over. NULL after an error. */
const struct gradient **gradients_create(struct model *model, struct tensor *const *over,
                                         size_t count, struct diagnostics *diagnostics);

/* The gradients of all objectives as one program in the language. */
void gradients_print(struct text *text, const struct model *model,
                     const struct gradient *const *gradients);

#endif
