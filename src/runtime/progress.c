#include "progress.h"

/* ---- The log ---- */

static bool progress_log_fails(const struct session *session, struct failure *failure)
{
    struct failure_quotation quotation;
    const char *name = session->options.log;

    return failure_set(failure, FAILURE_SYSTEM, "cannot write %s: %s",
                       failure_quote(&quotation, name, strlen(name)), strerror(errno));
}

static void progress_log_header(FILE *log, const struct session *session)
{
    fputs("epoch,step", log);
    for (int figure = 0; figure < session_figures(session); figure++) {
        const char *name = session_figure_name(session, figure);
        fprintf(log, ",%s", name);
        if (session_has_holdout(session))
            fprintf(log, ",%s (holdout)", name);
    }
    for (int k = 0; k < session->model->objective_count; k++) {
        const bool alone = session->model->objective_count == 1;
        if (session->model->objectives[k].plateau > 0.0)
            fprintf(log, ",rate%s%s", alone ? "" : " of ",
                    alone ? "" : session->model->objectives[k].name);
    }
    fputc('\n', log);
}

/* The epoch that the latest step belonged to, counted from 1. */
static ptrdiff_t progress_epoch(const struct session *session)
{
    return session->step == 0 ? 0 : (session->step - 1) / session->epoch_steps + 1;
}

/* The mean of an objective over the steps of the epoch. */
static double progress_loss(const struct session *session, int objective)
{
    const ptrdiff_t steps = (session->step - 1) % session->epoch_steps + 1;

    return session->losses[objective] / (double)steps;
}

/* What a line says of a figure: an objective's mean in the epoch, a report as just measured. */
static double progress_figure(const struct session *session, int figure)
{
    return figure < session->model->objective_count ? progress_loss(session, figure)
                                                    : session->values[figure];
}

static void progress_log_line(FILE *log, const struct session *session)
{
    fprintf(log, "%td,%td", progress_epoch(session), session->step);
    for (int figure = 0; figure < session_figures(session); figure++) {
        fprintf(log, ",%.*g", SAVE_DIGITS, progress_figure(session, figure));
        if (session_has_holdout(session))
            fprintf(log, ",%.*g", SAVE_DIGITS, session->holdout_values[figure]);
    }
    for (int k = 0; k < session->model->objective_count; k++)
        if (session->model->objectives[k].plateau > 0.0)
            fprintf(log, ",%.*g", SAVE_DIGITS, plateau_rate(session, k));
    fputc('\n', log);
    fflush(log);
}

/* How much of a log was written up to a step; its lines begin with the epoch and the step. */
static long progress_log_length(FILE *log, ptrdiff_t step)
{
    long length = 0;
    ptrdiff_t found = 0;
    int commas = 0;
    int byte;

    while ((byte = fgetc(log)) != EOF && found <= step) {
        if (byte == ',')
            commas++;
        else if (commas == 1 && byte >= '0' && byte <= '9' && found <= step)
            found = 10 * found + (byte - '0');
        if (byte != '\n')
            continue;
        if (found <= step)
            length = ftell(log);
        found = 0;
        commas = 0;
    }
    return length;
}

/* Where training goes on from a checkpoint, the log goes on too: what was written after that
 * checkpoint is dropped. */
static bool progress_cut_log(const struct session *session, FILE *log, long *length,
                             struct failure *failure)
{
    struct document document;
    bool copied = true;

    *length = progress_log_length(log, session->step);
    rewind(log);
    if (!document_open(&document, session->options.log, failure))
        return false;
    for (long i = 0; copied && i < *length; i++) {
        const int byte = fgetc(log);
        copied = byte != EOF && fputc(byte, document.stream) != EOF;
    }
    return document_close(&document, failure) && (copied || progress_log_fails(session, failure));
}

static bool progress_open_log(struct progress *progress, const struct session *session,
                              struct failure *failure)
{
    const char *name = session->options.log;
    const bool resumed = session->options.resume != NULL && platform_is_ordinary(name);
    FILE *before = resumed ? fopen(name, "rb") : NULL;
    long length = 0;
    bool cut = true;

    if (before != NULL) {
        cut = progress_cut_log(session, before, &length, failure);
        fclose(before);
    }
    if (!cut)
        return false;
    progress->log = fopen(name, length > 0 ? "ab" : "wb");
    if (progress->log == NULL)
        return progress_log_fails(session, failure);
    if (length == 0)
        progress_log_header(progress->log, session);
    return true;
}

/* ---- The line ---- */

static void progress_append(struct progress *progress, const char *before, const char *name,
                            const char *between, double value, const char *after)
{
    const size_t length = strlen(progress->text);

    snprintf(progress->text + length, sizeof progress->text - length, "%s%s%s%.4g%s", before, name,
             between, value, after);
}

/* The rates that `plateau` may have reduced; of one objective among several, by its name. */
static void progress_describe_rates(struct progress *progress, const struct session *session)
{
    const struct trainer_model *model = session->model;
    const bool alone = model->objective_count == 1;

    for (int k = 0; k < model->objective_count; k++)
        if (model->objectives[k].plateau > 0.0)
            progress_append(progress, alone ? ", " : ", rate of ",
                            alone ? "rate" : model->objectives[k].name, " ",
                            plateau_rate(session, k), "");
}

/* loss 0.123 (holdout 0.2), accuracy 0.98 (holdout 0.95), rate 0.001; the bar has no room for the
 * words. */
static void progress_describe(struct progress *progress, const struct session *session)
{
    progress->text[0] = '\0';
    for (int figure = 0; figure < session_figures(session); figure++) {
        progress_append(progress, figure > 0 ? ", " : "", session_figure_name(session, figure), " ",
                        progress_figure(session, figure), "");
        if (session_has_holdout(session))
            progress_append(progress, " (", progress->terminal ? "" : "holdout ", "",
                            session->holdout_values[figure], ")");
    }
    progress_describe_rates(progress, session);
}

/* Whether nobody knows how long it takes. */
static bool progress_is_open(const struct session *session)
{
    return session->open || session->steps == PTRDIFF_MAX;
}

/* epoch 3/50, or step 3/50 where an epoch is a step */
static int progress_position(const struct session *session, char *text, size_t size)
{
    const ptrdiff_t each = session->epoch_steps;

    if (progress_is_open(session))
        return snprintf(text, size, "%s %td", each == 1 ? "step" : "epoch",
                        progress_epoch(session));
    return snprintf(text, size, "%s %td/%td", each == 1 ? "step" : "epoch", progress_epoch(session),
                    (session->steps - 1) / each + 1);
}

static void progress_time_left(const struct progress *progress, const struct session *session,
                               char *text, size_t size)
{
    const double done = (double)(session->step - progress->first_step);
    const double open = (double)(session->steps - session->step);
    const double left = (platform_seconds() - progress->begun) * open / done;

    if (left < 60.0)
        snprintf(text, size, "%.0f s left", ceil(left));
    else if (left < 3600.0)
        snprintf(text, size, "%.0f min left", ceil(left / 60.0));
    else
        snprintf(text, size, "%.1f h left", left / 3600.0);
}

/* Redraws the bar in place, no wider than a terminal's line; without a bar where there is no end to
 * see. */
static void progress_draw(const struct progress *progress, const struct session *session)
{
    const double done = (double)session->step / (double)session->steps;
    const int filled = (int)(done * (double)PROGRESS_BAR);
    char line[PROGRESS_WIDTH + 1];
    char left[32];
    int end = progress_position(session, line, sizeof line);

    progress_time_left(progress, session, left, sizeof left);
    if (progress_is_open(session))
        snprintf(line + end, sizeof line - (size_t)end, "%s%s",
                 progress->text[0] == '\0' ? "" : ": ", progress->text);
    else
        snprintf(line + end, sizeof line - (size_t)end, " [%.*s%.*s] %s%s%s", filled, "##########",
                 PROGRESS_BAR - filled, "----------", left, progress->text[0] == '\0' ? "" : ", ",
                 progress->text);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
}

/* ---- When ---- */

static bool progress_open(struct progress *progress, const struct session *session,
                          struct failure *failure)
{
    memset(progress, 0, sizeof *progress);
    progress->shown = !session->options.quiet && session->step < session->steps;
    progress->terminal = progress->shown && platform_is_terminal(stderr);
    progress->begun = platform_seconds();
    progress->drawn = progress->begun;
    progress->measured = progress->begun;
    progress->first_step = session->step;
    return session->options.log == NULL || progress_open_log(progress, session, failure);
}

static bool progress_is_last(const struct session *session)
{
    return session->step == session->steps || session->end != SESSION_GOES_ON;
}

/* Ten times a second is enough for a bar, and for the figures in it. */
static bool progress_is_due(double *latest, const struct session *session)
{
    const double now = platform_seconds();

    if (now - *latest < 0.1 && !progress_is_last(session))
        return false;
    *latest = now;
    return true;
}

static void progress_after_step(struct progress *progress, const struct session *session)
{
    if (progress->terminal && progress_is_due(&progress->drawn, session))
        progress_draw(progress, session);
}

/* The first epoch, the last, and those between at even distance; where it may go on for long or
 * not, at a distance that doubles. */
static bool progress_line_is_due(const struct session *session)
{
    const ptrdiff_t epochs = (session->steps - 1) / session->epoch_steps + 1;
    const ptrdiff_t distance = (epochs - 1) / PROGRESS_LINES + 1;
    const ptrdiff_t epoch = progress_epoch(session);

    if (progress_is_last(session) || epoch == 1)
        return true;
    return progress_is_open(session) ? (epoch & (epoch - 1)) == 0 : epoch % distance == 0;
}

static void progress_after_epoch(struct progress *progress, struct session *session)
{
    const bool bar = progress->terminal && progress_is_due(&progress->measured, session);
    const bool line = progress->shown && !progress->terminal && progress_line_is_due(session);
    char position[64];

    if (!bar && !line && progress->log == NULL)
        return;
    session_measure(session); /* changes nothing but the figures: when it happens is no matter */
    progress_describe(progress, session);
    if (progress->log != NULL)
        progress_log_line(progress->log, session);
    progress_position(session, position, sizeof position);
    if (bar) {
        progress->drawn = progress->measured;
        progress_draw(progress, session);
    }
    if (line)
        fprintf(stderr, "%s: %s\n", position, progress->text);
}

static bool progress_close(struct progress *progress, const struct session *session,
                           struct failure *failure)
{
    bool written = true;

    if (progress->terminal)
        fputc('\n', stderr);
    if (progress->log != NULL) {
        written = !ferror(progress->log);
        if (fclose(progress->log) != 0)
            written = false;
    }
    progress->log = NULL;
    return written || progress_log_fails(session, failure);
}
