#include "calculus/checkpoint.h"
#include "model/reader.h"

#include <math.h>
#include <string.h>

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

/* average = 0.999, plateau = 0.5 */
static void read_factor(struct reader *reader, const struct option *option, double *factor)
{
    if (read_number(reader, option->value, factor) && !(*factor > 0 && *factor < 1)) {
        reader_error(reader, option->value->span, "'%s' must lie between 0 and 1", option->name);
        *factor = 0;
    }
}

static void read_positive(struct reader *reader, const struct option *option, double *value)
{
    if (read_number(reader, option->value, value) && !(*value > 0)) {
        reader_error(reader, option->value->span, "'%s' must be greater than 0", option->name);
        *value = 0;
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
    } else if (strcmp(name, "likelihood") == 0) {
        objective->likelihood = LIKELIHOOD_SUM;
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
    } else if (strcmp(name, "clip") == 0) {
        read_positive(reader, option, &objective->clip_norm);
    } else if (strcmp(name, "clip_value") == 0) {
        read_positive(reader, option, &objective->clip_value);
    } else if (strcmp(name, "average") == 0) {
        read_factor(reader, option, &objective->average);
    } else if (strcmp(name, "plateau") == 0) {
        read_factor(reader, option, &objective->plateau);
    } else if (strcmp(name, "wait") == 0) {
        read_count(reader, option, &objective->wait);
    } else if (strcmp(name, "stop") == 0) {
        read_stop(reader, option, objective);
    } else {
        struct diagnostic *diagnostic =
            reader_error(reader, option->span, "'minimize' has no option '%s'", name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "its options are: batch, steps, epochs, holdout, clip, clip_value, "
                        "average, plateau, wait, stop, checkpoint, likelihood");
    }
}

/* ---- What goes with which optimiser ---- */

static const struct option *find_option(const struct option_list *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++) {
        if (options->items[i].name != NULL && strcmp(options->items[i].name, name) == 0) {
            return &options->items[i];
        }
    }
    return NULL;
}

/* What the steps of an optimiser take, but not those of a solver. */
static void refuse_with_solver(struct reader *reader, const struct statement *statement,
                               const char *name, const char *why)
{
    const struct option *option = find_option(&statement->options, name);
    if (option != NULL) {
        struct diagnostic *diagnostic =
            reader_error(reader, option->span, "'%s' %s", statement->optimizer, why);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "leave '%s' out, or take an optimiser such as adam", name);
    }
}

/* What is given for an option, by its name or, as in gd(0.1), by its place. */
static const struct option *given_option(const struct option_list *given,
                                         const struct option_list *options, const char *name)
{
    for (size_t i = 0; i < given->count && i < options->count; i++) {
        if (given->items[i].name == NULL && strcmp(options->items[i].name, name) == 0) {
            return &given->items[i];
        }
    }
    return find_option(given, name);
}

/* 'plateau' needs a rate that is constant without it. */
static void refuse_plateau(struct reader *reader, const struct statement *statement,
                           const struct option *plateau)
{
    const struct symbol *optimizer = reader_find(reader, statement->optimizer);
    if (optimizer == NULL || find_option(&optimizer->statement->options, "rate") == NULL) {
        struct diagnostic *diagnostic =
            reader_error(reader, plateau->span, "'%s' has no rate that 'plateau' could reduce",
                         statement->optimizer);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "leave 'plateau' out, or take an optimiser such as adam");
        return;
    }
    struct diagnostic *diagnostic = reader_error(
        reader, plateau->span, "'plateau' reduces a constant rate, but this one depends on 'step'");
    const struct option *rate =
        given_option(&statement->optimizer_options, &optimizer->statement->options, "rate");
    if (rate != NULL) {
        diagnostic_note(reader->diagnostics, diagnostic, rate->value->span, "this is the rate");
    }
    diagnostic_help(reader->diagnostics, diagnostic,
                    "write a number, as in rate = 1e-3, or leave 'plateau' out");
}

static void check_plateau(struct reader *reader, const struct statement *statement,
                          struct objective *objective)
{
    enum { WAIT = 10 };
    const struct option *plateau = find_option(&statement->options, "plateau");
    const struct option *wait = find_option(&statement->options, "wait");
    if (plateau != NULL && isnan(objective->rate)) {
        refuse_plateau(reader, statement, plateau);
    } else if (plateau == NULL && wait != NULL) {
        struct diagnostic *diagnostic = reader_error(
            reader, wait->span, "'wait' is for how long 'plateau' waits, but there is none");
        diagnostic_help(reader->diagnostics, diagnostic, "write plateau = 0.5, wait = 5");
    }
    if (objective->plateau > 0 && objective->wait == 0) {
        objective->wait = WAIT;
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
    if (objective.solver != NULL) {
        refuse_with_solver(
            reader, statement, "average",
            "goes to a minimum, from which an average of its steps would be farther");
        refuse_with_solver(reader, statement, "stop",
                           "ends by itself, where no more progress is to be made");
    }
    check_plateau(reader, statement, &objective);
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

/* What a solver has learnt of the loss does not hold once others have moved what that depends on.
 */
static void check_turns(struct reader *reader)
{
    const struct model *model = reader->model;
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        if (objective->solver == NULL) {
            continue;
        }
        if (model->objective_count > 1) {
            struct diagnostic *diagnostic =
                reader_error(reader, objective->span,
                             "'%s' minimises alone, not in turn with others", objective->optimizer);
            diagnostic_help(reader->diagnostics, diagnostic,
                            "take an optimiser such as adam for each of them");
        } else if (model->updates->count > 0) {
            reader_error(reader, model->updates->equations[0]->span,
                         "':=' moves a state once a step, but '%s' tries many points in one",
                         objective->optimizer);
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
    check_turns(reader);
    warn_of_unreached(reader);
}
