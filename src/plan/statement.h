/* Statements: what an equation does, with its loops in order, before it has a place in the loop
 * tree. The values of statements hold no reductions: each reduction is a statement of its own. */
#ifndef SYMGRAD_PLAN_STATEMENT_H
#define SYMGRAD_PLAN_STATEMENT_H

#include "plan/loops.h"
#include "plan/nodes.h"

#define LOOPS_MAX (2 * RANK_MAX)

struct scope;

/* A tensor without the axes of the loops that it is used in. */
struct row {
    const struct tensor *tensor;
    bool kept[RANK_MAX];                /* the axes left */
    const struct node *begin[RANK_MAX]; /* where a kept axis begins: at a block's first row */
    int axes[RANK_MAX];                 /* of the tensor, in the order of the row's own */
    struct scope *scope;                /* it is as good as new in every iteration */
};

/* A loop of a recurrence, or a stretch of it: all its statements share it, in their order. */
struct sequence {
    const struct index *index; /* NULL: a stretch of one step needs no loop */
    const struct node *first, *end;
    bool descending;
};

struct loop {
    const struct index *index;
    const struct node *first, *end;  /* may depend on the indices of the loops around */
    bool reduced;                    /* over an index that the target does not have */
    const struct sequence *sequence; /* NULL: its iterations are in no order. Others come behind */
    const struct index *blocked; /* it runs over blocks of this index's rows; NULL: it does not */
};

/* A tensor's element read by a statement. */
struct access {
    const struct node *load;
    int level;                /* how many of the statement's loops run where it is read */
    struct statement *writer; /* the one that wrote it last; NULL: the caller did */
    bool forwarded;           /* the writer's variable holds the element */
    const struct row *row;    /* what stands for the tensor in memory; NULL: itself */
};

/* That a statement must run after another: one of the two writes what the other one reads. */
struct dependency {
    struct statement *before;
    const struct statement *writer, *reader;
    const struct node *const *subscripts; /* of what is read, in the reader's indices */
    int level;                            /* of the read */
    bool whole; /* to be in the same iteration of all the writer's loops, or in no common loop */
};

struct statement {
    unsigned number; /* its place in the program */
    const struct equation *equation;
    const struct tensor *target;
    const struct node **subscripts; /* one an axis */
    struct loop *loops;             /* the outermost first; room for LOOPS_MAX */
    int loop_count;
    int fold;     /* the loops from here on add into a local; loop_count: none do */
    bool alone;   /* the loops from `own` on are shared with no other statement */
    int own;      /* ALONE */
    bool product; /* ALONE: a matrix product, its own loops in the order rows, columns, depth */
    int row_loops, column_loops;       /* PRODUCT: how many of them are its rows and columns */
    const struct reduction *reduction; /* NULL: none */
    bool accumulates;                  /* combined with what the target holds already */
    bool clears;                       /* sets a target that another accumulates into */
    int shared;                        /* CLEARS: how many loops the other has in common with it */
    bool update;
    bool lays_out;  /* a copy that brings the operand of a product into order */
    unsigned fixed; /* a bit for each axis that has one subscript in this stretch of a recurrence */
    const struct node *value;     /* an element of the reduction, or the value itself */
    const struct node *condition; /* NULL: always */
    unsigned weight;              /* about how many C statements it becomes */

    struct access *accesses;
    size_t access_count, access_capacity;
    struct dependency *dependencies;
    size_t dependency_count, dependency_capacity;

    /* Fusion */
    bool apart;               /* shares no loop with the update whose target it reads */
    const struct scope *list; /* the scope among whose statements it is being placed */
    size_t position;          /* in that scope: of its loop, or of the loop that it comes before */
    bool is_leaf;             /* in that scope */
    size_t part;
    struct scope **path;  /* the loops it ended up in */
    unsigned first, last; /* when it begins and ends, in a numbering of all that happens */

    /* Contraction */
    const struct tensor *variable; /* the local that takes the value; NULL: none does */
    const struct row *row;         /* what stands for the target in memory; NULL: itself */
    bool stored;                   /* the value goes to memory */

    /* Lowering; value, condition and subscripts are by now in the indices of the loop tree */
    struct scope *branch;             /* of the condition */
    const struct tensor *accumulator; /* where `fold` says that there is one */
    const struct tensor *best_place;  /* argmax: where the accumulator's value was */
};

struct statements {
    struct graph *graph;
    struct arena *arena; /* for what the finished plan does without */
    struct statement **items;
    size_t count, capacity;
    struct table *results;         /* tensors asked for by the caller */
    struct table *updatable;       /* tensors that an update writes */
    struct table *recurring;       /* tensors that recurrences compute */
    unsigned part_count;           /* reductions named so far */
    const struct node *block_rows; /* rows are worked in blocks of so many; NULL: they are not */
    bool eager;                    /* products and lanes however small */
    bool lanes;                    /* the rows of a block side by side, see lanes.c */
    struct table *gathered;        /* LANES: data to the tensor that has its rows side by side */
    bool wants_blocks;      /* products, or steps of a recurrence, take rows of data as theirs */
    struct table *elements; /* LANES: equation to struct elements; NULL: no axis is opened */
};

/* The statements that compute `results`, and the updates, in an order in which they can run. */
void statements_collect(struct statements *statements, const struct program *program,
                        const struct tensor *const *results, size_t result_count);

/* lanes.c: whether the rows of a block should be computed side by side. */
bool statements_want_lanes(const struct statements *statements);
/* Brings the loop over rows innermost, with what that needs; false, with all as it was, for
 * statements to which lanes do not apply. `before`: the elements of a sum may be computed before
 * all that is still to be collected. */
bool statement_order_lanes(struct statements *statements, struct statement *statement, bool before);

/* The same program without equations that only bring another's elements into another order for
 * products, whose kernel takes them in any. */
struct program *program_without_transposes(const struct program *program,
                                           const struct tensor *const *results,
                                           size_t result_count);

/* axes.c: the same program with axes that only choose among matrices before those of the matrices
 * themselves. */
const struct program *program_with_matrices(const struct program *program,
                                            const struct tensor *const *results,
                                            size_t result_count);

/* terms.c: the same program with sums written out whose condition picks a few terms. */
const struct program *program_with_terms(const struct program *program);

/* Leaves out tensors that only repeat others. */
void statements_remove_copies(struct statements *statements);

/* keep.c: has calls that a recurrence and what comes behind it make of its elements made once. */
void statements_keep_calls(struct statements *statements);

/* Gives calls that several statements make a statement of their own. */
void statements_share_calls(struct statements *statements);

/* Cuts long formulas. */
void statements_split(struct statements *statements);

/* What sets a target that others add into to the unit of the reduction: loops as the adder's as
 * long as they run along axes of the target, then those along the other axes. */
struct statement *statement_clearing(struct statements *statements, const struct statement *adder);

/* block.c: how many rows a block should have, in lanes or not; 0: what belongs to a row is too
 * large for blocks. */
long statements_block_rows(const struct statements *statements, bool lanes);
void statements_block(struct statements *statements);

/* Finds what depends on what. */
void statements_link(struct statements *statements);

/* condition.c: takes the condition of a reduction apart: what it says about an index restricts or
 * removes the index's loop, an equality with one of the target's indices becomes a subscript. */
struct conditions {
    const struct node **items;
    size_t count, capacity;
};
void conditions_add(struct arena *arena, struct conditions *conditions,
                    const struct node *condition);
const struct node *conditions_join(struct graph *graph, const struct conditions *conditions);
void statement_use_conditions(struct statements *statements, struct statement *statement,
                              struct conditions *conditions);
/* After the loops are in order: turns conditions into bounds. */
void statement_bound_loops(struct statements *statements, struct statement *statement,
                           struct conditions *conditions);

/* How many of a statement's loops are those of recurrences. */
int statement_sequences(const struct statement *statement);
/* The loop, among the first `count`, that a subscript is the index of; -1: none. */
int statement_loop_of(const struct statement *statement, const struct node *subscript, int count);

/* segments.c: a recurrence cut into stretches of its range, such that what depends on where its
 * index is holds all over a stretch or nowhere in it: first values are set before the loop. */
struct segment {
    const struct node *first, *end;
};
/* The stretches in the order of the index, for `count` equations of one recurrence at a depth, from
 * 0 for the outermost. */
struct segment *recurrence_segments(struct graph *graph, struct equation *const *equations,
                                    size_t count, int depth, size_t *segment_count);

/* A matrix product of fewer rows, columns or operations has nothing to gain from a kernel. */
#define PRODUCT_EXTENT_MIN 4.0
#define PRODUCT_WORK_MIN 1024.0

/* order.c: the order of a reduction's loops that makes the innermost accesses contiguous. */
void statement_order_loops(struct statements *statements, struct statement *statement);
/* How many loops, from the innermost on, add to one element. */
int statement_fold(const struct statement *statement);
/* How often a loop over an index runs, as far as that can be guessed. */
double extent_of_index(struct graph *graph, const struct index *index);
bool loop_runs_over_rows(const struct loop *loop);

/* product.c: brings the loops of a sum of products that is a matrix product into the order that its
 * kernel wants. False, with all as it was, for others. */
bool statement_order_product(struct statements *statements, struct statement *statement);

#endif
