/* Arithmetic on numbers when compiling, where it is exact: 2*3 becomes 6, but 1/3 stays as it is,
 * so that a formula prints as it was written and no rounding is added. */
#ifndef SYMGRAD_EQUATIONS_FOLD_H
#define SYMGRAD_EQUATIONS_FOLD_H

#include "equations/graph.h"

/* The number that an operator gives on these arguments; NULL where an argument is no number or the
 * result is not exact. */
const struct node *fold_numbers(struct graph *graph, const struct operation *operation, int count,
                                const struct node *const *arguments);

/* The value of a node without indices, loads and sizes of unknown value; false where it has any. */
bool node_constant(struct graph *graph, const struct node *node, double *value);

/* An operator's value in double arithmetic, as the interpreter and emitted C compute it. */
double operator_evaluate(const struct operation *operation, int count, const double *arguments);

/* Whether `value`, which the operator gives on these arguments, is exact, as far as that is seen:
 * the next double would be wrong. */
bool operator_is_exact(const struct operation *operation, int count, const double *arguments,
                       double value);

#endif
