/* What a model means: names resolved, ranges inferred, shapes checked, definitions as equations.
 *
 * Every error that a user can make is found here (those of the surface in syntax/). */
#ifndef SYMGRAD_MODEL_MODEL_H
#define SYMGRAD_MODEL_MODEL_H

#include "calculus/simplify.h"
#include "equations/program.h"
#include "model/solvers.h"
#include "syntax/parse.h"

enum draw_kind { DRAW_NONE, DRAW_NORMAL, DRAW_UNIFORM };

struct parameter {
    struct tensor *tensor;
    const struct node *start; /* over `indices`; NULL: 0, or drawn */
    const struct index *indices[RANK_MAX];
    enum draw_kind draw;
    const struct node *location, *scale; /* normal: mean, deviation; uniform: lower, upper end */
    const struct node *lower, *upper;    /* the interval it is kept in; NULL: none */
    bool lower_open, upper_open;
    bool state; /* not learnt: kept from step to step, set by the model's own `:=` */
};

struct input {
    struct tensor *tensor;
    const char *file; /* as seen from the working directory; NULL: supplied at run time */
    struct span span;
};

/* An optimiser's update of one parameter: states, then equations that update them and it. */
struct update {
    struct tensor *parameter;
    struct tensor *gradient; /* ADJOINT input of the update program */
    struct program *program; /* equations with `update` set, in the order of the model */
    struct tensor **states;  /* of the parameter's shape, or rank 0 */
    const struct node **state_starts;
    size_t state_count;
};

/* Whether a loss is a negative log-likelihood, or the mean of one over the rows. */
enum likelihood { LIKELIHOOD_NONE, LIKELIHOOD_SUM, LIKELIHOOD_MEAN };

struct objective {
    struct tensor *loss;
    bool maximize;
    struct tensor **over;
    size_t over_count;
    const char *optimizer;
    struct update *updates;       /* one for each of `over` */
    double rate;                  /* the optimiser's `rate`; NaN when it has none */
    struct tensor *rate_input;    /* TENSOR_INPUT that stands for it; NULL when it has none */
    struct tensor *step_input;    /* TENSOR_INPUT: the number of this step, from 1 */
    long batch, steps, epochs;    /* 0: not given */
    double holdout;               /* share of rows; 0: none */
    double clip_norm, clip_value; /* the most that the gradient's norm, and any element, may be; 0:
                                     what it is */
    double gradient_stop;         /* stop = norm(grad) < this; 0: none */
    double average;               /* what a step keeps of the parameters' average; 0: none */
    double plateau;               /* multiplies the rate where the loss gets no better; 0: none */
    long wait;                    /* for a better one: so many epochs */
    const struct solver *solver;  /* in place of updates; NULL: they are taken */
    enum likelihood likelihood;   /* what the loss is beside */
    long solver_option;           /* what its option is set to */
    const char *choice;           /* why `auto` has taken the solver; NULL: it was not asked */
    struct span span;
};

struct report {
    const char *name;
    struct tensor *tensor; /* of rank 0 */
};

struct model {
    const char *name;
    const struct source *source;
    struct graph *graph;
    struct rules *rules;
    struct dimension **dimensions;
    size_t dimension_count, dimension_capacity;
    struct dimension *rows;     /* NULL: no data with rows */
    struct tensor *draw_number; /* TENSOR_INPUT: of the random numbers; NULL: draws none */
    struct tensor *training;    /* TENSOR_INPUT: 1 in a step, else 0; NULL: is not asked for */
    unsigned draw_count;        /* draws so far, each a stream of random numbers */
    struct program *updates;    /* `:=` of states, in their order; empty: none */
    struct tensor *row_scale;   /* TENSOR_INPUT: all rows / rows at hand; NULL without rows */
    struct names *names;
    struct parse_context *parse;
    struct diagnostics *diagnostics;
    struct statement_list statements; /* the model's own, as written */
    struct input *inputs;
    size_t input_count, input_capacity;
    struct parameter *parameters; /* states last */
    size_t parameter_count, parameter_capacity;
    struct program *program; /* every definition, loss and report */
    struct objective *objectives;
    size_t objective_count, objective_capacity;
    struct report *reports;
    size_t report_count, report_capacity;
    struct tensor **outputs;
    size_t output_count, output_capacity;
    long checkpoint; /* steps of a recurrence between checkpoints, or CHECKPOINT_ROOT; 0: none */
    struct span checkpoint_span;
};

/* Parses and understands a model. NULL after an error; all errors are in `diagnostics`. */
struct model *model_read(struct arena *arena, const struct source *source, const char *name,
                         struct diagnostics *diagnostics);

/* One expression over scalar variables, for eval and diff -e: the variables in order of first
 * appearance become parameters of rank 0. NULL after an error. */
struct scalar_model {
    struct graph *graph;
    struct rules *rules;
    const struct node *value;
    struct tensor **variables;
    size_t variable_count, variable_capacity;
};
struct scalar_model *scalar_model_read(struct arena *arena, const struct source *source,
                                       struct diagnostics *diagnostics);

#endif
