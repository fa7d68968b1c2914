/* C identifiers for the names of a model.
 *
 * A name keeps its spelling where C allows it; Greek letters are written out. No name meets a word
 * of C or C++, a macro or function that an emitted file sees, a name that the emitter uses itself,
 * or another name of the same scope. */
#ifndef SYMGRAD_EMIT_NAMES_H
#define SYMGRAD_EMIT_NAMES_H

#include "base/names.h"

#include <stddef.h>

struct c_names;

/* `prefix` is the one that everything an emitted file defines begins with. */
struct c_names *c_names_create(struct arena *arena, const char *prefix);

/* A free identifier for `name`, taken until its scope ends. */
const char *c_names_take(struct c_names *names, const char *name);

/* The same for an index without a name: i, j, k and so on. */
const char *c_names_take_index(struct c_names *names);

/* Scopes: what was taken after the mark is free again once it is released. */
size_t c_names_mark(const struct c_names *names);
void c_names_release(struct c_names *names, size_t mark);

/* The prefix for a model called `name`. */
const char *c_prefix(struct arena *arena, const char *name);

#endif
