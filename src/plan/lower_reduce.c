#include "plan/lower.h"

/* A reduction on its way into loops. */
struct reducing {
    struct lowering *lowering;
    const struct node *reduce;
    struct opened opened;
    const struct tensor *accumulator;
    const struct tensor *place; /* argmax: where the best is; NULL otherwise */
};

static bool seeks_place(const struct node *reduce)
{
    return reduce->reduction->id == REDUCTION_ARGMAX || reduce->reduction->id == REDUCTION_ARGMIN;
}

static double unit_of(const struct node *reduce)
{
    switch (reduce->reduction->id) {
    case REDUCTION_PRODUCT:
        return 1;
    case REDUCTION_MAX:
    case REDUCTION_ARGMAX:
        return -__builtin_inf();
    case REDUCTION_MIN:
    case REDUCTION_ARGMIN:
        return __builtin_inf();
    default:
        return 0;
    }
}

static enum operator_id operator_of(const struct node *reduce)
{
    switch (reduce->reduction->id) {
    case REDUCTION_PRODUCT:
        return OPERATOR_MULTIPLY;
    case REDUCTION_MAX:
        return OPERATOR_MAX;
    case REDUCTION_MIN:
        return OPERATOR_MIN;
    default:
        return OPERATOR_ADD;
    }
}

static const struct tensor *declare_local(struct lowering *lowering, struct scope *scope,
                                          const char *stem, const struct node *value, bool whole)
{
    struct step *step = step_create(lowering, STEP_DECLARE);
    step->target = local_create(lowering, stem);
    step->value = value;
    step->whole = whole;
    step_push(lowering, &scope->steps, step);
    return step->target;
}

static void assign(struct lowering *lowering, struct scope *scope, const struct tensor *target,
                   const struct node *value)
{
    struct step *step = step_create(lowering, STEP_ASSIGN);
    step->target = target;
    step->value = value;
    step_push(lowering, &scope->steps, step);
}

/* if element > best: best = element, place = index. The first of equals stays. */
static void keep_best(struct reducing *reducing, struct scope *scope, const struct node *element)
{
    struct lowering *lowering = reducing->lowering;
    bool largest = reducing->reduce->reduction->id == REDUCTION_ARGMAX;
    const struct node *value =
        local_read(lowering, declare_local(lowering, scope, "candidate", element, false));
    struct step *better = step_create(lowering, STEP_IF);
    better->value = node_binary(lowering->graph, largest ? OPERATOR_GREATER : OPERATOR_LESS, value,
                                local_read(lowering, reducing->accumulator));
    struct scope inner = scope_open(lowering, scope, NULL);
    assign(lowering, &inner, reducing->accumulator, value);
    assign(lowering, &inner, reducing->place,
           node_index(lowering->graph, reducing->opened.indices[0]));
    better->body = inner.steps;
    step_push(lowering, &scope->steps, better);
}

static void accumulate(struct reducing *reducing, struct scope *scope)
{
    struct lowering *lowering = reducing->lowering;
    const struct node *element = lower_node(lowering, scope, reducing->opened.element);
    if (seeks_place(reducing->reduce)) {
        keep_best(reducing, scope, element);
        return;
    }
    const struct node *read = local_read(lowering, reducing->accumulator);
    const struct node *pair[] = {read, element};
    assign(lowering, scope, reducing->accumulator,
           node_apply(lowering->graph, operator_of(reducing->reduce), 2, pair));
}

/* The element, under the reduction's condition where it has one. */
static void lower_element(struct reducing *reducing, struct scope *scope)
{
    struct lowering *lowering = reducing->lowering;
    if (reducing->opened.condition == NULL) {
        accumulate(reducing, scope);
        return;
    }
    struct step *guard = step_create(lowering, STEP_IF);
    guard->value = lower_node(lowering, scope, reducing->opened.condition);
    struct scope inner = scope_open(lowering, scope, NULL);
    accumulate(reducing, &inner);
    guard->body = inner.steps;
    step_push(lowering, &scope->steps, guard);
}

static void lower_loops(struct reducing *reducing, struct scope *scope, int axis)
{
    if (axis == reducing->reduce->index_count) {
        lower_element(reducing, scope);
        return;
    }
    struct scope inner = scope_open(reducing->lowering, scope, reducing->opened.indices[axis]);
    lower_loops(reducing, &inner, axis + 1);
    scope_close_loop(reducing->lowering, &inner)->reduction = true;
}

const struct node *lower_reduce(struct lowering *lowering, struct scope *scope,
                                const struct node *reduce)
{
    struct reducing reducing = {.lowering = lowering, .reduce = reduce};
    struct graph *graph = lowering->graph;
    reducing.opened = node_open(graph, reduce);
    reducing.accumulator =
        declare_local(lowering, scope, seeks_place(reduce) ? "best" : reduce->reduction->spelling,
                      node_number(graph, unit_of(reduce)), false);
    if (seeks_place(reduce)) {
        reducing.place =
            declare_local(lowering, scope, "place", reducing.opened.indices[0]->first, true);
    }
    struct table *uses = lowering->uses;
    lowering->uses = table_create(lowering->arena);
    count_uses(lowering, reducing.opened.element);
    lower_loops(&reducing, scope, 0);
    lowering->uses = uses;
    return local_read(lowering, seeks_place(reduce) ? reducing.place : reducing.accumulator);
}
