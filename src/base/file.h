/* Files read and written whole. */
#ifndef SYMGRAD_BASE_FILE_H
#define SYMGRAD_BASE_FILE_H

#include "base/arena.h"

#include <stdbool.h>

/* Reads a file ("-": standard input). NULL on failure, with the reason in *reason. The text is
 * followed by a NUL that *length does not count. */
char *file_read(struct arena *arena, const char *path, size_t *length, const char **reason);

/* Writes a file ("-": standard output) that appears whole or not at all: a temporary file beside
 * it, flushed and renamed. False on failure, with the reason in *reason. */
bool file_write(struct arena *arena, const char *path, const char *bytes, size_t length,
                const char **reason);

/* The path of `file` as seen from the directory of `base`; an absolute `file` stays as it is. */
const char *path_beside(struct arena *arena, const char *base, const char *file);
/* The last part of a path, without the extension. */
const char *path_stem(struct arena *arena, const char *path);

#endif
