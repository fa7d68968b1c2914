/* plateau.h - a rate that is reduced where the loss gets no better: an objective's `plateau` is the
 * factor, its `wait` the epochs without a better loss, on the rows held out if there are any. */
#ifndef SYMGRAD_RUNTIME_PLATEAU_H
#define SYMGRAD_RUNTIME_PLATEAU_H

#include "failure.h"
#include "memory.h"
#include "session.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static bool plateau_make(struct session *session, struct failure *failure);

/* The rate of an objective's next step; 0 where its optimiser has none. */
static double plateau_rate(const struct session *session, int objective);

/* After each epoch: measures where an objective asks for it, and reduces its rate where due. */
static void plateau_after_epoch(struct session *session);

#endif /* SYMGRAD_RUNTIME_PLATEAU_H */
