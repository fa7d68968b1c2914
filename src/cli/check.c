#include "base/file.h"
#include "cli/compile.h"
#include "cli/jit.h"
#include "emit/emit.h"
#include "equations/fold.h"
#include "equations/interpret.h"
#include "model/gradient.h"
#include "plan/loops.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define DERIVATIVE_TOLERANCE 1e-7 /* relative to the derivative along the direction */
#define EMITTED_TOLERANCE 1e-12   /* relative to the largest entry of the tensor */
#define POINTS 3                  /* random points that every objective is checked at */
#define DIRECTIONS 3              /* random directions a parameter and point */
#define ROWS 7                    /* of made-up data */
#define SIZE_UNKNOWN 5            /* of other dimensions that the data decides */

/* One objective at one point: data, parameters, and what interpreter and C make of them. */
struct checker {
    struct session *session;
    struct model *model;
    const struct objective *objective;
    struct gradient *gradient;
    struct program *loss_only;
    struct interpreter *interpreter; /* of loss and gradient */
    long *sizes;
    uint64_t random;
    double worst_derivative, worst_emitted;
    struct text *text;
    bool failed;
};

/* ---- Random numbers: splitmix64, so that a check is the same each time ---- */

static double uniform(struct checker *checker)
{
    uint64_t z = checker->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double around_zero(struct checker *checker)
{
    return 2 * uniform(checker) - 1;
}

/* ---- The point ---- */

static void choose_sizes(struct checker *checker)
{
    const struct model *model = checker->model;
    checker->sizes =
        ARENA_ARRAY(checker->session->arena, long, (size_t)graph_dimension_count(model->graph) + 1);
    for (size_t i = 0; i < model->dimension_count; i++) {
        const struct dimension *dimension = model->dimensions[i];
        checker->sizes[dimension->id] = dimension->known  ? dimension->value
                                        : dimension->rows ? ROWS
                                                          : SIZE_UNKNOWN;
    }
}

static double *values_of(struct checker *checker, const struct tensor *tensor, size_t *count)
{
    return interpreter_values(checker->interpreter, tensor, count);
}

static void make_up_data(struct checker *checker)
{
    for (size_t i = 0; i < checker->model->input_count; i++) {
        const struct tensor *tensor = checker->model->inputs[i].tensor;
        size_t count;
        double *values = values_of(checker, tensor, &count);
        for (size_t k = 0; k < count; k++) {
            values[k] = 0.1 + 0.9 * uniform(checker);
            if (tensor->class_count != NULL) {
                long classes = interpreter_evaluate_size(checker->interpreter, tensor->class_count);
                values[k] = floor((double)classes * uniform(checker));
            }
        }
    }
}

/* Starts at the model's own start, shaken, so that the point lies where the model is meant to. */
static double around_start(struct checker *checker, const struct parameter *parameter)
{
    double start = 0, lower = -INFINITY, upper = INFINITY;
    if (parameter->start != NULL &&
        !node_constant(checker->model->graph, parameter->start, &start)) {
        start = 0;
    }
    if (parameter->lower != NULL) {
        node_constant(checker->model->graph, parameter->lower, &lower);
    }
    if (parameter->upper != NULL) {
        node_constant(checker->model->graph, parameter->upper, &upper);
    }
    double value = start * (1 + 0.2 * around_zero(checker)) + 0.3 * around_zero(checker);
    if (value <= lower || value >= upper) {
        double low = isfinite(lower) ? lower : start - 1,
               high = isfinite(upper) ? upper : start + 1;
        value = low + (high - low) * (0.25 + 0.5 * uniform(checker));
    }
    return value;
}

/* A step of training, on all rows, with the random numbers of one draw. */
static void set_inputs(const struct model *model, struct interpreter *interpreter)
{
    const struct tensor *inputs[] = {model->draw_number, model->training, model->row_scale};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        size_t count;
        if (inputs[i] != NULL) {
            interpreter_values(interpreter, inputs[i], &count)[0] = 1;
        }
    }
}

static void make_up_parameters(struct checker *checker)
{
    for (size_t i = 0; i < checker->model->parameter_count; i++) {
        const struct parameter *parameter = &checker->model->parameters[i];
        size_t count;
        double *values = values_of(checker, parameter->tensor, &count);
        for (size_t k = 0; k < count; k++) {
            values[k] = around_start(checker, parameter);
        }
    }
    set_inputs(checker->model, checker->interpreter);
}

/* ---- Numeric derivatives ---- */

/* The loss with one parameter moved by `step` along `direction`. */
static double loss_at(struct checker *checker, const struct tensor *parameter,
                      const double *direction, double step)
{
    size_t count;
    struct interpreter *moved =
        interpreter_create(checker->session->arena, checker->loss_only, checker->sizes,
                           graph_dimension_count(checker->model->graph));
    for (size_t i = 0; i < checker->model->input_count; i++) {
        const struct tensor *tensor = checker->model->inputs[i].tensor;
        const double *values = values_of(checker, tensor, &count);
        memcpy(interpreter_values(moved, tensor, &count), values, count * sizeof values[0]);
    }
    for (size_t i = 0; i < checker->model->parameter_count; i++) {
        const struct tensor *tensor = checker->model->parameters[i].tensor;
        const double *values = values_of(checker, tensor, &count);
        double *target = interpreter_values(moved, tensor, &count);
        for (size_t k = 0; k < count; k++) {
            target[k] = values[k] + (tensor == parameter ? step * direction[k] : 0);
        }
    }
    set_inputs(checker->model, moved);
    interpreter_run(moved);
    return *interpreter_values(moved, checker->objective->loss, &count);
}

/* Central differences extrapolated twice (Richardson): the error falls as step^6. */
static double numeric_derivative(struct checker *checker, const struct tensor *parameter,
                                 const double *direction, double step)
{
    double differences[3];
    for (int i = 0; i < 3; i++) {
        double h = step / (1 << i);
        differences[i] = (loss_at(checker, parameter, direction, h) -
                          loss_at(checker, parameter, direction, -h)) /
                         (2 * h);
    }
    double first = (4 * differences[1] - differences[0]) / 3;
    double second = (4 * differences[2] - differences[1]) / 3;
    return (16 * second - first) / 15;
}

static double relative(double value, double reference, double scale)
{
    if (isnan(value) && isnan(reference)) {
        return 0;
    }
    double size = fmax(fabs(reference), scale);
    double error = fabs(value - reference);
    return error == 0 ? 0 : error / (size > 0 ? size : 1);
}

/* A step too large crosses kinks, one too small drowns in rounding: the best of several counts. */
static double derivative_error(struct checker *checker, const struct tensor *parameter,
                               const double *slope, size_t count)
{
    double *direction = ARENA_ARRAY(checker->session->arena, double, count);
    double along = 0, size = 0, best = INFINITY;
    for (size_t k = 0; k < count; k++) {
        direction[k] = around_zero(checker);
        along += slope[k] * direction[k];
        size += fabs(slope[k] * direction[k]);
    }
    for (double step = 0.03; step > 1e-6 && !(best < DERIVATIVE_TOLERANCE / 10); step /= 4) {
        double error =
            relative(numeric_derivative(checker, parameter, direction, step), along, size);
        best = error < best || isnan(error) ? error : best;
    }
    return best;
}

static void check_derivatives(struct checker *checker, size_t number)
{
    const struct tensor *parameter = checker->objective->over[number];
    size_t count;
    const double *slope = values_of(checker, checker->gradient->adjoints[number], &count);
    for (int i = 0; i < DIRECTIONS; i++) {
        double error = derivative_error(checker, parameter, slope, count);
        if (!(error <= checker->worst_derivative)) {
            checker->worst_derivative = error;
        }
    }
}

/* ---- The emitted C ---- */

typedef int jit_function(const ptrdiff_t *sizes, double *const *params, const double *const *reals,
                         const int *const *wholes, double *loss, double *const *gradients);

/* Everything laid out as the emitted function takes it. */
struct call {
    ptrdiff_t *sizes;
    double **params, **gradients;
    const double **reals;
    const int **wholes;
};

static struct call lay_out(struct checker *checker)
{
    const struct model *model = checker->model;
    struct arena *arena = checker->session->arena;
    struct call call = {.sizes = ARENA_ARRAY(arena, ptrdiff_t, model->dimension_count + 1),
                        .params = ARENA_ARRAY(arena, double *, model->parameter_count + 1),
                        .gradients = ARENA_ARRAY(arena, double *, model->parameter_count + 1),
                        .reals = ARENA_ARRAY(arena, const double *, model->input_count + 1),
                        .wholes = ARENA_ARRAY(arena, const int *, model->input_count + 1)};
    size_t count, reals = 0, wholes = 0;
    for (size_t i = 0; i < model->dimension_count; i++) {
        call.sizes[i] = checker->sizes[model->dimensions[i]->id];
    }
    for (size_t i = 0; i < model->parameter_count; i++) {
        call.params[i] = values_of(checker, model->parameters[i].tensor, &count);
        call.gradients[i] = ARENA_ARRAY(arena, double, count + 1);
    }
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        const double *values = values_of(checker, tensor, &count);
        if (tensor->class_count == NULL) {
            call.reals[reals++] = values;
            continue;
        }
        int *labels = ARENA_ARRAY(arena, int, count + 1);
        for (size_t k = 0; k < count; k++) {
            labels[k] = (int)values[k];
        }
        call.wholes[wholes++] = labels;
    }
    return call;
}

static void compare(struct checker *checker, const double *emitted, const double *judged,
                    size_t count)
{
    double scale = 0;
    for (size_t k = 0; k < count; k++) {
        scale = fmax(scale, fabs(judged[k]));
    }
    for (size_t k = 0; k < count; k++) {
        double error = relative(emitted[k], judged[k], scale);
        if (!(error <= checker->worst_emitted)) {
            checker->worst_emitted = error;
        }
    }
}

static void check_emitted(struct checker *checker, jit_function *function)
{
    const struct model *model = checker->model;
    struct call call = lay_out(checker);
    double loss = 0;
    size_t count;
    if (function(call.sizes, call.params, call.reals, call.wholes, &loss, call.gradients) != 0) {
        checker->failed = true;
        session_failure("the emitted code ran out of memory");
        return;
    }
    compare(checker, &loss, values_of(checker, checker->objective->loss, &count), 1);
    for (size_t i = 0; i < checker->objective->over_count; i++) {
        const double *judged = values_of(checker, checker->gradient->adjoints[i], &count);
        for (size_t k = 0; k < model->parameter_count; k++) {
            if (model->parameters[k].tensor == checker->objective->over[i]) {
                compare(checker, call.gradients[k], judged, count);
            }
        }
    }
}

/* ---- One objective ---- */

static void check_point(struct checker *checker, jit_function *function, double *derivatives)
{
    checker->interpreter =
        interpreter_create(checker->session->arena, checker->gradient->program, checker->sizes,
                           graph_dimension_count(checker->model->graph));
    make_up_data(checker);
    make_up_parameters(checker);
    interpreter_run(checker->interpreter);
    for (size_t i = 0; i < checker->objective->over_count; i++) {
        checker->worst_derivative = derivatives[i];
        check_derivatives(checker, i);
        derivatives[i] = checker->worst_derivative;
    }
    check_emitted(checker, function);
}

static void report_line(struct checker *checker, const char *what, double error, double tolerance)
{
    bool holds = error <= tolerance;
    checker->failed = checker->failed || !holds;
    text_format(checker->text, "%-32s %8.1e  %s\n", what, error, holds ? "ok" : "FAILED");
}

/* What every pass relies on holds for what the passes made. */
static bool verify(struct checker *checker)
{
    const struct gradient *gradient = checker->gradient;
    const char *wrong = program_verify(gradient->program);
    if (wrong == NULL) {
        wrong = plan_verify(plan_create(gradient->program, gradient->adjoints, gradient->count));
    }
    if (wrong != NULL) {
        session_failure("internal error: %s", wrong);
    }
    return wrong == NULL;
}

static bool check_objective(struct checker *checker, struct jit *jit, size_t number)
{
    struct arena *arena = checker->session->arena;
    const struct objective *objective = checker->objective;
    const char *name = number == 0 ? "model_jit" : arena_format(arena, "model_jit_%zu", number + 1);
    jit_function *function;
    void *address = jit_find(jit, name);
    if (address == NULL) {
        return false;
    }
    memcpy(&function, &address, sizeof function);
    checker->gradient =
        gradient_create(checker->model, objective->loss, objective->over, objective->over_count,
                        ROW_SUMS_PLAIN, checker->session->diagnostics);
    struct gradient *loss = gradient_create(checker->model, objective->loss, NULL, 0,
                                            ROW_SUMS_PLAIN, checker->session->diagnostics);
    if (checker->gradient == NULL || loss == NULL) {
        return false;
    }
    checker->loss_only = loss->program;
    if (!verify(checker)) {
        return false;
    }
    double *derivatives = ARENA_ARRAY(arena, double, objective->over_count + 1);
    for (int i = 0; i < POINTS; i++) {
        check_point(checker, function, derivatives);
    }
    for (size_t i = 0; i < objective->over_count; i++) {
        report_line(
            checker,
            arena_format(arena, "d %s / d %s", objective->loss->name, objective->over[i]->name),
            derivatives[i], DERIVATIVE_TOLERANCE);
    }
    report_line(checker, arena_format(arena, "%s, C and interpreter", objective->loss->name),
                checker->worst_emitted, EMITTED_TOLERANCE);
    return true;
}

/* The emitted trainer checks its own gradient on the model's data, where that is there. */
static int check_on_data(struct session *session, struct model *model)
{
    bool there = model->input_count > 0;
    for (size_t i = 0; i < model->input_count; i++) {
        size_t length;
        const char *reason;
        there = there && model->inputs[i].file != NULL &&
                file_read(session->arena, model->inputs[i].file, &length, &reason) != NULL;
    }
    if (!there) {
        return STATUS_DONE;
    }
    size_t length;
    char *text = session_emit(session, model, &length);
    const char *directory = text == NULL ? NULL : scratch_create(session);
    if (directory == NULL) {
        return text == NULL ? session_report(session) : STATUS_SYSTEM;
    }
    int status = STATUS_SYSTEM;
    const char *program = compile_c(session, directory, "model", text, length, false);
    if (program != NULL) {
        const char *arguments[] = {program, "--check", "--quiet", NULL};
        status = run_program(session, arguments);
    }
    scratch_remove(session, directory);
    return status < 0 ? STATUS_SYSTEM : status;
}

static int check_model(struct session *session, struct model *model)
{
    struct emit_options options = {
        .name = "model", .what = EMIT_JIT, .model_path = model->source->name};
    size_t length;
    char *text = emit_model(model, &options, session->diagnostics, &length);
    if (text == NULL) {
        return session_report(session);
    }
    struct jit *jit = jit_load(session, text, length);
    if (jit == NULL) {
        return STATUS_SYSTEM;
    }
    struct text report = text_create(session->arena);
    bool failed = false, complete = true;
    for (size_t i = 0; i < model->objective_count && complete; i++) {
        struct checker checker = {.session = session,
                                  .model = model,
                                  .objective = &model->objectives[i],
                                  .random = 1,
                                  .text = &report};
        choose_sizes(&checker);
        complete = check_objective(&checker, jit, i);
        failed = failed || checker.failed;
    }
    jit_unload(jit);
    if (!complete) {
        int status = session_report(session);
        return status == STATUS_DONE ? STATUS_SYSTEM : status;
    }
    int status = session_write(session, report.bytes, report.length);
    return status == STATUS_DONE && failed ? STATUS_FAILED : status;
}

int command_check(struct session *session)
{
    int status;
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    if (model->objective_count == 0) {
        return session_usage("the model minimizes nothing: there is no derivative to check");
    }
    status = check_model(session, model);
    return status == STATUS_DONE ? check_on_data(session, model) : status;
}
