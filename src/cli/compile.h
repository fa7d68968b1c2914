/* The C compiler as symgrad calls it: $CC $CFLAGS, or cc -O3, or -O1; with --blas $LIBS too, or
 * -llapack -lblas. */
#ifndef SYMGRAD_CLI_COMPILE_H
#define SYMGRAD_CLI_COMPILE_H

#include "cli/session.h"

/* A directory of our own under $TMPDIR, gone with scratch_remove(). NULL after a message. */
const char *scratch_create(struct session *session);
void scratch_remove(struct session *session, const char *directory);

/* A program that runs long is worth optimising; one that is run once is not; neither is an object
 * for dlopen(). */
enum compile_for { COMPILE_TO_RUN, COMPILE_TO_TEST, COMPILE_TO_LOAD };

/* Compiles C text, written to DIRECTORY/STEM.c, into DIRECTORY/STEM. The path of the result; NULL
 * after a message. */
const char *compile_c(struct session *session, const char *directory, const char *stem,
                      const char *text, size_t length, enum compile_for purpose);

/* Runs a program and waits for it. Its exit status, 128 + N where signal N ended it; -1 after a
 * message. */
int run_program(struct session *session, const char *const *arguments);

/* Runs an emitted trainer, which takes the arguments behind "--" and then those given, up to NULL.
 * Its exit status; STATUS_SYSTEM after a message. */
int run_trainer(struct session *session, const char *program, const char *const *arguments);

#endif
