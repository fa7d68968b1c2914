#include "cli/options.h"

#include "base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "symgrad - a model file becomes a program that trains it\n"
    "\n"
    "  symgrad MODEL.expr -o TRAIN.c      emit one standalone C file\n"
    "  symgrad run MODEL.expr [-- ARGS]   emit, compile with $CC $CFLAGS, run with ARGS\n"
    "  symgrad diff MODEL.expr            print the gradient as a program in the language\n"
    "  symgrad diff -e EXPR               differentiate one expression [--order N]\n"
    "  symgrad eval -e EXPR --at x=2,y=3  its value [--grad] [--hess] [--jit]\n"
    "  symgrad check MODEL.expr           every derivative against a numeric one,\n"
    "                                     the emitted C against the interpreter\n"
    "  symgrad check --numeric MODEL.expr [-- ARGS]\n"
    "                                     which formulas lose digits on the data\n"
    "  symgrad show MODEL.expr --stage ast|shapes|grad|loops|cost\n"
    "\n"
    "  -o FILE            where the output goes; - is standard output\n"
    "  --real TYPE        double (default) or float\n"
    "  --emit KIND        main (default), lib or header\n"
    "  --blas             call BLAS and LAPACK: -llapack -lblas links\n"
    "  --name NAME        prefix of all that the C file defines\n"
    "  --wrt x,y          differentiate by these\n"
    "  --format FORMAT    text (default), latex, c or dot\n"
    "  -MD                also write the dependencies, for make\n"
    "  -Werror            take warnings as errors\n"
    "  --color WHEN       auto, always or never\n"
    "  -v                 say what is done\n"
    "  --version, --help\n"
    "\n"
    "Exit status: 0 done; 1 the model has an error or a check failed; 2 usage; 3 the system "
    "failed.\n";

static const char *const commands[] = {"run", "diff", "eval", "check", "show"};

/* An option that takes a word, and where the word goes. */
struct word_option {
    const char *spelling;
    size_t offset;
    const char *const *choices; /* NULL-terminated; NULL: anything */
};

static const char *const formats[] = {"text", "latex", "c", "dot", NULL};
static const char *const reals[] = {"double", "float", NULL};
static const char *const emits[] = {"main", "lib", "header", NULL};
static const char *const stages[] = {"ast", "shapes", "grad", "loops", "cost", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

static const struct word_option word_options[] = {
    {"-o", offsetof(struct options, output), NULL},
    {"-e", offsetof(struct options, expression), NULL},
    {"--at", offsetof(struct options, at), NULL},
    {"--wrt", offsetof(struct options, wrt), NULL},
    {"--format", offsetof(struct options, format), formats},
    {"--stage", offsetof(struct options, stage), stages},
    {"--name", offsetof(struct options, name), NULL},
    {"--real", offsetof(struct options, real), reals},
    {"--emit", offsetof(struct options, emit), emits},
    {"--color", offsetof(struct options, color), colors},
};

struct flag_option {
    const char *spelling;
    size_t offset;
};

static const struct flag_option flag_options[] = {
    {"--grad", offsetof(struct options, gradient)},
    {"--hess", offsetof(struct options, hessian)},
    {"--jit", offsetof(struct options, jit)},
    {"-v", offsetof(struct options, verbose)},
    {"--help", offsetof(struct options, help)},
    {"-h", offsetof(struct options, help)},
    {"--version", offsetof(struct options, version)},
    {"--blas", offsetof(struct options, blas)},
    {"--numeric", offsetof(struct options, numeric)},
    {"-MD", offsetof(struct options, depend)},
    {"-Werror", offsetof(struct options, warnings_are_errors)},
};

struct arguments {
    struct arena *arena;
    char **items;
    int count, next;
    struct options *options;
};

static bool complain(const char *what, const char *argument)
{
    fprintf(stderr, "symgrad: %s '%s' (see symgrad --help)\n", what, argument);
    return false;
}

static bool is_choice(const char *const *choices, const char *value)
{
    for (; *choices != NULL; choices++) {
        if (strcmp(*choices, value) == 0) {
            return true;
        }
    }
    return false;
}

/* The value of a long option may follow as --at=x=2 or as the next argument. */
static bool read_value(struct arguments *arguments, const char *argument, const char *spelling,
                       const char **value)
{
    size_t length = strlen(spelling);
    if (argument[length] == '=') {
        *value = argument + length + 1;
        return true;
    }
    if (arguments->next == arguments->count) {
        return complain("a value must follow", spelling);
    }
    *value = arguments->items[arguments->next++];
    return true;
}

static bool spelt(const char *argument, const char *spelling)
{
    size_t length = strlen(spelling);
    return strncmp(argument, spelling, length) == 0 &&
           (argument[length] == '\0' || (spelling[1] == '-' && argument[length] == '='));
}

static bool read_order(struct arguments *arguments, const char *argument)
{
    const char *value;
    double order;
    if (!read_value(arguments, argument, "--order", &value)) {
        return false;
    }
    if (!number_read(value, strlen(value), &order) || !(order >= 0 && order <= 100) ||
        order != (double)(long)order) {
        return complain("--order takes a whole number, not", value);
    }
    arguments->options->order = (long)order;
    return true;
}

static bool read_option(struct arguments *arguments, const char *argument)
{
    for (size_t i = 0; i < sizeof word_options / sizeof word_options[0]; i++) {
        const struct word_option *option = &word_options[i];
        const char **field = (const char **)((char *)arguments->options + option->offset);
        if (!spelt(argument, option->spelling)) {
            continue;
        }
        if (!read_value(arguments, argument, option->spelling, field)) {
            return false;
        }
        return option->choices == NULL || is_choice(option->choices, *field) ||
               complain(arena_format(arguments->arena, "option %s does not take", option->spelling),
                        *field);
    }
    for (size_t i = 0; i < sizeof flag_options / sizeof flag_options[0]; i++) {
        if (strcmp(argument, flag_options[i].spelling) == 0) {
            *(bool *)((char *)arguments->options + flag_options[i].offset) = true;
            return true;
        }
    }
    if (spelt(argument, "--order")) {
        return read_order(arguments, argument);
    }
    return complain("unknown option", argument);
}

static bool is_command(const char *argument)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i], argument) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_argument(struct arguments *arguments, const char *argument)
{
    struct options *options = arguments->options;
    if (argument[0] == '-' && argument[1] != '\0') {
        return read_option(arguments, argument);
    }
    if (options->input != NULL) {
        return complain("one model at a time: unexpected argument", argument);
    }
    options->input = argument;
    return true;
}

bool options_read(struct arena *arena, int argument_count, char **items, struct options *options)
{
    *options = (struct options){.command = "emit",
                                .format = "text",
                                .real = "double",
                                .emit = "main",
                                .color = "auto",
                                .order = 1};
    struct arguments arguments = {arena, items, argument_count, 1, options};
    if (argument_count > 1 && is_command(items[1])) {
        options->command = items[1];
        arguments.next = 2;
    }
    while (arguments.next < arguments.count) {
        const char *argument = items[arguments.next++];
        if (strcmp(argument, "--") == 0) {
            options->rest = items + arguments.next;
            options->rest_count = argument_count - arguments.next;
            break;
        }
        if (!read_argument(&arguments, argument)) {
            return false;
        }
    }
    return true;
}
