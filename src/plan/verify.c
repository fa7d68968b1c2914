#include "plan/loops.h"
#include "plan/nodes.h"

struct verifier {
    struct arena *arena;
    const struct plan *plan;
    struct table *declared; /* variables in scope, to a step */
    struct table *running;  /* indices of the loops around */
    struct table *written;  /* tensors */
    const char *wrong;
};

static void complain(struct verifier *verifier, const char *what, const char *name)
{
    if (verifier->wrong == NULL) {
        verifier->wrong = arena_format(verifier->arena, "%s %s", name == NULL ? "?" : name, what);
    }
}

/* What each chunk of a loop has for itself is there while that loop runs. */
static void verify_place(struct verifier *verifier, const struct tensor *tensor)
{
    const struct buffer *buffer = plan_buffer(verifier->plan, tensor);
    if (buffer == NULL || buffer->place == PLACE_VARIABLE) {
        complain(verifier, "has no place in memory", tensor->name);
    } else if (buffer->place == PLACE_CHUNK &&
               table_find(verifier->running, buffer->chunks->index) == NULL) {
        complain(verifier, "is used outside its chunk", tensor->name);
    }
}

/* `always`: not in a branch alone, which may be one that is never taken. */
static void verify_load(struct verifier *verifier, const struct tensor *tensor, bool always)
{
    if (tensor->kind == TENSOR_LOCAL) {
        if (table_find(verifier->declared, tensor) == NULL) {
            complain(verifier, "is read before it is declared", tensor->name);
        }
        return;
    }
    const struct buffer *buffer = plan_buffer(verifier->plan, tensor);
    verify_place(verifier, tensor);
    if (always && buffer != NULL && buffer->place != PLACE_GIVEN && tensor->kind != TENSOR_PARAMETER &&
        tensor->kind != TENSOR_STATE && table_find(verifier->written, tensor) == NULL) {
        complain(verifier, "is read before it is written", tensor->name);
    }
}

/* The nodes of an expression that are evaluated whenever it is. */
static struct table *evaluated_always(struct arena *arena, const struct node *root)
{
    struct table *always = table_create(arena);
    size_t stacked = 0, capacity = 0;
    const struct node **stack = NULL;
    ARENA_PUSH(arena, stack, stacked, capacity, root);
    while (stacked > 0) {
        const struct node *node = stack[--stacked];
        const bool chooses = node_is(node, OPERATOR_IF) || node_is(node, OPERATOR_AND) ||
                             node_is(node, OPERATOR_OR);
        if (table_find(always, node) != NULL) {
            continue;
        }
        table_store(always, node, (void *)(uintptr_t)node);
        for (int i = 0; i < (chooses ? 1 : node->argument_count); i++) {
            ARENA_PUSH(arena, stack, stacked, capacity, node->arguments[i]);
        }
    }
    return always;
}

static void verify_expression(struct verifier *verifier, const struct node *root)
{
    size_t count;
    const struct node **order = node_order(verifier->arena, &root, 1, &count);
    const struct table *always = evaluated_always(verifier->arena, root);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        if (node->kind == NODE_REDUCE) {
            complain(verifier, "is a reduction inside an expression", node->reduction->spelling);
        } else if (node->kind == NODE_INDEX && table_find(verifier->running, node->index) == NULL) {
            complain(verifier, "is an index that no loop runs", node->index->name);
        } else if (node->kind == NODE_LOAD) {
            verify_load(verifier, node->tensor, table_find(always, node) != NULL);
        }
    }
}

static void verify_target(struct verifier *verifier, const struct step *step)
{
    const struct tensor *target = step->target;
    const struct buffer *buffer = plan_buffer(verifier->plan, target);
    if (step->kind == STEP_DECLARE) {
        table_store(verifier->declared, target, (void *)(uintptr_t)step);
    } else if (step->kind == STEP_ASSIGN && table_find(verifier->declared, target) == NULL) {
        complain(verifier, "is set before it is declared", target->name);
    } else if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
        verify_place(verifier, target);
        for (int i = 0; i < target->rank; i++) {
            verify_expression(verifier, step->subscripts[i]);
        }
        table_store(verifier->written, target, (void *)(uintptr_t)step);
        if (buffer != NULL && buffer->own != NULL && buffer->own->parts != NULL) {
            table_store(verifier->written, buffer->own->parts, (void *)(uintptr_t)step);
        }
    }
}

static void verify_steps(struct verifier *verifier, const struct step_list *steps);

/* What a loop writes, later iterations of it may read before it stands there. */
static void note_writes(struct verifier *verifier, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_STORE) {
            table_store(verifier->written, step->target, (void *)(uintptr_t)step);
        }
        note_writes(verifier, &step->body);
        note_writes(verifier, &step->otherwise);
    }
}

static void verify_loop(struct verifier *verifier, const struct step *loop)
{
    verify_expression(verifier, loop->first);
    verify_expression(verifier, loop->end);
    if (table_find(verifier->running, loop->index) != NULL) {
        complain(verifier, "runs two loops at once", loop->index->name);
    }
    if (loop->carries) {
        note_writes(verifier, &loop->body);
    }
    table_store(verifier->running, loop->index, (void *)(uintptr_t)loop);
    verify_steps(verifier, &loop->body);
    table_store(verifier->running, loop->index, NULL);
}

/* A variable ends with the list that declares it. */
static void end_variables(struct verifier *verifier, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->items[i]->kind == STEP_DECLARE) {
            table_store(verifier->declared, steps->items[i]->target, NULL);
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
        if (step->kind == STEP_LOOP) {
            verify_loop(verifier, step);
        } else if (step->kind == STEP_IF) {
            verify_steps(verifier, &step->body);
            verify_steps(verifier, &step->otherwise);
        } else if (step->target != NULL) {
            verify_target(verifier, step);
        }
    }
    end_variables(verifier, steps);
}

const char *plan_verify(const struct plan *plan)
{
    struct verifier verifier = {.arena = graph_arena(plan->graph), .plan = plan};
    verifier.declared = table_create(verifier.arena);
    verifier.running = table_create(verifier.arena);
    verifier.written = table_create(verifier.arena);
    for (size_t i = 0; i < plan->part_count; i++) {
        verify_steps(&verifier, &plan->parts[i].steps);
    }
    return verifier.wrong;
}
