/* The elementary functions of an emitted file, FUNCTIONS, against exact values and at the edges of
   their domains; what is off is printed. REAL is the type that the file computes in. */
#include FUNCTIONS

#include <float.h>
#include <stdio.h>

typedef REAL function(REAL x);

struct value {
    const char *name;
    function *function;
    double x, value, rest; /* the exact value is the sum of the two */
};

static const struct value values[] = {
#define VALUE(name, x, value, rest) {#name, name, x, value, rest},
#include "values.h"
};

static const struct value edges[] = {
#define EDGE(name, x, value) {#name, name, x, value, 0},
#include "edges.h"
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int is_single(void)
{
    return sizeof(REAL) == sizeof(float);
}

/* The distance between the numbers near x. */
static double unit(double x)
{
    const int digits = is_single() ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = is_single() ? FLT_MIN_EXP : DBL_MIN_EXP;
    int exponent;
    (void)frexp(x, &exponent);
    return ldexp(1.0, (exponent < least ? least : exponent) - digits);
}

/* A number whose digits REAL does not hold is no argument. */
static int is_argument(double x)
{
    return x != x || (double)(REAL)x == x;
}

static int is_same(REAL left, REAL right)
{
    return (left != left && right != right) || (left == right && !signbit(left) == !signbit(right));
}

int main(void)
{
    int wrong = 0;
    for (size_t i = 0; i < COUNT(values); i++) {
        const struct value *value = &values[i];
        const REAL rounded = (REAL)value->value;
        if (is_argument(value->x)) {
            const REAL got = value->function((REAL)value->x);
            const double error = ((double)got - value->value) - value->rest;
            if (isinf(rounded) ? got != rounded : !(fabs(error) <= 2 * unit(value->value))) {
                printf("%s(%.17g) is %.17g, not %.17g\n", value->name, value->x, (double)got,
                       value->value);
                wrong++;
            }
        }
    }
    for (size_t i = 0; i < COUNT(edges); i++) {
        const REAL got = edges[i].function((REAL)edges[i].x);
        if (!is_same(got, (REAL)edges[i].value)) {
            printf("%s(%g) is %.17g, not %g\n", edges[i].name, edges[i].x, (double)got,
                   edges[i].value);
            wrong++;
        }
    }
    return wrong != 0;
}
