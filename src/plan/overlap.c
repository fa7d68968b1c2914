/* Short loops in parts of one length.
 *
 * A loop over 14 elements makes one or two vectors, and calls for the rest one at a time. Where an
 * iteration may be done twice, the last part reaches back over elements of the one before instead,
 * and all calls are those of vectors. */
#include "plan/lower.h"

/* How many iterations a part has: some vectors of any kind. Loops of more parts lose little by
 * their rest. */
enum { LANES = 8, LANES_WIDE = 16, PARTS_MAX = 4 };

/* Whether steps only set what they do not read. */
static bool only_stores(const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_ADD || !only_stores(&step->body) || !only_stores(&step->otherwise)) {
            return false;
        }
    }
    return true;
}

static const struct node *binary(struct lowering *lowering, enum operator_id id,
                                 const struct node *left, const struct node *right)
{
    return node_binary(lowering->graph, id, left, right);
}

/* How many iterations a part of the loop should have; 0: it is to stay whole. */
static int lanes_of(struct lowering *lowering, const struct step *loop, double *extent)
{
    double first, end;
    if (!loop->calls || !loop->repeatable || !only_stores(&loop->body) ||
        !size_known(lowering->graph, loop->first, &first) ||
        !size_known(lowering->graph, loop->end, &end)) {
        return 0;
    }
    *extent = end - first;
    int lanes = *extent < LANES_WIDE ? LANES : LANES_WIDE;
    bool rest = (long)*extent % LANES != 0;
    return rest && *extent > lanes && *extent <= PARTS_MAX * lanes ? lanes : 0;
}

struct step *loop_overlap(struct lowering *lowering, struct step *loop)
{
    double extent;
    int lanes = lanes_of(lowering, loop, &extent);
    if (lanes == 0) {
        return loop;
    }
    struct graph *graph = lowering->graph;
    const struct node *length = node_number(graph, lanes);
    struct step *parts = step_create(lowering, STEP_LOOP);
    parts->first = node_number(graph, 0);
    parts->end = node_number(graph, (double)(((long)extent + lanes - 1) / lanes));
    parts->index = graph_index(graph, "part", parts->first, parts->end);
    const struct node *next =
        binary(lowering, OPERATOR_ADD, loop->first,
               binary(lowering, OPERATOR_MULTIPLY, length, node_index(graph, parts->index)));
    const struct node *last = binary(lowering, OPERATOR_SUBTRACT, loop->end, length);
    const struct tensor *begin = local_create(lowering, "begin");
    declare(lowering, &parts->body, begin, binary(lowering, OPERATOR_MIN, next, last))->whole =
        true;
    loop->first = local_read(lowering, begin);
    loop->end = binary(lowering, OPERATOR_ADD, loop->first, length);
    step_push(lowering, &parts->body, loop);
    return parts;
}
