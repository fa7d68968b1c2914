/* The runtime's parts, copied into an emitted file. */
#ifndef SYMGRAD_EMIT_RUNTIME_H
#define SYMGRAD_EMIT_RUNTIME_H

#include "emit/emitter.h"

/* The parts' names, such as "runtime/random.c", in the order in which they stand in a file. */
struct runtime_parts {
    const char **names;
    size_t count, capacity;
    size_t seldom, seldom_end; /* those between are of runtime/all_seldom.c */
};

/* What a trainer needs, from runtime/all.c and all_seldom.c; `normal` where it draws from a normal
 * distribution; from runtime/all_solving.c as well where it `solves`, with LAPACK's help where that
 * was asked for. */
struct runtime_parts runtime_trainer(struct emitter *emitter, bool normal, bool solves);

/* What a file without trainer needs to draw random numbers. */
struct runtime_parts runtime_random(struct emitter *emitter, bool normal);

/* The #include lines of the parts' system headers and of the others asked for, each once, sorted;
 * `extra` ends with NULL. */
void runtime_emit_includes(struct emitter *emitter, const struct runtime_parts *parts,
                           const char *const *extra);

/* The text of a part without its #include lines and guards. */
void runtime_emit_part(struct emitter *emitter, const char *name);
/* runtime/platform.h, which keeps its #include lines and comes first. */
void runtime_emit_platform(struct emitter *emitter);

#endif
