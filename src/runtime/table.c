#include "table.h"

static void table_open(struct table *table, struct source *source)
{
    memset(table, 0, sizeof *table);
    table->source = source;
    table->next_line = 1;
}

static void table_close(struct table *table)
{
    free(table->buffer);
    free(table->cells);
    memset(table, 0, sizeof *table);
}

/* ---- Lines ---- */

/* Reads more behind what is in the buffer, which moves to the buffer's beginning; a NUL is always
 * behind it. A longer line gets a buffer twice as large. */
static bool table_read_more(struct table *table, struct failure *failure)
{
    const size_t kept = table->filled - table->position;
    char *buffer;
    size_t wanted;
    size_t count;

    if (table->position > 0)
        memmove(table->buffer, table->buffer + table->position, kept);
    table->position = 0;
    table->filled = kept;
    buffer =
        (char *)memory_grow(table->buffer, &table->capacity, kept + TABLE_BUFFER + 1, 1, failure);
    if (buffer == NULL)
        return false;
    table->buffer = buffer;
    wanted = table->capacity - kept - 1;
    if (!source_read(table->source, (unsigned char *)buffer + kept, wanted, &count, failure))
        return false;
    table->filled += count;
    table->buffer[table->filled] = '\0';
    table->ended = count < wanted;
    return true;
}

static bool table_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Whether a quote after this byte opens a quoted cell. */
static bool table_ends_cell(const struct table *table, char byte)
{
    if (table_is_blank(byte))
        return true;
    return table->delimiter == '\0' ? byte == ',' || byte == ';' : byte == table->delimiter;
}

/* A line in the making: how far it goes so far, and what it is within there. */
struct table_scan {
    size_t length;
    bool quoted;
    bool comment;
};

/* A quote opens a quoted cell, ends it or, where another went before, goes on with it. */
static void table_scan_quote(const struct table *table, struct table_scan *scan)
{
    const char *text = table->buffer + table->position;
    const size_t i = scan->length;

    if (scan->comment)
        return;
    if (scan->quoted)
        scan->quoted = false;
    else if (i == 0 || text[i - 1] == '"' || table_ends_cell(table, text[i - 1]))
        scan->quoted = true;
}

/* Goes on to the end of the line, or of what was read ahead; counts the lines within quotes. True
 * at the end of the line. */
static bool table_scan_on(struct table *table, struct table_scan *scan)
{
    const char *text = table->buffer + table->position;
    const size_t end = table->filled - table->position;

    for (; scan->length < end; scan->length++) {
        const char byte = text[scan->length];
        if (byte == '"')
            table_scan_quote(table, scan);
        if (byte != '\n' && byte != '\r')
            continue;
        if (!scan->quoted)
            return true;
        if (byte == '\n' || text[scan->length + 1] != '\n')
            table->next_line++;
    }
    return false;
}

/* Whether the line is a comment, whose quotes are none. */
static bool table_begins_comment(const struct table *table)
{
    size_t i = table->position;

    while (i < table->filled && table_is_blank(table->buffer[i]))
        i++;
    return i < table->filled && table->buffer[i] == '#';
}

/* The line has been found: takes it out of what was read ahead. */
static void table_take_line(struct table *table, const struct table_scan *scan)
{
    size_t next = table->position + scan->length;

    table->text = table->buffer + table->position;
    table->length = scan->length;
    if (next < table->filled) {
        const bool two = table->buffer[next] == '\r' && next + 1 < table->filled &&
                         table->buffer[next + 1] == '\n';
        table->next_line++;
        table->buffer[next] = '\0';
        next += two ? 2 : 1;
    } else {
        table->buffer[next] = '\0';
    }
    table->position = next;
}

/* Whether the end of the line is in the buffer with the byte that follows: CR may have its LF. */
static bool table_has_line(struct table *table, struct table_scan *scan)
{
    return table_scan_on(table, scan) &&
           (table->ended || table->position + scan->length + 1 < table->filled);
}

/* Finds one line as it stands, or several where a quoted cell goes on; without the line's end. */
static enum table_result table_read_line(struct table *table, struct failure *failure)
{
    struct table_scan scan;

    table->line = table->next_line;
    for (;;) {
        scan.length = 0;
        scan.quoted = false;
        scan.comment = table_begins_comment(table);
        if (table_has_line(table, &scan) || table->ended)
            break;
        table->next_line = table->line; /* the lines of a quoted cell are counted anew */
        if (!table_read_more(table, failure))
            return TABLE_FAILED;
    }
    if (table->position == table->filled)
        return TABLE_END;
    if (scan.quoted) {
        failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: a quote is not closed",
                    table->source->name.text, table->line);
        return TABLE_FAILED;
    }
    table_take_line(table, &scan);
    return TABLE_ROW;
}

static void table_skip_mark(struct table *table)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf}; /* UTF-8's byte order mark */

    if (table->filled >= sizeof mark && memcmp(table->buffer, mark, sizeof mark) == 0)
        table->position = sizeof mark;
}

/* Neither blank nor a comment. */
static bool table_line_counts(const struct table *table)
{
    size_t i = 0;

    while (i < table->length && table_is_blank(table->text[i]))
        i++;
    return i < table->length && table->text[i] != '#';
}

/* ---- Cells ---- */

/* What parts the cells of the first row, outside quotes. */
static char table_find_delimiter(const struct table *table)
{
    static const char candidates[] = {'\t', ';', ','};

    for (size_t c = 0; c < sizeof candidates; c++) {
        bool quoted = false;
        for (size_t i = 0; i < table->length; i++) {
            if (table->text[i] == '"')
                quoted = !quoted;
            else if (table->text[i] == candidates[c] && !quoted)
                return candidates[c];
        }
    }
    return ' ';
}

static bool table_add_cell(struct table *table, size_t begin, size_t end, struct failure *failure)
{
    struct table_cell *cells = (struct table_cell *)memory_grow(
        table->cells, &table->cell_capacity, table->count + 1, sizeof *cells, failure);

    if (cells == NULL)
        return false;
    while (end > begin && table_is_blank(table->text[end - 1]))
        end--;
    table->text[end] = '\0';
    table->cells = cells;
    table->cells[table->count].text = table->text + begin;
    table->cells[table->count++].length = end - begin;
    return true;
}

/* Takes the quotes off the cell that begins at `from`; `*to` is where its text ends. Returns the
 * place after the closing quote. */
static size_t table_unquote(struct table *table, size_t from, size_t *to)
{
    const size_t end = table->length;
    char *const text = table->text;
    size_t i = from + 1;

    *to = from;
    while (i < end) {
        if (text[i] == '"') {
            if (i + 1 >= end || text[i + 1] != '"')
                return i + 1;
            i++;
        }
        text[(*to)++] = text[i++];
    }
    return i;
}

/* Takes the cell that begins at `*at` and goes to what ends it. A cell without quotes stays where
 * it is; behind a quoted one its rest moves up. */
static bool table_take_cell(struct table *table, size_t *at, struct failure *failure)
{
    const bool blanks = table->delimiter == ' ';
    const size_t begin = *at;
    const size_t end = table->length;
    char *const text = table->text;
    size_t i = begin;
    size_t to = begin;

    if (i < end && text[i] == '"') {
        i = table_unquote(table, i, &to);
        while (i < end && text[i] != table->delimiter && !(blanks && text[i] == '\t'))
            text[to++] = text[i++];
    } else {
        while (i < end && text[i] != table->delimiter && !(blanks && text[i] == '\t'))
            i++;
        to = i;
    }
    *at = i;
    return table_add_cell(table, begin, to, failure);
}

/* Parts the line into cells, in place. */
static bool table_split(struct table *table, struct failure *failure)
{
    const size_t end = table->length;
    const bool blanks = table->delimiter == ' ';
    size_t i = 0;

    table->count = 0;
    for (;;) {
        while (i < end && table_is_blank(table->text[i]) &&
               (blanks || table->text[i] != table->delimiter))
            i++;
        if (blanks && i == end)
            return true;
        if (!table_take_cell(table, &i, failure))
            return false;
        if (i == end)
            return true;
        i++;
    }
}

static enum table_result table_next(struct table *table, struct failure *failure)
{
    enum table_result result;

    if (table->buffer == NULL) {
        if (!table_read_more(table, failure))
            return TABLE_FAILED;
        table_skip_mark(table);
    }
    do {
        result = table_read_line(table, failure);
        if (result != TABLE_ROW)
            return result;
    } while (!table_line_counts(table));
    if (table->delimiter == '\0')
        table->delimiter = table_find_delimiter(table);
    return table_split(table, failure) ? TABLE_ROW : TABLE_FAILED;
}

static bool table_number(const struct table_cell *cell, double *value)
{
    return decimal_read(cell->text, cell->length, value);
}
