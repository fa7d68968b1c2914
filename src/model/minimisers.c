/* How an objective is minimised: by an optimiser's rule, read for each parameter, or by a solver.
 */
#include "equations/fold.h"
#include "model/reader.h"
#include "model/residuals.h"

#include <math.h>
#include <string.h>

/* ---- Optimisers ---- */

/* The names that an optimiser's rule is written in, beside its own options and states. */
#define RULE_PARAMETER "theta"
#define RULE_GRADIENT "g"
#define RULE_STEP "step"
#define RULE_RATE "rate"
#define RULE_NORM "norm_theta"
#define RULE_GRADIENT_NORM "norm_g"

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

static const struct local *open_options(struct reader *reader, const struct option_list *options,
                                        const struct node *const *values, const struct local *scope)
{
    for (size_t i = 0; i < options->count; i++) {
        scope = open_value(reader, options->items[i].name, values[i], scope);
    }
    return scope;
}

/* The root of the sum of the squares of a whole tensor. */
static const struct node *norm_of(struct graph *graph, const struct tensor *tensor)
{
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    tensor_open(graph, tensor, indices, subscripts);
    const struct node *square = node_binary(
        graph, OPERATOR_POWER, node_load(graph, tensor, subscripts), node_number(graph, 2));
    if (tensor->rank > 0) {
        square = node_reduce(graph, REDUCTION_SUM, tensor->rank, indices, square, NULL);
    }
    return node_unary(graph, OPERATOR_SQRT, square);
}

/* A number that a rule may use, computed before it where it does. */
struct norm {
    const char *name;
    const struct tensor *of;
    struct tensor *tensor;
};

static bool reads(const struct program *program, const struct tensor *tensor)
{
    for (size_t i = 0; i < program->count; i++) {
        size_t count;
        const struct node **order =
            node_order(graph_arena(program->graph), &program->equations[i]->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_LOAD && order[k]->tensor == tensor) {
                return true;
            }
        }
    }
    return false;
}

/* Puts the norms that a rule uses before its own equations. */
static void define_norms(struct update *update, const struct norm *norms, size_t count)
{
    struct program *rule = update->program, *program = program_create(rule->graph);
    struct span nowhere = {0};
    for (size_t i = 0; i < count; i++) {
        if (reads(rule, norms[i].tensor)) {
            program_append(program, norms[i].tensor, NULL, norm_of(rule->graph, norms[i].of),
                           nowhere);
        }
    }
    for (size_t i = 0; i < rule->count && program->count > 0; i++) {
        program_adopt(program, rule->equations[i]);
    }
    update->program = program->count > 0 ? program : rule;
}

static void read_rule(struct reader *reader, const struct objective *objective,
                      const struct symbol *optimizer, const struct node *const *values,
                      struct tensor *parameter, struct update *update)
{
    struct graph *graph = reader->graph;
    struct rule_reading reading = {.reader = reader, .update = update};
    tensor_open(graph, parameter, reading.indices, reading.subscripts);
    update->parameter = parameter;
    update->program = program_create(graph);
    update->gradient = graph_tensor(
        graph, TENSOR_ADJOINT,
        names_intern_text(reader->names, arena_format(reader->arena, "d%s", parameter->name)),
        parameter->rank, parameter->axes);
    update->gradient->primal = parameter;
    const struct local *scope = open_options(reader, &optimizer->statement->options, values, NULL);
    struct norm norms[] = {{RULE_NORM, parameter, NULL},
                           {RULE_GRADIENT_NORM, update->gradient, NULL}};
    const size_t norm_count = sizeof norms / sizeof norms[0];
    for (size_t i = 0; i < norm_count; i++) {
        norms[i].tensor = graph_tensor(graph, TENSOR_PART, norms[i].name, 0, NULL);
        scope = open_value(reader, norms[i].name, node_load(graph, norms[i].tensor, NULL), scope);
    }
    scope = open_value(reader, RULE_STEP, node_load(graph, objective->step_input, NULL), scope);
    scope = open_value(reader, RULE_GRADIENT, element_of(&reading, update->gradient), scope);
    reading.scope = open_value(reader, RULE_PARAMETER, element_of(&reading, parameter), scope);
    reader->in_library = optimizer->library;
    for (size_t i = 0; i < optimizer->statement->block.count; i++) {
        read_rule_statement(&reading, optimizer->statement->block.items[i]);
    }
    reader->in_library = false;
    define_norms(update, norms, norm_count);
}

/* An option's value: a number, or a schedule, which depends on `step`; NULL after an error. */
static const struct node *read_option_value(struct reader *reader,
                                            const struct objective *objective,
                                            const struct option *option)
{
    const struct node *step = node_load(reader->graph, objective->step_input, NULL);
    const struct node *value =
        read_scalar(reader, option->value, open_value(reader, RULE_STEP, step, NULL));
    size_t count = 0;
    const struct node **order = value == NULL ? NULL : node_order(reader->arena, &value, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor != objective->step_input) {
            struct diagnostic *diagnostic =
                reader_error(reader, option->value->span, "an option depends on 'step' alone");
            diagnostic_help(reader->diagnostics, diagnostic,
                            "write a number, or a schedule such as rate = 0.1*0.5^(step/1000)");
            return NULL;
        }
    }
    return value;
}

static void report_no_option(struct reader *reader, const struct symbol *optimizer,
                             const struct option *option)
{
    const struct option_list *options = &optimizer->statement->options;
    struct diagnostic *diagnostic =
        reader_error(reader, option->span, "optimiser '%s' has no option '%s'", optimizer->name,
                     option->name == NULL ? "" : option->name);
    struct text known = text_create(reader->arena);
    for (size_t i = 0; i < options->count; i++) {
        text_format(&known, "%s%s", i == 0 ? "" : ", ", options->items[i].name);
    }
    diagnostic_help(reader->diagnostics, diagnostic, "its options are: %s", known.bytes);
}

/* The options' values: the rule's defaults, and in their place what `minimize` gives. */
static const struct node **option_values(struct reader *reader, const struct objective *objective,
                                         const struct symbol *optimizer,
                                         const struct option_list *given)
{
    const struct option_list *options = &optimizer->statement->options;
    const struct node **values =
        ARENA_ARRAY(reader->arena, const struct node *, options->count + 1);
    for (size_t i = 0; i < options->count; i++) {
        double number = 0;
        read_number(reader, options->items[i].value, &number);
        values[i] = node_number(reader->graph, number);
    }
    for (size_t k = 0; k < given->count; k++) {
        const struct option *option = &given->items[k];
        bool found = false;
        for (size_t i = 0; i < options->count; i++) {
            /* A value without a name is the first option's, as in gd(0.1). */
            if (option->name == NULL ? i == k : option->name == options->items[i].name) {
                const struct node *value = read_option_value(reader, objective, option);
                values[i] = value == NULL ? values[i] : value;
                found = true;
            }
        }
        if (!found) {
            report_no_option(reader, optimizer, option);
        }
    }
    return values;
}

/* A constant rate is an input, so that whoever runs the training can set it. */
static void take_rate(struct reader *reader, const struct option_list *options,
                      const struct node **values, struct objective *objective)
{
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->items[i].name, RULE_RATE) == 0 &&
            node_constant(reader->graph, values[i], &objective->rate)) {
            objective->rate_input = input_scalar(reader, RULE_RATE);
            values[i] = node_load(reader->graph, objective->rate_input, NULL);
        }
    }
}

/* ---- Solvers ---- */

void read_count(struct reader *reader, const struct option *option, long *count)
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

/* How many numbers an objective is minimised over; -1: the data decide. */
static double unknowns(const struct objective *objective)
{
    double count = 0;
    for (size_t i = 0; i < objective->over_count; i++) {
        double one = 1, first, end;
        for (int axis = 0; axis < objective->over[i]->rank; axis++) {
            const struct axis *bounds = &objective->over[i]->axes[axis];
            struct graph *graph = bounds->end->graph;
            if (!node_constant(graph, bounds->first, &first) ||
                !node_constant(graph, bounds->end, &end)) {
                return -1;
            }
            one *= end - first;
        }
        count += one;
    }
    return count;
}

/* A Jacobian of so many columns is still small; so many unknowns are more than a Hessian's products
 * find their way among. */
enum { LM_UNKNOWNS_MAX = 500, NEWTON_UNKNOWNS_MAX = 2000 };

static void choose_solver(struct reader *reader, struct objective *objective)
{
    const double count = unknowns(objective);
    const bool squares = !objective->maximize && is_sum_of_squares(reader->model, objective->loss);
    if (squares && count >= 0 && count <= LM_UNKNOWNS_MAX) {
        objective->solver = solver_get(SOLVER_LM);
        objective->choice =
            arena_format(reader->arena, "the loss is a sum of squares over %.0f unknowns", count);
    } else if (count >= 0 && count <= NEWTON_UNKNOWNS_MAX) {
        objective->solver = solver_get(SOLVER_NEWTON);
        objective->choice = arena_format(
            reader->arena, "the loss is no sum of squares, and has %.0f unknowns", count);
    } else {
        objective->solver = solver_get(SOLVER_LBFGS);
        objective->choice = count < 0
                                ? "how many unknowns there are is known from the data alone"
                                : arena_format(reader->arena, "there are %.0f unknowns", count);
    }
    objective->solver_option = objective->solver->value;
}

static void read_solver_options(struct reader *reader, const struct option_list *options,
                                struct objective *objective)
{
    const struct solver *solver = objective->solver;
    objective->solver_option = solver->value;
    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = &options->items[i];
        bool known = solver->option != NULL &&
                     (option->name == NULL || strcmp(option->name, solver->option) == 0);
        if (known) {
            read_count(reader, option, &objective->solver_option);
            continue;
        }
        struct diagnostic *diagnostic =
            reader_error(reader, option->span, "'%s' has no option '%s'", solver->name,
                         option->name == NULL ? "" : option->name);
        if (solver->option != NULL) {
            diagnostic_help(reader->diagnostics, diagnostic, "its option is: %s", solver->option);
        } else {
            diagnostic_help(reader->diagnostics, diagnostic, "it has none: write %s()",
                            solver->name);
        }
    }
}

/* A solver sees the whole loss. */
static void check_solver(struct reader *reader, const struct statement *statement,
                         const struct objective *objective)
{
    if (objective->batch > 0) {
        struct diagnostic *diagnostic = reader_error(
            reader, statement->optimizer_span,
            "'%s' minimises the loss over all rows, not over batches", statement->optimizer);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "leave 'batch' out, or take an optimiser such as adam");
    }
    if (objective->clip_norm > 0 || objective->clip_value > 0) {
        reader_error(reader, statement->optimizer_span,
                     "'%s' takes the gradient as it is, without 'clip'", statement->optimizer);
    }
    if (objective->solver->needs == SOLVER_NEEDS_SQUARES &&
        (objective->maximize || !is_sum_of_squares(reader->model, objective->loss))) {
        struct diagnostic *diagnostic = reader_error(
            reader, statement->optimizer_span, "the loss is no sum of squares, which 'lm' needs");
        diagnostic_note(reader->diagnostics, diagnostic, objective->loss->span, "this is the loss");
        diagnostic_help(reader->diagnostics, diagnostic,
                        "write it as one, mean[i] (p[i] - y[i])^2, or take newton or lbfgs");
    }
}

/* Whether a loss is a mean over the rows, said as such. */
static bool is_mean_over_rows(const struct reader *reader, const struct tensor *loss)
{
    const struct program *program = reader->model->program;
    const struct equation *equation = program_find(program, loss);
    while (equation != NULL && equation->body->kind == NODE_LOAD && equation->target->rank == 0) {
        equation = program_find(program, equation->body->tensor);
    }
    const struct node *body = equation == NULL ? NULL : equation->body;
    while (body != NULL && body->kind == NODE_APPLY && body->operation->id == OPERATOR_NEGATE) {
        body = body->arguments[0];
    }
    return body != NULL && body->kind == NODE_APPLY && body->operation->id == OPERATOR_DIVIDE &&
           body->arguments[1]->kind == NODE_SIZE && body->arguments[1]->dimension->rows;
}

/* Whether an objective is minimised by a solver; then it is settled which. */
static bool read_solver(struct reader *reader, const struct statement *statement,
                        struct objective *objective)
{
    const char *name = statement->optimizer;
    bool automatic = name != NULL && strcmp(name, "auto") == 0;
    const struct symbol *own = name == NULL ? NULL : reader_find(reader, name);
    if (name == NULL || own != NULL || (!automatic && solver_find(name) == NULL)) {
        return false;
    }
    if (automatic && statement->optimizer_options.count > 0) {
        reader_error(reader, statement->optimizer_options.items[0].span, "'auto' has no options");
    }
    if (automatic) {
        choose_solver(reader, objective);
    } else {
        objective->solver = solver_find(name);
        read_solver_options(reader, &statement->optimizer_options, objective);
    }
    check_solver(reader, statement, objective);
    if (objective->likelihood != LIKELIHOOD_NONE && is_mean_over_rows(reader, objective->loss)) {
        objective->likelihood = LIKELIHOOD_MEAN;
    }
    objective->optimizer = name;
    objective->rate = NAN;
    objective->updates = ARENA_ARRAY(reader->arena, struct update, objective->over_count + 1);
    return true;
}

void read_optimizer(struct reader *reader, const struct statement *statement,
                    struct objective *objective)
{
    const char *name = statement->optimizer;
    struct span span = statement->optimizer_span;
    if (read_solver(reader, statement, objective)) {
        return;
    }
    if (objective->likelihood != LIKELIHOOD_NONE) {
        struct diagnostic *diagnostic = reader_error(
            reader, statement->span, "'likelihood' asks for standard errors, which need a minimum");
        diagnostic_help(reader->diagnostics, diagnostic,
                        "take a solver: minimize loss with newton, likelihood");
    }
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
    objective->rate = NAN;
    objective->step_input = input_scalar(reader, RULE_STEP);
    const struct node **values =
        option_values(reader, objective, optimizer, &statement->optimizer_options);
    take_rate(reader, &optimizer->statement->options, values, objective);
    objective->updates = ARENA_ARRAY(reader->arena, struct update, objective->over_count);
    for (size_t i = 0; i < objective->over_count; i++) {
        read_rule(reader, objective, optimizer, values, objective->over[i], &objective->updates[i]);
    }
}
