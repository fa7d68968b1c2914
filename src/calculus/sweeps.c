#include "calculus/tiling.h"
#include "equations/affine.h"
#include "equations/guards.h"

/* ---- Equations over segments ---- */

const struct node *tiling_plus(struct graph *graph, const struct node *left, long right)
{
    return affine_normalize(
        graph, node_binary(graph, OPERATOR_ADD, left, node_number(graph, (double)right)));
}

/* An equation of a sweep while it is made. */
struct making {
    struct tiling *tiling;
    size_t phase;
    struct tensor *tensor;
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
};

static void add_axis(struct making *making, const char *name, const struct node *first,
                     const struct node *end)
{
    struct graph *graph = making->tiling->graph;
    int axis = making->tensor->rank++;
    making->indices[axis] = graph_index(graph, name, first, end);
    making->subscripts[axis] = node_index(graph, making->indices[axis]);
    making->tensor->axes[axis] = (struct axis){first, end};
}

/* A tensor that holds, for each segment, something of another one. */
static struct making making_begin(struct tiling *tiling, size_t phase, const char *stem,
                                  const char *what, const struct tensor *of)
{
    struct making making = {.tiling = tiling, .phase = phase};
    const char *name = arena_format(tiling->arena, "%s_%s", stem, what);
    making.tensor =
        graph_tensor(tiling->graph, TENSOR_PART, program_fresh_name(tiling->result, name), 0, NULL);
    if (of != NULL) {
        making.tensor->whole = of->whole;
        making.tensor->values = of->values;
        making.tensor->class_count = of->class_count;
    }
    add_axis(&making, "segment", node_number(tiling->graph, 0), tiling->segments);
    return making;
}

/* Appends it, as one that the sweep of its phase computes segment by segment. */
static struct equation *making_end(struct making *making, const struct node *body, struct span span)
{
    struct tiling *tiling = making->tiling;
    struct equation *equation =
        program_append(tiling->result, making->tensor, making->indices, body, span);
    equation->recurrence = tiling->phases[making->phase].sweep;
    tiling->result->recurrent = true;
    return equation;
}

/* An axis for each of a tensor's, but for the time: steps [first, end) of a segment. */
static void add_axes_of(struct making *making, const struct equation *equation, int time,
                        long first, long end)
{
    struct graph *graph = making->tiling->graph;
    for (int axis = 0; axis < equation->target->rank; axis++) {
        const struct axis *bounds = &equation->target->axes[axis];
        const char *name = equation->indices[axis]->name;
        if (axis == time) {
            add_axis(making, name, node_number(graph, (double)first),
                     node_number(graph, (double)end));
        } else {
            add_axis(making, name, bounds->first, bounds->end);
        }
    }
}

static bool sweeps_down(const struct making *making)
{
    return making->tiling->phases[making->phase].sweep->descending;
}

/* The segment that the sweep has been in before, and whether there is one. */
static const struct node *previous_segment(const struct making *making)
{
    return tiling_plus(making->tiling->graph, making->subscripts[0], sweeps_down(making) ? 1 : -1);
}

/* The same elements in that segment. */
static struct making at_previous(const struct making *making)
{
    struct making previous = *making;
    previous.subscripts[0] = previous_segment(making);
    return previous;
}

static const struct node *has_previous(const struct making *making)
{
    const struct tiling *tiling = making->tiling;
    struct graph *graph = tiling->graph;
    return sweeps_down(making)
               ? node_binary(graph, OPERATOR_LESS, making->subscripts[0],
                             tiling_plus(graph, tiling->segments, -1))
               : node_binary(graph, OPERATOR_GREATER, making->subscripts[0], node_number(graph, 0));
}

/* The time of a step of a segment. */
static const struct node *time_of(const struct tiling *tiling, const struct node *segment,
                                  const struct node *step)
{
    struct graph *graph = tiling->graph;
    const struct node *begin =
        node_binary(graph, OPERATOR_MULTIPLY, node_number(graph, (double)tiling->length), segment);
    return affine_normalize(graph, node_binary(graph, OPERATOR_ADD, tiling->timeline.first,
                                               node_binary(graph, OPERATOR_ADD, begin, step)));
}

/* first <= time < end, as far as it does not follow from what is known (NULL: nothing is); NULL: it
 * does. */
static const struct node *within(const struct tiling *tiling, const struct node *time,
                                 const struct node *first, const struct node *end,
                                 const struct node *known)
{
    struct graph *graph = tiling->graph;
    const struct node *last = tiling_plus(graph, end, -1);
    int count = known == NULL ? 0 : 1;
    const struct node *lower = affine_proves_under(first, time, &known, count)
                                   ? NULL
                                   : affine_at_least(graph, time, first);
    const struct node *upper =
        affine_proves_under(time, last, &known, count) ? NULL : affine_at_least(graph, last, time);
    return conjunction(graph, lower, upper);
}

/* A body where a condition holds, something that nobody reads elsewhere. */
static const struct node *where(struct graph *graph, const struct node *condition,
                                const struct node *body)
{
    if (condition == NULL) {
        return body;
    }
    if (body->kind != NODE_REDUCE) {
        return node_select(graph, condition, body, node_number(graph, 0));
    }
    struct opened opened = node_open(graph, body);
    return node_reduce(graph, body->reduction->id, body->index_count,
                       (const struct index *const *)opened.indices, opened.element,
                       conjunction(graph, condition, opened.condition));
}

/* ---- Reading windows ---- */

/* A body while its loads are turned to windows and captures. */
struct turning {
    struct tiling *tiling;
    size_t phase;
    const struct index *time;          /* the reader's step, or that of its reduction; NULL: none */
    const struct node *segment, *step; /* in place of it */
};

static const struct node *read_window(const struct turning *turning, const struct node *load,
                                      int axis, long distance)
{
    const struct node *subscripts[RANK_MAX];
    struct graph *graph = turning->tiling->graph;
    const struct window *window = tiling_window(turning->tiling, turning->phase, load->tensor);
    subscripts[0] = turning->segment;
    for (int i = 0; i < load->argument_count; i++) {
        subscripts[i + 1] =
            i == axis ? tiling_plus(graph, turning->step, distance) : load->arguments[i];
    }
    return node_load(graph, window->tensor, subscripts);
}

/* The segment in which a sweep ends. */
static const struct node *last_segment(const struct tiling *tiling, size_t phase)
{
    return phase % 2 == 1 ? node_number(tiling->graph, 0)
                          : tiling_plus(tiling->graph, tiling->segments, -1);
}

/* The n-th free index of a load, whoever reads it. */
static const struct index *standing_index(struct tiling *tiling, int number,
                                          const struct index *index)
{
    int met = 0;
    for (size_t i = 0; i < tiling->standing_count; i++) {
        const struct index *standing = tiling->standing[i];
        if (standing->first == index->first && standing->end == index->end && met++ == number) {
            return standing;
        }
    }
    ARENA_PUSH(tiling->arena, tiling->standing, tiling->standing_count, tiling->standing_capacity,
               graph_index(tiling->graph, index->name, index->first, index->end));
    return standing_index(tiling, number, index);
}

/* The capture that answers a load, and the reader's indices in the order of the capture's. */
static struct capture *capture_of(struct tiling *tiling, const struct node *load,
                                  const struct node **values)
{
    struct capture fresh = {0};
    size_t count;
    const struct node **order = node_order(tiling->arena, &load, 1, &count);
    const struct index *own[RANK_MAX];
    const struct node *standing[RANK_MAX];
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_INDEX) {
            int number = fresh.index_count++;
            own[number] = order[i]->index;
            values[number] = order[i];
            fresh.indices[number] = standing_index(tiling, number, own[number]);
            standing[number] = node_index(tiling->graph, fresh.indices[number]);
        }
    }
    fresh.load = node_substitute(tiling->graph, load, fresh.index_count, own, standing);
    struct capture *capture = table_find(tiling->captures, fresh.load);
    if (capture == NULL) {
        capture = ARENA_NEW(tiling->arena, struct capture);
        *capture = fresh;
        table_store(tiling->captures, fresh.load, capture);
        ARENA_PUSH(tiling->arena, tiling->all_captures, tiling->capture_count,
                   tiling->capture_capacity, capture);
    }
    return capture;
}

static const struct node *read_capture(struct tiling *tiling, const struct node *load)
{
    const struct node *subscripts[RANK_MAX];
    const struct capture *capture = capture_of(tiling, load, &subscripts[1]);
    subscripts[0] = last_segment(tiling, tiling->turn[tiling_position(tiling, load->tensor)]);
    return node_load(tiling->graph, capture->tensor, subscripts);
}

static const struct node *turn_load(void *context, const struct node *node)
{
    const struct turning *turning = context;
    int axis =
        node->kind == NODE_LOAD ? timeline_axis(&turning->tiling->timeline, node->tensor) : -1;
    if (axis < 0) {
        return node;
    }
    struct affine affine = affine_of(node->arguments[axis]);
    bool moves = turning->time != NULL &&
                 affine_coefficient(&affine, node_index(node->graph, turning->time)) != 0;
    if (moves) {
        return read_window(turning, node, axis, affine.constant);
    }
    return read_capture(turning->tiling, node);
}

/* An expression at a step of a segment. */
static const struct node *at_step(const struct turning *turning, const struct node *expression)
{
    struct graph *graph = turning->tiling->graph;
    const struct node *turned =
        node_rewrite(graph, expression, turn_load, (void *)(uintptr_t)turning);
    if (turning->time == NULL) {
        return turned;
    }
    const struct node *time = time_of(turning->tiling, turning->segment, turning->step);
    return node_substitute(graph, turned, 1, &turning->time, &time);
}

/* ---- What a sweep computes ---- */

/* The steps before a segment, or behind it where the recurrence descends: those of the segment that
 * the sweep has been in before. */
static void append_handover(struct tiling *tiling, size_t phase, const struct equation *equation)
{
    struct handover *handover = table_find(tiling->handovers, equation->target);
    int time = timeline_axis(&tiling->timeline, equation->target);
    if (handover == NULL || tiling->turn[tiling_position(tiling, equation->target)] != phase) {
        return;
    }
    struct graph *graph = tiling->graph;
    struct making making =
        making_begin(tiling, phase, equation->target->name, "kept", equation->target);
    add_axes_of(&making, equation, time, 0, handover->count);
    struct making previous = at_previous(&making);
    if (!sweeps_down(&making)) {
        previous.subscripts[time + 1] =
            tiling_plus(graph, previous.subscripts[time + 1], tiling->length - handover->count);
    }
    const struct window *window = tiling_window(tiling, phase, equation->target);
    const struct node *handed = node_load(graph, window->tensor, previous.subscripts);
    handover->tensor = making.tensor;
    making_end(&making, node_select(graph, has_previous(&making), handed, node_number(graph, 0)),
               equation->span);
}

/* The tensor for the steps of a segment, before its equation is: recurrences read each other. */
static struct making window_begin(struct tiling *tiling, size_t phase,
                                  const struct equation *equation)
{
    struct window *window = tiling_window(tiling, phase, equation->target);
    struct making making =
        making_begin(tiling, phase, equation->target->name, "steps", equation->target);
    add_axes_of(&making, equation, timeline_axis(&tiling->timeline, equation->target),
                -window->before, tiling->length + window->after);
    window->tensor = making.tensor;
    return making;
}

/* Where a step is the segment's own, and not one that is handed over; NULL: all are. */
static const struct node *own_steps(const struct making *making, const struct equation *equation,
                                    const struct node *step)
{
    const struct tiling *tiling = making->tiling;
    struct graph *graph = tiling->graph;
    const struct window *window = tiling_window(tiling, making->phase, equation->target);
    if (table_find(tiling->handovers, equation->target) == NULL) {
        return NULL;
    }
    if (equation_recurrence(equation, 1)->descending) {
        const struct node *length = node_number(graph, (double)tiling->length);
        return window->after == 0 ? NULL : node_binary(graph, OPERATOR_LESS, step, length);
    }
    const struct node *zero = node_number(graph, 0);
    return window->before == 0 ? NULL : node_binary(graph, OPERATOR_GREATER_EQUAL, step, zero);
}

/* The step of a window that has been handed over. */
static const struct node *handed_step(const struct making *making, const struct equation *equation,
                                      int axis)
{
    const struct tiling *tiling = making->tiling;
    const struct handover *handover = table_find(tiling->handovers, equation->target);
    struct making handed = *making;
    handed.subscripts[axis] = tiling_plus(
        tiling->graph, making->subscripts[axis],
        equation_recurrence(equation, 1)->descending ? -tiling->length : handover->count);
    return node_load(tiling->graph, handover->tensor, handed.subscripts);
}

static struct equation *window_end(struct making *making, const struct equation *equation)
{
    struct tiling *tiling = making->tiling;
    int time = timeline_axis(&tiling->timeline, equation->target);
    const struct axis *bounds = &equation->target->axes[time];
    struct turning turning = {.tiling = tiling,
                              .phase = making->phase,
                              .time = equation->indices[time],
                              .segment = making->subscripts[0],
                              .step = making->subscripts[time + 1]};
    const struct node *body = at_step(&turning, equation->body);
    const struct index *others[RANK_MAX];
    const struct node *values[RANK_MAX];
    int count = 0;
    for (int axis = 0; axis < equation->target->rank; axis++) {
        if (axis != time) {
            others[count] = equation->indices[axis];
            values[count++] = making->subscripts[axis + 1];
        }
    }
    body = node_substitute(tiling->graph, body, count, others, values);
    const struct node *now = time_of(tiling, turning.segment, turning.step);
    const struct node *own = own_steps(making, equation, turning.step);
    body = where(tiling->graph, within(tiling, now, bounds->first, bounds->end, own), body);
    if (own != NULL) {
        body = node_select(tiling->graph, own, body, handed_step(making, equation, time + 1));
    }
    return making_end(making, body, equation->span);
}

/* The loops of a recurrence inside of a sweep: over the steps of a window, then its own inner ones.
 */
static const struct recurrence *inner_recurrence(struct tiling *tiling, struct table *inner,
                                                 const struct recurrence *recurrence,
                                                 const struct recurrence *sweep, long first,
                                                 long end)
{
    struct recurrence *made = table_find(inner, recurrence);
    if (made == NULL) {
        made = ARENA_NEW(tiling->arena, struct recurrence);
        *made = *recurrence;
        made->depth = recurrence->depth + 1;
        if (recurrence->outer == NULL) {
            made->outer = sweep;
            made->first = node_number(tiling->graph, (double)first);
            made->end = node_number(tiling->graph, (double)end);
        } else {
            made->outer = inner_recurrence(tiling, inner, recurrence->outer, sweep, first, end);
        }
        table_store(inner, recurrence, made);
    }
    return made;
}

static void append_recurrence(struct tiling *tiling, size_t phase, const struct passage *passage)
{
    struct table *inner = table_create(tiling->arena);
    size_t count = passage->end - passage->begin;
    struct making *makings = ARENA_ARRAY(tiling->arena, struct making, count);
    struct equation *const *equations = &tiling->program->equations[passage->begin];
    long first = 0, end = tiling->length;
    for (size_t i = 0; i < count; i++) {
        const struct window *window = tiling_window(tiling, phase, equations[i]->target);
        first = -window->before < first ? -window->before : first;
        end = tiling->length + window->after > end ? tiling->length + window->after : end;
        makings[i] = window_begin(tiling, phase, equations[i]);
    }
    for (size_t i = 0; i < count; i++) {
        append_handover(tiling, phase, equations[i]);
    }
    for (size_t i = 0; i < count; i++) {
        struct equation *equation = window_end(&makings[i], equations[i]);
        equation->recurrence = inner_recurrence(tiling, inner, equations[i]->recurrence,
                                                equation->recurrence, first, end);
        for (int depth = 1; depth < equation->recurrence->depth; depth++) {
            equation->time[depth] = equations[i]->time[depth - 1] + 1;
        }
    }
}

/* What a sweep has so far, continued by what this segment adds. */
static const struct node *continued(const struct making *making, enum operator_id operation,
                                    const struct node *added)
{
    struct graph *graph = making->tiling->graph;
    const struct node *before = node_load(graph, making->tensor, at_previous(making).subscripts);
    return node_select(graph, has_previous(making), node_binary(graph, operation, before, added),
                       added);
}

/* The part of a reduction over time that the steps of one segment make. */
static const struct node *part_of_sum(struct making *making, const struct equation *equation,
                                      const struct index *time)
{
    struct tiling *tiling = making->tiling;
    struct graph *graph = tiling->graph;
    const struct node *reduce = equation->body;
    struct opened opened = node_open(graph, reduce);
    const struct index *indices[RANK_MAX];
    struct turning turning = {
        .tiling = tiling, .phase = making->phase, .segment = making->subscripts[0]};
    for (int i = 0; i < reduce->index_count; i++) {
        indices[i] = opened.indices[i];
        if (reduce->indices[i] == time) {
            turning.time = opened.indices[i];
            indices[i] = graph_index(graph, turning.time->name, node_number(graph, 0),
                                     node_number(graph, (double)tiling->length));
            turning.step = node_index(graph, indices[i]);
        }
    }
    const struct node *condition = within(tiling, time_of(tiling, turning.segment, turning.step),
                                          turning.time->first, turning.time->end, NULL);
    if (opened.condition != NULL) {
        condition = conjunction(graph, condition, at_step(&turning, opened.condition));
    }
    const struct node *part = node_reduce(graph, reduce->reduction->id, reduce->index_count,
                                          indices, at_step(&turning, opened.element), condition);
    return node_substitute(graph, part, equation->target->rank, equation->indices,
                           &making->subscripts[1]);
}

/* A reduction over time goes on from segment to segment. */
static void append_sum(struct tiling *tiling, const struct equation *equation)
{
    size_t phase = tiling->turn[tiling_position(tiling, equation->target)];
    struct requests requests = tiling_requests(tiling, equation);
    const struct index *time = NULL;
    for (size_t i = 0; i < requests.count; i++) {
        time = requests.items[i].reading == READING_SUM ? requests.items[i].index : time;
    }
    struct making part = making_begin(tiling, phase, equation->target->name, "part", NULL);
    add_axes_of(&part, equation, -1, 0, 0);
    making_end(&part, part_of_sum(&part, equation, time), equation->span);

    struct making total = making_begin(tiling, phase, equation->target->name, "so_far", NULL);
    add_axes_of(&total, equation, -1, 0, 0);
    const struct node *added = node_load(tiling->graph, part.tensor, total.subscripts);
    making_end(&total, continued(&total, reduction_operator(equation->body->reduction), added),
               equation->span);
    table_store(tiling->totals, equation->target, total.tensor);
}

/* One step of a tensor: taken from the segment that it lies in. */
static void append_capture(struct tiling *tiling, struct capture *capture, size_t phase)
{
    const struct node *load = capture->load;
    struct graph *graph = tiling->graph;
    const struct equation *equation = program_find(tiling->program, load->tensor);
    int axis = timeline_axis(&tiling->timeline, load->tensor);
    struct making making = making_begin(tiling, phase, load->tensor->name, "at", load->tensor);
    for (int i = 0; i < capture->index_count; i++) {
        const struct index *index = capture->indices[i];
        add_axis(&making, index->name, index->first, index->end);
    }
    const struct node *begin = time_of(tiling, making.subscripts[0], node_number(graph, 0));
    const struct node *step = affine_normalize(
        graph, node_binary(graph, OPERATOR_SUBTRACT, load->arguments[axis], begin));
    struct turning turning = {.tiling = tiling, .phase = phase, .segment = making.subscripts[0]};
    turning.step = step;
    const struct node *element = read_window(&turning, load, axis, 0);
    const struct node *here = within(tiling, step, node_number(graph, 0),
                                     node_number(graph, (double)tiling->length), NULL);
    const struct node *before = node_select(
        graph, has_previous(&making),
        node_load(graph, making.tensor, at_previous(&making).subscripts), node_number(graph, 0));
    const struct node *body = here == NULL ? element : node_select(graph, here, element, before);
    body =
        node_substitute(graph, body, capture->index_count, capture->indices, &making.subscripts[1]);
    capture->tensor = making.tensor;
    making_end(&making, body, equation->span);
}

/* ---- The program ---- */

void tiling_find_captures(struct tiling *tiling)
{
    tiling->captures = table_create(tiling->arena);
    for (size_t i = 0; i < tiling->program->count; i++) {
        struct requests requests = tiling_requests(tiling, tiling->program->equations[i]);
        for (size_t k = 0; k < requests.count; k++) {
            const struct node *values[RANK_MAX];
            if (requests.items[k].reading == READING_ONCE) {
                capture_of(tiling, requests.items[k].load, values);
            }
        }
    }
}

/* An equation that is on no timeline. */
static void append_other(struct tiling *tiling, const struct equation *equation)
{
    struct equation *copy = ARENA_NEW(tiling->arena, struct equation);
    const struct tensor *total = table_find(tiling->totals, equation->target);
    *copy = *equation;
    if (total != NULL) {
        const struct node *subscripts[RANK_MAX];
        size_t phase = tiling->turn[tiling_position(tiling, equation->target)];
        subscripts[0] = last_segment(tiling, phase);
        for (int i = 0; i < equation->target->rank; i++) {
            subscripts[i + 1] = node_index(tiling->graph, equation->indices[i]);
        }
        copy->body = node_load(tiling->graph, total, subscripts);
    } else {
        struct turning turning = {.tiling = tiling};
        copy->body = at_step(&turning, equation->body);
    }
    program_adopt(tiling->result, copy);
    tiling->result->recurrent = tiling->result->recurrent || copy->recurrence != NULL;
}

/* What comes before a phase and after those before it. */
void tiling_append_others(struct tiling *tiling, size_t phase)
{
    for (size_t i = 0; i < tiling->timeline.passage_count; i++) {
        const struct passage *passage = &tiling->timeline.passages[i];
        size_t turn = tiling->turn[passage->begin] + (tiling->sums[passage->begin] ? 1 : 0);
        for (size_t k = passage->begin; k < passage->end && !passage->timed && turn == phase; k++) {
            append_other(tiling, tiling->program->equations[k]);
        }
    }
}

void tiling_append_sweep(struct tiling *tiling, size_t phase)
{
    struct recurrence *sweep = ARENA_NEW(tiling->arena, struct recurrence);
    *sweep = (struct recurrence){.depth = 1,
                                 .first = node_number(tiling->graph, 0),
                                 .end = tiling->segments,
                                 .descending = phase % 2 == 1,
                                 .tiled = true};
    tiling->phases[phase].sweep = sweep;
    for (size_t i = 0; i < tiling->timeline.passage_count; i++) {
        const struct passage *passage = &tiling->timeline.passages[i];
        const struct equation *equation = tiling->program->equations[passage->begin];
        if (tiling->sums[passage->begin] && tiling->turn[passage->begin] == phase) {
            append_sum(tiling, equation);
        } else if (!passage->timed || tiling_window(tiling, phase, equation->target) == NULL) {
            continue;
        } else if (passage->recurrence != NULL) {
            append_recurrence(tiling, phase, passage);
        } else {
            struct making making = window_begin(tiling, phase, equation);
            window_end(&making, equation);
        }
    }
    for (size_t i = 0; i < tiling->capture_count; i++) {
        const struct tensor *tensor = tiling->all_captures[i]->load->tensor;
        if (tiling->turn[tiling_position(tiling, tensor)] == phase) {
            append_capture(tiling, tiling->all_captures[i], phase);
        }
    }
}
