#include "array.h"

/* IEEE 754's half precision: a sign, 5 bits of exponent, 10 of fraction. */
static double array_half(unsigned bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023);
    const double sign = bits >> 15 != 0 ? -1.0 : 1.0;

    if (exponent == 31)
        return fraction > 0.0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024.0 + fraction, exponent - 25));
}

static double array_number(const struct array *array, const unsigned char *bytes)
{
    uint64_t bits = 0;
    uint32_t single;
    double wide;
    float narrow;

    for (int i = 0; i < array->size; i++)
        bits = bits << 8 | bytes[array->big ? i : array->size - 1 - i];
    if (array->kind == ARRAY_UNSIGNED)
        return (double)bits;
    if (array->kind == ARRAY_SIGNED) {
        const uint64_t sign = UINT64_C(1) << (8 * array->size - 1);
        return bits < sign ? (double)bits : -(double)(sign - (bits - sign));
    }
    if (array->size == 8) {
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    if (array->size == 2)
        return array_half((unsigned)bits);
    single = (uint32_t)bits;
    memcpy(&narrow, &single, sizeof narrow);
    return (double)narrow;
}

/* ---- Shapes ---- */

static size_t array_row_length(const struct array *array)
{
    size_t length = 1;

    for (int axis = 1; axis < array->rank; axis++)
        length = memory_product(length, array->shape[axis]);
    return length;
}

static size_t array_column_place(const struct array *array, size_t i)
{
    size_t below = array_row_length(array); /* numbers of rows under one subscript of an axis */
    size_t stride = array->shape[0];
    size_t place = 0;

    for (int axis = 1; axis < array->rank; axis++) {
        below /= array->shape[axis];
        place += i / below * stride;
        i %= below;
        stride *= array->shape[axis];
    }
    return place;
}

/* ---- NPY ---- */

static bool array_is_npy(const struct source *source)
{
    return source_begins(source, "\x93NUMPY", 6);
}

/* What the header says of a key; numpy writes 'key': value. */
static const char *array_find(const char *header, const char *key)
{
    const char *at = strstr(header, key);

    at = at == NULL ? NULL : strchr(at + strlen(key), ':');
    while (at != NULL && (*at == ':' || *at == ' '))
        at++;
    return at == NULL ? "" : at;
}

/* '<f8': the order of bytes, the kind, the size. */
static bool array_read_type(struct array *array, const char *text)
{
    if (text[0] == '\0' || text[1] == '\0' || text[2] == '\0' || text[3] == '\0' || text[4] != '\'')
        return false;
    array->big = text[1] == '>';
    array->size = text[3] - '0';
    array->kind = text[2] == 'f' ? ARRAY_REAL : text[2] == 'i' ? ARRAY_SIGNED : ARRAY_UNSIGNED;
    if (array->size != 1 && array->size != 2 && array->size != 4 && array->size != 8)
        return false;
    return text[2] == 'f' ? array->size >= 2 : strchr("iub", text[2]) != NULL;
}

/* (3, 4) or (3,) or () */
static bool array_read_shape(struct array *array, const char *text)
{
    if (*text++ != '(')
        return false;
    while (*text != ')') {
        char *end;
        const unsigned long long extent = strtoull(text, &end, 10);
        if (end == text || extent == 0 || extent > SIZE_MAX || array->rank == TRAINER_MAX_RANK)
            return false;
        array->shape[array->rank++] = (size_t)extent;
        text = end + strspn(end, ", ");
    }
    return true;
}

static bool array_parse_npy(struct array *array, const struct source *source, const char *header,
                            struct failure *failure)
{
    struct failure_quotation quotation;
    const char *type = array_find(header, "'descr'");

    if (!array_read_type(array, type))
        return failure_set(failure, FAILURE_SYSTEM, "%s holds no numbers that are known here: %s",
                           source->name.text, failure_quote(&quotation, type, strcspn(type, ",")));
    if (!array_read_shape(array, array_find(header, "'shape'")))
        return failure_set(failure, FAILURE_SYSTEM, "%s has no shape, or an empty one",
                           source->name.text);
    array->by_columns = array->rank > 1 && array_find(header, "'fortran_order'")[0] == 'T';
    return true;
}

static bool array_read_npy(struct array *array, struct source *source, struct failure *failure)
{
    unsigned char head[12];
    size_t length;
    unsigned char *header;
    bool good;

    memset(array, 0, sizeof *array);
    if (!source_fill(source, head, 10, failure))
        return false;
    length = (size_t)head[8] | (size_t)head[9] << 8;
    if (head[6] > 1) {
        if (!source_fill(source, head + 10, 2, failure))
            return false;
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    }
    good = source_take(source, length, &header, failure) &&
           array_parse_npy(array, source, (const char *)header, failure);
    free(header);
    return good;
}

/* ---- IDX ---- */

static bool array_is_idx(const struct source *source)
{
    const unsigned char *head = source->head;

    return source->head_count >= 8 && head[0] == 0 && head[1] == 0 && head[2] >= 8 &&
           head[2] <= 14 && head[3] >= 1 && head[3] <= TRAINER_MAX_RANK;
}

static bool array_read_idx(struct array *array, struct source *source, struct failure *failure)
{
    static const int sizes[] = {1, 1, 0, 2, 4, 4, 8};
    unsigned char head[4];

    memset(array, 0, sizeof *array);
    if (!source_fill(source, head, 4, failure))
        return false;
    array->big = true;
    array->size = sizes[head[2] - 8];
    array->kind = head[2] == 8 ? ARRAY_UNSIGNED : head[2] < 13 ? ARRAY_SIGNED : ARRAY_REAL;
    for (array->rank = 0; array->rank < (int)head[3]; array->rank++) {
        unsigned char extent[4];
        if (!source_fill(source, extent, 4, failure))
            return false;
        array->shape[array->rank] = (size_t)extent[0] << 24 | (size_t)extent[1] << 16 |
                                    (size_t)extent[2] << 8 | (size_t)extent[3];
        if (array->shape[array->rank] == 0)
            return failure_set(failure, FAILURE_SYSTEM, "%s is empty", source->name.text);
    }
    return array->size > 0 || source_is_damaged(source, failure);
}
