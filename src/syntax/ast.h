/* What was written: the syntax tree of a model file.
 *
 * Every node keeps the span of its source. Trees are built by the parser and never changed. */
#ifndef SYMGRAD_SYNTAX_AST_H
#define SYMGRAD_SYNTAX_AST_H

#include "base/diagnostics.h"
#include "syntax/operators.h"

struct expression_list {
    struct expression **items;
    size_t count, capacity;
};

/* One index of a reduction or of a definition's left side: `i`, `u in 3`, `t in 1..T-1`. On a left
 * side it may also be a whole-number expression, the constant subscript of a base case. */
struct binder {
    const char *name; /* NULL for a constant subscript, which is then in `first` */
    struct span span;
    struct expression *first; /* the range's first value; NULL: 0 */
    struct expression *last;  /* the range's last value, counted in; NULL with `count` */
    struct expression *count; /* how many values, for `in K`; NULL otherwise */
};

struct binder_list {
    struct binder *items;
    size_t count, capacity;
    struct expression *condition; /* after the colon; NULL for none */
};

enum expression_kind {
    EXPRESSION_NUMBER,    /* 2.5 */
    EXPRESSION_NAME,      /* w, pi, inf */
    EXPRESSION_CALL,      /* name(arguments), name'(arguments) */
    EXPRESSION_SUBSCRIPT, /* name[arguments], (name[arguments] else fallback); f(x)[arguments]: the
                             name is NULL and `body` is what stands before the bracket */
    EXPRESSION_OPERATOR,  /* a sign or `if`: arguments by operators.def */
    EXPRESSION_PRODUCT,   /* arguments[0] @ arguments[1], the matrix product */
    EXPRESSION_REDUCE     /* name[binders] body */
};

struct expression {
    enum expression_kind kind;
    struct span span;
    unsigned depth; /* of nesting; a left-leaning chain a+b+c counts once */
    double number;
    const char *name;
    struct span name_span;
    unsigned primes; /* u''(x) has two */
    const struct operation *operation;
    struct expression_list arguments; /* NUMBER and NAME have none */
    struct expression *fallback;      /* SUBSCRIPT: the value outside the bounds; NULL for none */
    struct binder_list binders;       /* REDUCE */
    struct expression *body;          /* REDUCE; SUBSCRIPT of what is no name */
};

/* name = value, as in gd(rate = 0.1) and in minimize's options; name NULL where only a value stood
 */
struct option {
    const char *name;
    struct span span;
    const char *dimension;    /* batch(n) = 32 has n; NULL for none */
    struct expression *value; /* NULL for an optimiser's setting without a default */
};

struct option_list {
    struct option *items;
    size_t count, capacity;
};

/* One name declared by dim, data, param, const, fn's parameters ... */
struct declarator {
    const char *name;
    struct span span;
    struct expression_list axes;      /* the sizes between brackets (index names for fn) */
    bool has_axes;                    /* false for a name without brackets */
    struct expression *value;         /* dim d = 3, param w = 0, const g = 9.81; NULL for none */
    struct expression *distribution;  /* param W ~ normal(0, 1): a CALL or a NAME; NULL for none */
    struct expression *class_count;   /* data y[n] in k; NULL for none */
    struct expression *lower, *upper; /* param in [a, b]; both NULL for none */
    bool lower_open, upper_open;      /* ( ) instead of [ ] */
};

struct declarator_list {
    struct declarator *items;
    size_t count, capacity;
};

enum statement_kind {
    STATEMENT_DIM,
    STATEMENT_DATA,
    STATEMENT_PARAM,
    STATEMENT_CONST,
    STATEMENT_DRAW,
    STATEMENT_STATE,
    STATEMENT_DEFINE, /* name[binders] = body */
    STATEMENT_UPDATE, /* name[binders] := body */
    STATEMENT_FN,     /* fn name(declarators) = body, fn name(declarators)[binders] = body */
    STATEMENT_OPTIMIZER,
    STATEMENT_MINIMIZE, /* maximize too */
    STATEMENT_REPORT,
    STATEMENT_OUTPUT
};

struct statement_list {
    struct statement **items;
    size_t count, capacity;
};

struct statement {
    enum statement_kind kind;
    struct span span; /* the whole statement */
    struct declarator_list declarators;
    const char *file; /* DATA ... from "file", its bytes as written; NULL for none */
    struct span file_span;
    const char *name; /* DEFINE, UPDATE, FN, OPTIMIZER, REPORT */
    struct span name_span;
    bool has_binders; /* DEFINE, UPDATE: name[...]; FN: name(...)[...] */
    struct binder_list binders;
    struct expression *body; /* DEFINE, UPDATE, FN, REPORT (name = body), MINIMIZE (the loss) */
    struct expression *until, *limit; /* DEFINE ... until condition, at most limit; NULL for none */
    struct statement_list block;      /* OPTIMIZER { ... } ; FN ... where { ... } */
    struct statement_list derivatives; /* FN ... derivative x = ..., A[i,j] = ...: DEFINEs */
    struct option_list options;        /* OPTIMIZER's defaults; MINIMIZE's own */
    bool maximize;                     /* MINIMIZE */
    struct expression_list over;       /* MINIMIZE ... over W, b: NAMEs */
    const char *optimizer;             /* MINIMIZE ... with NAME(...); NULL for none */
    struct span optimizer_span;
    struct option_list optimizer_options;
    struct expression_list names; /* OUTPUT a, b: NAMEs */
};

#endif
