/* Long formulas are cut into statements, so that no C function becomes longer than a compiler can
 * take: what is used more than once, and every so many nodes of the rest, gets a tensor of its own.
 * Those tensors are variables as long as their users are in the same part and loop. */
#include "plan/statement.h"

/* Formulas of more nodes than this are cut, into pieces of at most PIECE_NODES. */
enum { FORMULA_NODES = 2048, PIECE_NODES = 64 };

struct splitting {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct statement *statement; /* the one at hand */
    struct table *pieces;        /* node to struct piece */
};

/* What becomes of a node. */
struct piece {
    const struct node *image;
    unsigned uses, size;
    bool unconditional;
};

static struct piece *piece_of(const struct splitting *splitting, const struct node *node)
{
    return table_find(splitting->pieces, node);
}

static void use(const struct splitting *splitting, const struct node *node, bool unconditional)
{
    struct piece *piece = piece_of(splitting, node);
    piece->uses++;
    piece->unconditional = piece->unconditional || unconditional;
}

static void count_uses(struct splitting *splitting, const struct node **order, size_t count)
{
    const struct statement *statement = splitting->statement;
    for (size_t i = 0; i < count; i++) {
        table_store(splitting->pieces, order[i], ARENA_NEW(splitting->arena, struct piece));
    }
    use(splitting, statement->value, statement->condition == NULL);
    if (statement->condition != NULL) {
        use(splitting, statement->condition, true);
    }
    for (size_t i = count; i > 0; i--) {
        const struct node *node = order[i - 1];
        bool chooses =
            node_is(node, OPERATOR_IF) || node_is(node, OPERATOR_AND) || node_is(node, OPERATOR_OR);
        for (int k = 0; k < node->argument_count; k++) {
            use(splitting, node->arguments[k],
                piece_of(splitting, node)->unconditional && node->kind != NODE_LOAD &&
                    (k == 0 || !chooses));
        }
    }
}

static void append(struct splitting *splitting, struct statement *statement)
{
    struct statements *statements = splitting->statements;
    ARENA_PUSH(splitting->arena, statements->items, statements->count, statements->capacity,
               statement);
}

/* A statement that computes a node for all iterations of the loops that it depends on. */
static const struct node *cut(struct splitting *splitting, const struct node *value, unsigned size)
{
    struct statement *statement = ARENA_NEW(splitting->arena, struct statement);
    struct axis axes[RANK_MAX];
    statement->equation = splitting->statement->equation;
    if (value->free->count > 0) {
        statement->loops = ARENA_ARRAY(splitting->arena, struct loop, LOOPS_MAX);
        statement->subscripts = ARENA_ARRAY(splitting->arena, const struct node *, RANK_MAX);
    }
    for (int i = 0; i < splitting->statement->loop_count; i++) {
        struct loop loop = splitting->statement->loops[i];
        if (node_depends_on(value, loop.index)) {
            int axis = statement->loop_count++;
            axes[axis] = (struct axis){loop.first, loop.end};
            loop.reduced = false;
            statement->loops[axis] = loop;
            statement->subscripts[axis] = node_index(splitting->graph, loop.index);
        }
    }
    statement->value = value;
    statement->fold = statement->loop_count;
    statement->weight = 1 + size / 8;
    const char *name =
        arena_format(graph_arena(splitting->graph), "t%u", ++splitting->statements->part_count);
    statement->target =
        graph_tensor(splitting->graph, TENSOR_PART, name, statement->loop_count, axes);
    append(splitting, statement);
    return node_load(splitting->graph, statement->target, statement->subscripts);
}

/* What is computed in a recurrence stays in it. */
static bool runs_in_sequences(const struct splitting *splitting, const struct node *node)
{
    for (int i = 0; i < statement_sequences(splitting->statement); i++) {
        if (!node_depends_on(node, splitting->statement->loops[i].index)) {
            return false;
        }
    }
    return true;
}

static void settle(struct splitting *splitting, const struct node *node)
{
    struct piece *piece = piece_of(splitting, node);
    const struct node **arguments =
        ARENA_ARRAY(splitting->arena, const struct node *, (size_t)node->argument_count + 1);
    piece->size = 1;
    for (int i = 0; i < node->argument_count; i++) {
        const struct piece *argument = piece_of(splitting, node->arguments[i]);
        arguments[i] = argument->image;
        piece->size += argument->size;
    }
    piece->image =
        node->argument_count == 0 ? node : node_with_arguments(splitting->graph, node, arguments);
    bool is_cut = node->kind == NODE_APPLY && piece->unconditional && !node->boolean &&
                  (piece->uses > 1 || piece->size > PIECE_NODES) && node->free->count <= RANK_MAX &&
                  !node_is_index_arithmetic(node) && runs_in_sequences(splitting, node);
    if (is_cut) {
        piece->image = cut(splitting, piece->image, piece->size);
        piece->size = 1;
    }
}

static bool can_be_split(const struct statements *statements, const struct statement *statement,
                         const struct node *const *order, size_t count)
{
    if (count <= FORMULA_NODES) {
        return false;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop->first != loop->index->first || loop->end != loop->index->end) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD &&
            table_find(statements->updatable, order[i]->tensor) != NULL) {
            return false;
        }
    }
    return true;
}

static void split(struct splitting *splitting, struct statement *statement)
{
    const struct node *roots[] = {statement->value, statement->condition};
    size_t count;
    const struct node **order =
        node_order(splitting->arena, roots, statement->condition == NULL ? 1 : 2, &count);
    if (!can_be_split(splitting->statements, statement, order, count)) {
        return;
    }
    splitting->statement = statement;
    splitting->pieces = table_create(splitting->arena);
    count_uses(splitting, order, count);
    for (size_t i = 0; i < count; i++) {
        settle(splitting, order[i]);
    }
    statement->value = piece_of(splitting, statement->value)->image;
    statement->weight = 1 + piece_of(splitting, roots[0])->size / 8;
    if (statement->condition != NULL) {
        statement->condition = piece_of(splitting, statement->condition)->image;
    }
}

void statements_split(struct statements *statements)
{
    struct splitting splitting = {
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    size_t count = statements->count;
    struct statement **items = statements->items;
    statements->items = NULL;
    statements->count = statements->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        split(&splitting, items[i]);
        append(&splitting, items[i]);
    }
}
