#include "base/file.h"
#include "cli/compile.h"
#include "cli/jit.h"
#include "cli/judge.h"
#include "cli/numeric.h"
#include "cli/point.h"
#include "emit/emit.h"
#include "equations/fold.h"
#include "model/gradient.h"
#include "model/hold.h"
#include "plan/loops.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define DERIVATIVE_TOLERANCE 1e-7 /* relative to the derivative along the direction */
#define EMITTED_TOLERANCE 1e-12   /* relative to the largest entry of the tensor */
#define LEVELS 14                 /* of ever shorter steps for a numeric derivative */
#define SHORT_WAY 1e-6            /* over which a loss with kinks is looked at */
#define SHORT_STEPS 8             /* on it, forwards and backwards */
#define POINTS 3                  /* random points that every objective is checked at */
#define DIRECTIONS 3              /* random directions a parameter and point */
#define ROWS 7                    /* of made-up data */
#define BATCH 2                   /* of the model's own data, where it takes them by the batch */
#define SIZE_UNKNOWN 5            /* of other dimensions that the data decides */

typedef int jit_function(const ptrdiff_t *sizes, double *const *params, const double *const *reals,
                         const int *const *wholes, double *loss, double *const *gradients);

/* A point laid out as the emitted function takes it. The parameters are the interpreter's own:
 * all else is held fixed while they move. */
struct call {
    jit_function *function;
    ptrdiff_t *sizes;
    double **params, **gradients;
    const double **reals;
    const int **wholes;
};

/* The model with its stopped values held fixed, compiled once it is needed. */
struct held {
    bool wanted;         /* differences saw through stop() */
    struct model *model; /* NULL: nothing stops */
    struct jit *jit;     /* NULL: it could not be compiled */
};

/* What the numeric derivatives by one parameter came to. */
struct verdict {
    double worst;            /* difference, of those that the loss has a derivative along */
    int directions, unclear; /* of them beside a kink */
};

/* One objective at one point: data, parameters, and what interpreter and C make of them. */
struct checker {
    struct session *session;
    struct model *model;
    const struct objective *objective;
    struct gradient *gradient;
    const struct tensor **results; /* the loss, and its derivative by each parameter */
    size_t result_count;
    struct interpreter *interpreter; /* of loss and gradient */
    size_t number;                   /* of the objective */
    struct call call;
    struct held *held;
    struct call *held_call; /* at this point; NULL: not laid out */
    long *sizes;
    uint64_t random;
    struct judgement emitted; /* at all points */
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
    point_place_step(checker->model, checker->interpreter);
}

/* ---- The emitted C ---- */

static void lay_out(struct checker *checker, const struct model *model, struct call *call)
{
    struct arena *arena = checker->session->arena;
    call->sizes = ARENA_ARRAY(arena, ptrdiff_t, model->dimension_count + 1);
    call->params = ARENA_ARRAY(arena, double *, model->parameter_count + 1);
    call->gradients = ARENA_ARRAY(arena, double *, model->parameter_count + 1);
    call->reals = ARENA_ARRAY(arena, const double *, model->input_count + 1);
    call->wholes = ARENA_ARRAY(arena, const int *, model->input_count + 1);
    size_t count, reals = 0, wholes = 0;
    for (size_t i = 0; i < model->dimension_count; i++) {
        call->sizes[i] = checker->sizes[model->dimensions[i]->id];
    }
    for (size_t i = 0; i < model->parameter_count; i++) {
        call->params[i] = values_of(checker, model->parameters[i].tensor, &count);
        call->gradients[i] = ARENA_ARRAY(arena, double, count + 1);
    }
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        const double *values = values_of(checker, tensor, &count);
        if (tensor->class_count == NULL) {
            call->reals[reals++] = values;
            continue;
        }
        int *labels = ARENA_ARRAY(arena, int, count + 1);
        for (size_t k = 0; k < count; k++) {
            labels[k] = (int)values[k];
        }
        call->wholes[wholes++] = labels;
    }
}

/* The loss where the parameters are now, by the emitted C; the gradient is left in the call. */
static double run_emitted(struct checker *checker, const struct call *call)
{
    double loss = NAN;
    if (call->function(call->sizes, call->params, call->reals, call->wholes, &loss,
                       call->gradients) != 0 &&
        !checker->failed) {
        checker->failed = true;
        session_failure("the emitted code ran out of memory");
    }
    return loss;
}

/* The interpreter judges the emitted C at the point. */
static void check_emitted(struct checker *checker)
{
    const struct model *model = checker->model;
    const struct objective *objective = checker->objective;
    const double loss = run_emitted(checker, &checker->call);
    const double **emitted =
        ARENA_ARRAY(checker->session->arena, const double *, checker->result_count);
    emitted[0] = &loss;
    for (size_t i = 0; i < objective->over_count; i++) {
        for (size_t k = 0; k < model->parameter_count; k++) {
            if (model->parameters[k].tensor == objective->over[i]) {
                emitted[i + 1] = checker->call.gradients[k];
            }
        }
    }
    judge(checker->interpreter, checker->session->arena, checker->results, emitted,
          checker->result_count, EMITTED_TOLERANCE, &checker->emitted);
}

/* ---- stop() ---- */

static bool compile_objectives(struct session *session, struct model *model, struct jit **jit)
{
    struct emit_options options = {
        .name = "model", .what = EMIT_JIT, .model_path = model->source->name};
    size_t length;
    char *text = emit_model(model, &options, session->diagnostics, &length);
    *jit = text == NULL ? NULL : jit_load(session, text, length);
    return text != NULL;
}

static bool find_function(struct checker *checker, struct jit *jit, struct call *call)
{
    const char *name = checker->number == 0 ? "model_jit"
                                            : arena_format(checker->session->arena, "model_jit_%zu",
                                                           checker->number + 1);
    void *address = jit_find(jit, name);
    memcpy(&call->function, &address, sizeof address);
    return address != NULL;
}

/* A difference sees through stop(), a derivative does not: lays out the loss in which what is
 * stopped is made of the parameters as they are at the point. False where nothing stops. */
static bool hold(struct checker *checker)
{
    struct held *held = checker->held;
    if (!held->wanted) {
        held->wanted = true;
        held->model = model_hold(checker->model);
        if (held->model != NULL) {
            compile_objectives(checker->session, held->model, &held->jit);
        }
    }
    if (held->jit == NULL || checker->held_call != NULL) {
        return held->jit != NULL;
    }
    struct call *call = ARENA_NEW(checker->session->arena, struct call);
    lay_out(checker, held->model, call);
    for (size_t i = 0; i < checker->model->parameter_count; i++) {
        size_t count;
        const double *values = values_of(checker, checker->model->parameters[i].tensor, &count);
        memcpy(call->params[checker->model->parameter_count + i], values, count * sizeof values[0]);
    }
    checker->held_call = call;
    return find_function(checker, held->jit, call);
}

/* ---- Numeric derivatives ---- */

/* A parameter and a direction in which it moves from where it is, for a loss. */
struct way {
    const struct call *call;
    size_t parameter, count;
    const double *start, *direction;
};

/* The loss at a distance from the point; *slope, where wanted, is its derivative along the way. */
static double loss_at(struct checker *checker, const struct way *way, double distance,
                      double *slope)
{
    double *values = way->call->params[way->parameter];
    for (size_t k = 0; k < way->count; k++) {
        values[k] = way->start[k] + distance * way->direction[k];
    }
    const double loss = run_emitted(checker, way->call);
    memcpy(values, way->start, way->count * sizeof values[0]);
    for (size_t k = 0; k < way->count && slope != NULL; k++) {
        *slope =
            (k == 0 ? 0 : *slope) + way->call->gradients[way->parameter][k] * way->direction[k];
    }
    return loss;
}

static double difference(struct checker *checker, const struct way *way, double h)
{
    return (loss_at(checker, way, h, NULL) - loss_at(checker, way, -h, NULL)) / (2 * h);
}

/* How far off a difference of two losses may be by rounding alone. */
static double rounding(struct checker *checker)
{
    size_t count;
    return 8 * DBL_EPSILON * fabs(*values_of(checker, checker->objective->loss, &count));
}

struct estimate {
    double value, error;
};

/* Ridders' method: central differences at ever smaller distances, extrapolated to 0; the entry of
 * the table that agrees best with its neighbours is taken. */
static struct estimate numeric_derivative(struct checker *checker, const struct way *way,
                                          double enough)
{
    struct estimate best = {NAN, INFINITY};
    double row[LEVELS], last[LEVELS], h = 0.03;
    for (int level = 0; level < LEVELS && !(best.error <= enough); level++, h /= 2) {
        double factor = 1;
        row[0] = difference(checker, way, h);
        for (int order = 1; order <= level; order++) {
            factor *= 4;
            row[order] = row[order - 1] + (row[order - 1] - last[order - 1]) / (factor - 1);
            double error =
                fmax(fabs(row[order] - row[order - 1]), fabs(row[order] - last[order - 1])) +
                rounding(checker) / h;
            if (error < best.error) {
                best = (struct estimate){row[order], error};
            }
        }
        memcpy(last, row, sizeof last);
    }
    return best;
}

/* Beside a kink there is no derivative to be had; but over a short way the loss rises by some slope
 * between the smallest and the largest on that way. */
static bool rises_by_its_slopes(struct checker *checker, const struct way *way, double slack)
{
    const double rise = difference(checker, way, SHORT_WAY);
    double smallest = INFINITY, largest = -INFINITY;
    for (int i = -SHORT_STEPS; i <= SHORT_STEPS; i++) {
        double slope = NAN;
        loss_at(checker, way, SHORT_WAY * i / SHORT_STEPS, &slope);
        smallest = fmin(smallest, slope);
        largest = fmax(largest, slope);
    }
    slack += rounding(checker) / SHORT_WAY;
    return rise >= smallest - slack && rise <= largest + slack;
}

/* How far off the derivative `along` the way is; 0, with *unclear, beside a kink. */
static double error_along(struct checker *checker, const struct way *way, double along, double size,
                          bool *unclear)
{
    const double allowed = DERIVATIVE_TOLERANCE * size;
    const struct estimate numeric = numeric_derivative(checker, way, allowed / 10);
    const double error = relative_error(numeric.value, along, size);
    *unclear = !(error <= DERIVATIVE_TOLERANCE) && isfinite(along) &&
               rises_by_its_slopes(checker, way, allowed);
    return *unclear ? 0 : error;
}

static void check_direction(struct checker *checker, struct way way, const double *slope,
                            struct verdict *verdict)
{
    double along = 0, size = 0;
    for (size_t k = 0; k < way.count; k++) {
        along += slope[k] * way.direction[k];
        size += fabs(slope[k] * way.direction[k]);
    }
    bool unclear;
    double error = error_along(checker, &way, along, size, &unclear);
    if (!(error <= DERIVATIVE_TOLERANCE) && hold(checker)) {
        way.call = checker->held_call;
        error = error_along(checker, &way, along, size, &unclear);
    }
    /* A loss that jumps where values are equal but for rounding has no slope there. */
    if (!(error <= DERIVATIVE_TOLERANCE) && !unclear &&
        rounding_moves(checker->interpreter, checker->session->arena, checker->results,
                       checker->result_count, DERIVATIVE_TOLERANCE)) {
        unclear = true;
        error = 0;
    }
    verdict->directions++;
    verdict->unclear += unclear;
    if (!(error <= verdict->worst)) {
        verdict->worst = error;
    }
}

static void check_derivatives(struct checker *checker, size_t number, struct verdict *verdict)
{
    const struct tensor *parameter = checker->objective->over[number];
    struct arena *arena = checker->session->arena;
    size_t count, place = 0;
    while (checker->model->parameters[place].tensor != parameter) {
        place++;
    }
    const double *slope = values_of(checker, checker->gradient->adjoints[number], &count);
    double *start = ARENA_ARRAY(arena, double, count),
           *direction = ARENA_ARRAY(arena, double, count);
    memcpy(start, checker->call.params[place], count * sizeof start[0]);
    for (int i = 0; i < DIRECTIONS; i++) {
        for (size_t k = 0; k < count; k++) {
            direction[k] = around_zero(checker);
        }
        const struct way way = {&checker->call, place, count, start, direction};
        check_direction(checker, way, slope, verdict);
    }
}

/* ---- One objective ---- */

static void check_point(struct checker *checker, struct verdict *verdicts)
{
    checker->held_call = NULL;
    checker->interpreter =
        interpreter_create(checker->session->arena, checker->gradient->program, checker->sizes,
                           graph_dimension_count(checker->model->graph));
    make_up_data(checker);
    make_up_parameters(checker);
    interpreter_run(checker->interpreter);
    lay_out(checker, checker->model, &checker->call);
    check_emitted(checker);
    for (size_t i = 0; i < checker->objective->over_count; i++) {
        check_derivatives(checker, i, &verdicts[i]);
    }
}

static void report_line(struct checker *checker, const char *what, double error, double tolerance,
                        const char *remark)
{
    bool holds = error <= tolerance;
    checker->failed = checker->failed || !holds;
    text_format(checker->text, "%-32s %8.1e  %s%s\n", what, error, holds ? "ok" : "FAILED", remark);
}

static void report_derivative(struct checker *checker, size_t number, const struct verdict *verdict)
{
    struct arena *arena = checker->session->arena;
    const struct objective *objective = checker->objective;
    const char *remark = verdict->unclear == 0
                             ? ""
                             : arena_format(arena, ", %d of %d directions beside a kink",
                                            verdict->unclear, verdict->directions);
    report_line(
        checker,
        arena_format(arena, "d %s / d %s", objective->loss->name, objective->over[number]->name),
        verdict->worst, DERIVATIVE_TOLERANCE, remark);
}

/* What every pass relies on holds for what the passes made. */
static bool verify(struct checker *checker)
{
    struct gradient planned = *checker->gradient;
    const char *wrong = program_verify(planned.program);
    if (wrong == NULL &&
        gradient_checkpoint(checker->model, &planned, checker->session->diagnostics)) {
        wrong = program_verify(planned.program);
    }
    if (wrong == NULL) {
        wrong = plan_verify(
            plan_create_parallel(planned.program, planned.adjoints, planned.count, PLAN_GRAIN));
    }
    if (wrong != NULL) {
        session_failure("internal error: %s", wrong);
    }
    return wrong == NULL;
}

static void find_results(struct checker *checker)
{
    size_t count = checker->objective->over_count + 1;
    checker->result_count = count;
    checker->results = ARENA_ARRAY(checker->session->arena, const struct tensor *, count);
    checker->results[0] = checker->objective->loss;
    for (size_t i = 1; i < count; i++) {
        checker->results[i] = checker->gradient->adjoints[i - 1];
    }
}

static bool check_objective(struct checker *checker, struct jit *jit)
{
    struct arena *arena = checker->session->arena;
    const struct objective *objective = checker->objective;
    if (!find_function(checker, jit, &checker->call)) {
        return false;
    }
    checker->gradient =
        gradient_create(checker->model, objective->loss, objective->over, objective->over_count,
                        ROW_SUMS_PLAIN, checker->session->diagnostics);
    if (checker->gradient == NULL || !verify(checker)) {
        return false;
    }
    find_results(checker);
    struct verdict *verdicts = ARENA_ARRAY(arena, struct verdict, objective->over_count + 1);
    for (int i = 0; i < POINTS; i++) {
        check_point(checker, verdicts);
    }
    for (size_t i = 0; i < objective->over_count; i++) {
        report_derivative(checker, i, &verdicts[i]);
    }
    report_line(checker, arena_format(arena, "%s, C and interpreter", objective->loss->name),
                checker->emitted.worst, EMITTED_TOLERANCE,
                checker->emitted.largest == 0
                    ? ""
                    : arena_format(arena, ", but for %.1e by rounding", checker->emitted.largest));
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
    const char *program = compile_c(session, directory, "model", text, length, COMPILE_TO_TEST);
    if (program != NULL) {
        bool fewer = model->objectives[0].batch > BATCH;
        const char *batch = arena_format(session->arena, "%d", BATCH);
        const char *arguments[] = {program, "--check", "--quiet", fewer ? "--batch" : NULL,
                                   batch,   NULL};
        status = run_program(session, arguments);
    }
    scratch_remove(session, directory);
    return status < 0 ? STATUS_SYSTEM : status;
}

static int check_model(struct session *session, struct model *model, struct held *held)
{
    struct jit *jit;
    if (!compile_objectives(session, model, &jit)) {
        return session_report(session);
    }
    if (jit == NULL) {
        return STATUS_SYSTEM;
    }
    struct text report = text_create(session->arena);
    bool failed = false, complete = true;
    for (size_t i = 0; i < model->objective_count && complete; i++) {
        struct checker checker = {.session = session,
                                  .model = model,
                                  .objective = &model->objectives[i],
                                  .number = i,
                                  .held = held,
                                  .random = 1,
                                  .text = &report};
        choose_sizes(&checker);
        complete = check_objective(&checker, jit);
        failed = failed || checker.failed;
    }
    jit_unload(jit);
    if (held->jit != NULL) {
        jit_unload(held->jit);
    }
    if (!complete) {
        int status = session_report(session);
        return status == STATUS_DONE ? STATUS_SYSTEM : status;
    }
    if (held->model != NULL) {
        text_format(&report, "what stop() holds was held fixed%s\n",
                    model->input_count > 0 ? ", and the model's own data left out" : "");
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
    if (session->options->numeric) {
        return check_numeric(session, model);
    }
    struct held held = {false, NULL, NULL};
    status = check_model(session, model, &held);
    /* The trainer's differences see through stop(). */
    return status == STATUS_DONE && held.model == NULL ? check_on_data(session, model) : status;
}
