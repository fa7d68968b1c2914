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
    const struct step **steps; /* that write */
    size_t count, capacity;
    struct table *variables; /* declared inside */
    bool independent, repeatable;
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

/* What an element is to a step that writes one. */
enum relation { RELATION_UNKNOWN, RELATION_SAME, RELATION_APART };

/* A subscript that stays the same in all iterations, and is another one there, keeps apart. */
static enum relation relation_to(const struct writes *writes, const struct step *step,
                                 const struct node *const *subscripts)
{
    bool same = true;
    for (int i = 0; i < step->target->rank; i++) {
        const struct node *written = step->subscripts[i], *other = subscripts[i];
        if (written == other) {
            continue;
        }
        bool stay =
            !node_depends_on(written, writes->index) && !node_depends_on(other, writes->index);
        if (stay && affine_proves_apart(written, other)) {
            return RELATION_APART;
        }
        same = same && stay && affine_proves_equal(written, other);
    }
    return same ? RELATION_SAME : RELATION_UNKNOWN;
}

/* The least that is certain of an element and all steps that write its tensor. */
static enum relation relation_to_all(const struct writes *writes, const struct tensor *tensor,
                                     const struct node *const *subscripts)
{
    enum relation least = RELATION_APART;
    for (size_t i = 0; i < writes->count; i++) {
        enum relation relation = writes->steps[i]->target == tensor
                                     ? relation_to(writes, writes->steps[i], subscripts)
                                     : RELATION_APART;
        least = relation < least ? relation : least;
    }
    return least;
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
            writes->independent =
                moves_along(writes, step) &&
                relation_to_all(writes, step->target, step->subscripts) != RELATION_UNKNOWN;
            ARENA_PUSH(writes->lowering->arena, writes->steps, writes->count, writes->capacity,
                       step);
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
        enum relation relation =
            order[i]->kind == NODE_LOAD
                ? relation_to_all(writes, order[i]->tensor, order[i]->arguments)
                : RELATION_APART;
        writes->independent = writes->independent && relation != RELATION_UNKNOWN;
        writes->repeatable = writes->repeatable && relation == RELATION_APART;
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

/* Whether steps make calls that cost more than what is around them. */
static bool make_calls(struct arena *arena, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        size_t count = 0;
        const struct node **order =
            step->value == NULL ? NULL : node_order(arena, &step->value, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (node_is_expensive(order[k])) {
                return true;
            }
        }
        if (make_calls(arena, &step->body) || make_calls(arena, &step->otherwise)) {
            return true;
        }
    }
    return false;
}

void loop_classify(struct lowering *lowering, struct step *loop)
{
    struct writes writes = {
        .lowering = lowering, .index = loop->index, .independent = true, .repeatable = true};
    loop->reduction = only_accumulates(&loop->body);
    for (size_t i = 0; i < loop->body.count; i++) {
        if (loop->reduction || loop->body.items[i]->kind == STEP_LOOP) {
            return;
        }
    }
    writes.variables = table_create(lowering->arena);
    note_writes(&writes, &loop->body);
    check_all_reads(&writes, &loop->body);
    loop->independent = writes.independent;
    loop->repeatable = loop->independent && writes.repeatable;
    loop->calls = loop->independent && make_calls(lowering->arena, &loop->body);
}
