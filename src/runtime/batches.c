#include "batches.h"

static bool batches_is_whole(const struct inputs *inputs, int input)
{
    return inputs->model->inputs[input].classes != TRAINER_NONE;
}

/* ---- Views ---- */

/* Fills NAME_data anew: `total` rows are what those of the view stand for. */
static void batches_set_data(struct batches_view *view, const struct trainer_model *model,
                             ptrdiff_t total)
{
    struct trainer_rows rows;

    rows.sizes = view->sizes;
    rows.total = total;
    rows.inputs = view->values;
    if (model->rows != TRAINER_NONE)
        view->sizes[model->rows] = view->rows;
    model->set_data(view->data, &rows);
}

static bool batches_make_view(struct batches_view *view, const struct inputs *inputs,
                              ptrdiff_t first, ptrdiff_t rows, struct failure *failure)
{
    const struct trainer_model *model = inputs->model;
    const size_t dimensions = (size_t)model->dimension_count;
    const size_t count = (size_t)model->input_count;

    view->rows = rows;
    view->data = memory_new(model->data_size, 1, failure);
    view->sizes = (ptrdiff_t *)memory_new(dimensions, sizeof(ptrdiff_t), failure);
    view->values =
        (struct trainer_values *)memory_new(count, sizeof(struct trainer_values), failure);
    if (view->data == NULL || view->sizes == NULL || view->values == NULL)
        return false;
    if (dimensions > 0)
        memcpy(view->sizes, inputs->sizes, dimensions * sizeof(ptrdiff_t));
    for (int i = 0; i < model->input_count; i++) {
        const size_t skipped = inputs_has_rows(model, i) ? (size_t)first * inputs->widths[i] : 0;
        if (batches_is_whole(inputs, i))
            view->values[i].labels = inputs->values[i].labels + skipped;
        else
            view->values[i].numbers = inputs->values[i].numbers + skipped;
    }
    batches_set_data(view, model, rows);
    return true;
}

static void batches_free_view(struct batches_view *view)
{
    free(view->data);
    free(view->sizes);
    free(view->values);
    memset(view, 0, sizeof *view);
}

/* ---- Holding out ---- */

/* places[row]: where each row goes, those held out behind the `training` others. */
static bool batches_draw_places(ptrdiff_t *places, ptrdiff_t rows, ptrdiff_t training,
                                uint64_t seed, const char *folder, struct failure *failure)
{
    struct store store;
    struct random random;
    ptrdiff_t kept = 0;
    ptrdiff_t held = training;
    const bool made = store_make(&store, folder, (size_t)rows, sizeof(ptrdiff_t), failure);
    ptrdiff_t *order = (ptrdiff_t *)store.items;

    if (made) {
        random_seed(&random, seed, BATCHES_STREAM_HOLDOUT);
        random_permutation(&random, order, rows);
        for (ptrdiff_t row = 0; row < rows; row++)
            places[row] = order[row] < training ? kept++ : held++;
    }
    store_free(&store);
    return made;
}

/* Appends the rows of an input that go to a place in [first, end), in their order. */
static bool batches_append_rows(struct store *store, const struct inputs *inputs, int input,
                                const ptrdiff_t *places, ptrdiff_t first, ptrdiff_t end,
                                struct failure *failure)
{
    const bool whole = batches_is_whole(inputs, input);
    const size_t size = inputs->widths[input] * (whole ? sizeof(int) : sizeof(real));
    const char *rows = (const char *)inputs->stores[input].items;

    for (ptrdiff_t row = 0; row < inputs->rows; row++)
        if (places[row] >= first && places[row] < end &&
            !store_append(store, rows + (size_t)row * size, size, failure))
            return false;
    return true;
}

/* Moves the rows of an input to their places. */
static bool batches_move_input(struct inputs *inputs, int input, const ptrdiff_t *places,
                               ptrdiff_t training, struct failure *failure)
{
    struct store moved;

    if (!store_begin(&moved, inputs->folder, failure))
        return false;
    if (!batches_append_rows(&moved, inputs, input, places, 0, training, failure) ||
        !batches_append_rows(&moved, inputs, input, places, training, inputs->rows, failure) ||
        !store_finish(&moved, failure)) {
        store_free(&moved);
        return false;
    }
    inputs_take(inputs, input, &moved);
    return true;
}

static bool batches_hold_out(struct inputs *inputs, double share, uint64_t seed, ptrdiff_t *places,
                             ptrdiff_t *training, struct failure *failure)
{
    const ptrdiff_t rows = inputs->rows;
    ptrdiff_t held = (ptrdiff_t)floor(share * (double)rows + 0.5);

    if (rows < 2)
        return failure_set(failure, FAILURE_SYSTEM, "one row is too few to hold some out");
    held = held < 1 ? 1 : held > rows - 1 ? rows - 1 : held;
    *training = rows - held;
    if (!batches_draw_places(places, rows, *training, seed, inputs->folder, failure))
        return false;
    for (int i = 0; i < inputs->model->input_count; i++)
        if (inputs_has_rows(inputs->model, i) &&
            !batches_move_input(inputs, i, places, *training, failure))
            return false;
    return true;
}

/* ---- Batches ---- */

static bool batches_make_buffer(struct batches *batches, int input, struct failure *failure)
{
    const size_t width = batches->inputs->widths[input];
    const size_t count = memory_product((size_t)batches->batch, width);
    struct trainer_values *buffer = &batches->buffers[input];

    if (batches_is_whole(batches->inputs, input)) {
        buffer->labels = (int *)memory_new(count, sizeof(int), failure);
        batches->view.values[input].labels = buffer->labels;
        return buffer->labels != NULL;
    }
    buffer->numbers = (real *)memory_new(count, sizeof(real), failure);
    batches->view.values[input].numbers = buffer->numbers;
    return buffer->numbers != NULL;
}

static bool batches_make(struct batches *batches, const struct inputs *inputs, ptrdiff_t rows,
                         ptrdiff_t batch, struct failure *failure)
{
    const struct trainer_model *model = inputs->model;

    batches->inputs = inputs;
    batches->rows = rows;
    batches->batch = batch < rows ? batch : rows;
    if (!batches_make_view(&batches->view, inputs, 0, batches->batch, failure))
        return false;
    batches_set_data(&batches->view, model, rows);
    if (batches->batch == rows)
        return true; /* all rows in every step: nothing to shuffle or to copy */
    if (!store_make(&batches->store, inputs->folder, (size_t)rows, sizeof(ptrdiff_t), failure))
        return false;
    batches->order = (ptrdiff_t *)batches->store.items;
    batches->buffers = (struct trainer_values *)memory_new((size_t)model->input_count,
                                                           sizeof(struct trainer_values), failure);
    if (batches->buffers == NULL)
        return false;
    for (int i = 0; i < model->input_count; i++)
        if (inputs_has_rows(model, i) && !batches_make_buffer(batches, i, failure))
            return false;
    return true;
}

static void batches_free(struct batches *batches)
{
    for (int i = 0; batches->buffers != NULL && i < batches->inputs->model->input_count; i++) {
        free(batches->buffers[i].numbers);
        free(batches->buffers[i].labels);
    }
    free(batches->buffers);
    store_free(&batches->store);
    batches_free_view(&batches->view);
    memset(batches, 0, sizeof *batches);
}

static ptrdiff_t batches_in_epoch(const struct batches *batches)
{
    return batches->rows / batches->batch + (batches->rows % batches->batch != 0);
}

static void batches_shuffle(struct batches *batches, uint64_t seed, uint64_t epoch)
{
    struct random random;

    if (batches->order == NULL)
        return;
    random_seed(&random, seed, BATCHES_STREAM_EPOCH + epoch);
    random_permutation(&random, batches->order, batches->rows);
}

static void batches_gather_input(struct batches *batches, int input, const ptrdiff_t *order)
{
    const struct store *store = &batches->inputs->stores[input];
    const struct trainer_values *to = &batches->buffers[input];
    const bool whole = to->labels != NULL;
    const size_t size = batches->inputs->widths[input] * (whole ? sizeof(int) : sizeof(real));
    char *target = whole ? (char *)to->labels : (char *)to->numbers;

    for (ptrdiff_t row = 0; row < batches->view.rows; row++, target += size)
        store_copy(store, (size_t)order[row] * size, size, target);
}

static void batches_gather(struct batches *batches, ptrdiff_t index)
{
    const struct trainer_model *model = batches->inputs->model;
    const ptrdiff_t first = index * batches->batch;
    const ptrdiff_t rest = batches->rows - first;

    if (batches->order == NULL)
        return;
    batches->view.rows = rest < batches->batch ? rest : batches->batch;
    for (int i = 0; i < model->input_count; i++)
        if (inputs_has_rows(model, i))
            batches_gather_input(batches, i, batches->order + first);
    batches_set_data(&batches->view, model, batches->rows);
}
