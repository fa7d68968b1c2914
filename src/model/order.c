#include "model/reader.h"

/* The names that one definition uses, found without recursion. */
struct uses {
    struct symbol **items;
    size_t count, capacity;
};

struct finder {
    struct reader *reader;
    const struct expression **stack;
    size_t count, capacity;
    struct uses *uses;
};

static void visit_later(struct finder *finder, const struct expression *expression)
{
    if (expression != NULL) {
        ARENA_PUSH(finder->reader->arena, finder->stack, finder->count, finder->capacity,
                   expression);
    }
}

static void visit_list(struct finder *finder, const struct expression_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        visit_later(finder, list->items[i - 1]);
    }
}

static void visit_binders(struct finder *finder, const struct binder_list *binders)
{
    for (size_t i = 0; i < binders->count; i++) {
        visit_later(finder, binders->items[i].first);
        visit_later(finder, binders->items[i].last);
        visit_later(finder, binders->items[i].count);
    }
    visit_later(finder, binders->condition);
}

static void find_uses(struct reader *reader, const struct symbol *symbol, struct uses *uses)
{
    struct finder finder = {.reader = reader, .uses = uses};
    reader->in_library = symbol->library;
    visit_later(&finder, symbol->statement->body);
    visit_later(&finder, symbol->constant);
    visit_binders(&finder, &symbol->statement->binders);
    while (finder.count > 0) {
        const struct expression *expression = finder.stack[--finder.count];
        if (expression->name != NULL) {
            struct symbol *used = reader_find(reader, expression->name);
            if (used != NULL && used->statement != NULL) {
                ARENA_PUSH(reader->arena, uses->items, uses->count, uses->capacity, used);
            }
        }
        visit_list(&finder, &expression->arguments);
        visit_later(&finder, expression->fallback);
        visit_later(&finder, expression->body);
        visit_binders(&finder, &expression->binders);
    }
    reader->in_library = false;
}

enum { UNSEEN, ON_PATH, DONE };

struct frame {
    struct symbol *symbol;
    struct uses uses;
    size_t next;
};

struct orderer {
    struct reader *reader;
    struct frame *path;
    size_t depth, path_capacity;
    struct symbol **order;
    size_t count, capacity;
};

static void enter(struct orderer *orderer, struct symbol *symbol)
{
    struct frame frame = {.symbol = symbol};
    symbol->mark = ON_PATH;
    find_uses(orderer->reader, symbol, &frame.uses);
    ARENA_PUSH(orderer->reader->arena, orderer->path, orderer->depth, orderer->path_capacity,
               frame);
}

/* The circle is the end of the path, from where it meets itself. */
static void report_circle(struct orderer *orderer, const struct symbol *symbol)
{
    size_t start = orderer->depth - 1;
    while (orderer->path[start].symbol != symbol) {
        start--;
    }
    struct reader *reader = orderer->reader;
    struct text names = text_create(reader->arena);
    for (size_t i = start; i < orderer->depth && i < start + 8; i++) {
        text_format(&names, "%s -> ", orderer->path[i].symbol->name);
    }
    text_format(&names, "%s%s", orderer->depth > start + 8 ? "... -> " : "", symbol->name);
    struct diagnostic *diagnostic = reader_error(
        reader, symbol->span, "'%s' is defined by way of itself: %s", symbol->name, names.bytes);
    for (size_t i = start + 1; i < orderer->depth && i < start + 4; i++) {
        diagnostic_note(reader->diagnostics, diagnostic, orderer->path[i].symbol->span,
                        "'%s' is part of the circle", orderer->path[i].symbol->name);
    }
}

static void order_from(struct orderer *orderer, struct symbol *root)
{
    enter(orderer, root);
    while (orderer->depth > 0) {
        struct frame *frame = &orderer->path[orderer->depth - 1];
        if (frame->next < frame->uses.count) {
            struct symbol *used = frame->uses.items[frame->next++];
            if (used->mark == UNSEEN) {
                enter(orderer, used);
            } else if (used->mark == ON_PATH) {
                report_circle(orderer, used);
            }
            continue;
        }
        frame->symbol->mark = DONE;
        ARENA_PUSH(orderer->reader->arena, orderer->order, orderer->count, orderer->capacity,
                   frame->symbol);
        orderer->depth--;
    }
}

struct symbol **definition_order(struct reader *reader, size_t *count)
{
    struct orderer orderer = {.reader = reader};
    for (size_t i = 0; i < reader->symbol_count; i++) {
        struct symbol *symbol = reader->order[i];
        if (symbol->statement != NULL && symbol->mark == UNSEEN) {
            order_from(&orderer, symbol);
        }
    }
    *count = orderer.count;
    return orderer.order;
}
