/* What every subcommand begins and ends with: the source, the diagnostics, the output. */
#ifndef SYMGRAD_CLI_SESSION_H
#define SYMGRAD_CLI_SESSION_H

#include "base/diagnostics.h"
#include "base/text.h"
#include "cli/options.h"
#include "model/model.h"

struct session {
    struct arena *arena;
    const struct options *options;
    struct diagnostics *diagnostics;
};

/* Subcommands: each returns the exit status. */
int command_emit(struct session *session);
int command_run(struct session *session);
int command_diff(struct session *session);
int command_eval(struct session *session);
int command_check(struct session *session);
int command_show(struct session *session);

/* Reads and understands the model that the options name; NULL after messages, *status set. */
struct model *session_model(struct session *session, int *status);
/* The same for the expression behind -e. */
struct scalar_model *session_expression(struct session *session, int *status);

/* The C file as the options ask for it; NULL after an error that is in the diagnostics. */
char *session_emit(struct session *session, struct model *model, size_t *length);

/* Prints what has been reported; STATUS_FAILED where there is an error, else STATUS_DONE. */
int session_report(struct session *session);

/* Writes to -o, or to standard output. */
int session_write(struct session *session, const char *bytes, size_t length);

/* A message and the status that goes with it. */
int session_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int session_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The names between the commas of --wrt; *count is 0 where it was not given. */
const char **session_wrt(struct session *session, struct names *names, size_t *count);

#endif
