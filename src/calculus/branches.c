/* Branches that the conditions around them decide: inside `if c then ...` another `if c` is taken.
 */
#include "calculus/simplify.h"
#include "equations/guards.h"

/* 1: a condition holds wherever the guard does, 0: it fails there, -1: that depends. */
static int decided_by(const struct node *condition, const struct guard *guard)
{
    for (; guard != NULL && guard->depth > 0; guard = guard->outer) {
        const struct node *known = guard->condition;
        while (!guard->negated && known->kind == NODE_APPLY &&
               known->operation->id == OPERATOR_AND) {
            if (known->arguments[1] == condition) {
                return 1;
            }
            known = known->arguments[0];
        }
        if (known == condition) {
            return guard->negated ? 0 : 1;
        }
    }
    return -1;
}

static const struct node *image_of(const struct table *images, const struct node *node)
{
    const struct node *image = table_find(images, node);
    return image == NULL ? node : image;
}

static const struct node *pruned(struct graph *graph, const struct table *images,
                                 const struct node *node, const struct guard *guard)
{
    const struct node *arguments[3];
    bool chooses = node->kind == NODE_APPLY && node->operation->id == OPERATOR_IF;
    int decided = chooses ? decided_by(node->arguments[0], guard) : -1;
    if (decided >= 0) {
        return image_of(images, node->arguments[decided == 1 ? 1 : 2]);
    }
    const struct node **all =
        node->argument_count <= 3
            ? arguments
            : ARENA_ARRAY(graph_arena(graph), const struct node *, (size_t)node->argument_count);
    for (int i = 0; i < node->argument_count; i++) {
        all[i] = image_of(images, node->arguments[i]);
    }
    return node_with_arguments(graph, node, all);
}

static bool chooses_twice(const struct node *const *order, size_t count)
{
    int choices = 0;
    for (size_t i = 0; i < count && choices < 2; i++) {
        choices += order[i]->kind == NODE_APPLY && order[i]->operation->id == OPERATOR_IF;
    }
    return choices > 1;
}

const struct node *node_prune(struct graph *graph, const struct node *root)
{
    size_t count;
    const struct node **order = node_order(graph_arena(graph), &root, 1, &count);
    if (!chooses_twice(order, count)) {
        return root;
    }
    struct guards guards = guards_create(graph);
    struct table *images = table_create(graph_arena(graph));
    guards_note(&guards, root, guard_none());
    guards_spread(&guards, order, count, true);
    for (size_t i = 0; i < count; i++) {
        const struct node *image = pruned(graph, images, order[i], guards_of(&guards, order[i]));
        if (image != order[i]) {
            table_store(images, order[i], (void *)(uintptr_t)image);
        }
    }
    return image_of(images, root);
}
