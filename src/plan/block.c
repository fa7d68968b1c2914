/* Blocks of rows. Where products take the rows of data as theirs, the sweep over the rows becomes
 * one over blocks of so many rows that what lies between the products stays in cache: memory is
 * that of a block, whatever the number of rows. Around its other loops each statement gets one
 * over the blocks, and its loop over the rows runs over those of the block at hand. */
#include "equations/affine.h"
#include "plan/statement.h"

#include <string.h>

/* A block's own tensors are to take no more reals than this. In lanes most of them shrink to what
 * one loop over the rows needs, and short lanes cost more than a slower cache. */
#define CACHE_REALS 524288.0
#define CACHE_REALS_IN_LANES 2097152.0
enum { BLOCK_ROWS_MAX = 64, BLOCK_ROWS_MIN = 8 };
/* With fewer rows a kernel is slower than what is saved where all steps of a recurrence fit. */
enum { BLOCK_ROWS_STEPS_MIN = 16 };

/* The loop over rows that is cut into blocks; -1: none can be. */
static int rows_of(const struct statement *statement)
{
    if (statement->loop_count == LOOPS_MAX || statement->update ||
        (statement->reduction != NULL && reduction_seeks_place(statement->reduction))) {
        return -1;
    }
    for (int i = statement_sequences(statement); i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop_runs_over_rows(loop)) {
            bool whole = loop->first == loop->index->first && loop->end == loop->index->end;
            return whole ? i : -1;
        }
    }
    return -1;
}

/* ---- How many rows ---- */

/* How many reals a statement keeps for each row; in a recurrence, in each of its steps. */
static double reals_per_row(struct graph *graph, const struct statement *statement)
{
    int rows = rows_of(statement);
    double count = 1;
    if (rows < 0 || statement->loops[rows].reduced || statement->clears) {
        return 0;
    }
    for (int i = statement_sequences(statement); i < statement->loop_count; i++) {
        if (i != rows && !statement->loops[i].reduced) {
            count *= extent_of_index(graph, statement->loops[i].index);
        }
    }
    return count;
}

/* How many steps of recurrences a statement has. */
static double steps_of(struct graph *graph, const struct statement *statement)
{
    double steps = 1;
    for (int i = 0; i < statement_sequences(statement); i++) {
        steps *= extent_of_index(graph, statement->loops[i].index);
    }
    return steps;
}

long statements_block_rows(const struct statements *statements, bool lanes)
{
    const double most = lanes ? CACHE_REALS_IN_LANES : CACHE_REALS;
    double reals = 0, reals_of_steps = 0;
    for (size_t i = 0; i < statements->count; i++) {
        double kept = reals_per_row(statements->graph, statements->items[i]);
        reals += kept;
        reals_of_steps += kept * steps_of(statements->graph, statements->items[i]);
    }
    long rows = BLOCK_ROWS_MAX;
    while (rows >= BLOCK_ROWS_MIN && (double)rows * reals > most) {
        rows /= 2;
    }
    while (rows > BLOCK_ROWS_STEPS_MIN && (double)rows * reals_of_steps > most) {
        rows /= 2;
    }
    return rows < BLOCK_ROWS_MIN ? 0 : rows;
}

/* ---- Cutting ---- */

struct blocking {
    struct statements *statements;
    struct graph *graph;
    struct table *block_indices; /* a number of rows to the index of its blocks */
    struct table *clearings;     /* a tensor to the statement that clears it */
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

/* What is added up over blocks is cleared before all of them. */
static void clear_before_blocks(const struct blocking *blocking, const struct tensor *target)
{
    struct statement *clearing = table_find(blocking->clearings, target);
    if (clearing != NULL) {
        clearing->shared = 0;
    }
}

/* Gives a statement its loop over blocks, if it can have one. What is added up over blocks starts
 * from the unit. */
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
        statement->own += statement->alone;
        statement->fold += statement->fold > 0 || !blocks.reduced;
        statement->shared += statement->clears;
        statement->accumulates = statement->accumulates || adds;
        if (adds) {
            append(blocking->statements, statement_clearing(blocking->statements, statement));
        } else if (blocks.reduced) {
            clear_before_blocks(blocking, statement->target);
        }
    }
    if (statement->clears) {
        table_store(blocking->clearings, statement->target, statement);
    }
}

/* ---- Recurrences: all of their statements, or none ---- */

/* The end of the statements, from `begin` on, that stand in the same recurrence's loop. */
static size_t run_end(struct statement *const *items, size_t count, size_t begin)
{
    size_t end = begin + 1;
    if (statement_sequences(items[begin]) == 0) {
        return end;
    }
    const struct sequence *sequence = items[begin]->loops[0].sequence;
    while (end < count && statement_sequences(items[end]) > 0 &&
           items[end]->loops[0].sequence == sequence) {
        end++;
    }
    return end;
}

/* Notes which axis of a statement's target is that of the rows. */
static bool note_axis(struct table *axes, const struct statement *statement)
{
    int rows = rows_of(statement);
    for (int axis = 0; rows >= 0 && axis < statement->target->rank; axis++) {
        if (node_is_index(statement->subscripts[axis], statement->loops[rows].index)) {
            table_store(axes, statement->target, (void *)(uintptr_t)(axis + 1));
            return true;
        }
    }
    return false;
}

/* Whether a statement reads of each of the tensors only the row that it computes. */
static bool keeps_to_its_row(const struct blocking *blocking, struct table *axes,
                             const struct statement *statement)
{
    const struct index *rows = statement->loops[rows_of(statement)].index;
    const struct node *roots[2 * LOOPS_MAX + RANK_MAX + 2];
    int root_count = 0;
    size_t count;
    roots[root_count++] = statement->value;
    if (statement->condition != NULL) {
        roots[root_count++] = statement->condition;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        roots[root_count++] = statement->loops[i].first;
        roots[root_count++] = statement->loops[i].end;
    }
    for (int i = 0; i < statement->target->rank; i++) {
        roots[root_count++] = statement->subscripts[i];
    }
    const struct node **order = node_order(blocking->statements->arena, roots, root_count, &count);
    for (size_t i = 0; i < count; i++) {
        uintptr_t axis =
            order[i]->kind == NODE_LOAD ? (uintptr_t)table_find(axes, order[i]->tensor) : 0;
        if (axis > 0 && !node_is_index(order[i]->arguments[axis - 1], rows)) {
            return false;
        }
    }
    return true;
}

static bool can_be_blocked(const struct blocking *blocking, struct statement *const *run,
                           size_t count)
{
    struct table *axes = table_create(blocking->statements->arena);
    if (statement_sequences(run[0]) == 0) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!note_axis(axes, run[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!keeps_to_its_row(blocking, axes, run[i]) ||
            run[i]->loops[rows_of(run[i])].index->end !=
                run[0]->loops[rows_of(run[0])].index->end) {
            return false;
        }
    }
    return true;
}

void statements_block(struct statements *statements)
{
    struct blocking blocking = {.statements = statements, .graph = statements->graph};
    size_t count = statements->count, end;
    struct statement **items = statements->items;
    if (statements->block_rows == NULL) {
        return;
    }
    blocking.block_indices = table_create(statements->arena);
    blocking.clearings = table_create(statements->arena);
    statements->items = NULL;
    statements->count = statements->capacity = 0;
    for (size_t begin = 0; begin < count; begin = end) {
        end = run_end(items, count, begin);
        bool blocked = can_be_blocked(&blocking, &items[begin], end - begin);
        for (size_t i = begin; i < end; i++) {
            if (blocked) {
                block(&blocking, items[i]);
            }
            append(statements, items[i]);
        }
    }
}
