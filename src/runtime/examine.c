#include "examine.h"

struct examine {
    struct session *session;
    const struct batches_view *view;
    const struct objects_parameters *parameters;
    bool nan_only; /* infinite is not wrong yet */
    struct objects_item item;
    struct trainer_field *fields; /* of each definition */
    real *work;
    struct failure *failure; /* to which the explanation is added */
};

/* The element of a tensor that is looked at. */
struct examine_place {
    ptrdiff_t subscript[TRAINER_MAX_RANK];
};

/* ---- Text ---- */

static void examine_say(struct examine *examine, const char *format, ...)
{
    char *text = examine->failure->text;
    const size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, FAILURE_TEXT - length, format, arguments);
    va_end(arguments);
}

/* Which sign a NaN has means nothing. */
static double examine_unsigned(double value)
{
    return isnan(value) ? fabs(value) : value;
}

/* f[3,0] */
static void examine_say_element(struct examine *examine, const char *name, int rank,
                                const ptrdiff_t *subscript, const ptrdiff_t *first)
{
    examine_say(examine, "%s", name);
    for (int axis = 0; axis < rank; axis++)
        examine_say(examine, "%c%td", axis == 0 ? '[' : ',',
                    subscript[axis] + (first == NULL ? 0 : first[axis]));
    examine_say(examine, "%s", rank > 0 ? "]" : "");
}

/* ---- What is wrong ---- */

static bool examine_is_wrong(const struct examine *examine, double value)
{
    return examine->nan_only ? isnan(value) : !isfinite(value);
}

static void examine_find_place(const struct trainer_field *field, size_t element,
                               struct examine_place *place)
{
    for (int axis = field->rank - 1; axis >= 0; axis--) {
        const size_t extent = (size_t)field->extent[axis];
        place->subscript[axis] = (ptrdiff_t)(element % extent);
        element /= extent;
    }
}

/* The first element that is wrong, or the number of elements. */
static size_t examine_find_wrong(const struct examine *examine, const struct trainer_field *field)
{
    const size_t count = objects_field_count(field);
    size_t element = 0;

    while (element < count && !examine_is_wrong(examine, (double)field->values[element]))
        element++;
    return element;
}

/* A parameter that is wrong by itself was made so by the step before, whose loss was a number. */
static bool examine_parameters(struct examine *examine)
{
    for (int i = 0; i < examine->parameters->count; i++) {
        const struct trainer_field *field = &examine->parameters->fields[i];
        const size_t element = examine_find_wrong(examine, field);
        struct examine_place place;
        if (element == objects_field_count(field))
            continue;
        examine_find_place(field, element, &place);
        examine_say(examine, "\n  the step before made ");
        examine_say_element(examine, field->name, field->rank, place.subscript, NULL);
        examine_say(examine, " %g: its derivative was no number, or too large",
                    examine_unsigned((double)field->values[element]));
        return true;
    }
    return false;
}

/* ---- The row ---- */

/* The row of the data, from 1, that a row of the view is. */
static ptrdiff_t examine_row(const struct examine *examine, ptrdiff_t row)
{
    const struct session *session = examine->session;
    const struct batches *batches = &session->batches;
    ptrdiff_t original = 0;

    if (examine->view == &batches->view && batches->order != NULL)
        row = batches->order[session->step % session->epoch_steps * batches->batch + row];
    if (session->places == NULL)
        return row + 1;
    while (original < session->inputs.rows - 1 && session->places[original] != row)
        original++;
    return original + 1;
}

/* ---- Operands ---- */

/* A tensor that definitions are made of, with its numbers in one form or the other. */
static struct trainer_field examine_field(const struct examine *examine,
                                          const struct trainer_operand *operand)
{
    const struct trainer_input *input = &examine->session->model->inputs[operand->number];
    struct trainer_field field;

    if (operand->kind == TRAINER_PARAMETER)
        return examine->parameters->fields[operand->number];
    if (operand->kind == TRAINER_DEFINITION)
        return examine->fields[operand->number];
    field.name = input->name;
    field.rank = input->rank;
    for (int axis = 0; axis < input->rank; axis++)
        field.extent[axis] = examine->view->sizes[input->axis[axis]];
    field.values = examine->view->values[operand->number].numbers;
    return field;
}

static double examine_value(const struct examine *examine, const struct trainer_operand *operand,
                            const struct trainer_field *field, size_t element)
{
    const struct trainer_values *values = &examine->view->values[operand->number];

    if (operand->kind == TRAINER_INPUT && values->labels != NULL)
        return (double)values->labels[element];
    return (double)field->values[element];
}

/* Whether an element of an operand goes into the element of the definition at `place`. */
static bool examine_is_used(const struct trainer_operand *operand, int rank,
                            const struct examine_place *place, const struct examine_place *used)
{
    for (int axis = 0; axis < rank; axis++) {
        const int follows = operand->axis[axis];
        const ptrdiff_t from = follows < 0 ? 0 : place->subscript[follows];
        if (follows != TRAINER_RUNNING && used->subscript[axis] != from + operand->distance[axis])
            return false;
    }
    return true;
}

/* u[3] = -1, or W[2,0] ... W[2,63]: from -0.5 to 0.7, where a sum runs over several. */
static void examine_operand(struct examine *examine, const struct trainer_operand *operand,
                            const struct examine_place *place)
{
    const struct trainer_field field = examine_field(examine, operand);
    const ptrdiff_t *first = operand->kind != TRAINER_DEFINITION
                                 ? NULL
                                 : examine->session->model->definition_table[operand->number].first;
    struct examine_place used;
    struct examine_place last;
    double least = 0.0;
    double most = 0.0;
    size_t count = 0;

    for (size_t element = 0; element < objects_field_count(&field); element++) {
        const double value = examine_value(examine, operand, &field, element);
        examine_find_place(&field, element, &used);
        if (!examine_is_used(operand, field.rank, place, &used))
            continue;
        if (count == 0) {
            examine_say(examine, "\n  ");
            examine_say_element(examine, field.name, field.rank, used.subscript, first);
        }
        least = count == 0 || value < least || isnan(value) ? value : least;
        most = count == 0 || value > most || isnan(value) ? value : most;
        last = used;
        count++;
    }
    if (count == 1)
        examine_say(examine, " = %.9g", examine_unsigned(least));
    if (count > 1) {
        examine_say(examine, " ... ");
        examine_say_element(examine, field.name, field.rank, last.subscript, first);
        examine_say(examine, ": from %.9g to %.9g", examine_unsigned(least),
                    examine_unsigned(most));
    }
}

/* ---- Definitions ---- */

static bool examine_definition(struct examine *examine, int number)
{
    const struct trainer_definition *definition =
        &examine->session->model->definition_table[number];
    const struct trainer_field *field = &examine->fields[number];
    const size_t element = examine_find_wrong(examine, field);
    struct examine_place place;

    if (element == objects_field_count(field))
        return false;
    examine_find_place(field, element, &place);
    examine_say(examine, "\n  first wrong: ");
    examine_say_element(examine, field->name, field->rank, place.subscript, definition->first);
    examine_say(examine, " is %g", examine_unsigned((double)field->values[element]));
    if (definition->rows != TRAINER_NONE)
        examine_say(examine, ", in row %td of the data",
                    examine_row(examine, place.subscript[definition->rows]));
    examine_say(examine, "\n  %s", definition->formula);
    for (int i = 0; i < definition->operand_count; i++)
        examine_operand(examine, &definition->operands[i], &place);
    return true;
}

static bool examine_make(struct examine *examine, struct failure *failure)
{
    const struct trainer_model *model = examine->session->model;
    const void *data = examine->view->data;

    examine->fields = (struct trainer_field *)memory_new((size_t)model->definition_count,
                                                         sizeof *examine->fields, failure);
    examine->work = (real *)memory_new(model->define_reals(data), sizeof(real), failure);
    return examine->fields != NULL && examine->work != NULL &&
           objects_make(&examine->item, &model->definitions, data, failure);
}

static void examine_explain(struct session *session, const struct batches_view *view,
                            const struct objects_parameters *parameters, double loss,
                            struct failure *failure)
{
    const struct trainer_model *model = session->model;
    struct failure making = {FAILURE_NONE, ""}; /* without memory there is no explanation */
    struct examine examine;

    memset(&examine, 0, sizeof examine);
    examine.session = session;
    examine.view = view;
    examine.parameters = parameters;
    examine.nan_only = isnan(loss) != 0;
    examine.failure = failure;
    if (model->definition_count == 0 || examine_parameters(&examine))
        return;
    if (examine_make(&examine, &making)) {
        model->define(parameters->item.body, view->data, examine.work, examine.item.body);
        model->describe_definitions(examine.item.body, view->data, examine.fields);
        for (int i = 0; i < model->definition_count; i++)
            if (examine_definition(&examine, i))
                break;
    }
    objects_free(&examine.item);
    free(examine.fields);
    free(examine.work);
}
