/* The scalar expressions of the IR: a hash-consed graph.
 *
 * The same expression is the same node, so a sub-expression that stands in many places costs
 * nothing and two expressions are equal when their pointers are. Nodes never change. Expressions
 * that differ only in the names of their bound indices are the same node as well: a reduction's
 * indices are renamed, when it is built, to canonical ones that depend on range and height alone.
 *
 * Constructors simplify by grammar/rewrites.def where a graph has rules attached (see
 * calculus/simplify.h), and fold arithmetic on numbers where the result is exact. */
#ifndef SYMGRAD_EQUATIONS_GRAPH_H
#define SYMGRAD_EQUATIONS_GRAPH_H

#include "base/diagnostics.h"
#include "base/names.h"
#include "base/table.h"
#include "syntax/operators.h"

#define RANK_MAX 8

enum node_kind {
    NODE_NUMBER, /* 2.5 */
    NODE_SIZE,   /* the size of a dimension, a whole number that may be known only at run time */
    NODE_INDEX,  /* an index, a whole number */
    NODE_LOAD,   /* tensor[arguments]; each argument is whole-valued and within the bounds */
    NODE_APPLY,  /* operator(arguments); `if` evaluates only the branch it takes */
    NODE_REDUCE  /* reduction over indices: arguments[0] is the element, arguments[1], where
                    argument_count is 2, the condition under which an element takes part */
};

/* A dimension: `dim d = 64` or decided by the data. */
struct dimension {
    const char *name;
    bool known; /* value is given in the model */
    long value;
    bool rows; /* the number of rows of the data, the dimension that batches split */
    struct span span;
    unsigned id;
    const struct dimension *earlier; /* the one created before; NULL: none */
};

/* An index and its range [first, end), both whole-number nodes over sizes alone. Indices are told
 * apart by their address. */
struct index {
    unsigned id;
    const char *name;               /* as the user wrote it, for printing; not unique */
    const struct node *first, *end; /* NULL while a range is still being inferred */
    bool canonical; /* bound by reductions, shared between them; never free in a whole equation */
};

enum tensor_kind {
    TENSOR_DATA,
    TENSOR_PARAMETER,
    TENSOR_STATE,   /* memory between steps: an optimiser's moments */
    TENSOR_DEFINED, /* by an equation of the user's */
    TENSOR_ADJOINT, /* the derivative of the loss by another tensor */
    TENSOR_PART,    /* an intermediate result that the compiler named */
    TENSOR_INPUT,   /* a number supplied at run time, such as a learning rate */
    TENSOR_LOCAL    /* of rank 0: a local variable of a loop tree */
};

struct axis {
    const struct node *first, *end; /* subscripts run over [first, end) */
};

struct tensor {
    unsigned id;
    enum tensor_kind kind;
    const char *name; /* unique within a program, as in the language */
    int rank;
    struct axis axes[RANK_MAX];
    const struct node *class_count; /* data of whole numbers 0..class_count-1; NULL for reals */
    int stops;                      /* 1 + the axis along which the values are 0 up to a step, and 1
                                       from there on; 0: it says of no recurrence that it stops */
    bool whole;                     /* the values are whole numbers: such data, and definitions */
    struct axis values;             /* what they lie in; NULL ends where that is not known */
    const struct tensor *primal;    /* ADJOINT: of which tensor */
    struct span span;               /* where the model declares or defines it */
};

/* The free indices of a node, ordered by id. */
struct index_set {
    int count;
    const struct index *items[];
};

struct node {
    struct graph *graph;
    enum node_kind kind;
    unsigned id;     /* by order of creation */
    unsigned height; /* of nested reductions in it */
    bool boolean;    /* its value is a truth */
    double number;   /* NUMBER */
    const struct dimension *dimension;
    const struct index *index;         /* INDEX */
    const struct tensor *tensor;       /* LOAD */
    const struct operation *operation; /* APPLY */
    const struct reduction *reduction; /* REDUCE */
    int index_count;                   /* REDUCE */
    const struct index *const *indices;
    const struct index_set *free;
    int argument_count;
    unsigned hash;
    const struct node *arguments[];
};

struct graph;

/* What a graph does to simplify: called with an apply or reduce that is about to be built; returns
 * the node to use in its place or NULL. */
struct simplifier {
    const struct node *(*apply)(void *context, const struct operation *operation, int count,
                                const struct node *const *arguments);
    const struct node *(*reduce)(void *context, const struct reduction *reduction, int index_count,
                                 const struct index *const *indices, const struct node *element,
                                 const struct node *condition);
    void *context;
};

struct graph *graph_create(struct arena *arena, struct names *names);
void graph_set_simplifier(struct graph *graph, const struct simplifier *simplifier);
struct arena *graph_arena(const struct graph *graph);
struct names *graph_names(const struct graph *graph);
unsigned graph_node_count(const struct graph *graph);
unsigned graph_dimension_count(const struct graph *graph);
/* The dimension created last, which leads to the others; NULL: none. */
const struct dimension *graph_last_dimension(const struct graph *graph);

/* A fresh index; `first` NULL with `end` given means 0. */
struct index *graph_index(struct graph *graph, const char *name, const struct node *first,
                          const struct node *end);
struct dimension *graph_dimension(struct graph *graph, const char *name);
struct tensor *graph_tensor(struct graph *graph, enum tensor_kind kind, const char *name, int rank,
                            const struct axis *axes);

/* Fresh indices over the axes of a tensor, and their nodes. */
void tensor_open(struct graph *graph, const struct tensor *tensor, const struct index **indices,
                 const struct node **subscripts);

const struct node *node_number(struct graph *graph, double number);
const struct node *node_size(struct graph *graph, const struct dimension *dimension);
const struct node *node_index(struct graph *graph, const struct index *index);
const struct node *node_load(struct graph *graph, const struct tensor *tensor,
                             const struct node *const *subscripts);
const struct node *node_apply(struct graph *graph, enum operator_id operation, int count,
                              const struct node *const *arguments);
const struct node *node_unary(struct graph *graph, enum operator_id operation,
                              const struct node *x);
const struct node *node_binary(struct graph *graph, enum operator_id operation,
                               const struct node *x, const struct node *y);
/* if condition then x else y */
const struct node *node_select(struct graph *graph, const struct node *condition,
                               const struct node *x, const struct node *y);
/* `condition` NULL: every element takes part. */
const struct node *node_reduce(struct graph *graph, enum reduction_id reduction, int index_count,
                               const struct index *const *indices, const struct node *element,
                               const struct node *condition);

/* Whether a node applies an operator. */
bool node_is(const struct node *node, enum operator_id id);
bool node_is_number(const struct node *node, double number);
/* The value of a node that is a number; for a SIZE the value when known. */
bool node_known(const struct node *node, double *value);
bool node_depends_on(const struct node *node, const struct index *index);

/* The same node with other arguments, simplified where that makes it simpler. */
const struct node *node_with_arguments(struct graph *graph, const struct node *node,
                                       const struct node *const *arguments);

/* Opens a reduction: element and condition with fresh indices in place of the bound ones. */
struct opened {
    struct index *indices[RANK_MAX];
    const struct node *element, *condition; /* condition NULL for none */
};
struct opened node_open(struct graph *graph, const struct node *reduce);

/* Replaces indices by nodes, avoiding capture. Linear in the size of the graph below `node`. */
const struct node *node_substitute(struct graph *graph, const struct node *node, int count,
                                   const struct index *const *indices,
                                   const struct node *const *values);

/* Every node below `roots` (arguments before their users, elements of reductions included), each
 * once. The array is the arena's; *count is its length. */
const struct node **node_order(struct arena *arena, const struct node *const *roots, int root_count,
                               size_t *count);

/* Rebuilds `node` with `visit` applied from the leaves up: `visit` gets a node whose arguments are
 * rebuilt already and returns its replacement. Bound indices stay canonical. */
typedef const struct node *node_visitor(void *context, const struct node *node);
const struct node *node_rewrite(struct graph *graph, const struct node *node, node_visitor *visit,
                                void *context);

#endif
