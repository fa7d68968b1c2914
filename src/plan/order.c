/* In which order the loops of a reduction run.
 *
 * Reduced innermost, the elements add up in a local; with a loop over the target's indices
 * innermost, they are added to the target in memory. What is faster depends on the strides: memory
 * is read in steps of one element or slowly. Each candidate is given a time; the fastest wins, and
 * of equals the one that keeps to the order of the target. */
#include "equations/affine.h"
#include "plan/statement.h"

#include <float.h>

/* Times of one innermost iteration. */
#define TIME_CONTIGUOUS 1.0
#define TIME_STRIDED 4.0
#define TIME_FOLD 0.5
#define TIME_ADD_CONTIGUOUS 1.5
#define TIME_ADD_STRIDED 8.0
#define TIME_LOOP 2.0
/* Data is to be read once, from the first row to the last. */
#define FACTOR_ROWS_INSIDE 1.25

#define ROWS_UNKNOWN 1000.0
#define SIZE_UNKNOWN 100.0

struct ordering {
    struct graph *graph;
    const struct statement *statement;
    const struct node **loads;
    size_t load_count;
    struct loop best[LOOPS_MAX];
    int best_fold;
    double best_time;
};

bool loop_runs_over_rows(const struct loop *loop)
{
    const struct node *end = loop->index->end;
    return end->kind == NODE_SIZE && (end->dimension->rows || !end->dimension->known);
}

double extent_of_index(struct graph *graph, const struct index *index)
{
    double first, end;
    if (size_known(graph, index->first, &first) && size_known(graph, index->end, &end)) {
        return end > first ? end - first : 1;
    }
    bool rows = index->end->kind == NODE_SIZE && index->end->dimension->rows;
    return rows ? ROWS_UNKNOWN : SIZE_UNKNOWN;
}

/* 0: the access stays where it is, 1: it moves on by one element, 2: by more. */
static int stride_along(struct graph *graph, int rank, const struct node *const *subscripts,
                        const struct index *index)
{
    int stride = 0;
    for (int axis = 0; axis < rank; axis++) {
        if (!node_depends_on(subscripts[axis], index)) {
            continue;
        }
        struct affine affine = affine_of(subscripts[axis]);
        long step = affine_coefficient(&affine, node_index(graph, index));
        bool one = affine.valid && axis == rank - 1 && step == 1;
        if (!one || stride != 0) {
            return 2;
        }
        stride = 1;
    }
    return stride;
}

static double time_of_accesses(const struct ordering *ordering, const struct index *innermost)
{
    double time = 0;
    for (size_t i = 0; i < ordering->load_count; i++) {
        const struct node *load = ordering->loads[i];
        int stride =
            stride_along(ordering->graph, load->argument_count, load->arguments, innermost);
        time += stride == 0 ? 0 : stride == 1 ? TIME_CONTIGUOUS : TIME_STRIDED;
    }
    return time;
}

static double time_of(const struct ordering *ordering, const struct loop *loops, int count,
                      int fold)
{
    const struct statement *statement = ordering->statement;
    const struct index *innermost = loops[count - 1].index;
    double time = time_of_accesses(ordering, innermost) +
                  TIME_LOOP / extent_of_index(ordering->graph, innermost);
    if (fold < count) {
        time += TIME_FOLD;
    } else {
        int stride = stride_along(ordering->graph, statement->target->rank, statement->subscripts,
                                  innermost);
        time += stride == 1 ? TIME_ADD_CONTIGUOUS : TIME_ADD_STRIDED;
    }
    bool inside = false;
    for (int i = 1; i < count; i++) {
        inside = inside || (loop_runs_over_rows(&loops[i]) && !loop_runs_over_rows(&loops[0]));
    }
    return inside ? time * FACTOR_ROWS_INSIDE : time;
}

/* Whether all iterations of a loop add to the same element, which exists even where the condition
 * never holds. */
static bool folds(const struct statement *statement, const struct loop *loop)
{
    for (int axis = 0; axis < statement->target->rank; axis++) {
        const struct node *subscript = statement->subscripts[axis];
        const struct axis *bounds = &statement->target->axes[axis];
        if (node_depends_on(subscript, loop->index) ||
            (subscript->kind != NODE_INDEX && !(affine_proves_at_most(bounds->first, subscript) &&
                                                affine_proves_below(subscript, bounds->end)))) {
            return false;
        }
    }
    return loop->reduced;
}

static int fold_of(const struct statement *statement, const struct loop *loops, int count)
{
    while (count > 0 && folds(statement, &loops[count - 1])) {
        count--;
    }
    return count;
}

static void consider(struct ordering *ordering, const struct loop *loops, int count)
{
    int fold = fold_of(ordering->statement, loops, count);
    double time = time_of(ordering, loops, count, fold);
    if (time < ordering->best_time) {
        ordering->best_time = time;
        ordering->best_fold = fold;
        for (int i = 0; i < count; i++) {
            ordering->best[i] = loops[i];
        }
    }
}

/* The first `outer` loops of the target, then the first `moved` reduced ones, then the rest of the
 * target's, then the rest of the reduced ones. */
static void consider_split(struct ordering *ordering, int outer, int moved)
{
    const struct statement *statement = ordering->statement;
    struct loop loops[LOOPS_MAX];
    int count = 0;
    for (int phase = 0; phase < 4; phase++) {
        int targets = 0, sums = 0;
        for (int i = 0; i < statement->loop_count; i++) {
            const struct loop *loop = &statement->loops[i];
            int seen = loop->reduced ? sums++ : targets++;
            int wanted = loop->reduced ? (seen < moved ? 1 : 3) : (seen < outer ? 0 : 2);
            if (wanted == phase) {
                loops[count++] = *loop;
            }
        }
    }
    consider(ordering, loops, count);
}

static void list_loads(struct statements *statements, struct ordering *ordering)
{
    size_t count;
    const struct node **order =
        node_order(statements->arena, &ordering->statement->value, 1, &count);
    ordering->loads = ARENA_ARRAY(statements->arena, const struct node *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            ordering->loads[ordering->load_count++] = order[i];
        }
    }
}

static bool must_fold(const struct statement *statement)
{
    return reduction_seeks_place(statement->reduction) || statement->target->rank == 0;
}

int statement_fold(const struct statement *statement)
{
    return fold_of(statement, statement->loops, statement->loop_count);
}

int statement_loop_of(const struct statement *statement, const struct node *subscript, int count)
{
    for (int level = 0; level < count; level++) {
        if (node_is_index(subscript, statement->loops[level].index)) {
            return level;
        }
    }
    return -1;
}

int statement_sequences(const struct statement *statement)
{
    int count = 0;
    while (count < statement->loop_count && statement->loops[count].sequence != NULL) {
        count++;
    }
    return count;
}

void statement_order_loops(struct statements *statements, struct statement *statement)
{
    int targets = 0, sums = 0;
    for (int i = 0; i < statement->loop_count; i++) {
        targets += !statement->loops[i].reduced;
        sums += statement->loops[i].reduced;
    }
    if (targets == 0 || sums == 0 || must_fold(statement)) {
        statement->fold = fold_of(statement, statement->loops, statement->loop_count);
        return;
    }
    struct ordering ordering = {
        .graph = statements->graph, .statement = statement, .best_time = DBL_MAX};
    list_loads(statements, &ordering);
    consider_split(&ordering, targets, 0);
    for (int outer = targets - 1; outer >= statement_sequences(statement); outer--) {
        for (int moved = 1; moved <= sums; moved++) {
            consider_split(&ordering, outer, moved);
        }
    }
    for (int i = 0; i < statement->loop_count; i++) {
        statement->loops[i] = ordering.best[i];
    }
    statement->fold = ordering.best_fold;
    for (int i = 0; i < statement->fold; i++) {
        statement->accumulates = statement->accumulates || statement->loops[i].reduced;
    }
}
