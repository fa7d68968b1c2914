#include "numbers.h"

static void numbers_write_labels(FILE *stream, const struct trainer_field *field, const int *labels)
{
    objects_print_shape(stream, field);
    for (size_t i = 0; i < objects_field_count(field); i++)
        fprintf(stream, "\n%d", labels[i]);
    fputc('\n', stream);
}

static void numbers_write_input(FILE *stream, const struct trainer_input *input,
                                const struct batches_view *view,
                                const struct trainer_values *values)
{
    struct trainer_field field;

    field.name = input->name;
    field.rank = input->rank;
    for (int axis = 0; axis < input->rank; axis++)
        field.extent[axis] = view->sizes[input->axis[axis]];
    field.values = values->numbers;
    if (values->labels != NULL)
        numbers_write_labels(stream, &field, values->labels);
    else
        save_write_field(stream, &field);
}

static bool numbers_write(struct session *session, const char *name, struct failure *failure)
{
    const struct trainer_model *model = session->model;
    const struct batches_view *view = &session->batches.view;
    struct document document;

    batches_shuffle(&session->batches, session->options.seed, 0);
    batches_gather(&session->batches, 0);
    if (!document_open(&document, name, failure))
        return false;
    fprintf(document.stream, "symgrad numbers of %s\nsizes %d\n", model->name,
            model->dimension_count);
    for (int i = 0; i < model->dimension_count; i++)
        fprintf(document.stream, "%s %td\n", model->dimensions[i].name, view->sizes[i]);
    for (int i = 0; i < session->parameters.count; i++)
        save_write_field(document.stream, &session->parameters.fields[i]);
    for (int i = 0; i < model->input_count; i++)
        numbers_write_input(document.stream, &model->inputs[i], view, &view->values[i]);
    fputs("end\n", document.stream);
    return document_close(&document, failure);
}
