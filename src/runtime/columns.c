#include "columns.h"

/* The column whose header is `name`, or columns->count. */
static size_t inputs_named_column(const struct inputs_columns *columns,
                                  const struct records *records, const char *name)
{
    size_t column = 0;

    if (records->cells == NULL)
        return records->format == RECORDS_SPARSE ? 0 : columns->count;
    while (column < columns->count && strcmp(records->cells[column].text, name) != 0)
        column++;
    return column;
}

static bool inputs_is_member(const struct inputs_columns *columns, int input, bool one_column)
{
    return columns->members[input] && (columns->model->inputs[input].rank <= 1) == one_column;
}

/* Whether the row names all inputs of one column, and there is one. */
static bool inputs_all_named(const struct inputs_columns *columns, const struct records *records)
{
    const struct trainer_model *model = columns->model;
    bool any = false;

    for (int i = 0; i < model->input_count; i++)
        if (inputs_is_member(columns, i, true)) {
            any = true;
            if (inputs_named_column(columns, records, model->inputs[i].name) == columns->count)
                return false;
        }
    return any;
}

/* The first row is a header where no cell is a number, or where its cells name the inputs. */
static void inputs_find_header(struct inputs_columns *columns, const struct records *records)
{
    double value;

    columns->named = inputs_all_named(columns, records);
    columns->has_header = records->cells != NULL;
    if (records->cells == NULL)
        return;
    for (size_t column = 0; column < columns->count; column++)
        if (table_number(&records->cells[column], &value))
            columns->has_header = columns->named;
}

/* The names of the file's inputs, for a message; a list that is too long is cut. */
static void inputs_list_members(const struct inputs_columns *columns, char *text, size_t size)
{
    size_t end = 0;

    text[0] = '\0';
    for (int i = 0; i < columns->model->input_count && end + 1 < size; i++)
        if (columns->members[i]) {
            snprintf(text + end, size - end, "%s%s", end == 0 ? "" : ", ",
                     columns->model->inputs[i].name);
            end += strlen(text + end);
        }
}

static bool inputs_wrong_count(const struct inputs_columns *columns, const struct records *records,
                               const char *least, size_t needed, struct failure *failure)
{
    char names[FAILURE_TEXT / 4];
    char counts[FAILURE_TEXT / 2];

    inputs_list_members(columns, names, sizeof names);
    snprintf(counts, sizeof counts, "%zu column%s here, but %zu%s for %s", columns->count,
             columns->count == 1 ? "" : "s", needed, least, names);
    return records_wrong_row(records, counts, failure);
}

/* The dimension of the one size along the columns that is not known yet, or TRAINER_NONE. */
static bool inputs_find_unknown(const struct inputs_columns *columns, const struct records *records,
                                int *unknown, struct failure *failure)
{
    const struct trainer_model *model = columns->model;

    *unknown = TRAINER_NONE;
    for (int i = 0; i < model->input_count; i++) {
        const struct trainer_input *input = &model->inputs[i];
        bool here = false;
        for (int axis = 1; columns->members[i] && axis < input->rank; axis++) {
            if (columns->sizes[input->axis[axis]] != TRAINER_NONE)
                continue;
            if (here || (*unknown != TRAINER_NONE && *unknown != input->axis[axis]))
                return failure_set(failure, FAILURE_SYSTEM,
                                   "%s: the columns alone do not tell the sizes of %s",
                                   records->name, input->name);
            *unknown = input->axis[axis];
            here = true;
        }
    }
    return true;
}

/* The columns that an input takes, were the unknown size 1. */
static size_t inputs_known_width(const struct inputs_columns *columns, int input)
{
    const struct trainer_input *it = &columns->model->inputs[input];
    size_t width = 1;

    for (int axis = 1; axis < it->rank; axis++) {
        const ptrdiff_t size = columns->sizes[it->axis[axis]];
        width = memory_product(width, size == TRAINER_NONE ? 1 : (size_t)size);
    }
    return width;
}

static bool inputs_spans(const struct trainer_input *input, int dimension)
{
    for (int axis = 1; axis < input->rank; axis++)
        if (input->axis[axis] == dimension)
            return true;
    return false;
}

/* Settles the unknown size from the columns that the others leave. */
static bool inputs_settle_size(struct inputs_columns *columns, const struct records *records,
                               struct failure *failure)
{
    size_t fixed = 0; /* columns whatever the unknown size */
    size_t each = 0;  /* columns for every 1 of it */
    int unknown;

    if (!inputs_find_unknown(columns, records, &unknown, failure))
        return false;
    for (int i = 0; i < columns->model->input_count; i++)
        if (columns->members[i]) {
            size_t *sum = inputs_spans(&columns->model->inputs[i], unknown) ? &each : &fixed;
            *sum = memory_sum(*sum, inputs_known_width(columns, i));
        }
    if (unknown == TRAINER_NONE)
        return true;
    if (each == 0 || columns->count <= fixed || (columns->count - fixed) % each != 0)
        return inputs_wrong_count(columns, records, " or more, evenly shared,",
                                  memory_sum(fixed, each), failure);
    columns->sizes[unknown] = (ptrdiff_t)((columns->count - fixed) / each);
    return true;
}

/* All sizes along the columns are known now; the inputs must take every column, unless they know
 * theirs by name and leave the rest. */
static bool inputs_find_widths(struct inputs_columns *columns, const struct records *records,
                               struct failure *failure)
{
    const struct trainer_model *model = columns->model;
    bool wide = false;
    size_t needed = 0;

    for (int i = 0; i < model->input_count; i++)
        if (columns->members[i]) {
            columns->widths[i] = inputs_known_width(columns, i);
            columns->begin[i] = needed;
            needed = memory_sum(needed, columns->widths[i]);
            wide = wide || model->inputs[i].rank > 1;
        }
    if (needed > columns->count || (needed < columns->count && (wide || !columns->named)))
        return inputs_wrong_count(columns, records, "", needed, failure);
    return true;
}

/* Gives the named columns to their inputs; `taken` tells which those are. */
static void inputs_take_named(struct inputs_columns *columns, const struct records *records,
                              bool *taken)
{
    for (int i = 0; i < columns->model->input_count; i++)
        if (inputs_is_member(columns, i, true)) {
            const char *name = columns->model->inputs[i].name;
            const size_t column = inputs_named_column(columns, records, name);
            columns->source[columns->begin[i]] = column;
            taken[column] = true;
        }
}

/* Gives the columns that are not taken to the other inputs, from left to right. */
static void inputs_take_rest(struct inputs_columns *columns, const bool *taken)
{
    size_t column = 0;

    for (int i = 0; i < columns->model->input_count; i++) {
        if (!columns->members[i] || (columns->named && inputs_is_member(columns, i, true)))
            continue;
        for (size_t j = 0; j < columns->widths[i]; j++) {
            while (taken[column])
                column++;
            columns->source[columns->begin[i] + j] = column++;
        }
    }
}

static bool inputs_find_columns(struct inputs_columns *columns, const struct records *records,
                                struct failure *failure)
{
    bool *taken;

    columns->count = records->count;
    inputs_find_header(columns, records);
    if (!inputs_settle_size(columns, records, failure) ||
        !inputs_find_widths(columns, records, failure))
        return false;
    columns->source = (size_t *)memory_new(columns->count, sizeof(size_t), failure);
    if (columns->source == NULL)
        return false;
    taken = (bool *)memory_new(columns->count, sizeof(bool), failure);
    if (taken == NULL)
        return false;
    if (columns->named)
        inputs_take_named(columns, records, taken);
    inputs_take_rest(columns, taken);
    free(taken);
    return true;
}
