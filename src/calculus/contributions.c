#include "calculus/adjoints.h"
#include "equations/affine.h"

const struct node *adjoint_add(struct reverse *reverse, const struct node *sum,
                               const struct node *term)
{
    return sum == NULL ? term : node_binary(reverse->graph, OPERATOR_ADD, sum, term);
}

struct gathered *gathered_of(struct reverse *reverse, const struct tensor *tensor)
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

bool is_active(const struct reverse *reverse, const struct tensor *tensor)
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
                            : adjoint_add(reverse, gathered->uses, use);
}

/* An equation for `body` over some indices, and its value at them. */
const struct node *part_over(struct reverse *reverse, const char *name, struct span span, int count,
                             const struct index *const *indices, const struct node *body)
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
void contribute(struct reverse *reverse, const struct context *context, const struct node *load,
                const struct node *adjoint, const struct node *condition)
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
    gathered->sum = adjoint_add(reverse, gathered->sum, term);
}
