#include "model/curvature.h"

#include "calculus/reverse.h"

/* sum[i,j] gradient[i,j]*direction[i,j] */
static const struct node *product_with(struct graph *graph, const struct tensor *gradient,
                                       const struct tensor *direction)
{
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    tensor_open(graph, gradient, indices, subscripts);
    const struct node *product =
        node_binary(graph, OPERATOR_MULTIPLY, node_load(graph, gradient, subscripts),
                    node_load(graph, direction, subscripts));
    return gradient->rank == 0
               ? product
               : node_reduce(graph, REDUCTION_SUM, gradient->rank, indices, product, NULL);
}

/* The directions, and the slope of the loss along them. */
static const struct tensor *append_slope(struct curvature *curvature,
                                         const struct gradient *gradient,
                                         const struct objective *objective)
{
    struct program *program = curvature->program;
    struct graph *graph = program->graph;
    const struct node *slope = node_number(graph, 0);
    for (size_t k = 0; k < objective->over_count; k++) {
        const struct tensor *parameter = objective->over[k];
        const char *name = program_fresh_name(
            program, arena_format(graph_arena(graph), "direction_%s", parameter->name));
        curvature->directions[k] =
            graph_tensor(graph, TENSOR_INPUT, name, parameter->rank, parameter->axes);
        slope = node_binary(graph, OPERATOR_ADD, slope,
                            product_with(graph, gradient->adjoints[k], curvature->directions[k]));
    }
    struct tensor *tensor =
        graph_tensor(graph, TENSOR_PART, program_fresh_name(program, "slope"), 0, NULL);
    program_append(program, tensor, NULL, slope, objective->span);
    return tensor;
}

struct curvature *curvature_create(struct model *model, const struct objective *objective,
                                   struct diagnostics *diagnostics)
{
    struct arena *arena = graph_arena(model->graph);
    struct curvature *curvature = ARENA_NEW(arena, struct curvature);
    const size_t count = curvature->count = objective->over_count;
    struct gradient *gradient = gradient_create(model, objective->loss, objective->over, count,
                                                ROW_SUMS_PLAIN, diagnostics);
    if (gradient == NULL) {
        return NULL;
    }
    curvature->program = gradient->program;
    curvature->directions = ARENA_ARRAY(arena, const struct tensor *, count + 1);
    curvature->products = ARENA_ARRAY(arena, const struct tensor *, count + 1);
    const struct tensor *slope = append_slope(curvature, gradient, objective);
    if (!reverse_differentiate(model->rules, curvature->program, slope,
                               (const struct tensor *const *)objective->over, count,
                               curvature->products, diagnostics)) {
        return NULL;
    }
    program_stabilize(model->rules, curvature->program);
    program_flatten(curvature->program);
    curvature->program = program_slice(curvature->program, curvature->products, count);
    program_inline_parts(curvature->program, curvature->products, count);
    program_share_scalars(curvature->program);
    return curvature;
}
