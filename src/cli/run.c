#include "cli/compile.h"

static int run_trainer(struct session *session, const char *program)
{
    const struct options *options = session->options;
    size_t count = (size_t)options->rest_count;
    const char **arguments = ARENA_ARRAY(session->arena, const char *, count + 2);
    arguments[0] = program;
    for (size_t i = 0; i < count; i++) {
        arguments[i + 1] = options->rest[i];
    }
    int status = run_program(session, arguments);
    return status < 0 ? STATUS_SYSTEM : status;
}

int command_run(struct session *session)
{
    int status;
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    size_t length;
    char *text = session_emit(session, model, &length);
    if (text == NULL) {
        return session_report(session);
    }
    const char *directory = scratch_create(session);
    if (directory == NULL) {
        return STATUS_SYSTEM;
    }
    const char *program = compile_c(session, directory, "model", text, length, COMPILE_TO_RUN);
    status = program == NULL ? STATUS_SYSTEM : run_trainer(session, program);
    scratch_remove(session, directory);
    return status;
}
