/* Calls in recurrences that are made once and kept.
 *
 * What a cell computes on the way there, such as sigmoid(s[t,j]), its derivative needs on the way
 * back, in another loop. The first statement to make such a call for all elements that are wanted
 * gets one before it that makes the call and keeps its value; all others read that. With f(x) goes
 * f(-x), which has most of its work in common. */
#include "equations/affine.h"
#include "plan/statement.h"

/* A call of one element, or of it negated: f(U[i,t,2,j]). */
struct call {
    const struct node *node, *load;
    struct statement *statement; /* that makes it */
    size_t position;             /* of the statement */
    bool always;                 /* the statement always does */
};

/* The calls of one tensor's elements. */
struct element_calls {
    struct call *items;
    size_t count, capacity;
};

struct keeping {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct table *by_tensor;       /* tensor of a recurrence to struct element_calls */
    const struct tensor **tensors; /* in the order in which they are met */
    size_t tensor_count, tensor_capacity;
    struct statement ***before; /* what is to come before each statement */
    size_t *before_counts, *before_capacities;
};

/* ---- Finding calls ---- */

static const struct node *loaded_by(const struct node *call)
{
    if (!node_is_expensive(call) || call->argument_count != 1) {
        return NULL;
    }
    const struct node *argument = call->arguments[0];
    argument = node_is(argument, OPERATOR_NEGATE) ? argument->arguments[0] : argument;
    return argument->kind == NODE_LOAD ? argument : NULL;
}

/* Tensors that recurrences compute, each element once. */
static void find_tensors(struct keeping *keeping)
{
    const struct statements *statements = keeping->statements;
    struct table *barred = table_create(keeping->arena);
    for (size_t i = 0; i < statements->count; i++) {
        const struct statement *statement = statements->items[i];
        if (statement->accumulates || statement->clears || statement->update) {
            table_store(barred, statement->target, keeping);
        }
    }
    for (size_t i = 0; i < statements->count; i++) {
        const struct tensor *target = statements->items[i]->target;
        if (statement_sequences(statements->items[i]) > 0 && table_find(barred, target) == NULL &&
            table_find(keeping->by_tensor, target) == NULL) {
            table_store(keeping->by_tensor, target,
                        ARENA_NEW(keeping->arena, struct element_calls));
            ARENA_PUSH(keeping->arena, keeping->tensors, keeping->tensor_count,
                       keeping->tensor_capacity, target);
        }
    }
}

/* Marks what is evaluated whenever the root is. */
static void mark_always(struct table *always, const struct node *const *order, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        const struct node *node = order[i - 1];
        bool chooses =
            node_is(node, OPERATOR_IF) || node_is(node, OPERATOR_AND) || node_is(node, OPERATOR_OR);
        if (i == count) {
            table_store(always, node, always);
        }
        for (int k = 0; table_find(always, node) != NULL && k < node->argument_count; k++) {
            if (k == 0 || !chooses) {
                table_store(always, node->arguments[k], always);
            }
        }
    }
}

static void find_calls(struct keeping *keeping, size_t position, const struct node *root,
                       bool certain)
{
    size_t count;
    const struct node **order = node_order(keeping->arena, &root, 1, &count);
    struct table *always = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct node *load = loaded_by(order[i]);
        struct element_calls *calls =
            load == NULL ? NULL : table_find(keeping->by_tensor, load->tensor);
        if (calls == NULL) {
            continue;
        }
        if (always == NULL) {
            always = table_create(keeping->arena);
            mark_always(always, order, count);
        }
        struct call call = {order[i], load, keeping->statements->items[position], position,
                            certain && table_find(always, order[i]) != NULL};
        ARENA_PUSH(keeping->arena, calls->items, calls->count, calls->capacity, call);
    }
}

/* ---- Who makes a call for all ---- */

static const struct loop *loop_of(const struct statement *statement, const struct node *subscript)
{
    int level = statement_loop_of(statement, subscript, statement->loop_count);
    return level < 0 ? NULL : &statement->loops[level];
}

/* Whether a call is made in each iteration of all loops of a recurrence's statement, each time for
 * another element. */
static bool can_lead(const struct call *call)
{
    const struct statement *statement = call->statement;
    int found = 0;
    if (!call->always || statement->reduction != NULL || statement_sequences(statement) == 0) {
        return false;
    }
    for (int axis = 0; axis < call->load->argument_count; axis++) {
        const struct node *subscript = call->load->arguments[axis];
        const struct loop *loop = loop_of(statement, subscript);
        bool again = false;
        for (int i = 0; i < axis; i++) {
            again = again || subscript == call->load->arguments[i];
        }
        if (loop == NULL
                ? subscript->free->count > 0
                : again || loop->first != loop->index->first || loop->end != loop->index->end) {
            return false;
        }
        found += loop != NULL;
    }
    return found == statement->loop_count;
}

static bool in_one_loop(const struct statement *left, const struct statement *right)
{
    return statement_sequences(right) > 0 && left->loops[0].sequence == right->loops[0].sequence;
}

/* The subscript of a call that is the leader's for the step of one of its sequences. */
static const struct node *step_of(const struct call *leader, const struct call *call, int level)
{
    for (int axis = 0; axis < leader->load->argument_count; axis++) {
        if (node_is_index(leader->load->arguments[axis], leader->statement->loops[level].index)) {
            return call->load->arguments[axis];
        }
    }
    return NULL;
}

/* Whether a call wants what the leader has made in this step of their recurrence or an earlier one;
 * where they are not in one recurrence, all is made. */
static bool is_made_by_then(const struct call *leader, const struct call *call)
{
    int sequences = in_one_loop(leader->statement, call->statement)
                        ? statement_sequences(leader->statement)
                        : 0;
    for (int level = 0; level < sequences; level++) {
        const struct loop *loop = &leader->statement->loops[level];
        const struct node *made = step_of(leader, leader, level);
        const struct node *wanted = step_of(leader, call, level);
        const struct node *earlier = loop->sequence->descending ? made : wanted;
        const struct node *later = loop->sequence->descending ? wanted : made;
        if (wanted == NULL || affine_proves_below(earlier, later)) {
            return wanted != NULL;
        }
        if (made != wanted) {
            return false;
        }
    }
    return true;
}

/* Whether the leader's calls are those of all elements that another call may want. */
static bool covers(const struct call *leader, const struct call *call)
{
    for (int axis = 0; axis < leader->load->argument_count; axis++) {
        const struct node *led = leader->load->arguments[axis];
        const struct node *subscript = call->load->arguments[axis];
        const struct loop *loop = loop_of(leader->statement, led);
        if (loop == NULL ? !affine_proves_equal(led, subscript)
                         : !affine_proves_at_most(loop->first, subscript) ||
                               !affine_proves_below(subscript, loop->end)) {
            return false;
        }
    }
    return call->position >= leader->position && is_made_by_then(leader, call);
}

/* Whether the same call is made in another loop. */
static bool is_wanted_again(const struct element_calls *calls, const struct call *leader)
{
    for (size_t i = 0; i < calls->count; i++) {
        const struct call *call = &calls->items[i];
        if (call->node->operation == leader->node->operation &&
            (call->node->arguments[0] == call->load) ==
                (leader->node->arguments[0] == leader->load) &&
            !in_one_loop(leader->statement, call->statement) && covers(leader, call)) {
            return true;
        }
    }
    return false;
}

/* ---- Keeping ---- */

/* The tensor of a call's values, which has the axes that the call's element moves along. */
static struct statement *keep(struct keeping *keeping, const struct call *leader,
                              const struct node *value)
{
    const struct statement *model = leader->statement;
    struct statement *statement = ARENA_NEW(keeping->arena, struct statement);
    struct axis axes[RANK_MAX];
    int rank = 0;
    statement->equation = model->equation;
    statement->loops = ARENA_ARRAY(keeping->arena, struct loop, LOOPS_MAX);
    statement->subscripts = ARENA_ARRAY(keeping->arena, const struct node *, RANK_MAX);
    for (int i = 0; i < model->loop_count; i++) {
        statement->loops[i] = model->loops[i];
    }
    for (int axis = 0; axis < leader->load->argument_count; axis++) {
        const struct loop *loop = loop_of(model, leader->load->arguments[axis]);
        if (loop != NULL) {
            axes[rank] = (struct axis){loop->first, loop->end};
            statement->subscripts[rank++] = leader->load->arguments[axis];
        }
    }
    const char *name = arena_format(graph_arena(keeping->graph), "%s%u", value->operation->spelling,
                                    ++keeping->statements->part_count);
    statement->target = graph_tensor(keeping->graph, TENSOR_PART, name, rank, axes);
    statement->loop_count = statement->fold = model->loop_count;
    statement->number = model->number;
    statement->weight = 1;
    statement->value = value;
    ARENA_PUSH(keeping->arena, keeping->before[leader->position],
               keeping->before_counts[leader->position],
               keeping->before_capacities[leader->position], statement);
    return statement;
}

/* The element that is kept of what a call asks for. */
static const struct node *kept_element(struct keeping *keeping, const struct call *leader,
                                       const struct statement *kept, const struct call *call)
{
    const struct node *subscripts[RANK_MAX];
    int rank = 0;
    for (int axis = 0; axis < leader->load->argument_count; axis++) {
        if (loop_of(leader->statement, leader->load->arguments[axis]) != NULL) {
            subscripts[rank++] = call->load->arguments[axis];
        }
    }
    return node_load(keeping->graph, kept->target, subscripts);
}

static const struct node *read_kept(void *context, const struct node *node)
{
    const struct node *image = table_find(context, node);
    return image == NULL ? node : image;
}

static void replace(struct keeping *keeping, const struct call *call, const struct node *image)
{
    struct statement *statement = call->statement;
    struct table *images = table_create(keeping->arena);
    table_store(images, call->node, (void *)(uintptr_t)image);
    statement->value = node_rewrite(keeping->graph, statement->value, read_kept, images);
    if (statement->condition != NULL) {
        statement->condition =
            node_rewrite(keeping->graph, statement->condition, read_kept, images);
    }
}

/* Has the leader's calls made before it, and those of the same function for the element negated;
 * the calls that are replaced leave the list. */
static void keep_for_all(struct keeping *keeping, struct element_calls *calls, struct call leader)
{
    struct statement *kept[2] = {NULL, NULL}; /* of the element and of it negated */
    size_t left = 0;
    for (size_t i = 0; i < calls->count; i++) {
        struct call call = calls->items[i];
        if (call.node->operation != leader.node->operation || !covers(&leader, &call)) {
            calls->items[left++] = call;
            continue;
        }
        bool negated = call.node->arguments[0] != call.load;
        if (kept[negated] == NULL) {
            const struct node *argument =
                negated ? node_unary(keeping->graph, OPERATOR_NEGATE, leader.load) : leader.load;
            kept[negated] =
                keep(keeping, &leader, node_with_arguments(keeping->graph, leader.node, &argument));
        }
        replace(keeping, &call, kept_element(keeping, &leader, kept[negated], &call));
    }
    calls->count = left;
}

static void keep_calls_of(struct keeping *keeping, struct element_calls *calls)
{
    for (size_t i = 0; i < calls->count;) {
        if (can_lead(&calls->items[i]) && is_wanted_again(calls, &calls->items[i])) {
            keep_for_all(keeping, calls, calls->items[i]);
            i = 0;
        } else {
            i++;
        }
    }
}

void statements_keep_calls(struct statements *statements)
{
    struct keeping keeping = {
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    size_t count = statements->count;
    struct statement **items = statements->items;
    keeping.by_tensor = table_create(keeping.arena);
    find_tensors(&keeping);
    if (keeping.tensor_count == 0) {
        return;
    }
    keeping.before = ARENA_ARRAY(keeping.arena, struct statement **, count);
    keeping.before_counts = ARENA_ARRAY(keeping.arena, size_t, count);
    keeping.before_capacities = ARENA_ARRAY(keeping.arena, size_t, count);
    for (size_t i = 0; i < count; i++) {
        find_calls(&keeping, i, items[i]->value, items[i]->condition == NULL);
        if (items[i]->condition != NULL) {
            find_calls(&keeping, i, items[i]->condition, false);
        }
    }
    for (size_t i = 0; i < keeping.tensor_count; i++) {
        keep_calls_of(&keeping, table_find(keeping.by_tensor, keeping.tensors[i]));
    }
    statements->items = NULL;
    statements->count = statements->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < keeping.before_counts[i]; k++) {
            ARENA_PUSH(statements->arena, statements->items, statements->count,
                       statements->capacity, keeping.before[i][k]);
        }
        ARENA_PUSH(statements->arena, statements->items, statements->count, statements->capacity,
                   items[i]);
    }
}
