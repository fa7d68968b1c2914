#include "columns.h"

/* The column whose header is `name`, or columns->count. */
static size_t inputs_named_column(const struct inputs_columns *columns, const struct table *table,
                                  const char *name)
{
    size_t column = 0;

    while (column < columns->count && strcmp(table->cells[column].text, name) != 0)
        column++;
    return column;
}

static bool inputs_is_member(const struct inputs_columns *columns, int input, bool one_column)
{
    return columns->members[input] && (columns->model->inputs[input].rank <= 1) == one_column;
}

/* Whether the row names all inputs of one column, and there is one. */
static bool inputs_all_named(const struct inputs_columns *columns, const struct table *table)
{
    const struct trainer_model *model = columns->model;
    bool any = false;

    for (int i = 0; i < model->input_count; i++)
        if (inputs_is_member(columns, i, true)) {
            any = true;
            if (inputs_named_column(columns, table, model->inputs[i].name) == columns->count)
                return false;
        }
    return any;
}

/* The first row is a header where no cell is a number, or where its cells name the inputs. */
static void inputs_find_header(struct inputs_columns *columns, const struct table *table)
{
    double value;

    columns->named = inputs_all_named(columns, table);
    columns->has_header = true;
    for (size_t column = 0; column < columns->count; column++)
        if (table_number(&table->cells[column], &value))
            columns->has_header = columns->named;
}

/* The columns of an input, were its unknown size 1; notes the dimension of that size. Returns 0
 * where several of its sizes are unknown. */
static size_t inputs_known_width(const struct inputs_columns *columns, int input, int *unknown)
{
    const struct trainer_input *it = &columns->model->inputs[input];
    size_t width = 1;
    int count = 0;

    for (int axis = 1; axis < it->rank; axis++) {
        const ptrdiff_t size = columns->sizes[it->axis[axis]];
        if (size == TRAINER_NONE) {
            *unknown = it->axis[axis];
            count++;
        } else {
            width = memory_product(width, (size_t)size);
        }
    }
    return count > 1 ? 0 : width;
}

static bool inputs_wrong_count(const struct inputs_columns *columns, const struct table *table,
                               const char *least, size_t needed, struct failure *failure)
{
    char names[FAILURE_TEXT / 4];
    size_t end = 0;

    names[0] = '\0';
    for (int i = 0; i < columns->model->input_count && end + 1 < sizeof names; i++)
        if (columns->members[i]) {
            snprintf(names + end, sizeof names - end, "%s%s", end == 0 ? "" : ", ",
                     columns->model->inputs[i].name);
            end += strlen(names + end);
        }
    return failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: %zu column%s, but %s: %s%zu",
                       table->name.text, table->line, columns->count,
                       columns->count == 1 ? "" : "s", names, least, needed);
}

/* Settles the one size that is not known yet, of dimension `unknown`: `fixed` columns are taken,
 * and `each` more for every 1 of the size. */
static bool inputs_settle_size(struct inputs_columns *columns, const struct table *table,
                               int unknown, size_t fixed, size_t each, struct failure *failure)
{
    if (columns->count <= fixed || (columns->count - fixed) % each != 0)
        return inputs_wrong_count(columns, table, each == 1 ? "at least " : "no such number as ",
                                  memory_sum(fixed, each), failure);
    columns->sizes[unknown] = (ptrdiff_t)((columns->count - fixed) / each);
    return true;
}

/* Finds the widths of the inputs; all sizes along the columns are known then. */
static bool inputs_find_widths(struct inputs_columns *columns, const struct table *table,
                               struct failure *failure)
{
    const struct trainer_model *model = columns->model;
    size_t fixed = 0;
    size_t each = 0;
    int unknown = TRAINER_NONE;
    bool wide = false;

    for (int i = 0; i < model->input_count; i++) {
        int here = TRAINER_NONE;
        if (!columns->members[i])
            continue;
        columns->widths[i] = inputs_known_width(columns, i, &here);
        wide = wide || model->inputs[i].rank > 1;
        if (here == TRAINER_NONE)
            fixed = memory_sum(fixed, columns->widths[i]);
        else
            each = memory_sum(each, columns->widths[i]);
        if (here != TRAINER_NONE && (columns->widths[i] == 0 || (unknown != TRAINER_NONE && unknown != here)))
            return failure_set(failure, FAILURE_SYSTEM,
                               "%s: the columns alone do not tell all sizes of %s",
                               table->name.text, model->inputs[i].name);
        unknown = here == TRAINER_NONE ? unknown : here;
    }
    if (unknown != TRAINER_NONE)
        return inputs_settle_size(columns, table, unknown, fixed, each, failure);
    if (fixed > columns->count || (fixed < columns->count && (wide || !columns->named)))
        return inputs_wrong_count(columns, table, "", fixed, failure);
    return true;
}
