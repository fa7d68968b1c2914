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
    uint64_t random;        /* rounds at random; 0: to nearest */
    uint64_t moving;        /* what recurrences make moves at random; 0: it stays */
    double part;            /* of itself */
};

/* A node of an expression, with all that evaluating it needs found beforehand. */
struct entry {
    const struct node *node;
    const size_t *arguments;             /* positions of what it is applied to */
    const struct values *tensor;         /* of a LOAD */
    struct listing *element, *condition; /* of a REDUCE; condition NULL for none */
    long first[RANK_MAX], end[RANK_MAX]; /* of a REDUCE: the ranges of its indices */
};

/* The nodes of an expression in evaluation order, with the value each has at the moment. What a
 * reduction contains is listed in a listing of its own. */
struct listing {
    struct entry *entries;
    size_t count;
    double *values;
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

void interpreter_round_at_random(struct interpreter *interpreter, uint64_t seed)
{
    interpreter->random = seed * UINT64_C(0x9e3779b97f4a7c15);
}

void interpreter_move_recurrences(struct interpreter *interpreter, uint64_t seed, double part)
{
    interpreter->moving = seed * UINT64_C(0x9e3779b97f4a7c15);
    interpreter->part = part;
}

/* Marsaglia's xorshift64. */
static uint64_t next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random >> 32;
}

static double rounded(struct interpreter *interpreter, double value)
{
    const uint64_t side = next(&interpreter->random) % 3;
    return side == 0 || !isfinite(value) ? value
                                         : nextafter(value, side == 1 ? INFINITY : -INFINITY);
}

static double apply(struct interpreter *interpreter, const struct operation *operation, int count,
                    const double *arguments)
{
    double value = operator_evaluate(operation, count, arguments);
    bool exact = interpreter->random == 0 || operator_is_exact(operation, count, arguments, value);
    return exact ? value : rounded(interpreter, value);
}

static double moved(struct interpreter *interpreter, double value)
{
    const bool up = next(&interpreter->moving) % 2 != 0;
    return value * (up ? 1 + interpreter->part : 1 - interpreter->part);
}

/* The value of each index in scope. */
struct scope {
    const struct index *index;
    long value;
    const struct scope *outer;
};

static struct listing *listing_of(struct interpreter *interpreter, const struct node *root);
static double evaluate(struct interpreter *interpreter, struct listing *listing,
                       const struct scope *scope);

static long size_of(const struct interpreter *interpreter, const struct dimension *dimension)
{
    return dimension->known || dimension->id >= interpreter->size_count
               ? dimension->value
               : interpreter->sizes[dimension->id];
}

long interpreter_evaluate_size(struct interpreter *interpreter, const struct node *size)
{
    return (long)evaluate(interpreter, listing_of(interpreter, size), NULL);
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

static struct entry entry_of(struct interpreter *interpreter, const struct node *node,
                             const struct table *position)
{
    struct entry entry = {.node = node};
    if (node->kind == NODE_REDUCE) {
        entry.element = listing_of(interpreter, node->arguments[0]);
        entry.condition =
            node->argument_count == 2 ? listing_of(interpreter, node->arguments[1]) : NULL;
        for (int i = 0; i < node->index_count; i++) {
            entry.first[i] = interpreter_evaluate_size(interpreter, node->indices[i]->first);
            entry.end[i] = interpreter_evaluate_size(interpreter, node->indices[i]->end);
        }
        return entry;
    }
    size_t *arguments = ARENA_ARRAY(interpreter->arena, size_t, (size_t)node->argument_count + 1);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = (uintptr_t)table_find(position, node->arguments[i]) - 1;
    }
    entry.arguments = arguments;
    entry.tensor = node->kind == NODE_LOAD ? values_of(interpreter, node->tensor) : NULL;
    return entry;
}

static struct listing *listing_of(struct interpreter *interpreter, const struct node *root)
{
    struct listing *listing = table_find(interpreter->listings, root);
    if (listing != NULL) {
        return listing;
    }
    struct arena *arena = interpreter->arena;
    listing = ARENA_NEW(arena, struct listing);
    struct table *position = table_create(arena); /* node to 1 + its position */
    size_t stacked = 0, stack_capacity = 0, capacity = 0;
    const struct node **stack = NULL;
    ARENA_PUSH(arena, stack, stacked, stack_capacity, root);
    while (stacked > 0) {
        const struct node *node = stack[stacked - 1];
        bool ready = true;
        int below = node->kind == NODE_REDUCE ? 0 : node->argument_count;
        for (int i = below; i > 0 && table_find(position, node) == NULL; i--) {
            if (table_find(position, node->arguments[i - 1]) == NULL) {
                ARENA_PUSH(arena, stack, stacked, stack_capacity, node->arguments[i - 1]);
                ready = false;
            }
        }
        if (!ready) {
            continue;
        }
        stacked--;
        if (table_find(position, node) == NULL) {
            struct entry entry = entry_of(interpreter, node, position);
            ARENA_PUSH(arena, listing->entries, listing->count, capacity, entry);
            table_store(position, node, (void *)(uintptr_t)listing->count);
        }
    }
    listing->values = ARENA_ARRAY(arena, double, listing->count);
    table_store(interpreter->listings, root, listing);
    return listing;
}

static double evaluate_index(const struct index *index, const struct scope *scope)
{
    while (scope != NULL && scope->index != index) {
        scope = scope->outer;
    }
    return scope == NULL ? (double)NAN : (double)scope->value;
}

/* A subscript out of bounds gives NaN: it may stand in a branch that is not taken. */
static double evaluate_load(const struct listing *listing, const struct entry *load)
{
    const struct values *values = load->tensor;
    size_t offset = 0;
    for (int i = 0; i < load->node->argument_count; i++) {
        double subscript = listing->values[load->arguments[i]] - (double)values->first[i];
        if (!(subscript >= 0 && subscript < (double)values->extent[i])) {
            return NAN;
        }
        offset = offset * (size_t)values->extent[i] + (size_t)subscript;
    }
    return values->items[offset];
}

struct reducing {
    struct interpreter *interpreter;
    const struct entry *reduce;
    enum reduction_id id;
    double accumulator, best;
    double lost; /* of a sum to rounding, so far */
    bool any;
};

/* Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, 1974: a judge
 * of sums in any order needs them exact. */
static void add_exactly(struct reducing *reducing, double element)
{
    const double before = reducing->accumulator, sum = before + element;
    const bool larger = fabs(before) >= fabs(element);
    const double lost = larger ? (before - sum) + element : (element - sum) + before;
    reducing->lost += isfinite(sum) ? lost : 0;
    reducing->accumulator = sum;
}

static double combine(const struct reducing *reducing, double element)
{
    double pair[] = {reducing->accumulator, element};
    switch (reducing->id) {
    case REDUCTION_SUM:
        return apply(reducing->interpreter, operator_get(OPERATOR_ADD), 2, pair);
    case REDUCTION_PRODUCT:
        return apply(reducing->interpreter, operator_get(OPERATOR_MULTIPLY), 2, pair);
    case REDUCTION_MAX:
        return apply(reducing->interpreter, operator_get(OPERATOR_MAX), 2, pair);
    case REDUCTION_MIN:
        return apply(reducing->interpreter, operator_get(OPERATOR_MIN), 2, pair);
    default:
        return pair[0];
    }
}

/* The first index with the best element. */
static void consider_best(struct reducing *reducing, double element, const struct scope *scope)
{
    bool largest = reducing->id == REDUCTION_ARGMAX;
    if (!reducing->any || (largest ? element > reducing->best : element < reducing->best)) {
        reducing->best = element;
        reducing->accumulator = (double)scope->value;
    }
    reducing->any = true;
}

static void reduce_axis(struct reducing *reducing, int axis, const struct scope *scope)
{
    const struct entry *reduce = reducing->reduce;
    if (axis == reduce->node->index_count) {
        if (reduce->condition != NULL &&
            evaluate(reducing->interpreter, reduce->condition, scope) == 0) {
            return;
        }
        double element = evaluate(reducing->interpreter, reduce->element, scope);
        if (reducing->id == REDUCTION_ARGMAX || reducing->id == REDUCTION_ARGMIN) {
            consider_best(reducing, element, scope);
        } else if (reducing->id == REDUCTION_SUM && reducing->interpreter->random == 0) {
            add_exactly(reducing, element);
        } else {
            reducing->accumulator = combine(reducing, element);
        }
        return;
    }
    struct scope inner = {reduce->node->indices[axis], reduce->first[axis], scope};
    for (; inner.value < reduce->end[axis]; inner.value++) {
        reduce_axis(reducing, axis + 1, &inner);
    }
}

static double evaluate_reduce(struct interpreter *interpreter, const struct entry *reduce,
                              const struct scope *scope)
{
    struct reducing reducing = {
        .interpreter = interpreter, .reduce = reduce, .id = reduce->node->reduction->id};
    switch (reducing.id) {
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
        reducing.accumulator = (double)(reduce->first[0] - 1); /* the place of nothing */
        break;
    default:
        break;
    }
    reduce_axis(&reducing, 0, scope);
    return reducing.accumulator + reducing.lost;
}

static double evaluate_apply(struct interpreter *interpreter, const struct listing *listing,
                             const struct entry *entry)
{
    int count = entry->node->argument_count;
    double few[RANK_MAX];
    double *arguments =
        count <= RANK_MAX ? few : ARENA_ARRAY(interpreter->arena, double, (size_t)count);
    for (int i = 0; i < count; i++) {
        arguments[i] = listing->values[entry->arguments[i]];
    }
    return apply(interpreter, entry->node->operation, count, arguments);
}

static double evaluate(struct interpreter *interpreter, struct listing *listing,
                       const struct scope *scope)
{
    for (size_t i = 0; i < listing->count; i++) {
        const struct entry *entry = &listing->entries[i];
        double value = 0;
        switch (entry->node->kind) {
        case NODE_NUMBER:
            value = entry->node->number;
            break;
        case NODE_SIZE:
            value = (double)size_of(interpreter, entry->node->dimension);
            break;
        case NODE_INDEX:
            value = evaluate_index(entry->node->index, scope);
            break;
        case NODE_LOAD:
            value = evaluate_load(listing, entry);
            break;
        case NODE_APPLY:
            value = evaluate_apply(interpreter, listing, entry);
            break;
        case NODE_REDUCE:
            value = evaluate_reduce(interpreter, entry, scope);
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

/* An equation about to be evaluated, element by element. */
struct filling {
    const struct equation *equation;
    struct values *target;
    struct listing *body;
};

static void run_axis(struct running *running, const struct filling *filling, int axis,
                     size_t offset, const struct scope *scope)
{
    const struct equation *equation = filling->equation;
    const struct values *values = filling->target;
    if (axis == equation->target->rank) {
        const double value = evaluate(running->interpreter, filling->body, scope);
        const bool moves = equation->recurrence != NULL && running->interpreter->moving != 0;
        values->items[offset] = moves ? moved(running->interpreter, value) : value;
        return;
    }
    struct scope inner = {equation->indices[axis], 0, scope};
    int loop = loop_of_axis(equation, axis);
    long begin = loop < 0 ? 0 : running->time[loop] - values->first[axis];
    long end = loop < 0 ? values->extent[axis] : begin + 1;
    for (long i = begin; i < end && i >= 0 && i < values->extent[axis]; i++) {
        inner.value = values->first[axis] + i;
        run_axis(running, filling, axis + 1, offset * (size_t)values->extent[axis] + (size_t)i,
                 &inner);
    }
}

/* Runs the equations [begin, end), which stand in `depth` recurrence loops. */
static void run_equations(struct running *running, size_t begin, size_t end, int depth)
{
    const struct program *program = running->interpreter->program;
    while (begin < end) {
        const struct recurrence *recurrence =
            equation_recurrence(program->equations[begin], depth + 1);
        if (recurrence == NULL) {
            const struct equation *equation = program->equations[begin++];
            struct filling filling = {equation, values_of(running->interpreter, equation->target),
                                      listing_of(running->interpreter, equation->body)};
            run_axis(running, &filling, 0, 0, NULL);
            continue;
        }
        size_t behind = recurrence_end(program, begin, depth + 1);
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
