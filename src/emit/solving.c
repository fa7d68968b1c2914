#include "emit/solving.h"

#include "calculus/rules.h"

bool has_solvers(const struct model *model)
{
    for (size_t i = 0; i < model->objective_count; i++) {
        if (model->objectives[i].solver != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- Planning ---- */

static struct plan *plan_of(struct functions *functions, const struct program *program,
                            const struct tensor *const *results, size_t count)
{
    struct program *own = program_copy(program);
    own->taken = program->taken;
    program_stabilize(functions->model->rules, own);
    program_flatten(own);
    own = program_slice(own, results, count);
    program_inline_parts(own, results, count);
    program_share_scalars(own);
    return plan_create_parallel(own, results, count, PLAN_GRAIN);
}

const struct tensor **solving_fit(const struct functions *functions, size_t number, size_t *count)
{
    const struct residuals *residuals = functions->objectives[number].residuals;
    const struct objective *objective = &functions->model->objectives[number];
    const struct tensor **tensors = NULL;
    size_t capacity = 0;
    *count = 0;
    for (size_t b = 0; residuals != NULL && b < residuals->count; b++) {
        const struct residual_block *block = &residuals->blocks[b];
        struct arena *arena = functions->emitter->arena;
        ARENA_PUSH(arena, tensors, *count, capacity, block->values);
        if (block->observed != NULL) {
            ARENA_PUSH(arena, tensors, *count, capacity, block->observed);
        }
        if (block->taken != NULL) {
            ARENA_PUSH(arena, tensors, *count, capacity, block->taken);
        }
        for (size_t k = 0; k < objective->over_count; k++) {
            ARENA_PUSH(arena, tensors, *count, capacity, block->slopes[k]);
        }
    }
    return tensors;
}

static bool plan_squares(struct functions *functions, size_t number)
{
    const struct objective *objective = &functions->model->objectives[number];
    struct objective_plans *plans = &functions->objectives[number];
    plans->residuals =
        residuals_create(functions->model, objective, functions->emitter->diagnostics);
    if (plans->residuals == NULL) {
        return false;
    }
    const struct residuals *residuals = plans->residuals;
    const struct tensor **values =
        ARENA_ARRAY(functions->emitter->arena, const struct tensor *, residuals->count);
    for (size_t b = 0; b < residuals->count; b++) {
        values[b] = residuals->blocks[b].values;
    }
    size_t count;
    const struct tensor **all = solving_fit(functions, number, &count);
    plans->residual_values = plan_of(functions, residuals->program, values, residuals->count);
    plans->jacobian = plan_of(functions, residuals->program, all, count);
    for (size_t i = 0; i < count; i++) {
        layout_name(&functions->layout, all[i]);
    }
    return true;
}

bool solving_plan(struct functions *functions, size_t number)
{
    struct objective_plans *plans = &functions->objectives[number];
    const struct objective *objective = &functions->model->objectives[number];
    if (objective->solver == NULL || functions->gradient_only) {
        return true;
    }
    if (objective->solver->needs == SOLVER_NEEDS_SQUARES && !plan_squares(functions, number)) {
        return false;
    }
    if (objective->solver->needs == SOLVER_NEEDS_CURVATURE ||
        objective->likelihood != LIKELIHOOD_NONE) {
        plans->second =
            curvature_create(functions->model, objective, functions->emitter->diagnostics);
        if (plans->second == NULL) {
            return false;
        }
        plans->curvature = plan_create_parallel(plans->second->program, plans->second->products,
                                                plans->second->count, PLAN_GRAIN);
    }
    return true;
}

/* ---- Signatures ---- */

enum { PARAMETERS_MAX = 5 };

/* A function of parameters, data, what `rest` declares, and the workspace. */
struct head {
    struct c_parameter parameters[PARAMETERS_MAX];
    size_t count;
};

static void add_parameter(struct functions *functions, struct head *head, const char *name,
                          const char *format, const char *of)
{
    head->parameters[head->count++] =
        (struct c_parameter){name, arena_format(functions->emitter->arena, format, of)};
}

static const char *fit_name(struct functions *functions, size_t number)
{
    return objective_function(functions, "fit", number);
}

static struct head head_begin(struct functions *functions)
{
    struct head head = {0};
    const char *prefix = functions->emitter->prefix;
    add_parameter(functions, &head, "params", "const struct %s_params *params", prefix);
    add_parameter(functions, &head, "data", "const struct %s_data *data", prefix);
    return head;
}

static struct head curvature_head(struct functions *functions)
{
    struct head head = head_begin(functions);
    const char *prefix = functions->emitter->prefix;
    add_parameter(functions, &head, "along", "const struct %s_params *along", prefix);
    add_parameter(functions, &head, "product", "struct %s_params *product", prefix);
    add_parameter(functions, &head, "work", "%s *work", functions->emitter->real);
    return head;
}

static struct head fit_head(struct functions *functions, size_t number)
{
    struct head head = head_begin(functions);
    add_parameter(functions, &head, "fit", "struct %s *fit", fit_name(functions, number));
    add_parameter(functions, &head, "work", "%s *work", functions->emitter->real);
    return head;
}

static void emit_prototype(struct functions *functions, const char *name, const struct head *head)
{
    const char *declarations[PARAMETERS_MAX];
    for (size_t i = 0; i < head->count; i++) {
        declarations[i] = head->parameters[i].declaration;
    }
    emit_signature(functions->emitter, arena_format(functions->emitter->arena, "void %s", name),
                   declarations, head->count);
    emit(functions->emitter, ";\n");
}

void solving_emit_prototypes(struct functions *functions, size_t number)
{
    const struct objective_plans *plans = &functions->objectives[number];
    if (plans->curvature != NULL) {
        struct head head = curvature_head(functions);
        emit_prototype(functions, objective_function(functions, "curvature", number), &head);
    }
    if (plans->jacobian != NULL) {
        struct head head = fit_head(functions, number);
        emit_prototype(functions, objective_function(functions, "residuals", number), &head);
        emit_prototype(functions, objective_function(functions, "jacobian", number), &head);
    }
}

void solving_emit_struct(struct functions *functions, size_t number)
{
    size_t count;
    const struct tensor **tensors = solving_fit(functions, number, &count);
    if (count > 0) {
        layout_emit_struct(
            &functions->layout, "Residuals, what is observed, and slopes.",
            arena_format(functions->emitter->arena, "fit%s", functions->objectives[number].suffix),
            tensors, count);
    }
}

/* ---- Functions ---- */

static struct function function_begin(struct functions *functions, const char *comment,
                                      const char *stem, size_t number, const struct head *head,
                                      const struct plan *plan)
{
    struct function function = {.comment = comment,
                                .name = objective_function(functions, stem, number),
                                .parameters = head->parameters,
                                .parameter_count = head->count,
                                .plan = plan,
                                .accesses = table_create(functions->emitter->arena)};
    access_params(&functions->layout, function.accesses, false);
    access_data(&functions->layout, function.accesses);
    return function;
}

static void emit_curvature(struct functions *functions, size_t number)
{
    const struct objective_plans *plans = &functions->objectives[number];
    const struct objective *objective = &functions->model->objectives[number];
    struct emitter *emitter = functions->emitter;
    struct head head = curvature_head(functions);
    struct function function =
        function_begin(functions, "The product of the Hessian with the direction `along`.",
                       "curvature", number, &head, plans->curvature);
    for (size_t k = 0; k < objective->over_count; k++) {
        const char *name = member_name(&functions->layout, objective->over[k]);
        access_one(&functions->layout, function.accesses, plans->second->directions[k],
                   arena_format(emitter->arena, "along->%s", name), "along");
        access_one(&functions->layout, function.accesses, plans->second->products[k],
                   arena_format(emitter->arena, "product->%s", name), "product");
    }
    function_emit(emitter, &function);
}

static void emit_fit(struct functions *functions, size_t number, const char *comment,
                     const char *stem, const struct plan *plan)
{
    struct head head = fit_head(functions, number);
    struct function function = function_begin(functions, comment, stem, number, &head, plan);
    size_t count;
    const struct tensor **tensors = solving_fit(functions, number, &count);
    for (size_t i = 0; i < count; i++) {
        access_one(&functions->layout, function.accesses, tensors[i],
                   arena_format(functions->emitter->arena, "fit->%s",
                                member_name(&functions->layout, tensors[i])),
                   "fit");
    }
    function_emit(functions->emitter, &function);
}

void solving_emit(struct functions *functions, size_t number)
{
    const struct objective_plans *plans = &functions->objectives[number];
    if (plans->curvature != NULL) {
        emit_curvature(functions, number);
    }
    if (plans->jacobian != NULL) {
        emit_fit(functions, number,
                 "The residuals: the sum of their squares is the loss, but for a constant.",
                 "residuals", plans->residual_values);
        emit_fit(functions, number, "The residuals and their slopes.", "jacobian", plans->jacobian);
    }
}
