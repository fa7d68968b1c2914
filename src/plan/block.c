/* Blocks of rows. Where products take the rows of data as theirs, the sweep over the rows becomes
 * one over blocks of so many rows that what lies between the products stays in cache: memory is
 * that of a block, whatever the number of rows. Around its other loops each statement gets one
 * over the blocks, and its loop over the rows runs over those of the block at hand. */
#include "equations/affine.h"
#include "plan/statement.h"

#include <string.h>

/* A block's own tensors are to take no more reals than this. */
#define CACHE_REALS 65536.0
enum { BLOCK_ROWS_MAX = 64, BLOCK_ROWS_MIN = 8 };

/* The loop over rows that is cut into blocks; -1: none can be. */
static int rows_of(const struct statement *statement)
{
    if (statement_sequences(statement) > 0 || statement->loop_count == LOOPS_MAX ||
        statement->update ||
        (statement->reduction != NULL && reduction_seeks_place(statement->reduction))) {
        return -1;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop_runs_over_rows(loop)) {
            bool whole = loop->first == loop->index->first && loop->end == loop->index->end;
            return whole ? i : -1;
        }
    }
    return -1;
}

/* ---- How many rows ---- */

/* How many reals a statement keeps for each row. */
static double reals_per_row(struct graph *graph, const struct statement *statement)
{
    int rows = rows_of(statement);
    double count = 1;
    if (rows < 0 || statement->loops[rows].reduced || statement->clears) {
        return 0;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        if (i != rows && !statement->loops[i].reduced) {
            count *= extent_of_index(graph, statement->loops[i].index);
        }
    }
    return count;
}

long statements_block_rows(const struct statements *statements)
{
    double reals = 0;
    for (size_t i = 0; i < statements->count; i++) {
        reals += reals_per_row(statements->graph, statements->items[i]);
    }
    long rows = BLOCK_ROWS_MAX;
    while (rows >= BLOCK_ROWS_MIN && (double)rows * reals > CACHE_REALS) {
        rows /= 2;
    }
    return rows < BLOCK_ROWS_MIN ? 0 : rows;
}

/* ---- Cutting ---- */

struct blocking {
    struct statements *statements;
    struct graph *graph;
    struct table *block_indices; /* a number of rows to the index of its blocks */
};

static const struct node *binary(const struct blocking *blocking, enum operator_id id,
                                 const struct node *left, const struct node *right)
{
    return node_binary(blocking->graph, id, left, right);
}

static const struct index *block_index(const struct blocking *blocking, const struct index *rows)
{
    const struct index *index = table_find(blocking->block_indices, rows->end);
    if (index == NULL) {
        const struct node *block = blocking->statements->block_rows;
        const struct node *count = binary(blocking, OPERATOR_SUBTRACT, rows->end, rows->first);
        const struct node *most =
            binary(blocking, OPERATOR_ADD, count, node_number(blocking->graph, block->number - 1));
        const struct node *blocks = node_unary(
            blocking->graph, OPERATOR_FLOOR,
            binary(blocking, OPERATOR_DIVIDE, affine_normalize(blocking->graph, most), block));
        index = graph_index(blocking->graph, "block", node_number(blocking->graph, 0), blocks);
        table_store(blocking->block_indices, rows->end, (void *)(uintptr_t)index);
    }
    return index;
}

/* Loops over the blocks of `loop`, and `loop` over the rows of one. */
static struct loop cut(const struct blocking *blocking, struct loop *loop)
{
    const struct index *blocks = block_index(blocking, loop->index);
    const struct node *before =
        binary(blocking, OPERATOR_MULTIPLY, blocking->statements->block_rows,
               node_index(blocking->graph, blocks));
    const struct node *first = affine_normalize(
        blocking->graph, binary(blocking, OPERATOR_ADD, loop->index->first, before));
    const struct node *after = affine_normalize(
        blocking->graph, binary(blocking, OPERATOR_ADD, first, blocking->statements->block_rows));
    loop->first = first;
    loop->end = binary(blocking, OPERATOR_MIN, after, loop->index->end);
    return (struct loop){.index = blocks,
                         .first = blocks->first,
                         .end = blocks->end,
                         .reduced = loop->reduced,
                         .blocked = loop->index};
}

static void append(struct statements *statements, struct statement *statement)
{
    ARENA_PUSH(statements->arena, statements->items, statements->count, statements->capacity,
               statement);
}

/* What is added up over blocks starts from the unit. */
static void block(const struct blocking *blocking, struct statement *statement)
{
    int rows = rows_of(statement);
    if (rows >= 0) {
        struct loop blocks = cut(blocking, &statement->loops[rows]);
        bool adds = blocks.reduced && statement->fold > 0 && !statement->accumulates;
        memmove(&statement->loops[1], &statement->loops[0],
                (size_t)statement->loop_count * sizeof statement->loops[0]);
        statement->loops[0] = blocks;
        statement->loop_count++;
        statement->own += statement->product;
        statement->fold += statement->fold > 0 || !blocks.reduced;
        statement->shared += statement->clears;
        statement->accumulates = statement->accumulates || adds;
        if (adds) {
            append(blocking->statements, statement_clearing(blocking->statements, statement));
        }
    }
    append(blocking->statements, statement);
}

void statements_block(struct statements *statements)
{
    struct blocking blocking = {.statements = statements, .graph = statements->graph};
    size_t count = statements->count;
    struct statement **items = statements->items;
    if (statements->block_rows == NULL) {
        return;
    }
    blocking.block_indices = table_create(statements->arena);
    statements->items = NULL;
    statements->count = statements->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        block(&blocking, items[i]);
    }
}
