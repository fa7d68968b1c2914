#include "wolfe.h"

/* How many steps are tried, and how many of them may be where rounding hides any difference. */
enum { WOLFE_TRIALS = 100, WOLFE_FLAT_TRIALS = 16 };

/* A search so far. The steps looked for lie between `low`, the best that is low enough, and `high`
 * as soon as that is known. */
struct wolfe {
    const struct wolfe_line *line;
    struct wolfe_point start;
    struct wolfe_point low;
    struct wolfe_point high;
    bool bracketed;
    double width[2]; /* of the bracket, before the last two trials */
};

static double wolfe_rounding(double value)
{
    const double terms = 1024.0;

    return terms * DBL_EPSILON * fabs(value);
}

static bool wolfe_is_finite(const struct wolfe_point *point)
{
    return isfinite(point->value) && isfinite(point->slope);
}

static bool wolfe_is_low_enough(const struct wolfe *wolfe, const struct wolfe_point *point)
{
    const double share = 1e-4;

    return wolfe_is_finite(point) && point->value <= wolfe->start.value +
                                                         share * point->step * wolfe->start.slope +
                                                         wolfe_rounding(wolfe->start.value);
}

/* The minimum of the cubic through both ends of the bracket, or where rounding hides the values,
 * that of the parabola with their slopes. NaN: there is none. */
static double wolfe_interpolate(const struct wolfe *wolfe)
{
    const struct wolfe_point *const a = &wolfe->low;
    const struct wolfe_point *const b = &wolfe->high;
    const double width = b->step - a->step;
    double first;
    double second;

    if (fabs(b->value - a->value) <= wolfe_rounding(wolfe->start.value))
        return a->step - a->slope * width / (b->slope - a->slope);
    first = a->slope + b->slope - 3.0 * (b->value - a->value) / width;
    second = copysign(sqrt(first * first - a->slope * b->slope), width);
    return b->step - width * (b->slope + second - first) / (b->slope - a->slope + 2.0 * second);
}

/* A step inside the bracket, which is to shrink by a third in two trials. */
static double wolfe_divide(struct wolfe *wolfe)
{
    const double width = wolfe->high.step - wolfe->low.step;
    const bool slow = fabs(width) > 0.66 * wolfe->width[1];
    double step;

    wolfe->width[1] = wolfe->width[0];
    wolfe->width[0] = fabs(width);
    if (!wolfe_is_finite(&wolfe->high))
        return wolfe->low.step + 0.1 * width;
    step = wolfe_interpolate(wolfe);
    if (slow || !isfinite(step))
        return wolfe->low.step + 0.5 * width;
    if (fabs(step - wolfe->low.step) < 0.05 * fabs(width) || (step - wolfe->low.step) / width < 0.0)
        return wolfe->low.step + 0.05 * width;
    if (fabs(step - wolfe->low.step) > 0.95 * fabs(width))
        return wolfe->low.step + 0.95 * width;
    return step;
}

/* A longer step: where the slope would vanish if it went on as between the last two. */
static double wolfe_extend(const struct wolfe *wolfe, const struct wolfe_point *before)
{
    const struct wolfe_point *const low = &wolfe->low;
    const double bend = (low->slope - before->slope) / (low->step - before->step);
    const double step = bend > 0.0 ? low->step - low->slope / bend : HUGE_VAL;

    return fmin(fmin(fmax(step, 2.0 * low->step), 10.0 * low->step), wolfe->line->limit);
}

static void wolfe_bracket(struct wolfe *wolfe, struct wolfe_point high)
{
    if (!wolfe->bracketed)
        wolfe->width[0] = wolfe->width[1] = HUGE_VAL;
    wolfe->bracketed = true;
    wolfe->high = high;
}

/* Takes in what was evaluated; returns the next step, or that of `point`: it will do. */
static double wolfe_next(struct wolfe *wolfe, const struct wolfe_point *point)
{
    const struct wolfe_point before = wolfe->low;
    const bool onward = !wolfe->bracketed || wolfe->high.step > before.step;

    if (!wolfe_is_low_enough(wolfe, point) ||
        point->value > before.value + wolfe_rounding(wolfe->start.value)) {
        wolfe_bracket(wolfe, *point);
        return wolfe_divide(wolfe);
    }
    if (fabs(point->slope) <= -wolfe->line->flatter * wolfe->start.slope)
        return point->step;
    if (onward == (point->slope > 0.0))
        wolfe_bracket(wolfe, before);
    wolfe->low = *point;
    if (wolfe->bracketed)
        return wolfe_divide(wolfe);
    return point->step >= wolfe->line->limit ? point->step : wolfe_extend(wolfe, &before);
}

/* Rounding may pass any step for low enough; then its slope has to be flatter. */
static bool wolfe_is_better(const struct wolfe_point *point, const struct wolfe_point *start)
{
    return point->value < start->value - wolfe_rounding(start->value) ||
           fabs(point->slope) < fabs(start->slope);
}

static bool wolfe_search(const struct wolfe_line *line, struct wolfe_point start,
                         struct wolfe_point *point)
{
    struct wolfe wolfe = {line, start, start, start, false, {0.0, 0.0}};

    point->step = fmin(point->step, line->limit);
    for (int trial = 0, flat = 0; trial < WOLFE_TRIALS && flat < WOLFE_FLAT_TRIALS; trial++) {
        double next;
        line->evaluate(line->context, point);
        flat += fabs(point->value - start.value) <= wolfe_rounding(start.value);
        next = wolfe_next(&wolfe, point);
        if (next == point->step && wolfe_is_low_enough(&wolfe, point))
            return point->step > 0.0;
        if (!isfinite(next) || next == wolfe.low.step ||
            (wolfe.bracketed && next == wolfe.high.step))
            break;
        point->step = next;
    }
    if (!wolfe_is_better(&wolfe.low, &start)) {
        point->step = 0.0;
        return false;
    }
    point->step = wolfe.low.step;
    line->evaluate(line->context, point);
    return true;
}
