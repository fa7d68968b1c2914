/* sum[i] e and its kin: their indices, conditions and ranges. */
#include "equations/guards.h"
#include "model/reader.h"

#include <string.h>

/* Conditions that came with masked elements and speak of the indices being reduced. */
static const struct node *take_guards(struct reader *reader, int count,
                                      const struct index *const *indices,
                                      const struct node *condition)
{
    size_t kept = 0;
    for (size_t i = 0; i < reader->guard_count; i++) {
        const struct node *guard = reader->guards[i];
        bool mine = false;
        for (int k = 0; k < count; k++) {
            mine = mine || node_depends_on(guard, indices[k]);
        }
        if (!mine) {
            reader->guards[kept++] = guard;
        } else if (condition != guard) {
            condition = condition == NULL
                            ? guard
                            : node_binary(reader->graph, OPERATOR_AND, condition, guard);
        }
    }
    reader->guard_count = kept;
    return condition;
}

struct value close_reduction(struct reader *reader, enum reduction_id reduction, int index_count,
                             const struct index *const *indices, struct value element,
                             const struct node *condition)
{
    if (element.body == NULL) {
        return element;
    }
    condition = take_guards(reader, index_count, indices, condition);
    element.body =
        node_reduce(reader->graph, reduction, index_count, indices, element.body, condition);
    return element;
}

/* A binder without a range that has the name of a function's axis runs over that axis, all of its
 * indices, and under its condition. */
static bool inherit_axis(struct reader *reader, struct local *local, const struct local *axis)
{
    const struct node *fresh[RANK_MAX];
    local->index_count = axis->index_count;
    for (int i = 0; i < axis->index_count; i++) {
        const struct index *like = axis->indices[i];
        struct index *index = infer_index(reader, like->name, local->span);
        index->first = like->first;
        index->end = like->end;
        local->indices[i] = index;
        fresh[i] = node_index(reader->graph, index);
    }
    if (axis->value.condition != NULL) {
        const struct node *guard = node_substitute(reader->graph, axis->value.condition,
                                                   axis->index_count, axis->value.axes, fresh);
        ARENA_PUSH(reader->arena, reader->guards, reader->guard_count, reader->guard_capacity,
                   guard);
    }
    return true;
}

static bool open_binder(struct reader *reader, const struct binder *binder,
                        const struct local *scope, struct local *local)
{
    const struct local *axis = find_local(scope, binder->name);
    bool bare = binder->count == NULL && binder->last == NULL;
    if (bare && axis != NULL && axis->is_axis) {
        return inherit_axis(reader, local, axis);
    }
    struct index *index = bind_index(reader, binder, scope);
    local->index_count = 1;
    local->indices[0] = index;
    return index != NULL;
}

/* The indices of a binder list as locals, the last one innermost; NULL after an error. */
static struct local *open_binders(struct reader *reader, const struct binder_list *binders,
                                  const struct local *scope)
{
    struct local *local = NULL;
    const struct local *inner = scope;
    for (size_t i = 0; i < binders->count; i++) {
        local = ARENA_NEW(reader->arena, struct local);
        local->name = binders->items[i].name;
        local->span = binders->items[i].span;
        local->is_index = true;
        local->outer = inner;
        if (!open_binder(reader, &binders->items[i], scope, local)) {
            return NULL;
        }
        inner = local;
    }
    return local;
}

static void remember_closed(struct reader *reader, const struct local *local)
{
    struct local *closed = ARENA_NEW(reader->arena, struct local);
    *closed = *local;
    closed->outer = reader->closed;
    reader->closed = closed;
}

/* A reduction's or vector function's body with its indices, once their ranges are settled. */
struct bound_body {
    struct value value;
    int index_count;
    const struct index *indices[RANK_MAX];
    const struct node *condition;
};

/* The indices of the innermost `count` locals, outermost first. */
static bool collect_indices(struct reader *reader, const struct local *innermost, size_t count,
                            struct bound_body *bound)
{
    const struct local *locals[RANK_MAX];
    for (size_t i = count; i > 0; i--, innermost = innermost->outer) {
        locals[i - 1] = innermost;
        remember_closed(reader, innermost);
    }
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < locals[i]->index_count; k++) {
            if (bound->index_count == RANK_MAX) {
                reader_error(reader, locals[i]->span, "more than %d indices", RANK_MAX);
                return false;
            }
            bound->indices[bound->index_count++] = locals[i]->indices[k];
        }
    }
    return true;
}

static bool read_bound_body(struct reader *reader, const struct expression *expression,
                            const struct local *scope, struct bound_body *bound)
{
    if (expression->binders.count > RANK_MAX) {
        reader_error(reader, expression->span, "more than %d indices", RANK_MAX);
        return false;
    }
    const struct local *inner = open_binders(reader, &expression->binders, scope);
    if (inner == NULL) {
        return false;
    }
    bool conditional = false;
    if (expression->binders.condition != NULL) {
        bound->condition = read_scalar(reader, expression->binders.condition, inner);
        conditional = bound->condition != NULL;
    }
    if (conditional) {
        push_condition(reader, bound->condition);
    }
    bound->value = read_expression(reader, expression->body, inner);
    reader->condition_count -= conditional;
    bool settled = collect_indices(reader, inner, expression->binders.count, bound);
    for (int i = 0; i < bound->index_count && bound->value.body != NULL; i++) {
        settled = settle_index(reader, (struct index *)(uintptr_t)bound->indices[i]) && settled;
    }
    return settled && bound->value.body != NULL;
}

/* f[c] e is f of the vector e over c; where the result is a vector, its element at the outer c. */
static struct value apply_to_body(struct reader *reader, const struct expression *expression,
                                  const struct local *scope, const struct symbol *symbol,
                                  struct bound_body *bound)
{
    if (bound->value.rank != 0) {
        reader_error(reader, expression->body->span, "'%s[...]' takes a number for each index",
                     expression->name);
        return value_failed();
    }
    struct value argument = {
        .body = bound->value.body, .rank = bound->index_count, .condition = bound->condition};
    memcpy(argument.axes, bound->indices, sizeof argument.axes);
    struct value result = call_function(reader, symbol, expression->span, 1, &argument);
    if (result.body == NULL || result.rank == 0) {
        return result;
    }
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < result.rank && i < bound->index_count; i++) {
        const struct binder *binder = &expression->binders.items[i];
        const struct local *outer = find_local(scope, binder->name);
        if (outer == NULL || !outer->is_index || outer->index_count != 1) {
            struct diagnostic *diagnostic =
                reader_error(reader, binder->span,
                             "'%s[%s]' is a vector over '%s', which is no "
                             "index outside of it",
                             expression->name, binder->name, binder->name);
            diagnostic_help(reader->diagnostics, diagnostic, "write f[%s] = %s[%s] ...",
                            binder->name, expression->name, binder->name);
            return value_failed();
        }
        subscripts[i] = node_index(reader->graph, outer->indices[0]);
        demand_axis(reader, subscripts[i], NULL, value_axis(result.axes[i]), binder->span);
    }
    return value_of(value_element(reader, &result, subscripts));
}

struct value read_reduce(struct reader *reader, const struct expression *expression,
                         const struct local *scope)
{
    const struct reduction *reduction = reduction_find(expression->name);
    const struct symbol *symbol = reader_find(reader, expression->name);
    if (reduction == NULL && (symbol == NULL || symbol->kind != SYMBOL_FUNCTION)) {
        reader_error(reader, expression->name_span,
                     "'%s' is no reduction: it cannot run over an index", expression->name);
        return value_failed();
    }
    struct bound_body bound = {0};
    if (!read_bound_body(reader, expression, scope, &bound)) {
        return value_failed();
    }
    if (reduction == NULL) {
        return apply_to_body(reader, expression, scope, symbol, &bound);
    }
    bool place = reduction->id == REDUCTION_ARGMAX || reduction->id == REDUCTION_ARGMIN;
    if (place && bound.index_count != 1) {
        reader_error(reader, expression->span, "'%s' runs over one index", expression->name);
        return value_failed();
    }
    return close_reduction(reader, reduction->id, bound.index_count, bound.indices, bound.value,
                           bound.condition);
}
