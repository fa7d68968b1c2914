/* NAME_init: the starts and random draws of parameters, and the optimiser's first state. */
#ifndef SYMGRAD_EMIT_START_H
#define SYMGRAD_EMIT_START_H

#include "emit/functions.h"

/* Fills functions->starts; false after an error, which has been reported. */
bool plan_starts(struct functions *functions);

/* What the steps of that plan reach. */
void access_starts(struct functions *functions, struct table *accesses);

/* The statements before them; *uses names the parameters mentioned, each followed by a space. */
const char *start_prologue(struct functions *functions, const char **uses);

#endif
