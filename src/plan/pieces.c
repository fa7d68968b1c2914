#include "plan/collector.h"
#include "plan/nodes.h"

static bool decides_by(const struct node *node, const struct index *index)
{
    return node->kind == NODE_APPLY && node->boolean && node->argument_count == 2 &&
           ((node_is_index(node->arguments[0], index) && node->arguments[1]->kind == NODE_NUMBER) ||
            (node_is_index(node->arguments[1], index) && node->arguments[0]->kind == NODE_NUMBER));
}

/* Whether there is an `if` whose branches are for some values of an index alone, and make calls or
 * are for values that no bounds of a loop can tell. */
static bool falls_apart(const struct collector *collector, const struct node *body,
                        const struct index *index)
{
    size_t count, call_count = 0;
    const struct node **order = node_order(collector->arena, &body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (!node_is(order[i], OPERATOR_IF)) {
            continue;
        }
        if (node_picks_values(collector->arena, order[i]->arguments[0], index)) {
            return true;
        }
        if (!decides_by(order[i]->arguments[0], index)) {
            continue;
        }
        const struct node **branches =
            node_order(collector->arena, &order[i]->arguments[1], 2, &call_count);
        for (size_t k = 0; k < call_count; k++) {
            if (node_is_expensive(branches[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool is_time(const struct equation *equation, int axis)
{
    for (int k = 0; equation->recurrence != NULL && k < equation->recurrence->depth; k++) {
        if (equation->time[k] == axis) {
            return true;
        }
    }
    return false;
}

bool pieces_find(const struct collector *collector, const struct equation *equation,
                 struct pieces *pieces)
{
    for (int axis = 0; axis < equation->target->rank; axis++) {
        const struct index *index = equation->indices[axis];
        long first, end;
        if (!equation->update && !is_time(equation, axis) &&
            index_has_few_values(collector->graph, index, PIECES_MAX, &first, &end) &&
            falls_apart(collector, equation->body, index)) {
            *pieces = (struct pieces){axis, first, end};
            return true;
        }
    }
    return false;
}

void pieces_fix(struct collector *collector, struct draft *draft, const struct equation *equation,
                int axis, long value)
{
    const struct node *number = node_number(collector->graph, (double)value);
    draft->statement->subscripts[axis] = number;
    draft->statement->fixed |= 1u << axis;
    draft->body =
        node_substitute(collector->graph, draft->body, 1, &equation->indices[axis], &number);
}
