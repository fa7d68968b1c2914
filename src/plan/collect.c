#include "plan/collector.h"

#include "equations/affine.h"
#include "plan/elements.h"

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

struct draft *draft_create(struct collector *collector, const struct equation *equation,
                           const struct tensor *target, const struct node *body)
{
    struct draft *draft = ARENA_NEW(collector->arena, struct draft);
    draft->statement = statement_create(collector, equation, target);
    draft->body = body;
    return draft;
}

void draft_push(struct collector *collector, struct draft *draft)
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

void draft_add_loop(struct collector *collector, struct statement *statement,
                    const struct index *index, int axis)
{
    add_loop(collector, statement, index, false);
    statement->subscripts[axis] = node_index(collector->graph, index);
}

void draft_add_target_loops(struct collector *collector, struct statement *statement,
                            const struct equation *equation)
{
    for (int axis = 0; axis < equation->target->rank; axis++) {
        if (statement->subscripts[axis] == NULL) {
            draft_add_loop(collector, statement, equation->indices[axis], axis);
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

static bool chooses_along(struct collector *collector, const struct node *root,
                          const struct index *index)
{
    bool chooses = false;
    size_t count;
    const struct node **order = node_order(collector->arena, &root, 1, &count);
    for (size_t i = 0; i < count && !chooses; i++) {
        chooses = load_is_chosen_along(order[i], index);
    }
    arena_give_back(collector->arena, order, count, sizeof order[0]);
    return chooses;
}

/* What is chosen by data is no matrix: it is added up along that loop of the last axis along which
 * its elements lie side by side. */
static void move_contiguous_last(struct collector *collector, const struct node *reduce,
                                 const struct loop **loops, int count)
{
    int from = count - 1;
    while (from >= 0 && !(loops[from]->sequence == NULL &&
                          chooses_along(collector, reduce, loops[from]->index))) {
        from--;
    }
    for (; from >= 0 && from + 1 < count; from++) {
        const struct loop *moved = loops[from];
        loops[from] = loops[from + 1];
        loops[from + 1] = moved;
    }
}

/* The loops around that a reduction runs in, in the order of its tensor's axes. */
static int loops_needed(struct collector *collector, const struct statement *around,
                        const struct node *reduce, const struct node *guard,
                        const struct loop **loops)
{
    int count = 0;
    for (int i = 0; i < around->loop_count; i++) {
        if (reduction_needs(reduce, guard, around->loops[i].index) && count < RANK_MAX) {
            loops[count++] = &around->loops[i];
        }
    }
    move_contiguous_last(collector, reduce, loops, count);
    return count;
}

static const struct tensor *part_for(struct collector *collector, const struct node *reduce,
                                     const struct loop *const *loops, int count)
{
    struct axis axes[RANK_MAX];
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){.first = loops[i]->index->first, .end = loops[i]->index->end};
    }
    const char *stem =
        reduction_seeks_place(reduce->reduction) ? "place" : reduce->reduction->spelling;
    const char *name = arena_format(graph_arena(collector->graph), "%s%u", stem,
                                    ++collector->statements->part_count);
    return graph_tensor(collector->graph, TENSOR_PART, name, count, axes);
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
    const struct loop *loops[RANK_MAX];
    int count = loops_needed(collector, around, reduce, guard, loops);
    struct draft *draft = draft_create(collector, around->equation,
                                       part_for(collector, reduce, loops, count), reduce);
    draft->guard = guard;
    for (int i = 0; i < count; i++) {
        draft_add_loop(collector, draft->statement, loops[i]->index, i);
        draft->statement->loops[i].sequence = inside ? loops[i]->sequence : NULL;
    }
    draft->element =
        node_load(collector->graph, draft->statement->target, draft->statement->subscripts);
    return draft;
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
    struct shared_view view;
    bool shares = collector->stretch == NULL && guard == NULL && draft == NULL &&
                  shared_view(collector, reduce, &view);
    const struct shared *shared = shares ? table_find(collector->shared, view.node) : NULL;
    if (shared != NULL) {
        return shared_load(collector, shared, &view);
    }
    if (draft == NULL || (draft->guard != NULL && draft->guard != guard)) {
        draft = draft_reduction(collector, around, reduce, guard);
        table_store(collector->drafts, reduce, draft);
        if (shares) {
            shared_add(collector, draft, &view);
        }
    }
    if (!draft->appended) {
        draft_push(collector, draft);
    }
    return draft->element;
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

/* Opens a reduction into loops, those over rows first. */
static void open_reduction(struct collector *collector, struct draft *draft,
                           struct conditions *conditions)
{
    struct statement *statement = draft->statement;
    struct opened opened = node_open(collector->graph, draft->body);
    statement->reduction = draft->body->reduction;
    for (int rows = 1; rows >= 0; rows--) {
        for (int i = 0; i < draft->body->index_count; i++) {
            if (index_is_open(opened.indices[i]) == (rows == 1)) {
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

void collector_append(struct collector *collector, struct statement *statement)
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
    /* What a recurrence computes is not there yet: its statements wait for each other. */
    bool before = collector->stretch == NULL;
    draft->appended = true;
    statement->fold = statement->loop_count;
    if (statement->reduction != NULL) {
        conditions_add(collector->arena, &conditions, statement->condition);
        if (!statement_order_product(collector->statements, statement) &&
            !statement_order_lanes(collector->statements, statement, before)) {
            statement_order_loops(collector->statements, statement);
        }
        statement_bound_loops(collector->statements, statement, &conditions);
        statement->condition = conditions_join(collector->graph, &conditions);
    } else {
        statement_order_lanes(collector->statements, statement, before);
    }
    if (statement->accumulates) {
        collector_append(collector, statement_clearing(collector->statements, statement));
    }
    collector_append(collector, statement);
}

void draft_collect(struct collector *collector, struct draft *draft)
{
    draft_push(collector, draft);
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
    draft_add_target_loops(collector, draft->statement, equation);
    return draft;
}

static void collect_element(struct collector *collector, const struct equation *equation,
                            const struct element *element)
{
    struct draft *draft = draft_create(collector, equation, element->target, element->value);
    struct statement *statement = draft->statement;
    for (int axis = 0; axis < element->target->rank; axis++) {
        const struct node *subscript = element->subscripts[axis];
        if (subscript->kind == NODE_INDEX) {
            draft_add_loop(collector, statement, subscript->index, axis);
        } else {
            statement->subscripts[axis] = subscript;
            statement->fixed |= 1u << axis;
        }
    }
    draft_collect(collector, draft);
}

static void collect_elements(struct collector *collector, const struct equation *equation,
                             const struct elements *elements)
{
    for (size_t i = 0; i < elements->count; i++) {
        if (elements->items[i].needed) {
            collect_element(collector, equation, &elements->items[i]);
        }
    }
}

/* An update that needs old values after it has set new ones is computed aside and copied. */
static void collect_equation(struct collector *collector, const struct equation *equation)
{
    const struct tensor *target = equation->target;
    const struct node *body = equation->body;
    const struct elements *elements = collector->statements->elements == NULL
                                          ? NULL
                                          : table_find(collector->statements->elements, equation);
    struct pieces pieces;
    if (elements != NULL) {
        collect_elements(collector, equation, elements);
        return;
    }
    if (pieces_find(collector, equation, &pieces)) {
        for (long value = pieces.first; value < pieces.end; value++) {
            struct draft *piece = draft_create(collector, equation, target, body);
            pieces_fix(collector, piece, equation, pieces.axis, value);
            draft_add_target_loops(collector, piece->statement, equation);
            draft_collect(collector, piece);
        }
        return;
    }
    if (equation->update && reads_other_elements(collector, equation)) {
        const char *name = arena_format(graph_arena(collector->graph), "new_%s", target->name);
        target = graph_tensor(collector->graph, TENSOR_PART, name, target->rank, target->axes);
        struct draft *draft = draft_equation(collector, equation, target, body);
        draft_collect(collector, draft);
        body = node_load(collector->graph, target, draft->statement->subscripts);
    }
    struct draft *draft = draft_equation(collector, equation, equation->target, body);
    draft->statement->update = equation->update;
    draft_collect(collector, draft);
}

/* ---- What is needed ---- */

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
    statements->recurring = table_create(collector.arena);
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
            i += collector_take_recurrence(&collector, program, i) - 1;
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
