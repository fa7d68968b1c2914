#include "calculus/forward.h"
#include "model/reader.h"

#include <stdint.h>

static const struct declarator_list *parameters_of(const struct function *function)
{
    return &function->statement->declarators;
}

static bool names_in_subscript(const struct expression *expression, const char *name, bool inside);

static bool any_names(const struct expression_list *list, const char *name, bool inside)
{
    for (size_t i = 0; i < list->count; i++) {
        if (names_in_subscript(list->items[i], name, inside)) {
            return true;
        }
    }
    return false;
}

/* Whether a name stands within a subscript of an expression, or bounds a range. */
static bool names_in_subscript(const struct expression *expression, const char *name, bool inside)
{
    if (expression == NULL) {
        return false;
    }
    if (expression->kind == EXPRESSION_NAME) {
        return inside && expression->name == name;
    }
    bool subscript = expression->kind == EXPRESSION_SUBSCRIPT;
    /* The spine of a long sum is walked, not recursed. */
    while (expression->kind == EXPRESSION_OPERATOR && expression->arguments.count == 2) {
        if (names_in_subscript(expression->arguments.items[1], name, inside)) {
            return true;
        }
        expression = expression->arguments.items[0];
        if (expression->kind != EXPRESSION_OPERATOR || expression->arguments.count != 2) {
            return names_in_subscript(expression, name, inside);
        }
    }
    for (size_t i = 0; i < expression->binders.count; i++) {
        if (names_in_subscript(expression->binders.items[i].count, name, true) ||
            names_in_subscript(expression->binders.items[i].last, name, true) ||
            names_in_subscript(expression->binders.items[i].first, name, true)) {
            return true;
        }
    }
    return any_names(&expression->arguments, name, inside || subscript) ||
           names_in_subscript(expression->binders.condition, name, inside) ||
           names_in_subscript(expression->fallback, name, inside) ||
           names_in_subscript(expression->body, name, inside);
}

/* Whether an expression hands its arguments to what takes tensors: mean(x), softmax(x). */
static bool calls_for_tensors(struct reader *reader, const struct expression *expression)
{
    while (expression != NULL && expression->kind == EXPRESSION_OPERATOR &&
           expression->arguments.count == 2) {
        if (calls_for_tensors(reader, expression->arguments.items[1])) {
            return true;
        }
        expression = expression->arguments.items[0];
    }
    if (expression == NULL) {
        return false;
    }
    if (expression->kind == EXPRESSION_CALL) {
        const struct symbol *symbol = reader_find(reader, expression->name);
        bool of_tensors = symbol != NULL && symbol->kind == SYMBOL_FUNCTION
                              ? !symbol->function->understood
                              : reduction_find(expression->name) != NULL &&
                                    operator_find(expression->name) == NULL;
        if (of_tensors) {
            return true;
        }
    }
    for (size_t i = 0; i < expression->arguments.count; i++) {
        if (calls_for_tensors(reader, expression->arguments.items[i])) {
            return true;
        }
    }
    return calls_for_tensors(reader, expression->body) ||
           calls_for_tensors(reader, expression->fallback);
}

static bool is_of_scalars(struct reader *reader, const struct function *function)
{
    const struct declarator_list *parameters = parameters_of(function);
    if (function->statement->binders.count > 0 || function->statement->block.count > 0 ||
        calls_for_tensors(reader, function->statement->body)) {
        return false;
    }
    for (size_t i = 0; i < parameters->count; i++) {
        if (parameters->items[i].has_axes ||
            names_in_subscript(function->statement->body, parameters->items[i].name, false)) {
            return false;
        }
    }
    return parameters->count <= RANK_MAX;
}

static struct local *open_parameter(struct reader *reader, const struct declarator *parameter,
                                    struct value value, const struct local *outer)
{
    struct local *local = ARENA_NEW(reader->arena, struct local);
    local->name = parameter->name;
    local->span = parameter->span;
    local->value = value;
    local->outer = outer;
    return local;
}

/* Whether a function says itself what its derivative by a parameter is. */
static bool has_derivative(const struct function *function, const char *parameter)
{
    const struct statement_list *derivatives = &function->statement->derivatives;
    for (size_t i = 0; i < derivatives->count; i++) {
        if (derivatives->items[i]->name == parameter) {
            return true;
        }
    }
    return false;
}

/* A parameter as the formula sees it: of no consequence for the derivative where that is given. */
static const struct local *open_argument(struct reader *reader, const struct function *function,
                                         const struct declarator *parameter, struct value argument,
                                         const struct local *scope)
{
    if (argument.rank == 0 && has_derivative(function, parameter->name)) {
        argument.body = node_unary(reader->graph, OPERATOR_STOP, argument.body);
    }
    return open_parameter(reader, parameter, argument, scope);
}

/* The value of a function with the derivatives that it gives. */
static struct value give_derivatives(struct reader *reader, const struct function *function,
                                     struct value value, const struct value *arguments,
                                     const struct local *scope)
{
    const struct declarator_list *parameters = parameters_of(function);
    const struct statement_list *derivatives = &function->statement->derivatives;
    if (value.body == NULL || derivatives->count == 0) {
        return value;
    }
    for (size_t i = 0; i < parameters->count; i++) {
        scope = open_parameter(reader, &parameters->items[i], arguments[i], scope);
    }
    for (size_t i = 0; i < derivatives->count; i++) {
        const struct statement *given = derivatives->items[i];
        const struct local *parameter = find_local(scope, given->name);
        bool by_number = parameter != NULL && !parameter->is_index && parameter->symbol == NULL &&
                         parameter->value.rank == 0 && given->binders.count == 0 && value.rank == 0;
        if (!by_number) {
            struct diagnostic *diagnostic = reader_error(
                reader, given->name_span, "a derivative is given by a parameter that is a number");
            diagnostic_help(reader->diagnostics, diagnostic,
                            "write derivative x = ..., for a parameter x of '%s'",
                            function->statement->name);
            return value_failed();
        }
        const struct node *derivative = read_scalar(reader, given->body, scope);
        if (derivative == NULL) {
            return value_failed();
        }
        const struct node *given_value[] = {value.body, parameter->value.body, derivative};
        value.body = node_apply(reader->graph, OPERATOR_GIVEN, 3, given_value);
    }
    return value;
}

/* A parameter whose derivative is given, as it stands in the formula: stop(x) is x again. */
static const struct node *without_stop(void *context, const struct node *node)
{
    (void)context;
    bool stopped = node->kind == NODE_APPLY && node->operation->id == OPERATOR_STOP &&
                   node->arguments[0]->kind == NODE_INDEX;
    return stopped ? node->arguments[0] : node;
}

/* The derivatives by the parameters that a function gives none for, of the formula with nothing in
 * it stopped: so that the second derivative by one of them and one that is given is right. */
static const struct node *give_others(struct reader *reader, const struct function *function,
                                      const struct node *body)
{
    const struct declarator_list *parameters = parameters_of(function);
    if (body == NULL || function->statement->derivatives.count == 0) {
        return body;
    }
    const struct node *formula = node_rewrite(reader->graph, body, without_stop, NULL);
    const struct node *given[RANK_MAX];
    for (size_t i = 0; i < parameters->count; i++) {
        const struct index *stand_in = function->stand_ins[i];
        const char *wrong = NULL;
        given[i] = has_derivative(function, parameters->items[i].name)
                       ? NULL
                       : derivative_by_index(reader->model->rules, reader->graph, formula, stand_in,
                                             &wrong);
        if (given[i] != NULL) {
            const struct node *stopped =
                node_unary(reader->graph, OPERATOR_STOP, node_index(reader->graph, stand_in));
            body = node_substitute(reader->graph, body, 1, &stand_in, &stopped);
        }
    }
    for (size_t i = 0; i < parameters->count; i++) {
        if (given[i] != NULL) {
            const struct node *arguments[] = {
                body, node_index(reader->graph, function->stand_ins[i]), given[i]};
            body = node_apply(reader->graph, OPERATOR_GIVEN, 3, arguments);
        }
    }
    return body;
}

/* Functions of scalars are understood when they are declared, so that a long line of functions
 * each calling the one before needs no recursion, and a doubling is not expanded. */
void understand_function(struct reader *reader, struct symbol *symbol)
{
    struct function *function = symbol->function;
    if (!is_of_scalars(reader, function)) {
        return;
    }
    const struct declarator_list *parameters = parameters_of(function);
    struct value arguments[RANK_MAX];
    const struct local *scope = NULL;
    for (size_t i = 0; i < parameters->count; i++) {
        const struct declarator *parameter = &parameters->items[i];
        struct index *stand_in = graph_index(reader->graph, parameter->name, NULL, NULL);
        function->stand_ins[i] = stand_in;
        arguments[i] = value_of(node_index(reader->graph, stand_in));
        scope = open_argument(reader, function, parameter, arguments[i], scope);
    }
    struct value value = read_expression(reader, function->statement->body, scope);
    value.body = give_others(reader, function, value.body);
    function->value = give_derivatives(reader, function, value, arguments, scope);
    function->understood = true;
    check_bounds(reader, 0);
}

static bool check_count(struct reader *reader, const struct symbol *symbol, struct span span,
                        int count)
{
    size_t expected = parameters_of(symbol->function)->count;
    if ((size_t)count == expected) {
        return true;
    }
    struct diagnostic *diagnostic =
        reader_error(reader, span, "'%s' takes %zu argument%s, not %d", symbol->name, expected,
                     expected == 1 ? "" : "s", count);
    if (!symbol->library) {
        diagnostic_note(reader->diagnostics, diagnostic, symbol->span, "'%s' is declared here",
                        symbol->name);
    }
    return false;
}

/* A function of scalars, element by element over arguments that are tensors. */
static struct value call_understood(struct reader *reader, const struct function *function,
                                    struct span span, int count, struct value *arguments)
{
    struct value result = function->value;
    if (result.body == NULL) {
        return result;
    }
    /* Aligning is what an operator does; the first argument's operator value is not used. */
    struct value frame = value_of(NULL);
    for (int i = 0; i < count; i++) {
        struct value pair[2] = {frame.rank == 0 ? arguments[i] : frame, arguments[i]};
        if (pair[0].body == NULL) {
            pair[0].body = node_number(reader->graph, 0);
        }
        struct value joined =
            read_elementwise(reader, span, function->statement->name, 2, pair, OPERATOR_EQUAL);
        if (joined.body == NULL) {
            return joined;
        }
        if (frame.rank == 0) {
            frame = arguments[i].rank == 0 ? frame : arguments[i];
        } else {
            arguments[i].body = arguments[i].rank == 0 ? arguments[i].body : pair[1].body;
        }
    }
    const struct node *bodies[RANK_MAX];
    for (int i = 0; i < count; i++) {
        bodies[i] = arguments[i].body;
    }
    const struct node *body =
        node_substitute(reader->graph, result.body, count, function->stand_ins, bodies);
    if (frame.rank == 0) {
        result.body = body;
        return result;
    }
    frame.body = body;
    return frame;
}

/* An axis name of the function's head: it stands for the argument's axes, which must agree with
 * what an earlier parameter made of the name. */
static const struct local *open_axis(struct reader *reader, const struct declarator *parameter,
                                     const char *name, struct span span, int index_count,
                                     const struct value *argument, int first_axis,
                                     const struct local *scope)
{
    for (const struct local *known = scope; known != NULL; known = known->outer) {
        if (known->name != name || !known->is_axis) {
            continue;
        }
        for (int i = 0; i < index_count; i++) {
            const struct index *axis = argument->axes[first_axis + i];
            struct axis own = {known->indices[i]->first, known->indices[i]->end};
            if (known->index_count != index_count ||
                !same_axis(own, (struct axis){axis->first, axis->end})) {
                reader_error(reader, span, "'%s' does not fit: axis '%s' has two different ranges",
                             parameter->name, name);
                break;
            }
        }
        return scope;
    }
    struct local *local = ARENA_NEW(reader->arena, struct local);
    local->name = name;
    local->span = span;
    local->is_index = local->is_axis = true;
    local->index_count = index_count;
    for (int i = 0; i < index_count; i++) {
        const struct index *axis = argument->axes[first_axis + i];
        struct index *index = infer_index(reader, axis->name == NULL ? name : axis->name, span);
        index->first = axis->first;
        index->end = axis->end;
        local->indices[i] = index;
        local->value.axes[i] = axis;
    }
    if (index_count == argument->rank) {
        local->value.condition = argument->condition;
    }
    local->outer = scope;
    return local;
}

static const struct local *open_axes(struct reader *reader, const struct declarator *parameter,
                                     const struct value *argument, struct span span,
                                     const struct local *scope)
{
    int declared = (int)parameter->axes.count;
    bool spread = declared == 1 && argument->rank > 1;
    if (!spread && declared != argument->rank) {
        reader_error(reader, span, "'%s' takes a tensor of rank %d here, not of rank %d",
                     parameter->name, declared, argument->rank);
        return NULL;
    }
    for (int i = 0; i < declared; i++) {
        const struct expression *axis = parameter->axes.items[i];
        if (axis->kind == EXPRESSION_NAME) {
            scope = open_axis(reader, parameter, axis->name, span, spread ? argument->rank : 1,
                              argument, i, scope);
        }
    }
    return scope;
}

static const struct local *find_axis(const struct local *scope, const char *name)
{
    while (scope != NULL && !(scope->is_axis && scope->name == name)) {
        scope = scope->outer;
    }
    return scope;
}

/* A place of the left side that is no axis of an argument is an index of the function's own:
 * fn window(x[k], ...)[r, u in 3]. */
static const struct local *open_places(struct reader *reader, const struct binder_list *places,
                                       const struct local *scope)
{
    const struct local *inner = scope;
    for (size_t i = 0; i < places->count; i++) {
        const struct binder *binder = &places->items[i];
        if (binder->name == NULL || places->condition != NULL) {
            reader_error(reader, binder->span,
                         "the left side of a function takes indices, without a condition");
            return NULL;
        }
        for (size_t k = 0; k < i; k++) {
            if (places->items[k].name == binder->name) {
                reader_error(reader, binder->span, "index '%s' stands twice on the left",
                             binder->name);
                return NULL;
            }
        }
        if (find_axis(scope, binder->name) != NULL && binder->count == NULL &&
            binder->last == NULL) {
            continue;
        }
        struct local *local = ARENA_NEW(reader->arena, struct local);
        local->name = binder->name;
        local->span = binder->span;
        local->is_index = local->is_axis = true;
        local->index_count = 1;
        struct index *index = bind_index(reader, binder, scope);
        if (index == NULL) {
            return NULL;
        }
        local->indices[0] = index;
        local->outer = inner;
        inner = local;
    }
    return inner;
}

/* The axes of a result whose function has a left side. */
static bool close_places(struct reader *reader, const struct binder_list *places, struct span span,
                         const struct local *scope, struct value *closed)
{
    for (size_t i = 0; i < places->count; i++) {
        const struct local *axis = find_axis(scope, places->items[i].name);
        for (int k = 0; k < axis->index_count; k++) {
            if (closed->rank == RANK_MAX) {
                reader_error(reader, places->items[i].span, "a tensor of more than %d axes",
                             RANK_MAX);
                return false;
            }
            if (!settle_index(reader, (struct index *)(uintptr_t)axis->indices[k])) {
                return false;
            }
            closed->axes[closed->rank++] = axis->indices[k];
        }
    }
    for (; scope != NULL; scope = scope->outer) {
        bool named = !scope->is_axis;
        for (size_t i = 0; i < places->count; i++) {
            named = named || scope == find_axis(scope, places->items[i].name);
        }
        for (int k = 0; k < scope->index_count && !named; k++) {
            if (node_depends_on(closed->body, scope->indices[k])) {
                reader_error(reader, span, "index '%s' is bound neither on the left nor by a sum",
                             scope->name);
                return false;
            }
        }
    }
    return true;
}

/* Without a left side the axes of the head that the body still speaks of are the result's. */
static void close_axes(const struct local *scope, struct value *closed)
{
    const struct local *axes[4 * RANK_MAX];
    int axis_count = 0;
    for (; scope != NULL && axis_count < 4 * RANK_MAX; scope = scope->outer) {
        if (scope->is_axis) {
            axes[axis_count++] = scope;
        }
    }
    for (int i = axis_count - 1; i >= 0; i--) {
        bool free = false;
        for (int k = 0; k < axes[i]->index_count; k++) {
            free = free || node_depends_on(closed->body, axes[i]->indices[k]);
        }
        for (int k = 0; k < axes[i]->index_count && free && closed->rank < RANK_MAX; k++) {
            closed->axes[closed->rank++] = axes[i]->indices[k];
        }
    }
}

static struct value close_call(struct reader *reader, const struct function *function,
                               struct value result, const struct local *scope)
{
    if (result.body == NULL) {
        return result;
    }
    struct value closed = {.body = result.body};
    const struct binder_list *places = &function->statement->binders;
    if (places->count == 0) {
        close_axes(scope, &closed);
    } else if (!close_places(reader, places, function->statement->span, scope, &closed)) {
        return value_failed();
    }
    for (int i = 0; i < result.rank && closed.rank < RANK_MAX; i++) {
        closed.axes[closed.rank++] = result.axes[i];
    }
    size_t kept = 0;
    for (size_t i = 0; i < reader->guard_count; i++) {
        const struct node *guard = reader->guards[i];
        bool mine = false;
        for (int k = 0; k < closed.rank; k++) {
            mine = mine || node_depends_on(guard, closed.axes[k]);
        }
        if (mine) {
            closed.body =
                node_select(reader->graph, guard, closed.body, node_number(reader->graph, 0));
        } else {
            reader->guards[kept++] = guard;
        }
    }
    reader->guard_count = kept;
    return closed;
}

struct value call_function(struct reader *reader, const struct symbol *symbol, struct span span,
                           int count, struct value *arguments)
{
    const struct function *function = symbol->function;
    if (!check_count(reader, symbol, span, count)) {
        return value_failed();
    }
    if (function->understood) {
        return call_understood(reader, function, span, count, arguments);
    }
    struct call call = {span, symbol->name, reader->call};
    const struct local *scope = NULL;
    const struct declarator_list *parameters = parameters_of(function);
    for (int i = 0; i < count; i++) {
        const struct declarator *parameter = &parameters->items[i];
        scope = open_axes(reader, parameter, &arguments[i], span, scope);
        if (scope == NULL && parameter->has_axes) {
            return value_failed();
        }
    }
    for (int i = 0; i < count; i++) {
        scope = open_argument(reader, function, &parameters->items[i], arguments[i], scope);
    }
    reader->call = &call;
    bool in_library = reader->in_library;
    reader->in_library = symbol->library;
    const struct binder_list *places = &function->statement->binders;
    scope = open_places(reader, places, scope);
    struct value result = value_failed();
    if (scope != NULL || (places->count == 0 && count == 0)) {
        if (function->statement->block.count > 0) {
            scope = open_where(reader, function->statement, count, arguments, scope);
        }
        result = scope == NULL && function->statement->block.count > 0
                     ? value_failed()
                     : give_derivatives(reader, function,
                                        read_expression(reader, function->statement->body, scope),
                                        arguments, scope);
        result = close_call(reader, function, result, scope);
    }
    reader->in_library = in_library;
    reader->call = call.outer;
    return result;
}
