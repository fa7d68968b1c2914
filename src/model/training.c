#include "calculus/checkpoint.h"
#include "model/reader.h"

#include <math.h>
#include <string.h>

/* ---- Optimisers ---- */

/* The names that an optimiser's rule is written in, beside its own options and states. */
#define RULE_PARAMETER "theta"
#define RULE_GRADIENT "g"
#define RULE_STEP "step"
#define RULE_RATE "rate"

static struct local *open_value(struct reader *reader, const char *name, const struct node *body,
                                const struct local *outer)
{
    struct local *local = ARENA_NEW(reader->arena, struct local);
    local->name = names_intern_text(reader->names, name);
    local->value = value_of(body);
    local->outer = outer;
    return local;
}

static struct tensor *input_scalar(struct reader *reader, const char *name)
{
    return graph_tensor(reader->graph, TENSOR_INPUT, name, 0, NULL);
}

/* One parameter's update while its rule is being read. */
struct rule_reading {
    struct reader *reader;
    struct update *update;
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    const struct local *scope;
    size_t state_capacity, start_capacity;
};

static const struct node *element_of(struct rule_reading *reading, const struct tensor *tensor)
{
    return node_load(reading->reader->graph, tensor, reading->subscripts);
}

static void read_state(struct rule_reading *reading, const struct declarator *declarator)
{
    struct reader *reader = reading->reader;
    struct update *update = reading->update;
    const struct tensor *parameter = update->parameter;
    const char *name = arena_format(reader->arena, "%s_%s", parameter->name, declarator->name);
    struct tensor *state =
        graph_tensor(reader->graph, TENSOR_STATE, names_intern_text(reader->names, name),
                     parameter->rank, parameter->axes);
    const struct node *start = declarator->value == NULL
                                   ? node_number(reader->graph, 0)
                                   : read_scalar(reader, declarator->value, reading->scope);
    size_t count = update->state_count;
    ARENA_PUSH(reader->arena, update->states, update->state_count, reading->state_capacity, state);
    ARENA_PUSH(reader->arena, update->state_starts, count, reading->start_capacity,
               start == NULL ? node_number(reader->graph, 0) : start);
    reading->scope =
        open_value(reader, declarator->name, element_of(reading, state), reading->scope);
}

/* The tensor that `name := ...` updates; NULL after an error. */
static const struct tensor *updated_tensor(struct rule_reading *reading,
                                           const struct statement *statement)
{
    if (strcmp(statement->name, RULE_PARAMETER) == 0) {
        return reading->update->parameter;
    }
    for (const struct local *local = reading->scope; local != NULL; local = local->outer) {
        const struct node *body = local->value.body;
        if (local->name == statement->name && body->kind == NODE_LOAD &&
            body->tensor->kind == TENSOR_STATE) {
            return body->tensor;
        }
    }
    reader_error(reading->reader, statement->name_span,
                 "an optimiser updates its states and 'theta', not '%s'", statement->name);
    return NULL;
}

static void read_rule_statement(struct rule_reading *reading, const struct statement *statement)
{
    struct reader *reader = reading->reader;
    if (statement->kind == STATEMENT_STATE) {
        for (size_t i = 0; i < statement->declarators.count; i++) {
            read_state(reading, &statement->declarators.items[i]);
        }
        return;
    }
    if (statement->kind != STATEMENT_UPDATE && statement->kind != STATEMENT_DEFINE) {
        reader_error(reader, statement->span, "an optimiser is made of 'state', '=' and ':='");
        return;
    }
    const struct node *body = read_scalar(reader, statement->body, reading->scope);
    if (body == NULL) {
        return;
    }
    if (statement->kind == STATEMENT_DEFINE) {
        reading->scope = open_value(reader, statement->name, body, reading->scope);
        return;
    }
    const struct tensor *target = updated_tensor(reading, statement);
    if (target != NULL) {
        struct equation *equation = program_append(reading->update->program, target,
                                                   reading->indices, body, statement->span);
        equation->update = true;
    }
}

static const struct local *open_options(struct reader *reader, const struct objective *objective,
                                        const struct option_list *options, const double *values,
                                        const struct local *scope)
{
    for (size_t i = 0; i < options->count; i++) {
        bool rate = strcmp(options->items[i].name, RULE_RATE) == 0;
        const struct node *value = rate ? node_load(reader->graph, objective->rate_input, NULL)
                                        : node_number(reader->graph, values[i]);
        scope = open_value(reader, options->items[i].name, value, scope);
    }
    return scope;
}

static void read_rule(struct reader *reader, const struct objective *objective,
                      const struct symbol *optimizer, const double *values,
                      struct tensor *parameter, struct update *update)
{
    struct graph *graph = reader->graph;
    struct rule_reading reading = {.reader = reader, .update = update};
    for (int i = 0; i < parameter->rank; i++) {
        reading.indices[i] =
            graph_index(graph, NULL, parameter->axes[i].first, parameter->axes[i].end);
        reading.subscripts[i] = node_index(graph, reading.indices[i]);
    }
    update->parameter = parameter;
    update->program = program_create(graph);
    update->gradient = graph_tensor(
        graph, TENSOR_ADJOINT,
        names_intern_text(reader->names, arena_format(reader->arena, "d%s", parameter->name)),
        parameter->rank, parameter->axes);
    update->gradient->primal = parameter;
    const struct local *scope =
        open_options(reader, objective, &optimizer->statement->options, values, NULL);
    scope = open_value(reader, RULE_STEP, node_load(graph, objective->step_input, NULL), scope);
    scope = open_value(reader, RULE_GRADIENT, element_of(&reading, update->gradient), scope);
    reading.scope = open_value(reader, RULE_PARAMETER, element_of(&reading, parameter), scope);
    reader->in_library = optimizer->library;
    for (size_t i = 0; i < optimizer->statement->block.count; i++) {
        read_rule_statement(&reading, optimizer->statement->block.items[i]);
    }
    reader->in_library = false;
}

/* The options' values: the rule's defaults, and in their place what `minimize` gives. */
static double *option_values(struct reader *reader, const struct symbol *optimizer,
                             const struct option_list *given)
{
    const struct option_list *options = &optimizer->statement->options;
    double *values = ARENA_ARRAY(reader->arena, double, options->count + 1);
    for (size_t i = 0; i < options->count; i++) {
        read_number(reader, options->items[i].value, &values[i]);
    }
    for (size_t k = 0; k < given->count; k++) {
        const struct option *option = &given->items[k];
        bool found = false;
        for (size_t i = 0; i < options->count; i++) {
            /* A value without a name is the first option's, as in gd(0.1). */
            if (option->name == NULL ? i == k : option->name == options->items[i].name) {
                found = read_number(reader, option->value, &values[i]) || true;
            }
        }
        if (!found) {
            struct diagnostic *diagnostic =
                reader_error(reader, option->span, "optimiser '%s' has no option '%s'",
                             optimizer->name, option->name == NULL ? "" : option->name);
            struct text known = text_create(reader->arena);
            for (size_t i = 0; i < options->count; i++) {
                text_format(&known, "%s%s", i == 0 ? "" : ", ", options->items[i].name);
            }
            diagnostic_help(reader->diagnostics, diagnostic, "its options are: %s", known.bytes);
        }
    }
    return values;
}

static void read_optimizer(struct reader *reader, const struct statement *statement,
                           struct objective *objective)
{
    const char *name = statement->optimizer;
    struct span span = statement->optimizer_span;
    if (name == NULL) {
        name = names_intern_text(reader->names, "gd");
        span = statement->span;
    }
    const struct symbol *optimizer = reader_find(reader, name);
    if (optimizer == NULL || optimizer->kind != SYMBOL_OPTIMIZER) {
        struct diagnostic *diagnostic = reader_error(reader, span, "unknown optimiser '%s'", name);
        reader_suggest(reader, diagnostic, name, NULL);
        return;
    }
    objective->optimizer = name;
    double *values = option_values(reader, optimizer, &statement->optimizer_options);
    objective->rate = NAN;
    objective->rate_input = input_scalar(reader, RULE_RATE);
    objective->step_input = input_scalar(reader, RULE_STEP);
    const struct option_list *options = &optimizer->statement->options;
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->items[i].name, RULE_RATE) == 0) {
            objective->rate = values[i];
        }
    }
    objective->updates = ARENA_ARRAY(reader->arena, struct update, objective->over_count);
    for (size_t i = 0; i < objective->over_count; i++) {
        read_rule(reader, objective, optimizer, values, objective->over[i], &objective->updates[i]);
    }
}

/* ---- minimize ---- */

static struct tensor *scalar_tensor(struct reader *reader, const struct expression *expression,
                                    const char *name)
{
    if (expression->kind == EXPRESSION_NAME) {
        const struct symbol *symbol = reader_find(reader, expression->name);
        if (symbol != NULL && symbol->kind == SYMBOL_TENSOR) {
            if (symbol->tensor != NULL && symbol->tensor->rank != 0) {
                struct diagnostic *diagnostic = reader_error(
                    reader, expression->span, "'%s' must be a number, but it has rank %d",
                    symbol->name, symbol->tensor->rank);
                diagnostic_help(reader->diagnostics, diagnostic, "sum it, or take its mean");
                return NULL;
            }
            if (symbol->tensor == NULL || symbol->tensor->kind == TENSOR_DEFINED) {
                return symbol->tensor;
            }
        }
    }
    return define_scalar(reader, program_fresh_name(reader->model->program, name), expression->span,
                         expression);
}

/* The tensors that a loss depends on. */
static struct table *used_by(struct reader *reader, const struct tensor *loss)
{
    struct program *slice = program_slice(reader->model->program, &loss, 1);
    struct table *used = table_create(reader->arena);
    for (size_t i = 0; i < slice->count; i++) {
        size_t count;
        const struct node **order =
            node_order(reader->arena, &slice->equations[i]->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_LOAD) {
                table_store(used, order[k]->tensor, (void *)(uintptr_t)order[k]);
            }
        }
    }
    return used;
}

/* The parameters that the loss depends on, in order of declaration. */
static void find_over(struct reader *reader, struct objective *objective)
{
    struct model *model = reader->model;
    struct table *used = used_by(reader, objective->loss);
    size_t capacity = 0;
    for (size_t i = 0; i < model->parameter_count; i++) {
        struct tensor *tensor = model->parameters[i].tensor;
        if (model->parameters[i].state) {
            continue;
        }
        if (table_find(used, tensor) != NULL) {
            ARENA_PUSH(reader->arena, objective->over, objective->over_count, capacity, tensor);
        }
    }
}

static void warn_of_unreached(struct reader *reader)
{
    const struct model *model = reader->model;
    struct table *reached = table_create(reader->arena);
    for (size_t i = 0; i < model->objective_count; i++) {
        struct table *used = used_by(reader, model->objectives[i].loss);
        for (size_t k = 0; k < model->parameter_count; k++) {
            const struct tensor *tensor = model->parameters[k].tensor;
            if (table_find(used, tensor) != NULL) {
                table_store(reached, tensor, (void *)(uintptr_t)tensor);
            }
        }
    }
    for (size_t k = 0; k < model->parameter_count && model->objective_count > 0; k++) {
        const struct tensor *tensor = model->parameters[k].tensor;
        if (!model->parameters[k].state && table_find(reached, tensor) == NULL) {
            struct diagnostic *diagnostic = report_warning(
                reader->diagnostics, tensor->span, "no gradient reaches parameter '%s': %s on it",
                tensor->name,
                model->objective_count == 1 ? "the loss does not depend" : "no loss depends");
            for (size_t i = 0; i < model->objective_count; i++) {
                diagnostic_note(reader->diagnostics, diagnostic, model->objectives[i].span,
                                "this is %s loss", model->objective_count == 1 ? "the" : "a");
            }
        }
    }
}

static void read_over(struct reader *reader, const struct statement *statement,
                      struct objective *objective)
{
    size_t capacity = 0;
    for (size_t i = 0; i < statement->over.count; i++) {
        const struct expression *name = statement->over.items[i];
        const struct symbol *symbol = reader_find(reader, name->name);
        if (symbol == NULL || symbol->tensor == NULL || symbol->tensor->kind != TENSOR_PARAMETER) {
            struct diagnostic *diagnostic =
                reader_error(reader, name->span, "'%s' is not a parameter", name->name);
            if (symbol == NULL) {
                reader_suggest(reader, diagnostic, name->name, NULL);
            }
            continue;
        }
        ARENA_PUSH(reader->arena, objective->over, objective->over_count, capacity, symbol->tensor);
    }
}

static void read_count(struct reader *reader, const struct option *option, long *count)
{
    double value;
    if (!read_number(reader, option->value, &value)) {
        return;
    }
    if (!(value >= 1 && value <= 1e15) || value != floor(value)) {
        reader_error(reader, option->value->span, "'%s' must be a whole number, at least 1",
                     option->name);
        return;
    }
    *count = (long)value;
}

/* stop = norm(grad) < 1e-8 */
static void read_stop(struct reader *reader, const struct option *option,
                      struct objective *objective)
{
    const struct expression *test = option->value;
    bool understood = test->kind == EXPRESSION_OPERATOR && test->operation->id == OPERATOR_LESS &&
                      test->arguments.items[0]->kind == EXPRESSION_CALL &&
                      strcmp(test->arguments.items[0]->name, "norm") == 0 &&
                      test->arguments.items[0]->arguments.count == 1 &&
                      test->arguments.items[0]->arguments.items[0]->kind == EXPRESSION_NAME &&
                      strcmp(test->arguments.items[0]->arguments.items[0]->name, "grad") == 0;
    if (!understood) {
        struct diagnostic *diagnostic =
            reader_error(reader, test->span, "this condition to stop is not understood");
        diagnostic_help(reader->diagnostics, diagnostic, "write stop = norm(grad) < 1e-8");
        return;
    }
    read_number(reader, test->arguments.items[1], &objective->gradient_stop);
}

static void read_share(struct reader *reader, const struct option *option, double *share)
{
    if (read_number(reader, option->value, share) && !(*share > 0 && *share < 1)) {
        reader_error(reader, option->value->span, "'%s' is a share of the rows, between 0 and 1",
                     option->name);
        *share = 0;
    }
}

/* checkpoint, or checkpoint = 16: for the whole model. */
static void read_checkpoint(struct reader *reader, const struct option *option)
{
    struct model *model = reader->model;
    model->checkpoint = CHECKPOINT_ROOT;
    model->checkpoint_span = option->span;
    if (option->value != NULL) {
        read_count(reader, option, &model->checkpoint);
    }
}

static void read_objective_option(struct reader *reader, const struct option *option,
                                  struct objective *objective)
{
    const char *name = option->name == NULL ? "" : option->name;
    if (strcmp(name, "checkpoint") == 0) {
        read_checkpoint(reader, option);
    } else if (option->value == NULL) {
        reader_error(reader, option->span, "the option '%s' of 'minimize' has no value", name);
    } else if (strcmp(name, "batch") == 0) {
        read_count(reader, option, &objective->batch);
        if (reader->model->rows == NULL) {
            reader_error(reader, option->span, "'batch' needs data with rows to draw from");
        }
    } else if (strcmp(name, "steps") == 0) {
        read_count(reader, option, &objective->steps);
    } else if (strcmp(name, "epochs") == 0) {
        read_count(reader, option, &objective->epochs);
    } else if (strcmp(name, "holdout") == 0) {
        read_share(reader, option, &objective->holdout);
    } else if (strcmp(name, "stop") == 0) {
        read_stop(reader, option, objective);
    } else {
        struct diagnostic *diagnostic =
            reader_error(reader, option->span, "'minimize' has no option '%s'", name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "its options are: batch, steps, epochs, holdout, stop, checkpoint");
    }
}

static void read_minimize(struct reader *reader, const struct statement *statement)
{
    struct model *model = reader->model;
    struct objective objective = {.maximize = statement->maximize, .span = statement->span};
    objective.loss = scalar_tensor(reader, statement->body, "loss");
    for (size_t i = 0; i < statement->options.count; i++) {
        read_objective_option(reader, &statement->options.items[i], &objective);
    }
    if (objective.loss == NULL) {
        return;
    }
    if (statement->over.count > 0) {
        read_over(reader, statement, &objective);
    } else {
        find_over(reader, &objective);
    }
    if (objective.over_count == 0 && reader->diagnostics->errors == 0) {
        reader_error(reader, statement->span, "the loss depends on no parameter");
    }
    read_optimizer(reader, statement, &objective);
    ARENA_PUSH(reader->arena, model->objectives, model->objective_count, model->objective_capacity,
               objective);
}

/* ---- report, output ---- */

static void read_report(struct reader *reader, const struct statement *statement)
{
    struct model *model = reader->model;
    struct report report = {.name = statement->name};
    if (statement->body->kind == EXPRESSION_NAME && statement->body->name == statement->name) {
        report.tensor = scalar_tensor(reader, statement->body, statement->name);
    } else {
        struct symbol *symbol =
            reader_declare(reader, SYMBOL_TENSOR, statement->name, statement->name_span);
        if (symbol == NULL) {
            return;
        }
        symbol->tensor =
            define_scalar(reader, statement->name, statement->name_span, statement->body);
        report.tensor = symbol->tensor;
    }
    if (report.tensor != NULL) {
        ARENA_PUSH(reader->arena, model->reports, model->report_count, model->report_capacity,
                   report);
    }
}

static void read_output(struct reader *reader, const struct statement *statement)
{
    struct model *model = reader->model;
    for (size_t i = 0; i < statement->names.count; i++) {
        const struct expression *name = statement->names.items[i];
        const struct symbol *symbol = reader_find(reader, name->name);
        if (symbol == NULL || symbol->kind != SYMBOL_TENSOR) {
            struct diagnostic *diagnostic =
                reader_error(reader, name->span, "unknown name '%s'", name->name);
            reader_suggest(reader, diagnostic, name->name, NULL);
        } else if (symbol->tensor != NULL && symbol->tensor->kind != TENSOR_DEFINED) {
            reader_error(reader, name->span, "'%s' is given, not computed", name->name);
        } else if (symbol->tensor != NULL) {
            ARENA_PUSH(reader->arena, model->outputs, model->output_count, model->output_capacity,
                       symbol->tensor);
        }
    }
}

void read_training(struct reader *reader, const struct statement_list *statements)
{
    for (size_t i = 0; i < statements->count; i++) {
        if (statements->items[i]->kind == STATEMENT_REPORT) {
            read_report(reader, statements->items[i]);
        }
    }
    for (size_t i = 0; i < statements->count; i++) {
        if (statements->items[i]->kind == STATEMENT_MINIMIZE) {
            read_minimize(reader, statements->items[i]);
        } else if (statements->items[i]->kind == STATEMENT_OUTPUT) {
            read_output(reader, statements->items[i]);
        }
    }
    warn_of_unreached(reader);
}
