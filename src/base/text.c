#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

struct text text_create(struct arena *arena)
{
    return (struct text){
        .arena = arena,
        .bytes = arena_allocate(arena, FIRST_CAPACITY, 1),
        .length = 0,
        .capacity = FIRST_CAPACITY,
    };
}

/* Makes room for `more` bytes and the NUL behind them. */
static void text_reserve(struct text *text, size_t more)
{
    size_t room = text->capacity - text->length - 1;
    if (more <= room)
        return;
    size_t missing = more - room;
    size_t extra = missing > text->capacity ? missing : text->capacity;
    /* A size beyond size_t asks for what no arena holds. */
    size_t capacity = extra > SIZE_MAX - text->capacity ? SIZE_MAX : text->capacity + extra;
    char *bytes = arena_grow(text->arena, text->bytes, text->capacity, capacity, 1);
    if (bytes != text->bytes)
        arena_give_back(text->arena, text->bytes, text->capacity, 1);
    text->bytes = bytes;
    text->capacity = capacity;
}

void text_give_back(struct text *text)
{
    arena_give_back(text->arena, text->bytes, text->capacity, 1);
    *text = (struct text){.arena = text->arena};
}

void text_append_length(struct text *text, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    text_reserve(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *bytes)
{
    text_append_length(text, bytes, strlen(bytes));
}

void text_append_char(struct text *text, char byte)
{
    text_append_length(text, &byte, 1);
}

void text_format_list(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    size_t room = text->capacity - text->length;
    int length = vsnprintf(text->bytes + text->length, room, format, arguments);
    /* The C library fails here for want of memory only; the arena knows the way out. */
    text_reserve(text, length < 0 ? SIZE_MAX : (size_t)length);
    if ((size_t)length >= room)
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
    va_end(again);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, format, arguments);
    va_end(arguments);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Brings what "%g" wrote to our spelling, in place: "." whatever the locale (whose point may be
 * several bytes), no "+" and no leading zeros in the exponent. Returns the length. */
static size_t respell(char *number)
{
    const char *in = number;
    char *out = number;
    for (; *in && *in != 'e'; in++) {
        if (is_digit(*in) || *in == '-')
            *out++ = *in;
        else if (out == number || out[-1] != '.')
            *out++ = '.';
    }
    if (*in == 'e') {
        *out++ = *in++;
        if (*in == '-')
            *out++ = '-';
        in += strspn(in, "+-0");
        while (*in)
            *out++ = *in++;
    }
    *out = '\0';
    return (size_t)(out - number);
}

void text_append_number(struct text *text, double value)
{
    if (!isfinite(value)) {
        text_append(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    /* Up to DBL_DIG digits survive a round trip, so fewer need no try of their own ("%g" drops
     * trailing zeros) but where subnormal numbers lose digits. */
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    char number[64];
    size_t length;
    double back;
    do {
        snprintf(number, sizeof number, "%.*g", digits, value);
        length = respell(number);
    } while (digits++ < DBL_DECIMAL_DIG && !(number_read(number, length, &back) && back == value));
    text_append_length(text, number, length);
}

/* More digits than any double's exact midpoint between neighbours has; the rest can only say
 * whether something follows. */
enum { DIGITS_KEPT = 800 };

/* A number taken apart as digits * 10^exponent: without a point, no locale matters. */
struct decimal {
    char digits[DIGITS_KEPT + 32]; /* room for the exponent's spelling */
    size_t count;
    bool negative, rest;
    long long exponent;
};

static void decimal_digit(struct decimal *decimal, char digit, bool fraction)
{
    if (decimal->count == 0 && digit == '0') {
        decimal->exponent -= fraction;
    } else if (decimal->count < DIGITS_KEPT) {
        decimal->digits[decimal->count++] = digit;
        decimal->exponent -= fraction;
    } else {
        decimal->rest |= digit != '0';
        decimal->exponent += !fraction;
    }
}

/* Takes [digits] "." [digits], a digit at least; NULL where there is none. */
static const char *decimal_mantissa(struct decimal *decimal, const char *at, const char *end)
{
    bool any = false, fraction = false;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            decimal_digit(decimal, *at, fraction);
            any = true;
        } else if (*at == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    return any ? at : NULL;
}

/* Takes what follows the "e"; NULL where it is not an exponent. */
static const char *decimal_exponent(struct decimal *decimal, const char *at, const char *end)
{
    const long long most = INT64_C(1) << 60; /* beyond any number of digits in memory */
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    long long exponent = 0;
    for (; at < end && is_digit(*at); at++)
        exponent = exponent > most / 10 ? most : 10 * exponent + (*at - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return at;
}

static double decimal_value(struct decimal *decimal)
{
    const long long most = 100000; /* decides overflow or underflow for any kept digits */
    if (decimal->count == 0)
        return decimal->negative ? -0.0 : 0.0;
    if (decimal->rest) {
        decimal->digits[decimal->count++] = '1';
        decimal->exponent--;
    }
    long long exponent = decimal->exponent;
    exponent = exponent > most ? most : exponent < -most ? -most : exponent;
    snprintf(decimal->digits + decimal->count, sizeof decimal->digits - decimal->count, "e%lld",
             exponent);
    double value = strtod(decimal->digits, NULL);
    return decimal->negative ? -value : value;
}

/* A number beyond the largest double is refused, one below the smallest is zero. */
bool number_read(const char *text, size_t length, double *value)
{
    struct decimal decimal;
    decimal.count = 0;
    decimal.exponent = 0;
    decimal.rest = false;
    decimal.negative = length > 0 && text[0] == '-';

    const char *end = text + length;
    const char *at = text + (length > 0 && (text[0] == '-' || text[0] == '+'));
    at = decimal_mantissa(&decimal, at, end);
    if (at && at < end && (*at == 'e' || *at == 'E'))
        at = decimal_exponent(&decimal, at + 1, end);
    if (!at || at != end)
        return false;
    double read = decimal_value(&decimal);
    if (!isfinite(read))
        return false;
    *value = read;
    return true;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

enum { LONGEST_WORD = 256 };

/* A word as characters rather than bytes: a Greek letter is one edit. */
struct word {
    uint32_t letters[LONGEST_WORD];
    size_t count;
};

static void word_split(struct word *word, const char *bytes, size_t length)
{
    word->count = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bool goes_on = (byte & 0xc0) == 0x80 && word->count > 0;
        if (goes_on)
            word->letters[word->count - 1] = word->letters[word->count - 1] << 8 | byte;
        else
            word->letters[word->count++] = byte;
    }
}

/* The distance of "optimal string alignment", row by row: before[] and above[] are the two rows
 * over the one in work. */
static size_t word_distance(const struct word *left, const struct word *right)
{
    const uint32_t *a = left->letters, *b = right->letters;
    size_t storage[3][LONGEST_WORD + 1];
    size_t *before = storage[0], *above = storage[1], *row = storage[2];
    for (size_t j = 0; j <= right->count; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= left->count; i++) {
        row[0] = i;
        for (size_t j = 1; j <= right->count; j++) {
            bool same = a[i - 1] == b[j - 1];
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[right->count];
}

size_t edit_distance(const char *left, const char *right)
{
    size_t rows = strlen(left), columns = strlen(right);
    /* Words of such a length are nobody's slip: different ones differ in every letter. */
    if (rows > LONGEST_WORD || columns > LONGEST_WORD)
        return strcmp(left, right) == 0 ? 0 : rows > columns ? rows : columns;
    struct word words[2];
    word_split(&words[0], left, rows);
    word_split(&words[1], right, columns);
    return word_distance(&words[0], &words[1]);
}
