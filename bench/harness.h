/* harness.h - what a contestant written in C, or made of emitted C, offers and gets.
 *
 * A contestant is a program that reads its inputs once, writes what it computes to a file, and then
 * times itself whenever it is asked to (bench.py asks the contestants in turn). */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stddef.h>

#ifndef REAL
#define REAL double
#endif

typedef REAL real;

/* ---- What the contestant defines ---- */

/* Reads the inputs and takes what memory it needs. */
void prepare(void);

/* The loss alone. */
double loss(void);

/* The loss, and what is asked for beside it: its gradient, a Jacobian, or a step of descent. */
double derivative(void);

/* Passes to `result` what `derivative`, once called, has computed: the gradient by each parameter
 * in the order of the model, or each output. A step that was taken with rate 1 is a gradient too.
 */
void results(void);

/* ---- What it gets ---- */

/* The numbers of an input, whole numbers as int; `count`, if not NULL, says how many they are. */
void *input(const char *name, size_t *count);

/* Memory for as many reals, aligned for vectors, of zeros. */
real *reals(size_t count);

void result(const real *numbers, size_t count);

/* The rate at which a step is to be taken: 1 for the one that is checked, small ones after it. */
extern real step_rate;

#endif
