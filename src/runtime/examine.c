#include "examine.h"

/* The element of a tensor that is looked at. */
struct examine_place {
    ptrdiff_t subscript[TRAINER_MAX_RANK];
};

/* An element of a definition that is wrong, and that the loss was made from. */
struct examine_step {
    int number;
    size_t element;
};

/* What is known of a definition's elements, and of what each operand takes together. */
enum { EXAMINE_REACHED = 1, EXAMINE_LED = 2 /* something wrong went into it */ };
enum { EXAMINE_RIGHT = 1, EXAMINE_WRONG = 2 };

struct examine_marks {
    unsigned char *elements;
    unsigned char **operands;
};

struct examine {
    struct session *session;
    const struct batches_view *view;
    const struct objects_parameters *parameters;
    bool nan_only; /* infinite is not wrong yet */
    struct objects_item item;
    struct trainer_field *fields; /* of each definition, and what tells where they are used */
    real *work;
    struct examine_marks *marks; /* of each definition; made where one is reached */
    struct examine_step *steps;  /* to go on from */
    size_t step_count, step_capacity;
    int parameter; /* the first that is wrong by itself; TRAINER_NONE: none */
    size_t parameter_element;
    struct failure *failure; /* to which the explanation is added */
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

static size_t examine_find_element(const struct trainer_field *field,
                                   const struct examine_place *place)
{
    size_t element = 0;

    for (int axis = 0; axis < field->rank; axis++)
        element = element * (size_t)field->extent[axis] + (size_t)place->subscript[axis];
    return element;
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

/* The elements of an operand that go into the element of the definition at `place`, one after
 * another. */
struct examine_run {
    const struct trainer_operand *operand;
    const struct examine_place *place;
    struct trainer_field field;
    struct examine_place used;
};

/* False: there are none. */
static bool examine_begin(const struct examine *examine, const struct trainer_operand *operand,
                          const struct examine_place *place, struct examine_run *run)
{
    run->operand = operand;
    run->place = place;
    run->field = examine_field(examine, operand);
    for (int axis = 0; axis < run->field.rank; axis++) {
        const int follows = operand->axis[axis];
        const ptrdiff_t from = follows < 0 ? 0 : place->subscript[follows];
        run->used.subscript[axis] = from + operand->distance[axis];
        if (run->used.subscript[axis] < 0 || run->used.subscript[axis] >= run->field.extent[axis])
            return false;
    }
    return true;
}

static bool examine_advance(struct examine_run *run)
{
    for (int axis = run->field.rank - 1; axis >= 0; axis--) {
        if (run->operand->axis[axis] != TRAINER_RUNNING)
            continue;
        if (++run->used.subscript[axis] < run->field.extent[axis])
            return true;
        run->used.subscript[axis] = 0;
    }
    return false;
}

/* Whether its condition lets the present element be used. */
static bool examine_is_used(const struct examine *examine, const struct examine_run *run)
{
    const struct trainer_operand *operand = run->operand;
    const struct trainer_field *guard;
    struct examine_place at;

    if (operand->guard == TRAINER_NONE)
        return true;
    guard = &examine->fields[operand->guard];
    for (int axis = 0; axis < guard->rank; axis++) {
        const int follows = operand->guard_axis[axis];
        const ptrdiff_t from = follows < TRAINER_MAX_RANK
                                   ? run->place->subscript[follows]
                                   : run->used.subscript[follows - TRAINER_MAX_RANK];
        at.subscript[axis] = from - operand->guard_distance[axis];
        if (at.subscript[axis] < 0 || at.subscript[axis] >= guard->extent[axis])
            return false;
    }
    return (double)guard->values[examine_find_element(guard, &at)] > 0.5;
}

/* u[3] = -1, or W[2,0] ... W[2,63]: from -0.5 to 0.7, where a sum runs over several. */
static void examine_operand(struct examine *examine, const struct trainer_operand *operand,
                            const struct examine_place *place)
{
    const ptrdiff_t *first = operand->kind != TRAINER_DEFINITION
                                 ? NULL
                                 : examine->session->model->definition_table[operand->number].first;
    struct examine_run run;
    struct examine_place last;
    double least = 0.0;
    double most = 0.0;
    size_t count = 0;

    if (!examine_begin(examine, operand, place, &run))
        return;
    do {
        const size_t element = examine_find_element(&run.field, &run.used);
        const double value = examine_value(examine, operand, &run.field, element);
        if (!examine_is_used(examine, &run))
            continue;
        if (count == 0) {
            examine_say(examine, "\n  ");
            examine_say_element(examine, run.field.name, run.field.rank, run.used.subscript, first);
        }
        least = count == 0 || value < least || isnan(value) ? value : least;
        most = count == 0 || value > most || isnan(value) ? value : most;
        last = run.used;
        count++;
    } while (examine_advance(&run));
    if (count == 1)
        examine_say(examine, " = %.9g", examine_unsigned(least));
    if (count > 1) {
        examine_say(examine, " ... ");
        examine_say_element(examine, run.field.name, run.field.rank, last.subscript, first);
        examine_say(examine, ": from %.9g to %.9g", examine_unsigned(least),
                    examine_unsigned(most));
    }
}

/* ---- The way back from the loss ---- */

static bool examine_reach(struct examine *examine, int number, size_t element,
                          struct failure *failure)
{
    const struct trainer_definition *definition =
        &examine->session->model->definition_table[number];
    struct examine_marks *marks = &examine->marks[number];
    struct examine_step *steps;

    if (marks->elements == NULL) {
        const size_t count = objects_field_count(&examine->fields[number]);
        marks->elements = (unsigned char *)memory_new(count, 1, failure);
        marks->operands = (unsigned char **)memory_new((size_t)definition->operand_count,
                                                       sizeof *marks->operands, failure);
        if (marks->elements == NULL || marks->operands == NULL)
            return false;
    }
    if (marks->elements[element] != 0)
        return true;
    marks->elements[element] = EXAMINE_REACHED;
    steps = (struct examine_step *)memory_grow(examine->steps, &examine->step_capacity,
                                               examine->step_count + 1, sizeof *steps, failure);
    if (steps == NULL)
        return false;
    examine->steps = steps;
    steps[examine->step_count].number = number;
    steps[examine->step_count++].element = element;
    return true;
}

/* Looks at an element that was used; *wrong is set where it is wrong. */
static bool examine_meet(struct examine *examine, const struct examine_run *run, bool *wrong,
                         struct failure *failure)
{
    const int number = run->operand->number;
    const size_t element = examine_find_element(&run->field, &run->used);

    if (run->operand->kind == TRAINER_INPUT ||
        !examine_is_wrong(examine, (double)run->field.values[element]))
        return true;
    *wrong = true;
    if (run->operand->kind == TRAINER_DEFINITION)
        return examine_reach(examine, number, element, failure);
    if (examine->parameter == TRAINER_NONE || number < examine->parameter ||
        (number == examine->parameter && element < examine->parameter_element)) {
        examine->parameter = number;
        examine->parameter_element = element;
    }
    return true;
}

/* Looks at what an operand brings; at what many elements take in common, as rows of a matrix
 * product do, only once. */
static bool examine_pass(struct examine *examine, const struct trainer_operand *operand,
                         const struct examine_place *place, unsigned char **passed, bool *wrong,
                         struct failure *failure)
{
    struct examine_run run;
    unsigned char *known;
    bool here = false;

    if (!examine_begin(examine, operand, place, &run))
        return true;
    if (*passed == NULL)
        *passed = (unsigned char *)memory_new(objects_field_count(&run.field), 1, failure);
    if (*passed == NULL)
        return false;
    known = &(*passed)[examine_find_element(&run.field, &run.used)];
    if (*known == 0 || operand->guard != TRAINER_NONE) {
        do
            if (examine_is_used(examine, &run) && !examine_meet(examine, &run, &here, failure))
                return false;
        while (examine_advance(&run));
        *known = here ? EXAMINE_WRONG : EXAMINE_RIGHT;
    }
    *wrong = *wrong || *known == EXAMINE_WRONG;
    return true;
}

/* From the loss on to all that is wrong and went into it. */
static bool examine_go_back(struct examine *examine, int loss, struct failure *failure)
{
    if (!examine_is_wrong(examine, (double)examine->fields[loss].values[0]))
        return true;
    if (!examine_reach(examine, loss, 0, failure))
        return false;
    while (examine->step_count > 0) {
        const struct examine_step step = examine->steps[--examine->step_count];
        const struct trainer_definition *definition =
            &examine->session->model->definition_table[step.number];
        struct examine_marks *marks = &examine->marks[step.number];
        struct examine_place place;
        bool led = false;
        examine_find_place(&examine->fields[step.number], step.element, &place);
        for (int i = 0; i < definition->operand_count; i++)
            if (!examine_pass(examine, &definition->operands[i], &place, &marks->operands[i], &led,
                              failure))
                return false;
        marks->elements[step.element] |= led ? EXAMINE_LED : 0;
    }
    return true;
}

/* ---- The explanation ---- */

/* A parameter that is wrong by itself was made so by the step before, whose loss was a number. */
static void examine_accuse_parameter(struct examine *examine)
{
    const struct trainer_field *field = &examine->parameters->fields[examine->parameter];
    struct examine_place place;

    examine_find_place(field, examine->parameter_element, &place);
    examine_say(examine, "\n  the step before made ");
    examine_say_element(examine, field->name, field->rank, place.subscript, NULL);
    examine_say(examine, " %g: its derivative was no number, or too large",
                examine_unsigned((double)field->values[examine->parameter_element]));
}

static void examine_accuse(struct examine *examine, int number, size_t element)
{
    const struct trainer_definition *definition =
        &examine->session->model->definition_table[number];
    const struct trainer_field *field = &examine->fields[number];
    struct examine_place place;

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
}

/* Of all that was reached, what nothing wrong went into. */
static void examine_accuse_first(struct examine *examine)
{
    if (examine->parameter != TRAINER_NONE) {
        examine_accuse_parameter(examine);
        return;
    }
    for (int number = 0; number < examine->session->model->definition_count; number++) {
        const unsigned char *marks = examine->marks[number].elements;
        const size_t count = objects_field_count(&examine->fields[number]);
        for (size_t element = 0; marks != NULL && element < count; element++)
            if (marks[element] == EXAMINE_REACHED) {
                examine_accuse(examine, number, element);
                return;
            }
    }
}

static bool examine_make(struct examine *examine, struct failure *failure)
{
    const struct trainer_model *model = examine->session->model;
    const void *data = examine->view->data;

    examine->fields = (struct trainer_field *)memory_new((size_t)model->definition_fields,
                                                         sizeof *examine->fields, failure);
    examine->marks = (struct examine_marks *)memory_new((size_t)model->definition_count,
                                                        sizeof *examine->marks, failure);
    examine->work = (real *)memory_new(model->define_reals(data), sizeof(real), failure);
    return examine->fields != NULL && examine->marks != NULL && examine->work != NULL &&
           objects_make(&examine->item, &model->definitions, data, failure);
}

static void examine_free(struct examine *examine)
{
    const struct trainer_model *model = examine->session->model;

    for (int number = 0; examine->marks != NULL && number < model->definition_count; number++) {
        struct examine_marks *marks = &examine->marks[number];
        for (int i = 0;
             marks->operands != NULL && i < model->definition_table[number].operand_count; i++)
            free(marks->operands[i]);
        free(marks->operands);
        free(marks->elements);
    }
    objects_free(&examine->item);
    free(examine->fields);
    free(examine->marks);
    free(examine->steps);
    free(examine->work);
}

static void examine_explain(struct session *session, int objective, const struct batches_view *view,
                            const struct objects_parameters *parameters, double loss,
                            struct failure *failure)
{
    const struct trainer_model *model = session->model;
    const int definition = model->objectives[objective].definition;
    struct failure making = {FAILURE_NONE, ""}; /* without memory there is no explanation */
    struct examine examine;

    if (definition == TRAINER_NONE || model->definition_count == 0)
        return;
    memset(&examine, 0, sizeof examine);
    examine.session = session;
    examine.view = view;
    examine.parameters = parameters;
    examine.nan_only = isnan(loss) != 0;
    examine.parameter = TRAINER_NONE;
    examine.failure = failure;
    if (examine_make(&examine, &making)) {
        model->define(parameters->item.body, view->data, examine.work, examine.item.body);
        model->describe_definitions(examine.item.body, view->data, examine.fields);
        if (examine_go_back(&examine, definition, &making))
            examine_accuse_first(&examine);
    }
    examine_free(&examine);
}
