#include "emit/functions.h"

#include "calculus/checkpoint.h"
#include "emit/solving.h"
#include "emit/start.h"
#include "model/prepare.h"

#include <string.h>

/* ---- Planning ---- */

static struct plan *plan_results(struct model *model, const struct tensor *const *results,
                                 size_t count)
{
    struct program *program = prepare_results(model, model->program, results, count);
    if (model->checkpoint != 0) {
        program = program_checkpoint(program, results, count, model->checkpoint).program;
    }
    return plan_create_parallel(program, results, count, PLAN_GRAIN);
}

/* The loss with its derivatives by the first `count` parameters of `over`. */
static struct gradient *plan_gradient(struct functions *functions,
                                      const struct objective *objective, size_t count,
                                      struct plan **plan)
{
    struct arena *arena = functions->emitter->arena;
    struct gradient *gradient =
        gradient_create(functions->model, objective->loss, objective->over, count, ROW_SUMS_SCALED,
                        functions->emitter->diagnostics);
    if (gradient == NULL) {
        return NULL;
    }
    program_share_scalars(gradient->program);
    if (!gradient_checkpoint(functions->model, gradient, functions->emitter->diagnostics)) {
        return NULL;
    }
    *plan = plan_create_parallel(gradient->program, gradient_results(gradient, arena), count + 1,
                                 PLAN_GRAIN);
    return gradient;
}

/* What an update sets lies with the caller. */
static struct plan *plan_update(struct program *program)
{
    const struct tensor **targets =
        ARENA_ARRAY(graph_arena(program->graph), const struct tensor *, program->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < program->count; i++) {
        if (program->equations[i]->update) {
            targets[count++] = program->equations[i]->target;
        }
    }
    return plan_create_parallel(program, targets, count, PLAN_GRAIN);
}

static bool plan_objective(struct functions *functions, size_t number)
{
    struct emitter *emitter = functions->emitter;
    struct model *model = functions->model;
    const struct objective *objective = &model->objectives[number];
    struct objective_plans *plans = &functions->objectives[number];
    plans->suffix = number == 0 ? "" : arena_format(emitter->arena, "_%zu", number + 1);
    plans->derivative =
        plan_gradient(functions, objective, objective->over_count, &plans->gradient);
    if (plans->derivative == NULL || plan_gradient(functions, objective, 0, &plans->loss) == NULL) {
        return false;
    }
    if (objective->solver != NULL) {
        return solving_plan(functions, number);
    }
    struct program *clipping = prepare_clipping(model, objective);
    plans->clipping = clipping == NULL ? NULL : plan_update(clipping);
    plans->updates = ARENA_ARRAY(emitter->arena, struct plan *, objective->over_count + 1);
    for (size_t k = 0; k < objective->over_count; k++) {
        plans->updates[k] = plan_update(prepare_update(model, objective, k));
    }
    return true;
}

static void plan_reports(struct functions *functions)
{
    struct model *model = functions->model;
    const struct tensor **results =
        ARENA_ARRAY(functions->emitter->arena, const struct tensor *, model->report_count + 1);
    for (size_t i = 0; i < model->report_count; i++) {
        results[i] = model->reports[i].tensor;
    }
    if (model->report_count > 0) {
        functions->reports = plan_results(model, results, model->report_count);
    }
    if (model->output_count > 0) {
        functions->outputs =
            plan_results(model, (const struct tensor *const *)model->outputs, model->output_count);
    }
}

/* What is computed once, ahead of all else. */
static void plan_preparation(struct functions *functions)
{
    const struct tensor **results;
    size_t count;
    struct program *program = model_prepare(functions->model, &results, &count);
    if (program != NULL) {
        program_stabilize(functions->model->rules, program);
        program_flatten(program);
        functions->preparation = plan_create_parallel(program, results, count, PLAN_GRAIN);
    }
}

bool functions_plan(struct functions *functions, struct emitter *emitter, struct model *model)
{
    *functions = (struct functions){.emitter = emitter, .model = model};
    functions->gradient_only = emitter->options->what == EMIT_JIT;
    if (!functions->gradient_only) {
        plan_preparation(functions);
    }
    layout_create(&functions->layout, emitter, model);
    functions->objectives =
        ARENA_ARRAY(emitter->arena, struct objective_plans, model->objective_count + 1);
    for (size_t i = 0; i < model->objective_count; i++) {
        if (!plan_objective(functions, i)) {
            return false;
        }
    }
    if (functions->gradient_only) {
        return true;
    }
    plan_reports(functions);
    struct program *states = prepare_states(model);
    functions->states = states == NULL ? NULL : plan_update(states);
    return plan_starts(functions);
}

const char *objective_function(const struct functions *functions, const char *stem, size_t number)
{
    return arena_format(functions->emitter->arena, "%s_%s%s", functions->emitter->prefix, stem,
                        functions->objectives[number].suffix);
}

/* ---- Signatures ---- */

enum parameter_kind {
    PARAMS,
    PARAMS_READ,
    STATE,
    DATA,
    GRADIENT,
    WORK,
    RATE,
    SEED,
    VALUES,
    OUTPUTS
};

static struct c_parameter parameter_of(struct emitter *emitter, enum parameter_kind kind)
{
    static const struct {
        const char *name, *format;
        bool of_struct;
    } kinds[] = {
        [PARAMS] = {"params", "struct %s_params *params", true},
        [PARAMS_READ] = {"params", "const struct %s_params *params", true},
        [STATE] = {"state", "struct %s_state *state", true},
        [DATA] = {"data", "const struct %s_data *data", true},
        [GRADIENT] = {"gradient", "struct %s_params *gradient", true},
        [WORK] = {"work", "%s *work", false},
        [RATE] = {"rate", "%s rate", false},
        [SEED] = {"seed", "uint64_t seed", false},
        [VALUES] = {"values", "%s *values", false},
        [OUTPUTS] = {"outputs", "struct %s_outputs *outputs", true},
    };
    struct text declaration = text_create(emitter->arena);
    const char *format = kinds[kind].format, *mark = strstr(format, "%s");
    if (mark == NULL) {
        text_append(&declaration, format);
    } else {
        text_append_length(&declaration, format, (size_t)(mark - format));
        text_append(&declaration, kinds[kind].of_struct ? emitter->prefix : emitter->real);
        text_append(&declaration, mark + 2);
    }
    return (struct c_parameter){kinds[kind].name, declaration.bytes};
}

struct signature {
    const enum parameter_kind *kinds;
    size_t count;
};

#define SIGNATURE(...)                                                                             \
    {                                                                                              \
        (const enum parameter_kind[]){__VA_ARGS__},                                                \
            sizeof((const enum parameter_kind[]){__VA_ARGS__}) / sizeof(enum parameter_kind)       \
    }

static const struct signature workspace_signature = SIGNATURE(DATA);
static const struct signature init_signature = SIGNATURE(PARAMS, STATE, DATA, SEED);
static const struct signature loss_signature = SIGNATURE(PARAMS_READ, DATA, WORK);
static const struct signature gradient_signature = SIGNATURE(PARAMS_READ, DATA, GRADIENT, WORK);
static const struct signature step_signature = SIGNATURE(PARAMS, STATE, DATA, WORK, RATE);
static const struct signature clipping_signature = SIGNATURE(STATE, DATA, WORK);
static const struct signature preparation_signature = SIGNATURE(PARAMS, DATA, WORK);
static const struct signature states_signature = SIGNATURE(PARAMS, DATA, WORK);
static const struct signature report_signature = SIGNATURE(PARAMS_READ, DATA, WORK, VALUES);
static const struct signature predict_signature = SIGNATURE(PARAMS_READ, DATA, WORK, OUTPUTS);

static const struct c_parameter *parameters_of(struct emitter *emitter,
                                               const struct signature *signature)
{
    struct c_parameter *parameters =
        ARENA_ARRAY(emitter->arena, struct c_parameter, signature->count);
    for (size_t i = 0; i < signature->count; i++) {
        parameters[i] = parameter_of(emitter, signature->kinds[i]);
    }
    return parameters;
}

static void emit_head(struct emitter *emitter, const char *result, const char *name,
                      const struct signature *signature)
{
    const char **declarations = ARENA_ARRAY(emitter->arena, const char *, signature->count);
    for (size_t i = 0; i < signature->count; i++) {
        declarations[i] = parameter_of(emitter, signature->kinds[i]).declaration;
    }
    emit_signature(emitter, arena_format(emitter->arena, "%s %s", result, name), declarations,
                   signature->count);
}

static void emit_prototype(struct functions *functions, const char *result, const char *name,
                           const struct signature *signature)
{
    emit_head(functions->emitter, result, name, signature);
    emit(functions->emitter, ";\n");
}

static const char *function_name(struct functions *functions, const char *stem)
{
    return arena_format(functions->emitter->arena, "%s_%s", functions->emitter->prefix, stem);
}

static void emit_objective_prototypes(struct functions *functions, size_t number)
{
    const char *real = functions->emitter->real;
    if (!functions->gradient_only) {
        emit_prototype(functions, real, objective_function(functions, "loss", number),
                       &loss_signature);
    }
    emit_prototype(functions, real, objective_function(functions, "loss_grad", number),
                   &gradient_signature);
    bool steps = functions->model->objectives[number].solver == NULL;
    if (!functions->gradient_only && steps) {
        emit_prototype(functions, real, objective_function(functions, "step", number),
                       &step_signature);
    }
    solving_emit_prototypes(functions, number);
}

void functions_emit_prototypes(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    emit_prototype(functions, "size_t", function_name(functions, "workspace_size"),
                   &workspace_signature);
    if (!functions->gradient_only) {
        emit_prototype(functions, "void", function_name(functions, "init"), &init_signature);
    }
    if (functions->preparation != NULL) {
        emit_prototype(functions, "void", function_name(functions, "prepare"),
                       &preparation_signature);
    }
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        emit_objective_prototypes(functions, i);
    }
    if (functions->reports != NULL) {
        emit_prototype(functions, "void", function_name(functions, "report"), &report_signature);
    }
    if (functions->outputs != NULL) {
        emit_prototype(functions, "void", function_name(functions, "predict"), &predict_signature);
    }
    emit(emitter, "\n");
}

static struct function function_begin(struct functions *functions, const char *comment,
                                      const char *name, const struct signature *signature,
                                      const struct plan *plan)
{
    struct emitter *emitter = functions->emitter;
    return (struct function){.comment = comment,
                             .name = name,
                             .parameters = parameters_of(emitter, signature),
                             .parameter_count = signature->count,
                             .plan = plan,
                             .accesses = table_create(emitter->arena)};
}

/* ---- The workspace ---- */

struct amount *functions_workspaces(struct functions *functions, size_t *count)
{
    struct arena *arena = functions->emitter->arena;
    struct amount *amounts = NULL;
    size_t capacity = 0;
    *count = 0;
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        const struct objective_plans *plans = &functions->objectives[i];
        ARENA_PUSH(arena, amounts, *count, capacity, amount_of(arena, plans->gradient->workspace));
        ARENA_PUSH(arena, amounts, *count, capacity, amount_of(arena, plans->loss->workspace));
        for (size_t k = 0; plans->updates != NULL && k < functions->model->objectives[i].over_count;
             k++) {
            ARENA_PUSH(arena, amounts, *count, capacity,
                       amount_of(arena, plans->updates[k]->workspace));
        }
        const struct plan *second[] = {plans->curvature, plans->residual_values, plans->jacobian,
                                       plans->clipping};
        for (size_t k = 0; k < sizeof second / sizeof second[0]; k++) {
            if (second[k] != NULL) {
                ARENA_PUSH(arena, amounts, *count, capacity,
                           amount_of(arena, second[k]->workspace));
            }
        }
    }
    const struct plan *others[] = {functions->reports, functions->outputs, functions->states,
                                   functions->preparation};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] != NULL) {
            ARENA_PUSH(arena, amounts, *count, capacity, amount_of(arena, others[i]->workspace));
        }
    }
    /* One that another covers is not worth asking for. */
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        bool covered = false;
        for (size_t k = 0; k < kept && !covered; k++) {
            covered = amount_within(&amounts[i], &amounts[k]);
        }
        if (!covered) {
            amounts[kept++] = amounts[i];
        }
    }
    *count = kept;
    return amounts;
}

static void emit_workspace(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    size_t count;
    const struct amount *amounts = functions_workspaces(functions, &count);
    struct text body = text_create(emitter->arena);
    for (size_t i = 0; i < count; i++) {
        const char *amount = checked_text(&functions->layout, &amounts[i]);
        if (count == 1) {
            text_format(&body, "    return %s;\n", amount);
        } else if (i == 0) {
            text_format(&body, "    size_t size = %s;\n\n", amount);
        } else {
            text_format(&body, "    if (%s > size)\n        size = %s;\n", amount, amount);
        }
    }
    text_append(&body, count == 0 ? "    return 0;\n" : count > 1 ? "    return size;\n" : "");
    emit(emitter, "/* The number of %ss that `work` must hold; SIZE_MAX: more than can be. */\n",
         emitter->real);
    emit_head(emitter, "size_t", function_name(functions, "workspace_size"), &workspace_signature);
    emit(emitter, "\n{\n%s", strstr(body.bytes, "data->") == NULL ? "    (void)data;\n" : "");
    for (char *line = body.bytes, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        size_t indent = strspn(line, " ");
        if (line[0] == '\0') {
            emit(emitter, "\n");
        } else {
            emit_line(emitter, (int)indent, line + indent);
        }
    }
    emit(emitter, "}\n\n");
}

/* ---- The start ---- */

static void emit_init(struct functions *functions)
{
    struct function function =
        function_begin(functions, "The start of the parameters and of the optimiser.",
                       function_name(functions, "init"), &init_signature, functions->starts);
    access_starts(functions, function.accesses);
    const char *uses;
    function.prologue = start_prologue(functions, &uses);
    function.prologue_uses = uses;
    if (functions->draws_normal || functions->draws_uniform) {
        function.declarations = "    struct random random;\n";
    }
    function_emit(functions->emitter, &function);
}

/* ---- The loss and its gradient ---- */

static void access_inputs(struct functions *functions, struct table *accesses)
{
    access_params(&functions->layout, accesses, false);
    access_data(&functions->layout, accesses);
}

static void emit_loss(struct functions *functions, size_t number)
{
    struct function function =
        function_begin(functions, "The loss.", objective_function(functions, "loss", number),
                       &loss_signature, functions->objectives[number].loss);
    function.returned = functions->model->objectives[number].loss;
    access_inputs(functions, function.accesses);
    function_emit(functions->emitter, &function);
}

static bool is_over(const struct objective *objective, const struct tensor *tensor)
{
    for (size_t i = 0; i < objective->over_count; i++) {
        if (objective->over[i] == tensor) {
            return true;
        }
    }
    return false;
}

/* The gradient of what the objective does not move is 0. */
static const char *zero_gradients(struct functions *functions, const struct objective *objective)
{
    struct layout *layout = &functions->layout;
    struct emitter *emitter = functions->emitter;
    struct text text = text_create(emitter->arena);
    for (size_t i = 0; i < functions->model->parameter_count; i++) {
        const struct tensor *tensor = functions->model->parameters[i].tensor;
        const char *name = member_name(layout, tensor);
        if (is_over(objective, tensor)) {
            continue;
        }
        if (tensor->rank == 0) {
            text_format(&text, "    gradient->%s = %s;\n", name, emitter->single ? "0.0f" : "0.0");
        } else if (has_known_size(tensor)) {
            text_format(&text, "    memset(gradient->%s, 0, sizeof gradient->%s);\n", name, name);
        } else {
            text_format(&text, "    memset(gradient->%s, 0, (size_t)(%s) * sizeof(%s));\n", name,
                        count_text(layout, tensor), emitter->real);
        }
    }
    if (text.length > 0) {
        text_append(&text, "\n");
    }
    return text.length == 0 ? NULL : text.bytes;
}

static void emit_gradient(struct functions *functions, size_t number)
{
    const struct objective *objective = &functions->model->objectives[number];
    struct function function = function_begin(
        functions, "The loss and its gradient.", objective_function(functions, "loss_grad", number),
        &gradient_signature, functions->objectives[number].gradient);
    function.returned = objective->loss;
    access_inputs(functions, function.accesses);
    access_gradient(&functions->layout, function.accesses, objective,
                    functions->objectives[number].derivative->adjoints);
    function.prologue = zero_gradients(functions, objective);
    if (function.prologue != NULL) {
        bool sized = strstr(function.prologue, "data->") != NULL;
        function.prologue_uses = sized ? "gradient data " : "gradient ";
    }
    function_emit(functions->emitter, &function);
}

/* ---- A step ---- */

static const char *emit_update(struct functions *functions, size_t number, size_t k)
{
    struct emitter *emitter = functions->emitter;
    const struct objective *objective = &functions->model->objectives[number];
    const char *name = member_name(&functions->layout, objective->over[k]);
    struct text comment = text_create(emitter->arena);
    text_format(&comment, "A step of %s for ",
                objective->optimizer == NULL ? "descent" : objective->optimizer);
    emit_shape(emitter, &comment, objective->over[k]);
    text_append(&comment, ".");
    struct function function =
        function_begin(functions, comment.bytes,
                       arena_format(emitter->arena, "%s_%s",
                                    objective_function(functions, "update", number), name),
                       &step_signature, functions->objectives[number].updates[k]);
    access_data(&functions->layout, function.accesses);
    access_update(&functions->layout, function.accesses, objective, number, k);
    return function_emit_called(emitter, &function);
}

/* The states move with the parameters as the loss has seen them, once all objectives had their turn
 * but for the last one's parameters. */
static bool moves_states(const struct functions *functions, size_t number)
{
    return functions->states != NULL && number + 1 == functions->model->objective_count;
}

static void emit_states(struct functions *functions)
{
    struct function function = function_begin(functions, "The states, from this step to the next.",
                                              function_name(functions, "update_states"),
                                              &states_signature, functions->states);
    access_params(&functions->layout, function.accesses, true);
    access_data(&functions->layout, function.accesses);
    functions->states_call = function_emit_called(functions->emitter, &function);
}

/* How a step brings the gradient within its limits. */
static const char *emit_clipping(struct functions *functions, size_t number)
{
    const struct objective *objective = &functions->model->objectives[number];
    if (functions->objectives[number].clipping == NULL) {
        return "";
    }
    struct function function = function_begin(
        functions, "The gradient within its limits.", objective_function(functions, "clip", number),
        &clipping_signature, functions->objectives[number].clipping);
    access_data(&functions->layout, function.accesses);
    for (size_t k = 0; k < objective->over_count; k++) {
        const struct update *update = &objective->updates[k];
        access_one(&functions->layout, function.accesses, update->gradient,
                   arena_format(functions->emitter->arena, "state->gradient.%s",
                                member_name(&functions->layout, update->parameter)),
                   "state");
    }
    return function_emit_called(functions->emitter, &function);
}

static void emit_step(struct functions *functions, size_t number)
{
    struct emitter *emitter = functions->emitter;
    const struct objective *objective = &functions->model->objectives[number];
    struct text calls = text_create(emitter->arena);
    text_append(&calls, emit_clipping(functions, number));
    for (size_t k = 0; k < objective->over_count; k++) {
        text_append(&calls, emit_update(functions, number, k));
    }
    emit(emitter, "/* One step of %s; returns the loss before it. */\n",
         objective->maximize ? "ascent" : "descent");
    emit_head(emitter, emitter->real, objective_function(functions, "step", number),
              &step_signature);
    emit(emitter, "\n{\n    const %s loss = %s(params, data, &state->gradient, work);\n\n",
         emitter->real, objective_function(functions, "loss_grad", number));
    if (moves_states(functions, number)) {
        emit(emitter, "%s", functions->states_call);
    }
    emit(emitter, "%s    state->%s++;\n%s    return loss;\n}\n\n",
         strstr(calls.bytes, "rate)") == NULL ? "    (void)rate;\n" : "",
         functions->layout.steps[number], calls.bytes);
}

/* ---- Reports and outputs ---- */

static void emit_reports(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    const struct model *model = functions->model;
    struct function function =
        function_begin(functions, "The reports, in the order of the model.",
                       function_name(functions, "report"), &report_signature, functions->reports);
    struct text copies = text_create(emitter->arena);
    access_inputs(functions, function.accesses);
    for (size_t i = 0; i < model->report_count; i++) {
        const struct tensor *tensor = model->reports[i].tensor;
        const struct access *before = table_find(function.accesses, tensor);
        if (before != NULL) {
            text_format(&copies, "    values[%zu] = %s;\n", i, before->path);
            continue;
        }
        access_one(&functions->layout, function.accesses, tensor,
                   arena_format(emitter->arena, "values[%zu]", i), "values");
    }
    function.epilogue = copies.bytes;
    function_emit(emitter, &function);
}

static void emit_outputs(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    const struct model *model = functions->model;
    struct function function =
        function_begin(functions, "The outputs.", function_name(functions, "predict"),
                       &predict_signature, functions->outputs);
    access_inputs(functions, function.accesses);
    for (size_t i = 0; i < model->output_count; i++) {
        const struct tensor *tensor = model->outputs[i];
        access_one(
            &functions->layout, function.accesses, tensor,
            arena_format(emitter->arena, "outputs->%s", member_name(&functions->layout, tensor)),
            "outputs");
    }
    function_emit(emitter, &function);
}

static void emit_preparation(struct functions *functions)
{
    struct function function = function_begin(
        functions, "What the data alone decide: over all rows, once.",
        function_name(functions, "prepare"), &preparation_signature, functions->preparation);
    access_params(&functions->layout, function.accesses, true);
    access_data(&functions->layout, function.accesses);
    function_emit(functions->emitter, &function);
}

void functions_emit(struct functions *functions)
{
    emit_workspace(functions);
    if (!functions->gradient_only) {
        emit_init(functions);
    }
    if (functions->preparation != NULL) {
        emit_preparation(functions);
    }
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        if (!functions->gradient_only) {
            emit_loss(functions, i);
        }
        emit_gradient(functions, i);
        if (!functions->gradient_only) {
            if (moves_states(functions, i)) {
                emit_states(functions);
            }
            if (functions->objectives[i].updates != NULL) {
                emit_step(functions, i);
            }
            solving_emit(functions, i);
        }
    }
    if (functions->reports != NULL) {
        emit_reports(functions);
    }
    if (functions->outputs != NULL) {
        emit_outputs(functions);
    }
}
