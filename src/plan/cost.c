#include "plan/cost.h"

#include "equations/affine.h"
#include "plan/nodes.h"

enum { LOOPS_MAX = 2 * RANK_MAX };

/* How often each is done where control comes by `times`. */
struct counts {
    const struct node *times;
    double additions, multiplications, divisions, calls, others, loads, stores;
};

struct counter {
    struct graph *graph;
    struct arena *arena;
    const struct step *loops[LOOPS_MAX]; /* around */
    int depth;
    struct counts **all; /* one for each different number of times */
    size_t count, capacity;
    struct table *by_times;
};

/* ---- How often a place is reached ---- */

static const struct node *binary(struct counter *counter, enum operator_id id,
                                 const struct node *left, const struct node *right)
{
    return node_binary(counter->graph, id, left, right);
}

static const struct node *difference(struct counter *counter, const struct node *end,
                                     const struct node *first)
{
    return affine_normalize(counter->graph, binary(counter, OPERATOR_SUBTRACT, end, first));
}

static bool has_load(struct counter *counter, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(counter->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            return true;
        }
    }
    return false;
}

/* Where data decides on the length, the longest counts. */
static const struct node *extent_of(struct counter *counter, const struct step *loop)
{
    const struct node *extent = difference(counter, loop->end, loop->first);
    if (has_load(counter, extent)) {
        extent = difference(counter, loop->index->end, loop->index->first);
    }
    return affine_proves_at_most(node_number(counter->graph, 0), extent)
               ? extent
               : binary(counter, OPERATOR_MAX, extent, node_number(counter->graph, 0));
}

/* The sum of c + k*i over first <= i < end, as c*(end - first) + k*(end - first)*(first + end -
 * 1)/2; NULL where `factor` is not of that form. */
static const struct node *sum_of_affine(struct counter *counter, const struct node *factor,
                                        const struct step *loop, const struct node *extent)
{
    const struct node *atom = node_index(counter->graph, loop->index);
    struct affine affine = affine_of(factor);
    long step = affine_coefficient(&affine, atom);
    struct affine rest = affine_add(affine, affine_of(atom), -step);
    if (!rest.valid || node_depends_on(affine_node(counter->graph, &rest), loop->index)) {
        return NULL;
    }
    struct affine ends = affine_add(affine_of(loop->first), affine_of(loop->end), 1);
    ends = affine_add(ends, (struct affine){.valid = true, .constant = 1}, -1);
    struct affine twice = affine_add(affine_add(rest, rest, 1), ends, step);
    if (!twice.valid) {
        return NULL;
    }
    const struct node *product =
        binary(counter, OPERATOR_MULTIPLY, extent, affine_node(counter->graph, &twice));
    return binary(counter, OPERATOR_DIVIDE, product, node_number(counter->graph, 2));
}

/* The sum of a product over a loop. */
static const struct node *sum_over(struct counter *counter, const struct step *loop,
                                   const struct node **factors, int *count)
{
    const struct node *extent = extent_of(counter, loop);
    const struct node *dependent = NULL;
    int kept = 0, dependent_count = 0;
    for (int i = 0; i < *count; i++) {
        if (node_depends_on(factors[i], loop->index)) {
            dependent = dependent == NULL
                            ? factors[i]
                            : binary(counter, OPERATOR_MULTIPLY, dependent, factors[i]);
            dependent_count++;
        } else {
            factors[kept++] = factors[i];
        }
    }
    *count = kept;
    if (dependent_count == 0) {
        return extent;
    }
    const struct node *sum =
        dependent_count == 1 ? sum_of_affine(counter, dependent, loop, extent) : NULL;
    if (sum == NULL) {
        const struct index *bound =
            graph_index(counter->graph, loop->index->name, loop->first, loop->end);
        const struct node *value = node_index(counter->graph, bound);
        dependent = node_substitute(counter->graph, dependent, 1, &loop->index, &value);
        sum = node_reduce(counter->graph, REDUCTION_SUM, 1, &bound, dependent, NULL);
    }
    return sum;
}

static const struct node *times_here(struct counter *counter)
{
    const struct node *factors[LOOPS_MAX];
    int count = 0;
    for (int i = counter->depth - 1; i >= 0; i--) {
        const struct node *sum = sum_over(counter, counter->loops[i], factors, &count);
        factors[count++] = sum;
    }
    const struct node *times = node_number(counter->graph, 1);
    for (int i = count - 1; i >= 0; i--) {
        times = binary(counter, OPERATOR_MULTIPLY, times, factors[i]);
    }
    return times;
}

/* ---- What is done ---- */

static double *figure_of(struct counts *counts, const struct node *apply)
{
    switch (apply->operation->id) {
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_NEGATE:
        return &counts->additions;
    case OPERATOR_MULTIPLY:
        return &counts->multiplications;
    case OPERATOR_DIVIDE:
        return &counts->divisions;
    case OPERATOR_POWER:
        return node_is_number(apply->arguments[1], 2) ? &counts->multiplications : &counts->calls;
    default:
        return apply->operation->precedence == PRECEDENCE_CALL ? &counts->calls : &counts->others;
    }
}

/* Subscripts are not counted: compilers fold them into the loops. */
static void count_expression(struct counter *counter, struct counts *counts,
                             const struct node *root)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(counter->arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        counts->loads += node->kind == NODE_LOAD && node->tensor->kind != TENSOR_LOCAL;
        if (node->kind != NODE_APPLY || node_is_index_arithmetic(node)) {
            continue;
        }
        *figure_of(counts, node) +=
            node->argument_count > 2 && !node_is(node, OPERATOR_IF) ? node->argument_count - 1 : 1;
        for (int i = 0; i < node->argument_count; i++) {
            ARENA_PUSH(counter->arena, stack, depth, capacity, node->arguments[i]);
        }
    }
}

static void count_step(struct counter *counter, struct counts *counts, const struct step *step)
{
    if (step->value != NULL && step->value->argument_count > 0) {
        count_expression(counter, counts, step->value);
    } else if (step->value != NULL) {
        counts->loads +=
            step->value->kind == NODE_LOAD && step->value->tensor->kind != TENSOR_LOCAL;
    }
    if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
        counts->stores++;
    }
    if (step->kind == STEP_ADD) {
        counts->loads++;
        counts->additions++;
    }
}

/* The counts of all places that are reached as often as this one. */
static struct counts *counts_here(struct counter *counter)
{
    const struct node *times = times_here(counter);
    struct counts *counts = table_find(counter->by_times, times);
    if (counts == NULL) {
        counts = ARENA_NEW(counter->arena, struct counts);
        counts->times = times;
        table_store(counter->by_times, times, counts);
        ARENA_PUSH(counter->arena, counter->all, counter->count, counter->capacity, counts);
    }
    return counts;
}

static void count_steps(struct counter *counter, struct counts *counts,
                        const struct step_list *steps);

static void count_loop(struct counter *counter, const struct step *loop)
{
    counter->loops[counter->depth++] = loop;
    count_steps(counter, counts_here(counter), &loop->body);
    counter->depth--;
}

static void count_steps(struct counter *counter, struct counts *counts,
                        const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        count_step(counter, counts, step);
        if (step->kind == STEP_LOOP && counter->depth < LOOPS_MAX) {
            count_loop(counter, step);
        } else if (step->kind == STEP_IF) {
            count_steps(counter, counts, &step->body);
            count_steps(counter, counts, &step->otherwise);
        }
    }
}

static const struct node *plus(struct counter *counter, const struct node *sum, double count,
                               const struct node *times)
{
    if (count == 0) {
        return sum;
    }
    const struct node *term =
        binary(counter, OPERATOR_MULTIPLY, node_number(counter->graph, count), times);
    return node_is_number(sum, 0) ? term : binary(counter, OPERATOR_ADD, sum, term);
}

struct cost cost_of(const struct plan *plan)
{
    struct counter counter = {.graph = plan->graph, .arena = graph_arena(plan->graph)};
    counter.by_times = table_create(counter.arena);
    for (size_t i = 0; i < plan->part_count; i++) {
        count_steps(&counter, counts_here(&counter), &plan->parts[i].steps);
    }
    const struct node *zero = node_number(plan->graph, 0);
    struct cost cost = {zero, zero, zero, zero, zero, zero, zero};
    for (size_t i = counter.count; i > 0; i--) {
        const struct counts *counts = counter.all[i - 1];
        const struct node *times = counts->times;
        cost.additions = plus(&counter, cost.additions, counts->additions, times);
        cost.multiplications = plus(&counter, cost.multiplications, counts->multiplications, times);
        cost.divisions = plus(&counter, cost.divisions, counts->divisions, times);
        cost.calls = plus(&counter, cost.calls, counts->calls, times);
        cost.others = plus(&counter, cost.others, counts->others, times);
        cost.loads = plus(&counter, cost.loads, counts->loads, times);
        cost.stores = plus(&counter, cost.stores, counts->stores, times);
    }
    return cost;
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
