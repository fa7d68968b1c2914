/* The second derivative of an objective as the product of its Hessian with a vector: the derivative
 * of the gradient's component along the vector. The Hessian itself is never formed. See
 * Pearlmutter, Fast Exact Multiplication by the Hessian, 1994. */
#ifndef SYMGRAD_MODEL_CURVATURE_H
#define SYMGRAD_MODEL_CURVATURE_H

#include "model/gradient.h"

struct curvature {
    struct program *program;
    const struct tensor **directions; /* inputs: the vector, of each of `over` */
    const struct tensor **products;
    size_t count;
};

/* NULL after an error. */
struct curvature *curvature_create(struct model *model, const struct objective *objective,
                                   struct diagnostics *diagnostics);

#endif
