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

static void visit_definition(struct finder *finder, const struct statement *statement)
{
    visit_later(finder, statement->body);
    visit_later(finder, statement->until);
    visit_binders(finder, &statement->binders);
    for (size_t i = 0; i < statement->block.count; i++) {
        visit_definition(finder, statement->block.items[i]);
    }
    for (size_t i = 0; i < statement->derivatives.count; i++) {
        visit_definition(finder, statement->derivatives.items[i]);
    }
}

/* Whether a name means something of the statement's own: a parameter of a function or one of its
 * axes, what its `where` defines, an index on the left. */
static bool is_own_name(const struct statement *statement, const char *name)
{
    for (size_t i = 0; i < statement->declarators.count && statement->kind == STATEMENT_FN; i++) {
        const struct declarator *parameter = &statement->declarators.items[i];
        if (parameter->name == name) {
            return true;
        }
        for (size_t k = 0; k < parameter->axes.count; k++) {
            if (parameter->axes.items[k]->name == name) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < statement->block.count && statement->kind == STATEMENT_FN; i++) {
        if (statement->block.items[i]->name == name) {
            return true;
        }
    }
    for (size_t i = 0; i < statement->binders.count; i++) {
        if (statement->binders.items[i].name == name) {
            return true;
        }
    }
    return false;
}

static void find_uses(struct reader *reader, const struct symbol *symbol, struct uses *uses)
{
    struct finder finder = {.reader = reader, .uses = uses};
    reader->in_library = symbol->library;
    visit_later(&finder, symbol->constant);
    if (symbol->draw != NULL) {
        visit_later(&finder, symbol->draw->distribution);
    }
    for (size_t i = 0; i < symbol->case_count; i++) {
        visit_definition(&finder, symbol->cases[i]);
    }
    while (finder.count > 0) {
        const struct expression *expression = finder.stack[--finder.count];
        if (expression->name != NULL && !is_own_name(symbol->statement, expression->name)) {
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

/* A symbol on the way down, and what it uses. */
struct frame {
    struct symbol *symbol;
    struct uses uses;
    size_t next;
};

/* Finds strongly connected components; Tarjan, Depth-First Search and Linear Graph Algorithms,
 * 1972. */
struct orderer {
    struct reader *reader;
    struct frame *path;
    size_t depth, path_capacity;
    struct symbol **open; /* whose component is not complete */
    size_t open_count, open_capacity;
    unsigned last_number;
    struct symbol_group *groups;
    size_t count, capacity;
};

static void enter(struct orderer *orderer, struct symbol *symbol)
{
    struct arena *arena = orderer->reader->arena;
    struct frame frame = {.symbol = symbol};
    symbol->number = symbol->low = ++orderer->last_number;
    symbol->open = true;
    find_uses(orderer->reader, symbol, &frame.uses);
    ARENA_PUSH(arena, orderer->path, orderer->depth, orderer->path_capacity, frame);
    ARENA_PUSH(arena, orderer->open, orderer->open_count, orderer->open_capacity, symbol);
}

static bool uses_itself(const struct frame *frame)
{
    for (size_t i = 0; i < frame->uses.count; i++) {
        if (frame->uses.items[i] == frame->symbol) {
            return true;
        }
    }
    return false;
}

/* Everything that was opened from the frame's symbol on is one group. */
static void close_group(struct orderer *orderer, const struct frame *frame)
{
    struct arena *arena = orderer->reader->arena;
    size_t begin = orderer->open_count;
    do {
        begin--;
        orderer->open[begin]->open = false;
    } while (orderer->open[begin] != frame->symbol);
    struct symbol_group group = {.count = orderer->open_count - begin};
    group.items = ARENA_ARRAY(arena, struct symbol *, group.count);
    for (size_t i = 0; i < group.count; i++) {
        group.items[i] = orderer->open[begin + i];
    }
    group.circular = group.count > 1 || uses_itself(frame);
    orderer->open_count = begin;
    ARENA_PUSH(arena, orderer->groups, orderer->count, orderer->capacity, group);
}

static void order_from(struct orderer *orderer, struct symbol *root)
{
    enter(orderer, root);
    while (orderer->depth > 0) {
        struct frame *frame = &orderer->path[orderer->depth - 1];
        struct symbol *symbol = frame->symbol;
        if (frame->next < frame->uses.count) {
            struct symbol *used = frame->uses.items[frame->next++];
            if (used->number == 0) {
                enter(orderer, used);
            } else if (used->open && used->number < symbol->low) {
                symbol->low = used->number;
            }
            continue;
        }
        orderer->depth--;
        if (symbol->low == symbol->number) {
            close_group(orderer, frame);
        }
        if (orderer->depth > 0 && symbol->low < orderer->path[orderer->depth - 1].symbol->low) {
            orderer->path[orderer->depth - 1].symbol->low = symbol->low;
        }
    }
}

void report_circle(struct reader *reader, const struct symbol_group *group)
{
    enum { SHOWN = 8 };
    struct text names = text_create(reader->arena);
    const struct symbol *first = group->items[0];
    for (size_t i = 0; i < group->count && i < SHOWN; i++) {
        text_format(&names, "%s -> ", group->items[i]->name);
    }
    text_format(&names, "%s%s", group->count > SHOWN ? "... -> " : "", first->name);
    struct diagnostic *diagnostic = reader_error(
        reader, first->span, "'%s' is defined by way of itself: %s", first->name, names.bytes);
    for (size_t i = 1; i < group->count && i < 4; i++) {
        diagnostic_note(reader->diagnostics, diagnostic, group->items[i]->span,
                        "'%s' is part of the circle", group->items[i]->name);
    }
}

struct symbol_group *definition_order(struct reader *reader, size_t *count)
{
    struct orderer orderer = {.reader = reader};
    for (size_t i = 0; i < reader->symbol_count; i++) {
        struct symbol *symbol = reader->order[i];
        if (symbol->statement != NULL && symbol->number == 0) {
            order_from(&orderer, symbol);
        }
    }
    *count = orderer.count;
    return orderer.groups;
}
