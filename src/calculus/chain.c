#include "calculus/adjoints.h"
#include "equations/affine.h"

static bool any_active_load(const struct reverse *reverse, const struct node *node,
                            const struct table *varies)
{
    if (node->kind == NODE_LOAD) {
        return is_active(reverse, node->tensor);
    }
    for (int i = 0; i < node->argument_count && node->kind == NODE_APPLY; i++) {
        if (table_find(varies, node->arguments[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void pass_to(struct sweep *sweep, const struct node *node, const struct node *adjoint)
{
    if (table_find(sweep->varies, node) == NULL || node_is_number(adjoint, 0)) {
        return;
    }
    const struct node *sum = table_find(sweep->adjoints, node);
    table_store(sweep->adjoints, node,
                (void *)(uintptr_t)adjoint_add(sweep->reverse, sum, adjoint));
}

static void report_no_derivative(struct sweep *sweep, const struct node *apply)
{
    struct reverse *reverse = sweep->reverse;
    struct span nowhere = {0};
    if (!reverse->failed) {
        report_error(reverse->diagnostics,
                     sweep->context == NULL ? nowhere : sweep->context->equation->span,
                     "'%s' has no derivative by this argument", apply->operation->spelling);
    }
    reverse->failed = true;
}

/* Whether a value is a sum that is 0 where none of several conditions holds, or such a sum times
 * something. */
static bool is_sum_of_masks(const struct node *node)
{
    if (node_is(node, OPERATOR_ADD) || node_is(node, OPERATOR_SUBTRACT)) {
        return is_sum_of_masks(node->arguments[0]) && is_sum_of_masks(node->arguments[1]);
    }
    if (node_is(node, OPERATOR_MULTIPLY)) {
        return is_sum_of_masks(node->arguments[0]) || is_sum_of_masks(node->arguments[1]);
    }
    return node_is(node, OPERATOR_IF) &&
           (node_is_number(node->arguments[1], 0) || node_is_number(node->arguments[2], 0));
}

/* masks * derivative, each term of the masks under its own condition. */
static const struct node *distribute(struct graph *graph, const struct node *masks,
                                     const struct node *derivative)
{
    const struct node *left = masks->arguments[0], *right = masks->arguments[1];
    if (node_is(masks, OPERATOR_IF)) {
        return node_binary(graph, OPERATOR_MULTIPLY, masks, derivative);
    }
    if (node_is(masks, OPERATOR_MULTIPLY)) {
        bool first = is_sum_of_masks(left);
        return distribute(graph, first ? left : right,
                          node_binary(graph, OPERATOR_MULTIPLY, first ? right : left, derivative));
    }
    return node_binary(graph, masks->operation->id, distribute(graph, left, derivative),
                       distribute(graph, right, derivative));
}

/* Whether a subscript of a load stays in its bounds where a condition holds. */
static bool proves_bounds(const struct node *condition, const struct node *load, int axis)
{
    const struct axis *bounds = &load->tensor->axes[axis];
    const struct node *behind =
        node_binary(load->graph, OPERATOR_ADD, load->arguments[axis], node_number(load->graph, 1));
    return affine_proves_under(bounds->first, load->arguments[axis], &condition, 1) &&
           affine_proves_under(behind, bounds->end, &condition, 1);
}

/* Whether one of the masks keeps a subscript in its bounds. */
static bool masks_prove_bounds(const struct node *masks, const struct node *load, int axis)
{
    if (node_is(masks, OPERATOR_IF)) {
        const struct node *condition = masks->arguments[0];
        bool inverted = node_is_number(masks->arguments[1], 0);
        return proves_bounds(
            inverted ? node_unary(load->graph, OPERATOR_NOT, condition) : condition, load, axis);
    }
    for (int i = 0; i < 2; i++) {
        if (is_sum_of_masks(masks->arguments[i]) &&
            masks_prove_bounds(masks->arguments[i], load, axis)) {
            return true;
        }
    }
    return false;
}

/* Whether masks are what keeps the loads of a derivative in their bounds. */
static bool keep_in_bounds(struct arena *arena, const struct node *masks,
                           const struct node *derivative)
{
    size_t count;
    bool keep = false;
    const struct node **order = node_order(arena, &derivative, 1, &count);
    for (size_t i = 0; i < count && !keep; i++) {
        const struct node *load = order[i];
        for (int axis = 0; load->kind == NODE_LOAD && axis < load->argument_count; axis++) {
            keep = keep || (!subscript_stays_in_bounds(load, axis) &&
                            masks_prove_bounds(masks, load, axis));
        }
    }
    arena_give_back(arena, order, count, sizeof order[0]);
    return keep;
}

/* adjoint * derivative, the latter under the conditions of the former where it may be infinite, or
 * read what is not there. */
static const struct node *chain(struct reverse *reverse, const struct node *adjoint,
                                const struct node *derivative)
{
    bool apart =
        is_sum_of_masks(adjoint) && !node_is(adjoint, OPERATOR_IF) &&
        ((!node_is(adjoint, OPERATOR_MULTIPLY) && !is_finite(&reverse->finite, derivative)) ||
         keep_in_bounds(reverse->arena, adjoint, derivative));
    return apart ? distribute(reverse->graph, adjoint, derivative)
                 : node_binary(reverse->graph, OPERATOR_MULTIPLY, adjoint, derivative);
}

/* The conditions around a node of the expression; NULL: none. */
static const struct node *conditions_around(struct sweep *sweep, const struct node *node)
{
    return guard_condition(sweep->reverse->graph, guards_of(&sweep->uses.guards, node));
}

/* An adjoint stays inside the branch of `if` that it comes from. Where the condition can be asked
 * only inside of others, they stand around it. */
static void pass_branch(struct sweep *sweep, const struct node *choice, int branch,
                        const struct node *adjoint)
{
    struct graph *graph = sweep->reverse->graph;
    const struct node *zero = node_number(graph, 0), *condition = choice->arguments[0];
    adjoint = branch == 1 ? node_select(graph, condition, adjoint, zero)
                          : node_select(graph, condition, zero, adjoint);
    const struct node *around = node_stays_in_bounds(sweep->reverse->arena, condition)
                                    ? NULL
                                    : conditions_around(sweep, choice);
    pass_to(sweep, choice->arguments[branch],
            around == NULL ? adjoint : node_select(graph, around, adjoint, zero));
}

/* Passes the adjoint of an operator's result to its arguments. */
static void pass_apply(struct sweep *sweep, const struct node *apply, const struct node *adjoint)
{
    if (apply->operation->id == OPERATOR_IF) {
        pass_branch(sweep, apply, 1, adjoint);
        pass_branch(sweep, apply, 2, adjoint);
        return;
    }
    for (int i = 0; i < apply->argument_count; i++) {
        if (table_find(sweep->varies, apply->arguments[i]) == NULL) {
            continue;
        }
        const struct node *derivative = rules_derivative(sweep->reverse->rules, apply, i);
        if (derivative == NULL) {
            report_no_derivative(sweep, apply);
            return;
        }
        pass_to(sweep, apply->arguments[i], chain(sweep->reverse, adjoint, derivative));
    }
}

/* The conditions under which a node is evaluated: those that all its uses share; where they share
 * none, and it may have no value outside of them, that one of them holds. */
static const struct node *condition_of(struct sweep *sweep, const struct node *node)
{
    const struct guard *guard = guards_of(&sweep->uses.guards, node);
    if (guard == NULL || guard->depth > 0) {
        return guard == NULL ? NULL : guard_condition(sweep->reverse->graph, guard);
    }
    return node->kind == NODE_APPLY && !is_finite(&sweep->reverse->finite, node)
               ? use_condition(&sweep->uses, node)
               : NULL;
}

/* What stands in a branch has its adjoint there. Where several uses met, their sum is masked anew:
 * what it is multiplied with may have no value outside. */
static const struct node *within_guard(struct sweep *sweep, const struct node *node,
                                       const struct node *adjoint)
{
    bool masked = adjoint->kind == NODE_APPLY && adjoint->operation->id == OPERATOR_IF;
    const struct node *condition = masked ? NULL : condition_of(sweep, node);
    return condition == NULL ? adjoint
                             : node_select(sweep->reverse->graph, condition, adjoint,
                                           node_number(sweep->reverse->graph, 0));
}

void learn_what_is_finite(struct reverse *reverse)
{
    if (!reverse->learnt) {
        finite_learn(&reverse->finite, reverse->arena, reverse->program, reverse->primal_count);
        reverse->learnt = true;
    }
}

void sweep_expression(struct reverse *reverse, const struct context *context,
                      const struct node *root, const struct node *seed, leaf_visitor *leaf)
{
    struct sweep sweep = {.reverse = reverse, .context = context};
    sweep.varies = table_create(reverse->arena);
    sweep.adjoints = table_create(reverse->arena);
    size_t count;
    const struct node **order = node_order(reverse->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (any_active_load(reverse, order[i], sweep.varies)) {
            table_store(sweep.varies, order[i], (void *)(uintptr_t)order[i]);
        }
    }
    sweep.uses = uses_find(reverse->graph, order, count, false);
    if (sweep.uses.ways != NULL) {
        guards_note(&sweep.uses.guards, root, guard_none());
        guards_spread(&sweep.uses.guards, order, count, false);
    }
    learn_what_is_finite(reverse);
    finite_survey(&reverse->finite, order, count);
    pass_to(&sweep, root, seed);
    for (size_t i = count; i > 0; i--) {
        const struct node *adjoint = table_find(sweep.adjoints, order[i - 1]);
        if (adjoint == NULL) {
            continue;
        }
        adjoint = within_guard(&sweep, order[i - 1], adjoint);
        if (order[i - 1]->kind == NODE_LOAD) {
            leaf(&sweep, order[i - 1], adjoint);
        } else if (order[i - 1]->kind == NODE_APPLY) {
            pass_apply(&sweep, order[i - 1], adjoint);
        }
    }
}

void contribute_leaf(struct sweep *sweep, const struct node *load, const struct node *adjoint)
{
    contribute(sweep->reverse, sweep->context, load, adjoint, use_condition(&sweep->uses, load));
}

/* ---- Reductions ---- */

/* An equation for a quantity over the indices of another one, such as the number of ties. */
const struct node *companion(struct reverse *reverse, const struct equation *equation,
                             const char *suffix, const struct node *body)
{
    const struct tensor *target = equation->target;
    const char *name = arena_format(reverse->arena, "%s_%s", target->name, suffix);
    return part_over(reverse, name, equation->span, target->rank, equation->indices, body);
}

static const struct node *own_value(struct reverse *reverse, const struct equation *equation)
{
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < equation->target->rank; i++) {
        subscripts[i] = node_index(reverse->graph, equation->indices[i]);
    }
    return node_load(reverse->graph, equation->target, subscripts);
}

/* Among the elements that tie for the extreme the derivative is shared equally. */
static const struct node *extreme_seed(struct reverse *reverse, const struct equation *equation,
                                       const struct opened *opened,
                                       const struct index *const *indices, int index_count,
                                       const struct node *adjoint)
{
    struct graph *graph = reverse->graph;
    const struct node *ties_here =
        node_binary(graph, OPERATOR_EQUAL, opened->element, own_value(reverse, equation));
    const struct node *count =
        node_reduce(graph, REDUCTION_SUM, index_count, indices, ties_here, opened->condition);
    const struct node *share =
        node_binary(graph, OPERATOR_DIVIDE, adjoint, companion(reverse, equation, "ties", count));
    return node_select(graph, ties_here, share, node_number(graph, 0));
}

/* The product of all elements but one. Without a zero among them it is the whole over that one;
 * with a zero, which is rare, the others are multiplied. */
static const struct node *product_seed(struct reverse *reverse, const struct equation *equation,
                                       const struct opened *opened,
                                       const struct index *const *indices, int index_count,
                                       const struct node *adjoint)
{
    struct graph *graph = reverse->graph;
    const struct node *zero = node_number(graph, 0);
    const struct node *element = opened->element;
    const struct node *is_zero = node_binary(graph, OPERATOR_EQUAL, element, zero);
    const struct node *zeros = companion(
        reverse, equation, "zeros",
        node_reduce(graph, REDUCTION_SUM, index_count, indices, is_zero, opened->condition));
    const struct node *share =
        node_select(graph, node_binary(graph, OPERATOR_EQUAL, zeros, zero),
                    node_binary(graph, OPERATOR_DIVIDE, own_value(reverse, equation), element),
                    product_of_others(graph, equation->body, indices));
    return node_binary(graph, OPERATOR_MULTIPLY, share, adjoint);
}

void sweep_reduction(struct reverse *reverse, struct context *context, const struct node *adjoint)
{
    const struct node *reduce = context->equation->body;
    struct opened opened = node_open(reverse->graph, reduce);
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < reduce->index_count; i++) {
        indices[i] = opened.indices[i];
        context->indices[context->index_count++] = opened.indices[i];
    }
    context->condition = opened.condition;
    const struct node *seed = adjoint;
    switch (reduce->reduction->id) {
    case REDUCTION_SUM:
        break;
    case REDUCTION_PRODUCT:
        seed = product_seed(reverse, context->equation, &opened, indices, reduce->index_count,
                            adjoint);
        break;
    case REDUCTION_MAX:
    case REDUCTION_MIN:
        seed = extreme_seed(reverse, context->equation, &opened, indices, reduce->index_count,
                            adjoint);
        break;
    default:
        return; /* the place of an extreme does not move continuously */
    }
    sweep_expression(reverse, context, opened.element, seed, contribute_leaf);
}
