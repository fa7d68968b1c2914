/* What a node is, as far as its spelling goes. */
#ifndef SYMGRAD_EMIT_NATURE_H
#define SYMGRAD_EMIT_NATURE_H

#include "emit/expression.h"

bool is_operator(const struct node *node, enum operator_id id);
bool is_comparison(enum operator_id id);
bool is_truth(struct speller *speller, const struct node *node);

/* Whether a node is made of whole numbers by sums, differences and products alone. */
bool is_whole(struct speller *speller, const struct node *node);

/* Whether a node spelt as a whole number has type int. */
bool is_narrow(struct speller *speller, const struct node *node);

/* x^2 and the like, as the simplifier makes of x*x; 0 for any other node. */
int small_exponent(const struct node *node);

/* Whether the text of a node may begin with a minus sign; parentheses too many do no harm. */
bool begins_with_minus(const struct node *node);

#endif
