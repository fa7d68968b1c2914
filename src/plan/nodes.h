/* Small questions about expressions that several steps of planning ask. */
#ifndef SYMGRAD_PLAN_NODES_H
#define SYMGRAD_PLAN_NODES_H

#include "equations/graph.h"

/* Whether a node is the product of two loads. */
bool node_multiplies_loads(const struct node *node);
bool node_is_index(const struct node *node, const struct index *index);

/* The common index that an expression's index becomes, so that expressions which differ in the
 * names of their indices alone are the same node: after `count` others, the k-th over a range gets
 * the range's k-th in `common`. The index itself where two ranges have one hash. */
const struct index *common_index(struct graph *graph, struct table *common,
                                 const struct index *const *others, int count,
                                 const struct index *index);

/* Sums and products of indices, sizes and whole numbers: subscripts and bounds. They cost nothing,
 * and as locals they would hide the strides from the C compiler. */
bool node_is_index_arithmetic(const struct node *node);

/* Whole numbers computed from indices and sizes, in whole or by rounding. */
bool node_is_whole(const struct node *node);

/* What costs more than to read its value from memory. */
bool node_is_expensive(const struct node *node);

/* A loop over more values of an index is not written out as its iterations. */
enum { PIECES_MAX = 8 };

/* Whether a condition is decided by an index alone, in a way that no bounds of its loop can say. */
bool node_picks_values(struct arena *arena, const struct node *condition,
                       const struct index *index);

/* Whether a node is a load of elements that data choose, side by side along an index. */
bool load_is_chosen_along(const struct node *node, const struct index *index);

/* The number of elements of a tensor as a node over sizes; the value of such a node, false where it
 * is known only at run time. */
const struct node *tensor_size(struct graph *graph, const struct tensor *tensor);
bool size_known(struct graph *graph, const struct node *size, double *value);
/* Whether an index runs over a dimension that the data alone know. */
bool index_is_open(const struct index *index);
/* The range of an index, first <= value < end, where it has `most` values at the most. */
bool index_has_few_values(struct graph *graph, const struct index *index, long most, long *first,
                          long *end);

#endif
