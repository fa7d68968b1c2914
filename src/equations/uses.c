#include "equations/uses.h"

static void drop(struct ways *ways, int position)
{
    ways->guards[position] = ways->guards[--ways->count];
}

/* c and d, c and not d: together they are c. */
static bool are_opposite(const struct guard *left, const struct guard *right)
{
    return left->depth > 0 && right->depth > 0 && left->outer == right->outer &&
           left->condition == right->condition && left->negated != right->negated;
}

static void add_way(struct ways *ways, const struct guard *guard)
{
    for (int i = 0; i < ways->count; i++) {
        if (guard_is_within(guard, ways->guards[i])) {
            return;
        }
    }
    for (int i = ways->count - 1; i >= 0; i--) {
        if (are_opposite(guard, ways->guards[i])) {
            drop(ways, i);
            add_way(ways, guard->outer);
            return;
        }
        if (guard_is_within(ways->guards[i], guard)) {
            drop(ways, i);
        }
    }
    if (ways->count == WAYS_MAX) {
        ways->count = 0;
        guard = guard_none();
    }
    ways->guards[ways->count++] = guard;
}

/* The guard of a node's i-th argument: the elements of a reduction stand under its condition. */
static const struct guard *guard_below(struct uses *uses, const struct node *node, int i,
                                       const struct guard *guard)
{
    if (node->kind == NODE_APPLY) {
        return guard_of_argument(&uses->guards, node, i, guard);
    }
    bool conditional = node->kind == NODE_REDUCE && node->argument_count == 2 && i == 0;
    return conditional ? guard_under(&uses->guards, guard, node->arguments[1], false) : guard;
}

static void spread(struct uses *uses, const struct node *node)
{
    const struct ways *own = table_find(uses->ways, node);
    for (int i = 0; i < node->argument_count; i++) {
        struct ways *ways = table_find(uses->ways, node->arguments[i]);
        if (ways == NULL) {
            ways = ARENA_NEW(graph_arena(uses->guards.graph), struct ways);
            table_store(uses->ways, node->arguments[i], ways);
        }
        for (int k = 0; k < own->count; k++) {
            add_way(ways, guard_below(uses, node, i, own->guards[k]));
        }
    }
}

struct uses uses_find(struct graph *graph, const struct node *const *order, size_t count,
                      bool inside)
{
    struct uses uses = {.guards = guards_create(graph)};
    bool chooses = inside;
    for (size_t i = 0; i < count && !chooses; i++) {
        chooses = order[i]->kind == NODE_APPLY && order[i]->operation->id == OPERATOR_IF;
    }
    if (!chooses) {
        return uses;
    }
    uses.ways = table_create(graph_arena(graph));
    struct ways *root = ARENA_NEW(graph_arena(graph), struct ways);
    add_way(root, guard_none());
    table_store(uses.ways, order[count - 1], root);
    for (size_t i = count; i > 0; i--) {
        bool reached = table_find(uses.ways, order[i - 1]) != NULL;
        if (reached && (order[i - 1]->kind == NODE_APPLY || inside)) {
            spread(&uses, order[i - 1]);
        }
    }
    return uses;
}

const struct ways *use_ways(const struct uses *uses, const struct node *node)
{
    return uses->ways == NULL ? NULL : table_find(uses->ways, node);
}

const struct node *use_condition(const struct uses *uses, const struct node *node)
{
    const struct ways *ways = use_ways(uses, node);
    const struct node *condition = NULL;
    for (int i = 0; ways != NULL && i < ways->count; i++) {
        const struct node *way = guard_condition(uses->guards.graph, ways->guards[i]);
        if (way == NULL) {
            return NULL;
        }
        condition =
            condition == NULL ? way : node_binary(uses->guards.graph, OPERATOR_OR, condition, way);
    }
    return condition;
}
