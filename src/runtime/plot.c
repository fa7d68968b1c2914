#include "plot.h"

/* ---- Points ---- */

static bool plot_open(struct plot *plot, const struct session *session, struct failure *failure)
{
    memset(plot, 0, sizeof *plot);
    if (session->options.plot == NULL)
        return true;
    plot->distance = 1;
    plot->width = 1 + 2 * (size_t)session_figures(session);
    plot->points = (double *)memory_new(plot->width * PLOT_POINTS, sizeof(double), failure);
    return plot->points != NULL;
}

static void plot_close(struct plot *plot)
{
    free(plot->points);
    plot->points = NULL;
}

/* Keeps every second point. */
static void plot_thin_out(struct plot *plot)
{
    const size_t size = plot->width * sizeof(double);

    for (size_t i = 1; i < plot->count; i += 2)
        memcpy(plot->points + i / 2 * plot->width, plot->points + i * plot->width, size);
    plot->count /= 2;
    plot->distance *= 2;
}

/* Room for one more point after an epoch, or NULL: not every one is shown. */
static double *plot_next(struct plot *plot, bool last)
{
    if (++plot->epochs < plot->distance && !last)
        return NULL;
    if (plot->count == PLOT_POINTS)
        plot_thin_out(plot);
    plot->epochs = 0;
    return plot->points + plot->count++ * plot->width;
}

static void plot_after_epoch(struct plot *plot, struct session *session, bool last)
{
    const int figures = session_figures(session);
    double *point = plot->points == NULL ? NULL : plot_next(plot, last);

    if (point == NULL)
        return;
    session_measure(session);
    *point++ = (double)session->step;
    for (int figure = 0; figure < figures; figure++)
        *point++ = progress_figure(session, figure);
    for (int figure = 0; figure < figures; figure++)
        *point++ = session->holdout_values[figure];
}

/* ---- What the log tells of the steps before a checkpoint ---- */

static double plot_cell(const struct table *table, size_t column)
{
    double number;

    return table_number(&table->cells[column], &number) ? number : (double)NAN;
}

/* A line: epoch and step, then each figure, followed by that of the rows held out. */
static void plot_take_line(struct plot *plot, const struct session *session,
                           const struct table *table)
{
    const size_t figures = (size_t)session_figures(session);
    const size_t each = session_has_holdout(session) ? 2 : 1;
    double *const point = plot_next(plot, false);

    if (point == NULL)
        return;
    point[0] = plot_cell(table, 1);
    for (size_t figure = 0; figure < figures; figure++) {
        point[1 + figure] = plot_cell(table, 2 + each * figure);
        point[1 + figures + figure] = each == 2 ? plot_cell(table, 3 + each * figure) : 0.0;
    }
}

static void plot_read_log(struct plot *plot, const struct session *session)
{
    const size_t columns = 2 + (session_has_holdout(session) ? plot->width - 1 : plot->width / 2);
    struct failure ignored = {FAILURE_NONE, ""}; /* a log that is something else tells nothing */
    struct source source;
    struct table table;
    bool header = true;

    table_open(&table, &source);
    if (source_open(&source, session->options.log, &ignored))
        while (table_next(&table, &ignored) == TABLE_ROW && table.count >= columns) {
            if (!header)
                plot_take_line(plot, session, &table);
            header = false;
        }
    table_close(&table);
    source_close(&source);
}

static void plot_go_on(struct plot *plot, const struct session *session)
{
    const char *log = session->options.log;

    if (plot->points == NULL || session->options.resume == NULL || session->step == 0)
        return;
    if (log != NULL && platform_is_ordinary(log))
        plot_read_log(plot, session);
    if (plot->count == 0 && !session->options.quiet)
        fprintf(
            stderr,
            "the picture begins after step %td: what was before, only the file of --log tells\n",
            session->step);
}

/* ---- Panels ---- */

/* A stretch of numbers and where it lies in the picture. */
struct plot_axis {
    double least;
    double most;
    double begin;
    double end;
    bool logarithmic;
};

struct plot_panel {
    FILE *stream;
    struct plot_axis x;
    struct plot_axis y;
};

static void plot_widen(struct plot_axis *axis, double value)
{
    if (!isfinite(value))
        return;
    if (!(axis->least <= value))
        axis->least = value;
    if (!(axis->most >= value))
        axis->most = value;
}

/* A panel, the number `row` from above, whose ranges are empty yet. */
static struct plot_panel plot_make_panel(FILE *stream, int row)
{
    const double top = (double)(row * PLOT_HEIGHT);
    const struct plot_axis x = {nan(""), nan(""), 80.0, (double)(PLOT_WIDTH - 20), false};
    const struct plot_axis y = {nan(""), nan(""), top + (double)(PLOT_HEIGHT - 30), top + 30.0,
                                false};
    struct plot_panel panel;

    panel.stream = stream;
    panel.x = x;
    panel.y = y;
    return panel;
}

/* What falls by more than a factor of 20 and stays above 0 is drawn by its logarithm. */
static void plot_settle(struct plot_axis *axis, bool may_be_logarithmic)
{
    axis->logarithmic = may_be_logarithmic && axis->least > 0.0 && axis->most > 20.0 * axis->least;
    if (!(axis->least <= axis->most)) {
        axis->least = 0.0;
        axis->most = 1.0;
    }
    if (axis->most - axis->least < 1e-12 * fabs(axis->most) || axis->most <= axis->least) {
        axis->least -= fabs(axis->least) / 2.0 + 0.5;
        axis->most += fabs(axis->most) / 2.0 + 0.5;
    }
}

static double plot_place(const struct plot_axis *axis, double value)
{
    double part = (value - axis->least) / (axis->most - axis->least);

    if (axis->logarithmic)
        part = log(value / axis->least) / log(axis->most / axis->least);
    part = fmin(fmax(part, 0.0), 1.0);
    return axis->begin + part * (axis->end - axis->begin);
}

/* ---- Axes ---- */

/* Round numbers at a distance that puts about five on the axis: 1, 2 or 5 times a power of ten. */
static double plot_tick_distance(const struct plot_axis *axis)
{
    const double rough = (axis->most - axis->least) / 5.0;
    const double power = pow(10.0, floor(log10(rough)));
    const double digits = rough / power;

    return power * (digits < 1.5 ? 1.0 : digits < 3.5 ? 2.0 : digits < 7.5 ? 5.0 : 10.0);
}

/* The first tick, and the one after another; powers of ten, or of 100 and so on, on a logarithmic
 * axis. */
static double plot_first_tick(const struct plot_axis *axis)
{
    if (axis->logarithmic)
        return pow(10.0, ceil(log10(axis->least) - 1e-9));
    return ceil(axis->least / plot_tick_distance(axis) - 1e-9) * plot_tick_distance(axis);
}

static double plot_next_tick(const struct plot_axis *axis, double tick)
{
    const double decades = log10(axis->most / axis->least);

    if (axis->logarithmic)
        return tick * pow(10.0, ceil(decades / 6.0));
    tick += plot_tick_distance(axis);
    return fabs(tick) < 1e-9 * plot_tick_distance(axis) ? 0.0 : tick;
}

static void plot_draw_axes(const struct plot_panel *panel, const char *title)
{
    const struct plot_axis *x = &panel->x;
    const struct plot_axis *y = &panel->y;

    for (double tick = plot_first_tick(x); tick <= x->most; tick = plot_next_tick(x, tick))
        fprintf(panel->stream,
                "<path class='grid' d='M%.1f %.1fV%.1f'/>"
                "<text x='%.1f' y='%.1f' text-anchor='middle'>%g</text>\n",
                plot_place(x, tick), y->begin, y->end, plot_place(x, tick), y->begin + 15.0, tick);
    for (double tick = plot_first_tick(y); tick <= y->most; tick = plot_next_tick(y, tick))
        fprintf(panel->stream,
                "<path class='grid' d='M%.1f %.1fH%.1f'/>"
                "<text x='%.1f' y='%.1f' text-anchor='end'>%g</text>\n",
                x->begin, plot_place(y, tick), x->end, x->begin - 6.0, plot_place(y, tick) + 4.0,
                tick);
    fprintf(panel->stream, "<text class='title' x='%.1f' y='%.1f'>%s</text>\n", x->begin,
            y->end - 10.0, title);
}

/* A word at the upper right, in the colour of what it stands for. */
static void plot_draw_word(const struct plot_panel *panel, int place, const char *class_name,
                           const char *word)
{
    fprintf(panel->stream, "<text class='%s' x='%.1f' y='%.1f' text-anchor='end'>%s</text>\n",
            class_name, panel->x.end - 90.0 * place, panel->y.end - 10.0, word);
}

/* A line through points `step` numbers apart; it has gaps where a number is missing. */
static void plot_draw_line(const struct plot_panel *panel, const char *class_name, const double *x,
                           const double *y, size_t count, size_t step)
{
    bool drawn = false;

    fprintf(panel->stream, "<path class='%s' d='", class_name);
    for (size_t i = 0; i < count; i++) {
        const double value = y[i * step];
        if (isfinite(value))
            fprintf(panel->stream, "%c%.1f %.1f", drawn ? 'L' : 'M',
                    plot_place(&panel->x, x[i * step]), plot_place(&panel->y, value));
        drawn = isfinite(value) != 0;
    }
    fputs("'/>\n", panel->stream);
}

/* ---- Figures over the steps ---- */

static void plot_draw_figure(const struct plot *plot, const struct session *session, FILE *stream,
                             int figure)
{
    const double *train = plot->points + 1 + figure;
    const double *held = train + session_figures(session);
    const bool holdout = session_has_holdout(session);
    struct plot_panel panel = plot_make_panel(stream, figure);
    char title[256];

    for (size_t i = 0; i < plot->count; i++) {
        plot_widen(&panel.x, plot->points[i * plot->width]);
        plot_widen(&panel.y, train[i * plot->width]);
        if (holdout)
            plot_widen(&panel.y, held[i * plot->width]);
    }
    plot_settle(&panel.x, false);
    plot_settle(&panel.y, true);
    snprintf(title, sizeof title, "%s over the steps", session_figure_name(session, figure));
    plot_draw_axes(&panel, title);
    plot_draw_line(&panel, "train", plot->points, train, plot->count, plot->width);
    plot_draw_word(&panel, holdout, "train word", "training");
    if (!holdout)
        return;
    plot_draw_line(&panel, "held", plot->points, held, plot->count, plot->width);
    plot_draw_word(&panel, 0, "held word", "held out");
}

/* ---- Data and curve ---- */

/* Two inputs of one real number a row: x and y, or the other way round. */
static bool plot_is_fit(const struct session *session)
{
    const struct trainer_model *model = session->model;

    if (model->input_count != 2 || model->definition_count == 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (model->inputs[i].rank != 1 || model->inputs[i].classes != TRAINER_NONE ||
            !inputs_has_rows(model, i))
            return false;
    return true;
}

static double plot_distance(const real *values, const real *wanted, ptrdiff_t rows)
{
    double sum = 0.0;

    for (ptrdiff_t i = 0; i < rows; i++) {
        const double difference = (double)values[i] - (double)wanted[i];
        sum += difference * difference;
    }
    return isnan(sum) ? HUGE_VAL : sum;
}

/* The definition of one number a row that comes closest to y; NULL: there is none. */
static const struct trainer_field *plot_find_curve(const struct session *session,
                                                   const struct trainer_field *fields)
{
    const struct trainer_model *model = session->model;
    const real *wanted = session->all.values[1].numbers;
    const struct trainer_field *best = NULL;
    double least = HUGE_VAL;

    for (int i = 0; i < model->definition_count; i++)
        if (fields[i].rank == 1 && model->definition_table[i].rows == 0 &&
            fields[i].extent[0] == session->all.rows) {
            const double distance = plot_distance(fields[i].values, wanted, session->all.rows);
            if (distance < least) {
                least = distance;
                best = &fields[i];
            }
        }
    return best;
}

static int plot_compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* x, curve and data of some of the rows, at even distance, in the order of x. */
static size_t plot_take_rows(const struct session *session, const struct trainer_field *curve,
                             double *rows)
{
    const size_t count = (size_t)session->all.rows;
    const size_t distance = (count - 1) / PLOT_DOTS + 1;
    size_t taken = 0;

    for (size_t i = 0; i < count; i += distance, taken++) {
        rows[3 * taken] = (double)session->all.values[0].numbers[i];
        rows[3 * taken + 1] = (double)curve->values[i];
        rows[3 * taken + 2] = (double)session->all.values[1].numbers[i];
    }
    qsort(rows, taken, 3 * sizeof(double), plot_compare);
    return taken;
}

static void plot_draw_rows(const struct session *session, FILE *stream, const char *name,
                           const double *rows, size_t count)
{
    const struct trainer_input *inputs = session->model->inputs;
    struct plot_panel panel = plot_make_panel(stream, session_figures(session));
    char title[256];

    for (size_t i = 0; i < count; i++) {
        plot_widen(&panel.x, rows[3 * i]);
        plot_widen(&panel.y, rows[3 * i + 1]);
        plot_widen(&panel.y, rows[3 * i + 2]);
    }
    plot_settle(&panel.x, false);
    plot_settle(&panel.y, false);
    snprintf(title, sizeof title, "%s over %s", inputs[1].name, inputs[0].name);
    plot_draw_axes(&panel, title);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "<circle class='held' cx='%.1f' cy='%.1f' r='2'/>\n",
                plot_place(&panel.x, rows[3 * i]), plot_place(&panel.y, rows[3 * i + 2]));
    plot_draw_line(&panel, "train", rows, rows + 1, count, 3);
    plot_draw_word(&panel, 1, "train word", name);
    plot_draw_word(&panel, 0, "held word", inputs[1].name);
}

/* Without memory for all definitions at once there is no such panel. */
static void plot_draw_fit(struct session *session, FILE *stream)
{
    const struct trainer_model *model = session->model;
    const void *data = session->all.data;
    struct failure failure = {FAILURE_NONE, ""};
    struct objects_item item = {NULL, NULL};
    struct trainer_field *fields = (struct trainer_field *)memory_new(
        (size_t)model->definition_fields, sizeof *fields, &failure);
    real *work = (real *)memory_new(model->define_reals(data), sizeof(real), &failure);
    double *rows = (double *)memory_new(3 * (PLOT_DOTS + 1), sizeof(double), &failure);
    const struct trainer_field *curve;

    if (fields != NULL && work != NULL && rows != NULL &&
        objects_make(&item, &model->definitions, data, &failure)) {
        model->define(session->result->item.body, data, work, item.body);
        model->describe_definitions(item.body, data, fields);
        curve = plot_find_curve(session, fields);
        if (curve != NULL)
            plot_draw_rows(session, stream, curve->name, rows,
                           plot_take_rows(session, curve, rows));
    }
    objects_free(&item);
    free(fields);
    free(work);
    free(rows);
}

/* ---- The picture ---- */

static bool plot_write(const struct plot *plot, struct session *session, struct failure *failure)
{
    const int figures = session_figures(session);
    const bool fit = plot_is_fit(session);
    const int height = (figures + fit) * PLOT_HEIGHT;
    struct document document;

    if (!document_open(&document, session->options.plot, failure))
        return false;
    fprintf(document.stream,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "viewBox='0 0 %d %d'>\n<title>%s</title>\n<style>\n"
            "text { font: 11px sans-serif; fill: #555 } .title { font-size: 13px; fill: #000 }\n"
            "path { fill: none; stroke-width: 1.5 } path.grid { stroke: #ddd; stroke-width: 1 }\n"
            "path.train { stroke: #1f6fb4 } path.held { stroke: #d95f02 } .train.word { fill: "
            "#1f6fb4 }\n.held.word { fill: #d95f02 } circle.held { fill: #d95f02; "
            "fill-opacity: 0.5 }\n</style>\n<rect width='100%%' height='100%%' fill='#fff'/>\n",
            PLOT_WIDTH, height, PLOT_WIDTH, height, session->model->name);
    for (int figure = 0; figure < figures; figure++)
        plot_draw_figure(plot, session, document.stream, figure);
    if (fit)
        plot_draw_fit(session, document.stream);
    fputs("</svg>\n", document.stream);
    return document_close(&document, failure);
}
