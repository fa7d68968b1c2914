#include "check.h"

enum { CHECK_ELEMENTS = 20, CHECK_LEVELS = 12 };

/* What a numeric derivative came to, and how far it may be off. */
struct check_estimate {
    double value;
    double error;
};

struct check_result {
    size_t compared;
    size_t wrong;
    size_t unclear; /* the loss is not smooth there */
    double difference;
};

static bool check_is_single(void)
{
    return sizeof(real) == sizeof(float);
}

static double check_loss(const struct session *session, int objective)
{
    return (double)session->model->objectives[objective].loss(
        session->parameters.item.body, session->batches.view.data, session->work);
}

/* The central difference at the distance h. */
static double check_difference(const struct session *session, int objective, real *element,
                               double h)
{
    const real middle = *element;
    const real above = (real)((double)middle + h);
    const real below = (real)((double)middle - h);
    double rise;

    *element = above;
    rise = check_loss(session, objective);
    *element = below;
    rise -= check_loss(session, objective);
    *element = middle;
    return rise / ((double)above - (double)below);
}

/* Ridders' method: central differences at ever smaller distances, extrapolated to 0; the entry of
 * the table that agrees best with its neighbours is taken. */
static struct check_estimate check_numeric(const struct session *session, int objective,
                                           real *element, double size)
{
    double h = (check_is_single() ? 0.1 : 0.01) * fmax(1.0, fabs((double)*element));
    const double rounding = (check_is_single() ? (double)FLT_EPSILON : DBL_EPSILON) * 8.0 * size;
    struct check_estimate best = {0.0, HUGE_VAL};
    double row[CHECK_LEVELS];
    double last[CHECK_LEVELS];

    for (int level = 0; level < (check_is_single() ? 6 : CHECK_LEVELS); level++, h /= 2.0) {
        double factor = 1.0;
        row[0] = check_difference(session, objective, element, h);
        for (int order = 1; order <= level; order++) {
            double error;
            factor *= 4.0;
            row[order] = row[order - 1] + (row[order - 1] - last[order - 1]) / (factor - 1.0);
            error = fmax(fabs(row[order] - row[order - 1]), fabs(row[order] - last[order - 1])) +
                    rounding / h;
            if (error < best.error) {
                best.value = row[order];
                best.error = error;
            }
        }
        for (int order = 0; order <= level; order++)
            last[order] = row[order];
    }
    return best;
}

/* Where an element stands in its tensor: W[3,5]. */
static void check_print_element(FILE *stream, const struct trainer_field *field, size_t element)
{
    size_t below = objects_field_count(field);

    fputs(field->name, stream);
    for (int axis = 0; axis < field->rank; axis++) {
        below /= (size_t)field->extent[axis];
        fprintf(stream, "%c%zu", axis == 0 ? '[' : ',', element / below);
        element %= below;
    }
    if (field->rank > 0)
        fputc(']', stream);
}

static void check_element(struct session *session, int objective, const struct trainer_field *field,
                          size_t element, double gradient, double norm, struct check_result *result,
                          FILE *stream)
{
    const double tolerance = check_is_single() ? 2e-2 : 1e-6;
    const double size = fabs(check_loss(session, objective));
    const struct check_estimate numeric =
        check_numeric(session, objective, &field->values[element], size);
    const double scale = fmax(fmax(fabs(gradient), fabs(numeric.value)), 1e-3 * norm);
    const double difference = fabs(gradient - numeric.value);

    result->compared++;
    if (difference <= tolerance * scale + numeric.error) {
        result->difference = fmax(result->difference, scale > 0.0 ? difference / scale : 0.0);
        result->unclear += numeric.error > tolerance * scale;
        return;
    }
    result->wrong++;
    fputs("check ", stream);
    check_print_element(stream, field, element);
    fprintf(stream, ": gradient %.17g, numeric %.17g\n", gradient, numeric.value);
}
