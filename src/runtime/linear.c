#include "linear.h"

static ptrdiff_t linear_rank(const struct linear_factor *factor)
{
    ptrdiff_t rank = 0;

    while (rank < factor->columns && fabs(factor->diagonal[rank]) > (double)factor->rows *
                                                                        DBL_EPSILON *
                                                                        fabs(factor->diagonal[0]))
        rank++;
    return rank;
}
