#include "emit/reserved.h"

#include <string.h>

/* C, and C++ up to now. */
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

/* Types and functions of the headers that an emitted file includes. */
static const char *const library[] = {
    "abort",       "abs",        "acos",      "acosh",     "asin",       "asinh",
    "assert",      "atan",       "atan2",     "atanh",     "atexit",     "calloc",
    "cbrt",        "ceil",       "clock",     "copysign",  "cos",        "cosh",
    "double_t",    "environ",    "erf",       "erfc",      "errno",      "exit",
    "exp",         "exp2",       "expm1",     "fabs",      "fdim",       "float_t",
    "floor",       "fma",        "fmax",      "fmin",      "fmod",       "fpclassify",
    "fprintf",     "free",       "frexp",     "getenv",    "gnu_printf", "hypot",
    "i386",        "ilogb",      "int16_t",   "int32_t",   "int64_t",    "int8_t",
    "intmax_t",    "intptr_t",   "isalnum",   "isalpha",   "isdigit",    "isfinite",
    "isgreater",   "isinf",      "isless",    "isnan",     "isnormal",   "isspace",
    "isunordered", "labs",       "ldexp",     "lgamma",    "linux",      "llabs",
    "llrint",      "llround",    "log",       "log10",     "log1p",      "log2",
    "logb",        "lrint",      "lround",    "main",      "malloc",     "math_errhandling",
    "memcpy",      "memmove",    "memset",    "modf",      "nan",        "nearbyint",
    "nextafter",   "nexttoward", "off_t",     "offsetof",  "pid_t",      "pow",
    "printf",      "ptrdiff_t",  "qsort",     "rand",      "realloc",    "remainder",
    "remquo",      "rint",       "round",     "scalbln",   "scalbn",     "signbit",
    "signgam",     "sin",        "sinh",      "size_t",    "sqrt",       "srand",
    "ssize_t",     "stderr",     "stdin",     "stdout",    "strlen",     "tan",
    "tanh",        "tgamma",     "time_t",    "trunc",     "uint16_t",   "uint32_t",
    "uint64_t",    "uint8_t",    "uintmax_t", "uintptr_t", "unix",       "va_arg",
    "va_end",      "va_list",    "va_start"};

/* Macros of these headers. */
static const char *const macros[] = {
    "BUFSIZ",     "E2BIG",        "EACCES",       "EADDRINUSE",  "EADDRNOTAVAIL", "EAFNOSUPPORT",
    "EAGAIN",     "EALREADY",     "EBADF",        "EBADMSG",     "EBUSY",         "ECANCELED",
    "ECHILD",     "ECONNABORTED", "ECONNREFUSED", "ECONNRESET",  "EDEADLK",       "EDESTADDRREQ",
    "EDOM",       "EDQUOT",       "EEXIST",       "EFAULT",      "EFBIG",         "EHOSTUNREACH",
    "EIDRM",      "EILSEQ",       "EINPROGRESS",  "EINTR",       "EINVAL",        "EIO",
    "EISCONN",    "EISDIR",       "ELOOP",        "EMFILE",      "EMLINK",        "EMSGSIZE",
    "EMULTIHOP",  "ENAMETOOLONG", "ENETDOWN",     "ENETRESET",   "ENETUNREACH",   "ENFILE",
    "ENOBUFS",    "ENODATA",      "ENODEV",       "ENOENT",      "ENOEXEC",       "ENOLCK",
    "ENOLINK",    "ENOMEM",       "ENOMSG",       "ENOPROTOOPT", "ENOSPC",        "ENOSR",
    "ENOSTR",     "ENOSYS",       "ENOTCONN",     "ENOTDIR",     "ENOTEMPTY",     "ENOTRECOVERABLE",
    "ENOTSOCK",   "ENOTSUP",      "ENOTTY",       "ENXIO",       "EOF",           "EOPNOTSUPP",
    "EOVERFLOW",  "EOWNERDEAD",   "EPERM",        "EPIPE",       "EPROTO",        "EPROTONOSUPPORT",
    "EPROTOTYPE", "ERANGE",       "EROFS",        "ESPIPE",      "ESRCH",         "ESTALE",
    "ETIME",      "ETIMEDOUT",    "ETXTBSY",      "EWOULDBLOCK", "EXDEV",         "FILE",
    "F_LOCK",     "F_OK",         "F_TEST",       "F_TLOCK",     "F_ULOCK",       "I",
    "INFINITY",   "NAN",          "NULL",         "R_OK",        "SIGABRT",       "SIGALRM",
    "SIGBUS",     "SIGCHLD",      "SIGCONT",      "SIGFPE",      "SIGHUP",        "SIGILL",
    "SIGINT",     "SIGKILL",      "SIGPIPE",      "SIGPOLL",     "SIGPROF",       "SIGQUIT",
    "SIGSEGV",    "SIGSTOP",      "SIGSYS",       "SIGTERM",     "SIGTRAP",       "SIGTSTP",
    "SIGTTIN",    "SIGTTOU",      "SIGURG",       "SIGUSR1",     "SIGUSR2",       "SIGVTALRM",
    "SIGXCPU",    "SIGXFSZ",      "W_OK",         "X_OK"};

/* Names that emitted functions use themselves, and the functions embedded in an emitted file. */
static const char *const own[] = {"ALWAYS_INLINE",
                                  "EACH_LANE",
                                  "INDEPENDENT",
                                  "acot",
                                  "acoth",
                                  "acsc",
                                  "acsch",
                                  "anchor",
                                  "asec",
                                  "asech",
                                  "asinc",
                                  "asinc_derivative",
                                  "asinpi",
                                  "at",
                                  "atanc",
                                  "atanc_derivative",
                                  "atanhc",
                                  "atanhc_derivative",
                                  "binary_exponent",
                                  "binary_exponential",
                                  "binary_logarithm",
                                  "binary_mantissa",
                                  "bits_of",
                                  "chosen",
                                  "chunk_place",
                                  "complement_fit",
                                  "complement_series",
                                  "complement_tail",
                                  "compound",
                                  "compoundm1",
                                  "cosine",
                                  "cosine_rest",
                                  "cosine_start",
                                  "cot",
                                  "coth",
                                  "cotpi",
                                  "csc",
                                  "csch",
                                  "cube",
                                  "cube_root",
                                  "data",
                                  "decimal_logarithm",
                                  "digamma",
                                  "direction",
                                  "division_rest",
                                  "erf_mass",
                                  "error_complement",
                                  "error_function",
                                  "error_rest",
                                  "even_exponential",
                                  "exp0",
                                  "exp_remainder",
                                  "expm1c",
                                  "expm1c_derivative",
                                  "exponential",
                                  "exponential_minus_one",
                                  "exponential_rest",
                                  "exponential_product",
                                  "factorial_over_power",
                                  "fields",
                                  "flat",
                                  "floor_quotient",
                                  "floor_remainder",
                                  "from_bits",
                                  "gauss",
                                  "gelu",
                                  "given",
                                  "gradient",
                                  "hazard_rest",
                                  "hurwitz_sum",
                                  "hyperbolic_cosine",
                                  "hyperbolic_sine",
                                  "hyperbolic_tangent",
                                  "larger",
                                  "less_quarter_turns",
                                  "log1p_remainder",
                                  "log1pc",
                                  "log1pc_derivative",
                                  "log_cosh",
                                  "log_erfc",
                                  "log_normal_cdf",
                                  "log_sinh",
                                  "logarithm",
                                  "logarithm_limits",
                                  "logarithm_one_plus",
                                  "logarithm_series",
                                  "logarithm_sum",
                                  "logarithm_to_base",
                                  "maximum",
                                  "minimum",
                                  "moderate_sine",
                                  "modulo",
                                  "nearest",
                                  "normal_cdf",
                                  "normal_density",
                                  "normal_excess",
                                  "normal_hazard",
                                  "normal_mass",
                                  "object",
                                  "odd_exponential",
                                  "outputs",
                                  "params",
                                  "polygamma",
                                  "power_of_two",
                                  "powm1",
                                  "quarter_turns",
                                  "product_add",
                                  "product_dot",
                                  "product_lanes",
                                  "product_load",
                                  "product_set",
                                  "product_sum",
                                  "product_vector",
                                  "random",
                                  "random_normal",
                                  "random_seed",
                                  "random_uniform",
                                  "rate",
                                  "ratio0",
                                  "ratio_of_turns",
                                  "ratio_series",
                                  "real",
                                  "records",
                                  "relu",
                                  "remainder_step",
                                  "remainder_sum",
                                  "repaired_cosine",
                                  "repaired_sine",
                                  "repaired_tangent",
                                  "results",
                                  "rows",
                                  "scaled",
                                  "scaled_complement",
                                  "sec",
                                  "sech",
                                  "seed",
                                  "short_angle",
                                  "short_cosine",
                                  "short_even",
                                  "short_exponential",
                                  "short_logarithm",
                                  "short_odd",
                                  "short_sine",
                                  "sigmoid",
                                  "sign",
                                  "series_largest",
                                  "series_smallest",
                                  "silu",
                                  "sin_remainder",
                                  "sinc",
                                  "sinc_derivative",
                                  "sinc_slope",
                                  "sine",
                                  "sine_rest",
                                  "sinh_remainder",
                                  "sinhc",
                                  "sinhc_derivative",
                                  "size_product",
                                  "size_sum",
                                  "small_power",
                                  "smaller",
                                  "softplus",
                                  "softsign",
                                  "sqrt1pm1",
                                  "square",
                                  "square_rest",
                                  "state",
                                  "step",
                                  "storage",
                                  "strip_length",
                                  "strip_load",
                                  "strip_store",
                                  "strip_sum",
                                  "strip_vectors",
                                  "tangent",
                                  "tanhc",
                                  "tanhc_derivative",
                                  "tanhc_series",
                                  "times0",
                                  "trigamma",
                                  "uniform_at",
                                  "upper_half",
                                  "values",
                                  "whole_bits",
                                  "wide_exponential",
                                  "wide_logarithm_one_plus",
                                  "within",
                                  "work",
                                  "xlog1py",
                                  "xlogy"};

/* All capitals and one of these beginnings: a macro, in one header or another. */
static const char *const macro_beginnings[] = {
    "BUS_",     "CHAR_",    "CLD_",     "CLOCKS_", "CLOCK_",   "DBL_",    "EXIT_",   "FLT_",
    "FOPEN_",   "FPE_",     "FP_",      "HUGE_",   "ILL_",     "INT16_",  "INT32_",  "INT64_",
    "INT8_",    "INTMAX_",  "INTPTR_",  "INT_",    "LDBL_",    "LLONG_",  "LONG_",   "MATH_",
    "M_",       "POLL_",    "POSIX_",   "PRIX",    "PTRDIFF_", "RAND_",   "SA_",     "SCHAR_",
    "SEEK_",    "SEGV_",    "SHRT_",    "SIG_",    "SIZE_",    "SI_",     "STDERR_", "STDIN_",
    "STDOUT_",  "TMP_",     "TRAINER_", "UCHAR_",  "UINT16_",  "UINT32_", "UINT64_", "UINT8_",
    "UINTMAX_", "UINTPTR_", "UINT_",    "ULLONG_", "ULONG_",   "USHRT_",  "WCHAR_",  "WINT_"};

static const char *const runtime_prefixes[] = {
    "array",      "average",  "batches", "bounds",   "cg",      "check",     "checkpoint",
    "covariance", "decimal",  "descent", "document", "examine", "factorial", "failure",
    "floor",      "hurwitz",  "inflate", "inputs",   "lbfgs",   "linear",    "lm",
    "memory",     "newton",   "normal",  "numbers",  "objects", "options",   "patience",
    "plateau",    "platform", "plot",    "predict",  "product", "progress",  "random",
    "records",    "save",     "session", "size",     "solver",  "solving",   "source",
    "statistics", "store",    "table",   "trainer",  "vector",  "wolfe"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define IS_AMONG(name, list) is_among((name), (list), COUNT(list))

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool c_is_macro_like(const char *identifier)
{
    size_t length = strlen(identifier);
    if (strspn(identifier, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != length) {
        return false;
    }
    for (size_t i = 0; i < COUNT(macro_beginnings); i++) {
        if (strncmp(identifier, macro_beginnings[i], strlen(macro_beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* A function of libm for float or long double, such as expf. */
static bool is_variant(const char *name)
{
    size_t length = strlen(name);
    char stem[16];
    if (length < 4 || length > sizeof stem || strchr("fl", name[length - 1]) == NULL) {
        return false;
    }
    memcpy(stem, name, length - 1);
    stem[length - 1] = '\0';
    return IS_AMONG(stem, library);
}

bool c_is_reserved(const char *identifier)
{
    return identifier[0] == '_' || IS_AMONG(identifier, keywords) ||
           IS_AMONG(identifier, library) || IS_AMONG(identifier, macros) ||
           IS_AMONG(identifier, own) || c_is_macro_like(identifier) || is_variant(identifier);
}

bool c_is_runtime_prefix(const char *prefix)
{
    return IS_AMONG(prefix, runtime_prefixes);
}
