/* digits.c - trains the model digits.expr; made by symgrad, needs only a C99 compiler and libm.
 *
 *     cc -O2 digits.c -lm -o digits && ./digits --data x,label=FILE.csv
 *
 * The model
 *
 *     dim   d = 64, h = 32, k = 10
 *     data  x[n,d], label[n] in k from "digits.csv"
 *     param W[h,d] ~ glorot, a[h], V[k,h] ~ glorot, b[k]
 *     z[i,j] = relu(sum[l] W[j,l]*x[i,l]/16 + a[j])
 *     p[i,c] = softmax[c] (sum[j] V[c,j]*z[i,j] + b[c])
 *     loss   = mean[i] -log(p[i,label[i]])
 *     minimize loss with adam(rate = 1e-3), batch = 32, epochs = 50, holdout = 0.2
 *     report accuracy = mean[i] (argmax(p[i]) == label[i])
 *     output p
 *
 * Memory, in doubles
 *
 *     parameters     2410       W 2048, a 32, V 320, b 10
 *     state          7230       gradient and two moments
 *     workspace      84*n       z 32, dz 32, s 10, ds 10; n: the rows of a batch or report
 *
 * Operations, a row       loss: 4.9e3     loss and gradient: 1.0e4
 *
 * Kinks
 *
 *     relu at 0       digits.expr:5     value 0, derivative 0
 *     argmax, a tie   digits.expr:9     the first one counts
 */
#include "platform.h" /* in an emitted file the texts of these stand here */
#include "random.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { digits_d = 64, digits_h = 32, digits_k = 10 };

/* What is learnt. */
struct digits_params {
    double W[2048]; /* W[h,d] */
    double a[32];   /* a[h] */
    double V[320];  /* V[k,h] */
    double b[10];   /* b[k] */
};

/* What is read: n rows, which stand for n_total. */
struct digits_data {
    ptrdiff_t n;
    ptrdiff_t n_total;
    const double *x;  /* x[n,d] */
    const int *label; /* label[n] in k */
};

/* What the optimiser keeps between steps. */
struct digits_state {
    struct digits_params gradient;
    struct digits_params m;
    struct digits_params v;
    ptrdiff_t steps;
};

/* What is written by predict. */
struct digits_outputs {
    double *p; /* p[n,k] */
};

size_t digits_workspace_size(const struct digits_data *data);
void digits_init(struct digits_params *params, struct digits_state *state,
                 const struct digits_data *data, uint64_t seed);
double digits_loss(const struct digits_params *params, const struct digits_data *data,
                   double *work);
double digits_loss_grad(const struct digits_params *params, const struct digits_data *data,
                        struct digits_params *gradient, double *work);
double digits_step(struct digits_params *params, struct digits_state *state,
                   const struct digits_data *data, double *work, double rate);
void digits_report(const struct digits_params *params, const struct digits_data *data, double *work,
                   double *values);
void digits_predict(const struct digits_params *params, const struct digits_data *data,
                    double *work, struct digits_outputs *outputs);

/* The number of doubles that `work` must hold; SIZE_MAX: more than can be. */
size_t digits_workspace_size(const struct digits_data *data)
{
    const size_t n = (size_t)data->n;

    if (n > SIZE_MAX / (84 * sizeof(double)))
        return SIZE_MAX;
    return 84 * n;
}

/* The start of the parameters and of the optimiser. */
void digits_init(struct digits_params *params, struct digits_state *state,
                 const struct digits_data *data, uint64_t seed)
{
    struct random random;

    (void)data;
    random_seed(&random, seed, 0);
    memset(params, 0, sizeof *params);
    memset(state, 0, sizeof *state);

    /* W[j,l] ~ uniform(-r, r), r = sqrt(6/(d + h))   digits.expr:3 */
    for (ptrdiff_t i = 0; i < 2048; i++)
        params->W[i] = 0.25 * (2.0 * random_uniform(&random) - 1.0);

    /* V[c,j] ~ uniform(-r, r), r = sqrt(6/(h + k))   digits.expr:3 */
    for (ptrdiff_t i = 0; i < 320; i++)
        params->V[i] = 0.3779644730092272 * (2.0 * random_uniform(&random) - 1.0);
}

/* z[i,j] = relu(sum[l] W[j,l]*x[i,l]/16 + a[j])   digits.expr:5 */
static void digits_define_z(const struct digits_params *params, const struct digits_data *data,
                            double *z)
{
    const ptrdiff_t n = data->n;
    const double *const x = data->x;
    const double *const W = params->W;
    const double *const a = params->a;

    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < 32; j++) {
            double sum = 0.0;
            for (ptrdiff_t l = 0; l < 64; l++)
                sum += W[j * 64 + l] * x[i * 64 + l];
            const double t = sum / 16.0 + a[j];
            z[i * 32 + j] = t <= 0.0 ? 0.0 : t;
        }
}

/* s[i,c] = sum[j] V[c,j]*z[i,j] + b[c]   digits.expr:6 */
static void digits_define_s(const struct digits_params *params, const struct digits_data *data,
                            const double *z, double *s)
{
    const ptrdiff_t n = data->n;
    const double *const V = params->V;
    const double *const b = params->b;

    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t c = 0; c < 10; c++) {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 32; j++)
                sum += V[c * 32 + j] * z[i * 32 + j];
            s[i * 10 + c] = sum + b[c];
        }
}

/* logsumexp[c] s[c], shifted by its maximum */
static double digits_logsumexp(const double *s, ptrdiff_t count)
{
    double largest = s[0];
    for (ptrdiff_t c = 1; c < count; c++)
        if (s[c] > largest)
            largest = s[c];

    double sum = 0.0;
    for (ptrdiff_t c = 0; c < count; c++)
        sum += exp(s[c] - largest);
    return largest + log(sum);
}

/* The loss. */
double digits_loss(const struct digits_params *params, const struct digits_data *data, double *work)
{
    const ptrdiff_t n = data->n;
    const int *const label = data->label;
    double *const z = work;          /* z[n,h] */
    double *const s = work + n * 64; /* s[n,k] */

    digits_define_z(params, data, z);
    digits_define_s(params, data, z, s);

    /* loss = mean[i] logsumexp[c] s[i,c] - s[i,label[i]]   digits.expr:7 */
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++)
        sum += digits_logsumexp(s + i * 10, 10) - s[i * 10 + label[i]];
    return sum / (double)n;
}

/* The loss and its gradient in one sweep. */
double digits_loss_grad(const struct digits_params *params, const struct digits_data *data,
                        struct digits_params *gradient, double *work)
{
    const ptrdiff_t n = data->n;
    const double *const x = data->x;
    const int *const label = data->label;
    const double *const V = params->V;
    double *const z = work;           /* z[n,h] */
    double *const dz = work + n * 32; /* dL/dz[n,h] */
    double *const s = work + n * 64;  /* s[n,k] */
    double *const ds = work + n * 74; /* dL/ds[n,k] */

    memset(gradient, 0, sizeof *gradient);
    digits_define_z(params, data, z);
    digits_define_s(params, data, z, s);

    /* loss = mean[i] logsumexp[c] s[i,c] - s[i,label[i]]   digits.expr:7
     * ds[i,c] = (softmax[c] s[i,c] - (c == label[i]))/n    digits.expr:7 */
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double t = digits_logsumexp(s + i * 10, 10);
        sum += t - s[i * 10 + label[i]];
        for (ptrdiff_t c = 0; c < 10; c++)
            ds[i * 10 + c] = (exp(s[i * 10 + c] - t) - (c == label[i] ? 1.0 : 0.0)) / (double)n;
    }

    /* dL/dV[c,j] = sum[i] ds[i,c]*z[i,j]   digits.expr:6 */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t c = 0; c < 10; c++)
            for (ptrdiff_t j = 0; j < 32; j++)
                gradient->V[c * 32 + j] += ds[i * 10 + c] * z[i * 32 + j];

    /* dL/db[c] = sum[i] ds[i,c]   digits.expr:6 */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t c = 0; c < 10; c++)
            gradient->b[c] += ds[i * 10 + c];

    /* dz[i,j] = if z[i,j] > 0 then sum[c] V[c,j]*ds[i,c] else 0   digits.expr:6 */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < 32; j++) {
            double t = 0.0;
            if (z[i * 32 + j] > 0.0)
                for (ptrdiff_t c = 0; c < 10; c++)
                    t += V[c * 32 + j] * ds[i * 10 + c];
            dz[i * 32 + j] = t;
        }

    /* dL/dW[j,l] = sum[i] dz[i,j]*x[i,l]/16   digits.expr:5 */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < 32; j++)
            for (ptrdiff_t l = 0; l < 64; l++)
                gradient->W[j * 64 + l] += dz[i * 32 + j] * x[i * 64 + l] / 16.0;

    /* dL/da[j] = sum[i] dz[i,j]   digits.expr:5 */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < 32; j++)
            gradient->a[j] += dz[i * 32 + j];

    return sum / (double)n;
}

/* adam: m := 0.9*m + 0.1*g; v := 0.999*v + 0.001*g^2
 *       theta := theta - rate*(m/(1 - 0.9^t))/(sqrt(v/(1 - 0.999^t)) + 1e-8) */
static void digits_adam(ptrdiff_t count, double *theta, const double *g, double *m, double *v,
                        double t, double rate)
{
    const double m_share = 1.0 - pow(0.9, t);
    const double v_share = 1.0 - pow(0.999, t);

    for (ptrdiff_t i = 0; i < count; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        theta[i] -= rate * (m[i] / m_share) / (sqrt(v[i] / v_share) + 1e-8);
    }
}

/* One step of descent; returns the loss before it. */
double digits_step(struct digits_params *params, struct digits_state *state,
                   const struct digits_data *data, double *work, double rate)
{
    struct digits_params *const g = &state->gradient;
    struct digits_params *const m = &state->m;
    struct digits_params *const v = &state->v;
    const double loss = digits_loss_grad(params, data, g, work);
    const double t = (double)++state->steps;

    digits_adam(2048, params->W, g->W, m->W, v->W, t, rate);
    digits_adam(32, params->a, g->a, m->a, v->a, t, rate);
    digits_adam(320, params->V, g->V, m->V, v->V, t, rate);
    digits_adam(10, params->b, g->b, m->b, v->b, t, rate);
    return loss;
}

/* The reports, in the order of the model. */
void digits_report(const struct digits_params *params, const struct digits_data *data, double *work,
                   double *values)
{
    const ptrdiff_t n = data->n;
    const int *const label = data->label;
    double *const z = work;          /* z[n,h] */
    double *const s = work + n * 64; /* s[n,k] */

    digits_define_z(params, data, z);
    digits_define_s(params, data, z, s);

    /* accuracy = mean[i] (argmax(p[i]) == label[i])   digits.expr:9 */
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t best = 0;
        for (ptrdiff_t c = 1; c < 10; c++)
            if (s[i * 10 + c] > s[i * 10 + best])
                best = c;
        sum += best == label[i] ? 1.0 : 0.0;
    }
    values[0] = sum / (double)n;
}

/* The outputs. */
void digits_predict(const struct digits_params *params, const struct digits_data *data,
                    double *work, struct digits_outputs *outputs)
{
    const ptrdiff_t n = data->n;
    double *const z = work;          /* z[n,h] */
    double *const s = work + n * 64; /* s[n,k] */
    double *const p = outputs->p;

    digits_define_z(params, data, z);
    digits_define_s(params, data, z, s);

    /* p[i,c] = softmax[c] s[i,c]   digits.expr:6 */
    for (ptrdiff_t i = 0; i < n; i++) {
        const double t = digits_logsumexp(s + i * 10, 10);
        for (ptrdiff_t c = 0; c < 10; c++)
            p[i * 10 + c] = exp(s[i * 10 + c] - t);
    }
}

/* ---- The trainer: the same for every model; in an emitted file its text stands here. ---- */

typedef double real;

#include "all.c"

/* ---- What the trainer needs to know about this model. ---- */

enum { digits_dimension_d, digits_dimension_h, digits_dimension_k, digits_dimension_n };

static const struct trainer_dimension digits_dimensions[] = {
    {"d", 64},
    {"h", 32},
    {"k", 10},
    {"n", TRAINER_NONE},
};

static const struct trainer_input digits_inputs[] = {
    {"x", "digits.csv", TRAINER_NONE, 2, {digits_dimension_n, digits_dimension_d}},
    {"label", "digits.csv", digits_dimension_k, 1, {digits_dimension_n}},
};

static void digits_glue_set_data(void *object, const struct trainer_rows *rows)
{
    struct digits_data *data = (struct digits_data *)object;
    data->n = rows->sizes[digits_dimension_n];
    data->n_total = rows->total;
    data->x = rows->inputs[0].numbers;
    data->label = rows->inputs[1].labels;
}

static size_t digits_glue_workspace(const void *data)
{
    return digits_workspace_size((const struct digits_data *)data);
}

static void digits_glue_describe_parameters(void *object, const void *data,
                                            struct trainer_field *fields)
{
    struct digits_params *params = (struct digits_params *)object;
    (void)data;
    fields[0].name = "W";
    fields[0].rank = 2;
    fields[0].extent[0] = 32;
    fields[0].extent[1] = 64;
    fields[0].values = params->W;
    fields[1].name = "a";
    fields[1].rank = 1;
    fields[1].extent[0] = 32;
    fields[1].values = params->a;
    fields[2].name = "V";
    fields[2].rank = 2;
    fields[2].extent[0] = 10;
    fields[2].extent[1] = 32;
    fields[2].values = params->V;
    fields[3].name = "b";
    fields[3].rank = 1;
    fields[3].extent[0] = 10;
    fields[3].values = params->b;
}

static void digits_glue_start(void *params, void *state, const void *data, uint64_t seed)
{
    digits_init((struct digits_params *)params, (struct digits_state *)state,
                (const struct digits_data *)data, seed);
}

static double digits_glue_loss(const void *params, const void *data, double *work)
{
    return digits_loss((const struct digits_params *)params, (const struct digits_data *)data,
                       work);
}

static double digits_glue_loss_gradient(const void *params, const void *data, void *gradient,
                                        double *work)
{
    return digits_loss_grad((const struct digits_params *)params, (const struct digits_data *)data,
                            (struct digits_params *)gradient, work);
}

static double digits_glue_step(void *params, void *state, const void *data, double *work,
                               double rate)
{
    return digits_step((struct digits_params *)params, (struct digits_state *)state,
                       (const struct digits_data *)data, work, rate);
}

static void *digits_glue_gradient(void *state)
{
    return &((struct digits_state *)state)->gradient;
}

static void digits_glue_report(const void *params, const void *data, double *work, double *values)
{
    digits_report((const struct digits_params *)params, (const struct digits_data *)data, work,
                  values);
}

/* The numbers that the outputs need; SIZE_MAX: more than can be. */
static size_t digits_glue_output_reals(const void *object)
{
    const struct digits_data *data = (const struct digits_data *)object;
    size_t reals = 0;
    reals = memory_sum(reals, memory_product((size_t)data->n, 10));
    return reals;
}

static void digits_glue_place_outputs(void *object, const void *opaque, real *storage)
{
    const struct digits_data *data = (const struct digits_data *)opaque;
    struct digits_outputs *outputs = (struct digits_outputs *)object;
    outputs->p = storage;
    storage += data->n * 10;
    (void)storage;
}

static void digits_glue_describe_outputs(void *object, const void *opaque,
                                         struct trainer_field *fields)
{
    const struct digits_data *data = (const struct digits_data *)opaque;
    struct digits_outputs *outputs = (struct digits_outputs *)object;
    fields[0].name = "p";
    fields[0].rank = 2;
    fields[0].extent[0] = data->n;
    fields[0].extent[1] = 10;
    fields[0].values = outputs->p;
}

static void digits_glue_predict(const void *params, const void *data, double *work, void *outputs)
{
    digits_predict((const struct digits_params *)params, (const struct digits_data *)data, work,
                   (struct digits_outputs *)outputs);
}

static const struct trainer_objective digits_objectives[] = {
    {
        "loss", /* name */
        false,  /* maximize */
        1e-3,   /* rate */
        0.0,    /* stop */
        digits_glue_loss,
        digits_glue_loss_gradient,
        digits_glue_step,
        digits_glue_gradient,
    },
};

static const char *const digits_report_names[] = {"accuracy"};

static const struct trainer_model digits_model = {
    "digits",
    /* the data */
    digits_dimensions,
    4,
    digits_dimension_n, /* the rows */
    digits_inputs,
    2,
    sizeof(struct digits_data),
    digits_glue_set_data,
    digits_glue_workspace,
    /* the parameters and the state */
    {sizeof(struct digits_params), NULL, NULL},
    4,
    digits_glue_describe_parameters,
    {sizeof(struct digits_state), NULL, NULL},
    digits_glue_start,
    /* the training */
    digits_objectives,
    1,
    32,  /* batch */
    50,  /* epochs */
    0,   /* steps */
    0.2, /* holdout */
    /* the reports */
    digits_report_names,
    1,
    digits_glue_report,
    /* the outputs */
    {sizeof(struct digits_outputs), digits_glue_output_reals, digits_glue_place_outputs},
    1,
    digits_glue_describe_outputs,
    digits_glue_predict,
};

int main(int argument_count, char **arguments)
{
    return trainer_main(&digits_model, argument_count, arguments);
}
