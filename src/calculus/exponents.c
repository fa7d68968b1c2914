#include "calculus/exponents.h"

#include "calculus/finite.h"

#include <math.h>

/* So deep a formula is looked into, definitions included. */
#define DEPTH_MAX 48

/* Sums of so many terms are taken as a whole; longer ones two by two. */
#define TERM_MAX 16

/* A value as coefficient * exp(exponent). */
struct scaled {
    const struct node *coefficient, *exponent; /* exponent NULL: none is kept apart */
    bool tame; /* log(coefficient) is finite where the exponent is */
};

/* Where a value stands: in a logarithm all is kept as an exponent that can be. */
enum place { IN_QUOTIENT, IN_LOGARITHM, PLACE_COUNT };

struct keeper {
    struct graph *graph;
    const struct program *program;    /* NULL: an expression alone */
    struct table *known[PLACE_COUNT]; /* node to struct scaled */
    struct table *bodies;             /* load to what it loads */
    struct finite finite;
};

static struct scaled split(struct keeper *keeper, const struct node *node, enum place place,
                           int depth);

/* ---- Nodes ---- */

static bool is_surely_finite(struct keeper *keeper, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(graph_arena(keeper->graph), &node, 1, &count);
    finite_survey(&keeper->finite, order, count);
    return is_finite(&keeper->finite, node);
}

static const struct node *number(const struct keeper *keeper, double value)
{
    return node_number(keeper->graph, value);
}

static const struct node *unary(const struct keeper *keeper, enum operator_id id,
                                const struct node *x)
{
    return node_unary(keeper->graph, id, x);
}

static const struct node *binary(const struct keeper *keeper, enum operator_id id,
                                 const struct node *x, const struct node *y)
{
    return node_binary(keeper->graph, id, x, y);
}

/* left + sign*right, where NULL is 0. */
static const struct node *exponent_sum(const struct keeper *keeper, enum operator_id id,
                                       const struct node *left, const struct node *right)
{
    if (right == NULL) {
        return left;
    }
    if (left == NULL) {
        return id == OPERATOR_ADD ? right : unary(keeper, OPERATOR_NEGATE, right);
    }
    return left == right && id == OPERATOR_SUBTRACT ? NULL : binary(keeper, id, left, right);
}

/* coefficient*exp(exponent); where something is taken out of the exponent, it stands in a sum that
 * is 1 or more, or is divided by one, and need not be told from 0 when it is tiny. */
static const struct node *times_exponential(const struct keeper *keeper,
                                            const struct node *coefficient,
                                            const struct node *exponent)
{
    if (exponent == NULL) {
        return coefficient;
    }
    bool shifted =
        node_is(exponent, OPERATOR_SUBTRACT) && node_is(exponent->arguments[1], OPERATOR_ANCHOR);
    const struct node *power = unary(keeper, shifted ? OPERATOR_EXP0 : OPERATOR_EXP, exponent);
    if (node_is(coefficient, OPERATOR_DIVIDE) && node_is_number(coefficient->arguments[0], 1)) {
        return binary(keeper, OPERATOR_DIVIDE, power, coefficient->arguments[1]);
    }
    return binary(keeper, OPERATOR_MULTIPLY, coefficient, power);
}

static bool is_product_over(const struct node *node)
{
    return node->kind == NODE_REDUCE && node->reduction->id == REDUCTION_PRODUCT;
}

/* What a load stands for, where that is not computed step by step; otherwise the node itself. */
static const struct node *looked_through(struct keeper *keeper, const struct node *node)
{
    if (node->kind != NODE_LOAD || keeper->program == NULL) {
        return node;
    }
    const struct equation *equation = program_find(keeper->program, node->tensor);
    if (equation == NULL || equation->update || equation->recurrence != NULL ||
        (equation->body->kind != NODE_APPLY && equation->body->kind != NODE_REDUCE)) {
        return node;
    }
    const struct node *body = table_find(keeper->bodies, node);
    if (body == NULL) {
        body = node_substitute(keeper->graph, equation->body, node->argument_count,
                               equation->indices, node->arguments);
        table_store(keeper->bodies, node, (void *)(uintptr_t)body);
    }
    return body;
}

/* ---- What is taken out of a sum ---- */

static bool is_taken_out(struct keeper *keeper, const struct node *term)
{
    const struct node *value = looked_through(keeper, term);
    return node_is(value, OPERATOR_STOP) || node_is(value, OPERATOR_ANCHOR) ||
           (value->kind == NODE_REDUCE && value->reduction->id == REDUCTION_MAX);
}

/* Whether an exponent is the difference from a maximum already. */
static bool is_shifted(struct keeper *keeper, const struct node *exponent)
{
    return node_is(exponent, OPERATOR_SUBTRACT) && is_taken_out(keeper, exponent->arguments[1]);
}

static struct scaled split_sum_over(struct keeper *keeper, const struct node *reduce, int depth)
{
    struct scaled none = {reduce, NULL, false};
    struct graph *graph = keeper->graph;
    struct opened opened = node_open(graph, reduce);
    const struct index *indices[RANK_MAX];
    bool varies = false;
    struct scaled element = split(keeper, opened.element, IN_QUOTIENT, depth);
    for (int i = 0; i < reduce->index_count && element.exponent != NULL; i++) {
        indices[i] = opened.indices[i];
        varies = varies || node_depends_on(element.exponent, indices[i]);
    }
    bool tame = opened.condition == NULL && element.tame;
    if (!varies || is_shifted(keeper, element.exponent)) {
        none.tame = varies && tame;
        return none;
    }
    const struct node *largest = node_reduce(graph, REDUCTION_MAX, reduce->index_count, indices,
                                             element.exponent, opened.condition);
    const struct node *out = unary(keeper, OPERATOR_ANCHOR, largest);
    const struct node *rest = times_exponential(
        keeper, element.coefficient, binary(keeper, OPERATOR_SUBTRACT, element.exponent, out));
    const struct node *sum =
        node_reduce(graph, REDUCTION_SUM, reduce->index_count, indices, rest, opened.condition);
    return (struct scaled){sum, out, tame};
}

static bool is_plain_exponential(const struct scaled *scaled)
{
    return scaled->exponent != NULL && node_is_number(scaled->coefficient, 1);
}

/* 1 + exp(x), exp(x) + exp(y) and exp(x) - exp(y) have a logarithm with a name of its own. */
static bool split_known_sum(struct keeper *keeper, const struct node *sum,
                            const struct scaled parts[2], struct scaled *result)
{
    struct graph *graph = keeper->graph;
    const bool added = node_is(sum, OPERATOR_ADD);
    const bool ones = node_is_number(sum->arguments[0], 1) || node_is_number(sum->arguments[1], 1);
    const bool plain[2] = {is_plain_exponential(&parts[0]), is_plain_exponential(&parts[1])};
    *result = (struct scaled){number(keeper, 1), NULL, added};
    if (added && ones && (plain[0] || plain[1])) {
        result->exponent = unary(keeper, OPERATOR_SOFTPLUS, parts[plain[0] ? 0 : 1].exponent);
    } else if (plain[0] && plain[1]) {
        const struct node *exponentials[2];
        for (int i = 0; i < 2; i++) {
            exponentials[i] = unary(keeper, OPERATOR_EXP, parts[i].exponent);
        }
        result->exponent =
            unary(keeper, OPERATOR_LOG, node_apply(graph, sum->operation->id, 2, exponentials));
    }
    return result->exponent != NULL;
}

/* The terms of nested sums; their number, 0 where that is too large. */
static size_t terms_of(const struct node *sum, const struct node *terms[TERM_MAX])
{
    size_t count = 0, open = 1;
    const struct node *stack[TERM_MAX] = {sum};
    while (open > 0) {
        const struct node *node = stack[--open];
        if (!node_is(node, OPERATOR_ADD)) {
            terms[count++] = node;
        } else if (count + open + 2 > TERM_MAX) {
            return 0;
        } else {
            stack[open++] = node->arguments[1];
            stack[open++] = node->arguments[0];
        }
    }
    return count;
}

/* Whether to take nested sums as a whole: three terms or more, or one beside a sum over indices. */
static bool is_long_sum(struct keeper *keeper, const struct node *const *terms, size_t count)
{
    bool over = false;
    for (size_t i = 0; i < count; i++) {
        const struct node *value = looked_through(keeper, terms[i]);
        over = over || (value->kind == NODE_REDUCE && value->reduction->id == REDUCTION_SUM);
    }
    return count > 2 || (count == 2 && over);
}

/* Whether a term needs no exponent beside others that have one: a number, and in a logarithm
 * whatever stands beside exponentials that may overflow. */
static bool may_be_plain(struct keeper *keeper, const struct node *const *terms, size_t count,
                         size_t plain, enum place place, int depth)
{
    for (size_t i = 0; i < count && terms[plain]->kind != NODE_NUMBER; i++) {
        if (i != plain && (place == IN_QUOTIENT ||
                           split(keeper, terms[i], IN_QUOTIENT, depth).exponent == NULL)) {
            return false;
        }
    }
    return true;
}

/* The parts of a sum's terms; false where none has an exponent, or they are best left alone. */
static bool split_terms(struct keeper *keeper, const struct node *const *terms, size_t count,
                        enum place place, int depth, struct scaled *parts)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        parts[i] = split(keeper, terms[i], place, depth);
        if (parts[i].exponent == NULL ? !may_be_plain(keeper, terms, count, i, place, depth)
                                      : is_shifted(keeper, parts[i].exponent)) {
            return false;
        }
        any = any || parts[i].exponent != NULL;
    }
    return any;
}

/* Beside 1 in a logarithm all the rest may be tiny, and is not added to it:
 * log(1 + S) = m + log1p(S*exp(-m) + (exp(-m) - 1)). */
static struct scaled split_long_sum(struct keeper *keeper, const struct node *sum,
                                    const struct node *const *terms, size_t count, enum place place,
                                    int depth)
{
    struct scaled parts[TERM_MAX];
    if (!split_terms(keeper, terms, count, place, depth, parts)) {
        return (struct scaled){sum, NULL, false};
    }
    const struct node *largest = NULL, *rest = NULL, *zero = number(keeper, 0);
    bool tame = true, one = false;
    for (size_t i = 0; i < count; i++) {
        const struct node *exponent = parts[i].exponent == NULL ? zero : parts[i].exponent;
        largest = largest == NULL ? exponent : binary(keeper, OPERATOR_MAX, largest, exponent);
        tame = tame && parts[i].tame;
    }
    const struct node *out = unary(keeper, OPERATOR_ANCHOR, largest);
    for (size_t i = 0; i < count; i++) {
        const struct node *exponent = parts[i].exponent == NULL ? zero : parts[i].exponent;
        const struct node *shifted = binary(keeper, OPERATOR_SUBTRACT, exponent, out);
        const bool first = !one && place == IN_LOGARITHM && node_is_number(terms[i], 1);
        const struct node *term = first ? unary(keeper, OPERATOR_EXPM1, shifted)
                                        : times_exponential(keeper, parts[i].coefficient, shifted);
        rest = rest == NULL ? term : binary(keeper, OPERATOR_ADD, rest, term);
        one = one || first;
    }
    if (!one) {
        return (struct scaled){rest, out, tame};
    }
    const struct node *logarithm = unary(keeper, OPERATOR_LOG1P, rest);
    return (struct scaled){number(keeper, 1), binary(keeper, OPERATOR_ADD, out, logarithm), tame};
}

/* x - y, of which x may be a number in a logarithm; 1 - c*exp(x) is best left to log1p. */
static struct scaled split_difference(struct keeper *keeper, const struct node *difference,
                                      const struct scaled parts[2], enum place place)
{
    const struct node *exponents[2], *terms[2];
    for (int i = 0; i < 2; i++) {
        const struct node *term = difference->arguments[i];
        if (parts[i].exponent == NULL &&
            (place == IN_QUOTIENT || term->kind != NODE_NUMBER || node_is_number(term, 1))) {
            return (struct scaled){difference, NULL, false};
        }
        exponents[i] = parts[i].exponent == NULL ? number(keeper, 0) : parts[i].exponent;
    }
    const struct node *largest = binary(keeper, OPERATOR_MAX, exponents[0], exponents[1]);
    const struct node *out = unary(keeper, OPERATOR_ANCHOR, largest);
    for (int i = 0; i < 2; i++) {
        terms[i] = times_exponential(keeper, parts[i].coefficient,
                                     binary(keeper, OPERATOR_SUBTRACT, exponents[i], out));
    }
    return (struct scaled){binary(keeper, OPERATOR_SUBTRACT, terms[0], terms[1]), out, false};
}

/* x + y or x - y. */
static struct scaled split_sum(struct keeper *keeper, const struct node *sum, enum place place,
                               int depth)
{
    struct scaled none = {sum, NULL, false}, known;
    struct scaled parts[2];
    const struct node *terms[TERM_MAX];
    const size_t count = terms_of(sum, terms);
    if (is_long_sum(keeper, terms, count)) {
        return split_long_sum(keeper, sum, terms, count, place, depth);
    }
    for (int i = 0; i < 2; i++) {
        parts[i] = split(keeper, sum->arguments[i], place, depth);
    }
    if (parts[0].exponent == NULL && parts[1].exponent == NULL) {
        return none;
    }
    if (place == IN_LOGARITHM && split_known_sum(keeper, sum, parts, &known)) {
        return known;
    }
    if (node_is(sum, OPERATOR_SUBTRACT)) {
        return split_difference(keeper, sum, parts, place);
    }
    /* 1 + (r/exp(s))^2 reads better as it is. */
    const struct scaled *exponential = &parts[parts[0].exponent == NULL ? 1 : 0];
    const bool both = parts[0].exponent != NULL && parts[1].exponent != NULL;
    const bool simple = exponential->coefficient->kind == NODE_NUMBER;
    return both || (place == IN_LOGARITHM && simple)
               ? split_long_sum(keeper, sum, sum->arguments, 2, place, depth)
               : none;
}

/* ---- Splitting ---- */

static struct scaled split_product(struct keeper *keeper, const struct node *product,
                                   enum place place, int depth)
{
    bool quotient = node_is(product, OPERATOR_DIVIDE);
    struct scaled left = split(keeper, product->arguments[0], place, depth);
    struct scaled right = split(keeper, product->arguments[1], place, depth);
    if (left.exponent == NULL && right.exponent == NULL) {
        return (struct scaled){product, NULL, false};
    }
    return (struct scaled){binary(keeper, quotient ? OPERATOR_DIVIDE : OPERATOR_MULTIPLY,
                                  left.coefficient, right.coefficient),
                           exponent_sum(keeper, quotient ? OPERATOR_SUBTRACT : OPERATOR_ADD,
                                        left.exponent, right.exponent),
                           left.tame && right.tame};
}

/* The exponent of a branch; that of 0 is -inf, lest it be the largest. */
static const struct node *exponent_of_branch(const struct keeper *keeper,
                                             const struct scaled *branch)
{
    if (branch->exponent != NULL) {
        return branch->exponent;
    }
    return number(keeper, node_is_number(branch->coefficient, 0) ? -(double)INFINITY : 0);
}

static struct scaled split_choice(struct keeper *keeper, const struct node *choice,
                                  enum place place, int depth)
{
    struct graph *graph = keeper->graph;
    struct scaled yes = split(keeper, choice->arguments[1], place, depth);
    struct scaled no = split(keeper, choice->arguments[2], place, depth);
    if (yes.exponent == NULL && no.exponent == NULL) {
        return (struct scaled){choice, NULL, false};
    }
    const struct node *condition = choice->arguments[0];
    return (struct scaled){node_select(graph, condition, yes.coefficient, no.coefficient),
                           node_select(graph, condition, exponent_of_branch(keeper, &yes),
                                       exponent_of_branch(keeper, &no)),
                           yes.tame && no.tame};
}

/* factor*exponent, 0 at factor 0 even where the exponent is infinite. */
static const struct node *multiple(struct keeper *keeper, const struct node *factor,
                                   const struct node *exponent, bool finite)
{
    return binary(keeper, finite ? OPERATOR_MULTIPLY : OPERATOR_TIMES0, factor, exponent);
}

static struct scaled split_power(struct keeper *keeper, const struct node *power, enum place place,
                                 int depth)
{
    bool root = node_is(power, OPERATOR_SQRT);
    struct scaled base = split(keeper, power->arguments[0], place, depth);
    if (base.exponent == NULL) {
        return (struct scaled){power, NULL, false};
    }
    const struct node *by = root ? number(keeper, 0.5) : power->arguments[1];
    const struct node *coefficient = root ? unary(keeper, OPERATOR_SQRT, base.coefficient)
                                          : binary(keeper, OPERATOR_POWER, base.coefficient, by);
    bool finite = by->kind == NODE_NUMBER || is_surely_finite(keeper, base.exponent);
    return (struct scaled){coefficient, multiple(keeper, by, base.exponent, finite), base.tame};
}

/* log(coefficient*exp(exponent)) */
static const struct node *logarithm_of(const struct keeper *keeper, const struct scaled *scaled)
{
    const struct node *coefficient = scaled->coefficient;
    if (node_is_number(coefficient, 1)) {
        return scaled->exponent;
    }
    if (node_is(coefficient, OPERATOR_DIVIDE) && node_is_number(coefficient->arguments[0], 1)) {
        return binary(keeper, OPERATOR_SUBTRACT, scaled->exponent,
                      unary(keeper, OPERATOR_LOG, coefficient->arguments[1]));
    }
    return binary(keeper, OPERATOR_ADD, scaled->exponent, unary(keeper, OPERATOR_LOG, coefficient));
}

/* Whether no value of a formula is below 0, as its form alone shows. */
static bool is_never_negative(struct keeper *keeper, const struct node *node, int depth)
{
    static const enum operator_id never[] = {
        OPERATOR_EXP,  OPERATOR_EXP0,     OPERATOR_SIGMOID,        OPERATOR_ABS,
        OPERATOR_SQRT, OPERATOR_SOFTPLUS, OPERATOR_NORMAL_DENSITY, OPERATOR_NORMAL_CDF,
        OPERATOR_ERFC, OPERATOR_COSH,     OPERATOR_RELU,           OPERATOR_STEP};
    static const enum operator_id inherited[] = {OPERATOR_ADD, OPERATOR_MULTIPLY, OPERATOR_DIVIDE,
                                                 OPERATOR_MAX, OPERATOR_STOP};
    const struct node *value = looked_through(keeper, node);
    if (value->kind != NODE_APPLY || depth > DEPTH_MAX) {
        return value->kind == NODE_NUMBER && value->number >= 0;
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (node_is(value, never[i])) {
            return true;
        }
    }
    const bool power = node_is(value, OPERATOR_POWER), choice = node_is(value, OPERATOR_IF);
    bool all = power || choice || value->boolean;
    for (size_t i = 0; i < sizeof inherited / sizeof inherited[0]; i++) {
        all = all || node_is(value, inherited[i]);
    }
    if (power && node_is_number(value->arguments[1], 2)) {
        return true;
    }
    for (int i = choice; i < (power ? 1 : value->argument_count) && !value->boolean; i++) {
        all = all && is_never_negative(keeper, value->arguments[i], depth + 1);
    }
    return all;
}

/* prod[i] x = exp(sum[i] log(x)), where no product of many factors comes near 0; where some may be
 * negative, by their sizes, with the sign of the product as coefficient. */
static struct scaled split_factors(struct keeper *keeper, const struct node *factor,
                                   const struct node *condition, int count,
                                   const struct index *const *indices)
{
    struct graph *graph = keeper->graph;
    const bool plain = is_never_negative(keeper, factor, 0);
    const struct node *size = plain ? factor : unary(keeper, OPERATOR_ABS, factor);
    const struct node *exponent = node_reduce(graph, REDUCTION_SUM, count, indices,
                                              unary(keeper, OPERATOR_LOG, size), condition);
    const struct node *one = number(keeper, 1), *sign = one;
    if (!plain) {
        const struct node *signs = node_reduce(graph, REDUCTION_PRODUCT, count, indices,
                                               unary(keeper, OPERATOR_SIGN, factor), condition);
        sign = node_select(graph, binary(keeper, OPERATOR_LESS, signs, number(keeper, 0)),
                           number(keeper, -1), one);
    }
    return (struct scaled){sign, exponent, false};
}

/* prod[i] c*exp(e) = (prod[i] c)*exp(sum[i] e) */
static struct scaled split_product_over(struct keeper *keeper, const struct node *reduce, int depth)
{
    struct graph *graph = keeper->graph;
    struct opened opened = node_open(graph, reduce);
    struct scaled element = split(keeper, opened.element, IN_LOGARITHM, depth);
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < reduce->index_count; i++) {
        indices[i] = opened.indices[i];
    }
    if (element.exponent == NULL) {
        return split_factors(keeper, opened.element, opened.condition, reduce->index_count,
                             indices);
    }
    const struct node *sum = node_reduce(graph, REDUCTION_SUM, reduce->index_count, indices,
                                         logarithm_of(keeper, &element), opened.condition);
    return (struct scaled){number(keeper, 1), sum, true};
}

/* log(sigmoid(x)) = -softplus(-x) */
static struct scaled split_sigmoid(const struct keeper *keeper, const struct node *x)
{
    const struct node *softplus =
        unary(keeper, OPERATOR_SOFTPLUS, unary(keeper, OPERATOR_NEGATE, x));
    return (struct scaled){number(keeper, 1), unary(keeper, OPERATOR_NEGATE, softplus), true};
}

/* Functions whose logarithm has a name of its own. */
static const struct {
    enum operator_id function, logarithm;
    bool negative; /* it is that of the reciprocal */
} logarithms[] = {
    {OPERATOR_NORMAL_CDF, OPERATOR_LOG_NORMAL_CDF, false},
    {OPERATOR_ERFC, OPERATOR_LOG_ERFC, false},
    {OPERATOR_COSH, OPERATOR_LOG_COSH, false},
    {OPERATOR_SINH, OPERATOR_LOG_SINH, false},
    {OPERATOR_SECH, OPERATOR_LOG_COSH, true},
    {OPERATOR_CSCH, OPERATOR_LOG_SINH, true},
};

static bool has_known_logarithm(const struct node *node)
{
    for (size_t i = 0; i < sizeof logarithms / sizeof logarithms[0]; i++) {
        if (node_is(node, logarithms[i].function)) {
            return true;
        }
    }
    return false;
}

static struct scaled split_function(const struct keeper *keeper, const struct node *node)
{
    for (size_t i = 0; i < sizeof logarithms / sizeof logarithms[0]; i++) {
        if (node_is(node, logarithms[i].function)) {
            const struct node *exponent =
                unary(keeper, logarithms[i].logarithm, node->arguments[0]);
            return (struct scaled){number(keeper, 1),
                                   logarithms[i].negative ? unary(keeper, OPERATOR_NEGATE, exponent)
                                                          : exponent,
                                   false};
        }
    }
    return (struct scaled){node, NULL, false};
}

/* 1 - p, where p is a sigmoid or the normal distribution function. */
static struct scaled split_complement(struct keeper *keeper, const struct node *difference,
                                      enum place place, int depth)
{
    if (place == IN_LOGARITHM && node_is_number(difference->arguments[0], 1)) {
        const struct node *p = looked_through(keeper, difference->arguments[1]);
        if (node_is(p, OPERATOR_SIGMOID)) {
            return split_sigmoid(keeper, unary(keeper, OPERATOR_NEGATE, p->arguments[0]));
        }
        if (node_is(p, OPERATOR_NORMAL_CDF)) {
            return split_function(keeper, unary(keeper, OPERATOR_NORMAL_CDF,
                                                unary(keeper, OPERATOR_NEGATE, p->arguments[0])));
        }
    }
    return split_sum(keeper, difference, place, depth);
}

/* exp(-x^2/2)/sqrt(2*pi) */
static struct scaled split_normal_density(const struct keeper *keeper, const struct node *x)
{
    const struct node *square = binary(keeper, OPERATOR_POWER, x, number(keeper, 2));
    return (struct scaled){
        number(keeper, 0.398942280401432677939946),
        unary(keeper, OPERATOR_NEGATE, binary(keeper, OPERATOR_DIVIDE, square, number(keeper, 2))),
        true};
}

static struct scaled split_negated(struct keeper *keeper, const struct node *negated,
                                   enum place place, int depth)
{
    struct scaled scaled = split(keeper, negated->arguments[0], place, depth);
    scaled.coefficient =
        scaled.exponent == NULL ? negated : unary(keeper, OPERATOR_NEGATE, scaled.coefficient);
    scaled.tame = false;
    return scaled;
}

static struct scaled split_apply(struct keeper *keeper, const struct node *node, enum place place,
                                 int depth)
{
    struct scaled none = {node, NULL, false};
    switch (node->operation->id) {
    case OPERATOR_EXP:
    case OPERATOR_EXP0:
        return (struct scaled){number(keeper, 1), node->arguments[0], true};
    case OPERATOR_NORMAL_DENSITY:
        return split_normal_density(keeper, node->arguments[0]);
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE:
        return split_product(keeper, node, place, depth);
    case OPERATOR_NEGATE:
        return split_negated(keeper, node, place, depth);
    case OPERATOR_ADD:
        return split_sum(keeper, node, place, depth);
    case OPERATOR_SUBTRACT:
        return split_complement(keeper, node, place, depth);
    case OPERATOR_IF:
        return split_choice(keeper, node, place, depth);
    case OPERATOR_SIGMOID:
        return place == IN_LOGARITHM ? split_sigmoid(keeper, node->arguments[0]) : none;
    case OPERATOR_POWER:
    case OPERATOR_SQRT:
        return place == IN_LOGARITHM ? split_power(keeper, node, place, depth) : none;
    default:
        return place == IN_LOGARITHM ? split_function(keeper, node) : none;
    }
}

static struct scaled split_anew(struct keeper *keeper, const struct node *node, enum place place,
                                int depth)
{
    struct scaled none = {node, NULL, node->kind == NODE_NUMBER && node->number > 0};
    if (depth > DEPTH_MAX) {
        return none;
    }
    const struct node *value = looked_through(keeper, node);
    struct scaled scaled = none;
    if (value->kind == NODE_APPLY) {
        scaled = split_apply(keeper, value, place, depth + 1);
    } else if (value->kind == NODE_REDUCE && value->reduction->id == REDUCTION_SUM) {
        scaled = split_sum_over(keeper, value, depth + 1);
    } else if (is_product_over(value) && place == IN_LOGARITHM) {
        scaled = split_product_over(keeper, value, depth + 1);
    }
    none.tame = none.tame || scaled.tame;
    return scaled.exponent == NULL ? none : scaled;
}

static struct scaled split(struct keeper *keeper, const struct node *node, enum place place,
                           int depth)
{
    struct scaled *known = table_find(keeper->known[place], node);
    if (known == NULL) {
        known = ARENA_NEW(graph_arena(keeper->graph), struct scaled);
        *known = split_anew(keeper, node, place, depth);
        table_store(keeper->known[place], node, known);
    }
    return *known;
}

/* ---- Rewriting ---- */

/* In the place of a logarithm, or of a product with one, that of what its operand is. */
static const struct node *put_logarithm(struct keeper *keeper, const struct node *node,
                                        const struct scaled *scaled)
{
    const struct node *logarithm = logarithm_of(keeper, scaled);
    return node->argument_count == 1
               ? logarithm
               : multiple(keeper, node->arguments[0], logarithm,
                          scaled->tame && is_surely_finite(keeper, scaled->exponent));
}

static const struct node *keep_in_logarithm(struct keeper *keeper, const struct node *node)
{
    const struct node *operand = node->arguments[node->argument_count - 1];
    struct scaled scaled = split(keeper, operand, IN_LOGARITHM, 0);
    return scaled.exponent == NULL ? node : put_logarithm(keeper, node, &scaled);
}

/* log(1 + u), which is more accurate than a logarithm of the sum unless that has one of its own. */
static const struct node *keep_in_log1p(struct keeper *keeper, const struct node *node)
{
    const struct node *operand = node->arguments[node->argument_count - 1];
    const struct node *sum = binary(keeper, OPERATOR_ADD, number(keeper, 1), operand);
    struct scaled scaled = split(keeper, sum, IN_LOGARITHM, 0);
    bool known = is_plain_exponential(&scaled) && scaled.tame;
    return known ? put_logarithm(keeper, node, &scaled) : node;
}

static const struct node *keep_in_quotient(struct keeper *keeper, const struct node *quotient)
{
    struct scaled over = split(keeper, quotient->arguments[0], IN_QUOTIENT, 0);
    struct scaled under = split(keeper, quotient->arguments[1], IN_QUOTIENT, 0);
    const bool over_sum = node_is(looked_through(keeper, quotient->arguments[1]), OPERATOR_ADD) &&
                          quotient->arguments[0]->kind == NODE_NUMBER;
    if ((over.exponent == NULL && !over_sum) || under.exponent == NULL) {
        return quotient;
    }
    return times_exponential(
        keeper, binary(keeper, OPERATOR_DIVIDE, over.coefficient, under.coefficient),
        exponent_sum(keeper, OPERATOR_SUBTRACT, over.exponent, under.exponent));
}

static const struct node *keep_visit(void *context, const struct node *node)
{
    struct keeper *keeper = context;
    if (node_is(node, OPERATOR_LOG) || node_is(node, OPERATOR_XLOGY)) {
        return keep_in_logarithm(keeper, node);
    }
    if (node_is(node, OPERATOR_LOG1P) || node_is(node, OPERATOR_XLOG1PY)) {
        return keep_in_log1p(keeper, node);
    }
    return node_is(node, OPERATOR_DIVIDE) ? keep_in_quotient(keeper, node) : node;
}

static struct keeper keeper_create(struct graph *graph, const struct program *program)
{
    struct arena *arena = graph_arena(graph);
    return (struct keeper){.graph = graph,
                           .program = program,
                           .known = {table_create(arena), table_create(arena)},
                           .bodies = table_create(arena),
                           .finite = finite_create(arena)};
}

/* What there is to keep exponents of: quotients of exponentials, and logarithms of these and more.
 */
struct occurrence {
    bool exponential, logarithm, more;
};

static void note_occurrences(struct arena *arena, const struct node *node,
                             struct occurrence *occurrence)
{
    size_t count;
    const struct node **order = node_order(arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *at = order[i];
        occurrence->exponential = occurrence->exponential || node_is(at, OPERATOR_EXP) ||
                                  node_is(at, OPERATOR_EXP0) ||
                                  node_is(at, OPERATOR_NORMAL_DENSITY);
        occurrence->logarithm = occurrence->logarithm || node_is(at, OPERATOR_LOG) ||
                                node_is(at, OPERATOR_XLOGY) || node_is(at, OPERATOR_LOG1P) ||
                                node_is(at, OPERATOR_XLOG1PY);
        occurrence->more = occurrence->more || node_is(at, OPERATOR_SIGMOID) ||
                           has_known_logarithm(at) || is_product_over(at);
    }
}

static bool is_worthwhile(const struct occurrence *occurrence)
{
    return occurrence->exponential || (occurrence->logarithm && occurrence->more);
}

const struct node *node_keep_exponents(struct graph *graph, const struct node *node)
{
    struct keeper keeper = keeper_create(graph, NULL);
    struct occurrence occurrence = {false, false, false};
    note_occurrences(graph_arena(graph), node, &occurrence);
    return is_worthwhile(&occurrence) ? node_rewrite(graph, node, keep_visit, &keeper) : node;
}

/* Puts parts back where they came from, names included. */
static void restore_parts(struct program *program, const struct tensor *const *keep, size_t count)
{
    const struct program flat = *program;
    program_inline_parts(program, keep, count);
    for (size_t i = 0; i < flat.count; i++) {
        const struct tensor *tensor = flat.equations[i]->target;
        if (program_find(program, tensor) == NULL) {
            program_release_name(program, tensor->name);
        }
    }
}

void program_keep_exponents(struct program *program)
{
    struct graph *graph = program->graph;
    struct arena *arena = graph_arena(graph);
    size_t count = program->count;
    struct occurrence occurrence = {false, false, false};
    for (size_t i = 0; i < count && !is_worthwhile(&occurrence); i++) {
        note_occurrences(arena, program->equations[i]->body, &occurrence);
    }
    if (!is_worthwhile(&occurrence)) {
        return;
    }
    const struct tensor **targets = ARENA_ARRAY(arena, const struct tensor *, count);
    for (size_t i = 0; i < count; i++) {
        targets[i] = program->equations[i]->target;
    }
    /* A reduction has its own equation meanwhile: looking through a definition repeats none. */
    program_flatten(program);
    struct keeper keeper = keeper_create(graph, program);
    finite_learn(&keeper.finite, arena, program, program->count);
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        equation->body = node_rewrite(graph, equation->body, keep_visit, &keeper);
    }
    restore_parts(program, targets, count);
}
