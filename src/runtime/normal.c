#include "normal.h"

/* Marsaglia's polar method; its second number is thrown away, so that the state is the generator's
 * alone. */
static double random_normal(struct random *random)
{
    double x;
    double square;

    do {
        const double y = 2.0 * random_uniform(random) - 1.0;
        x = 2.0 * random_uniform(random) - 1.0;
        square = x * x + y * y;
    } while (square >= 1.0 || square <= 0.0);
    return x * sqrt(-2.0 * log(square) / square);
}
