/* Programs: lists of equations T[i,j] = body in an order in which they can be computed.
 *
 * A model, its derivative and an optimiser's update are all programs. */
#ifndef SYMGRAD_EQUATIONS_PROGRAM_H
#define SYMGRAD_EQUATIONS_PROGRAM_H

#include "base/text.h"
#include "equations/graph.h"

/* A loop that computes equations which look back at each other: for each value of its index, in
 * order, all its equations at that value. Its equations stand together in the program; those of an
 * inner recurrence together within the outer one's. */
struct recurrence {
    const struct recurrence *outer;
    int depth;                      /* recurrences around and with this one */
    const struct node *first, *end; /* the index runs over [first, end), around all its equations */
    bool descending;
    bool tiled; /* its steps are segments of another one's steps, all alike */
};

struct equation {
    const struct tensor *target;
    const struct index *indices[RANK_MAX]; /* one an axis; each runs over the axis's range */
    const struct node *body;               /* its free indices are among `indices` */
    struct span span;                      /* the definition in the model it came from */
    bool update; /* `:=`: the target is a parameter or state and holds the old value before */
    const struct recurrence *recurrence; /* the innermost that it is computed in; NULL: none */
    int time[RANK_MAX]; /* the axis that each recurrence runs along, outermost first */
};

struct program {
    struct graph *graph;
    struct equation **equations; /* each after those it loads from, but for recurrences */
    size_t count, capacity;
    struct table *definitions; /* tensor to equation */
    struct table *taken;       /* names that program_fresh_name() may not give again */
    bool recurrent;            /* has recurrences */
};

struct program *program_create(struct graph *graph);
struct equation *program_append(struct program *program, const struct tensor *target,
                                const struct index *const *indices, const struct node *body,
                                struct span span);
/* Appends an equation made elsewhere. */
struct equation *program_adopt(struct program *program, struct equation *equation);
/* NULL for a tensor that no equation defines. */
struct equation *program_find(const struct program *program, const struct tensor *tensor);

/* The equations that `targets` need, in order. */
struct program *program_slice(const struct program *program, const struct tensor *const *targets,
                              size_t target_count);

/* Brings the equations into an order in which they can be computed, and finds the recurrences among
 * those that need each other: an axis of each along which all look back, or all look ahead (see
 * Karp, Miller and Winograd, The Organization of Computations for Uniform Recurrence Equations,
 * 1967). Returns NULL, or an equation of a circle that has no such axis. Programs without updates
 * only. */
const struct equation *program_schedule(struct program *program);

/* The recurrence at a depth, from 1 for the outermost, that an equation is in; NULL: none. */
const struct recurrence *equation_recurrence(const struct equation *equation, int depth);
/* The end of the equations from `begin` on that stand in one recurrence at a depth, and the begin
 * of those before `end`; one alone where it is in none. */
size_t recurrence_end(const struct program *program, size_t begin, int depth);
size_t recurrence_begin(const struct program *program, size_t end, int depth);

/* A name in the language that nothing in the program has yet: `stem`, or stem_2, ... */
const char *program_fresh_name(struct program *program, const char *stem);
/* Keeps program_fresh_name() from giving a name. */
void program_take_name(struct program *program, const char *name);
/* Lets a name that nothing has any more be given again. */
void program_release_name(struct program *program, const char *name);

/* A copy that can be extended without changing the original. */
struct program *program_copy(const struct program *program);

/* Gives each reduction that stands inside a larger expression its own equation, so that none is
 * computed more often than its free indices ask for. Afterwards a body is either free of
 * reductions, or a reduction whose element is free of reductions. */
void program_flatten(struct program *program);

/* Puts a part that one equation alone uses, with that equation's own indices, back into it. */
void program_inline_parts(struct program *program, const struct tensor *const *keep,
                          size_t keep_count);

/* Gives each scalar sub-expression that is used more than once, or lies deeper than people can
 * read, its own equation, so that a program prints in linear length. */
void program_share(struct program *program);

/* In a program too long for one C function: gives each scalar sub-expression that several equations
 * use its own equation, so that it is computed once. Shorter ones the planner shares by itself.
 * Called before planning, not before printing. */
void program_share_scalars(struct program *program);

/* Prints equations in the language. */
void program_print(struct text *text, const struct program *program);
void equation_print(struct text *text, const struct equation *equation);
void node_print(struct text *text, const struct node *node);
/* The same as formulas for LaTeX. */
void node_print_latex(struct text *text, const struct node *node);
void equation_print_latex(struct text *text, const struct equation *equation);
/* The graph below `roots`, each under its label, for Graphviz. */
void nodes_print_dot(struct text *text, const struct node *const *roots, const char *const *labels,
                     size_t count);

/* Checks what every pass relies on: order, ranks, free indices, whole-valued subscripts. NULL when
 * all is well, otherwise what is wrong, in words. */
const char *program_verify(const struct program *program);

#endif
