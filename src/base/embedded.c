#include "base/embedded.h"

#include <string.h>

const struct embedded_file *embedded_find(const char *name)
{
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

const struct embedded_file *embedded_next(const struct embedded_file *previous, const char *prefix)
{
    const struct embedded_file *file = previous == NULL ? embedded_files : previous + 1;
    for (; file->name != NULL; file++) {
        if (strncmp(file->name, prefix, strlen(prefix)) == 0) {
            return file;
        }
    }
    return NULL;
}
