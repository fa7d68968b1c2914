/* Where tensors lie. Those that are not needed at the same time share their place. */
#ifndef SYMGRAD_PLAN_BUFFERS_H
#define SYMGRAD_PLAN_BUFFERS_H

#include "plan/scope.h"

void plan_place_buffers(struct plan *plan, const struct tree *tree);

#endif
