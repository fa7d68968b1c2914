/* src/base: arena, text and numbers, names, table, diagnostics, files. */
#include "base/arena.h"
#include "base/diagnostics.h"
#include "base/file.h"
#include "base/names.h"
#include "base/table.h"
#include "base/text.h"

#include <check.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *base_suite(void);

static uint64_t next_random(uint64_t *state)
{
    *state = hash_mix(*state, 1);
    return *state;
}

/* ---- an allocator that fails ---- */

/* Fails at call number `fails_at` (from 0), and for ever after if `for_ever`. */
struct failing {
    size_t calls, fails_at, live;
    bool for_ever;
};

static void *failing_allocate(void *context, size_t size)
{
    struct failing *failing = context;
    size_t call = failing->calls++;
    if (call == failing->fails_at || (failing->for_ever && call > failing->fails_at))
        return NULL;
    void *block = malloc(size);
    failing->live += block != NULL;
    return block;
}

static void failing_release(void *context, void *block)
{
    struct failing *failing = context;
    failing->live--;
    free(block);
}

/* True when `work` came to its end, false when memory ran out. */
static bool run_failing(struct failing *failing, void (*work)(struct arena *arena))
{
    struct allocator allocator = {failing_allocate, failing_release, failing};
    struct arena *arena = arena_create(&allocator);
    if (!arena)
        return false;
    bool done = setjmp(*arena_escape(arena)) == 0;
    if (done)
        work(arena);
    arena_destroy(arena);
    return done;
}

/* Fails the n-th allocation for every n until the work succeeds; every time all is released. */
static size_t fail_every(void (*work)(struct arena *arena), bool for_ever)
{
    for (size_t n = 0;; n++) {
        struct failing failing = {0, n, 0, for_ever};
        bool done = run_failing(&failing, work);
        ck_assert_uint_eq(failing.live, 0);
        ck_assert(done == (failing.calls <= n));
        if (done)
            return n;
    }
}

/* ---- arena ---- */

static bool all_are(const unsigned char *bytes, size_t count, unsigned char expected)
{
    size_t same = 0;
    while (same < count && bytes[same] == expected)
        same++;
    return same == count;
}

START_TEST(arena_memory_is_zeroed_aligned_and_apart)
{
    struct arena *arena = arena_create(NULL);
    unsigned char *blocks[400];
    for (size_t i = 0; i < 400; i++) {
        size_t size = i * i;
        blocks[i] = arena_allocate(arena, size, 1);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        ck_assert(all_are(blocks[i], size, 0));
        memset(blocks[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < 400; i++)
        ck_assert(all_are(blocks[i], i * i, (unsigned char)(i % 255 + 1)));
    arena_destroy(arena);
    arena_destroy(NULL);
}
END_TEST

START_TEST(arena_blocks_grow)
{
    struct failing counts = {0, SIZE_MAX, 0, false};
    struct allocator allocator = {failing_allocate, failing_release, &counts};
    struct arena *arena = arena_create(&allocator);
    ck_assert_uint_eq(counts.calls, 1);
    for (size_t i = 0; i < 16 * 1024; i++)
        arena_allocate(arena, 1, 1024);
    /* 16 MB: five blocks on the way to 1 MB, then one a megabyte. */
    ck_assert_uint_lt(counts.calls, 22);
    size_t before = counts.calls;
    memset(arena_allocate(arena, 10, 1 << 20), 1, 10u << 20);
    ck_assert_uint_eq(counts.calls, before + 1);
    arena_destroy(arena);
    ck_assert_uint_eq(counts.live, 0);
}
END_TEST

static void fill_opened(struct arena *arena)
{
    struct arena *kept = arena_open(arena), *inner = arena_open(kept), *last = arena_open(arena);
    for (size_t i = 0; i < 400; i++) {
        arena_allocate(kept, 1, 1024);
        arena_allocate(inner, 1, 1024);
        arena_allocate(last, 1, 1024);
    }
    arena_close(kept);
    arena_allocate(last, 1, 1 << 20);
}

START_TEST(what_is_opened_in_an_arena_goes_with_it)
{
    ck_assert_uint_gt(fail_every(fill_opened, false), 8);
    ck_assert_uint_gt(fail_every(fill_opened, true), 8);
}
END_TEST

START_TEST(closing_releases_what_was_opened)
{
    struct failing counts = {0, SIZE_MAX, 0, false};
    struct allocator allocator = {failing_allocate, failing_release, &counts};
    struct arena *arena = arena_create(&allocator);
    struct arena *first = arena_open(arena), *second = arena_open(arena);
    arena_close(first);
    ck_assert_uint_eq(counts.live, 2);
    arena_close(second);
    ck_assert_uint_eq(counts.live, 1);
    arena_destroy(arena);
    ck_assert_uint_eq(counts.live, 0);
}
END_TEST

/* Blocks at odd addresses: the arena aligns by itself. */
static void *odd_allocate(void *context, size_t size)
{
    (void)context;
    char *block = malloc(size + 8);
    return block ? block + 8 : NULL;
}

static void odd_release(void *context, void *block)
{
    (void)context;
    free((char *)block - 8);
}

START_TEST(arena_aligns_whatever_the_allocator_does)
{
    struct allocator allocator = {odd_allocate, odd_release, NULL};
    struct arena *arena = arena_create(&allocator);
    for (size_t i = 0; i < 5000; i++)
        ck_assert_uint_eq((uintptr_t)arena_allocate(arena, i % 97, 3) % 16, 0);
    arena_destroy(arena);
}
END_TEST

static void overflow_product(struct arena *arena)
{
    arena_allocate(arena, SIZE_MAX / 2, 3);
}

static void overflow_header(struct arena *arena)
{
    arena_allocate(arena, SIZE_MAX, 1);
}

static void overflow_terminator(struct arena *arena)
{
    arena_copy(arena, "", SIZE_MAX);
}

START_TEST(arena_refuses_sizes_that_overflow)
{
    void (*const works[])(struct arena *) = {overflow_product, overflow_header,
                                             overflow_terminator};
    for (size_t i = 0; i < 3; i++) {
        struct failing failing = {0, SIZE_MAX, 0, false};
        ck_assert(!run_failing(&failing, works[i]));
        ck_assert_uint_eq(failing.calls, 1);
        ck_assert_uint_eq(failing.live, 0);
    }
}
END_TEST

START_TEST(arena_grows_copies_formats_pushes)
{
    struct arena *arena = arena_create(NULL);
    int *numbers = NULL;
    size_t count = 0, capacity = 0;
    for (int i = 0; i < 100000; i++)
        ARENA_PUSH(arena, numbers, count, capacity, i);
    ck_assert_uint_eq(count, 100000);
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(numbers[i], i);
    for (size_t i = count; i < capacity; i++)
        ck_assert_int_eq(numbers[i], 0);
    int *fewer = arena_grow(arena, numbers, count, 3, sizeof *numbers);
    ck_assert_int_eq(fewer[2], 2);

    ck_assert_str_eq(arena_copy(arena, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_copy(arena, NULL, 0), "");
    ck_assert_str_eq(arena_format(arena, "%s=%d", "x", 42), "x=42");
    char *wide = arena_format(arena, "%*d", 200000, 7);
    ck_assert_uint_eq(strlen(wide), 200000);
    arena_destroy(arena);
}
END_TEST

START_TEST(arena_grows_in_place_and_takes_back)
{
    struct arena *arena = arena_create(NULL);
    char *last = arena_allocate(arena, 10, 1);
    ck_assert_ptr_eq(arena_grow(arena, last, 10, 1000, 1), last);
    for (size_t size = 1; size < 100000; size += size / 7 + 1) {
        unsigned char *first = arena_allocate(arena, size, 1);
        first = arena_grow(arena, first, size, size + 100, 1);
        for (size_t i = 0; i < size + 100; i++)
            ck_assert_uint_eq(first[i], 0);
        memset(first, 1, size + 100);
        unsigned char *second = arena_allocate(arena, 1, 1);
        ck_assert_ptr_ne(arena_grow(arena, first, size + 100, 2 * size + 200, 1), first);
        ck_assert_uint_eq(*second, 0);
        arena_give_back(arena, first, size + 100, 1);
        unsigned char *again = arena_allocate(arena, size + 100, 1);
        ck_assert_ptr_eq(again, first);
        for (size_t i = 0; i < size + 100; i++)
            ck_assert_uint_eq(again[i], 0);
        memset(again, 2, size + 100);
    }
    arena_destroy(arena);
}
END_TEST

/* ---- text ---- */

START_TEST(text_grows)
{
    struct arena *arena = arena_create(NULL);
    struct text text = text_create(arena);
    ck_assert_str_eq(text.bytes, "");
    for (unsigned i = 0; i < 5000; i++) {
        text_append_char(&text, (char)('a' + i % 26));
        text_append(&text, "-");
        text_append_length(&text, "xyz", 2);
        text_format(&text, "%u", i % 10);
        ck_assert_uint_eq(text.length, 5 * (i + 1));
        ck_assert_uint_eq(strlen(text.bytes), text.length);
    }
    for (unsigned i = 0; i < 5000; i++) {
        char expected[6] = {(char)('a' + i % 26), '-', 'x', 'y', (char)('0' + i % 10), '\0'};
        ck_assert_int_eq(strncmp(text.bytes + 5 * i, expected, 5), 0);
    }
    /* Formats of every length around the room that is left. */
    for (int width = 1; width < 300; width++) {
        struct text fresh = text_create(arena);
        text_append(&fresh, "0123456789");
        text_format(&fresh, "%*s|", width, "x");
        ck_assert_uint_eq(fresh.length, 11 + (size_t)width);
        ck_assert_uint_eq(strlen(fresh.bytes), fresh.length);
        ck_assert_int_eq(fresh.bytes[fresh.length - 1], '|');
    }
    text.length = 0;
    text_append_length(&text, NULL, 0);
    text_append_length(&text, "a\0b", 3);
    ck_assert_uint_eq(text.length, 3);
    arena_destroy(arena);
}
END_TEST

static const struct {
    double value;
    const char *spelling;
} spellings[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {2.0, "2"},
    {-17.0, "-17"},
    {0.1, "0.1"},
    {0.5, "0.5"},
    {1.0 / 3.0, "0.3333333333333333"},
    {0.1 + 0.2, "0.30000000000000004"},
    {100000.0, "100000"},
    {123456789012345.0, "123456789012345"},
    {1e14, "100000000000000"},
    {1e15, "1e15"},
    {1e20, "1e20"},
    {1e100, "1e100"},
    {-1.5e300, "-1.5e300"},
    {1e-5, "1e-5"},
    {0.0001, "0.0001"},
    {2.5e-10, "2.5e-10"},
    {9007199254740993.0, "9007199254740992"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {4.9406564584124654e-324, "5e-324"},
    {1e-320, "1e-320"},
    {HUGE_VAL, "inf"},
    {-HUGE_VAL, "-inf"},
};

START_TEST(numbers_are_spelled_shortest)
{
    struct arena *arena = arena_create(NULL);
    struct text text = text_create(arena);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        text.length = 0;
        text_append_number(&text, spellings[i].value);
        ck_assert_str_eq(text.bytes, spellings[i].spelling);
    }
    text.length = 0;
    text_append_number(&text, (double)NAN);
    text_append_number(&text, -(double)NAN);
    ck_assert_str_eq(text.bytes, "nannan");
    arena_destroy(arena);
}
END_TEST

static void check_round_trip(struct text *text, double value)
{
    text->length = 0;
    text_append_number(text, value);
    double back = 0;
    bool read = number_read(text->bytes, text->length, &back);
    if (!read || memcmp(&back, &value, sizeof value) != 0 || strtod(text->bytes, NULL) != value)
        ck_abort_msg("%.17g became %s", value, text->bytes);
}

START_TEST(numbers_survive_a_round_trip)
{
    struct arena *arena = arena_create(NULL);
    struct text text = text_create(arena);
    uint64_t state = 1;
    for (int i = 0; i < 1000000; i++) {
        uint64_t bits = next_random(&state);
        if (i % 16 == 0)
            bits &= UINT64_C(0x800fffffffffffff); /* subnormal */
        if (i % 16 == 1)
            bits &= UINT64_C(0xfff0000000000000); /* powers of two: uneven neighbours */
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_round_trip(&text, value);
    }
    arena_destroy(arena);
}
END_TEST

/* number_read has its own way to strtod: they must agree on any decimal number. */
START_TEST(numbers_are_read_as_strtod_does)
{
    uint64_t state = 2;
    for (int i = 0; i < 200000; i++) {
        char number[64];
        size_t length = 0;
        size_t digits = next_random(&state) % 30 + 1, point = next_random(&state) % 31;
        for (size_t k = 0; k < digits; k++) {
            if (k == point)
                number[length++] = '.';
            uint64_t digit = next_random(&state) % 14;
            number[length++] = (char)('0' + (digit < 10 ? digit : 0));
        }
        int exponent = (int)(next_random(&state) % 700) - 350;
        length += (size_t)snprintf(number + length, 16, "e%d", exponent);
        double expected = strtod(number, NULL), read = -1;
        if (number_read(number, length, &read) != isfinite(expected))
            ck_abort_msg("%s", number);
        if (isfinite(expected) && read != expected)
            ck_abort_msg("%s: %.17g, not %.17g", number, read, expected);
    }
}
END_TEST

static bool reads(const char *text, double expected)
{
    double value = -99;
    return number_read(text, strlen(text), &value) && value == expected &&
           !signbit(value) == !signbit(expected);
}

static bool refused(const char *text)
{
    double value = -99;
    return !number_read(text, strlen(text), &value) && value == -99;
}

START_TEST(numbers_are_read_whole)
{
    ck_assert(reads("12", 12) && reads("1.5", 1.5) && reads("1.", 1) && reads(".5", 0.5));
    ck_assert(reads("-2", -2) && reads("+2", 2) && reads("-0", -0.0) && reads("0e999999999", 0));
    ck_assert(reads("1e3", 1000) && reads("1E+3", 1000) && reads("1.25e-2", 0.0125));
    ck_assert(reads("007", 7) && reads("0.000", 0) && reads("1e-999", 0));
    ck_assert(reads("1e-99999999999999999999999", 0));
    ck_assert(reads("0.00000000000000000000000000000000000000000000000001e50", 1));

    static const char *const wrong[] = {
        "",
        " ",
        "1 ",
        " 1",
        "e5",
        ".",
        "-",
        "--1",
        "1e",
        "1e+",
        "1.2.3",
        "1,5",
        "0x10",
        "inf",
        "infinity",
        "nan",
        "1e5.",
        "1d5",
        "1e999",
        "-1e999",
        "1_000",
        "abc",
        "1e99999999999999999999",
        "1f",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(refused(wrong[i]), "%s", wrong[i]);
    double value;
    ck_assert(!number_read("1\0002", 3, &value));
    ck_assert(number_read("123456", 3, &value) && value == 123);
}
END_TEST

START_TEST(numbers_of_many_digits_are_read)
{
    enum { MANY = 100000 };
    char *number = calloc(1, MANY + 32);
    /* 1 and a hundred thousand zeros, brought back. */
    memset(number, '0', MANY);
    number[0] = '1';
    strcpy(number + MANY, "e-99999");
    ck_assert(reads(number, 1));
    /* Half way between 1 and its neighbour, then a 1 far behind: rounds up. */
    strcpy(number, "1.00000000000000011102230246251565404236316680908203125");
    ck_assert(reads(number, 1));
    size_t length = strlen(number);
    memset(number + length, '0', MANY - length);
    number[MANY] = '\0';
    ck_assert(reads(number, 1));
    number[MANY - 1] = '1';
    ck_assert(reads(number, 1.0000000000000002));
    /* 0.000...01 */
    memset(number, '0', MANY);
    number[1] = '.';
    strcpy(number + MANY, "1e99999");
    ck_assert(reads(number, 1));
    free(number);
}
END_TEST

START_TEST(numbers_do_not_know_the_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",      "fr_FR.UTF-8",
                                        "fr_FR.utf8",  "ps_AF.utf8", "nl_NL.UTF-8"};
    struct arena *arena = arena_create(NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!setlocale(LC_NUMERIC, names[i]))
            continue;
        struct text text = text_create(arena);
        text_append_number(&text, -1.5e-7);
        text_append(&text, " ");
        text_append_number(&text, 0.1);
        ck_assert_str_eq(text.bytes, "-1.5e-7 0.1");
        ck_assert(reads("1.5", 1.5) && reads("-2.5e-3", -0.0025) && refused("1,5"));
    }
    setlocale(LC_NUMERIC, "C");
    arena_destroy(arena);
}
END_TEST

START_TEST(edit_distance_counts_slips)
{
    static const struct {
        const char *left, *right;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"label", "label", 0},
        {"labl", "label", 1},
        {"lable", "label", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
        {"abcd", "badc", 2},
        {"ca", "abc", 3},
        {"sum", "max", 3},
        {"sigmoid", "sgimoidd", 2},
        {"\xCE\xB8", "\xCE\xB1", 1}, /* theta, alpha */
        {"\xCE\xB8x", "x\xCE\xB8", 1},
        {"\xCE\xB8", "\xCF\x83", 1}, /* theta, sigma */
        {"\xCE\xB8", "", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_uint_eq(edit_distance(rows[i].left, rows[i].right), rows[i].distance);
        ck_assert_uint_eq(edit_distance(rows[i].right, rows[i].left), rows[i].distance);
    }
    char words[2][300];
    for (size_t length = 250; length < 270; length++) {
        memset(words[0], 'a', sizeof words[0]);
        memset(words[1], 'a', sizeof words[1]);
        words[0][length] = words[1][length] = '\0';
        ck_assert_uint_eq(edit_distance(words[0], words[1]), 0);
        words[1][7] = 'b';
        ck_assert_uint_eq(edit_distance(words[0], words[1]), length <= 256 ? 1 : length);
    }
}
END_TEST

/* ---- names and tables ---- */

START_TEST(names_are_equal_when_their_pointers_are)
{
    enum { COUNT = 20000 };
    struct arena *arena = arena_create(NULL);
    struct names *names = names_create(arena);
    static const char *first[COUNT];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            char spelling[32];
            int length = snprintf(spelling, sizeof spelling, "name%d", i);
            const char *name = names_intern(names, spelling, (size_t)length);
            ck_assert_str_eq(name, spelling);
            if (round == 0)
                first[i] = name;
            ck_assert_ptr_eq(name, first[i]);
        }
    }
    ck_assert_ptr_eq(names_intern_text(names, "name7"), first[7]);
    ck_assert_ptr_eq(names_intern(names, "name77 and more", 6), first[77]);
    ck_assert_ptr_eq(names_intern(names, NULL, 0), names_intern_text(names, ""));
    ck_assert_ptr_ne(names_intern(names, "a\0b", 3), names_intern(names, "a\0c", 3));
    arena_destroy(arena);
}
END_TEST

START_TEST(table_keeps_what_is_stored)
{
    enum { COUNT = 50000 };
    struct arena *arena = arena_create(NULL);
    struct table *table = table_create(arena);
    int *values = ARENA_ARRAY(arena, int, COUNT);
    ck_assert_ptr_null(table_find(table, NULL));
    for (int i = 0; i < COUNT; i++)
        table_store(table, (const void *)(uintptr_t)(i * 8), &values[i]);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(table_find(table, (const void *)(uintptr_t)(i * 8)), &values[i]);
    ck_assert_ptr_null(table_find(table, (const void *)(uintptr_t)3));
    /* Replacing, with NULL too, loses no neighbour. */
    for (int i = 0; i < COUNT; i += 2)
        table_store(table, (const void *)(uintptr_t)(i * 8), NULL);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(table_find(table, (const void *)(uintptr_t)(i * 8)),
                         i % 2 ? &values[i] : NULL);
    arena_destroy(arena);
}
END_TEST

START_TEST(hashes_part_neighbours)
{
    ck_assert(hash_bytes("", 0) != hash_bytes("\0", 1));
    ck_assert(hash_bytes("\0", 1) != hash_bytes("\0\0", 2));
    ck_assert(hash_bytes("abcdefgh", 8) != hash_bytes("abcdefgi", 8));
    ck_assert(hash_bytes("abcdefghX", 9) != hash_bytes("abcdefghY", 9));
    ck_assert(hash_mix(hash_mix(0, 1), 2) != hash_mix(hash_mix(0, 2), 1));
    /* The low bits, which the tables use, spread. */
    unsigned filled[64] = {0};
    for (uint64_t i = 0; i < 6400; i++)
        filled[hash_mix(0, i * 64) % 64]++;
    for (size_t i = 0; i < 64; i++)
        ck_assert(filled[i] > 50 && filled[i] < 160);
}
END_TEST

/* ---- diagnostics ---- */

static struct arena *arena;
static struct diagnostics *diagnostics;
static struct source source;

static void setup(void)
{
    arena = arena_create(NULL);
    diagnostics = diagnostics_create(arena);
}

static void teardown(void)
{
    arena_destroy(arena);
}

static void set_source(const char *text)
{
    source = (struct source){"model.expr", text, strlen(text)};
}

static struct span at(unsigned begin, unsigned end)
{
    return (struct span){&source, begin, end};
}

/* Where `word` stands in the source. */
static struct span of(const char *word)
{
    const char *place = strstr(source.text, word);
    ck_assert_ptr_nonnull(place);
    unsigned begin = (unsigned)(place - source.text);
    return at(begin, begin + (unsigned)strlen(word));
}

static char *printed(bool color)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&bytes, &length);
    ck_assert_ptr_nonnull(stream);
    diagnostics_print(diagnostics, stream, color);
    fclose(stream);
    char *copy = arena_copy(arena, bytes, length);
    free(bytes);
    return copy;
}

START_TEST(diagnostics_show_place_note_and_help)
{
    set_source("data x[i], label[i]\n\nf[i] = w*x[i] + labl\n");
    const struct span nowhere = {NULL, 0, 0};
    struct diagnostic *error = report_error(diagnostics, of("labl\n"), "there is no '%s'", "labl");
    diagnostic_note(diagnostics, error, of("label"), "this is near");
    diagnostic_note(diagnostics, error, nowhere, "names are %s", "case-sensitive");
    diagnostic_help(diagnostics, error, "did you mean '%s'?", "label");
    report_warning(diagnostics, of("w*x"), "w is never fitted");
    report_error(diagnostics, nowhere, "no loss");
    ck_assert_uint_eq(diagnostics->errors, 2);
    ck_assert_uint_eq(diagnostics->warnings, 1);
    ck_assert_str_eq(printed(false), "symgrad: error: no loss\n"
                                     "model.expr:3:8: warning: w is never fitted\n"
                                     "    3 | f[i] = w*x[i] + labl\n"
                                     "      |        ^~~\n"
                                     "model.expr:3:17: error: there is no 'labl'\n"
                                     "    3 | f[i] = w*x[i] + labl\n"
                                     "      |                 ^~~~\n"
                                     "model.expr:1:12: note: this is near\n"
                                     "    1 | data x[i], label[i]\n"
                                     "      |            ^~~~~\n"
                                     "symgrad: note: names are case-sensitive\n"
                                     "  help: did you mean 'label'?\n");
}
END_TEST

START_TEST(diagnostics_are_sorted_and_told_once)
{
    set_source("a\nb\nc\n");
    report_error(diagnostics, at(4, 5), "third");
    report_error(diagnostics, at(2, 3), "second");
    report_error(diagnostics, at(2, 3), "but later");
    report_error(diagnostics, at(2, 3), "second");
    struct diagnostic *again = report_error(diagnostics, at(2, 2), "%s", "second");
    diagnostic_note(diagnostics, again, at(0, 1), "unread");
    report_warning(diagnostics, at(2, 3), "second");
    report_error(diagnostics, at(0, 1), "first");
    ck_assert_uint_eq(diagnostics->errors, 4);
    ck_assert_uint_eq(diagnostics->warnings, 1);
    ck_assert_str_eq(printed(false), "model.expr:1:1: error: first\n    1 | a\n      | ^\n"
                                     "model.expr:2:1: error: second\n    2 | b\n      | ^\n"
                                     "model.expr:2:1: error: but later\n    2 | b\n      | ^\n"
                                     "model.expr:2:1: warning: second\n    2 | b\n      | ^\n"
                                     "model.expr:3:1: error: third\n    3 | c\n      | ^\n");
}
END_TEST

START_TEST(diagnostics_forgotten_are_told_no_more)
{
    set_source("a\nb\n");
    report_warning(diagnostics, at(0, 1), "first");
    diagnostics_forget(diagnostics);
    report_warning(diagnostics, at(0, 1), "first");
    report_error(diagnostics, at(2, 3), "second");
    ck_assert_uint_eq(diagnostics->errors, 1);
    ck_assert_uint_eq(diagnostics->warnings, 1);
    ck_assert_str_eq(printed(false), "model.expr:2:1: error: second\n    2 | b\n      | ^\n");
}
END_TEST

START_TEST(diagnostics_of_several_sources_stay_together)
{
    static const struct source other = {"lib.expr", "z = 1", 5};
    set_source("a b");
    report_error(diagnostics, at(2, 3), "one");
    report_error(diagnostics, (struct span){&other, 4, 5}, "two");
    report_error(diagnostics, at(0, 1), "three");
    report_error(diagnostics, (struct span){&other, 0, 1}, "four");
    ck_assert_str_eq(printed(false), "model.expr:1:1: error: three\n    1 | a b\n      | ^\n"
                                     "model.expr:1:3: error: one\n    1 | a b\n      |   ^\n"
                                     "lib.expr:1:1: error: four\n    1 | z = 1\n      | ^\n"
                                     "lib.expr:1:5: error: two\n    1 | z = 1\n      |     ^\n");
}
END_TEST

START_TEST(diagnostics_show_control_bytes_harmlessly)
{
    /* A tab, an escape, two Greek letters, a stray byte, DEL, a C1 control, a bidi override. */
    set_source("\ta\033b \xCE\xB8\xCF\x83\xFF\x7F\xC2\x85\xE2\x80\xAE!\r\nnext");
    source.name = "mo\ndel\033\t.expr";
    report_error(diagnostics, of("\xFF\x7F"), "strange \033[31m\xFE");
    report_error(diagnostics, of("!"), "here");
    report_error(diagnostics, of("\xCF\x83"), "sigma");
    ck_assert_str_eq(printed(false),
                     "mo\\x0Adel\\x1B\\x09.expr:1:7: error: sigma\n"
                     "    1 |  a\\x1Bb \xCE\xB8\xCF\x83\\xFF\\x7F\\xC2\\x85\\xE2\\x80\\xAE!\n"
                     "      |          ^\n"
                     "mo\\x0Adel\\x1B\\x09.expr:1:8: error: strange \\x1B[31m\\xFE\n"
                     "    1 |  a\\x1Bb \xCE\xB8\xCF\x83\\xFF\\x7F\\xC2\\x85\\xE2\\x80\\xAE!\n"
                     "      |           ^~~~~~~~\n"
                     "mo\\x0Adel\\x1B\\x09.expr:1:12: error: here\n"
                     "    1 |  a\\x1Bb \xCE\xB8\xCF\x83\\xFF\\x7F\\xC2\\x85\\xE2\\x80\\xAE!\n"
                     "      |                                       ^\n");
}
END_TEST

START_TEST(diagnostics_reach_ends_of_lines_and_source)
{
    set_source("ab\r\n\ncd");
    report_error(diagnostics, at(1, 7), "over lines");
    report_error(diagnostics, at(2, 3), "return");
    report_error(diagnostics, at(3, 4), "newline");
    report_error(diagnostics, at(4, 4), "empty");
    report_error(diagnostics, at(7, 7), "end");
    report_error(diagnostics, at(70, 90), "beyond");
    ck_assert_str_eq(printed(false), "model.expr:1:2: error: over lines\n    1 | ab\n      |  ^\n"
                                     "model.expr:1:3: error: return\n    1 | ab\n      |   ^\n"
                                     "model.expr:1:3: error: newline\n    1 | ab\n      |   ^\n"
                                     "model.expr:2:1: error: empty\n    2 |\n      | ^\n"
                                     "model.expr:3:3: error: end\n    3 | cd\n      |   ^\n"
                                     "model.expr:3:3: error: beyond\n    3 | cd\n      |   ^\n");
}
END_TEST

START_TEST(diagnostics_of_an_empty_source)
{
    set_source("");
    report_error(diagnostics, at(0, 0), "nothing");
    ck_assert_str_eq(printed(false), "model.expr:1:1: error: nothing\n    1 |\n      | ^\n");
}
END_TEST

/* The caret line's first '^' must stand under the first byte of `word`. */
static void check_window(const char *report, const char *word, size_t underlined)
{
    const char *line = strchr(report, '\n') + 1;
    const char *caret_line = strchr(line, '\n') + 1;
    size_t width = (size_t)(caret_line - line) - 1;
    ck_assert_uint_le(width, strlen("    1 | ") + 160);
    const char *caret = strchr(caret_line, '^');
    ck_assert_ptr_nonnull(caret);
    ck_assert_int_eq(strncmp(line + (caret - caret_line), word, strlen(word)), 0);
    ck_assert_uint_eq(strspn(caret, "^~"), underlined);
}

START_TEST(diagnostics_cut_long_lines_around_the_caret)
{
    enum { LENGTH = 5000 };
    static char text[LENGTH + 1];
    static const unsigned places[] = {0, 5, 79, 80, 81, 100, 2500, 4900, 4990, 4997};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        memset(text, '.', LENGTH);
        memcpy(text + places[i], "abc", 3);
        set_source(text);
        diagnostics = diagnostics_create(arena);
        report_error(diagnostics, at(places[i], places[i] + 3), "m");
        const char *report = printed(false);
        check_window(report, "abc", 3);
        unsigned line, column;
        ck_assert_int_eq(sscanf(report, "model.expr:%u:%u:", &line, &column), 2);
        ck_assert(line == 1 && column == places[i] + 1);
        diagnostics = diagnostics_create(arena);
        report_error(diagnostics, at(places[i], LENGTH), "m");
        const char *place = strchr(printed(false), '^');
        ck_assert_uint_le(strspn(place, "^~"), 160);
    }
    text[160] = '\0';
    memset(text, '.', 160);
    set_source(text);
    diagnostics = diagnostics_create(arena);
    report_error(diagnostics, at(0, 160), "whole");
    check_window(printed(false), text, 160);
}
END_TEST

START_TEST(diagnostics_number_lines_beyond_five_digits)
{
    char *text = arena_allocate(arena, 200001, 1);
    memset(text, '\n', 200000);
    set_source(text);
    report_error(diagnostics, at(123455, 123455), "deep");
    ck_assert_str_eq(printed(false), "model.expr:123456:1: error: deep\n123456 |\n       | ^\n");
}
END_TEST

START_TEST(diagnostics_take_color)
{
    set_source("ab");
    struct diagnostic *error = report_error(diagnostics, at(0, 2), "e");
    diagnostic_note(diagnostics, error, at(1, 2), "n");
    diagnostic_help(diagnostics, error, "h");
    report_warning(diagnostics, at(1, 2), "w");
    ck_assert_str_eq(printed(true), "\033[1mmodel.expr:1:1:\033[0m \033[1;31merror:\033[0m e\n"
                                    "    1 | ab\n      | \033[1;32m^~\033[0m\n"
                                    "\033[1mmodel.expr:1:2:\033[0m \033[1;36mnote:\033[0m n\n"
                                    "    1 | ab\n      |  \033[1;32m^\033[0m\n"
                                    "  \033[1mhelp:\033[0m h\n"
                                    "\033[1mmodel.expr:1:2:\033[0m \033[1;35mwarning:\033[0m w\n"
                                    "    1 | ab\n      |  \033[1;32m^\033[0m\n");
}
END_TEST

/* The index against the plain walk of span_position(), on bytes of any kind. */
START_TEST(diagnostics_and_span_position_agree)
{
    enum { LENGTH = 4000 };
    static const unsigned char alphabet[] = {'a',  'b',  '\n', '\r', 0xCE, 0xB8, 0xE2,
                                             0x80, 0xAE, 0xF0, 0x9F, 0xFF, 'x',  '\t'};
    uint64_t state = 3;
    char *text = arena_allocate(arena, LENGTH + 1, 1);
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = (char)alphabet[next_random(&state) % (i < 2000 ? 14 : 2)];
    set_source(text);
    for (unsigned place = 0; place <= LENGTH; place += 7) {
        unsigned line, column, shown_line, shown_column;
        if (place < LENGTH && (text[place] == '\n' || text[place] == '\r'))
            continue; /* the caret does not follow into the end of line */
        span_position(at(place, place), &line, &column);
        diagnostics = diagnostics_create(arena);
        report_error(diagnostics, at(place, place + 1), "m");
        ck_assert_int_eq(sscanf(printed(false), "model.expr:%u:%u:", &shown_line, &shown_column),
                         2);
        ck_assert_uint_eq(line, shown_line);
        ck_assert_uint_eq(column, shown_column);
    }
}
END_TEST

START_TEST(spans_join_and_count)
{
    static const struct source other = {"lib.expr", "z", 1};
    const struct span nowhere = {NULL, 0, 0};
    set_source("a\xCE\xB8"
               "b\nc");
    struct span joined = span_join(at(3, 4), at(0, 1));
    ck_assert(joined.source == &source && joined.begin == 0 && joined.end == 4);
    joined = span_join(nowhere, at(1, 2));
    ck_assert(joined.source == &source && joined.begin == 1 && joined.end == 2);
    joined = span_join(at(1, 2), nowhere);
    ck_assert(joined.source == &source && joined.begin == 1 && joined.end == 2);
    joined = span_join(at(1, 2), (struct span){&other, 0, 1});
    ck_assert(joined.source == &source && joined.begin == 1 && joined.end == 2);

    unsigned line, column;
    span_position(of("b"), &line, &column);
    ck_assert(line == 1 && column == 3);
    span_position(of("c"), &line, &column);
    ck_assert(line == 2 && column == 1);
    span_position(at(99, 99), &line, &column);
    ck_assert(line == 2 && column == 2);
    span_position(nowhere, &line, &column);
    ck_assert(line == 0 && column == 0);
}
END_TEST

/* Quadratic work would take minutes: a line of 2 MB and 200,000 short ones, errors everywhere. */
START_TEST(diagnostics_by_the_thousand)
{
    enum { LONG_LINE = 2000000, SHORT_LINES = 200000, ERRORS = 20000 };
    unsigned length = LONG_LINE + 2 * SHORT_LINES;
    char *text = arena_allocate(arena, length + 1, 1);
    memset(text, 'x', length);
    for (unsigned i = LONG_LINE; i < length; i += 2)
        text[i] = '\n';
    set_source(text);
    for (unsigned i = 0; i < ERRORS; i++) {
        unsigned begin = (unsigned)((uint64_t)i * 7919 * 13 % length);
        struct diagnostic *error = report_error(diagnostics, at(begin, begin + 1), "e");
        diagnostic_note(diagnostics, error, at(LONG_LINE - 1, LONG_LINE), "n");
    }
    FILE *stream = fopen("/dev/null", "w");
    diagnostics_print(diagnostics, stream, false);
    fclose(stream);
}
END_TEST

/* ---- memory running out in all of it ---- */

static void do_a_bit_of_everything(struct arena *scarce)
{
    struct text text = text_create(scarce);
    struct names *names = names_create(scarce);
    struct table *table = table_create(scarce);
    for (int i = 0; i < 3000; i++) {
        const char *name = names_intern_text(names, arena_format(scarce, "name_%d", i));
        table_store(table, name, arena_copy(scarce, name, strlen(name)));
        text_format(&text, "%s = ", name);
        text_append_number(&text, i / 7.0);
        text_append(&text, "\n");
    }
    struct source *made = ARENA_NEW(scarce, struct source);
    *made = (struct source){"made.expr", text.bytes, text.length};
    struct diagnostics *list = diagnostics_create(scarce);
    for (unsigned i = 0; i < 3000; i++) {
        struct span span = {made, i * 7 % 1000, i * 7 % 1000 + 3};
        diagnostic_note(list, report_error(list, span, "error %u", i), span, "note");
    }
    static char buffer[2000000];
    FILE *stream = fmemopen(buffer, sizeof buffer, "w");
    jmp_buf outer;
    memcpy(&outer, arena_escape(scarce), sizeof outer);
    if (setjmp(*arena_escape(scarce))) {
        fclose(stream);
        memcpy(arena_escape(scarce), &outer, sizeof outer);
        longjmp(*arena_escape(scarce), 1);
    }
    diagnostics_print(list, stream, false);
    memcpy(arena_escape(scarce), &outer, sizeof outer);
    fclose(stream);
}

START_TEST(every_allocation_may_fail)
{
    ck_assert_uint_gt(fail_every(do_a_bit_of_everything, false), 5);
    ck_assert_uint_gt(fail_every(do_a_bit_of_everything, true), 5);
}
END_TEST

/* ---- files ---- */

static char directory[] = "/tmp/symgrad-base-XXXXXX";

static void setup_directory(void)
{
    setup();
    strcpy(directory, "/tmp/symgrad-base-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown_directory(void)
{
    /* rmdir fails where a temporary file was left behind. */
    ck_assert_int_eq(rmdir(directory), 0);
    teardown();
}

static char *in_directory(const char *name)
{
    return arena_format(arena, "%s/%s", directory, name);
}

static void check_content(const char *path, const char *expected, size_t length)
{
    const char *reason = NULL;
    size_t read = 0;
    char *bytes = file_read(arena, path, &read, &reason);
    ck_assert_msg(bytes != NULL, "%s", reason);
    ck_assert_uint_eq(read, length);
    ck_assert_int_eq(memcmp(bytes, expected, length), 0);
    ck_assert_int_eq(bytes[length], '\0');
}

static void write_or_fail(const char *path, const char *bytes)
{
    const char *reason = NULL;
    ck_assert_msg(file_write(arena, path, bytes, strlen(bytes), &reason), "%s", reason);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

START_TEST(files_are_written_and_read_whole)
{
    static const size_t lengths[] = {0, 1, 4094, 4095, 4096, 4097, 300000};
    const char *path = in_directory("file");
    char *bytes = arena_allocate(arena, 300000, 1);
    for (size_t i = 0; i < 300000; i++)
        bytes[i] = (char)(i * i % 251);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const char *reason = NULL;
        ck_assert(file_write(arena, path, bytes, lengths[i], &reason));
        check_content(path, bytes, lengths[i]);
    }
    unlink(path);
}
END_TEST

/* The size that the system tells is 0. */
START_TEST(files_of_unknown_size_are_read)
{
    size_t length;
    const char *reason = NULL;
    ck_assert_ptr_nonnull(file_read(arena, "/proc/self/status", &length, &reason));
    ck_assert_uint_gt(length, 0);
}
END_TEST

START_TEST(files_keep_their_mode)
{
    const char *path = in_directory("file");
    mode_t old = umask(027);
    write_or_fail(path, "one");
    ck_assert_uint_eq(mode_of(path), 0640);
    chmod(path, 0755);
    write_or_fail(path, "two");
    ck_assert_uint_eq(mode_of(path), 0755);
    umask(old);
    check_content(path, "two", 3);
    unlink(path);
}
END_TEST

START_TEST(files_behind_links_are_written)
{
    const char *path = in_directory("file"), *link = in_directory("link");
    const char *second = in_directory("second");
    ck_assert_int_eq(symlink("file", link), 0);
    ck_assert_int_eq(symlink(link, second), 0);
    write_or_fail(second, "new"); /* a link to nothing yet */
    check_content(path, "new", 3);
    write_or_fail(link, "newer");
    check_content(path, "newer", 5);
    struct stat status;
    ck_assert(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
    ck_assert(lstat(second, &status) == 0 && S_ISLNK(status.st_mode));
    unlink(link);
    ck_assert_int_eq(symlink("link", link), 0);
    const char *reason = NULL;
    ck_assert(!file_write(arena, link, "x", 1, &reason));
    unlink(link);
    unlink(second);
    unlink(path);
}
END_TEST

START_TEST(files_that_fail_say_why)
{
    static const char *const unreadable[] = {"", "/tmp", "/nonexistent/file", "/etc/passwd/x"};
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
        const char *reason = NULL;
        size_t length;
        ck_assert_ptr_null(file_read(arena, unreadable[i], &length, &reason));
        ck_assert(reason && *reason);
        reason = NULL;
        ck_assert(!file_write(arena, unreadable[i], "x", 1, &reason));
        ck_assert(reason && *reason);
    }
    write_or_fail("/dev/null", "x");
    struct stat status;
    ck_assert(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode));
}
END_TEST

START_TEST(a_full_disk_is_reported)
{
    const char *reason = NULL;
    ck_assert(!file_write(arena, "/dev/full", "x", 1, &reason));
    ck_assert_str_eq(reason, "No space left on device");
}
END_TEST

START_TEST(files_protected_from_writing_stay)
{
    const char *path = in_directory("file");
    write_or_fail(path, "one");
    chmod(path, 0444);
    const char *reason = NULL;
    if (geteuid() != 0) {
        ck_assert(!file_write(arena, path, "two", 3, &reason));
        ck_assert_str_eq(reason, "Permission denied");
        check_content(path, "one", 3);
    }
    unlink(path);
}
END_TEST

START_TEST(files_may_be_fifos)
{
    enum { LENGTH = 1000000 };
    const char *path = in_directory("fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    char *bytes = arena_allocate(arena, LENGTH, 1);
    memset(bytes, 'f', LENGTH);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *reason = NULL;
        _exit(file_write(arena, path, bytes, LENGTH, &reason) ? 0 : 1);
    }
    check_content(path, bytes, LENGTH);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    unlink(path);
}
END_TEST

/* "-": a child's standard output is another's standard input. */
START_TEST(files_may_be_standard_streams)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *reason = NULL;
        dup2(ends[1], STDOUT_FILENO);
        _exit(file_write(arena, "-", "through", 7, &reason) ? 0 : 1);
    }
    close(ends[1]);
    int saved = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    check_content("-", "through", 7);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(standard_output_reports_a_failed_flush)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *reason = "";
        int full = open("/dev/full", O_WRONLY);
        dup2(full, STDOUT_FILENO);
        bool wrote = file_write(arena, "-", "x", 1, &reason);
        _exit(!wrote && strcmp(reason, "No space left on device") == 0 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

static void read_and_write(struct arena *scarce)
{
    const char *path = in_directory("big"), *reason;
    size_t length;
    for (int i = 0; i < 20; i++) {
        char *bytes = file_read(scarce, path, &length, &reason);
        ck_assert_ptr_nonnull(bytes);
        ck_assert(file_write(scarce, path, bytes, length, &reason));
    }
}

static int lowest_free_descriptor(void)
{
    int descriptor = open("/dev/null", O_RDONLY);
    close(descriptor);
    return descriptor;
}

START_TEST(files_leave_nothing_open_when_memory_runs_out)
{
    char *bytes = arena_allocate(arena, 200001, 1);
    memset(bytes, 'b', 200000);
    write_or_fail(in_directory("big"), bytes);
    int before = lowest_free_descriptor();
    ck_assert_uint_gt(fail_every(read_and_write, false), 5);
    ck_assert_uint_gt(fail_every(read_and_write, true), 5);
    ck_assert_int_eq(lowest_free_descriptor(), before);
    check_content(in_directory("big"), bytes, 200000);
    unlink(in_directory("big"));
}
END_TEST

START_TEST(paths_are_taken_apart)
{
    ck_assert_str_eq(path_beside(arena, "a/b/model.expr", "data.csv"), "a/b/data.csv");
    ck_assert_str_eq(path_beside(arena, "/model.expr", "data.csv"), "/data.csv");
    ck_assert_str_eq(path_beside(arena, "model.expr", "d/data.csv"), "d/data.csv");
    ck_assert_str_eq(path_beside(arena, "a/model.expr", "/data.csv"), "/data.csv");
    ck_assert_str_eq(path_beside(arena, "-", "data.csv"), "data.csv");

    ck_assert_str_eq(path_stem(arena, "a/b.c/model.expr"), "model");
    ck_assert_str_eq(path_stem(arena, "model"), "model");
    ck_assert_str_eq(path_stem(arena, "a.b/model"), "model");
    ck_assert_str_eq(path_stem(arena, "x.tar.gz"), "x.tar");
    ck_assert_str_eq(path_stem(arena, ".expr"), ".expr");
    ck_assert_str_eq(path_stem(arena, "a/.expr"), ".expr");
    ck_assert_str_eq(path_stem(arena, "a/b.c/"), "b");
    ck_assert_str_eq(path_stem(arena, "-"), "-");
    ck_assert_str_eq(path_stem(arena, ""), "");
    ck_assert_str_eq(path_stem(arena, "/"), "");
}
END_TEST

/* ---- the suite ---- */

static TCase *arena_cases(void)
{
    TCase *cases = tcase_create("arena");
    tcase_add_test(cases, arena_memory_is_zeroed_aligned_and_apart);
    tcase_add_test(cases, arena_blocks_grow);
    tcase_add_test(cases, what_is_opened_in_an_arena_goes_with_it);
    tcase_add_test(cases, closing_releases_what_was_opened);
    tcase_add_test(cases, arena_aligns_whatever_the_allocator_does);
    tcase_add_test(cases, arena_refuses_sizes_that_overflow);
    tcase_add_test(cases, arena_grows_copies_formats_pushes);
    tcase_add_test(cases, arena_grows_in_place_and_takes_back);
    tcase_add_test(cases, every_allocation_may_fail);
    return cases;
}

static TCase *text_cases(void)
{
    TCase *cases = tcase_create("text");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, text_grows);
    tcase_add_test(cases, numbers_are_spelled_shortest);
    tcase_add_test(cases, numbers_survive_a_round_trip);
    tcase_add_test(cases, numbers_are_read_as_strtod_does);
    tcase_add_test(cases, numbers_are_read_whole);
    tcase_add_test(cases, numbers_of_many_digits_are_read);
    tcase_add_test(cases, numbers_do_not_know_the_locale);
    tcase_add_test(cases, edit_distance_counts_slips);
    return cases;
}

static TCase *table_cases(void)
{
    TCase *cases = tcase_create("names and tables");
    tcase_add_test(cases, names_are_equal_when_their_pointers_are);
    tcase_add_test(cases, table_keeps_what_is_stored);
    tcase_add_test(cases, hashes_part_neighbours);
    return cases;
}

static TCase *diagnostics_cases(void)
{
    TCase *cases = tcase_create("diagnostics");
    tcase_set_timeout(cases, 20);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, diagnostics_show_place_note_and_help);
    tcase_add_test(cases, diagnostics_are_sorted_and_told_once);
    tcase_add_test(cases, diagnostics_forgotten_are_told_no_more);
    tcase_add_test(cases, diagnostics_of_several_sources_stay_together);
    tcase_add_test(cases, diagnostics_show_control_bytes_harmlessly);
    tcase_add_test(cases, diagnostics_reach_ends_of_lines_and_source);
    tcase_add_test(cases, diagnostics_of_an_empty_source);
    tcase_add_test(cases, diagnostics_cut_long_lines_around_the_caret);
    tcase_add_test(cases, diagnostics_number_lines_beyond_five_digits);
    tcase_add_test(cases, diagnostics_take_color);
    tcase_add_test(cases, diagnostics_and_span_position_agree);
    tcase_add_test(cases, spans_join_and_count);
    tcase_add_test(cases, diagnostics_by_the_thousand);
    return cases;
}

/* Whether the system has a file that tests need; where not, that is told. */
static bool has(const char *file)
{
    bool present = access(file, F_OK) == 0;
    if (!present) {
        printf("# There is no %s: what needs it is not tested.\n", file);
        fflush(stdout);
    }
    return present;
}

static TCase *file_cases(void)
{
    TCase *cases = tcase_create("files");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup_directory, teardown_directory);
    tcase_add_test(cases, files_are_written_and_read_whole);
    tcase_add_test(cases, files_keep_their_mode);
    tcase_add_test(cases, files_behind_links_are_written);
    tcase_add_test(cases, files_that_fail_say_why);
    tcase_add_test(cases, files_protected_from_writing_stay);
    tcase_add_test(cases, files_may_be_fifos);
    tcase_add_test(cases, files_may_be_standard_streams);
    tcase_add_test(cases, files_leave_nothing_open_when_memory_runs_out);
    tcase_add_test(cases, paths_are_taken_apart);
    if (has("/proc/self/status")) {
        tcase_add_test(cases, files_of_unknown_size_are_read);
    }
    if (has("/dev/full")) {
        tcase_add_test(cases, a_full_disk_is_reported);
        tcase_add_test(cases, standard_output_reports_a_failed_flush);
    }
    return cases;
}

Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    suite_add_tcase(suite, arena_cases());
    suite_add_tcase(suite, text_cases());
    suite_add_tcase(suite, table_cases());
    suite_add_tcase(suite, diagnostics_cases());
    suite_add_tcase(suite, file_cases());
    return suite;
}
