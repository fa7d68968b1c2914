#include "objects.h"

static bool objects_make(struct objects_item *item, const struct trainer_object *object,
                         const void *data, struct failure *failure)
{
    const size_t reals = object->reals == NULL ? 0 : object->reals(data);

    item->body = memory_new(object->size, 1, failure);
    item->storage = (real *)memory_new(reals, sizeof(real), failure);
    if (item->body == NULL || item->storage == NULL)
        return false;
    if (object->place != NULL)
        object->place(item->body, data, item->storage);
    return true;
}

static void objects_free(struct objects_item *item)
{
    free(item->body);
    free(item->storage);
    item->body = NULL;
    item->storage = NULL;
}

static bool objects_make_parameters(struct objects_parameters *parameters,
                                    const struct trainer_model *model, const void *data,
                                    struct failure *failure)
{
    if (!objects_make(&parameters->item, &model->parameters, data, failure))
        return false;
    parameters->count = model->parameter_count;
    parameters->fields = (struct trainer_field *)memory_new((size_t)model->parameter_count,
                                                            sizeof *parameters->fields, failure);
    if (parameters->fields == NULL)
        return false;
    model->describe_parameters(parameters->item.body, data, parameters->fields);
    return true;
}

static void objects_free_parameters(struct objects_parameters *parameters)
{
    objects_free(&parameters->item);
    free(parameters->fields);
    parameters->fields = NULL;
}

static void objects_copy_parameters(struct objects_parameters *to,
                                    const struct objects_parameters *from)
{
    for (int i = 0; i < to->count; i++)
        memcpy(to->fields[i].values, from->fields[i].values,
               objects_field_count(&to->fields[i]) * sizeof(real));
}

static size_t objects_field_count(const struct trainer_field *field)
{
    size_t count = 1;

    for (int axis = 0; axis < field->rank; axis++)
        count = memory_product(count, (size_t)field->extent[axis]);
    return count;
}

/* Scaled by the largest number, so that no square overflows or vanishes. */
static double objects_norm(const struct trainer_field *fields, int count)
{
    double largest = 0.0;
    double sum = 0.0;

    for (int i = 0; i < count; i++)
        for (size_t j = objects_field_count(&fields[i]); j-- > 0;) {
            const double size = fabs((double)fields[i].values[j]);
            if (isnan(size))
                return size;
            if (size > largest)
                largest = size;
        }
    if (largest <= 0.0 || isinf(largest))
        return largest;
    for (int i = 0; i < count; i++)
        for (size_t j = 0; j < objects_field_count(&fields[i]); j++) {
            const double ratio = (double)fields[i].values[j] / largest;
            sum += ratio * ratio;
        }
    return largest * sqrt(sum);
}

static void objects_print_shape(FILE *stream, const struct trainer_field *field)
{
    fputs(field->name, stream);
    for (int axis = 0; axis < field->rank; axis++)
        fprintf(stream, "%c%td", axis == 0 ? '[' : ',', field->extent[axis]);
    if (field->rank > 0)
        fputc(']', stream);
}
