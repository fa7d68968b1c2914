/* Interned names: the same spelling is the same pointer. */
#ifndef SYMGRAD_BASE_NAMES_H
#define SYMGRAD_BASE_NAMES_H

#include "base/arena.h"

struct names;

struct names *names_create(struct arena *arena);
const char *names_intern(struct names *names, const char *bytes, size_t length);
const char *names_intern_text(struct names *names, const char *text);

#endif
