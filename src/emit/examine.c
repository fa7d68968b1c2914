#include "emit/examine.h"

#include "emit/group.h"

#include <string.h>

/* ---- Planning ---- */

static void add_tensor(struct examination *examination, const struct tensor *tensor)
{
    struct functions *functions = examination->functions;
    ARENA_PUSH(functions->emitter->arena, examination->tensors, examination->tensor_count,
               examination->capacity, tensor);
    table_store(examination->numbers, tensor, (void *)(uintptr_t)examination->tensor_count);
    layout_name(&functions->layout, tensor);
}

struct examination examination_plan(struct functions *functions)
{
    struct model *model = functions->model;
    struct arena *arena = functions->emitter->arena;
    const struct tensor **losses =
        ARENA_ARRAY(arena, const struct tensor *, model->objective_count + 1);
    for (size_t i = 0; i < model->objective_count; i++) {
        losses[i] = model->objectives[i].loss;
    }
    struct program *needed = program_slice(model->program, losses, model->objective_count);
    struct examination examination = {.functions = functions, .count = needed->count};
    examination.numbers = table_create(arena);
    for (size_t i = 0; i < needed->count; i++) {
        add_tensor(&examination, needed->equations[i]->target);
    }
    struct program *program = program_copy(model->program);
    program->taken = model->program->taken;
    examination.operands = ARENA_ARRAY(arena, struct operands, needed->count + 1);
    for (size_t i = 0; i < needed->count; i++) {
        examination.operands[i] =
            operands_find(model, examination.numbers, needed->equations[i], program);
    }
    for (size_t i = model->program->count; i < program->count; i++) {
        add_tensor(&examination, program->equations[i]->target);
    }
    if (needed->count > 0) {
        examination.plan = plan_create(
            prepare_results(model, program, examination.tensors, examination.tensor_count),
            examination.tensors, examination.tensor_count);
    }
    return examination;
}

static struct group group_of(const struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct arena *arena = functions->emitter->arena;
    const char **paths = ARENA_ARRAY(arena, const char *, examination->tensor_count + 1);
    for (size_t i = 0; i < examination->tensor_count; i++) {
        const char *name = member_name(&functions->layout, examination->tensors[i]);
        paths[i] = arena_format(arena, "definitions->%s", name);
    }
    return (struct group){"definitions", "definitions", paths, examination->tensors,
                          examination->tensor_count};
}

/* ---- The function ---- */

static void emit_define(struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct emitter *emitter = functions->emitter;
    struct group group = group_of(examination);
    const char *p = emitter->prefix;
    const struct c_parameter parameters[] = {
        {"params", arena_format(emitter->arena, "const struct %s_params *params", p)},
        {"data", arena_format(emitter->arena, "const struct %s_data *data", p)},
        {"work", arena_format(emitter->arena, "%s *work", emitter->real)},
        {"definitions", arena_format(emitter->arena, "struct %s_definitions *definitions", p)}};
    struct function function = {.comment = "All that the losses are made of.",
                                .name = arena_format(emitter->arena, "%s_define", p),
                                .local = true,
                                .parameters = parameters,
                                .parameter_count = sizeof parameters / sizeof parameters[0],
                                .plan = examination->plan,
                                .accesses = table_create(emitter->arena)};
    access_params(&functions->layout, function.accesses, false);
    access_data(&functions->layout, function.accesses);
    for (size_t i = 0; i < group.count; i++) {
        access_one(&functions->layout, function.accesses, group.tensors[i], group.paths[i],
                   "definitions");
    }
    function_emit(emitter, &function);
    glue_head(functions, "void", "define",
              "const void *params, const void *data, real *work, void *definitions");
    emit(emitter,
         "    %s_define((const struct %s_params *)params, (const struct %s_data *)data, work,\n"
         "    %*s(struct %s_definitions *)definitions);\n}\n\n",
         p, p, p, (int)strlen(p) + 8, "", p);
}

static void emit_define_reals(struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct emitter *emitter = functions->emitter;
    struct amount amount = amount_of(emitter->arena, examination->plan->workspace);
    const char *reals = checked_text(&functions->layout, &amount);
    glue_head(functions, "size_t", "define_reals", "const void *object");
    if (strstr(reals, "data->") != NULL) {
        emit(emitter, "    const struct %s_data *data = (const struct %s_data *)object;\n\n",
             emitter->prefix, emitter->prefix);
    } else {
        emit(emitter, "    (void)object;\n");
    }
    emit_line(emitter, 4, arena_format(emitter->arena, "return %s;", reals));
    emit(emitter, "}\n\n");
}

/* ---- The tables ---- */

/* Each tensor that an equation loads, once for each way in which it does. */
static void emit_operands(struct examination *examination, size_t number)
{
    struct emitter *emitter = examination->functions->emitter;
    const struct operands *operands = &examination->operands[number];
    const struct equation *equation =
        program_find(examination->functions->model->program, examination->tensors[number]);
    struct text text = text_create(emitter->arena);
    operands_append(&text, operands, equation, examination->numbers);
    if (operands->count > 0) {
        emit(emitter, "static const struct trainer_operand %s_operands_%zu[] = {\n%s};\n\n",
             emitter->prefix, number, text.bytes);
    }
}

static int rows_axis(const struct model *model, const struct tensor *tensor)
{
    for (int i = 0; i < tensor->rank; i++) {
        const struct node *end = tensor->axes[i].end;
        if (model->rows != NULL && end->kind == NODE_SIZE && end->dimension == model->rows) {
            return i;
        }
    }
    return -1;
}

static void append_definition(struct examination *examination, struct text *text,
                              const struct equation *equation, size_t number, size_t operands)
{
    struct emitter *emitter = examination->functions->emitter;
    const struct tensor *tensor = equation->target;
    struct text formula = text_create(emitter->arena);
    int rows = rows_axis(examination->functions->model, tensor);
    formula_append(&formula, &emitter->places, equation);
    text_append(text, "    {");
    string_append(text, formula.bytes);
    text_append(text, ",\n     {");
    for (int i = 0; i < tensor->rank; i++) {
        text_format(text, "%s%ld", i > 0 ? ", " : "", axis_begin(&tensor->axes[i]));
    }
    text_append(text, tensor->rank == 0 ? "0}, " : "}, ");
    text_append(text, rows < 0 ? "TRAINER_NONE, " : arena_format(emitter->arena, "%d, ", rows));
    if (operands > 0) {
        text_format(text, "%s_operands_%zu, %zu},\n", emitter->prefix, number, operands);
    } else {
        text_append(text, "NULL, 0},\n");
    }
}

static void emit_tables(struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct emitter *emitter = functions->emitter;
    struct text table = text_create(emitter->arena);
    emit(emitter, "/* What each is made of: kind and number of a tensor, and for each of its "
                  "subscripts which\n * axis it follows and how far behind; likewise of what tells "
                  "where it is used. */\n");
    for (size_t i = 0; i < examination->count; i++) {
        const struct equation *equation =
            program_find(functions->model->program, examination->tensors[i]);
        emit_operands(examination, i);
        append_definition(examination, &table, equation, i, examination->operands[i].count);
    }
    emit(emitter, "/* formula, first subscripts, axis of the rows, operands */\n");
    emit(emitter, "static const struct trainer_definition %s_definition_table[] = {\n%s};\n\n",
         emitter->prefix, table.bytes);
}

void examination_emit(struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct group group = group_of(examination);
    if (examination->count == 0) {
        return;
    }
    layout_emit_struct(&functions->layout, "All that the losses are made of, and where it is used.",
                       "definitions", examination->tensors, examination->tensor_count);
    emit_define(examination);
    emit_define_reals(examination);
    group_emit_placing(functions, &group);
    group_emit_describe(functions, &group);
    emit_tables(examination);
}

void examination_emit_members(struct examination *examination)
{
    struct emitter *emitter = examination->functions->emitter;
    const char *p = emitter->prefix;
    struct group group = group_of(examination);
    emit(emitter, "    /* what the losses are made of */\n");
    if (examination->count == 0) {
        emit(emitter,
             "    {0, NULL, NULL},\n    0,\n    0,\n    NULL,\n    NULL,\n    NULL,\n    NULL,\n");
        return;
    }
    group_emit_object(examination->functions, &group);
    emit(emitter,
         "    %zu,\n    %zu,\n    %s_definition_table,\n    %s_glue_describe_definitions,\n"
         "    %s_glue_define_reals,\n    %s_glue_define,\n",
         examination->count, examination->tensor_count, p, p, p, p);
}

long examination_number(const struct examination *examination, const struct tensor *tensor)
{
    return (long)(uintptr_t)table_find(examination->numbers, tensor) - 1;
}
