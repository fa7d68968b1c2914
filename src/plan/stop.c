#include "plan/stop.h"

#include "equations/affine.h"
#include "plan/held.h"

/* A loop that runs over the steps taken alone. */
struct taken {
    struct step_list *list; /* that it stands in */
    struct step *loop;
    const struct node *first, *end; /* of all the steps it had */
    const struct node *until;       /* where it ends now */
    long offset;                    /* it ends at `reached` - offset */
    struct held_list held;
    struct step_list tail; /* an iteration behind the last step */
};

/* A recurrence whose loop is left. */
struct stopping {
    struct plan *plan;
    struct tree *tree;
    struct graph *graph;
    struct arena *arena;
    const struct tensor *flag;
    const struct step *store;       /* of the flag, in the loop */
    const struct step *nest;        /* the step of the loop's body that holds the store, or is it */
    const struct tensor *reached;   /* the variable that says where it stopped: the first step that
                                       is not taken */
    const struct node *first, *end; /* of the loop */
    struct table *running;          /* index to a loop behind it that it runs */
    struct taken **taken;           /* the loop itself first */
    size_t count, capacity;
    bool read; /* the flag is */
};

static const struct node *plus(const struct stopping *stopping, const struct node *node,
                               long offset)
{
    return affine_normalize(stopping->graph,
                            node_binary(stopping->graph, OPERATOR_ADD, node,
                                        node_number(stopping->graph, (double)offset)));
}

static const struct node *reached_node(const struct stopping *stopping, long offset)
{
    return plus(stopping, node_load(stopping->graph, stopping->reached, NULL), offset);
}

static size_t position_of(const struct step_list *list, const struct step *step)
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

static bool contains(const struct step *step, const struct step *wanted)
{
    bool found = step == wanted;
    for (size_t i = 0; i < step->body.count && !found; i++) {
        found = contains(step->body.items[i], wanted);
    }
    return found;
}

/* The step of a loop's body that holds a step, or is it. */
static const struct step *inner_step(const struct step *loop, const struct step *wanted)
{
    size_t position = 0;
    while (!contains(loop->body.items[position], wanted)) {
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
    stopping->nest = inner_step(loop, stopping->store);
    return true;
}

/* One step for all elements that the loop computes: what it is before and behind is known. */
static bool is_alone(const struct stopping *stopping)
{
    return stopping->nest == stopping->store;
}

/* ---- A loop over the steps taken ---- */

static struct outlook outlook_at(const struct stopping *stopping, const struct step *loop,
                                 bool stopped, long offset)
{
    const struct node *from = plus(stopping, stopping->first, -offset);
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

static struct taken *take_loop(struct stopping *stopping, struct step_list *list, struct step *loop,
                               long offset)
{
    struct taken *taken = ARENA_NEW(stopping->arena, struct taken);
    struct outlook outlook = outlook_at(stopping, loop, true, offset);
    *taken = (struct taken){
        .list = list, .loop = loop, .first = loop->first, .end = loop->end, .offset = offset};
    taken->tail = outlook_of(&outlook, &loop->body);
    if (!steps_only_hold(stopping->arena, loop, &taken->tail, &taken->held)) {
        return NULL;
    }
    return taken;
}

static void add_taken(struct stopping *stopping, struct taken *taken)
{
    ARENA_PUSH(stopping->arena, stopping->taken, stopping->count, stopping->capacity, taken);
}

/* ---- Leaving the loop ---- */

static struct step *create(const struct stopping *stopping, enum step_kind kind,
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
    struct step *leave = create(stopping, STEP_IF, NULL, condition);
    steps_push(
        stopping->arena, &leave->body,
        create(stopping, STEP_ASSIGN, stopping->reached, node_index(stopping->graph, loop->index)));
    steps_push(stopping->arena, &leave->body, create(stopping, STEP_LEAVE, NULL, NULL));
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
    struct outlook outlook = outlook_at(stopping, loop, false, -1);
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
                   create(stopping, STEP_DECLARE, all, node_number(graph, 1)));
        while (nest != stopping->store) {
            struct step *copy = step_copy(stopping->arena, nest);
            copy->reduction = true;
            copy->independent = false;
            steps_push(stopping->arena, list, copy);
            list = &copy->body;
            nest = inner_step(nest, stopping->store);
        }
        const struct node *flag = node_load(graph, stopping->flag, nest->subscripts);
        steps_push(
            stopping->arena, list,
            create(stopping, STEP_ASSIGN, all, node_binary(graph, OPERATOR_MIN, value, flag)));
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
    struct taken *taken = take_loop(stopping, list, loop, 0);
    if (taken == NULL) {
        return false;
    }
    stopping->reached =
        graph_tensor(stopping->graph, TENSOR_LOCAL, name_of_end(stopping, loop), 0, NULL);
    if (is_alone(stopping)) {
        leave_at_store(stopping, loop);
    } else {
        leave_behind_nest(stopping, loop);
    }
    taken->until = reached_node(stopping, 0);
    struct step *declare = create(stopping, STEP_DECLARE, stopping->reached, loop->end);
    declare->whole = true;
    steps_insert(stopping->arena, list, position, declare);
    add_taken(stopping, taken);
    return true;
}

/* ---- Other loops over the same steps ---- */

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
        nest = inner_step(nest, stopping->store);
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
    const struct node *end = reached_node(stopping, -offset);
    bool above = affine_proves_at_most(loop->first, plus(stopping, stopping->first, -offset));
    bool below = affine_proves_at_most(plus(stopping, stopping->end, -offset), loop->end);
    if (above && below) {
        return end;
    }
    end = above ? end : node_binary(graph, OPERATOR_MAX, end, loop->first);
    end = below ? end : node_binary(graph, OPERATOR_MIN, end, loop->end);
    const char *name =
        arena_format(stopping->arena, "%s%zu", stopping->reached->name, stopping->count + 1);
    const struct tensor *variable = graph_tensor(graph, TENSOR_LOCAL, name, 0, NULL);
    struct step *declare = create(stopping, STEP_DECLARE, variable, end);
    declare->whole = true;
    steps_insert(stopping->arena, list, position_of(list, loop), declare);
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
    struct taken *taken = take_loop(stopping, list, loop, uses.offset);
    if (taken == NULL) {
        return false;
    }
    if (is_alone(stopping)) {
        struct outlook outlook = outlook_at(stopping, loop, false, uses.offset);
        loop->body = outlook_of(&outlook, &loop->body);
    }
    taken->until = shorter_end(stopping, list, loop, uses.offset);
    loop->most = loop->end;
    loop->end = taken->until;
    add_taken(stopping, taken);
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
static void shorten_loops(struct stopping *stopping, struct step_list *list, size_t position)
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
        i = position_of(list, step);
        if (step->value != NULL && is_alone(stopping)) {
            step->value = node_rewrite(stopping->graph, step->value, compare_step, stopping);
        }
    }
}

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
    gap.first = plus(stopping, stopping->first, gap.begin);
    gap.end = descending ? taken->end : plus(stopping, taken->end, -1);
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
static void judge_reads(struct stopping *stopping)
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
    size_t position = position_of(taken->list, taken->loop);
    position += !taken->loop->descending;
    for (size_t i = 0; i < steps->count; i++) {
        steps_insert(stopping->arena, taken->list, position + i, steps->items[i]);
    }
}

/* The elements passed over: the one at the end, or all of those that are read. */
static void hand_on(struct stopping *stopping, struct taken *taken)
{
    const struct step *loop = taken->loop;
    const struct node *begin = taken->until;
    const struct node *before = plus(stopping, begin, -1);
    const struct node *last = plus(stopping, taken->end, -1);
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
            .plan = plan, .tree = tree, .graph = plan->graph, .arena = tree->arena};
        if (find_flag(&stopping, list->items[i]) && leave_loop(&stopping, list, i)) {
            shorten_loops(&stopping, list, i + 2);
            judge_reads(&stopping);
            for (size_t k = 0; k < stopping.count; k++) {
                hand_on(&stopping, stopping.taken[k]);
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
            steps_drop_idle(tree->arena, steps);
        }
    }
}
