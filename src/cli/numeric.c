/* Two things are measured of each value. How far it scatters where each operation rounds at random
 * (Vignes, A stochastic arithmetic for reliable scientific computation, 1993); and how far it moves
 * where each number of data and parameters moves by a small part of itself: those are rounded too,
 * and what that makes of a value no formula can mend. A formula loses the digits by which its value
 * scatters further than it moves; a backward stable one loses none (Higham, Accuracy and Stability
 * of Numerical Algorithms, section 1.6). */
#include "cli/numeric.h"

#include "cli/point.h"
#include "model/gradient.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define RUNS 8           /* of either kind */
#define MOVE 0x1p-26     /* of a number, as a part of it */
#define LARGE 0.1        /* no value moves by such a part where it follows its numbers smoothly */
#define SMALL 1e-3       /* a value counts as no smaller than this part of the tensor's largest */
#define DIGITS 16        /* of a double */
#define DIGITS_WORTH 3.5 /* a warning */

/* What became of one equation's values. */
struct finding {
    const struct equation *equation;
    double *values, *scatter,
        *move; /* the values rounded to nearest, and by how much they differ */
    size_t count;
    double lost; /* digits of the worst value */
    size_t worst;
    bool undecided; /* the values, or those they are made from, jump: nothing can be said */
    bool inherits;  /* what they are made from has lost digits before */
    bool matters;   /* to what the user sees */
};

struct numeric {
    struct session *session;
    struct model *model;
    struct point point;
    struct interpreter *interpreter;
    struct finding *findings; /* of each equation of a gradient */
    size_t count;
    struct table *numbers; /* tensor to 1 + number of its finding */
    struct text report;
};

static struct finding *finding_of(const struct numeric *numeric, const struct tensor *tensor)
{
    return &numeric->findings[(size_t)(uintptr_t)table_find(numeric->numbers, tensor) - 1];
}

/* ---- Measuring ---- */

static void begin(struct numeric *numeric, const struct program *program)
{
    struct arena *arena = numeric->session->arena;
    numeric->interpreter = interpreter_create(arena, program, numeric->point.sizes,
                                              graph_dimension_count(numeric->model->graph));
    numeric->count = program->count;
    numeric->findings = ARENA_ARRAY(arena, struct finding, program->count + 1);
    numeric->numbers = table_create(arena);
    point_place(&numeric->point, numeric->interpreter);
    point_place_step(numeric->model, numeric->interpreter);
    interpreter_run(numeric->interpreter);
    for (size_t i = 0; i < program->count; i++) {
        struct finding *finding = &numeric->findings[i];
        finding->equation = program->equations[i];
        const double *values =
            interpreter_values(numeric->interpreter, finding->equation->target, &finding->count);
        finding->values = ARENA_ARRAY(arena, double, finding->count + 1);
        finding->scatter = ARENA_ARRAY(arena, double, finding->count + 1);
        finding->move = ARENA_ARRAY(arena, double, finding->count + 1);
        memcpy(finding->values, values, finding->count * sizeof values[0]);
        table_store(numeric->numbers, finding->equation->target, (void *)(uintptr_t)(i + 1));
    }
}

/* Splitmix64. */
static bool coin(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z >> 63) != 0;
}

static void move_tensor(struct numeric *numeric, const struct tensor *tensor, uint64_t *random)
{
    size_t count;
    double *values = interpreter_values(numeric->interpreter, tensor, &count);
    for (size_t k = 0; k < count && tensor->class_count == NULL; k++) {
        const bool starts = values[k] == 0 && tensor->kind == TENSOR_PARAMETER;
        const double size = starts ? 1 : values[k]; /* a parameter does not stay 0 */
        values[k] += coin(random) ? size * MOVE : -size * MOVE;
    }
}

static void move_numbers(struct numeric *numeric, uint64_t *random)
{
    for (size_t i = 0; i < numeric->model->parameter_count; i++) {
        move_tensor(numeric, numeric->model->parameters[i].tensor, random);
    }
    for (size_t i = 0; i < numeric->model->input_count; i++) {
        move_tensor(numeric, numeric->model->inputs[i].tensor, random);
    }
}

/* A value that is no number now differs by as much as can be. */
static double difference(double value, double from)
{
    return isnan(value) ? (double)INFINITY : fabs(value - from);
}

static void run(struct numeric *numeric, bool moves)
{
    interpreter_run(numeric->interpreter);
    for (size_t i = 0; i < numeric->count; i++) {
        const struct finding *finding = &numeric->findings[i];
        double *most = moves ? finding->move : finding->scatter;
        size_t count;
        const double *values =
            interpreter_values(numeric->interpreter, finding->equation->target, &count);
        for (size_t k = 0; k < count; k++) {
            most[k] = fmax(most[k], difference(values[k], finding->values[k]));
        }
    }
}

static void measure(struct numeric *numeric)
{
    uint64_t random = 1;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        interpreter_round_at_random(numeric->interpreter, seed);
        run(numeric, false);
    }
    interpreter_round_at_random(numeric->interpreter, 0);
    for (int i = 0; i < RUNS; i++) {
        point_place(&numeric->point, numeric->interpreter);
        move_numbers(numeric, &random);
        interpreter_move_recurrences(numeric->interpreter, (uint64_t)i + 1, MOVE);
        run(numeric, true);
    }
    interpreter_move_recurrences(numeric->interpreter, 0, 0);
}

/* ---- Judging ---- */

static bool node_jumps(const struct node *node)
{
    return node->boolean ||
           (node->kind == NODE_APPLY && (node->operation->flags & OPERATOR_JUMPS) != 0) ||
           (node->kind == NODE_REDUCE && reduction_seeks_place(node->reduction));
}

static bool jumps(struct arena *arena, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(arena, &equation->body, 1, &count);
    bool found = equation->recurrence != NULL; /* which may be chaotic */
    for (size_t i = 0; i < count; i++) {
        found = found || node_jumps(order[i]);
    }
    return found;
}

/* Where a value moves out of all proportion, that says how much is due to its numbers only where
 * rounding makes as much of it and nothing jumps: it is all noise then. */
static bool is_undecided(double scatter, double move, double size, bool may_jump)
{
    return move >= LARGE * size && (may_jump || scatter < LARGE * size);
}

static void judge_values(struct finding *finding, bool may_jump)
{
    double largest = 0;
    for (size_t k = 0; k < finding->count; k++) {
        largest = isfinite(finding->values[k]) ? fmax(largest, fabs(finding->values[k])) : largest;
    }
    for (size_t k = 0; k < finding->count; k++) {
        const double size = fmax(fabs(finding->values[k]), SMALL * largest);
        const double scatter = finding->scatter[k], move = finding->move[k];
        if (!isfinite(finding->values[k]) || scatter == 0 || size == 0) {
            continue;
        }
        finding->undecided = finding->undecided || is_undecided(scatter, move, size, may_jump);
        const double due = fmax(move / MOVE, size) * DBL_EPSILON;
        const double lost = fmin(log10(scatter / due), DIGITS);
        if (lost > finding->lost) {
            finding->lost = lost;
            finding->worst = k;
        }
    }
}

/* The findings of what an equation is made from: calls `visit` with each. */
static void visit_operands(struct numeric *numeric, size_t number,
                           void visit(struct finding *, struct finding *operand))
{
    size_t count;
    struct finding *finding = &numeric->findings[number];
    const struct node **order =
        node_order(numeric->session->arena, &finding->equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t read = order[i]->kind == NODE_LOAD
                                ? (size_t)(uintptr_t)table_find(numeric->numbers, order[i]->tensor)
                                : 0;
        if (read > 0 && read <= number) {
            visit(finding, &numeric->findings[read - 1]);
        }
    }
}

static void inherit(struct finding *finding, struct finding *operand)
{
    finding->undecided = finding->undecided || operand->undecided;
    finding->inherits = finding->inherits || operand->lost >= DIGITS_WORTH;
}

static void blame(struct finding *finding, struct finding *operand)
{
    operand->matters = operand->matters || (finding->matters && finding->lost >= DIGITS_WORTH);
}

/* Digits that a derivative on the way loses matter to nobody where the gradient keeps its own. */
static void judge_all(struct numeric *numeric, const struct objective *objective,
                      const struct gradient *gradient)
{
    for (size_t i = 0; i < numeric->count; i++) {
        struct finding *finding = &numeric->findings[i];
        visit_operands(numeric, i, inherit);
        judge_values(finding, jumps(numeric->session->arena, finding->equation));
        finding->matters = finding->equation->target->primal == NULL;
    }
    for (size_t i = 0; i < objective->over_count; i++) {
        finding_of(numeric, gradient->adjoints[i])->matters = true;
    }
    for (size_t i = numeric->count; i > 0; i--) {
        visit_operands(numeric, i - 1, blame);
    }
}

/* ---- Telling ---- */

/* v[3] */
static const char *spell_value(struct numeric *numeric, const struct tensor *tensor, size_t entry)
{
    struct text text = text_create(numeric->session->arena);
    long subscripts[RANK_MAX];
    for (int axis = tensor->rank - 1; axis >= 0; axis--) {
        const long first =
            interpreter_evaluate_size(numeric->interpreter, tensor->axes[axis].first);
        const long end = interpreter_evaluate_size(numeric->interpreter, tensor->axes[axis].end);
        const size_t extent = (size_t)(end - first);
        subscripts[axis] = first + (long)(entry % extent);
        entry /= extent;
    }
    text_append(&text, tensor->kind == TENSOR_PART ? "a part of this" : tensor->name);
    for (int axis = 0; axis < tensor->rank && tensor->kind != TENSOR_PART; axis++) {
        text_format(&text, "%c%ld", axis == 0 ? '[' : ',', subscripts[axis]);
    }
    text_append(&text, tensor->rank > 0 && tensor->kind != TENSOR_PART ? "]" : "");
    return text.bytes;
}

static void warn(struct numeric *numeric, const struct finding *finding)
{
    const struct tensor *tensor = finding->equation->target;
    const bool derived = tensor->primal != NULL;
    const struct tensor *named = derived ? tensor->primal : tensor;
    const char *value = spell_value(numeric, named, finding->worst);
    const double scatter = finding->scatter[finding->worst];
    struct diagnostics *diagnostics = numeric->session->diagnostics;
    struct diagnostic *diagnostic = report_warning(
        diagnostics, finding->equation->span, "%s%s loses %.0f of its %d digits to rounding",
        derived ? "the derivative by " : "", value, finding->lost, DIGITS);
    diagnostic_help(diagnostics, diagnostic,
                    isfinite(scatter) ? "it is %.3g, and rounding alone moves it by %.1g"
                                      : "it is %.3g, and no number where rounding is otherwise",
                    finding->values[finding->worst], scatter);
}

static void report(struct numeric *numeric, const struct tensor *result, const char *label)
{
    const struct finding *finding = finding_of(numeric, result);
    text_format(&numeric->report, "%-32s %8.0f of %d digits lost%s\n", label, finding->lost, DIGITS,
                finding->lost >= DIGITS_WORTH && finding->undecided
                    ? ", or its numbers are that unsure"
                    : "");
}

static void examine(struct numeric *numeric, const struct objective *objective,
                    const struct gradient *gradient)
{
    begin(numeric, gradient->program);
    measure(numeric);
    judge_all(numeric, objective, gradient);
    for (size_t i = 0; i < numeric->count; i++) {
        const struct finding *finding = &numeric->findings[i];
        if (finding->lost >= DIGITS_WORTH && finding->matters && !finding->inherits &&
            !finding->undecided) {
            warn(numeric, finding);
        }
    }
    report(numeric, objective->loss, objective->loss->name);
    for (size_t i = 0; i < objective->over_count; i++) {
        report(numeric, gradient->adjoints[i],
               arena_format(numeric->session->arena, "d %s / d %s", objective->loss->name,
                            objective->over[i]->name));
    }
}

/* Made before the trainer is: that has data alone prepared, and so what is made of them is no
 * longer among the definitions. */
static struct gradient **find_gradients(struct session *session, struct model *model)
{
    struct gradient **gradients =
        ARENA_ARRAY(session->arena, struct gradient *, model->objective_count + 1);
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        gradients[i] = gradient_create(model, objective->loss, objective->over,
                                       objective->over_count, ROW_SUMS_PLAIN, session->diagnostics);
        if (gradients[i] == NULL) {
            return NULL;
        }
    }
    return gradients;
}

int check_numeric(struct session *session, struct model *model)
{
    struct numeric numeric = {
        .session = session, .model = model, .report = text_create(session->arena)};
    int status;
    struct gradient **gradients = find_gradients(session, model);
    if (gradients == NULL) {
        return session_report(session);
    }
    if (!point_ask(session, model, &numeric.point, &status)) {
        return status;
    }
    for (size_t i = 0; i < model->objective_count; i++) {
        examine(&numeric, &model->objectives[i], gradients[i]);
    }
    status = session_report(session);
    const int written = session_write(session, numeric.report.bytes, numeric.report.length);
    return written == STATUS_DONE ? status : written;
}
