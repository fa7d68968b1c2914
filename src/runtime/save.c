#include "save.h"

enum { SAVE_DIGITS = sizeof(real) == sizeof(float) ? 9 : 17 };

/* ---- Writing ---- */

static void save_write_field(FILE *stream, const struct trainer_field *field)
{
    const size_t count = objects_field_count(field);
    const size_t line = field->rank > 0 ? (size_t)field->extent[field->rank - 1] : 1;

    objects_print_shape(stream, field);
    for (size_t j = 0; j < count; j++)
        fprintf(stream, "%c%.*g", j % line == 0 ? '\n' : ' ', SAVE_DIGITS,
                (double)field->values[j]);
    fputc('\n', stream);
}

static bool save_write(const char *name, const struct trainer_model *model,
                       const struct objects_parameters *parameters, struct failure *failure)
{
    struct document document;

    if (!document_open(&document, name, failure))
        return false;
    fprintf(document.stream, "symgrad parameters of %s\n", model->name);
    for (int i = 0; i < parameters->count; i++)
        save_write_field(document.stream, &parameters->fields[i]);
    fputs("end\n", document.stream);
    return document_close(&document, failure);
}

/* ---- Reading ---- */

static bool save_wrong(const struct table *table, const char *wanted, struct failure *failure)
{
    struct failure_quotation quotation;

    return failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: %s where %s is wanted",
                       table->source->name.text, table->line,
                       failure_quote(&quotation, table->cells[0].text, table->cells[0].length),
                       wanted);
}

/* The next row; that there is none is a failure here. */
static bool save_next(struct table *table, struct failure *failure)
{
    const enum table_result result = table_next(table, failure);

    if (result == TABLE_END)
        return failure_set(failure, FAILURE_SYSTEM, "%s ends too early", table->source->name.text);
    return result == TABLE_ROW;
}

/* Like objects_print_shape, into a text. */
static void save_describe(const struct trainer_field *field, char *text, size_t size)
{
    size_t end = 0;

    snprintf(text, size, "%s", field->name);
    for (int axis = 0; axis < field->rank; axis++) {
        end = strlen(text);
        snprintf(text + end, size - end, "%c%td%s", axis == 0 ? '[' : ',', field->extent[axis],
                 axis + 1 == field->rank ? "]" : "");
    }
}

/* Any number, infinite and NaN as well. */
static bool save_read_number(const struct table_cell *cell, real *number)
{
    char *end;

    *number = (real)strtod(cell->text, &end);
    return cell->length > 0 && end == cell->text + cell->length;
}

static bool save_read_field(struct table *table, const struct trainer_field *field,
                            struct failure *failure)
{
    char shape[FAILURE_TEXT / 4];
    size_t done = 0;

    save_describe(field, shape, sizeof shape);
    if (!save_next(table, failure))
        return false;
    if (table->count != 1 || strcmp(table->cells[0].text, shape) != 0)
        return save_wrong(table, shape, failure);
    while (done < objects_field_count(field)) {
        if (!save_next(table, failure))
            return false;
        for (size_t i = 0; i < table->count; i++)
            if (done >= objects_field_count(field) ||
                !save_read_number(&table->cells[i], &field->values[done++]))
                return save_wrong(table, "a row of numbers", failure);
    }
    return true;
}

static bool save_read_all(struct table *table, const struct trainer_model *model,
                          const struct objects_parameters *parameters, struct failure *failure)
{
    if (!save_next(table, failure))
        return false;
    if (table->count != 4 || strcmp(table->cells[0].text, "symgrad") != 0 ||
        strcmp(table->cells[1].text, "parameters") != 0)
        return failure_set(failure, FAILURE_SYSTEM, "%s holds no parameters of symgrad",
                           table->source->name.text);
    if (strcmp(table->cells[3].text, model->name) != 0)
        return failure_set(failure, FAILURE_SYSTEM, "%s holds parameters of another model, not %s",
                           table->source->name.text, model->name);
    for (int i = 0; i < parameters->count; i++)
        if (!save_read_field(table, &parameters->fields[i], failure))
            return false;
    if (!save_next(table, failure))
        return false;
    return strcmp(table->cells[0].text, "end") == 0 || save_wrong(table, "'end'", failure);
}

static bool save_read(const char *name, const struct trainer_model *model,
                      struct objects_parameters *parameters, struct failure *failure)
{
    struct source source;
    struct table table;
    bool done;

    table_open(&table, &source);
    done = source_open(&source, name, failure) && save_read_all(&table, model, parameters, failure);
    table_close(&table);
    source_close(&source);
    return done;
}
