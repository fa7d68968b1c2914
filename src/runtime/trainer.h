/* trainer.h - what the trainer needs to know about a model: one table of names and functions.
 *
 * The trainer knows no model and handles its structs as opaque objects; the model's glue, at the
 * end of an emitted file, fills a `struct trainer_model` and hands it to trainer_main.
 * `real` is the model's number: double or float. */
#ifndef SYMGRAD_RUNTIME_TRAINER_H
#define SYMGRAD_RUNTIME_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRAINER_MAX_RANK = 8, TRAINER_NONE = -1 };

struct trainer_dimension {
    const char *name;
    ptrdiff_t size; /* TRAINER_NONE: decided by the data */
};

struct trainer_input {
    const char *name;
    const char *file; /* NULL: given by --data; inputs with the same file are read together */
    int classes;      /* `in k`: the dimension k of a whole-number input; TRAINER_NONE: reals */
    int rank;
    int axis[TRAINER_MAX_RANK]; /* a dimension each; the first one runs down the file */
};

/* A named tensor somewhere in the model's structs. */
struct trainer_field {
    const char *name;
    int rank;
    ptrdiff_t extent[TRAINER_MAX_RANK];
    real *values; /* row-major */
};

/* What an input holds: `labels` for whole numbers, `numbers` for all others. */
struct trainer_values {
    real *numbers;
    int *labels;
};

/* Some rows of the data: everything that a NAME_data struct is made from. */
struct trainer_rows {
    const ptrdiff_t *sizes; /* of each dimension; of the row dimension: the rows present here */
    ptrdiff_t total;        /* the rows that those present stand for */
    const struct trainer_values *inputs;
};

/* One of the model's structs. Tensors whose size the data decides are pointers; `reals` says how
 * many numbers they need together and `place` lays them out. Both NULL: no pointers. */
struct trainer_object {
    size_t size;
    size_t (*reals)(const void *data);
    void (*place)(void *object, const void *data, real *storage);
};

/* Which fields a block of residuals has beside them and their slopes. */
struct trainer_block {
    bool observed; /* what they are the differences to */
    bool taken;    /* 1 where a residual takes part, else 0; without it all do */
};

/* The squares that a loss is the sum of, in a NAME_fit struct. Its fields, block by block: the
 * residuals; what is observed, where they are differences to that; which take part, where not all
 * do; their slopes by each parameter of the objective, with the parameter's axes first. */
struct trainer_fit {
    struct trainer_object object;
    int field_count;
    void (*describe)(void *fit, const void *data, struct trainer_field *fields);
    int block_count;
    const struct trainer_block *blocks;
    void (*residuals)(const void *parameters, const void *data, void *fit, real *work);
    void (*jacobian)(const void *parameters, const void *data, void *fit, real *work);
};

/* What minimises an objective as a whole in place of its own step. */
struct trainer_solver {
    const char *name;   /* NULL: nothing does */
    int method;         /* an enum solver_method */
    const char *reason; /* why it was chosen; NULL: the model says which */
    int memory;         /* its option */
    int likelihood; /* the loss is a negative log-likelihood (1), or its mean over the rows (2) */
    void (*curvature)(const void *parameters, const void *data, const void *direction,
                      void *product, real *work); /* NULL: it needs none */
    const struct trainer_fit *fit;                /* NULL: likewise */
};

/* One `minimize` or `maximize`. */
struct trainer_objective {
    const char *name;
    bool maximize;
    double rate;     /* the step size, unless --rate gives another; 0: the optimiser has none */
    double stop;     /* ends when the norm of the gradient is below this; 0: never */
    double average;  /* what a step keeps of the parameters' average; 0: they are not averaged */
    double plateau;  /* by which the rate is multiplied where the loss gets no better; 0: never */
    ptrdiff_t wait;  /* for a better one: so many epochs */
    const int *over; /* the parameters that it moves */
    int over_count;
    struct trainer_solver solver;
    real (*loss)(const void *parameters, const void *data, real *work);
    real (*loss_gradient)(const void *parameters, const void *data, void *gradient, real *work);
    real (*step)(void *parameters, void *state, const void *data, real *work,
                 real rate);          /* NULL: a solver does it */
    void *(*gradient)(void *state);   /* the gradient of the latest step, a params struct */
    ptrdiff_t *(*steps)(void *state); /* how many steps it has taken */
    int definition;                   /* its own, see below; TRAINER_NONE: it is a parameter */
};

/* The interval that a parameter is kept in. */
struct trainer_interval {
    double lower, upper;
};

/* What a definition is made from: a tensor of the model, or the part of it that one element needs.
 * Each subscript follows an axis of the definition, at a distance, or stands still, or runs. */
enum trainer_kind { TRAINER_PARAMETER, TRAINER_INPUT, TRAINER_DEFINITION };
enum { TRAINER_FIXED = -2, TRAINER_RUNNING = -3 };

struct trainer_operand {
    enum trainer_kind kind;
    int number; /* among those of its kind */
    int axis[TRAINER_MAX_RANK];
    ptrdiff_t distance[TRAINER_MAX_RANK];
    /* Where a condition keeps it from being used there is a 0 in a tensor behind the definitions,
     * whose axes follow those of the definition or, counted from TRAINER_MAX_RANK on, the operand's
     * own. TRAINER_NONE: it is used everywhere. */
    int guard;
    int guard_axis[TRAINER_MAX_RANK];
    ptrdiff_t guard_distance[TRAINER_MAX_RANK];
};

struct trainer_definition {
    const char *formula;               /* with the line of the model */
    ptrdiff_t first[TRAINER_MAX_RANK]; /* what the subscripts begin with */
    int rows;                          /* the axis that runs along the rows, or TRAINER_NONE */
    const struct trainer_operand *operands;
    int operand_count;
};

struct trainer_model {
    const char *name;
    uint64_t hash; /* of the model's text */

    const struct trainer_dimension *dimensions;
    int dimension_count;
    int rows; /* the dimension that batches and holdout cut; TRAINER_NONE: there is none */
    const struct trainer_input *inputs;
    int input_count;
    size_t data_size; /* of NAME_data, which set_data fills */
    void (*set_data)(void *data, const struct trainer_rows *rows);
    void (*begin_step)(void *data, real number); /* of the draw; NULL: steps are all alike */
    size_t (*workspace)(const void *data);       /* in reals; SIZE_MAX: more than can be */

    struct trainer_object parameters;
    int parameter_count;
    int kept_count; /* the last of them are kept from step to step, not learnt */
    void (*describe_parameters)(void *parameters, const void *data, struct trainer_field *fields);
    const struct trainer_interval *intervals; /* of each parameter; NULL: all are free */
    struct trainer_object state;
    int state_count; /* tensors that the optimisers keep from step to step */
    void (*describe_state)(void *state, const void *data, struct trainer_field *fields);
    /* Sets both; `data` are all rows of training. */
    void (*start)(void *parameters, void *state, const void *data, real *work, uint64_t seed);

    const struct trainer_objective *objectives;
    int objective_count;
    const struct solving_hooks *solving; /* NULL: no objective has a solver */
    ptrdiff_t batch;                     /* rows a step; 0: all */
    ptrdiff_t epochs; /* passes over the rows, and steps: whichever ends first; 0: not given */
    ptrdiff_t steps;
    double holdout; /* the share of the rows kept from training */

    const char *const *report_names;
    int report_count;
    void (*report)(const void *parameters, const void *data, real *work, real *values);

    struct trainer_object outputs;
    int output_count;
    void (*describe_outputs)(void *outputs, const void *data, struct trainer_field *fields);
    void (*predict)(const void *parameters, const void *data, real *work, void *outputs);

    struct trainer_object definitions; /* what the losses are made of, in an order to compute it */
    int definition_count;
    int definition_fields; /* those, and where their operands are used */
    const struct trainer_definition *definition_table;
    void (*describe_definitions)(void *definitions, const void *data, struct trainer_field *fields);
    size_t (*define_reals)(const void *data); /* the workspace of the next one */
    void (*define)(const void *parameters, const void *data, real *work, void *definitions);
};

/* Trains the model as the command line says; returns the program's exit status. */
static int trainer_main(const struct trainer_model *model, int argument_count, char **arguments);

#endif /* SYMGRAD_RUNTIME_TRAINER_H */
