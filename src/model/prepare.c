#include "model/prepare.h"

struct preparing {
    struct model *model;
    struct graph *graph;
    struct arena *arena;
    struct program *program; /* the definitions, flattened */
    struct table *reduced;   /* of what the data alone decide, what is reduced over the rows */
    struct table *kept;      /* of that, what is kept, to the tensor that holds it */
    struct table *seen;
    const struct tensor **results;
    size_t count, capacity;
};

/* ---- What depends on the data alone ---- */

static bool is_over_rows(const struct node *end)
{
    return end->kind == NODE_SIZE && end->dimension->rows;
}

static bool has_rows(const struct tensor *tensor)
{
    for (int axis = 0; axis < tensor->rank; axis++) {
        if (is_over_rows(tensor->axes[axis].end)) {
            return true;
        }
    }
    return false;
}

bool reads_data_alone(const struct table *from_data, const struct node *expression)
{
    size_t count;
    const struct node **order = node_order(graph_arena(expression->graph), &expression, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor->kind != TENSOR_DATA &&
            table_find(from_data, order[i]->tensor) == NULL) {
            return false;
        }
    }
    return true;
}

struct table *defined_from_data(const struct program *program)
{
    struct table *from_data = table_create(graph_arena(program->graph));
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        if (reads_data_alone(from_data, equation->body)) {
            table_store(from_data, equation->target, equation);
        }
    }
    return from_data;
}

/* Whether a node reduces over the rows, or reads what does. */
static bool is_reduced(const struct preparing *preparing, const struct node *node)
{
    bool reduced = node->kind == NODE_LOAD && table_find(preparing->reduced, node->tensor) != NULL;
    for (int i = 0; i < node->index_count && node->kind == NODE_REDUCE; i++) {
        reduced = reduced || is_over_rows(node->indices[i]->end);
    }
    return reduced;
}

static void mark_reduced(struct preparing *preparing, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(preparing->arena, &equation->body, 1, &count);
    bool reduced = false;
    for (size_t i = 0; i < count; i++) {
        reduced = reduced || is_reduced(preparing, order[i]);
    }
    if (reduced && !has_rows(equation->target)) {
        table_store(preparing->reduced, equation->target, preparing);
    }
}

/* ---- What of it a loss needs ---- */

static void keep(struct preparing *preparing, const struct tensor *tensor)
{
    struct model *model = preparing->model;
    struct tensor *place =
        graph_tensor(preparing->graph, TENSOR_PARAMETER, tensor->name, tensor->rank, tensor->axes);
    place->span = tensor->span;
    place->whole = tensor->whole;
    place->values = tensor->values;
    table_store(preparing->kept, tensor, place);
    struct parameter parameter = {.tensor = place, .state = true};
    ARENA_PUSH(preparing->arena, model->parameters, model->parameter_count,
               model->parameter_capacity, parameter);
    ARENA_PUSH(preparing->arena, preparing->results, preparing->count, preparing->capacity, place);
}

/* Goes from a loss to what it reads, down to what is kept. */
static void keep_what_is_read(struct preparing *preparing, const struct tensor *loss)
{
    const struct tensor **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(preparing->arena, stack, depth, capacity, loss);
    while (depth > 0) {
        const struct equation *equation = program_find(preparing->program, stack[--depth]);
        size_t count = 0;
        const struct node **order =
            equation == NULL ? NULL : node_order(preparing->arena, &equation->body, 1, &count);
        for (size_t i = 0; i < count; i++) {
            const struct tensor *tensor = order[i]->kind == NODE_LOAD ? order[i]->tensor : NULL;
            if (tensor == NULL || table_find(preparing->seen, tensor) != NULL) {
                continue;
            }
            table_store(preparing->seen, tensor, preparing);
            if (table_find(preparing->reduced, tensor) != NULL) {
                keep(preparing, tensor);
            } else {
                ARENA_PUSH(preparing->arena, stack, depth, capacity, tensor);
            }
        }
    }
}

/* ---- The model afterwards ---- */

static const struct node *read_kept(void *context, const struct node *node)
{
    const struct preparing *preparing = context;
    const struct tensor *place =
        node->kind == NODE_LOAD ? table_find(preparing->kept, node->tensor) : NULL;
    return place == NULL ? node : node_load(preparing->graph, place, node->arguments);
}

/* The definitions with what is kept in place of what it was; the equations for that in a program of
 * their own. */
static struct program *part_definitions(struct preparing *preparing)
{
    struct program *definitions = preparing->program, *kept = program_copy(definitions);
    for (size_t i = 0; i < definitions->count; i++) {
        struct equation *equation = definitions->equations[i];
        equation->body = node_rewrite(preparing->graph, equation->body, read_kept, preparing);
    }
    struct program *computed = program_create(preparing->graph);
    computed->taken = definitions->taken;
    computed->recurrent = definitions->recurrent;
    for (size_t i = 0; i < kept->count; i++) {
        struct equation *equation = kept->equations[i];
        const struct tensor *place = table_find(preparing->kept, equation->target);
        equation->body = node_rewrite(preparing->graph, equation->body, read_kept, preparing);
        equation->target = place == NULL ? equation->target : place;
        program_adopt(computed, equation);
    }
    return program_slice(computed, preparing->results, preparing->count);
}

struct program *model_prepare(struct model *model, const struct tensor ***results, size_t *count)
{
    struct arena *arena = graph_arena(model->graph);
    struct preparing preparing = {.model = model, .graph = model->graph, .arena = arena};
    if (model->rows == NULL) {
        return NULL;
    }
    preparing.program = program_copy(model->program);
    program_flatten(preparing.program);
    const struct table *from_data = defined_from_data(preparing.program);
    preparing.reduced = table_create(arena);
    preparing.kept = table_create(arena);
    preparing.seen = table_create(arena);
    for (size_t i = 0; i < preparing.program->count; i++) {
        if (table_find(from_data, preparing.program->equations[i]->target) != NULL) {
            mark_reduced(&preparing, preparing.program->equations[i]);
        }
    }
    for (size_t i = 0; i < model->objective_count; i++) {
        keep_what_is_read(&preparing, model->objectives[i].loss);
    }
    if (preparing.count == 0) {
        return NULL;
    }
    struct program *computed = part_definitions(&preparing);
    model->program = preparing.program;
    *results = preparing.results;
    *count = preparing.count;
    return computed;
}
