#include "plan/held.h"

/* ---- Whether iterations only hand on ---- */

struct inspection {
    struct arena *arena;
    const struct step *loop;
    struct table *declared; /* variables of the iteration */
    struct held_list *held;
};

static bool is_same_each_time(const struct inspection *inspection, const struct node *node)
{
    return node == NULL || !node_depends_on(node, inspection->loop->index);
}

static void note_held(struct inspection *inspection, const struct tensor *tensor, int axis)
{
    struct held_list *held = inspection->held;
    for (size_t i = 0; i < held->count; i++) {
        if (held->items[i].tensor == tensor) {
            return;
        }
    }
    ARENA_PUSH(inspection->arena, held->items, held->count, held->capacity,
               ((struct held){.tensor = tensor, .axis = axis}));
}

/* Whether a subscript is the loop's index plus a distance. */
static bool is_at(const struct inspection *inspection, const struct node *subscript, long distance)
{
    long found;
    return subscript_distance(subscript, inspection->loop->index, &found) && found == distance;
}

/* x[t,k] = x[t-1,k], or x[k] = x[k], or x[t,k] = 0. */
static bool hands_on(struct inspection *inspection, const struct step *step)
{
    const struct node *value = step->value;
    bool constant = value->kind == NODE_NUMBER;
    long before = inspection->loop->descending ? 1 : -1;
    int moving = -1;
    if (!constant && (value->kind != NODE_LOAD || value->tensor != step->target)) {
        return false;
    }
    for (int i = 0; i < step->target->rank; i++) {
        const struct node *to = step->subscripts[i];
        const struct node *from = constant ? NULL : value->arguments[i];
        if (is_same_each_time(inspection, to)) {
            if (!constant && from != to) {
                return false;
            }
        } else if (moving >= 0 || !is_at(inspection, to, 0) ||
                   (!constant && !is_at(inspection, from, before))) {
            return false;
        } else {
            moving = i;
        }
    }
    if (moving >= 0) {
        note_held(inspection, step->target, moving);
    }
    return moving >= 0 || !constant;
}

static bool inspect(struct inspection *inspection, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        bool good = true;
        switch (step->kind) {
        case STEP_COMMENT:
            break;
        case STEP_LOOP:
            good = is_same_each_time(inspection, step->first) &&
                   is_same_each_time(inspection, step->end);
            break;
        case STEP_IF:
            good = is_same_each_time(inspection, step->value);
            break;
        case STEP_DECLARE:
            table_store(inspection->declared, step->target, inspection);
            break;
        case STEP_ASSIGN:
            good = table_find(inspection->declared, step->target) != NULL;
            break;
        case STEP_STORE:
            good = hands_on(inspection, step);
            break;
        case STEP_ADD:
            good = node_is_number(step->value, 0);
            break;
        case STEP_LEAVE:
            good = false;
            break;
        }
        if (!good || !inspect(inspection, &step->body) || !inspect(inspection, &step->otherwise)) {
            return false;
        }
    }
    return true;
}

bool steps_only_hold(struct arena *arena, const struct step *loop, const struct step_list *steps,
                     struct held_list *held)
{
    struct inspection inspection = {
        .arena = arena, .loop = loop, .held = held, .declared = table_create(arena)};
    return inspect(&inspection, steps);
}

/* ---- Handing on what is read ---- */

static const struct held *find_held(const struct held_list *held, const struct tensor *tensor)
{
    for (size_t i = 0; i < held->count; i++) {
        if (held->items[i].tensor == tensor) {
            return &held->items[i];
        }
    }
    return NULL;
}

/* The copy of an element of the same tensor. */
static void move(struct step *store, int axis, const struct node *to, const struct node *from)
{
    store->subscripts[axis] = to;
    if (store->value->kind == NODE_LOAD) {
        const struct node *arguments[RANK_MAX];
        for (int i = 0; i < store->target->rank; i++) {
            arguments[i] = i == axis ? from : store->value->arguments[i];
        }
        store->value = node_load(store->value->graph, store->target, arguments);
    }
}

static void copy_steps(struct arena *arena, const struct step_list *steps,
                       const struct held_list *held, bool inside, const struct node *to,
                       const struct node *from, struct step_list *out)
{
    for (size_t i = 0; i < steps->count; i++) {
        struct step *copy = step_copy(arena, steps->items[i]);
        const struct held *one = copy->kind == STEP_STORE ? find_held(held, copy->target) : NULL;
        bool wanted = one != NULL && (inside ? one->inside : one->last && !one->inside);
        if (wanted && to != NULL) {
            move(copy, one->axis, to, from);
        }
        if (copy->kind == STEP_LOOP || copy->kind == STEP_IF) {
            copy_steps(arena, &steps->items[i]->body, held, inside, to, from, &copy->body);
            copy_steps(arena, &steps->items[i]->otherwise, held, inside, to, from,
                       &copy->otherwise);
            copy->product = NULL;
            wanted = true;
        }
        if (wanted || copy->kind == STEP_DECLARE) {
            steps_push(arena, out, copy);
        }
    }
}

struct step_list steps_for_held(struct arena *arena, const struct step_list *steps,
                                const struct held_list *held, bool inside, const struct node *to,
                                const struct node *from)
{
    struct step_list out = {0};
    copy_steps(arena, steps, held, inside, to, from, &out);
    steps_drop_idle(arena, &out);
    return out;
}
