/* failure.h - an error as a value: an exit status and a text, of one line as a rule.
 *
 * A function that can fail returns false and leaves its reason here; only main prints it. */
#ifndef SYMGRAD_RUNTIME_FAILURE_H
#define SYMGRAD_RUNTIME_FAILURE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { FAILURE_TEXT = 2048, FAILURE_QUOTE = 160 };

enum failure_status {
    FAILURE_NONE = 0,
    FAILURE_DIVERGED = 1, /* or a check that failed */
    FAILURE_USAGE = 2,
    FAILURE_SYSTEM = 3 /* file or memory */
};

struct failure {
    enum failure_status status;
    char text[FAILURE_TEXT];
};

/* A text made fit for a message: at most FAILURE_QUOTE characters, control bytes escaped. */
struct failure_quotation {
    char text[FAILURE_QUOTE];
};

/* Records the reason; always returns false, so that `return failure_set(...)` reads well. */
static bool failure_set(struct failure *failure, enum failure_status status, const char *format,
                        ...);

static bool failure_out_of_memory(struct failure *failure);

/* Fills `quotation` with 'text' in quotes and returns it as a string. */
static const char *failure_quote(struct failure_quotation *quotation, const char *text,
                                 size_t length);

#endif /* SYMGRAD_RUNTIME_FAILURE_H */
