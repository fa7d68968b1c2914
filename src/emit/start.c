#include "emit/start.h"

#include <string.h>

/* The steps of NAME_init while they are put together. */
struct starting {
    struct functions *functions;
    struct arena *arena;
    struct graph *graph;
    struct step_list steps;
    const struct tensor *normal, *uniform; /* each use is a fresh random number */
};

static struct step *push_step(struct starting *starting, struct step_list *list,
                              enum step_kind kind)
{
    struct step *step = ARENA_NEW(starting->arena, struct step);
    step->kind = kind;
    ARENA_PUSH(starting->arena, list->items, list->count, list->capacity, step);
    return step;
}

/* The model's own formula as a comment. */
static void push_comment(struct starting *starting, const struct tensor *target,
                         const struct index *const *indices, const struct node *body)
{
    struct equation *equation = ARENA_NEW(starting->arena, struct equation);
    equation->target = target;
    equation->body = body;
    equation->span = target->span;
    for (int i = 0; i < target->rank; i++) {
        equation->indices[i] = indices[i];
    }
    push_step(starting, &starting->steps, STEP_COMMENT)->equation = equation;
}

/* for every element: target[...] = value */
static void push_fill(struct starting *starting, const struct tensor *target,
                      const struct index *const *indices, const struct node *value)
{
    struct step_list *list = &starting->steps;
    for (int i = 0; i < target->rank; i++) {
        struct step *loop = push_step(starting, list, STEP_LOOP);
        loop->index = indices[i];
        loop->first = indices[i]->first;
        loop->end = indices[i]->end;
        list = &loop->body;
    }
    struct step *store = push_step(starting, list, STEP_STORE);
    store->target = target;
    store->value = value;
    for (int i = 0; i < target->rank; i++) {
        store->subscripts[i] = node_index(starting->graph, indices[i]);
    }
}

static void make_indices(struct starting *starting, const struct tensor *tensor,
                         const struct index **indices)
{
    for (int i = 0; i < tensor->rank; i++) {
        indices[i] =
            graph_index(starting->graph, arena_format(starting->arena, "%c", "ijklmpqr"[i]),
                        tensor->axes[i].first, tensor->axes[i].end);
    }
}

static void fill_constant(struct starting *starting, const struct tensor *tensor,
                          const struct node *value)
{
    const struct index *indices[RANK_MAX];
    make_indices(starting, tensor, indices);
    push_comment(starting, tensor, indices, value);
    push_fill(starting, tensor, indices, value);
}

/* ---- Random draws ---- */

/* A local that keeps what does not change from draw to draw. */
static const struct node *keep(struct starting *starting, const char *name,
                               const struct node *value)
{
    if (value->kind == NODE_NUMBER) {
        return value;
    }
    struct tensor *local = graph_tensor(starting->graph, TENSOR_LOCAL, name, 0, NULL);
    struct step *step = push_step(starting, &starting->steps, STEP_DECLARE);
    step->target = local;
    step->value = value;
    return node_load(starting->graph, local, NULL);
}

static const struct node *drawn(struct starting *starting, enum draw_kind kind,
                                const struct node *location, const struct node *scale)
{
    struct graph *graph = starting->graph;
    if (kind == DRAW_NORMAL) {
        const struct node *draw = node_load(graph, starting->normal, NULL);
        return node_binary(graph, OPERATOR_ADD, location,
                           node_binary(graph, OPERATOR_MULTIPLY, scale, draw));
    }
    const struct node *draw = node_load(graph, starting->uniform, NULL);
    const struct node *width = node_binary(graph, OPERATOR_SUBTRACT, scale, location);
    return node_binary(graph, OPERATOR_ADD, location,
                       node_binary(graph, OPERATOR_MULTIPLY, width, draw));
}

static void fill_drawn(struct starting *starting, const struct parameter *parameter)
{
    struct graph *graph = starting->graph;
    const struct tensor *tensor = parameter->tensor;
    const struct index *indices[RANK_MAX];
    make_indices(starting, tensor, indices);
    push_comment(starting, tensor, indices,
                 drawn(starting, parameter->draw, parameter->location, parameter->scale));
    bool normal = parameter->draw == DRAW_NORMAL;
    const struct node *scale = keep(starting, normal ? "deviation" : "limit", parameter->scale);
    const struct node *location = parameter->location;
    if (location == node_unary(graph, OPERATOR_NEGATE, parameter->scale)) {
        location = node_unary(graph, OPERATOR_NEGATE, scale);
    } else {
        location = keep(starting, normal ? "mean" : "lower", location);
    }
    push_fill(starting, tensor, indices, drawn(starting, parameter->draw, location, scale));
    starting->functions->draws_normal = starting->functions->draws_normal || normal;
    starting->functions->draws_uniform = starting->functions->draws_uniform || !normal;
}

/* ---- All of it ---- */

/* Starts given by a formula, as the planner lays them out. */
static bool fill_formulas(struct starting *starting, bool states)
{
    struct functions *functions = starting->functions;
    const struct tensor **results;
    size_t count;
    struct program *program = prepare_starts(functions->model, states, &results, &count);
    if (count == 0) {
        return true;
    }
    const struct plan *plan = plan_create(program, results, count);
    if (!node_is_number(plan->workspace, 0)) {
        report_error(functions->emitter->diagnostics, results[0]->span,
                     "the starts of the parameters are too large a computation");
        return false;
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct step_list *steps = &plan->parts[i].steps;
        for (size_t k = 0; k < steps->count; k++) {
            ARENA_PUSH(starting->arena, starting->steps.items, starting->steps.count,
                       starting->steps.capacity, steps->items[k]);
        }
    }
    return true;
}

static void fill_parameters(struct starting *starting)
{
    const struct model *model = starting->functions->model;
    for (size_t i = 0; i < model->parameter_count; i++) {
        const struct parameter *parameter = &model->parameters[i];
        if (parameter->draw != DRAW_NONE) {
            fill_drawn(starting, parameter);
        } else if (parameter->start == NULL) {
            fill_constant(starting, parameter->tensor, node_number(starting->graph, 0));
        }
    }
}

/* Whether `memset(state, 0, sizeof *state)` clears the state: nothing in it is a pointer. */
static bool state_is_flat(const struct functions *functions)
{
    const struct model *model = functions->model;
    return !functions->layout.has_pointers && model->objective_count > 0;
}

static void fill_states(struct starting *starting)
{
    const struct functions *functions = starting->functions;
    const struct model *model = functions->model;
    for (size_t i = 0; i < model->objective_count; i++) {
        for (size_t k = 0; k < model->objectives[i].over_count; k++) {
            const struct update *update = &model->objectives[i].updates[k];
            for (size_t s = 0; s < update->state_count; s++) {
                if (!state_is_flat(functions) || !node_is_number(update->state_starts[s], 0)) {
                    fill_constant(starting, update->states[s], update->state_starts[s]);
                }
            }
        }
    }
}

bool plan_starts(struct functions *functions)
{
    struct graph *graph = functions->emitter->graph;
    struct starting starting = {
        .functions = functions,
        .arena = functions->emitter->arena,
        .graph = graph,
        .normal = graph_tensor(graph, TENSOR_INPUT, "normal(0, 1)", 0, NULL),
        .uniform = graph_tensor(graph, TENSOR_INPUT, "uniform(0, 1)", 0, NULL)};
    if (!fill_formulas(&starting, false)) {
        return false;
    }
    fill_parameters(&starting);
    if (!fill_formulas(&starting, true)) {
        return false;
    }
    fill_states(&starting);
    struct plan *plan = ARENA_NEW(starting.arena, struct plan);
    plan->graph = graph;
    plan->by_tensor = table_create(starting.arena);
    plan->workspace = node_number(graph, 0);
    plan->parts = ARENA_NEW(starting.arena, struct part);
    plan->parts[0].steps = starting.steps;
    plan->part_count = 1;
    functions->starts = plan;
    functions->normal = starting.normal;
    functions->uniform = starting.uniform;
    return true;
}

/* ---- Spelling ---- */

static void access_draw(struct functions *functions, struct table *accesses,
                        const struct tensor *draw, const char *call)
{
    struct emitter *emitter = functions->emitter;
    struct access *access = ARENA_NEW(emitter->arena, struct access);
    access->tensor = draw;
    access->path = emitter->single ? arena_format(emitter->arena, "(float)%s", call) : call;
    access->level = emitter->single ? LEVEL_CAST : LEVEL_ANY;
    access->parameter = "";
    access->direct = true;
    table_store(accesses, draw, access);
}

void access_starts(struct functions *functions, struct table *accesses)
{
    const struct model *model = functions->model;
    access_params(&functions->layout, accesses, true);
    for (size_t i = 0; i < model->objective_count; i++) {
        bool updates = model->objectives[i].solver == NULL;
        for (size_t k = 0; updates && k < model->objectives[i].over_count; k++) {
            access_update(&functions->layout, accesses, &model->objectives[i], i, k);
        }
    }
    access_draw(functions, accesses, functions->normal, "random_normal(&random)");
    access_draw(functions, accesses, functions->uniform, "random_uniform(&random)");
}

const char *start_prologue(struct functions *functions, const char **uses)
{
    struct text text = text_create(functions->emitter->arena);
    struct text used = text_create(functions->emitter->arena);
    if (functions->draws_normal || functions->draws_uniform) {
        text_append(&text, "    random_seed(&random, seed, 0);\n");
        text_append(&used, "seed ");
    }
    if (state_is_flat(functions)) {
        text_append(&text, "    memset(state, 0, sizeof *state);\n");
        text_append(&used, "state ");
    } else if (functions->model->objective_count > 0) {
        for (size_t i = 0; i < functions->model->objective_count; i++) {
            text_format(&text, "    state->%s = 0;\n", functions->layout.steps[i]);
        }
        text_append(&used, "state ");
    }
    *uses = used.bytes;
    if (text.length > 0) {
        text_append(&text, "\n");
    }
    return text.bytes;
}
