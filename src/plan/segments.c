/* Where the range of a recurrence is cut: at the ends of its equations' own ranges, and where a
 * comparison of its index with a size or a number changes. */
#include "equations/affine.h"
#include "plan/statement.h"

/* Each stretch is a copy of the loop: with more cuts than this the rest stay conditions. */
enum { CUTS_MAX = 5 };

struct cutting {
    struct graph *graph;
    const struct recurrence *recurrence;
    const struct node *cuts[CUTS_MAX]; /* in ascending order, inside of the range */
    size_t count;
};

/* A cut comes in where its place among the others is certain; a stretch may be empty. */
static void add_cut(struct cutting *cutting, const struct node *cut)
{
    size_t place = 0;
    if (cut == cutting->recurrence->first || cut == cutting->recurrence->end ||
        !affine_proves_at_most(cutting->recurrence->first, cut) ||
        !affine_proves_at_most(cut, cutting->recurrence->end) || cutting->count == CUTS_MAX) {
        return;
    }
    while (place < cutting->count && affine_proves_at_most(cutting->cuts[place], cut)) {
        if (cutting->cuts[place++] == cut) {
            return;
        }
    }
    if (place < cutting->count && !affine_proves_at_most(cut, cutting->cuts[place])) {
        return;
    }
    for (size_t i = cutting->count++; i > place; i--) {
        cutting->cuts[i] = cutting->cuts[i - 1];
    }
    cutting->cuts[place] = cut;
}

/* The value of the index at which left - right is 0; false where that is no size. */
static bool solve(struct graph *graph, const struct node *comparison, const struct index *index,
                  struct affine *value, bool *rises)
{
    const struct node *atom = node_index(graph, index);
    struct affine difference =
        affine_add(affine_of(comparison->arguments[0]), affine_of(comparison->arguments[1]), -1);
    long coefficient = affine_coefficient(&difference, atom);
    if (!difference.valid || (coefficient != 1 && coefficient != -1)) {
        return false;
    }
    struct affine rest = affine_add(difference, affine_of(atom), -coefficient);
    *value = affine_add((struct affine){.valid = true}, rest, -coefficient);
    *rises = coefficient == 1;
    return value->valid && affine_node(graph, value)->free->count == 0;
}

static void cut_at(struct cutting *cutting, struct affine value, long offset)
{
    value.constant += offset;
    add_cut(cutting, affine_node(cutting->graph, &value));
}

/* left >= right changes at the value, left > right behind it; for a falling difference it is the
 * other way round. */
static void cut_at_comparison(struct cutting *cutting, const struct node *comparison,
                              const struct index *index)
{
    struct affine value;
    bool rises;
    if (comparison->kind != NODE_APPLY || comparison->argument_count != 2 || !comparison->boolean ||
        !solve(cutting->graph, comparison, index, &value, &rises)) {
        return;
    }
    switch (comparison->operation->id) {
    case OPERATOR_GREATER_EQUAL:
    case OPERATOR_LESS:
        cut_at(cutting, value, rises ? 0 : 1);
        break;
    case OPERATOR_GREATER:
    case OPERATOR_LESS_EQUAL:
        cut_at(cutting, value, rises ? 1 : 0);
        break;
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
        cut_at(cutting, value, 0);
        cut_at(cutting, value, 1);
        break;
    default:
        break;
    }
}

static void cut_at_equation(struct cutting *cutting, const struct equation *equation, int depth)
{
    const struct axis *axis = &equation->target->axes[equation->time[depth]];
    const struct index *index = equation->indices[equation->time[depth]];
    size_t count;
    const struct node **order = node_order(graph_arena(cutting->graph), &equation->body, 1, &count);
    add_cut(cutting, axis->first);
    add_cut(cutting, axis->end);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_APPLY && node_depends_on(order[i], index)) {
            cut_at_comparison(cutting, order[i], index);
        }
    }
}

struct segment *recurrence_segments(struct graph *graph, struct equation *const *equations,
                                    size_t count, int depth, size_t *segment_count)
{
    struct cutting cutting = {.graph = graph,
                              .recurrence = equation_recurrence(equations[0], depth + 1)};
    for (size_t i = 0; i < count && !cutting.recurrence->tiled; i++) {
        cut_at_equation(&cutting, equations[i], depth);
    }
    struct segment *segments = ARENA_ARRAY(graph_arena(graph), struct segment, cutting.count + 1);
    const struct node *first = cutting.recurrence->first;
    for (size_t i = 0; i < cutting.count; i++) {
        segments[i] = (struct segment){first, cutting.cuts[i]};
        first = cutting.cuts[i];
    }
    segments[cutting.count] = (struct segment){first, cutting.recurrence->end};
    *segment_count = cutting.count + 1;
    return segments;
}
