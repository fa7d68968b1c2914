#include "decimal.h"

/* A decimal number as it is written: digits * 10^exponent. */
struct decimal {
    bool negative;
    bool exact; /* all of its digits are in `digits` */
    uint64_t digits;
    int exponent;
};

enum { DECIMAL_DIGITS = 18, DECIMAL_POWERS = 22, DECIMAL_LARGE = 99999 };

static bool decimal_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* A row of digits; how many of those before it and in it count, leading zeros left out, is in
 * `*significant`. */
static const char *decimal_take_digits(const char *at, struct decimal *decimal, int *significant)
{
    for (; decimal_is_digit(*at); at++) {
        if (*significant > 0 || *at != '0')
            ++*significant;
        if (*significant > DECIMAL_DIGITS) {
            decimal->exact = false;
            *significant = DECIMAL_DIGITS + 1;
        } else {
            decimal->digits = 10 * decimal->digits + (uint64_t)(*at - '0');
        }
    }
    return at;
}

static const char *decimal_take_exponent(const char *at, struct decimal *decimal)
{
    const bool negative = at[1] == '-';
    int exponent = 0;

    at += negative || at[1] == '+' ? 2 : 1;
    if (!decimal_is_digit(*at))
        return NULL;
    for (; decimal_is_digit(*at); at++)
        if (exponent < DECIMAL_LARGE)
            exponent = 10 * exponent + (*at - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return at;
}

/* Takes a number apart; returns where it ends, NULL where there is none. */
static const char *decimal_take(const char *at, struct decimal *decimal)
{
    const char *digits;
    int significant = 0;
    ptrdiff_t count;

    decimal->negative = *at == '-';
    decimal->exact = true;
    decimal->digits = 0;
    decimal->exponent = 0;
    if (*at == '+' || *at == '-')
        at++;
    digits = at;
    at = decimal_take_digits(at, decimal, &significant);
    count = at - digits;
    if (*at == '.') {
        digits = at + 1;
        at = decimal_take_digits(digits, decimal, &significant);
        count += at - digits;
        decimal->exponent = at - digits < DECIMAL_LARGE ? -(int)(at - digits) : -DECIMAL_LARGE;
    }
    if (count == 0)
        return NULL;
    return *at == 'e' || *at == 'E' ? decimal_take_exponent(at, decimal) : at;
}

/* digits * 10^exponent for powers that a double holds exactly, in two doubles: the first is close,
 * the second makes good what it lacks, to 40 bits and more. The sum is rounded once; where another
 * second part, as far off as this one may be, would round elsewhere, strtod must decide. (Clinger,
 * How to Read Floating Point Numbers Accurately, 1990, has the case of a second part that is 0.) */
static bool decimal_multiply(const struct decimal *decimal, double *value)
{
    static const double powers[DECIMAL_POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const double high = (double)decimal->digits;
    const double low = (double)(int64_t)(decimal->digits - (uint64_t)high);
    const int exponent = decimal->exponent;
    double first;
    double second;

    if (exponent < -DECIMAL_POWERS || exponent > DECIMAL_POWERS)
        return false;
    if (exponent < 0) {
        const double power = powers[-exponent];
        first = high / power;
        second = (fma(-first, power, high) + low) / power;
    } else {
        const double power = powers[exponent];
        first = high * power;
        second = fma(high, power, -first) + low * power;
    }
    *value = first + second;
    return first + second * (1.0 - 1e-12) == *value && first + second * (1.0 + 1e-12) == *value;
}

static bool decimal_read(const char *text, size_t length, double *value)
{
    struct decimal decimal;
    const char *end = decimal_take(text, &decimal);

    if (end == NULL || end != text + length)
        return false;
#if defined FLT_EVAL_METHOD && FLT_EVAL_METHOD == 0
    if (decimal.exact && decimal_multiply(&decimal, value)) {
        if (decimal.negative)
            *value = -*value;
        return true;
    }
#endif
    *value = strtod(text, NULL);
    return isfinite(*value) != 0;
}
