/* Tensors that only repeat the values of others are not made: their users read the originals. */
#include "equations/affine.h"
#include "equations/program.h"
#include "plan/statement.h"

/* ---- Equations ---- */

/* Equations that only repeat another's elements in another order, and are read as factors of
 * products alone: these are told by strides where their operands lie. */
struct transposing {
    const struct program *program;
    struct arena *arena;
    struct table *products; /* elements of sums that are the product of two loads */
    struct table *barred;   /* tensors that are read otherwise, are asked for, or change */
};

static void bar(struct transposing *transposing, const struct tensor *tensor)
{
    table_store(transposing->barred, tensor, transposing);
}

/* From the users to what they use: products are known before their factors are met. */
static void note_uses(struct transposing *transposing, const struct node *body)
{
    size_t count;
    const struct node **order = node_order(transposing->arena, &body, 1, &count);
    if (body->kind == NODE_LOAD) {
        bar(transposing, body->tensor);
    }
    for (size_t i = count; i > 0; i--) {
        const struct node *node = order[i - 1];
        const struct node *element = node->kind == NODE_REDUCE ? node->arguments[0] : NULL;
        bool sum = element != NULL && node->reduction->id == REDUCTION_SUM;
        if (sum && node_multiplies_loads(element)) {
            table_store(transposing->products, element, transposing);
        }
        for (int k = 0; k < node->argument_count; k++) {
            bool factor = table_find(transposing->products, node) != NULL;
            if (node->arguments[k]->kind == NODE_LOAD && !factor) {
                bar(transposing, node->arguments[k]->tensor);
            }
        }
    }
}

static bool is_transposed(const struct transposing *transposing, const struct equation *equation)
{
    const struct node *body = equation->body;
    if (equation->update || body->kind != NODE_LOAD || body->tensor->kind == TENSOR_PARAMETER ||
        body->tensor->kind == TENSOR_STATE ||
        table_find(transposing->barred, equation->target) != NULL) {
        return false;
    }
    for (int i = 0; i < body->argument_count; i++) {
        if (!node_is_index_arithmetic(body->arguments[i])) {
            return false;
        }
    }
    return true;
}

static const struct node *read_transposed(void *context, const struct node *node)
{
    const struct transposing *transposing = context;
    const struct equation *equation =
        node->kind == NODE_LOAD ? program_find(transposing->program, node->tensor) : NULL;
    return equation != NULL && is_transposed(transposing, equation)
               ? node_substitute(transposing->program->graph, equation->body,
                                 equation->target->rank, equation->indices, node->arguments)
               : node;
}

struct program *program_without_transposes(const struct program *program,
                                           const struct tensor *const *results, size_t result_count)
{
    struct transposing transposing = {.program = program,
                                      .arena = arena_open(graph_arena(program->graph))};
    transposing.products = table_create(transposing.arena);
    transposing.barred = table_create(transposing.arena);
    for (size_t i = 0; i < result_count; i++) {
        bar(&transposing, results[i]);
    }
    for (size_t i = 0; i < program->count; i++) {
        note_uses(&transposing, program->equations[i]->body);
    }
    struct program *rest = program_create(program->graph);
    rest->taken = program->taken;
    rest->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = ARENA_NEW(graph_arena(program->graph), struct equation);
        *equation = *program->equations[i];
        if (!is_transposed(&transposing, equation)) {
            equation->body =
                node_rewrite(program->graph, equation->body, read_transposed, &transposing);
            program_adopt(rest, equation);
        }
    }
    arena_close(transposing.arena);
    return rest;
}

/* ---- Statements ---- */

struct copying {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct table *copies; /* tensor to the statement that would make it */
    size_t count;
};

/* A copy that turns rows into columns may be wanted for the way that it is read. */
static bool keeps_rows(struct graph *graph, const struct statement *statement,
                       const struct node *load)
{
    if (statement->loop_count == 0) {
        return true;
    }
    const struct index *last = statement->loops[statement->loop_count - 1].index;
    for (int axis = 0; axis < load->argument_count; axis++) {
        struct affine subscript = affine_of(load->arguments[axis]);
        long step = affine_coefficient(&subscript, node_index(graph, last));
        if (step != 0 && (axis != load->argument_count - 1 || step != 1)) {
            return false;
        }
    }
    return true;
}

static bool is_copy(const struct copying *copying, const struct statement *statement)
{
    const struct node *value = statement->value;
    const struct statements *statements = copying->statements;
    if (statement->reduction != NULL || statement->update || statement->clears ||
        statement->lays_out || statement->fixed != 0 || statement_sequences(statement) > 0 ||
        table_find(statements->results, statement->target) != NULL) {
        return false;
    }
    if (value->kind != NODE_LOAD) {
        return value->kind == NODE_NUMBER;
    }
    for (int i = 0; i < value->argument_count; i++) {
        if (!node_is_index_arithmetic(value->arguments[i])) {
            return false;
        }
    }
    return table_find(statements->updatable, value->tensor) == NULL &&
           keeps_rows(copying->graph, statement, value);
}

static const struct node *read_original(void *context, const struct node *node)
{
    const struct copying *copying = context;
    const struct statement *copy =
        node->kind == NODE_LOAD ? table_find(copying->copies, node->tensor) : NULL;
    if (copy == NULL) {
        return node;
    }
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < copy->loop_count; i++) {
        indices[i] = copy->subscripts[i]->index;
    }
    return node_substitute(copying->graph, copy->value, copy->loop_count, indices, node->arguments);
}

static bool reads_copies(const struct copying *copying, const struct node *root)
{
    size_t count = 0;
    const struct node **order = root == NULL ? NULL : node_order(copying->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && table_find(copying->copies, order[i]->tensor) != NULL) {
            return true;
        }
    }
    return false;
}

static const struct node *rewritten(struct copying *copying, const struct node *node)
{
    return reads_copies(copying, node) ? node_rewrite(copying->graph, node, read_original, copying)
                                       : node;
}

static void read_originals(struct copying *copying, struct statement *statement)
{
    statement->value = rewritten(copying, statement->value);
    statement->condition = rewritten(copying, statement->condition);
    for (int i = 0; i < statement->loop_count; i++) {
        statement->loops[i].first = rewritten(copying, statement->loops[i].first);
        statement->loops[i].end = rewritten(copying, statement->loops[i].end);
    }
    for (int i = 0; i < statement->target->rank; i++) {
        statement->subscripts[i] = rewritten(copying, statement->subscripts[i]);
    }
}

void statements_remove_copies(struct statements *statements)
{
    struct copying copying = {
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    size_t kept = 0;
    copying.copies = table_create(copying.arena);
    for (size_t i = 0; i < statements->count; i++) {
        struct statement *statement = statements->items[i];
        if (copying.count > 0) {
            read_originals(&copying, statement);
        }
        if (is_copy(&copying, statement)) {
            table_store(copying.copies, statement->target, statement);
            copying.count++;
        } else {
            statements->items[kept++] = statement;
        }
    }
    statements->count = kept;
}
