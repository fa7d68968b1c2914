/* patience.h - early stopping: the parameters that did best on the rows held out, and when to wait
 * no longer for better ones (Prechelt, Early Stopping - But When?, 1998). */
#ifndef SYMGRAD_RUNTIME_PATIENCE_H
#define SYMGRAD_RUNTIME_PATIENCE_H

#include "failure.h"
#include "objects.h"
#include "session.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Makes room where --patience asks for it. */
static bool patience_make(struct session *session, struct failure *failure);

/* After each epoch: measures the first objective and keeps the parameters if they do better than
 * all before. True where that has not happened for as many epochs as --patience says. */
static bool patience_ends(struct session *session);

/* Goes back to the parameters that did best, if there are any. */
static void patience_keep_best(struct session *session);

#endif /* SYMGRAD_RUNTIME_PATIENCE_H */
