#include "emit/emit.h"

#include "base/file.h"
#include "cli/session.h"

#include <string.h>

static enum emit_what what_to_emit(const struct options *options)
{
    if (strcmp(options->emit, "lib") == 0) {
        return EMIT_LIB;
    }
    return strcmp(options->emit, "header") == 0 ? EMIT_HEADER : EMIT_MAIN;
}

char *session_emit(struct session *session, struct model *model, size_t *length)
{
    struct emit_options options = {.name = session->options->name,
                                   .single = strcmp(session->options->real, "float") == 0,
                                   .blas = session->options->blas,
                                   .what = what_to_emit(session->options),
                                   .model_path = model->source->name};
    return emit_model(model, &options, session->diagnostics, length);
}

/* A file name as make reads it. */
static void append_for_make(struct text *rule, const char *name)
{
    for (; *name != '\0'; name++) {
        const char *escape = *name == ' ' || *name == '#' ? "\\" : *name == '$' ? "$" : "";
        text_format(rule, "%s%c", escape, *name);
    }
}

/* `train.c: model.expr`, beside the output; standard input is no file for make. */
static int write_dependencies(struct session *session)
{
    const char *output = session->options->output, *input = session->options->input;
    size_t stem = strlen(output);
    if (stem > 2 && strcmp(output + stem - 2, ".c") == 0) {
        stem -= 2;
    }
    const char *path =
        arena_format(session->arena, "%s.d", arena_copy(session->arena, output, stem));
    const char *reason;
    struct text rule = text_create(session->arena);
    append_for_make(&rule, output);
    text_append(&rule, ":");
    if (strcmp(input, "-") != 0) {
        text_append(&rule, " ");
        append_for_make(&rule, input);
    }
    text_append(&rule, "\n");
    if (!file_write(session->arena, path, rule.bytes, rule.length, &reason)) {
        return session_failure("cannot write '%s': %s", path, reason);
    }
    return STATUS_DONE;
}

int command_emit(struct session *session)
{
    int status;
    const struct options *options = session->options;
    if (options->expression != NULL || options->rest_count > 0) {
        return session_usage("which model? (see symgrad --help)");
    }
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    if (options->output == NULL) {
        return session_usage("where should the C go? (-o train.c, or -o - for standard output)");
    }
    size_t length;
    char *text = session_emit(session, model, &length);
    if (text == NULL) {
        return session_report(session);
    }
    status = session_write(session, text, length);
    bool depends = options->depend && strcmp(options->output, "-") != 0;
    return status == STATUS_DONE && depends ? write_dependencies(session) : status;
}
