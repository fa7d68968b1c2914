/* Errors as values: each names a place in a source, may name a second one, and may suggest a mend.
 */
#ifndef SYMGRAD_BASE_DIAGNOSTICS_H
#define SYMGRAD_BASE_DIAGNOSTICS_H

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>

struct source {
    const char *name; /* as the user gave it; printed with control bytes escaped */
    const char *text;
    size_t length;
};

/* Bytes [begin, end) of a source; source NULL is "nowhere in particular". */
struct span {
    const struct source *source;
    unsigned begin, end;
};

struct diagnostic;

struct diagnostics {
    struct arena *arena;
    struct diagnostic *first, *last;
    unsigned errors, warnings;
};

struct diagnostics *diagnostics_create(struct arena *arena);

/* The returned value takes notes and help; it is never NULL. */
struct diagnostic *report_error(struct diagnostics *diagnostics, struct span span,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));
struct diagnostic *report_warning(struct diagnostics *diagnostics, struct span span,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A second place. */
void diagnostic_note(struct diagnostics *diagnostics, struct diagnostic *diagnostic,
                     struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The likely mend. */
void diagnostic_help(struct diagnostics *diagnostics, struct diagnostic *diagnostic,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends text from outside, such as a file's name, with whatever could move the cursor or deceive
 * the eye escaped as \xNN. */
void text_append_shown(struct text *text, const char *bytes);

struct span span_join(struct span left, struct span right);
/* Line and column of the span's begin, from 1; a column counts characters, not bytes. */
void span_position(struct span span, unsigned *line, unsigned *column);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITY_HELP };

/* One thing that a diagnostic says: itself, or one of its notes and helps, which follow it. */
struct diagnostic_entry {
    enum severity severity;
    const char *message;
    struct span span;    /* a help has none */
    size_t line, column; /* as span_position() counts them; 0: nowhere in particular */
};

/* All of them, in the order of their places. */
const struct diagnostic_entry *diagnostics_list(const struct diagnostics *diagnostics,
                                                size_t *count);

/* Every diagnostic in the order of their places, with the source line and a caret line. */
void diagnostics_append(const struct diagnostics *diagnostics, struct text *text);
void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream, bool color);

/* Drops all that was reported, which reported anew is still known and not listed; the counts stay.
 */
void diagnostics_forget(struct diagnostics *diagnostics);

#endif
