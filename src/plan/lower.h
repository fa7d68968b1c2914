/* Lowering: from statements in scopes to steps. What is shared or does not change in a loop becomes
 * a local variable, in the outermost scope where that is possible. */
#ifndef SYMGRAD_PLAN_LOWER_H
#define SYMGRAD_PLAN_LOWER_H

#include "plan/scope.h"

/* Where and how a node is evaluated. */
struct site {
    const struct node *node;
    struct scope *home; /* the outermost scope in which everything it reads is there */
    struct scope *at;   /* where it is evaluated: around all its uses, but in no outer branch */
    unsigned uses;
    unsigned depth;          /* of its expression, with locals as leaves */
    bool local;              /* it becomes a variable */
    bool stepwise;           /* an `if`, `and` or `or` that is lowered to STEP_IF */
    bool safe;               /* it can be evaluated at any time: no load in it leaves its bounds */
    bool certain;            /* whenever it is evaluated, the formulas ask for it */
    bool swapped;            /* `and`, `or`: the second operand guards the first */
    struct scope *branch[2]; /* in which the operands are evaluated that may not be */
    const struct tensor *variable;
    const struct node *value; /* how to write it, once its variables are declared */
};

struct lowering {
    struct tree *tree;
    struct graph *graph;
    struct arena *arena; /* for what the finished plan does without */
    unsigned local_count;
    struct table *commented;   /* equations whose formula has been written */
    struct table *loop_scopes; /* index to the scope whose loop it runs */
    struct table *homes;       /* tensors written in this part to the scope that they live in */
    struct site *sites;        /* of this part's nodes, arguments first */
    size_t site_count, site_capacity;
    struct node_map *site_of_node; /* as long as the part is being lowered */
    struct frame *frames;          /* working memory of lower_value() */
    size_t frame_capacity;
    struct table *powers; /* base, as it is written, to the rows of its powers */
};

struct lowering lowering_create(struct tree *tree);
struct step_list lower_part(struct lowering *lowering, struct scope *part);

/* translate.c: brings all statements of a part into the indices of its loops, with the variables
 * and rows that stand for tensors. */
void translate_part(struct lowering *lowering, struct scope *part);

/* place.c: decides where each node is evaluated. */
void place_part(struct lowering *lowering, struct scope *part);
/* NULL for what needs no place: numbers, indices, local variables, index arithmetic. */
struct site *site_of(const struct lowering *lowering, const struct node *node);

/* express.c: declares what `node` needs and returns how to write it. */
const struct node *lower_value(struct lowering *lowering, const struct node *node);

/* powers.c: an element of a row of powers that is filled before the loop which the exponent runs
 * with; NULL: the operator has to do. Base and exponent as they are written. */
const struct node *lower_power(struct lowering *lowering, const struct node *node,
                               const struct node *base, const struct node *exponent);

/* product.c: what the kernel of a matrix product is to be given; NULL: its loops have to do. */
const struct product *product_describe(struct lowering *lowering,
                                       const struct statement *statement);

/* loop_kind.c: sets `reduction`, `independent`, `calls` and `repeatable`. */
void loop_classify(struct lowering *lowering, struct step *loop);

/* overlap.c: a short loop whose rest would be done one by one, in parts of one length. */
struct step *loop_overlap(struct lowering *lowering, struct step *loop);

struct step *step_create(struct lowering *lowering, enum step_kind kind);
void step_push(struct lowering *lowering, struct step_list *list, struct step *step);
const struct tensor *local_create(struct lowering *lowering, const char *stem);
const struct node *local_read(struct lowering *lowering, const struct tensor *local);
struct step *declare(struct lowering *lowering, struct step_list *list,
                     const struct tensor *variable, const struct node *value);
struct step *assign(struct lowering *lowering, struct step_list *list,
                    const struct tensor *variable, const struct node *value);

#endif
