#include "emit/glue.h"

#include "emit/comment.h"
#include "emit/examine.h"
#include "emit/group.h"
#include "emit/head.h"
#include "emit/solving.h"
#include "equations/fold.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct glue {
    struct functions *functions;
    struct emitter *emitter;
    struct model *model;
    const char *p; /* the prefix */
    double constant_list[256];
    size_t constant_count;
};

/* ---- Dimensions ---- */

/* The number of an axis's dimension in the table; constant sizes come after the dimensions. */
static size_t dimension_number(struct glue *glue, const struct node *size)
{
    if (size->kind == NODE_SIZE) {
        for (size_t i = 0; i < glue->model->dimension_count; i++) {
            if (glue->model->dimensions[i] == size->dimension) {
                return i;
            }
        }
    }
    double value = size->kind == NODE_NUMBER ? size->number : 0;
    size_t count = sizeof glue->constant_list / sizeof glue->constant_list[0];
    for (size_t i = 0; i < glue->constant_count; i++) {
        if (glue->constant_list[i] == value) {
            return glue->model->dimension_count + i;
        }
    }
    if (glue->constant_count < count) {
        glue->constant_list[glue->constant_count++] = value;
    }
    return glue->model->dimension_count + glue->constant_count - 1;
}

static void emit_dimensions(struct glue *glue)
{
    struct emitter *emitter = glue->emitter;
    size_t count = glue->model->dimension_count;
    emit(emitter, "static const struct trainer_dimension %s_dimensions[] = {\n", glue->p);
    for (size_t i = 0; i < count; i++) {
        const struct dimension *dimension = glue->model->dimensions[i];
        emit(emitter, "    {");
        string_append(emitter->text, dimension->name);
        if (dimension->known) {
            emit(emitter, ", %s},\n", (const char *)table_find(emitter->sizes, dimension));
        } else {
            emit(emitter, ", TRAINER_NONE},\n");
        }
    }
    for (size_t i = 0; i < glue->constant_count; i++) {
        emit(emitter, "    {\"%.0f\", %.0f},\n", glue->constant_list[i], glue->constant_list[i]);
    }
    emit(emitter, "%s};\n\n", count + glue->constant_count == 0 ? "    {NULL, 0},\n" : "");
}

static void emit_input(struct glue *glue, const struct input *input, struct text *text)
{
    text_append(text, "    {");
    string_append(text, input->tensor->name);
    text_append(text, ", ");
    if (input->file == NULL) {
        text_append(text, "NULL");
    } else {
        string_append(text, input->file);
    }
    if (input->tensor->class_count != NULL) {
        text_format(text, ", %zu", dimension_number(glue, input->tensor->class_count));
    } else {
        text_append(text, ", TRAINER_NONE");
    }
    text_format(text, ", %d, {", input->tensor->rank);
    for (int i = 0; i < input->tensor->rank; i++) {
        text_format(
            text, "%s%zu", i > 0 ? ", " : "",
            dimension_number(glue, axis_extent(glue->emitter->graph, &input->tensor->axes[i])));
    }
    text_append(text, input->tensor->rank == 0 ? "0}},\n" : "}},\n");
}

static void emit_inputs(struct glue *glue)
{
    struct text text = text_create(glue->emitter->arena);
    for (size_t i = 0; i < glue->model->input_count; i++) {
        emit_input(glue, &glue->model->inputs[i], &text);
    }
    emit_dimensions(glue);
    if (glue->model->input_count > 0) {
        emit(glue->emitter, "/* name, file, classes, rank, axes: places in the table above */\n");
        emit(glue->emitter, "static const struct trainer_input %s_inputs[] = {\n%s};\n\n", glue->p,
             text.bytes);
    }
}

/* ---- The data ---- */

static size_t number_of(const struct model *model, const struct dimension *dimension)
{
    size_t i = 0;
    while (i < model->dimension_count && model->dimensions[i] != dimension) {
        i++;
    }
    return i;
}

static void emit_set_data(struct glue *glue)
{
    struct emitter *emitter = glue->emitter;
    const struct model *model = glue->model;
    const struct layout *layout = &glue->functions->layout;
    struct text body = text_create(emitter->arena);
    for (size_t i = 0; i < model->dimension_count; i++) {
        if (!model->dimensions[i]->known) {
            text_format(&body, "    data->%s = rows->sizes[%zu];\n",
                        (const char *)table_find(emitter->sizes, model->dimensions[i]), i);
        }
    }
    if (layout->rows_total != NULL) {
        text_format(&body, "    data->%s = rows->total;\n", layout->rows_total);
    }
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        text_format(&body, "    data->%s = rows->inputs[%zu].%s%s;\n", member_name(layout, tensor),
                    i, tensor->class_count != NULL ? "labels" : "numbers",
                    tensor->rank == 0 ? "[0]" : "");
    }
    if (layout->draw != NULL) {
        text_format(&body, "    data->%s = 0;\n", layout->draw);
    }
    if (layout->training != NULL) {
        text_format(&body, "    data->%s = 0;\n", layout->training);
    }
    emit(emitter,
         "static void %s_glue_set_data(void *object, const struct trainer_rows *rows)\n{\n",
         glue->p);
    if (body.length == 0) {
        emit(emitter, "    (void)object;\n    (void)rows;\n}\n\n");
    } else {
        bool of_rows = strstr(body.bytes, "rows->") != NULL;
        emit(emitter, "    struct %s_data *data = (struct %s_data *)object;\n\n%s%s}\n\n", glue->p,
             glue->p, of_rows ? "" : "    (void)rows;\n", body.bytes);
    }
    emit(emitter,
         "static size_t %s_glue_workspace(const void *data)\n{\n"
         "    return %s_workspace_size((const struct %s_data *)data);\n}\n\n",
         glue->p, glue->p, glue->p);
}

static bool changes_with_steps(const struct layout *layout)
{
    return layout->draw != NULL || layout->training != NULL;
}

static void emit_begin_step(struct glue *glue)
{
    struct emitter *emitter = glue->emitter;
    const struct layout *layout = &glue->functions->layout;
    if (!changes_with_steps(layout)) {
        return;
    }
    emit(emitter,
         "static void %s_glue_begin_step(void *object, real number)\n{\n"
         "    struct %s_data *data = (struct %s_data *)object;\n\n",
         glue->p, glue->p, glue->p);
    if (layout->draw != NULL) {
        emit(emitter, "    data->%s = number;\n", layout->draw);
    } else {
        emit(emitter, "    (void)number;\n");
    }
    if (layout->training != NULL) {
        emit(emitter, "    data->%s = 1;\n", layout->training);
    }
    emit(emitter, "}\n\n");
}

/* ---- Groups of tensors ---- */

static const char *path_of(struct glue *glue, const char *base, const struct tensor *tensor)
{
    return arena_format(glue->emitter->arena, "%s%s", base,
                        member_name(&glue->functions->layout, tensor));
}

static struct group params_group(struct glue *glue)
{
    size_t count = glue->model->parameter_count;
    const char **paths = ARENA_ARRAY(glue->emitter->arena, const char *, count + 1);
    const struct tensor **tensors =
        ARENA_ARRAY(glue->emitter->arena, const struct tensor *, count + 1);
    for (size_t i = 0; i < count; i++) {
        tensors[i] = glue->model->parameters[i].tensor;
        paths[i] = path_of(glue, "params->", tensors[i]);
    }
    return (struct group){"parameters", "params", paths, tensors, count};
}

static struct group fit_group(struct glue *glue, size_t number)
{
    struct arena *arena = glue->emitter->arena;
    const char *stem = arena_format(arena, "fit%s", glue->functions->objectives[number].suffix);
    size_t count;
    const struct tensor **tensors = solving_fit(glue->functions, number, &count);
    const char **paths = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        paths[i] = path_of(glue, arena_format(arena, "%s->", stem), tensors[i]);
    }
    return (struct group){stem, stem, paths, tensors, count};
}

static struct group outputs_group(struct glue *glue)
{
    size_t count = glue->model->output_count;
    const char **paths = ARENA_ARRAY(glue->emitter->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        paths[i] = path_of(glue, "outputs->", glue->model->outputs[i]);
    }
    return (struct group){"outputs", "outputs", paths,
                          (const struct tensor *const *)glue->model->outputs, count};
}

/* The state: the gradient, laid out as the parameters are, and what the optimisers keep. */
static struct group state_group(struct glue *glue)
{
    struct arena *arena = glue->emitter->arena;
    const struct model *model = glue->model;
    const char **paths = NULL;
    const struct tensor **tensors = NULL;
    size_t count = 0, path_count = 0, capacity = 0, path_capacity = 0;
    for (size_t i = 0; i < model->parameter_count; i++) {
        const struct tensor *tensor = model->parameters[i].tensor;
        ARENA_PUSH(arena, tensors, count, capacity, tensor);
        ARENA_PUSH(arena, paths, path_count, path_capacity,
                   path_of(glue, "state->gradient.", tensor));
    }
    for (size_t i = 0; i < model->objective_count; i++) {
        for (size_t k = 0; k < model->objectives[i].over_count; k++) {
            const struct update *update = &model->objectives[i].updates[k];
            for (size_t s = 0; s < update->state_count; s++) {
                ARENA_PUSH(arena, tensors, count, capacity, update->states[s]);
                ARENA_PUSH(arena, paths, path_count, path_capacity,
                           path_of(glue, "state->", update->states[s]));
            }
        }
    }
    return (struct group){"state", "state", paths, tensors, count};
}

/* What of the state makes a difference to later steps: all but the gradient. */
static struct group kept_group(struct glue *glue, const struct group *state)
{
    size_t gradients = glue->model->parameter_count;
    if (gradients == 0) {
        return *state;
    }
    return (struct group){"state", "state", state->paths + gradients, state->tensors + gradients,
                          state->count - gradients};
}

/* ---- Calls ---- */

static void emit_start(struct glue *glue)
{
    const char *p = glue->p;
    glue_head(glue->functions, "void", "start",
              "void *params, void *state, const void *data, real *work, uint64_t seed");
    emit(glue->emitter,
         "    %s_init((struct %s_params *)params, (struct %s_state *)state,\n"
         "    %*s(const struct %s_data *)data, seed);\n",
         p, p, p, (int)strlen(p) + 6, "", p);
    if (glue->functions->preparation != NULL) {
        emit_line(glue->emitter, 4,
                  arena_format(glue->emitter->arena,
                               "%s_prepare((struct %s_params *)params, "
                               "(const struct %s_data *)data, work);",
                               p, p, p));
    } else {
        emit(glue->emitter, "    (void)work;\n");
    }
    emit(glue->emitter, "}\n\n");
}

static void emit_call(struct glue *glue, const char *result, const char *function,
                      const char *parameters, const char *arguments)
{
    glue_head(glue->functions, result, function, parameters);
    emit_line(glue->emitter, 4,
              arena_format(glue->emitter->arena, "%s%s_%s(%s);",
                           strcmp(result, "void") == 0 ? "" : "return ", glue->p, function,
                           arguments));
    emit(glue->emitter, "}\n\n");
}

/* What a solver calls; `inputs` are the arguments that all take. */
static void emit_solver_calls(struct glue *glue, size_t number, const char *inputs)
{
    struct arena *arena = glue->emitter->arena;
    const char *p = glue->p;
    const struct objective_plans *plans = &glue->functions->objectives[number];
    if (plans->curvature != NULL) {
        emit_call(glue, "void", arena_format(arena, "curvature%s", plans->suffix),
                  "const void *params, const void *data, const void *direction, void *product, "
                  "real *work",
                  arena_format(arena,
                               "%s, (const struct %s_params *)direction, "
                               "(struct %s_params *)product, work",
                               inputs, p, p));
    }
    static const char *const stems[] = {"residuals", "jacobian"};
    for (size_t i = 0; i < 2 && plans->residuals != NULL; i++) {
        emit_call(
            glue, "void", arena_format(arena, "%s%s", stems[i], plans->suffix),
            "const void *params, const void *data, void *fit, real *work",
            arena_format(arena, "%s, (struct %s_fit%s *)fit, work", inputs, p, plans->suffix));
    }
}

static void emit_objective_calls(struct glue *glue, size_t number)
{
    struct arena *arena = glue->emitter->arena;
    const char *p = glue->p, *suffix = glue->functions->objectives[number].suffix;
    const char *inputs =
        arena_format(arena, "(const struct %s_params *)params, (const struct %s_data *)data", p, p);
    emit_call(glue, "real", arena_format(arena, "loss%s", suffix),
              "const void *params, const void *data, real *work",
              arena_format(arena, "%s, work", inputs));
    emit_call(glue, "real", arena_format(arena, "loss_grad%s", suffix),
              "const void *params, const void *data, void *gradient, real *work",
              arena_format(arena, "%s, (struct %s_params *)gradient, work", inputs, p));
    emit_solver_calls(glue, number, inputs);
    if (glue->model->objectives[number].solver == NULL) {
        emit_call(glue, "real", arena_format(arena, "step%s", suffix),
                  "void *params, void *state, const void *data, real *work, real rate",
                  arena_format(arena,
                               "(struct %s_params *)params, (struct %s_state *)state, "
                               "(const struct %s_data *)data, work, rate",
                               p, p, p));
    }
    emit(glue->emitter,
         "static ptrdiff_t *%s_glue_steps%s(void *state)\n{\n"
         "    return &((struct %s_state *)state)->%s;\n}\n\n",
         p, suffix, p, glue->functions->layout.steps[number]);
}

static void emit_calls(struct glue *glue)
{
    struct arena *arena = glue->emitter->arena;
    const char *p = glue->p;
    const char *inputs = arena_format(
        arena, "(const struct %s_params *)params, (const struct %s_data *)data, work", p, p);
    emit_start(glue);
    for (size_t i = 0; i < glue->model->objective_count; i++) {
        emit_objective_calls(glue, i);
    }
    if (glue->model->objective_count > 0) {
        emit(glue->emitter,
             "static void *%s_glue_gradient(void *state)\n{\n"
             "    return &((struct %s_state *)state)->gradient;\n}\n\n",
             p, p);
    }
    if (glue->functions->reports != NULL) {
        emit_call(glue, "void", "report",
                  "const void *params, const void *data, real *work, real *values",
                  arena_format(arena, "%s, values", inputs));
    }
    if (glue->functions->outputs != NULL) {
        emit_call(glue, "void", "predict",
                  "const void *params, const void *data, real *work, void *outputs",
                  arena_format(arena, "%s, (struct %s_outputs *)outputs", inputs, p));
    }
}

/* ---- The tables ---- */

/* The places of an objective's parameters in the table of all. */
static void emit_over(struct glue *glue, size_t number)
{
    const struct objective *objective = &glue->model->objectives[number];
    struct text line = text_create(glue->emitter->arena);
    text_format(&line, "static const int %s_over%s[] = {", glue->p,
                glue->functions->objectives[number].suffix);
    for (size_t k = 0; k < objective->over_count; k++) {
        size_t place = 0;
        while (glue->model->parameters[place].tensor != objective->over[k]) {
            place++;
        }
        text_format(&line, "%s%zu", k > 0 ? ", " : "", place);
    }
    text_append(&line, "};");
    emit_line(glue->emitter, 0, line.bytes);
    emit(glue->emitter, "\n");
}

static void emit_fit(struct glue *glue, size_t number)
{
    struct emitter *emitter = glue->emitter;
    const struct objective_plans *plans = &glue->functions->objectives[number];
    if (plans->residuals == NULL) {
        return;
    }
    struct group group = fit_group(glue, number);
    emit(emitter, "static const struct trainer_block %s_blocks%s[] = {", glue->p, plans->suffix);
    for (size_t b = 0; b < plans->residuals->count; b++) {
        const struct residual_block *block = &plans->residuals->blocks[b];
        emit(emitter, "%s{%s, %s}", b > 0 ? ", " : "", block->observed != NULL ? "true" : "false",
             block->taken != NULL ? "true" : "false");
    }
    emit(emitter, "};\n\nstatic const struct trainer_fit %s_fit%s = {\n", glue->p, plans->suffix);
    group_emit_object(glue->functions, &group);
    emit(emitter,
         "    %zu,\n    %s_glue_describe_%s,\n    %zu,\n    %s_blocks%s,\n"
         "    %s_glue_residuals%s,\n    %s_glue_jacobian%s,\n};\n\n",
         group.count, glue->p, group.stem, plans->residuals->count, glue->p, plans->suffix, glue->p,
         plans->suffix, glue->p, plans->suffix);
}

/* The row of what minimises an objective. */
static void emit_solver(struct glue *glue, size_t number)
{
    struct emitter *emitter = glue->emitter;
    const struct objective *objective = &glue->model->objectives[number];
    const struct objective_plans *plans = &glue->functions->objectives[number];
    if (objective->solver == NULL) {
        emit(emitter, "        {NULL, 0, NULL, 0, 0, NULL, NULL},\n");
        return;
    }
    emit(emitter, "        {\"%s\", %s, ", objective->solver->name, objective->solver->method);
    if (objective->choice == NULL) {
        emit(emitter, "NULL");
    } else {
        string_append(emitter->text, objective->choice);
    }
    const char *curvature =
        plans->curvature == NULL
            ? "NULL"
            : arena_format(emitter->arena, "%s_glue_curvature%s", glue->p, plans->suffix);
    const char *fit = plans->residuals == NULL
                          ? "NULL"
                          : arena_format(emitter->arena, "&%s_fit%s", glue->p, plans->suffix);
    emit(emitter, ",\n         %ld, %d, %s, %s},\n", objective->solver_option,
         (int)objective->likelihood, curvature, fit);
}

static void emit_objective(struct glue *glue, const struct examination *examination, size_t number)
{
    struct emitter *emitter = glue->emitter;
    const struct objective *objective = &glue->model->objectives[number];
    const char *suffix = glue->functions->objectives[number].suffix;
    struct text numbers = text_create(emitter->arena);
    emit(emitter, "    {\n        ");
    string_append(emitter->text, objective->loss->name);
    literal_append(&numbers, isnan(objective->rate) ? 0 : objective->rate, false);
    text_append(&numbers, ", /* rate */\n        ");
    literal_append(&numbers, objective->gradient_stop, false);
    text_append(&numbers, ", /* stop */\n        ");
    literal_append(&numbers, objective->average, false);
    text_append(&numbers, ", /* average */\n        ");
    literal_append(&numbers, objective->plateau, false);
    emit(emitter, ",\n        %s, /* maximize */\n        %s, /* plateau */\n        %ld,\n",
         objective->maximize ? "true" : "false", numbers.bytes, objective->wait);
    emit(emitter, "        %s_over%s,\n        %zu,\n", glue->p, suffix, objective->over_count);
    emit_solver(glue, number);
    const char *step = objective->solver != NULL
                           ? "NULL"
                           : arena_format(emitter->arena, "%s_glue_step%s", glue->p, suffix);
    emit(emitter,
         "        %s_glue_loss%s,\n        %s_glue_loss_grad%s,\n        %s,\n"
         "        %s_glue_gradient,\n        %s_glue_steps%s,\n        %ld,\n    },\n",
         glue->p, suffix, glue->p, suffix, step, glue->p, glue->p, suffix,
         examination_number(examination, objective->loss));
}

static void emit_objectives(struct glue *glue, const struct examination *examination)
{
    if (glue->model->objective_count == 0) {
        return;
    }
    for (size_t i = 0; i < glue->model->objective_count; i++) {
        emit_over(glue, i);
        emit_fit(glue, i);
    }
    emit(glue->emitter, "static const struct trainer_objective %s_objectives[] = {\n", glue->p);
    for (size_t i = 0; i < glue->model->objective_count; i++) {
        emit_objective(glue, examination, i);
    }
    emit(glue->emitter, "};\n\n");
}

static void emit_report_names(struct glue *glue)
{
    struct emitter *emitter = glue->emitter;
    if (glue->model->report_count == 0) {
        return;
    }
    emit(emitter, "static const char *const %s_report_names[] = {\n", glue->p);
    for (size_t i = 0; i < glue->model->report_count; i++) {
        emit(emitter, "    ");
        string_append(emitter->text, glue->model->reports[i].name);
        emit(emitter, ",\n");
    }
    emit(emitter, "};\n\n");
}

/* How long and on how much to train: the first objective that says it. */
static void emit_training(struct glue *glue)
{
    const struct model *model = glue->model;
    long batch = 0, epochs = 0, steps = 0;
    double holdout = 0;
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        batch = batch != 0 ? batch : objective->batch;
        epochs = epochs != 0 ? epochs : objective->epochs;
        steps = steps != 0 ? steps : objective->steps;
        holdout = holdout > 0 ? holdout : objective->holdout;
    }
    struct text share = text_create(glue->emitter->arena);
    literal_append(&share, holdout, false);
    emit(glue->emitter,
         "    %ld, /* batch */\n    %ld, /* epochs */\n    %ld, /* steps */\n"
         "    %s, /* holdout */\n",
         batch, epochs, steps, share.bytes);
}

static const char *or_null(struct glue *glue, bool present, const char *suffix)
{
    return present ? arena_format(glue->emitter->arena, "%s_%s", glue->p, suffix) : "NULL";
}

static bool has_intervals(const struct model *model)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        if (model->parameters[i].lower != NULL || model->parameters[i].upper != NULL) {
            return true;
        }
    }
    return false;
}

/* An end of an interval; one that does not belong to it is moved inwards by the least. */
static double end_of(const struct node *end, double outwards, bool open)
{
    double value = outwards;
    if (end != NULL && !node_constant(end->graph, end, &value)) {
        value = outwards;
    }
    return open && isfinite(value) ? nextafter(value, -outwards) : value;
}

static void append_end(struct text *text, double value)
{
    if (isinf(value)) {
        text_append(text, value < 0 ? "-INFINITY" : "INFINITY");
    } else {
        literal_append(text, value, false);
    }
}

static void emit_intervals(struct glue *glue)
{
    const struct model *model = glue->model;
    if (!has_intervals(model) || !has_solvers(model)) {
        return;
    }
    emit(glue->emitter, "static const struct trainer_interval %s_intervals[] = {\n", glue->p);
    for (size_t i = 0; i < model->parameter_count; i++) {
        const struct parameter *parameter = &model->parameters[i];
        struct text row = text_create(glue->emitter->arena);
        append_end(&row, end_of(parameter->lower, -(double)INFINITY, parameter->lower_open));
        text_append(&row, ", ");
        append_end(&row, end_of(parameter->upper, (double)INFINITY, parameter->upper_open));
        emit(glue->emitter, "    {%s},\n", row.bytes);
    }
    emit(glue->emitter, "};\n\n");
}

static size_t state_count(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->parameter_count; i++) {
        count += model->parameters[i].state;
    }
    return count;
}

static void emit_model_table(struct glue *glue, const struct group *params,
                             const struct group *state, size_t kept, const struct group *outputs,
                             struct examination *examination)
{
    struct emitter *emitter = glue->emitter;
    const struct model *model = glue->model;
    const char *p = glue->p;
    emit(emitter, "static const struct trainer_model %s_model = {\n    ", p);
    string_append(emitter->text, p);
    emit(emitter, ",\n    UINT64_C(0x%016" PRIx64 "), /* the hash */\n", model_hash(model));
    emit(emitter, "    /* the data */\n    %s_dimensions,\n    %zu,\n    ", p,
         model->dimension_count + glue->constant_count);
    if (model->rows != NULL) {
        emit(emitter, "%zu, /* the rows */\n", number_of(model, model->rows));
    } else {
        emit(emitter, "TRAINER_NONE,\n");
    }
    emit(emitter, "    %s,\n    %zu,\n    sizeof(struct %s_data),\n    %s_glue_set_data,\n",
         or_null(glue, model->input_count > 0, "inputs"), model->input_count, p, p);
    emit(emitter, "    %s,\n",
         or_null(glue, changes_with_steps(&glue->functions->layout), "glue_begin_step"));
    emit(emitter, "    %s_glue_workspace,\n    /* the parameters and the state */\n", p);
    group_emit_object(glue->functions, params);
    emit(emitter, "    %zu,\n    %zu,\n    %s_glue_describe_parameters,\n    %s,\n",
         model->parameter_count, state_count(model), p,
         or_null(glue, has_intervals(model) && has_solvers(model), "intervals"));
    group_emit_object(glue->functions, state);
    emit(emitter, "    %zu,\n    %s,\n", kept, or_null(glue, kept > 0, "glue_describe_state"));
    emit(emitter, "    %s_glue_start,\n    /* the training */\n    %s,\n    %zu,\n    %s,\n", p,
         or_null(glue, model->objective_count > 0, "objectives"), model->objective_count,
         has_solvers(model) ? "&solving_hooks" : "NULL");
    emit_training(glue);
    emit(emitter, "    /* the reports */\n    %s,\n    %zu,\n    %s,\n",
         or_null(glue, model->report_count > 0, "report_names"), model->report_count,
         or_null(glue, model->report_count > 0, "glue_report"));
    emit(emitter, "    /* the outputs */\n");
    if (model->output_count > 0) {
        group_emit_object(glue->functions, outputs);
    } else {
        emit(emitter, "    {0, NULL, NULL},\n");
    }
    emit(emitter, "    %zu,\n    %s,\n    %s,\n", model->output_count,
         or_null(glue, model->output_count > 0, "glue_describe_outputs"),
         or_null(glue, model->output_count > 0, "glue_predict"));
    examination_emit_members(examination);
    emit(emitter, "};\n\n");
}

void glue_emit(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    struct glue glue = {.functions = functions,
                        .emitter = emitter,
                        .model = functions->model,
                        .p = emitter->prefix};
    struct examination examination = examination_plan(functions);
    struct group params = params_group(&glue), state = state_group(&glue),
                 kept = kept_group(&glue, &state), outputs = outputs_group(&glue);
    emit(emitter, "/* ---- What the trainer needs to know about this model. ---- */\n\n");
    emit_inputs(&glue);
    emit_set_data(&glue);
    emit_begin_step(&glue);
    group_emit_placing(functions, &params);
    group_emit_placing(functions, &state);
    group_emit_describe(functions, &params);
    if (kept.count > 0) {
        group_emit_describe(functions, &kept);
    }
    if (functions->model->output_count > 0) {
        group_emit_placing(functions, &outputs);
        group_emit_describe(functions, &outputs);
    }
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        if (functions->objectives[i].residuals != NULL) {
            struct group fit = fit_group(&glue, i);
            group_emit_placing(functions, &fit);
            group_emit_describe(functions, &fit);
        }
    }
    emit_calls(&glue);
    emit_intervals(&glue);
    emit_objectives(&glue, &examination);
    emit_report_names(&glue);
    examination_emit(&examination);
    emit_model_table(&glue, &params, &state, kept.count, &outputs, &examination);
    emit(emitter,
         "int main(int argument_count, char **arguments)\n{\n"
         "    return trainer_main(&%s_model, argument_count, arguments);\n}\n",
         emitter->prefix);
}
