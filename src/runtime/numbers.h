/* numbers.h - all that a model is computed from on its first batch, as a file of text.
 *
 *     symgrad numbers of digits
 *     sizes 1
 *     n 128                     each size
 *     W[32,64]
 *     0.12 -0.034 ...           each parameter, then each input, as save.h has it
 *     end */
#ifndef SYMGRAD_RUNTIME_NUMBERS_H
#define SYMGRAD_RUNTIME_NUMBERS_H

#include "batches.h"
#include "document.h"
#include "failure.h"
#include "objects.h"
#include "save.h"
#include "session.h"
#include "trainer.h"
#include <stdbool.h>
#include <stdio.h>

/* Writes them with the parameters as they are now, before the first step. */
static bool numbers_write(struct session *session, const char *name, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_NUMBERS_H */
