#include "cli/judge.h"

#include <math.h>
#include <string.h>

#define RUNS 8              /* that round at random */
#define UNITS_OF_SCATTER 16 /* an error of so many is explained by rounding */

double relative_error(double value, double reference, double scale)
{
    if (isnan(value) && isnan(reference)) {
        return 0;
    }
    double size = fmax(fabs(reference), scale);
    double error = fabs(value - reference);
    return error == 0 ? 0 : error / (size > 0 ? size : 1);
}

/* The largest error of a tensor's entries, NaN where one of them is. */
static double largest_error(const double *values, const double *reference, size_t count)
{
    double scale = 0, largest = 0;
    for (size_t k = 0; k < count; k++) {
        scale = fmax(scale, fabs(reference[k]));
    }
    for (size_t k = 0; k < count; k++) {
        double error = relative_error(values[k], reference[k], scale);
        if (!(error <= largest)) {
            largest = error;
        }
    }
    return largest;
}

static double *copied(struct interpreter *interpreter, struct arena *arena,
                      const struct tensor *tensor)
{
    size_t count;
    const double *values = interpreter_values(interpreter, tensor, &count);
    double *copy = ARENA_ARRAY(arena, double, count);
    memcpy(copy, values, count * sizeof copy[0]);
    return copy;
}

/* By how much each result scatters. */
static double *scatter_of(struct interpreter *interpreter, struct arena *arena,
                          const struct tensor *const *results, size_t result_count)
{
    double *scatter = ARENA_ARRAY(arena, double, result_count);
    double **judged = ARENA_ARRAY(arena, double *, result_count);
    for (size_t i = 0; i < result_count; i++) {
        judged[i] = copied(interpreter, arena, results[i]);
    }
    for (uint64_t run = 1; run <= RUNS; run++) {
        interpreter_round_at_random(interpreter, run);
        interpreter_run(interpreter);
        for (size_t i = 0; i < result_count; i++) {
            size_t count;
            const double *values = interpreter_values(interpreter, results[i], &count);
            scatter[i] = fmax(scatter[i], largest_error(values, judged[i], count));
        }
    }
    interpreter_round_at_random(interpreter, 0);
    interpreter_run(interpreter);
    return scatter;
}

void judge(struct interpreter *interpreter, struct arena *arena,
           const struct tensor *const *results, const double *const *emitted, size_t count,
           double tolerance, struct judgement *judgement)
{
    const double *scatter = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t entries;
        const double *judged = interpreter_values(interpreter, results[i], &entries);
        double error = largest_error(emitted[i], judged, entries);
        if (!(error <= tolerance) && scatter == NULL) {
            scatter = scatter_of(interpreter, arena, results, count);
        }
        if (!(error <= tolerance) && error <= UNITS_OF_SCATTER * scatter[i]) {
            judgement->largest = fmax(judgement->largest, error);
        } else if (!(error <= judgement->worst)) {
            judgement->worst = error;
        }
    }
}

bool rounding_moves(struct interpreter *interpreter, struct arena *arena,
                    const struct tensor *const *results, size_t count, double tolerance)
{
    const double *scatter = scatter_of(interpreter, arena, results, count);
    for (size_t i = 0; i < count; i++) {
        if (scatter[i] > tolerance) {
            return true;
        }
    }
    return false;
}
