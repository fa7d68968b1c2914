#include "equations/affine.h"
#include "plan/cost.h"
#include "plan/lower.h"

/* Statements that one C function may hold: compilers take time quadratic in it. */
#define PART_STEPS_MAX 256

struct planner {
    struct plan *plan;
    struct graph *graph;
    struct arena *arena;
    const struct program *program;
    struct table *results; /* tensors that the caller asked for */
    bool one_part;         /* numbers can be local variables: nothing is shared between parts */
};

static const struct node *size_of(struct planner *planner, const struct tensor *tensor)
{
    const struct node *size = node_number(planner->graph, 1);
    for (int i = 0; i < tensor->rank; i++) {
        size =
            node_binary(planner->graph, OPERATOR_MULTIPLY, size,
                        affine_normalize(planner->graph,
                                         node_binary(planner->graph, OPERATOR_SUBTRACT,
                                                     tensor->axes[i].end, tensor->axes[i].first)));
    }
    return size;
}

static enum place place_of(const struct planner *planner, const struct tensor *tensor)
{
    if (table_find(planner->results, tensor) != NULL) {
        return PLACE_RESULT;
    }
    if (program_find(planner->program, tensor) == NULL) {
        return PLACE_GIVEN;
    }
    return tensor->rank == 0 && planner->one_part ? PLACE_VARIABLE : PLACE_WORKSPACE;
}

static void add_buffer(struct planner *planner, const struct tensor *tensor)
{
    if (tensor->kind == TENSOR_LOCAL || table_find(planner->plan->by_tensor, tensor) != NULL) {
        return;
    }
    struct plan *plan = planner->plan;
    struct buffer buffer = {
        .tensor = tensor, .place = place_of(planner, tensor), .size = size_of(planner, tensor)};
    if (buffer.place == PLACE_WORKSPACE) {
        buffer.offset = plan->workspace;
        plan->workspace = node_binary(planner->graph, OPERATOR_ADD, plan->workspace, buffer.size);
    }
    ARENA_PUSH(planner->arena, plan->buffers, plan->buffer_count, plan->buffer_capacity, buffer);
    table_store(plan->by_tensor, tensor, (void *)(uintptr_t)plan->buffer_count);
}

static void add_buffers(struct planner *planner)
{
    for (size_t i = 0; i < planner->program->count; i++) {
        const struct equation *equation = planner->program->equations[i];
        size_t count;
        const struct node **order = node_order(planner->arena, &equation->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_LOAD) {
                add_buffer(planner, order[k]->tensor);
            }
        }
        add_buffer(planner, equation->target);
    }
}

static void close_part(struct planner *planner, struct scope *scope)
{
    struct plan *plan = planner->plan;
    struct part part = {scope->steps};
    if (part.steps.count > 0) {
        ARENA_PUSH(planner->arena, plan->parts, plan->part_count, plan->part_capacity, part);
    }
    *scope = (struct scope){.locals = table_create(planner->arena)};
}

static const struct tensor *variable_for(struct planner *planner, struct lowering *lowering,
                                         const struct equation *equation)
{
    if (place_of(planner, equation->target) != PLACE_VARIABLE) {
        return NULL;
    }
    struct tensor *variable =
        graph_tensor(planner->graph, TENSOR_LOCAL, equation->target->name, 0, NULL);
    table_store(lowering->variables, equation->target, variable);
    return variable;
}

static void lower_program(struct planner *planner)
{
    struct lowering lowering = {.graph = planner->graph, .arena = planner->arena};
    lowering.variables = table_create(planner->arena);
    lowering.depth = table_create(planner->arena);
    lowering.uses = table_create(planner->arena);
    for (size_t i = 0; i < planner->program->count; i++) {
        count_uses(&lowering, planner->program->equations[i]->body);
    }
    struct scope scope = {.locals = table_create(planner->arena)};
    for (size_t i = 0; i < planner->program->count; i++) {
        const struct equation *equation = planner->program->equations[i];
        if (equation->update) {
            /* What was read before may have another value now. */
            scope.locals = table_create(planner->arena);
        }
        lower_equation(&lowering, &scope, equation, variable_for(planner, &lowering, equation));
        if (scope.steps.count >= PART_STEPS_MAX && !planner->one_part) {
            close_part(planner, &scope);
        }
    }
    close_part(planner, &scope);
}

struct plan *plan_create(const struct program *program, const struct tensor *const *results,
                         size_t result_count)
{
    struct graph *graph = program->graph;
    struct arena *arena = graph_arena(graph);
    struct planner planner = {
        .plan = ARENA_NEW(arena, struct plan), .graph = graph, .arena = arena, .program = program};
    planner.plan->graph = graph;
    planner.plan->workspace = node_number(graph, 0);
    planner.results = table_create(arena);
    planner.plan->by_tensor = table_create(arena);
    planner.one_part = program->count <= PART_STEPS_MAX / 4;
    for (size_t i = 0; i < result_count; i++) {
        table_store(planner.results, results[i], (void *)(uintptr_t)results[i]);
    }
    add_buffers(&planner);
    lower_program(&planner);
    planner.plan->cost = cost_of(planner.plan);
    return planner.plan;
}

const struct buffer *plan_buffer(const struct plan *plan, const struct tensor *tensor)
{
    uintptr_t position = (uintptr_t)table_find(plan->by_tensor, tensor);
    return position == 0 ? NULL : &plan->buffers[position - 1];
}
