#include "cli/session.h"

#include <string.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#else
#define PACKAGE_VERSION "0"
#endif

struct command {
    const char *name;
    int (*run)(struct session *session);
};

static const struct command commands[] = {
    {"emit", command_emit}, {"run", command_run},     {"diff", command_diff},
    {"eval", command_eval}, {"check", command_check}, {"show", command_show},
};

static int dispatch(struct session *session)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, session->options->command) == 0) {
            return commands[i].run(session);
        }
    }
    return STATUS_USAGE;
}

static int run(struct arena *arena, int argument_count, char **arguments)
{
    struct options options;
    if (!options_read(arena, argument_count, arguments, &options)) {
        return STATUS_USAGE;
    }
    struct session session = {arena, &options, diagnostics_create(arena)};
    if (options.help || options.version) {
        const char *text = options.help ? options_help : "symgrad " PACKAGE_VERSION "\n";
        options.output = NULL;
        return session_write(&session, text, strlen(text));
    }
    return dispatch(&session);
}

int main(int argument_count, char **arguments)
{
    struct arena *arena = arena_create(NULL);
    if (arena == NULL || setjmp(*arena_escape(arena)) != 0) {
        arena_destroy(arena);
        fputs("symgrad: out of memory\n", stderr);
        return STATUS_SYSTEM;
    }
    int status = run(arena, argument_count, arguments);
    arena_destroy(arena);
    return status;
}
