#include "plan/lower.h"

/* How the loops of a sum are ordered: the target's last index innermost, adding into memory, where
 * that makes the innermost accesses contiguous; otherwise the sum's index, adding into a local. */
struct strides {
    int along_sum, along_target;
};

static struct strides strides_of(struct lowering *lowering, const struct node *element,
                                 const struct index *sum_index, const struct index *target_index)
{
    struct strides strides = {0};
    size_t count;
    const struct node **order = node_order(lowering->arena, &element, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->argument_count > 0) {
            const struct node *last = order[i]->arguments[order[i]->argument_count - 1];
            strides.along_sum += node_depends_on(last, sum_index);
            strides.along_target += node_depends_on(last, target_index);
        }
    }
    return strides;
}

/* sum[k] e over an equation of rank > 0, opened: the loops in the order they will run. */
struct accumulation {
    struct lowering *lowering;
    const struct equation *equation;
    struct opened opened;
    const struct index *loops[2 * RANK_MAX];
    int loop_count;
};

static bool adds_into_memory(struct lowering *lowering, const struct equation *equation,
                             const struct opened *opened)
{
    int rank = equation->target->rank;
    const struct node *body = equation->body;
    if (rank == 0 || body->kind != NODE_REDUCE || body->reduction->id != REDUCTION_SUM) {
        return false;
    }
    struct strides strides =
        strides_of(lowering, opened->element, opened->indices[body->index_count - 1],
                   equation->indices[rank - 1]);
    return strides.along_target > 0 && strides.along_target >= strides.along_sum;
}

static bool is_of_unknown_size(const struct index *index)
{
    return index->end->kind == NODE_SIZE && !index->end->dimension->known;
}

/* Sums over rows run outermost, so that the data is read once; others just outside the target's
 * last index. */
static void order_loops(struct accumulation *accumulation)
{
    const struct equation *equation = accumulation->equation;
    int rank = equation->target->rank, sums = equation->body->index_count;
    for (int i = 0; i < sums; i++) {
        if (is_of_unknown_size(accumulation->opened.indices[i])) {
            accumulation->loops[accumulation->loop_count++] = accumulation->opened.indices[i];
        }
    }
    for (int i = 0; i < rank - 1; i++) {
        accumulation->loops[accumulation->loop_count++] = equation->indices[i];
    }
    for (int i = 0; i < sums; i++) {
        if (!is_of_unknown_size(accumulation->opened.indices[i])) {
            accumulation->loops[accumulation->loop_count++] = accumulation->opened.indices[i];
        }
    }
    accumulation->loops[accumulation->loop_count++] = equation->indices[rank - 1];
}

static struct step *store(struct lowering *lowering, const struct equation *equation,
                          enum step_kind kind, const struct node *value)
{
    struct step *step = step_create(lowering, kind);
    step->target = equation->target;
    step->value = value;
    for (int i = 0; i < equation->target->rank; i++) {
        step->subscripts[i] = node_index(lowering->graph, equation->indices[i]);
    }
    return step;
}

static void add_into(struct accumulation *accumulation, struct scope *scope)
{
    struct lowering *lowering = accumulation->lowering;
    struct scope *target = scope;
    struct scope inner;
    struct step *guard = NULL;
    if (accumulation->opened.condition != NULL) {
        guard = step_create(lowering, STEP_IF);
        guard->value = lower_node(lowering, scope, accumulation->opened.condition);
        inner = scope_open(lowering, scope, NULL);
        target = &inner;
    }
    const struct node *value = lower_node(lowering, target, accumulation->opened.element);
    step_push(lowering, &target->steps, store(lowering, accumulation->equation, STEP_ADD, value));
    if (guard != NULL) {
        guard->body = inner.steps;
        step_push(lowering, &scope->steps, guard);
    }
}

static void add_loops(struct accumulation *accumulation, struct scope *scope, int position)
{
    if (position == accumulation->loop_count) {
        add_into(accumulation, scope);
        return;
    }
    struct scope inner = scope_open(accumulation->lowering, scope, accumulation->loops[position]);
    add_loops(accumulation, &inner, position + 1);
    scope_close_loop(accumulation->lowering, &inner);
}

static void store_loops(struct lowering *lowering, struct scope *scope,
                        const struct equation *equation, const struct node *body,
                        const struct tensor *variable, int axis)
{
    if (axis == equation->target->rank) {
        const struct node *value = lower_node(lowering, scope, body);
        struct step *step;
        if (variable != NULL) {
            step = step_create(lowering, STEP_DECLARE);
            step->target = variable;
            step->value = value;
        } else {
            step = store(lowering, equation, STEP_STORE, value);
        }
        step_push(lowering, &scope->steps, step);
        return;
    }
    struct scope inner = scope_open(lowering, scope, equation->indices[axis]);
    store_loops(lowering, &inner, equation, body, variable, axis + 1);
    scope_close_loop(lowering, &inner);
}

void lower_equation(struct lowering *lowering, struct scope *outermost,
                    const struct equation *equation, const struct tensor *variable)
{
    struct step *comment = step_create(lowering, STEP_COMMENT);
    comment->equation = equation;
    step_push(lowering, &outermost->steps, comment);
    struct accumulation accumulation = {.lowering = lowering, .equation = equation};
    if (equation->body->kind == NODE_REDUCE) {
        accumulation.opened = node_open(lowering->graph, equation->body);
    }
    if (equation->body->kind == NODE_REDUCE &&
        adds_into_memory(lowering, equation, &accumulation.opened)) {
        order_loops(&accumulation);
        store_loops(lowering, outermost, equation, node_number(lowering->graph, 0), NULL, 0);
        struct table *uses = lowering->uses;
        lowering->uses = table_create(lowering->arena);
        count_uses(lowering, accumulation.opened.element);
        add_loops(&accumulation, outermost, 0);
        lowering->uses = uses;
        return;
    }
    store_loops(lowering, outermost, equation, equation->body, variable, 0);
}
