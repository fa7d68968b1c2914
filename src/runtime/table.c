#include "table.h"

static bool table_open(struct table *table, const char *name, struct failure *failure)
{
    memset(table, 0, sizeof *table);
    failure_quote(&table->name, name, strlen(name));
    table->next_line = 1;
    table->buffer = (unsigned char *)memory_new(TABLE_BUFFER, 1, failure);
    if (table->buffer == NULL)
        return false;
    table->file = fopen(name, "rb");
    if (table->file == NULL)
        return failure_set(failure, FAILURE_SYSTEM, "cannot open %s: %s", table->name.text,
                           strerror(errno));
    return true;
}

static void table_close(struct table *table)
{
    if (table->file != NULL)
        fclose(table->file);
    free(table->buffer);
    free(table->cells);
    free(table->text);
    memset(table, 0, sizeof *table);
}

/* The next byte without taking it; EOF at the end and where reading fails. */
static int table_peek(struct table *table)
{
    if (table->position == table->filled) {
        table->position = 0;
        table->filled = fread(table->buffer, 1, TABLE_BUFFER, table->file);
        if (table->filled == 0)
            return EOF;
    }
    return table->buffer[table->position];
}

/* Takes a byte; any end of line comes out as '\n' and is counted. */
static int table_take(struct table *table)
{
    int byte = table_peek(table);

    if (byte == EOF)
        return EOF;
    table->position++;
    if (byte == '\r') {
        byte = '\n';
        if (table_peek(table) == '\n')
            table->position++;
    }
    if (byte == '\n')
        table->next_line++;
    return byte;
}

static bool table_append(struct table *table, char byte, struct failure *failure)
{
    char *text =
        (char *)memory_grow(table->text, &table->text_capacity, table->length + 1, 1, failure);

    if (text == NULL)
        return false;
    table->text = text;
    table->text[table->length++] = byte;
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

/* Whether the line up to here is a comment's beginning. */
static bool table_opens_comment(const struct table *table)
{
    for (size_t i = 0; i + 1 < table->length; i++)
        if (!table_is_blank(table->text[i]))
            return false;
    return table->text[table->length - 1] == '#';
}

/* Reads one line as it stands, or several where a quoted cell goes on; without the line's end. */
static enum table_result table_read_line(struct table *table, struct failure *failure)
{
    bool quoted = false;
    bool comment = false;
    bool cell_begins = true;
    int byte;

    table->length = 0;
    table->line = table->next_line;
    if (table_peek(table) == EOF && !ferror(table->file))
        return TABLE_END;
    while ((byte = table_take(table)) != EOF && (quoted || byte != '\n')) {
        if (!table_append(table, (char)byte, failure))
            return TABLE_FAILED;
        if (byte == '#' && table_opens_comment(table))
            comment = true;
        if (byte == '"' && !comment && (quoted || cell_begins))
            quoted = !quoted;
        else if (byte == '"' && !comment && table->length > 1 &&
                 table->text[table->length - 2] == '"')
            quoted = true; /* a doubled quote: the cell goes on */
        cell_begins = table_ends_cell(table, (char)byte);
    }
    if (ferror(table->file)) {
        failure_set(failure, FAILURE_SYSTEM, "cannot read %s: %s", table->name.text,
                    strerror(errno));
        return TABLE_FAILED;
    }
    if (quoted) {
        failure_set(failure, FAILURE_SYSTEM, "%s, line %zu: a quote is not closed",
                    table->name.text, table->line);
        return TABLE_FAILED;
    }
    return table_append(table, '\0', failure) ? TABLE_ROW : TABLE_FAILED;
}

static void table_skip_mark(struct table *table)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf}; /* UTF-8's byte order mark */

    if (table_peek(table) != EOF && table->filled >= 3 && memcmp(table->buffer, mark, 3) == 0)
        table->position = 3;
}

/* Neither blank nor a comment. */
static bool table_line_counts(const struct table *table)
{
    size_t i = 0;

    while (i + 1 < table->length && table_is_blank(table->text[i]))
        i++;
    return i + 1 < table->length && table->text[i] != '#';
}

/* What parts the cells of the first row, outside quotes. */
static char table_find_delimiter(const struct table *table)
{
    static const char candidates[] = {'\t', ';', ','};

    for (size_t c = 0; c < sizeof candidates; c++) {
        bool quoted = false;
        for (size_t i = 0; i + 1 < table->length; i++) {
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
    const size_t end = table->length - 1;
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

/* Parts the line into cells, in place. */
static bool table_split(struct table *table, struct failure *failure)
{
    const size_t end = table->length - 1;
    const bool blanks = table->delimiter == ' ';
    size_t i = 0;

    table->count = 0;
    for (;;) {
        size_t begin;
        size_t to;
        bool last;
        while (i < end && table_is_blank(table->text[i]) && table->text[i] != table->delimiter)
            i++;
        while (blanks && i < end && table_is_blank(table->text[i]))
            i++;
        if (blanks && i == end)
            return true;
        begin = to = i;
        if (i < end && table->text[i] == '"')
            i = table_unquote(table, i, &to);
        while (i < end && table->text[i] != table->delimiter && !(blanks && table->text[i] == '\t'))
            table->text[to++] = table->text[i++];
        last = i == end;
        if (!table_add_cell(table, begin, to, failure))
            return false;
        if (last)
            return true;
        i++;
    }
}

static enum table_result table_next(struct table *table, struct failure *failure)
{
    enum table_result result;

    if (table->next_line == 1 && table->position == 0)
        table_skip_mark(table);
    do {
        result = table_read_line(table, failure);
        if (result != TABLE_ROW)
            return result;
    } while (!table_line_counts(table));
    if (table->delimiter == '\0')
        table->delimiter = table_find_delimiter(table);
    return table_split(table, failure) ? TABLE_ROW : TABLE_FAILED;
}

static bool table_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static const char *table_skip_digits(const char *text, bool *any)
{
    for (; table_is_digit(*text); text++)
        *any = true;
    return text;
}

/* Sign, digits, point, digits, exponent: strtod alone would take "nan", "0x10" and " 1" too. */
static bool table_number(const struct table_cell *cell, double *value)
{
    const char *at = cell->text;
    bool digits = false;

    if (*at == '+' || *at == '-')
        at++;
    at = table_skip_digits(at, &digits);
    if (*at == '.')
        at = table_skip_digits(at + 1, &digits);
    if (digits && (*at == 'e' || *at == 'E')) {
        bool exponent = false;
        at += at[1] == '+' || at[1] == '-' ? 2 : 1;
        at = table_skip_digits(at, &exponent);
        digits = exponent;
    }
    if (!digits || at != cell->text + cell->length)
        return false;
    *value = strtod(cell->text, NULL);
    return isfinite(*value) != 0;
}
