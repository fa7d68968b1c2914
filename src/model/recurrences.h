/* Definitions in several cases, and definitions that need each other: what finding their shapes and
 * reading their formulas share. */
#ifndef SYMGRAD_MODEL_RECURRENCES_H
#define SYMGRAD_MODEL_RECURRENCES_H

#include "model/reader.h"

/* One of several ways to define an element. */
struct definition_case {
    const struct statement *statement;
    const struct node *constants[RANK_MAX]; /* NULL: an index */
    struct axis ranges[RANK_MAX];
    const struct index *walked[RANK_MAX]; /* the index while ranges are found */
    int constant_count;
    const struct node *condition; /* NULL: always */
    struct value value;
};

/* A tensor of the group. Its axes are those of its left sides, then those of a row that a first
 * case gives. */
struct member {
    struct symbol *symbol;
    int left_rank, rank;
    struct definition_case *cases;
    struct axis plain[RANK_MAX]; /* what an index of unknown range takes from each axis */
    struct axis axes[RANK_MAX];  /* of all cases */
    const struct index *indices[RANK_MAX];
    bool read;
};

/* All that are defined by way of each other. */
struct members {
    struct reader *reader;
    struct member *items;
    size_t count;
    const struct local *scope; /* of the function whose `where` defines them; else NULL */
    const struct index *context[RANK_MAX]; /* indices that the function's arguments stand under */
    int context_count;
    const struct node *guard;     /* over the context: where the call stands; NULL: everywhere */
    const struct tensor *stopped; /* over context and step: 1 behind the last step; NULL: never */
    const struct node *first_step;
    const char *step_name; /* of the index that steps */
    const char *prefix;    /* of the names of their tensors; NULL: none */
};

struct members members_create(struct reader *reader, const struct symbol_group *group);
/* Reads definitions that need each other, or have cases. */
void read_members(struct members *members, bool circular);

/* NULL for a symbol that is none of them. */
struct member *member_of(const struct members *members, const struct symbol *symbol);

/* shapes.c: the constant subscripts of each case, the range of every index on a left side, and the
 * axes that the cases make together. False after an error. */
bool find_shapes(struct members *members);

/* until.c: when the recurrence stops, as a definition of its own; false after an error. Behind that
 * a case keeps the value of the step before. */
bool read_until(struct members *members, struct program *program);
void keep_when_stopped(const struct members *members, const struct member *member,
                       struct definition_case *one);
int stepping_axis(const struct member *member);

/* recurrences.c: the indices of a case as locals. */
const struct local *open_case(struct reader *reader, const struct member *member,
                              const struct definition_case *one, const struct local *scope);

/* A formula where the call stands, 0 elsewhere: what it reads may not be there. */
const struct node *members_guarded(const struct members *members, const struct node *body);

/* node + step, over sizes. */
const struct node *size_plus(struct reader *reader, const struct node *node, long step);

#endif
