/* A loop over each function of an emitted file, FUNCTIONS: loop_NAME. gcc inlines a function only
 * where it is told to optimise as in the file that defines it. */
#include FUNCTIONS

#define FUNCTION(name, model, from, to, least, to_float)                                           \
    void loop_##name(const REAL *restrict x, REAL *restrict y, long count);                        \
    void loop_##name(const REAL *restrict x, REAL *restrict y, long count)                         \
    {                                                                                              \
        for (long i = 0; i < count; i++)                                                           \
            y[i] = name(x[i]);                                                                     \
    }
#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#pragma GCC optimize("no-unswitch-loops", "ira-region=one", "no-tree-sink")
#ifdef __AVX512F__
#pragma GCC target("prefer-vector-width=512")
#endif
#endif
#include "functions.h"
