/* normal.h - normally distributed numbers with mean 0 and variance 1, by the polar method. */
#ifndef SYMGRAD_RUNTIME_NORMAL_H
#define SYMGRAD_RUNTIME_NORMAL_H

#include "random.h"
#include <math.h>

static double random_normal(struct random *random);

#endif /* SYMGRAD_RUNTIME_NORMAL_H */
