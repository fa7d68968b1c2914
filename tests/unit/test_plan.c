/* src/plan: loop trees are executed step by step and judged by the reference interpreter. */
#include "equations/affine.h"
#include "equations/fold.h"
#include "equations/interpret.h"
#include "plan/independence.h"
#include "plan/loops.h"
#include "plan/statement.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Suite *plan_suite(void);

/* ---- One graph a test ---- */

static struct arena *arena;
static struct graph *graph;
static struct program *program;
static struct dimension *rows, *small, *classes;
static long sizes[5];

static struct dimension *dimension(const char *name, long value, bool known)
{
    struct dimension *result = graph_dimension(graph, name);
    result->known = known;
    result->value = value;
    result->rows = !known;
    sizes[result->id] = value;
    return result;
}

static void setup(void)
{
    arena = arena_create(NULL);
    ck_assert_ptr_nonnull(arena);
    graph = graph_create(arena, names_create(arena));
    program = program_create(graph);
    rows = dimension("n", 5, false);
    small = dimension("h", 3, true);
    classes = dimension("k", 4, true);
}

static void teardown(void)
{
    arena_destroy(arena);
}

static const struct node *size(const struct dimension *dimension)
{
    return node_size(graph, dimension);
}

static const struct node *number(double value)
{
    return node_number(graph, value);
}

static const struct index *index_over(const char *name, const struct dimension *dimension)
{
    return graph_index(graph, name, NULL, size(dimension));
}

static const struct node *at(const struct index *index)
{
    return node_index(graph, index);
}

static struct tensor *tensor(enum tensor_kind kind, const char *name, int rank,
                             const struct dimension *first, const struct dimension *second,
                             const struct dimension *third)
{
    const struct dimension *dimensions[] = {first, second, third};
    struct axis axes[3];
    for (int i = 0; i < rank; i++) {
        axes[i] = (struct axis){number(0), size(dimensions[i])};
    }
    return graph_tensor(graph, kind, name, rank, axes);
}

static const struct node *load(const struct tensor *tensor, const struct node *first,
                               const struct node *second, const struct node *third)
{
    const struct node *subscripts[] = {first, second, third};
    return node_load(graph, tensor, subscripts);
}

static const struct node *binary(enum operator_id id, const struct node *left,
                                 const struct node *right)
{
    return node_binary(graph, id, left, right);
}

static const struct node *plus(const struct node *left, const struct node *right)
{
    return binary(OPERATOR_ADD, left, right);
}

static const struct node *times(const struct node *left, const struct node *right)
{
    return binary(OPERATOR_MULTIPLY, left, right);
}

static const struct node *reduce(enum reduction_id id, const struct index *index,
                                 const struct node *element, const struct node *condition)
{
    return node_reduce(graph, id, 1, &index, element, condition);
}

static const struct node *sum(const struct index *index, const struct node *element)
{
    return reduce(REDUCTION_SUM, index, element, NULL);
}

static struct equation *define(const struct tensor *target, const struct index *first,
                               const struct index *second, const struct index *third,
                               const struct node *body)
{
    const struct index *indices[] = {first, second, third};
    return program_append(program, target, indices, body, (struct span){0});
}

/* ---- Executing a plan ---- */

struct memory {
    const struct tensor *tensor;
    double *values;
    long first[RANK_MAX], extent[RANK_MAX];
};

struct machine {
    const struct plan *plan;
    struct interpreter *interpreter; /* evaluates sizes, holds what is given */
    struct table *memories;          /* by tensor */
    struct table *variables;         /* by tensor, to double */
    struct table *indices;           /* by index, to long */
    double *work;
    size_t work_size;
    unsigned long operations, stores; /* evaluated */
    unsigned long chunk_loops;        /* that had more than one chunk */
    unsigned long products, series;   /* done as the kernels do them */
    unsigned long strips;             /* nests done a strip after the other */
    const struct step *lanes;         /* the innermost loop of such a nest; NULL: none runs */
    long strip;                       /* the iteration of it that runs */
    bool by_kernels;
    bool leaves; /* the loop that is running ends */
    const char *wrong;
};

static double evaluate(struct machine *machine, const struct node *node);

static long whole(struct machine *machine, const struct node *node)
{
    return (long)evaluate(machine, node);
}

static struct memory *memory_of(struct machine *machine, const struct tensor *tensor);

/* What a chunk has for itself: fresh memory, or a part of a sum. */
static double *values_of_chunk(struct machine *machine, const struct buffer *buffer, size_t count)
{
    const struct chunks *chunks = buffer->chunks;
    const double *running = table_find(machine->indices, chunks->index);
    ck_assert_ptr_nonnull(running);
    long chunk = (long)*running;
    ck_assert_int_lt(chunk, chunks->most);
    if (buffer->own->sum == NULL) {
        long offset = whole(machine, buffer->offset), size = whole(machine, chunks->size);
        ck_assert_uint_le((size_t)offset + count, (size_t)size);
        return memory_of(machine, chunks->memory)->values + chunk * size + offset;
    }
    return chunk == 0
               ? memory_of(machine, buffer->own->sum)->values
               : memory_of(machine, buffer->own->parts)->values + (size_t)(chunk - 1) * count;
}

static double *values_of(struct machine *machine, const struct tensor *tensor, size_t count)
{
    const struct buffer *buffer = plan_buffer(machine->plan, tensor);
    if (buffer == NULL || buffer->place == PLACE_VARIABLE) {
        machine->wrong = arena_format(arena, "%s has no place", tensor->name);
        return ARENA_ARRAY(arena, double, count + 1);
    }
    ck_assert_int_eq(whole(machine, buffer->size), (long)count);
    bool updated = tensor->kind == TENSOR_PARAMETER || tensor->kind == TENSOR_STATE;
    if (buffer->place == PLACE_GIVEN || updated) {
        return interpreter_values(machine->interpreter, tensor, &count);
    }
    if (buffer->place == PLACE_CHUNK) {
        return values_of_chunk(machine, buffer, count);
    }
    if (buffer->place == PLACE_RESULT) {
        return ARENA_ARRAY(arena, double, count + 1);
    }
    long offset = whole(machine, buffer->offset);
    ck_assert_int_ge(offset, 0);
    ck_assert_uint_le((size_t)offset + count, machine->work_size);
    return machine->work + offset;
}

static struct memory *memory_of(struct machine *machine, const struct tensor *tensor)
{
    struct memory *memory = table_find(machine->memories, tensor);
    const struct buffer *buffer = plan_buffer(machine->plan, tensor);
    if (memory == NULL || (buffer != NULL && buffer->place == PLACE_CHUNK)) {
        memory = ARENA_NEW(arena, struct memory);
        size_t count = 1;
        for (int i = 0; i < tensor->rank; i++) {
            memory->first[i] = whole(machine, tensor->axes[i].first);
            memory->extent[i] = whole(machine, tensor->axes[i].end) - memory->first[i];
            count *= (size_t)memory->extent[i];
        }
        memory->values = values_of(machine, tensor, count);
        table_store(machine->memories, tensor, memory);
    }
    return memory;
}

static double *element(struct machine *machine, const struct tensor *tensor,
                       const struct node *const *subscripts)
{
    static double nowhere;
    struct memory *memory = memory_of(machine, tensor);
    size_t offset = 0;
    for (int i = 0; i < tensor->rank; i++) {
        long subscript = whole(machine, subscripts[i]) - memory->first[i];
        if (subscript < 0 || subscript >= memory->extent[i]) {
            machine->wrong = arena_format(arena, "%s out of bounds", tensor->name);
            return &nowhere;
        }
        offset = offset * (size_t)memory->extent[i] + (size_t)subscript;
    }
    return memory->values + offset;
}

static double *variable(struct machine *machine, const struct tensor *tensor)
{
    double *value = table_find(machine->variables, tensor);
    if (value == NULL) {
        value = ARENA_NEW(arena, double);
        table_store(machine->variables, tensor, value);
    }
    return value;
}

static double evaluate_apply(struct machine *machine, const struct node *node)
{
    double values[RANK_MAX];
    ck_assert_int_le(node->argument_count, RANK_MAX);
    machine->operations++;
    values[0] = evaluate(machine, node->arguments[0]);
    switch (node->operation->id) {
    case OPERATOR_IF:
        return evaluate(machine, node->arguments[values[0] != 0 ? 1 : 2]);
    case OPERATOR_AND:
        return values[0] != 0 && evaluate(machine, node->arguments[1]) != 0;
    case OPERATOR_OR:
        return values[0] != 0 || evaluate(machine, node->arguments[1]) != 0;
    default:
        break;
    }
    for (int i = 1; i < node->argument_count; i++) {
        values[i] = evaluate(machine, node->arguments[i]);
    }
    return operator_evaluate(node->operation, node->argument_count, values);
}

static double evaluate(struct machine *machine, const struct node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        return node->number;
    case NODE_SIZE:
        return (double)sizes[node->dimension->id];
    case NODE_INDEX:
        return *(double *)table_find(machine->indices, node->index);
    case NODE_LOAD:
        return node->tensor->kind == TENSOR_LOCAL
                   ? *variable(machine, node->tensor)
                   : *element(machine, node->tensor, node->arguments);
    case NODE_APPLY:
        return evaluate_apply(machine, node);
    case NODE_REDUCE:
        break;
    }
    ck_abort_msg("a reduction in a loop tree");
    return 0;
}

static void execute(struct machine *machine, const struct step_list *steps);

/* ---- Kernels ---- */

static long stride(struct machine *machine, const struct node *node)
{
    return node == NULL ? 0 : whole(machine, node);
}

/* An element of a matrix, by strides alone, as the kernels of runtime/product.h find it. */
static double *element_of(struct machine *machine, const struct matrix *matrix, long row,
                          long column, const long *depth)
{
    long offset = row * stride(machine, matrix->row) + column * stride(machine, matrix->column);
    for (int i = 0; i < PRODUCT_DEPTHS; i++) {
        offset += depth[i] * stride(machine, matrix->depth[i]);
    }
    return element(machine, matrix->tensor, matrix->subscripts) + offset;
}

static double dot_product(struct machine *machine, const struct product *product, long row,
                          long column)
{
    double sum = 0;
    long depth[PRODUCT_DEPTHS], extent[PRODUCT_DEPTHS];
    for (int i = 0; i < PRODUCT_DEPTHS; i++) {
        extent[i] = product->depth[i] == NULL ? 1 : whole(machine, product->depth[i]);
    }
    for (depth[0] = 0; depth[0] < extent[0]; depth[0]++) {
        for (depth[1] = 0; depth[1] < extent[1]; depth[1]++) {
            for (depth[2] = 0; depth[2] < extent[2]; depth[2]++) {
                sum += *element_of(machine, &product->left, row, 0, depth) *
                       *element_of(machine, &product->right, 0, column, depth);
            }
        }
    }
    return sum;
}

static void execute_product(struct machine *machine, const struct product *product)
{
    static const long nowhere[PRODUCT_DEPTHS] = {0};
    long rows_here = whole(machine, product->rows), columns = whole(machine, product->columns);
    for (long row = 0; row < rows_here; row++) {
        for (long column = 0; column < columns; column++) {
            double sum = dot_product(machine, product, row, column);
            double *place = element_of(machine, &product->target, row, column, nowhere);
            *place = product->add ? *place + sum : sum;
            machine->stores++;
        }
    }
    machine->products++;
}

static void execute_series(struct machine *machine, const struct step *loop,
                           const struct series *series)
{
    double *total = variable(machine, loop->body.items[0]->target);
    long count = whole(machine, series->count);
    for (long i = 0; i < count; i++) {
        const long depth[PRODUCT_DEPTHS] = {i};
        double term = *element_of(machine, &series->operands[0], 0, 0, depth);
        if (series->operands[1].tensor != NULL) {
            term *= *element_of(machine, &series->operands[1], 0, 0, depth);
        }
        *total = series->operation == OPERATOR_ADD   ? *total + term
                 : series->operation == OPERATOR_MAX ? fmax(*total, term)
                                                     : fmin(*total, term);
    }
    machine->series++;
}

/* Iterations that threads may share come in any order: the last one first. */
static void execute_loop(struct machine *machine, const struct step *loop)
{
    double *value = ARENA_NEW(arena, double);
    long first = whole(machine, loop->first), end = whole(machine, loop->end);
    bool backwards = loop->parallel != NULL || loop->descending;
    if (loop == machine->lanes) {
        first = machine->strip;
        end = first + 1;
    }
    table_store(machine->indices, loop->index, value);
    for (long i = first; i < end && !machine->leaves; i++) {
        *value = (double)(backwards ? first + end - 1 - i : i);
        execute(machine, &loop->body);
    }
    machine->leaves = false;
    machine->chunk_loops += loop->chunks != NULL && end - first > 1;
}

/* Strips of one element each. */
static void execute_strips(struct machine *machine, const struct step *loop,
                           const struct strips *strips)
{
    long end = whole(machine, strips->lanes->end);
    machine->lanes = strips->lanes;
    for (machine->strip = whole(machine, strips->lanes->first); machine->strip < end;
         machine->strip++) {
        execute_loop(machine, loop);
    }
    machine->lanes = NULL;
    machine->strips++;
}

static void execute(struct machine *machine, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count && machine->wrong == NULL && !machine->leaves; i++) {
        const struct step *step = steps->items[i];
        struct series series;
        struct strips strips;
        switch (step->kind) {
        case STEP_COMMENT:
            break;
        case STEP_LOOP:
            if (machine->by_kernels && step->product != NULL) {
                execute_product(machine, step->product);
            } else if (machine->by_kernels && loop_series(graph, step, &series)) {
                execute_series(machine, step, &series);
            } else if (machine->by_kernels && machine->lanes == NULL &&
                       loop_strips(graph, step, &strips)) {
                execute_strips(machine, step, &strips);
            } else {
                execute_loop(machine, step);
            }
            break;
        case STEP_IF:
            execute(machine, evaluate(machine, step->value) != 0 ? &step->body : &step->otherwise);
            break;
        case STEP_DECLARE:
        case STEP_ASSIGN:
            *variable(machine, step->target) =
                step->value == NULL ? (double)NAN : evaluate(machine, step->value);
            break;
        case STEP_STORE:
        case STEP_ADD: {
            double value = evaluate(machine, step->value);
            double *place = element(machine, step->target, step->subscripts);
            *place = step->kind == STEP_ADD ? *place + value : value;
            machine->stores++;
            break;
        }
        case STEP_LEAVE:
            machine->leaves = true;
            break;
        }
    }
}

static struct machine run(const struct plan *plan, struct interpreter *interpreter, bool by_kernels)
{
    struct machine machine = {.plan = plan, .interpreter = interpreter, .by_kernels = by_kernels};
    machine.memories = table_create(arena);
    machine.variables = table_create(arena);
    machine.indices = table_create(arena);
    machine.work_size = (size_t)interpreter_evaluate_size(interpreter, plan->workspace);
    machine.work = ARENA_ARRAY(arena, double, machine.work_size + 1);
    for (size_t i = 0; i < machine.work_size; i++) {
        machine.work[i] = (double)NAN;
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        execute(&machine, &plan->parts[i].steps);
    }
    return machine;
}

/* ---- Judging ---- */

static const char *text_of(const struct plan *plan)
{
    struct text text = text_create(arena);
    plan_print(&text, plan);
    return text.bytes;
}

static const char *text_of_program(void)
{
    struct text text = text_create(arena);
    program_print(&text, program);
    return text.bytes;
}

static bool near(double x, double y)
{
    return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-10 * (fabs(x) + fabs(y) + 1);
}

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % limit;
}

/* Fills what no equation defines, or an update updates. */
static void fill(struct interpreter *interpreter, const struct tensor *tensor)
{
    size_t count;
    double *values = interpreter_values(interpreter, tensor, &count);
    for (size_t i = 0; i < count; i++) {
        values[i] = tensor->class_count != NULL ? random_below((unsigned)interpreter_evaluate_size(
                                                      interpreter, tensor->class_count))
                                                : (int)random_below(17) / 8.0 - 1;
    }
}

static struct interpreter *interpreter_for(const struct tensor *const *given, size_t count)
{
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    for (size_t i = 0; i < count; i++) {
        fill(interpreter, given[i]);
    }
    return interpreter;
}

/* Check's own messages are short. */
static void refuse(const struct plan *plan, const char *what)
{
    fprintf(stderr, "%s\n%s\n%s", what, text_of_program(), text_of(plan));
    ck_abort_msg("%s", what);
}

/* Runs a plan, and compares each result with the interpreter's. */
static struct machine judge_run(struct plan *plan, bool by_kernels,
                                const struct tensor *const *given, size_t given_count,
                                const struct tensor *const *results, size_t result_count)
{
    const char *wrong = plan_verify(plan);
    if (wrong != NULL) {
        refuse(plan, wrong);
    }
    uint64_t seed = random_state;
    struct interpreter *mine = interpreter_for(given, given_count);
    random_state = seed;
    struct interpreter *judge = interpreter_for(given, given_count);
    struct machine machine = run(plan, mine, by_kernels);
    if (machine.wrong != NULL) {
        refuse(plan, machine.wrong);
    }
    interpreter_run(judge);
    for (size_t i = 0; i < result_count; i++) {
        size_t count = 0;
        if (plan_buffer(plan, results[i]) == NULL) {
            continue; /* a state that nothing reads or updates */
        }
        const double *expected = interpreter_values(judge, results[i], &count);
        const double *got = memory_of(&machine, results[i])->values;
        for (size_t k = 0; k < count; k++) {
            if (!near(expected[k], got[k])) {
                refuse(plan, arena_format(arena, "%s[%zu] is %.17g, not %.17g", results[i]->name, k,
                                          got[k], expected[k]));
            }
        }
    }
    return machine;
}

/* So little is worth a chunk that every iteration is one. */
#define FINEST 1e-6

static struct machine judge_plan(struct plan *plan, const struct tensor *const *given,
                                 size_t given_count, const struct tensor *const *results,
                                 size_t result_count)
{
    return judge_run(plan, false, given, given_count, results, result_count);
}

/* The same in blocks of a few rows, step by step and as the kernels do it. */
static struct machine judge_blocks(long block, bool lanes, double grain,
                                   const struct tensor *const *given, size_t given_count,
                                   const struct tensor *const *results, size_t result_count)
{
    uint64_t seed = random_state;
    judge_plan(plan_create_in_blocks(program, results, result_count, block, lanes, grain), given,
               given_count, results, result_count);
    random_state = seed;
    return judge_run(plan_create_in_blocks(program, results, result_count, block, lanes, grain),
                     true, given, given_count, results, result_count);
}

/* The same for plans in blocks, for threads, and in order; returns the last. */
static struct machine judge(const struct tensor *const *given, size_t given_count,
                            const struct tensor *const *results, size_t result_count)
{
    for (int lanes = 0; lanes < 2; lanes++) {
        judge_blocks(2, lanes == 1, 0, given, given_count, results, result_count);
        judge_blocks(3, lanes == 1, FINEST, given, given_count, results, result_count);
    }
    judge_plan(plan_create_parallel(program, results, result_count, FINEST), given, given_count,
               results, result_count);
    return judge_plan(plan_create(program, results, result_count), given, given_count, results,
                      result_count);
}

/* ---- Random programs ---- */

struct pool {
    const struct tensor *given[8];
    size_t given_count;
    const struct tensor *all[24];
    size_t count;
    const struct tensor *label; /* whole numbers below k, one a row */
    const struct index *indices[4];
    const struct dimension *ranges[4];
    int index_count;
};

static const struct dimension *random_dimension(void)
{
    const struct dimension *const dimensions[] = {rows, small, classes};
    return dimensions[random_below(3)];
}

static bool runs_over(const struct axis *axis, const struct dimension *dimension)
{
    return axis->end == size(dimension);
}

static const struct node *random_value(struct pool *pool, int depth);

/* A subscript that is in bounds, or the condition under which it is. */
static const struct node *random_subscript(struct pool *pool, const struct axis *axis,
                                           const struct node **condition)
{
    int start = (int)random_below(4);
    if (runs_over(axis, classes) && random_below(4) == 0) {
        for (int i = 0; i < pool->index_count; i++) {
            if (pool->ranges[i] == rows) {
                return load(pool->label, at(pool->indices[i]), NULL, NULL);
            }
        }
    }
    for (int i = 0; i < pool->index_count; i++) {
        int k = (i + start) % pool->index_count;
        const struct node *here = at(pool->indices[k]);
        if (axis->end == size(pool->ranges[k]) && random_below(5) > 0) {
            return here;
        }
        if (random_below(6) == 0) {
            const struct node *moved = plus(here, number((int)random_below(3) - 1));
            const struct node *inside =
                binary(OPERATOR_AND, binary(OPERATOR_GREATER_EQUAL, moved, axis->first),
                       binary(OPERATOR_LESS, moved, axis->end));
            *condition = *condition == NULL ? inside : binary(OPERATOR_AND, *condition, inside);
            return moved;
        }
    }
    return random_below(2) == 0 ? axis->first : binary(OPERATOR_SUBTRACT, axis->end, number(1));
}

static const struct node *random_load(struct pool *pool)
{
    const struct tensor *tensor = pool->all[random_below((unsigned)pool->count)];
    const struct node *subscripts[3] = {NULL, NULL, NULL}, *condition = NULL;
    for (int i = 0; i < tensor->rank; i++) {
        subscripts[i] = random_subscript(pool, &tensor->axes[i], &condition);
    }
    const struct node *value = node_load(graph, tensor, subscripts);
    return condition == NULL ? value
                             : node_select(graph, condition, value, number((int)random_below(2)));
}

static const struct node *random_condition(struct pool *pool, const struct index *bound)
{
    static const enum operator_id comparisons[] = {OPERATOR_LESS,          OPERATOR_LESS_EQUAL,
                                                   OPERATOR_GREATER,       OPERATOR_EQUAL,
                                                   OPERATOR_GREATER_EQUAL, OPERATOR_NOT_EQUAL};
    enum operator_id id = comparisons[random_below(6)];
    if (random_below(3) == 0) {
        return binary(id, random_value(pool, 1), random_value(pool, 1));
    }
    const struct node *other = pool->index_count > 1
                                   ? at(pool->indices[random_below((unsigned)pool->index_count)])
                                   : number(1);
    if (random_below(4) == 0 && pool->index_count > 0 && pool->ranges[0] == rows) {
        other = load(pool->label, at(pool->indices[0]), NULL, NULL);
    }
    const struct node *left = bound != NULL ? at(bound) : other;
    if (random_below(4) == 0) {
        left = times(number((int)random_below(6) - 2), left);
    }
    return binary(id, plus(left, number((int)random_below(3) - 1)), other);
}

static const struct node *random_reduction(struct pool *pool, int depth)
{
    static const enum reduction_id reductions[] = {
        REDUCTION_SUM,     REDUCTION_SUM, REDUCTION_SUM,    REDUCTION_MAX,
        REDUCTION_PRODUCT, REDUCTION_MIN, REDUCTION_ARGMAX, REDUCTION_ARGMIN};
    if (pool->index_count == 4) {
        return random_value(pool, depth - 1);
    }
    const struct dimension *range = random_dimension();
    const struct index *bound = index_over("r", range);
    pool->indices[pool->index_count] = bound;
    pool->ranges[pool->index_count++] = range;
    const struct node *body = random_value(pool, depth - 1), *condition = NULL;
    if (random_below(3) == 0) {
        condition = random_condition(pool, bound);
    }
    if (random_below(4) == 0) {
        body = node_select(graph, random_condition(pool, bound), body, number(0));
    }
    pool->index_count--;
    return reduce(reductions[random_below(8)], bound, body, condition);
}

static const struct node *random_value(struct pool *pool, int depth)
{
    if (depth <= 0) {
        return random_below(6) == 0 ? number((int)random_below(5) / 2.0) : random_load(pool);
    }
    switch (random_below(9)) {
    case 0:
    case 1:
        return plus(random_value(pool, depth - 1), random_value(pool, depth - 1));
    case 2:
    case 3:
        return times(random_value(pool, depth - 1), random_value(pool, depth - 1));
    case 4: {
        const struct node *value = random_value(pool, depth - 1);
        return plus(times(value, value), value);
    }
    case 5:
        return node_unary(graph, OPERATOR_TANH, random_value(pool, depth - 1));
    case 6:
        return node_select(graph, random_condition(pool, NULL), random_value(pool, depth - 1),
                           random_value(pool, depth - 1));
    case 7:
        return node_select(
            graph,
            binary(random_below(2) == 0 ? OPERATOR_AND : OPERATOR_OR, random_condition(pool, NULL),
                   binary(OPERATOR_LESS, random_value(pool, depth - 1), number(0.25))),
            random_value(pool, depth - 1), number(0));
    default:
        return random_reduction(pool, depth);
    }
}

static const struct node *scatter(struct pool *pool)
{
    const struct index *row = index_over("r", rows);
    pool->indices[pool->index_count] = row;
    pool->ranges[pool->index_count++] = rows;
    const struct node *value = random_value(pool, 1);
    pool->index_count--;
    const struct node *where = load(pool->label, at(row), NULL, NULL);
    const struct node *condition = binary(OPERATOR_EQUAL, where, at(pool->indices[0]));
    return random_below(2) == 0 ? sum(row, node_select(graph, condition, value, number(0)))
                                : reduce(REDUCTION_SUM, row, value, condition);
}

static void random_equation(struct pool *pool, int position)
{
    const struct dimension *dimensions[3] = {random_dimension(), random_dimension(),
                                             random_dimension()};
    int rank = (int)random_below(4);
    pool->index_count = rank;
    for (int i = 0; i < rank; i++) {
        static const char *const index_names[] = {"i", "j", "l"};
        pool->ranges[i] = dimensions[i];
        pool->indices[i] = index_over(index_names[i], dimensions[i]);
    }
    struct tensor *target = tensor(TENSOR_DEFINED, arena_format(arena, "T%d", position), rank,
                                   dimensions[0], dimensions[1], dimensions[2]);
    bool scatters = rank > 0 && dimensions[0] == classes && random_below(2) == 0;
    const struct node *body = scatters               ? scatter(pool)
                              : random_below(3) == 0 ? random_reduction(pool, 2)
                              : random_below(6) == 0 ? random_load(pool)
                                                     : random_value(pool, 3);
    define(target, pool->indices[0], pool->indices[1], pool->indices[2], body);
    pool->all[pool->count++] = target;
}

static void random_program(unsigned seed)
{
    setup();
    random_state = seed;
    struct pool pool = {0};
    const struct tensor *given[] = {tensor(TENSOR_DATA, "x", 2, rows, small, NULL),
                                    tensor(TENSOR_DATA, "y", 1, rows, NULL, NULL),
                                    tensor(TENSOR_PARAMETER, "W", 2, small, classes, NULL),
                                    tensor(TENSOR_PARAMETER, "b", 1, classes, NULL, NULL),
                                    tensor(TENSOR_PARAMETER, "c", 0, NULL, NULL, NULL)};
    struct tensor *label = tensor(TENSOR_DATA, "label", 1, rows, NULL, NULL);
    label->class_count = size(classes);
    pool.label = label;
    for (size_t i = 0; i < 5; i++) {
        pool.given[pool.given_count++] = pool.all[pool.count++] = given[i];
    }
    pool.given[pool.given_count++] = label;
    int equations = 1 + (int)random_below(8);
    for (int i = 0; i < equations; i++) {
        random_equation(&pool, i);
    }
    if (random_below(2) == 0) {
        program_flatten(program);
    }
    const struct tensor *results[24];
    size_t result_count = 0;
    for (size_t i = 5; i < pool.count; i++) {
        if (i + 1 == pool.count || random_below(3) == 0) {
            results[result_count++] = pool.all[i];
        }
    }
    judge(pool.given, pool.given_count, results, result_count);
    teardown();
}

/* ---- Random updates ---- */

struct updating {
    const struct tensor *all[12];
    size_t count;
    const struct tensor *target;
    const struct index *indices[2];
};

/* An element of any tensor; of the update's own target only the one that it sets. */
static const struct node *random_element(struct updating *updating)
{
    const struct tensor *tensor = updating->all[random_below((unsigned)updating->count)];
    const struct node *subscripts[2] = {NULL, NULL};
    bool own = tensor == updating->target;
    for (int i = 0; i < tensor->rank; i++) {
        bool fits =
            i < updating->target->rank && updating->target->axes[i].end == tensor->axes[i].end;
        subscripts[i] = own || (fits && random_below(3) > 0) ? at(updating->indices[i])
                                                             : number(random_below(3));
    }
    return node_load(graph, tensor, subscripts);
}

static const struct node *random_total(struct updating *updating)
{
    const struct tensor *tensor = updating->all[random_below((unsigned)updating->count)];
    if (tensor->rank == 0 || tensor == updating->target) {
        return random_element(updating);
    }
    const struct index *bound = graph_index(graph, "r", NULL, tensor->axes[0].end);
    const struct node *first = at(bound);
    return sum(bound, load(tensor, first, tensor->rank > 1 ? number(1) : NULL, NULL));
}

static const struct node *random_new_value(struct updating *updating, int depth)
{
    switch (random_below(depth > 0 ? 5 : 2)) {
    case 0:
        return random_element(updating);
    case 1:
        return random_below(2) == 0 ? number(0.5) : random_total(updating);
    case 2:
        return node_unary(graph, OPERATOR_TANH, random_new_value(updating, depth - 1));
    default:
        return plus(random_new_value(updating, depth - 1),
                    times(number(0.25), random_new_value(updating, depth - 1)));
    }
}

static void random_update(struct updating *updating, int position)
{
    bool update = random_below(3) > 0;
    updating->target = updating->all[random_below(6)];
    if (!update) {
        const struct dimension *range = random_below(2) == 0 ? small : classes;
        updating->target = tensor(TENSOR_DEFINED, arena_format(arena, "T%d", position),
                                  (int)random_below(3), small, range, NULL);
    }
    for (int i = 0; i < updating->target->rank; i++) {
        updating->indices[i] = graph_index(graph, "i", NULL, updating->target->axes[i].end);
    }
    const struct node *body = random_new_value(updating, 3);
    define(updating->target, updating->indices[0], updating->indices[1], NULL, body)->update =
        update;
    if (!update) {
        updating->all[updating->count++] = updating->target;
    }
}

static void random_updates(unsigned seed)
{
    setup();
    random_state = seed;
    struct updating updating = {.all = {tensor(TENSOR_STATE, "m", 1, small, NULL, NULL),
                                        tensor(TENSOR_STATE, "v", 1, small, NULL, NULL),
                                        tensor(TENSOR_PARAMETER, "theta", 1, small, NULL, NULL),
                                        tensor(TENSOR_STATE, "s", 0, NULL, NULL, NULL),
                                        tensor(TENSOR_STATE, "M", 2, small, classes, NULL),
                                        tensor(TENSOR_STATE, "N", 2, small, classes, NULL)},
                                .count = 6};
    const struct tensor *given[6];
    memcpy(given, updating.all, sizeof given);
    int equations = 1 + (int)random_below(6);
    for (int i = 0; i < equations; i++) {
        random_update(&updating, i);
    }
    judge(given, 6, updating.all, updating.count);
    teardown();
}

/* PLAN_FIRST=7 PLAN_PROGRAMS=100000 tries more of them. */
static void try_seeds(void (*try)(unsigned seed))
{
    const char *count = getenv("PLAN_PROGRAMS"), *first = getenv("PLAN_FIRST");
    unsigned programs = count == NULL ? 1000 : (unsigned)strtoul(count, NULL, 10);
    unsigned seed = first == NULL ? 1 : (unsigned)strtoul(first, NULL, 10);
    for (unsigned i = 0; i < programs; i++) {
        try(seed + i);
    }
}

START_TEST(test_random_updates)
{
    try_seeds(random_updates);
}
END_TEST

START_TEST(test_random_programs)
{
    try_seeds(random_program);
}
END_TEST

/* ---- Particular plans ---- */

static unsigned loops_in(const struct step_list *steps)
{
    unsigned count = 0;
    for (size_t i = 0; i < steps->count; i++) {
        count += steps->items[i]->kind == STEP_LOOP;
        count += loops_in(&steps->items[i]->body) + loops_in(&steps->items[i]->otherwise);
    }
    return count;
}

static size_t loops_at_top(const struct step_list *steps)
{
    size_t count = 0;
    for (size_t i = 0; i < steps->count; i++) {
        count += steps->items[i]->kind == STEP_LOOP;
    }
    return count;
}

/* f[i] = w*x[i] + b; loss = sum[i] (y[i] - f[i])^2; dw = sum[i] (f[i] - y[i])*x[i] */
START_TEST(test_samples_are_swept_once)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *y = tensor(TENSOR_DATA, "y", 1, rows, NULL, NULL);
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 0, NULL, NULL, NULL);
    const struct tensor *f = tensor(TENSOR_DEFINED, "f", 1, rows, NULL, NULL);
    const struct tensor *loss = tensor(TENSOR_DEFINED, "loss", 0, NULL, NULL, NULL);
    const struct tensor *dw = tensor(TENSOR_ADJOINT, "dw", 0, NULL, NULL, NULL);
    const struct index *i = index_over("i", rows), *j = index_over("j", rows);
    const struct index *k = index_over("k", rows);
    define(f, i, NULL, NULL, times(load(w, NULL, NULL, NULL), load(x, at(i), NULL, NULL)));
    const struct node *error =
        binary(OPERATOR_SUBTRACT, load(y, at(j), NULL, NULL), load(f, at(j), NULL, NULL));
    define(loss, NULL, NULL, NULL, sum(j, times(error, error)));
    error = binary(OPERATOR_SUBTRACT, load(f, at(k), NULL, NULL), load(y, at(k), NULL, NULL));
    define(dw, NULL, NULL, NULL, sum(k, times(error, load(x, at(k), NULL, NULL))));
    const struct tensor *given[] = {x, y, w}, *results[] = {loss, dw};
    struct machine machine = judge(given, 3, results, 2);
    ck_assert_uint_eq(machine.plan->part_count, 1);
    ck_assert_uint_eq(loops_at_top(&machine.plan->parts[0].steps), 1);
    ck_assert_int_eq(plan_buffer(machine.plan, f)->place, PLACE_VARIABLE);
    ck_assert_int_eq(machine.plan->workspace->kind, NODE_NUMBER);
    teardown();
}
END_TEST

/* top = max[c] v[c], A[c,a] = sum[b] (v[c] - top)*M[c,b,a], length[c] = sum[a] A[c,a]^2: A is
 * cleared where it is added to, not in the loop for the maximum, and one row of it is kept. */
START_TEST(test_sums_are_cleared_where_added_to)
{
    setup();
    const struct tensor *v = tensor(TENSOR_PARAMETER, "v", 1, classes, NULL, NULL);
    const struct tensor *M = tensor(TENSOR_PARAMETER, "M", 3, classes, small, small);
    const struct tensor *top = tensor(TENSOR_DEFINED, "top", 0, NULL, NULL, NULL);
    const struct tensor *A = tensor(TENSOR_DEFINED, "A", 2, classes, small, NULL);
    const struct tensor *length = tensor(TENSOR_DEFINED, "length", 1, classes, NULL, NULL);
    const struct tensor *loss = tensor(TENSOR_DEFINED, "loss", 0, NULL, NULL, NULL);
    const struct index *i = index_over("i", classes), *c = index_over("c", classes);
    const struct index *a = index_over("a", small), *b = index_over("b", small);
    const struct index *j = index_over("j", classes), *k = index_over("k", small);
    const struct index *l = index_over("l", classes);
    define(top, NULL, NULL, NULL, reduce(REDUCTION_MAX, i, load(v, at(i), NULL, NULL), NULL));
    const struct node *distance =
        binary(OPERATOR_SUBTRACT, load(v, at(c), NULL, NULL), load(top, NULL, NULL, NULL));
    define(A, c, a, NULL, sum(b, times(distance, load(M, at(c), at(b), at(a)))));
    const struct node *element = load(A, at(j), at(k), NULL);
    define(length, j, NULL, NULL, sum(k, times(element, element)));
    define(loss, NULL, NULL, NULL, sum(l, load(length, at(l), NULL, NULL)));
    const struct tensor *given[] = {v, M}, *results[] = {loss};
    struct machine machine = judge(given, 2, results, 1);
    /* 3, rounded up; all 4 rows would be 12. */
    ck_assert(node_is_number(machine.plan->workspace, 8));
    teardown();
}
END_TEST

/* dW[j,l] = sum[i] z[i,j]*x[i,l] is one pass over the rows that adds rank-one terms. */
START_TEST(test_rows_are_outermost)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 2, rows, small, NULL);
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, classes, NULL);
    const struct tensor *dW = tensor(TENSOR_ADJOINT, "dW", 2, classes, small, NULL);
    const struct index *i = index_over("i", rows), *j = index_over("j", classes);
    const struct index *l = index_over("l", small);
    define(dW, j, l, NULL, sum(i, times(load(z, at(i), at(j), NULL), load(x, at(i), at(l), NULL))));
    const struct tensor *given[] = {x, z}, *results[] = {dW};
    struct machine machine = judge(given, 2, results, 1);
    const struct step_list *steps = &machine.plan->parts[0].steps;
    const struct step *loop = steps->items[steps->count - 1];
    ck_assert_int_eq(loop->kind, STEP_LOOP);
    ck_assert_str_eq(loop->index->name, "block");
    ck_assert(!loop->reduction);
    teardown();
}
END_TEST

/* dE[v,c] = sum[i] (if label[i] == v then g[i,c] else 0) costs no loop over v. */
START_TEST(test_gathers_are_scattered_back)
{
    setup();
    struct tensor *label = tensor(TENSOR_DATA, "label", 1, rows, NULL, NULL);
    label->class_count = size(classes);
    const struct tensor *g = tensor(TENSOR_DATA, "g", 2, rows, small, NULL);
    const struct tensor *dE = tensor(TENSOR_ADJOINT, "dE", 2, classes, small, NULL);
    const struct index *v = index_over("v", classes), *c = index_over("c", small);
    const struct index *i = index_over("i", rows);
    define(dE, v, c, NULL,
           sum(i, node_select(graph, binary(OPERATOR_EQUAL, load(label, at(i), NULL, NULL), at(v)),
                              load(g, at(i), at(c), NULL), number(0))));
    const struct tensor *given[] = {label, g}, *results[] = {dE};
    struct machine machine = judge(given, 2, results, 1);
    ck_assert_uint_eq(machine.stores, (unsigned long)(4 * 3 + 5 * 3));
    teardown();
}
END_TEST

/* weight[t] = sum[u : u <= t] x[u]: the condition is a bound. */
START_TEST(test_conditions_become_bounds)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 1, rows, NULL, NULL);
    const struct index *t = index_over("t", rows), *u = index_over("u", rows);
    define(y, t, NULL, NULL,
           reduce(REDUCTION_SUM, u, node_unary(graph, OPERATOR_EXP, load(x, at(u), NULL, NULL)),
                  binary(OPERATOR_LESS_EQUAL, at(u), at(t))));
    const struct tensor *given[] = {x}, *results[] = {y};
    struct machine machine = judge(given, 1, results, 1);
    ck_assert_ptr_null(strstr(text_of(machine.plan), "if"));
    teardown();
}
END_TEST

/* An optimiser: m := 0.9*m + g; theta := theta - 0.1*m/(1 + abs(m)). */
START_TEST(test_updates_share_a_loop)
{
    setup();
    const struct tensor *g = tensor(TENSOR_ADJOINT, "g", 1, small, NULL, NULL);
    const struct tensor *m = tensor(TENSOR_STATE, "m", 1, small, NULL, NULL);
    const struct tensor *theta = tensor(TENSOR_PARAMETER, "theta", 1, small, NULL, NULL);
    const struct index *i = index_over("i", small), *j = index_over("j", small);
    const struct node *old = load(m, at(i), NULL, NULL);
    define(m, i, NULL, NULL, plus(times(number(0.9), old), load(g, at(i), NULL, NULL)))->update =
        true;
    const struct node *moment = load(m, at(j), NULL, NULL);
    define(theta, j, NULL, NULL,
           binary(OPERATOR_SUBTRACT, load(theta, at(j), NULL, NULL),
                  binary(OPERATOR_DIVIDE, moment,
                         plus(number(1), node_unary(graph, OPERATOR_ABS, moment)))))
        ->update = true;
    const struct tensor *given[] = {g, m, theta}, *results[] = {m, theta};
    struct plan *plan = plan_create(program, results, 2);
    ck_assert_uint_eq(loops_in(&plan->parts[0].steps), 1);
    if (plan_verify(plan) != NULL) {
        refuse(plan, plan_verify(plan));
    }
    judge(given, 3, results, 2);
    teardown();
}
END_TEST

/* A chain of n numbers, each used by the next; returns the last one. */
static const struct tensor *define_chain(size_t count)
{
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 0, NULL, NULL, NULL);
    const struct node *before = load(w, NULL, NULL, NULL);
    const struct tensor *last = w;
    for (size_t i = 0; i < count; i++) {
        last = tensor(TENSOR_DEFINED, arena_format(arena, "v%zu", i), 0, NULL, NULL, NULL);
        define(last, NULL, NULL, NULL, plus(times(before, before), number(0.5)));
        before = load(last, NULL, NULL, NULL);
    }
    return last;
}

START_TEST(test_long_chains_are_fast)
{
    setup();
    const struct tensor *last = define_chain(100000);
    clock_t start = clock();
    struct plan *plan = plan_create(program, &last, 1);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_uint_gt(plan->part_count, 300);
    ck_assert_msg(seconds < 5, "%g s", seconds);
    ck_assert_ptr_null(plan_verify(plan));
    teardown();
}
END_TEST

/* The same over the rows, and each at once with a sum of its own. */
START_TEST(test_long_chains_of_tensors_are_fast)
{
    setup();
    const struct tensor *last = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    for (size_t k = 0; k < 20000; k++) {
        const struct index *i = index_over("i", rows);
        const struct node *before = load(last, at(i), NULL, NULL);
        if (k % 2 == 0) {
            const struct index *j = index_over("j", rows);
            before = plus(before, sum(j, load(last, at(j), NULL, NULL)));
        }
        last = tensor(TENSOR_DEFINED, arena_format(arena, "v%zu", k), 1, rows, NULL, NULL);
        define(last, i, NULL, NULL, plus(times(before, before), number(0.5)));
    }
    clock_t start = clock();
    struct plan *plan = plan_create(program, &last, 1);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(seconds < 5, "%g s", seconds);
    ck_assert_ptr_null(plan_verify(plan));
    /* Of all the tensors, few are alive at a time. */
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    ck_assert_int_le(interpreter_evaluate_size(interpreter, plan->workspace), 1000);
    teardown();
}
END_TEST

/* p[i,c] = exp(z[i,c])/sum[d] exp(z[i,d]) takes n*k exponentials, not 2*n*k. */
START_TEST(test_calls_are_made_once)
{
    setup();
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, classes, NULL);
    const struct tensor *p = tensor(TENSOR_DEFINED, "p", 2, rows, classes, NULL);
    const struct index *i = index_over("i", rows), *c = index_over("c", classes);
    const struct index *d = index_over("d", classes);
    const struct node *above = node_unary(graph, OPERATOR_EXP, load(z, at(i), at(c), NULL));
    const struct node *below = node_unary(graph, OPERATOR_EXP, load(z, at(i), at(d), NULL));
    define(p, i, c, NULL, binary(OPERATOR_DIVIDE, above, sum(d, below)));
    const struct tensor *given[] = {z}, *results[] = {p};
    struct machine machine = judge(given, 1, results, 1);
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, machine.plan->cost.calls), 5 * 4);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, machine.plan->cost.divisions), 5 * 4);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, machine.plan->cost.additions), 5 * 4);
    teardown();
}
END_TEST

/* y[i,c] = if x[i] != 0 then cos(x[i])*z[i,c] else 0, and the same of y: the cosines, though
 * guarded, are made once for each row, not for each element. */
START_TEST(test_guarded_calls_are_made_once)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, classes, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 2, rows, classes, NULL);
    const struct tensor *w = tensor(TENSOR_DEFINED, "w", 2, classes, rows, NULL);
    const struct index *i = index_over("i", rows), *c = index_over("c", classes);
    const struct index *k = index_over("k", rows), *d = index_over("d", classes);
    const struct node *here = load(x, at(i), NULL, NULL), *there = load(x, at(k), NULL, NULL);
    define(y, i, c, NULL,
           node_select(graph, binary(OPERATOR_NOT_EQUAL, here, number(0)),
                       times(node_unary(graph, OPERATOR_COS, here), load(z, at(i), at(c), NULL)),
                       number(0)));
    define(w, d, k, NULL,
           node_select(graph, binary(OPERATOR_NOT_EQUAL, there, number(0)),
                       times(node_unary(graph, OPERATOR_COS, there), load(y, at(k), at(d), NULL)),
                       number(0)));
    const struct tensor *given[] = {x, z}, *results[] = {y, w};
    struct machine machine = judge(given, 2, results, 2);
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, machine.plan->cost.calls), 5);
    teardown();
}
END_TEST

/* y[i] = sum[j] x[j]*t[i]^(j + 1) and its adjoint: whose exponents run with a loop, powers are
 * products. */
START_TEST(test_powers_are_products)
{
    setup();
    const struct axis axis = {number(0), number(40)}, steps = {number(0), number(7)};
    const struct tensor *x = graph_tensor(graph, TENSOR_DATA, "x", 1, &axis);
    const struct tensor *dx = graph_tensor(graph, TENSOR_DEFINED, "dx", 1, &axis);
    const struct tensor *t = graph_tensor(graph, TENSOR_DATA, "t", 1, &steps);
    const struct tensor *y = graph_tensor(graph, TENSOR_DEFINED, "y", 1, &steps);
    const struct index *i = graph_index(graph, "i", steps.first, steps.end);
    const struct index *k = graph_index(graph, "k", steps.first, steps.end);
    const struct index *j = graph_index(graph, "j", axis.first, axis.end);
    const struct index *l = graph_index(graph, "l", axis.first, axis.end);
    const struct node *next = binary(OPERATOR_ADD, at(j), number(1));
    define(y, i, NULL, NULL,
           sum(j, times(load(x, at(j), NULL, NULL),
                        binary(OPERATOR_POWER, load(t, at(i), NULL, NULL), next))));
    define(dx, l, NULL, NULL,
           sum(k, times(load(y, at(k), NULL, NULL),
                        binary(OPERATOR_POWER, load(t, at(k), NULL, NULL), at(l)))));
    const struct tensor *given[] = {x, t}, *results[] = {y, dx};
    struct machine machine = judge(given, 2, results, 2);
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, machine.plan->cost.calls), 0);
    teardown();
}
END_TEST

/* The sum over a triangle is counted exactly. */
START_TEST(test_costs_of_triangles)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 1, rows, NULL, NULL);
    const struct index *t = index_over("t", rows), *u = index_over("u", rows);
    const struct node *product = times(load(x, at(u), NULL, NULL), load(x, at(t), NULL, NULL));
    define(y, t, NULL, NULL,
           reduce(REDUCTION_SUM, u, product, binary(OPERATOR_LESS, at(u), at(t))));
    const struct tensor *given[] = {x}, *results[] = {y};
    struct machine machine = judge(given, 1, results, 1);
    struct interpreter *interpreter = interpreter_create(arena, program, sizes, 5);
    const struct cost *cost = &machine.plan->cost;
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, cost->additions), 5 * 4 / 2);
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, cost->multiplications), 5 * 4 / 2);
    /* Each element is cleared and then added to. */
    ck_assert_int_eq(interpreter_evaluate_size(interpreter, cost->stores), 5 + 5 * 4 / 2);
    teardown();
}
END_TEST

/* Values that are read in another order than they are computed need memory, but not for ever. */
START_TEST(test_memory_is_used_again)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, small, NULL, NULL);
    const struct tensor *before = x;
    for (int k = 0; k < 6; k++) {
        const struct tensor *next =
            tensor(TENSOR_DEFINED, arena_format(arena, "v%d", k), 1, small, NULL, NULL);
        const struct index *i = index_over("i", small);
        const struct node *mirrored =
            binary(OPERATOR_SUBTRACT, binary(OPERATOR_SUBTRACT, size(small), number(1)), at(i));
        define(next, i, NULL, NULL,
               plus(load(before, mirrored, NULL, NULL), load(x, at(i), NULL, NULL)));
        before = next;
    }
    const struct tensor *given[] = {x}, *results[] = {before};
    struct machine machine = judge(given, 1, results, 1);
    ck_assert_uint_le(machine.work_size, 16);
    teardown();
}
END_TEST

START_TEST(test_deep_expressions)
{
    setup();
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 0, NULL, NULL, NULL);
    const struct tensor *v = tensor(TENSOR_DEFINED, "v", 0, NULL, NULL, NULL);
    const struct node *value = load(w, NULL, NULL, NULL);
    for (size_t i = 0; i < 100000; i++) {
        value = node_unary(graph, i % 2 == 0 ? OPERATOR_SIN : OPERATOR_TANH, value);
    }
    define(v, NULL, NULL, NULL, value);
    const struct tensor *results[] = {v};
    struct plan *plan = plan_create(program, results, 1);
    ck_assert_ptr_null(plan_verify(plan));
    ck_assert_uint_gt(plan->part_count, 20);
    ck_assert(node_is_number(cost_operations(graph, &plan->cost), 100000));
    teardown();
}
END_TEST

/* h[t] = if t == 0 then w else 2*h[t - 1]: the first element is a stretch of its own. */
START_TEST(test_recurrences_are_cut_at_their_cases)
{
    setup();
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 0, NULL, NULL, NULL);
    const struct tensor *h = tensor(TENSOR_DEFINED, "h", 1, classes, NULL, NULL);
    const struct index *t = index_over("t", classes);
    const struct node *before = binary(OPERATOR_SUBTRACT, at(t), number(1));
    const struct node *first = binary(OPERATOR_EQUAL, at(t), number(0));
    define(h, t, NULL, NULL,
           node_select(graph, first, load(w, NULL, NULL, NULL),
                       times(number(2), load(h, before, NULL, NULL))));
    ck_assert_ptr_null(program_schedule(program));
    size_t count;
    struct segment *segments = recurrence_segments(graph, program->equations, 1, 0, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert(node_is_number(segments[0].first, 0) && node_is_number(segments[0].end, 1));
    ck_assert(node_is_number(segments[1].first, 1));
    ck_assert_ptr_eq(segments[1].end, size(classes));
    teardown();
}
END_TEST

/* y = sum[g : mod(g, 2) == 0] w[g]: the bounds of no loop say that. */
START_TEST(test_picked_terms_are_written_out)
{
    setup();
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 1, classes, NULL, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 0, NULL, NULL, NULL);
    const struct index *g = index_over("g", classes);
    const struct node *even =
        binary(OPERATOR_EQUAL, binary(OPERATOR_MOD, at(g), number(2)), number(0));
    define(y, NULL, NULL, NULL, reduce(REDUCTION_SUM, g, load(w, at(g), NULL, NULL), even));
    const struct tensor *given[] = {w}, *results[] = {y};
    struct machine machine = judge(given, 1, results, 1);
    ck_assert_ptr_nonnull(strstr(text_of(machine.plan), "w[2]"));
    ck_assert_ptr_null(strstr(text_of(machine.plan), " in 0 until k"));
    teardown();
}
END_TEST

/* z[t,j] = w[j] + 2*u[t-1,j], u[t,j] = tanh(z[t,j]), y = sum[t,j : t >= 1] tanh(z[t,j]): tanh is
 * called once for each element that the recurrence steps over. */
START_TEST(test_calls_of_recurrences_are_kept)
{
    setup();
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 1, small, NULL, NULL);
    const struct tensor *z = tensor(TENSOR_DEFINED, "z", 2, classes, small, NULL);
    const struct tensor *u = tensor(TENSOR_DEFINED, "u", 2, classes, small, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 1, small, NULL, NULL);
    const struct index *t = index_over("t", classes), *j = index_over("j", small);
    const struct index *s = graph_index(graph, "s", number(1), size(classes));
    const struct node *before = binary(OPERATOR_SUBTRACT, at(t), number(1));
    const struct node *first = binary(OPERATOR_EQUAL, at(t), number(0));
    define(z, t, j, NULL,
           node_select(graph, first, load(w, at(j), NULL, NULL),
                       times(number(2), load(u, before, at(j), NULL))));
    define(u, t, j, NULL, node_unary(graph, OPERATOR_TANH, load(z, at(t), at(j), NULL)));
    define(y, j, NULL, NULL, sum(s, node_unary(graph, OPERATOR_TANH, load(z, at(s), at(j), NULL))));
    ck_assert_ptr_null(program_schedule(program));
    const struct tensor *results[] = {u, y};
    const struct plan *plan = plan_create(program, results, 2);
    double calls = 0;
    ck_assert(size_known(graph, plan->cost.calls, &calls));
    ck_assert_double_eq(calls, 4 * 3);
    ck_assert_ptr_nonnull(strstr(text_of(plan), "y[j] += tanh1[s,j]"));
    teardown();
}
END_TEST

/* Fourteen calls are made in two parts of eight. */
START_TEST(test_short_loops_overlap)
{
    setup();
    struct dimension *some = dimension("m", 14, true);
    const struct tensor *w = tensor(TENSOR_PARAMETER, "w", 1, some, NULL, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 1, some, NULL, NULL);
    const struct index *i = index_over("i", some);
    define(y, i, NULL, NULL, node_unary(graph, OPERATOR_TANH, load(w, at(i), NULL, NULL)));
    const struct tensor *given[] = {w}, *results[] = {y};
    struct machine machine = judge(given, 1, results, 1);
    ck_assert_ptr_nonnull(strstr(text_of(machine.plan), "for part in 0 until 2"));
    ck_assert(node_is_number(machine.plan->cost.calls, 16));
    teardown();
}
END_TEST

/* ---- Threads ---- */

/* The first loop over chunks; NULL: there is none. */
static const struct step *chunk_loop(const struct plan *plan)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct step_list *steps = &plan->parts[i].steps;
        for (size_t k = 0; k < steps->count; k++) {
            if (steps->items[k]->chunks != NULL) {
                return steps->items[k];
            }
        }
    }
    return NULL;
}

/* loss = sum[i] x[i]^2, dW[j,l] = sum[i] x[i]*z[i,j]*z[i,l] */
static void define_sums(const struct tensor **given, const struct tensor **results)
{
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, small, NULL);
    const struct tensor *loss = tensor(TENSOR_DEFINED, "loss", 0, NULL, NULL, NULL);
    const struct tensor *dW = tensor(TENSOR_ADJOINT, "dW", 2, small, small, NULL);
    const struct index *i = index_over("i", rows), *k = index_over("k", rows);
    const struct index *j = index_over("j", small), *l = index_over("l", small);
    const struct node *xi = load(x, at(i), NULL, NULL), *xk = load(x, at(k), NULL, NULL);
    define(loss, NULL, NULL, NULL, sum(i, times(xi, xi)));
    define(dW, j, l, NULL,
           sum(k, times(times(xk, load(z, at(k), at(j), NULL)), load(z, at(k), at(l), NULL))));
    given[0] = x;
    given[1] = z;
    results[0] = loss;
    results[1] = dW;
}

START_TEST(test_sums_are_cut_into_chunks)
{
    setup();
    const struct tensor *given[2], *results[2];
    define_sums(given, results);
    struct plan *plan = plan_create_in_blocks(program, results, 2, 2, false, FINEST);
    struct machine machine = judge_plan(plan, given, 2, results, 2);
    const struct step *loop = chunk_loop(plan);
    ck_assert_ptr_nonnull(loop);
    ck_assert_uint_eq(machine.chunk_loops, 1);
    ck_assert_int_eq(loop->chunks->most, 32);
    ck_assert_uint_eq(loop->chunks->own_count, 1);
    ck_assert_ptr_eq(loop->chunks->own[0].sum, results[1]);
    /* The parts of dW, one for each chunk but the first, and those of the loss. */
    ck_assert(node_is_number(plan->workspace, 31 * 3 * 3 + 1 + 32));
    teardown();
}
END_TEST

/* Where too few rows make a chunk worth it, there is one, and it does what a plan without chunks
 * does. */
START_TEST(test_little_work_is_one_chunk)
{
    setup();
    const struct tensor *given[2], *results[2];
    define_sums(given, results);
    struct plan *plan = plan_create_parallel(program, results, 2, PLAN_GRAIN);
    struct machine machine = judge_plan(plan, given, 2, results, 2);
    ck_assert_ptr_nonnull(chunk_loop(plan));
    ck_assert_uint_eq(machine.chunk_loops, 0);
    rows->known = true;
    rows->value = 5;
    plan = plan_create_parallel(program, results, 2, PLAN_GRAIN);
    ck_assert_ptr_null(chunk_loop(plan));
    ck_assert_ptr_eq(plan->workspace, plan_create(program, results, 2)->workspace);
    teardown();
}
END_TEST

/* s[i] = sum[c] exp(z[i,c]), p[i,c] = exp(z[i,c])/s[i]: a block of exponentials for each chunk. */
START_TEST(test_chunks_have_memory_of_their_own)
{
    setup();
    sizes[rows->id] = 150; /* three blocks */
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, classes, NULL);
    const struct tensor *e = tensor(TENSOR_DEFINED, "e", 2, rows, classes, NULL);
    const struct tensor *p = tensor(TENSOR_DEFINED, "p", 2, rows, classes, NULL);
    const struct index *i = index_over("i", rows), *c = index_over("c", classes);
    const struct index *k = index_over("k", rows), *j = index_over("j", classes);
    const struct index *l = index_over("l", classes);
    define(e, i, c, NULL, node_unary(graph, OPERATOR_EXP, load(z, at(i), at(c), NULL)));
    define(
        p, k, j, NULL,
        binary(OPERATOR_DIVIDE, load(e, at(k), at(j), NULL), sum(l, load(e, at(k), at(l), NULL))));
    const struct tensor *given[] = {z}, *results[] = {p};
    struct plan *plan = plan_create_parallel(program, results, 1, FINEST);
    struct machine machine = judge_plan(plan, given, 1, results, 1);
    const struct step *loop = chunk_loop(plan);
    ck_assert_ptr_nonnull(loop);
    ck_assert_uint_eq(machine.chunk_loops, 1);
    ck_assert_uint_eq(loop->chunks->own_count, 2);
    for (size_t own = 0; own < loop->chunks->own_count; own++) {
        ck_assert_ptr_null(loop->chunks->own[own].sum);
        ck_assert_int_eq(plan_buffer(plan, loop->chunks->own[own].tensor)->place, PLACE_CHUNK);
    }
    /* The exponentials of a block, and their sums. */
    ck_assert(node_is_number(plan->workspace, 32 * (4 * 64 + 64)));
    teardown();
}
END_TEST

/* A layer of a network on `count` rows: z[i,j] = tanh(sum[l] W[j,l]*x[i,l]), y = sum[i,j] z[i,j]^2.
 */
static struct machine judge_layer(long count)
{
    struct dimension *features = dimension("d", 24, true), *units = dimension("u", 16, true);
    sizes[rows->id] = count;
    const struct tensor *x = tensor(TENSOR_DATA, "x", 2, rows, features, NULL);
    const struct tensor *w = tensor(TENSOR_DATA, "W", 2, units, features, NULL);
    const struct tensor *z = tensor(TENSOR_DEFINED, "z", 2, rows, units, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 0, NULL, NULL, NULL);
    const struct index *i = index_over("i", rows), *j = index_over("j", units);
    const struct index *l = index_over("l", features);
    const struct index *both[] = {index_over("i", rows), index_over("j", units)};
    define(z, i, j, NULL,
           node_unary(graph, OPERATOR_TANH,
                      sum(l, times(load(w, at(j), at(l), NULL), load(x, at(i), at(l), NULL)))));
    const struct node *element = load(z, at(both[0]), at(both[1]), NULL);
    define(y, NULL, NULL, NULL,
           node_reduce(graph, REDUCTION_SUM, 2, both, times(element, element), NULL));
    const struct tensor *given[] = {x, w}, *results[] = {y};
    return judge_run(plan_create(program, results, 1), true, given, 2, results, 1);
}

/* A product that takes the rows as its own is computed for a block of them at a time, by its
 * kernel; the memory does not grow with the rows. */
START_TEST(test_products_take_blocks_of_rows)
{
    double reals[2];
    for (int large = 0; large < 2; large++) {
        setup();
        struct machine machine = judge_layer(large ? 1000 : 70);
        ck_assert_uint_eq(machine.products, large ? 16 : 2);
        reals[large] = (double)machine.work_size;
        teardown();
    }
    ck_assert_double_eq(reals[0], reals[1]);
    ck_assert_double_ge(reals[0], 64 * 16);
    ck_assert_double_le(reals[0], 3 * 64 * 16);
}
END_TEST

/* p[i,j] = sum[k] a[i,k]*b[j,k], in as many calls of the kernel as the plan has parts of it. */
static void judge_parts(long height, long width, unsigned long parts)
{
    setup();
    struct dimension *high = dimension("h", height, true), *wide = dimension("w", width, true);
    struct dimension *deep = dimension("d", 9, true);
    const struct tensor *a = tensor(TENSOR_DATA, "a", 2, high, deep, NULL);
    const struct tensor *b = tensor(TENSOR_DATA, "b", 2, wide, deep, NULL);
    const struct tensor *p = tensor(TENSOR_DEFINED, "p", 2, high, wide, NULL);
    const struct index *i = index_over("i", high), *j = index_over("j", wide);
    const struct index *k = index_over("k", deep);
    define(p, i, j, NULL, sum(k, times(load(a, at(i), at(k), NULL), load(b, at(j), at(k), NULL))));
    const struct tensor *given[] = {a, b}, *results[] = {p};
    struct plan *plan = plan_create_parallel(program, results, 1, FINEST);
    ck_assert_uint_eq(judge_run(plan, true, given, 2, results, 1).products, parts);
    judge_plan(plan, given, 2, results, 1);
    plan = plan_create_parallel(program, results, 1, PLAN_GRAIN);
    ck_assert_uint_eq(judge_run(plan, true, given, 2, results, 1).products, 1);
    teardown();
}

/* Threads share the columns of a product, by whole tiles, or the rows where the columns are few. */
START_TEST(test_products_are_cut_into_parts)
{
    judge_parts(30, 150, 3);
    judge_parts(30, 2000, 8);
    judge_parts(40, 64, 4);
    judge_parts(12, 64, 1);
}
END_TEST

/* Exponentials of rows and sums over them: the rows are innermost, each sum a series of its own. */
START_TEST(test_rows_become_lanes)
{
    setup();
    sizes[rows->id] = 100;
    const struct tensor *x = tensor(TENSOR_DATA, "x", 2, rows, classes, NULL);
    const struct tensor *e = tensor(TENSOR_DEFINED, "e", 2, rows, classes, NULL);
    const struct tensor *s = tensor(TENSOR_DEFINED, "s", 1, classes, NULL, NULL);
    const struct index *i = index_over("i", rows), *c = index_over("c", classes);
    const struct index *k = index_over("k", rows), *j = index_over("j", classes);
    define(e, i, c, NULL, node_unary(graph, OPERATOR_EXP, load(x, at(i), at(c), NULL)));
    define(s, j, NULL, NULL, sum(k, load(e, at(k), at(j), NULL)));
    const struct tensor *given[] = {x}, *results[] = {s};
    struct plan *plan = plan_create(program, results, 1);
    struct machine machine = judge_run(plan, true, given, 1, results, 1);
    /* For each of the two blocks and four classes. */
    ck_assert_uint_eq(machine.series, 2 * 4);
    ck_assert_ptr_nonnull(strstr(text_of(plan), "in 64*block until"));
    teardown();
}
END_TEST

/* The largest element is a series, as a sum is. */
START_TEST(test_extremes_are_series)
{
    setup();
    const struct tensor *x = tensor(TENSOR_PARAMETER, "x", 1, classes, NULL, NULL);
    const struct tensor *m = tensor(TENSOR_DEFINED, "m", 0, NULL, NULL, NULL);
    const struct index *c = index_over("c", classes);
    define(m, NULL, NULL, NULL, reduce(REDUCTION_MAX, c, load(x, at(c), NULL, NULL), NULL));
    const struct tensor *given[] = {x}, *results[] = {m};
    struct plan *plan = plan_create(program, results, 1);
    ck_assert_uint_eq(judge_run(plan, true, given, 1, results, 1).series, 1);
    teardown();
}
END_TEST

/* Squared distances of each row from several points: for each of them, the sums of a block's rows
 * stay in registers. */
START_TEST(test_sums_of_lanes_become_strips)
{
    setup();
    sizes[rows->id] = 100;
    const struct tensor *x = tensor(TENSOR_DATA, "x", 2, rows, classes, NULL);
    const struct tensor *p = tensor(TENSOR_PARAMETER, "p", 2, small, classes, NULL);
    const struct tensor *s = tensor(TENSOR_DEFINED, "s", 2, rows, small, NULL);
    const struct tensor *t = tensor(TENSOR_DEFINED, "t", 1, small, NULL, NULL);
    const struct index *i = index_over("i", rows), *u = index_over("u", small);
    const struct index *c = index_over("c", classes), *k = index_over("k", rows);
    const struct index *v = index_over("v", small);
    const struct node *far =
        binary(OPERATOR_SUBTRACT, load(x, at(i), at(c), NULL), load(p, at(u), at(c), NULL));
    const struct node *square = binary(OPERATOR_POWER, far, node_number(graph, 2));
    define(s, i, u, NULL, sum(c, square));
    define(t, v, NULL, NULL, sum(k, load(s, at(k), at(v), NULL)));
    const struct tensor *given[] = {x, p}, *results[] = {t};
    struct plan *plan = plan_create(program, results, 1);
    struct machine machine = judge_run(plan, true, given, 2, results, 1);
    /* For each of the two blocks and three points. */
    ck_assert_uint_eq(machine.strips, 2 * 3);
    teardown();
}
END_TEST

/* s[i,p] = sum[q,r] M[u[i,q],r,p]*w[i,q]*v[i,r] : the rows of M that data choose are read along p,
 * in a loop of their own, with no sum in between; the rows of s are no lanes. */
START_TEST(test_chosen_rows_are_read_along_themselves)
{
    setup();
    struct dimension *wide = dimension("w", 8, true);
    sizes[rows->id] = 100;
    struct tensor *u = tensor(TENSOR_DATA, "u", 2, rows, small, NULL);
    u->class_count = size(classes);
    const struct tensor *m = tensor(TENSOR_DATA, "M", 3, classes, small, wide);
    const struct tensor *w = tensor(TENSOR_DATA, "w", 2, rows, small, NULL);
    const struct tensor *v = tensor(TENSOR_DATA, "v", 2, rows, small, NULL);
    const struct tensor *s = tensor(TENSOR_DEFINED, "s", 2, rows, wide, NULL);
    const struct index *i = index_over("i", rows), *p = index_over("p", wide);
    const struct index *both[] = {index_over("q", small), index_over("r", small)};
    const struct node *chosen = load(u, at(i), at(both[0]), NULL);
    const struct node *element =
        times(load(m, chosen, at(both[1]), at(p)),
              times(load(w, at(i), at(both[0]), NULL), load(v, at(i), at(both[1]), NULL)));
    define(s, i, p, NULL, node_reduce(graph, REDUCTION_SUM, 2, both, element, NULL));
    const struct tensor *given[] = {u, m, w, v}, *results[] = {s};
    const char *text = text_of(judge(given, 4, results, 1).plan);
    ck_assert_ptr_null(strstr(text, "64*block"));
    ck_assert_ptr_null(strstr(text, "sum1"));
    ck_assert_ptr_nonnull(strstr(text, "] += "));
    teardown();
}
END_TEST

/* y[i,c] = sum[k : x[i] > 0] z[i,k]*w[k,c]: whether a row is summed is asked once for it. */
START_TEST(test_conditions_stand_around_loops)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DATA, "x", 1, rows, NULL, NULL);
    const struct tensor *z = tensor(TENSOR_DATA, "z", 2, rows, small, NULL);
    const struct tensor *w = tensor(TENSOR_DATA, "w", 2, small, classes, NULL);
    const struct tensor *y = tensor(TENSOR_DEFINED, "y", 2, rows, classes, NULL);
    const struct index *i = index_over("i", rows), *c = index_over("c", classes);
    const struct index *k = index_over("k", small);
    define(y, i, c, NULL,
           reduce(REDUCTION_SUM, k, times(load(z, at(i), at(k), NULL), load(w, at(k), at(c), NULL)),
                  binary(OPERATOR_GREATER, load(x, at(i), NULL, NULL), number(0))));
    const struct tensor *given[] = {x, z, w}, *results[] = {y};
    const char *text = text_of(judge(given, 3, results, 1).plan);
    const char *condition = strstr(text, "if ");
    ck_assert_ptr_nonnull(condition);
    ck_assert_ptr_nonnull(strstr(condition, "for k in"));
    teardown();
}
END_TEST

static struct step *push_step(struct step_list *list, enum step_kind kind)
{
    struct step *step = ARENA_NEW(arena, struct step);
    step->kind = kind;
    ARENA_PUSH(arena, list->items, list->count, list->capacity, step);
    return step;
}

static struct step *push_loop(struct step_list *list, const struct index *index,
                              const struct node *first, const struct node *end)
{
    struct step *loop = push_step(list, STEP_LOOP);
    loop->index = index;
    loop->first = first;
    loop->end = end;
    return loop;
}

static void push_write(struct step_list *list, enum step_kind kind, const struct tensor *target,
                       const struct node *subscript, const struct node *value)
{
    struct step *step = push_step(list, kind);
    step->target = target;
    step->subscripts[0] = subscript;
    step->value = value;
}

/* What is found of a loop over the rows with one step in it. */
static struct independence survey_write(enum step_kind kind, const struct tensor *target,
                                        const struct index *i, const struct node *subscript,
                                        const struct node *value)
{
    struct step_list steps = {0};
    push_write(&push_loop(&steps, i, number(0), size(rows))->body, kind, target, subscript, value);
    return loop_independence(graph, &steps, 0, table_create(arena));
}

START_TEST(test_iterations_that_keep_apart)
{
    setup();
    const struct tensor *x = tensor(TENSOR_DEFINED, "x", 1, rows, NULL, NULL);
    const struct tensor *v = tensor(TENSOR_ADJOINT, "v", 1, small, NULL, NULL);
    struct tensor *label = tensor(TENSOR_DATA, "label", 1, rows, NULL, NULL);
    label->class_count = size(small);
    const struct index *i = index_over("i", rows);
    const struct node *here = at(i), *before = binary(OPERATOR_SUBTRACT, here, number(1));
    const struct node *class = load(label, here, NULL, NULL), *one = number(1);
    const struct node *mine = load(x, here, NULL, NULL), *other = load(x, before, NULL, NULL);
    ck_assert(survey_write(STEP_STORE, x, i, here, mine).possible);
    ck_assert(survey_write(STEP_STORE, x, i, times(number(2), here), one).possible);
    ck_assert(!survey_write(STEP_STORE, x, i, here, other).possible);
    ck_assert(!survey_write(STEP_STORE, x, i, number(0), one).possible);
    ck_assert(!survey_write(STEP_STORE, v, i, class, one).possible);
    /* What data decides on can be added to in chunks, but not if it is read. */
    ck_assert_uint_eq(survey_write(STEP_ADD, v, i, class, one).sum_count, 1);
    ck_assert(!survey_write(STEP_ADD, v, i, class, load(v, class, NULL, NULL)).possible);
    /* As many parts as rows are too many. */
    ck_assert(!survey_write(STEP_ADD, x, i, class, one).possible);
    teardown();
}
END_TEST

/* Blocks of 64 rows keep apart if they end in time. */
static bool blocks_keep_apart(long length)
{
    struct step_list steps = {0};
    const struct tensor *x = tensor(TENSOR_DEFINED, "x", 1, rows, NULL, NULL);
    const struct index *b = index_over("b", rows), *i = index_over("i", rows);
    const struct node *first = times(number(64), at(b));
    struct step *blocks = push_loop(&steps, b, number(0), size(rows));
    struct step *inner =
        push_loop(&blocks->body, i, first,
                  binary(OPERATOR_MIN, plus(first, number((double)length)), size(rows)));
    push_write(&inner->body, STEP_STORE, x, at(i), load(x, at(i), NULL, NULL));
    return loop_independence(graph, &steps, 0, table_create(arena)).possible;
}

START_TEST(test_blocks_that_keep_apart)
{
    setup();
    ck_assert(blocks_keep_apart(64));
    ck_assert(blocks_keep_apart(10));
    ck_assert(!blocks_keep_apart(65));
    teardown();
}
END_TEST

/* A variable with a start, a change in the loop over the rows, and perhaps another use there. */
static struct independence survey_variable(double start, enum operator_id operation, bool used)
{
    struct step_list steps = {0};
    const struct tensor *v = graph_tensor(graph, TENSOR_LOCAL, "v", 0, NULL);
    const struct tensor *x = tensor(TENSOR_DEFINED, "x", 1, rows, NULL, NULL);
    const struct index *i = index_over("i", rows);
    const struct node *value = load(v, NULL, NULL, NULL);
    push_write(&steps, STEP_DECLARE, v, NULL, number(start));
    struct step_list *body = &push_loop(&steps, i, number(0), size(rows))->body;
    push_write(body, STEP_ASSIGN, v, NULL, binary(operation, value, at(i)));
    push_write(body, STEP_STORE, x, at(i), used ? value : number(1));
    return loop_independence(graph, &steps, 1, table_create(arena));
}

START_TEST(test_variables_that_add_up)
{
    setup();
    struct independence sums = survey_variable(0, OPERATOR_ADD, false);
    ck_assert(sums.possible);
    ck_assert_uint_eq(sums.accumulator_count, 1);
    ck_assert_int_eq(sums.accumulators[0].reduction->id, REDUCTION_SUM);
    ck_assert(survey_variable(0, OPERATOR_SUBTRACT, false).possible);
    ck_assert(survey_variable(1, OPERATOR_MULTIPLY, false).possible);
    ck_assert(survey_variable(-(double)INFINITY, OPERATOR_MAX, false).possible);
    /* Not what starts from elsewhere, is divided, or is read on the way. */
    ck_assert(!survey_variable(1, OPERATOR_ADD, false).possible);
    ck_assert(!survey_variable(1, OPERATOR_DIVIDE, false).possible);
    ck_assert(!survey_variable(0, OPERATOR_ADD, true).possible);
    teardown();
}
END_TEST

Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *test_case = tcase_create("plan");
    tcase_set_timeout(test_case, 120);
    tcase_add_test(test_case, test_samples_are_swept_once);
    tcase_add_test(test_case, test_sums_are_cleared_where_added_to);
    tcase_add_test(test_case, test_rows_are_outermost);
    tcase_add_test(test_case, test_gathers_are_scattered_back);
    tcase_add_test(test_case, test_conditions_become_bounds);
    tcase_add_test(test_case, test_updates_share_a_loop);
    tcase_add_test(test_case, test_recurrences_are_cut_at_their_cases);
    tcase_add_test(test_case, test_picked_terms_are_written_out);
    tcase_add_test(test_case, test_calls_of_recurrences_are_kept);
    tcase_add_test(test_case, test_short_loops_overlap);
    tcase_add_test(test_case, test_sums_are_cut_into_chunks);
    tcase_add_test(test_case, test_little_work_is_one_chunk);
    tcase_add_test(test_case, test_chunks_have_memory_of_their_own);
    tcase_add_test(test_case, test_products_take_blocks_of_rows);
    tcase_add_test(test_case, test_products_are_cut_into_parts);
    tcase_add_test(test_case, test_rows_become_lanes);
    tcase_add_test(test_case, test_extremes_are_series);
    tcase_add_test(test_case, test_sums_of_lanes_become_strips);
    tcase_add_test(test_case, test_chosen_rows_are_read_along_themselves);
    tcase_add_test(test_case, test_conditions_stand_around_loops);
    tcase_add_test(test_case, test_iterations_that_keep_apart);
    tcase_add_test(test_case, test_blocks_that_keep_apart);
    tcase_add_test(test_case, test_variables_that_add_up);
    tcase_add_test(test_case, test_long_chains_are_fast);
    tcase_add_test(test_case, test_long_chains_of_tensors_are_fast);
    tcase_add_test(test_case, test_deep_expressions);
    tcase_add_test(test_case, test_calls_are_made_once);
    tcase_add_test(test_case, test_guarded_calls_are_made_once);
    tcase_add_test(test_case, test_powers_are_products);
    tcase_add_test(test_case, test_costs_of_triangles);
    tcase_add_test(test_case, test_memory_is_used_again);
    tcase_add_test(test_case, test_random_updates);
    tcase_add_test(test_case, test_random_programs);
    suite_add_tcase(suite, test_case);
    return suite;
}
