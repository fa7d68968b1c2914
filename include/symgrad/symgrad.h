/* The compiler as a library: a model's text goes in; its derivative as text, or C, comes out.
 *
 *     struct symgrad_model *model;
 *     const char *c;
 *     if (symgrad_read(text, strlen(text), "line.expr", NULL, &model) == SYMGRAD_OK &&
 *         symgrad_emit(model, SYMGRAD_LIB, SYMGRAD_DOUBLE, NULL, &c) == SYMGRAD_OK) {
 *         fputs(c, stdout);
 *     } else {
 *         fputs(symgrad_messages(model), stderr);
 *     }
 *     symgrad_free(model);
 *
 * There is no global state: threads may use the library at the same time, each with models of its
 * own. It writes no file and to no stream, and reads none: the data that a model names are for the
 * emitted program. It does not end the process: memory that runs out is a status like any other. */
#ifndef SYMGRAD_SYMGRAD_H
#define SYMGRAD_SYMGRAD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define SYMGRAD_API __attribute__((visibility("default")))
#else
#define SYMGRAD_API
#endif

enum symgrad_status {
    SYMGRAD_OK,
    SYMGRAD_ERROR,    /* the diagnostics say what is wrong */
    SYMGRAD_NO_MEMORY /* nothing has changed; the call may be tried again */
};

/* A model that was read, and all that calls with it returned. */
struct symgrad_model;

/* Where memory comes from. `allocate` may return NULL; what it returns need not be aligned to more
 * than a pointer. */
struct symgrad_allocator {
    void *(*allocate)(void *context, size_t size);
    void (*release)(void *context, void *block);
    void *context;
};

/* "0.1.0" */
SYMGRAD_API const char *symgrad_version(void);

/* Reads and checks a model: `length` bytes, which are copied.
 *
 * `path` is what messages call it, and names the folder beside which the emitted program looks for
 * data; NULL stands for "model". `allocator` NULL stands for malloc and free. *model is NULL after
 * SYMGRAD_NO_MEMORY, and only then: where the text is wrong, *model has the diagnostics. */
SYMGRAD_API enum symgrad_status symgrad_read(const char *text, size_t length, const char *path,
                                             const struct symgrad_allocator *allocator,
                                             struct symgrad_model **model);

/* NULL is allowed. */
SYMGRAD_API void symgrad_free(struct symgrad_model *model);

/* The derivative of each loss as a program in the language, as `symgrad diff` prints it. `by` names
 * parameters, "W,b"; NULL stands for all that the loss is minimised over.
 *
 * *result lives as long as the model, and is NULL where the status is not SYMGRAD_OK; so here and
 * with symgrad_emit. */
SYMGRAD_API enum symgrad_status symgrad_differentiate(struct symgrad_model *model, const char *by,
                                                      const char **result);

enum symgrad_file {
    SYMGRAD_MAIN,  /* a whole trainer */
    SYMGRAD_LIB,   /* its functions alone, for a program with a main of its own */
    SYMGRAD_HEADER /* the declarations of these */
};

enum symgrad_real { SYMGRAD_DOUBLE, SYMGRAD_FLOAT };

/* A C file. All that it defines begins with `name`; NULL stands for the path's last part. */
SYMGRAD_API enum symgrad_status symgrad_emit(struct symgrad_model *model, enum symgrad_file file,
                                             enum symgrad_real real, const char *name,
                                             const char **result);

enum symgrad_severity {
    SYMGRAD_SEVERITY_ERROR,
    SYMGRAD_SEVERITY_WARNING,
    SYMGRAD_SEVERITY_NOTE, /* a second place of the error or warning before it */
    SYMGRAD_SEVERITY_HELP  /* its likely mend; has no place */
};

struct symgrad_diagnostic {
    enum symgrad_severity severity;
    const char *message;
    const char *path;    /* of the text it is about, the model's or the library's; NULL: of none */
    size_t line, column; /* from 1, in characters; 0: nowhere in particular */
    size_t begin, end;   /* the bytes of the text that it is about */
};

/* What the last call with this model found, in the order of the places; both live as long as the
 * model. A call that succeeds may have warnings. */
SYMGRAD_API const struct symgrad_diagnostic *symgrad_diagnostics(const struct symgrad_model *model,
                                                                 size_t *count);

/* The same as text, with the source lines, as the command prints it: "" where there is nothing to
 * say. After SYMGRAD_NO_MEMORY, and of a model that is NULL, it says that memory has run out. */
SYMGRAD_API const char *symgrad_messages(const struct symgrad_model *model);

#ifdef __cplusplus
}
#endif

#endif
