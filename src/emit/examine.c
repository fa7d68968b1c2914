#include "emit/examine.h"

#include "emit/group.h"
#include "equations/affine.h"

#include <string.h>

/* ---- Planning ---- */

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
    examination.definitions = ARENA_ARRAY(arena, const struct tensor *, needed->count + 1);
    examination.numbers = table_create(arena);
    for (size_t i = 0; i < needed->count; i++) {
        examination.definitions[i] = needed->equations[i]->target;
        table_store(examination.numbers, needed->equations[i]->target, (void *)(uintptr_t)(i + 1));
        layout_name(&functions->layout, needed->equations[i]->target);
    }
    if (needed->count > 0) {
        struct program *program =
            prepare_results(model, examination.definitions, examination.count);
        examination.plan = plan_create(program, examination.definitions, examination.count);
    }
    return examination;
}

static struct group group_of(const struct examination *examination)
{
    struct functions *functions = examination->functions;
    struct arena *arena = functions->emitter->arena;
    const char **paths = ARENA_ARRAY(arena, const char *, examination->count + 1);
    for (size_t i = 0; i < examination->count; i++) {
        const char *name = member_name(&functions->layout, examination->definitions[i]);
        paths[i] = arena_format(arena, "definitions->%s", name);
    }
    return (struct group){"definitions", "definitions", paths, examination->definitions,
                          examination->count};
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

static long first_of(const struct axis *axis)
{
    double value = 0;
    return axis->first != NULL && node_known(axis->first, &value) ? (long)value : 0;
}

/* Which tensor of the trainer's a tensor is; false: none that it knows. */
static bool find_operand(const struct examination *examination, const struct tensor *tensor,
                         const char **kind, size_t *number)
{
    const struct model *model = examination->functions->model;
    for (*number = 0; *number < model->parameter_count; ++*number) {
        if (model->parameters[*number].tensor == tensor) {
            *kind = "TRAINER_PARAMETER";
            return true;
        }
    }
    for (*number = 0; *number < model->input_count; ++*number) {
        if (model->inputs[*number].tensor == tensor) {
            *kind = "TRAINER_INPUT";
            return true;
        }
    }
    size_t place = (size_t)(uintptr_t)table_find(examination->numbers, tensor);
    *kind = "TRAINER_DEFINITION";
    *number = place - 1;
    return place > 0;
}

static int axis_of_index(const struct equation *equation, const struct node *atom)
{
    for (int i = 0; i < equation->target->rank; i++) {
        if (atom->kind == NODE_INDEX && atom->index == equation->indices[i]) {
            return i;
        }
    }
    return -1;
}

/* What a subscript of a load does, and its distance from the axis that it follows, both counted
 * from the beginnings of the axes. */
static const char *describe_subscript(struct examination *examination,
                                      const struct equation *equation, const struct node *load,
                                      int place, long *distance)
{
    struct affine affine = affine_of(load->arguments[place]);
    long first = first_of(&load->tensor->axes[place]);
    int axis = affine.count == 1 && affine.terms[0].coefficient == 1
                   ? axis_of_index(equation, affine.terms[0].atom)
                   : -1;
    *distance = 0;
    if (affine.valid && affine.count == 0) {
        *distance = affine.constant - first;
        return "TRAINER_FIXED";
    }
    if (!affine.valid || axis < 0) {
        return "TRAINER_RUNNING";
    }
    *distance = affine.constant + first_of(&equation->target->axes[axis]) - first;
    return arena_format(examination->functions->emitter->arena, "%d", axis);
}

/* {kind, number, {axis, ...}, {distance, ...}} */
static void append_operand(struct examination *examination, struct text *text,
                           const struct equation *equation, const struct node *load,
                           const char *kind, size_t number)
{
    struct text distances = text_create(examination->functions->emitter->arena);
    text_format(text, "    {%s, %zu, {", kind, number);
    for (int i = 0; i < load->argument_count; i++) {
        long distance;
        text_format(text, "%s%s", i > 0 ? ", " : "",
                    describe_subscript(examination, equation, load, i, &distance));
        text_format(&distances, "%s%ld", i > 0 ? ", " : "", distance);
    }
    text_format(text, "%s}, {%s}},\n", load->argument_count == 0 ? "0" : "",
                load->argument_count == 0 ? "0" : distances.bytes);
}

/* Each tensor that an equation loads, once for each way in which it does. */
static size_t emit_operands(struct examination *examination, const struct equation *equation,
                            size_t number)
{
    struct emitter *emitter = examination->functions->emitter;
    struct text text = text_create(emitter->arena);
    size_t node_count, count = 0, operand;
    const struct node **order = node_order(emitter->arena, &equation->body, 1, &node_count);
    for (size_t i = 0; i < node_count; i++) {
        const char *kind;
        if (order[i]->kind == NODE_LOAD &&
            find_operand(examination, order[i]->tensor, &kind, &operand)) {
            append_operand(examination, &text, equation, order[i], kind, operand);
            count++;
        }
    }
    if (count > 0) {
        emit(emitter, "static const struct trainer_operand %s_operands_%zu[] = {\n%s};\n\n",
             emitter->prefix, number, text.bytes);
    }
    return count;
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
        text_format(text, "%s%ld", i > 0 ? ", " : "", first_of(&tensor->axes[i]));
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
                  "subscripts which\n * axis it follows and how far behind. */\n");
    for (size_t i = 0; i < examination->count; i++) {
        const struct equation *equation =
            program_find(functions->model->program, examination->definitions[i]);
        size_t operands = emit_operands(examination, equation, i);
        append_definition(examination, &table, equation, i, operands);
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
    layout_emit_struct(&functions->layout, "All that the losses are made of.", "definitions",
                       examination->definitions, examination->count);
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
        emit(emitter, "    {0, NULL, NULL},\n    0,\n    NULL,\n    NULL,\n    NULL,\n    NULL,\n");
        return;
    }
    group_emit_object(examination->functions, &group);
    emit(emitter,
         "    %zu,\n    %s_definition_table,\n    %s_glue_describe_definitions,\n"
         "    %s_glue_define_reals,\n    %s_glue_define,\n",
         examination->count, p, p, p, p);
}
