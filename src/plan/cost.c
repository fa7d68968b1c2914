#include "plan/cost.h"

#include "equations/affine.h"

struct counter {
    struct graph *graph;
    struct arena *arena;
    struct cost cost;
};

static const struct node *plus(struct counter *counter, const struct node *left,
                               const struct node *right)
{
    return node_binary(counter->graph, OPERATOR_ADD, left, right);
}

static const struct node *extent_of(struct counter *counter, const struct step *loop)
{
    return affine_normalize(counter->graph,
                            node_binary(counter->graph, OPERATOR_SUBTRACT, loop->end, loop->first));
}

/* Which figure an operator counts into. */
static const struct node **figure_of(struct cost *cost, const struct node *apply)
{
    switch (apply->operator->id) {
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_NEGATE:
        return &cost->additions;
    case OPERATOR_MULTIPLY:
        return &cost->multiplications;
    case OPERATOR_DIVIDE:
        return &cost->divisions;
    case OPERATOR_POWER:
        return node_is_number(apply->arguments[1], 2) ? &cost->multiplications : &cost->calls;
    default:
        return apply->operator->precedence == PRECEDENCE_CALL ? &cost->calls : & cost->others;
    }
}

/* Subscripts are not counted: compilers fold them into the loops. */
static void count_expression(struct counter *counter, const struct node *root,
                             const struct node *times)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    struct table *seen = table_create(counter->arena);
    ARENA_PUSH(counter->arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        if (table_find(seen, node) != NULL) {
            continue;
        }
        table_store(seen, node, (void *)(uintptr_t)node);
        if (node->kind == NODE_LOAD && node->tensor->kind != TENSOR_LOCAL) {
            counter->cost.loads = plus(counter, counter->cost.loads, times);
        }
        if (node->kind != NODE_APPLY) {
            continue;
        }
        const struct node **figure = figure_of(&counter->cost, node);
        *figure = plus(counter, *figure, times);
        for (int i = 0; i < node->argument_count; i++) {
            ARENA_PUSH(counter->arena, stack, depth, capacity, node->arguments[i]);
        }
    }
}

static void count_steps(struct counter *counter, const struct step_list *steps,
                        const struct node *times)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->value != NULL) {
            count_expression(counter, step->value, times);
        }
        if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
            counter->cost.stores = plus(counter, counter->cost.stores, times);
        }
        if (step->kind == STEP_ADD) {
            counter->cost.loads = plus(counter, counter->cost.loads, times);
            counter->cost.additions = plus(counter, counter->cost.additions, times);
        }
        const struct node *inside =
            step->kind == STEP_LOOP
                ? node_binary(counter->graph, OPERATOR_MULTIPLY, times, extent_of(counter, step))
                : times;
        count_steps(counter, &step->body, inside);
        count_steps(counter, &step->otherwise, inside);
    }
}

struct cost cost_of(const struct plan *plan)
{
    struct counter counter = {.graph = plan->graph, .arena = graph_arena(plan->graph)};
    const struct node *zero = node_number(plan->graph, 0);
    counter.cost = (struct cost){zero, zero, zero, zero, zero, zero, zero};
    for (size_t i = 0; i < plan->part_count; i++) {
        count_steps(&counter, &plan->parts[i].steps, node_number(plan->graph, 1));
    }
    return counter.cost;
}

const struct node *cost_operations(struct graph *graph, const struct cost *cost)
{
    const struct node *parts[] = {cost->additions, cost->multiplications, cost->divisions,
                                  cost->calls, cost->others};
    const struct node *sum = node_number(graph, 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sum = node_binary(graph, OPERATOR_ADD, sum, parts[i]);
    }
    return sum;
}
