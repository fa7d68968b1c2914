/* What collecting is made of: drafts of statements, in collect.c; recurrences, in stretches.c;
 * operands of sums of products and what is computed once for all who need it, in operands.c;
 * equations that fall into pieces, in pieces.c. */
#ifndef SYMGRAD_PLAN_COLLECTOR_H
#define SYMGRAD_PLAN_COLLECTOR_H

#include "equations/guards.h"
#include "plan/statement.h"

/* A statement whose reductions are still inside. */
struct draft {
    struct statement *statement;
    const struct node *body;
    const struct node *guard; /* where it does not hold, nothing is evaluated; NULL: always holds */
    const struct node *condition; /* where it does not hold, nothing is set; NULL: always holds */
    const struct node *element;   /* of a reduction: its value for those around it */
    bool expanded, appended;
};

/* The stretch of a recurrence that is being collected. */
struct stretch {
    struct table *written;                /* tensors of the recurrence */
    struct sequence *sequences[RANK_MAX]; /* of the loops, the outermost first */
    struct statement **waiting;           /* its own: what others need comes before all of them */
    size_t count, capacity;
};

struct collector {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena;
    struct draft **stack;
    size_t depth, capacity;
    struct table *drafts;    /* reduction to the draft that computes it */
    struct table *shared;    /* expression in common indices to struct shared */
    struct table *common;    /* hash of a range and a number to the common index */
    struct stretch *stretch; /* NULL outside of recurrences */
    /* One statement at a time */
    const struct node **order; /* its nodes above reductions, arguments first */
    size_t order_count, order_capacity;
    struct guards guards;
    struct table *images; /* node to what replaces it */
};

struct draft *draft_create(struct collector *collector, const struct equation *equation,
                           const struct tensor *target, const struct node *body);
/* Collects a draft before the one at hand. */
void draft_push(struct collector *collector, struct draft *draft);
/* A loop over an axis of the target. */
void draft_add_loop(struct collector *collector, struct statement *statement,
                    const struct index *index, int axis);

/* Loops over the axes of the target that have no subscript yet. */
void draft_add_target_loops(struct collector *collector, struct statement *statement,
                            const struct equation *equation);
/* Collects a draft and what it needs. */
void draft_collect(struct collector *collector, struct draft *draft);
/* A finished statement: to the others, or to those of the recurrence at hand that wait. */
void collector_append(struct collector *collector, struct statement *statement);

/* ---- stretches.c ---- */

/* Collects the equations of the outermost recurrence that begins there; returns how many. */
size_t collector_take_recurrence(struct collector *collector, const struct program *program,
                                 size_t begin);

/* ---- operands.c ---- */

/* What several statements need, each in its own indices, is computed once, with its axes in the
 * order that the first of them wants. */
struct shared {
    struct draft *draft;
    const struct index *axes[RANK_MAX]; /* the common index of each */
};

/* An expression's indices, in the order in which they are met, and the common ones for them: the
 * k-th over a range gets the range's k-th. */
struct shared_view {
    const struct index *own[LOOPS_MAX], *common[LOOPS_MAX];
    const struct node *images[LOOPS_MAX];
    int count;
    const struct node *node; /* in common indices */
};

/* False for an expression that cannot be shared. */
bool shared_view(struct collector *collector, const struct node *node, struct shared_view *view);
/* Has all find a draft who come by what it computes. */
const struct shared *shared_add(struct collector *collector, struct draft *draft,
                                const struct shared_view *view);
/* The statement's element that has the value of an expression, once it is shared. */
const struct node *shared_load(struct collector *collector, const struct shared *shared,
                               const struct shared_view *view);

/* Takes the inner product out of a sum under conditions, if there is one. */
void take_out_inner_product(struct collector *collector, struct statement *statement,
                            const struct conditions *conditions);
/* Makes of a sum of products what product.c knows as matrix products. */
void take_apart_sum(struct collector *collector, struct statement *statement);

/* ---- pieces.c ---- */

/* Calls that stand under a comparison of an index with a number are wanted for some of its few
 * values alone, and so is what stands under a condition like mod(g, 2) == 0: each value then gets a
 * statement of its own, in which the condition is decided. */
struct pieces {
    int axis;
    long first, end; /* of the values of its index */
};

/* The axis along which an equation falls into pieces; false: along none. */
bool pieces_find(const struct collector *collector, const struct equation *equation,
                 struct pieces *pieces);
/* Sets the axis of a draft to a number. */
void pieces_fix(struct collector *collector, struct draft *draft, const struct equation *equation,
                int axis, long value);

#endif
