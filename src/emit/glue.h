/* The end of an emitted trainer: the tables and functions that tell the runtime of the model. */
#ifndef SYMGRAD_EMIT_GLUE_H
#define SYMGRAD_EMIT_GLUE_H

#include "emit/functions.h"

void glue_emit(struct functions *functions);

#endif
