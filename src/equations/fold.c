#include "equations/fold.h"

#include "equations/node_map.h"
#include "runtime/elementary.h"
#include "runtime/ratios.h"
#include "runtime/remainders.h"
#include "runtime/special.h"

#include <math.h>

typedef double evaluator(double x, double y, double z);

/* Comparing reals for equality is what `==` in the language means, a real as a truth what `and`,
 * `or`, `not` and `if` do. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)           \
    static double evaluate_##id(double x, double y, double z)                                      \
    {                                                                                              \
        (void)x;                                                                                   \
        (void)y;                                                                                   \
        (void)z;                                                                                   \
        return (double)(c);                                                                        \
    }
#define REDUCTION(id, spelling, unit, combine, derivative, latex)
#include "../grammar/operators.def"
#pragma GCC diagnostic pop

static evaluator *const evaluators[] = {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)           \
    evaluate_##id,
#define REDUCTION(id, spelling, unit, combine, derivative, latex)
#include "../grammar/operators.def"
};

double operator_evaluate(const struct operation *operation, int count, const double *arguments)
{
    evaluator *evaluate = evaluators[operation->id];
    double value =
        evaluate(arguments[0], count > 1 ? arguments[1] : 0.0, count > 2 ? arguments[2] : 0.0);
    if ((operation->flags & OPERATOR_VARIADIC) != 0) {
        for (int i = 2; i < count; i++) {
            value = evaluate(value, arguments[i], 0.0);
        }
    }
    return value;
}

/* Whether `value`, the rounded result, is the exact one. */
static bool is_exact(enum operator_id id, const double *x, double value)
{
    switch (id) {
    case OPERATOR_ADD:
        return value - x[0] == x[1] && value - x[1] == x[0];
    case OPERATOR_SUBTRACT:
        return value - x[0] == -x[1] && value + x[1] == x[0];
    case OPERATOR_MULTIPLY:
        return fma(x[0], x[1], -value) == 0 && (value != 0 || x[0] == 0 || x[1] == 0);
    case OPERATOR_DIVIDE:
        return x[1] != 0 && fma(value, x[1], -x[0]) == 0 && (value != 0 || x[0] == 0);
    case OPERATOR_POWER:
        /* Whole results of this size come out of pow() exactly. */
        return x[1] == rint(x[1]) && x[1] >= 0 && x[0] == rint(x[0]) && fabs(value) < 0x1p53;
    case OPERATOR_MOD:
        return x[0] == rint(x[0]) && x[1] == rint(x[1]) && fabs(x[0]) < 0x1p53 &&
               fabs(x[1]) < 0x1p53;
    case OPERATOR_SQRT:
        return value * value == x[0] && fma(value, value, -x[0]) == 0;
    case OPERATOR_NEGATE:
    case OPERATOR_ABS:
    case OPERATOR_SIGN:
    case OPERATOR_MIN:
    case OPERATOR_MAX:
    case OPERATOR_FLOOR:
    case OPERATOR_CEIL:
    case OPERATOR_ROUND:
        return true;
    default:
        return false;
    }
}

bool operator_is_exact(const struct operation *operation, int count, const double *arguments,
                       double value)
{
    /* Of exp, cos and their like at 0, log at 1. */
    bool plain = count == 1 && (value == 0 || (arguments[0] == 0 && value == rint(value)));
    bool pairs =
        count <= operation->arity || operation->id == OPERATOR_MIN || operation->id == OPERATOR_MAX;
    return (operation->flags & OPERATOR_BOOLEAN) != 0 || operation->id == OPERATOR_IF || plain ||
           (pairs && is_exact(operation->id, arguments, value));
}

const struct node *fold_numbers(struct graph *graph, const struct operation *operation, int count,
                                const struct node *const *arguments)
{
    double values[RANK_MAX];
    if (count > RANK_MAX) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        if (arguments[i]->kind != NODE_NUMBER) {
            return NULL;
        }
        values[i] = arguments[i]->number;
    }
    double value = operator_evaluate(operation, count, values);
    bool keeps =
        (operation->flags & OPERATOR_BOOLEAN) != 0 || is_exact(operation->id, values, value);
    return keeps && (isfinite(value) || operation->id == OPERATOR_NEGATE)
               ? node_number(graph, value)
               : NULL;
}

/* Whether the leaves at the edges are known: of most nodes that are not constant, one is not. */
static bool edges_known(const struct node *node)
{
    const struct node *first = node, *last = node;
    double value;
    while (first->kind == NODE_APPLY) {
        first = first->arguments[0];
    }
    while (last->kind == NODE_APPLY) {
        last = last->arguments[last->argument_count - 1];
    }
    return node_known(first, &value) && node_known(last, &value);
}

/* Of operands whose values are known. */
static double value_of_apply(struct arena *arena, const struct node_map *values,
                             const struct node *apply)
{
    size_t arity = (size_t)apply->argument_count;
    double *arguments = ARENA_ARRAY(arena, double, arity);
    for (size_t i = 0; i < arity; i++) {
        arguments[i] = *(const double *)node_map_find(values, apply->arguments[i]);
    }
    return operator_evaluate(apply->operation, apply->argument_count, arguments);
}

bool node_constant(struct graph *graph, const struct node *node, double *value)
{
    struct arena *arena = graph_arena(graph);
    size_t count;
    if (!edges_known(node)) {
        return false;
    }
    const struct node **order = node_order(arena, &node, 1, &count);
    double *results = ARENA_ARRAY(arena, double, count);
    struct node_map *values = node_map_open(graph);
    bool known = true;
    for (size_t i = 0; i < count && known; i++) {
        if (order[i]->kind == NODE_APPLY) {
            results[i] = value_of_apply(arena, values, order[i]);
        } else {
            known = node_known(order[i], &results[i]);
        }
        node_map_store(values, order[i], &results[i]);
    }
    node_map_close(values);
    if (known) {
        *value = results[count - 1];
    }
    return known;
}
