/* The call of the kernel that computes a matrix product, in place of its loops. */
#ifndef SYMGRAD_EMIT_PRODUCT_H
#define SYMGRAD_EMIT_PRODUCT_H

#include "emit/body.h"

/* False, with nothing emitted, where the loops have to do: one of the matrices is not one of
 * reals. */
bool product_emit(struct body *body, const struct product *product, int indent);

#endif
