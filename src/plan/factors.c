#include "plan/factors.h"
#include "equations/affine.h"

#include <string.h>

enum { FACTORS_MAX = 16 };

/* An element that is used less often is not worth to be copied. */
#define USES_MIN 8.0

struct factor {
    const struct node *node;
    bool divides;
    int side; /* of a matrix product */
};

struct factors {
    struct graph *graph;
    const struct statement *statement;
    struct factor items[FACTORS_MAX];
    int count;
    bool negative, valid;
};

/* ---- A product's factors ---- */

static void add_factors(struct factors *factors, const struct node *node, bool divides)
{
    if (node_is(node, OPERATOR_NEGATE)) {
        factors->negative = !factors->negative;
        add_factors(factors, node->arguments[0], divides);
    } else if (node_is(node, OPERATOR_MULTIPLY)) {
        for (int i = 0; i < node->argument_count; i++) {
            add_factors(factors, node->arguments[i], divides);
        }
    } else if (node_is(node, OPERATOR_DIVIDE)) {
        add_factors(factors, node->arguments[0], divides);
        add_factors(factors, node->arguments[1], !divides);
    } else if (factors->count == FACTORS_MAX) {
        factors->valid = false;
    } else {
        factors->items[factors->count++] = (struct factor){.node = node, .divides = divides};
    }
}

static struct factors factors_of(struct graph *graph, const struct statement *statement)
{
    struct factors factors = {.graph = graph, .statement = statement, .valid = true};
    add_factors(&factors, statement->value, false);
    return factors;
}

/* The product of the factors of one side, multiplied before it is divided. */
static const struct node *product_of(const struct factors *factors, int side)
{
    const struct node *product = NULL;
    for (int divides = 0; divides < 2; divides++) {
        for (int i = 0; i < factors->count; i++) {
            const struct factor *factor = &factors->items[i];
            if (factor->side != side || factor->divides != (divides == 1)) {
                continue;
            }
            if (product == NULL && divides == 1) {
                product = node_number(factors->graph, 1);
            }
            product = product == NULL
                          ? factor->node
                          : node_binary(factors->graph,
                                        divides == 1 ? OPERATOR_DIVIDE : OPERATOR_MULTIPLY, product,
                                        factor->node);
        }
    }
    return product == NULL ? node_number(factors->graph, 1) : product;
}

static const struct node *with_sign(const struct factors *factors, const struct node *node)
{
    return factors->negative ? node_unary(factors->graph, OPERATOR_NEGATE, node) : node;
}

static bool depends(const struct factors *factors, int factor, int loop)
{
    return node_depends_on(factors->items[factor].node, factors->statement->loops[loop].index);
}

/* ---- Sums of sums ---- */

/* Puts the factors that know a summed index on side 1; whether some other does not know it, but
 * knows another one. */
static bool part_by_index(struct factors *factors, int loop)
{
    const struct statement *statement = factors->statement;
    bool rest = false;
    for (int i = 0; i < factors->count; i++) {
        factors->items[i].side = depends(factors, i, loop) ? 1 : 0;
        for (int k = 0; k < statement->loop_count && factors->items[i].side == 0; k++) {
            rest = rest || (statement->loops[k].reduced && depends(factors, i, k));
        }
    }
    return rest;
}

static bool target_knows(const struct statement *statement, const struct index *index)
{
    for (int axis = 0; axis < statement->target->rank; axis++) {
        if (node_depends_on(statement->subscripts[axis], index)) {
            return true;
        }
    }
    return false;
}

/* Whether neither the target nor a factor outside of the inner sum knows the index. */
static bool is_inner(const struct factors *factors, int loop)
{
    for (int i = 0; i < factors->count; i++) {
        if (factors->items[i].side == 0 && depends(factors, i, loop)) {
            return false;
        }
    }
    return factors->statement->loops[loop].reduced &&
           !target_knows(factors->statement, factors->statement->loops[loop].index);
}

static bool has_plain_bounds(const struct statement *statement)
{
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop->first != loop->index->first || loop->end != loop->index->end ||
            loop->sequence != NULL) {
            return false;
        }
    }
    return true;
}

static void nest(struct factors *factors, struct statement *statement)
{
    const struct index *inner[LOOPS_MAX];
    int count = 0, kept = 0;
    for (int i = 0; i < statement->loop_count; i++) {
        if (is_inner(factors, i)) {
            inner[count++] = statement->loops[i].index;
        }
    }
    for (int i = 0; i < statement->loop_count; i++) {
        if (!is_inner(factors, i)) {
            statement->loops[kept++] = statement->loops[i];
        }
    }
    statement->loop_count = kept;
    const struct node *sum =
        node_reduce(factors->graph, REDUCTION_SUM, count, inner, product_of(factors, 1), NULL);
    statement->value = with_sign(
        factors, node_binary(factors->graph, OPERATOR_MULTIPLY, product_of(factors, 0), sum));
}

/* The loop of the target along which the inner sum reads elements that data choose, side by side;
 * -1: none, or some index is unknown to the inner sum. Such a sum is no matrix product, and saves
 * nothing where it knows all other indices: in that loop the other factors are one number. */
static int loop_of_chosen(const struct factors *factors)
{
    const struct statement *statement = factors->statement;
    int chosen = -1;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        bool known = is_inner(factors, i);
        for (int k = 0; k < factors->count; k++) {
            if (factors->items[k].side == 1 && depends(factors, k, i)) {
                known = true;
                chosen = !loop->reduced && load_is_chosen_along(factors->items[k].node, loop->index)
                             ? i
                             : chosen;
            }
        }
        if (!known) {
            return -1;
        }
    }
    return chosen;
}

/* Multiplies what does not know a loop's index first. */
static void multiply_outside(struct factors *factors, struct statement *statement, int loop)
{
    for (int i = 0; i < factors->count; i++) {
        factors->items[i].side = depends(factors, i, loop) ? 1 : 0;
    }
    statement->value =
        with_sign(factors, node_binary(factors->graph, OPERATOR_MULTIPLY, product_of(factors, 0),
                                       product_of(factors, 1)));
}

bool statement_nest_sum(struct statements *statements, struct statement *statement)
{
    struct factors factors = factors_of(statements->graph, statement);
    if (statement->reduction->id != REDUCTION_SUM || factors.count < 2 || !factors.valid ||
        !has_plain_bounds(statement)) {
        return false;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (!loop->reduced || target_knows(statement, loop->index) || !part_by_index(&factors, i)) {
            continue;
        }
        int chosen = loop_of_chosen(&factors);
        if (chosen < 0) {
            nest(&factors, statement);
            return true;
        }
        multiply_outside(&factors, statement, chosen);
        return false;
    }
    return false;
}

/* ---- Operands of matrix products ---- */

static double extent_of(const struct factors *factors, int loop)
{
    return extent_of_index(factors->graph, factors->statement->loops[loop].index);
}

/* The largest of the loops of the target that `factor` knows and `other` does not; -1: too small.
 */
static int own_loop(const struct factors *factors, int factor, int other)
{
    const struct statement *statement = factors->statement;
    int best = -1;
    for (int i = 0; i < statement->loop_count; i++) {
        bool own = !statement->loops[i].reduced && depends(factors, factor, i) &&
                   !depends(factors, other, i);
        if (own && (best < 0 || extent_of(factors, i) > extent_of(factors, best))) {
            best = i;
        }
    }
    return best >= 0 && extent_of(factors, best) >= PRODUCT_EXTENT_MIN ? best : -1;
}

/* Gives each factor its side: a loop of the target that one side knows is unknown to the other, or
 * known to both seeds. What could be on either goes where its predecessor is: the parts of a
 * quotient stay together. */
static bool find_sides(struct factors *factors, int left, int right)
{
    const struct statement *statement = factors->statement;
    for (int i = 0; i < factors->count; i++) {
        bool sides[2] = {false, false};
        for (int k = 0; k < statement->loop_count; k++) {
            bool in_left = depends(factors, left, k), in_right = depends(factors, right, k);
            bool own = !statement->loops[k].reduced && depends(factors, i, k);
            sides[0] = sides[0] || (own && !in_right);
            sides[1] = sides[1] || (own && !in_left);
        }
        if (sides[0] && sides[1]) {
            return false;
        }
        bool neutral = !sides[0] && !sides[1];
        factors->items[i].side = neutral && i > 0 ? factors->items[i - 1].side : sides[1];
    }
    return true;
}

/* The work of a product with two factors as seeds of its sides; 0: they are none. */
static double work_of(const struct factors *factors, int left, int right)
{
    int row = own_loop(factors, left, right), column = own_loop(factors, right, left);
    double depth = 1;
    for (int i = 0; i < factors->statement->loop_count; i++) {
        bool shared = factors->statement->loops[i].reduced && depends(factors, left, i) &&
                      depends(factors, right, i);
        depth *= shared ? extent_of(factors, i) : 1;
    }
    return row < 0 || column < 0 || depth < PRODUCT_EXTENT_MIN
               ? 0
               : extent_of(factors, row) * extent_of(factors, column) * depth;
}

static bool find_seeds(struct factors *factors)
{
    for (int left = 0; left < factors->count; left++) {
        for (int right = 0; right < factors->count; right++) {
            if (left != right && !factors->items[right].divides &&
                work_of(factors, left, right) >= PRODUCT_WORK_MIN &&
                find_sides(factors, left, right)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a load's subscripts add up indices of loops, as those of a convolution do: side by side
 * its elements are a matrix whose rows and columns lie as those of others do. */
static bool slides(const struct factors *factors, const struct node *load)
{
    const struct statement *statement = factors->statement;
    bool found = false;
    for (int axis = 0; load->kind == NODE_LOAD && axis < load->argument_count; axis++) {
        int count = 0;
        for (int i = 0; i < statement->loop_count; i++) {
            if (node_depends_on(load->arguments[axis], statement->loops[i].index)) {
                count++;
                found = found || count > 1;
                if (count > 1 && loop_runs_over_rows(&statement->loops[i])) {
                    return false;
                }
            }
        }
    }
    return found && load_stays_in_bounds(load);
}

/* How many rows or columns of the product the other side has: so often each element is used. */
static double extent_of_side(const struct factors *factors, const struct node *side,
                             const struct node *other)
{
    const struct statement *statement = factors->statement;
    double extent = 1;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct index *index = statement->loops[i].index;
        bool own = !statement->loops[i].reduced && node_depends_on(side, index) &&
                   !node_depends_on(other, index);
        extent *= own ? extent_of(factors, i) : 1;
    }
    return extent;
}

static bool is_wanted_apart(const struct factors *factors, const struct operands *operands,
                            int side)
{
    const struct node *own = operands->sides[side], *other = operands->sides[1 - side];
    return own->kind != NODE_LOAD ||
           (slides(factors, own) && extent_of_side(factors, other, own) >= USES_MIN);
}

/* What chooses among matrices first, then the side's own, then the depth; where subscripts add up
 * indices, the side's own come last. */
static void list_indices(const struct factors *factors, struct operands *operands, int side)
{
    const struct statement *statement = factors->statement;
    const struct node *own = operands->sides[side], *other = operands->sides[1 - side];
    int depth = slides(factors, own) ? 1 : 2;
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < statement->loop_count; i++) {
            const struct index *index = statement->loops[i].index;
            bool chooses = loop_runs_over_rows(&statement->loops[i]) ||
                           (!statement->loops[i].reduced && node_depends_on(other, index));
            int wanted = chooses ? 0 : statement->loops[i].reduced ? depth : 3 - depth;
            if (node_depends_on(own, index) && wanted == turn) {
                operands->indices[side][operands->counts[side]++] = index;
            }
        }
    }
}

bool statement_find_operands(struct statements *statements, const struct statement *statement,
                             struct operands *operands)
{
    struct factors factors = factors_of(statements->graph, statement);
    *operands = (struct operands){.counts = {0, 0}};
    if (statement->reduction->id != REDUCTION_SUM || factors.count < 2 || !factors.valid ||
        !has_plain_bounds(statement) || !find_seeds(&factors)) {
        return false;
    }
    operands->sides[0] = with_sign(&factors, product_of(&factors, 0));
    operands->sides[1] = product_of(&factors, 1);
    for (int side = 0; side < 2; side++) {
        operands->apart[side] = is_wanted_apart(&factors, operands, side);
        list_indices(&factors, operands, side);
        if (operands->apart[side] && operands->counts[side] > RANK_MAX) {
            return false;
        }
    }
    return operands->apart[0] || operands->apart[1];
}

/* ---- Inner products ---- */

struct shifting {
    struct graph *graph;
    struct statement *statement;
    bool inner[LOOPS_MAX];       /* loops over indices that no condition knows */
    const struct node *loads[2]; /* with an index for each sum of indices */
    struct inner_product *product;
};

static bool find_inner_loops(struct shifting *shifting, const struct conditions *conditions)
{
    const struct statement *statement = shifting->statement;
    bool any = false, others = false;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct index *index = statement->loops[i].index;
        bool inner = statement->loops[i].reduced;
        for (size_t k = 0; k < conditions->count; k++) {
            inner = inner && !node_depends_on(conditions->items[k], index);
        }
        for (int side = 0; side < 2; side++) {
            inner = inner && node_depends_on(statement->value->arguments[side], index);
        }
        shifting->inner[i] = inner;
        any = any || inner;
        others = others || (statement->loops[i].reduced && !inner);
    }
    return any && others;
}

static bool is_inner_index(const struct shifting *shifting, const struct index *index)
{
    for (int i = 0; i < shifting->statement->loop_count; i++) {
        if (shifting->inner[i] && shifting->statement->loops[i].index == index) {
            return true;
        }
    }
    return false;
}

/* Gives the tensor of the inner product an axis. */
static bool add_axis(struct inner_product *product, const struct index *index,
                     const struct node *subscript)
{
    for (int i = 0; i < product->rank; i++) {
        if (product->indices[i] == index) {
            return true;
        }
    }
    if (product->rank == RANK_MAX) {
        return false;
    }
    product->indices[product->rank] = index;
    product->subscripts[product->rank++] = subscript;
    return true;
}

/* Puts an index for each subscript that is none: the sum is then wanted for all its values. */
static bool shift_load(struct shifting *shifting, int side)
{
    const struct node *load = shifting->statement->value->arguments[side];
    const struct node *subscripts[RANK_MAX];
    for (int axis = 0; axis < load->argument_count; axis++) {
        const struct node *subscript = load->arguments[axis];
        subscripts[axis] = subscript;
        if (subscript->kind != NODE_INDEX) {
            const struct axis *bounds = &load->tensor->axes[axis];
            const struct index *index =
                graph_index(shifting->graph, NULL, bounds->first, bounds->end);
            subscripts[axis] = node_index(shifting->graph, index);
            for (int i = 0; i < shifting->statement->loop_count; i++) {
                if (shifting->inner[i] &&
                    node_depends_on(subscript, shifting->statement->loops[i].index)) {
                    return false;
                }
            }
            if (!add_axis(shifting->product, index, subscript)) {
                return false;
            }
        } else if (!is_inner_index(shifting, subscript->index) &&
                   !add_axis(shifting->product, subscript->index, subscript)) {
            return false;
        }
    }
    shifting->loads[side] = node_load(shifting->graph, load->tensor, subscripts);
    return true;
}

static bool has_shifts(const struct node *load)
{
    for (int axis = 0; axis < load->argument_count; axis++) {
        if (load->arguments[axis]->kind != NODE_INDEX) {
            return true;
        }
    }
    return false;
}

/* Whether the inner products are a matrix product, and no more work than the sums as they are. */
static bool is_worth_it(const struct shifting *shifting)
{
    const struct statement *statement = shifting->statement;
    double sides[2] = {1, 1}, depth = 1, work = 1, before = 1;
    for (int i = 0; i < shifting->product->rank; i++) {
        const struct index *index = shifting->product->indices[i];
        double extent = extent_of_index(shifting->graph, index);
        bool left = node_depends_on(shifting->loads[0], index);
        bool right = node_depends_on(shifting->loads[1], index);
        sides[left ? 0 : 1] *= left == right ? 1 : extent;
        work *= extent;
    }
    for (int i = 0; i < statement->loop_count; i++) {
        double extent = extent_of_index(shifting->graph, statement->loops[i].index);
        before *= extent;
        depth *= shifting->inner[i] ? extent : 1;
    }
    return sides[0] >= PRODUCT_EXTENT_MIN && sides[1] >= PRODUCT_EXTENT_MIN &&
           depth >= PRODUCT_EXTENT_MIN && work * depth >= PRODUCT_WORK_MIN &&
           work * depth <= before;
}

static void take_out_inner_loops(struct shifting *shifting)
{
    struct statement *statement = shifting->statement;
    const struct index *indices[LOOPS_MAX];
    int count = 0, kept = 0;
    for (int i = 0; i < statement->loop_count; i++) {
        if (shifting->inner[i]) {
            indices[count++] = statement->loops[i].index;
        } else {
            statement->loops[kept++] = statement->loops[i];
        }
    }
    statement->loop_count = kept;
    const struct node *element =
        node_binary(shifting->graph, OPERATOR_MULTIPLY, shifting->loads[0], shifting->loads[1]);
    shifting->product->sum =
        node_reduce(shifting->graph, REDUCTION_SUM, count, indices, element, NULL);
}

static void add_rows(struct shifting *shifting)
{
    for (int i = 0; i < shifting->statement->loop_count; i++) {
        const struct loop *loop = &shifting->statement->loops[i];
        if (!loop->reduced && loop_runs_over_rows(loop)) {
            add_axis(shifting->product, loop->index, node_index(shifting->graph, loop->index));
        }
    }
}

/* The axes of the load without shifts come first, so that the other's lie side by side. */
bool statement_find_inner_product(struct statements *statements, struct statement *statement,
                                  const struct conditions *conditions, struct inner_product *inner)
{
    const struct node *value = statement->value;
    struct shifting shifting = {
        .graph = statements->graph, .statement = statement, .product = inner};
    *inner = (struct inner_product){.rank = 0};
    if (statement->reduction == NULL || statement->reduction->id != REDUCTION_SUM ||
        conditions->count == 0 || !node_is(value, OPERATOR_MULTIPLY) ||
        value->argument_count != 2 || value->arguments[0]->kind != NODE_LOAD ||
        value->arguments[1]->kind != NODE_LOAD || !has_plain_bounds(statement) ||
        !find_inner_loops(&shifting, conditions)) {
        return false;
    }
    int shifted = has_shifts(value->arguments[0]) ? 0 : 1;
    add_rows(&shifting);
    if (!has_shifts(value->arguments[shifted]) || has_shifts(value->arguments[1 - shifted]) ||
        !shift_load(&shifting, 1 - shifted) || !shift_load(&shifting, shifted) ||
        !is_worth_it(&shifting)) {
        return false;
    }
    take_out_inner_loops(&shifting);
    return true;
}
