#include "emit/nature.h"

#include <math.h>

bool is_operator(const struct node *node, enum operator_id id)
{
    return node->kind == NODE_APPLY && node->operation->id == id;
}

bool is_comparison(enum operator_id id)
{
    return id == OPERATOR_LESS || id == OPERATOR_LESS_EQUAL || id == OPERATOR_GREATER ||
           id == OPERATOR_GREATER_EQUAL || id == OPERATOR_EQUAL || id == OPERATOR_NOT_EQUAL;
}

bool is_truth(struct speller *speller, const struct node *node)
{
    if (node->kind == NODE_LOAD) {
        return speller->tensor(speller->context, node->tensor)->type == TYPE_TRUTH;
    }
    return node->boolean;
}

/* Subscripts are small; what is larger than this counts as neither whole nor narrow. */
enum { SMALL = 400 };

enum leaf { LEAF_NO, LEAF_NARROW, LEAF_WIDE };

static enum leaf leaf_of(struct speller *speller, const struct node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        return node->number == rint(node->number) && fabs(node->number) < 0x1p31 ? LEAF_NARROW
                                                                                 : LEAF_NO;
    case NODE_SIZE:
        return node->dimension->known ? LEAF_NARROW : LEAF_WIDE;
    case NODE_INDEX:
        return LEAF_WIDE;
    case NODE_LOAD: {
        const struct spelling *spelling = speller->tensor(speller->context, node->tensor);
        return spelling->type != TYPE_WHOLE ? LEAF_NO : spelling->narrow ? LEAF_NARROW : LEAF_WIDE;
    }
    case NODE_APPLY:
    case NODE_REDUCE:
        break;
    }
    return LEAF_NO;
}

int small_exponent(const struct node *node)
{
    if (!is_operator(node, OPERATOR_POWER) || node->arguments[1]->kind != NODE_NUMBER) {
        return 0;
    }
    double exponent = node->arguments[1]->number;
    return exponent >= 2 && exponent <= RANK_MAX && exponent == rint(exponent) ? (int)exponent : 0;
}

/* Walks sums, differences and products down to their leaves; false as soon as one is not `asked`
 * (LEAF_NARROW: all narrow; LEAF_WIDE: all whole). */
static bool all_leaves(struct speller *speller, const struct node *node, enum leaf asked)
{
    const struct node *stack[SMALL];
    int depth = 0, steps = 0;
    stack[depth++] = node;
    while (depth > 0) {
        node = stack[--depth];
        if (++steps == SMALL) {
            return false;
        }
        if (is_operator(node, OPERATOR_ADD) || is_operator(node, OPERATOR_SUBTRACT) ||
            is_operator(node, OPERATOR_MULTIPLY) || is_operator(node, OPERATOR_NEGATE)) {
            for (int i = 0; i < node->argument_count && depth < SMALL; i++) {
                stack[depth++] = node->arguments[i];
            }
            continue;
        }
        if (small_exponent(node) > 0) {
            stack[depth++] = node->arguments[0];
            continue;
        }
        enum leaf leaf = leaf_of(speller, node);
        if (leaf == LEAF_NO || (asked == LEAF_NARROW && leaf == LEAF_WIDE)) {
            return false;
        }
    }
    return true;
}

bool is_narrow(struct speller *speller, const struct node *node)
{
    return all_leaves(speller, node, LEAF_NARROW);
}

bool is_whole(struct speller *speller, const struct node *node)
{
    return all_leaves(speller, node, LEAF_WIDE);
}

bool begins_with_minus(const struct node *node)
{
    while (node->kind == NODE_APPLY) {
        if (node->operation->id == OPERATOR_NEGATE) {
            return true;
        }
        if (node->operation->precedence != PRECEDENCE_SUM &&
            node->operation->precedence != PRECEDENCE_PRODUCT) {
            return false;
        }
        node = node->arguments[0];
    }
    return node->kind == NODE_NUMBER && signbit(node->number);
}
