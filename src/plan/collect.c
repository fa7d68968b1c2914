#include "equations/affine.h"
#include "equations/guards.h"
#include "plan/factors.h"

/* A statement whose reductions are still inside. */
struct draft {
    struct statement *statement;
    const struct node *body;
    const struct node *guard; /* where it does not hold, nothing is evaluated; NULL: always holds */
    const struct node *condition; /* where it does not hold, nothing is set; NULL: always holds */
    bool expanded, appended;
};

/* The stretch of a recurrence that is being collected. */
struct stretch {
    struct table *written; /* tensors of the recurrence */
    struct sequence
        *sequences[RANK_MAX]; /* of the loops, the outermost first; NULL: has one step */
    const struct recurrence *recurrences[RANK_MAX];
    struct statement **waiting; /* its own: what others need comes before all of them */
    size_t count, capacity;
};

struct collector {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct draft **stack;
    size_t depth, capacity;
    struct table *drafts;    /* reduction to the draft that computes it */
    struct table *shared;    /* expression in common indices to struct shared */
    struct table *common;    /* hash of a range and a number to the common index */
    struct stretch *stretch; /* NULL outside of recurrences */
    /* One statement at a time */
    const struct node **order; /* its nodes above reductions, arguments first */
    size_t order_count, order_capacity;
    struct guards guards;
    struct table *images; /* node to what replaces it */
};

/* ---- Drafts ---- */

static struct statement *statement_create(struct collector *collector,
                                          const struct equation *equation,
                                          const struct tensor *target)
{
    struct statement *statement = ARENA_NEW(collector->arena, struct statement);
    statement->equation = equation;
    statement->target = target;
    if (target->rank > 0) {
        statement->subscripts =
            ARENA_ARRAY(collector->arena, const struct node *, (size_t)target->rank);
    }
    return statement;
}

static struct draft *draft_create(struct collector *collector, const struct equation *equation,
                                  const struct tensor *target, const struct node *body)
{
    struct draft *draft = ARENA_NEW(collector->arena, struct draft);
    draft->statement = statement_create(collector, equation, target);
    draft->body = body;
    return draft;
}

static void push_draft(struct collector *collector, struct draft *draft)
{
    ARENA_PUSH(collector->arena, collector->stack, collector->depth, collector->capacity, draft);
}

static void add_loop(struct collector *collector, struct statement *statement,
                     const struct index *index, bool reduced)
{
    if (statement->loops == NULL) {
        statement->loops = ARENA_ARRAY(collector->arena, struct loop, LOOPS_MAX);
    }
    statement->loops[statement->loop_count++] =
        (struct loop){.index = index, .first = index->first, .end = index->end, .reduced = reduced};
}

/* A loop over each axis of the target. */
static void add_target_loop(struct collector *collector, struct statement *statement,
                            const struct index *index, int axis)
{
    add_loop(collector, statement, index, false);
    statement->subscripts[axis] = node_index(collector->graph, index);
}

/* Loops over the axes that have no subscript yet. */
static void add_target_loops(struct collector *collector, struct statement *statement,
                             const struct equation *equation)
{
    for (int axis = 0; axis < equation->target->rank; axis++) {
        if (statement->subscripts[axis] == NULL) {
            add_target_loop(collector, statement, equation->indices[axis], axis);
        }
    }
}

/* Which of a statement's loops a reduction inside it runs in: those of its free indices, and where
 * it may be evaluated only under a guard those of the guard's. */
static bool reduction_needs(const struct node *reduce, const struct node *guard,
                            const struct index *index)
{
    return node_depends_on(reduce, index) || (guard != NULL && node_depends_on(guard, index));
}

static const struct tensor *part_for(struct collector *collector, const struct statement *around,
                                     const struct node *reduce, const struct node *guard)
{
    struct axis axes[RANK_MAX];
    int rank = 0;
    for (int i = 0; i < around->loop_count; i++) {
        const struct index *index = around->loops[i].index;
        if (reduction_needs(reduce, guard, index) && rank < RANK_MAX) {
            axes[rank].first = index->first;
            axes[rank++].end = index->end;
        }
    }
    const char *stem =
        reduction_seeks_place(reduce->reduction) ? "place" : reduce->reduction->spelling;
    const char *name =
        arena_format(collector->arena, "%s%u", stem, ++collector->statements->part_count);
    return graph_tensor(collector->graph, TENSOR_PART, name, rank, axes);
}

/* Whether an expression reads what the recurrence at hand computes. */
static bool reads_recurrence(struct collector *collector, const struct node *expression)
{
    size_t count = 0;
    const struct node **order =
        collector->stretch == NULL ? NULL : node_order(collector->arena, &expression, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD &&
            table_find(collector->stretch->written, order[i]->tensor) != NULL) {
            return true;
        }
    }
    return false;
}

/* In a recurrence, what does not read it is computed before, for all its steps. */
static struct draft *draft_reduction(struct collector *collector, const struct statement *around,
                                     const struct node *reduce, const struct node *guard)
{
    bool inside = reads_recurrence(collector, reduce) ||
                  (guard != NULL && reads_recurrence(collector, guard));
    struct draft *draft = draft_create(collector, around->equation,
                                       part_for(collector, around, reduce, guard), reduce);
    draft->guard = guard;
    int axis = 0;
    for (int i = 0; i < around->loop_count; i++) {
        const struct index *index = around->loops[i].index;
        if (reduction_needs(reduce, guard, index) && axis < RANK_MAX) {
            add_target_loop(collector, draft->statement, index, axis++);
            draft->statement->loops[draft->statement->loop_count - 1].sequence =
                inside ? around->loops[i].sequence : NULL;
        }
    }
    return draft;
}

/* ---- Sharing ---- */

/* What several statements need, each in its own indices, is computed once, with its axes in the
 * order that the first of them wants. */
struct shared {
    struct draft *draft;
    const struct index *axes[RANK_MAX]; /* the common index of each */
};

/* An expression's indices, in the order in which they are met, and the common ones for them: the
 * k-th over a range gets the range's k-th. */
struct view {
    const struct index *own[LOOPS_MAX], *common[LOOPS_MAX];
    const struct node *images[LOOPS_MAX];
    int count;
    const struct node *node; /* in common indices */
};

/* False where there is no common index. */
static bool add_to_view(struct collector *collector, struct view *view, const struct index *index)
{
    const struct index *common =
        common_index(collector->graph, collector->common, view->own, view->count, index);
    view->own[view->count] = index;
    view->common[view->count] = common;
    view->images[view->count++] = node_index(collector->graph, common);
    return common != index;
}

/* False for an expression that cannot be shared. */
static bool view_create(struct collector *collector, const struct node *node, struct view *view)
{
    size_t count;
    const struct node **order = node_order(collector->arena, &node, 1, &count);
    *view = (struct view){.count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct index *index = order[i]->kind == NODE_INDEX ? order[i]->index : NULL;
        if (index != NULL && node_depends_on(node, index)) {
            if (view->count == LOOPS_MAX || !add_to_view(collector, view, index)) {
                return false;
            }
        }
    }
    view->node = node_substitute(collector->graph, node, view->count, view->own, view->images);
    return true;
}

static const struct index *common_of(const struct view *view, const struct index *own)
{
    for (int i = 0; i < view->count; i++) {
        if (view->own[i] == own) {
            return view->common[i];
        }
    }
    return NULL;
}

/* The statement's element that has the value of an expression, once it is shared. */
static const struct node *load_shared(struct collector *collector, const struct shared *shared,
                                      const struct view *view)
{
    const struct tensor *tensor = shared->draft->statement->target;
    const struct node *subscripts[RANK_MAX];
    for (int axis = 0; axis < tensor->rank; axis++) {
        for (int i = 0; i < view->count; i++) {
            if (view->common[i] == shared->axes[axis]) {
                subscripts[axis] = node_index(collector->graph, view->own[i]);
            }
        }
    }
    if (!shared->draft->appended) {
        push_draft(collector, shared->draft);
    }
    return node_load(collector->graph, tensor, subscripts);
}

static const struct shared *share(struct collector *collector, struct draft *draft,
                                  const struct view *view)
{
    struct shared *shared = ARENA_NEW(collector->arena, struct shared);
    shared->draft = draft;
    for (int axis = 0; axis < draft->statement->target->rank; axis++) {
        shared->axes[axis] = common_of(view, draft->statement->subscripts[axis]->index);
    }
    table_store(collector->shared, view->node, shared);
    return shared;
}

/* A draft that computes an expression for all values of its indices, in their order. */
static struct draft *draft_factor(struct collector *collector, const struct equation *equation,
                                  const struct node *value, const struct index *const *indices,
                                  int count)
{
    struct axis axes[RANK_MAX];
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){.first = indices[i]->first, .end = indices[i]->end};
    }
    const char *name =
        arena_format(collector->arena, "factor%u", ++collector->statements->part_count);
    const struct tensor *tensor = graph_tensor(collector->graph, TENSOR_PART, name, count, axes);
    struct draft *draft = draft_create(collector, equation, tensor, value);
    draft->statement->lays_out = true;
    for (int i = 0; i < count; i++) {
        add_target_loop(collector, draft->statement, indices[i], i);
    }
    return draft;
}

/* The value of one operand of a product: a load as it is, else an element of its own tensor. */
static const struct node *value_of_operand(struct collector *collector,
                                           const struct equation *equation,
                                           const struct operands *operands, int side)
{
    const struct node *value = operands->sides[side];
    struct view view;
    if (!operands->apart[side] || !view_create(collector, value, &view)) {
        return value;
    }
    const struct shared *shared = table_find(collector->shared, view.node);
    if (shared == NULL) {
        struct draft *draft = draft_factor(collector, equation, value, operands->indices[side],
                                           operands->counts[side]);
        shared = share(collector, draft, &view);
    }
    return load_shared(collector, shared, &view);
}

static void take_out_inner_product(struct collector *collector, struct statement *statement,
                                   const struct conditions *conditions)
{
    struct inner_product inner;
    if (collector->stretch == NULL && !statement->update &&
        statement_find_inner_product(collector->statements, statement, conditions, &inner)) {
        struct draft *draft =
            draft_factor(collector, statement->equation, inner.sum, inner.indices, inner.rank);
        push_draft(collector, draft);
        statement->value = node_load(collector->graph, draft->statement->target, inner.subscripts);
    }
}

/* Makes of a sum of products what product.c knows as matrix products. */
static void take_apart_sum(struct collector *collector, struct statement *statement)
{
    struct operands operands;
    if (collector->stretch != NULL || statement->reduction == NULL || statement->update) {
        return;
    }
    statement_nest_sum(collector->statements, statement);
    if (statement_find_operands(collector->statements, statement, &operands)) {
        const struct node *sides[2];
        for (int side = 0; side < 2; side++) {
            sides[side] = value_of_operand(collector, statement->equation, &operands, side);
        }
        statement->value = node_binary(collector->graph, OPERATOR_MULTIPLY, sides[0], sides[1]);
    }
}

/* ---- Taking reductions out ---- */

/* The value of a reduction inside a statement: an element of the tensor that a statement of its
 * own computes before. */
static const struct node *value_of_reduction(struct collector *collector,
                                             const struct statement *around,
                                             const struct node *reduce)
{
    const struct node *guard =
        guard_condition(collector->graph, guards_of(&collector->guards, reduce));
    struct draft *draft = table_find(collector->drafts, reduce);
    struct view view;
    bool shares = collector->stretch == NULL && guard == NULL && draft == NULL &&
                  view_create(collector, reduce, &view);
    const struct shared *shared = shares ? table_find(collector->shared, view.node) : NULL;
    if (shared != NULL) {
        return load_shared(collector, shared, &view);
    }
    if (draft == NULL || (draft->guard != NULL && draft->guard != guard)) {
        draft = draft_reduction(collector, around, reduce, guard);
        table_store(collector->drafts, reduce, draft);
        if (shares) {
            share(collector, draft, &view);
        }
    }
    if (!draft->appended) {
        push_draft(collector, draft);
    }
    return node_load(collector->graph, draft->statement->target, draft->statement->subscripts);
}

/* Lists the nodes that contain reductions, arguments first; the insides of reductions are left to
 * their own statements. */
static void list_nodes(struct collector *collector, const struct node *root)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(collector->arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[depth - 1];
        bool entered = table_find(collector->images, node) != NULL;
        if (!entered) {
            table_store(collector->images, node, collector);
            for (int i = node->argument_count; i > 0 && node->kind != NODE_REDUCE; i--) {
                const struct node *argument = node->arguments[i - 1];
                if (argument->height > 0 && table_find(collector->images, argument) == NULL) {
                    ARENA_PUSH(collector->arena, stack, depth, capacity, argument);
                }
            }
            continue;
        }
        depth--;
        if (table_find(collector->images, node) == collector) {
            table_store(collector->images, node, (void *)(uintptr_t)node);
            ARENA_PUSH(collector->arena, collector->order, collector->order_count,
                       collector->order_capacity, node);
        }
    }
}

static const struct node *image_of(struct collector *collector, const struct node *node)
{
    const struct node *image = node->height > 0 ? table_find(collector->images, node) : NULL;
    return image == NULL ? node : image;
}

static const struct node *rebuilt(struct collector *collector, const struct node *node)
{
    const struct node **arguments =
        ARENA_ARRAY(collector->arena, const struct node *, (size_t)node->argument_count + 1);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = image_of(collector, node->arguments[i]);
    }
    return node_with_arguments(collector->graph, node, arguments);
}

/* Replaces the reductions in a statement's condition and value. */
static void take_out_reductions(struct collector *collector, struct statement *statement)
{
    if (statement->value->height == 0 &&
        (statement->condition == NULL || statement->condition->height == 0)) {
        return;
    }
    collector->order_count = 0;
    collector->guards = guards_create(collector->graph);
    collector->images = table_create(collector->arena);
    const struct guard *guard = guard_none();
    const struct node **roots[] = {&statement->condition, &statement->value};
    for (size_t i = 0; i < 2; i++) {
        if (*roots[i] != NULL && (*roots[i])->height > 0) {
            list_nodes(collector, *roots[i]);
            guards_note(&collector->guards, *roots[i], guard);
        }
        if (i == 0 && statement->condition != NULL) {
            guard = guard_under(&collector->guards, guard, statement->condition, false);
        }
    }
    guards_spread(&collector->guards, collector->order, collector->order_count, false);
    for (size_t i = 0; i < collector->order_count; i++) {
        const struct node *node = collector->order[i];
        const struct node *image = node->kind == NODE_REDUCE
                                       ? value_of_reduction(collector, statement, node)
                                       : rebuilt(collector, node);
        table_store(collector->images, node, (void *)(uintptr_t)image);
    }
    for (size_t i = 0; i < 2; i++) {
        *roots[i] = *roots[i] == NULL ? NULL : image_of(collector, *roots[i]);
    }
}

/* ---- Reductions as statements ---- */

/* sum (if c then e else 0) is the sum of e where c holds. */
static const struct node *absorb_choices(struct collector *collector, const struct node *element,
                                         struct conditions *conditions)
{
    while (node_is(element, OPERATOR_IF)) {
        const struct node *condition = element->arguments[0];
        if (node_is_number(element->arguments[2], 0)) {
            conditions_add(collector->arena, conditions, condition);
            element = element->arguments[1];
        } else if (node_is_number(element->arguments[1], 0)) {
            conditions_add(collector->arena, conditions, negation(collector->graph, condition));
            element = element->arguments[2];
        } else {
            break;
        }
    }
    return element;
}

static bool runs_over_rows(const struct index *index)
{
    return index->end->kind == NODE_SIZE && !index->end->dimension->known;
}

/* Opens a reduction into loops, those over rows first. */
static void open_reduction(struct collector *collector, struct draft *draft,
                           struct conditions *conditions)
{
    struct statement *statement = draft->statement;
    struct opened opened = node_open(collector->graph, draft->body);
    statement->reduction = draft->body->reduction;
    for (int rows = 1; rows >= 0; rows--) {
        for (int i = 0; i < draft->body->index_count; i++) {
            if (runs_over_rows(opened.indices[i]) == (rows == 1)) {
                add_loop(collector, statement, opened.indices[i], true);
            }
        }
    }
    conditions_add(collector->arena, conditions, draft->guard);
    conditions_add(collector->arena, conditions, opened.condition);
    statement->value = opened.element;
    if (statement->reduction->id == REDUCTION_SUM) {
        statement->value = absorb_choices(collector, opened.element, conditions);
    }
}

/* Expressions that are used more than once become locals; they and the statement itself count. */
static unsigned weight_of(struct collector *collector, const struct statement *statement)
{
    const struct node *roots[2] = {statement->value, statement->condition};
    size_t count;
    node_order(collector->arena, roots, statement->condition == NULL ? 1 : 2, &count);
    return 1 + (unsigned)(count / 8);
}

/* Whether a statement computes the recurrence at hand or reads it; all others can come before. */
static bool belongs_to_recurrence(struct collector *collector, const struct statement *statement)
{
    return statement_sequences(statement) > 0 ||
           table_find(collector->stretch->written, statement->target) != NULL ||
           reads_recurrence(collector, statement->value) ||
           (statement->condition != NULL && reads_recurrence(collector, statement->condition));
}

/* Whether a statement computes steps of a recurrence for each row of data. */
static bool recurs_for_rows(const struct statement *statement)
{
    int sequences = statement_sequences(statement);
    bool rows = false;
    for (int i = sequences; i < statement->loop_count; i++) {
        rows = rows || (!statement->loops[i].reduced && loop_runs_over_rows(&statement->loops[i]));
    }
    return sequences > 0 && rows;
}

static void append_statement(struct collector *collector, struct statement *statement)
{
    struct statements *statements = collector->statements;
    struct stretch *stretch = collector->stretch;
    if (stretch != NULL && belongs_to_recurrence(collector, statement)) {
        ARENA_PUSH(collector->arena, stretch->waiting, stretch->count, stretch->capacity,
                   statement);
        return;
    }
    statement->number = (unsigned)statements->count;
    statements->wants_blocks = statements->wants_blocks || recurs_for_rows(statement);
    statement->weight = weight_of(collector, statement);
    ARENA_PUSH(statements->arena, statements->items, statements->count, statements->capacity,
               statement);
}

/* Turns a reduction, its conditions already used up as far as they can be, into what it computes:
 * without a loop left it is a plain value. */
static void settle_reduction(struct collector *collector, struct statement *statement,
                             struct conditions *conditions)
{
    int reduced = 0;
    for (int i = 0; i < statement->loop_count; i++) {
        reduced += statement->loops[i].reduced;
    }
    if (reduced == 0 && !statement->accumulates) {
        const struct node *unit =
            node_number(collector->graph, reduction_unit(statement->reduction));
        const struct node *condition = conditions_join(collector->graph, conditions);
        if (condition != NULL) {
            statement->value = node_select(collector->graph, condition, statement->value, unit);
        }
        conditions->count = 0;
        statement->reduction = NULL;
    }
}

/* ---- Collecting ---- */

static void expand(struct collector *collector, struct draft *draft)
{
    struct statement *statement = draft->statement;
    struct conditions conditions = {0};
    draft->expanded = true;
    statement->value = draft->body;
    if (draft->condition != NULL) {
        conditions_add(collector->arena, &conditions, draft->condition);
    } else if (draft->body->kind == NODE_REDUCE && !statement->update) {
        open_reduction(collector, draft, &conditions);
        take_out_inner_product(collector, statement, &conditions);
        statement_use_conditions(collector->statements, statement, &conditions);
        settle_reduction(collector, statement, &conditions);
    }
    if (conditions.count == 0 && draft->body->kind == NODE_REDUCE) {
        take_apart_sum(collector, statement);
    }
    statement->condition = conditions_join(collector->graph, &conditions);
    take_out_reductions(collector, statement);
}

static void finish(struct collector *collector, struct draft *draft)
{
    struct statement *statement = draft->statement;
    struct conditions conditions = {0};
    draft->appended = true;
    statement->fold = statement->loop_count;
    if (statement->reduction != NULL) {
        conditions_add(collector->arena, &conditions, statement->condition);
        if (!statement_order_product(collector->statements, statement) &&
            !statement_order_lanes(collector->statements, statement)) {
            statement_order_loops(collector->statements, statement);
        }
        statement_bound_loops(collector->statements, statement, &conditions);
        statement->condition = conditions_join(collector->graph, &conditions);
    } else {
        statement_order_lanes(collector->statements, statement);
    }
    if (statement->accumulates) {
        append_statement(collector, statement_clearing(collector->statements, statement));
    }
    append_statement(collector, statement);
}

static void collect_draft(struct collector *collector, struct draft *draft)
{
    push_draft(collector, draft);
    while (collector->depth > 0) {
        draft = collector->stack[collector->depth - 1];
        if (!draft->expanded) {
            expand(collector, draft);
        } else {
            collector->depth--;
            if (!draft->appended) {
                finish(collector, draft);
            }
        }
    }
}

/* Whether an update reads its target elsewhere than at the element it sets. */
static bool reads_other_elements(struct collector *collector, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(collector->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; order[i]->kind == NODE_LOAD && order[i]->tensor == equation->target &&
                        k < equation->target->rank;
             k++) {
            if (!node_is_index(order[i]->arguments[k], equation->indices[k])) {
                return true;
            }
        }
    }
    return false;
}

static struct draft *draft_equation(struct collector *collector, const struct equation *equation,
                                    const struct tensor *target, const struct node *body)
{
    struct draft *draft = draft_create(collector, equation, target, body);
    add_target_loops(collector, draft->statement, equation);
    return draft;
}

/* ---- Pieces ---- */

/* Calls that stand under a comparison of an index with a number are wanted for some of its few
 * values alone: each value then gets a statement of its own, in which the comparison is decided. */
struct pieces {
    int axis;
    long first, end; /* of the values of its index */
};

enum { PIECES_MAX = 8 };

static bool decides_by(const struct node *node, const struct index *index)
{
    return node->kind == NODE_APPLY && node->boolean && node->argument_count == 2 &&
           ((node_is_index(node->arguments[0], index) && node->arguments[1]->kind == NODE_NUMBER) ||
            (node_is_index(node->arguments[1], index) && node->arguments[0]->kind == NODE_NUMBER));
}

static bool calls_under_comparison(struct collector *collector, const struct node *body,
                                   const struct index *index)
{
    size_t count, call_count = 0;
    const struct node **order = node_order(collector->arena, &body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (!node_is(order[i], OPERATOR_IF) || !decides_by(order[i]->arguments[0], index)) {
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

/* The axis along which an equation falls into pieces; false: along none. */
static bool find_pieces(struct collector *collector, const struct equation *equation,
                        struct pieces *pieces)
{
    for (int axis = 0; axis < equation->target->rank; axis++) {
        const struct index *index = equation->indices[axis];
        double first, end;
        if (!equation->update && !is_time(equation, axis) &&
            size_known(collector->graph, index->first, &first) &&
            size_known(collector->graph, index->end, &end) && end - first <= PIECES_MAX &&
            calls_under_comparison(collector, equation->body, index)) {
            *pieces = (struct pieces){axis, (long)first, (long)end};
            return true;
        }
    }
    return false;
}

/* Sets an axis of a draft to a number. */
static void fix_axis(struct collector *collector, struct draft *draft,
                     const struct equation *equation, int axis, long value)
{
    const struct node *number = node_number(collector->graph, (double)value);
    draft->statement->subscripts[axis] = number;
    draft->statement->fixed |= 1u << axis;
    draft->body =
        node_substitute(collector->graph, draft->body, 1, &equation->indices[axis], &number);
}

/* An update that needs old values after it has set new ones is computed aside and copied. */
static void collect_equation(struct collector *collector, const struct equation *equation)
{
    const struct tensor *target = equation->target;
    const struct node *body = equation->body;
    struct pieces pieces;
    if (find_pieces(collector, equation, &pieces)) {
        for (long value = pieces.first; value < pieces.end; value++) {
            struct draft *piece = draft_create(collector, equation, target, body);
            fix_axis(collector, piece, equation, pieces.axis, value);
            add_target_loops(collector, piece->statement, equation);
            collect_draft(collector, piece);
        }
        return;
    }
    if (equation->update && reads_other_elements(collector, equation)) {
        const char *name = arena_format(collector->arena, "new_%s", target->name);
        target = graph_tensor(collector->graph, TENSOR_PART, name, target->rank, target->axes);
        struct draft *draft = draft_equation(collector, equation, target, body);
        collect_draft(collector, draft);
        body = node_load(collector->graph, target, draft->statement->subscripts);
    }
    struct draft *draft = draft_equation(collector, equation, equation->target, body);
    draft->statement->update = equation->update;
    collect_draft(collector, draft);
}

/* ---- Recurrences ---- */

/* Sets the time axes of an equation to the indices of the loops at hand, or to the one value that a
 * stretch of a single step has. */
static const struct node *place_in_time(struct collector *collector,
                                        const struct equation *equation, struct draft *draft)
{
    struct statement *statement = draft->statement;
    const struct stretch *stretch = collector->stretch;
    const struct index *indices[RANK_MAX];
    const struct node *values[RANK_MAX];
    int depth = equation->recurrence->depth;
    for (int k = 0; k < depth; k++) {
        int axis = equation->time[k];
        const struct axis *bounds = &equation->target->axes[axis];
        const struct sequence *sequence = stretch->sequences[k];
        indices[k] = equation->indices[axis];
        if (sequence->index == NULL) {
            values[k] = statement->subscripts[axis] = sequence->first;
            statement->fixed |= 1u << axis;
            continue;
        }
        add_target_loop(collector, statement, sequence->index, axis);
        statement->loops[statement->loop_count - 1].sequence = sequence;
        values[k] = statement->subscripts[axis];
        const struct node *last = affine_normalize(
            collector->graph, node_binary(collector->graph, OPERATOR_SUBTRACT, bounds->end,
                                          node_number(collector->graph, 1)));
        const struct node *lower =
            node_binary(collector->graph, OPERATOR_GREATER_EQUAL, values[k], bounds->first);
        const struct node *upper =
            node_binary(collector->graph, OPERATOR_LESS_EQUAL, values[k], last);
        if (!affine_proves_at_most(bounds->first, values[k])) {
            draft->condition = conjunction(collector->graph, draft->condition, lower);
        }
        if (!affine_proves_at_most(values[k], last)) {
            draft->condition = conjunction(collector->graph, draft->condition, upper);
        }
    }
    return node_substitute(collector->graph, equation->body, depth, indices, values);
}

static void collect_step(struct collector *collector, const struct equation *equation)
{
    struct pieces pieces = {.first = 0, .end = 1};
    bool cut = find_pieces(collector, equation, &pieces);
    for (long value = pieces.first; value < pieces.end; value++) {
        struct draft *draft = draft_create(collector, equation, equation->target, NULL);
        draft->body = place_in_time(collector, equation, draft);
        if (cut) {
            fix_axis(collector, draft, equation, pieces.axis, value);
        }
        add_target_loops(collector, draft->statement, equation);
        collect_draft(collector, draft);
    }
}

/* Whether an equation has elements in a stretch of the outermost loop. */
static bool is_in_stretch(const struct equation *equation, const struct segment *segment)
{
    const struct axis *axis = &equation->target->axes[equation->time[0]];
    return !affine_proves_at_most(segment->end, axis->first) &&
           !affine_proves_at_most(axis->end, segment->first);
}

/* The loops around an equation, made when its recurrence is entered. */
static void enter_recurrences(struct collector *collector, const struct equation *equation)
{
    struct stretch *stretch = collector->stretch;
    for (int k = 1; k < equation->recurrence->depth; k++) {
        const struct recurrence *recurrence = equation_recurrence(equation, k + 1);
        if (stretch->recurrences[k] != recurrence) {
            struct sequence *sequence = ARENA_NEW(collector->arena, struct sequence);
            const char *name = equation->indices[equation->time[k]]->name;
            *sequence = (struct sequence){
                graph_index(collector->graph, name, recurrence->first, recurrence->end),
                recurrence->first, recurrence->end, recurrence->descending};
            stretch->recurrences[k] = recurrence;
            stretch->sequences[k] = sequence;
        }
    }
}

/* Statements that are not in an inner loop come before those that are: these stand together. */
static void gather_loop(struct collector *collector, struct stretch *stretch, size_t begin,
                        int depth)
{
    const struct sequence *sequence = stretch->waiting[begin]->loops[depth].sequence;
    struct statement **inside = ARENA_ARRAY(collector->arena, struct statement *, stretch->count);
    size_t end = begin, count = 0, kept = begin;
    for (size_t i = begin; i < stretch->count; i++) {
        const struct statement *statement = stretch->waiting[i];
        bool in_loop =
            statement->loop_count > depth && statement->loops[depth].sequence == sequence;
        end = in_loop ? i + 1 : end;
    }
    for (size_t i = begin; i < end; i++) {
        struct statement *statement = stretch->waiting[i];
        if (statement->loop_count > depth && statement->loops[depth].sequence == sequence) {
            inside[count++] = statement;
        } else {
            stretch->waiting[kept++] = statement;
        }
    }
    for (size_t i = 0; i < count; i++) {
        stretch->waiting[kept++] = inside[i];
    }
}

static void append_waiting(struct collector *collector)
{
    struct stretch *stretch = collector->stretch;
    for (int depth = 0; depth < RANK_MAX; depth++) {
        const struct sequence *last = NULL;
        for (size_t i = 0; i < stretch->count; i++) {
            const struct statement *statement = stretch->waiting[i];
            const struct sequence *sequence =
                statement->loop_count > depth ? statement->loops[depth].sequence : NULL;
            if (sequence != NULL && sequence != last) {
                gather_loop(collector, stretch, i, depth);
            }
            last = sequence == NULL ? last : sequence;
        }
    }
    collector->stretch = NULL;
    for (size_t i = 0; i < stretch->count; i++) {
        append_statement(collector, stretch->waiting[i]);
    }
}

static void collect_stretch(struct collector *collector, struct equation *const *equations,
                            size_t count, const struct segment *segment)
{
    struct stretch stretch = {.written = table_create(collector->arena)};
    const struct recurrence *outermost = equation_recurrence(equations[0], 1);
    bool one_step =
        affine_normalize(collector->graph, node_binary(collector->graph, OPERATOR_SUBTRACT,
                                                       segment->end, segment->first)) ==
        node_number(collector->graph, 1);
    struct sequence sequence = {NULL, segment->first, segment->end, outermost->descending};
    struct sequence *kept = ARENA_NEW(collector->arena, struct sequence);
    if (!one_step) {
        const char *name = equations[0]->indices[equations[0]->time[0]]->name;
        sequence.index = graph_index(collector->graph, name, segment->first, segment->end);
    }
    *kept = sequence;
    stretch.sequences[0] = kept;
    stretch.recurrences[0] = outermost;
    for (size_t i = 0; i < count; i++) {
        table_store(stretch.written, equations[i]->target, collector);
    }
    collector->stretch = &stretch;
    for (size_t i = 0; i < count; i++) {
        if (is_in_stretch(equations[i], segment)) {
            enter_recurrences(collector, equations[i]);
            collect_step(collector, equations[i]);
        }
    }
    append_waiting(collector);
}

/* Collects the equations of one outermost recurrence; returns how many there are. */
static size_t collect_recurrence(struct collector *collector, const struct program *program,
                                 size_t begin)
{
    const struct recurrence *recurrence = equation_recurrence(program->equations[begin], 1);
    size_t count = recurrence_end(program, begin, 1) - begin, segment_count;
    struct equation *const *equations = &program->equations[begin];
    struct segment *segments =
        recurrence_segments(collector->graph, equations, count, &segment_count);
    for (size_t i = 0; i < segment_count; i++) {
        size_t turn = recurrence->descending ? segment_count - 1 - i : i;
        collect_stretch(collector, equations, count, &segments[turn]);
    }
    return count;
}

static void note_reads(struct collector *collector, struct table *read,
                       const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(collector->arena, &equation->body, 1, &count);
    for (size_t k = 0; k < count; k++) {
        if (order[k]->kind == NODE_LOAD) {
            table_store(read, order[k]->tensor, collector);
        }
    }
}

/* Marks what the results need, from the last equation to the first; a recurrence as a whole. */
static bool *find_needed(struct collector *collector, const struct program *program)
{
    bool *needed = ARENA_ARRAY(collector->arena, bool, program->count + 1);
    struct table *read = table_create(collector->arena);
    for (size_t end = program->count; end > 0;) {
        size_t begin = recurrence_begin(program, end, 1);
        bool any = false;
        for (size_t i = begin; i < end; i++) {
            const struct equation *equation = program->equations[i];
            any = any || equation->update || table_find(read, equation->target) != NULL ||
                  table_find(collector->statements->results, equation->target) != NULL;
        }
        for (size_t i = begin; i < end; i++) {
            needed[i] = any;
            if (any) {
                note_reads(collector, read, program->equations[i]);
            }
        }
        end = begin;
    }
    return needed;
}

void statements_collect(struct statements *statements, const struct program *program,
                        const struct tensor *const *results, size_t result_count)
{
    struct collector collector = {
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    collector.drafts = table_create(collector.arena);
    collector.shared = table_create(collector.arena);
    collector.common = table_create(collector.arena);
    statements->results = table_create(collector.arena);
    statements->updatable = table_create(collector.arena);
    for (size_t i = 0; i < result_count; i++) {
        table_store(statements->results, results[i], statements);
    }
    for (size_t i = 0; i < program->count; i++) {
        if (program->equations[i]->update) {
            table_store(statements->updatable, program->equations[i]->target, statements);
        }
    }
    const bool *needed = find_needed(&collector, program);
    for (size_t i = 0; i < program->count; i++) {
        if (program->equations[i]->recurrence != NULL && needed[i]) {
            i += collect_recurrence(&collector, program, i) - 1;
            continue;
        }
        if (needed[i]) {
            collect_equation(&collector, program->equations[i]);
        }
        if (program->equations[i]->update) {
            /* What was computed from the old values is not what the new ones give. */
            collector.drafts = table_create(collector.arena);
            collector.shared = table_create(collector.arena);
        }
    }
}
