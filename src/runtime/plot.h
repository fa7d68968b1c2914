/* plot.h - how the training went, as a picture: an SVG file that needs nothing else.
 *
 * A panel for each objective and report shows it over the steps, on the training rows and on those
 * held out. Where the data are one number x and one number y a row, another panel shows them, and
 * through them the definition that comes closest to y. */
#ifndef SYMGRAD_RUNTIME_PLOT_H
#define SYMGRAD_RUNTIME_PLOT_H

#include "document.h"
#include "failure.h"
#include "memory.h"
#include "objects.h"
#include "progress.h"
#include "session.h"
#include "table.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLOT_POINTS = 512, PLOT_DOTS = 2000, PLOT_WIDTH = 640, PLOT_HEIGHT = 240 };

/* The figures after some of the epochs: of all at first, of every second once they fill the room,
 * and so on. A point is the step, the figures, and the figures on the rows held out. */
struct plot {
    double *points; /* NULL: no --plot */
    size_t count;
    size_t width; /* numbers in a point */
    ptrdiff_t distance;
    ptrdiff_t epochs; /* since the latest point */
};

static bool plot_open(struct plot *plot, const struct session *session, struct failure *failure);
static void plot_close(struct plot *plot);

/* Where training goes on from a checkpoint: takes the points before from the log, or says that
 * there are none. The log is open, and cut to the checkpoint. */
static void plot_go_on(struct plot *plot, const struct session *session);

/* After each epoch, or where training ends within one. */
static void plot_after_epoch(struct plot *plot, struct session *session, bool last);

/* Draws it into the file that --plot names. */
static bool plot_write(const struct plot *plot, struct session *session, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_PLOT_H */
