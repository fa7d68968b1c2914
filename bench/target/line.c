/* line.c - trains the model line.expr; made by symgrad, needs only a C99 compiler and libm.
 *
 *     cc -O2 line.c -lm -o line && ./line --data x,y=FILE.csv
 *
 * The model
 *
 *     data  x[n], y[n] from "line.csv"
 *     param w = 0, b = 0
 *     f[i] = w*x[i] + b
 *     loss = 1/2 * sum[i] (y[i] - f[i])^2
 *     minimize loss with gd(rate = 1e-4), steps = 2000
 *
 * Memory, in doubles
 *
 *     parameters     2
 *     state          2          gradient
 *     workspace      n          f
 *
 * Operations       loss: 5 n     loss and gradient: 9 n
 *
 * Kinks            none: the loss is smooth everywhere.
 */
#include "platform.h" /* in an emitted file its text stands here */

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* What is learnt. */
struct line_params {
    double w;
    double b;
};

/* What is read: n rows, which stand for n_total. */
struct line_data {
    ptrdiff_t n;
    ptrdiff_t n_total;
    const double *x; /* x[n] */
    const double *y; /* y[n] */
};

/* What the optimiser keeps between steps. */
struct line_state {
    struct line_params gradient;
};

size_t line_workspace_size(const struct line_data *data);
void line_init(struct line_params *params, struct line_state *state, const struct line_data *data,
               uint64_t seed);
double line_loss(const struct line_params *params, const struct line_data *data, double *work);
double line_loss_grad(const struct line_params *params, const struct line_data *data,
                      struct line_params *gradient, double *work);
double line_step(struct line_params *params, struct line_state *state, const struct line_data *data,
                 double *work, double rate);

/* The number of doubles that `work` must hold. */
size_t line_workspace_size(const struct line_data *data)
{
    return (size_t)data->n;
}

/* The start of the parameters and of the optimiser. */
void line_init(struct line_params *params, struct line_state *state, const struct line_data *data,
               uint64_t seed)
{
    (void)data;
    (void)seed;
    /* w = 0   line.expr:3 */
    params->w = 0.0;
    /* b = 0   line.expr:3 */
    params->b = 0.0;
    state->gradient = *params;
}

/* The loss. */
double line_loss(const struct line_params *params, const struct line_data *data, double *work)
{
    const ptrdiff_t n = data->n;
    const double *const x = data->x;
    const double *const y = data->y;
    const double w = params->w;
    const double b = params->b;
    double *const f = work;

    /* f[i] = w*x[i] + b   line.expr:5 */
    for (ptrdiff_t i = 0; i < n; i++)
        f[i] = w * x[i] + b;

    /* loss = 1/2 * sum[i] (y[i] - f[i])^2   line.expr:6 */
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double t = y[i] - f[i];
        sum += t * t;
    }
    return 0.5 * ((double)data->n_total / (double)n) * sum;
}

/* The loss and its gradient in one sweep. */
double line_loss_grad(const struct line_params *params, const struct line_data *data,
                      struct line_params *gradient, double *work)
{
    const ptrdiff_t n = data->n;
    const double *const x = data->x;
    const double *const y = data->y;
    double *const df = work; /* takes the place of f */
    const double loss = line_loss(params, data, work);
    const double scale = (double)data->n_total / (double)n;

    /* df[i] = -(y[i] - f[i])   line.expr:6 */
    for (ptrdiff_t i = 0; i < n; i++)
        df[i] = -scale * (y[i] - df[i]);

    /* dL/dw = sum[i] df[i]*x[i]   line.expr:5 */
    double dw = 0.0;
    for (ptrdiff_t i = 0; i < n; i++)
        dw += df[i] * x[i];
    gradient->w = dw;

    /* dL/db = sum[i] df[i]   line.expr:5 */
    double db = 0.0;
    for (ptrdiff_t i = 0; i < n; i++)
        db += df[i];
    gradient->b = db;
    return loss;
}

/* gd: theta := theta - rate*g */
static void line_gd(ptrdiff_t count, double *theta, const double *g, double rate)
{
    for (ptrdiff_t i = 0; i < count; i++)
        theta[i] -= rate * g[i];
}

/* One step of descent; returns the loss before it. */
double line_step(struct line_params *params, struct line_state *state, const struct line_data *data,
                 double *work, double rate)
{
    struct line_params *const gradient = &state->gradient;
    const double loss = line_loss_grad(params, data, gradient, work);

    line_gd(1, &params->w, &gradient->w, rate);
    line_gd(1, &params->b, &gradient->b, rate);
    return loss;
}

/* ---- The trainer: the same for every model; in an emitted file its text stands here. ---- */

typedef double real;

#include "all.c"

/* ---- What the trainer needs to know about this model. ---- */

enum { line_dimension_n };

static const struct trainer_dimension line_dimensions[] = {
    {"n", TRAINER_NONE},
};

static const struct trainer_input line_inputs[] = {
    {"x", "line.csv", TRAINER_NONE, 1, {line_dimension_n}},
    {"y", "line.csv", TRAINER_NONE, 1, {line_dimension_n}},
};

static void line_glue_set_data(void *object, const struct trainer_rows *rows)
{
    struct line_data *data = (struct line_data *)object;
    data->n = rows->sizes[line_dimension_n];
    data->n_total = rows->total;
    data->x = rows->inputs[0].numbers;
    data->y = rows->inputs[1].numbers;
}

static size_t line_glue_workspace(const void *data)
{
    return line_workspace_size((const struct line_data *)data);
}

static void line_glue_describe_parameters(void *object, const void *data,
                                          struct trainer_field *fields)
{
    struct line_params *params = (struct line_params *)object;
    (void)data;
    fields[0].name = "w";
    fields[0].rank = 0;
    fields[0].values = &params->w;
    fields[1].name = "b";
    fields[1].rank = 0;
    fields[1].values = &params->b;
}

static void line_glue_start(void *params, void *state, const void *data, uint64_t seed)
{
    line_init((struct line_params *)params, (struct line_state *)state,
              (const struct line_data *)data, seed);
}

static double line_glue_loss(const void *params, const void *data, double *work)
{
    return line_loss((const struct line_params *)params, (const struct line_data *)data, work);
}

static double line_glue_loss_gradient(const void *params, const void *data, void *gradient,
                                      double *work)
{
    return line_loss_grad((const struct line_params *)params, (const struct line_data *)data,
                          (struct line_params *)gradient, work);
}

static double line_glue_step(void *params, void *state, const void *data, double *work, double rate)
{
    return line_step((struct line_params *)params, (struct line_state *)state,
                     (const struct line_data *)data, work, rate);
}

static void *line_glue_gradient(void *state)
{
    return &((struct line_state *)state)->gradient;
}

static const struct trainer_objective line_objectives[] = {
    {
        "loss", /* name */
        false,  /* maximize */
        1e-4,   /* rate */
        0.0,    /* stop */
        line_glue_loss,
        line_glue_loss_gradient,
        line_glue_step,
        line_glue_gradient,
    },
};

static const struct trainer_model line_model = {
    "line",
    /* the data */
    line_dimensions,
    1,
    line_dimension_n, /* the rows */
    line_inputs,
    2,
    sizeof(struct line_data),
    line_glue_set_data,
    line_glue_workspace,
    /* the parameters and the state */
    {sizeof(struct line_params), NULL, NULL},
    2,
    line_glue_describe_parameters,
    {sizeof(struct line_state), NULL, NULL},
    line_glue_start,
    /* the training */
    line_objectives,
    1,
    0,    /* batch */
    0,    /* epochs */
    2000, /* steps */
    0.0,  /* holdout */
    /* the reports */
    NULL,
    0,
    NULL,
    /* the outputs */
    {0, NULL, NULL},
    0,
    NULL,
    NULL,
};

int main(int argument_count, char **arguments)
{
    return trainer_main(&line_model, argument_count, arguments);
}
