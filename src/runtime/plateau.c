#include "plateau.h"

static bool plateau_make(struct session *session, struct failure *failure)
{
    const int count = session->model->objective_count;

    if (session->options.help)
        return true;
    session->plateaus =
        (struct plateau *)memory_new((size_t)count, sizeof(struct plateau), failure);
    if (session->plateaus == NULL)
        return false;
    for (int k = 0; k < count; k++) {
        session->plateaus[k].share = 1.0;
        session->plateaus[k].best = HUGE_VAL;
    }
    return true;
}

static double plateau_rate(const struct session *session, int objective)
{
    const double rate = session->options.rate;

    return (rate > 0.0 ? rate : session->model->objectives[objective].rate) *
           session->plateaus[objective].share;
}

static void plateau_look(struct plateau *plateau, const struct trainer_objective *objective,
                         double score)
{
    if (score < plateau->best) {
        plateau->best = score;
        plateau->waited = 0;
    } else if (++plateau->waited >= objective->wait) {
        plateau->share *= objective->plateau;
        plateau->waited = 0;
    }
}

static void plateau_after_epoch(struct session *session)
{
    for (int k = 0; k < session->model->objective_count; k++) {
        const struct trainer_objective *objective = &session->model->objectives[k];
        if (objective->plateau <= 0.0)
            continue;
        session_measure(session);
        plateau_look(&session->plateaus[k], objective, session_score(session, k));
    }
}
