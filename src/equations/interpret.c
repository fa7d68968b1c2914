#include "equations/interpret.h"

#include "equations/fold.h"

#include <math.h>

struct values {
    double *items;
    size_t count;
    long first[RANK_MAX], extent[RANK_MAX];
};

struct interpreter {
    struct arena *arena;
    const struct program *program;
    const long *sizes;
    size_t size_count;
    struct table *tensors;  /* tensor to struct values */
    struct table *listings; /* root node to struct listing */
};

/* The nodes of an expression in evaluation order, with the value each has at the moment. What a
 * reduction contains is listed in a listing of its own. */
struct listing {
    const struct node **nodes;
    size_t count;
    double *values;
    struct table *position; /* node to 1 + its position */
};

struct interpreter *interpreter_create(struct arena *arena, const struct program *program,
                                       const long *sizes, size_t size_count)
{
    struct interpreter *interpreter = ARENA_NEW(arena, struct interpreter);
    interpreter->arena = arena;
    interpreter->program = program;
    interpreter->sizes = sizes;
    interpreter->size_count = size_count;
    interpreter->tensors = table_create(arena);
    interpreter->listings = table_create(arena);
    return interpreter;
}

/* The value of each index in scope. */
struct scope {
    const struct index *index;
    long value;
    const struct scope *outer;
};

static double evaluate(struct interpreter *interpreter, const struct node *root,
                       const struct scope *scope);

static long size_of(const struct interpreter *interpreter, const struct dimension *dimension)
{
    return dimension->known || dimension->id >= interpreter->size_count
               ? dimension->value
               : interpreter->sizes[dimension->id];
}

long interpreter_evaluate_size(struct interpreter *interpreter, const struct node *size)
{
    return (long)evaluate(interpreter, size, NULL);
}

static struct values *values_of(struct interpreter *interpreter, const struct tensor *tensor)
{
    struct values *values = table_find(interpreter->tensors, tensor);
    if (values == NULL) {
        values = ARENA_NEW(interpreter->arena, struct values);
        values->count = 1;
        for (int i = 0; i < tensor->rank; i++) {
            values->first[i] = interpreter_evaluate_size(interpreter, tensor->axes[i].first);
            long end = interpreter_evaluate_size(interpreter, tensor->axes[i].end);
            values->extent[i] = end > values->first[i] ? end - values->first[i] : 0;
            values->count *= (size_t)values->extent[i];
        }
        values->items = ARENA_ARRAY(interpreter->arena, double, values->count);
        table_store(interpreter->tensors, tensor, values);
    }
    return values;
}

double *interpreter_values(struct interpreter *interpreter, const struct tensor *tensor,
                           size_t *count)
{
    struct values *values = values_of(interpreter, tensor);
    *count = values->count;
    return values->items;
}

static struct listing *listing_of(struct interpreter *interpreter, const struct node *root)
{
    struct listing *listing = table_find(interpreter->listings, root);
    if (listing != NULL) {
        return listing;
    }
    struct arena *arena = interpreter->arena;
    listing = ARENA_NEW(arena, struct listing);
    listing->position = table_create(arena);
    size_t stacked = 0, stack_capacity = 0, capacity = 0;
    const struct node **stack = NULL;
    ARENA_PUSH(arena, stack, stacked, stack_capacity, root);
    while (stacked > 0) {
        const struct node *node = stack[stacked - 1];
        bool ready = true;
        int below = node->kind == NODE_REDUCE ? 0 : node->argument_count;
        for (int i = below; i > 0 && table_find(listing->position, node) == NULL; i--) {
            if (table_find(listing->position, node->arguments[i - 1]) == NULL) {
                ARENA_PUSH(arena, stack, stacked, stack_capacity, node->arguments[i - 1]);
                ready = false;
            }
        }
        if (!ready) {
            continue;
        }
        stacked--;
        if (table_find(listing->position, node) == NULL) {
            ARENA_PUSH(arena, listing->nodes, listing->count, capacity, node);
            table_store(listing->position, node, (void *)(uintptr_t)listing->count);
        }
    }
    listing->values = ARENA_ARRAY(arena, double, listing->count);
    table_store(interpreter->listings, root, listing);
    return listing;
}

static double value_at(const struct listing *listing, const struct node *node)
{
    return listing->values[(uintptr_t)table_find(listing->position, node) - 1];
}

static double evaluate_index(const struct index *index, const struct scope *scope)
{
    while (scope != NULL && scope->index != index) {
        scope = scope->outer;
    }
    return scope == NULL ? (double)NAN : (double)scope->value;
}

/* A subscript out of bounds gives NaN: it may stand in a branch that is not taken. */
static double evaluate_load(struct interpreter *interpreter, const struct listing *listing,
                            const struct node *node)
{
    const struct values *values = values_of(interpreter, node->tensor);
    size_t offset = 0;
    for (int i = 0; i < node->argument_count; i++) {
        double subscript = value_at(listing, node->arguments[i]) - (double)values->first[i];
        if (!(subscript >= 0 && subscript < (double)values->extent[i])) {
            return NAN;
        }
        offset = offset * (size_t)values->extent[i] + (size_t)subscript;
    }
    return values->items[offset];
}

struct reducing {
    struct interpreter *interpreter;
    const struct node *node;
    double accumulator, best;
    bool any;
};

static double combine(const struct reducing *reducing, double element)
{
    double pair[] = {reducing->accumulator, element};
    switch (reducing->node->reduction->id) {
    case REDUCTION_SUM:
        return pair[0] + pair[1];
    case REDUCTION_PRODUCT:
        return pair[0] * pair[1];
    case REDUCTION_MAX:
        return operator_evaluate(operator_get(OPERATOR_MAX), 2, pair);
    case REDUCTION_MIN:
        return operator_evaluate(operator_get(OPERATOR_MIN), 2, pair);
    default:
        return pair[0];
    }
}

/* The first index with the best element; -1 for an empty range. */
static void consider_best(struct reducing *reducing, double element, const struct scope *scope)
{
    bool largest = reducing->node->reduction->id == REDUCTION_ARGMAX;
    if (!reducing->any || (largest ? element > reducing->best : element < reducing->best)) {
        reducing->best = element;
        reducing->accumulator = (double)scope->value;
    }
    reducing->any = true;
}

static void reduce_axis(struct reducing *reducing, int axis, const struct scope *scope)
{
    const struct node *node = reducing->node;
    if (axis == node->index_count) {
        if (node->argument_count == 2 &&
            evaluate(reducing->interpreter, node->arguments[1], scope) == 0) {
            return;
        }
        double element = evaluate(reducing->interpreter, node->arguments[0], scope);
        if (node->reduction->id == REDUCTION_ARGMAX || node->reduction->id == REDUCTION_ARGMIN) {
            consider_best(reducing, element, scope);
        } else {
            reducing->accumulator = combine(reducing, element);
        }
        return;
    }
    const struct index *index = node->indices[axis];
    long end = interpreter_evaluate_size(reducing->interpreter, index->end);
    struct scope inner = {index, interpreter_evaluate_size(reducing->interpreter, index->first),
                          scope};
    for (; inner.value < end; inner.value++) {
        reduce_axis(reducing, axis + 1, &inner);
    }
}

static double evaluate_reduce(struct interpreter *interpreter, const struct node *node,
                              const struct scope *scope)
{
    struct reducing reducing = {.interpreter = interpreter, .node = node};
    switch (node->reduction->id) {
    case REDUCTION_PRODUCT:
        reducing.accumulator = 1;
        break;
    case REDUCTION_MAX:
        reducing.accumulator = -INFINITY;
        break;
    case REDUCTION_MIN:
        reducing.accumulator = INFINITY;
        break;
    case REDUCTION_ARGMAX:
    case REDUCTION_ARGMIN:
        reducing.accumulator = -1;
        break;
    default:
        break;
    }
    reduce_axis(&reducing, 0, scope);
    return reducing.accumulator;
}

static double evaluate_apply(struct interpreter *interpreter, const struct listing *listing,
                             const struct node *node)
{
    double few[RANK_MAX];
    double *arguments = node->argument_count <= RANK_MAX
                            ? few
                            : ARENA_ARRAY(interpreter->arena, double, (size_t)node->argument_count);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = value_at(listing, node->arguments[i]);
    }
    return operator_evaluate(node->operation, node->argument_count, arguments);
}

static double evaluate(struct interpreter *interpreter, const struct node *root,
                       const struct scope *scope)
{
    struct listing *listing = listing_of(interpreter, root);
    for (size_t i = 0; i < listing->count; i++) {
        const struct node *node = listing->nodes[i];
        double value = 0;
        switch (node->kind) {
        case NODE_NUMBER:
            value = node->number;
            break;
        case NODE_SIZE:
            value = (double)size_of(interpreter, node->dimension);
            break;
        case NODE_INDEX:
            value = evaluate_index(node->index, scope);
            break;
        case NODE_LOAD:
            value = evaluate_load(interpreter, listing, node);
            break;
        case NODE_APPLY:
            value = evaluate_apply(interpreter, listing, node);
            break;
        case NODE_REDUCE:
            value = evaluate_reduce(interpreter, node, scope);
            break;
        }
        listing->values[i] = value;
    }
    return listing->values[listing->count - 1];
}

/* The loops around an equation that recurrences run: the values of their indices. */
struct running {
    struct interpreter *interpreter;
    long time[RANK_MAX];
};

/* The recurrence loop that runs an axis of an equation; -1: none does, it runs here. */
static int loop_of_axis(const struct equation *equation, int axis)
{
    int depth = equation->recurrence == NULL ? 0 : equation->recurrence->depth;
    for (int i = 0; i < depth; i++) {
        if (equation->time[i] == axis) {
            return i;
        }
    }
    return -1;
}

static void run_axis(struct running *running, const struct equation *equation, int axis,
                     size_t offset, const struct scope *scope)
{
    struct values *values = values_of(running->interpreter, equation->target);
    if (axis == equation->target->rank) {
        values->items[offset] = evaluate(running->interpreter, equation->body, scope);
        return;
    }
    struct scope inner = {equation->indices[axis], 0, scope};
    int loop = loop_of_axis(equation, axis);
    long begin = loop < 0 ? 0 : running->time[loop] - values->first[axis];
    long end = loop < 0 ? values->extent[axis] : begin + 1;
    for (long i = begin; i < end && i >= 0 && i < values->extent[axis]; i++) {
        inner.value = values->first[axis] + i;
        run_axis(running, equation, axis + 1, offset * (size_t)values->extent[axis] + (size_t)i,
                 &inner);
    }
}

/* The end of the equations from `begin` on that are in the same recurrence at a depth. */
static size_t recurrence_end(const struct program *program, size_t begin, size_t end, int depth)
{
    const struct recurrence *recurrence = equation_recurrence(program->equations[begin], depth);
    size_t i = begin + 1;
    while (i < end && equation_recurrence(program->equations[i], depth) == recurrence) {
        i++;
    }
    return i;
}

/* Runs the equations [begin, end), which stand in `depth` recurrence loops. */
static void run_equations(struct running *running, size_t begin, size_t end, int depth)
{
    const struct program *program = running->interpreter->program;
    while (begin < end) {
        const struct recurrence *recurrence =
            equation_recurrence(program->equations[begin], depth + 1);
        if (recurrence == NULL) {
            run_axis(running, program->equations[begin++], 0, 0, NULL);
            continue;
        }
        size_t behind = recurrence_end(program, begin, end, depth + 1);
        long first = interpreter_evaluate_size(running->interpreter, recurrence->first);
        long count = interpreter_evaluate_size(running->interpreter, recurrence->end) - first;
        for (long i = 0; i < count; i++) {
            running->time[depth] = recurrence->descending ? first + count - 1 - i : first + i;
            run_equations(running, begin, behind, depth + 1);
        }
        begin = behind;
    }
}

void interpreter_run(struct interpreter *interpreter)
{
    struct running running = {.interpreter = interpreter};
    run_equations(&running, 0, interpreter->program->count, 0);
}
