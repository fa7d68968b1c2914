/* Algebra: the rules of grammar/rewrites.def, applied whenever a node is built. */
#ifndef SYMGRAD_CALCULUS_SIMPLIFY_H
#define SYMGRAD_CALCULUS_SIMPLIFY_H

#include "equations/program.h"
#include "syntax/parse.h"

struct rules;

/* Reads the tables: rewrites.def and the derivatives in operators.def. */
struct rules *rules_create(struct graph *graph, struct parse_context *context);

/* The derivative of an apply by its k-th argument; NULL where the operator has none. */
const struct node *rules_derivative(struct rules *rules, const struct node *apply, int argument);

/* Of a product over indices, that of all elements but the one at `indices`. */
const struct node *product_of_others(struct graph *graph, const struct node *product,
                                     const struct index *const *indices);

/* Whether a condition is sure to hold for some values of its indices: the first or the last. */
bool holds_somewhere(struct graph *graph, int count, const struct index *const *indices,
                     const struct node *condition);

/* Takes the branches that the conditions around them decide. */
const struct node *node_prune(struct graph *graph, const struct node *node);

/* Brings a program to the accurate form: the STABLE rows, applied once all derivatives are taken.
 */
void program_stabilize(struct rules *rules, struct program *program);
const struct node *node_stabilize(struct rules *rules, const struct node *node);

#endif
