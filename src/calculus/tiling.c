#include "calculus/tiling.h"

/* ---- Loads ---- */

struct requests tiling_requests(const struct tiling *tiling, const struct equation *equation)
{
    struct requests requests = {0};
    size_t count;
    const struct node **order = node_order(tiling->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            struct request request = {.load = order[i]};
            request.reading = timeline_reading(&tiling->timeline, equation, order[i],
                                               &request.distance, &request.index);
            ARENA_PUSH(tiling->arena, requests.items, requests.count, requests.capacity, request);
        }
    }
    return requests;
}

size_t tiling_position(const struct tiling *tiling, const struct tensor *tensor)
{
    return (size_t)(uintptr_t)table_find(tiling->position, tensor) - 1;
}

/* ---- Phases ---- */

/* The first phase that what a request asks for can be used in. */
static size_t first_use(const struct tiling *tiling, const struct request *request)
{
    size_t writer = tiling_position(tiling, request->load->tensor);
    if (writer == (size_t)-1) {
        return 0; /* the caller gives it */
    }
    bool afterwards = request->reading == READING_ONCE ||
                      (request->reading == READING_ELSEWHERE && tiling->sums[writer]);
    return tiling->turn[writer] + (afterwards ? 1 : 0);
}

/* Equations of one passage have one turn; that of a recurrence sweeps in its direction. */
static void find_turn(struct tiling *tiling, const struct passage *passage)
{
    size_t turn = 0;
    for (size_t i = passage->begin; i < passage->end; i++) {
        struct requests requests = tiling_requests(tiling, tiling->program->equations[i]);
        for (size_t k = 0; k < requests.count; k++) {
            size_t writer = tiling_position(tiling, requests.items[k].load->tensor);
            bool inside = writer >= passage->begin && writer < passage->end;
            size_t use = inside ? 0 : first_use(tiling, &requests.items[k]);
            turn = use > turn ? use : turn;
            tiling->sums[i] = tiling->sums[i] || requests.items[k].reading == READING_SUM;
        }
    }
    if (passage->timed && passage->recurrence != NULL) {
        bool descends = turn % 2 == 1;
        turn += passage->recurrence->descending != descends ? 1 : 0;
    }
    for (size_t i = passage->begin; i < passage->end; i++) {
        tiling->turn[i] = turn;
        bool swept = passage->timed || tiling->sums[i];
        tiling->phase_count = swept && turn >= tiling->phase_count ? turn + 1 : tiling->phase_count;
    }
}

void tiling_find_turns(struct tiling *tiling)
{
    size_t count = tiling->program->count + 1;
    tiling->turn = ARENA_ARRAY(tiling->arena, size_t, count);
    tiling->sums = ARENA_ARRAY(tiling->arena, bool, count);
    tiling->position = table_create(tiling->arena);
    for (size_t i = 0; i < tiling->program->count; i++) {
        table_store(tiling->position, tiling->program->equations[i]->target,
                    (void *)(uintptr_t)(i + 1));
    }
    for (size_t i = 0; i < tiling->timeline.passage_count; i++) {
        find_turn(tiling, &tiling->timeline.passages[i]);
    }
}

/* ---- Windows ---- */

struct window *tiling_window(const struct tiling *tiling, size_t phase, const struct tensor *tensor)
{
    return table_find(tiling->phases[phase].windows, tensor);
}

/* The window of a tensor that is needed in a phase; *grown where it was not as large before. */
static void demand(struct tiling *tiling, size_t phase, const struct tensor *tensor, long before,
                   long after, bool *grown)
{
    struct window *window = tiling_window(tiling, phase, tensor);
    if (window == NULL) {
        window = ARENA_NEW(tiling->arena, struct window);
        table_store(tiling->phases[phase].windows, tensor, window);
        *grown = true;
    }
    *grown = *grown || before > window->before || after > window->after;
    window->before = before > window->before ? before : window->before;
    window->after = after > window->after ? after : window->after;
}

/* What an equation reads for the steps that it is evaluated at: those of a recurrence that lie
 * before the segment in its direction are handed over. */
static void demand_reads(struct tiling *tiling, size_t phase, const struct equation *equation,
                         const struct window *window, bool *grown)
{
    struct requests requests = tiling_requests(tiling, equation);
    const struct recurrence *recurrence = equation_recurrence(equation, 1);
    bool given_before = window == NULL || (recurrence != NULL && !recurrence->descending);
    bool given_after = window == NULL || (recurrence != NULL && recurrence->descending);
    for (size_t i = 0; i < requests.count; i++) {
        const struct request *request = &requests.items[i];
        if (request->reading == READING_STEP || request->reading == READING_SUM) {
            long before = (given_before ? 0 : window->before) - request->distance;
            long after = (given_after ? 0 : window->after) + request->distance;
            demand(tiling, phase, request->load->tensor, before > 0 ? before : 0,
                   after > 0 ? after : 0, grown);
        }
    }
}

/* In a recurrence demands go round. One that never ends is that of equations which look ahead. */
static bool demand_for_passage(struct tiling *tiling, size_t phase, const struct passage *passage)
{
    bool again = true, any = false;
    for (long rounds = 0; again; rounds++) {
        if (rounds > tiling->length + (long)(passage->end - passage->begin) + 2) {
            return false;
        }
        again = false;
        for (size_t i = passage->begin; i < passage->end; i++) {
            const struct equation *equation = tiling->program->equations[i];
            any = any || tiling->turn[i] == phase || tiling_window(tiling, phase, equation->target);
        }
        for (size_t i = passage->begin; i < passage->end && any; i++) {
            const struct equation *equation = tiling->program->equations[i];
            demand(tiling, phase, equation->target, 0, 0, &again);
            demand_reads(tiling, phase, equation, tiling_window(tiling, phase, equation->target),
                         &again);
        }
        again = again && passage->recurrence != NULL;
    }
    return true;
}

static bool find_windows_of(struct tiling *tiling, size_t phase)
{
    const struct timeline *timeline = &tiling->timeline;
    bool grown;
    tiling->phases[phase].windows = table_create(tiling->arena);
    for (size_t i = timeline->passage_count; i > 0; i--) {
        const struct passage *passage = &timeline->passages[i - 1];
        if (passage->timed && !demand_for_passage(tiling, phase, passage)) {
            return false;
        }
        for (size_t k = passage->begin; k < passage->end; k++) {
            if (tiling->sums[k] && tiling->turn[k] == phase) {
                demand_reads(tiling, phase, tiling->program->equations[k], NULL, &grown);
            }
        }
    }
    return true;
}

/* As many steps are handed over as any phase wants, from the window of the first one. */
static bool find_handover(struct tiling *tiling, const struct equation *equation)
{
    struct handover *handover = ARENA_NEW(tiling->arena, struct handover);
    size_t first = tiling->turn[tiling_position(tiling, equation->target)];
    bool descending = equation_recurrence(equation, 1)->descending;
    for (size_t p = first; p < tiling->phase_count; p++) {
        const struct window *window = tiling_window(tiling, p, equation->target);
        long count = window == NULL ? 0 : descending ? window->after : window->before;
        handover->count = count > handover->count ? count : handover->count;
    }
    struct window *window = tiling_window(tiling, first, equation->target);
    *(descending ? &window->after : &window->before) = handover->count;
    if (handover->count > 0) {
        table_store(tiling->handovers, equation->target, handover);
    }
    return handover->count <= tiling->length;
}

static bool find_handovers(struct tiling *tiling)
{
    tiling->handovers = table_create(tiling->arena);
    for (size_t i = 0; i < tiling->program->count; i++) {
        const struct equation *equation = tiling->program->equations[i];
        if (equation->recurrence != NULL &&
            timeline_axis(&tiling->timeline, equation->target) >= 0 &&
            !find_handover(tiling, equation)) {
            return false;
        }
    }
    return true;
}

bool tiling_find_windows(struct tiling *tiling)
{
    tiling->phases = ARENA_ARRAY(tiling->arena, struct phase, tiling->phase_count);
    for (size_t p = 0; p < tiling->phase_count; p++) {
        if (!find_windows_of(tiling, p)) {
            return false;
        }
    }
    return find_handovers(tiling);
}
