#include "api/derivative.h"
#include "calculus/reverse.h"
#include "cli/session.h"
#include "emit/emit.h"

#include <stdint.h>
#include <string.h>

/* ---- A model's gradient ---- */

static void print_gradient_latex(struct text *text, const struct gradient *gradient)
{
    text_append(text, "\\begin{align*}\n");
    for (size_t i = 0; i < gradient->program->count; i++) {
        text_append(text, "& ");
        equation_print_latex(text, gradient->program->equations[i]);
        text_append(text, " \\\\\n");
    }
    text_append(text, "\\end{align*}\n");
}

static void print_gradient_dot(struct text *text, const struct gradient *gradient)
{
    size_t count = gradient->program->count;
    const struct node **roots = ARENA_ARRAY(text->arena, const struct node *, count + 1);
    const char **labels = ARENA_ARRAY(text->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        roots[i] = gradient->program->equations[i]->body;
        labels[i] = gradient->program->equations[i]->target->name;
    }
    nodes_print_dot(text, roots, labels, count);
}

/* By the parameters that --wrt names, or by all; NULL after a message. */
static const struct gradient **gradients_of(struct session *session, struct model *model,
                                            int *status)
{
    if (model->objective_count == 0) {
        *status = session_usage("the model minimizes nothing: there is no loss to differentiate");
        return NULL;
    }
    struct tensor **over = NULL;
    size_t count = 0;
    const char *unknown = NULL;
    if (session->options->wrt != NULL) {
        over = parameters_listed(model, session->options->wrt, &count, &unknown);
    }
    if (unknown != NULL) {
        *status = session_usage("--wrt: '%s' is not a parameter of the model", unknown);
        return NULL;
    }
    const struct gradient **gradients = gradients_create(model, over, count, session->diagnostics);
    if (gradients == NULL) {
        *status = session_report(session);
    }
    return gradients;
}

static int diff_model(struct session *session)
{
    int status;
    const char *format = session->options->format;
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    if (strcmp(format, "c") == 0) {
        return session_usage("the gradient of a model as C is what --emit lib gives");
    }
    const struct gradient **gradients = gradients_of(session, model, &status);
    if (gradients == NULL) {
        return status;
    }
    struct text text = text_create(session->arena);
    if (strcmp(format, "latex") != 0 && strcmp(format, "dot") != 0) {
        gradients_print(&text, model, gradients);
    }
    for (size_t i = 0; i < model->objective_count; i++) {
        if (strcmp(format, "latex") == 0) {
            print_gradient_latex(&text, gradients[i]);
        } else if (strcmp(format, "dot") == 0) {
            print_gradient_dot(&text, gradients[i]);
        }
    }
    return session_write(session, text.bytes, text.length);
}

/* ---- One expression ---- */

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
    const struct node **results; /* the derivatives found, and what each is called */
    const char **labels;
    size_t result_count, result_capacity, label_capacity;
};

static void keep(struct derivation *derivation, const char *label, const struct node *node)
{
    struct arena *arena = derivation->session->arena;
    size_t count = derivation->result_count;
    ARENA_PUSH(arena, derivation->results, derivation->result_count, derivation->result_capacity,
               node);
    ARENA_PUSH(arena, derivation->labels, count, derivation->label_capacity, label);
}

/* Every derivative of the given order, one a line: d/dx, d2/dx dy, ... Mixed ones once. */
static bool derive(struct derivation *derivation, const struct node *node, long order, long total,
                   size_t from, const char *by)
{
    struct arena *arena = derivation->session->arena;
    if (order == 0) {
        const char *label = total == 1 ? arena_format(arena, "d/%s", by + 1)
                                       : arena_format(arena, "d%ld/%s", total, by + 1);
        keep(derivation, total == 0 ? "value" : label,
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

/* The derivatives as one C function of the variables, `void derivative_evaluate(...)`. */
static bool print_c(struct text *text, const struct derivation *derivation)
{
    const struct scalar_model *scalar = derivation->scalar;
    struct emit_options options = {.name = "derivative", .what = EMIT_LIB};
    size_t length;
    char *file = emit_scalar(scalar->graph, (const struct tensor *const *)scalar->variables,
                             scalar->variable_count, derivation->results, derivation->result_count,
                             &options, derivation->session->diagnostics, &length);
    if (file != NULL) {
        text_append_length(text, file, length);
    }
    return file != NULL;
}

static bool print_derivatives(struct text *text, const struct derivation *derivation)
{
    const char *format = derivation->session->options->format;
    if (strcmp(format, "c") == 0) {
        return print_c(text, derivation);
    }
    if (strcmp(format, "dot") == 0) {
        nodes_print_dot(text, derivation->results, derivation->labels, derivation->result_count);
        return true;
    }
    for (size_t i = 0; i < derivation->result_count; i++) {
        if (strcmp(format, "latex") == 0) {
            node_print_latex(text, derivation->results[i]);
        } else {
            text_format(text, "%s = ", derivation->labels[i]);
            node_print(text, derivation->results[i]);
        }
        text_append(text, "\n");
    }
    return true;
}

static int diff_expression(struct session *session)
{
    int status;
    long order = session->options->order;
    struct derivation derivation = {.session = session};
    derivation.scalar = session_expression(session, &status);
    if (derivation.scalar == NULL || (status = choose_variables(&derivation)) != STATUS_DONE) {
        return status;
    }
    struct text text = text_create(session->arena);
    if (!derive(&derivation, derivation.scalar->value, order, order, 0, "") ||
        !print_derivatives(&text, &derivation)) {
        return session_report(session);
    }
    return session_write(session, text.bytes, text.length);
}

int command_diff(struct session *session)
{
    return session->options->expression != NULL ? diff_expression(session) : diff_model(session);
}
