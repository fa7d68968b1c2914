#include "equations/affine.h"
#include "equations/node_map.h"
#include "plan/lower.h"

/* From a statement's own indices to those of the loops around it, in one pass a statement. */
struct translator {
    struct graph *graph;
    struct arena *arena;
    struct lowering *lowering;
    struct node_map *images;
    struct node_map *rows; /* for loads */
};

/* What is known before: indices, and the loads that contraction has replaced. */
static void begin_statement(struct translator *translator, const struct statement *statement)
{
    node_map_clear(translator->images);
    node_map_clear(translator->rows);
    for (int level = 0; level < statement->loop_count; level++) {
        node_map_store(translator->images,
                       node_index(translator->graph, statement->loops[level].index),
                       node_index(translator->graph, statement->path[level]->index));
    }
    for (size_t i = 0; i < statement->access_count; i++) {
        const struct access *access = &statement->accesses[i];
        if (access->row != NULL) {
            node_map_store(translator->rows, access->load, access->row);
        }
        if (access->forwarded) {
            node_map_store(translator->images, access->load,
                           local_read(translator->lowering, access->writer->variable));
        }
    }
}

static const struct node *subscript_in_row(struct graph *graph, const struct row *row, int axis,
                                           const struct node *subscript)
{
    return row->begin[axis] == NULL
               ? subscript
               : affine_normalize(
                     graph, node_binary(graph, OPERATOR_SUBTRACT, subscript, row->begin[axis]));
}

static const struct node *load_of_row(struct translator *translator, const struct row *row,
                                      const struct node *const *subscripts)
{
    const struct node *kept[RANK_MAX];
    for (int i = 0; i < row->tensor->rank; i++) {
        kept[i] = subscript_in_row(translator->graph, row, row->axes[i], subscripts[row->axes[i]]);
    }
    return node_load(translator->graph, row->tensor, kept);
}

static const struct node *translate_one(struct translator *translator, const struct node *node)
{
    const struct node *few[RANK_MAX];
    const struct node **arguments =
        node->argument_count <= RANK_MAX
            ? few
            : ARENA_ARRAY(translator->arena, const struct node *, (size_t)node->argument_count);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = node_map_find(translator->images, node->arguments[i]);
    }
    const struct row *row = node_map_find(translator->rows, node);
    if (row != NULL) {
        return load_of_row(translator, row, arguments);
    }
    if (node_is(node, OPERATOR_STOP) || node_is(node, OPERATOR_GIVEN)) {
        return arguments[0];
    }
    return node_with_arguments(translator->graph, node, arguments);
}

/* Simplification may bring up nodes that were not there before; they are in the new indices. */
static const struct node *translate(struct translator *translator, const struct node *root)
{
    size_t count;
    const struct node **order = node_order(translator->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (node_map_find(translator->images, order[i]) == NULL) {
            node_map_store(translator->images, order[i], translate_one(translator, order[i]));
        }
    }
    return node_map_find(translator->images, root);
}

static void translate_subscripts(struct translator *translator, struct statement *statement)
{
    const struct row *row = statement->row;
    const struct node *subscripts[RANK_MAX];
    int rank = row == NULL ? statement->target->rank : row->tensor->rank;
    for (int i = 0; i < rank; i++) {
        int axis = row == NULL ? i : row->axes[i];
        subscripts[i] = translate(translator, statement->subscripts[axis]);
        subscripts[i] = row == NULL ? subscripts[i]
                                    : subscript_in_row(translator->graph, row, axis, subscripts[i]);
    }
    for (int i = 0; i < rank; i++) {
        statement->subscripts[i] = subscripts[i];
    }
}

static void translate_statement(struct translator *translator, struct statement *statement)
{
    begin_statement(translator, statement);
    statement->value = translate(translator, statement->value);
    if (statement->condition != NULL) {
        statement->condition = translate(translator, statement->condition);
    }
    translate_subscripts(translator, statement);
}

static void translate_bounds(struct translator *translator, struct scope *scope,
                             const struct statement *statement)
{
    const struct loop *loop = &statement->loops[scope->depth - 1];
    begin_statement(translator, statement);
    scope->first = translate(translator, loop->first);
    scope->end = translate(translator, loop->end);
}

static void translate_scope(struct translator *translator, struct scope *scope)
{
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        if (entry->kind == ENTRY_LOOP) {
            translate_bounds(translator, entry->scope, entry->statement);
            translate_scope(translator, entry->scope);
        } else if (entry->kind == ENTRY_STATEMENT) {
            translate_statement(translator, entry->statement);
        }
    }
}

void translate_part(struct lowering *lowering, struct scope *part)
{
    struct graph *graph = lowering->graph;
    struct translator translator = {graph, lowering->arena, lowering, node_map_open(graph),
                                    node_map_open(graph)};
    translate_scope(&translator, part);
    node_map_close(translator.images);
    node_map_close(translator.rows);
}
