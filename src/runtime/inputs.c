#include "inputs.h"

/* The reading of one file, for all inputs that come from it. */
struct inputs_file {
    struct inputs *inputs;
    const char *const *files;
    const char *file;
    struct table table;
    bool has_header;
    bool by_header;
    size_t columns;
    bool *taken;        /* columns that the header gave to an input */
    size_t *begin;      /* of each input: where its columns begin in `source` */
    size_t *source;     /* the column of each number in a row, input by input */
    size_t *capacities; /* of each input: the numbers for which there is room */
    size_t rows;
};

static bool inputs_has_rows(const struct trainer_model *model, int input)
{
    return model->rows != TRAINER_NONE && model->inputs[input].rank > 0 &&
           model->inputs[input].axis[0] == model->rows;
}

static bool inputs_belongs(const struct inputs_file *file, int input)
{
    return strcmp(file->files[input], file->file) == 0;
}

static const char *inputs_name(const struct inputs_file *file, int input)
{
    return file->inputs->model->inputs[input].name;
}

/* ---- Columns ---- */

/* The column whose header is `name`, or file->columns. */
static size_t inputs_named_column(const struct inputs_file *file, const char *name)
{
    size_t column = 0;

    while (column < file->columns && strcmp(file->table.cells[column].text, name) != 0)
        column++;
    return column;
}

/* The header names all inputs of one column (and there is one): they take the columns so named. */
static bool inputs_all_named(const struct inputs_file *file)
{
    const struct trainer_model *model = file->inputs->model;
    bool any = false;

    for (int i = 0; i < model->input_count; i++)
        if (inputs_belongs(file, i) && model->inputs[i].rank <= 1) {
            any = true;
            if (inputs_named_column(file, model->inputs[i].name) == file->columns)
                return false;
        }
    return any;
}

/* A row is a header where no cell is a number, or where its cells name the inputs. */
static bool inputs_is_header(const struct inputs_file *file)
{
    double value;

    for (size_t column = 0; column < file->columns; column++)
        if (table_number(&file->table.cells[column], &value))
            return inputs_all_named(file);
    return true;
}

/* The numbers that an input takes from a row, were the unknown dimension 1; notes that dimension. */
static size_t inputs_known_width(const struct inputs *inputs, int input, int *unknown)
{
    const struct trainer_input *it = &inputs->model->inputs[input];
    size_t width = 1;

    for (int axis = 1; axis < it->rank; axis++) {
        const ptrdiff_t size = inputs->sizes[it->axis[axis]];
        if (size == TRAINER_NONE)
            *unknown = it->axis[axis];
        else
            width = memory_product(width, (size_t)size);
    }
    return width;
}

/* How often a dimension stands in an input's axes along the columns. */
static int inputs_axis_count(const struct trainer_input *input, int dimension)
{
    int count = 0;

    for (int axis = 1; axis < input->rank; axis++)
        count += input->axis[axis] == dimension;
    return count;
}

static bool inputs_wrong_columns(const struct inputs_file *file, size_t needed,
                                 struct failure *failure)
{
    return failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: %zu column%s where %s%zu %s needed",
                       file->table.name.text, file->table.line, file->columns,
                       file->columns == 1 ? "" : "s", file->columns > needed ? "only " : "",
                       needed, needed == 1 ? "is" : "are");
}

/* The dimension that takes the columns that remain, or TRAINER_NONE. */
static bool inputs_find_unknown(const struct inputs_file *file, int *unknown,
                                struct failure *failure)
{
    const struct trainer_model *model = file->inputs->model;

    *unknown = TRAINER_NONE;
    for (int i = 0; i < model->input_count; i++) {
        int here = TRAINER_NONE;
        if (!inputs_belongs(file, i))
            continue;
        inputs_known_width(file->inputs, i, &here);
        if (here == TRAINER_NONE)
            continue;
        if ((*unknown != TRAINER_NONE && here != *unknown) ||
            inputs_axis_count(&model->inputs[i], here) > 1)
            return failure_set(failure, FAILURE_SYSTEM,
                               "%s: its columns do not tell the sizes of %s", 
                               file->table.name.text, model->inputs[i].name);
        *unknown = here;
    }
    return true;
}

/* Settles the one unknown size from the number of columns. */
static bool inputs_settle_columns(struct inputs_file *file, struct failure *failure)
{
    struct inputs *inputs = file->inputs;
    size_t fixed = 0;
    size_t each = 0; /* columns for every 1 of the unknown size */
    int unknown;

    if (!inputs_find_unknown(file, &unknown, failure))
        return false;
    for (int i = 0; i < inputs->model->input_count; i++) {
        int here = TRAINER_NONE;
        if (inputs_belongs(file, i)) {
            const size_t width = inputs_known_width(inputs, i, &here);
            if (here == TRAINER_NONE)
                fixed = memory_sum(fixed, width);
            else
                each = memory_sum(each, width);
        }
    }
    if (each > 0) {
        if (file->columns <= fixed || (file->columns - fixed) % each != 0)
            return inputs_wrong_columns(file, memory_sum(fixed, each), failure);
        inputs->sizes[unknown] = (ptrdiff_t)((file->columns - fixed) / each);
    } else if (file->columns < fixed ||
               (file->columns > fixed && !(file->by_header && inputs_only_scalars(file)))) {
        return inputs_wrong_columns(file, fixed, failure);
    }
    return true;
}
