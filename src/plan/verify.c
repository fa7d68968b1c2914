#include "plan/loops.h"

struct verifier {
    struct arena *arena;
    const struct plan *plan;
    struct table *declared; /* locals in scope */
    struct table *running;  /* indices of the loops around */
    const char *wrong;
};

static void complain(struct verifier *verifier, const char *what, const char *name)
{
    if (verifier->wrong == NULL) {
        verifier->wrong = arena_format(verifier->arena, "%s %s", name == NULL ? "?" : name, what);
    }
}

static void verify_expression(struct verifier *verifier, const struct node *root)
{
    size_t count;
    const struct node **order = node_order(verifier->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        if (node->kind == NODE_REDUCE) {
            complain(verifier, "is a reduction inside an expression", node->reduction->spelling);
        } else if (node->kind == NODE_INDEX && table_find(verifier->running, node->index) == NULL) {
            complain(verifier, "is an index that no loop runs", node->index->name);
        } else if (node->kind == NODE_LOAD && node->tensor->kind == TENSOR_LOCAL &&
                   table_find(verifier->declared, node->tensor) == NULL) {
            complain(verifier, "is read before it is declared", node->tensor->name);
        }
    }
}

static void verify_steps(struct verifier *verifier, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count && verifier->wrong == NULL; i++) {
        const struct step *step = steps->items[i];
        if (step->value != NULL) {
            verify_expression(verifier, step->value);
        }
        if (step->kind == STEP_DECLARE) {
            table_store(verifier->declared, step->target, (void *)(uintptr_t)step);
        }
        if (step->kind == STEP_LOOP) {
            table_store(verifier->running, step->index, (void *)(uintptr_t)step);
        }
        verify_steps(verifier, &step->body);
        verify_steps(verifier, &step->otherwise);
    }
}

const char *plan_verify(const struct plan *plan)
{
    struct verifier verifier = {.arena = graph_arena(plan->graph), .plan = plan};
    verifier.declared = table_create(verifier.arena);
    verifier.running = table_create(verifier.arena);
    for (size_t i = 0; i < plan->part_count; i++) {
        verify_steps(&verifier, &plan->parts[i].steps);
    }
    return verifier.wrong;
}
