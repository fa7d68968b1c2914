#include "cli/session.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int message(int status, const char *format, va_list arguments)
{
    fputs("symgrad: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    return status;
}

int session_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = message(STATUS_USAGE, format, arguments);
    va_end(arguments);
    return status;
}

int session_failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = message(STATUS_SYSTEM, format, arguments);
    va_end(arguments);
    return status;
}

static bool wants_color(const struct options *options)
{
    if (strcmp(options->color, "auto") != 0) {
        return strcmp(options->color, "always") == 0;
    }
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

int session_report(struct session *session)
{
    struct diagnostics *diagnostics = session->diagnostics;
    diagnostics_print(diagnostics, stderr, wants_color(session->options));
    diagnostics_forget(diagnostics); /* so that each is told once */
    bool failed = diagnostics->errors > 0 ||
                  (session->options->warnings_are_errors && diagnostics->warnings > 0);
    return failed ? STATUS_FAILED : STATUS_DONE;
}

struct model *session_model(struct session *session, int *status)
{
    const char *path = session->options->input;
    if (path == NULL) {
        *status = session_usage("which model? (see symgrad --help)");
        return NULL;
    }
    struct source *source = ARENA_NEW(session->arena, struct source);
    const char *reason;
    source->name = strcmp(path, "-") == 0 ? "stdin" : path;
    source->text = file_read(session->arena, path, &source->length, &reason);
    if (source->text == NULL) {
        struct text escaped = text_create(session->arena);
        text_append_shown(&escaped, path);
        *status = session_failure("cannot read '%s': %s", escaped.bytes, reason);
        return NULL;
    }
    const char *name = session->options->name;
    struct model *model = model_read(session->arena, source,
                                     name != NULL ? name : path_stem(session->arena, source->name),
                                     session->diagnostics);
    *status = session_report(session);
    return *status == STATUS_DONE ? model : NULL;
}

struct scalar_model *session_expression(struct session *session, int *status)
{
    struct source *source = ARENA_NEW(session->arena, struct source);
    source->name = "expression";
    source->text = session->options->expression;
    source->length = strlen(source->text);
    struct scalar_model *scalar = scalar_model_read(session->arena, source, session->diagnostics);
    *status = session_report(session);
    return *status == STATUS_DONE ? scalar : NULL;
}

int session_write(struct session *session, const char *bytes, size_t length)
{
    const char *path = session->options->output == NULL ? "-" : session->options->output;
    const char *reason;
    if (!file_write(session->arena, path, bytes, length, &reason)) {
        struct text escaped = text_create(session->arena);
        text_append_shown(&escaped, path);
        return session_failure("cannot write '%s': %s", escaped.bytes, reason);
    }
    return STATUS_DONE;
}

const char **session_wrt(struct session *session, struct names *names, size_t *count)
{
    const char **items = NULL;
    size_t capacity = 0;
    *count = 0;
    for (const char *word = session->options->wrt; word != NULL && *word != '\0';) {
        size_t length = strcspn(word, ",");
        ARENA_PUSH(session->arena, items, *count, capacity, names_intern(names, word, length));
        word += length + (word[length] == ',');
    }
    return items;
}
