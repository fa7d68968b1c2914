#include "syntax/builder.h"

#include <string.h>

/* ---- Functions and the names that hide them ---- */

bool parser_is_function(const struct parser *parser, const char *name)
{
    return table_find(parser->context->functions, name) && !table_find(parser->hidden, name);
}

static bool is_built_in(const char *name)
{
    return operator_find(name) || reduction_find(name);
}

void parser_foresee(struct parser *parser, const char *name)
{
    if (parser_is_function(parser, name) && !is_built_in(name))
        table_store(parser->hidden, name, parser);
}

static struct diagnostic *name_of_function(struct parser *parser, const char *name,
                                           struct span span)
{
    const char *message = arena_format(
        parser->arena, "'%s' is a function, and %s[...] applies it over indices", name, name);
    return parser_error(parser, span, message, "choose another name");
}

/* `name` is declared with brackets. */
static void hide_function(struct parser *parser, const char *name, struct span span)
{
    if (!parser_is_function(parser, name))
        return;
    const struct span *reduced = table_find(parser->reduced, name);
    if (reduced) {
        struct diagnostic *diagnostic = name_of_function(parser, name, span);
        diagnostic_note(parser->context->diagnostics, diagnostic, *reduced,
                        "it is applied over indices here");
        return;
    }
    if (is_built_in(name)) {
        name_of_function(parser, name, span);
        return;
    }
    table_store(parser->hidden, name, parser);
    if (parser->in_function)
        ARENA_PUSH(parser->arena, parser->local, parser->local_count, parser->local_capacity, name);
}

/* ---- Statements end ---- */

void parser_end_statement(struct parser *parser)
{
    for (size_t i = 0; i < parser->local_count; i++)
        table_store(parser->hidden, parser->local[i], NULL);
    parser->local_count = 0;
    parser->in_function = false;
}

void parser_add_statement(struct parser *parser, struct statement *statement)
{
    struct statement_list *list = &parser->statements;
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, statement);
    parser_end_statement(parser);
}

void parser_add_statements(struct parser *parser, const struct statement_list *statements)
{
    for (size_t i = 0; i < statements->count; i++)
        parser_add_statement(parser, statements->items[i]);
}

/* ---- Lists ---- */

struct expression_list *expressions_add(struct parser *parser, struct expression_list *list,
                                        struct expression *expression)
{
    if (!list)
        list = ARENA_NEW(parser->arena, struct expression_list);
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, expression);
    return list;
}

struct binder_list *binders_add(struct parser *parser, struct binder_list *list,
                                const struct binder *binder)
{
    if (!list)
        list = ARENA_NEW(parser->arena, struct binder_list);
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, *binder);
    return list;
}

struct option_list *options_add(struct parser *parser, struct option_list *list,
                                const struct option *option)
{
    if (!list)
        list = ARENA_NEW(parser->arena, struct option_list);
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, *option);
    return list;
}

struct declarator_list *declarators_add(struct parser *parser, struct declarator_list *list,
                                        const struct declarator *declarator)
{
    if (!list)
        list = ARENA_NEW(parser->arena, struct declarator_list);
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, *declarator);
    return list;
}

struct statement_list *statements_add(struct parser *parser, struct statement_list *list,
                                      struct statement *statement)
{
    if (!list)
        list = ARENA_NEW(parser->arena, struct statement_list);
    ARENA_PUSH(parser->arena, list->items, list->count, list->capacity, statement);
    return list;
}

void statements_copy(struct statement_list *list, const struct statement_list *from)
{
    if (from)
        *list = *from;
}

/* ---- Depth ---- */

static void deepen(struct expression *expression, const struct expression *part)
{
    if (part && expression->depth < part->depth + 1)
        expression->depth = part->depth + 1;
}

static void deepen_by_list(struct expression *expression, const struct expression_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        deepen(expression, list->items[i]);
}

static void deepen_by_binders(struct expression *expression, const struct binder_list *binders)
{
    for (size_t i = 0; i < binders->count; i++) {
        deepen(expression, binders->items[i].first);
        deepen(expression, binders->items[i].last);
        deepen(expression, binders->items[i].count);
    }
    deepen(expression, binders->condition);
}

/* a+b+c+d is as deep as a+b: walks go down the left operands in a loop. */
static bool leans_left(const struct expression *expression)
{
    return expression->kind == EXPRESSION_OPERATOR && expression->arguments.count == 2 &&
           strchr("+-*/", expression->operation->spelling[0]) != NULL;
}

/* The depth of a node whose parts are all there. Too deep a node is dropped, so that all that is
 * above it stays shallow. */
static struct expression *finish(struct parser *parser, struct expression *expression)
{
    expression->depth = 1;
    if (leans_left(expression)) {
        const struct expression *left = expression->arguments.items[0];
        expression->depth = left->depth > 1 ? left->depth : 1;
        deepen(expression, expression->arguments.items[1]);
    } else {
        deepen_by_list(expression, &expression->arguments);
    }
    deepen(expression, expression->fallback);
    deepen(expression, expression->body);
    deepen_by_binders(expression, &expression->binders);
    if (expression->depth <= NESTING_MAX)
        return expression;
    parser_nested_too_deeply(parser, expression->span);
    return make_number(parser, 0, expression->span);
}

/* ---- Expressions ---- */

static struct expression *make(struct parser *parser, enum expression_kind kind, struct span span)
{
    struct expression *expression = ARENA_NEW(parser->arena, struct expression);
    expression->kind = kind;
    expression->span = span;
    return expression;
}

static void set_arguments(struct expression *expression, const struct expression_list *arguments)
{
    if (arguments)
        expression->arguments = *arguments;
}

struct expression *make_number(struct parser *parser, double number, struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_NUMBER, span);
    expression->number = number;
    return finish(parser, expression);
}

struct expression *make_name(struct parser *parser, const char *name, struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_NAME, span);
    expression->name = name;
    expression->name_span = span;
    return finish(parser, expression);
}

/* The row of operators.def for a sign; unary and binary minus are told apart by the arity. */
static const struct operation *find_sign(const char *spelling, int arity)
{
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        const struct operation *operation = operator_get((enum operator_id)i);
        if (operation->precedence != PRECEDENCE_CALL && operation->arity == arity &&
            strcmp(operation->spelling, spelling) == 0)
            return operation;
    }
    return NULL;
}

static struct expression *make_operands(struct parser *parser, enum expression_kind kind,
                                        struct expression *const *operands, size_t count,
                                        struct span span)
{
    struct expression *expression = make(parser, kind, span);
    expression->arguments.items = ARENA_ARRAY(parser->arena, struct expression *, count);
    memcpy(expression->arguments.items, operands, count * sizeof *operands);
    expression->arguments.count = expression->arguments.capacity = count;
    return expression;
}

struct expression *make_operation(struct parser *parser, const char *sign, struct expression *first,
                                  struct expression *second, struct expression *third,
                                  struct span span)
{
    struct expression *operands[] = {first, second, third};
    size_t count = third ? 3 : second ? 2 : 1;
    struct expression *expression =
        make_operands(parser, EXPRESSION_OPERATOR, operands, count, span);
    expression->operation = find_sign(sign, (int)count);
    return finish(parser, expression);
}

struct expression *make_product(struct parser *parser, char sign, struct expression *left,
                                struct expression *right, struct span span)
{
    if (sign != '@')
        return make_operation(parser, sign == '*' ? "*" : "/", left, right, NULL, span);
    struct expression *operands[] = {left, right};
    return finish(parser, make_operands(parser, EXPRESSION_PRODUCT, operands, 2, span));
}

static const char *source_text(struct parser *parser, struct span span)
{
    return arena_copy(parser->arena, span.source->text + span.begin, span.end - span.begin);
}

struct expression *make_chained(struct parser *parser, struct expression *left, const char *sign,
                                struct expression *right, struct span span)
{
    /* Of a < b < c < d, read as (a < b and b < c) < d, the last comparison is the one to extend. */
    const struct expression *last = left;
    bool reported = false;
    while (last->arguments.count == 2 && last->operation->precedence == PRECEDENCE_AND) {
        last = last->arguments.items[1];
        reported = true;
    }
    if (last->kind != EXPRESSION_OPERATOR || last->arguments.count != 2)
        return left; /* it was nested too deeply */
    struct expression *middle = last->arguments.items[1];
    struct span pair = span_join(middle->span, right->span);
    if (!reported)
        parser_error(parser, pair, "comparisons do not chain",
                     arena_format(parser->arena, "write %s and %s", source_text(parser, last->span),
                                  source_text(parser, pair)));
    struct expression *next = make_operation(parser, sign, middle, right, NULL, pair);
    return make_operation(parser, "and", left, next, NULL, span);
}

struct expression *make_call(struct parser *parser, const char *name, struct span name_span,
                             unsigned primes, const struct expression_list *arguments,
                             struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_CALL, span);
    expression->name = name;
    expression->name_span = name_span;
    expression->primes = primes;
    set_arguments(expression, arguments);
    return finish(parser, expression);
}

struct expression *make_subscript(struct parser *parser, const char *name, struct span name_span,
                                  const struct expression_list *subscripts, struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_SUBSCRIPT, span);
    expression->name = name;
    expression->name_span = name_span;
    set_arguments(expression, subscripts);
    return finish(parser, expression);
}

struct expression *make_element(struct parser *parser, struct expression *element,
                                const struct expression_list *subscripts, struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_SUBSCRIPT, span);
    expression->name_span = element->span;
    expression->body = element;
    set_arguments(expression, subscripts);
    return finish(parser, expression);
}

struct expression *make_second_subscript(struct parser *parser, struct expression *subscript,
                                         const struct expression_list *more, struct span span)
{
    struct span second = {span.source, subscript->span.end, span.end};
    parser_error(parser, second, "subscripts stand in one pair of brackets", "write [i,j]");
    if (subscript->kind != EXPRESSION_SUBSCRIPT)
        return subscript; /* it was nested too deeply */
    struct expression_list *all = &subscript->arguments;
    for (size_t i = 0; i < more->count; i++)
        ARENA_PUSH(parser->arena, all->items, all->count, all->capacity, more->items[i]);
    subscript->span = span;
    return finish(parser, subscript);
}

struct expression *make_fallback(struct parser *parser, struct expression *subscript,
                                 struct expression *fallback, struct span span)
{
    subscript->fallback = fallback;
    subscript->span = span;
    return finish(parser, subscript);
}

struct expression *make_reduction(struct parser *parser, const char *name, struct span name_span,
                                  const struct binder_list *binders, struct expression *body,
                                  struct span span)
{
    struct expression *expression = make(parser, EXPRESSION_REDUCE, span);
    expression->name = name;
    expression->name_span = name_span;
    expression->binders = *binders;
    expression->body = body;
    if (!table_find(parser->reduced, name)) {
        struct span *place = ARENA_NEW(parser->arena, struct span);
        *place = name_span;
        table_store(parser->reduced, name, place);
    }
    return finish(parser, expression);
}

/* ---- Indices ---- */

struct binder *make_index(struct parser *parser, const char *name, struct span span)
{
    struct binder *binder = ARENA_NEW(parser->arena, struct binder);
    binder->name = name;
    binder->span = span;
    return binder;
}

struct binder *make_place(struct parser *parser, struct expression *place)
{
    if (place->kind == EXPRESSION_NAME)
        return make_index(parser, place->name, place->span);
    struct binder *binder = make_index(parser, NULL, place->span);
    binder->first = place;
    return binder;
}

struct binder *make_place_index(struct parser *parser, struct expression *place)
{
    if (place->kind != EXPRESSION_NAME)
        parser_error(parser, place->span, "what ranges over numbers is an index, a name", NULL);
    return make_index(parser, place->kind == EXPRESSION_NAME ? place->name : "", place->span);
}

/* ---- Declarators, options, statements ---- */

struct declarator *make_declarator(struct parser *parser, const char *name, struct span span,
                                   const struct expression_list *axes)
{
    struct declarator *declarator = ARENA_NEW(parser->arena, struct declarator);
    declarator->name = name;
    declarator->span = span;
    if (axes) {
        declarator->axes = *axes;
        declarator->has_axes = true;
        hide_function(parser, name, span);
    }
    return declarator;
}

struct option *make_option(struct parser *parser, const char *name, struct span span,
                           struct expression *value)
{
    struct option *option = ARENA_NEW(parser->arena, struct option);
    option->name = name;
    option->span = span;
    option->value = value;
    return option;
}

struct statement *make_statement(struct parser *parser, enum statement_kind kind, struct span span)
{
    struct statement *statement = ARENA_NEW(parser->arena, struct statement);
    statement->kind = kind;
    statement->span = span;
    return statement;
}

struct statement *make_declaration(struct parser *parser, enum statement_kind kind,
                                   const struct declarator_list *declarators, struct span span)
{
    struct statement *statement = make_statement(parser, kind, span);
    if (declarators)
        statement->declarators = *declarators;
    return statement;
}

static void set_name(struct statement *statement, const char *name, struct span span)
{
    statement->name = name;
    statement->name_span = span;
}

static void set_binders(struct statement *statement, const struct binder_list *binders)
{
    statement->has_binders = binders != NULL;
    if (binders)
        statement->binders = *binders;
}

struct statement *make_left_side(struct parser *parser, const char *name, struct span span,
                                 const struct binder_list *places)
{
    struct statement *statement = make_statement(parser, STATEMENT_DEFINE, span);
    set_name(statement, name, span);
    set_binders(statement, places);
    if (places)
        hide_function(parser, name, span);
    return statement;
}

struct statement *make_definition(struct statement *left, enum statement_kind kind,
                                  struct expression *body, struct span span)
{
    left->kind = kind;
    left->body = body;
    left->span = span;
    return left;
}

struct statement *make_function(struct parser *parser, const char *name, struct span name_span,
                                const struct declarator_list *parameters,
                                const struct binder_list *places)
{
    struct statement *statement = make_declaration(parser, STATEMENT_FN, parameters, name_span);
    set_name(statement, name, name_span);
    set_binders(statement, places);
    table_store(parser->context->functions, name, parser->context);
    return statement;
}

struct statement *make_optimizer(struct parser *parser, const char *name, struct span name_span,
                                 const struct option_list *defaults,
                                 const struct statement_list *block, struct span span)
{
    struct statement *statement = make_statement(parser, STATEMENT_OPTIMIZER, span);
    set_name(statement, name, name_span);
    if (defaults)
        statement->options = *defaults;
    statements_copy(&statement->block, block);
    return statement;
}

struct statement *make_objective(struct parser *parser, struct expression *goal, bool maximize,
                                 struct span span)
{
    struct statement *statement = make_statement(parser, STATEMENT_MINIMIZE, span);
    statement->body = goal;
    statement->maximize = maximize;
    return statement;
}

struct statement *add_options(struct statement *objective, const struct expression_list *over,
                              const struct option_list *options, struct span span)
{
    if (over)
        objective->over = *over;
    if (options)
        objective->options = *options;
    objective->span = span;
    return objective;
}

void set_optimizer(struct statement *objective, const char *name, struct span span,
                   const struct option_list *settings)
{
    objective->optimizer = name;
    objective->optimizer_span = span;
    if (settings)
        objective->optimizer_options = *settings;
}

struct statement *make_report(struct parser *parser, const struct expression *named,
                              struct expression *body, struct span span)
{
    struct statement *statement = make_statement(parser, STATEMENT_REPORT, span);
    set_name(statement, named->name, named->span);
    statement->body = body;
    return statement;
}
