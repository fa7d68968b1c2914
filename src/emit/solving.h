/* What solvers need of an emitted file beside loss and gradient: NAME_curvature, the product of the
 * Hessian with a vector; NAME_residuals and NAME_jacobian of a loss that is a sum of squares, and
 * the struct NAME_fit that they fill. */
#ifndef SYMGRAD_EMIT_SOLVING_H
#define SYMGRAD_EMIT_SOLVING_H

#include "emit/functions.h"

/* Whether some objective has a solver. */
bool has_solvers(const struct model *model);

/* Plans what the solver of an objective asks for; false after an error. */
bool solving_plan(struct functions *functions, size_t number);

/* The tensors of NAME_fit, block by block: residuals, what is observed if anything is, which take
 * part if not all do, and the slopes by each of `over`. */
const struct tensor **solving_fit(const struct functions *functions, size_t number, size_t *count);

void solving_emit_struct(struct functions *functions, size_t number);
void solving_emit_prototypes(struct functions *functions, size_t number);
void solving_emit(struct functions *functions, size_t number);

#endif
