/* Exponents kept apart, so that textbook formulas stay finite and accurate.
 *
 * log(sum[j] exp(z[j])) overflows where its value is ordinary; so does a softmax, and the product
 * of many likelihoods underflows. Here what is exponential is held as coefficient * exp(exponent):
 * a sum takes out its largest exponent, a quotient of two such values subtracts exponents, a
 * logarithm gives the exponent itself. Definitions are looked through, so that log(p[i,k]) finds
 * that p is a softmax. See Blanchard, Higham and Higham, Accurately computing the log-sum-exp and
 * softmax functions, 2021.
 *
 * What is taken out of a sum counts as a constant in derivatives, as it cancels. */
#ifndef SYMGRAD_CALCULUS_EXPONENTS_H
#define SYMGRAD_CALCULUS_EXPONENTS_H

#include "equations/program.h"

/* Rewrites logarithms and quotients in all equations of a program, whose order stays. */
void program_keep_exponents(struct program *program);

/* The same for an expression that stands alone. */
const struct node *node_keep_exponents(struct graph *graph, const struct node *node);

#endif
