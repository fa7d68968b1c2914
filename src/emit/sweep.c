#include "emit/sweep.h"

#include <math.h>

static struct arena *arena_of(const struct model *model)
{
    return graph_arena(model->graph);
}

/* ---- The model's own definitions ---- */

struct program *prepare_results(const struct model *model, const struct program *definitions,
                                const struct tensor *const *results, size_t count)
{
    struct program *program = program_copy(program_slice(definitions, results, count));
    program_stabilize(model->rules, program);
    program_flatten(program);
    program_inline_parts(program, results, count);
    return program_slice(program, results, count);
}

struct program *prepare_starts(struct model *model, bool states, const struct tensor ***results,
                               size_t *count)
{
    struct arena *arena = arena_of(model);
    struct program *program = program_create(model->graph);
    *results = ARENA_ARRAY(arena, const struct tensor *, model->parameter_count + 1);
    *count = 0;
    for (size_t i = 0; i < model->parameter_count; i++) {
        const struct parameter *parameter = &model->parameters[i];
        if (parameter->start != NULL && parameter->draw == DRAW_NONE &&
            parameter->state == states) {
            program_append(program, parameter->tensor, parameter->indices, parameter->start,
                           parameter->tensor->span);
            (*results)[(*count)++] = parameter->tensor;
        }
    }
    program_flatten(program);
    return program;
}

/* ---- Updates ---- */

struct program *prepare_states(struct model *model)
{
    struct arena *arena = arena_of(model);
    const struct tensor **needed = NULL;
    size_t count = 0, capacity = 0;
    if (model->updates->count == 0) {
        return NULL;
    }
    for (size_t i = 0; i < model->updates->count; i++) {
        size_t node_count;
        const struct node **order =
            node_order(arena, &model->updates->equations[i]->body, 1, &node_count);
        for (size_t k = 0; k < node_count; k++) {
            if (order[k]->kind == NODE_LOAD) {
                ARENA_PUSH(arena, needed, count, capacity, order[k]->tensor);
            }
        }
    }
    struct program *program = program_copy(program_slice(model->program, needed, count));
    for (size_t i = 0; i < model->updates->count; i++) {
        struct equation *update = ARENA_NEW(arena, struct equation);
        *update = *model->updates->equations[i];
        program_adopt(program, update);
    }
    program_stabilize(model->rules, program);
    program_flatten(program);
    return program;
}

struct uphill {
    struct graph *graph;
    const struct tensor *gradient;
};

static const struct node *negate_gradient(void *context, const struct node *node)
{
    const struct uphill *uphill = context;
    if (node->kind == NODE_LOAD && node->tensor == uphill->gradient) {
        return node_unary(uphill->graph, OPERATOR_NEGATE, node);
    }
    return node;
}

enum side { LOWER, UPPER };

/* A value beyond a closed bound becomes the bound; towards an open one it goes half the way. */
static const struct node *keep_inside(struct graph *graph, enum side side, const struct node *value,
                                      const struct node *old, const struct node *bound, bool open)
{
    enum operator_id beyond = side == UPPER ? OPERATOR_GREATER : OPERATOR_LESS;
    const struct node *kept = bound;
    if (open) {
        beyond = side == UPPER ? OPERATOR_GREATER_EQUAL : OPERATOR_LESS_EQUAL;
        kept = node_binary(graph, OPERATOR_MULTIPLY, node_number(graph, 0.5),
                           node_binary(graph, OPERATOR_ADD, old, bound));
    }
    return node_select(graph, node_binary(graph, beyond, value, bound), kept, value);
}

static const struct parameter *find_parameter(const struct model *model,
                                              const struct tensor *tensor)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        if (model->parameters[i].tensor == tensor) {
            return &model->parameters[i];
        }
    }
    return NULL;
}

static void keep_within(struct model *model, const struct parameter *parameter,
                        struct equation *equation)
{
    struct graph *graph = model->graph;
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < equation->target->rank; i++) {
        subscripts[i] = node_index(graph, equation->indices[i]);
    }
    const struct node *old = node_load(graph, equation->target, subscripts);
    if (parameter->lower != NULL && !node_is_number(parameter->lower, -INFINITY)) {
        equation->body =
            keep_inside(graph, LOWER, equation->body, old, parameter->lower, parameter->lower_open);
    }
    if (parameter->upper != NULL && !node_is_number(parameter->upper, INFINITY)) {
        equation->body =
            keep_inside(graph, UPPER, equation->body, old, parameter->upper, parameter->upper_open);
    }
}

struct program *prepare_update(struct model *model, const struct objective *objective, size_t k)
{
    const struct update *update = &objective->updates[k];
    const struct parameter *parameter = find_parameter(model, update->parameter);
    struct program *program = program_copy(update->program);
    struct uphill uphill = {model->graph, update->gradient};
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        if (objective->maximize) {
            equation->body = node_rewrite(model->graph, equation->body, negate_gradient, &uphill);
        }
        if (equation->target == update->parameter && parameter != NULL) {
            keep_within(model, parameter, equation);
        }
    }
    program_flatten(program);
    return program;
}

/* ---- Clipping ---- */

/* max(min(g, limit), -limit), or NULL limit: g itself. */
static const struct node *clipped(struct graph *graph, const struct node *element, double limit)
{
    if (limit <= 0) {
        return element;
    }
    const struct node *below = node_binary(graph, OPERATOR_MIN, element, node_number(graph, limit));
    return node_binary(graph, OPERATOR_MAX, below, node_number(graph, -limit));
}

/* The element of a gradient at fresh indices. */
static const struct node *open_gradient(struct graph *graph, const struct tensor *gradient,
                                        const struct index **indices)
{
    const struct node *subscripts[RANK_MAX];
    tensor_open(graph, gradient, indices, subscripts);
    return node_load(graph, gradient, subscripts);
}

/* min(1, limit/norm) over all gradients, each element within its own limit before. */
static const struct node *shrinking(struct model *model, const struct objective *objective,
                                    struct program *program)
{
    struct graph *graph = model->graph;
    const struct node *squares = node_number(graph, 0);
    for (size_t k = 0; k < objective->over_count; k++) {
        const struct tensor *gradient = objective->updates[k].gradient;
        const struct index *indices[RANK_MAX];
        const struct node *element =
            clipped(graph, open_gradient(graph, gradient, indices), objective->clip_value);
        const struct node *square =
            node_binary(graph, OPERATOR_POWER, element, node_number(graph, 2));
        if (gradient->rank > 0) {
            square = node_reduce(graph, REDUCTION_SUM, gradient->rank, indices, square, NULL);
        }
        squares = node_binary(graph, OPERATOR_ADD, squares, square);
    }
    const struct node *limit = node_number(graph, objective->clip_norm);
    const struct node *norm = node_unary(graph, OPERATOR_SQRT, squares);
    const struct node *factor =
        node_select(graph, node_binary(graph, OPERATOR_GREATER, norm, limit),
                    node_binary(graph, OPERATOR_DIVIDE, limit, norm), node_number(graph, 1));
    struct tensor *tensor =
        graph_tensor(graph, TENSOR_PART, program_fresh_name(program, "shrink"), 0, NULL);
    program_append(program, tensor, NULL, factor, objective->span);
    return node_load(graph, tensor, NULL);
}

struct program *prepare_clipping(struct model *model, const struct objective *objective)
{
    struct graph *graph = model->graph;
    struct program *program = program_create(graph);
    if (objective->clip_norm <= 0 && objective->clip_value <= 0) {
        return NULL;
    }
    const struct node *factor =
        objective->clip_norm > 0 ? shrinking(model, objective, program) : NULL;
    for (size_t k = 0; k < objective->over_count; k++) {
        const struct tensor *gradient = objective->updates[k].gradient;
        const struct index *indices[RANK_MAX];
        const struct node *body =
            clipped(graph, open_gradient(graph, gradient, indices), objective->clip_value);
        body = factor == NULL ? body : node_binary(graph, OPERATOR_MULTIPLY, factor, body);
        program_append(program, gradient, indices, body, objective->span)->update = true;
    }
    program_flatten(program);
    return program;
}
