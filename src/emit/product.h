/* Calls of the kernels that compute matrix products and sums, in place of their loops. False, with
 * nothing emitted, where the loops have to do: a tensor is not one of reals. */
#ifndef SYMGRAD_EMIT_PRODUCT_H
#define SYMGRAD_EMIT_PRODUCT_H

#include "emit/body.h"

bool product_emit(struct body *body, const struct product *product, int indent);
bool series_emit(struct body *body, const struct series *series, int indent);

#endif
