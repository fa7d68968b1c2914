/* Matrix products: sums of the products of two elements, such that each of the two moves along
 * indices of the target that the other does not have. A product keeps its loops to itself; they
 * come in the order rows, columns, depth, inside of all others, and become one call of the kernel
 * in runtime/product.h. */
#include "equations/affine.h"
#include "plan/lower.h"

#include <string.h>

/* Another loop than that over rows is preferred from this extent on. */
#define EXTENT_GOOD 4.0

enum { IN_TARGET = 1, IN_LEFT = 2, IN_RIGHT = 4 };

struct candidate {
    struct graph *graph;
    bool eager;     /* however small */
    bool recurring; /* one of the factors is computed by a recurrence */
    struct statement *statement;
    const struct node *left, *right;
    unsigned sides[LOOPS_MAX]; /* which of the three move along a loop */
    double extent[LOOPS_MAX];
    int row, column; /* the innermost loops of both */
    int rows[LOOPS_MAX], columns[LOOPS_MAX];
    int row_count, column_count;
    int depth[PRODUCT_DEPTHS];
    int depths;
};

/* ---- What moves along which loop ---- */

/* Whether subscripts depend on an index at all; `affine`: in whole steps, if they do. */
static bool moves_along(struct graph *graph, int rank, const struct node *const *subscripts,
                        const struct index *index, bool *affine)
{
    bool moves = false;
    for (int axis = 0; axis < rank; axis++) {
        if (!node_depends_on(subscripts[axis], index)) {
            continue;
        }
        struct affine form = affine_of(subscripts[axis]);
        const struct node *atom = node_index(graph, index);
        long step = affine_coefficient(&form, atom);
        struct affine rest = affine_add(form, affine_of(atom), -step);
        moves = true;
        *affine =
            *affine && step > 0 && rest.valid && !node_depends_on(affine_node(graph, &rest), index);
    }
    return moves;
}

static bool find_sides(struct candidate *candidate)
{
    const struct statement *statement = candidate->statement;
    bool affine = true;
    for (int i = statement_sequences(statement); i < statement->loop_count; i++) {
        const struct index *index = statement->loops[i].index;
        unsigned sides = 0;
        sides |= moves_along(candidate->graph, statement->target->rank, statement->subscripts,
                             index, &affine)
                     ? IN_TARGET
                     : 0;
        sides |= moves_along(candidate->graph, candidate->left->argument_count,
                             candidate->left->arguments, index, &affine)
                     ? IN_LEFT
                     : 0;
        sides |= moves_along(candidate->graph, candidate->right->argument_count,
                             candidate->right->arguments, index, &affine)
                     ? IN_RIGHT
                     : 0;
        bool target = (sides & IN_TARGET) != 0, factor = (sides & (IN_LEFT | IN_RIGHT)) != 0;
        if (!affine || !factor || (!target && sides != (IN_LEFT | IN_RIGHT)) ||
            target == statement->loops[i].reduced) {
            return false;
        }
        candidate->sides[i] = sides;
        candidate->extent[i] = extent_of_index(candidate->graph, index);
    }
    return true;
}

/* ---- Rows, columns and depth ---- */

/* How far the target moves in memory along a loop: 1 for its last axis. */
static bool is_last_axis(const struct candidate *candidate, int loop)
{
    const struct statement *statement = candidate->statement;
    int last = statement->target->rank - 1;
    return last >= 0 && node_is_index(statement->subscripts[last], statement->loops[loop].index);
}

static bool is_better(const struct candidate *candidate, int loop, int best)
{
    if (best < 0) {
        return true;
    }
    const struct loop *loops = candidate->statement->loops;
    bool rows = loop_runs_over_rows(&loops[loop]), best_rows = loop_runs_over_rows(&loops[best]);
    if (rows != best_rows) {
        return rows ? candidate->extent[best] < EXTENT_GOOD
                    : candidate->extent[loop] >= EXTENT_GOOD;
    }
    bool last = is_last_axis(candidate, loop), best_last = is_last_axis(candidate, best);
    return last != best_last ? last : candidate->extent[loop] > candidate->extent[best];
}

static int best_loop(const struct candidate *candidate, unsigned sides)
{
    int best = -1;
    for (int i = statement_sequences(candidate->statement); i < candidate->statement->loop_count;
         i++) {
        if (candidate->sides[i] == sides && is_better(candidate, i, best)) {
            best = i;
        }
    }
    return best;
}

/* Rows are sums of their own, so that what belongs to one is at hand while it is worked, unless
 * the other loops are too short for a kernel; what a recurrence has computed lies there for all
 * rows of a block, and is summed in one go. */
static void choose_depth(struct candidate *candidate)
{
    const struct statement *statement = candidate->statement;
    double rest = 1; /* of the loops that do not run over rows */
    for (int rows = 0; rows < 2; rows++) {
        for (int i = statement_sequences(statement); i < statement->loop_count; i++) {
            bool wanted = candidate->sides[i] == (IN_LEFT | IN_RIGHT) &&
                          loop_runs_over_rows(&statement->loops[i]) == (rows == 1) &&
                          (rows == 0 || candidate->recurring || rest < EXTENT_GOOD);
            if (wanted && candidate->depths < PRODUCT_DEPTHS) {
                candidate->depth[candidate->depths++] = i;
                rest *= candidate->extent[i];
            }
        }
    }
}

/* Whether the loop `inner` runs over a whole axis of a tensor and `outer` over the one before: for
 * both together the elements lie at the distance that they have for the inner one. */
static bool continues(int rank, const struct tensor *tensor, const struct node *const *subscripts,
                      const struct index *outer, const struct index *inner)
{
    for (int axis = 0; axis + 1 < rank; axis++) {
        const struct axis *bounds = &tensor->axes[axis + 1];
        if (node_is_index(subscripts[axis], outer) && node_is_index(subscripts[axis + 1], inner)) {
            return bounds->first == inner->first && bounds->end == inner->end;
        }
    }
    return false;
}

static bool is_one_loop(const struct candidate *candidate, int outer, int inner)
{
    const struct statement *statement = candidate->statement;
    const struct loop *loops = statement->loops;
    const struct node *factor =
        (candidate->sides[inner] & IN_LEFT) != 0 ? candidate->left : candidate->right;
    return outer != inner && candidate->sides[outer] == candidate->sides[inner] &&
           !loop_runs_over_rows(&loops[outer]) && !loop_runs_over_rows(&loops[inner]) &&
           loops[inner].first == loops[inner].index->first &&
           loops[inner].end == loops[inner].index->end &&
           continues(statement->target->rank, statement->target, statement->subscripts,
                     loops[outer].index, loops[inner].index) &&
           continues(factor->argument_count, factor->tensor, factor->arguments, loops[outer].index,
                     loops[inner].index);
}

/* The loops, the innermost last, that one loop over all their elements can stand for. */
static int merge_loops(const struct candidate *candidate, int *innermost, int *merged)
{
    int count = 0, outermost = *innermost;
    for (int i = statement_sequences(candidate->statement); i < candidate->statement->loop_count;
         i++) {
        if (is_one_loop(candidate, *innermost, i)) {
            *innermost = outermost = i;
            i = statement_sequences(candidate->statement) - 1;
        }
    }
    merged[count++] = outermost;
    for (int i = statement_sequences(candidate->statement); i < candidate->statement->loop_count;
         i++) {
        if (is_one_loop(candidate, i, outermost)) {
            memmove(&merged[1], &merged[0], (size_t)count++ * sizeof merged[0]);
            merged[0] = outermost = i;
            i = statement_sequences(candidate->statement) - 1;
        }
    }
    return count;
}

static double extent_of_all(const struct candidate *candidate, const int *loops, int count)
{
    double extent = 1;
    for (int i = 0; i < count; i++) {
        extent *= candidate->extent[loops[i]];
    }
    return extent;
}

/* The target's columns are to lie side by side in memory. */
static bool choose_loops(struct candidate *candidate)
{
    candidate->row = best_loop(candidate, IN_TARGET | IN_LEFT);
    candidate->column = best_loop(candidate, IN_TARGET | IN_RIGHT);
    if (candidate->row < 0 || candidate->column < 0) {
        return false;
    }
    if (is_last_axis(candidate, candidate->row)) {
        int column = candidate->row;
        candidate->row = candidate->column;
        candidate->column = column;
    }
    choose_depth(candidate);
    candidate->row_count = merge_loops(candidate, &candidate->row, candidate->rows);
    candidate->column_count = merge_loops(candidate, &candidate->column, candidate->columns);
    double rows = extent_of_all(candidate, candidate->rows, candidate->row_count);
    double columns = extent_of_all(candidate, candidate->columns, candidate->column_count);
    double work = rows * columns * extent_of_all(candidate, candidate->depth, candidate->depths);
    bool large =
        rows >= PRODUCT_EXTENT_MIN && columns >= PRODUCT_EXTENT_MIN && work >= PRODUCT_WORK_MIN;
    return candidate->depths > 0 && (large || candidate->eager);
}

/* ---- The order of the loops ---- */

static bool is_among(int loop, const int *loops, int count)
{
    for (int i = 0; i < count; i++) {
        if (loops[i] == loop) {
            return true;
        }
    }
    return false;
}

static bool is_own(const struct candidate *candidate, int loop)
{
    return is_among(loop, candidate->rows, candidate->row_count) ||
           is_among(loop, candidate->columns, candidate->column_count) ||
           is_among(loop, candidate->depth, candidate->depths);
}

/* The others come first: those of recurrences, those over rows, those of the target, the sums. */
static int turn_of(const struct candidate *candidate, int loop)
{
    const struct loop *loops = candidate->statement->loops;
    return loop < statement_sequences(candidate->statement) ? 0
           : loop_runs_over_rows(&loops[loop])              ? 1
                                                            : 2 + loops[loop].reduced;
}

static void order_loops(struct candidate *candidate)
{
    struct statement *statement = candidate->statement;
    struct loop loops[LOOPS_MAX];
    int count = 0;
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < statement->loop_count; i++) {
            if (!is_own(candidate, i) && turn_of(candidate, i) == turn) {
                loops[count++] = statement->loops[i];
            }
        }
    }
    statement->own = count;
    for (int i = 0; i < candidate->row_count; i++) {
        loops[count++] = statement->loops[candidate->rows[i]];
    }
    for (int i = 0; i < candidate->column_count; i++) {
        loops[count++] = statement->loops[candidate->columns[i]];
    }
    statement->row_loops = candidate->row_count;
    statement->column_loops = candidate->column_count;
    for (int i = 0; i < candidate->depths; i++) {
        loops[count++] = statement->loops[candidate->depth[i]];
    }
    memcpy(statement->loops, loops, (size_t)count * sizeof loops[0]);
}

/* Whether one of the product's own loops runs over rows whose number is known at run time alone. */
static bool takes_rows(const struct candidate *candidate)
{
    for (int i = 0; i < candidate->statement->loop_count; i++) {
        if (is_own(candidate, i) && loop_runs_over_rows(&candidate->statement->loops[i])) {
            return true;
        }
    }
    return false;
}

static bool has_factors(const struct statement *statement)
{
    const struct node *value = statement->value;
    return node_multiplies_loads(value) && value->arguments[0]->tensor != statement->target &&
           value->arguments[1]->tensor != statement->target;
}

bool statement_order_product(struct statements *statements, struct statement *statement)
{
    struct candidate candidate = {
        .graph = statements->graph, .eager = statements->eager, .statement = statement};
    if (statement->reduction->id != REDUCTION_SUM || statement->condition != NULL ||
        !has_factors(statement)) {
        return false;
    }
    candidate.left = statement->value->arguments[0];
    candidate.right = statement->value->arguments[1];
    candidate.recurring = table_find(statements->recurring, candidate.left->tensor) != NULL ||
                          table_find(statements->recurring, candidate.right->tensor) != NULL;
    if (!find_sides(&candidate) || !choose_loops(&candidate)) {
        return false;
    }
    if (takes_rows(&candidate) && statement_sequences(statement) == 0) {
        statements->wants_blocks = true;
        if (statements->block_rows == NULL) {
            return false;
        }
    }
    order_loops(&candidate);
    statement->alone = statement->product = true;
    statement->fold = statement_fold(statement);
    for (int i = 0; i < statement->fold; i++) {
        statement->accumulates = statement->accumulates || statement->loops[i].reduced;
    }
    return true;
}

/* ---- What the kernel is given ---- */

struct description {
    struct lowering *lowering;
    const struct statement *statement;
    struct product *product;
};

static const struct index *index_at(const struct description *description, int level)
{
    return description->statement->path[level]->index;
}

/* How many reals an element is from the next one along a loop; NULL: none. */
static const struct node *stride_of(struct graph *graph, const struct tensor *tensor,
                                    const struct node *const *subscripts, const struct index *index)
{
    const struct node *extents = node_number(graph, 1), *stride = NULL;
    for (int axis = tensor->rank - 1; axis >= 0; axis--) {
        struct affine form = affine_of(subscripts[axis]);
        long step = affine_coefficient(&form, node_index(graph, index));
        if (step != 0) {
            const struct node *part =
                node_binary(graph, OPERATOR_MULTIPLY, node_number(graph, (double)step), extents);
            stride = stride == NULL ? part : node_binary(graph, OPERATOR_ADD, stride, part);
        }
        const struct axis *bounds = &tensor->axes[axis];
        const struct node *extent = affine_normalize(
            graph, node_binary(graph, OPERATOR_SUBTRACT, bounds->end, bounds->first));
        extents = node_binary(graph, OPERATOR_MULTIPLY, extents, extent);
    }
    return stride;
}

static void describe_matrix(const struct description *description, struct matrix *matrix,
                            const struct tensor *tensor, const struct node *const *subscripts)
{
    struct graph *graph = description->lowering->graph;
    const struct statement *statement = description->statement;
    const struct index *indices[LOOPS_MAX];
    const struct node *values[LOOPS_MAX];
    int count = 0;
    for (int level = statement->own; level < statement->loop_count; level++) {
        indices[count] = index_at(description, level);
        values[count++] = statement->path[level]->first;
    }
    matrix->tensor = tensor;
    for (int axis = 0; axis < tensor->rank; axis++) {
        matrix->subscripts[axis] = affine_normalize(
            graph, node_substitute(graph, subscripts[axis], count, indices, values));
        matrix->places[axis] =
            node_substitute(graph, subscripts[axis], count - 2, indices + 2, values + 2);
    }
    int row = statement->row_loops - 1, column = row + statement->column_loops;
    matrix->row = stride_of(graph, tensor, subscripts, indices[row]);
    matrix->column = stride_of(graph, tensor, subscripts, indices[column]);
    for (int i = 0; i < description->product->depths; i++) {
        matrix->depth[i] = stride_of(graph, tensor, subscripts, indices[column + 1 + i]);
    }
}

/* How often a loop runs; its bounds are variables where they are not plain. */
static const struct node *extent_at(const struct description *description, int level)
{
    struct lowering *lowering = description->lowering;
    const struct scope *loop = description->statement->path[level];
    return affine_normalize(lowering->graph, node_binary(lowering->graph, OPERATOR_SUBTRACT,
                                                         lower_value(lowering, loop->end),
                                                         lower_value(lowering, loop->first)));
}

/* How often several loops run that one stands for. */
static const struct node *extent_of_loops(const struct description *description, int level,
                                          int count)
{
    struct graph *graph = description->lowering->graph;
    const struct node *extent = extent_at(description, level);
    for (int i = 1; i < count; i++) {
        extent = affine_normalize(graph, node_binary(graph, OPERATOR_MULTIPLY, extent,
                                                     extent_at(description, level + i)));
    }
    return extent;
}

const struct product *product_describe(struct lowering *lowering, const struct statement *statement)
{
    struct product *product = ARENA_NEW(graph_arena(lowering->graph), struct product);
    const struct description description = {lowering, statement, product};
    const struct node *value = statement->value;
    if (!has_factors(statement) || statement->condition != NULL) {
        return NULL;
    }
    product->add = statement->accumulates;
    int column = statement->own + statement->row_loops;
    int depth = column + statement->column_loops;
    product->rows = extent_of_loops(&description, statement->own, statement->row_loops);
    product->columns = extent_of_loops(&description, column, statement->column_loops);
    product->depths = statement->loop_count - depth;
    if (statement->row_loops == 1 && statement->column_loops == 1) {
        product->row = index_at(&description, statement->own);
        product->column = index_at(&description, column);
    }
    for (int i = 0; i < product->depths; i++) {
        product->depth[i] = extent_at(&description, depth + i);
    }
    const struct tensor *target =
        statement->row == NULL ? statement->target : statement->row->tensor;
    describe_matrix(&description, &product->target, target, statement->subscripts);
    for (int side = 0; side < 2; side++) {
        const struct node *load = value->arguments[side];
        describe_matrix(&description, side == 0 ? &product->left : &product->right, load->tensor,
                        load->arguments);
    }
    if (product->left.column != NULL || product->right.row != NULL) {
        const struct matrix swapped = product->left;
        product->left = product->right;
        product->right = swapped;
    }
    return product->left.column == NULL && product->right.row == NULL ? product : NULL;
}

/* ---- A part of it ---- */

/* A matrix from where an index is at `first`; false where another index moves along the same axis.
 */
static bool move_matrix(struct graph *graph, struct matrix *matrix, const struct index *index,
                        const struct index *other, const struct node *first)
{
    for (int axis = 0; axis < matrix->tensor->rank; axis++) {
        const struct node *place = matrix->places[axis];
        if (!node_depends_on(place, index)) {
            continue;
        }
        if (node_depends_on(place, other)) {
            return false;
        }
        matrix->subscripts[axis] =
            affine_normalize(graph, node_substitute(graph, place, 1, &index, &first));
    }
    return true;
}

const struct product *product_part(struct graph *graph, const struct product *product, bool of_rows,
                                   const struct node *first, const struct node *end)
{
    struct product *part = ARENA_NEW(graph_arena(graph), struct product);
    const struct index *index = of_rows ? product->row : product->column;
    const struct index *other = of_rows ? product->column : product->row;
    *part = *product;
    *(of_rows ? &part->rows : &part->columns) =
        affine_normalize(graph, node_binary(graph, OPERATOR_SUBTRACT, end, first));
    return move_matrix(graph, &part->target, index, other, first) &&
                   move_matrix(graph, of_rows ? &part->left : &part->right, index, other, first)
               ? part
               : NULL;
}

/* ---- What adds up along one loop ---- */

/* The operands of acc = acc + term, where the term is an element or the product of two, or of
 * acc = max(acc, element). */
static int operands_of(const struct step *assign, const struct node **operands)
{
    const struct node *value = assign->value;
    bool sum = assign->kind == STEP_ASSIGN && node_is(value, OPERATOR_ADD);
    bool extreme = assign->kind == STEP_ASSIGN &&
                   (node_is(value, OPERATOR_MAX) || node_is(value, OPERATOR_MIN));
    if ((!sum && !extreme) || value->argument_count != 2 ||
        value->arguments[0]->kind != NODE_LOAD || value->arguments[0]->tensor != assign->target) {
        return 0;
    }
    const struct node *term = value->arguments[1];
    bool product = sum && node_is(term, OPERATOR_MULTIPLY) && term->argument_count == 2;
    operands[0] = product ? term->arguments[0] : term;
    operands[1] = product ? term->arguments[1] : NULL;
    return product ? 2 : 1;
}

static bool describe_operand(struct graph *graph, struct matrix *matrix, const struct node *load,
                             const struct step *loop)
{
    const struct node *first = loop->first;
    bool affine = true;
    if (load->kind != NODE_LOAD || load->tensor->kind == TENSOR_LOCAL || load->tensor->rank == 0 ||
        !moves_along(graph, load->tensor->rank, load->arguments, loop->index, &affine) || !affine) {
        return false;
    }
    matrix->tensor = load->tensor;
    for (int axis = 0; axis < load->tensor->rank; axis++) {
        matrix->subscripts[axis] = affine_normalize(
            graph, node_substitute(graph, load->arguments[axis], 1, &loop->index, &first));
    }
    matrix->depth[0] = stride_of(graph, load->tensor, load->arguments, loop->index);
    return true;
}

bool loop_series(struct graph *graph, const struct step *loop, struct series *series)
{
    const struct node *operands[2];
    double extent;
    /* The few parts of a sum that chunks leave behind are not worth a call. */
    if (loop->kind != STEP_LOOP || loop->scope == NULL || !loop->reduction || loop->carries ||
        loop->body.count != 1) {
        return false;
    }
    *series =
        (struct series){.count = affine_normalize(
                            graph, node_binary(graph, OPERATOR_SUBTRACT, loop->end, loop->first))};
    int count = operands_of(loop->body.items[0], operands);
    if (count == 0 || (size_known(graph, series->count, &extent) && extent < EXTENT_GOOD)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!describe_operand(graph, &series->operands[i], operands[i], loop)) {
            return false;
        }
    }
    series->operation = loop->body.items[0]->value->operation->id;
    return true;
}
