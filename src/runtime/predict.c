#include "predict.h"

/* The lines that an output takes, and its numbers on each. */
static size_t predict_lines(const struct trainer_field *field)
{
    return field->rank > 0 ? (size_t)field->extent[0] : 1;
}

static size_t predict_columns(const struct trainer_field *field)
{
    size_t columns = 1;

    for (int axis = 1; axis < field->rank; axis++)
        columns = memory_product(columns, (size_t)field->extent[axis]);
    return columns;
}

/* p[3] or q[3,1]: the name of a column; an output of one column has just its own. */
static void predict_write_name(FILE *stream, const struct trainer_field *field, size_t column)
{
    size_t below = predict_columns(field);

    if (field->rank > 2)
        fputc('"', stream); /* for the comma */
    fputs(field->name, stream);
    for (int axis = 1; axis < field->rank; axis++) {
        below /= (size_t)field->extent[axis];
        fprintf(stream, "%c%zu", axis == 1 ? '[' : ',', column / below);
        column %= below;
    }
    if (field->rank > 1)
        fputc(']', stream);
    if (field->rank > 2)
        fputc('"', stream);
}

static void predict_write_header(FILE *stream, const struct trainer_field *fields, int count)
{
    for (int i = 0; i < count; i++)
        for (size_t column = 0; column < predict_columns(&fields[i]); column++) {
            if (i > 0 || column > 0)
                fputc(',', stream);
            predict_write_name(stream, &fields[i], column);
        }
    fputc('\n', stream);
}

static void predict_write_line(FILE *stream, const struct trainer_field *fields, int count,
                               size_t line)
{
    for (int i = 0; i < count; i++) {
        const size_t columns = predict_columns(&fields[i]);
        const real *values = fields[i].values + line * columns;
        for (size_t column = 0; column < columns; column++)
            fprintf(stream, "%s%.*g", i > 0 || column > 0 ? "," : "", SAVE_DIGITS,
                    (double)values[column]);
    }
    fputc('\n', stream);
}

/* Outputs of equally many lines, side by side; `places` tells where the line of each row is. */
static void predict_write_block(FILE *stream, const struct trainer_field *fields, int count,
                                const ptrdiff_t *places)
{
    const size_t lines = predict_lines(fields);

    predict_write_header(stream, fields, count);
    for (size_t line = 0; line < lines; line++)
        predict_write_line(stream, fields, count, places == NULL ? line : (size_t)places[line]);
}

/* Whether an output and the next belong in one block: as many lines, for all rows and for a part.
 */
static bool predict_go_together(const struct trainer_field *field, const struct trainer_field *part)
{
    return predict_lines(&field[0]) == predict_lines(&field[1]) &&
           predict_lines(&part[0]) == predict_lines(&part[1]);
}

/* Holding out has moved the rows; an output follows the rows if it has fewer lines for fewer. */
static void predict_write_blocks(FILE *stream, const struct session *session)
{
    const int outputs = session->model->output_count;

    for (int first = 0; first < outputs;) {
        const struct trainer_field *fields = session->output_fields + first;
        const struct trainer_field *parts = session->output_parts + first;
        const bool rows = predict_lines(fields) != predict_lines(parts);
        int count = 1;
        while (first + count < outputs &&
               predict_go_together(&fields[count - 1], &parts[count - 1]))
            count++;
        if (first > 0)
            fputc('\n', stream);
        predict_write_block(stream, fields, count, rows ? session->places : NULL);
        first += count;
    }
}

static bool predict_write(const char *name, struct session *session, struct failure *failure)
{
    const struct trainer_model *model = session->model;
    struct document document;

    model->predict(session->result->item.body, session->all.data, session->work,
                   session->outputs.body);
    model->describe_outputs(session->outputs.body, session->training.data, session->output_parts);
    model->describe_outputs(session->outputs.body, session->all.data, session->output_fields);
    if (!document_open(&document, name, failure))
        return false;
    predict_write_blocks(document.stream, session);
    return document_close(&document, failure);
}
