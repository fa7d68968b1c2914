#include "inflate.h"

static void inflate_begin(struct inflate *inflate, int (*next)(void *context), void *context)
{
    memset(inflate, 0, sizeof *inflate);
    inflate->next = next;
    inflate->context = context;
}

/* ---- Bits ---- */

/* Makes sure of `count` bits, 16 at most; beyond the end there are zeros, and the data are bad once
 * one of them is taken. */
static void inflate_need(struct inflate *inflate, int count)
{
    while (inflate->bit_count < count) {
        const int byte = inflate->next(inflate->context);
        if (byte == EOF)
            return;
        inflate->bits |= (uint32_t)byte << inflate->bit_count;
        inflate->bit_count += 8;
    }
}

static void inflate_drop(struct inflate *inflate, int count)
{
    if (count > inflate->bit_count) {
        inflate->stage = INFLATE_BAD;
        count = inflate->bit_count;
    }
    inflate->bits >>= count;
    inflate->bit_count -= count;
}

static unsigned inflate_take(struct inflate *inflate, int count)
{
    unsigned bits;

    inflate_need(inflate, count);
    bits = (unsigned)(inflate->bits & ((UINT32_C(1) << count) - 1));
    inflate_drop(inflate, count);
    return bits;
}

/* ---- Codes ---- */

/* Enters a code that is short enough under all bits that may follow it; its own come in the order
 * from the last to the first. */
static void inflate_make_fast(struct inflate_code *code, unsigned bits, int length, int symbol)
{
    unsigned reversed = 0;

    for (int i = 0; i < length; i++)
        reversed |= (bits >> i & 1u) << (length - 1 - i);
    for (; reversed < 1u << INFLATE_FAST; reversed += 1u << length)
        code->fast[reversed] = (uint16_t)(16 * symbol + length);
}

/* The code in which each symbol's word has the given length: words of one length follow each other
 * in the order of their symbols. False where there are more words than can be. */
static bool inflate_make_code(struct inflate_code *code, const unsigned char *lengths, int count)
{
    uint16_t place[INFLATE_BITS + 2] = {0, 0};
    unsigned word = 0;
    int symbol = 0;

    memset(code, 0, sizeof *code);
    for (int i = 0; i < count; i++)
        code->count[lengths[i]]++;
    code->count[0] = 0;
    for (int length = 1; length <= INFLATE_BITS; length++)
        place[length + 1] = (uint16_t)(place[length] + code->count[length]);
    for (int i = 0; i < count; i++)
        if (lengths[i] > 0)
            code->symbol[place[lengths[i]]++] = (uint16_t)i;
    for (int length = 1; length <= INFLATE_BITS; length++) {
        for (int i = 0; i < code->count[length]; i++, word++, symbol++)
            if (length <= INFLATE_FAST && word < 1u << length)
                inflate_make_fast(code, word, length, code->symbol[symbol]);
        if (word > 1u << length)
            return false;
        word <<= 1;
    }
    return true;
}

/* A word too long for the table: bit by bit, until it lies among the words of its length. */
static int inflate_decode_long(struct inflate *inflate, const struct inflate_code *code)
{
    int word = 0;
    int first = 0;
    int begin = 0;

    for (int length = 1; length <= INFLATE_BITS; length++) {
        const int count = code->count[length];
        word |= (int)(inflate->bits >> (length - 1) & 1u);
        if (word - first < count) {
            inflate_drop(inflate, length);
            return code->symbol[begin + word - first];
        }
        begin += count;
        first = (first + count) << 1;
        word <<= 1;
    }
    inflate->stage = INFLATE_BAD;
    return 0;
}

static int inflate_decode(struct inflate *inflate, const struct inflate_code *code)
{
    uint16_t entry;

    inflate_need(inflate, INFLATE_BITS);
    entry = code->fast[inflate->bits & ((1u << INFLATE_FAST) - 1)];
    if (entry == 0)
        return inflate_decode_long(inflate, code);
    inflate_drop(inflate, entry % 16);
    return entry / 16;
}

/* ---- Blocks ---- */

static bool inflate_begin_fixed(struct inflate *inflate)
{
    unsigned char lengths[INFLATE_SYMBOLS];

    for (int i = 0; i < INFLATE_SYMBOLS; i++)
        lengths[i] = (unsigned char)(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    inflate_make_code(&inflate->literals, lengths, INFLATE_SYMBOLS);
    memset(lengths, 5, 30);
    return inflate_make_code(&inflate->distances, lengths, 30);
}

/* The lengths of the words of both codes, themselves coded: a length, the one before again, or
 * zeros. */
static bool inflate_take_lengths(struct inflate *inflate, unsigned char *lengths, int count)
{
    int done = 0;

    while (done < count) {
        const int symbol = inflate_decode(inflate, &inflate->literals);
        unsigned char length = 0;
        int times = 1;
        if (symbol < 16)
            length = (unsigned char)symbol;
        else if (symbol == 16)
            times = 3 + (int)inflate_take(inflate, 2);
        else
            times = symbol == 17 ? 3 + (int)inflate_take(inflate, 3)
                                 : 11 + (int)inflate_take(inflate, 7);
        if (symbol == 16 && done > 0)
            length = lengths[done - 1];
        if (inflate->stage == INFLATE_BAD || (symbol == 16 && done == 0) || times > count - done)
            return false;
        memset(lengths + done, length, (size_t)times);
        done += times;
    }
    return true;
}

static bool inflate_begin_dynamic(struct inflate *inflate)
{
    static const unsigned char order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                            11, 4,  12, 3, 13, 2, 14, 1, 15};
    unsigned char lengths[INFLATE_SYMBOLS + 32];
    const int literals = 257 + (int)inflate_take(inflate, 5);
    const int distances = 1 + (int)inflate_take(inflate, 5);
    const int words = 4 + (int)inflate_take(inflate, 4);

    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < words; i++)
        lengths[order[i]] = (unsigned char)inflate_take(inflate, 3);
    return literals <= 286 && inflate_make_code(&inflate->literals, lengths, 19) &&
           inflate_take_lengths(inflate, lengths, literals + distances) &&
           inflate_make_code(&inflate->literals, lengths, literals) &&
           inflate_make_code(&inflate->distances, lengths + literals, distances);
}

static bool inflate_begin_stored(struct inflate *inflate)
{
    unsigned complement;

    inflate_drop(inflate, inflate->bit_count % 8);
    inflate->stored = inflate_take(inflate, 16);
    complement = inflate_take(inflate, 16);
    return inflate->stored == (complement ^ 0xffffu);
}

static void inflate_begin_block(struct inflate *inflate)
{
    bool good = false;
    unsigned kind;

    if (inflate->last) {
        inflate->stage = INFLATE_END;
        return;
    }
    inflate->last = inflate_take(inflate, 1) == 1;
    kind = inflate_take(inflate, 2);
    if (kind == 0)
        good = inflate_begin_stored(inflate);
    else if (kind == 1)
        good = inflate_begin_fixed(inflate);
    else if (kind == 2)
        good = inflate_begin_dynamic(inflate);
    if (inflate->stage == INFLATE_BAD || !good)
        inflate->stage = INFLATE_BAD;
    else
        inflate->stage = kind == 0 ? INFLATE_STORED : INFLATE_CODED;
}

/* ---- Bytes ---- */

static void inflate_put(struct inflate *inflate, unsigned char *byte, unsigned char value)
{
    *byte = value;
    inflate->window[inflate->position] = value;
    inflate->position = (inflate->position + 1) % INFLATE_WINDOW;
    if (inflate->position == 0)
        inflate->full = true;
}

/* How long a repetition is, and how far back what it repeats begins. */
static void inflate_begin_repetition(struct inflate *inflate, int symbol)
{
    int extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4;

    if (symbol > 285) {
        inflate->stage = INFLATE_BAD;
        return;
    }
    inflate->length = symbol == 285  ? 258
                      : symbol < 265 ? (size_t)(symbol - 254)
                                     : (size_t)((4 + (symbol - 261) % 4) << extra) + 3;
    inflate->length += inflate_take(inflate, extra);
    symbol = inflate_decode(inflate, &inflate->distances);
    if (symbol > 29)
        inflate->stage = INFLATE_BAD;
    extra = symbol < 4 ? 0 : symbol / 2 - 1;
    inflate->distance = symbol < 4 ? (size_t)symbol + 1 : ((size_t)(2 + symbol % 2) << extra) + 1;
    inflate->distance += inflate_take(inflate, extra);
    if (inflate->distance > INFLATE_WINDOW ||
        (!inflate->full && inflate->distance > inflate->position))
        inflate->stage = INFLATE_BAD;
}

/* One step through a coded block; whether it made a byte. */
static bool inflate_step_coded(struct inflate *inflate, unsigned char *byte)
{
    int symbol;

    if (inflate->length > 0) {
        const size_t from = inflate->position + INFLATE_WINDOW - inflate->distance;
        inflate->length--;
        inflate_put(inflate, byte, inflate->window[from % INFLATE_WINDOW]);
        return true;
    }
    symbol = inflate_decode(inflate, &inflate->literals);
    if (inflate->stage == INFLATE_BAD)
        return false;
    if (symbol < 256) {
        inflate_put(inflate, byte, (unsigned char)symbol);
        return true;
    }
    if (symbol == 256)
        inflate->stage = INFLATE_BLOCK;
    else
        inflate_begin_repetition(inflate, symbol);
    return false;
}

static bool inflate_step_stored(struct inflate *inflate, unsigned char *byte)
{
    if (inflate->stored == 0) {
        inflate->stage = INFLATE_BLOCK;
        return false;
    }
    inflate->stored--;
    inflate_put(inflate, byte, (unsigned char)inflate_take(inflate, 8));
    return inflate->stage != INFLATE_BAD;
}

static size_t inflate_read(struct inflate *inflate, unsigned char *bytes, size_t size)
{
    size_t count = 0;

    while (count < size && inflate->stage != INFLATE_END && inflate->stage != INFLATE_BAD)
        if (inflate->stage == INFLATE_BLOCK)
            inflate_begin_block(inflate);
        else if (inflate->stage == INFLATE_STORED)
            count += inflate_step_stored(inflate, bytes + count);
        else
            count += inflate_step_coded(inflate, bytes + count);
    return count;
}
