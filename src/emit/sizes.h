/* Amounts of memory in C: size_t arithmetic that comes out as SIZE_MAX where it would overflow. */
#ifndef SYMGRAD_EMIT_SIZES_H
#define SYMGRAD_EMIT_SIZES_H

#include "emit/expression.h"
#include "equations/program.h"

/* A sum of products of dimensions, like terms taken together. */
struct amount {
    struct amount_term {
        double coefficient;
        int count;
        const struct node *factors[RANK_MAX * 2]; /* ordered by id */
    } * terms;
    size_t count, capacity;
};

struct amount amount_of(struct arena *arena, const struct node *size);

/* The same with dimensions known when compiling multiplied out: for people. */
struct amount amount_folded(struct arena *arena, const struct node *size);
void amount_give_back(struct arena *arena, struct amount *amount);
void amount_add(struct arena *arena, struct amount *amount, const struct amount *other);

/* Whether `left` is at most `right`, term by term. */
bool amount_within(const struct amount *left, const struct amount *right);

/* An expression of type size_t: SIZE_MAX where it would overflow. */
void amount_append(struct speller *speller, struct text *text, const struct amount *amount);

/* An expression of type ptrdiff_t, for amounts known to fit. */
void amount_plain_append(struct speller *speller, struct text *text, const struct amount *amount);

/* For people: 84*n + 10. */
void amount_print(struct text *text, const struct amount *amount);

#endif
