/* decimal.h - decimal numbers to the nearest double, as strtod reads them but faster. */
#ifndef SYMGRAD_RUNTIME_DECIMAL_H
#define SYMGRAD_RUNTIME_DECIMAL_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The finite number that a text holds, which a NUL ends: sign, digits, point, digits, exponent;
 * strtod alone would take "nan", "0x10" and " 1" too. False where there is another text. */
static bool decimal_read(const char *text, size_t length, double *value);

#endif /* SYMGRAD_RUNTIME_DECIMAL_H */
