#include "plan/collector.h"
#include "plan/factors.h"
#include "plan/nodes.h"

/* False where there is no common index. */
static bool add_to_view(struct collector *collector, struct shared_view *view,
                        const struct index *index)
{
    const struct index *common =
        common_index(collector->graph, collector->common, view->own, view->count, index);
    view->own[view->count] = index;
    view->common[view->count] = common;
    view->images[view->count++] = node_index(collector->graph, common);
    return common != index;
}

bool shared_view(struct collector *collector, const struct node *node, struct shared_view *view)
{
    size_t count;
    const struct node **order = node_order(collector->arena, &node, 1, &count);
    *view = (struct shared_view){.count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct index *index = order[i]->kind == NODE_INDEX ? order[i]->index : NULL;
        if (index != NULL && node_depends_on(node, index)) {
            if (view->count == LOOPS_MAX || !add_to_view(collector, view, index)) {
                return false;
            }
        }
    }
    view->node = node_substitute(collector->graph, node, view->count, view->own, view->images);
    return true;
}

static const struct index *common_of(const struct shared_view *view, const struct index *own)
{
    for (int i = 0; i < view->count; i++) {
        if (view->own[i] == own) {
            return view->common[i];
        }
    }
    return NULL;
}

const struct node *shared_load(struct collector *collector, const struct shared *shared,
                               const struct shared_view *view)
{
    const struct tensor *tensor = shared->draft->statement->target;
    const struct node *subscripts[RANK_MAX];
    for (int axis = 0; axis < tensor->rank; axis++) {
        for (int i = 0; i < view->count; i++) {
            if (view->common[i] == shared->axes[axis]) {
                subscripts[axis] = node_index(collector->graph, view->own[i]);
            }
        }
    }
    if (!shared->draft->appended) {
        draft_push(collector, shared->draft);
    }
    return node_load(collector->graph, tensor, subscripts);
}

const struct shared *shared_add(struct collector *collector, struct draft *draft,
                                const struct shared_view *view)
{
    struct shared *shared = ARENA_NEW(collector->arena, struct shared);
    shared->draft = draft;
    for (int axis = 0; axis < draft->statement->target->rank; axis++) {
        shared->axes[axis] = common_of(view, draft->statement->subscripts[axis]->index);
    }
    table_store(collector->shared, view->node, shared);
    return shared;
}

/* A draft that computes an expression for all values of its indices, in their order. */
static struct draft *draft_factor(struct collector *collector, const struct equation *equation,
                                  const struct node *value, const struct index *const *indices,
                                  int count)
{
    struct axis axes[RANK_MAX];
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){.first = indices[i]->first, .end = indices[i]->end};
    }
    const char *name = arena_format(graph_arena(collector->graph), "factor%u",
                                    ++collector->statements->part_count);
    const struct tensor *tensor = graph_tensor(collector->graph, TENSOR_PART, name, count, axes);
    struct draft *draft = draft_create(collector, equation, tensor, value);
    draft->statement->lays_out = true;
    for (int i = 0; i < count; i++) {
        draft_add_loop(collector, draft->statement, indices[i], i);
    }
    return draft;
}

/* The value of one operand of a product: a load as it is, else an element of its own tensor. */
static const struct node *value_of_operand(struct collector *collector,
                                           const struct equation *equation,
                                           const struct operands *operands, int side)
{
    const struct node *value = operands->sides[side];
    struct shared_view view;
    if (!operands->apart[side] || !shared_view(collector, value, &view)) {
        return value;
    }
    const struct shared *shared = table_find(collector->shared, view.node);
    if (shared == NULL) {
        struct draft *draft = draft_factor(collector, equation, value, operands->indices[side],
                                           operands->counts[side]);
        shared = shared_add(collector, draft, &view);
    }
    return shared_load(collector, shared, &view);
}

void take_out_inner_product(struct collector *collector, struct statement *statement,
                            const struct conditions *conditions)
{
    struct inner_product inner;
    if (collector->stretch == NULL && !statement->update &&
        statement_find_inner_product(collector->statements, statement, conditions, &inner)) {
        struct draft *draft =
            draft_factor(collector, statement->equation, inner.sum, inner.indices, inner.rank);
        draft_push(collector, draft);
        statement->value = node_load(collector->graph, draft->statement->target, inner.subscripts);
    }
}

void take_apart_sum(struct collector *collector, struct statement *statement)
{
    struct operands operands;
    if (collector->stretch != NULL || statement->reduction == NULL || statement->update) {
        return;
    }
    statement_nest_sum(collector->statements, statement);
    if (statement_find_operands(collector->statements, statement, &operands)) {
        const struct node *sides[2];
        for (int side = 0; side < 2; side++) {
            sides[side] = value_of_operand(collector, statement->equation, &operands, side);
        }
        statement->value = node_binary(collector->graph, OPERATOR_MULTIPLY, sides[0], sides[1]);
    }
}
