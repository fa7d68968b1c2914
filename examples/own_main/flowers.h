/* What both programs need, whatever they minimise with: the flowers, and what is learnt of them. */
#ifndef FLOWERS_H
#define FLOWERS_H

#include "irises.h"

/* W and b are learnt, and all there is to struct irises_params is doubles: so its first
 * FLOWERS_LEARNT are a place for an optimiser. What follows, mu, is made of the data by
 * irises_prepare(). */
enum { FLOWERS_LEARNT = offsetof(struct irises_params, mu) / sizeof(double) };

/* Reads a table with a line of names above it, and ends the program where that fails. */
struct irises_data flowers_read(const char *path);
void flowers_free(struct irises_data *flowers);

#endif
