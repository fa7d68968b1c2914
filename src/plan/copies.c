/* Tensors that only repeat the values of others are not made: their users read the originals. */
#include "equations/affine.h"
#include "plan/statement.h"

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
        statement->fixed != 0 || statement_sequences(statement) > 0 ||
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
