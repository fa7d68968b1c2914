/* The formulas of random models: loads, conditions, reductions, functions, over the tensors and
 * indices that are there. */
#ifndef SYMGRAD_TESTS_FUZZ_FORMULA_H
#define SYMGRAD_TESTS_FUZZ_FORMULA_H

#include "tape.h"

#include <stdio.h>

enum {
    DIMENSIONS = 3,
    AXES = 3,
    TENSORS = 24,
    INDICES = 12,
    ROWS = 0,         /* the dimension that the data decide */
    SCALAR_DEPTH = 4, /* of formulas */
};

struct tensor {
    char name[8];
    size_t rank, axes[AXES]; /* its dimensions */
    size_t classes;          /* of labels: the dimension they count; ROWS for reals */
    bool parameter;
    bool longer; /* has base cases behind the first axis's end */
};

struct index {
    char name[8];
    size_t dimension;
};

struct writer {
    struct tape *tape;
    FILE *out;
    int sizes[DIMENSIONS + 1]; /* 0: the data decide */
    struct tensor tensors[TENSORS];
    size_t tensor_count;
    struct index scope[INDICES]; /* of the formula that is being written */
    size_t scope_count;
    unsigned fresh; /* indices named so far */
    bool has_function, has_vectors;
};

/* By number: the rows, and those whose sizes the model says. */
extern const char *const dimension_names[DIMENSIONS + 1];

size_t choose(struct writer *writer, size_t count);
bool chance(struct writer *writer, unsigned percent);
void put(struct writer *writer, const char *text);
/* One of the entries of a list in brackets, with what stands before and behind it. */
void put_in_brackets(struct writer *writer, size_t place, size_t count, const char *text);

/* A new index in scope over a dimension; one of the dimensions, the rows among them. */
struct index *open_index(struct writer *writer, size_t dimension);
size_t pick_dimension(struct writer *writer);
/* An index with its range; with `parts` that may be some of its values alone. */
void range(struct writer *writer, const struct index *index, bool parts);
/* One of the tensors of reals, later ones more often, and mostly one along the innermost index. */
const struct tensor *pick(struct writer *writer);

/* A formula without operators; one over some index; any, of so many levels. */
void leaf(struct writer *writer);
void reduction(struct writer *writer, int depth);
void real(struct writer *writer, int depth);

#endif
