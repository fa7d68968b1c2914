#include "emit/embed.h"

#include "base/embedded.h"

#include <ctype.h>
#include <string.h>

/* ---- From double to float ---- */

static const char *const libm[] = {
    "acos",      "acosh",    "asin",      "asinh", "atan",  "atan2", "atanh", "cbrt",
    "ceil",      "copysign", "cos",       "cosh",  "erf",   "erfc",  "exp",   "exp2",
    "expm1",     "fabs",     "fdim",      "floor", "fma",   "fmax",  "fmin",  "fmod",
    "hypot",     "ldexp",    "lgamma",    "log",   "log10", "log1p", "log2",  "nearbyint",
    "nextafter", "pow",      "remainder", "rint",  "round", "sin",   "sinh",  "sqrt",
    "tan",       "tanh",     "tgamma",    "trunc"};

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

bool is_libm_function(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof libm / sizeof libm[0]; i++) {
        if (is_word(name, length, libm[i])) {
            return true;
        }
    }
    return false;
}

static size_t comment_length(const char *c, size_t length)
{
    for (size_t i = 2; i + 1 < length; i++) {
        if (c[i] == '*' && c[i + 1] == '/') {
            return i + 2;
        }
    }
    return length;
}

static size_t word_length(const char *c, size_t length)
{
    size_t i = 0;
    while (i < length && (isalnum((unsigned char)c[i]) || c[i] == '_')) {
        i++;
    }
    return i;
}

/* A preprocessing number: digits, letters, points, and signs after an e. */
static size_t number_length(const char *c, size_t length)
{
    size_t i = 0;
    while (i < length && (isalnum((unsigned char)c[i]) || c[i] == '.' ||
                          ((c[i] == '-' || c[i] == '+') && (c[i - 1] == 'e' || c[i - 1] == 'E')))) {
        i++;
    }
    return i;
}

static void append_float_word(struct text *text, const char *word, size_t length)
{
    bool blas = is_word(word, length, "dgemm_");
    if (blas || is_word(word, length, "double")) {
        text_append(text, blas ? "sgemm_" : "float");
        return;
    }
    text_append_length(text, word, length);
    if (is_libm_function(word, length)) {
        text_append_char(text, 'f');
    }
}

static void append_float_number(struct text *text, const char *number, size_t length)
{
    text_append_length(text, number, length);
    if (number[0] != '0' || length == 1 || (number[1] != 'x' && number[1] != 'X')) {
        if (memchr(number, '.', length) != NULL || memchr(number, 'e', length) != NULL) {
            text_append_char(text, 'f');
        }
    }
}

void text_append_float(struct text *text, const char *c, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = 1;
        if (i + 1 < length && c[i] == '/' && c[i + 1] == '*') {
            step = comment_length(c + i, length - i);
            text_append_length(text, c + i, step);
        } else if (isalpha((unsigned char)c[i]) || c[i] == '_') {
            step = word_length(c + i, length - i);
            append_float_word(text, c + i, step);
        } else if (isdigit((unsigned char)c[i])) {
            step = number_length(c + i, length - i);
            append_float_number(text, c + i, step);
        } else {
            text_append_char(text, c[i]);
        }
        i += step;
    }
}

/* ---- Functions ---- */

/* Functions of the emitter's own, in the same form as those of runtime/special.c. */
static const char helpers[] = "/* @function square */\n"
                              "/* x^2 */\n"
                              "double square(double x)\n"
                              "{\n"
                              "    return x * x;\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function cube */\n"
                              "/* x^3 */\n"
                              "double cube(double x)\n"
                              "{\n"
                              "    return x * x * x;\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function small_power */\n"
                              "/* x^n for n = 0 ... 16; its error is that of n roundings. */\n"
                              "double small_power(double x, int n)\n"
                              "{\n"
                              "    const double x2 = x * x;\n"
                              "    const double x4 = x2 * x2;\n"
                              "    const double x8 = x4 * x4;\n"
                              "    const double low = (n & 1 ? x : 1.0) * (n & 2 ? x2 : 1.0);\n"
                              "    const double high = (n & 4 ? x4 : 1.0) * (n & 8 ? x8 : 1.0);\n"
                              "\n"
                              "    return low * high * (n & 16 ? x8 * x8 : 1.0);\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function smaller */\n"
                              "/* The smaller of two whole numbers. */\n"
                              "ptrdiff_t smaller(ptrdiff_t i, ptrdiff_t j)\n"
                              "{\n"
                              "    return i < j ? i : j;\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function larger */\n"
                              "/* The larger of two whole numbers. */\n"
                              "ptrdiff_t larger(ptrdiff_t i, ptrdiff_t j)\n"
                              "{\n"
                              "    return i > j ? i : j;\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function floor_quotient */\n"
                              "/* i/j rounded down, for j > 0. */\n"
                              "ptrdiff_t floor_quotient(ptrdiff_t i, ptrdiff_t j)\n"
                              "{\n"
                              "    return i / j - (i % j < 0);\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function floor_remainder */\n"
                              "/* What i/j rounded down leaves over, for j > 0: 0 to j - 1. */\n"
                              "ptrdiff_t floor_remainder(ptrdiff_t i, ptrdiff_t j)\n"
                              "{\n"
                              "    return i % j + (i % j < 0 ? j : 0);\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function chunk_place */\n"
                              "/* Whose memory a chunk works in: that of its thread, which is in\n"
                              "   cache, or its own where there are more threads than chunks. */\n"
                              "ptrdiff_t chunk_place(ptrdiff_t chunk, int chunks)\n"
                              "{\n"
                              "#ifdef _OPENMP\n"
                              "    return omp_get_num_threads() <= chunks ? omp_get_thread_num() : "
                              "chunk;\n"
                              "#else\n"
                              "    (void)chunk;\n"
                              "    (void)chunks;\n"
                              "    return 0;\n"
                              "#endif\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function size_product */\n"
                              "/* i*j, or SIZE_MAX where that is too large. */\n"
                              "size_t size_product(size_t i, size_t j)\n"
                              "{\n"
                              "    return i != 0 && j > SIZE_MAX / i ? SIZE_MAX : i * j;\n"
                              "}\n"
                              "/* @end */\n"
                              "/* @function size_sum */\n"
                              "/* i + j, or SIZE_MAX where that is too large. */\n"
                              "size_t size_sum(size_t i, size_t j)\n"
                              "{\n"
                              "    return j > SIZE_MAX - i ? SIZE_MAX : i + j;\n"
                              "}\n"
                              "/* @end */\n";

/* A marked function, or a text that is more than one function or none and says itself what is
 * static: from after the mark to before the end mark. */
struct block {
    bool function;
    const char *uses, *begin, *end;
    bool verbatim; /* spelled for the type that it computes in */
};

static bool find_block(const char *file, const char *name, struct block *block)
{
    static const char mark[] = "/* @";
    size_t length = strlen(name);
    for (const char *at = file; (at = strstr(at, mark)) != NULL; at += sizeof mark - 1) {
        const char *kind = at + sizeof mark - 1;
        const char *word = kind + strcspn(kind, " ") + 1;
        if (strncmp(word, name, length) == 0 && word[length] == ' ') {
            block->function = strncmp(kind, "function", 8) == 0;
            block->uses = word + length;
            block->begin = strstr(word, "*/\n") + 3;
            block->end = strstr(word, "/* @end */");
            return block->end != NULL;
        }
    }
    return false;
}

static bool find_in_file(const char *file, const char *name, struct block *block)
{
    const struct embedded_file *found = embedded_find(file);
    return found != NULL && find_block(found->text, name, block);
}

/* The elementary functions have forms of their own for float, made of parts of those for double. */
static bool find_function(const struct embedding *embedding, const char *name, struct block *block)
{
    block->verbatim =
        (embedding->single && find_in_file("runtime/elementary_single.c", name, block)) ||
        find_in_file("runtime/elementary.c", name, block);
    return block->verbatim || find_block(helpers, name, block) ||
           find_in_file("runtime/special.c", name, block) ||
           find_in_file("runtime/ratios.c", name, block) ||
           find_in_file("runtime/remainders.c", name, block) ||
           find_in_file("runtime/product.h", name, block) ||
           (embedding->blas && find_in_file("runtime/product_blas.c", name, block)) ||
           find_in_file("runtime/product.c", name, block) ||
           find_in_file("runtime/series.c", name, block);
}

static struct embedded_function *find_noted(struct embedding *embedding, const char *name)
{
    for (size_t i = 0; i < embedding->count; i++) {
        if (strcmp(embedding->functions[i].name, name) == 0) {
            return &embedding->functions[i];
        }
    }
    return NULL;
}

void embedding_call(struct embedding *embedding, const char *name, size_t length)
{
    const char *kept = arena_copy(embedding->arena, name, length);
    if (find_noted(embedding, kept) == NULL && !is_libm_function(name, length)) {
        struct embedded_function function = {kept, false};
        ARENA_PUSH(embedding->arena, embedding->functions, embedding->count, embedding->capacity,
                   function);
    }
}

/* The functions that a block uses come before it; the text is not changed but for `static inline`,
 * without which compilers leave calls in loops, and the type. The depth is that of the uses in the
 * runtime's files, a handful. */
static void append_function(struct embedding *embedding, struct text *text, const char *name)
{
    struct block block;
    struct embedded_function *function = find_noted(embedding, name);
    if ((function != NULL && function->appended) || !find_function(embedding, name, &block)) {
        return;
    }
    if (function == NULL) {
        embedding_call(embedding, name, strlen(name));
        function = find_noted(embedding, name);
    }
    function->appended = true;
    if (strncmp(block.uses, " uses ", 6) == 0) {
        for (const char *word = block.uses + 6; *word != '*'; word += strspn(word, " \n")) {
            size_t length = strcspn(word, " \n");
            append_function(embedding, text, arena_copy(embedding->arena, word, length));
            word += length;
        }
    }
    const char *comment_end = strstr(block.begin, "*/\n");
    const char *signature =
        comment_end != NULL && comment_end < block.end ? comment_end + 3 : block.begin;
    text_append_length(text, block.begin, (size_t)(signature - block.begin));
    bool by_lanes = strncmp(signature, "EACH_LANE ", 10) == 0;
    text_append(text, !block.function ? "" : by_lanes ? "static " : "static inline ");
    if (embedding->single && !block.verbatim) {
        text_append_float(text, signature, (size_t)(block.end - signature));
    } else {
        text_append_length(text, signature, (size_t)(block.end - signature));
    }
    text_append_char(text, '\n');
}

const char *embedding_text(struct embedding *embedding)
{
    struct text text = text_create(embedding->arena);
    for (size_t i = 0; i < embedding->count; i++) {
        embedding->functions[i].appended = false;
    }
    for (size_t i = 0; i < embedding->count; i++) {
        append_function(embedding, &text, embedding->functions[i].name);
    }
    return text.bytes;
}
