#include "calculus/timeline.h"

#include "equations/affine.h"

/* A timeline while it is being found. */
struct finder {
    struct timeline *timeline;
    struct program *program;
    struct arena *arena;
    struct table *passage_of; /* tensor to the passage that defines it */
    struct table *refused;    /* tensors that are wanted as a whole, or have no single time axis */
};

/* ---- Reading ---- */

int timeline_axis(const struct timeline *timeline, const struct tensor *tensor)
{
    return (int)(uintptr_t)table_find(timeline->axes, tensor) - 1;
}

/* The index that a subscript is at a fixed distance from; NULL: none. */
static const struct index *moving_index(const struct node *subscript, long *distance)
{
    const struct affine affine = affine_of(subscript);
    bool moves = affine.valid && affine.count == 1 && affine.terms[0].coefficient == 1 &&
                 affine.terms[0].atom->kind == NODE_INDEX;
    *distance = affine.constant;
    return moves ? affine.terms[0].atom->index : NULL;
}

/* Whether a subscript names one step, which data may say. */
static bool is_one_step(const struct node *subscript)
{
    const struct affine affine = affine_of(subscript);
    for (int i = 0; i < affine.count && affine.valid; i++) {
        if (affine.terms[i].atom->kind == NODE_INDEX) {
            return false;
        }
    }
    return affine.valid;
}

/* Whether the other axes of a load can be asked for at any time. */
static bool others_stay_in_bounds(const struct node *load, int time)
{
    for (int axis = 0; axis < load->argument_count; axis++) {
        const struct axis *bounds = &load->tensor->axes[axis];
        if (axis != time && !(affine_proves_at_most(bounds->first, load->arguments[axis]) &&
                              affine_proves_below(load->arguments[axis], bounds->end))) {
            return false;
        }
    }
    return true;
}

static bool reads_timeline(const struct timeline *timeline, const struct node *load)
{
    size_t count;
    const struct node **order =
        node_order(graph_arena(load->graph), load->arguments, load->argument_count, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && timeline_axis(timeline, order[i]->tensor) >= 0) {
            return true;
        }
    }
    return false;
}

static bool runs_in(const struct node *reduce, const struct index *index)
{
    for (int i = 0; i < reduce->index_count && reduce->kind == NODE_REDUCE; i++) {
        if (reduce->indices[i] == index) {
            return true;
        }
    }
    return false;
}

static bool share_recurrence(const struct timeline *timeline, const struct equation *reader,
                             const struct tensor *tensor)
{
    const struct equation *writer = program_find(timeline->program, tensor);
    return reader->recurrence != NULL &&
           equation_recurrence(reader, 1) == equation_recurrence(writer, 1);
}

static bool can_be_continued(const struct reduction *reduction)
{
    return reduction->id == REDUCTION_SUM || reduction->id == REDUCTION_PRODUCT ||
           reduction->id == REDUCTION_MAX || reduction->id == REDUCTION_MIN;
}

enum reading timeline_reading(const struct timeline *timeline, const struct equation *equation,
                              const struct node *load, long *distance, const struct index **index)
{
    int axis = timeline_axis(timeline, load->tensor);
    int own = timeline_axis(timeline, equation->target);
    if (axis < 0) {
        return READING_ELSEWHERE;
    }
    *index = moving_index(load->arguments[axis], distance);
    if (reads_timeline(timeline, load)) {
        return READING_WHOLE;
    }
    if (*index != NULL && own >= 0 && equation->indices[own] == *index) {
        return READING_STEP;
    }
    if (*index != NULL) {
        bool summed = own < 0 && equation->recurrence == NULL && runs_in(equation->body, *index) &&
                      can_be_continued(equation->body->reduction);
        return summed ? READING_SUM : READING_WHOLE;
    }
    bool varies = own >= 0 && node_depends_on(load->arguments[axis], equation->indices[own]);
    bool once = !varies && !share_recurrence(timeline, equation, load->tensor) &&
                is_one_step(load->arguments[axis]) && others_stay_in_bounds(load, axis);
    return once ? READING_ONCE : READING_WHOLE;
}

/* ---- Passages ---- */

static void find_passages(struct finder *finder)
{
    struct timeline *timeline = finder->timeline;
    struct program *program = finder->program;
    size_t capacity = 0;
    for (size_t begin = 0; begin < program->count;) {
        size_t end = recurrence_end(program, begin, 1);
        struct passage passage = {.begin = begin,
                                  .end = end,
                                  .recurrence = equation_recurrence(program->equations[begin], 1)};
        ARENA_PUSH(finder->arena, timeline->passages, timeline->passage_count, capacity, passage);
        begin = end;
    }
    for (size_t i = 0; i < timeline->passage_count; i++) {
        struct passage *passage = &timeline->passages[i];
        for (size_t k = passage->begin; k < passage->end; k++) {
            table_store(finder->passage_of, program->equations[k]->target, passage);
        }
    }
}

/* ---- Growing ---- */

/* The least [first, end) around the steps so far and those of one more; false where it is not known
 * which is less. */
static bool include_steps(struct timeline *timeline, const struct axis *axis)
{
    const struct node *first = timeline->first, *end = timeline->end;
    if (first == NULL) {
        timeline->first = axis->first;
        timeline->end = axis->end;
        return axis->first->kind == NODE_NUMBER;
    }
    first = affine_proves_at_most(axis->first, first) ? axis->first : first;
    end = affine_proves_at_most(end, axis->end) ? axis->end : end;
    if (first->kind != NODE_NUMBER || !affine_proves_at_most(first, axis->first) ||
        !affine_proves_at_most(axis->end, end)) {
        return false;
    }
    timeline->first = first;
    timeline->end = end;
    return true;
}

static bool can_go_along(const struct finder *finder, const struct equation *equation, int axis)
{
    const struct tensor *tensor = equation->target;
    return table_find(finder->refused, tensor) == NULL && !equation->update &&
           tensor->rank < RANK_MAX &&
           (equation->recurrence == NULL ||
            (equation->time[0] == axis && !equation_recurrence(equation, 1)->tiled));
}

/* Puts the passage of an equation on the timeline, by an axis of the equation. */
static bool take_along(struct finder *finder, const struct equation *equation, int axis)
{
    struct timeline *timeline = finder->timeline;
    struct passage *passage = table_find(finder->passage_of, equation->target);
    if (passage->timed || !can_go_along(finder, equation, axis)) {
        return false;
    }
    for (size_t i = passage->begin; i < passage->end; i++) {
        const struct equation *member = finder->program->equations[i];
        int time = passage->recurrence == NULL ? axis : member->time[0];
        if (!can_go_along(finder, member, time) ||
            !include_steps(timeline, &member->target->axes[time])) {
            table_store(finder->refused, equation->target, finder);
            return false;
        }
    }
    for (size_t i = passage->begin; i < passage->end; i++) {
        const struct equation *member = finder->program->equations[i];
        int time = passage->recurrence == NULL ? axis : member->time[0];
        table_store(timeline->axes, member->target, (void *)(uintptr_t)(time + 1));
    }
    return passage->timed = true;
}

/* What an equation on the timeline reads at a distance from its own step goes along as well. */
static bool take_what_it_reads(struct finder *finder, const struct equation *equation,
                               const struct node *load)
{
    const struct equation *writer = program_find(finder->program, load->tensor);
    int own = timeline_axis(finder->timeline, equation->target);
    long distance;
    bool taken = false;
    for (int axis = 0; axis < load->argument_count && writer != NULL && own >= 0 && !taken;
         axis++) {
        taken = moving_index(load->arguments[axis], &distance) == equation->indices[own] &&
                take_along(finder, writer, axis);
    }
    return taken;
}

/* An equation that reads the timeline at a distance from an index of its own goes along. */
static bool take_reader(struct finder *finder, const struct equation *equation,
                        const struct node *load)
{
    int time = timeline_axis(finder->timeline, load->tensor);
    long distance;
    const struct index *index = time < 0 ? NULL : moving_index(load->arguments[time], &distance);
    bool taken = false;
    for (int axis = 0; axis < equation->target->rank && index != NULL && !taken; axis++) {
        taken = equation->indices[axis] == index && take_along(finder, equation, axis);
    }
    return taken;
}

typedef bool load_visitor(struct finder *finder, const struct equation *equation,
                          const struct node *load);

/* Whether a visitor had something to do at some load of the program. */
static bool visit_loads(struct finder *finder, load_visitor *visit)
{
    bool any = false;
    for (size_t i = 0; i < finder->program->count; i++) {
        const struct equation *equation = finder->program->equations[i];
        size_t count;
        const struct node **order = node_order(finder->arena, &equation->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            any = (order[k]->kind == NODE_LOAD && visit(finder, equation, order[k])) || any;
        }
    }
    return any;
}

/* ---- Who stays ---- */

static void leave(struct finder *finder, const struct tensor *tensor)
{
    struct passage *passage = table_find(finder->passage_of, tensor);
    passage->timed = false;
    for (size_t i = passage->begin; i < passage->end; i++) {
        const struct tensor *target = finder->program->equations[i]->target;
        table_store(finder->refused, target, finder);
        table_store(finder->timeline->axes, target, NULL);
    }
}

/* A tensor of which someone wants several steps at once leaves. */
static bool leave_if_whole(struct finder *finder, const struct equation *equation,
                           const struct node *load)
{
    struct timeline *timeline = finder->timeline;
    const struct index *index;
    long distance;
    if (timeline_reading(timeline, equation, load, &distance, &index) != READING_WHOLE) {
        return false;
    }
    const struct passage *passage = table_find(finder->passage_of, load->tensor);
    if (passage->recurrence != NULL && timeline->obstacle == NULL) {
        timeline->obstacle = equation;
        timeline->whole = load->tensor;
    }
    leave(finder, load->tensor);
    return true;
}

/* A reduction runs over one time. */
static bool leave_if_times_differ(struct finder *finder, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(finder->arena, &equation->body, 1, &count);
    const struct index *time = NULL, *index;
    long distance;
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind != NODE_LOAD || timeline_reading(finder->timeline, equation, order[i],
                                                            &distance, &index) != READING_SUM) {
            continue;
        }
        if (time != NULL && index != time) {
            leave(finder, order[i]->tensor);
            return true;
        }
        time = index;
    }
    return false;
}

static bool settle(struct finder *finder)
{
    bool again = visit_loads(finder, leave_if_whole);
    for (size_t i = 0; i < finder->program->count; i++) {
        again = leave_if_times_differ(finder, finder->program->equations[i]) || again;
    }
    return again;
}

struct timeline timeline_of(struct program *program, const struct recurrence *seed,
                            const struct tensor *const *kept, size_t kept_count)
{
    struct arena *arena = graph_arena(program->graph);
    struct timeline timeline = {.program = program, .axes = table_create(arena)};
    struct finder finder = {&timeline, program, arena, table_create(arena), table_create(arena)};
    find_passages(&finder);
    for (size_t i = 0; i < kept_count; i++) {
        table_store(finder.refused, kept[i], &finder);
    }
    for (size_t i = 0; i < timeline.passage_count; i++) {
        const struct equation *equation = program->equations[timeline.passages[i].begin];
        if (timeline.passages[i].recurrence == seed) {
            take_along(&finder, equation, equation->time[0]);
        }
    }
    do {
        while (visit_loads(&finder, take_what_it_reads) || visit_loads(&finder, take_reader)) {
        }
    } while (settle(&finder));
    return timeline;
}

bool timeline_has(const struct timeline *timeline, const struct recurrence *recurrence)
{
    for (size_t i = 0; i < timeline->passage_count; i++) {
        if (timeline->passages[i].recurrence == recurrence) {
            return timeline->passages[i].timed;
        }
    }
    return false;
}
