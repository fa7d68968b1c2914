/* The comment that an emitted file begins with: what a reader wants to know first. */
#ifndef SYMGRAD_EMIT_HEAD_H
#define SYMGRAD_EMIT_HEAD_H

#include "emit/functions.h"

void head_emit(struct functions *functions);

#endif
