#include "cli/compile.h"

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
    const char *const none[] = {NULL};
    const char *program = compile_c(session, directory, "model", text, length, COMPILE_TO_RUN);
    status = program == NULL ? STATUS_SYSTEM : run_trainer(session, program, none);
    scratch_remove(session, directory);
    return status;
}
