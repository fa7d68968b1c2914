/* platform.h - the few things that C99 leaves to the system: terminal, clock, signals, disk.
 *
 * This text stands first in an emitted file: it sets the feature macro that the system headers
 * look for. On a system without POSIX each function falls back to what C99 offers. */
#ifndef SYMGRAD_RUNTIME_PLATFORM_H
#define SYMGRAD_RUNTIME_PLATFORM_H

#if defined __unix__ || defined __APPLE__
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* True where a person reads the stream. */
static bool platform_is_terminal(FILE *stream);

/* Seconds since some fixed moment; never runs backwards where the system can promise it. */
static double platform_seconds(void);

/* Hands what was written to the disk. */
static bool platform_sync(FILE *stream);

/* Whether `name` is, or may become, an ordinary file: no terminal, pipe, device or link. */
static bool platform_is_ordinary(const char *name);

/* Puts the file `draft` in the place of `name`. */
static bool platform_replace(const char *draft, const char *name);

/* A file for writing and reading that ends with the program: its name, which ends in XXXXXX, is
 * filled in, and taken away at once. Room in it; and its bytes as memory. NULL and false where
 * that cannot be, with errno.
 *
 * However long such files are, little memory is taken up: as soon as the program holds more than
 * PLATFORM_RESIDENT, it lets go of what it has read of them. It looks every few milliseconds, as
 * the code that reads on and on is not the trainer's. */
enum { PLATFORM_RESIDENT = 32 << 20, PLATFORM_LOOK = 4000 /* microseconds */ };

struct platform_mapping {
    void *memory;
    size_t size;
    int descriptor;
    struct platform_mapping *next;
};

static FILE *platform_scratch(char *name);
static bool platform_reserve(FILE *file, size_t size);
static bool platform_map(struct platform_mapping *mapping, FILE *file, size_t size);
static void platform_unmap(struct platform_mapping *mapping);

/* Copies bytes of such a file without a detour over its mapping. */
static bool platform_copy(const struct platform_mapping *mapping, size_t begin, size_t size,
                          void *to);

/* From now on Ctrl-C (or a plain kill) only raises the flag below; a second one ends the program at
 * once. */
static void platform_catch_interrupt(void);
static bool platform_interrupted(void);

/* Has so many threads share the loops that they may; false without OpenMP. */
static bool platform_set_threads(ptrdiff_t count);

/* Has threads sleep where they wait for each other. OpenMP lets them spin, and then each process
 * that takes a processor away from one of them holds up all. It asks only before a program begins,
 * so this one begins again, unless OMP_WAIT_POLICY says what to do. */
static void platform_sleep_in_waits(char **arguments);

#endif /* SYMGRAD_RUNTIME_PLATFORM_H */
