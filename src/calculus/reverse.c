#include "calculus/reverse.h"

#include "calculus/finite.h"
#include "equations/affine.h"
#include "equations/uses.h"

/* The adjoint of a tensor while it is being gathered: the sum of what each use contributes, over
 * indices of its own. */
struct gathered {
    const struct index *indices[RANK_MAX];
    const struct node *sum;  /* NULL: nothing so far */
    bool always;             /* some use is under no condition */
    const struct node *uses; /* of the others, the conditions added up */
};

struct reverse {
    struct rules *rules;
    struct graph *graph;
    struct arena *arena;
    struct program *program;
    struct diagnostics *diagnostics;
    struct table *active;    /* tensors through which the loss depends on what is asked for */
    struct table *gathered;  /* tensor to struct gathered */
    struct table *originals; /* adjoint that only repeats another to that one */
    struct finite finite;
    size_t primal_count;     /* equations that are differentiated */
    bool learnt;             /* `finite` knows them */
    bool guards_recurrences; /* keeps a recurrence's adjoints under the conditions of its uses */
    bool failed;
};

/* Where an adjoint expression stands: the indices that run there, and the condition under which a
 * reduction takes the element in, that under which the equation is used (NULL: always). */
struct context {
    const struct equation *equation;
    const struct index *indices[2 * RANK_MAX];
    int index_count;
    const struct node *condition, *used;
};

/* ---- Building blocks ---- */

static const struct node *add(struct reverse *reverse, const struct node *sum,
                              const struct node *term)
{
    return sum == NULL ? term : node_binary(reverse->graph, OPERATOR_ADD, sum, term);
}

static struct gathered *gathered_of(struct reverse *reverse, const struct tensor *tensor)
{
    struct gathered *gathered = table_find(reverse->gathered, tensor);
    if (gathered == NULL) {
        gathered = ARENA_NEW(reverse->arena, struct gathered);
        const struct equation *equation = program_find(reverse->program, tensor);
        for (int i = 0; i < tensor->rank; i++) {
            const char *name = equation != NULL ? equation->indices[i]->name : NULL;
            gathered->indices[i] =
                graph_index(reverse->graph, name, tensor->axes[i].first, tensor->axes[i].end);
        }
        table_store(reverse->gathered, tensor, gathered);
    }
    return gathered;
}

static bool is_active(const struct reverse *reverse, const struct tensor *tensor)
{
    return table_find(reverse->active, tensor) != NULL;
}

/* ---- From a load to the element it reads ---- */

/* What must hold for an element to be reached. */
struct requirement {
    const struct node *condition;
    int axis;
    bool apart; /* it alone knows the element's place along the axis */
};

/* Solving the subscripts of a load for the indices that reach a given element. */
struct solving {
    struct graph *graph;
    const struct context *context;
    const struct node *values[2 * RANK_MAX]; /* of the context's indices; NULL: not fixed */
    struct requirement requirements[2 * RANK_MAX];
    int requirement_count;
    const struct node *reading; /* one that may be asked only after all else: it reads tensors,
                                   which that keeps within bounds */
};

static const struct node *put_in(const struct solving *solving, const struct node *node)
{
    const struct index *indices[2 * RANK_MAX];
    const struct node *values[2 * RANK_MAX];
    int count = 0;
    for (int i = 0; i < solving->context->index_count; i++) {
        if (solving->values[i] != NULL) {
            indices[count] = solving->context->indices[i];
            values[count++] = solving->values[i];
        }
    }
    return node_substitute(solving->graph, node, count, indices, values);
}

static void require(struct solving *solving, int axis, const struct node *condition, bool apart)
{
    solving->requirements[solving->requirement_count++] =
        (struct requirement){condition, axis, apart && condition->kind != NODE_NUMBER};
}

static void require_range(struct solving *solving, int axis, const struct index *index,
                          const struct node *value)
{
    struct graph *graph = solving->graph;
    const struct node *last = affine_normalize(
        graph, node_binary(graph, OPERATOR_SUBTRACT, index->end, node_number(graph, 1)));
    if (!affine_proves_at_most(index->first, value)) {
        require(solving, axis, affine_at_least(graph, value, index->first), false);
    }
    if (!affine_proves_at_most(value, last)) {
        require(solving, axis, affine_at_least(graph, last, value), false);
    }
}

/* The position in the context of the index to solve an affine subscript for: one not fixed yet
 * whose coefficient is 1 or -1; an equation's own index is preferred, so that the sum which is left
 * runs over the reduction's. -1 for none. */
static int solvable_index(const struct solving *solving, const struct affine *affine)
{
    for (int i = 0; i < solving->context->index_count && affine->valid; i++) {
        const struct node *atom = node_index(solving->graph, solving->context->indices[i]);
        long coefficient = affine_coefficient(affine, atom);
        bool inside_other_atom = false;
        for (int k = 0; k < affine->count; k++) {
            inside_other_atom =
                inside_other_atom ||
                (affine->terms[k].atom != atom &&
                 node_depends_on(affine->terms[k].atom, solving->context->indices[i]));
        }
        if (solving->values[i] == NULL && (coefficient == 1 || coefficient == -1) &&
            !inside_other_atom) {
            return i;
        }
    }
    return -1;
}

static void substitute(struct solving *solving, const struct node **node, const struct index *index,
                       const struct node *value)
{
    if (*node != NULL) {
        *node = node_substitute(solving->graph, *node, 1, &index, &value);
    }
}

/* subscript(indices) = element, solved for one index where it can be, a condition where not. */
static void solve_axis(struct solving *solving, int axis, const struct node *subscript,
                       const struct index *element)
{
    struct graph *graph = solving->graph;
    const struct node *target = node_index(graph, element);
    const struct node *reached = put_in(solving, subscript);
    struct affine affine = affine_of(reached);
    int position = solvable_index(solving, &affine);
    if (position < 0) {
        const struct node *equal = node_binary(graph, OPERATOR_EQUAL, reached, target);
        if (!node_stays_in_bounds(graph_arena(graph), reached)) {
            solving->reading = conjunction(graph, solving->reading, equal);
        } else if (reached != target) {
            require(solving, axis, equal, true);
        }
        return;
    }
    const struct index *index = solving->context->indices[position];
    const struct node *atom = node_index(graph, index);
    long sign = affine_coefficient(&affine, atom);
    struct affine rest = affine_add(affine, affine_of(atom), -sign);
    struct affine value = affine_add(affine_of(target), rest, -1);
    if (sign < 0) {
        value = affine_add(rest, affine_of(target), -1);
    }
    const struct node *solved = affine_node(graph, &value);
    /* Indices fixed earlier may have been fixed in terms of this one. */
    for (int i = 0; i < solving->context->index_count; i++) {
        substitute(solving, &solving->values[i], index, solved);
    }
    for (int i = 0; i < solving->requirement_count; i++) {
        substitute(solving, &solving->requirements[i].condition, index, solved);
    }
    substitute(solving, &solving->reading, index, solved);
    solving->values[position] = solved;
    require_range(solving, axis, index, solved);
}

/* All that must hold for the element to be reached, joined to `guard`: along the axes that stand
 * apart, or all others. */
static const struct node *guard_of(const struct solving *solving, const struct node *guard,
                                   bool apart)
{
    for (int i = 0; i < solving->requirement_count; i++) {
        if (solving->requirements[i].apart == apart) {
            guard = conjunction(solving->graph, guard, solving->requirements[i].condition);
        }
    }
    return guard;
}

static bool stands_apart(const struct solving *solving, int axis)
{
    bool apart = false;
    for (int i = 0; i < solving->requirement_count; i++) {
        apart = apart || (solving->requirements[i].apart && solving->requirements[i].axis == axis);
    }
    return apart;
}

/* Whether an equation reads what it is in one recurrence with. */
static bool goes_round(const struct reverse *reverse, const struct equation *equation,
                       const struct tensor *tensor)
{
    const struct equation *read = program_find(reverse->program, tensor);
    return read != NULL && equation_recurrence(read, 1) != NULL &&
           equation_recurrence(read, 1) == equation_recurrence(equation, 1);
}

/* A sum is worth being told apart from where it stands: W[0,j] is one row of W, and only that row
 * is summed. What depends on an index of the sum has to stay in it, and no place in a recurrence
 * can be left out, which has to know the way that it goes. */
static void keep_inside(const struct reverse *reverse, struct solving *solving,
                        const struct tensor *tensor, int count, const struct index *const *indices)
{
    bool all = count == 0 || goes_round(reverse, solving->context->equation, tensor);
    for (int i = 0; i < solving->requirement_count; i++) {
        struct requirement *requirement = &solving->requirements[i];
        bool inside = all;
        for (int k = 0; k < count; k++) {
            inside = inside || node_depends_on(requirement->condition, indices[k]);
        }
        requirement->apart = requirement->apart && !inside;
    }
}

/* Takes note that elements are used where `condition` holds. */
static void note_use(struct reverse *reverse, const struct solving *solving,
                     struct gathered *gathered, const struct node *condition)
{
    struct graph *graph = reverse->graph;
    const struct context *context = solving->context;
    if (condition != NULL) {
        condition = put_in(solving, condition);
    }
    if (condition == NULL || condition->kind == NODE_NUMBER) {
        gathered->always = gathered->always || condition == NULL || condition->number != 0;
        return;
    }
    const struct node *use = guard_of(solving, guard_of(solving, NULL, true), false);
    use = conjunction(graph, use, condition);
    const struct index *rest[2 * RANK_MAX];
    int count = 0;
    for (int i = 0; i < context->index_count; i++) {
        if (solving->values[i] == NULL && node_depends_on(use, context->indices[i])) {
            rest[count++] = context->indices[i];
        }
    }
    if (count > 0 && holds_somewhere(graph, count, rest, condition)) {
        gathered->always = true;
        return;
    }
    if (count > 0) {
        use = node_reduce(graph, REDUCTION_SUM, count, rest, node_number(graph, 1), use);
    }
    bool truths = use->boolean && gathered->uses != NULL && gathered->uses->boolean;
    gathered->uses = truths ? node_binary(graph, OPERATOR_OR, gathered->uses, use)
                            : add(reverse, gathered->uses, use);
}

/* An equation for `body` over some indices, and its value at them. */
static const struct node *part_over(struct reverse *reverse, const char *name, struct span span,
                                    int count, const struct index *const *indices,
                                    const struct node *body)
{
    struct graph *graph = reverse->graph;
    const struct index *fresh[RANK_MAX];
    const struct node *fresh_values[RANK_MAX], *own[RANK_MAX];
    struct axis axes[RANK_MAX];
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){indices[i]->first, indices[i]->end};
        fresh[i] = graph_index(graph, indices[i]->name, axes[i].first, axes[i].end);
        fresh_values[i] = node_index(graph, fresh[i]);
        own[i] = node_index(graph, indices[i]);
    }
    struct tensor *part =
        graph_tensor(graph, TENSOR_PART, program_fresh_name(reverse->program, name), count, axes);
    part->span = span;
    program_append(reverse->program, part, fresh,
                   node_substitute(graph, body, count, indices, fresh_values), span);
    return node_load(graph, part, own);
}

/* A sum of the elements along the axes that do not stand apart, put where it stands. */
static const struct node *slice(struct reverse *reverse, const struct solving *solving,
                                const struct tensor *tensor, const struct gathered *gathered,
                                const struct node *sum)
{
    struct graph *graph = reverse->graph;
    const struct node *place = guard_of(solving, NULL, true);
    if (place == NULL || sum->kind == NODE_NUMBER) {
        return place == NULL ? sum : node_select(graph, place, sum, node_number(graph, 0));
    }
    const struct index *indices[RANK_MAX];
    int count = 0;
    for (int axis = 0; axis < tensor->rank; axis++) {
        if (!stands_apart(solving, axis)) {
            indices[count++] = gathered->indices[axis];
        }
    }
    const char *name = arena_format(reverse->arena, "d%s_slice", tensor->name);
    const struct node *value =
        part_over(reverse, name, solving->context->equation->span, count, indices, sum);
    return node_select(graph, place, value, node_number(graph, 0));
}

/* What T[i] = ... U[f(i,k)] ... contributes to the adjoint of U: `adjoint`, taken at and summed
 * over the indices that reach each element. `condition`: under which the body reads it. */
static void contribute(struct reverse *reverse, const struct context *context,
                       const struct node *load, const struct node *adjoint,
                       const struct node *condition)
{
    struct graph *graph = reverse->graph;
    struct gathered *gathered = gathered_of(reverse, load->tensor);
    if (context->used != NULL && !is_finite(&reverse->finite, adjoint)) {
        adjoint = node_select(graph, context->used, adjoint, node_number(graph, 0));
    }
    struct solving solving = {.graph = graph, .context = context};
    for (int axis = 0; axis < load->argument_count; axis++) {
        solve_axis(&solving, axis, load->arguments[axis], gathered->indices[axis]);
        if (gathered->indices[axis]->name == NULL && load->arguments[axis]->kind == NODE_INDEX) {
            ((struct index *)(uintptr_t)gathered->indices[axis])->name =
                load->arguments[axis]->index->name;
        }
    }
    const struct index *rest[2 * RANK_MAX];
    int rest_count = 0;
    for (int i = 0; i < context->index_count; i++) {
        if (solving.values[i] == NULL) {
            rest[rest_count++] = context->indices[i];
        }
    }
    keep_inside(reverse, &solving, load->tensor, rest_count, rest);
    note_use(reverse, &solving, gathered,
             conjunction(graph, context->used, conjunction(graph, context->condition, condition)));
    const struct node *guard = guard_of(&solving, NULL, false);
    if (context->condition != NULL) {
        guard = conjunction(graph, guard, put_in(&solving, context->condition));
    }
    guard = conjunction(graph, guard, solving.reading);
    const struct node *term = put_in(&solving, adjoint);
    if (rest_count > 0) {
        term = node_reduce(graph, REDUCTION_SUM, rest_count, rest, term, guard);
        term = slice(reverse, &solving, load->tensor, gathered, term);
    } else if (guard != NULL) {
        term = node_select(graph, guard, term, node_number(graph, 0));
    }
    gathered->sum = add(reverse, gathered->sum, term);
}

/* ---- The sweep through one expression ---- */

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

struct sweep {
    struct reverse *reverse;
    const struct context *context;
    struct table *varies;   /* nodes that depend on an active load */
    struct table *adjoints; /* node to the adjoint gathered so far */
    struct uses uses;
};

static void pass_to(struct sweep *sweep, const struct node *node, const struct node *adjoint)
{
    if (table_find(sweep->varies, node) == NULL || node_is_number(adjoint, 0)) {
        return;
    }
    const struct node *sum = table_find(sweep->adjoints, node);
    table_store(sweep->adjoints, node, (void *)(uintptr_t)add(sweep->reverse, sum, adjoint));
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

static bool is_apply(const struct node *node, enum operator_id id)
{
    return node->kind == NODE_APPLY && node->operation->id == id;
}

/* Whether a value is a sum that is 0 where none of several conditions holds. */
static bool is_sum_of_masks(const struct node *node)
{
    if (is_apply(node, OPERATOR_ADD) || is_apply(node, OPERATOR_SUBTRACT)) {
        return is_sum_of_masks(node->arguments[0]) && is_sum_of_masks(node->arguments[1]);
    }
    return is_apply(node, OPERATOR_IF) &&
           (node_is_number(node->arguments[1], 0) || node_is_number(node->arguments[2], 0));
}

/* adjoint * derivative, the latter under the conditions of the former where it may be infinite. */
static const struct node *chain(struct reverse *reverse, const struct node *adjoint,
                                const struct node *derivative)
{
    struct graph *graph = reverse->graph;
    if (adjoint->kind == NODE_APPLY && !is_apply(adjoint, OPERATOR_IF) &&
        is_sum_of_masks(adjoint) && !is_finite(&reverse->finite, derivative)) {
        return node_binary(graph, adjoint->operation->id,
                           chain(reverse, adjoint->arguments[0], derivative),
                           chain(reverse, adjoint->arguments[1], derivative));
    }
    return node_binary(graph, OPERATOR_MULTIPLY, adjoint, derivative);
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

/* What stands in a branch has its adjoint there. Where several uses met, their sum is masked anew:
 * what it is multiplied with may have no value outside. */
static const struct node *within_guard(struct sweep *sweep, const struct node *node,
                                       const struct node *adjoint)
{
    const struct guard *guard = guards_of(&sweep->uses.guards, node);
    bool masked = adjoint->kind == NODE_APPLY && adjoint->operation->id == OPERATOR_IF;
    if (guard == NULL || guard->depth == 0 || masked) {
        return adjoint;
    }
    struct graph *graph = sweep->reverse->graph;
    return node_select(graph, guard_condition(graph, guard), adjoint, node_number(graph, 0));
}

static void learn_what_is_finite(struct reverse *reverse)
{
    if (!reverse->learnt) {
        finite_learn(&reverse->finite, reverse->arena, reverse->program, reverse->primal_count);
        reverse->learnt = true;
    }
}

typedef void leaf_visitor(struct sweep *sweep, const struct node *load, const struct node *adjoint);

static void sweep_expression(struct reverse *reverse, const struct context *context,
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

static void contribute_leaf(struct sweep *sweep, const struct node *load,
                            const struct node *adjoint)
{
    contribute(sweep->reverse, sweep->context, load, adjoint, use_condition(&sweep->uses, load));
}

/* ---- Reductions ---- */

/* An equation for a quantity over the indices of another one, such as the number of ties. */
static const struct node *companion(struct reverse *reverse, const struct equation *equation,
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

static void sweep_reduction(struct reverse *reverse, struct context *context,
                            const struct node *adjoint)
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

/* ---- Through the program ---- */

/* Whether an adjoint is plain enough to be written out wherever it is used. */
static bool is_plain(const struct reverse *reverse, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(reverse->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD || order[i]->kind == NODE_REDUCE) {
            return false;
        }
    }
    return count <= 8;
}

static const struct tensor *adjoint_of(struct reverse *reverse, const struct tensor *primal)
{
    const char *name =
        program_fresh_name(reverse->program, arena_format(reverse->arena, "d%s", primal->name));
    struct tensor *adjoint =
        graph_tensor(reverse->graph, TENSOR_ADJOINT, name, primal->rank, primal->axes);
    adjoint->primal = primal;
    adjoint->span = primal->span;
    return adjoint;
}

static void define_adjoint(struct reverse *reverse, const struct tensor *adjoint,
                           const struct gathered *gathered)
{
    const struct node *body = gathered->sum == NULL ? node_number(reverse->graph, 0)
                                                    : node_prune(reverse->graph, gathered->sum);
    program_append(reverse->program, adjoint, gathered->indices, body, adjoint->span);
}

static const struct tensor *append_adjoint(struct reverse *reverse, const struct tensor *primal,
                                           const struct gathered *gathered)
{
    const struct tensor *adjoint = adjoint_of(reverse, primal);
    define_adjoint(reverse, adjoint, gathered);
    return adjoint;
}

/* Where an equation's element is used at all, over the equation's own indices; NULL: everywhere. */
static const struct node *used_where(struct reverse *reverse, const struct equation *equation,
                                     const struct gathered *gathered,
                                     const struct node *const *values)
{
    struct graph *graph = reverse->graph;
    if (gathered->always || gathered->uses == NULL) {
        return NULL;
    }
    const struct node *uses =
        node_substitute(graph, gathered->uses, equation->target->rank, gathered->indices, values);
    if (uses->boolean) {
        return uses;
    }
    return node_binary(graph, OPERATOR_GREATER, companion(reverse, equation, "uses", uses),
                       node_number(graph, 0));
}

/* Passes an equation's adjoint on to what it reads. `tensor` holds the adjoint; NULL: it is
 * complete by now, and gets a tensor where it is not plain. `uses`: of an equation in a recurrence,
 * what says of each element whether it is used; NULL: all are. */
static void sweep_equation(struct reverse *reverse, const struct equation *equation,
                           const struct tensor *tensor, const struct tensor *uses)
{
    struct gathered *gathered = gathered_of(reverse, equation->target);
    struct context context = {.equation = equation};
    const struct node *values[RANK_MAX];
    for (int i = 0; i < equation->target->rank; i++) {
        context.indices[i] = equation->indices[i];
        values[i] = node_index(reverse->graph, equation->indices[i]);
    }
    context.index_count = equation->target->rank;
    const struct node *adjoint;
    bool in_recurrence = tensor != NULL;
    if (tensor == NULL && is_plain(reverse, gathered->sum)) {
        adjoint = node_substitute(reverse->graph, gathered->sum, equation->target->rank,
                                  gathered->indices, values);
    } else {
        tensor = tensor == NULL ? append_adjoint(reverse, equation->target, gathered) : tensor;
        adjoint = node_load(reverse->graph, tensor, values);
    }
    if (!in_recurrence) {
        context.used = used_where(reverse, equation, gathered, values);
    } else if (uses != NULL) {
        context.used =
            node_binary(reverse->graph, OPERATOR_GREATER, node_load(reverse->graph, uses, values),
                        node_number(reverse->graph, 0));
    }
    if (equation->body->kind == NODE_REDUCE) {
        sweep_reduction(reverse, &context, adjoint);
    } else {
        sweep_expression(reverse, &context, equation->body, adjoint, contribute_leaf);
    }
}

/* The tensor that a sum of adjoints only repeats, element by element; NULL for none. */
static const struct tensor *repeated(const struct gathered *gathered, int rank)
{
    const struct node *sum = gathered->sum;
    bool same = sum != NULL && sum->kind == NODE_LOAD && sum->argument_count == rank;
    for (int i = 0; i < rank && same; i++) {
        same = sum->arguments[i]->kind == NODE_INDEX &&
               sum->arguments[i]->index == gathered->indices[i] &&
               sum->tensor->axes[i].first == gathered->indices[i]->first &&
               sum->tensor->axes[i].end == gathered->indices[i]->end;
    }
    return same ? sum->tensor : NULL;
}

static const struct node *read_original(void *context, const struct node *node)
{
    const struct reverse *reverse = context;
    const struct tensor *original =
        node->kind == NODE_LOAD ? table_find(reverse->originals, node->tensor) : NULL;
    if (original == NULL) {
        return node;
    }
    return original == node->tensor ? node_number(reverse->graph, 0)
                                    : node_load(reverse->graph, original, node->arguments);
}

/* Whether the equations [begin, end) of a recurrence are used under conditions alone, outside of
 * which they may have no finite value. */
static bool is_guarded(struct reverse *reverse, size_t begin, size_t end)
{
    bool always = false, finite = true;
    learn_what_is_finite(reverse);
    for (size_t i = begin; i < end; i++) {
        const struct equation *equation = reverse->program->equations[i];
        const struct gathered *gathered = table_find(reverse->gathered, equation->target);
        always = always || (gathered != NULL && gathered->always);
        finite = finite && table_find(reverse->finite.uncertain, equation->target) == NULL;
    }
    return !always && !finite;
}

static const struct tensor *uses_of(struct reverse *reverse, const struct tensor *target)
{
    const char *name =
        program_fresh_name(reverse->program, arena_format(reverse->arena, "%s_uses", target->name));
    struct tensor *uses =
        graph_tensor(reverse->graph, TENSOR_PART, name, target->rank, target->axes);
    uses->span = target->span;
    return uses;
}

/* What uses an element in the recurrence may itself be unused: a recurrence as well. */
static void define_uses(struct reverse *reverse, const struct tensor *uses,
                        const struct gathered *gathered)
{
    struct graph *graph = reverse->graph;
    const struct node *zero = node_number(graph, 0), *one = node_number(graph, 1);
    const struct node *body = gathered->uses == NULL ? zero : gathered->uses;
    if (gathered->always) {
        body = one;
    } else if (body->boolean) {
        body = node_select(graph, body, one, zero);
    }
    program_append(reverse->program, uses, gathered->indices, body, uses->span);
}

/* The equations [begin, end) of a recurrence need each other's adjoints: each gets its tensor
 * before any is complete. The adjoints are a recurrence in turn, in the other direction. */
static void sweep_recurrence(struct reverse *reverse, size_t begin, size_t end)
{
    const struct tensor **adjoints =
        ARENA_ARRAY(reverse->arena, const struct tensor *, end - begin + 1);
    const struct tensor **uses =
        ARENA_ARRAY(reverse->arena, const struct tensor *, end - begin + 1);
    bool reached = false, guarded = reverse->guards_recurrences && is_guarded(reverse, begin, end);
    for (size_t i = begin; i < end; i++) {
        const struct gathered *gathered =
            table_find(reverse->gathered, reverse->program->equations[i]->target);
        reached = reached || (gathered != NULL && gathered->sum != NULL);
    }
    for (size_t i = begin; i < end && reached; i++) {
        const struct tensor *target = reverse->program->equations[i]->target;
        adjoints[i - begin] = is_active(reverse, target) ? adjoint_of(reverse, target) : NULL;
        uses[i - begin] = guarded && adjoints[i - begin] != NULL ? uses_of(reverse, target) : NULL;
    }
    for (size_t i = end; i > begin && reached; i--) {
        if (adjoints[i - 1 - begin] != NULL) {
            sweep_equation(reverse, reverse->program->equations[i - 1], adjoints[i - 1 - begin],
                           uses[i - 1 - begin]);
        }
    }
    for (size_t i = end; i > begin && reached; i--) {
        const struct tensor *adjoint = adjoints[i - 1 - begin];
        if (adjoint == NULL) {
            continue;
        }
        const struct gathered *gathered =
            gathered_of(reverse, reverse->program->equations[i - 1]->target);
        const struct tensor *original = repeated(gathered, adjoint->rank);
        if (guarded) {
            define_uses(reverse, uses[i - 1 - begin], gathered);
        }
        if (gathered->sum == NULL) {
            /* Nothing that counts goes through it: it stands for 0. */
            table_store(reverse->originals, adjoint, (void *)(uintptr_t)adjoint);
        } else if (original != NULL && table_find(reverse->originals, original) == NULL) {
            table_store(reverse->originals, adjoint, (void *)(uintptr_t)original);
        } else {
            define_adjoint(reverse, adjoint, gathered);
        }
    }
}

/* Sweeps the primal equations from the last to the first. */
static void sweep_program(struct reverse *reverse)
{
    for (size_t end = reverse->program->count; end > 0;) {
        const struct equation *equation = reverse->program->equations[end - 1];
        size_t begin = recurrence_begin(reverse->program, end, 1);
        const struct gathered *gathered = table_find(reverse->gathered, equation->target);
        if (equation->recurrence != NULL) {
            sweep_recurrence(reverse, begin, end);
        } else if (gathered != NULL && gathered->sum != NULL &&
                   is_active(reverse, equation->target)) {
            sweep_equation(reverse, equation, NULL, NULL);
        }
        end = begin;
    }
}

static void mark_active(struct reverse *reverse, const struct tensor *tensor)
{
    table_store(reverse->active, tensor, (void *)(uintptr_t)tensor);
}

static bool reads_active(const struct reverse *reverse, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(reverse->arena, &equation->body, 1, &count);
    for (size_t k = 0; k < count; k++) {
        if (order[k]->kind == NODE_LOAD && is_active(reverse, order[k]->tensor)) {
            return true;
        }
    }
    return false;
}

/* In a recurrence activity goes round: it is found once nothing new is. */
static void find_active(struct reverse *reverse, const struct tensor *const *wrt, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mark_active(reverse, wrt[i]);
    }
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < reverse->program->count; i++) {
            const struct equation *equation = reverse->program->equations[i];
            if (!is_active(reverse, equation->target) && reads_active(reverse, equation)) {
                mark_active(reverse, equation->target);
                again = again || reverse->program->recurrent;
            }
        }
    }
}

static struct reverse reverse_create(struct rules *rules, struct graph *graph,
                                     struct program *program, struct diagnostics *diagnostics)
{
    struct reverse reverse = {.rules = rules,
                              .graph = graph,
                              .arena = graph_arena(graph),
                              .program = program,
                              .diagnostics = diagnostics,
                              .guards_recurrences = true};
    reverse.active = table_create(reverse.arena);
    reverse.gathered = table_create(reverse.arena);
    reverse.originals = table_create(reverse.arena);
    reverse.finite = finite_create(reverse.arena);
    reverse.primal_count = program->count;
    return reverse;
}

/* Appends the adjoints of a flat program; false where they cannot be ordered. */
static bool append_adjoints(struct reverse *reverse, const struct tensor *loss,
                            const struct tensor *const *wrt, size_t count,
                            const struct tensor **adjoints)
{
    struct program *program = reverse->program;
    find_active(reverse, wrt, count);
    gathered_of(reverse, loss)->sum = node_number(program->graph, 1);
    sweep_program(reverse);
    for (size_t i = 0; i < count; i++) {
        adjoints[i] = append_adjoint(reverse, wrt[i], gathered_of(reverse, wrt[i]));
    }
    for (size_t i = 0; i < program->count && program->recurrent; i++) {
        program->equations[i]->body =
            node_rewrite(program->graph, program->equations[i]->body, read_original, reverse);
    }
    return !program->recurrent || program_schedule(program) == NULL;
}

bool reverse_differentiate(struct rules *rules, struct program *program, const struct tensor *loss,
                           const struct tensor *const *wrt, size_t count,
                           const struct tensor **adjoints, struct diagnostics *diagnostics)
{
    program_flatten(program);
    struct program *before = program->recurrent ? program_copy(program) : NULL;
    struct reverse reverse = reverse_create(rules, program->graph, program, diagnostics);
    bool ordered = append_adjoints(&reverse, loss, wrt, count, adjoints);
    if (!ordered && !reverse.failed && reverse.guards_recurrences) {
        /* Where the conditions of a recurrence's uses are in the way, it does without. */
        before->taken = program->taken;
        *program = *before;
        reverse = reverse_create(rules, program->graph, program, diagnostics);
        reverse.guards_recurrences = false;
        ordered = append_adjoints(&reverse, loss, wrt, count, adjoints);
    }
    if (!ordered && !reverse.failed) {
        struct span nowhere = {0};
        report_error(diagnostics, nowhere, "the derivative of a recurrence cannot be ordered");
        reverse.failed = true;
    }
    return !reverse.failed;
}

/* ---- One expression ---- */

static void keep_leaf(struct sweep *sweep, const struct node *load, const struct node *adjoint)
{
    gathered_of(sweep->reverse, load->tensor)->sum = adjoint;
}

/* Puts definitions in place of the loads of what they define. */
static const struct node *read_definition(void *context, const struct node *node)
{
    const struct table *bodies = context;
    const struct equation *equation =
        node->kind == NODE_LOAD ? table_find(bodies, node->tensor) : NULL;
    return equation == NULL ? node
                            : node_substitute(node->graph, equation->body, node->argument_count,
                                              equation->indices, node->arguments);
}

/* The same for an expression with reductions: as a program, whose definitions are then put in. */
static bool reverse_with_reductions(struct rules *rules, struct graph *graph,
                                    const struct node *expression, const struct tensor *const *wrt,
                                    size_t count, const struct node **derivatives,
                                    struct diagnostics *diagnostics)
{
    struct program *program = program_create(graph);
    struct span nowhere = {0};
    const struct tensor *value = graph_tensor(graph, TENSOR_PART, "value", 0, NULL);
    const struct tensor **adjoints =
        ARENA_ARRAY(graph_arena(graph), const struct tensor *, count + 1);
    program_append(program, value, NULL, expression, nowhere);
    if (!reverse_differentiate(rules, program, value, wrt, count, adjoints, diagnostics)) {
        return false;
    }
    struct table *bodies = table_create(graph_arena(graph));
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        equation->body = node_rewrite(graph, equation->body, read_definition, bodies);
        table_store(bodies, equation->target, equation);
    }
    for (size_t i = 0; i < count; i++) {
        derivatives[i] = program_find(program, adjoints[i])->body;
    }
    return true;
}

bool reverse_expression(struct rules *rules, struct graph *graph, const struct node *expression,
                        const struct tensor *const *wrt, size_t count,
                        const struct node **derivatives, struct diagnostics *diagnostics)
{
    if (expression->height > 0) {
        return reverse_with_reductions(rules, graph, expression, wrt, count, derivatives,
                                       diagnostics);
    }
    struct reverse reverse = reverse_create(rules, graph, program_create(graph), diagnostics);
    for (size_t i = 0; i < count; i++) {
        mark_active(&reverse, wrt[i]);
    }
    sweep_expression(&reverse, NULL, expression, node_number(graph, 1), keep_leaf);
    for (size_t i = 0; i < count; i++) {
        const struct node *sum = gathered_of(&reverse, wrt[i])->sum;
        derivatives[i] = sum == NULL ? node_number(graph, 0) : sum;
    }
    return !reverse.failed;
}
