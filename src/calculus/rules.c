#include "calculus/rules.h"

#include <math.h>
#include <string.h>

/* ---- Reading the tables ---- */

/* Calls in a rule are of operators: they are looked up once, not at every match. */
static void resolve_calls(struct expression *expression)
{
    if (expression->kind == EXPRESSION_CALL) {
        expression->operation = operator_find(expression->name);
    }
    for (size_t i = 0; i < expression->arguments.count; i++) {
        resolve_calls(expression->arguments.items[i]);
    }
}

struct expression *rule_read(struct rules *rules, const char *text)
{
    struct source *source = ARENA_NEW(graph_arena(rules->graph), struct source);
    source->name = "operators.def";
    source->text = text;
    source->length = strlen(text);
    struct expression *expression = parse_expression(rules->context, source);
    resolve_calls(expression);
    return expression;
}

static void read_rewrite(struct rules *rules, bool stable, const char *left, const char *right,
                         const char *when)
{
    struct rule rule = {rule_read(rules, left), right, when, NULL, NULL};
    enum operator_id id = rule.left->operation->id;
    struct rule_list *list = stable ? &rules->stable[id] : &rules->exact[id];
    ARENA_PUSH(graph_arena(rules->graph), list->items, list->count, list->capacity, rule);
}

static void read_rewrites(struct rules *rules)
{
    enum { EXACT, STABLE };
#define REWRITE(kind, left, right, when) read_rewrite(rules, (kind) == STABLE, left, right, when);
#include "../grammar/rewrites.def"
#undef REWRITE
}

/* ---- Matching ---- */

/* Names are interned. */
static const struct node *find_binding(const struct bindings *bindings, const char *name)
{
    for (int i = 0; i < bindings->count; i++) {
        if (bindings->items[i].name == name) {
            return bindings->items[i].value;
        }
    }
    return NULL;
}

static void bind(struct bindings *bindings, const char *name, const struct node *value)
{
    if (bindings->count < BINDINGS_MAX) {
        bindings->items[bindings->count].name = name;
        bindings->items[bindings->count++].value = value;
    }
}

/* Which letters stand for what is said at the head of rewrites.def. */
static bool may_stand_for(const char *name, const struct node *node)
{
    bool number = node->kind == NODE_NUMBER;
    if (name[1] != '\0') {
        return true;
    }
    if (name[0] >= 'a' && name[0] <= 'd') {
        return number;
    }
    if (name[0] >= 'p' && name[0] <= 'r') {
        return !number;
    }
    return (name[0] != 's' && name[0] != 't') || node->boolean;
}

static bool match(const struct expression *pattern, const struct node *node,
                  struct bindings *bindings);

static bool match_arguments(const struct expression *pattern, int count,
                            const struct node *const *arguments, struct bindings *bindings)
{
    if (pattern->arguments.count != (size_t)count) {
        return false;
    }
    int before = bindings->count;
    bool matches = true;
    for (int i = 0; i < count && matches; i++) {
        matches = match(pattern->arguments.items[i], arguments[i], bindings);
    }
    if (!matches && count == 2 && (pattern->operation->flags & OPERATOR_COMMUTATIVE) != 0) {
        bindings->count = before;
        matches = match(pattern->arguments.items[0], arguments[1], bindings) &&
                  match(pattern->arguments.items[1], arguments[0], bindings);
    }
    if (!matches) {
        bindings->count = before;
    }
    return matches;
}

static bool match(const struct expression *pattern, const struct node *node,
                  struct bindings *bindings)
{
    if (pattern->kind == EXPRESSION_NUMBER) {
        return node_is_number(node, pattern->number);
    }
    if (pattern->kind == EXPRESSION_NAME) {
        const struct node *bound = find_binding(bindings, pattern->name);
        if (bound != NULL) {
            return bound == node;
        }
        if (!may_stand_for(pattern->name, node)) {
            return false;
        }
        bind(bindings, pattern->name, node);
        return true;
    }
    return node->kind == NODE_APPLY && node->operation == pattern->operation &&
           match_arguments(pattern, node->argument_count, node->arguments, bindings);
}

/* ---- Building ---- */

static const struct node *build_name(struct rules *rules, const char *name,
                                     const struct bindings *bindings)
{
    const struct node *value = find_binding(bindings, name);
    if (value != NULL) {
        return value;
    }
    return node_number(rules->graph,
                       strcmp(name, "pi") == 0 ? 3.14159265358979323846 : (double)INFINITY);
}

const struct node *rule_build(struct rules *rules, const struct expression *expression,
                              const struct bindings *bindings)
{
    if (expression->kind == EXPRESSION_NUMBER) {
        return node_number(rules->graph, expression->number);
    }
    if (expression->kind == EXPRESSION_NAME) {
        return build_name(rules, expression->name, bindings);
    }
    const struct node *arguments[OPERATOR_ARITY_MAX];
    for (size_t i = 0; i < expression->arguments.count; i++) {
        arguments[i] = rule_build(rules, expression->arguments.items[i], bindings);
    }
    return node_apply(rules->graph, expression->operation->id, (int)expression->arguments.count,
                      arguments);
}

/* Builds a part of a rule, which is read now if it was not before. */
static const struct node *build_part(struct rules *rules, const struct expression **part,
                                     const char *text, const struct bindings *bindings)
{
    if (*part == NULL) {
        *part = rule_read(rules, text);
    }
    return rule_build(rules, *part, bindings);
}

static bool holds(struct rules *rules, struct rule *rule, const struct bindings *bindings)
{
    if (rule->when_text[0] == '\0') {
        return true;
    }
    const struct node *value = build_part(rules, &rule->when, rule->when_text, bindings);
    return value->kind == NODE_NUMBER && value->number != 0;
}

const struct node *rules_rewrite(struct rules *rules, const struct rule_list *list, int count,
                                 const struct node *const *arguments)
{
    struct bindings bindings;
    for (size_t i = 0; i < list->count; i++) {
        struct rule *rule = &list->items[i];
        bindings.count = 0;
        if (match_arguments(rule->left, count, arguments, &bindings) &&
            holds(rules, rule, &bindings)) {
            return build_part(rules, &rule->right, rule->right_text, &bindings);
        }
    }
    return NULL;
}

/* ---- Derivatives ---- */

/* How many arguments equal the result: a tie of max or min shares the derivative. */
static const struct node *ties(struct rules *rules, const struct node *apply)
{
    const struct node *sum = node_number(rules->graph, 0);
    for (int i = 0; i < apply->argument_count; i++) {
        sum = node_binary(rules->graph, OPERATOR_ADD, sum,
                          node_binary(rules->graph, OPERATOR_EQUAL, apply->arguments[i], apply));
    }
    return sum;
}

const struct node *rules_derivative(struct rules *rules, const struct node *apply, int argument)
{
    static const char *const letters[] = {"x", "y", "z"};
    struct names *names = rules->context->names;
    const struct operation *operation = apply->operation;
    bool variadic = (operation->flags & OPERATOR_VARIADIC) != 0;
    int column = variadic ? 0 : argument;
    const char *text = operation->derivatives[column];
    if (strcmp(text, "none") == 0) {
        return NULL;
    }
    struct expression **rule = &rules->derivatives[operation->id][column];
    if (*rule == NULL) {
        *rule = rule_read(rules, text);
    }
    struct bindings bindings = {0};
    bind(&bindings, names_intern_text(names, "f"), apply);
    if (variadic) {
        bind(&bindings, names_intern_text(names, "x"), apply->arguments[argument]);
        bind(&bindings, names_intern_text(names, "ties"), ties(rules, apply));
    }
    for (int i = 0; i < apply->argument_count && !variadic; i++) {
        bind(&bindings, names_intern_text(names, letters[i]), apply->arguments[i]);
    }
    return rule_build(rules, *rule, &bindings);
}

/* ---- Simplifying ---- */

/* if c then x else 0, or if c then 0 else x */
static bool is_masked(const struct node *node)
{
    return node_is(node, OPERATOR_IF) &&
           (node_is_number(node->arguments[1], 0) || node_is_number(node->arguments[2], 0));
}

/* `operator` applied inside the branches of a mask; a branch that is 0 stays 0. */
struct masking {
    struct graph *graph;
    enum operator_id id;
    const struct node *other; /* the other operand; NULL for a sign */
    bool mask_first;
};

static const struct node *masked_branch(const struct masking *masking, const struct node *branch)
{
    if (node_is_number(branch, 0)) {
        return branch;
    }
    if (masking->other == NULL) {
        return node_unary(masking->graph, masking->id, branch);
    }
    return masking->mask_first ? node_binary(masking->graph, masking->id, branch, masking->other)
                               : node_binary(masking->graph, masking->id, masking->other, branch);
}

/* A factor of 0 or 1 selects: the branch that is not taken must not be multiplied by 0, since it
 * may be infinite. */
static const struct node *apply_inside(const struct masking *masking, const struct node *mask)
{
    struct graph *graph = masking->graph;
    if (mask->boolean) {
        return node_select(graph, mask, masked_branch(masking, node_number(graph, 1)),
                           node_number(graph, 0));
    }
    return node_select(graph, mask->arguments[0], masked_branch(masking, mask->arguments[1]),
                       masked_branch(masking, mask->arguments[2]));
}

static const struct node *simplify_mask(struct graph *graph, const struct operation *operation,
                                        const struct node *const *arguments)
{
    struct masking masking = {.graph = graph, .id = operation->id, .mask_first = true};
    if (masking.id == OPERATOR_NEGATE) {
        return is_masked(arguments[0]) ? apply_inside(&masking, arguments[0]) : NULL;
    }
    if (masking.id != OPERATOR_MULTIPLY && masking.id != OPERATOR_DIVIDE) {
        return NULL;
    }
    if (arguments[0]->boolean || is_masked(arguments[0])) {
        masking.other = arguments[1];
        return apply_inside(&masking, arguments[0]);
    }
    if (masking.id == OPERATOR_MULTIPLY && (arguments[1]->boolean || is_masked(arguments[1]))) {
        masking.other = arguments[0];
        masking.mask_first = false;
        return apply_inside(&masking, arguments[1]);
    }
    return NULL;
}

static const struct node *simplify_apply(void *context, const struct operation *operation,
                                         int count, const struct node *const *arguments)
{
    struct rules *rules = context;
    /* Masks first: a row such as p*log(y) = xlogy(p, y) must not take one in. */
    const struct node *simpler = simplify_mask(rules->graph, operation, arguments);
    if (simpler == NULL) {
        simpler = rules_rewrite(rules, &rules->exact[operation->id], count, arguments);
    }
    return simpler != NULL ? simpler : simplify_comparison(rules->graph, operation, arguments);
}

static const struct node *simplify_reduce(void *context, const struct reduction *reduction,
                                          int index_count, const struct index *const *indices,
                                          const struct node *element, const struct node *condition)
{
    struct rules *rules = context;
    return simplify_reduction(rules->graph, reduction, index_count, indices, element, condition);
}

struct rules *rules_create(struct graph *graph, struct parse_context *context)
{
    struct rules *rules = ARENA_NEW(graph_arena(graph), struct rules);
    rules->graph = graph;
    rules->context = context;
    read_rewrites(rules);
    rules->simplifier = (struct simplifier){simplify_apply, simplify_reduce, rules};
    graph_set_simplifier(graph, &rules->simplifier);
    return rules;
}

/* ---- The accurate form ---- */

static const struct node *stabilize_visit(void *context, const struct node *node)
{
    struct rules *rules = context;
    if (node->kind != NODE_APPLY) {
        return node;
    }
    const struct node *stable = rules_rewrite(rules, &rules->stable[node->operation->id],
                                              node->argument_count, node->arguments);
    return stable == NULL ? node : stable;
}

/* Most formulas have nothing that a STABLE row begins with: those are not walked. */
static bool may_stabilize(const struct rules *rules, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(graph_arena(rules->graph), &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_APPLY && rules->stable[order[i]->operation->id].count > 0) {
            return true;
        }
    }
    return false;
}

const struct node *node_stabilize(struct rules *rules, const struct node *node)
{
    if (!may_stabilize(rules, node)) {
        return node;
    }
    return node_rewrite(rules->graph, node, stabilize_visit, rules);
}

void program_stabilize(struct rules *rules, struct program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        program->equations[i]->body = node_stabilize(rules, program->equations[i]->body);
    }
}
