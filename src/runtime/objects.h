/* objects.h - the model's structs, made at run time, and their tensors as lists of fields. */
#ifndef SYMGRAD_RUNTIME_OBJECTS_H
#define SYMGRAD_RUNTIME_OBJECTS_H

#include "failure.h"
#include "memory.h"
#include "trainer.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One struct of the model's, and the numbers that its pointers point to. */
struct objects_item {
    void *body;
    real *storage;
};

static bool objects_make(struct objects_item *item, const struct trainer_object *object,
                         const void *data, struct failure *failure);
static void objects_free(struct objects_item *item);

/* A params struct with its fields: parameters, or a gradient. */
struct objects_parameters {
    struct objects_item item;
    struct trainer_field *fields;
    int count;
};

static bool objects_make_parameters(struct objects_parameters *parameters,
                                    const struct trainer_model *model, const void *data,
                                    struct failure *failure);
static void objects_free_parameters(struct objects_parameters *parameters);
static void objects_copy_parameters(struct objects_parameters *to,
                                    const struct objects_parameters *from);

/* How many numbers a field holds, and the root of the sum of their squares. */
static size_t objects_field_count(const struct trainer_field *field);
static double objects_norm(const struct trainer_field *fields, int count);

/* Writes `W[32,64]`, or just the name of a scalar. */
static void objects_print_shape(FILE *stream, const struct trainer_field *field);

#endif /* SYMGRAD_RUNTIME_OBJECTS_H */
