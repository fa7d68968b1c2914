#include "checkpoint.h"

/* A walk over everything in a checkpoint, the same for writing and for reading. */
struct checkpoint {
    FILE *stream;
    bool reading;
    bool good;    /* until it ends too early or holds what it should not */
    uint64_t sum; /* of the bytes so far: Fowler, Noll and Vo's hash */
    const char *name;
    struct failure *failure;
};

/* ---- Bytes ---- */

static void checkpoint_fail(struct checkpoint *checkpoint, const char *reason)
{
    struct failure_quotation quotation;
    const char *name = checkpoint->name;

    if (checkpoint->good)
        failure_set(checkpoint->failure, FAILURE_SYSTEM, "%s %s",
                    failure_quote(&quotation, name, strlen(name)), reason);
    checkpoint->good = false;
}

static void checkpoint_add(struct checkpoint *checkpoint, const void *bytes, size_t size)
{
    const unsigned char *byte = (const unsigned char *)bytes;

    for (size_t i = 0; i < size; i++)
        checkpoint->sum = (checkpoint->sum ^ byte[i]) * UINT64_C(0x100000001b3);
}

/* Something of the session's: its bytes go to the file, or come from there. */
static void checkpoint_pass(struct checkpoint *checkpoint, void *bytes, size_t size)
{
    if (!checkpoint->good)
        return;
    if (!checkpoint->reading)
        fwrite(bytes, 1, size, checkpoint->stream); /* errors are noticed in the end */
    else if (fread(bytes, 1, size, checkpoint->stream) != size)
        checkpoint_fail(checkpoint,
                        ferror(checkpoint->stream) ? "cannot be read" : "is no whole checkpoint");
    checkpoint_add(checkpoint, bytes, size);
}

/* Something that the file and the session must agree on; `otherwise` tells what is wrong. */
static void checkpoint_agree(struct checkpoint *checkpoint, uint64_t value, const char *otherwise)
{
    uint64_t found = value;

    checkpoint_pass(checkpoint, &found, sizeof found);
    if (found != value)
        checkpoint_fail(checkpoint, otherwise);
}

static void checkpoint_count(struct checkpoint *checkpoint, ptrdiff_t *count)
{
    int64_t value = *count;

    checkpoint_pass(checkpoint, &value, sizeof value);
    *count = (ptrdiff_t)value;
    if (value < 0 || value > PTRDIFF_MAX / 2) /* there is more to count */
        checkpoint_fail(checkpoint, "is damaged");
}

/* ---- Parts ---- */

/* Version 1; the last word tells in which order this machine keeps the bytes of a number. */
static void checkpoint_mark(struct checkpoint *checkpoint)
{
    static const char mark[16] = "symgrad state 1";
    char found[16];

    memcpy(found, mark, sizeof found);
    checkpoint_pass(checkpoint, found, sizeof found);
    if (memcmp(found, mark, sizeof found) != 0)
        checkpoint_fail(checkpoint, "is no checkpoint of symgrad, or of another version");
    checkpoint_agree(checkpoint, UINT64_C(0x0102030405060708),
                     "was written by a machine with another order of bytes");
}

static void checkpoint_model(struct checkpoint *checkpoint, const struct session *session)
{
    const struct trainer_model *model = session->model;

    checkpoint_agree(checkpoint, model->hash, "is a checkpoint of another model");
    checkpoint_agree(checkpoint, sizeof(real), "holds numbers of another size");
    for (int d = 0; d < model->dimension_count; d++)
        checkpoint_agree(checkpoint, (uint64_t)session->inputs.sizes[d],
                         "was written for data of another size");
}

static void checkpoint_options(struct checkpoint *checkpoint, const struct session *session)
{
    uint64_t rate;

    memcpy(&rate, &session->options.rate, sizeof rate);
    checkpoint_agree(checkpoint, session->options.seed, "was written under another --seed");
    checkpoint_agree(checkpoint, (uint64_t)session->batches.batch,
                     "was written under another --batch");
    checkpoint_agree(checkpoint, rate, "was written under another --rate");
}

static void checkpoint_fields(struct checkpoint *checkpoint, const struct trainer_field *fields,
                              int count)
{
    checkpoint_agree(checkpoint, (uint64_t)count, "holds other tensors than the model");
    for (int i = 0; i < count; i++) {
        for (int axis = 0; axis < fields[i].rank; axis++)
            checkpoint_agree(checkpoint, (uint64_t)fields[i].extent[axis],
                             "holds tensors of another shape");
        checkpoint_pass(checkpoint, fields[i].values,
                        objects_field_count(&fields[i]) * sizeof(real));
    }
}

static void checkpoint_position(struct checkpoint *checkpoint, struct session *session)
{
    ptrdiff_t end = (ptrdiff_t)session->end;

    checkpoint_count(checkpoint, &session->step);
    checkpoint_count(checkpoint, &end);
    session->end = (enum session_end)end;
    if (end > SESSION_NO_PATIENCE)
        checkpoint_fail(checkpoint, "is damaged");
    for (int k = 0; k < session->model->objective_count; k++) {
        checkpoint_count(checkpoint, session->model->objectives[k].steps(session->state.body));
        checkpoint_pass(checkpoint, &session->losses[k], sizeof session->losses[k]);
    }
}

/* What --patience waits for. */
static void checkpoint_best(struct checkpoint *checkpoint, struct session *session)
{
    const bool patient = session->options.patience != TRAINER_NONE;

    checkpoint_agree(checkpoint, patient,
                     patient ? "was written without --patience" : "was written under --patience");
    if (!patient)
        return;
    checkpoint_count(checkpoint, &session->best_step);
    checkpoint_count(checkpoint, &session->waited);
    checkpoint_pass(checkpoint, &session->best_value, sizeof session->best_value);
    checkpoint_fields(checkpoint, session->best.fields, session->best.count);
}

/* The average without the latest parameters. */
static void checkpoint_average(struct checkpoint *checkpoint, struct average *average)
{
    if (!average_is_kept(average))
        return;
    checkpoint_count(checkpoint, &average->count);
    checkpoint_pass(checkpoint, average->numbers, average->size * sizeof(double));
}

static void checkpoint_plateaus(struct checkpoint *checkpoint, struct session *session)
{
    for (int k = 0; k < session->model->objective_count; k++) {
        struct plateau *plateau = &session->plateaus[k];
        if (session->model->objectives[k].plateau <= 0.0)
            continue;
        checkpoint_pass(checkpoint, &plateau->share, sizeof plateau->share);
        checkpoint_pass(checkpoint, &plateau->best, sizeof plateau->best);
        checkpoint_count(checkpoint, &plateau->waited);
    }
}

static void checkpoint_visit(void *context, void *bytes, size_t size)
{
    checkpoint_pass((struct checkpoint *)context, bytes, size);
}

/* What a solver knows beside the parameters. */
static void checkpoint_solver(struct checkpoint *checkpoint, struct session *session)
{
    const struct memory_visitor visitor = {checkpoint_visit, checkpoint};

    if (session->solving == NULL)
        return;
    checkpoint_agree(checkpoint, (uint64_t)session->model->objectives[0].solver.method,
                     "was written by another solver");
    session->model->solving->visit(session, &visitor);
}

static void checkpoint_sum(struct checkpoint *checkpoint)
{
    checkpoint_agree(checkpoint, checkpoint->sum, "is damaged");
    if (checkpoint->good && checkpoint->reading && fgetc(checkpoint->stream) != EOF)
        checkpoint_fail(checkpoint, "is damaged");
}

static bool checkpoint_walk(struct checkpoint *checkpoint, struct session *session)
{
    const int parameters = session->model->parameter_count;

    checkpoint_mark(checkpoint);
    checkpoint_model(checkpoint, session);
    checkpoint_options(checkpoint, session);
    checkpoint_position(checkpoint, session);
    checkpoint_fields(checkpoint, session->parameters.fields, parameters);
    checkpoint_fields(checkpoint, session->good.fields, parameters);
    checkpoint_fields(checkpoint, session->state_fields, session->model->state_count);
    checkpoint_average(checkpoint, &session->average);
    checkpoint_plateaus(checkpoint, session);
    checkpoint_best(checkpoint, session);
    checkpoint_solver(checkpoint, session);
    checkpoint_sum(checkpoint);
    return checkpoint->good;
}

static struct checkpoint checkpoint_begin(const char *name, FILE *stream, bool reading,
                                          struct failure *failure)
{
    struct checkpoint checkpoint;

    checkpoint.stream = stream;
    checkpoint.reading = reading;
    checkpoint.good = true;
    checkpoint.sum = UINT64_C(0xcbf29ce484222325);
    checkpoint.name = name;
    checkpoint.failure = failure;
    return checkpoint;
}

/* ---- Writing and reading ---- */

static bool checkpoint_is_due(struct checkpoint_clock *clock, const struct session *session,
                              bool last)
{
    const ptrdiff_t every = session->options.every;
    double now;

    if (session->options.checkpoint == NULL)
        return false;
    if (every != TRAINER_NONE)
        return last || session->step % every == 0;
    now = platform_seconds();
    if (!last && now - clock->seconds < (double)CHECKPOINT_SECONDS)
        return false;
    clock->seconds = now;
    return true;
}

static bool checkpoint_write(struct session *session, struct failure *failure)
{
    struct checkpoint checkpoint;
    struct document document;

    if (!document_open(&document, session->options.checkpoint, failure))
        return false;
    checkpoint = checkpoint_begin(document.name, document.stream, false, failure);
    checkpoint_walk(&checkpoint, session);
    return document_close(&document, failure);
}

static bool checkpoint_resume(struct session *session, struct failure *failure)
{
    const char *name = session->options.resume;
    struct failure_quotation quotation;
    struct checkpoint checkpoint;
    FILE *stream;

    if (name == NULL || session->options.help)
        return true;
    stream = fopen(name, "rb");
    if (stream == NULL)
        return failure_set(failure, FAILURE_SYSTEM, "cannot open %s: %s",
                           failure_quote(&quotation, name, strlen(name)), strerror(errno));
    checkpoint = checkpoint_begin(name, stream, true, failure);
    checkpoint_walk(&checkpoint, session);
    fclose(stream);
    if (checkpoint.good && session->solving != NULL && !session->model->solving->go_on(session))
        checkpoint_fail(&checkpoint, "is damaged");
    return checkpoint.good;
}
