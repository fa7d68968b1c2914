#include "equations/fold.h"
#include "equations/guards.h"
#include "model/reader.h"

#include <math.h>
#include <string.h>

struct value value_failed(void)
{
    return (struct value){0};
}

struct value value_of(const struct node *body)
{
    return (struct value){.body = body};
}

const struct local *find_local(const struct local *scope, const char *name)
{
    while (scope != NULL && scope->name != name) {
        scope = scope->outer;
    }
    return scope;
}

const struct symbol *find_symbol(struct reader *reader, const struct local *scope, const char *name)
{
    const struct local *local = find_local(scope, name);
    return local != NULL ? local->symbol : reader_find(reader, name);
}

/* ---- Elements and axes ---- */

const struct node *value_element(struct reader *reader, const struct value *value,
                                 const struct node *const *subscripts)
{
    if (value->condition != NULL) {
        const struct node *guard =
            node_substitute(reader->graph, value->condition, value->rank, value->axes, subscripts);
        ARENA_PUSH(reader->arena, reader->guards, reader->guard_count, reader->guard_capacity,
                   guard);
    }
    return node_substitute(reader->graph, value->body, value->rank, value->axes, subscripts);
}

struct axis value_axis(const struct index *index)
{
    return (struct axis){index->first, index->end};
}

/* The tensor as a whole: an element over fresh indices. */
struct value whole_tensor(struct reader *reader, const struct symbol *symbol,
                          const struct node *const *leading, int leading_count)
{
    const struct tensor *tensor = symbol->tensor;
    const struct axis *axes =
        symbol->plain == NULL ? &tensor->axes[symbol->context_count] : symbol->plain;
    struct value value = {0};
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < tensor->rank; i++) {
        int own = i - symbol->context_count;
        if (own < leading_count) {
            subscripts[i] = own < 0 ? symbol->context[i] : leading[own];
            continue;
        }
        const struct index *index =
            graph_index(reader->graph, NULL, axes[own].first, axes[own].end);
        value.axes[value.rank++] = index;
        subscripts[i] = node_index(reader->graph, index);
    }
    value.body = node_load(reader->graph, tensor, subscripts);
    return value;
}

/* ---- Names ---- */

struct value report_unknown_name(struct reader *reader, const char *name, struct span span,
                                 const struct local *scope)
{
    struct diagnostic *diagnostic = NULL;
    for (const struct local *closed = reader->closed; closed != NULL && diagnostic == NULL;
         closed = closed->outer) {
        if (closed->name == name) {
            diagnostic = reader_error(reader, span,
                                      "index '%s' is used after the end of its reduction", name);
            diagnostic_note(reader->diagnostics, diagnostic, closed->span,
                            "the reduction over '%s' ends at the first + or - behind it", name);
            diagnostic_help(reader->diagnostics, diagnostic,
                            "put what it runs over into parentheses: sum[%s] (... + ...)", name);
        }
    }
    if (diagnostic == NULL) {
        diagnostic = reader_error(reader, span, "unknown name '%s'", name);
        reader_suggest(reader, diagnostic, name, scope);
    }
    return value_failed();
}

static struct value read_variable(struct reader *reader, const char *name, struct span span)
{
    struct symbol *symbol = reader_declare(reader, SYMBOL_TENSOR, name, span);
    symbol->tensor = graph_tensor(reader->graph, TENSOR_PARAMETER, name, 0, NULL);
    struct scalar_model *scalar = reader->scalar;
    ARENA_PUSH(reader->arena, scalar->variables, scalar->variable_count, scalar->variable_capacity,
               symbol->tensor);
    return value_of(node_load(reader->graph, symbol->tensor, NULL));
}

static struct value read_symbol(struct reader *reader, const struct symbol *symbol,
                                struct span span)
{
    switch (symbol->kind) {
    case SYMBOL_DIMENSION:
        return value_of(node_size(reader->graph, symbol->dimension));
    case SYMBOL_CONSTANT:
        return symbol->value;
    case SYMBOL_TENSOR:
        return symbol->tensor == NULL ? value_failed() : whole_tensor(reader, symbol, NULL, 0);
    case SYMBOL_FUNCTION:
    case SYMBOL_OPTIMIZER:
        reader_error(reader, span, "'%s' is %s; it needs its arguments", symbol->name,
                     symbol->kind == SYMBOL_FUNCTION ? "a function" : "an optimiser");
        break;
    }
    return value_failed();
}

static struct value read_local(struct reader *reader, const struct local *local, struct span span)
{
    if (local->symbol != NULL) {
        return read_symbol(reader, local->symbol, span);
    }
    if (!local->is_index) {
        return local->value;
    }
    if (local->index_count != 1) {
        reader_error(reader, span, "'%s' stands for several indices and has no value of its own",
                     local->name);
        return value_failed();
    }
    return value_of(node_index(reader->graph, local->indices[0]));
}

static struct value read_name(struct reader *reader, const char *name, struct span span,
                              const struct local *scope)
{
    const struct local *local = find_local(scope, name);
    if (local != NULL) {
        return read_local(reader, local, span);
    }
    const struct symbol *symbol = reader_find(reader, name);
    if (symbol != NULL) {
        return read_symbol(reader, symbol, span);
    }
    if (strcmp(name, "pi") == 0) {
        return value_of(node_number(reader->graph, 3.14159265358979323846));
    }
    if (strcmp(name, "inf") == 0) {
        return value_of(node_number(reader->graph, INFINITY));
    }
    if (strcmp(name, "nan") == 0) {
        return value_of(node_number(reader->graph, NAN));
    }
    if (strcmp(name, "training") == 0 && !reader->scalar_only) {
        return value_of(node_load(reader->graph,
                                  model_input(reader, &reader->model->training, "training"), NULL));
    }
    if (strcmp(name, "draw_number") == 0 && !reader->scalar_only) {
        return value_of(node_load(
            reader->graph, model_input(reader, &reader->model->draw_number, "draw_number"), NULL));
    }
    if (operator_find(name) != NULL || reduction_find(name) != NULL) {
        reader_error(reader, span, "'%s' is a function; it needs its arguments", name);
        return value_failed();
    }
    return reader->scalar_only ? read_variable(reader, name, span)
                               : report_unknown_name(reader, name, span, scope);
}

/* ---- Operators ---- */

/* Brings every argument of rank > 0 to the axes of the first such one. */
static bool align(struct reader *reader, struct span span, const char *what, int count,
                  struct value *arguments, struct value *frame)
{
    *frame = value_of(NULL);
    for (int i = 0; i < count; i++) {
        struct value *argument = &arguments[i];
        if (argument->rank == 0) {
            continue;
        }
        if (frame->rank == 0) {
            *frame = *argument;
            continue;
        }
        bool same = argument->rank == frame->rank;
        for (int k = 0; k < frame->rank && same; k++) {
            same = same_axis(value_axis(argument->axes[k]), value_axis(frame->axes[k]));
        }
        if (!same) {
            reader_error(reader, span, "the operands of '%s' differ in shape", what);
            return false;
        }
        const struct node *subscripts[RANK_MAX];
        for (int k = 0; k < frame->rank; k++) {
            subscripts[k] = node_index(reader->graph, frame->axes[k]);
        }
        argument->body = value_element(reader, argument, subscripts);
    }
    return true;
}

struct value read_elementwise(struct reader *reader, struct span span, const char *what, int count,
                              struct value *arguments, enum operator_id operation)
{
    struct value frame;
    for (int i = 0; i < count; i++) {
        if (arguments[i].body == NULL) {
            return value_failed();
        }
    }
    if (!align(reader, span, what, count, arguments, &frame)) {
        return value_failed();
    }
    const struct node **bodies = ARENA_ARRAY(reader->arena, const struct node *, (size_t)count);
    for (int i = 0; i < count; i++) {
        bodies[i] = arguments[i].body;
    }
    frame.body = node_apply(reader->graph, operation, count, bodies);
    return frame;
}

void push_condition(struct reader *reader, const struct node *condition)
{
    ARENA_PUSH(reader->arena, reader->conditions, reader->condition_count,
               reader->condition_capacity, condition);
}

static struct value read_if(struct reader *reader, const struct expression *expression,
                            const struct local *scope)
{
    struct value arguments[3];
    arguments[0] = read_expression(reader, expression->arguments.items[0], scope);
    for (int i = 1; i < 3; i++) {
        bool usable = arguments[0].body != NULL && arguments[0].rank == 0;
        if (usable) {
            push_condition(reader,
                           i == 1 ? arguments[0].body : negation(reader->graph, arguments[0].body));
        }
        arguments[i] = read_expression(reader, expression->arguments.items[i], scope);
        reader->condition_count -= usable;
    }
    return read_elementwise(reader, expression->span, "if", 3, arguments, OPERATOR_IF);
}

/* a + b + c + ... leans to the left as deep as it is long: the spine is walked, not recursed. */
static struct value read_operator(struct reader *reader, const struct expression *expression,
                                  const struct local *scope)
{
    if (expression->operation->id == OPERATOR_IF) {
        return read_if(reader, expression, scope);
    }
    const struct expression **spine = NULL;
    size_t count = 0, capacity = 0;
    const struct expression *left = expression;
    while (left->kind == EXPRESSION_OPERATOR && left->operation->arity == 2) {
        ARENA_PUSH(reader->arena, spine, count, capacity, left);
        left = left->arguments.items[0];
    }
    if (count == 0) {
        struct value argument = read_expression(reader, expression->arguments.items[0], scope);
        return read_elementwise(reader, expression->span, expression->operation->spelling, 1,
                                &argument, expression->operation->id);
    }
    struct value value = read_expression(reader, left, scope);
    for (size_t i = count; i > 0; i--) {
        const struct expression *step = spine[i - 1];
        /* The second operand of `and` is evaluated where the first holds, that of `or` where not.
         */
        enum operator_id id = step->operation->id;
        bool guards =
            (id == OPERATOR_AND || id == OPERATOR_OR) && value.body != NULL && value.rank == 0;
        if (guards) {
            push_condition(reader,
                           id == OPERATOR_AND ? value.body : negation(reader->graph, value.body));
        }
        struct value arguments[2] = {value,
                                     read_expression(reader, step->arguments.items[1], scope)};
        reader->condition_count -= guards;
        value = read_elementwise(reader, step->span, step->operation->spelling, 2, arguments,
                                 step->operation->id);
    }
    return value;
}

/* A @ B sums over the last axis of A and the first of B. */
static struct value read_product(struct reader *reader, const struct expression *expression,
                                 const struct local *scope)
{
    struct value left = read_expression(reader, expression->arguments.items[0], scope);
    struct value right = read_expression(reader, expression->arguments.items[1], scope);
    if (left.body == NULL || right.body == NULL) {
        return value_failed();
    }
    if (left.rank == 0 || right.rank == 0 || left.rank > 2 || right.rank > 2) {
        reader_error(reader, expression->span,
                     "'@' multiplies matrices and vectors; use '*' for numbers");
        return value_failed();
    }
    const struct index *inner = left.axes[left.rank - 1];
    if (!same_axis(value_axis(inner), value_axis(right.axes[0]))) {
        struct diagnostic *diagnostic = reader_error(
            reader, expression->arguments.items[0]->span,
            "the last axis of this does not fit the first axis of what stands behind '@'");
        diagnostic_note(reader->diagnostics, diagnostic, expression->arguments.items[1]->span,
                        "this is the right operand");
        return value_failed();
    }
    struct value product = {0};
    const struct node *subscripts[RANK_MAX] = {node_index(reader->graph, inner)};
    if (left.rank == 2) {
        product.axes[product.rank++] = left.axes[0];
    }
    if (right.rank == 2) {
        const struct index *axis = right.axes[1];
        const struct index *fresh = graph_index(reader->graph, axis->name, axis->first, axis->end);
        product.axes[product.rank++] = fresh;
        subscripts[1] = node_index(reader->graph, fresh);
    }
    const struct node *term = node_binary(reader->graph, OPERATOR_MULTIPLY, left.body,
                                          value_element(reader, &right, subscripts));
    product.body = node_reduce(reader->graph, REDUCTION_SUM, 1, &inner, term, NULL);
    return product;
}

/* ---- Calls ---- */

static struct value reduce_whole(struct reader *reader, const struct reduction *reduction,
                                 const struct expression *expression, struct value *argument)
{
    bool place = reduction->id == REDUCTION_ARGMAX || reduction->id == REDUCTION_ARGMIN;
    if (argument->rank == 0 || (place && argument->rank != 1)) {
        reader_error(reader, expression->span, "'%s' takes %s", expression->name,
                     place ? "a vector" : "a tensor: a single number has nothing to run over");
        return value_failed();
    }
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < argument->rank; i++) {
        subscripts[i] = node_index(reader->graph, argument->axes[i]);
    }
    struct value element = value_of(value_element(reader, argument, subscripts));
    return close_reduction(reader, reduction->id, argument->rank, argument->axes, element, NULL);
}

static struct value call_operator(struct reader *reader, const struct operation *operation,
                                  const struct expression *expression, int count,
                                  struct value *arguments)
{
    bool variadic = (operation->flags & OPERATOR_VARIADIC) != 0;
    if (variadic ? count < 1 : count != operation->arity) {
        reader_error(reader, expression->span, "'%s' takes %s%d argument%s, not %d",
                     operation->spelling, variadic ? "at least " : "",
                     variadic ? 1 : operation->arity, !variadic && operation->arity != 1 ? "s" : "",
                     count);
        return value_failed();
    }
    if (variadic && count == 1) {
        return arguments[0];
    }
    return read_elementwise(reader, expression->span, operation->spelling, count, arguments,
                            operation->id);
}

/* A call whose arguments are understood. */
static struct value call_named(struct reader *reader, const struct expression *expression,
                               int count, struct value *arguments)
{
    const char *name = expression->name;
    const struct symbol *symbol = reader_find(reader, name);
    const struct operation *operation = operator_find(name);
    const struct reduction *reduction = reduction_find(name);
    if (strcmp(name, "pow") == 0 && symbol == NULL) {
        operation = operator_get(OPERATOR_POWER);
    }
    if (symbol != NULL && symbol->kind == SYMBOL_FUNCTION) {
        return call_function(reader, symbol, expression->span, count, arguments);
    }
    if (reduction != NULL && count == 1 && (operation == NULL || arguments[0].rank > 0)) {
        return reduce_whole(reader, reduction, expression, &arguments[0]);
    }
    if (operation != NULL) {
        return call_operator(reader, operation, expression, count, arguments);
    }
    if (symbol != NULL && symbol->kind == SYMBOL_TENSOR) {
        struct diagnostic *diagnostic =
            reader_error(reader, expression->span, "'%s' is not a function", name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "write %s*(...) for a product, %s[...] for an element", name, name);
        return value_failed();
    }
    reader_error(reader, expression->span, "'%s' takes one tensor", name);
    return value_failed();
}

static bool is_callable(struct reader *reader, const char *name)
{
    return reader_find(reader, name) != NULL || operator_find(name) != NULL ||
           reduction_find(name) != NULL || strcmp(name, "pow") == 0;
}

static struct value read_call(struct reader *reader, const struct expression *expression,
                              const struct local *scope)
{
    int count = (int)expression->arguments.count;
    struct value *arguments = ARENA_ARRAY(reader->arena, struct value, (size_t)count + 1);
    const char *name = expression->name;
    bool failed = false, derives = strcmp(name, "grad") == 0 || strcmp(name, "diff") == 0;
    if (derives && reader_find(reader, name) == NULL) {
        return read_derivative(reader, expression, scope);
    }
    for (int i = 0; i < count; i++) {
        arguments[i] = read_expression(reader, expression->arguments.items[i], scope);
        failed = failed || arguments[i].body == NULL;
    }
    if (!is_callable(reader, name)) {
        return report_unknown_name(reader, name, expression->name_span, scope);
    }
    if (failed) {
        return value_failed();
    }
    if (expression->primes == 0) {
        return call_named(reader, expression, count, arguments);
    }
    if (count != 1) {
        struct diagnostic *diagnostic =
            reader_error(reader, expression->span, "the prime is for functions of one number");
        diagnostic_help(reader->diagnostics, diagnostic, "say by what: diff(%s(...), x)", name);
        return value_failed();
    }
    return derive_call(reader, expression, arguments[0], call_named);
}

/* ---- Everything ---- */

struct value read_expression(struct reader *reader, const struct expression *expression,
                             const struct local *scope)
{
    switch (expression->kind) {
    case EXPRESSION_NUMBER:
        return value_of(node_number(reader->graph, expression->number));
    case EXPRESSION_NAME:
        return read_name(reader, expression->name, expression->span, scope);
    case EXPRESSION_SUBSCRIPT:
        return read_subscript(reader, expression, scope);
    case EXPRESSION_OPERATOR:
        return read_operator(reader, expression, scope);
    case EXPRESSION_PRODUCT:
        return read_product(reader, expression, scope);
    case EXPRESSION_REDUCE:
        return read_reduce(reader, expression, scope);
    case EXPRESSION_CALL:
        return read_call(reader, expression, scope);
    }
    return value_failed();
}

const struct node *read_scalar(struct reader *reader, const struct expression *expression,
                               const struct local *scope)
{
    struct value value = read_expression(reader, expression, scope);
    if (value.body != NULL && value.rank > 0) {
        reader_error(reader, expression->span, "a number is needed here, not a tensor of rank %d",
                     value.rank);
        return NULL;
    }
    return value.body;
}

bool read_number(struct reader *reader, const struct expression *expression, double *number)
{
    const struct node *node = read_scalar(reader, expression, NULL);
    if (node == NULL) {
        return false;
    }
    if (!node_constant(reader->graph, node, number)) {
        reader_error(reader, expression->span, "a number known when compiling is needed here");
        return false;
    }
    return true;
}
