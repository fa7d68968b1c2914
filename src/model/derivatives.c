/* Derivatives inside formulas: grad(e, W), diff(e, x[i]), u'(x). */
#include "calculus/forward.h"
#include "calculus/reverse.h"
#include "model/recurrences.h"

#include <string.h>

/* By what a derivative is taken. */
struct variable {
    const struct tensor *tensor; /* NULL: a function's parameter */
    const struct index *stand_in;
    const struct node *subscripts[RANK_MAX]; /* those that are written */
    int subscript_count;
    struct span span;
};

static bool report_no_variable(struct reader *reader, const struct expression *expression)
{
    struct diagnostic *diagnostic =
        reader_error(reader, expression->span, "a derivative is taken by a tensor or an element");
    diagnostic_help(reader->diagnostics, diagnostic,
                    "give what it is taken by a name, as in diff(u[i], x[i]) or grad(loss, W)");
    return false;
}

/* A name in scope that is no tensor: a parameter of the function that is being read. */
static bool find_local_variable(struct reader *reader, const struct expression *expression,
                                const struct value *value, struct variable *variable)
{
    const struct node *body = value->body;
    if (body->kind == NODE_INDEX && body->index->first == NULL &&
        table_find(reader->inferring, body->index) == NULL) {
        variable->stand_in = body->index;
        return true;
    }
    if (body->kind != NODE_LOAD) {
        return report_no_variable(reader, expression);
    }
    variable->tensor = body->tensor;
    for (int i = 0; i < body->argument_count - value->rank; i++) {
        variable->subscripts[variable->subscript_count++] = body->arguments[i];
    }
    for (int i = 0; i < value->rank; i++) {
        const struct node *subscript = body->arguments[variable->subscript_count + i];
        if (subscript->kind != NODE_INDEX || subscript->index != value->axes[i]) {
            return report_no_variable(reader, expression);
        }
    }
    return true;
}

static bool find_variable(struct reader *reader, const struct expression *expression,
                          const struct local *scope, struct variable *variable)
{
    *variable = (struct variable){.span = expression->span};
    bool named = expression->kind == EXPRESSION_NAME ||
                 (expression->kind == EXPRESSION_SUBSCRIPT && expression->name != NULL &&
                  expression->fallback == NULL);
    if (!named) {
        return report_no_variable(reader, expression);
    }
    struct value value = read_expression(reader, expression, scope);
    return value.body != NULL && find_local_variable(reader, expression, &value, variable);
}

static struct value report_no_derivative(struct reader *reader, struct span span, const char *wrong)
{
    reader_error(reader, span, "'%s' has no derivative by this argument", wrong);
    return value_failed();
}

/* The rest of the variable's axes are the result's. */
static void open_axes(struct reader *reader, struct variable *variable, struct value *result)
{
    for (int k = variable->subscript_count; k < variable->tensor->rank; k++) {
        const struct axis *axis = &variable->tensor->axes[k];
        const struct index *index = graph_index(reader->graph, NULL, axis->first, axis->end);
        result->axes[result->rank++] = index;
        variable->subscripts[k] = node_index(reader->graph, index);
    }
}

/* What calls have defined within a recurrence that is being read is not in the model's program yet.
 */
static struct forward *forward_of(struct reader *reader, const struct tensor *variable)
{
    if (reader->program != reader->model->program) {
        return forward_create(reader->model->rules, reader->program, variable);
    }
    struct forward *forward = table_find(reader->forwards, variable);
    if (forward == NULL) {
        forward = forward_create(reader->model->rules, reader->program, variable);
        table_store(reader->forwards, variable, forward);
    }
    return forward;
}

static bool is_member(const struct members *members, const struct tensor *tensor)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].symbol->tensor == tensor) {
            return true;
        }
    }
    return false;
}

/* In a recurrence its own definitions are not complete: how they depend on the variable is not
 * known. */
static bool check_complete(struct reader *reader, const struct expression *derived,
                           const struct node *body, const struct tensor *variable)
{
    size_t count;
    const struct node **order = node_order(reader->arena, &body, 1, &count);
    for (size_t i = 0; i < count && reader->members != NULL; i++) {
        const struct tensor *tensor = order[i]->kind == NODE_LOAD ? order[i]->tensor : variable;
        if (tensor != variable && is_member(reader->members, tensor)) {
            struct diagnostic *diagnostic = reader_error(
                reader, derived->span,
                "the derivative goes through '%s', which belongs to the same recurrence",
                tensor->name);
            diagnostic_help(reader->diagnostics, diagnostic,
                            "make what is derived a function: fn cost(w[k]) = ..., "
                            "grad(cost(w[t-1]), w[t-1])");
            return false;
        }
    }
    return true;
}

static struct value derive_forward(struct reader *reader, const struct expression *expression,
                                   const struct node *body, struct variable *variable)
{
    struct value result = {0};
    const char *wrong;
    if (!check_complete(reader, expression->arguments.items[0], body, variable->tensor)) {
        return value_failed();
    }
    open_axes(reader, variable, &result);
    result.body = forward_derivative(forward_of(reader, variable->tensor), body,
                                     variable->subscripts, &wrong);
    return result.body == NULL ? report_no_derivative(reader, expression->span, wrong) : result;
}

/* The derivative of one number by a whole tensor: in reverse, as that of a loss. What that defines
 * joins the program. */
static struct value derive_in_reverse(struct reader *reader, const struct expression *expression,
                                      const struct node *body, const struct tensor *variable)
{
    struct program *program = reader->model->program;
    const char *name = program_fresh_name(program, "value");
    struct tensor *tensor = graph_tensor(reader->graph, TENSOR_PART, name, 0, NULL);
    tensor->span = expression->span;
    program_append(program, tensor, NULL, body, expression->span);
    const struct tensor *target = tensor, *adjoint;
    struct program *own = program_copy(program_slice(program, &target, 1));
    own->taken = program->taken;
    if (!reverse_differentiate(reader->model->rules, own, tensor, &variable, 1, &adjoint,
                               reader->diagnostics)) {
        return value_failed();
    }
    for (size_t i = 0; i < own->count; i++) {
        if (program_find(program, own->equations[i]->target) == NULL) {
            program_adopt(program, own->equations[i]);
        }
    }
    struct variable whole = {.tensor = adjoint};
    struct value result = {0};
    open_axes(reader, &whole, &result);
    result.body = node_load(reader->graph, adjoint, whole.subscripts);
    return result;
}

struct value read_derivative(struct reader *reader, const struct expression *expression,
                             const struct local *scope)
{
    struct variable variable;
    if (expression->arguments.count != 2) {
        struct diagnostic *diagnostic = reader_error(
            reader, expression->span, "'%s' takes what is derived, and by what", expression->name);
        diagnostic_help(reader->diagnostics, diagnostic, "write %s(e, x)", expression->name);
        return value_failed();
    }
    const struct expression *derived = expression->arguments.items[0];
    struct value value = read_expression(reader, derived, scope);
    if (value.body == NULL ||
        !find_variable(reader, expression->arguments.items[1], scope, &variable)) {
        return value_failed();
    }
    if (value.rank > 0) {
        struct diagnostic *diagnostic = reader_error(
            reader, derived->span, "the derivative of a number is taken, not of a tensor");
        diagnostic_help(reader->diagnostics, diagnostic,
                        "name the element, as in J[i,j] = diff(y[i], x[j])");
        return value_failed();
    }
    if (variable.tensor == NULL) {
        const char *wrong;
        const struct node *body = derivative_by_index(reader->model->rules, reader->graph,
                                                      value.body, variable.stand_in, &wrong);
        return body == NULL ? report_no_derivative(reader, expression->span, wrong)
                            : value_of(body);
    }
    if (value.body->free->count == 0 && variable.subscript_count == 0 && reader->members == NULL) {
        return derive_in_reverse(reader, expression, value.body, variable.tensor);
    }
    return derive_forward(reader, expression, value.body, &variable);
}

/* u''(x): the derivative of u at a number that stands for its argument, with the argument put in.
 */
struct value
derive_call(struct reader *reader, const struct expression *expression, struct value argument,
            struct value (*call)(struct reader *reader, const struct expression *expression,
                                 int count, struct value *arguments))
{
    struct index *stand_in = graph_index(reader->graph, NULL, NULL, NULL);
    struct value number = value_of(node_index(reader->graph, stand_in));
    struct value value = call(reader, expression, 1, &number);
    if (value.body == NULL) {
        return value;
    }
    if (value.rank > 0) {
        reader_error(reader, expression->span, "'%s' is no function from a number to a number",
                     expression->name);
        return value_failed();
    }
    for (unsigned i = 0; i < expression->primes; i++) {
        const char *wrong;
        value.body =
            derivative_by_index(reader->model->rules, reader->graph, value.body, stand_in, &wrong);
        if (value.body == NULL) {
            return report_no_derivative(reader, expression->span, wrong);
        }
    }
    const struct index *index = stand_in;
    argument.body = node_substitute(reader->graph, value.body, 1, &index, &argument.body);
    return argument;
}
