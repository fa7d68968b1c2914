#include "syntax/layout.h"

#include "base/text.h"
#include "parser.h"

#include <math.h>
#include <string.h>

enum { TAB_WIDTH = 8 };

/* Where a word of the language is one; elsewhere it is a name like any other. */
enum word_place {
    BEFORE_STATEMENT, /* as the first word, unless `=` or `[` or `:` follows */
    AFTER_OPERAND,    /* where an operand has ended, so that no name could follow */
    ANYWHERE
};

static const struct word {
    const char *spelling;
    int token;
    enum word_place place;
} words[] = {
    {"dim", TOKEN_DIM, BEFORE_STATEMENT},
    {"data", TOKEN_DATA, BEFORE_STATEMENT},
    {"param", TOKEN_PARAM, BEFORE_STATEMENT},
    {"const", TOKEN_CONST, BEFORE_STATEMENT},
    {"draw", TOKEN_DRAW, BEFORE_STATEMENT},
    {"state", TOKEN_STATE, BEFORE_STATEMENT},
    {"fn", TOKEN_FN, BEFORE_STATEMENT},
    {"optimizer", TOKEN_OPTIMIZER, BEFORE_STATEMENT},
    {"minimize", TOKEN_MINIMIZE, BEFORE_STATEMENT},
    {"maximize", TOKEN_MAXIMIZE, BEFORE_STATEMENT},
    {"report", TOKEN_REPORT, BEFORE_STATEMENT},
    {"output", TOKEN_OUTPUT, BEFORE_STATEMENT},
    {"from", TOKEN_FROM, AFTER_OPERAND},
    {"over", TOKEN_OVER, AFTER_OPERAND},
    {"with", TOKEN_WITH, AFTER_OPERAND},
    {"where", TOKEN_WHERE, AFTER_OPERAND},
    {"derivative", TOKEN_DERIVATIVE, AFTER_OPERAND},
    {"until", TOKEN_UNTIL, AFTER_OPERAND},
    {"in", TOKEN_IN, ANYWHERE},
    {"if", TOKEN_IF, ANYWHERE},
    {"then", TOKEN_THEN, ANYWHERE},
    {"else", TOKEN_ELSE, ANYWHERE},
    {"and", TOKEN_AND, ANYWHERE},
    {"or", TOKEN_OR, ANYWHERE},
    {"not", TOKEN_NOT, ANYWHERE},
};

/* Spellings that stand for a name of ours. */
static const struct alias {
    const char *spelling, *name;
} aliases[] = {
    {"Σ", "sum"}, {"∑", "sum"}, {"Π", "prod"}, {"∏", "prod"}, {"π", "pi"}, {"∞", "inf"},
};

enum { WORD_COUNT = sizeof words / sizeof *words, ALIAS_COUNT = sizeof aliases / sizeof *aliases };

/* ---- Where we are ---- */

static bool separates_statements(const struct parser *parser, int token)
{
    switch (token) {
    case TOKEN_MODEL:
    case TOKEN_NEWLINE:
    case '{':
        return true;
    case ';':
        return parser->bracket_count > 0; /* in a block */
    default:
        return false;
    }
}

static bool at_statement_start(const struct parser *parser)
{
    return separates_statements(parser, parser->current.kind);
}

/* Behind the brackets of `sum[i]` an operand is still to come. */
static bool after_operand(const struct parser *parser)
{
    switch (parser->current.kind) {
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_STRING:
    case ')':
    case '}':
        return true;
    case ']':
        return !parser->bound;
    default:
        return false;
    }
}

/* The first byte at or after `place` that is none of `skipped`; 0 at the end. */
static char byte_after(const struct parser *parser, size_t place, const char *skipped)
{
    const struct source *source = parser->source;
    while (place < source->length && source->text[place] && strchr(skipped, source->text[place]))
        place++;
    return place < source->length ? source->text[place] : '\0';
}

/* The column of a place in the current line, from 0. It counts on from the place that was asked for
 * last, so that a long line is walked once. */
static unsigned column_of(struct parser *parser, unsigned place)
{
    if (parser->counted < parser->line_start || parser->counted > place) {
        parser->counted = parser->line_start;
        parser->counted_column = 0;
    }
    for (; parser->counted < place; parser->counted++) {
        bool tab = parser->source->text[parser->counted] == '\t';
        unsigned width = tab ? TAB_WIDTH - parser->counted_column % TAB_WIDTH : 1;
        parser->counted_column += width;
    }
    return parser->counted_column;
}

void layout_open(struct parser *parser)
{
    const char *text = parser->buffer;
    parser->line_start = (unsigned)(strspn(text, "\001")); /* the byte order mark, if any */
    parser->line_first = parser->line_start + (unsigned)strspn(text + parser->line_start, " \t\r");
}

/* ---- Lines ---- */

const struct bracket *layout_open_bracket(const struct parser *parser)
{
    if (parser->bracket_count == 0)
        return NULL;
    const struct bracket *last = &parser->brackets[parser->bracket_count - 1];
    return last->sign == '{' ? NULL : last;
}

bool layout_line(struct parser *parser, struct span *span)
{
    unsigned end = span->end;
    unsigned start = end;
    while (parser->source->text[start - 1] != '\n')
        start--;
    parser->line_start = start;
    parser->line_first = end;
    span->end = span->begin + 1;

    if (parser->start_token != TOKEN_MODEL || at_statement_start(parser) ||
        layout_open_bracket(parser))
        return false;
    if (parser->bracket_count > 0 && !after_operand(parser))
        return false; /* in a block, a sign at the end of the line continues it as well */
    if (end == parser->source->length)
        return true;
    return parser->source->text[end] != '{' && column_of(parser, end) <= parser->column;
}

bool layout_continues(const struct parser *parser, struct span span)
{
    return span.begin == parser->line_first && parser->line_start > 0 &&
           !layout_open_bracket(parser) && !separates_statements(parser, parser->previous.kind);
}

void layout_recover(struct parser *parser)
{
    bool first = parser->current.span.begin == parser->line_first &&
                 column_of(parser, parser->line_first) <= parser->column;
    const struct bracket *open = layout_open_bracket(parser);
    bool inside = open && open->place < parser->current.span.begin;
    parser->lost = true;
    while (layout_open_bracket(parser))
        parser->bracket_count--;
    if (first && inside && parser->start_token == TOKEN_MODEL &&
        parser->current.kind != TOKEN_END) {
        lexer_rewind(parser);
        parser->pending = TOKEN_NEWLINE;
    }
}

/* ---- Brackets ---- */

/* False when brackets are nested too deeply. */
static bool push_bracket(struct parser *parser, char sign, unsigned place)
{
    if (parser->bracket_count == NESTING_MAX) {
        parser->bracket_count = 0;
        parser->lost = true;
        return false;
    }
    parser->brackets[parser->bracket_count++] =
        (struct bracket){.sign = sign,
                         .binds = parser->current.kind == TOKEN_FUNCTION,
                         .place = place,
                         .column = parser->column};
    return true;
}

/* Round and square brackets close each other: (0, 1] is an interval. */
static void pop_bracket(struct parser *parser, int sign)
{
    if (sign == '}') {
        while (layout_open_bracket(parser))
            parser->bracket_count--;
        if (parser->bracket_count > 0)
            parser->column = parser->brackets[--parser->bracket_count].column;
    } else if (layout_open_bracket(parser)) {
        parser->bound = parser->brackets[--parser->bracket_count].binds;
    }
}

static int count_bracket(struct parser *parser, int token, struct span span)
{
    if (parser->lost && token != '{' && token != '}')
        return token;
    switch (token) {
    case '(':
    case '[':
    case '{':
        if (push_bracket(parser, (char)token, span.begin))
            return token;
        parser_nested_too_deeply(parser, span);
        return TOKEN_GRAMMAR_error;
    case ')':
    case ']':
    case '}':
        pop_bracket(parser, token);
        return token;
    default:
        return token;
    }
}

/* ---- The tokens, as bison asks for them ---- */

int grammar_lex(GRAMMAR_STYPE *value, struct span *span, struct parser *parser);

static int next_token(struct parser *parser, GRAMMAR_STYPE *value, struct span *span)
{
    int token = parser->pending;
    if (token) {
        unsigned place =
            token == TOKEN_NEWLINE ? parser->previous.span.end : parser->current.span.end;
        *span = (struct span){.source = parser->source, .begin = place, .end = place};
        parser->pending = 0;
        return token;
    }
    token = lexer_scan(parser, value, span);
    if (token == TOKEN_END) {
        unsigned length = (unsigned)parser->source->length;
        *span = (struct span){.source = parser->source, .begin = length, .end = length};
        if (parser->start_token == TOKEN_MODEL && !at_statement_start(parser))
            return TOKEN_NEWLINE; /* the last line ends as well */
    }
    return token;
}

/* The column that the lines of a statement are measured by: that of its first line. A statement
 * behind a brace starts a line of its own, one behind a semicolon does not. */
static void begin_statement(struct parser *parser, unsigned place)
{
    parser->spoilt = false;
    parser->lost = false;
    if (parser->current.kind != ';')
        parser->column = column_of(parser, place);
}

int grammar_lex(GRAMMAR_STYPE *value, struct span *span, struct parser *parser)
{
    bool starts = at_statement_start(parser);
    int token = next_token(parser, value, span);
    if (starts && token != TOKEN_NEWLINE && token != ';' && token != '}' && token != TOKEN_END)
        begin_statement(parser, span->begin);
    token = count_bracket(parser, token, *span);
    parser->previous = parser->current;
    parser->current = (struct seen_token){.kind = token, .span = *span};
    return token;
}

/* ---- Words ---- */

static bool spells(const char *spelling, const char *text, size_t length)
{
    return strlen(spelling) == length && memcmp(spelling, text, length) == 0;
}

static bool is_word_here(const struct parser *parser, const struct word *word, struct span span)
{
    switch (word->place) {
    case BEFORE_STATEMENT: {
        char next = byte_after(parser, span.end, " \t");
        return at_statement_start(parser) && next != '=' && next != '[' && next != ':';
    }
    case AFTER_OPERAND:
        return after_operand(parser);
    case ANYWHERE:
        break;
    }
    return true;
}

static const char *intern(struct parser *parser, const char *text, size_t length)
{
    for (size_t i = 0; i < ALIAS_COUNT; i++) {
        if (spells(aliases[i].spelling, text, length))
            return names_intern_text(parser->context->names, aliases[i].name);
    }
    return names_intern(parser->context->names, text, length);
}

int layout_word(struct parser *parser, const char *text, size_t length, struct span span,
                const char **name)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (spells(words[i].spelling, text, length) && is_word_here(parser, &words[i], span))
            return words[i].token;
    }
    *name = intern(parser, text, length);
    bool binds = byte_after(parser, span.end, " \t\r\n") == '[' && !at_statement_start(parser) &&
                 parser_is_function(parser, *name);
    if (!binds)
        return TOKEN_NAME;
    parser->function = *name;
    return TOKEN_FUNCTION;
}

/* ---- Looking ahead ---- */

static bool continues_name(char byte)
{
    return (byte & 0x80) || byte == '_' || (byte >= '0' && byte <= '9') ||
           (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool begins_name(char byte)
{
    return continues_name(byte) && !(byte >= '0' && byte <= '9');
}

static const char *behind_name(const char *text)
{
    while (continues_name(*text))
        text++;
    return text;
}

static const char *behind_blanks(const char *text)
{
    return text + strspn(text, " \t\r");
}

/* A comment or a string is passed over as a whole. */
static const char *behind_one(const char *text)
{
    if (*text == '#')
        return text + strcspn(text, "\n");
    if (*text == '"') {
        text += 1 + strcspn(text + 1, "\"\n");
        return text + (*text == '"');
    }
    return text + 1;
}

static int nesting(char byte)
{
    bool opens = byte == '(' || byte == '[' || byte == '{';
    bool closes = byte == ')' || byte == ']' || byte == '}';
    return opens ? 1 : closes ? -1 : 0;
}

/* Behind the bracket that closes the one at `text`. */
static const char *behind_brackets(const char *text)
{
    int depth = 0;
    do {
        depth += nesting(*text);
        text = behind_one(text);
    } while (depth > 0 && *text);
    return text;
}

/* A name that brackets follow. */
static bool is_indexed(const char *name)
{
    return *behind_blanks(behind_name(name)) == '[';
}

static void foresee(struct parser *parser, const char *name)
{
    parser_foresee(parser, intern(parser, name, (size_t)(behind_name(name) - name)));
}

/* `norm[i] = ...` */
static void foresee_definition(struct parser *parser, const char *name)
{
    const char *behind = behind_blanks(behind_brackets(behind_blanks(behind_name(name))));
    if (behind[0] == '=' && behind[1] != '=')
        foresee(parser, name);
}

/* The lines of a statement after its first are indented, or empty. */
static bool ends_statement(const char *text)
{
    return text[0] == '\n' && text[1] && !strchr(" \t\r\n#", text[1]);
}

/* `data norm[n], ...`: names that follow the word or a comma. */
static void foresee_declarators(struct parser *parser, const char *text)
{
    bool expected = true;
    for (int depth = 0; *text && !ends_statement(text);) {
        if (expected && begins_name(*text)) {
            if (is_indexed(text))
                foresee(parser, text);
            expected = false;
            text = behind_name(text);
            continue;
        }
        depth += nesting(*text);
        expected = (*text == ',' && depth == 0) || (expected && strchr(" \t\r\n#", *text));
        text = behind_one(text);
    }
}

static bool declares(const char *text)
{
    static const char *const declaring[] = {"data", "param", "draw", "state"};
    size_t length = (size_t)(behind_name(text) - text);
    for (size_t i = 0; i < sizeof declaring / sizeof *declaring; i++) {
        if (spells(declaring[i], text, length))
            return begins_name(*behind_blanks(text + length));
    }
    return false;
}

void layout_look_ahead(struct parser *parser)
{
    const char *line = parser->buffer + parser->line_start;
    while (line) {
        if (begins_name(*line) && declares(line))
            foresee_declarators(parser, behind_name(line));
        else if (begins_name(*line) && is_indexed(line))
            foresee_definition(parser, line);
        line = strchr(line, '\n');
        if (line)
            line++;
    }
}

/* After a rewind a token is scanned again, but not reported again. */
void layout_error(struct parser *parser, struct span span, const char *message, const char *help)
{
    if (span.begin < parser->reported)
        return;
    parser->reported = span.end;
    parser_error(parser, span, message, help);
}

/* ---- Numbers and strings ---- */

double layout_number(struct parser *parser, const char *text, size_t length, struct span span)
{
    double value = 0;
    if (text[length - 1] == '.')
        length--;
    if (!number_read(text, length, &value) || isinf(value))
        layout_error(parser, span, "this number is too large", NULL);
    return value;
}

bool layout_range_follows(const struct parser *parser, struct span span)
{
    const struct source *source = parser->source;
    return source->text[span.end - 1] == '.' && span.end < source->length &&
           source->text[span.end] == '.';
}

size_t layout_factor(struct parser *parser, struct span span)
{
    const char *text = parser->source->text;
    unsigned length = span.end - span.begin - ((text[span.end - 1] & 0x80) ? 2 : 1);
    while (span.end < parser->source->length && continues_name(text[span.end]))
        span.end++;
    struct span number = span;
    number.end = span.begin + length;
    const char *help =
        arena_format(parser->arena, "write %.*s*%.*s", (int)length, text + span.begin,
                     (int)(span.end - number.end), text + number.end);
    layout_error(parser, span, "a product is written with *", help);
    parser->pending = '*';
    return length;
}

const char *layout_string(struct parser *parser, const char *text, size_t length, struct span span)
{
    char *bytes = arena_copy(parser->arena, text + 1, length - 2);
    size_t count = 0;
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] == '\\') {
            i++;
            if (text[i] != '"' && text[i] != '\\') {
                span.end = span.begin + (unsigned)i + 1;
                span.begin += (unsigned)i - 1;
                layout_error(parser, span, "a string knows \\\" and \\\\ only", NULL);
                break;
            }
        }
        bytes[count++] = text[i];
    }
    bytes[count] = '\0';
    return bytes;
}

void layout_unclosed_string(struct parser *parser, struct span span)
{
    layout_error(parser, span, "this string has no end on its line", "close it with \"");
    parser->spoilt = true;
}

bool layout_primes(struct parser *parser, struct span span)
{
    if (parser->current.kind == TOKEN_NAME && parser->current.span.end == span.begin)
        return true;
    layout_error(parser, span, "' marks the derivative of a function, as in u'(x)",
                 "a string stands between double quotes: \"file.csv\"");
    parser->lost = true;
    while (parser->reported < parser->source->length &&
           parser->source->text[parser->reported] != '\n')
        parser->reported++; /* no more of this line: what would be the string is no text of ours */
    return false;
}

/* ---- Signs of other languages ---- */

void layout_foreign(struct parser *parser, struct span span, const char *help)
{
    const char *sign = parser->source->text + span.begin;
    int length = (int)(span.end - span.begin);
    if (length > 2 && sign[0] == '/' && sign[1] == '/')
        length = 2; /* the rest is a comment */
    const char *message =
        arena_format(parser->arena, "'%.*s' is not a sign of the language", length, sign);
    span.end = span.begin + (unsigned)length;
    layout_error(parser, span, message, help);
}

void layout_update(struct parser *parser, struct span span)
{
    char sign = parser->source->text[span.begin];
    struct span name = parser->current.span;
    const char *help = "write it out with :=";
    if (parser->current.kind == TOKEN_NAME)
        help = arena_format(parser->arena, "write %.*s := %.*s %c ...",
                            (int)(name.end - name.begin), parser->source->text + name.begin,
                            (int)(name.end - name.begin), parser->source->text + name.begin, sign);
    layout_foreign(parser, span, help);
}

static unsigned code_point(const char *text, unsigned length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (length == 1)
        return bytes[0];
    unsigned code = bytes[0] & (0x7FU >> length);
    for (unsigned i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3FU);
    return code;
}

/* One error for each run of characters that the language does not know. */
void layout_unknown(struct parser *parser, struct span span)
{
    unsigned length = span.end - span.begin;
    const char *text = parser->source->text + span.begin;
    parser->spoilt = true;
    if (span.begin != parser->reported || span.begin == 0)
        layout_error(parser, span,
                     arena_format(parser->arena, "unexpected character '%.*s' (U+%04X)",
                                  (int)length, text, code_point(text, length)),
                     code_point(text, length) == 0xB5 ? "write the letter μ, U+03BC" : NULL);
    parser->reported = span.end;
}
