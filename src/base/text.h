/* Text that grows, and the spelling of numbers. */
#ifndef SYMGRAD_BASE_TEXT_H
#define SYMGRAD_BASE_TEXT_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>

/* `bytes` is always terminated by a NUL that `length` does not count. */
struct text {
    struct arena *arena;
    char *bytes;
    size_t length, capacity;
};

struct text text_create(struct arena *arena);
/* Ends the text, whose memory others may have. */
void text_give_back(struct text *text);
void text_append(struct text *text, const char *bytes);
void text_append_length(struct text *text, const char *bytes, size_t length);
void text_append_char(struct text *text, char byte);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_format_list(struct text *text, const char *format, va_list arguments);

/* The shortest decimal spelling that reads back as the same double, "." whatever the locale;
 * "inf", "-inf" and "nan" for what is not finite. */
void text_append_number(struct text *text, double value);

/* Reads a decimal number, "." whatever the locale; false when `text` is not one number whole. */
bool number_read(const char *text, size_t length, double *value);

/* How many single edits (insert, delete, replace, swap neighbours) part two words. */
size_t edit_distance(const char *left, const char *right);

#endif
