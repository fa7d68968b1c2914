/* Guards: the conditions under which a node of an expression is evaluated.
 *
 * A branch of `if`, and the second operand of `and` and `or`, is evaluated only where its condition
 * says so; an element of a reduction only where the reduction's condition holds. What may stand
 * nowhere else, such as a load that leaves its tensor elsewhere, keeps its guard wherever it is
 * moved. */
#ifndef SYMGRAD_EQUATIONS_GUARDS_H
#define SYMGRAD_EQUATIONS_GUARDS_H

#include "equations/graph.h"

/* The conditions around a node, the innermost first. */
struct guard {
    const struct guard *outer, *jump; /* `jump` leads further out, for a short way to any depth */
    unsigned depth;                   /* 0: no condition, evaluated always */
    uint64_t hash;
    const struct node *condition;
    bool negated;
};

struct guards {
    struct graph *graph;
    struct table *of;   /* node to its innermost common guard */
    struct table *made; /* equal guards are the same guard */
};

struct guards guards_create(struct graph *graph);

/* The guard that holds always, and one more condition under a guard. */
const struct guard *guard_none(void);
const struct guard *guard_under(struct guards *guards, const struct guard *outer,
                                const struct node *condition, bool negated);

/* Whether the conditions of `outer` are among those of `inner`, outside of all others. */
bool guard_is_within(const struct guard *inner, const struct guard *outer);
/* The guard of an operator's k-th argument, where the operator stands under `guard`. */
const struct guard *guard_of_argument(struct guards *guards, const struct node *apply, int k,
                                      const struct guard *guard);

/* Takes note that `node` is evaluated under a guard; of several uses the common part counts. */
void guards_note(struct guards *guards, const struct node *node, const struct guard *guard);
/* The guards of everything in `order` (users after their arguments), whose roots are noted. With
 * `inside` also of the elements of reductions. */
void guards_spread(struct guards *guards, const struct node *const *order, size_t count,
                   bool inside);
/* NULL for a node that was not reached. */
const struct guard *guards_of(const struct guards *guards, const struct node *node);

/* All conditions around, joined, the outermost first since it guards the others; NULL: none. */
const struct node *guard_condition(struct graph *graph, const struct guard *guard);

/* left and right, where NULL stands for what holds always. */
const struct node *conjunction(struct graph *graph, const struct node *left,
                               const struct node *right);
/* not c, said as a comparison where that is the same for whole numbers and reals that are no NaN.
 */
const struct node *negation(struct graph *graph, const struct node *condition);

#endif
