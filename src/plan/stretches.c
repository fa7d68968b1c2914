/* The equations of recurrences: their ranges are cut into stretches in which every comparison of an
 * index is decided, and each stretch gets statements of its own. What a statement of a recurrence
 * reads of it is there once all are collected, so they wait for each other. */
#include "equations/affine.h"
#include "plan/collector.h"
#include "plan/nodes.h"

/* Sets the time axes of an equation to the indices of the loops at hand, or to the one value that a
 * stretch of a single step has. */
static const struct node *place_in_time(struct collector *collector,
                                        const struct equation *equation, struct draft *draft)
{
    struct statement *statement = draft->statement;
    const struct stretch *stretch = collector->stretch;
    const struct index *indices[RANK_MAX];
    const struct node *values[RANK_MAX];
    int depth = equation->recurrence->depth;
    for (int k = 0; k < depth; k++) {
        int axis = equation->time[k];
        const struct axis *bounds = &equation->target->axes[axis];
        const struct sequence *sequence = stretch->sequences[k];
        indices[k] = equation->indices[axis];
        if (sequence->index == NULL) {
            values[k] = statement->subscripts[axis] = sequence->first;
            statement->fixed |= 1u << axis;
            continue;
        }
        draft_add_loop(collector, statement, sequence->index, axis);
        statement->loops[statement->loop_count - 1].sequence = sequence;
        values[k] = statement->subscripts[axis];
        const struct node *last = affine_normalize(
            collector->graph, node_binary(collector->graph, OPERATOR_SUBTRACT, bounds->end,
                                          node_number(collector->graph, 1)));
        const struct node *lower =
            node_binary(collector->graph, OPERATOR_GREATER_EQUAL, values[k], bounds->first);
        const struct node *upper =
            node_binary(collector->graph, OPERATOR_LESS_EQUAL, values[k], last);
        if (!affine_proves_at_most(bounds->first, values[k])) {
            draft->condition = conjunction(collector->graph, draft->condition, lower);
        }
        if (!affine_proves_at_most(values[k], last)) {
            draft->condition = conjunction(collector->graph, draft->condition, upper);
        }
    }
    return node_substitute(collector->graph, equation->body, depth, indices, values);
}

static void collect_step(struct collector *collector, const struct equation *equation)
{
    struct pieces pieces = {.first = 0, .end = 1};
    bool cut = pieces_find(collector, equation, &pieces);
    for (long value = pieces.first; value < pieces.end; value++) {
        struct draft *draft = draft_create(collector, equation, equation->target, NULL);
        draft->body = place_in_time(collector, equation, draft);
        if (cut) {
            pieces_fix(collector, draft, equation, pieces.axis, value);
        }
        draft_add_target_loops(collector, draft->statement, equation);
        draft_collect(collector, draft);
    }
}

/* Statements that are not in an inner loop come before those that are: these stand together. */
static void gather_loop(struct collector *collector, struct stretch *stretch, size_t begin,
                        int depth)
{
    const struct sequence *sequence = stretch->waiting[begin]->loops[depth].sequence;
    struct statement **inside = ARENA_ARRAY(collector->arena, struct statement *, stretch->count);
    size_t end = begin, count = 0, kept = begin;
    for (size_t i = begin; i < stretch->count; i++) {
        const struct statement *statement = stretch->waiting[i];
        bool in_loop =
            statement->loop_count > depth && statement->loops[depth].sequence == sequence;
        end = in_loop ? i + 1 : end;
    }
    for (size_t i = begin; i < end; i++) {
        struct statement *statement = stretch->waiting[i];
        if (statement->loop_count > depth && statement->loops[depth].sequence == sequence) {
            inside[count++] = statement;
        } else {
            stretch->waiting[kept++] = statement;
        }
    }
    for (size_t i = 0; i < count; i++) {
        stretch->waiting[kept++] = inside[i];
    }
}

static void append_waiting(struct collector *collector)
{
    struct stretch *stretch = collector->stretch;
    for (int depth = 0; depth < RANK_MAX; depth++) {
        const struct sequence *last = NULL;
        for (size_t i = 0; i < stretch->count; i++) {
            const struct statement *statement = stretch->waiting[i];
            const struct sequence *sequence =
                statement->loop_count > depth ? statement->loops[depth].sequence : NULL;
            if (sequence != NULL && sequence != last) {
                gather_loop(collector, stretch, i, depth);
            }
            last = sequence == NULL ? last : sequence;
        }
    }
    collector->stretch = NULL;
    for (size_t i = 0; i < stretch->count; i++) {
        collector_append(collector, stretch->waiting[i]);
    }
}

/* Whether an equation has elements in the stretches at hand of the first `depth` loops. */
static bool is_in_stretch(const struct stretch *stretch, const struct equation *equation, int depth)
{
    for (int k = 0; k < depth; k++) {
        const struct axis *axis = &equation->target->axes[equation->time[k]];
        if (affine_proves_at_most(stretch->sequences[k]->end, axis->first) ||
            affine_proves_at_most(axis->end, stretch->sequences[k]->first)) {
            return false;
        }
    }
    return true;
}

/* The loop of a recurrence over one stretch of its range. */
static struct sequence *sequence_create(struct collector *collector,
                                        const struct recurrence *recurrence, const char *name,
                                        const struct segment *segment)
{
    struct sequence *sequence = ARENA_NEW(collector->arena, struct sequence);
    const struct node *extent =
        affine_normalize(collector->graph, node_binary(collector->graph, OPERATOR_SUBTRACT,
                                                       segment->end, segment->first));
    *sequence = (struct sequence){NULL, segment->first, segment->end, recurrence->descending};
    double steps;
    if (!size_known(collector->graph, extent, &steps) || steps != 1) {
        sequence->index = graph_index(collector->graph, name, segment->first, segment->end);
    }
    return sequence;
}

static void begin_stretch(struct collector *collector, struct stretch *stretch,
                          struct equation *const *equations, size_t count)
{
    stretch->written = table_create(collector->arena);
    for (size_t i = 0; i < count; i++) {
        table_store(stretch->written, equations[i]->target, collector);
        table_store(collector->statements->recurring, equations[i]->target, collector);
    }
    collector->stretch = stretch;
}

static void collect_stretches(struct collector *collector, struct equation *const *equations,
                              size_t count, int depth);

/* Collects the steps of equations that stand in one recurrence at `depth`, 0 for the outermost,
 * over the stretch of it that is at hand; recurrences inside are cut into stretches of their own.
 */
static void collect_steps(struct collector *collector, struct equation *const *equations,
                          size_t count, int depth)
{
    struct stretch *stretch = collector->stretch;
    for (size_t i = 0, end; i < count; i = end) {
        end = i + 1;
        const struct recurrence *inner = equation_recurrence(equations[i], depth + 2);
        if (inner == NULL) {
            if (is_in_stretch(stretch, equations[i], depth + 1)) {
                collect_step(collector, equations[i]);
            }
            continue;
        }
        while (end < count && equation_recurrence(equations[end], depth + 2) == inner) {
            end++;
        }
        collect_stretches(collector, &equations[i], end - i, depth + 1);
    }
}

/* Collects equations over all stretches of their recurrence at `depth`, in order. */
static void collect_stretches(struct collector *collector, struct equation *const *equations,
                              size_t count, int depth)
{
    size_t segment_count;
    const struct recurrence *recurrence = equation_recurrence(equations[0], depth + 1);
    struct segment *segments =
        recurrence_segments(collector->graph, equations, count, depth, &segment_count);
    const char *name = equations[0]->indices[equations[0]->time[depth]]->name;
    for (size_t i = 0; i < segment_count; i++) {
        size_t turn = recurrence->descending ? segment_count - 1 - i : i;
        struct stretch outermost = {.written = NULL};
        if (depth == 0) {
            begin_stretch(collector, &outermost, equations, count);
        }
        collector->stretch->sequences[depth] =
            sequence_create(collector, recurrence, name, &segments[turn]);
        collect_steps(collector, equations, count, depth);
        if (depth == 0) {
            append_waiting(collector);
        }
    }
}

size_t collector_take_recurrence(struct collector *collector, const struct program *program,
                                 size_t begin)
{
    size_t count = recurrence_end(program, begin, 1) - begin;
    collect_stretches(collector, &program->equations[begin], count, 0);
    return count;
}
