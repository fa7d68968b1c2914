/* Calls that several statements make with the same arguments are made once.
 *
 * What is shared inside one loop needs no care: it is one node there. But the exponentials of a
 * softmax stand in a sum, in the quotient and in the derivative, each with its own index. Here
 * such a call becomes a tensor with a statement of its own. Where fusion brings its users into one
 * loop, the tensor is contracted to a variable; else its values are kept and not computed again.
 *
 * Calls are the same when they are the same node after a statement's indices have been replaced by
 * common ones: the k-th loop over a range gets the range's k-th common index. */
#include "equations/affine.h"
#include "equations/node_map.h"
#include "plan/statement.h"

/* A call that stands so often where its guards hold is made whether they do or not. */
#define REPEATS_MIN 8.0

struct sharing {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct table *common; /* hash of a range and a number to the common index */
    struct table *calls;  /* node in common indices to struct call */
};

struct call {
    const struct node *node; /* in common indices */
    const struct statement *last;
    unsigned users;              /* statements */
    bool computed;               /* by one of them most of the time */
    double repeats;              /* how often where its guards hold, for each of its values */
    struct statement *statement; /* that computes the tensor; NULL: not yet */
};

/* A statement in common indices. */
struct view {
    struct statement *statement;
    const struct index *own[LOOPS_MAX], *common[LOOPS_MAX];
    const struct node **order;  /* its nodes, arguments first */
    const struct node **images; /* each in common indices */
    size_t count;
};

/* A quotient costs less than a call, but in lanes, where the rows are innermost, it does not move
 * out of the loops in which it stays the same. */
static bool may_be_shared(const struct sharing *sharing, const struct node *node)
{
    return node_is_expensive(node) ||
           (sharing->statements->lanes && node_is(node, OPERATOR_DIVIDE) &&
            node->arguments[1]->kind != NODE_NUMBER && !node_is_index_arithmetic(node) &&
            !node_is_whole(node->arguments[1]));
}

/* ---- Common indices ---- */

/* With its arguments' images in their place. */
static const struct node *node_in(struct sharing *sharing, const struct node_map *images,
                                  const struct node *node)
{
    const struct node *few[RANK_MAX];
    const struct node **arguments =
        node->argument_count <= RANK_MAX
            ? few
            : ARENA_ARRAY(sharing->arena, const struct node *, (size_t)node->argument_count);
    for (int i = 0; i < node->argument_count; i++) {
        const struct node *image = node_map_find(images, node->arguments[i]);
        arguments[i] = image == NULL ? node->arguments[i] : image;
    }
    return node->argument_count == 0 ? node : node_with_arguments(sharing->graph, node, arguments);
}

static void find_indices(struct sharing *sharing, struct view *view, struct node_map *images)
{
    const struct statement *statement = view->statement;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct index *index = statement->loops[i].index;
        view->own[i] = index;
        view->common[i] = common_index(sharing->graph, sharing->common, view->own, i, index);
        node_map_store(images, node_index(sharing->graph, index),
                       node_index(sharing->graph, view->common[i]));
    }
}

/* NULL for a statement that makes no call, or is computed in a recurrence, where what it calls for
 * comes into being step by step. */
static struct view *view_create(struct sharing *sharing, struct statement *statement)
{
    const struct node *roots[] = {statement->value, statement->condition};
    size_t count;
    const struct node **order =
        node_order(sharing->arena, roots, statement->condition == NULL ? 1 : 2, &count);
    bool calls = false;
    for (size_t i = 0; i < count && !calls && statement_sequences(statement) == 0; i++) {
        calls = may_be_shared(sharing, order[i]);
    }
    if (!calls) {
        arena_give_back(sharing->arena, order, count, sizeof order[0]);
        return NULL;
    }
    struct view *view = ARENA_NEW(sharing->arena, struct view);
    *view = (struct view){.statement = statement, .order = order, .count = count};
    view->images = ARENA_ARRAY(sharing->arena, const struct node *, count);
    struct node_map *images = node_map_open(sharing->graph);
    find_indices(sharing, view, images);
    for (size_t i = 0; i < count; i++) {
        if (node_map_find(images, order[i]) == NULL) {
            node_map_store(images, order[i], node_in(sharing, images, order[i]));
        }
        view->images[i] = node_map_find(images, order[i]);
    }
    node_map_close(images);
    return view;
}

/* ---- Counting ---- */

/* What is known of a node from the loads in it. */
struct content {
    int covered; /* the most indices that are subscripts of one load */
    bool changes, leaves_bounds;
};

static int indices_among(const struct node *const *subscripts, int rank)
{
    int count = 0;
    for (int axis = 0; axis < rank; axis++) {
        bool again = false;
        for (int i = 0; i < axis; i++) {
            again = again || subscripts[i] == subscripts[axis];
        }
        count += subscripts[axis]->kind == NODE_INDEX && !again;
    }
    return count;
}

static void find_content(struct sharing *sharing, const struct node_map *contents,
                         const struct node *node, struct content *content)
{
    if (node->kind == NODE_LOAD) {
        content->covered = indices_among(node->arguments, node->argument_count);
        content->changes = table_find(sharing->statements->updatable, node->tensor) != NULL;
        content->leaves_bounds = !load_stays_in_bounds(node);
    }
    for (int i = 0; i < node->argument_count; i++) {
        const struct content *argument = node_map_find(contents, node->arguments[i]);
        content->changes = content->changes || argument->changes;
        content->leaves_bounds = content->leaves_bounds || argument->leaves_bounds;
        if (content->covered < argument->covered) {
            content->covered = argument->covered;
        }
    }
}

/* A call whose values can be kept: they do not change, and something as large is kept already. */
static bool can_be_kept(const struct view *view, const struct node *call,
                        const struct content *content)
{
    const struct statement *statement = view->statement;
    int indices = call->free->count, found = 0;
    for (int axis = 0; axis < statement->target->rank; axis++) {
        found += statement->subscripts[axis]->kind == NODE_INDEX &&
                 node_depends_on(call, statement->subscripts[axis]->index);
    }
    return !content->changes && indices <= RANK_MAX &&
           (content->covered == indices || found == indices);
}

/* How a node is evaluated in a statement. */
enum evaluation { EVALUATION_RARE, EVALUATION_USUAL, EVALUATION_ALWAYS };

/* A condition on indices alone holds for a good part of them; one on data may hold for none. */
static bool is_of_indices(struct sharing *sharing, const struct node *condition)
{
    size_t count;
    const struct node **order = node_order(sharing->arena, &condition, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            return false;
        }
    }
    return true;
}

static void note_evaluation(struct node_map *found, const struct node *node, uintptr_t evaluation)
{
    if ((uintptr_t)node_map_find(found, node) < evaluation) {
        node_map_store(found, node, (const void *)evaluation);
    }
}

static void find_evaluations(struct sharing *sharing, const struct view *view,
                             struct node_map *found)
{
    const struct statement *statement = view->statement;
    uintptr_t whole = EVALUATION_ALWAYS;
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop->first != loop->index->first || loop->end != loop->index->end) {
            whole = EVALUATION_USUAL;
        }
    }
    if (statement->condition != NULL) {
        note_evaluation(found, statement->condition, whole);
        whole = is_of_indices(sharing, statement->condition) ? EVALUATION_USUAL : EVALUATION_RARE;
    }
    note_evaluation(found, statement->value, whole);
    for (size_t i = view->count; i > 0; i--) {
        const struct node *node = view->order[i - 1];
        uintptr_t here = (uintptr_t)node_map_find(found, node), inside = here;
        bool chooses =
            node_is(node, OPERATOR_IF) || node_is(node, OPERATOR_AND) || node_is(node, OPERATOR_OR);
        if (chooses && here != EVALUATION_RARE) {
            inside =
                is_of_indices(sharing, node->arguments[0]) ? EVALUATION_USUAL : EVALUATION_RARE;
        }
        for (int k = 0; k < node->argument_count; k++) {
            note_evaluation(found, node->arguments[k], k == 0 ? here : inside);
        }
    }
}

/* How often a statement comes by a call while its value stays the same. */
static double repeats_of(struct sharing *sharing, const struct view *view, const struct node *call)
{
    double repeats = 1;
    for (int i = 0; i < view->statement->loop_count; i++) {
        const struct index *index = view->statement->loops[i].index;
        repeats *= node_depends_on(call, index) ? 1 : extent_of_index(sharing->graph, index);
    }
    return repeats;
}

static void count_calls(struct sharing *sharing, const struct view *view)
{
    struct node_map *evaluations = node_map_open(sharing->graph);
    struct node_map *by_node = node_map_open(sharing->graph);
    struct content *contents = ARENA_ARRAY(sharing->arena, struct content, view->count);
    find_evaluations(sharing, view, evaluations);
    for (size_t i = 0; i < view->count; i++) {
        const struct node *node = view->order[i];
        const struct content *content = &contents[i];
        find_content(sharing, by_node, node, &contents[i]);
        node_map_store(by_node, node, content);
        if (!may_be_shared(sharing, node) || !can_be_kept(view, node, content)) {
            continue;
        }
        struct call *call = table_find(sharing->calls, view->images[i]);
        if (call == NULL) {
            call = ARENA_NEW(sharing->arena, struct call);
            call->node = view->images[i];
            table_store(sharing->calls, call->node, call);
        }
        call->users += call->last != view->statement;
        call->last = view->statement;
        uintptr_t evaluation = (uintptr_t)node_map_find(evaluations, node);
        call->computed = call->computed || evaluation == EVALUATION_ALWAYS ||
                         (evaluation == EVALUATION_USUAL && !content->leaves_bounds);
        call->repeats += content->leaves_bounds ? 0 : repeats_of(sharing, view, node);
    }
    arena_give_back(sharing->arena, contents, view->count, sizeof contents[0]);
    node_map_close(evaluations);
    node_map_close(by_node);
}

/* ---- Replacing ---- */

static void append(struct sharing *sharing, struct statement *statement)
{
    struct statements *statements = sharing->statements;
    ARENA_PUSH(sharing->arena, statements->items, statements->count, statements->capacity,
               statement);
}

/* The element of a call's tensor, in a statement's own indices. */
static const struct node *read_call(struct sharing *sharing, const struct view *view,
                                    const struct call *call)
{
    const struct node *subscripts[RANK_MAX];
    for (int axis = 0; axis < call->statement->target->rank; axis++) {
        const struct index *common = call->statement->loops[axis].index;
        for (int i = 0; i < view->statement->loop_count; i++) {
            if (view->common[i] == common) {
                subscripts[axis] = node_index(sharing->graph, view->own[i]);
            }
        }
    }
    return node_load(sharing->graph, call->statement->target, subscripts);
}

static struct statement *compute_call(struct sharing *sharing, const struct view *view,
                                      const struct call *call)
{
    struct statement *statement = ARENA_NEW(sharing->arena, struct statement);
    struct axis axes[RANK_MAX];
    statement->equation = view->statement->equation;
    statement->loops = ARENA_ARRAY(sharing->arena, struct loop, LOOPS_MAX);
    statement->subscripts = ARENA_ARRAY(sharing->arena, const struct node *, RANK_MAX);
    for (int i = 0; i < view->statement->loop_count; i++) {
        const struct index *index = view->common[i];
        if (node_depends_on(call->node, index)) {
            int axis = statement->loop_count++;
            axes[axis] = (struct axis){index->first, index->end};
            statement->loops[axis] =
                (struct loop){.index = index, .first = index->first, .end = index->end};
            statement->subscripts[axis] = node_index(sharing->graph, index);
        }
    }
    const char *stem =
        node_is(call->node, OPERATOR_DIVIDE) ? "quotient" : call->node->operation->spelling;
    const char *name =
        arena_format(graph_arena(sharing->graph), "%s%u", stem, ++sharing->statements->part_count);
    statement->fold = statement->loop_count;
    statement->weight = 2;
    statement->target =
        graph_tensor(sharing->graph, TENSOR_PART, name, statement->loop_count, axes);
    return statement;
}

static bool is_worth_sharing(const struct sharing *sharing, const struct call *call)
{
    if (call == NULL) {
        return false;
    }
    bool often = call->repeats >= REPEATS_MIN;
    return (call->users > 1 && (often || (call->computed && node_is_expensive(call->node)))) ||
           (sharing->statements->lanes && often);
}

/* A node of a call's own statement: the calls in it have theirs already. */
static bool is_settled(struct sharing *sharing, const struct view *view, struct node_map *images,
                       const struct call *call, const struct node *node)
{
    const struct call *other = table_find(sharing->calls, node);
    if (node_map_find(images, node) == NULL && is_worth_sharing(sharing, other) && other != call) {
        node_map_store(images, node, read_call(sharing, view, other));
    }
    return node_map_find(images, node) != NULL;
}

/* The value in the call's own statement, whose indices are the common ones. */
static const struct node *value_of_call(struct sharing *sharing, const struct view *view,
                                        const struct call *call)
{
    struct view inner = {.statement = view->statement};
    struct node_map *images = node_map_open(sharing->graph);
    for (int i = 0; i < view->statement->loop_count; i++) {
        inner.own[i] = inner.common[i] = view->common[i];
    }
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(sharing->arena, stack, depth, capacity, call->node);
    while (depth > 0) {
        const struct node *node = stack[depth - 1];
        bool ready = true;
        for (int i = 0; i < node->argument_count; i++) {
            if (!is_settled(sharing, &inner, images, call, node->arguments[i])) {
                ARENA_PUSH(sharing->arena, stack, depth, capacity, node->arguments[i]);
                ready = false;
            }
        }
        if (ready) {
            depth--;
            node_map_store(images, node, node_in(sharing, images, node));
        }
    }
    const struct node *value = node_map_find(images, call->node);
    node_map_close(images);
    return value;
}

/* The statement before its first user. */
static void create_call(struct sharing *sharing, const struct view *view, struct call *call)
{
    call->statement = compute_call(sharing, view, call);
    call->statement->value = value_of_call(sharing, view, call);
    append(sharing, call->statement);
}

static void replace_calls(struct sharing *sharing, const struct view *view)
{
    bool replaced = false;
    struct node_map *images = node_map_open(sharing->graph);
    for (size_t i = 0; i < view->count; i++) {
        const struct node *node = view->order[i];
        struct call *call =
            may_be_shared(sharing, node) ? table_find(sharing->calls, view->images[i]) : NULL;
        const struct node *image;
        if (is_worth_sharing(sharing, call)) {
            if (call->statement == NULL) {
                create_call(sharing, view, call);
            }
            image = read_call(sharing, view, call);
            replaced = true;
        } else {
            image = node_in(sharing, images, node);
        }
        node_map_store(images, node, image);
    }
    struct statement *statement = view->statement;
    if (replaced) {
        statement->value = node_map_find(images, statement->value);
        statement->condition =
            statement->condition == NULL ? NULL : node_map_find(images, statement->condition);
    }
    node_map_close(images);
    arena_give_back(sharing->arena, view->order, view->count, sizeof view->order[0]);
    arena_give_back(sharing->arena, view->images, view->count, sizeof view->images[0]);
}

void statements_share_calls(struct statements *statements)
{
    struct sharing sharing = {
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    size_t count = statements->count;
    struct statement **items = statements->items;
    struct view **views = ARENA_ARRAY(sharing.arena, struct view *, count + 1);
    sharing.common = table_create(sharing.arena);
    sharing.calls = table_create(sharing.arena);
    for (size_t i = 0; i < count; i++) {
        views[i] = view_create(&sharing, items[i]);
        if (views[i] != NULL) {
            count_calls(&sharing, views[i]);
        }
    }
    statements->items = NULL;
    statements->count = statements->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        if (views[i] != NULL) {
            replace_calls(&sharing, views[i]);
        }
        append(&sharing, items[i]);
    }
}
