/* progress.h - how the training goes: a bar on a terminal, a few plain lines elsewhere, a log. */
#ifndef SYMGRAD_RUNTIME_PROGRESS_H
#define SYMGRAD_RUNTIME_PROGRESS_H

#include "document.h"
#include "failure.h"
#include "plateau.h"
#include "platform.h"
#include "session.h"
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { PROGRESS_WIDTH = 79, PROGRESS_BAR = 10, PROGRESS_LINES = 20 };

struct progress {
    bool shown;           /* unless --quiet */
    bool terminal;        /* a bar that is redrawn; otherwise a line now and then */
    double begun;         /* seconds */
    ptrdiff_t first_step; /* where training went on from */
    double drawn;         /* when the bar was, */
    double measured;      /* and its figures */
    FILE *log;            /* NULL: none */
    char text[256];       /* the latest figures */
};

static bool progress_open(struct progress *progress, const struct session *session,
                          struct failure *failure);

/* After each step, and after each epoch or where training ends within one. */
static void progress_after_step(struct progress *progress, const struct session *session);
static void progress_after_epoch(struct progress *progress, struct session *session);

/* Ends the bar and the log. */
static bool progress_close(struct progress *progress, const struct session *session,
                           struct failure *failure);

#endif /* SYMGRAD_RUNTIME_PROGRESS_H */
