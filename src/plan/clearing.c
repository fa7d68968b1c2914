/* The statement that comes before those that add into a target. */
#include "plan/statement.h"

/* The axis that a loop runs along; -1: none does alone. */
static int axis_of_loop(const struct statement *statement, const struct loop *loop)
{
    for (int axis = 0; axis < statement->target->rank; axis++) {
        if (node_is_index(statement->subscripts[axis], loop->index)) {
            return axis;
        }
    }
    return -1;
}

static void add_loop(struct statements *statements, struct statement *clearing,
                     const struct index *index, const struct sequence *sequence, int axis)
{
    clearing->loops[clearing->loop_count++] = (struct loop){
        .index = index, .first = index->first, .end = index->end, .sequence = sequence};
    clearing->subscripts[axis] = node_index(statements->graph, index);
}

static const struct index *index_along(struct statements *statements, const struct tensor *target,
                                       int axis)
{
    const struct axis *bounds = &target->axes[axis];
    return graph_index(statements->graph, NULL, bounds->first, bounds->end);
}

/* The loops that run along axes of the target, as the adder has them. */
static void add_shared_loops(struct statements *statements, struct statement *clearing,
                             const struct statement *adder)
{
    for (int level = 0; level < adder->loop_count && !adder->loops[level].reduced; level++) {
        const struct loop *loop = &adder->loops[level];
        int axis = axis_of_loop(adder, loop);
        if (axis < 0 || clearing->subscripts[axis] != NULL) {
            break;
        }
        const struct index *index =
            loop->sequence != NULL ? loop->index : index_along(statements, adder->target, axis);
        add_loop(statements, clearing, index, loop->sequence, axis);
        clearing->shared++;
    }
}

struct statement *statement_clearing(struct statements *statements, const struct statement *adder)
{
    struct arena *arena = statements->arena;
    struct statement *clearing = ARENA_NEW(arena, struct statement);
    clearing->equation = adder->equation;
    clearing->target = adder->target;
    clearing->clears = true;
    clearing->fixed = adder->fixed;
    clearing->weight = 1;
    clearing->value = node_number(statements->graph, reduction_unit(adder->reduction));
    clearing->subscripts = ARENA_ARRAY(arena, const struct node *, RANK_MAX);
    clearing->loops = ARENA_ARRAY(arena, struct loop, LOOPS_MAX);
    add_shared_loops(statements, clearing, adder);
    for (int axis = 0; axis < adder->target->rank; axis++) {
        if ((adder->fixed >> axis & 1) != 0) {
            clearing->subscripts[axis] = adder->subscripts[axis];
        } else if (clearing->subscripts[axis] == NULL) {
            add_loop(statements, clearing, index_along(statements, adder->target, axis), NULL,
                     axis);
        }
    }
    clearing->fold = clearing->loop_count;
    return clearing;
}
