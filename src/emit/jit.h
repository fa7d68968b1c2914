/* An entry with plain arrays beside the functions, for use through dlopen(). */
#ifndef SYMGRAD_EMIT_JIT_H
#define SYMGRAD_EMIT_JIT_H

#include "emit/functions.h"

void jit_emit(struct functions *functions);

#endif
