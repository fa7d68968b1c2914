/* Comparisons of indices that the ranges of the indices decide: t + 1 >= 0 where t runs from 0. */
#include "calculus/rules.h"
#include "equations/affine.h"

/* Whether a side is made of indices, sizes, numbers and whole numbers of a known range, or what is
 * left of them divided by each other. */
static bool is_of_indices(const struct node *node)
{
    if (node->kind == NODE_LOAD) {
        return node->tensor->values.first != NULL;
    }
    if (node->kind != NODE_APPLY) {
        return node->kind == NODE_INDEX || node->kind == NODE_SIZE || node->kind == NODE_NUMBER;
    }
    enum operator_id id = node->operation->id;
    if (id != OPERATOR_ADD && id != OPERATOR_SUBTRACT && id != OPERATOR_MULTIPLY &&
        id != OPERATOR_NEGATE && id != OPERATOR_MOD) {
        return false;
    }
    for (int i = 0; i < node->argument_count; i++) {
        if (!is_of_indices(node->arguments[i])) {
            return false;
        }
    }
    return true;
}

/* 1: x <= y (or x < y with `strictly`) always, 0: never, -1: that depends. */
static int decide_order(const struct node *x, const struct node *y, bool strictly)
{
    if (strictly ? affine_proves_below(x, y) : affine_proves_at_most(x, y)) {
        return 1;
    }
    return (strictly ? affine_proves_at_most(y, x) : affine_proves_below(y, x)) ? 0 : -1;
}

static int decide(enum operator_id id, const struct node *x, const struct node *y)
{
    bool apart;
    switch (id) {
    case OPERATOR_LESS:
        return decide_order(x, y, true);
    case OPERATOR_LESS_EQUAL:
        return decide_order(x, y, false);
    case OPERATOR_GREATER:
        return decide_order(y, x, true);
    case OPERATOR_GREATER_EQUAL:
        return decide_order(y, x, false);
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
        if (affine_proves_at_most(x, y) && affine_proves_at_most(y, x)) {
            return id == OPERATOR_EQUAL;
        }
        apart = affine_proves_below(x, y) || affine_proves_below(y, x);
        return apart ? id == OPERATOR_NOT_EQUAL : -1;
    default:
        return -1;
    }
}

const struct node *simplify_comparison(struct graph *graph, const struct operation *operation,
                                       const struct node *const *arguments)
{
    if (operation->precedence != PRECEDENCE_COMPARISON || !is_of_indices(arguments[0]) ||
        !is_of_indices(arguments[1])) {
        return NULL;
    }
    int decided = decide(operation->id, arguments[0], arguments[1]);
    return decided < 0 ? NULL : node_number(graph, decided);
}
