/* The inside of the model room: what the passes from syntax tree to model share. */
#ifndef SYMGRAD_MODEL_READER_H
#define SYMGRAD_MODEL_READER_H

#include "model/model.h"

enum symbol_kind {
    SYMBOL_DIMENSION,
    SYMBOL_TENSOR,
    SYMBOL_CONSTANT,
    SYMBOL_FUNCTION,
    SYMBOL_OPTIMIZER
};

/* The meaning of an expression: a scalar body over the axes' indices. A tensor of rank 2 has two
 * axes; reading an element puts its subscripts in their place. */
struct value {
    const struct node *body; /* NULL after an error, which has been reported */
    int rank;
    const struct index *axes[RANK_MAX];
    const struct node *condition; /* elements that take part, as in softmax[u : u <= t]; or NULL */
};

/* A function of scalars is understood once, over stand-ins for its arguments; one that takes
 * tensors, or uses an argument as a subscript, is understood anew for each call. */
struct function {
    const struct statement *statement;
    bool understood;
    struct value value;
    const struct index *stand_ins[RANK_MAX];
};

struct symbol {
    enum symbol_kind kind;
    const char *name;
    struct span span;
    const struct statement *statement; /* definitions, constants, functions, optimisers */
    const struct declarator *draw;     /* drawn anew at every step; NULL for all others */
    const struct statement **cases;    /* of a definition; others have their one statement */
    size_t case_count, case_capacity;
    const struct expression *constant; /* CONSTANT: what it stands for */
    struct dimension *dimension;
    struct tensor *tensor;
    struct function *function;
    struct value value; /* CONSTANT */
    bool library;
    const struct axis *plain; /* what an index of unknown range takes from each axis, where that is
                                 not all of the axis; else NULL */
    const struct node *context[RANK_MAX]; /* first subscripts of a tensor that `where` defines: the
                                             indices that a call's arguments stand under */
    int context_count;
    unsigned number, low; /* while definitions are ordered */
    bool open;
};

/* Symbols that are defined by way of each other, or one alone. */
struct symbol_group {
    struct symbol **items;
    size_t count;
    bool circular; /* defined by way of itself */
};

/* A name that is visible in part of an expression only: an index, or a function's parameter. */
struct local {
    const char *name;
    struct span span;
    bool is_index;
    bool is_axis;    /* an index that a function's parameter declares: fn f(v[k]) */
    int index_count; /* an axis of a function's parameter may stand for several indices */
    const struct index *indices[RANK_MAX];
    struct value value;
    const struct symbol *symbol; /* what `where` defines as a tensor; NULL for all others */
    const struct local *outer;
};

/* A use of a subscript: what it says about the range of an index, or must be proven within it. */
struct demand {
    const struct node *subscript;
    const struct tensor *tensor; /* NULL for an axis of a parameter */
    struct axis axis;
    struct span span;
    const struct node *const *conditions; /* in force where it stands */
    int condition_count;
};

/* What is known of an index whose range is being found. */
struct inferring {
    struct span bound_at;    /* where it is bound */
    struct span resolved_at; /* which subscript gave the range */
    const char *resolved_by; /* the name of the tensor that gave it */
    struct demand *demands;
    size_t demand_count, demand_capacity;
};

struct members;

/* A call that is being understood, for the places that an error names. */
struct call {
    struct span span;
    const char *name;
    const struct call *outer;
};

struct reader {
    struct arena *arena;
    struct names *names;
    struct diagnostics *diagnostics;
    struct graph *graph;
    struct model *model;
    struct table *symbols;   /* the model's: name to struct symbol */
    struct table *library;   /* the library's, hidden by the model's, but not from the library */
    bool in_library;         /* reading what the library says */
    struct program *program; /* where definitions go */
    const struct members *members; /* that need each other and are being read; NULL: none */
    struct table *forwards;        /* tensor to what derivatives by its elements are known */
    struct symbol **order;         /* every symbol in order of declaration */
    size_t symbol_count, symbol_capacity;
    struct table *inferring; /* index to struct inferring */
    struct demand *bounds;   /* to be proven once the definition's ranges are known */
    size_t bound_count, bound_capacity;
    const struct node **conditions; /* in force here: of `if` branches and reductions */
    size_t condition_count, condition_capacity;
    const struct node **guards; /* conditions that came with elements of masked vectors */
    size_t guard_count, guard_capacity;
    const struct call *call;
    struct local
        *closed;      /* reductions' indices that went out of scope, for an error's second place */
    bool scalar_only; /* reading one expression: an unknown name is a variable */
    struct scalar_model *scalar;
};

struct value value_failed(void);
struct value value_of(const struct node *body);

/* An error at `span`; inside a function's body the call is the first place named. */
struct diagnostic *reader_error(struct reader *reader, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct symbol *reader_find(struct reader *reader, const char *name);
/* Adds the help "did you mean ...?" where a known name is close. */
void reader_suggest(struct reader *reader, struct diagnostic *diagnostic, const char *name,
                    const struct local *scope);
struct symbol *reader_declare(struct reader *reader, enum symbol_kind kind, const char *name,
                              struct span span);

/* Whether a place on a left side is a constant subscript: an expression, or the name of a dimension
 * or constant. */
bool is_constant_subscript(struct reader *reader, const struct binder *binder);

/* Whether a definition has cases, or one alone for a single element of an axis. */
bool has_cases(const struct symbol *symbol);

/* declare.c: dims, data, parameters, and the names of all that is defined. */
void declare_statements(struct reader *reader, const struct statement_list *statements);
void read_parameter_starts(struct reader *reader, const struct statement_list *statements);

/* order.c: definitions and functions so that each group comes after what it uses. */
struct symbol_group *definition_order(struct reader *reader, size_t *count);
void report_circle(struct reader *reader, const struct symbol_group *group);

/* expression.c */
struct value read_expression(struct reader *reader, const struct expression *expression,
                             const struct local *scope);
const struct local *find_local(const struct local *scope, const char *name);
/* What a name means as a definition, data or parameter; NULL where it is none of them. */
const struct symbol *find_symbol(struct reader *reader, const struct local *scope,
                                 const char *name);
/* An expression of rank 0; NULL after an error. */
const struct node *read_scalar(struct reader *reader, const struct expression *expression,
                               const struct local *scope);
/* A number known when compiling. */
bool read_number(struct reader *reader, const struct expression *expression, double *number);
struct value read_elementwise(struct reader *reader, struct span span, const char *what, int count,
                              struct value *arguments, enum operator_id operation);
const struct node *value_element(struct reader *reader, const struct value *value,
                                 const struct node *const *subscripts);
/* The range of an axis that a value runs over; a tensor, or what is left of it behind subscripts.
 */
struct axis value_axis(const struct index *index);
struct value whole_tensor(struct reader *reader, const struct symbol *symbol,
                          const struct node *const *subscripts, int count);
struct value report_unknown_name(struct reader *reader, const char *name, struct span span,
                                 const struct local *scope);
/* What is read until the condition is dropped again is evaluated only where it holds. */
void push_condition(struct reader *reader, const struct node *condition);

/* subscripts.c, reductions.c: kinds of expressions. */
struct value read_subscript(struct reader *reader, const struct expression *expression,
                            const struct local *scope);
struct value read_reduce(struct reader *reader, const struct expression *expression,
                         const struct local *scope);
struct value close_reduction(struct reader *reader, enum reduction_id reduction, int index_count,
                             const struct index *const *indices, struct value element,
                             const struct node *condition);

/* derivatives.c: grad(e, W) and diff(e, x[i]); and u'(x), given how u is called. */
struct value read_derivative(struct reader *reader, const struct expression *expression,
                             const struct local *scope);
struct value
derive_call(struct reader *reader, const struct expression *expression, struct value argument,
            struct value (*call)(struct reader *reader, const struct expression *expression,
                                 int count, struct value *arguments));

/* functions.c */
void understand_function(struct reader *reader, struct symbol *symbol);
struct value call_function(struct reader *reader, const struct symbol *symbol, struct span span,
                           int count, struct value *arguments);

/* ranges.c */
struct index *infer_index(struct reader *reader, const char *name, struct span bound_at);
/* The binder's index, its range given or to be inferred. NULL after an error. */
struct index *bind_index(struct reader *reader, const struct binder *binder,
                         const struct local *scope);
/* The axis of a tensor as a subscript sees it: all of it, but for an index whose range is found
 * from it the symbol's plain one. */
struct axis axis_for(struct reader *reader, const struct node *subscript,
                     const struct symbol *symbol, int axis);
/* The same where a name alone that is an axis of the function's head runs over that axis. */
struct index *bind_place(struct reader *reader, const struct binder *binder,
                         const struct local *scope);
/* A whole number made of sizes, in canonical form; NULL for what is none. */
const struct node *whole_size(struct reader *reader, const struct node *node);
/* Takes note that a definition's values are whole numbers, where its formula says so, and of the
 * range they lie in: it may be a subscript then. */
void note_whole_values(struct reader *reader, struct tensor *tensor, const struct node *body);
/* Whether a formula takes whole values alone. */
bool is_whole_number(const struct node *node);
/* Takes note that `subscript` stands at an axis. */
void demand_axis(struct reader *reader, const struct node *subscript, const struct tensor *tensor,
                 struct axis axis, struct span span);
void demand_index(struct reader *reader, const struct node *subscript, const char *by,
                  struct axis axis, struct span span);
void demand_range(struct reader *reader, struct index *index, struct axis axis, const char *by,
                  struct span span);
/* The names in scope with that of a bound index. */
const struct local *open_index(struct reader *reader, const struct binder *binder,
                               const struct index *index, const struct local *scope);
/* Settles the range of an index about to go out of scope; false after an error. */
bool settle_index(struct reader *reader, struct index *index);
bool same_bound(const struct node *left, const struct node *right);
bool same_axis(struct axis left, struct axis right);
/* Reports each subscript that may be out of bounds, of those noted from the `from`-th on. */
void check_bounds(struct reader *reader, size_t from);
/* The condition that every subscript is within its axis; NULL where that is certain. */
const struct node *within_bounds(struct reader *reader, int rank, const struct axis *axes,
                                 const struct node *const *subscripts);

/* recurrences.c: definitions in several cases, and those that need each other. */
void read_recurrence(struct reader *reader, const struct symbol_group *group);

/* where.c: what a function's `where` defines, as names in scope; NULL after an error. */
const struct local *open_where(struct reader *reader, const struct statement *function, int count,
                               const struct value *arguments, const struct local *scope);

/* definitions.c */
void read_definition(struct reader *reader, struct symbol *symbol);
/* The equation name = expression, for reports and losses. NULL after an error. */
struct tensor *define_scalar(struct reader *reader, const char *name, struct span span,
                             const struct expression *body);

/* draws.c: `draw e[n] ~ normal(0, 1)` as a definition, and `state`'s updates. */
void read_drawn(struct reader *reader, struct symbol *symbol);
void read_updates(struct reader *reader, const struct statement_list *statements);
/* The input `training`, or the number of the draw: made where a model first asks for it. */
struct tensor *model_input(struct reader *reader, struct tensor **input, const char *name);

/* training.c: minimize, report, output. */
void read_training(struct reader *reader, const struct statement_list *statements);

/* minimisers.c: what follows `with`, for an objective whose loss and parameters are known. */
void read_optimizer(struct reader *reader, const struct statement *statement,
                    struct objective *objective);
/* An option that is a whole number, at least 1. */
void read_count(struct reader *reader, const struct option *option, long *count);

#endif
