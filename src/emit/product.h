/* Calls of the kernels that compute matrix products and sums, in place of their loops. False, with
 * nothing emitted, where the loops have to do: a tensor is not one of reals. */
#ifndef SYMGRAD_EMIT_PRODUCT_H
#define SYMGRAD_EMIT_PRODUCT_H

#include "emit/body.h"

bool product_emit(struct body *body, const struct product *product, int indent);
bool series_emit(struct body *body, const struct step *loop, int indent);
/* A local variable that begins at 0 and that the loop after it adds to, in one declaration. */
bool series_declare(struct body *body, const struct step *declare, const struct step *loop,
                    int indent);

#endif
