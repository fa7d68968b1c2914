/* The files that travel inside the binary: the library in the language and the runtime's C.
 *
 * Makefile.am lists them (LIBRARY, RUNTIME); tools/embed.sh turns them into bytes. */
#ifndef SYMGRAD_BASE_EMBEDDED_H
#define SYMGRAD_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; /* "lib/layers.expr", "runtime/special.c" */
    const char *text; /* followed by a NUL that `length` does not count */
    size_t length;
};

/* Every embedded file in the order of Makefile.am; the last one has no name. */
extern const struct embedded_file embedded_files[];

/* NULL where no file has that name. */
const struct embedded_file *embedded_find(const char *name);

/* The file after `previous` (NULL: the first) whose name begins with `prefix`; NULL after the last:
 *
 *     for (file = NULL; (file = embedded_next(file, "lib/")) != NULL;) */
const struct embedded_file *embedded_next(const struct embedded_file *previous, const char *prefix);

#endif
