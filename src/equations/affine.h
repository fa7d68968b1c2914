/* Whole-number expressions of the form c0 + c1*i + c2*j + ..., as subscripts and bounds mostly are,
 * and what can be proven about them from the ranges of their indices. */
#ifndef SYMGRAD_EQUATIONS_AFFINE_H
#define SYMGRAD_EQUATIONS_AFFINE_H

#include "equations/graph.h"

#define AFFINE_TERMS_MAX 16

/* constant + sum of coefficient * atom; an atom is an INDEX, a SIZE of unknown value, or any other
 * node that is not affine itself (a load of whole-number data). */
struct affine {
    bool valid; /* false: too many terms, or a coefficient that is not whole */
    long constant;
    int count;
    struct {
        const struct node *atom;
        long coefficient;
    } terms[AFFINE_TERMS_MAX];
};

struct affine affine_of(const struct node *node);
struct affine affine_add(struct affine left, struct affine right,
                         long factor); /* left + factor*right */
const struct node *affine_node(struct graph *graph, const struct affine *affine);
/* The node in canonical affine form: equal bounds become the same node. */
const struct node *affine_normalize(struct graph *graph, const struct node *node);
/* The condition left >= right, each term on the side where its sign is positive: i >= 1, not
 * i - 1 >= 0. */
const struct node *affine_at_least(struct graph *graph, const struct node *left,
                                   const struct node *right);
long affine_coefficient(const struct affine *affine, const struct node *atom);

/* Replaces each index by the end of its range that makes the value smallest (largest), and each
 * load of whole numbers by the end of theirs. Invalid where an atom has no known range. */
struct affine affine_minimum(const struct affine *affine);
struct affine affine_maximum(const struct affine *affine);

/* True when left <= right whatever the indices and sizes (every dimension is at least 1). */
bool affine_proves_at_most(const struct node *left, const struct node *right);
bool affine_proves_below(const struct node *left, const struct node *right);
/* True when they are the same number, or different ones, whatever the indices and sizes. */
bool affine_proves_equal(const struct node *left, const struct node *right);
bool affine_proves_apart(const struct node *left, const struct node *right);

/* The same when the conditions (comparisons joined by `and`) hold. */
bool affine_proves_under(const struct node *left, const struct node *right,
                         const struct node *const *conditions, int condition_count);

/* True when a subscript of a load, all of its subscripts, or those of every load in a node are
 * within their axes whatever the indices are. */
bool subscript_stays_in_bounds(const struct node *load, int axis);
bool load_stays_in_bounds(const struct node *load);
bool node_stays_in_bounds(struct arena *arena, const struct node *node);

#endif
