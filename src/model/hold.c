#include "model/hold.h"

struct holder {
    struct graph *graph;
    struct program *program;
    struct table *copies; /* tensor to what holds its values */
};

static const struct node *copy_visit(void *context, const struct node *node)
{
    const struct holder *holder = context;
    const struct tensor *copy =
        node->kind == NODE_LOAD ? table_find(holder->copies, node->tensor) : NULL;
    return copy == NULL ? node : node_load(holder->graph, copy, node->arguments);
}

static const struct node *hold_visit(void *context, const struct node *node)
{
    struct holder *holder = context;
    bool stops = node->kind == NODE_APPLY && node->operation->id == OPERATOR_STOP;
    return stops ? node_rewrite(holder->graph, node, copy_visit, holder) : node;
}

static bool has_stop(const struct program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        size_t count;
        const struct node **order =
            node_order(graph_arena(program->graph), &program->equations[i]->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_APPLY && order[k]->operation->id == OPERATOR_STOP) {
                return true;
            }
        }
    }
    return false;
}

static struct tensor *copy_tensor(struct holder *holder, const struct tensor *tensor)
{
    const char *name = program_fresh_name(
        holder->program, arena_format(graph_arena(holder->graph), "%s_held", tensor->name));
    struct tensor *copy =
        graph_tensor(holder->graph, tensor->kind, name, tensor->rank, tensor->axes);
    copy->whole = tensor->whole;
    copy->values = tensor->values;
    copy->span = tensor->span;
    table_store(holder->copies, tensor, copy);
    return copy;
}

static void copy_parameters(struct holder *holder, struct model *held)
{
    struct arena *arena = graph_arena(holder->graph);
    const struct parameter *own = held->parameters;
    size_t count = held->parameter_count;
    held->parameters = ARENA_ARRAY(arena, struct parameter, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        held->parameters[i] = own[i];
        held->parameters[count + i] =
            (struct parameter){.tensor = copy_tensor(holder, own[i].tensor), .state = true};
    }
    held->parameter_count = held->parameter_capacity = 2 * count;
}

/* Definitions of what is held, and the model's own that read them under stop(). */
static void copy_equations(struct holder *holder, const struct program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        copy_tensor(holder, program->equations[i]->target);
    }
    for (size_t i = 0; i < program->count; i++) {
        const struct equation *equation = program->equations[i];
        program_append(
            holder->program, table_find(holder->copies, equation->target), equation->indices,
            node_rewrite(holder->graph, equation->body, copy_visit, holder), equation->span);
    }
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = ARENA_NEW(graph_arena(holder->graph), struct equation);
        *equation = *program->equations[i];
        equation->body = node_rewrite(holder->graph, equation->body, hold_visit, holder);
        program_adopt(holder->program, equation);
    }
}

struct model *model_hold(const struct model *model)
{
    if (!has_stop(model->program)) {
        return NULL;
    }
    struct arena *arena = graph_arena(model->graph);
    struct holder holder = {.graph = model->graph,
                            .program = program_create(model->graph),
                            .copies = table_create(arena)};
    struct model *held = ARENA_NEW(arena, struct model);
    *held = *model;
    holder.program->taken = model->program->taken;
    copy_parameters(&holder, held);
    copy_equations(&holder, model->program);
    if (model->program->recurrent) {
        program_schedule(holder.program);
    }
    held->program = holder.program;
    return held;
}
