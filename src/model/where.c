/* What a function's `where` defines. A definition that needs itself, or has cases, becomes tensors
 * of the program, over the indices under which the call stands as well; any other is put in
 * wherever its name stands. */
#include "equations/guards.h"
#include "model/recurrences.h"

struct where {
    struct reader *reader;
    const struct statement *function;
    const struct local *scope;
    struct symbol **symbols;
    size_t count, capacity;
    bool *needs; /* count x count: whether one definition needs another, by whatever way */
    const struct index *context[RANK_MAX];
    int context_count;
};

/* ---- Which definition needs which ---- */

static bool mentions(const struct expression *expression, const char *name);

static bool any_mentions(const struct expression_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (mentions(list->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool binders_mention(const struct binder_list *binders, const char *name)
{
    for (size_t i = 0; i < binders->count; i++) {
        if (mentions(binders->items[i].first, name) || mentions(binders->items[i].last, name) ||
            mentions(binders->items[i].count, name)) {
            return true;
        }
    }
    return mentions(binders->condition, name);
}

static bool mentions(const struct expression *expression, const char *name)
{
    /* The spine of a long sum is walked, not recursed. */
    while (expression != NULL && expression->kind == EXPRESSION_OPERATOR &&
           expression->arguments.count == 2) {
        if (mentions(expression->arguments.items[1], name)) {
            return true;
        }
        expression = expression->arguments.items[0];
    }
    return expression != NULL &&
           (expression->name == name || any_mentions(&expression->arguments, name) ||
            mentions(expression->fallback, name) || mentions(expression->body, name) ||
            binders_mention(&expression->binders, name));
}

static bool uses(const struct symbol *user, const struct symbol *used)
{
    for (size_t i = 0; i < user->case_count; i++) {
        if (mentions(user->cases[i]->body, used->name) ||
            binders_mention(&user->cases[i]->binders, used->name)) {
            return true;
        }
    }
    return false;
}

static void find_needs(struct where *where)
{
    size_t n = where->count;
    where->needs = ARENA_ARRAY(where->reader->arena, bool, n *n + 1);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            where->needs[i * n + k] = uses(where->symbols[i], where->symbols[k]);
        }
    }
    for (size_t via = 0; via < n; via++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < n && where->needs[i * n + via]; k++) {
                where->needs[i * n + k] = where->needs[i * n + k] || where->needs[via * n + k];
            }
        }
    }
}

/* ---- Symbols ---- */

static struct symbol *find_own(const struct where *where, const char *name)
{
    for (size_t i = 0; i < where->count; i++) {
        if (where->symbols[i]->name == name) {
            return where->symbols[i];
        }
    }
    return NULL;
}

static bool declare(struct where *where, const struct statement *statement)
{
    struct reader *reader = where->reader;
    if (statement->kind != STATEMENT_DEFINE) {
        reader_error(reader, statement->span, "'where' takes definitions");
        return false;
    }
    struct symbol *symbol = find_own(where, statement->name);
    if (symbol == NULL) {
        symbol = ARENA_NEW(reader->arena, struct symbol);
        symbol->kind = SYMBOL_TENSOR;
        symbol->name = statement->name;
        symbol->span = statement->name_span;
        symbol->statement = statement;
        symbol->library = reader->in_library;
        ARENA_PUSH(reader->arena, where->symbols, where->count, where->capacity, symbol);
    }
    ARENA_PUSH(reader->arena, symbol->cases, symbol->case_count, symbol->case_capacity, statement);
    return true;
}

/* The indices that the arguments stand under: those that they speak of and do not bind. */
static bool find_context(struct where *where, int count, const struct value *arguments)
{
    for (int a = 0; a < count; a++) {
        for (int i = 0; i < arguments[a].body->free->count; i++) {
            const struct index *index = arguments[a].body->free->items[i];
            bool known = false;
            for (int k = 0; k < arguments[a].rank; k++) {
                known = known || arguments[a].axes[k] == index;
            }
            for (int k = 0; k < where->context_count; k++) {
                known = known || where->context[k] == index;
            }
            if (known) {
                continue;
            }
            if (index->first == NULL || where->context_count == RANK_MAX) {
                struct diagnostic *diagnostic =
                    reader_error(where->reader, where->function->span,
                                 "the recurrence of '%s' cannot stand under index '%s' here",
                                 where->function->name, index->name == NULL ? "?" : index->name);
                diagnostic_help(where->reader->diagnostics, diagnostic,
                                "give the index a range, or define the argument before");
                return false;
            }
            where->context[where->context_count++] = index;
        }
    }
    return true;
}

/* ---- Definitions ---- */

static struct local *open_name(struct where *where, const struct symbol *symbol)
{
    struct local *local = ARENA_NEW(where->reader->arena, struct local);
    local->name = symbol->name;
    local->span = symbol->span;
    local->outer = where->scope;
    return local;
}

/* A definition as a value over its left side's indices. */
static bool read_value(struct where *where, const struct symbol *symbol)
{
    struct reader *reader = where->reader;
    const struct statement *statement = symbol->statement;
    const struct local *scope = where->scope;
    struct index *indices[RANK_MAX];
    if (statement->binders.count > RANK_MAX) {
        reader_error(reader, statement->span, "more than %d indices", RANK_MAX);
        return false;
    }
    for (size_t i = 0; i < statement->binders.count; i++) {
        const struct binder *binder = &statement->binders.items[i];
        indices[i] = bind_place(reader, binder, where->scope);
        if (indices[i] == NULL) {
            return false;
        }
        scope = open_index(reader, binder, indices[i], scope);
    }
    struct value body = read_expression(reader, statement->body, scope);
    struct value value = {.body = body.body};
    bool settled = body.body != NULL;
    for (size_t i = 0; i < statement->binders.count && settled; i++) {
        settled = settle_index(reader, indices[i]);
        value.axes[value.rank++] = indices[i];
    }
    for (int i = 0; i < body.rank && value.rank < RANK_MAX; i++) {
        value.axes[value.rank++] = body.axes[i];
    }
    struct local *local = open_name(where, symbol);
    local->value = value;
    where->scope = local;
    return settled;
}

static bool is_over_context(const struct where *where, const struct node *condition)
{
    for (int i = 0; i < condition->free->count; i++) {
        bool known = false;
        for (int k = 0; k < where->context_count; k++) {
            known = known || where->context[k] == condition->free->items[i];
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

/* The conditions under which the call stands, as far as they are of its context. */
static const struct node *guard_over(const struct where *where)
{
    const struct reader *reader = where->reader;
    const struct node *guard = NULL;
    for (size_t i = 0; i < reader->condition_count; i++) {
        if (is_over_context(where, reader->conditions[i])) {
            guard = conjunction(reader->graph, guard, reader->conditions[i]);
        }
    }
    return guard;
}

/* Definitions that need each other: tensors of the program. */
static bool read_tensors(struct where *where, const struct symbol_group *group)
{
    struct members members = members_create(where->reader, group);
    unsigned errors = where->reader->diagnostics->errors;
    for (size_t i = 0; i < group->count; i++) {
        struct local *local = open_name(where, group->items[i]);
        local->symbol = group->items[i];
        where->scope = local;
    }
    members.scope = where->scope;
    members.prefix = where->function->name;
    members.context_count = where->context_count;
    for (int i = 0; i < where->context_count; i++) {
        members.context[i] = where->context[i];
    }
    members.guard = guard_over(where);
    read_members(&members, group->circular);
    return where->reader->diagnostics->errors == errors;
}

/* The definitions that need this one and are needed by it, itself among them. */
static struct symbol_group group_of(const struct where *where, size_t first)
{
    size_t n = where->count;
    struct symbol_group group = {.circular = where->needs[first * n + first]};
    group.items = ARENA_ARRAY(where->reader->arena, struct symbol *, n);
    for (size_t i = 0; i < n; i++) {
        if (i == first || (where->needs[first * n + i] && where->needs[i * n + first])) {
            group.items[group.count++] = where->symbols[i];
        }
    }
    return group;
}

static bool is_ready(const struct where *where, size_t i, const bool *done)
{
    size_t n = where->count;
    for (size_t k = 0; k < n; k++) {
        bool same_group = k == i || (where->needs[i * n + k] && where->needs[k * n + i]);
        if (where->needs[i * n + k] && !done[k] && !same_group) {
            return false;
        }
    }
    return !done[i];
}

static bool read_group(struct where *where, size_t first, bool *done, int count,
                       const struct value *arguments)
{
    size_t n = where->count;
    struct symbol_group group = group_of(where, first);
    for (size_t i = 0; i < n; i++) {
        done[i] =
            done[i] || i == first || (where->needs[first * n + i] && where->needs[i * n + first]);
    }
    if (!group.circular && !has_cases(group.items[0])) {
        return read_value(where, group.items[0]);
    }
    bool known = where->context_count > 0 || find_context(where, count, arguments);
    for (size_t i = 0; i < group.count && known; i++) {
        if (group.items[i]->statement->binders.count == 0) {
            report_circle(where->reader, &group);
            return false;
        }
    }
    return known && read_tensors(where, &group);
}

const struct local *open_where(struct reader *reader, const struct statement *function, int count,
                               const struct value *arguments, const struct local *scope)
{
    struct where where = {.reader = reader, .function = function, .scope = scope};
    for (size_t i = 0; i < function->block.count; i++) {
        if (!declare(&where, function->block.items[i])) {
            return NULL;
        }
    }
    find_needs(&where);
    bool *done = ARENA_ARRAY(reader->arena, bool, where.count);
    for (size_t left = where.count; left > 0;) {
        size_t i = 0;
        while (!is_ready(&where, i, done)) {
            i++;
        }
        if (!read_group(&where, i, done, count, arguments)) {
            return NULL;
        }
        left = 0;
        for (size_t k = 0; k < where.count; k++) {
            left += !done[k];
        }
    }
    return where.scope;
}
