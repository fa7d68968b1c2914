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
                                uint64_t seed, struct failure *failure)
{
    ptrdiff_t *order = (ptrdiff_t *)memory_new((size_t)rows, sizeof *order, failure);
    struct random random;
    ptrdiff_t kept = 0;
    ptrdiff_t held = training;

    if (order == NULL)
        return false;
    random_seed(&random, seed, BATCHES_STREAM_HOLDOUT);
    random_permutation(&random, order, rows);
    for (ptrdiff_t row = 0; row < rows; row++)
        places[row] = order[row] < training ? kept++ : held++;
    free(order);
    return true;
}

/* Moves each row of an array to its place; returns the new array and frees the old one. */
static void *batches_move_rows(void *array, size_t row_size, const ptrdiff_t *places,
                               ptrdiff_t rows, struct failure *failure)
{
    char *moved = (char *)memory_new((size_t)rows, row_size, failure);

    if (moved == NULL)
        return NULL;
    for (ptrdiff_t row = 0; row < rows; row++)
        memcpy(moved + (size_t)places[row] * row_size, (char *)array + (size_t)row * row_size,
               row_size);
    free(array);
    return moved;
}

static bool batches_move_input(struct inputs *inputs, int input, const ptrdiff_t *places,
                               struct failure *failure)
{
    struct trainer_values *values = &inputs->values[input];
    const bool whole = batches_is_whole(inputs, input);
    const size_t size = inputs->widths[input] * (whole ? sizeof(int) : sizeof(real));
    void *old = whole ? (void *)values->labels : (void *)values->numbers;
    void *moved = batches_move_rows(old, size, places, inputs->rows, failure);

    if (moved == NULL)
        return false;
    if (whole)
        values->labels = (int *)moved;
    else
        values->numbers = (real *)moved;
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
    if (!batches_draw_places(places, rows, *training, seed, failure))
        return false;
    for (int i = 0; i < inputs->model->input_count; i++)
        if (inputs_has_rows(inputs->model, i) && !batches_move_input(inputs, i, places, failure))
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
    batches->order = (ptrdiff_t *)memory_new((size_t)rows, sizeof *batches->order, failure);
    batches->buffers = (struct trainer_values *)memory_new((size_t)model->input_count,
                                                           sizeof(struct trainer_values), failure);
    if (batches->order == NULL || batches->buffers == NULL)
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
    free(batches->order);
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
    const size_t width = batches->inputs->widths[input];
    const struct trainer_values *from = &batches->inputs->values[input];
    const struct trainer_values *to = &batches->buffers[input];

    for (ptrdiff_t row = 0; row < batches->view.rows; row++) {
        const size_t source = (size_t)order[row] * width;
        const size_t target = (size_t)row * width;
        if (to->labels != NULL)
            memcpy(to->labels + target, from->labels + source, width * sizeof(int));
        else
            memcpy(to->numbers + target, from->numbers + source, width * sizeof(real));
    }
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
