/* What a finished loop is to a C compiler: one that adds up, or one whose iterations are
 * independent. */
#include "equations/affine.h"
#include "plan/lower.h"
#include "plan/nodes.h"

/* Whether a loop changes nothing but accumulators declared outside. */
static bool only_accumulates(const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_STORE || step->kind == STEP_ADD || !only_accumulates(&step->body) ||
            !only_accumulates(&step->otherwise)) {
            return false;
        }
    }
    return true;
}

/* The memory that an innermost loop writes: each tensor at one place an iteration. */
struct writes {
    struct lowering *lowering;
    const struct index *index;
    struct table *targets;   /* tensor to the step that writes it */
    struct table *variables; /* declared inside */
    bool independent;
};

static bool moves_along(struct writes *writes, const struct step *step)
{
    const struct node *atom = node_index(writes->lowering->graph, writes->index);
    for (int i = 0; i < step->target->rank; i++) {
        struct affine affine = affine_of(step->subscripts[i]);
        struct affine rest =
            affine_add(affine, affine_of(atom), -affine_coefficient(&affine, atom));
        if (affine_coefficient(&affine, atom) != 0 && rest.valid &&
            !node_depends_on(affine_node(writes->lowering->graph, &rest), writes->index)) {
            return true;
        }
    }
    return false;
}

/* Whether the element is that which a step writes, or another one for certain: where subscripts
 * differ, both are numbers. */
static bool is_kept_apart(const struct step *left, const struct node *const *subscripts)
{
    for (int i = 0; i < left->target->rank; i++) {
        bool numbers =
            left->subscripts[i]->kind == NODE_NUMBER && subscripts[i]->kind == NODE_NUMBER;
        if (left->subscripts[i] != subscripts[i] && !numbers) {
            return false;
        }
    }
    return true;
}

static void note_writes(struct writes *writes, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count && writes->independent; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_LOOP) {
            writes->independent = false;
        } else if (step->kind == STEP_DECLARE) {
            table_store(writes->variables, step->target, writes);
        } else if (step->kind == STEP_ASSIGN) {
            writes->independent = table_find(writes->variables, step->target) != NULL;
        } else if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
            const struct step *other = table_find(writes->targets, step->target);
            writes->independent = moves_along(writes, step) &&
                                  (other == NULL || is_kept_apart(other, step->subscripts));
            table_store(writes->targets, step->target, (void *)(uintptr_t)step);
        }
        note_writes(writes, &step->body);
        note_writes(writes, &step->otherwise);
    }
}

static void check_reads(struct writes *writes, const struct node *root)
{
    size_t count = 0;
    const struct node **order =
        root == NULL ? NULL : node_order(writes->lowering->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct step *step =
            order[i]->kind == NODE_LOAD ? table_find(writes->targets, order[i]->tensor) : NULL;
        if (step != NULL && !is_kept_apart(step, order[i]->arguments)) {
            writes->independent = false;
        }
    }
}

static void check_all_reads(struct writes *writes, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count && writes->independent; i++) {
        const struct step *step = steps->items[i];
        check_reads(writes, step->value);
        for (int k = 0; k < RANK_MAX; k++) {
            check_reads(writes, step->subscripts[k]);
        }
        check_all_reads(writes, &step->body);
        check_all_reads(writes, &step->otherwise);
    }
}

void loop_classify(struct lowering *lowering, struct step *loop)
{
    struct writes writes = {.lowering = lowering, .index = loop->index, .independent = true};
    loop->reduction = only_accumulates(&loop->body);
    for (size_t i = 0; i < loop->body.count; i++) {
        if (loop->reduction || loop->body.items[i]->kind == STEP_LOOP) {
            return;
        }
    }
    writes.targets = table_create(lowering->arena);
    writes.variables = table_create(lowering->arena);
    note_writes(&writes, &loop->body);
    check_all_reads(&writes, &loop->body);
    loop->independent = writes.independent;
}
