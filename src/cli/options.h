/* The command line of symgrad, read into one struct. */
#ifndef SYMGRAD_CLI_OPTIONS_H
#define SYMGRAD_CLI_OPTIONS_H

#include "base/arena.h"

#include <stdbool.h>

/* Exit statuses: INTERFACE.md. */
enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_SYSTEM = 3 };

struct options {
    const char *command; /* "emit" where none was given */
    const char *input;   /* the model file, "-" for standard input */
    const char *expression;
    const char *output;
    const char *at;
    const char *wrt;
    const char *format;
    const char *stage;
    const char *name;
    const char *real;
    const char *emit;
    long order;
    bool gradient, hessian, jit, verbose, help, version, depend, warnings_are_errors, blas, numeric;
    const char *color; /* "auto", "always", "never" */
    char **rest;       /* what stands behind "--" */
    int rest_count;
};

/* False after a message on standard error: the usage is wrong. */
bool options_read(struct arena *arena, int argument_count, char **arguments,
                  struct options *options);

/* What --help prints. */
extern const char options_help[];

#endif
