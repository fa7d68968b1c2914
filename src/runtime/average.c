#include "average.h"

/* The share of each parameter is that of the first objective that moves and averages it. */
static bool average_find_shares(struct average *average, const struct trainer_model *model,
                                struct failure *failure)
{
    average->shares = (double *)memory_new((size_t)model->parameter_count, sizeof(double), failure);
    if (average->shares == NULL)
        return false;
    for (int k = 0; k < model->objective_count; k++)
        for (int i = 0; i < model->objectives[k].over_count; i++) {
            double *const share = &average->shares[model->objectives[k].over[i]];
            if (*share <= 0.0)
                *share = model->objectives[k].average;
        }
    return true;
}

static bool average_is_asked(const struct trainer_model *model)
{
    for (int k = 0; k < model->objective_count; k++)
        if (model->objectives[k].average > 0.0)
            return true;
    return false;
}

static bool average_make(struct average *average, const struct trainer_model *model,
                         const void *data, struct failure *failure)
{
    if (!average_is_asked(model))
        return true;
    if (!average_find_shares(average, model, failure) ||
        !objects_make_parameters(&average->result, model, data, failure))
        return false;
    for (int i = 0; i < average->result.count; i++)
        if (average->shares[i] > 0.0)
            average->size =
                memory_sum(average->size, objects_field_count(&average->result.fields[i]));
    average->numbers = (double *)memory_new(average->size, sizeof(double), failure);
    return average->numbers != NULL;
}

static void average_free(struct average *average)
{
    objects_free_parameters(&average->result);
    free(average->shares);
    free(average->numbers);
    memset(average, 0, sizeof *average);
}

static bool average_is_kept(const struct average *average)
{
    return average->numbers != NULL;
}

/* The weight of the step `count` in the average after it: 1 out of 1 + share + ... share^(count-1).
 */
static double average_weight(double share, ptrdiff_t count)
{
    return (1.0 - share) / (1.0 - pow(share, (double)count));
}

static void average_add(struct average *average, const struct objects_parameters *parameters)
{
    double *number = average->numbers;

    average->count++;
    for (int i = 0; i < parameters->count; i++) {
        const struct trainer_field *field = &parameters->fields[i];
        const double share = average->shares[i];
        const double weight = average_weight(share, average->count);
        const size_t count = share > 0.0 ? objects_field_count(field) : 0;
        for (size_t j = 0; j < count; j++, number++)
            *number += weight * ((double)field->values[j] - *number);
    }
}

static void average_form(struct average *average, const struct objects_parameters *parameters,
                         bool latest)
{
    const bool adds = latest || average->count == 0;
    const double *number = average->numbers;

    objects_copy_parameters(&average->result, parameters);
    for (int i = 0; i < parameters->count; i++) {
        const struct trainer_field *field = &average->result.fields[i];
        const double share = average->shares[i];
        const double weight = adds ? average_weight(share, average->count + 1) : 0.0;
        const size_t count = share > 0.0 ? objects_field_count(field) : 0;
        for (size_t j = 0; j < count; j++, number++)
            field->values[j] = (real)(*number + weight * ((double)field->values[j] - *number));
    }
}
