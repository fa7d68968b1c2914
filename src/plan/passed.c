/* The elements that loops pass over which end with the steps taken. */
#include "equations/affine.h"
#include "plan/stopping.h"

/* ---- What is read of the elements that are passed over ---- */

/* Where the elements of a tensor are passed over: from the variable `reached` + begin on, until
 * `end`, behind which the last one stands where the loop ascends. */
struct gap {
    const struct taken *taken;
    struct held *held;
    long begin;
    const struct node *first, *end; /* it lies in this range at the most */
};

struct reading {
    struct stopping *stopping;
    const struct taken **running; /* the loops around that end with the steps taken */
    size_t depth, capacity;
};

static struct gap gap_of(const struct stopping *stopping, struct taken *taken, struct held *held)
{
    bool descending = taken->loop->descending;
    struct gap gap = {.taken = taken, .held = held};
    gap.begin = descending - taken->offset;
    gap.first = stopping_plus(stopping, stopping->first, gap.begin);
    gap.end = descending ? taken->end : stopping_plus(stopping, taken->end, -1);
    return gap;
}

/* Whether an element is read that lies in front of all that is passed over. */
static bool is_in_front(const struct reading *reading, const struct gap *gap,
                        const struct node *place)
{
    if (affine_proves_below(place, gap->first)) {
        return true;
    }
    for (size_t i = 0; i < reading->depth; i++) {
        long distance;
        const struct taken *around = reading->running[i];
        if (subscript_distance(place, around->loop->index, &distance) &&
            distance - 1 - around->offset < gap->begin) {
            return true;
        }
    }
    return false;
}

static void judge_load(const struct reading *reading, const struct node *load)
{
    struct stopping *stopping = reading->stopping;
    stopping->read = stopping->read || load->tensor == stopping->flag;
    for (size_t i = 0; i < stopping->count; i++) {
        struct taken *taken = stopping->taken[i];
        for (size_t k = 0; k < taken->held.count; k++) {
            struct held *held = &taken->held.items[k];
            const struct gap gap = gap_of(stopping, taken, held);
            if (held->tensor != load->tensor ||
                is_in_front(reading, &gap, load->arguments[held->axis])) {
                continue;
            }
            bool behind = affine_proves_at_most(gap.end, load->arguments[held->axis]);
            held->last = held->last || behind;
            held->inside = held->inside || !behind;
        }
    }
}

static void judge_node(const struct reading *reading, const struct node *root)
{
    size_t count = 0;
    const struct node **order =
        root == NULL ? NULL : node_order(reading->stopping->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor->rank > 0) {
            judge_load(reading, order[i]);
        }
    }
}

static const struct taken *find_taken(const struct stopping *stopping, const struct step *loop)
{
    for (size_t i = 0; i < stopping->count; i++) {
        if (stopping->taken[i]->loop == loop) {
            return stopping->taken[i];
        }
    }
    return NULL;
}

static void judge_steps(struct reading *reading, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        const struct taken *taken = find_taken(reading->stopping, step);
        judge_node(reading, step->first);
        judge_node(reading, step->end);
        judge_node(reading, step->value);
        for (int k = 0; k < RANK_MAX; k++) {
            judge_node(reading, step->subscripts[k]);
        }
        if (step->kind == STEP_ADD && step->target->rank > 0) {
            judge_load(reading, node_load(step->value->graph, step->target, step->subscripts));
        }
        if (taken != NULL) {
            ARENA_PUSH(reading->stopping->arena, reading->running, reading->depth,
                       reading->capacity, taken);
        }
        judge_steps(reading, &step->body);
        judge_steps(reading, &step->otherwise);
        reading->depth -= taken != NULL;
    }
}

/* What the caller asks for is read in full. */
void passed_judge(struct stopping *stopping)
{
    struct reading reading = {.stopping = stopping};
    for (size_t i = 0; i < stopping->plan->part_count; i++) {
        judge_steps(&reading, &stopping->plan->parts[i].steps);
    }
    for (size_t i = 0; i < stopping->count; i++) {
        struct held_list *held = &stopping->taken[i]->held;
        for (size_t k = 0; k < held->count; k++) {
            const struct statements *statements = stopping->tree->statements;
            const struct tensor *tensor = held->items[k].tensor;
            bool asked = table_find(statements->results, tensor) != NULL ||
                         table_find(statements->updatable, tensor) != NULL;
            held->items[k].inside = held->items[k].inside || asked;
        }
    }
}

/* ---- Handing on ---- */

/* Where the way back begins, it begins with the element handed to its first step. */
static void hand_to_steps(struct taken *taken)
{
    for (size_t i = 0; taken->loop->descending && i < taken->held.count; i++) {
        taken->held.items[i].last = true;
    }
}

static void insert_all(struct stopping *stopping, const struct taken *taken,
                       const struct step_list *steps)
{
    size_t position = step_position(taken->list, taken->loop);
    position += !taken->loop->descending;
    for (size_t i = 0; i < steps->count; i++) {
        steps_insert(stopping->arena, taken->list, position + i, steps->items[i]);
    }
}

/* The elements passed over: the one at the end, or all of those that are read. */
void passed_hand_on(struct stopping *stopping, struct taken *taken)
{
    const struct step *loop = taken->loop;
    const struct node *begin = taken->until;
    const struct node *before = stopping_plus(stopping, begin, -1);
    const struct node *last = stopping_plus(stopping, taken->end, -1);
    hand_to_steps(taken);
    struct step_list one =
        loop->descending
            ? steps_for_held(stopping->arena, &taken->tail, &taken->held, false, begin, taken->end)
            : steps_for_held(stopping->arena, &taken->tail, &taken->held, false, last, before);
    struct step_list all =
        steps_for_held(stopping->arena, &taken->tail, &taken->held, true, NULL, NULL);
    insert_all(stopping, taken, &one);
    if (all.count > 0) {
        struct step *rest = step_copy(stopping->arena, loop);
        rest->first = begin;
        rest->end = taken->end;
        rest->body = all;
        struct step_list rests = {0};
        steps_push(stopping->arena, &rests, rest);
        insert_all(stopping, taken, &rests);
    }
}
