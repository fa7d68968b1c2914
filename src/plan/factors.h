/* Sums of products, taken apart: a sum over several indices whose factors know some of them only is
 * a sum of sums; factors that belong to one side of a matrix product are one operand of it. */
#ifndef SYMGRAD_PLAN_FACTORS_H
#define SYMGRAD_PLAN_FACTORS_H

#include "plan/statement.h"

/* sum[k,l] a[k]*b[k,l]*c[l] = sum[k] a[k] * (sum[l] b[k,l]*c[l]): takes the loop over l out of a
 * statement, whose value then holds the inner sum. False, with all as it was, where each factor
 * knows all indices. */
bool statement_nest_sum(struct statements *statements, struct statement *statement);

/* The two operands of a matrix product. */
struct operands {
    const struct node *sides[2];
    bool apart[2]; /* wants a tensor of its own: no load, or one whose subscripts add up indices */
    /* The indices of each side: those that only choose among matrices, that of its rows or
     * columns, those of the depth. */
    const struct index *indices[2][LOOPS_MAX];
    int counts[2];
};

/* Whether the elements of a sum are products of what belongs to the rows with what belongs to the
 * columns of its target, not both of them plain loads. */
bool statement_find_operands(struct statements *statements, const struct statement *statement,
                             struct operands *operands);

/* A sum of products under conditions that do not know all of its indices, such as the adjoint of
 * what a convolution reads: sum[o,v : c(i,v)] a[o,i-v]*b[o,v] = sum[v : c(i,v)] p[v,i-v] with
 * p[v,k] = sum[o] a[o,k]*b[o,v], which is a matrix product. */
struct inner_product {
    const struct node *sum;                /* over the indices that no condition knows */
    const struct index *indices[RANK_MAX]; /* those of its tensor's axes */
    const struct node *subscripts[RANK_MAX];
    int rank;
};

/* Takes the loops over the inner indices out of the statement, whose value the caller sets to the
 * element of the inner product. False, with all as it was, where there is none. */
bool statement_find_inner_product(struct statements *statements, struct statement *statement,
                                  const struct conditions *conditions, struct inner_product *inner);

#endif
