/* Other loops over the steps of a recurrence that stops. */
#include "equations/affine.h"
#include "plan/stopping.h"

/* How a loop reads the flag. */
struct uses {
    const struct stopping *stopping;
    const struct step *loop;
    bool some, other; /* at one distance from the index; in another way */
    long offset;
};

/* The loop around the store of the flag that runs over the same range as another loop. */
static const struct step *loop_like(const struct stopping *stopping, const struct step *other)
{
    const struct step *nest = stopping->nest;
    while (nest != stopping->store && (nest->first != other->first || nest->end != other->end)) {
        nest = step_inside(nest, stopping->store);
    }
    return nest == stopping->store ? NULL : nest;
}

/* Whether an element of a flag for several elements is among those that a loop's store sets. */
static bool is_among(const struct stopping *stopping, const struct node *set,
                     const struct node *read)
{
    bool among = set == read;
    for (int i = 0; i < read->free->count && !among; i++) {
        const struct index *index = read->free->items[i];
        const struct step *loop = table_find(stopping->running, index);
        const struct step *like = loop == NULL ? NULL : loop_like(stopping, loop);
        if (like != NULL) {
            const struct node *there = node_index(stopping->graph, like->index);
            among = node_substitute(stopping->graph, read, 1, &index, &there) == set;
        }
    }
    return among;
}

static void note_load(struct uses *uses, const struct node *load)
{
    long distance;
    int time = load->tensor->stops - 1;
    bool along = subscript_distance(load->arguments[time], uses->loop->index, &distance);
    for (int i = 0; i < load->tensor->rank && along; i++) {
        along = i == time ||
                is_among(uses->stopping, uses->stopping->store->subscripts[i], load->arguments[i]);
    }
    uses->other = uses->other || !along || (uses->some && uses->offset != distance);
    uses->some = uses->some || along;
    uses->offset = along ? distance : uses->offset;
}

static void note_node(struct uses *uses, const struct node *root)
{
    size_t count = 0;
    const struct node **order =
        root == NULL ? NULL : node_order(uses->stopping->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor == uses->stopping->flag) {
            note_load(uses, order[i]);
        }
    }
}

static void note_steps(struct uses *uses, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_LOOP) {
            table_store(uses->stopping->running, step->index, (void *)(uintptr_t)step);
        }
        note_node(uses, step->first);
        note_node(uses, step->end);
        note_node(uses, step->value);
        note_steps(uses, &step->body);
        note_steps(uses, &step->otherwise);
    }
}

/* Where a loop over [first, end) is to end: as far as it is not certain to lie there, what the
 * variable says is brought into the range. */
static const struct node *shorter_end(struct stopping *stopping, struct step_list *list,
                                      const struct step *loop, long offset)
{
    struct graph *graph = stopping->graph;
    const struct node *end = stopping_reached(stopping, -offset);
    bool above =
        affine_proves_at_most(loop->first, stopping_plus(stopping, stopping->first, -offset));
    bool below = affine_proves_at_most(stopping_plus(stopping, stopping->end, -offset), loop->end);
    if (above && below) {
        return end;
    }
    end = above ? end : node_binary(graph, OPERATOR_MAX, end, loop->first);
    end = below ? end : node_binary(graph, OPERATOR_MIN, end, loop->end);
    const char *name =
        arena_format(stopping->arena, "%s%zu", stopping->reached->name, stopping->count + 1);
    const struct tensor *variable = graph_tensor(graph, TENSOR_LOCAL, name, 0, NULL);
    struct step *declare = stopping_step(stopping, STEP_DECLARE, variable, end);
    declare->whole = true;
    steps_insert(stopping->arena, list, step_position(list, loop), declare);
    return node_load(graph, variable, NULL);
}

/* Has a loop end with the steps that were taken, if that is all the same. */
static bool shorten_loop(struct stopping *stopping, struct step_list *list, struct step *loop)
{
    struct uses uses = {.stopping = stopping, .loop = loop};
    note_steps(&uses, &loop->body);
    if (!uses.some || uses.other) {
        return false;
    }
    struct taken *taken = stopping_take(stopping, list, loop, uses.offset);
    if (taken == NULL) {
        return false;
    }
    if (stopping_is_alone(stopping)) {
        struct outlook outlook = stopping_outlook(stopping, loop, false, uses.offset);
        loop->body = outlook_of(&outlook, &loop->body);
    }
    taken->until = shorter_end(stopping, list, loop, uses.offset);
    loop->most = loop->end;
    loop->end = taken->until;
    stopping_add(stopping, taken);
    return true;
}

/* flag[s] == 1 as s >= the variable. */
static const struct node *compare_step(void *context, const struct node *node)
{
    const struct stopping *stopping = context;
    bool equal = node_is(node, OPERATOR_EQUAL);
    if ((!equal && !node_is(node, OPERATOR_NOT_EQUAL)) || node->arguments[0]->kind != NODE_LOAD ||
        node->arguments[0]->tensor != stopping->flag || !node_is_number(node->arguments[1], 1)) {
        return node;
    }
    return node_binary(stopping->graph, equal ? OPERATOR_GREATER_EQUAL : OPERATOR_LESS,
                       node->arguments[0]->arguments[stopping->flag->stops - 1],
                       node_load(stopping->graph, stopping->reached, NULL));
}

/* Goes through the steps behind the loop. */
void shorten_loops(struct stopping *stopping, struct step_list *list, size_t position)
{
    for (size_t i = position; i < list->count; i++) {
        struct step *step = list->items[i];
        if (step->kind == STEP_LOOP) {
            table_store(stopping->running, step->index, step);
        }
        if (step->kind != STEP_LOOP || !shorten_loop(stopping, list, step)) {
            shorten_loops(stopping, &step->body, 0);
            shorten_loops(stopping, &step->otherwise, 0);
        }
        i = step_position(list, step);
        if (step->value != NULL && stopping_is_alone(stopping)) {
            step->value = node_rewrite(stopping->graph, step->value, compare_step, stopping);
        }
    }
}
