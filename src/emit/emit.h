/* From a model to C: one standalone file. Spelling only; what is computed and in which order was
 * decided by the plan. */
#ifndef SYMGRAD_EMIT_EMIT_H
#define SYMGRAD_EMIT_EMIT_H

#include "model/model.h"

enum emit_what {
    EMIT_MAIN,   /* the trainer, a whole program */
    EMIT_LIB,    /* the functions alone */
    EMIT_HEADER, /* their declarations */
    EMIT_JIT     /* the functions, and an entry with plain arrays for use through dlopen() */
};

struct emit_options {
    const char *name; /* the prefix; NULL: the model's name */
    bool single;      /* compute in float */
    bool blas;        /* call BLAS and LAPACK where they help; else stand alone */
    enum emit_what what;
    const char *model_path; /* as the user gave it, for the head comment; may be NULL */
};

/* The text of the file, followed by a NUL that *length does not count; NULL after an error.
 *
 * With EMIT_JIT there is one more function for each objective, the k-th called NAME_jit, NAME_jit_2
 * and so on:
 *
 *     int NAME_jit(const ptrdiff_t *sizes, double *const *params, const double *const *reals,
 *                  const int *const *wholes, double *loss, double *const *gradients);
 *
 * `sizes` holds every dimension in the model's order; `params` and `gradients` go by the model's
 * parameters, `reals` and `wholes` by its inputs of that kind. A gradient that is NULL is not
 * stored. The result is 0, or 1 when memory ran out. */
char *emit_model(struct model *model, const struct emit_options *options,
                 struct diagnostics *diagnostics, size_t *length);

/* A file with one function that evaluates expressions over variables of rank 0:
 *
 *     void NAME_evaluate(const double *at, double *results); */
char *emit_scalar(struct graph *graph, const struct tensor *const *variables, size_t variable_count,
                  const struct node *const *results, size_t result_count,
                  const struct emit_options *options, struct diagnostics *diagnostics,
                  size_t *length);

#endif
