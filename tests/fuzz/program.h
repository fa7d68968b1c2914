/* Random models that are well-typed: data, parameters, definitions over axes, recurrences,
 * functions, reductions with conditions, loads that need a bound or an `else`, derivatives in
 * formulas. Formulas stay within their domain and of moderate size, so that what `symgrad check`
 * finds is a fault of the compiler and no loss of digits that the formula brings along. */
#ifndef SYMGRAD_TESTS_FUZZ_PROGRAM_H
#define SYMGRAD_TESTS_FUZZ_PROGRAM_H

#include "tape.h"

/* The text of the model that the tape says; to be freed. */
char *program_write(struct tape *tape);

#endif
