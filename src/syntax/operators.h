/* The operators of the language, as grammar/operators.def has them: one row knows all about one. */
#ifndef SYMGRAD_SYNTAX_OPERATORS_H
#define SYMGRAD_SYNTAX_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>

/* How tightly an operator binds, loosest first; the grammar and both printers go by it. */
enum precedence {
    PRECEDENCE_IF,
    PRECEDENCE_OR,
    PRECEDENCE_AND,
    PRECEDENCE_NOT,
    PRECEDENCE_COMPARISON,
    PRECEDENCE_SUM,
    PRECEDENCE_PRODUCT,
    PRECEDENCE_NEGATION,
    PRECEDENCE_POWER,
    PRECEDENCE_CALL
};

enum operator_flag {
    OPERATOR_COMMUTATIVE = 1, /* f(x, y) = f(y, x) */
    OPERATOR_BOOLEAN = 2,     /* the value is a truth, 0 or 1 */
    OPERATOR_VARIADIC = 4,    /* takes two or more arguments, folded from the left */
    OPERATOR_FINITE = 8,      /* the value is finite wherever the arguments are */
    OPERATOR_JUMPS = 16       /* the value jumps somewhere; a truth does so too */
};

enum operator_id {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)           \
    OPERATOR_##id,
#define REDUCTION(id, spelling, unit, combine, derivative, latex)
#include "../grammar/operators.def"
    OPERATOR_COUNT
};

enum reduction_id {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)
#define REDUCTION(id, spelling, unit, combine, derivative, latex) REDUCTION_##id,
#include "../grammar/operators.def"
    REDUCTION_COUNT
};

#define OPERATOR_ARITY_MAX 3

struct operation {
    enum operator_id id;
    const char *spelling;
    int arity;
    enum precedence precedence;
    unsigned flags;
    const char *derivatives[OPERATOR_ARITY_MAX]; /* by each argument, in the language: x, y, z, f */
    const char *c;                               /* the value in C, in x, y, z */
    const char *latex;                           /* #1, #2, ... are the arguments */
    const char *domain; /* where it is defined and smooth, in the language; "" is everywhere */
    const char *kinks;  /* what was chosen where it is not smooth; "" has none */
};

struct reduction {
    enum reduction_id id;
    const char *spelling;
    const char *unit;       /* the value over an empty range, in the language */
    const char *combine;    /* the next value of accumulator a given element x, in the language */
    const char *derivative; /* of the result f by element x, in the language */
    const char *latex;
};

const struct operation *operator_get(enum operator_id id);
const struct reduction *reduction_get(enum reduction_id id);

/* NULL where no operator called by name (a word, not a sign) is spelt so. */
const struct operation *operator_find(const char *spelling);
const struct reduction *reduction_find(const char *spelling);

/* What a reduction starts from, and its operator; argmax and argmin have those of max and min. */
double reduction_unit(const struct reduction *reduction);
enum operator_id reduction_operator(const struct reduction *reduction);
bool reduction_seeks_place(const struct reduction *reduction);

#endif
