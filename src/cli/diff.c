#include "calculus/reverse.h"
#include "cli/session.h"
#include "model/gradient.h"
#include "syntax/print.h"

#include <stdint.h>
#include <string.h>

/* ---- A model's gradient as a program ---- */

/* What the gradient is a function of: the model's own declarations, as they were written. */
static void print_declarations(struct text *text, const struct model *model)
{
    for (size_t i = 0; i < model->statements.count; i++) {
        const struct statement *statement = model->statements.items[i];
        if (statement->kind == STATEMENT_DIM || statement->kind == STATEMENT_DATA ||
            statement->kind == STATEMENT_PARAM) {
            print_statement(text, statement);
            text_append(text, "\n");
        }
    }
}

static void print_outputs(struct text *text, const struct gradient *gradient)
{
    for (size_t i = 0; i < gradient->count; i++) {
        text_format(text, "%s%s", i == 0 ? "\noutput " : ", ", gradient->adjoints[i]->name);
    }
    text_append(text, "\n");
}

/* The parameters that --wrt names, or all that the objective is over; NULL after a message. */
static struct tensor **chosen(struct session *session, const struct model *model,
                              const struct objective *objective, size_t *count, int *status)
{
    const char **names = session_wrt(session, model->names, count);
    if (*count == 0) {
        *count = objective->over_count;
        return objective->over;
    }
    struct tensor **tensors = ARENA_ARRAY(session->arena, struct tensor *, *count);
    for (size_t i = 0; i < *count; i++) {
        for (size_t k = 0; k < model->parameter_count; k++) {
            if (model->parameters[k].tensor->name == names[i]) {
                tensors[i] = model->parameters[k].tensor;
            }
        }
        if (tensors[i] == NULL) {
            *status = session_usage("--wrt: '%s' is not a parameter of the model", names[i]);
            return NULL;
        }
    }
    return tensors;
}

static int diff_model(struct session *session)
{
    int status;
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    if (model->objective_count == 0) {
        return session_usage("the model minimizes nothing: there is no loss to differentiate");
    }
    const struct objective *objective = &model->objectives[0];
    size_t count;
    struct tensor **over = chosen(session, model, objective, &count, &status);
    if (over == NULL) {
        return status;
    }
    struct gradient *gradient =
        gradient_create(model, objective->loss, over, count, ROW_SUMS_PLAIN, session->diagnostics);
    if (gradient == NULL) {
        return session_report(session);
    }
    program_share(gradient->program);
    struct text text = text_create(session->arena);
    print_declarations(&text, model);
    text_append(&text, "\n");
    program_print(&text, gradient->program);
    print_outputs(&text, gradient);
    return session_write(session, text.bytes, text.length);
}

/* ---- One expression ---- */

typedef void derivative_printer(struct text *text, const char *label, const struct node *node);

static void print_as_text(struct text *text, const char *label, const struct node *node)
{
    text_format(text, "%s = ", label);
    node_print(text, node);
    text_append(text, "\n");
}

static void print_as_latex(struct text *text, const char *label, const struct node *node)
{
    (void)label;
    node_print_latex(text, node);
    text_append(text, "\n");
}

static const struct tensor *find_variable(const struct scalar_model *scalar, const char *name)
{
    for (size_t i = 0; i < scalar->variable_count; i++) {
        if (strcmp(scalar->variables[i]->name, name) == 0) {
            return scalar->variables[i];
        }
    }
    return NULL;
}

struct derivation {
    struct session *session;
    struct scalar_model *scalar;
    const struct tensor **variables;
    size_t count;
    struct text text;
    derivative_printer *print;
};

/* Every derivative of the given order, one a line: d/dx, d2/dx dy, ... Mixed ones once. */
static bool derive(struct derivation *derivation, const struct node *node, long order, long total,
                   size_t from, const char *by)
{
    struct arena *arena = derivation->session->arena;
    if (order == 0) {
        const char *label = total == 1 ? arena_format(arena, "d/%s", by + 1)
                                       : arena_format(arena, "d%ld/%s", total, by + 1);
        derivation->print(&derivation->text, total == 0 ? "value" : label,
                          node_stabilize(derivation->scalar->rules, node));
        return true;
    }
    const struct node **derivatives =
        ARENA_ARRAY(arena, const struct node *, derivation->count + 1);
    if (!reverse_expression(derivation->scalar->rules, derivation->scalar->graph, node,
                            derivation->variables, derivation->count, derivatives,
                            derivation->session->diagnostics)) {
        return false;
    }
    for (size_t i = from; i < derivation->count; i++) {
        if (!derive(derivation, derivatives[i], order - 1, total, i,
                    arena_format(arena, "%s d%s", by, derivation->variables[i]->name))) {
            return false;
        }
    }
    return true;
}

static int choose_variables(struct derivation *derivation)
{
    struct session *session = derivation->session;
    const struct scalar_model *scalar = derivation->scalar;
    const char **names = session_wrt(session, graph_names(scalar->graph), &derivation->count);
    if (derivation->count == 0) {
        derivation->count = scalar->variable_count;
        derivation->variables = (const struct tensor **)(uintptr_t)scalar->variables;
        return STATUS_DONE;
    }
    derivation->variables = ARENA_ARRAY(session->arena, const struct tensor *, derivation->count);
    for (size_t i = 0; i < derivation->count; i++) {
        derivation->variables[i] = find_variable(scalar, names[i]);
        if (derivation->variables[i] == NULL) {
            derivation->variables[i] =
                graph_tensor(scalar->graph, TENSOR_PARAMETER, names[i], 0, NULL);
        }
    }
    return STATUS_DONE;
}

static int diff_expression(struct session *session)
{
    int status;
    struct derivation derivation = {.session = session};
    derivation.scalar = session_expression(session, &status);
    if (derivation.scalar == NULL || (status = choose_variables(&derivation)) != STATUS_DONE) {
        return status;
    }
    derivation.text = text_create(session->arena);
    derivation.print =
        strcmp(session->options->format, "latex") == 0 ? print_as_latex : print_as_text;
    if (!derive(&derivation, derivation.scalar->value, session->options->order,
                session->options->order, 0, "")) {
        return session_report(session);
    }
    return session_write(session, derivation.text.bytes, derivation.text.length);
}

int command_diff(struct session *session)
{
    return session->options->expression != NULL ? diff_expression(session) : diff_model(session);
}
