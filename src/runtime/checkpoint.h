/* checkpoint.h - all that the rest of a training depends on, to a file and back to the bit.
 *
 * A run that goes on from a checkpoint ends where one that was never stopped does. So it holds the
 * parameters, those to fall back on, their average, what the optimisers keep, their rates where
 * those are reduced, a solver's state, and how far training has come. What is random depends on the
 * seed and the number of the step alone. The file begins with a mark and a version; the model, its
 * sizes and the options that change a step come next and must be those of the run that reads it; a
 * checksum ends it. Numbers are as in memory. */
#ifndef SYMGRAD_RUNTIME_CHECKPOINT_H
#define SYMGRAD_RUNTIME_CHECKPOINT_H

#include "average.h"
#include "document.h"
#include "failure.h"
#include "objects.h"
#include "platform.h"
#include "session.h"
#include "trainer.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { CHECKPOINT_SECONDS = 60 };

/* When the latest checkpoint was written. */
struct checkpoint_clock {
    double seconds;
};

/* Whether --checkpoint asks for one after this step: every so many steps or seconds, and in the
 * end. */
static bool checkpoint_is_due(struct checkpoint_clock *clock, const struct session *session,
                              bool last);

/* Writes it to the file that --checkpoint names. */
static bool checkpoint_write(struct session *session, struct failure *failure);

/* Goes back to where the file that --resume names was written, if there is such an option. */
static bool checkpoint_resume(struct session *session, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_CHECKPOINT_H */
