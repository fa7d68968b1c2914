#include "syntax/operators.h"

#include <math.h>
#include <string.h>

#define IF PRECEDENCE_IF
#define OR PRECEDENCE_OR
#define AND PRECEDENCE_AND
#define NOT PRECEDENCE_NOT
#define COMPARISON PRECEDENCE_COMPARISON
#define SUM PRECEDENCE_SUM
#define PRODUCT PRECEDENCE_PRODUCT
#define NEGATION PRECEDENCE_NEGATION
#define POWER PRECEDENCE_POWER
#define CALL PRECEDENCE_CALL
#define COMMUTATIVE OPERATOR_COMMUTATIVE
#define BOOLEAN OPERATOR_BOOLEAN
#define VARIADIC OPERATOR_VARIADIC
#define FINITE OPERATOR_FINITE
#define JUMPS OPERATOR_JUMPS
#define INTERNAL 0

static const struct operation operators[] = {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)           \
    {OPERATOR_##id, spelling, arity, level, flags, {dx, dy, dz}, #c, latex, domain, kinks},
#define REDUCTION(id, spelling, unit, combine, derivative, latex)
#include "../grammar/operators.def"
};

static const struct reduction reductions[] = {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)
#define REDUCTION(id, spelling, unit, combine, derivative, latex)                                  \
    {REDUCTION_##id, spelling, unit, combine, derivative, latex},
#include "../grammar/operators.def"
};

const struct operation *operator_get(enum operator_id id)
{
    return &operators[id];
}

const struct reduction *reduction_get(enum reduction_id id)
{
    return &reductions[id];
}

const struct operation *operator_find(const char *spelling)
{
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        if (operators[i].precedence == PRECEDENCE_CALL &&
            strcmp(operators[i].spelling, spelling) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

const struct reduction *reduction_find(const char *spelling)
{
    for (size_t i = 0; i < REDUCTION_COUNT; i++) {
        if (strcmp(reductions[i].spelling, spelling) == 0) {
            return &reductions[i];
        }
    }
    return NULL;
}

bool reduction_seeks_place(const struct reduction *reduction)
{
    return reduction->id == REDUCTION_ARGMAX || reduction->id == REDUCTION_ARGMIN;
}

double reduction_unit(const struct reduction *reduction)
{
    switch (reduction->id) {
    case REDUCTION_PRODUCT:
        return 1;
    case REDUCTION_MAX:
    case REDUCTION_ARGMAX:
        return -(double)INFINITY;
    case REDUCTION_MIN:
    case REDUCTION_ARGMIN:
        return (double)INFINITY;
    default:
        return 0;
    }
}

enum operator_id reduction_operator(const struct reduction *reduction)
{
    switch (reduction->id) {
    case REDUCTION_PRODUCT:
        return OPERATOR_MULTIPLY;
    case REDUCTION_MAX:
    case REDUCTION_ARGMAX:
        return OPERATOR_MAX;
    case REDUCTION_MIN:
    case REDUCTION_ARGMIN:
        return OPERATOR_MIN;
    default:
        return OPERATOR_ADD;
    }
}
