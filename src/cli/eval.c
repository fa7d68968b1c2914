#include "calculus/reverse.h"
#include "cli/jit.h"
#include "cli/session.h"
#include "emit/emit.h"
#include "equations/interpret.h"

#include <math.h>
#include <string.h>

/* One expression with what was asked of it: value, gradient, Hessian, all as scalar nodes. */
struct evaluation {
    struct session *session;
    struct scalar_model *scalar;
    const char **names; /* of --at, in its order */
    double *at;
    size_t count, name_capacity, at_capacity;
    const struct tensor **variables; /* what each name stands for; NULL: not in the expression */
    const struct node **results;
    const char **labels;
    size_t result_count, result_capacity, label_capacity;
};

/* ---- The point ---- */

static bool read_coordinate(const char *text, size_t length, double *value)
{
    bool negative = length > 0 && text[0] == '-';
    const char *digits = text + negative;
    size_t rest = length - negative;
    if (rest == 3 && (strncmp(digits, "inf", 3) == 0 || strncmp(digits, "nan", 3) == 0)) {
        *value = digits[0] == 'i' ? (negative ? -INFINITY : INFINITY) : NAN;
        return true;
    }
    return number_read(text, length, value);
}

static int read_point(struct evaluation *evaluation)
{
    struct session *session = evaluation->session;
    const char *text = session->options->at == NULL ? "" : session->options->at;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t length = strcspn(text, ",");
        size_t name_length = strcspn(text, "=,");
        const char *value = text + name_length + 1;
        double number;
        if (name_length == 0 || name_length >= length ||
            !read_coordinate(value, length - name_length - 1, &number)) {
            return session_usage("--at takes name=number,...: cannot read '%s'", text);
        }
        const char *name = arena_copy(session->arena, text, name_length);
        size_t count = evaluation->count;
        ARENA_PUSH(session->arena, evaluation->names, evaluation->count, evaluation->name_capacity,
                   name);
        ARENA_PUSH(session->arena, evaluation->at, count, evaluation->at_capacity, number);
        text += length + (text[length] == ',');
    }
    return STATUS_DONE;
}

static int bind_variables(struct evaluation *evaluation)
{
    const struct scalar_model *scalar = evaluation->scalar;
    evaluation->variables =
        ARENA_ARRAY(evaluation->session->arena, const struct tensor *, evaluation->count + 1);
    for (size_t i = 0; i < scalar->variable_count; i++) {
        bool found = false;
        for (size_t k = 0; k < evaluation->count; k++) {
            if (strcmp(scalar->variables[i]->name, evaluation->names[k]) == 0) {
                evaluation->variables[k] = scalar->variables[i];
                found = true;
            }
        }
        if (!found) {
            return session_usage("no value for '%s': write --at %s=...", scalar->variables[i]->name,
                                 scalar->variables[i]->name);
        }
    }
    return STATUS_DONE;
}

/* ---- What is asked ---- */

static void ask(struct evaluation *evaluation, const char *label, const struct node *node)
{
    struct arena *arena = evaluation->session->arena;
    size_t count = evaluation->result_count;
    ARENA_PUSH(arena, evaluation->results, evaluation->result_count, evaluation->result_capacity,
               node);
    ARENA_PUSH(arena, evaluation->labels, count, evaluation->label_capacity, label);
}

/* The derivatives of `node` by every name, 0 for a name that does not occur. */
static const struct node **derive(struct evaluation *evaluation, const struct node *node)
{
    struct session *session = evaluation->session;
    const struct scalar_model *scalar = evaluation->scalar;
    const struct node **derivatives =
        ARENA_ARRAY(session->arena, const struct node *, evaluation->count + 1);
    const struct node **found =
        ARENA_ARRAY(session->arena, const struct node *, scalar->variable_count + 1);
    if (!reverse_expression(scalar->rules, scalar->graph, node,
                            (const struct tensor *const *)scalar->variables, scalar->variable_count,
                            found, session->diagnostics)) {
        return NULL;
    }
    for (size_t k = 0; k < evaluation->count; k++) {
        derivatives[k] = node_number(scalar->graph, 0);
        for (size_t i = 0; i < scalar->variable_count; i++) {
            if (scalar->variables[i] == evaluation->variables[k]) {
                derivatives[k] = found[i];
            }
        }
    }
    return derivatives;
}

static bool ask_all(struct evaluation *evaluation)
{
    const struct options *options = evaluation->session->options;
    struct arena *arena = evaluation->session->arena;
    ask(evaluation, "value", evaluation->scalar->value);
    if (!options->gradient && !options->hessian) {
        return true;
    }
    const struct node **first = derive(evaluation, evaluation->scalar->value);
    for (size_t i = 0; first != NULL && options->gradient && i < evaluation->count; i++) {
        ask(evaluation, arena_format(arena, "d/d%s", evaluation->names[i]), first[i]);
    }
    for (size_t i = 0; first != NULL && options->hessian && i < evaluation->count; i++) {
        const struct node **second = derive(evaluation, first[i]);
        for (size_t k = 0; k < evaluation->count; k++) {
            if (second == NULL) {
                return false;
            }
            ask(evaluation,
                arena_format(arena, "d2/d%s d%s", evaluation->names[i], evaluation->names[k]),
                second[k]);
        }
    }
    return first != NULL;
}

/* ---- The figures ---- */

static double *interpret(struct evaluation *evaluation)
{
    struct arena *arena = evaluation->session->arena;
    struct graph *graph = evaluation->scalar->graph;
    struct program *program = program_create(graph);
    struct tensor **targets = ARENA_ARRAY(arena, struct tensor *, evaluation->result_count);
    for (size_t i = 0; i < evaluation->result_count; i++) {
        targets[i] =
            graph_tensor(graph, TENSOR_DEFINED, program_fresh_name(program, "result"), 0, NULL);
        program_append(program, targets[i], NULL, evaluation->results[i], (struct span){0});
    }
    struct interpreter *interpreter = interpreter_create(arena, program, NULL, 0);
    size_t count;
    for (size_t k = 0; k < evaluation->count; k++) {
        if (evaluation->variables[k] != NULL) {
            *interpreter_values(interpreter, evaluation->variables[k], &count) = evaluation->at[k];
        }
    }
    interpreter_run(interpreter);
    double *values = ARENA_ARRAY(arena, double, evaluation->result_count);
    for (size_t i = 0; i < evaluation->result_count; i++) {
        values[i] = *interpreter_values(interpreter, targets[i], &count);
    }
    return values;
}

/* The same figures by emitted, compiled C. NULL after a message. */
static double *compile(struct evaluation *evaluation)
{
    typedef void evaluate_function(const double *at, double *results);
    struct session *session = evaluation->session;
    const struct scalar_model *scalar = evaluation->scalar;
    struct emit_options options = {.name = "expression", .what = EMIT_JIT};
    size_t length;
    char *text = emit_scalar(scalar->graph, (const struct tensor *const *)scalar->variables,
                             scalar->variable_count, evaluation->results, evaluation->result_count,
                             &options, session->diagnostics, &length);
    struct jit *jit = text == NULL ? NULL : jit_load(session, text, length);
    void *address = jit == NULL ? NULL : jit_find(jit, "expression_evaluate");
    if (address == NULL) {
        return NULL;
    }
    evaluate_function *function;
    memcpy(&function, &address, sizeof function);
    double *at = ARENA_ARRAY(session->arena, double, scalar->variable_count + 1);
    for (size_t i = 0; i < scalar->variable_count; i++) {
        for (size_t k = 0; k < evaluation->count; k++) {
            if (evaluation->variables[k] == scalar->variables[i]) {
                at[i] = evaluation->at[k];
            }
        }
    }
    double *values = ARENA_ARRAY(session->arena, double, evaluation->result_count);
    function(at, values);
    jit_unload(jit);
    return values;
}

/* Where there is no value there is no derivative, though its formula may have a value: 1/x, that of
 * log(x), at x = -1. */
static int print_figures(const struct evaluation *evaluation, const double *values)
{
    struct text text = text_create(evaluation->session->arena);
    for (size_t i = 0; i < evaluation->result_count; i++) {
        if (isnan(values[0]) || isnan(values[i])) {
            text_format(&text, "%s nan\n", evaluation->labels[i]);
        } else {
            text_format(&text, "%s %.17g\n", evaluation->labels[i], values[i]);
        }
    }
    return session_write(evaluation->session, text.bytes, text.length);
}

int command_eval(struct session *session)
{
    if (session->options->expression == NULL) {
        return session_usage("eval needs an expression: -e 'x^y'");
    }
    int status;
    struct evaluation evaluation = {.session = session};
    if ((status = read_point(&evaluation)) != STATUS_DONE ||
        (evaluation.scalar = session_expression(session, &status)) == NULL ||
        (status = bind_variables(&evaluation)) != STATUS_DONE) {
        return status;
    }
    if (!ask_all(&evaluation)) {
        return session_report(session);
    }
    for (size_t i = 0; i < evaluation.result_count; i++) {
        evaluation.results[i] = node_stabilize(evaluation.scalar->rules, evaluation.results[i]);
    }
    const double *values = session->options->jit ? compile(&evaluation) : interpret(&evaluation);
    if (values == NULL) {
        status = session_report(session);
        return status == STATUS_DONE ? STATUS_SYSTEM : status;
    }
    return print_figures(&evaluation, values);
}
