#include "syntax/print.h"

#include <math.h>
#include <string.h>

/* `compact` leaves out the blanks around + and -, as subscripts have it: x[2*r+u,t-1]. */
struct printer {
    struct text *text;
    bool compact;
};

static void print_at(struct printer printer, const struct expression *expression,
                     enum precedence level, bool last);

static void print_whole(struct printer printer, const struct expression *expression)
{
    print_at(printer, expression, PRECEDENCE_IF, true);
}

/* ---- Parentheses ---- */

static enum precedence level_of(const struct expression *expression)
{
    switch (expression->kind) {
    case EXPRESSION_OPERATOR:
        return expression->operation->precedence;
    case EXPRESSION_PRODUCT:
    case EXPRESSION_REDUCE:
        return PRECEDENCE_PRODUCT;
    case EXPRESSION_NUMBER:
        return signbit(expression->number) ? PRECEDENCE_NEGATION : PRECEDENCE_CALL;
    case EXPRESSION_NAME:
    case EXPRESSION_CALL:
    case EXPRESSION_SUBSCRIPT:
        break;
    }
    return PRECEDENCE_CALL;
}

/* `level` is what the place asks for. A reduction reaches as far as a product does: it can do
 * without parentheses where it is a factor or a term, if no further factor follows it (`last`). */
static bool needs_parentheses(const struct expression *expression, enum precedence level, bool last)
{
    if (expression->kind == EXPRESSION_REDUCE)
        return !last || level > PRECEDENCE_NEGATION;
    return level_of(expression) < level;
}

static enum precedence tighter(enum precedence level)
{
    return (enum precedence)(level + 1);
}

/* ---- Signs that group from the left ---- */

static bool is_left_chain(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PRODUCT)
        return true;
    if (expression->kind != EXPRESSION_OPERATOR || expression->arguments.count != 2)
        return false;
    enum precedence level = expression->operation->precedence;
    return level == PRECEDENCE_SUM || level == PRECEDENCE_PRODUCT || level == PRECEDENCE_AND ||
           level == PRECEDENCE_OR;
}

static bool starts_with_minus(const struct expression *expression)
{
    while (is_left_chain(expression))
        expression = expression->arguments.items[0];
    return level_of(expression) == PRECEDENCE_NEGATION;
}

static void print_sign(struct printer printer, const struct expression *expression)
{
    const char *sign =
        expression->kind == EXPRESSION_PRODUCT ? "@" : expression->operation->spelling;
    enum precedence level = level_of(expression);
    bool close = level >= PRECEDENCE_PRODUCT && *sign != '@';
    if (printer.compact && level == PRECEDENCE_SUM)
        close = !starts_with_minus(expression->arguments.items[1]);
    text_format(printer.text, close ? "%s" : " %s ", sign);
}

struct link {
    const struct expression *node;
    bool parentheses, last;
};

struct chain {
    struct link *links;
    size_t count, capacity;
};

/* a + b + c may be very long: down the left operands in one loop, up the right ones in another. */
static void print_chain(struct printer printer, const struct expression *expression,
                        enum precedence level, bool last)
{
    struct chain chain = {.links = NULL};
    while (is_left_chain(expression)) {
        struct link link = {expression, needs_parentheses(expression, level, last), last};
        if (link.parentheses) {
            text_append_char(printer.text, '(');
            link.last = true;
        }
        ARENA_PUSH(printer.text->arena, chain.links, chain.count, chain.capacity, link);
        level = level_of(expression);
        last = level != PRECEDENCE_PRODUCT;
        expression = expression->arguments.items[0];
    }
    print_at(printer, expression, level, last);
    while (chain.count > 0) {
        const struct link *link = &chain.links[--chain.count];
        print_sign(printer, link->node);
        print_at(printer, link->node->arguments.items[1], tighter(level_of(link->node)),
                 link->last);
        if (link->parentheses)
            text_append_char(printer.text, ')');
    }
}

/* ---- Other signs ---- */

static void print_if(struct printer printer, struct expression *const *arguments)
{
    text_append(printer.text, "if ");
    print_whole(printer, arguments[0]);
    text_append(printer.text, " then ");
    print_whole(printer, arguments[1]);
    text_append(printer.text, " else ");
    print_whole(printer, arguments[2]);
}

static void print_operator(struct printer printer, const struct expression *expression, bool last)
{
    struct expression *const *arguments = expression->arguments.items;
    switch (expression->operation->precedence) {
    case PRECEDENCE_IF:
        print_if(printer, arguments);
        break;
    case PRECEDENCE_NOT:
        text_append(printer.text, "not ");
        print_at(printer, arguments[0], PRECEDENCE_NOT, true);
        break;
    case PRECEDENCE_NEGATION:
        text_append(printer.text, starts_with_minus(arguments[0]) ? "- " : "-");
        print_at(printer, arguments[0], PRECEDENCE_NEGATION, last);
        break;
    case PRECEDENCE_POWER:
        print_at(printer, arguments[0], PRECEDENCE_CALL, false);
        text_append_char(printer.text, '^');
        print_at(printer, arguments[1], PRECEDENCE_NEGATION, false);
        break;
    default: /* a comparison; the others are chains */
        print_at(printer, arguments[0], PRECEDENCE_SUM, true);
        print_sign(printer, expression);
        print_at(printer, arguments[1], PRECEDENCE_SUM, true);
        break;
    }
}

/* ---- Names, brackets ---- */

static void print_list(struct printer printer, const struct expression_list *list,
                       const char *separator)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            text_append(printer.text, separator);
        print_whole(printer, list->items[i]);
    }
}

static void print_brackets(struct printer printer, const struct expression_list *subscripts)
{
    printer.compact = true;
    text_append_char(printer.text, '[');
    print_list(printer, subscripts, ",");
    text_append_char(printer.text, ']');
}

static void print_call(struct printer printer, const struct expression *expression)
{
    text_append(printer.text, expression->name);
    for (unsigned i = 0; i < expression->primes; i++)
        text_append_char(printer.text, '\'');
    text_append_char(printer.text, '(');
    print_list(printer, &expression->arguments, printer.compact ? "," : ", ");
    text_append_char(printer.text, ')');
}

/* What a subscript may follow is a name, a call, or else stands in parentheses. */
static void print_subscripted(struct printer printer, const struct expression *expression)
{
    if (expression->name) {
        text_append(printer.text, expression->name);
        return;
    }
    const struct expression *body = expression->body;
    bool closed =
        body->kind == EXPRESSION_CALL || (body->kind == EXPRESSION_SUBSCRIPT && body->fallback);
    if (!closed)
        text_append_char(printer.text, '(');
    print_whole(printer, body);
    if (!closed)
        text_append_char(printer.text, ')');
}

static void print_subscript(struct printer printer, const struct expression *expression)
{
    if (expression->fallback)
        text_append_char(printer.text, '(');
    print_subscripted(printer, expression);
    print_brackets(printer, &expression->arguments);
    if (expression->fallback) {
        text_append(printer.text, " else ");
        print_whole(printer, expression->fallback);
        text_append_char(printer.text, ')');
    }
}

static void print_binder(struct printer printer, const struct binder *binder)
{
    if (!binder->name) {
        print_at(printer, binder->first, PRECEDENCE_SUM, true);
        return;
    }
    text_append(printer.text, binder->name);
    if (binder->count) {
        text_append(printer.text, " in ");
        print_at(printer, binder->count, PRECEDENCE_SUM, true);
    } else if (binder->last) {
        text_append(printer.text, " in ");
        if (binder->first)
            print_at(printer, binder->first, PRECEDENCE_SUM, true);
        else
            text_append_char(printer.text, '0');
        text_append(printer.text, "..");
        print_at(printer, binder->last, PRECEDENCE_SUM, true);
    }
}

static void print_binders(struct printer printer, const struct binder_list *binders)
{
    printer.compact = true;
    text_append_char(printer.text, '[');
    for (size_t i = 0; i < binders->count; i++) {
        if (i > 0)
            text_append_char(printer.text, ',');
        print_binder(printer, &binders->items[i]);
    }
    if (binders->condition) {
        text_append(printer.text, " : ");
        print_whole(printer, binders->condition);
    }
    text_append_char(printer.text, ']');
}

static void print_reduction(struct printer printer, const struct expression *expression)
{
    text_append(printer.text, expression->name);
    print_binders(printer, &expression->binders);
    text_append_char(printer.text, ' ');
    print_at(printer, expression->body, PRECEDENCE_PRODUCT, true);
}

/* ---- Expressions ---- */

static void print_bare(struct printer printer, const struct expression *expression, bool last)
{
    switch (expression->kind) {
    case EXPRESSION_NUMBER:
        text_append_number(printer.text, expression->number);
        break;
    case EXPRESSION_NAME:
        text_append(printer.text, expression->name);
        break;
    case EXPRESSION_CALL:
        print_call(printer, expression);
        break;
    case EXPRESSION_SUBSCRIPT:
        print_subscript(printer, expression);
        break;
    case EXPRESSION_OPERATOR:
        print_operator(printer, expression, last);
        break;
    case EXPRESSION_REDUCE:
        print_reduction(printer, expression);
        break;
    case EXPRESSION_PRODUCT: /* a chain */
        break;
    }
}

static void print_at(struct printer printer, const struct expression *expression,
                     enum precedence level, bool last)
{
    if (is_left_chain(expression)) {
        print_chain(printer, expression, level, last);
        return;
    }
    bool parentheses = needs_parentheses(expression, level, last);
    if (parentheses)
        text_append_char(printer.text, '(');
    print_bare(printer, expression, last || parentheses);
    if (parentheses)
        text_append_char(printer.text, ')');
}

void print_expression(struct text *text, const struct expression *expression)
{
    print_whole((struct printer){text, false}, expression);
}

/* ---- Declarations ---- */

static void print_part(struct text *text, const char *before, const struct expression *expression)
{
    if (!expression)
        return;
    text_append(text, before);
    print_expression(text, expression);
}

static void print_declarator(struct text *text, const struct declarator *declarator)
{
    text_append(text, declarator->name);
    if (declarator->has_axes)
        print_brackets((struct printer){text, true}, &declarator->axes);
    print_part(text, " = ", declarator->value);
    print_part(text, " ~ ", declarator->distribution);
    print_part(text, " in ", declarator->class_count);
    if (declarator->lower) {
        print_part(text, declarator->lower_open ? " in (" : " in [", declarator->lower);
        print_part(text, ", ", declarator->upper);
        text_append_char(text, declarator->upper_open ? ')' : ']');
    }
}

static void print_declarators(struct text *text, const struct declarator_list *declarators)
{
    for (size_t i = 0; i < declarators->count; i++) {
        if (i > 0)
            text_append(text, ", ");
        print_declarator(text, &declarators->items[i]);
    }
}

static void print_string(struct text *text, const char *bytes)
{
    text_append_char(text, '"');
    for (; *bytes; bytes++) {
        if (*bytes == '"' || *bytes == '\\')
            text_append_char(text, '\\');
        text_append_char(text, *bytes);
    }
    text_append_char(text, '"');
}

static void print_declaration(struct text *text, const char *word,
                              const struct statement *statement)
{
    text_format(text, "%s ", word);
    print_declarators(text, &statement->declarators);
    if (statement->file) {
        text_append(text, " from ");
        print_string(text, statement->file);
    }
}

/* ---- Definitions, functions, optimisers ---- */

static void print_options(struct text *text, const struct option_list *options)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = &options->items[i];
        if (i > 0)
            text_append(text, ", ");
        if (option->name)
            text_append(text, option->name);
        if (option->dimension)
            text_format(text, "(%s)", option->dimension);
        print_part(text, option->name ? " = " : "", option->value);
    }
}

static void print_definition(struct text *text, const struct statement *statement)
{
    text_append(text, statement->name);
    if (statement->has_binders)
        print_binders((struct printer){text, true}, &statement->binders);
    print_part(text, statement->kind == STATEMENT_UPDATE ? " := " : " = ", statement->body);
    print_part(text, " until ", statement->until);
    print_part(text, ", at most ", statement->limit);
}

static void print_line(struct text *text, const struct statement *statement);

static void print_block(struct text *text, const struct statement_list *block)
{
    text_append(text, "{\n");
    for (size_t i = 0; i < block->count; i++) {
        text_append(text, "    ");
        print_line(text, block->items[i]);
        text_append_char(text, '\n');
    }
    text_append_char(text, '}');
}

static void print_function(struct text *text, const struct statement *statement)
{
    text_format(text, "fn %s(", statement->name);
    print_declarators(text, &statement->declarators);
    text_append_char(text, ')');
    if (statement->has_binders)
        print_binders((struct printer){text, true}, &statement->binders);
    print_part(text, " = ", statement->body);
    if (statement->block.count) {
        text_append(text, " where ");
        print_block(text, &statement->block);
    }
    for (size_t i = 0; i < statement->derivatives.count; i++) {
        text_append(text, i == 0 ? " derivative " : ", ");
        print_definition(text, statement->derivatives.items[i]);
    }
}

static void print_optimizer(struct text *text, const struct statement *statement)
{
    text_format(text, "optimizer %s", statement->name);
    if (statement->options.count) {
        text_append_char(text, '(');
        print_options(text, &statement->options);
        text_append_char(text, ')');
    }
    text_append_char(text, ' ');
    print_block(text, &statement->block);
}

/* ---- Goals ---- */

static void print_objective(struct text *text, const struct statement *statement)
{
    print_part(text, statement->maximize ? "maximize " : "minimize ", statement->body);
    if (statement->over.count) {
        text_append(text, " over ");
        print_list((struct printer){text, false}, &statement->over, ", ");
    }
    if (statement->optimizer)
        text_format(text, " with %s", statement->optimizer);
    if (statement->optimizer_options.count) {
        text_append_char(text, '(');
        print_options(text, &statement->optimizer_options);
        text_append_char(text, ')');
    }
    if (statement->options.count) {
        text_append(text, ", ");
        print_options(text, &statement->options);
    }
}

static void print_report(struct text *text, const struct statement *statement)
{
    text_format(text, "report %s", statement->name);
    const struct expression *body = statement->body;
    bool alone = body->kind == EXPRESSION_NAME && strcmp(body->name, statement->name) == 0;
    if (!alone)
        print_part(text, " = ", body);
}

static void print_line(struct text *text, const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_DIM:
        print_declaration(text, "dim", statement);
        break;
    case STATEMENT_DATA:
        print_declaration(text, "data", statement);
        break;
    case STATEMENT_PARAM:
        print_declaration(text, "param", statement);
        break;
    case STATEMENT_CONST:
        print_declaration(text, "const", statement);
        break;
    case STATEMENT_DRAW:
        print_declaration(text, "draw", statement);
        break;
    case STATEMENT_STATE:
        print_declaration(text, "state", statement);
        break;
    case STATEMENT_DEFINE:
    case STATEMENT_UPDATE:
        print_definition(text, statement);
        break;
    case STATEMENT_FN:
        print_function(text, statement);
        break;
    case STATEMENT_OPTIMIZER:
        print_optimizer(text, statement);
        break;
    case STATEMENT_MINIMIZE:
        print_objective(text, statement);
        break;
    case STATEMENT_REPORT:
        print_report(text, statement);
        break;
    case STATEMENT_OUTPUT:
        text_append(text, "output ");
        print_list((struct printer){text, false}, &statement->names, ", ");
        break;
    }
}

void print_statement(struct text *text, const struct statement *statement)
{
    print_line(text, statement);
    text_append_char(text, '\n');
}
