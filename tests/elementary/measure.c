/* How far the functions of an emitted file, FUNCTIONS, are from exact, in units in the last place
   of REAL: the worst of so many points, half of them drawn evenly between the ends of a function's
   range and half by their magnitude. Exact is libquadmath's 113 bits. */
#include FUNCTIONS

#include <float.h>
#include <quadmath.h>
#include <stdio.h>
#include <stdlib.h>

typedef __float128 quad;

static quad logisticq(quad x)
{
    return x < 0 ? expq(x) / (1 + expq(x)) : 1 / (1 + expq(-x));
}

static quad smooth_rampq(quad x)
{
    return (x > 0 ? x : 0) + log1pq(expq(-fabsq(x)));
}

static const struct subject {
    const char *name;
    REAL (*function)(REAL x);
    quad (*exact)(quad x);
    double from, to, least;
} subjects[] = {
#define FUNCTION(name, model, from, to, least, to_float)                                           \
    {#name, name, model##q, from, sizeof(REAL) == sizeof(float) ? to_float : to, least},
#include "functions.h"
};

/* Marsaglia's xorshift, as a number in [0, 1). */
static double draw(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)((state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static double draw_by_magnitude(const struct subject *subject)
{
    const double largest = fmax(fabs(subject->from), fabs(subject->to));
    const double size = exp2(log2(subject->least) + log2(largest / subject->least) * draw());
    return subject->from < 0 && draw() < 0.5 ? -size : size;
}

/* 0 for a right infinity; a NaN where there should be none is infinitely far. */
static double error_at(const struct subject *subject, REAL x)
{
    const int digits = sizeof(REAL) == sizeof(float) ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = sizeof(REAL) == sizeof(float) ? FLT_MIN_EXP : DBL_MIN_EXP;
    const REAL got = subject->function(x);
    const quad exact = subject->exact((quad)x);
    int exponent;
    if ((REAL)exact - (REAL)exact != 0)
        return got == (REAL)exact || (got != got && exact != exact) ? 0 : (double)INFINITY;
    (void)frexpq(exact, &exponent);
    exponent = (exponent < least ? least : exponent) - digits;
    const double error = (double)scalbnq(fabsq((quad)got - exact), -exponent);
    return error == error ? error : (double)INFINITY;
}

int main(int count, char **arguments)
{
    const long points = count > 1 ? atol(arguments[1]) : 1000000;
    for (size_t k = 0; k < sizeof subjects / sizeof subjects[0]; k++) {
        const struct subject *subject = &subjects[k];
        double worst = 0, place = 0;
        for (long i = 0; i < points; i++) {
            const double x = i % 2 == 0 ? subject->from + (subject->to - subject->from) * draw()
                                        : draw_by_magnitude(subject);
            if (x >= subject->from && x <= subject->to && error_at(subject, (REAL)x) > worst) {
                worst = error_at(subject, (REAL)x);
                place = (double)(REAL)x;
            }
        }
        printf("%-24s %.3f at %.17g\n", subject->name, worst, place);
    }
    return 0;
}
