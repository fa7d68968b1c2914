#include "plan/buffers.h"
#include "plan/cost.h"
#include "plan/cut.h"
#include "plan/elements.h"
#include "plan/lower.h"
#include "plan/parallel.h"
#include "plan/stop.h"

/* How the rows of data are worked. */
struct shape {
    long rows; /* of a block; 0: as is best */
    bool lanes;
    double grain; /* of chunks for threads; 0: all in order */
};

static struct statements collect(const struct program *program, const struct tensor *const *results,
                                 size_t result_count, struct statements shape)
{
    shape.graph = program->graph;
    shape.gathered = table_create(shape.arena);
    statements_collect(&shape, program, results, result_count);
    return shape;
}

/* Kernels want the elements of a row side by side, not those of the rows. */
static bool has_products(const struct statements *statements)
{
    for (size_t i = 0; i < statements->count; i++) {
        if (statements->items[i]->product) {
            return true;
        }
    }
    return false;
}

/* The statements: for blocks of rows where that serves a product or a recurrence, for lanes where
 * there is enough to do for a row, but no product. */
static struct statements collect_in_shape(const struct program *program,
                                          const struct tensor *const *results, size_t result_count,
                                          const struct shape *shape, struct arena *arena)
{
    struct graph *graph = program->graph;
    bool lanes = shape->lanes;
    long rows = shape->rows;
    if (rows == 0) {
        struct statements plain =
            collect(program, results, result_count, (struct statements){.arena = arena});
        lanes = !plain.wants_blocks && !has_products(&plain) && statements_want_lanes(&plain);
        rows = plain.wants_blocks || lanes ? statements_block_rows(&plain, lanes) : 0;
        if (rows == 0) {
            return plain;
        }
    }
    struct table *elements = lanes ? program_open_axes(program, results, result_count) : NULL;
    return collect(program, results, result_count,
                   (struct statements){.arena = arena,
                                       .elements = elements,
                                       .block_rows = node_number(graph, (double)rows),
                                       .lanes = lanes,
                                       .eager = shape->rows > 0});
}

static struct plan *create(const struct program *program, const struct tensor *const *results,
                           size_t result_count, const struct shape *shape)
{
    struct graph *graph = program->graph;
    struct arena *arena = graph_arena(graph);
    struct plan *plan = ARENA_NEW(arena, struct plan);
    plan->graph = graph;
    struct arena *own = arena_open(arena);
    const struct program *direct = program_without_transposes(program, results, result_count);
    direct = program_with_matrices(direct, results, result_count);
    direct = program_with_terms(direct);
    struct statements statements = collect_in_shape(direct, results, result_count, shape, own);
    struct tree tree;
    statements_remove_copies(&statements);
    statements_keep_calls(&statements);
    statements_share_calls(&statements);
    statements_split(&statements);
    statements_block(&statements);
    statements_link(&statements);
    tree_create(&tree, &statements);
    tree_contract(&tree);
    struct lowering lowering = lowering_create(&tree);
    for (size_t i = 0; i < tree.part_count; i++) {
        struct part part = {lower_part(&lowering, tree.parts[i])};
        if (part.steps.count > 0) {
            ARENA_PUSH(arena, plan->parts, plan->part_count, plan->part_capacity, part);
        }
    }
    plan_stop_loops(plan, &tree);
    plan->cost = cost_of(plan);
    if (shape->grain > 0) {
        plan_parallelize(plan, &tree, shape->grain);
    }
    plan_cut_loops(plan);
    plan_place_buffers(plan, &tree);
    arena_close(own);
    return plan;
}

struct plan *plan_create(const struct program *program, const struct tensor *const *results,
                         size_t result_count)
{
    return create(program, results, result_count, &(struct shape){.grain = 0});
}

struct plan *plan_create_parallel(const struct program *program,
                                  const struct tensor *const *results, size_t result_count,
                                  double grain)
{
    return create(program, results, result_count, &(struct shape){.grain = grain});
}

struct plan *plan_create_in_blocks(const struct program *program,
                                   const struct tensor *const *results, size_t result_count,
                                   long rows, bool lanes, double grain)
{
    return create(program, results, result_count, &(struct shape){rows, lanes, grain});
}

const struct buffer *plan_buffer(const struct plan *plan, const struct tensor *tensor)
{
    uintptr_t position = (uintptr_t)table_find(plan->by_tensor, tensor);
    return position == 0 ? NULL : &plan->buffers[position - 1];
}
