#include "check.h"

enum { CHECK_ELEMENTS = 20, CHECK_LEVELS = 12 };

/* What a numeric derivative came to, and how far it may be off. */
struct check_estimate {
    double value;
    double error;
};

/* The comparison for one objective, so far. */
struct check {
    struct session *session;
    FILE *stream;
    int objective;
    double loss;
    double norm;                       /* of the gradient */
    struct objects_parameters *nearby; /* room for a gradient elsewhere */
    size_t compared;
    size_t wrong;
    size_t unclear;    /* no numeric derivative to be had: the loss is not smooth there */
    double difference; /* the largest, relative */
};

static bool check_is_single(void)
{
    return sizeof(real) == sizeof(float);
}

static double check_loss(const struct check *check)
{
    const struct session *session = check->session;

    return (double)session->model->objectives[check->objective].loss(
        session->parameters.item.body, session->batches.view.data, session->work);
}

/* The central difference at the distance h. */
static double check_difference(const struct check *check, real *element, double h)
{
    const real middle = *element;
    const real above = (real)((double)middle + h);
    const real below = (real)((double)middle - h);
    double rise;

    *element = above;
    rise = check_loss(check);
    *element = below;
    rise -= check_loss(check);
    *element = middle;
    return rise / ((double)above - (double)below);
}

/* How far off a difference of two losses may be by rounding alone. */
static double check_rounding(const struct check *check)
{
    const double epsilon = check_is_single() ? (double)FLT_EPSILON : DBL_EPSILON;

    return 8.0 * epsilon * fabs(check->loss);
}

/* Ridders' method: central differences at ever smaller distances, extrapolated to 0; the entry of
 * the table that agrees best with its neighbours is taken. */
static struct check_estimate check_numeric(const struct check *check, real *element)
{
    const int levels = check_is_single() ? 6 : CHECK_LEVELS;
    const double rounding = check_rounding(check);
    double h = (check_is_single() ? 0.1 : 0.01) * fmax(1.0, fabs((double)*element));
    struct check_estimate best = {0.0, HUGE_VAL};
    double row[CHECK_LEVELS];
    double last[CHECK_LEVELS];

    for (int level = 0; level < levels; level++, h /= 2.0) {
        double factor = 1.0;
        row[0] = check_difference(check, element, h);
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

/* The model's derivative by an element of the parameter `field`, at some distance from here. */
static double check_gradient_at(struct check *check, int field, size_t element, double distance)
{
    struct session *session = check->session;
    real *const value = &session->parameters.fields[field].values[element];
    const real middle = *value;

    *value = (real)((double)middle + distance);
    session->model->objectives[check->objective].loss_gradient(
        session->parameters.item.body, session->batches.view.data, check->nearby->item.body,
        session->work);
    *value = middle;
    return (double)check->nearby->fields[field].values[element];
}

/* For a loss with kinks: over a short way the loss rises by some slope between the smallest and the
 * largest on that way. `slack` is how far off the numbers may be at distance 1. */
static bool check_mean_value(struct check *check, int field, size_t element, double tolerance,
                             double slack)
{
    real *const value = &check->session->parameters.fields[field].values[element];
    const double h = (check_is_single() ? 5e-2 : 1e-4) * fmax(1.0, fabs((double)*value));
    const double slope = check_difference(check, value, h);
    double smallest = HUGE_VAL;
    double largest = -HUGE_VAL;

    for (int i = -2; i <= 2; i++) {
        const double gradient = check_gradient_at(check, field, element, h * i / 2.0);
        smallest = fmin(smallest, gradient);
        largest = fmax(largest, gradient);
    }
    return slope >= smallest - tolerance - slack / h && slope <= largest + tolerance + slack / h;
}

static void check_element(struct check *check, int field, size_t element, double gradient)
{
    const struct trainer_field *parameter = &check->session->parameters.fields[field];
    const double relative = check_is_single() ? 2e-2 : 1e-6;
    const double slack = check_rounding(check);
    const struct check_estimate numeric = check_numeric(check, &parameter->values[element]);
    const double scale = fmax(fmax(fabs(gradient), fabs(numeric.value)), 1e-3 * check->norm);
    const double tolerance = relative * scale;
    const double difference = fabs(gradient - numeric.value);

    check->compared++;
    if (numeric.error <= tolerance && difference <= tolerance + numeric.error) {
        check->difference = fmax(check->difference, scale > 0.0 ? difference / scale : 0.0);
    } else if (isfinite(gradient) && (isinf(numeric.error) ||
                                      check_mean_value(check, field, element, tolerance, slack))) {
        check->unclear++;
    } else {
        check->wrong++;
        fputs("check ", check->stream);
        check_print_element(check->stream, parameter, element);
        fprintf(check->stream, ": gradient %.17g, numeric %.17g\n", gradient, numeric.value);
    }
}

static bool check_is_over(const struct check *check, int field)
{
    const struct trainer_objective *objective =
        &check->session->model->objectives[check->objective];

    for (int k = 0; k < objective->over_count; k++)
        if (objective->over[k] == field)
            return true;
    return false;
}

/* What is compared: of one objective among several, by its name. */
static void check_print_field(const struct check *check, const struct trainer_field *field)
{
    const struct trainer_model *model = check->session->model;

    fputs("check ", check->stream);
    if (model->objective_count > 1)
        fprintf(check->stream, "%s, ", model->objectives[check->objective].name);
    objects_print_shape(check->stream, field);
}

/* All elements of a small tensor, some of a large one. */
static void check_field(struct check *check, int index, const struct trainer_field *gradient,
                        struct random *random)
{
    const struct trainer_field *field = &check->session->parameters.fields[index];
    const size_t count = objects_field_count(field);
    const size_t most = CHECK_ELEMENTS;
    const size_t chosen = count < most ? count : most;
    const size_t wrong = check->wrong;
    const size_t unclear = check->unclear;

    check->difference = 0.0;
    for (size_t i = 0; i < chosen; i++) {
        const size_t element =
            count == chosen ? i : (size_t)(random_uniform(random) * (double)count);
        check_element(check, index, element, (double)gradient->values[element]);
    }
    check_print_field(check, field);
    fprintf(check->stream, ": %zu of %zu elements, %zu wrong", chosen, count, check->wrong - wrong);
    if (check->unclear > unclear)
        fprintf(check->stream, ", %zu beside a kink", check->unclear - unclear);
    fprintf(check->stream, ", largest difference %.1e\n", check->difference);
}

static void check_objective(struct check *check, struct objects_parameters *gradient,
                            struct random *random)
{
    struct session *session = check->session;
    const struct trainer_objective *objective = &session->model->objectives[check->objective];

    check->loss =
        (double)objective->loss_gradient(session->parameters.item.body, session->batches.view.data,
                                         gradient->item.body, session->work);
    check->norm = objects_norm(gradient->fields, gradient->count);
    for (int i = 0; i < gradient->count; i++)
        if (check_is_over(check, i))
            check_field(check, i, &gradient->fields[i], random);
}

/* A little beside the start, which likes to lie on a kink. */
static void check_leave_start(struct session *session, struct random *random)
{
    for (int i = 0; i < session->parameters.count; i++) {
        const struct trainer_field *field = &session->parameters.fields[i];
        for (size_t j = 0; j < objects_field_count(field); j++) {
            const double value = (double)field->values[j];
            const double away = 0.01 * (fabs(value) + 0.1) * (2.0 * random_uniform(random) - 1.0);
            field->values[j] = (real)(value + away);
        }
    }
}

static bool check_gradient(struct session *session, FILE *stream, struct failure *failure)
{
    struct objects_parameters gradient = {{NULL, NULL}, NULL, 0};
    struct objects_parameters nearby = {{NULL, NULL}, NULL, 0};
    const void *data = session->training.data;
    struct check check;
    struct random random;
    bool made;

    memset(&check, 0, sizeof check);
    check.session = session;
    check.stream = stream;
    check.nearby = &nearby;
    random_seed(&random, session->options.seed, BATCHES_STREAM_CHECK);
    check_leave_start(session, &random);
    batches_shuffle(&session->batches, session->options.seed, 0);
    batches_gather(&session->batches, 0);
    made = objects_make_parameters(&gradient, session->model, data, failure) &&
           objects_make_parameters(&nearby, session->model, data, failure);
    for (check.objective = 0; made && check.objective < session->model->objective_count;
         check.objective++)
        check_objective(&check, &gradient, &random);
    objects_free_parameters(&gradient);
    objects_free_parameters(&nearby);
    if (check.wrong > 0)
        return failure_set(failure, FAILURE_DIVERGED,
                           "the gradient is wrong in %zu of the %zu elements compared", check.wrong,
                           check.compared);
    return made;
}
