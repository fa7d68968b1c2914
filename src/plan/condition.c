/* What a reduction's condition says about its indices.
 *
 * An equality that fixes a reduced index removes its loop. One that fixes an index of the target
 * turns it into a subscript: the element is added where it belongs, and no loop looks for it. An
 * inequality becomes a bound of the innermost loop that it depends on. What is left is tested. */
#include "equations/affine.h"
#include "plan/statement.h"

#include <stdlib.h>

/* Larger factors of an index in a condition are left to be tested. */
enum { DIVISOR_MAX = 1000000 };

void conditions_add(struct arena *arena, struct conditions *conditions,
                    const struct node *condition)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    if (condition != NULL) {
        ARENA_PUSH(arena, stack, depth, capacity, condition);
    }
    while (depth > 0) {
        const struct node *node = stack[--depth];
        if (node_is(node, OPERATOR_AND)) {
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[1]);
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[0]);
        } else if (!node_is_number(node, 1)) {
            ARENA_PUSH(arena, conditions->items, conditions->count, conditions->capacity, node);
        }
    }
}

const struct node *conditions_join(struct graph *graph, const struct conditions *conditions)
{
    const struct node *joined = NULL;
    for (size_t i = 0; i < conditions->count; i++) {
        joined = joined == NULL ? conditions->items[i]
                                : node_binary(graph, OPERATOR_AND, joined, conditions->items[i]);
    }
    return joined;
}

static void remove_condition(struct conditions *conditions, size_t position)
{
    for (size_t i = position + 1; i < conditions->count; i++) {
        conditions->items[i - 1] = conditions->items[i];
    }
    conditions->count--;
}

/* ---- Equalities ---- */

/* The value that left == right gives to `index`; NULL where it gives none. */
static const struct node *solve_equality(struct graph *graph, const struct node *equality,
                                         const struct index *index)
{
    if (!node_is(equality, OPERATOR_EQUAL) || !node_depends_on(equality, index)) {
        return NULL;
    }
    struct affine difference =
        affine_add(affine_of(equality->arguments[0]), affine_of(equality->arguments[1]), -1);
    const struct node *atom = node_index(graph, index);
    long coefficient = affine_coefficient(&difference, atom);
    if (!difference.valid || (coefficient != 1 && coefficient != -1)) {
        return NULL;
    }
    struct affine rest = affine_add(difference, affine_of(atom), -coefficient);
    rest = affine_add((struct affine){.valid = true}, rest, -coefficient);
    const struct node *value = rest.valid ? affine_node(graph, &rest) : NULL;
    return value == NULL || node_depends_on(value, index) ? NULL : value;
}

static void substitute(struct statements *statements, struct statement *statement,
                       struct conditions *conditions, const struct index *index,
                       const struct node *value)
{
    struct graph *graph = statements->graph;
    statement->value = node_substitute(graph, statement->value, 1, &index, &value);
    for (size_t i = 0; i < conditions->count; i++) {
        conditions->items[i] = node_substitute(graph, conditions->items[i], 1, &index, &value);
    }
}

static void remove_loop(struct statement *statement, int position)
{
    for (int i = position + 1; i < statement->loop_count; i++) {
        statement->loops[i - 1] = statement->loops[i];
    }
    statement->loop_count--;
}

/* first <= value < end, as far as it is not certain. The other conditions may rely on it, so it
 * comes before them. */
static void require_range(struct statements *statements, struct conditions *conditions,
                          const struct node *value, const struct node *first,
                          const struct node *end)
{
    struct graph *graph = statements->graph;
    struct conditions joined = {0};
    if (!affine_proves_at_most(first, value)) {
        conditions_add(statements->arena, &joined,
                       node_binary(graph, OPERATOR_LESS_EQUAL, first, value));
    }
    if (!affine_proves_below(value, end)) {
        conditions_add(statements->arena, &joined, node_binary(graph, OPERATOR_LESS, value, end));
    }
    for (size_t i = 0; i < conditions->count; i++) {
        conditions_add(statements->arena, &joined, conditions->items[i]);
    }
    *conditions = joined;
}

/* Whether first <= value < end is certain or restricts a reduced loop. */
static bool range_is_cheap(const struct statement *statement, struct graph *graph,
                           const struct node *value, const struct loop *removed)
{
    if (affine_proves_at_most(removed->first, value) && affine_proves_below(value, removed->end)) {
        return true;
    }
    struct affine affine = affine_of(value);
    bool inside = false;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (!loop->reduced || loop->index == removed->index ||
            !node_depends_on(value, loop->index)) {
            continue;
        }
        inside = true;
        long coefficient = affine_coefficient(&affine, node_index(graph, loop->index));
        if (coefficient == 1 || coefficient == -1) {
            return true;
        }
    }
    return !inside;
}

/* Removes a reduced loop whose index a condition fixes. */
static bool remove_fixed_loop(struct statements *statements, struct statement *statement,
                              struct conditions *conditions, bool at_any_price)
{
    for (size_t i = 0; i < conditions->count; i++) {
        for (int k = 0; k < statement->loop_count; k++) {
            struct loop loop = statement->loops[k];
            const struct node *value =
                loop.reduced ? solve_equality(statements->graph, conditions->items[i], loop.index)
                             : NULL;
            if (value != NULL &&
                (at_any_price || range_is_cheap(statement, statements->graph, value, &loop))) {
                remove_condition(conditions, i);
                remove_loop(statement, k);
                substitute(statements, statement, conditions, loop.index, value);
                require_range(statements, conditions, value, loop.first, loop.end);
                return true;
            }
        }
    }
    return false;
}

/* sum[k] (if g(k) == v then e(k) else 0) for all v: e(k) is added to element g(k). */
static bool scatter(struct statements *statements, struct statement *statement,
                    struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        for (int k = 0; k < statement->loop_count; k++) {
            struct loop loop = statement->loops[k];
            const struct node *value =
                loop.reduced || loop.sequence != NULL
                    ? NULL
                    : solve_equality(statements->graph, conditions->items[i], loop.index);
            if (value == NULL || value->free->count == 0) {
                continue;
            }
            remove_condition(conditions, i);
            remove_loop(statement, k);
            substitute(statements, statement, conditions, loop.index, value);
            require_range(statements, conditions, value, loop.first, loop.end);
            for (int axis = 0; axis < statement->target->rank; axis++) {
                statement->subscripts[axis] = node_substitute(
                    statements->graph, statement->subscripts[axis], 1, &loop.index, &value);
            }
            statement->accumulates = true;
            return true;
        }
    }
    return false;
}

void statement_use_conditions(struct statements *statements, struct statement *statement,
                              struct conditions *conditions)
{
    if (reduction_seeks_place(statement->reduction)) {
        return;
    }
    while (remove_fixed_loop(statements, statement, conditions, false)) {
    }
    if (statement->reduction->id == REDUCTION_SUM) {
        while (scatter(statements, statement, conditions)) {
        }
    }
    while (remove_fixed_loop(statements, statement, conditions, true)) {
    }
}

/* ---- Inequalities ---- */

/* A comparison of whole numbers as a form that is not negative where it holds. */
static struct affine not_negative(const struct node *comparison)
{
    const struct affine nothing = {0};
    const struct affine one = {.valid = true, .constant = 1};
    if (comparison->kind != NODE_APPLY || comparison->argument_count != 2) {
        return nothing;
    }
    struct affine left = affine_of(comparison->arguments[0]);
    struct affine right = affine_of(comparison->arguments[1]);
    switch (comparison->operation->id) {
    case OPERATOR_LESS:
        return affine_add(affine_add(right, left, -1), one, -1);
    case OPERATOR_LESS_EQUAL:
        return affine_add(right, left, -1);
    case OPERATOR_GREATER:
        return affine_add(affine_add(left, right, -1), one, -1);
    case OPERATOR_GREATER_EQUAL:
        return affine_add(left, right, -1);
    default:
        return nothing;
    }
}

/* The larger of two lower bounds, or the smaller of two ends. */
static const struct node *tighter(struct graph *graph, bool lower, const struct node *old,
                                  const struct node *bound)
{
    const struct node *low = lower ? old : bound, *high = lower ? bound : old;
    if (affine_proves_at_most(low, high)) {
        return bound;
    }
    if (affine_proves_at_most(high, low)) {
        return old;
    }
    return node_binary(graph, lower ? OPERATOR_MAX : OPERATOR_MIN, old, bound);
}

/* floor(form/divisor). */
static const struct node *floor_quotient(struct graph *graph, const struct affine *form,
                                         long divisor)
{
    struct affine quotient = *form;
    bool divides = true;
    for (int i = 0; i < form->count; i++) {
        divides = divides && form->terms[i].coefficient % divisor == 0;
        quotient.terms[i].coefficient = form->terms[i].coefficient / divisor;
    }
    if (divides) {
        long rest = form->constant % divisor;
        quotient.constant = form->constant / divisor - (rest < 0);
        return affine_node(graph, &quotient);
    }
    return node_unary(graph, OPERATOR_FLOOR,
                      node_binary(graph, OPERATOR_DIVIDE, affine_node(graph, form),
                                  node_number(graph, (double)divisor)));
}

/* form >= 0 as a bound of the loop; false where the form does not say so. From c*k + rest >= 0
 * follows k >= ceil(-rest/c) for positive c, which is floor((c - 1 - rest)/c), and for negative c
 * k < floor(rest/-c) + 1, which is floor((rest - c)/-c). */
static bool bound_loop(struct statements *statements, struct loop *loop, const struct affine *form)
{
    struct graph *graph = statements->graph;
    const struct node *atom = node_index(graph, loop->index);
    long coefficient = affine_coefficient(form, atom);
    if (!form->valid || coefficient == 0 || coefficient > DIVISOR_MAX ||
        coefficient < -DIVISOR_MAX) {
        return false;
    }
    struct affine rest = affine_add(*form, affine_of(atom), -coefficient);
    long factor = coefficient > 0 ? -1 : 1;
    struct affine quotient = {.valid = true,
                              .constant = coefficient > 0 ? coefficient - 1 : -coefficient};
    quotient = affine_add(quotient, rest, factor);
    if (!quotient.valid || node_depends_on(affine_node(graph, &rest), loop->index)) {
        return false;
    }
    const struct node *bound = floor_quotient(graph, &quotient, labs(coefficient));
    if (coefficient > 0) {
        loop->first = tighter(graph, true, loop->first, bound);
    } else {
        loop->end = tighter(graph, false, loop->end, bound);
    }
    return true;
}

/* The innermost loop that a condition depends on, -1 for none. */
static int innermost_loop(const struct statement *statement, const struct node *condition)
{
    int position = statement->loop_count - 1;
    while (position >= 0 && !node_depends_on(condition, statement->loops[position].index)) {
        position--;
    }
    return position;
}

void statement_bound_loops(struct statements *statements, struct statement *statement,
                           struct conditions *conditions)
{
    /* Where nothing accumulates, the target's loops must run in full. */
    int first = statement->accumulates ? 0 : statement->fold;
    for (size_t i = 0; i < conditions->count;) {
        int position = innermost_loop(statement, conditions->items[i]);
        struct affine form = not_negative(conditions->items[i]);
        if (position >= first && statement->loops[position].sequence == NULL &&
            bound_loop(statements, &statement->loops[position], &form)) {
            remove_condition(conditions, i);
        } else {
            i++;
        }
    }
}
