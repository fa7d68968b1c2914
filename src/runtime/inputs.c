#include "inputs.h"

/* The reading of one file, for all inputs that come from it. */
struct inputs_file {
    struct inputs *inputs;
    struct records records;
    struct inputs_columns columns;
    bool *members; /* of each input: whether it comes from this file */
    size_t rows;
};

static bool inputs_has_rows(const struct trainer_model *model, int input)
{
    return model->rows != TRAINER_NONE && model->inputs[input].rank > 0 &&
           model->inputs[input].axis[0] == model->rows;
}

/* ---- Cells ---- */

static bool inputs_read_number(const struct inputs_file *file, size_t column, double *number,
                               struct failure *failure)
{
    if (!records_number(&file->records, column, number, failure))
        return false;
    if (sizeof(real) == sizeof(float) && fabs(*number) > (double)FLT_MAX)
        return records_wrong(&file->records, column, "is too large", "", failure);
    return true;
}

/* A whole number from 0 to one less than the size of the dimension; where that size is not known,
 * the largest label settles it in the end. */
static bool inputs_read_label(const struct inputs_file *file, int dimension, size_t column,
                              int *label, struct failure *failure)
{
    const ptrdiff_t classes = file->inputs->sizes[dimension];
    const double end = classes == TRAINER_NONE ? (double)INT_MAX : (double)classes;
    char range[64];
    double number;

    if (!inputs_read_number(file, column, &number, failure))
        return false;
    if (floor(number) < number)
        return records_wrong(&file->records, column, "is not a whole number", "", failure);
    if (number < 0.0 || number >= end) {
        snprintf(range, sizeof range, "0..%.0f", end - 1.0);
        return records_wrong(&file->records, column, "is not in ", range, failure);
    }
    *label = (int)number;
    return true;
}

/* ---- Rows ---- */

static bool inputs_read_cells(struct inputs_file *file, int input, struct failure *failure)
{
    const int classes = file->inputs->model->inputs[input].classes;
    const size_t width = file->inputs->widths[input];
    const size_t *source = file->columns.source + file->columns.begin[input];
    struct store *store = &file->inputs->stores[input];

    for (size_t j = 0; j < width; j++) {
        double number;
        real value;
        int label;
        if (classes != TRAINER_NONE) {
            if (!inputs_read_label(file, classes, source[j], &label, failure) ||
                !store_append(store, &label, sizeof label, failure))
                return false;
        } else {
            if (!inputs_read_number(file, source[j], &number, failure))
                return false;
            value = (real)number;
            if (!store_append(store, &value, sizeof value, failure))
                return false;
        }
    }
    return true;
}

static bool inputs_read_row(struct inputs_file *file, struct failure *failure)
{
    char counts[128];

    if (file->records.count != file->columns.count) {
        snprintf(counts, sizeof counts, "%zu column%s here, but %zu in the first row",
                 file->records.count, file->records.count == 1 ? "" : "s", file->columns.count);
        return records_wrong_row(&file->records, counts, failure);
    }
    for (int i = 0; i < file->inputs->model->input_count; i++)
        if (file->members[i] && !inputs_read_cells(file, i, failure))
            return false;
    file->rows++;
    return true;
}

static bool inputs_read_rows(struct inputs_file *file, struct failure *failure)
{
    enum table_result result;

    if (!inputs_find_columns(&file->columns, &file->records, failure))
        return false;
    result = records_next(&file->records, failure);
    if (result == TABLE_ROW && file->columns.has_header)
        result = records_next(&file->records, failure);
    while (result == TABLE_ROW) {
        if (!inputs_read_row(file, failure))
            return false;
        result = records_next(&file->records, failure);
    }
    if (result == TABLE_END && file->rows == 0)
        return failure_set(failure, FAILURE_SYSTEM, "%s has %s rows", file->records.name,
                           file->columns.has_header ? "a header but no" : "no");
    return result == TABLE_END;
}

/* The number of rows is the size of each input's first axis, and must be 1 for a scalar. */
static bool inputs_settle_rows(const struct inputs_file *file, struct failure *failure)
{
    const struct trainer_model *model = file->inputs->model;

    for (int i = 0; i < model->input_count; i++) {
        const struct trainer_input *input = &model->inputs[i];
        ptrdiff_t *size = input->rank > 0 ? &file->inputs->sizes[input->axis[0]] : NULL;
        const ptrdiff_t wanted = size == NULL ? 1 : *size;
        if (!file->members[i])
            continue;
        if (wanted == TRAINER_NONE)
            *size = (ptrdiff_t)file->rows;
        else if (wanted != (ptrdiff_t)file->rows)
            return failure_set(failure, FAILURE_SYSTEM, "%s: %zu row%s here, but %td for %s%s%s",
                               file->records.name, file->rows, file->rows == 1 ? "" : "s", wanted,
                               input->name, size == NULL ? "" : ", as is ",
                               size == NULL ? "" : model->dimensions[input->axis[0]].name);
    }
    return true;
}

/* ---- Files ---- */

static void inputs_take(struct inputs *inputs, int input, struct store *store)
{
    struct trainer_values *values = &inputs->values[input];

    if (store != &inputs->stores[input]) {
        store_free(&inputs->stores[input]);
        inputs->stores[input] = *store;
    }
    if (inputs->model->inputs[input].classes != TRAINER_NONE)
        values->labels = (int *)store->items;
    else
        values->numbers = (real *)store->items;
}

static bool inputs_begin_stores(struct inputs_file *file, struct failure *failure)
{
    for (int i = 0; i < file->inputs->model->input_count; i++)
        if (file->members[i] &&
            !store_begin(&file->inputs->stores[i], file->inputs->folder, failure))
            return false;
    return true;
}

static bool inputs_finish_stores(struct inputs_file *file, struct failure *failure)
{
    for (int i = 0; i < file->inputs->model->input_count; i++) {
        struct store *store = &file->inputs->stores[i];
        if (!file->members[i])
            continue;
        if (!store_finish(store, failure))
            return false;
        inputs_take(file->inputs, i, store);
    }
    return true;
}

static bool inputs_prepare_file(struct inputs_file *file, struct inputs *inputs,
                                struct failure *failure)
{
    const size_t count = (size_t)inputs->model->input_count;

    memset(file, 0, sizeof *file);
    file->inputs = inputs;
    file->members = (bool *)memory_new(count, sizeof(bool), failure);
    file->columns.begin = (size_t *)memory_new(count, sizeof(size_t), failure);
    file->columns.model = inputs->model;
    file->columns.sizes = inputs->sizes;
    file->columns.widths = inputs->widths;
    file->columns.members = file->members;
    return file->members != NULL && file->columns.begin != NULL;
}

static void inputs_free_file(struct inputs_file *file)
{
    records_close(&file->records);
    free(file->members);
    free(file->columns.begin);
    free(file->columns.source);
}

/* ---- Formats ---- */

/* How many numbers an input has in a row, as far as that is known; 0: it is not. */
static size_t inputs_row_length(const struct inputs *inputs, int input)
{
    const struct trainer_input *it = &inputs->model->inputs[input];
    size_t length = 1;

    for (int axis = 1; axis < it->rank; axis++) {
        const ptrdiff_t size = inputs->sizes[it->axis[axis]];
        length = memory_product(length, size == TRAINER_NONE ? 0 : (size_t)size);
    }
    return length;
}

/* An array of one input alone: its shape is the input's. */
static bool inputs_settle_shape(struct inputs_file *file, int input, struct failure *failure)
{
    const struct array *array = &file->records.array;
    const struct trainer_input *it = &file->inputs->model->inputs[input];

    if (array->rank != it->rank)
        return true; /* then the columns decide, as in a table */
    for (int axis = 1; axis < it->rank; axis++) {
        ptrdiff_t *size = &file->inputs->sizes[it->axis[axis]];
        if (*size == TRAINER_NONE)
            *size = (ptrdiff_t)array->shape[axis];
        if (*size != (ptrdiff_t)array->shape[axis])
            return failure_set(failure, FAILURE_SYSTEM,
                               "%s: axis %d has size %zu here, but %td for %s", file->records.name,
                               axis + 1, array->shape[axis], *size, it->name);
    }
    return true;
}

/* A text for an input of whole numbers: one after another, its characters fill the input's rows. */
static bool inputs_settle_characters(struct inputs_file *file, int input, struct failure *failure)
{
    ptrdiff_t *classes = &file->inputs->sizes[file->inputs->model->inputs[input].classes];
    const size_t length = inputs_row_length(file->inputs, input);
    const char *name = file->inputs->model->inputs[input].name;
    size_t kinds;

    if (length == 0)
        return failure_set(failure, FAILURE_SYSTEM,
                           "%s: characters alone do not tell the sizes of %s", file->records.name,
                           name);
    if (!records_take_characters(&file->records, *classes, &kinds, failure))
        return false;
    if (*classes == TRAINER_NONE)
        *classes = (ptrdiff_t)kinds;
    if ((ptrdiff_t)kinds > *classes)
        return failure_set(failure, FAILURE_SYSTEM,
                           "%s: %zu different characters here, but %td for %s", file->records.name,
                           kinds, *classes, name);
    return records_begin(&file->records, length, failure);
}

/* Sparse lines have a label and as many columns as the inputs say, or else the lines. */
static bool inputs_settle_sparse(struct inputs_file *file, struct failure *failure)
{
    const struct trainer_model *model = file->inputs->model;
    size_t columns = 0;
    bool known = true;

    for (int i = 0; i < model->input_count; i++)
        if (file->members[i] && model->inputs[i].rank > 1) {
            const size_t length = inputs_row_length(file->inputs, i);
            known = known && length > 0;
            columns = memory_sum(columns, length);
        }
    if (!known && !records_widest(&file->records, &columns, failure))
        return false;
    return records_begin(&file->records, memory_sum(columns, 1), failure);
}

/* What a file in another form than a table tells before its first row. */
static bool inputs_settle_format(struct inputs_file *file, int first, struct failure *failure)
{
    const struct trainer_model *model = file->inputs->model;
    int members = 0;

    for (int i = 0; i < model->input_count; i++) {
        if (file->records.archive)
            file->members[i] = i == first;
        members += file->members[i];
    }
    if (file->records.format == RECORDS_ARRAY && members == 1)
        return inputs_settle_shape(file, first, failure);
    if (file->records.format == RECORDS_SPARSE)
        return inputs_settle_sparse(file, failure);
    if (members == 1 && model->inputs[first].classes != TRAINER_NONE &&
        records_may_be_characters(&file->records))
        return inputs_settle_characters(file, first, failure);
    return true;
}

/* Reads the inputs that come from the same file as the input `first`. */
static bool inputs_read_file(struct inputs *inputs, const char *const *files, int first,
                             struct failure *failure)
{
    struct inputs_file file;
    bool done = inputs_prepare_file(&file, inputs, failure);

    for (int i = 0; done && i < inputs->model->input_count; i++)
        file.members[i] = strcmp(files[i], files[first]) == 0;
    done = done &&
           records_open(&file.records, files[first], inputs->model->inputs[first].name, failure) &&
           inputs_settle_format(&file, first, failure) && inputs_begin_stores(&file, failure) &&
           inputs_read_rows(&file, failure) && inputs_settle_rows(&file, failure) &&
           inputs_finish_stores(&file, failure);
    inputs_free_file(&file);
    return done;
}

/* ---- All ---- */

/* Every input needs a file. */
static bool inputs_have_files(const struct trainer_model *model, const char *const *files,
                              struct failure *failure)
{
    char names[FAILURE_TEXT / 2];
    size_t end = 0;

    names[0] = '\0';
    for (int i = 0; i < model->input_count && end + 1 < sizeof names; i++)
        if (files[i] == NULL) {
            snprintf(names + end, sizeof names - end, "%s%s", end == 0 ? "" : ",",
                     model->inputs[i].name);
            end += strlen(names + end);
        }
    if (end == 0)
        return true;
    return failure_set(failure, FAILURE_USAGE, "no data for %s: give --data %s=FILE", names, names);
}

static int inputs_largest_label(const struct inputs *inputs, int input)
{
    const struct trainer_input *it = &inputs->model->inputs[input];
    const size_t rows = it->rank > 0 ? (size_t)inputs->sizes[it->axis[0]] : 1;
    int largest = 0;

    for (size_t j = 0; j < rows * inputs->widths[input]; j++)
        if (inputs->values[input].labels[j] > largest)
            largest = inputs->values[input].labels[j];
    return largest;
}

/* `in k` with a k that nothing else decides: one more than the largest label. */
static void inputs_settle_classes(struct inputs *inputs, int dimension)
{
    const struct trainer_model *model = inputs->model;
    ptrdiff_t size = TRAINER_NONE;

    for (int i = 0; i < model->input_count; i++)
        if (model->inputs[i].classes == dimension && inputs_largest_label(inputs, i) >= size)
            size = (ptrdiff_t)inputs_largest_label(inputs, i) + 1;
    inputs->sizes[dimension] = size;
}

/* Every size is known in the end, and no label is beyond its own: one may have been read before
 * another file settled the size. */
static bool inputs_settle(struct inputs *inputs, struct failure *failure)
{
    const struct trainer_model *model = inputs->model;

    for (int d = 0; d < model->dimension_count; d++) {
        if (inputs->sizes[d] == TRAINER_NONE)
            inputs_settle_classes(inputs, d);
        if (inputs->sizes[d] == TRAINER_NONE)
            return failure_set(failure, FAILURE_SYSTEM, "no data tells the size of %s",
                               model->dimensions[d].name);
    }
    for (int i = 0; i < model->input_count; i++) {
        const int classes = model->inputs[i].classes;
        if (classes != TRAINER_NONE && inputs_largest_label(inputs, i) >= inputs->sizes[classes])
            return failure_set(failure, FAILURE_SYSTEM, "%s holds %d, which is not in 0..%td",
                               model->inputs[i].name, inputs_largest_label(inputs, i),
                               inputs->sizes[classes] - 1);
    }
    inputs->rows = model->rows == TRAINER_NONE ? 1 : inputs->sizes[model->rows];
    return true;
}

static bool inputs_prepare(struct inputs *inputs, const struct trainer_model *model,
                           const char *folder, struct failure *failure)
{
    const size_t count = (size_t)model->input_count;

    memset(inputs, 0, sizeof *inputs);
    inputs->model = model;
    inputs->folder = folder;
    inputs->stores = (struct store *)memory_new(count, sizeof(struct store), failure);
    inputs->sizes =
        (ptrdiff_t *)memory_new((size_t)model->dimension_count, sizeof(ptrdiff_t), failure);
    inputs->values =
        (struct trainer_values *)memory_new(count, sizeof(struct trainer_values), failure);
    inputs->widths = (size_t *)memory_new(count, sizeof(size_t), failure);
    if (inputs->sizes == NULL || inputs->values == NULL || inputs->stores == NULL ||
        inputs->widths == NULL)
        return false;
    for (int d = 0; d < model->dimension_count; d++)
        inputs->sizes[d] = model->dimensions[d].size;
    return true;
}

static bool inputs_read(struct inputs *inputs, const struct trainer_model *model,
                        const char *const *files, const char *folder, struct failure *failure)
{
    if (!inputs_prepare(inputs, model, folder, failure) ||
        !inputs_have_files(model, files, failure))
        return false;
    for (int i = 0; i < model->input_count; i++) {
        const bool read = inputs->values[i].numbers != NULL || inputs->values[i].labels != NULL;
        if (!read && !inputs_read_file(inputs, files, i, failure))
            return false;
    }
    return inputs_settle(inputs, failure);
}

static void inputs_free(struct inputs *inputs)
{
    for (int i = 0; inputs->stores != NULL && i < inputs->model->input_count; i++)
        store_free(&inputs->stores[i]);
    free(inputs->sizes);
    free(inputs->values);
    free(inputs->stores);
    free(inputs->widths);
    inputs->sizes = NULL;
    inputs->values = NULL;
    inputs->stores = NULL;
    inputs->widths = NULL;
}
