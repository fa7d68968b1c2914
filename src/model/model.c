#include "model/model.h"

#include "base/embedded.h"
#include "calculus/exponents.h"
#include "model/reader.h"

#include <string.h>

struct diagnostic *reader_error(struct reader *reader, struct span span, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text message = text_create(reader->arena);
    text_format_list(&message, format, arguments);
    va_end(arguments);
    if (reader->call == NULL) {
        return report_error(reader->diagnostics, span, "%s", message.bytes);
    }
    const struct call *outermost = reader->call;
    while (outermost->outer != NULL) {
        outermost = outermost->outer;
    }
    struct diagnostic *diagnostic =
        report_error(reader->diagnostics, outermost->span, "%s", message.bytes);
    diagnostic_note(reader->diagnostics, diagnostic, span, "in the body of '%s'",
                    reader->call->name);
    return diagnostic;
}

/* ---- Suggestions ---- */

struct suggestion {
    const char *wanted, *best;
    size_t distance;
};

static void consider(struct suggestion *suggestion, const char *name)
{
    size_t distance = edit_distance(suggestion->wanted, name);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = name;
    }
}

void reader_suggest(struct reader *reader, struct diagnostic *diagnostic, const char *name,
                    const struct local *scope)
{
    size_t length = strlen(name);
    struct suggestion suggestion = {name, NULL, length <= 2 ? 2 : length / 3 + 2};
    for (; scope != NULL; scope = scope->outer) {
        consider(&suggestion, scope->name);
    }
    for (size_t i = 0; i < reader->symbol_count; i++) {
        consider(&suggestion, reader->order[i]->name);
    }
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        if (operator_get(id)->precedence == PRECEDENCE_CALL) {
            consider(&suggestion, operator_get(id)->spelling);
        }
    }
    for (enum reduction_id id = 0; id < REDUCTION_COUNT; id++) {
        consider(&suggestion, reduction_get(id)->spelling);
    }
    if (suggestion.best != NULL && suggestion.distance < length) {
        diagnostic_help(reader->diagnostics, diagnostic, "did you mean '%s'?", suggestion.best);
    }
}

/* ---- The library ---- */

static void read_library(struct reader *reader, struct parse_context *parse)
{
    const struct embedded_file *file = NULL;
    reader->in_library = true;
    while ((file = embedded_next(file, "lib/")) != NULL) {
        struct source *source = ARENA_NEW(reader->arena, struct source);
        *source = (struct source){file->name, file->text, file->length};
        struct statement_list statements = parse_model(parse, source);
        declare_statements(reader, &statements);
    }
    reader->in_library = false;
}

static struct reader *reader_create(struct arena *arena, struct diagnostics *diagnostics,
                                    struct model *model)
{
    struct reader *reader = ARENA_NEW(arena, struct reader);
    reader->arena = arena;
    reader->names = names_create(arena);
    reader->diagnostics = diagnostics;
    reader->model = model;
    reader->symbols = table_create(arena);
    reader->library = table_create(arena);
    reader->inferring = table_create(arena);
    reader->forwards = table_create(arena);
    reader->graph = graph_create(arena, reader->names);
    model->names = reader->names;
    model->diagnostics = diagnostics;
    model->graph = reader->graph;
    model->program = program_create(reader->graph);
    model->updates = program_create(reader->graph);
    reader->program = model->program;
    model->parse = parse_context_create(arena, reader->names, diagnostics);
    model->rules = rules_create(reader->graph, model->parse);
    read_library(reader, model->parse);
    return reader;
}

static void read_group(struct reader *reader, const struct symbol_group *group)
{
    bool of_tensors = true;
    for (size_t i = 0; i < group->count; i++) {
        of_tensors = of_tensors && group->items[i]->kind == SYMBOL_TENSOR &&
                     group->items[i]->statement->binders.count > 0;
    }
    const struct statement *first = group->items[0]->statement;
    bool steps = group->circular && of_tensors;
    if (!steps && first != NULL && first->until != NULL) {
        struct diagnostic *diagnostic =
            reader_error(reader, first->until->span, "'%s' takes no steps that could stop",
                         group->items[0]->name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "a recurrence looks back along one of its indices: y[t] = ... y[t-1] ...");
    } else if (group->circular && !of_tensors) {
        report_circle(reader, group);
    } else if (group->circular || has_cases(group->items[0])) {
        read_recurrence(reader, group);
    } else {
        read_definition(reader, group->items[0]);
    }
}

static void read_definitions(struct reader *reader)
{
    size_t count;
    struct symbol_group *groups = definition_order(reader, &count);
    for (size_t i = 0; i < count; i++) {
        read_group(reader, &groups[i]);
    }
}

/* What is learnt comes before what is kept. */
static void put_states_last(struct reader *reader, struct model *model)
{
    struct parameter *sorted =
        ARENA_ARRAY(reader->arena, struct parameter, model->parameter_count + 1);
    size_t count = 0;
    for (int state = 0; state < 2; state++) {
        for (size_t i = 0; i < model->parameter_count; i++) {
            if (model->parameters[i].state == (state == 1)) {
                sorted[count++] = model->parameters[i];
            }
        }
    }
    model->parameters = sorted;
    model->parameter_capacity = model->parameter_count;
}

static bool is_read(struct arena *arena, const struct program *program, const struct tensor *input)
{
    for (size_t i = 0; program != NULL && i < program->count; i++) {
        size_t count;
        const struct node **order = node_order(arena, &program->equations[i]->body, 1, &count);
        for (size_t j = 0; j < count; j++) {
            if (order[j]->kind == NODE_LOAD && order[j]->tensor == input) {
                return true;
            }
        }
    }
    return false;
}

/* A function of the library may ask for `training`, and the model call no such function. */
static void forget_training(struct arena *arena, struct model *model)
{
    bool read = is_read(arena, model->program, model->training) ||
                is_read(arena, model->updates, model->training);
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        for (size_t j = 0; j < objective->over_count; j++) {
            read = read || is_read(arena, objective->updates[j].program, model->training);
        }
    }
    model->training = read ? model->training : NULL;
}

struct model *model_read(struct arena *arena, const struct source *source, const char *name,
                         struct diagnostics *diagnostics)
{
    struct model *model = ARENA_NEW(arena, struct model);
    model->name = name;
    model->source = source;
    struct reader *reader = reader_create(arena, diagnostics, model);
    model->statements = parse_model(model->parse, source);
    declare_statements(reader, &model->statements);
    if (model->rows != NULL) {
        model->row_scale = graph_tensor(model->graph, TENSOR_INPUT, "row_scale", 0, NULL);
    }
    read_definitions(reader);
    read_parameter_starts(reader, &model->statements);
    read_updates(reader, &model->statements);
    put_states_last(reader, model);
    read_training(reader, &model->statements);
    if (model->training != NULL && diagnostics->errors == 0) {
        forget_training(arena, model);
    }
    if (diagnostics->errors == 0) {
        program_keep_exponents(model->program);
    }
    return diagnostics->errors == 0 ? model : NULL;
}

struct scalar_model *scalar_model_read(struct arena *arena, const struct source *source,
                                       struct diagnostics *diagnostics)
{
    struct model *model = ARENA_NEW(arena, struct model);
    model->source = source;
    struct scalar_model *scalar = ARENA_NEW(arena, struct scalar_model);
    struct reader *reader = reader_create(arena, diagnostics, model);
    read_definitions(reader);
    reader->scalar_only = true;
    reader->scalar = scalar;
    scalar->graph = model->graph;
    scalar->rules = model->rules;
    struct expression *expression = parse_expression(model->parse, source);
    if (expression == NULL) {
        return NULL;
    }
    scalar->value = read_scalar(reader, expression, NULL);
    if (scalar->value != NULL) {
        scalar->value = node_keep_exponents(model->graph, scalar->value);
    }
    return scalar->value != NULL && diagnostics->errors == 0 ? scalar : NULL;
}
