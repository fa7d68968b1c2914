#include "calculus/rules.h"

#include "equations/affine.h"
#include "equations/guards.h"

/* A reduction about to be built. */
struct reducing {
    struct graph *graph;
    const struct reduction *reduction;
    int index_count;
    const struct index *const *indices;
    const struct node *element, *condition;
};

static bool depends(const struct reducing *reducing, const struct node *node)
{
    for (int i = 0; i < reducing->index_count; i++) {
        if (node_depends_on(node, reducing->indices[i])) {
            return true;
        }
    }
    return false;
}

static const struct node *sum_of(const struct reducing *reducing, const struct node *element)
{
    return node_reduce(reducing->graph, REDUCTION_SUM, reducing->index_count, reducing->indices,
                       element, reducing->condition);
}

/* How many values an index takes. */
static const struct node *extent(struct graph *graph, const struct index *index)
{
    return affine_normalize(graph, node_binary(graph, OPERATOR_SUBTRACT, index->end, index->first));
}

bool holds_somewhere(struct graph *graph, int count, const struct index *const *indices,
                     const struct node *condition)
{
    const struct node *first[2 * RANK_MAX], *last[2 * RANK_MAX];
    for (int i = 0; i < count; i++) {
        first[i] = indices[i]->first;
        last[i] = node_binary(graph, OPERATOR_SUBTRACT, indices[i]->end, node_number(graph, 1));
    }
    const struct node *at_first = node_substitute(graph, condition, count, indices, first);
    const struct node *at_last = node_substitute(graph, condition, count, indices, last);
    return node_is_number(at_first, 1) || node_is_number(at_last, 1);
}

/* Whether a load has a value where the condition of its sum never holds: what is defined may be
 * used under that condition alone. */
static bool has_value(const struct reducing *reducing, const struct node *load)
{
    bool given = load->tensor->kind == TENSOR_DATA || load->tensor->kind == TENSOR_PARAMETER ||
                 load->tensor->kind == TENSOR_INPUT;
    return load_stays_in_bounds(load) &&
           (given || holds_somewhere(reducing->graph, reducing->index_count, reducing->indices,
                                     reducing->condition));
}

/* Whether a factor may stand outside the condition of its sum: nothing in it can be out of bounds
 * or outside a domain when the condition fails. */
static bool may_leave_condition(const struct reducing *reducing, const struct node *factor)
{
    if (reducing->condition == NULL) {
        return true;
    }
    size_t count;
    const struct node **order = node_order(graph_arena(reducing->graph), &factor, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        bool safe = node->kind == NODE_NUMBER || node->kind == NODE_SIZE ||
                    node->kind == NODE_INDEX ||
                    (node->kind == NODE_LOAD && has_value(reducing, node)) ||
                    node_is(node, OPERATOR_ADD) || node_is(node, OPERATOR_SUBTRACT) ||
                    node_is(node, OPERATOR_MULTIPLY) || node_is(node, OPERATOR_NEGATE);
        if (!safe) {
            return false;
        }
    }
    return true;
}

/* The same for a divisor, which the condition may keep from being 0: c != 0. */
static bool may_divide_outside(const struct reducing *reducing, const struct node *divisor)
{
    return reducing->condition == NULL || divisor->kind == NODE_SIZE ||
           (divisor->kind == NODE_NUMBER && divisor->number != 0);
}

/* sum[i] -e = -sum[i] e;  sum[i] c*e = c * sum[i] e;  sum[i] e/c = (sum[i] e) / c. */
static const struct node *factor_out(const struct reducing *reducing)
{
    const struct node *element = reducing->element;
    if (node_is(element, OPERATOR_NEGATE)) {
        return node_unary(reducing->graph, OPERATOR_NEGATE,
                          sum_of(reducing, element->arguments[0]));
    }
    if (node_is(element, OPERATOR_MULTIPLY)) {
        for (int i = 0; i < 2; i++) {
            if (!depends(reducing, element->arguments[i]) &&
                may_leave_condition(reducing, element->arguments[i])) {
                return node_binary(reducing->graph, OPERATOR_MULTIPLY, element->arguments[i],
                                   sum_of(reducing, element->arguments[1 - i]));
            }
        }
    }
    if (node_is(element, OPERATOR_DIVIDE) && !depends(reducing, element->arguments[1]) &&
        may_divide_outside(reducing, element->arguments[1])) {
        return node_binary(reducing->graph, OPERATOR_DIVIDE,
                           sum_of(reducing, element->arguments[0]), element->arguments[1]);
    }
    return NULL;
}

/* An index that neither element nor condition knows multiplies a sum by its extent, and leaves a
 * maximum as it is. */
static const struct node *drop_idle_index(const struct reducing *reducing)
{
    struct graph *graph = reducing->graph;
    const struct index *kept[RANK_MAX];
    const struct node *factor = node_number(graph, 1);
    int count = 0;
    for (int i = 0; i < reducing->index_count; i++) {
        const struct index *index = reducing->indices[i];
        if (node_depends_on(reducing->element, index) ||
            (reducing->condition != NULL && node_depends_on(reducing->condition, index))) {
            kept[count++] = index;
        } else {
            factor = node_binary(graph, OPERATOR_MULTIPLY, factor, extent(graph, index));
        }
    }
    if (count == reducing->index_count || (count == 0 && reducing->condition != NULL)) {
        return NULL;
    }
    const struct node *rest = count == 0 ? reducing->element
                                         : node_reduce(graph, reducing->reduction->id, count, kept,
                                                       reducing->element, reducing->condition);
    switch (reducing->reduction->id) {
    case REDUCTION_SUM:
        return node_binary(graph, OPERATOR_MULTIPLY, factor, rest);
    case REDUCTION_PRODUCT:
        return node_binary(graph, OPERATOR_POWER, rest, factor);
    case REDUCTION_MAX:
    case REDUCTION_MIN:
        return rest;
    default:
        return NULL;
    }
}

static bool reads_nothing(const struct node *node)
{
    size_t count;
    const struct node **order = node_order(graph_arena(node->graph), &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD || order[i]->kind == NODE_REDUCE) {
            return false;
        }
    }
    return true;
}

/* sum[i : p] (if q then e else 0) = sum[i : p and q] e, and with `not q` where the other branch is
 * 0 and q is about indices alone. */
static const struct node *take_mask(const struct reducing *reducing)
{
    const struct node *element = reducing->element;
    if (!node_is(element, OPERATOR_IF)) {
        return NULL;
    }
    const struct node *condition = element->arguments[0], *taken = element->arguments[1];
    if (node_is_number(taken, 0) && reads_nothing(condition)) {
        condition = negation(reducing->graph, condition);
        taken = element->arguments[2];
    } else if (!node_is_number(element->arguments[2], 0)) {
        return NULL;
    }
    if (reducing->condition != NULL) {
        condition = node_binary(reducing->graph, OPERATOR_AND, reducing->condition, condition);
    }
    return node_reduce(reducing->graph, REDUCTION_SUM, reducing->index_count, reducing->indices,
                       taken, condition);
}

/* An end of an index's range, where a condition leaves nothing else of it; NULL for none. */
static const struct node *only_end(const struct node *condition, const struct index *index)
{
    struct graph *graph = condition->graph;
    if (index->first == NULL || condition->kind != NODE_APPLY || !condition->boolean ||
        !node_depends_on(condition, index) || !reads_nothing(condition)) {
        return NULL;
    }
    const struct node *here = node_index(graph, index);
    const struct node *last = affine_normalize(
        graph, node_binary(graph, OPERATOR_SUBTRACT, index->end, node_number(graph, 1)));
    if (affine_proves_under(here, index->first, &condition, 1)) {
        return index->first;
    }
    return affine_proves_under(last, here, &condition, 1) ? last : NULL;
}

/* The value v of an index k that a condition fixes, as `k == v` does; NULL for none. */
static const struct node *fixed_value(const struct node *condition, const struct index *index)
{
    if (node_is(condition, OPERATOR_AND) || node_is(condition, OPERATOR_OR)) {
        return NULL;
    }
    if (!node_is(condition, OPERATOR_EQUAL)) {
        return only_end(condition, index);
    }
    for (int i = 0; i < 2; i++) {
        const struct node *side = condition->arguments[i], *other = condition->arguments[1 - i];
        if (side->kind == NODE_INDEX && side->index == index && !node_depends_on(other, index) &&
            affine_of(other).valid) {
            return other;
        }
    }
    return NULL;
}

/* Takes the first conjunct that fixes `index` out of a condition, as far as it holds at that value;
 * *value is NULL for none. */
static const struct node *without_fixing(struct graph *graph, const struct node *condition,
                                         const struct index *index, const struct node **value)
{
    *value = fixed_value(condition, index);
    if (*value != NULL) {
        /* What leaves only an end of the range may not hold there either. */
        return node_is(condition, OPERATOR_EQUAL) ? node_number(graph, 1) : condition;
    }
    if (!node_is(condition, OPERATOR_AND)) {
        return condition;
    }
    const struct node *left = without_fixing(graph, condition->arguments[0], index, value);
    if (*value != NULL) {
        return node_binary(graph, OPERATOR_AND, left, condition->arguments[1]);
    }
    const struct node *right = without_fixing(graph, condition->arguments[1], index, value);
    return *value == NULL ? condition
                          : node_binary(graph, OPERATOR_AND, condition->arguments[0], right);
}

/* The condition that `value` lies in the index's range; NULL where that is certain. */
static const struct node *in_range(struct graph *graph, const struct index *index,
                                   const struct node *value)
{
    const struct node *last = affine_normalize(
        graph, node_binary(graph, OPERATOR_SUBTRACT, index->end, node_number(graph, 1)));
    const struct node *condition = NULL;
    if (!affine_proves_at_most(index->first, value)) {
        condition = affine_at_least(graph, value, index->first);
    }
    if (!affine_proves_at_most(value, last)) {
        const struct node *upper = affine_at_least(graph, last, value);
        condition = conjunction(graph, condition, upper);
    }
    return condition;
}

/* sum[k : k == v and p] e(k) = if p(v) then e(v) else 0 */
static const struct node *put_in_fixed(const struct reducing *reducing)
{
    struct graph *graph = reducing->graph;
    for (int i = 0; i < reducing->index_count && reducing->condition != NULL; i++) {
        const struct index *index = reducing->indices[i];
        const struct node *value;
        const struct node *rest = without_fixing(graph, reducing->condition, index, &value);
        if (value == NULL) {
            continue;
        }
        const struct node *bounds = in_range(graph, index, value);
        rest = node_substitute(graph, rest, 1, &index, &value);
        rest = conjunction(graph, bounds, rest);
        const struct node *element = node_substitute(graph, reducing->element, 1, &index, &value);
        const struct index *others[RANK_MAX];
        int count = 0;
        for (int k = 0; k < reducing->index_count; k++) {
            if (k != i) {
                others[count++] = reducing->indices[k];
            }
        }
        if (count == 0) {
            return node_select(graph, rest, element, node_number(graph, 0));
        }
        return node_reduce(graph, REDUCTION_SUM, count, others, element, rest);
    }
    return NULL;
}

static const struct node *simplify_sum(const struct reducing *reducing)
{
    if (node_is_number(reducing->element, 0)) {
        return reducing->element;
    }
    const struct node *simpler = take_mask(reducing);
    if (simpler == NULL) {
        simpler = put_in_fixed(reducing);
    }
    return simpler == NULL ? factor_out(reducing) : simpler;
}

const struct node *simplify_reduction(struct graph *graph, const struct reduction *reduction,
                                      int index_count, const struct index *const *indices,
                                      const struct node *element, const struct node *condition)
{
    struct reducing reducing = {graph, reduction, index_count, indices, element, condition};
    if (condition != NULL && condition->kind == NODE_NUMBER) {
        if (condition->number != 0) {
            return node_reduce(graph, reduction->id, index_count, indices, element, NULL);
        }
        if (reduction->id == REDUCTION_SUM) {
            return node_number(graph, 0);
        }
    }
    const struct node *simpler = drop_idle_index(&reducing);
    if (simpler == NULL && reduction->id == REDUCTION_SUM) {
        simpler = simplify_sum(&reducing);
    }
    return simpler;
}

const struct node *product_of_others(struct graph *graph, const struct node *product,
                                     const struct index *const *indices)
{
    struct opened opened = node_open(graph, product);
    const struct index *fresh[RANK_MAX];
    const struct node *other = NULL;
    for (int i = 0; i < product->index_count; i++) {
        fresh[i] = opened.indices[i];
        const struct node *differs = node_binary(
            graph, OPERATOR_NOT_EQUAL, node_index(graph, fresh[i]), node_index(graph, indices[i]));
        other = other == NULL ? differs : node_binary(graph, OPERATOR_OR, other, differs);
    }
    return node_reduce(graph, REDUCTION_PRODUCT, product->index_count, fresh, opened.element,
                       conjunction(graph, opened.condition, other));
}
