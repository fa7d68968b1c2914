#include "base/diagnostics.h"

#include "base/table.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct remark {
    struct span span; /* a help has none */
    const char *message;
    struct remark *next;
};

struct diagnostic {
    enum severity severity;
    struct span span;
    const char *message;
    struct remark *notes, **notes_end;
    struct remark *helps, **helps_end;
    struct diagnostic *next;
    struct diagnostic *same_hash;
};

/* What diagnostics_create() makes: the public part first, so that a pointer to one is a pointer
 * to the other. */
struct collection {
    struct diagnostics diagnostics;
    struct table *seen; /* by hash of place and message; chained by same_hash */
};

/* ---- collecting ---- */

struct diagnostics *diagnostics_create(struct arena *arena)
{
    struct collection *collection = ARENA_NEW(arena, struct collection);
    collection->diagnostics.arena = arena;
    collection->seen = table_create(arena);
    return &collection->diagnostics;
}

static const char *message_format(struct arena *arena, const char *format, va_list arguments)
{
    struct text text = text_create(arena);
    text_format_list(&text, format, arguments);
    return text.bytes;
}

static bool diagnostic_repeats(const struct diagnostic *a, const struct diagnostic *b)
{
    return a->severity == b->severity && a->span.source == b->span.source &&
           a->span.begin == b->span.begin && strcmp(a->message, b->message) == 0;
}

static const void *diagnostic_key(const struct diagnostic *diagnostic)
{
    uint64_t hash = hash_bytes(diagnostic->message, strlen(diagnostic->message));
    hash = hash_mix(hash, diagnostic->span.begin);
    hash = hash_mix(hash, (uint64_t)(uintptr_t)diagnostic->span.source);
    return (const void *)(uintptr_t)hash;
}

/* Remembers the diagnostic; true when the same was reported before. */
static bool diagnostic_is_known(struct collection *collection, struct diagnostic *diagnostic)
{
    const void *key = diagnostic_key(diagnostic);
    struct diagnostic *chain = table_find(collection->seen, key);
    for (const struct diagnostic *other = chain; other; other = other->same_hash)
        if (diagnostic_repeats(other, diagnostic))
            return true;
    diagnostic->same_hash = chain;
    table_store(collection->seen, key, diagnostic);
    return false;
}

static struct diagnostic *report(struct diagnostics *diagnostics, enum severity severity,
                                 struct span span, const char *format, va_list arguments)
{
    struct diagnostic *diagnostic = ARENA_NEW(diagnostics->arena, struct diagnostic);
    diagnostic->severity = severity;
    diagnostic->span = span;
    diagnostic->message = message_format(diagnostics->arena, format, arguments);
    diagnostic->notes_end = &diagnostic->notes;
    diagnostic->helps_end = &diagnostic->helps;
    /* A repetition may take its notes, but nobody will read them. */
    if (diagnostic_is_known((struct collection *)diagnostics, diagnostic))
        return diagnostic;

    if (diagnostics->last)
        diagnostics->last->next = diagnostic;
    else
        diagnostics->first = diagnostic;
    diagnostics->last = diagnostic;
    if (severity == SEVERITY_ERROR)
        diagnostics->errors++;
    else
        diagnostics->warnings++;
    return diagnostic;
}

struct diagnostic *report_error(struct diagnostics *diagnostics, struct span span,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct diagnostic *diagnostic = report(diagnostics, SEVERITY_ERROR, span, format, arguments);
    va_end(arguments);
    return diagnostic;
}

struct diagnostic *report_warning(struct diagnostics *diagnostics, struct span span,
                                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct diagnostic *diagnostic = report(diagnostics, SEVERITY_WARNING, span, format, arguments);
    va_end(arguments);
    return diagnostic;
}

static void remark_append(struct arena *arena, struct remark ***end, struct span span,
                          const char *format, va_list arguments)
{
    struct remark *remark = ARENA_NEW(arena, struct remark);
    remark->span = span;
    remark->message = message_format(arena, format, arguments);
    **end = remark;
    *end = &remark->next;
}

void diagnostic_note(struct diagnostics *diagnostics, struct diagnostic *diagnostic,
                     struct span span, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    remark_append(diagnostics->arena, &diagnostic->notes_end, span, format, arguments);
    va_end(arguments);
}

void diagnostic_help(struct diagnostics *diagnostics, struct diagnostic *diagnostic,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const struct span nowhere = {NULL, 0, 0};
    remark_append(diagnostics->arena, &diagnostic->helps_end, nowhere, format, arguments);
    va_end(arguments);
}

struct span span_join(struct span left, struct span right)
{
    if (!left.source)
        return right;
    if (right.source != left.source)
        return left;
    if (right.begin < left.begin)
        left.begin = right.begin;
    if (right.end > left.end)
        left.end = right.end;
    return left;
}

/* ---- characters ---- */

struct character {
    unsigned code;
    size_t length; /* in bytes, from 1 */
    bool valid;    /* UTF-8; a stray byte is a character by itself */
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Reads the character at `at` < `end`. */
static struct character character_read(const char *at, const char *end)
{
    unsigned char lead = (unsigned char)*at;
    struct character stray = {lead, 1, false};
    if (lead < 0x80)
        return (struct character){lead, 1, true};
    size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || length > (size_t)(end - at))
        return stray;
    unsigned code = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(at[i]))
            return stray;
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return overlong || surrogate || code > 0x10ffff ? stray
                                                    : (struct character){code, length, true};
}

/* Control characters, and those that reorder or hide what a terminal shows. */
static bool character_is_unsafe(struct character character)
{
    unsigned code = character.code;
    return !character.valid || code < 0x20 || (code >= 0x7f && code < 0xa0) ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0x061c || code == 0xfeff;
}

/* Appends a character as it is safe to show; returns the columns that it takes. */
static size_t character_show(struct text *out, const char *at, struct character character)
{
    if (!character_is_unsafe(character)) {
        text_append_length(out, at, character.length);
        return 1;
    }
    for (size_t i = 0; i < character.length; i++)
        text_format(out, "\\x%02X", (unsigned)(unsigned char)at[i]);
    return 4 * character.length;
}

void text_append_shown(struct text *out, const char *bytes)
{
    const char *end = bytes + strlen(bytes);
    while (bytes < end) {
        struct character character = character_read(bytes, end);
        character_show(out, bytes, character);
        bytes += character.length;
    }
}

void span_position(struct span span, unsigned *line, unsigned *column)
{
    *line = *column = 0;
    if (!span.source)
        return;
    const char *at = span.source->text;
    const char *end = at + span.source->length;
    const char *place = span.begin < span.source->length ? at + span.begin : end;
    *line = *column = 1;
    while (at < place) {
        struct character character = character_read(at, end);
        at += character.length;
        if (at > place)
            break;
        ++*column;
        if (character.code == '\n') {
            ++*line;
            *column = 1;
        }
    }
}

/* ---- the index of a source: lines and characters by their offset ---- */

/* Character `number` (from 0, over the whole source) begins at byte `offset`. */
struct mark {
    size_t offset, number;
};

enum { MARK_EVERY = 256 };

/* Made once a print and source: without it, every diagnostic would read the source from its
 * first byte. */
struct index {
    const struct source *source;
    size_t order;       /* sources are printed in the order of their first diagnostic */
    struct mark *lines; /* where each line begins */
    struct mark *marks; /* about one in MARK_EVERY bytes: a single line may be long */
    size_t line_count, line_capacity;
    size_t mark_count, mark_capacity;
};

static struct index *index_create(struct arena *arena, const struct source *source, size_t order)
{
    struct index *index = ARENA_NEW(arena, struct index);
    index->source = source;
    index->order = order;
    const char *text = source->text;
    struct mark at = {0, 0};
    ARENA_PUSH(arena, index->lines, index->line_count, index->line_capacity, at);
    ARENA_PUSH(arena, index->marks, index->mark_count, index->mark_capacity, at);
    while (at.offset < source->length) {
        char byte = text[at.offset];
        at.offset += character_read(text + at.offset, text + source->length).length;
        at.number++;
        if (byte == '\n')
            ARENA_PUSH(arena, index->lines, index->line_count, index->line_capacity, at);
        if (at.offset - index->marks[index->mark_count - 1].offset >= MARK_EVERY)
            ARENA_PUSH(arena, index->marks, index->mark_count, index->mark_capacity, at);
    }
    return index;
}

/* The last of `marks` that is not behind `offset`, if by_offset, or character `number`. */
static size_t marks_search(const struct mark *marks, size_t count, size_t wanted, bool by_offset)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        size_t value = by_offset ? marks[middle].offset : marks[middle].number;
        if (value <= wanted)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The character that holds the byte at `wanted` (or, with by_offset false, the one of that
 * number); where the source ends, the one that would follow. */
static struct mark index_find(const struct index *index, size_t wanted, bool by_offset)
{
    const struct source *source = index->source;
    struct mark at = index->marks[marks_search(index->marks, index->mark_count, wanted, by_offset)];
    while (at.offset < source->length && (by_offset ? at.offset : at.number) < wanted) {
        size_t next =
            at.offset +
            character_read(source->text + at.offset, source->text + source->length).length;
        if (by_offset && next > wanted)
            break;
        at.offset = next;
        at.number++;
    }
    return at;
}

/* ---- printing ---- */

struct printer {
    struct arena *arena;
    struct text out;
    struct table *indexes; /* by source */
    size_t sources;
    bool color;
};

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define GREEN "\033[1;32m"
#define MAGENTA "\033[1;35m"
#define CYAN "\033[1;36m"
#define PLAIN "\033[0m"

static void paint(struct printer *printer, const char *code)
{
    if (printer->color)
        text_append(&printer->out, code);
}

static const struct index *printer_index(struct printer *printer, const struct source *source)
{
    struct index *index = table_find(printer->indexes, source);
    if (!index) {
        index = index_create(printer->arena, source, printer->sources++);
        table_store(printer->indexes, source, index);
    }
    return index;
}

/* Characters of one line, with what is underlined in them: begin <= caret <= end. */
struct excerpt {
    struct mark line, caret;
    size_t begin, end;   /* characters shown */
    size_t underline;    /* the character behind the underlined ones */
    bool before, behind; /* whether something of the line is left out */
};

enum { WIDEST_LINE = 160, SHOWN_BEFORE = 80 };

/* The line's end without its newline. */
static struct mark line_end(const struct index *index, size_t line)
{
    const struct source *source = index->source;
    if (line + 1 == index->line_count)
        return index_find(index, source->length, true);
    struct mark end = index->lines[line + 1];
    for (int i = 0; i < 2 && end.offset > index->lines[line].offset; i++) {
        if (source->text[end.offset - 1] != (i == 0 ? '\n' : '\r'))
            break;
        end.offset--;
        end.number--;
    }
    return end;
}

static struct excerpt excerpt_choose(const struct index *index, struct span span, size_t line)
{
    struct mark first = index->lines[line], last = line_end(index, line);
    struct mark caret = index_find(index, span.begin, true);
    if (caret.offset > last.offset)
        caret = last;
    /* A character is underlined whole, though the span may end within. */
    size_t underline = caret.number;
    if (span.end > caret.offset)
        underline =
            span.end < last.offset ? index_find(index, span.end - 1, true).number + 1 : last.number;
    struct excerpt excerpt = {first, caret, first.number, last.number, underline, false, false};
    if (last.number - first.number > WIDEST_LINE) {
        size_t shown = WIDEST_LINE - 2 * strlen("...");
        if (caret.number - first.number > SHOWN_BEFORE)
            excerpt.begin = caret.number - SHOWN_BEFORE;
        if (last.number - excerpt.begin < shown)
            excerpt.begin = last.number - shown;
        if (last.number - excerpt.begin > shown)
            excerpt.end = excerpt.begin + shown;
    }
    excerpt.before = excerpt.begin > first.number;
    excerpt.behind = excerpt.end < last.number;
    if (excerpt.underline > excerpt.end)
        excerpt.underline = excerpt.end;
    return excerpt;
}

/* Writes the source line; counts the columns before the caret and those underlined. */
static void print_line(struct printer *printer, const struct index *index,
                       const struct excerpt *excerpt, size_t *indent, size_t *width)
{
    const struct source *source = index->source;
    struct mark at = index_find(index, excerpt->begin, false);
    if (excerpt->begin < excerpt->end)
        text_append_char(&printer->out, ' ');
    *indent = *width = 0;
    if (excerpt->before) {
        text_append(&printer->out, "...");
        *indent = strlen("...");
    }
    for (; at.number < excerpt->end; at.number++) {
        const char *bytes = source->text + at.offset;
        struct character character = character_read(bytes, source->text + source->length);
        size_t columns = 1;
        if (character.code == '\t')
            text_append_char(&printer->out, ' ');
        else
            columns = character_show(&printer->out, bytes, character);
        if (at.number < excerpt->caret.number)
            *indent += columns;
        else if (at.number < excerpt->underline)
            *width += columns;
        at.offset += character.length;
    }
    if (excerpt->behind)
        text_append(&printer->out, "...");
    text_append_char(&printer->out, '\n');
}

static void print_excerpt(struct printer *printer, const struct index *index,
                          const struct excerpt *excerpt, size_t line)
{
    struct text *out = &printer->out;
    size_t before = out->length;
    text_format(out, "%5zu", line + 1);
    int margin = (int)(out->length - before);
    text_append(out, " |");
    size_t indent, width;
    print_line(printer, index, excerpt, &indent, &width);

    text_format(out, "%*s | ", margin, "");
    for (size_t i = 0; i < indent; i++)
        text_append_char(out, ' ');
    paint(printer, GREEN);
    text_append_char(out, '^');
    for (size_t i = 1; i < width; i++)
        text_append_char(out, '~');
    paint(printer, PLAIN);
    text_append_char(out, '\n');
}

static void print_head(struct printer *printer, enum severity severity, const char *message)
{
    static const char *const labels[] = {"error:", "warning:", "note:"};
    static const char *const colors[] = {RED, MAGENTA, CYAN};
    paint(printer, colors[severity]);
    text_append(&printer->out, labels[severity]);
    paint(printer, PLAIN);
    text_append_char(&printer->out, ' ');
    text_append_shown(&printer->out, message);
    text_append_char(&printer->out, '\n');
}

/* Where a span begins, its line counted from 0. */
struct place {
    size_t line;
    struct excerpt excerpt;
};

static struct place place_find(const struct index *index, struct span span)
{
    size_t line = marks_search(index->lines, index->line_count, span.begin, true);
    return (struct place){line, excerpt_choose(index, span, line)};
}

static size_t place_column(const struct place *place)
{
    return place->excerpt.caret.number - place->excerpt.line.number + 1;
}

static void print_place(struct printer *printer, enum severity severity, struct span span,
                        const char *message)
{
    struct text *out = &printer->out;
    paint(printer, BOLD);
    if (!span.source) {
        text_append(out, "symgrad:");
        paint(printer, PLAIN);
        text_append_char(out, ' ');
        print_head(printer, severity, message);
        return;
    }
    const struct index *index = printer_index(printer, span.source);
    struct place place = place_find(index, span);
    text_append_shown(out, span.source->name);
    text_format(out, ":%zu:%zu:", place.line + 1, place_column(&place));
    paint(printer, PLAIN);
    text_append_char(out, ' ');
    print_head(printer, severity, message);
    print_excerpt(printer, index, &place.excerpt, place.line);
}

static void print_diagnostic(struct printer *printer, const struct diagnostic *diagnostic)
{
    print_place(printer, diagnostic->severity, diagnostic->span, diagnostic->message);
    for (const struct remark *note = diagnostic->notes; note; note = note->next)
        print_place(printer, SEVERITY_NOTE, note->span, note->message);
    for (const struct remark *help = diagnostic->helps; help; help = help->next) {
        text_append(&printer->out, "  ");
        paint(printer, BOLD);
        text_append(&printer->out, "help:");
        paint(printer, PLAIN);
        text_append_char(&printer->out, ' ');
        text_append_shown(&printer->out, help->message);
        text_append_char(&printer->out, '\n');
    }
}

/* ---- the order ---- */

struct ranked {
    size_t source, begin, report;
    const struct diagnostic *diagnostic;
};

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* The order of the reports decides last, which makes qsort() stable. */
static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = compare_sizes(a->source, b->source);
    if (order == 0)
        order = compare_sizes(a->begin, b->begin);
    return order ? order : compare_sizes(a->report, b->report);
}

/* What has no place comes first: it concerns the whole run. */
static size_t rank_source(struct printer *printer, const struct source *source)
{
    return source ? printer_index(printer, source)->order + 1 : 0;
}

static const struct ranked *put_in_order(struct printer *printer,
                                         const struct diagnostics *diagnostics, size_t *count)
{
    struct ranked *order = NULL;
    size_t capacity = 0;
    *count = 0;
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next) {
        struct ranked ranked = {rank_source(printer, each->span.source), each->span.begin, *count,
                                each};
        ARENA_PUSH(printer->arena, order, *count, capacity, ranked);
    }
    if (*count > 0)
        qsort(order, *count, sizeof *order, compare_ranked);
    return order;
}

static struct printer printer_create(struct arena *arena, bool color)
{
    return (struct printer){arena, text_create(arena), table_create(arena), 0, color};
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream, bool color)
{
    struct printer printer = printer_create(diagnostics->arena, color);
    size_t count;
    const struct ranked *order = put_in_order(&printer, diagnostics, &count);
    for (size_t i = 0; i < count; i++) {
        /* One at a time, so that what memory holds is printed before it runs out. */
        printer.out.length = 0;
        print_diagnostic(&printer, order[i].diagnostic);
        fwrite(printer.out.bytes, 1, printer.out.length, stream);
    }
}

void diagnostics_append(const struct diagnostics *diagnostics, struct text *text)
{
    struct printer printer = printer_create(diagnostics->arena, false);
    size_t count;
    const struct ranked *order = put_in_order(&printer, diagnostics, &count);
    for (size_t i = 0; i < count; i++) {
        print_diagnostic(&printer, order[i].diagnostic);
    }
    text_append_length(text, printer.out.bytes, printer.out.length);
}

/* ---- as a list ---- */

struct list {
    struct diagnostic_entry *items;
    size_t count, capacity;
};

static void list_append(struct printer *printer, struct list *list, enum severity severity,
                        struct span span, const char *message)
{
    struct diagnostic_entry entry = {.severity = severity, .message = message, .span = span};
    if (span.source) {
        const struct index *index = printer_index(printer, span.source);
        struct place place = place_find(index, span);
        entry.line = place.line + 1;
        entry.column = place_column(&place);
    }
    ARENA_PUSH(printer->arena, list->items, list->count, list->capacity, entry);
}

const struct diagnostic_entry *diagnostics_list(const struct diagnostics *diagnostics,
                                                size_t *count)
{
    struct printer printer = printer_create(diagnostics->arena, false);
    struct list list = {NULL, 0, 0};
    size_t reported;
    const struct ranked *order = put_in_order(&printer, diagnostics, &reported);
    for (size_t i = 0; i < reported; i++) {
        const struct diagnostic *each = order[i].diagnostic;
        list_append(&printer, &list, each->severity, each->span, each->message);
        for (const struct remark *note = each->notes; note; note = note->next)
            list_append(&printer, &list, SEVERITY_NOTE, note->span, note->message);
        for (const struct remark *help = each->helps; help; help = help->next)
            list_append(&printer, &list, SEVERITY_HELP, help->span, help->message);
    }
    *count = list.count;
    return list.items;
}

void diagnostics_forget(struct diagnostics *diagnostics)
{
    diagnostics->first = diagnostics->last = NULL;
}
