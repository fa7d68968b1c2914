/* Forward differentiation: the tangent of an expression by one element of a tensor, and of each
 * definition that it uses as a definition. See Griewank and Walther, Evaluating Derivatives, 2008,
 * chapter 3.
 *
 * A tangent knows which elements it can be other than zero for: d u[i] / d x[k] of u[i] = f(x[i])
 * is a vector over i, for k = i, and never a matrix. */
#ifndef SYMGRAD_CALCULUS_FORWARD_H
#define SYMGRAD_CALCULUS_FORWARD_H

#include "calculus/simplify.h"

struct forward;

/* Derivatives by elements of `variable`, through the definitions of `program`, which gets the
 * definitions of their tangents. */
struct forward *forward_create(struct rules *rules, struct program *program,
                               const struct tensor *variable);

/* d expression / d variable[subscripts]. NULL where an operator on the way has no derivative: its
 * name is then in *wrong. */
const struct node *forward_derivative(struct forward *forward, const struct node *expression,
                                      const struct node *const *subscripts, const char **wrong);

/* The derivative of an expression by a number in it that an index stands for, such as a function's
 * parameter; definitions do not depend on it. */
const struct node *derivative_by_index(struct rules *rules, struct graph *graph,
                                       const struct node *expression, const struct index *index,
                                       const char **wrong);

#endif
