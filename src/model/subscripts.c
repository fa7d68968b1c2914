/* Elements of tensors: A[i,2], x[i-1] else 0, rows and slices. */
#include "equations/affine.h"
#include "model/reader.h"

#include <math.h>
#include <string.h>

/* `last` stands for the last element of an axis; NULL for any other subscript. */
static const struct node *last_subscript(struct reader *reader, const struct expression *expression,
                                         const struct expression *subscript,
                                         const struct local *scope, int axis)
{
    const struct symbol *symbol =
        expression->name == NULL ? NULL : find_symbol(reader, scope, expression->name);
    if (subscript->kind != EXPRESSION_NAME || strcmp(subscript->name, "last") != 0 ||
        find_local(scope, subscript->name) != NULL ||
        reader_find(reader, subscript->name) != NULL || symbol == NULL || symbol->tensor == NULL ||
        axis >= symbol->tensor->rank - symbol->context_count) {
        return NULL;
    }
    return affine_normalize(reader->graph,
                            node_binary(reader->graph, OPERATOR_SUBTRACT,
                                        symbol->tensor->axes[axis + symbol->context_count].end,
                                        node_number(reader->graph, 1)));
}

/* The subscripts between brackets, a name that stands for several indices spread out; -1 after an
 * error. */
static int read_subscripts(struct reader *reader, const struct expression *expression,
                           const struct local *scope, const struct node **subscripts,
                           struct span *spans)
{
    int count = 0;
    for (size_t i = 0; i < expression->arguments.count; i++) {
        const struct expression *argument = expression->arguments.items[i];
        const struct local *local =
            argument->kind == EXPRESSION_NAME ? find_local(scope, argument->name) : NULL;
        int several = local != NULL && local->is_index ? local->index_count : 1;
        if (count + several > RANK_MAX) {
            reader_error(reader, argument->span, "more than %d subscripts", RANK_MAX);
            return -1;
        }
        const struct node *last = last_subscript(reader, expression, argument, scope, count);
        for (int k = 0; k < several; k++) {
            spans[count] = argument->span;
            subscripts[count] = last != NULL ? last
                                : local != NULL && local->is_index
                                    ? node_index(reader->graph, local->indices[k])
                                    : read_scalar(reader, argument, scope);
            if (subscripts[count++] == NULL) {
                return -1;
            }
        }
    }
    return count;
}

static void report_subscript_count(struct reader *reader, const struct expression *expression,
                                   int count, int rank, struct span declared)
{
    struct diagnostic *diagnostic;
    const char *what =
        expression->name == NULL ? "this" : arena_format(reader->arena, "'%s'", expression->name);
    if (rank == 0) {
        diagnostic =
            reader_error(reader, expression->span, "%s is a number; it takes no subscript", what);
    } else {
        diagnostic = reader_error(reader, expression->span, "%s takes %d subscript%s, not %d", what,
                                  rank, rank == 1 ? "" : "s", count);
    }
    if (declared.source != NULL) {
        diagnostic_note(reader->diagnostics, diagnostic, declared, "'%s' is declared here",
                        expression->name);
    }
}

/* `else` says what holds outside of the axes; inside of them the element is `inside`. */
static struct value read_fallback(struct reader *reader, const struct expression *expression,
                                  const struct local *scope, int rank, const struct axis *axes,
                                  const struct node *const *subscripts, const struct node *inside)
{
    const struct node *fallback = read_scalar(reader, expression->fallback, scope);
    if (fallback == NULL) {
        return value_failed();
    }
    for (int i = 0; i < rank; i++) {
        if (!is_whole_number(subscripts[i])) {
            struct diagnostic *diagnostic =
                reader_error(reader, expression->span,
                             "a subscript must be a whole number, and this may not be one");
            diagnostic_help(reader->diagnostics, diagnostic,
                            "round it: floor(...), round(...); 'else' says what holds outside");
            return value_failed();
        }
    }
    const struct node *condition = within_bounds(reader, rank, axes, subscripts);
    return value_of(condition == NULL ? inside
                                      : node_select(reader->graph, condition, inside, fallback));
}

static struct value read_tensor_subscript(struct reader *reader,
                                          const struct expression *expression,
                                          const struct local *scope, const struct symbol *symbol)
{
    const struct tensor *tensor = symbol->tensor;
    const struct node *subscripts[RANK_MAX];
    struct span spans[RANK_MAX];
    int count = read_subscripts(reader, expression, scope, subscripts, spans);
    if (count < 0 || tensor == NULL) {
        return value_failed();
    }
    int rank = tensor->rank - symbol->context_count;
    if (count > rank || (expression->fallback != NULL && count < rank)) {
        report_subscript_count(reader, expression, count, rank, symbol->span);
        return value_failed();
    }
    if (expression->fallback == NULL) {
        for (int i = 0; i < count; i++) {
            demand_axis(reader, subscripts[i], tensor, axis_for(reader, subscripts[i], symbol, i),
                        spans[i]);
        }
        return whole_tensor(reader, symbol, subscripts, count);
    }
    const struct axis *axes = &tensor->axes[symbol->context_count];
    for (int i = 0; i < count; i++) {
        demand_index(reader, subscripts[i], tensor->name, axes[i], spans[i]);
    }
    return read_fallback(reader, expression, scope, count, axes, subscripts,
                         whole_tensor(reader, symbol, subscripts, count).body);
}

/* An element or a row of what has no tensor of its own: a function's argument, or its result. */
static struct value read_value_subscript(struct reader *reader, const struct expression *expression,
                                         const struct local *scope, const struct value *value,
                                         struct span declared)
{
    const struct node *subscripts[RANK_MAX];
    struct span spans[RANK_MAX];
    struct axis axes[RANK_MAX];
    int count = read_subscripts(reader, expression, scope, subscripts, spans);
    if (count < 0 || value->body == NULL) {
        return value_failed();
    }
    if (count > value->rank || (expression->fallback != NULL && count < value->rank)) {
        report_subscript_count(reader, expression, count, value->rank, declared);
        return value_failed();
    }
    struct value rest = {.rank = value->rank - count};
    for (int i = 0; i < count; i++) {
        axes[i] = value_axis(value->axes[i]);
        if (expression->fallback == NULL) {
            demand_axis(reader, subscripts[i], NULL, axes[i], spans[i]);
        } else {
            demand_index(reader, subscripts[i], "this", axes[i], spans[i]);
        }
    }
    for (int i = count; i < value->rank; i++) {
        const struct index *axis = value->axes[i];
        rest.axes[i - count] = graph_index(reader->graph, axis->name, axis->first, axis->end);
        subscripts[i] = node_index(reader->graph, rest.axes[i - count]);
    }
    rest.body = value_element(reader, value, subscripts);
    return expression->fallback == NULL
               ? rest
               : read_fallback(reader, expression, scope, count, axes, subscripts, rest.body);
}

struct value read_subscript(struct reader *reader, const struct expression *expression,
                            const struct local *scope)
{
    if (expression->body != NULL) {
        struct value value = read_expression(reader, expression->body, scope);
        return read_value_subscript(reader, expression, scope, &value, (struct span){0});
    }
    const struct local *local = find_local(scope, expression->name);
    if (local != NULL && local->symbol != NULL) {
        return read_tensor_subscript(reader, expression, scope, local->symbol);
    }
    if (local != NULL && !local->is_index) {
        return read_value_subscript(reader, expression, scope, &local->value, local->span);
    }
    const struct symbol *symbol = reader_find(reader, expression->name);
    if (local == NULL && symbol != NULL && symbol->kind == SYMBOL_TENSOR) {
        return read_tensor_subscript(reader, expression, scope, symbol);
    }
    if (local == NULL && symbol == NULL) {
        return report_unknown_name(reader, expression->name, expression->name_span, scope);
    }
    reader_error(reader, expression->span, "'%s' is not a tensor; it takes no subscript",
                 expression->name);
    return value_failed();
}
