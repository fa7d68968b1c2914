/* options.h - the command line of a trainer. */
#ifndef SYMGRAD_RUNTIME_OPTIONS_H
#define SYMGRAD_RUNTIME_OPTIONS_H

#include "failure.h"
#include "trainer.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char **files; /* for each input: where it is read from, NULL if nobody said */
    ptrdiff_t steps;    /* these, patience and threads: TRAINER_NONE where not given */
    ptrdiff_t epochs;
    ptrdiff_t batch;
    ptrdiff_t patience;
    ptrdiff_t threads;
    double rate; /* 0 where not given */
    uint64_t seed;
    const char *save; /* these nine: NULL where not given */
    const char *load;
    const char *checkpoint;
    const char *resume;
    const char *predict;
    const char *log;
    const char *plot;
    const char *stream;
    const char *numbers;
    ptrdiff_t every; /* steps from checkpoint to checkpoint; TRAINER_NONE where not given */
    bool check;
    bool quiet;
    bool help;
};

/* Reads the arguments over what the model itself says; `files` has room for every input. */
static bool options_parse(struct options *options, const struct trainer_model *model,
                          const char **files, int argument_count, char **arguments,
                          struct failure *failure);

static void options_print_help(const struct trainer_model *model, FILE *stream);

#endif /* SYMGRAD_RUNTIME_OPTIONS_H */
