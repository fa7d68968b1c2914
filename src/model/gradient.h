/* The gradient of an objective as a program: the road from a model to what is planned or printed.
 */
#ifndef SYMGRAD_MODEL_GRADIENT_H
#define SYMGRAD_MODEL_GRADIENT_H

#include "model/model.h"

struct gradient {
    struct program *program; /* the loss and its adjoints, nothing else */
    const struct tensor *loss;
    const struct tensor **adjoints; /* of each of `over`, in order */
    size_t count;
};

/* Whether sums over the rows stand as the model has them, or scaled for batches. */
enum row_sums { ROW_SUMS_PLAIN, ROW_SUMS_SCALED };

/* The loss alone; with `over`, its derivative by these parameters as well. Differentiated,
 * brought to the accurate form, flattened. NULL after an error. */
struct gradient *gradient_create(struct model *model, const struct tensor *loss,
                                 struct tensor *const *over, size_t count, enum row_sums row_sums,
                                 struct diagnostics *diagnostics);

/* The loss and its adjoints, count + 1 tensors. */
const struct tensor **gradient_results(const struct gradient *gradient, struct arena *arena);

/* Where the model asks for checkpoints, the gradient with them; called last. False after an error:
 * there is nothing to recompute. */
bool gradient_checkpoint(const struct model *model, struct gradient *gradient,
                         struct diagnostics *diagnostics);

/* In a batch a sum over the rows stands for the sum over all rows: it is scaled by row_scale, all
 * rows / rows at hand, so that the gradient stays unbiased; a mean is the batch's mean. */
void program_scale_rows(const struct model *model, struct program *program);

#endif
