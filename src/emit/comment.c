#include "emit/comment.h"

#include "equations/node_map.h"

#include <ctype.h>
#include <string.h>

static bool is_plain(char byte)
{
    return isalnum((unsigned char)byte) || (byte != '\0' && strchr(" _./-", byte) != NULL);
}

void comment_append(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char last = text->length > 0 ? text->bytes[text->length - 1] : ' ';
        bool splits = (last == '*' && bytes[i] == '/') || (last == '/' && bytes[i] == '*');
        if (splits) {
            text_append_char(text, ' ');
        }
        bool bad = (unsigned char)bytes[i] < ' ' || bytes[i] == '\\' || bytes[i] == 127 ||
                   (last == '?' && bytes[i] == '?');
        text_append_char(text, bad ? ' ' : bytes[i]);
    }
}

void comment_append_name(struct text *text, const char *name)
{
    for (; *name != '\0'; name++) {
        bool begins = name[0] == '/' && text->length > 0 && text->bytes[text->length - 1] == '*';
        text_append_char(text, is_plain(*name) && !begins ? *name : '?');
    }
}

void string_append(struct text *text, const char *bytes)
{
    text_append_char(text, '"');
    for (; *bytes != '\0'; bytes++) {
        if (is_plain(*bytes)) {
            text_append_char(text, *bytes);
        } else {
            text_format(text, "\\%03o", (unsigned)(unsigned char)*bytes);
        }
    }
    text_append_char(text, '"');
}

/* ---- Places ---- */

struct line_starts {
    size_t *starts;
    size_t count, capacity;
};

static const struct line_starts *lines_of(struct places *places, const struct source *source)
{
    if (places->lines == NULL) {
        places->lines = table_create(places->arena);
    }
    struct line_starts *lines = table_find(places->lines, source);
    if (lines == NULL) {
        lines = ARENA_NEW(places->arena, struct line_starts);
        table_store(places->lines, source, lines);
        for (size_t i = 0; i <= source->length; i++) {
            if (i == 0 || source->text[i - 1] == '\n') {
                ARENA_PUSH(places->arena, lines->starts, lines->count, lines->capacity, i);
            }
        }
    }
    return lines;
}

/* The number of the line that holds a byte, from 1. */
static size_t line_at(const struct line_starts *lines, size_t byte)
{
    size_t low = 0, high = lines->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (lines->starts[middle] <= byte) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + 1;
}

void place_append(struct text *text, struct places *places, struct span span)
{
    if (span.source == NULL || span.source->name == NULL) {
        return;
    }
    size_t line = line_at(lines_of(places, span.source), span.begin);
    const char *slash = strrchr(span.source->name, '/');
    comment_append_name(text, slash == NULL ? span.source->name : slash + 1);
    text_format(text, ":%zu", line);
}

/* ---- Formulas ---- */

/* What a reader takes in at a glance, in nodes of the formula written out. */
enum { READABLE = 120 };

/* The number of nodes of the expression as a tree, which may be huge where the graph is small. */
static double tree_size(struct arena *arena, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(arena, &node, 1, &count);
    double *sizes = ARENA_ARRAY(arena, double, count);
    struct node_map *by_node = node_map_open(node->graph);
    for (size_t i = 0; i < count; i++) {
        sizes[i] = 1;
        for (int k = 0; k < order[i]->argument_count; k++) {
            sizes[i] += *(const double *)node_map_find(by_node, order[i]->arguments[k]);
        }
        node_map_store(by_node, order[i], &sizes[i]);
    }
    double total = sizes[count - 1];
    node_map_close(by_node);
    arena_give_back(arena, sizes, count, sizeof sizes[0]);
    arena_give_back(arena, order, count, sizeof order[0]);
    return total;
}

static void append_left_side(struct text *text, const struct equation *equation)
{
    const struct tensor *target = equation->target;
    text_append(text, target->name == NULL ? "part" : target->name);
    for (int i = 0; i < target->rank; i++) {
        text_append(text, i == 0 ? "[" : ",");
        text_append(text, equation->indices[i]->name == NULL ? "_" : equation->indices[i]->name);
    }
    text_append(text, target->rank > 0 ? "] = ..." : " = ...");
}

void formula_append(struct text *text, struct places *places, const struct equation *equation)
{
    struct arena *arena = places->arena;
    struct text formula = text_create(arena);
    if (tree_size(arena, equation->body) <= READABLE) {
        equation_print(&formula, equation);
    } else {
        append_left_side(&formula, equation);
    }
    while (formula.length > 0 && formula.bytes[formula.length - 1] == '\n') {
        formula.bytes[--formula.length] = '\0';
    }
    comment_append(text, formula.bytes, formula.length);
    struct text place = text_create(arena);
    place_append(&place, places, equation->span);
    if (place.length > 0) {
        text_format(text, "   %s", place.bytes);
    }
    text_give_back(&formula);
    text_give_back(&place);
}
