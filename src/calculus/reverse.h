/* Reverse differentiation over equations: the adjoint of each definition is a definition.
 *
 * For each load U[f(i,k)] in T[i] = body, the adjoint of U gains the sum, over the indices that
 * reach an element, of adjoint(T)[i] * d body / d load. See Griewank and Walther, Evaluating
 * Derivatives, 2008, chapter 3, with statements in place of elementary operations. */
#ifndef SYMGRAD_CALCULUS_REVERSE_H
#define SYMGRAD_CALCULUS_REVERSE_H

#include "calculus/simplify.h"

/* Appends to `program` the equations of d loss / d wrt[k], and sets adjoints[k] to the tensor that
 * holds it (of wrt[k]'s shape; NULL is never set: an unreached one is a tensor of zeros). `loss`
 * has rank 0. False after an error: an operator without a derivative stands on the way. */
bool reverse_differentiate(struct rules *rules, struct program *program, const struct tensor *loss,
                           const struct tensor *const *wrt, size_t count,
                           const struct tensor **adjoints, struct diagnostics *diagnostics);

/* The derivatives of one scalar expression by each index-free variable tensor in `wrt`. */
bool reverse_expression(struct rules *rules, struct graph *graph, const struct node *expression,
                        const struct tensor *const *wrt, size_t count,
                        const struct node **derivatives, struct diagnostics *diagnostics);

#endif
