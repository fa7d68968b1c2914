/* wolfe.h - a step along a line that satisfies the strong conditions of Wolfe.
 *
 * The line is value and slope as functions of the step; the slope at 0 is negative. Looked for is a
 * step where the value is lower by a share of what the slope promises, and the slope much flatter.
 * Near a minimum rounding hides the differences of values long before those of slopes, so values
 * that differ by rounding alone count as equal and the slopes decide. */
#ifndef SYMGRAD_RUNTIME_WOLFE_H
#define SYMGRAD_RUNTIME_WOLFE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

struct wolfe_point {
    double step;
    double value;
    double slope;
};

struct wolfe_line {
    void *context;
    void (*evaluate)(void *context, struct wolfe_point *point); /* at point->step */
    double flatter; /* the slope sought is at most this share of the first one: 0.9, or 0.1 where a
                     * search along the line is to be nearly exact */
    double limit;   /* the longest step */
};

/* How far values about this one may be off by rounding: they are sums of many terms. */
static double wolfe_rounding(double value);

/* Finds a step, first trying point->step; `point` becomes what was evaluated last, the step found.
 * False: there is none to be seen, and point->step is 0. A step as long as the limit, or the best
 * of very many, need only lower the value. */
static bool wolfe_search(const struct wolfe_line *line, struct wolfe_point start,
                         struct wolfe_point *point);

#endif /* SYMGRAD_RUNTIME_WOLFE_H */
