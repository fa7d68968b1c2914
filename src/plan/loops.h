/* The loop tree: the second IR. What a planned program does, statement by statement.
 *
 * Expressions are nodes of the graph, free of reductions; a local variable is a load of a
 * TENSOR_LOCAL. What each step becomes in C is spelling, done in emit/. */
#ifndef SYMGRAD_PLAN_LOOPS_H
#define SYMGRAD_PLAN_LOOPS_H

#include "base/text.h"
#include "equations/program.h"

enum step_kind {
    STEP_COMMENT, /* the formula that the following steps compute: `equation` */
    STEP_LOOP,    /* for index in [first, end), from the last on if `descending`: body */
    STEP_IF,      /* if value: body; else: otherwise */
    STEP_DECLARE, /* local variable = value; NULL: to be set before use, in both branches */
    STEP_ASSIGN,  /* local variable = value */
    STEP_STORE,   /* tensor[subscripts] = value */
    STEP_ADD,     /* tensor[subscripts] += value, the target having been set before */
    STEP_LEAVE    /* the innermost loop around ends */
};

struct step_list {
    struct step **items;
    size_t count, capacity;
};

#define PRODUCT_DEPTHS 3

/* One of the three matrices of a product: its first element, and how far apart in memory the
 * others are, in reals. */
struct matrix {
    const struct tensor *tensor;
    const struct node *subscripts[RANK_MAX];
    const struct node *places[RANK_MAX]; /* subscripts by the indices of rows and columns */
    const struct node *row, *column, *depth[PRODUCT_DEPTHS]; /* NULL: does not move */
};

/* target[row,column] = or += the sum over depth of left[row,depth]*right[depth,column]; up to
 * PRODUCT_DEPTHS nested sums, the outermost first. */
struct product {
    const struct index *row, *column; /* that the loops for them have; NULL: of more loops each */
    struct matrix target, left, right;
    const struct node *rows, *columns, *depth[PRODUCT_DEPTHS];
    int depths;
    bool add;
};

/* Elements, or products of two, added to a local variable, or the largest or smallest of elements
 * and that variable; they move along `depth[0]`. */
struct series {
    enum operator_id operation; /* ADD, MAX or MIN */
    struct matrix operands[2];  /* the second without a tensor: there is only one */
    const struct node *count;
};

/* The innermost loop of a nest, each of whose iterations adds to the element of its own; a strip of
 * these elements can stay in registers while the loops around it run. Or a loop that sets elements
 * which are then added up. */
struct strips {
    const struct step *lanes; /* the innermost loop */
    const struct step *add;   /* in it: target[...] += value, or = value */
};

struct step {
    enum step_kind kind;
    const struct equation *equation; /* COMMENT */
    const struct index *index;       /* LOOP */
    const struct node *first, *end;  /* LOOP: bounds, may depend on outer indices */
    const struct node *most;         /* LOOP: where it ends at the latest; NULL: at `end` */
    bool descending;                 /* LOOP */
    bool carries;                    /* LOOP: iterations read what earlier ones write */
    const struct product *product;   /* LOOP: the kernel call that does the same; NULL: none */
    bool reduction;                  /* LOOP: only local accumulators change in it */
    bool independent; /* LOOP, innermost: no iteration reads or writes what another one writes */
    bool calls;       /* LOOP, independent: makes calls, which are to be those of vectors */
    bool repeatable;  /* LOOP, independent: reads nothing that it writes */
    const struct node *parallel;      /* LOOP: where this holds, threads share it; NULL: never */
    const struct chunks *chunks;      /* LOOP: runs over them; NULL: over anything else */
    const struct scope *scope;        /* LOOP: what it was lowered from, while a plan is made */
    struct step_list body, otherwise; /* LOOP, IF */
    const struct tensor *target;      /* DECLARE, ASSIGN: a TENSOR_LOCAL; STORE, ADD: the tensor */
    bool whole;                       /* DECLARE: the variable is a whole number */
    bool truth;                       /* DECLARE: the variable is a truth */
    const struct node *subscripts[RANK_MAX];
    const struct node *value;
};

/* What a chunk of a parallel loop has for itself: memory that is as good as new in every iteration,
 * or its own part of a sum. The first chunk adds into the sum itself, the others into parts that
 * are added to it when all are done. */
struct own {
    const struct tensor *tensor;
    const struct tensor *sum, *parts; /* parts[chunk - 1,...]; NULL: fresh memory */
};

/* The range of a loop in chunks, which threads may share. How many there are depends on the sizes
 * alone, and so do the results, to the bit: never on the number of threads. */
struct chunks {
    const struct index *index; /* of the loop over them */
    const struct scope *scope; /* of the loop that was cut, while a plan is made */
    long most;                 /* there can be */
    struct own *own;
    size_t own_count, own_capacity;
    const struct tensor **parts; /* what all chunks leave behind, in the workspace */
    size_t part_count, part_capacity;
    const struct tensor *memory; /* memory[place]: its fresh memory; NULL: needs none */
    const struct index *place;   /* of no two chunks that run at once the same */
    const struct node *size;     /* of that, in reals */
};

/* Where the values of a tensor lie. */
enum place {
    PLACE_GIVEN,     /* data, parameters, states, inputs: the caller's structs */
    PLACE_RESULT,    /* asked for by the caller: stored into the caller's memory */
    PLACE_WORKSPACE, /* at `offset` in the workspace, in reals */
    PLACE_CHUNK,     /* each chunk of a parallel loop has one: see `own` */
    PLACE_VARIABLE   /* a local variable (contracted away, or of rank 0 within one part) */
};

struct buffer {
    const struct tensor *tensor;
    enum place place;
    const struct node *size;     /* reals, a node over sizes */
    const struct node *offset;   /* WORKSPACE; CHUNK: in its fresh memory */
    const struct chunks *chunks; /* CHUNK */
    const struct own *own;       /* CHUNK */
};

/* A stretch of the program that becomes one C function: bounded in length, since compilers take
 * time quadratic in it. */
struct part {
    struct step_list steps;
};

struct cost {
    /* Operations and bytes as nodes over sizes: exact, for one evaluation. */
    const struct node *additions, *multiplications, *divisions, *calls, *others;
    const struct node *loads, *stores; /* in reals, every access counted */
};

struct plan {
    struct graph *graph;
    struct part *parts;
    size_t part_count, part_capacity;
    struct buffer *buffers; /* of every tensor that appears */
    size_t buffer_count, buffer_capacity;
    struct table *by_tensor;      /* tensor to 1 + its position in `buffers` */
    const struct node *workspace; /* reals needed in all, a node over sizes */
    struct cost cost;             /* with every parallel loop in one chunk, and all steps taken */
    bool leaves;                  /* a loop may end early */
    struct chunks **chunked;      /* of all parallel loops that need memory */
    size_t chunked_count, chunked_capacity;
};

/* Plans the computation of `results` by `program` (flattened, see program.h). */
struct plan *plan_create(const struct program *program, const struct tensor *const *results,
                         size_t result_count);

/* The same for threads to share. `grain`: a chunk of a loop is worth the start of a thread if it
 * takes as long as this many additions. */
#define PLAN_GRAIN 0x1p17
struct plan *plan_create_parallel(const struct program *program,
                                  const struct tensor *const *results, size_t result_count,
                                  double grain);

/* The same in blocks of so many rows, in lanes or not, and with products however small: what plans
 * do where that pays, for tests to try everywhere. */
struct plan *plan_create_in_blocks(const struct program *program,
                                   const struct tensor *const *results, size_t result_count,
                                   long rows, bool lanes, double grain);

const struct buffer *plan_buffer(const struct plan *plan, const struct tensor *tensor);

/* The part of a product whose rows, or columns, are those from first until end; NULL: it has none.
 */
const struct product *product_part(struct graph *graph, const struct product *product, bool of_rows,
                                   const struct node *first, const struct node *end);

/* What a loop takes into a local variable; false: something else than a series. */
bool loop_series(struct graph *graph, const struct step *loop, struct series *series);

/* strips.c: whether a nest of loops, `loop` the outermost, is best done a strip after the other.
 * What is added is then made of sums, products, quotients and squares of elements side by side and
 * of what is the same for all of them. */
bool loop_strips(struct graph *graph, const struct step *loop, struct strips *strips);

/* Whether a loop sets such elements and `sum` is the loop that adds them up: where nothing else
 * reads them, they need not leave registers. */
bool loop_terms(struct graph *graph, const struct step *loop, const struct step *sum,
                struct strips *strips);

/* Operations in total, every operator call counted once. */
const struct node *cost_operations(struct graph *graph, const struct cost *cost);

/* Prints the loop tree for people: `show --stage loops`. */
void plan_print(struct text *text, const struct plan *plan);
/* What every loop tree must keep: each variable is set before it is read, each tensor is complete
 * before another part or loop reads it, subscripts within rank. NULL when all is well. */
const char *plan_verify(const struct plan *plan);

#endif
