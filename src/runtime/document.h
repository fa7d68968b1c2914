/* document.h - a file that appears whole or not at all: written beside its place, then renamed.
 * A terminal, pipe or device is written to as it is, and so is what a link leads to. */
#ifndef SYMGRAD_RUNTIME_DOCUMENT_H
#define SYMGRAD_RUNTIME_DOCUMENT_H

#include "failure.h"
#include "memory.h"
#include "platform.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct document {
    FILE *stream; /* write here; errors are noticed in the end */
    const char *name;
    char *draft; /* its name until it is whole; NULL: written in its place */
};

static bool document_open(struct document *document, const char *name, struct failure *failure);

/* Puts the document in its place; where that fails, nothing is left of it. */
static bool document_close(struct document *document, struct failure *failure);

#endif /* SYMGRAD_RUNTIME_DOCUMENT_H */
