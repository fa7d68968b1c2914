/* The inside of a C function: the names in it, and its statements. */
#ifndef SYMGRAD_EMIT_BODY_H
#define SYMGRAD_EMIT_BODY_H

#include "emit/function.h"

/* A tensor as one function sees it. */
struct visible {
    const struct tensor *tensor;
    const struct buffer *buffer; /* NULL for a local */
    const struct access *access; /* NULL for the workspace and for locals */
    struct spelling spelling;
    size_t loads, stores, additions; /* how often the function does that */
    bool declared;
};

struct body {
    struct emitter *emitter;
    const struct function *function;
    struct speller speller;
    struct table *visible; /* tensor to struct visible */
    struct visible **order;
    size_t count, capacity;
    struct table *indices;    /* index to its name here */
    struct table *sizes_used; /* run-time dimensions used */
    const struct dimension **sizes;
    size_t size_count, size_capacity;
    struct strip *strip; /* the nest of loops that is being written in strips; NULL: none is */
    bool uses_work;      /* a statement mentions the workspace itself */
    bool returns_at_end; /* the last step computes the result */
    bool shared;         /* inside of a loop whose iterations are of several threads */
};

/* Names everything that the steps use. `as_parameter`: results are reached through pointers. */
void body_prepare(struct body *body, const struct step_list *steps, bool as_parameter);

/* Ends the body, whose memory others may have. */
void body_give_back(struct body *body);

/* Appends the statements to the emitter's text. */
void body_emit(struct body *body, const struct step_list *steps, int indent);

/* Gives a local variable of reals, about to be declared, its name. */
void body_declare_local(struct body *body, struct visible *local);

/* work[17]: where a number lies in the workspace. */
const char *workspace_place(struct body *body, const struct visible *visible);

#endif
