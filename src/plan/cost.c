#include "plan/cost.h"

#include "equations/affine.h"
#include "plan/nodes.h"

enum { LOOPS_MAX = 2 * RANK_MAX };

/* What a loop runs over. */
struct range {
    const struct index *index;
    const struct node *first, *end;
};

/* How often each is done where control comes by `times`. */
struct counts {
    const struct node *times;
    bool product; /* by a kernel for products */
    double additions, multiplications, divisions, calls, others, loads, stores;
};

struct counter {
    struct graph *graph;
    struct arena *arena;
    struct range loops[LOOPS_MAX]; /* around */
    int depth;
    struct table *values; /* of variables, which bounds may use */
    int products;         /* of the loops around */
    struct counts **all;  /* one for each different number of times */
    size_t count, capacity;
    struct table *by_times[2]; /* outside and inside products */
};

static struct counter counter_create(struct graph *graph)
{
    struct counter counter = {.graph = graph, .arena = graph_arena(graph)};
    counter.by_times[0] = table_create(counter.arena);
    counter.by_times[1] = table_create(counter.arena);
    counter.values = table_create(counter.arena);
    return counter;
}

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

/* Whether a number of iterations, or of blocks of them, cannot be less than 0. */
static bool is_count(struct counter *counter, const struct node *extent)
{
    double divisor;
    while (node_is(extent, OPERATOR_FLOOR) ||
           (node_is(extent, OPERATOR_DIVIDE) && node_known(extent->arguments[1], &divisor) &&
            divisor > 0)) {
        extent = extent->arguments[0];
    }
    return affine_proves_at_most(node_number(counter->graph, 0), extent);
}

/* Where data decides on the length, the longest counts; of several ends, one at a fixed distance.
 */
static const struct node *extent_of(struct counter *counter, const struct range *loop)
{
    const struct node *end = loop->end, *extent = difference(counter, end, loop->first);
    for (int i = 0; node_is(end, OPERATOR_MIN) && i < end->argument_count; i++) {
        const struct node *one = difference(counter, end->arguments[i], loop->first);
        extent = one->free->count == 0 ? one : extent;
    }
    if (has_load(counter, extent)) {
        extent = difference(counter, loop->index->end, loop->index->first);
    }
    return is_count(counter, extent)
               ? extent
               : binary(counter, OPERATOR_MAX, extent, node_number(counter->graph, 0));
}

static bool are_equal(struct counter *counter, const struct node *left, const struct node *right)
{
    return node_is_number(difference(counter, left, right), 0);
}

/* Whether a loop runs over blocks of the range of one inside: together, once over the range. */
static bool runs_over_blocks(struct counter *counter, const struct range *blocks,
                             const struct range *rows)
{
    struct graph *graph = counter->graph;
    if (!node_is(rows->end, OPERATOR_MIN) || !node_depends_on(rows->first, blocks->index)) {
        return false;
    }
    const struct node *next =
        binary(counter, OPERATOR_ADD, node_index(graph, blocks->index), node_number(graph, 1));
    const struct node *start =
        node_substitute(graph, rows->first, 1, &blocks->index, &blocks->first);
    const struct node *after = node_substitute(graph, rows->first, 1, &blocks->index, &next);
    const struct node *left = rows->end->arguments[0], *right = rows->end->arguments[1];
    return are_equal(counter, start, rows->index->first) &&
           ((are_equal(counter, left, after) && right == rows->index->end) ||
            (are_equal(counter, right, after) && left == rows->index->end));
}

/* The sum of c + k*i over first <= i < end, as c*(end - first) + k*(end - first)*(first + end -
 * 1)/2; NULL where `factor` is not of that form. */
static const struct node *sum_of_affine(struct counter *counter, const struct node *factor,
                                        const struct range *loop, const struct node *extent)
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
static const struct node *sum_over(struct counter *counter, const struct range *loop,
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

/* Loops around, but for those over blocks, whose place the loops over their rows take. */
static int loops_here(struct counter *counter, struct range *loops)
{
    bool taken[LOOPS_MAX] = {false};
    int count = 0;
    for (int i = 0; i < counter->depth; i++) {
        int inner = counter->depth - 1;
        while (inner > i &&
               !runs_over_blocks(counter, &counter->loops[i], &counter->loops[inner])) {
            inner--;
        }
        if (inner > i) {
            const struct index *index = counter->loops[inner].index;
            loops[count++] = (struct range){index, index->first, index->end};
            taken[inner] = true;
        } else if (!taken[i]) {
            loops[count++] = counter->loops[i];
        }
    }
    return count;
}

static const struct node *times_here(struct counter *counter)
{
    struct range loops[LOOPS_MAX];
    const struct node *factors[LOOPS_MAX];
    int count = 0;
    for (int i = loops_here(counter, loops) - 1; i >= 0; i--) {
        const struct node *sum = sum_over(counter, &loops[i], factors, &count);
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
    default: {
        bool call = apply->operation->precedence == PRECEDENCE_CALL && !node_is_whole(apply);
        return call ? &counts->calls : &counts->others;
    }
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

static const struct node *put_value(void *context, const struct node *node)
{
    bool variable = node->kind == NODE_LOAD && node->tensor->kind == TENSOR_LOCAL;
    const struct node *value = variable ? table_find(context, node->tensor) : NULL;
    return value == NULL ? node : value;
}

/* A bound without variables that stand for whole numbers. */
static const struct node *put_values(struct counter *counter, const struct node *bound)
{
    return node_rewrite(counter->graph, bound, put_value, counter->values);
}

/* The counts of all places that are reached as often as this one. */
static struct counts *counts_here(struct counter *counter)
{
    const struct node *times = times_here(counter);
    bool product = counter->products > 0;
    struct counts *counts = table_find(counter->by_times[product], times);
    if (counts == NULL) {
        counts = ARENA_NEW(counter->arena, struct counts);
        counts->times = times;
        counts->product = product;
        table_store(counter->by_times[product], times, counts);
        ARENA_PUSH(counter->arena, counter->all, counter->count, counter->capacity, counts);
    }
    return counts;
}

static void count_steps(struct counter *counter, struct counts *counts,
                        const struct step_list *steps);

static void count_loop(struct counter *counter, const struct step *loop)
{
    const struct node *end = loop->most == NULL ? loop->end : loop->most;
    counter->loops[counter->depth++] =
        (struct range){loop->index, put_values(counter, loop->first), put_values(counter, end)};
    counter->products += loop->product != NULL;
    count_steps(counter, counts_here(counter), &loop->body);
    counter->products -= loop->product != NULL;
    counter->depth--;
}

static void count_steps(struct counter *counter, struct counts *counts,
                        const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        count_step(counter, counts, step);
        if (step->kind == STEP_DECLARE && step->value != NULL && node_is_whole(step->value)) {
            table_store(counter->values, step->target,
                        (void *)(uintptr_t)put_values(counter, step->value));
        }
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
    struct counter counter = counter_create(plan->graph);
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

/* ---- Time ---- */

/* In additions; a kernel for products does many at once. */
static double time_of(const struct counts *counts)
{
    enum { DIVISION = 4, CALL = 16, AT_ONCE = 32 };
    double time = counts->additions + counts->multiplications + DIVISION * counts->divisions +
                  CALL * counts->calls + counts->others + counts->loads + counts->stores;
    return counts->product ? time / AT_ONCE : time;
}

/* A bound of an inner loop may depend on where the loop is: it is in the middle. */
static const struct node *in_the_middle(struct counter *counter, const struct step *loop,
                                        const struct node *times)
{
    const struct node *middle =
        binary(counter, OPERATOR_DIVIDE, binary(counter, OPERATOR_ADD, loop->first, loop->end),
               node_number(counter->graph, 2));
    return node_substitute(counter->graph, times, 1, &loop->index, &middle);
}

/* Whether C can say it before the loop begins: it is made of sizes alone. */
static bool is_of_sizes(struct counter *counter, const struct node *times)
{
    size_t count;
    const struct node **order = node_order(counter->arena, &times, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_REDUCE || order[i]->kind == NODE_LOAD ||
            order[i]->kind == NODE_INDEX) {
            return false;
        }
    }
    return true;
}

const struct node *cost_time(struct graph *graph, const struct step *loop)
{
    struct counter counter = counter_create(graph);
    const struct node *time = node_number(graph, 1);
    counter.products += loop->product != NULL;
    count_steps(&counter, counts_here(&counter), &loop->body);
    for (size_t i = 0; i < counter.count; i++) {
        const struct counts *counts = counter.all[i];
        const struct node *times = in_the_middle(&counter, loop, counts->times);
        if (is_of_sizes(&counter, times)) {
            time = plus(&counter, time, time_of(counts), times);
        }
    }
    return time;
}
