#include "trainer.h"

#include "batches.h"
#include "check.h"
#include "checkpoint.h"
#include "examine.h"
#include "failure.h"
#include "numbers.h"
#include "objects.h"
#include "options.h"
#include "patience.h"
#include "plateau.h"
#include "platform.h"
#include "plot.h"
#include "predict.h"
#include "progress.h"
#include "save.h"
#include "session.h"

/* ---- Training ---- */

/* The loss was computed on the rows of the view with the given parameters. */
static bool trainer_diverges(struct session *session, int objective, double loss,
                             const struct batches_view *view,
                             const struct objects_parameters *parameters, struct failure *failure)
{
    const ptrdiff_t step = session->step + 1;
    const bool patient = session->best_step > 0;
    const ptrdiff_t kept = patient ? session->best_step : step > 2 ? step - 2 : 0;

    failure_set(failure, FAILURE_DIVERGED,
                "diverged: %s is %g at step %td (epoch %td); the %s step %td %s kept",
                session->model->objectives[objective].name, isnan(loss) ? fabs(loss) : loss, step,
                (step - 1) / session->epoch_steps + 1,
                average_is_kept(&session->average) ? "average up to" : "parameters after", kept,
                average_is_kept(&session->average) ? "is" : "are");
    examine_explain(session, objective, view, parameters, loss, failure);
    session_fall_back(session);
    return false;
}

/* One step of every objective in turn, on the present batch. */
static bool trainer_step(struct session *session, struct failure *failure)
{
    const struct trainer_model *model = session->model;
    const struct objects_parameters before = session->before;

    objects_copy_parameters(&session->before, &session->parameters);
    for (int k = 0; k < model->objective_count; k++) {
        const struct trainer_objective *objective = &model->objectives[k];
        const struct objects_parameters *seen = k == 0 ? &session->before : &session->seen;
        double loss;
        if (k > 0)
            objects_copy_parameters(&session->seen, &session->parameters);
        loss = objective->step == NULL
                   ? model->solving->step(session)
                   : (double)objective->step(session->parameters.item.body, session->state.body,
                                             session->batches.view.data, session->work,
                                             (real)plateau_rate(session, k));
        if (!isfinite(loss))
            return trainer_diverges(session, k, loss, &session->batches.view, seen, failure);
        session->losses[k] += loss;
    }
    if (average_is_kept(&session->average) && session->step > 0)
        average_add(&session->average, &session->before);
    session->before = session->good;
    session->good = before;
    session->step++;
    return true;
}

/* Whether every objective has a `stop` and its latest gradient is below it. */
static bool trainer_has_arrived(struct session *session)
{
    const struct trainer_model *model = session->model;

    for (int k = 0; k < model->objective_count; k++) {
        const struct trainer_objective *objective = &model->objectives[k];
        if (objective->stop <= 0.0)
            return false;
        model->describe_parameters(objective->gradient(session->state.body), session->training.data,
                                   session->gradient);
        if (!(objects_norm(session->gradient, model->parameter_count) < objective->stop))
            return false;
    }
    return model->objective_count > 0;
}

/* Whether training ends here, before the last step. */
static enum session_end trainer_find_end(struct session *session)
{
    const bool patient = session->options.patience != TRAINER_NONE;

    if (session->solving != NULL && session->model->solving->has_arrived(session))
        return SESSION_NO_PROGRESS;
    if (session->solving == NULL && trainer_has_arrived(session))
        return SESSION_SMALL_GRADIENT;
    if (patient && session->step % session->epoch_steps == 0 && patience_ends(session))
        return SESSION_NO_PATIENCE;
    return SESSION_GOES_ON;
}

/* Random numbers depend on seed and step alone; the number fits the mantissa of a `real`. */
static void trainer_begin_step(struct session *session)
{
    const uint64_t numbers = UINT64_C(1) << (sizeof(real) < sizeof(double) ? 24 : 52);
    const uint64_t seed = session->options.seed * UINT64_C(0x9e3779b97f4a7c15);

    if (session->model->begin_step != NULL && session->solving == NULL)
        session->model->begin_step(session->batches.view.data,
                                   (real)((seed + (uint64_t)session->step + 1) % numbers));
}

/* Finds the rows of the next step. An epoch's order depends on seed and epoch alone, so it is found
 * again where training goes on within one. */
static void trainer_next_batch(struct session *session, bool first)
{
    const ptrdiff_t epoch = session->step / session->epoch_steps;
    const ptrdiff_t index = session->step % session->epoch_steps;

    if (index == 0)
        for (int k = 0; k < session->model->objective_count; k++)
            session->losses[k] = 0.0;
    if (index == 0 || first)
        batches_shuffle(&session->batches, session->options.seed, (uint64_t)epoch);
    batches_gather(&session->batches, index);
}

/* What goes along with the training. */
struct trainer_company {
    struct progress progress;
    struct plot plot;
    struct checkpoint_clock clock;
};

static bool trainer_train(struct session *session, struct trainer_company *company,
                          struct failure *failure)
{
    bool first = true;
    bool last = session->end != SESSION_GOES_ON || session->step >= session->steps;

    while (!last) {
        trainer_next_batch(session, first);
        trainer_begin_step(session);
        if (!trainer_step(session, failure))
            return false;
        session->end = trainer_find_end(session);
        last = session->step == session->steps || session->end != SESSION_GOES_ON ||
               platform_interrupted();
        progress_after_step(&company->progress, session);
        if (last || session->step % session->epoch_steps == 0) {
            progress_after_epoch(&company->progress, session);
            plot_after_epoch(&company->plot, session, last);
        }
        if (session->step % session->epoch_steps == 0)
            plateau_after_epoch(session);
        if (checkpoint_is_due(&company->clock, session, last) &&
            !checkpoint_write(session, failure))
            return false;
        first = false;
    }
    return true;
}

/* The figures at the end; a last step may still have gone astray. */
static void trainer_measure(struct session *session, struct failure *failure)
{
    session_measure(session);
    for (int k = 0; k < session->model->objective_count; k++)
        if (!isfinite(session->values[k]) && failure->status == FAILURE_NONE) {
            trainer_diverges(session, k, session->values[k], &session->training, session->result,
                             failure);
            patience_keep_best(session);
            session_measure(session);
        }
}

/* ---- The end ---- */

static void trainer_print_figures(const struct session *session)
{
    for (int figure = 0; figure < session_figures(session); figure++) {
        const char *name = session_figure_name(session, figure);
        printf("%s = %.*g\n", name, SAVE_DIGITS, session->values[figure]);
        if (session_has_holdout(session))
            printf("%s (holdout) = %.*g\n", name, SAVE_DIGITS, session->holdout_values[figure]);
    }
}

static void trainer_print_parameters(const struct session *session)
{
    for (int i = 0; i < session->result->count; i++) {
        const struct trainer_field *field = &session->result->fields[i];
        objects_print_shape(stdout, field);
        if (field->rank == 0)
            printf(" = %.*g\n", SAVE_DIGITS, (double)field->values[0]);
        else
            printf(" norm = %.*g\n", SAVE_DIGITS, objects_norm(field, 1));
    }
}

static void trainer_complain(const struct trainer_model *model, const struct failure *failure)
{
    if (failure->status != FAILURE_NONE)
        fprintf(stderr, "%s: %s\n", model->name, failure->text);
}

/* Why the training ended, where it is not what was planned, and whose the parameters are. */
static void trainer_print_end(const struct session *session)
{
    if (session->options.quiet)
        return;
    if (session->end == SESSION_SMALL_GRADIENT)
        fprintf(stderr, "the gradient is small enough after step %td\n", session->step);
    else if (session->end == SESSION_NO_PROGRESS)
        fprintf(stderr, "no more progress to be made after step %td\n", session->step);
    else if (session->end == SESSION_NO_PATIENCE)
        fprintf(stderr, "no better on the rows held out for %td epoch%s\n", session->waited,
                session->waited == 1 ? "" : "s");
    else if (session->step < session->steps && platform_interrupted())
        fprintf(stderr, "interrupted after step %td\n", session->step);
    else if (session->solving != NULL && session->step > 0)
        fprintf(stderr, "not at the end yet after step %td; a larger --steps goes on\n",
                session->step);
    if (session->best_step > 0)
        fprintf(stderr, "the parameters are those after step %td, the best on the rows held out\n",
                session->best_step);
}

/* Saves and predicts even after a divergence; a file that cannot be written is the worse failure.
 */
static void trainer_write_files(struct session *session, struct failure *failure)
{
    const struct options *options = &session->options;

    if (options->save != NULL)
        save_write(options->save, session->model, session->result, failure);
    if (options->predict != NULL && failure->status != FAILURE_SYSTEM)
        predict_write(options->predict, session, failure);
}

/* Training itself, and what is printed and written after it, whatever its end. */
static void trainer_run(struct session *session, struct trainer_company *company,
                        struct failure *failure)
{
    struct failure closing = {FAILURE_NONE, ""};
    bool trained;

    platform_catch_interrupt();
    trained = trainer_train(session, company, failure);
    patience_keep_best(session);
    if (trained)
        trainer_measure(session, failure);
    else
        session_measure(session);
    progress_close(&company->progress, session, &closing);
    if (failure->status == FAILURE_NONE)
        trainer_print_end(session);
    trainer_print_figures(session);
    trainer_print_parameters(session);
    if (session->solving != NULL && failure->status == FAILURE_NONE)
        session->model->solving->print(session, &closing);
    trainer_write_files(session, &closing);
    if (session->options.plot != NULL && closing.status != FAILURE_SYSTEM)
        plot_write(&company->plot, session, &closing);
    if (closing.status != FAILURE_NONE) {
        trainer_complain(session->model, failure);
        *failure = closing;
    }
}

static void trainer_work(struct session *session, struct failure *failure)
{
    struct trainer_company company;

    company.clock.seconds = platform_seconds();
    if (plot_open(&company.plot, session, failure) &&
        progress_open(&company.progress, session, failure)) {
        plot_go_on(&company.plot, session);
        trainer_run(session, &company, failure);
    }
    plot_close(&company.plot);
}

static int trainer_main(const struct trainer_model *model, int argument_count, char **arguments)
{
    struct failure failure = {FAILURE_NONE, ""};
    struct session session;

    platform_sleep_in_waits(arguments);
    if (session_make(&session, model, argument_count, arguments, &failure) &&
        patience_make(&session, &failure) && plateau_make(&session, &failure) &&
        checkpoint_resume(&session, &failure)) {
        if (session.options.help)
            options_print_help(model, stdout);
        else if (session.options.check)
            check_gradient(&session, stdout, &failure);
        else if (session.options.numbers != NULL)
            numbers_write(&session, session.options.numbers, &failure);
        else
            trainer_work(&session, &failure);
        if ((fflush(stdout) != 0 || ferror(stdout)) && failure.status == FAILURE_NONE)
            failure_set(&failure, FAILURE_SYSTEM, "cannot write to standard output: %s",
                        strerror(errno));
    }
    session_free(&session);
    trainer_complain(model, &failure);
    return (int)failure.status;
}
