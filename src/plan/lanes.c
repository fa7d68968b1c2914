/* Lanes: the rows of a block side by side, each operation done for all of them in the innermost
 * loop, which C compilers make vector code. Data whose rows lie apart in memory are first brought
 * side by side; what is added up over the rows is computed for all of them before it is. */
#include "equations/affine.h"
#include "plan/statement.h"

#include <string.h>

/* From so many operations a row on, lanes are worth their loops; a sum over the rows always is: one
 * accumulator waits for itself at every row. */
#define WORK_MIN 16.0
#define WORK_CALL 16.0
/* Fewer elements make no vector. */
#define CHOSEN_EXTENT_MIN 4.0
/* Data of more reals a row stay where they are. */
#define ROW_REALS_MAX 256.0

/* The loop over rows; -1: none, or not over all of them. */
static int rows_of(const struct statement *statement)
{
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop_runs_over_rows(loop)) {
            bool whole = loop->first == loop->index->first && loop->end == loop->index->end;
            return whole && statement_sequences(statement) == 0 ? i : -1;
        }
    }
    return -1;
}

/* ---- Whether a program is to be computed in lanes ---- */

static bool makes_calls(struct arena *arena, const struct node *root)
{
    size_t count;
    const struct node **order = node_order(arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (node_is_expensive(order[i])) {
            return true;
        }
    }
    return false;
}

static bool target_moves(const struct statement *statement, const struct index *index)
{
    for (int axis = 0; axis < statement->target->rank; axis++) {
        if (node_depends_on(statement->subscripts[axis], index)) {
            return true;
        }
    }
    return false;
}

/* Whether each row adds to the same elements. */
static bool sums_rows(const struct statement *statement, const struct loop *rows)
{
    return rows->reduced && statement->reduction->id == REDUCTION_SUM &&
           statement->condition == NULL && !target_moves(statement, rows->index);
}

/* Whether a load takes a row of its tensor that data choose for each of our rows, and its elements
 * side by side: another loop than that over the rows reads it faster. */
static bool takes_chosen_row(struct graph *graph, const struct node *load, const struct index *rows)
{
    int last = load->argument_count - 1;
    const struct index *index = last < 1 ? NULL : load->arguments[last]->index;
    return index != NULL && index != rows && load_is_chosen_along(load, index) &&
           node_depends_on(load, rows) && extent_of_index(graph, index) >= CHOSEN_EXTENT_MIN;
}

static bool takes_chosen_rows(const struct statements *statements,
                              const struct statement *statement, const struct index *rows)
{
    size_t count;
    const struct node **order = node_order(statements->arena, &statement->value, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && takes_chosen_row(statements->graph, order[i], rows)) {
            return true;
        }
    }
    return false;
}

/* How many operations a statement does for each row. */
static double work_of(const struct statements *statements, const struct statement *statement,
                      int rows)
{
    double work = makes_calls(statements->arena, statement->value) ? WORK_CALL : 1;
    for (int k = 0; k < statement->loop_count; k++) {
        work *= k == rows ? 1 : extent_of_index(statements->graph, statement->loops[k].index);
    }
    return work;
}

bool statements_want_lanes(const struct statements *statements)
{
    bool wanted = false;
    double side_by_side = 0, chosen = 0;
    for (size_t i = 0; i < statements->count; i++) {
        const struct statement *statement = statements->items[i];
        int rows = rows_of(statement);
        if (rows >= 0) {
            const struct index *index = statement->loops[rows].index;
            double work = work_of(statements, statement, rows);
            bool takes = takes_chosen_rows(statements, statement, index);
            wanted = wanted || sums_rows(statement, &statement->loops[rows]) || work >= WORK_MIN;
            *(takes ? &chosen : &side_by_side) += work;
        }
    }
    return wanted && side_by_side >= chosen;
}

/* ---- Data side by side ---- */

struct gathering {
    struct statements *statements;
    const struct index *rows;
};

static void append(struct statements *statements, struct statement *statement)
{
    size_t count;
    node_order(statements->arena, &statement->value, 1, &count);
    statement->fold = statement->loop_count;
    statement->weight = 1 + (unsigned)(count / 8);
    statement->number = (unsigned)statements->count;
    ARENA_PUSH(statements->arena, statements->items, statements->count, statements->capacity,
               statement);
}

/* A statement that computes `value` for all of some loops, the last of them that over rows. */
static struct statement *part_create(struct statements *statements, const char *name,
                                     const struct equation *equation, const struct loop *loops,
                                     int count)
{
    struct statement *part = ARENA_NEW(statements->arena, struct statement);
    struct axis axes[RANK_MAX];
    part->equation = equation;
    part->loops = ARENA_ARRAY(statements->arena, struct loop, LOOPS_MAX);
    part->subscripts = ARENA_ARRAY(statements->arena, const struct node *, RANK_MAX);
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){.first = loops[i].index->first, .end = loops[i].index->end};
        part->loops[i] = loops[i];
        part->loops[i].reduced = false;
        part->subscripts[i] = node_index(statements->graph, loops[i].index);
    }
    part->loop_count = count;
    part->target = graph_tensor(statements->graph, TENSOR_PART, name, count, axes);
    return part;
}

static struct loop loop_along(struct statements *statements, const struct axis *axis)
{
    const struct index *index = graph_index(statements->graph, NULL, axis->first, axis->end);
    return (struct loop){.index = index, .first = index->first, .end = index->end};
}

/* The tensor whose last axis are the rows, and else has the axes of data. */
static const struct tensor *gathered(struct statements *statements, const struct tensor *data)
{
    const struct tensor *found = table_find(statements->gathered, data);
    if (found == NULL) {
        struct loop loops[RANK_MAX];
        for (int axis = 0; axis < data->rank; axis++) {
            loops[axis == 0 ? data->rank - 1 : axis - 1] =
                loop_along(statements, &data->axes[axis]);
        }
        struct statement *part = part_create(statements, data->name, NULL, loops, data->rank);
        const struct node *subscripts[RANK_MAX];
        for (int axis = 0; axis < data->rank; axis++) {
            subscripts[axis] = part->subscripts[axis == 0 ? data->rank - 1 : axis - 1];
        }
        part->value = node_load(statements->graph, data, subscripts);
        append(statements, part);
        found = part->target;
        table_store(statements->gathered, data, (void *)(uintptr_t)found);
    }
    return found;
}

static bool is_to_be_gathered(const struct gathering *gathering, const struct node *node)
{
    if (node->kind != NODE_LOAD || node->tensor->kind != TENSOR_DATA ||
        node->tensor->class_count != NULL || node->tensor->rank < 2 ||
        !node_is_index(node->arguments[0], gathering->rows)) {
        return false;
    }
    double size = 1;
    for (int axis = 1; axis < node->tensor->rank; axis++) {
        double first, end;
        const struct axis *bounds = &node->tensor->axes[axis];
        if (node_depends_on(node->arguments[axis], gathering->rows) ||
            !size_known(gathering->statements->graph, bounds->first, &first) ||
            !size_known(gathering->statements->graph, bounds->end, &end)) {
            return false;
        }
        size *= end - first;
    }
    return size <= ROW_REALS_MAX;
}

static const struct node *read_gathered(void *context, const struct node *node)
{
    const struct gathering *gathering = context;
    if (!is_to_be_gathered(gathering, node)) {
        return node;
    }
    const struct node *subscripts[RANK_MAX];
    int rank = node->tensor->rank;
    for (int axis = 0; axis < rank; axis++) {
        subscripts[axis == 0 ? rank - 1 : axis - 1] = node->arguments[axis];
    }
    return node_load(gathering->statements->graph, gathered(gathering->statements, node->tensor),
                     subscripts);
}

static void gather_data(struct statements *statements, struct statement *statement)
{
    struct gathering gathering = {statements, statement->loops[rows_of(statement)].index};
    statement->value = node_rewrite(statements->graph, statement->value, read_gathered, &gathering);
    if (statement->condition != NULL) {
        statement->condition =
            node_rewrite(statements->graph, statement->condition, read_gathered, &gathering);
    }
}

/* ---- Sums over rows ---- */

static bool is_element(const struct node *node)
{
    return node->kind == NODE_LOAD && node->argument_count > 0;
}

/* What the kernels of runtime/product.h can add up as it is. */
static bool is_simple(const struct node *value)
{
    return is_element(value) ||
           (node_is(value, OPERATOR_MULTIPLY) && value->argument_count == 2 &&
            is_element(value->arguments[0]) && is_element(value->arguments[1]));
}

/* Computes the elements of a sum in a statement of their own. */
static void set_elements_apart(struct statements *statements, struct statement *statement)
{
    if (statement->loop_count > RANK_MAX || is_simple(statement->value)) {
        return;
    }
    const char *name =
        arena_format(graph_arena(statements->graph), "term%u", ++statements->part_count);
    struct statement *part =
        part_create(statements, name, statement->equation, statement->loops, statement->loop_count);
    part->value = statement->value;
    append(statements, part);
    statement->value = node_load(statements->graph, part->target, part->subscripts);
}

/* ---- The order of the loops ---- */

bool statement_order_lanes(struct statements *statements, struct statement *statement, bool before)
{
    int rows = rows_of(statement);
    if (!statements->lanes || rows < 0 || statement->update ||
        (statement->reduction != NULL && reduction_seeks_place(statement->reduction))) {
        return false;
    }
    struct loop moved = statement->loops[rows];
    gather_data(statements, statement);
    memmove(&statement->loops[rows], &statement->loops[rows + 1],
            (size_t)(statement->loop_count - rows - 1) * sizeof moved);
    statement->loops[statement->loop_count - 1] = moved;
    statement->fold = statement->loop_count;
    if (statement->reduction == NULL) {
        return true;
    }
    if (before && statement->reduction->id == REDUCTION_SUM && statement->condition == NULL &&
        moved.reduced && !target_moves(statement, moved.index)) {
        set_elements_apart(statements, statement);
    }
    statement->fold = statement_fold(statement);
    statement->alone = statement->fold < statement->loop_count;
    statement->own = statement->loop_count - 1;
    statement->accumulates = moved.reduced && statement->fold > 0;
    for (int i = 0; i < statement->fold; i++) {
        statement->accumulates = statement->accumulates || statement->loops[i].reduced;
    }
    return true;
}
