#include "records.h"

/* ---- Messages ---- */

/* "line 3" of a text, "row 3" elsewhere */
static void records_place(const struct records *records, char *text, size_t size)
{
    const bool lines = records->format == RECORDS_TABLE || records->format == RECORDS_SPARSE;

    snprintf(text, size, "%s %zu", lines ? "line" : "row",
             lines               ? records->table.line
             : records->rows > 0 ? records->rows
                                 : 1);
}

static bool records_wrong_row(const struct records *records, const char *what,
                              struct failure *failure)
{
    char place[64];

    records_place(records, place, sizeof place);
    return failure_set(failure, FAILURE_SYSTEM, "%s, %s: %s", records->name, place, what);
}

static bool records_wrong(const struct records *records, size_t column, const char *what,
                          const char *more, struct failure *failure)
{
    struct failure_quotation quotation;
    char number[32];
    char place[64];

    records_place(records, place, sizeof place);
    if (records->cells != NULL)
        failure_quote(&quotation, records->cells[column].text, records->cells[column].length);
    else
        snprintf(number, sizeof number, "%g", records->numbers[column]);
    return failure_set(failure, FAILURE_SYSTEM, "%s, %s, column %zu: %s %s%s", records->name, place,
                       column + 1, records->cells != NULL ? quotation.text : number, what, more);
}

/* ---- Opening ---- */

/* The row has a cell such as 3:0.5 behind the first. */
static bool records_is_sparse(const struct table *table)
{
    const char *text;

    if (table->delimiter != ' ' || table->count < 2)
        return false;
    text = table->cells[1].text;
    text += strspn(text, "0123456789");
    return text > table->cells[1].text && *text == ':';
}

static bool records_open_text(struct records *records, struct failure *failure)
{
    enum table_result result;

    table_open(&records->table, &records->source);
    result = table_next(&records->table, failure);
    if (result == TABLE_END)
        return failure_set(failure, FAILURE_SYSTEM, "%s is empty", records->name);
    if (result == TABLE_FAILED)
        return false;
    records->format = records_is_sparse(&records->table) ? RECORDS_SPARSE : RECORDS_TABLE;
    records->cells = records->table.cells;
    records->count = records->table.count;
    return true;
}

static bool records_open_member(struct records *records, const char *member,
                                struct failure *failure)
{
    char name[FAILURE_QUOTE];

    records->archive = true;
    snprintf(name, sizeof name, "%s.npy", member);
    if (!source_enter(&records->source, name, failure))
        return false;
    return array_is_npy(&records->source) ||
           failure_set(failure, FAILURE_SYSTEM, "%s: %s is no array", records->name, name);
}

/* The first row of an array, or the whole of one that is kept by columns. */
static bool records_read_first(struct records *records, struct failure *failure)
{
    const struct array *array = &records->array;
    const size_t count = array_row_length(array);
    const size_t rows = array->by_columns ? array->shape[0] : 1;
    const size_t size = memory_product(memory_product(count, rows), (size_t)array->size);

    if (!source_take(&records->source, size, &records->bytes, failure))
        return false;
    records->count = count;
    records->numbers = (double *)memory_new(count, sizeof(double), failure);
    return records->numbers != NULL;
}

static bool records_open_array(struct records *records, struct failure *failure)
{
    if (array_is_idx(&records->source)
            ? !array_read_idx(&records->array, &records->source, failure)
            : !array_read_npy(&records->array, &records->source, failure))
        return false;
    records->format = RECORDS_ARRAY;
    return records_read_first(records, failure);
}

static bool records_open(struct records *records, const char *file, const char *member,
                         struct failure *failure)
{
    struct source *source = &records->source;

    memset(records, 0, sizeof *records);
    records->file = file;
    records->name = source->name.text;
    if (!source_open(source, file, failure))
        return false;
    if (source_begins(source, "PK\3\4", 4) && !records_open_member(records, member, failure))
        return false;
    if (array_is_npy(source) || array_is_idx(source))
        return records_open_array(records, failure);
    return records_open_text(records, failure);
}

static void records_close(struct records *records)
{
    table_close(&records->table);
    source_close(&records->source);
    free(records->numbers);
    free(records->bytes);
    records->numbers = NULL;
    records->bytes = NULL;
}

static bool records_begin(struct records *records, size_t count, struct failure *failure)
{
    records->count = count;
    records->cells = NULL;
    records->numbers = (double *)memory_new(count, sizeof(double), failure);
    records->bytes = (unsigned char *)memory_new(count, 1, failure);
    return records->numbers != NULL && records->bytes != NULL;
}

/* ---- Characters ---- */

static bool records_may_be_characters(const struct records *records)
{
    const size_t length = strlen(records->file);
    double number;

    if (records->format != RECORDS_TABLE || length < 4)
        return false;
    if (strcmp(records->file + length - 4, ".txt") != 0 &&
        (length < 7 || strcmp(records->file + length - 7, ".txt.gz") != 0))
        return false;
    for (size_t i = 0; i < records->count; i++)
        if (!table_number(&records->cells[i], &number))
            return true;
    return false;
}

/* Begins the file anew. */
static bool records_reopen(struct records *records, struct failure *failure)
{
    table_close(&records->table);
    source_close(&records->source);
    return source_open(&records->source, records->file, failure);
}

static bool records_find_characters(struct records *records, bool *found, struct failure *failure)
{
    unsigned char bytes[4096];
    size_t count = sizeof bytes;

    while (count == sizeof bytes) {
        if (!source_read(&records->source, bytes, sizeof bytes, &count, failure))
            return false;
        for (size_t i = 0; i < count; i++)
            found[bytes[i]] = true;
    }
    return true;
}

static bool records_take_characters(struct records *records, ptrdiff_t classes, size_t *kinds,
                                    struct failure *failure)
{
    const bool all = classes >= 256;
    bool found[256];

    memset(found, all, sizeof found);
    records->format = RECORDS_CHARACTERS;
    records->cells = NULL;
    if (!records_reopen(records, failure) || !records_find_characters(records, found, failure) ||
        !records_reopen(records, failure))
        return false;
    *kinds = 0;
    for (int byte = 0; byte < 256; byte++)
        if (found[byte])
            records->codes[byte] = (double)(*kinds)++;
    return true;
}

/* ---- Sparse lines ---- */

/* 3:0.5 - a column, counted from 1, and its number; what follows a # is a comment. */
static bool records_take_pair(const struct table_cell *cell, size_t *column, double *number)
{
    const char *colon = strchr(cell->text, ':');
    struct table_cell value;

    if (colon == NULL)
        return false;
    *column = 0;
    for (const char *at = cell->text; at < colon; at++) {
        if (*at < '0' || *at > '9' || *column > SIZE_MAX / 20)
            return false;
        *column = 10 * *column + (size_t)(*at - '0');
    }
    value.text = colon + 1;
    value.length = cell->length - (size_t)(value.text - cell->text);
    return *column > 0 && table_number(&value, number);
}

static bool records_wrong_pair(const struct records *records, size_t cell, const char *what,
                               struct failure *failure)
{
    const struct table_cell *it = &records->table.cells[cell];
    struct failure_quotation quotation;

    return failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: %s %s", records->name,
                       records->table.line, failure_quote(&quotation, it->text, it->length), what);
}

static bool records_widest(const struct records *records, size_t *widest, struct failure *failure)
{
    struct records again;
    enum table_result result = TABLE_FAILED;
    bool good = records_open(&again, records->file, "", failure);

    *widest = 0;
    if (good)
        result = TABLE_ROW;
    while (result == TABLE_ROW) {
        for (size_t i = 1; i < again.table.count && again.table.cells[i].text[0] != '#'; i++) {
            double number;
            size_t column;
            if (records_take_pair(&again.table.cells[i], &column, &number) && column > *widest)
                *widest = column;
        }
        result = table_next(&again.table, failure);
    }
    records_close(&again);
    return result == TABLE_END;
}

static bool records_spread(struct records *records, struct failure *failure)
{
    const struct table *table = &records->table;

    memset(records->numbers, 0, records->count * sizeof(double));
    if (!table_number(&table->cells[0], &records->numbers[0]))
        return records_wrong_pair(records, 0, "is no number", failure);
    for (size_t i = 1; i < table->count && table->cells[i].text[0] != '#'; i++) {
        double number;
        size_t column;
        if (!records_take_pair(&table->cells[i], &column, &number))
            return records_wrong_pair(records, i, "is no column and number such as 3:0.5", failure);
        if (column >= records->count)
            return records_wrong_pair(records, i, "is beyond the last column", failure);
        records->numbers[column] = number;
    }
    return true;
}

/* ---- Rows ---- */

/* Characters that do not fill a row any more are left out. */
static enum table_result records_read_characters(struct records *records, struct failure *failure)
{
    size_t count;

    if (!source_read(&records->source, records->bytes, records->count, &count, failure))
        return TABLE_FAILED;
    if (count < records->count)
        return TABLE_END;
    for (size_t i = 0; i < count; i++)
        records->numbers[i] = records->codes[records->bytes[i]];
    return TABLE_ROW;
}

static enum table_result records_read_array(struct records *records, struct failure *failure)
{
    const struct array *array = &records->array;
    const size_t size = (size_t)array->size;

    if (records->rows == (array->rank > 0 ? array->shape[0] : 1))
        return TABLE_END;
    if (records->rows > 0 && !array->by_columns &&
        !source_fill(&records->source, records->bytes, records->count * size, failure))
        return TABLE_FAILED;
    for (size_t i = 0; i < records->count; i++) {
        const size_t place = array->by_columns ? records->rows + array_column_place(array, i) : i;
        records->numbers[i] = array_number(array, records->bytes + place * size);
    }
    return TABLE_ROW;
}

static enum table_result records_next(struct records *records, struct failure *failure)
{
    enum table_result result = TABLE_ROW;

    if (records->format == RECORDS_ARRAY)
        result = records_read_array(records, failure);
    else if (records->format == RECORDS_CHARACTERS)
        result = records_read_characters(records, failure);
    else if (records->rows > 0) /* the first one was read to find out the format */
        result = table_next(&records->table, failure);
    if (result != TABLE_ROW)
        return result;
    records->rows++;
    if (records->format == RECORDS_SPARSE && !records_spread(records, failure))
        return TABLE_FAILED;
    if (records->format == RECORDS_TABLE) {
        records->cells = records->table.cells;
        records->count = records->table.count;
    }
    return TABLE_ROW;
}

static bool records_number(const struct records *records, size_t column, double *number,
                           struct failure *failure)
{
    if (records->cells == NULL) {
        *number = records->numbers[column];
        return isfinite(*number) || records_wrong(records, column, "is not finite", "", failure);
    }
    if (table_number(&records->cells[column], number))
        return true;
    if (records->cells[column].length == 0)
        return failure_set(failure, FAILURE_SYSTEM, "%s, line %zu, column %zu: the cell is empty",
                           records->name, records->table.line, column + 1);
    return records_wrong(records, column, "is not a number", "", failure);
}
