#include "calculus/checkpoint.h"

#include "calculus/tiling.h"
#include "equations/affine.h"
#include "equations/fold.h"

#include <math.h>

/* Cuts the steps into segments, the last perhaps beyond their end; false where it is not known how
 * long those are to be. */
static bool choose_length(struct tiling *tiling, long length)
{
    struct graph *graph = tiling->graph;
    const struct node *steps = affine_normalize(
        graph, node_binary(graph, OPERATOR_SUBTRACT, tiling->timeline.end, tiling->timeline.first));
    double count;
    bool known = node_constant(graph, steps, &count);
    if (!known && length == CHECKPOINT_ROOT) {
        return false;
    }
    tiling->length = length == CHECKPOINT_ROOT ? (long)ceil(sqrt(count)) : length;
    const struct node *ratio =
        node_binary(graph, OPERATOR_DIVIDE, tiling_plus(graph, steps, tiling->length - 1),
                    node_number(graph, (double)tiling->length));
    tiling->segments = known ? node_number(graph, ceil(count / (double)tiling->length))
                             : node_unary(graph, OPERATOR_FLOOR, ratio);
    return true;
}

/* The program with the recurrence of a timeline cut; NULL: its steps do not look back alone. */
static struct program *cut(struct tiling *tiling)
{
    tiling_find_turns(tiling);
    if (!tiling_find_windows(tiling)) {
        return NULL;
    }
    tiling_find_captures(tiling);
    tiling->totals = table_create(tiling->arena);
    tiling->result = program_create(tiling->graph);
    tiling->result->taken = tiling->program->taken;
    for (size_t p = 0; p < tiling->phase_count; p++) {
        tiling_append_others(tiling, p);
        tiling_append_sweep(tiling, p);
    }
    tiling_append_others(tiling, tiling->phase_count);
    return tiling->result;
}

/* The next outermost recurrence that has not been looked at. */
static const struct recurrence *next_recurrence(const struct program *program, struct table *seen)
{
    for (size_t i = 0; i < program->count; i++) {
        const struct recurrence *recurrence = equation_recurrence(program->equations[i], 1);
        if (recurrence != NULL && !recurrence->tiled && table_find(seen, recurrence) == NULL) {
            table_store(seen, recurrence, (void *)(uintptr_t)recurrence);
            return recurrence;
        }
    }
    return NULL;
}

struct checkpointed program_checkpoint(struct program *program, const struct tensor *const *results,
                                       size_t result_count, long length)
{
    struct checkpointed made = {.program = program};
    struct arena *arena = graph_arena(program->graph);
    struct table *seen = table_create(arena);
    const struct recurrence *recurrence;
    program_flatten(program);
    while ((recurrence = next_recurrence(made.program, seen)) != NULL) {
        struct tiling tiling = {.program = made.program, .graph = program->graph, .arena = arena};
        tiling.timeline = timeline_of(made.program, recurrence, results, result_count);
        if (tiling.timeline.obstacle != NULL) {
            made.obstacle = tiling.timeline.obstacle;
            made.whole = tiling.timeline.whole;
        }
        if (!timeline_has(&tiling.timeline, recurrence)) {
            continue;
        }
        if (!choose_length(&tiling, length)) {
            made.unknown_length = true;
            continue;
        }
        struct program *result = cut(&tiling);
        made.cut = made.cut || result != NULL;
        made.program = result != NULL ? result : made.program;
    }
    return made;
}
