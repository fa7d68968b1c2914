#include "plan/stop.h"

#include "equations/affine.h"
#include "plan/stopping.h"

const struct node *stopping_plus(const struct stopping *stopping, const struct node *node,
                                 long offset)
{
    return affine_normalize(stopping->graph,
                            node_binary(stopping->graph, OPERATOR_ADD, node,
                                        node_number(stopping->graph, (double)offset)));
}

const struct node *stopping_reached(const struct stopping *stopping, long offset)
{
    return stopping_plus(stopping, node_load(stopping->graph, stopping->reached, NULL), offset);
}

size_t step_position(const struct step_list *list, const struct step *step)
{
    size_t position = 0;
    while (list->items[position] != step) {
        position++;
    }
    return position;
}

/* ---- Finding a recurrence that stops ---- */

static const struct step *find_store(const struct step_list *steps, const struct index *index)
{
    const struct step *found = NULL;
    for (size_t i = 0; i < steps->count && found == NULL; i++) {
        const struct step *step = steps->items[i];
        int stops = step->kind == STEP_STORE ? step->target->stops : 0;
        if (stops > 0 && step->value->kind != NODE_NUMBER &&
            node_is_index(step->subscripts[stops - 1], index)) {
            found = step;
        } else if (step->kind == STEP_LOOP) {
            found = find_store(&step->body, index);
        }
    }
    return found;
}

/* How often a tensor is stored that is no number. */
static size_t count_stores(const struct step_list *steps, const struct tensor *tensor)
{
    size_t count = 0;
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        count +=
            step->kind == STEP_STORE && step->target == tensor && step->value->kind != NODE_NUMBER;
        count += count_stores(&step->body, tensor) + count_stores(&step->otherwise, tensor);
    }
    return count;
}

bool step_contains(const struct step *step, const struct step *wanted)
{
    bool found = step == wanted;
    for (size_t i = 0; i < step->body.count && !found; i++) {
        found = step_contains(step->body.items[i], wanted);
    }
    return found;
}

/* The step of a loop's body that holds a step, or is it. */
const struct step *step_inside(const struct step *loop, const struct step *wanted)
{
    size_t position = 0;
    while (!step_contains(loop->body.items[position], wanted)) {
        position++;
    }
    return loop->body.items[position];
}

/* Whether the loop at hand computes a flag: in it alone, up to the last step. */
static bool find_flag(struct stopping *stopping, const struct step *loop)
{
    if (loop->kind != STEP_LOOP || !loop->carries || loop->descending) {
        return false;
    }
    stopping->store = find_store(&loop->body, loop->index);
    if (stopping->store == NULL) {
        return false;
    }
    stopping->flag = stopping->store->target;
    size_t stores = 0;
    for (size_t i = 0; i < stopping->plan->part_count; i++) {
        stores += count_stores(&stopping->plan->parts[i].steps, stopping->flag);
    }
    const struct axis *axis = &stopping->flag->axes[stopping->flag->stops - 1];
    if (stores != 1 || !affine_proves_at_most(axis->end, loop->end)) {
        return false;
    }
    stopping->nest = step_inside(loop, stopping->store);
    return true;
}

/* One step for all elements that the loop computes: what it is before and behind is known. */
bool stopping_is_alone(const struct stopping *stopping)
{
    return stopping->nest == stopping->store;
}

/* ---- A loop over the steps taken ---- */

struct outlook stopping_outlook(const struct stopping *stopping, const struct step *loop,
                                bool stopped, long offset)
{
    const struct node *from = stopping_plus(stopping, stopping->first, -offset);
    return (struct outlook){
        .graph = stopping->graph,
        .flag = stopping->flag,
        .index = loop->index,
        .first = stopped && affine_proves_at_most(loop->first, from) ? from : loop->first,
        .end = loop->end,
        .stopped = stopped,
        .offset = offset,
        .elements = stopped};
}

struct taken *stopping_take(struct stopping *stopping, struct step_list *list, struct step *loop,
                            long offset)
{
    struct taken *taken = ARENA_NEW(stopping->arena, struct taken);
    struct outlook outlook = stopping_outlook(stopping, loop, true, offset);
    *taken = (struct taken){
        .list = list, .loop = loop, .first = loop->first, .end = loop->end, .offset = offset};
    taken->tail = outlook_of(&outlook, &loop->body);
    if (!steps_only_hold(stopping->arena, loop, &taken->tail, &taken->held)) {
        return NULL;
    }
    return taken;
}

void stopping_add(struct stopping *stopping, struct taken *taken)
{
    ARENA_PUSH(stopping->arena, stopping->taken, stopping->count, stopping->capacity, taken);
}

/* ---- Leaving the loop ---- */

struct step *stopping_step(const struct stopping *stopping, enum step_kind kind,
                           const struct tensor *target, const struct node *value)
{
    struct step *step = ARENA_NEW(stopping->arena, struct step);
    step->kind = kind;
    step->target = target;
    step->value = value;
    return step;
}

static void push_leave(const struct stopping *stopping, struct step_list *list,
                       const struct step *loop, const struct node *condition)
{
    struct step *leave = stopping_step(stopping, STEP_IF, NULL, condition);
    steps_push(stopping->arena, &leave->body,
               stopping_step(stopping, STEP_ASSIGN, stopping->reached,
                             node_index(stopping->graph, loop->index)));
    steps_push(stopping->arena, &leave->body, stopping_step(stopping, STEP_LEAVE, NULL, NULL));
    steps_push(stopping->arena, list, leave);
}

/* The condition under which a flag that a variable may hold is 1. */
static const struct node *flag_condition(const struct step_list *steps,
                                         const struct node *condition)
{
    const struct node *value = condition->arguments[0];
    for (size_t i = 0; i < steps->count && value->kind == NODE_LOAD; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_DECLARE && step->target == value->tensor && step->value != NULL) {
            value = step->value;
        }
    }
    return node_is(value, OPERATOR_IF) && node_is_number(value->arguments[1], 1) &&
                   node_is_number(value->arguments[2], 0)
               ? value->arguments[0]
               : condition;
}

/* What comes behind the store runs where the flag is 0 only. */
static void leave_at_store(const struct stopping *stopping, struct step *loop)
{
    struct outlook outlook = stopping_outlook(stopping, loop, false, -1);
    struct step_list body = {0};
    for (size_t i = 0; i < loop->body.count; i++) {
        steps_push(stopping->arena, &body, loop->body.items[i]);
        if (loop->body.items[i] == stopping->store) {
            push_leave(stopping, &body, loop,
                       node_binary(stopping->graph, OPERATOR_EQUAL, stopping->store->value,
                                   node_number(stopping->graph, 1)));
        }
    }
    loop->body = outlook_of(&outlook, &body);
    for (size_t i = 0; i < loop->body.count; i++) {
        struct step *step = loop->body.items[i];
        if (step->kind == STEP_IF && step->body.count > 0 &&
            step->body.items[step->body.count - 1]->kind == STEP_LEAVE) {
            step->value = flag_condition(&loop->body, step->value);
        }
    }
}

/* Once the flag is 1 for all elements: the loops around the store, around what looks for a 0. */
static void leave_behind_nest(const struct stopping *stopping, struct step *loop)
{
    struct graph *graph = stopping->graph;
    struct step_list body = {0};
    const struct tensor *all = graph_tensor(graph, TENSOR_LOCAL, "all_stopped", 0, NULL);
    const struct node *value = node_load(graph, all, NULL);
    for (size_t i = 0; i < loop->body.count; i++) {
        const struct step *nest = loop->body.items[i];
        steps_push(stopping->arena, &body, loop->body.items[i]);
        if (nest != stopping->nest) {
            continue;
        }
        struct step_list *list = &body;
        steps_push(stopping->arena, list,
                   stopping_step(stopping, STEP_DECLARE, all, node_number(graph, 1)));
        while (nest != stopping->store) {
            struct step *copy = step_copy(stopping->arena, nest);
            copy->reduction = true;
            copy->independent = false;
            steps_push(stopping->arena, list, copy);
            list = &copy->body;
            nest = step_inside(nest, stopping->store);
        }
        const struct node *flag = node_load(graph, stopping->flag, nest->subscripts);
        steps_push(stopping->arena, list,
                   stopping_step(stopping, STEP_ASSIGN, all,
                                 node_binary(graph, OPERATOR_MIN, value, flag)));
        push_leave(stopping, &body, loop,
                   node_binary(graph, OPERATOR_EQUAL, value, node_number(graph, 1)));
    }
    loop->body = body;
}

static const char *name_of_end(const struct stopping *stopping, const struct step *loop)
{
    const char *name = loop->index->name;
    return arena_format(stopping->arena, "%s_end", name == NULL ? "steps" : name);
}

/* The loop at `position` is left once it has stopped; false where its iterations do more behind
 * that than to hand on. */
static bool leave_loop(struct stopping *stopping, struct step_list *list, size_t position)
{
    struct step *loop = list->items[position];
    stopping->running = table_create(stopping->arena);
    stopping->first = loop->first;
    stopping->end = loop->end;
    struct taken *taken = stopping_take(stopping, list, loop, 0);
    if (taken == NULL) {
        return false;
    }
    stopping->reached =
        graph_tensor(stopping->graph, TENSOR_LOCAL, name_of_end(stopping, loop), 0, NULL);
    if (stopping_is_alone(stopping)) {
        leave_at_store(stopping, loop);
    } else {
        leave_behind_nest(stopping, loop);
    }
    taken->until = stopping_reached(stopping, 0);
    struct step *declare = stopping_step(stopping, STEP_DECLARE, stopping->reached, loop->end);
    declare->whole = true;
    steps_insert(stopping->arena, list, position, declare);
    stopping_add(stopping, taken);
    return true;
}

/* ---- The flag itself ---- */

static void drop_stores(struct step_list *steps, const struct tensor *tensor)
{
    size_t kept = 0;
    for (size_t i = 0; i < steps->count; i++) {
        struct step *step = steps->items[i];
        drop_stores(&step->body, tensor);
        drop_stores(&step->otherwise, tensor);
        if (step->kind != STEP_STORE || step->target != tensor) {
            steps->items[kept++] = step;
        }
    }
    steps->count = kept;
}

static void drop_flag(struct stopping *stopping)
{
    for (size_t i = 0; i < stopping->plan->part_count; i++) {
        drop_stores(&stopping->plan->parts[i].steps, stopping->flag);
    }
    if (stopping->tree->dropped == NULL) {
        stopping->tree->dropped = table_create(stopping->arena);
    }
    table_store(stopping->tree->dropped, stopping->flag, stopping->tree);
}

/* True where some loop was changed. */
static bool stop_loops(struct plan *plan, struct tree *tree, struct step_list *list)
{
    bool changed = false;
    for (size_t i = 0; i < list->count; i++) {
        struct stopping stopping = {
            .plan = plan, .tree = tree, .graph = plan->graph, .arena = graph_arena(plan->graph)};
        if (find_flag(&stopping, list->items[i]) && leave_loop(&stopping, list, i)) {
            shorten_loops(&stopping, list, i + 2);
            passed_judge(&stopping);
            for (size_t k = 0; k < stopping.count; k++) {
                passed_hand_on(&stopping, stopping.taken[k]);
            }
            if (!stopping.read) {
                drop_flag(&stopping);
            }
            changed = true;
            i++;
        } else {
            changed = stop_loops(plan, tree, &list->items[i]->body) || changed;
        }
    }
    return changed;
}

void plan_stop_loops(struct plan *plan, struct tree *tree)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        struct step_list *steps = &plan->parts[i].steps;
        if (stop_loops(plan, tree, steps)) {
            plan->leaves = true;
            steps_drop_idle(tree->arena, steps);
        }
    }
}
