/* C functions from plans: steps become statements, parts static functions. */
#ifndef SYMGRAD_EMIT_FUNCTION_H
#define SYMGRAD_EMIT_FUNCTION_H

#include "emit/emitter.h"
#include "plan/loops.h"

/* A parameter of a C function: `const struct line_params *params`. */
struct c_parameter {
    const char *name;
    const char *declaration;
};

/* How a function reaches a tensor that lies with the caller. */
struct access {
    const struct tensor *tensor;
    const char *path;      /* "params->W", "values[0]"; an expression where it is only read */
    const char *parameter; /* that the path begins with; "" for none */
    const char *local;     /* the name for a local alias; NULL: the tensor's own */
    bool writable;
    bool narrow;        /* whole numbers of type int */
    bool direct;        /* the path is written wherever the value is used */
    enum c_level level; /* of the path where it is an expression; LEVEL_ANY: primary */
};

struct function {
    const char *comment; /* what it does, one line of text that cannot end a comment */
    const char *name;
    bool local; /* static */
    const struct c_parameter *parameters;
    size_t parameter_count;
    const struct plan *plan;
    struct table *accesses;        /* tensor to struct access */
    const struct tensor *returned; /* whose value is the result; NULL: void */
    const char *prologue;          /* statements to begin with, indented; NULL for none */
    const char *declarations;      /* declarations to begin with, likewise */
    bool owns_work;                /* the workspace is among them, not a parameter */
    const char *epilogue;          /* statements before the end, likewise */
    const char *prologue_uses;     /* parameters that the prologue mentions, each followed by a
                                      space; NULL for none */
};

void function_emit(struct emitter *emitter, const struct function *function);

/* Emits a static void function, or several where the plan has several parts, that takes only those
 * parameters that it uses. Returns the statements that call it, indented. */
const char *function_emit_called(struct emitter *emitter, const struct function *function);

#endif
