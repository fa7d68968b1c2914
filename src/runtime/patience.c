#include "patience.h"

static bool patience_make(struct session *session, struct failure *failure)
{
    if (session->options.patience == TRAINER_NONE || session->options.help)
        return true;
    if (!session_has_holdout(session) || session->model->objective_count == 0)
        return failure_set(failure, FAILURE_USAGE, "--patience: the model holds no rows out");
    return objects_make_parameters(&session->best, session->model, session->training.data, failure);
}

static bool patience_ends(struct session *session)
{
    double value;

    session_measure(session);
    value = session_score(session, 0);
    if (isfinite(value) && (session->best_step == 0 || value < session->best_value)) {
        objects_copy_parameters(&session->best, session->result);
        session->best_value = value;
        session->best_step = session->step;
        session->waited = 0;
    } else {
        session->waited++;
    }
    return session->waited >= session->options.patience;
}

static void patience_keep_best(struct session *session)
{
    if (session->best_step > 0)
        session_choose(session, &session->best);
}
