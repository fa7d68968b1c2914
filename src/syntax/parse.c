#include "syntax/parse.h"

#include "base/text.h"
#include "parser.h"
#include "syntax/layout.h"

#include <limits.h>
#include <string.h>

/* ---- Bytes ---- */

/* How many bytes the character at `text` has; 0 when it is none that a text may hold. */
static size_t character_length(const unsigned char *text, size_t rest)
{
    static const unsigned least[] = {0, 0, 0xA0, 0x800, 0x10000};
    if (text[0] < 0x80)
        return text[0] == '\n' || text[0] == '\t' || (text[0] >= 0x20 && text[0] != 0x7F) ||
               (text[0] == '\r' && rest > 1 && text[1] == '\n');
    size_t length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4 || length > rest)
        return 0;
    unsigned code = text[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3FU);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

static void report_bad_bytes(struct parser *parser, size_t begin, size_t end)
{
    unsigned char first = (unsigned char)parser->source->text[begin];
    struct span span = {parser->source, (unsigned)begin, (unsigned)end};
    const char *what = "bytes that are not UTF-8";
    if (first == 0)
        what = "a NUL byte";
    else if (first < 0x20 || first == 0x7F)
        what = "a control byte";
    report_error(parser->context->diagnostics, span, "%s (0x%02X) in a model", what, first);
}

/* Copies the text for the scanner. Each run of bad bytes is one error, and \001s in the copy. */
static void copy_text(struct parser *parser)
{
    const struct source *source = parser->source;
    const unsigned char *text = (const unsigned char *)source->text;
    parser->buffer = ARENA_ARRAY(parser->arena, char, source->length + 2);
    if (source->length)
        memcpy(parser->buffer, text, source->length);
    size_t i = source->length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    memset(parser->buffer, '\001', i); /* a byte order mark is no error */
    while (i < source->length) {
        size_t length = character_length(text + i, source->length - i);
        size_t begin = i;
        while (length == 0 && i < source->length) {
            parser->buffer[i++] = '\001';
            length = i < source->length ? character_length(text + i, source->length - i) : 1;
        }
        if (i > begin)
            report_bad_bytes(parser, begin, i);
        else
            i += length;
    }
}

/* ---- Errors ---- */

struct diagnostic *parser_error(struct parser *parser, struct span span, const char *message,
                                const char *help)
{
    struct diagnostic *diagnostic = report_error(parser->context->diagnostics, span, "%s", message);
    if (help)
        diagnostic_help(parser->context->diagnostics, diagnostic, "%s", help);
    return diagnostic;
}

void parser_nested_too_deeply(struct parser *parser, struct span span)
{
    if (!parser->too_deep)
        parser_error(parser, span, "nested too deeply", "give the inner part a name of its own");
    parser->too_deep = true;
}

/* Sets of tokens that a message names as one, each known by tokens that only it has. */
struct expectations {
    const char *const *words; /* as the grammar names them */
    size_t count;
};

static bool expects(const struct expectations *expected, const char *word)
{
    for (size_t i = 0; i < expected->count; i++) {
        if (strcmp(expected->words[i], word) == 0)
            return true;
    }
    return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static const char *const statement_words[] = {
    "a name",    "dim",      "data",     "param",  "const",  "draw",        "state", "fn",
    "optimizer", "minimize", "maximize", "report", "output", "end of line", "';'",   NULL};
static const char *const expression_words[] = {"a number", "a name", "a function", "'('",
                                               "'-'",      "not",    "if",         NULL};
static const char *const operator_words[] = {
    "'+'", "'-'", "'*'", "'/'", "'@'", "'^'", "'<'", "<=",      "'>'",
    ">=",  "==",  "!=",  "and", "or",  "'['", "'('", "a prime", NULL};

/* Collects the words of a message, "a, b or c". */
struct phrase {
    const char *words[16];
    size_t count;
};

static void phrase_add(struct phrase *phrase, const char *word)
{
    if (phrase->count < sizeof phrase->words / sizeof *phrase->words)
        phrase->words[phrase->count++] = word;
}

static void phrase_collect(struct phrase *phrase, const struct expectations *expected)
{
    bool statement = expects(expected, "state");
    bool expression = expects(expected, "a number");
    bool operation = expects(expected, "'*'");
    if (statement)
        phrase_add(phrase, "a statement");
    if (expression)
        phrase_add(phrase, "an expression");
    if (operation)
        phrase_add(phrase, "an operator");
    for (size_t i = 0; i < expected->count; i++) {
        const char *word = expected->words[i];
        bool covered = (statement && is_one_of(word, statement_words)) ||
                       (expression && is_one_of(word, expression_words)) ||
                       (operation && is_one_of(word, operator_words)) ||
                       strcmp(word, "a function") == 0;
        if (!covered)
            phrase_add(phrase, word);
    }
}

/* A word of the grammar as a message shows it: signs have their quotes, words get them. */
static void append_word(struct text *text, const char *word)
{
    bool plain = word[0] == '\'' || strncmp(word, "a ", 2) == 0 || strncmp(word, "an ", 3) == 0 ||
                 strncmp(word, "end of ", 7) == 0;
    text_format(text, plain ? "%s" : "'%s'", word);
}

/* More than a few expectations say nothing. */
enum { PHRASE_MAX = 5 };

static void append_expected(struct text *text, const struct expectations *expected)
{
    struct phrase phrase = {.count = 0};
    phrase_collect(&phrase, expected);
    if (phrase.count == 0 || phrase.count > PHRASE_MAX)
        return;
    text_append(text, "; expected ");
    for (size_t i = 0; i < phrase.count; i++) {
        if (i > 0)
            text_append(text, i + 1 == phrase.count ? " or " : ", ");
        append_word(text, phrase.words[i]);
    }
}

/* What was found: a sign or word as it stands there, a name or number with its kind. */
static void append_found(struct text *text, const char *found, struct span span)
{
    size_t length = span.end - span.begin;
    const char *kind = strncmp(found, "a ", 2) == 0 ? found + 2 : NULL;
    if (strncmp(found, "end of ", 7) == 0 || length == 0 || (kind && strcmp(kind, "string") == 0)) {
        text_append(text, kind ? kind : found);
        return;
    }
    if (kind)
        text_format(text, "%s ", kind);
    text_append_char(text, '\'');
    text_append_length(text, span.source->text + span.begin, length);
    text_append_char(text, '\'');
}

/* Words of other languages, each with our way to say it. */
static const char *foreign_word_help(const char *word, size_t length)
{
    static const char *const words[][2] = {
        {"lambda", "name the function: fn f(x) = ..."},
        {"def", "write fn f(x) = ..."},
        {"function", "write fn f(x) = ..."},
        {"func", "write fn f(x) = ..."},
        {"let", "a definition needs no word before it: name = ..."},
        {"var", "a definition needs no word before it: name = ..."},
        {"double", "a definition needs no word before it: name = ..."},
        {"float", "a definition needs no word before it: name = ..."},
        {"int", "a definition needs no word before it: name = ..."},
        {"for", "an index stands for all its values: y[i] = 2*x[i]"},
        {"while", "a recurrence may stop: y[t] = ... until ..."},
        {"return", "a function is one expression: fn f(x) = ..."},
        {"import", "the library needs no import"},
        {"elif", "write else if"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i][0]) == length && memcmp(words[i][0], word, length) == 0)
            return words[i][1];
    }
    return NULL;
}

static bool is_reserved(int token)
{
    switch (token) {
    case TOKEN_IN:
    case TOKEN_IF:
    case TOKEN_THEN:
    case TOKEN_ELSE:
    case TOKEN_AND:
    case TOKEN_OR:
    case TOKEN_NOT:
        return true;
    default:
        return false;
    }
}

/* What the words around the place give away. */
static const char *word_help(const struct parser *parser, const struct expectations *expected)
{
    struct span previous = parser->previous.span;
    int token = parser->current.kind;
    if (parser->previous.kind == TOKEN_NAME) {
        const char *help = foreign_word_help(previous.source->text + previous.begin,
                                             previous.end - previous.begin);
        if (help)
            return help;
    }
    if (is_reserved(token) && expects(expected, "a name") && !expects(expected, "a number"))
        return "this is a word of the language; choose another name";
    if ((token == TOKEN_IF || token == TOKEN_NOT) && expects(expected, "a number"))
        return "put it in parentheses";
    if (token == TOKEN_FUNCTION && expects(expected, "a number"))
        return "put the reduction in parentheses";
    if (parser->previous.kind == ']' && expects(expected, "a number"))
        return arena_format(parser->arena,
                            "'%s' is a function, applied over the indices in brackets to what "
                            "follows; a tensor needs another name",
                            parser->function);
    return NULL;
}

/* The likely mend; NULL where none is known. */
static const char *likely_mend(const struct parser *parser, const struct expectations *expected)
{
    bool operation = expects(expected, "'*'");
    const struct bracket *open = layout_open_bracket(parser);
    const char *help = word_help(parser, expected);
    if (help)
        return help;
    if (layout_continues(parser, parser->current.span) ||
        (parser->current.kind == '=' && layout_continues(parser, parser->previous.span)))
        return "an indented line continues the one before it";
    switch (parser->current.kind) {
    case '=':
        return operation && expects(expected, "==") ? "equality is written ==" : NULL;
    case '{':
        return operation ? "subscripts stand in brackets: x[i]" : NULL;
    case ':':
        return open && open->sign == '['
                   ? "leave a subscript out for the whole row, or name an index"
                   : NULL;
    case ';':
        return parser->bracket_count == 0 ? "a statement ends with its line" : NULL;
    case TOKEN_NAME:
    case TOKEN_FUNCTION:
    case TOKEN_NUMBER:
    case '(':
        return operation && parser->current.span.begin != parser->line_first
                   ? "a product is written with *"
                   : NULL;
    default:
        break;
    }
    if (parser->previous.kind == TOKEN_PRIMES)
        return "u'(x) is a derivative; to transpose a matrix swap its indices: A[j,i]";
    return NULL;
}

static void note_open_bracket(struct parser *parser, struct diagnostic *diagnostic)
{
    const struct bracket *open =
        parser->bracket_count ? &parser->brackets[parser->bracket_count - 1] : NULL;
    if (!open || open->place >= parser->current.span.begin)
        return;
    struct span place = {parser->source, open->place, open->place + 1};
    diagnostic_note(parser->context->diagnostics, diagnostic, place, "'%c' opened here",
                    open->sign);
}

/* True when the closing bracket of the innermost open one would have been right. */
static bool expects_closing(const struct expectations *expected)
{
    return expects(expected, "')'") || expects(expected, "']'") || expects(expected, "'}'");
}

void parser_unexpected(struct parser *parser, const char *found, const char *const *expected,
                       size_t count)
{
    struct expectations expectations = {expected, count};
    if (!parser->spoilt) {
        struct text text = text_create(parser->arena);
        text_append(&text, "unexpected ");
        append_found(&text, found, parser->current.span);
        append_expected(&text, &expectations);
        struct diagnostic *diagnostic = parser_error(parser, parser->current.span, text.bytes,
                                                     likely_mend(parser, &expectations));
        if (expects_closing(&expectations))
            note_open_bracket(parser, diagnostic);
    }
    layout_recover(parser);
}

/* ---- Entries ---- */

struct parse_context *parse_context_create(struct arena *arena, struct names *names,
                                           struct diagnostics *diagnostics)
{
    struct parse_context *context = ARENA_NEW(arena, struct parse_context);
    *context = (struct parse_context){.arena = arena,
                                      .names = names,
                                      .diagnostics = diagnostics,
                                      .functions = table_create(arena)};
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        const struct operation *operation = operator_get((enum operator_id)i);
        if (operation->precedence == PRECEDENCE_CALL)
            table_store(context->functions, names_intern_text(names, operation->spelling), context);
    }
    for (int i = 0; i < REDUCTION_COUNT; i++) {
        const struct reduction *reduction = reduction_get((enum reduction_id)i);
        table_store(context->functions, names_intern_text(names, reduction->spelling), context);
    }
    return context;
}

static struct parser *parse(struct parse_context *context, const struct source *source,
                            int start_token)
{
    struct parser *parser = ARENA_NEW(context->arena, struct parser);
    parser->context = context;
    parser->arena = context->arena;
    parser->source = source;
    parser->start_token = parser->pending = start_token;
    parser->brackets = ARENA_ARRAY(parser->arena, struct bracket, NESTING_MAX);
    parser->hidden = table_create(parser->arena);
    parser->reduced = table_create(parser->arena);
    if (source->length > INT_MAX / 2) {
        report_error(context->diagnostics, (struct span){source, 0, 0}, "the file is too large");
        return parser;
    }
    copy_text(parser);
    layout_open(parser);
    if (start_token == TOKEN_MODEL)
        layout_look_ahead(parser);
    lexer_open(parser, source->length);
    grammar_parse(parser);
    arena_give_back(parser->arena, parser->brackets, NESTING_MAX, sizeof *parser->brackets);
    return parser;
}

struct statement_list parse_model(struct parse_context *context, const struct source *source)
{
    return parse(context, source, TOKEN_MODEL)->statements;
}

struct expression *parse_expression(struct parse_context *context, const struct source *source)
{
    unsigned errors = context->diagnostics->errors;
    struct parser *parser = parse(context, source, TOKEN_FORMULA);
    return context->diagnostics->errors == errors ? parser->expression : NULL;
}
