/* Emitted C, compiled and loaded into the running program: it is judged by the interpreter. */
#ifndef SYMGRAD_CLI_JIT_H
#define SYMGRAD_CLI_JIT_H

#include "cli/session.h"

struct jit;

/* Compiles the text of a C file and loads it. NULL after a message. */
struct jit *jit_load(struct session *session, const char *text, size_t length);

/* The address of a function in it; NULL after a message. */
void *jit_find(struct jit *jit, const char *name);

void jit_unload(struct jit *jit);

#endif
