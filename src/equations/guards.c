#include "equations/guards.h"

static const struct guard no_guard;

const struct guard *guard_none(void)
{
    return &no_guard;
}

struct guards guards_create(struct graph *graph)
{
    return (struct guards){graph, table_create(graph_arena(graph)),
                           table_create(graph_arena(graph))};
}

const struct guard *guard_under(struct guards *guards, const struct guard *outer,
                                const struct node *condition, bool negated)
{
    uint64_t hash = hash_mix(outer->hash, (uint64_t)condition->id * 2 + (negated ? 1 : 2));
    const void *key = (const void *)(uintptr_t)(hash | 1);
    struct guard *guard = table_find(guards->made, key);
    if (guard != NULL && guard->outer == outer && guard->condition == condition &&
        guard->negated == negated) {
        return guard;
    }
    guard = ARENA_NEW(graph_arena(guards->graph), struct guard);
    guard->outer = outer;
    guard->hash = hash;
    table_store(guards->made, key, guard);
    guard->depth = outer->depth + 1;
    guard->condition = condition;
    guard->negated = negated;
    bool even = outer->jump != NULL && outer->jump->jump != NULL &&
                outer->depth - outer->jump->depth == outer->jump->depth - outer->jump->jump->depth;
    guard->jump = even ? outer->jump->jump : outer;
    return guard;
}

static const struct guard *guard_at_depth(const struct guard *guard, unsigned depth)
{
    while (guard->depth > depth) {
        guard = guard->jump->depth >= depth ? guard->jump : guard->outer;
    }
    return guard;
}

static const struct guard *guard_common(const struct guard *left, const struct guard *right)
{
    unsigned depth = left->depth < right->depth ? left->depth : right->depth;
    left = guard_at_depth(left, depth);
    right = guard_at_depth(right, depth);
    while (left != right) {
        bool far = left->jump != right->jump;
        left = far ? left->jump : left->outer;
        right = far ? right->jump : right->outer;
    }
    return left;
}

void guards_note(struct guards *guards, const struct node *node, const struct guard *guard)
{
    const struct guard *known = table_find(guards->of, node);
    const struct guard *common = known == NULL ? guard : guard_common(known, guard);
    table_store(guards->of, node, (void *)(uintptr_t)common);
}

bool guard_is_within(const struct guard *inner, const struct guard *outer)
{
    return inner->depth >= outer->depth && guard_at_depth(inner, outer->depth) == outer;
}

/* Each argument is evaluated when its user is, and in a branch only when that is taken. */
const struct guard *guard_of_argument(struct guards *guards, const struct node *apply, int k,
                                      const struct guard *guard)
{
    bool chooses = node_is(apply, OPERATOR_IF), stops = node_is(apply, OPERATOR_AND);
    bool goes_on = node_is(apply, OPERATOR_OR);
    if (k == 0 || !(chooses || stops || goes_on)) {
        return guard;
    }
    return guard_under(guards, guard, apply->arguments[0], goes_on || (chooses && k == 2));
}

static void spread_apply(struct guards *guards, const struct node *node, const struct guard *guard)
{
    for (int i = 0; i < node->argument_count; i++) {
        guards_note(guards, node->arguments[i], guard_of_argument(guards, node, i, guard));
    }
}

static void spread_reduce(struct guards *guards, const struct node *node, const struct guard *guard)
{
    const struct guard *inner = guard;
    if (node->argument_count == 2) {
        guards_note(guards, node->arguments[1], guard);
        inner = guard_under(guards, guard, node->arguments[1], false);
    }
    guards_note(guards, node->arguments[0], inner);
}

void guards_spread(struct guards *guards, const struct node *const *order, size_t count,
                   bool inside)
{
    for (size_t i = count; i > 0; i--) {
        const struct node *node = order[i - 1];
        const struct guard *guard = guards_of(guards, node);
        if (guard == NULL) {
            continue;
        }
        if (node->kind != NODE_REDUCE) {
            spread_apply(guards, node, guard);
        } else if (inside) {
            spread_reduce(guards, node, guard);
        }
    }
}

const struct guard *guards_of(const struct guards *guards, const struct node *node)
{
    return table_find(guards->of, node);
}

const struct node *guard_condition(struct graph *graph, const struct guard *guard)
{
    const struct node *joined = NULL;
    for (; guard->depth > 0; guard = guard->outer) {
        const struct node *condition =
            guard->negated ? negation(graph, guard->condition) : guard->condition;
        joined = conjunction(graph, condition, joined);
    }
    return joined;
}

const struct node *conjunction(struct graph *graph, const struct node *left,
                               const struct node *right)
{
    if (left == NULL || right == NULL) {
        return left == NULL ? right : left;
    }
    return node_binary(graph, OPERATOR_AND, left, right);
}

/* Whether a comparison is one of indices and sizes, which are never NaN. */
static bool compares_whole_numbers(const struct node *condition)
{
    for (int i = 0; i < condition->argument_count; i++) {
        const struct node *side = condition->arguments[i];
        bool plain = side->kind == NODE_INDEX || side->kind == NODE_SIZE ||
                     side->kind == NODE_NUMBER ||
                     (side->kind == NODE_LOAD && side->tensor->values.first != NULL) ||
                     ((node_is(side, OPERATOR_ADD) || node_is(side, OPERATOR_SUBTRACT) ||
                       node_is(side, OPERATOR_MULTIPLY) || node_is(side, OPERATOR_NEGATE)) &&
                      compares_whole_numbers(side));
        if (!plain) {
            return false;
        }
    }
    return true;
}

const struct node *negation(struct graph *graph, const struct node *condition)
{
    static const struct {
        enum operator_id from, to;
        bool always; /* for NaN as well */
    } opposites[] = {
        {OPERATOR_EQUAL, OPERATOR_NOT_EQUAL, true},
        {OPERATOR_NOT_EQUAL, OPERATOR_EQUAL, true},
        {OPERATOR_LESS, OPERATOR_GREATER_EQUAL, false},
        {OPERATOR_LESS_EQUAL, OPERATOR_GREATER, false},
        {OPERATOR_GREATER, OPERATOR_LESS_EQUAL, false},
        {OPERATOR_GREATER_EQUAL, OPERATOR_LESS, false},
    };
    if (node_is(condition, OPERATOR_NOT)) {
        return condition->arguments[0];
    }
    if (node_is(condition, OPERATOR_OR)) {
        return node_binary(graph, OPERATOR_AND, negation(graph, condition->arguments[0]),
                           negation(graph, condition->arguments[1]));
    }
    for (size_t i = 0; i < sizeof opposites / sizeof opposites[0]; i++) {
        if (node_is(condition, opposites[i].from) &&
            (opposites[i].always || compares_whole_numbers(condition))) {
            return node_binary(graph, opposites[i].to, condition->arguments[0],
                               condition->arguments[1]);
        }
    }
    return node_unary(graph, OPERATOR_NOT, condition);
}
