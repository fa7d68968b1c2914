#include "emit/names.h"

#include "base/table.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

struct c_names {
    struct arena *arena;
    struct names *interned;
    const char *prefix;  /* with its underscore */
    struct table *taken; /* identifier to how often it is taken */
    const char **stack;
    size_t count, capacity;
};

/* ---- Words with a meaning ---- */

static const char *const keywords[] = {
    "alignas",  "alignof",      "and",           "and_eq",       "asm",
    "auto",     "bitand",       "bitor",         "bool",         "break",
    "case",     "catch",        "char",          "char16_t",     "char32_t",
    "char8_t",  "class",        "compl",         "complex",      "concept",
    "const",    "const_cast",   "consteval",     "constexpr",    "constinit",
    "continue", "decltype",     "default",       "delete",       "do",
    "double",   "dynamic_cast", "else",          "enum",         "explicit",
    "export",   "extern",       "false",         "float",        "for",
    "fortran",  "friend",       "goto",          "if",           "imaginary",
    "inline",   "int",          "long",          "mutable",      "namespace",
    "near",     "far",          "new",           "noexcept",     "not",
    "not_eq",   "nullptr",      "operator",      "or",           "or_eq",
    "private",  "protected",    "public",        "register",     "reinterpret_cast",
    "requires", "restrict",     "return",        "short",        "signed",
    "sizeof",   "static",       "static_assert", "static_cast",  "struct",
    "switch",   "template",     "this",          "thread_local", "throw",
    "true",     "try",          "typedef",       "typeid",       "typename",
    "typeof",   "union",        "unsigned",      "using",        "virtual",
    "void",     "volatile",     "wchar_t",       "while",        "xor",
    "xor_eq"};

/* Macros, types and functions of the headers that an emitted file includes. */
static const char *const library[] = {"BUFSIZ",      "EIO",
                                      "EOF",         "FILE",
                                      "I",           "INFINITY",
                                      "NAN",         "NULL",
                                      "abort",       "abs",
                                      "acos",        "acosh",
                                      "asin",        "asinh",
                                      "assert",      "atan",
                                      "atan2",       "atanh",
                                      "atexit",      "calloc",
                                      "cbrt",        "ceil",
                                      "clock",       "copysign",
                                      "cos",         "cosh",
                                      "environ",     "erf",
                                      "erfc",        "errno",
                                      "exit",        "exp",
                                      "exp2",        "expm1",
                                      "fabs",        "fdim",
                                      "float_t",     "double_t",
                                      "floor",       "fma",
                                      "fmax",        "fmin",
                                      "fmod",        "fpclassify",
                                      "fprintf",     "free",
                                      "frexp",       "getenv",
                                      "gnu_printf",  "hypot",
                                      "i386",        "ilogb",
                                      "int16_t",     "int32_t",
                                      "int64_t",     "int8_t",
                                      "intmax_t",    "intptr_t",
                                      "isalnum",     "isalpha",
                                      "isdigit",     "isfinite",
                                      "isgreater",   "isinf",
                                      "isless",      "isnan",
                                      "isnormal",    "isspace",
                                      "isunordered", "labs",
                                      "ldexp",       "lgamma",
                                      "linux",       "llabs",
                                      "llrint",      "llround",
                                      "log",         "log10",
                                      "log1p",       "log2",
                                      "logb",        "lrint",
                                      "lround",      "main",
                                      "malloc",      "math_errhandling",
                                      "memcpy",      "memmove",
                                      "memset",      "modf",
                                      "nan",         "nearbyint",
                                      "nextafter",   "nexttoward",
                                      "off_t",       "offsetof",
                                      "pid_t",       "pow",
                                      "printf",      "ptrdiff_t",
                                      "qsort",       "rand",
                                      "realloc",     "remainder",
                                      "remquo",      "rint",
                                      "round",       "scalbln",
                                      "scalbn",      "signbit",
                                      "signgam",     "sin",
                                      "sinh",        "size_t",
                                      "sqrt",        "srand",
                                      "ssize_t",     "stderr",
                                      "stdin",       "stdout",
                                      "strlen",      "tan",
                                      "tanh",        "tgamma",
                                      "time_t",      "trunc",
                                      "uint16_t",    "uint32_t",
                                      "uint64_t",    "uint8_t",
                                      "uintmax_t",   "uintptr_t",
                                      "unix",        "va_arg",
                                      "va_end",      "va_list",
                                      "va_start"};

/* Names that emitted functions use themselves, and the functions embedded in an emitted file. */
static const char *const own[] = {"acot",
                                  "acoth",
                                  "acsc",
                                  "acsch",
                                  "asec",
                                  "asech",
                                  "asinpi",
                                  "at",
                                  "cot",
                                  "coth",
                                  "csc",
                                  "csch",
                                  "cube",
                                  "data",
                                  "digamma",
                                  "direction",
                                  "factorial_over_power",
                                  "fields",
                                  "flat",
                                  "floor_quotient",
                                  "floor_remainder",
                                  "gauss",
                                  "gelu",
                                  "gradient",
                                  "hurwitz_sum",
                                  "larger",
                                  "maximum",
                                  "minimum",
                                  "modulo",
                                  "normal_cdf",
                                  "normal_density",
                                  "object",
                                  "outputs",
                                  "params",
                                  "polygamma",
                                  "random",
                                  "random_normal",
                                  "random_seed",
                                  "random_uniform",
                                  "rate",
                                  "ratio0",
                                  "real",
                                  "relu",
                                  "results",
                                  "rows",
                                  "sec",
                                  "sech",
                                  "seed",
                                  "sigmoid",
                                  "sign",
                                  "silu",
                                  "size_product",
                                  "size_sum",
                                  "smaller",
                                  "softplus",
                                  "square",
                                  "state",
                                  "step",
                                  "storage",
                                  "trigamma",
                                  "values",
                                  "work",
                                  "xlog1py",
                                  "xlogy"};

/* All capitals and one of these beginnings: a macro, in one header or another. */
static const char *const macro_beginnings[] = {
    "BUS_",  "CHAR_",   "CLD_",   "CLOCK",  "DBL_",   "EXIT_", "FLT_",   "FOPEN",    "FPE_",
    "FP_",   "F_",      "HUGE_",  "ILL_",   "INT",    "LDBL_", "LLONG_", "LONG_",    "L_",
    "MATH_", "M_",      "OMP_",   "O_",     "POLL_",  "POSIX", "PRI",    "PTRDIFF_", "RAND_",
    "R_OK",  "SA_",     "SCHAR_", "SCN",    "SEEK_",  "SEGV_", "SHRT_",  "SIG",      "SIZE_",
    "SI_",   "STDERR",  "STDIN",  "STDOUT", "S_I",    "S_T",   "TMP_",   "TRAINER_", "UCHAR_",
    "UINT",  "ULLONG_", "ULONG_", "USHRT_", "WCHAR_", "WINT_", "W_OK",   "X_OK"};

/* File-level names of the runtime begin with these; a model so called gets another prefix. */
static const char *const runtime_prefixes[] = {
    "batches",  "check",  "document", "failure", "factorial", "floor",    "hurwitz",
    "inputs",   "memory", "normal",   "objects", "options",   "platform", "predict",
    "progress", "random", "save",     "session", "size",      "table",    "trainer"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_macro_like(const char *name)
{
    size_t length = strlen(name);
    if (length < 3 || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != length) {
        return false;
    }
    if (name[0] == 'E' && length > 3 && strchr(name, '_') == NULL) {
        return true; /* EDOM and the like */
    }
    for (size_t i = 0; i < COUNT(macro_beginnings); i++) {
        if (strncmp(name, macro_beginnings[i], strlen(macro_beginnings[i])) == 0) {
            return true;
        }
    }
    return strcmp(name + length - 4 + (length < 4), "_MAX") == 0 ||
           strcmp(name + length - 4 + (length < 4), "_MIN") == 0;
}

/* A libm function of float, such as expf. */
static bool is_float_variant(const char *name)
{
    size_t length = strlen(name);
    char stem[16];
    if (length < 4 || length > sizeof stem ||
        (name[length - 1] != 'f' && name[length - 1] != 'l')) {
        return false;
    }
    memcpy(stem, name, length - 1);
    stem[length - 1] = '\0';
    return is_among(stem, library, COUNT(library));
}

bool c_is_reserved(const char *identifier)
{
    return identifier[0] == '_' || is_among(identifier, keywords, COUNT(keywords)) ||
           is_among(identifier, library, COUNT(library)) || is_among(identifier, own, COUNT(own)) ||
           is_macro_like(identifier) || is_float_variant(identifier);
}

/* ---- Spelling ---- */

static const char *const greek[] = {
    "alpha", "beta",   "gamma",   "delta", "epsilon", "zeta",    "eta",  "theta", "iota",
    "kappa", "lambda", "mu",      "nu",    "xi",      "omicron", "pi",   "rho",   "sigma",
    "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",     "omega"};

/* Reads one character of UTF-8; a byte that is not part of one stands for itself. */
static unsigned long read_character(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    int more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : bytes[0] >= 0xc0 ? 1 : 0;
    unsigned long character = more == 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    int read = 1;
    while (read <= more && (bytes[read] & 0xc0) == 0x80) {
        character = character << 6 | (bytes[read++] & 0x3fu);
    }
    if (read <= more) {
        character = bytes[0];
        read = 1;
    }
    *text += read;
    return character;
}

static void append_character(struct text *text, unsigned long character)
{
    if (character < 128 && (isalnum((int)character) || character == '_')) {
        /* Two underscores in a row belong to C++. */
        if (character == '_' && text->length > 0 && text->bytes[text->length - 1] == '_') {
            return;
        }
        text_append_char(text, (char)character);
    } else if (character >= 0x3b1 && character <= 0x3c9) {
        text_append(text, greek[character - 0x3b1]);
    } else if (character >= 0x391 && character <= 0x3a9) {
        const char *name = greek[character - 0x391];
        text_append_char(text, (char)toupper((unsigned char)name[0]));
        text_append(text, name + 1);
    } else if (character < 128) {
        text_append_char(text, '_');
    } else {
        text_format(text, "u%lx", character);
    }
}

static const char *spell(struct arena *arena, const char *name)
{
    struct text text = text_create(arena);
    while (*name != '\0') {
        append_character(&text, read_character(&name));
    }
    if (text.length == 0) {
        text_append(&text, "x");
    }
    if (!isalpha((unsigned char)text.bytes[0])) {
        const char *rest = text.bytes[0] == '_' ? text.bytes + 1 : text.bytes;
        return arena_format(arena, "x_%s", rest);
    }
    return text.bytes;
}

const char *c_prefix(struct arena *arena, const char *name)
{
    const char *prefix = spell(arena, name);
    size_t length = strlen(prefix);
    while (length > 1 && prefix[length - 1] == '_') {
        length--;
    }
    prefix = arena_copy(arena, prefix, length);
    if (is_among(prefix, runtime_prefixes, COUNT(runtime_prefixes)) || is_macro_like(prefix)) {
        return arena_format(arena, "%s_model", prefix);
    }
    return prefix;
}

/* ---- Scopes ---- */

struct c_names *c_names_create(struct arena *arena, const char *prefix)
{
    struct c_names *names = ARENA_NEW(arena, struct c_names);
    names->arena = arena;
    names->interned = names_create(arena);
    names->prefix = arena_format(arena, "%s_", prefix);
    names->taken = table_create(arena);
    return names;
}

static bool is_taken(const struct c_names *names, const char *identifier)
{
    return table_find(names->taken, identifier) != NULL;
}

static bool is_usable(const struct c_names *names, const char *identifier)
{
    return !is_taken(names, identifier) && !c_is_reserved(identifier) &&
           strncmp(identifier, names->prefix, strlen(names->prefix)) != 0;
}

const char *c_names_take(struct c_names *names, const char *name)
{
    const char *stem = spell(names->arena, name);
    if (strncmp(stem, names->prefix, strlen(names->prefix)) == 0) {
        stem = arena_format(names->arena, "own_%s", stem);
    }
    const char *identifier = names_intern_text(names->interned, stem);
    for (unsigned suffix = 2; !is_usable(names, identifier); suffix++) {
        identifier =
            names_intern_text(names->interned, arena_format(names->arena, "%s_%u", stem, suffix));
    }
    table_store(names->taken, identifier, names);
    ARENA_PUSH(names->arena, names->stack, names->count, names->capacity, identifier);
    return identifier;
}

const char *c_names_take_index(struct c_names *names)
{
    static const char *const letters[] = {"i", "j", "k", "l", "m", "p", "q", "r"};
    for (size_t i = 0; i < COUNT(letters); i++) {
        if (is_usable(names, names_intern_text(names->interned, letters[i]))) {
            return c_names_take(names, letters[i]);
        }
    }
    return c_names_take(names, "i");
}

size_t c_names_mark(const struct c_names *names)
{
    return names->count;
}

void c_names_release(struct c_names *names, size_t mark)
{
    while (names->count > mark) {
        table_store(names->taken, names->stack[--names->count], NULL);
    }
}
