#include "session.h"

static bool session_has_holdout(const struct session *session)
{
    return session->holdout.data != NULL;
}

/* ---- Figures ---- */

static int session_figures(const struct session *session)
{
    return session->model->objective_count + session->model->report_count;
}

static const char *session_figure_name(const struct session *session, int figure)
{
    const int objectives = session->model->objective_count;

    if (figure < objectives)
        return session->model->objectives[figure].name;
    return session->model->report_names[figure - objectives];
}

static void session_measure_view(struct session *session, const struct batches_view *view,
                                 double *values)
{
    const struct trainer_model *model = session->model;
    const void *parameters = session->result->item.body;

    for (int k = 0; k < model->objective_count; k++)
        *values++ = (double)model->objectives[k].loss(parameters, view->data, session->work);
    if (model->report_count > 0)
        model->report(parameters, view->data, session->work, session->reports);
    for (int r = 0; r < model->report_count; r++)
        *values++ = (double)session->reports[r];
}

static void session_measure(struct session *session)
{
    if (session->measured == session->step)
        return;
    session->measured = session->step;
    if (session->result == &session->average.result)
        average_form(&session->average, &session->parameters, !session->fell_back);
    session_measure_view(session, &session->training, session->values);
    if (session_has_holdout(session))
        session_measure_view(session, &session->holdout, session->holdout_values);
}

static double session_score(const struct session *session, int objective)
{
    const double *values = session_has_holdout(session) ? session->holdout_values : session->values;

    return session->model->objectives[objective].maximize ? -values[objective] : values[objective];
}

static void session_choose(struct session *session, const struct objects_parameters *parameters)
{
    objects_copy_parameters(&session->parameters, parameters);
    session->result = &session->parameters;
    session->measured = TRAINER_NONE;
}

static void session_fall_back(struct session *session)
{
    session_choose(session, &session->good);
    session->fell_back = true;
    if (average_is_kept(&session->average))
        session->result = &session->average.result;
}

/* ---- Rows ---- */

static bool session_split_rows(struct session *session, struct failure *failure)
{
    struct inputs *inputs = &session->inputs;
    const double share = session->model->holdout;
    ptrdiff_t training = inputs->rows;

    if (share > 0.0 && session->model->rows != TRAINER_NONE) {
        if (!store_make(&session->place_store, inputs->folder, (size_t)inputs->rows,
                        sizeof(ptrdiff_t), failure))
            return false;
        session->places = (ptrdiff_t *)session->place_store.items;
        if (!batches_hold_out(inputs, share, session->options.seed, session->places, &training,
                              failure) ||
            !batches_make_view(&session->holdout, inputs, training, inputs->rows - training,
                               failure))
            return false;
    }
    return batches_make_view(&session->all, inputs, 0, inputs->rows, failure) &&
           batches_make_view(&session->training, inputs, 0, training, failure);
}

static bool session_make_batches(struct session *session, struct failure *failure)
{
    const ptrdiff_t rows = session->training.rows;
    ptrdiff_t batch = session->model->batch > 0 ? session->model->batch : rows;

    if (session->options.batch != TRAINER_NONE) {
        if (session->model->rows == TRAINER_NONE)
            return failure_set(failure, FAILURE_USAGE,
                               "--batch: the model has no rows to make batches of");
        if (session->model->solving != NULL)
            return failure_set(failure, FAILURE_USAGE,
                               "--batch: %s minimises over all rows at once",
                               session->model->objectives[0].solver.name);
        batch = session->options.batch;
    }
    return batches_make(&session->batches, &session->inputs, rows, batch, failure);
}

/* ---- Steps ---- */

/* --rate needs an optimiser whose rate it can take the place of. */
static bool session_takes_rate(const struct session *session, struct failure *failure)
{
    const struct trainer_model *model = session->model;

    if (session->options.rate <= 0.0)
        return true;
    for (int k = 0; k < model->objective_count; k++)
        if (model->objectives[k].rate > 0.0)
            return true;
    if (model->solving != NULL)
        return failure_set(failure, FAILURE_USAGE, "--rate: %s has no rate",
                           model->objectives[0].solver.name);
    return failure_set(failure, FAILURE_USAGE, "--rate: the model has no constant rate");
}

/* a * b, or the largest number there is. */
static ptrdiff_t session_product(ptrdiff_t a, ptrdiff_t b)
{
    return a > 0 && b > PTRDIFF_MAX / a ? PTRDIFF_MAX : a * b;
}

/* The command line decides where it speaks of steps or epochs, the model elsewhere; of both the
 * one that ends first counts. */
static void session_plan_steps(struct session *session)
{
    const struct options *options = &session->options;
    const bool told = options->steps != TRAINER_NONE || options->epochs != TRAINER_NONE;
    ptrdiff_t steps = options->steps;
    ptrdiff_t epochs = options->epochs;

    if (!told && session->model->steps > 0)
        steps = session->model->steps;
    if (!told && session->model->epochs > 0)
        epochs = session->model->epochs;
    session->epoch_steps = batches_in_epoch(&session->batches);
    if (options->load != NULL && !told) {
        session->steps = 0;
        return;
    }
    session->open =
        session->model->solving != NULL && steps == TRAINER_NONE && epochs == TRAINER_NONE;
    if (session->open)
        steps = SESSION_SOLVER_STEPS;
    session->steps = steps == TRAINER_NONE && epochs == TRAINER_NONE ? 0 : PTRDIFF_MAX;
    if (epochs != TRAINER_NONE)
        session->steps = session_product(session->epoch_steps, epochs);
    if (steps != TRAINER_NONE && steps < session->steps)
        session->steps = steps;
}

/* ---- Memory ---- */

static size_t session_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* One workspace serves every view; only predicting needs all rows at once. */
static bool session_make_workspace(struct session *session, struct failure *failure)
{
    size_t (*const workspace)(const void *) = session->model->workspace;
    size_t reals =
        session_larger(workspace(session->training.data), workspace(session->batches.view.data));

    if (session_has_holdout(session))
        reals = session_larger(reals, workspace(session->holdout.data));
    if (session->options.predict != NULL)
        reals = session_larger(reals, workspace(session->all.data));
    if (!store_make(&session->work_store, session->options.stream, reals, sizeof(real), failure))
        return false;
    session->work = (real *)session->work_store.items;
    return true;
}

static bool session_make_parameters(struct session *session, struct failure *failure)
{
    const struct trainer_model *model = session->model;
    const void *data = session->training.data;

    session->gradient = (struct trainer_field *)memory_new((size_t)model->parameter_count,
                                                           sizeof(struct trainer_field), failure);
    session->state_fields = (struct trainer_field *)memory_new(
        (size_t)model->state_count, sizeof(struct trainer_field), failure);
    return session->gradient != NULL && session->state_fields != NULL &&
           objects_make_parameters(&session->parameters, model, data, failure) &&
           objects_make_parameters(&session->before, model, data, failure) &&
           objects_make_parameters(&session->good, model, data, failure) &&
           (model->objective_count < 2 ||
            objects_make_parameters(&session->seen, model, data, failure)) &&
           average_make(&session->average, model, data, failure) &&
           objects_make(&session->state, &model->state, data, failure);
}

static bool session_make_figures(struct session *session, struct failure *failure)
{
    const struct trainer_model *model = session->model;
    const size_t figures = (size_t)session_figures(session);

    session->losses = (double *)memory_new((size_t)model->objective_count, sizeof(double), failure);
    session->values = (double *)memory_new(figures, sizeof(double), failure);
    session->holdout_values = (double *)memory_new(figures, sizeof(double), failure);
    session->reports = (real *)memory_new((size_t)model->report_count, sizeof(real), failure);
    return session->losses != NULL && session->values != NULL && session->holdout_values != NULL &&
           session->reports != NULL;
}

static bool session_make_outputs(struct session *session, struct failure *failure)
{
    const size_t count = (size_t)session->model->output_count;

    if (session->options.predict == NULL)
        return true;
    if (count == 0)
        return failure_set(failure, FAILURE_USAGE, "--predict: the model has no output");
    session->output_fields =
        (struct trainer_field *)memory_new(count, sizeof(struct trainer_field), failure);
    session->output_parts =
        (struct trainer_field *)memory_new(count, sizeof(struct trainer_field), failure);
    return session->output_fields != NULL && session->output_parts != NULL &&
           objects_make(&session->outputs, &session->model->outputs, session->all.data, failure);
}

static bool session_start(struct session *session, struct failure *failure)
{
    const char *load = session->options.load;

    if (session->model->state_count > 0)
        session->model->describe_state(session->state.body, session->training.data,
                                       session->state_fields);
    session->model->start(session->parameters.item.body, session->state.body,
                          session->training.data, session->work, session->options.seed);
    if (load != NULL && !save_read(load, session->model, &session->parameters, failure))
        return false;
    objects_copy_parameters(&session->good, &session->parameters);
    session->result =
        average_is_kept(&session->average) ? &session->average.result : &session->parameters;
    session->measured = TRAINER_NONE;
    return true;
}

static void session_use_threads(const struct session *session)
{
    const ptrdiff_t count = session->options.threads;

    if (count != TRAINER_NONE && !platform_set_threads(count) && count > 1)
        fprintf(stderr, "%s: --threads has no effect: compiled without -fopenmp\n",
                session->model->name);
}

static bool session_make(struct session *session, const struct trainer_model *model,
                         int argument_count, char **arguments, struct failure *failure)
{
    memset(session, 0, sizeof *session);
    session->model = model;
    session->files = (const char **)memory_new((size_t)model->input_count, sizeof(char *), failure);
    if (session->files == NULL || !options_parse(&session->options, model, session->files,
                                                 argument_count, arguments, failure))
        return false;
    if (session->options.help)
        return true;
    session_use_threads(session);
    if (!session_takes_rate(session, failure) ||
        !inputs_read(&session->inputs, model, session->files, session->options.stream, failure) ||
        !session_split_rows(session, failure) || !session_make_batches(session, failure) ||
        !session_make_parameters(session, failure) || !session_make_figures(session, failure) ||
        !session_make_outputs(session, failure) || !session_make_workspace(session, failure))
        return false;
    session_plan_steps(session);
    return session_start(session, failure) &&
           (model->solving == NULL || model->solving->make(session, failure));
}

static void session_free(struct session *session)
{
    if (session->solving != NULL)
        session->model->solving->free(session);
    batches_free(&session->batches);
    batches_free_view(&session->all);
    batches_free_view(&session->training);
    batches_free_view(&session->holdout);
    objects_free_parameters(&session->parameters);
    objects_free_parameters(&session->before);
    objects_free_parameters(&session->seen);
    objects_free_parameters(&session->good);
    objects_free_parameters(&session->best);
    average_free(&session->average);
    objects_free(&session->state);
    objects_free(&session->outputs);
    inputs_free(&session->inputs);
    free(session->files);
    store_free(&session->place_store);
    free(session->gradient);
    free(session->state_fields);
    free(session->output_fields);
    free(session->output_parts);
    store_free(&session->work_store);
    free(session->plateaus);
    free(session->losses);
    free(session->values);
    free(session->holdout_values);
    free(session->reports);
}
