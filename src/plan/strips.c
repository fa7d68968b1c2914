/* Strips: sums of vectors that stay in registers.
 *
 *     for j: t = L[j]
 *         each k: T[k] += t*y[j,k]
 *
 * reads and writes all of T once for each j. Where neither T's place nor the loop over k knows j,
 * a strip of T, as long as registers hold, can go through all of j before the next one does. Each
 * element is added up in the same order. */
#include "equations/affine.h"
#include "plan/loops.h"
#include "plan/nodes.h"

/* What has shorter rows, or fewer terms, is not worth the code; of longer rows, the strips would
 * jump through memory. */
#define ROW_MIN 32.0
#define ROW_MAX 512.0
#define TERMS_MIN 4.0
/* How deep an expression may be. */
enum { DEPTH_MAX = 6 };

struct search {
    struct graph *graph;
    const struct index *lanes;
};

/* ---- The lanes ---- */

/* Whether elements lie side by side along the lanes. */
static bool lies_along(const struct search *search, int rank, const struct node *const *subscripts)
{
    const struct node *atom = node_index(search->graph, search->lanes);
    for (int axis = 0; axis + 1 < rank; axis++) {
        if (node_depends_on(subscripts[axis], search->lanes)) {
            return false;
        }
    }
    if (rank == 0) {
        return false;
    }
    struct affine form = affine_of(subscripts[rank - 1]);
    struct affine rest = affine_add(form, affine_of(atom), -1);
    return affine_coefficient(&form, atom) == 1 && rest.valid &&
           !node_depends_on(affine_node(search->graph, &rest), search->lanes);
}

static bool is_arithmetic(const struct node *node)
{
    return node_is(node, OPERATOR_ADD) || node_is(node, OPERATOR_SUBTRACT) ||
           node_is(node, OPERATOR_MULTIPLY) || node_is(node, OPERATOR_DIVIDE) ||
           node_is(node, OPERATOR_NEGATE) ||
           (node_is(node, OPERATOR_POWER) && node_is_number(node->arguments[1], 2));
}

/* Whether a node is the same for all lanes, or made of elements side by side by arithmetic. */
static bool suits_lanes(const struct search *search, const struct node *node, int depth)
{
    if (!node_depends_on(node, search->lanes)) {
        return true;
    }
    if (node->kind == NODE_LOAD) {
        return node->tensor->class_count == NULL &&
               lies_along(search, node->argument_count, node->arguments);
    }
    bool suits = is_arithmetic(node) && depth < DEPTH_MAX;
    for (int i = 0; i < node->argument_count && suits; i++) {
        suits = suits_lanes(search, node->arguments[i], depth + 1);
    }
    return suits;
}

/* ---- What the strip must not know ---- */

/* Whether a node reads the target, or a variable or an index of the loops around the lanes. */
static bool knows(const struct node *node, const struct step *inner)
{
    size_t count;
    bool found = false;
    struct arena *arena = graph_arena(node->graph);
    const struct node **order = node_order(arena, &node, 1, &count);
    for (size_t i = 0; i < count && !found; i++) {
        found = (inner->kind == STEP_LOOP && order[i]->kind == NODE_INDEX &&
                 order[i]->index == inner->index) ||
                (inner->kind != STEP_LOOP && order[i]->kind == NODE_LOAD &&
                 order[i]->tensor == inner->target);
    }
    arena_give_back(arena, order, count, sizeof order[0]);
    return found;
}

/* Whether the strip's place, or how many lanes there are, changes with a step around the lanes. */
static bool changes_strip(const struct strips *strips, const struct step *around)
{
    bool changes = knows(strips->lanes->first, around) || knows(strips->lanes->end, around);
    for (int i = 0; i < strips->add->target->rank && !changes; i++) {
        changes = knows(strips->add->subscripts[i], around);
    }
    return changes;
}

static bool reads_strip(const struct strips *strips, const struct step *around)
{
    return (around->value != NULL && knows(around->value, strips->add)) ||
           (around->kind == STEP_LOOP &&
            (knows(around->first, strips->add) || knows(around->end, strips->add)));
}

/* ---- The loops ---- */

static bool has_no_strips(const struct step *loop)
{
    return loop->kind != STEP_LOOP || loop->product != NULL || loop->parallel != NULL ||
           loop->chunks != NULL || loop->descending || loop->carries || loop->body.count == 0;
}

/* The innermost loop, where each loop around it has variables and one loop in it. */
static const struct step *innermost(const struct step *loop)
{
    const struct step *inner = loop->body.items[loop->body.count - 1];
    while (inner->kind == STEP_LOOP && !has_no_strips(inner)) {
        for (size_t i = 0; i + 1 < loop->body.count; i++) {
            if (loop->body.items[i]->kind != STEP_DECLARE) {
                return NULL;
            }
        }
        loop = inner;
        inner = loop->body.items[loop->body.count - 1];
    }
    return loop;
}

static bool strip_stays(const struct strips *strips, const struct step *loop)
{
    for (; loop != strips->lanes; loop = loop->body.items[loop->body.count - 1]) {
        for (size_t i = 0; i + 1 < loop->body.count; i++) {
            if (changes_strip(strips, loop->body.items[i]) ||
                reads_strip(strips, loop->body.items[i])) {
                return false;
            }
        }
        if (changes_strip(strips, loop) || reads_strip(strips, loop)) {
            return false;
        }
    }
    return true;
}

static const struct node *count_of(struct graph *graph, const struct step *loop)
{
    return affine_normalize(graph, node_binary(graph, OPERATOR_SUBTRACT, loop->end, loop->first));
}

/* Where it is known how many lanes there are, C compilers find out by themselves what to do. */
static bool is_worth_strips(struct graph *graph, const struct step *loop,
                            const struct strips *strips)
{
    double lanes, terms, first, end;
    const struct axis *row = &strips->add->target->axes[strips->add->target->rank - 1];
    return !size_known(graph, count_of(graph, strips->lanes), &lanes) &&
           (!size_known(graph, count_of(graph, loop), &terms) || terms >= TERMS_MIN) &&
           size_known(graph, row->first, &first) && size_known(graph, row->end, &end) &&
           end - first >= ROW_MIN && end - first <= ROW_MAX;
}

/* Whether the step's element and what it gets are those of lanes. */
static bool is_lane(struct graph *graph, const struct strips *strips)
{
    const struct search search = {graph, strips->lanes->index};
    const struct step *add = strips->add;
    return lies_along(&search, add->target->rank, add->subscripts) &&
           node_depends_on(add->value, search.lanes) && !knows(add->value, add) &&
           suits_lanes(&search, add->value, 0);
}

bool loop_strips(struct graph *graph, const struct step *loop, struct strips *strips)
{
    const struct step *lanes = has_no_strips(loop) ? NULL : innermost(loop);
    if (lanes == NULL || lanes == loop || !lanes->independent || lanes->body.count != 1 ||
        lanes->body.items[0]->kind != STEP_ADD) {
        return false;
    }
    *strips = (struct strips){lanes, lanes->body.items[0]};
    return is_lane(graph, strips) && strip_stays(strips, loop) &&
           is_worth_strips(graph, loop, strips);
}

/* Whether a load by one loop's index is what a step stores by another's. */
static bool is_same_element(struct graph *graph, const struct node *load, const struct index *index,
                            const struct strips *strips)
{
    const struct node *lane = node_index(graph, strips->lanes->index);
    bool same = load->kind == NODE_LOAD && load->tensor == strips->add->target;
    for (int i = 0; same && i < load->argument_count; i++) {
        same =
            affine_normalize(graph, node_substitute(graph, load->arguments[i], 1, &index, &lane)) ==
            affine_normalize(graph, strips->add->subscripts[i]);
    }
    return same;
}

bool loop_terms(struct graph *graph, const struct step *loop, const struct step *sum,
                struct strips *strips)
{
    struct series series;
    double lanes;
    if (has_no_strips(loop) || !loop->independent || loop->body.count != 1 ||
        loop->body.items[0]->kind != STEP_STORE || sum->kind != STEP_LOOP ||
        !loop_series(graph, sum, &series) || series.operation != OPERATOR_ADD ||
        series.operands[1].tensor != NULL || sum->first != loop->first || sum->end != loop->end) {
        return false;
    }
    const struct node *term = sum->body.items[0]->value->arguments[1];
    *strips = (struct strips){loop, loop->body.items[0]};
    return is_lane(graph, strips) && is_same_element(graph, term, sum->index, strips) &&
           !size_known(graph, count_of(graph, loop), &lanes);
}
