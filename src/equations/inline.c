#include "equations/program.h"

struct inliner {
    struct program *program;
    struct table *uses; /* tensor to struct use */
};

struct use {
    size_t equations;            /* how many equations load it */
    const struct equation *last; /* the latest that does */
    bool elsewhere; /* loaded inside a reduction, or not at the equation's own indices */
};

/* The nodes of a body that stand outside its reductions, reductions themselves included. */
static const struct node **outer_order(struct arena *arena, const struct node *body, size_t *count)
{
    size_t total;
    const struct node **order = node_order(arena, &body, 1, &total);
    struct table *outer = table_create(arena);
    table_store(outer, body, (void *)(uintptr_t)body);
    *count = 0;
    for (size_t i = total; i > 0; i--) {
        const struct node *node = order[i - 1];
        for (int k = 0; k < node->argument_count && node->kind != NODE_REDUCE; k++) {
            if (table_find(outer, node) != NULL) {
                table_store(outer, node->arguments[k], (void *)(uintptr_t)node);
            }
        }
    }
    for (size_t i = 0; i < total; i++) {
        if (table_find(outer, order[i]) != NULL) {
            order[(*count)++] = order[i];
        }
    }
    return order;
}

/* Whether each index of the equation is exactly one of the load's subscripts. */
static bool is_at_own_indices(const struct node *load, const struct equation *equation)
{
    if (load->argument_count != equation->target->rank) {
        return false;
    }
    for (int i = 0; i < load->argument_count; i++) {
        int found = 0;
        for (int k = 0; k < load->argument_count; k++) {
            found += load->arguments[k]->kind == NODE_INDEX &&
                     load->arguments[k]->index == equation->indices[i];
        }
        if (found != 1) {
            return false;
        }
    }
    return true;
}

static struct use *use_of(struct inliner *inliner, const struct tensor *tensor)
{
    struct use *use = table_find(inliner->uses, tensor);
    if (use == NULL) {
        use = ARENA_NEW(graph_arena(inliner->program->graph), struct use);
        table_store(inliner->uses, tensor, use);
    }
    return use;
}

static bool loads_parts(struct arena *arena, const struct node *body)
{
    size_t count;
    const struct node **order = node_order(arena, &body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor->kind == TENSOR_PART) {
            return true;
        }
    }
    return false;
}

static void count_uses(struct inliner *inliner, const struct equation *equation)
{
    struct arena *arena = graph_arena(inliner->program->graph);
    size_t total, outer_count;
    if (!loads_parts(arena, equation->body)) {
        return;
    }
    const struct node **outer = outer_order(arena, equation->body, &outer_count);
    struct table *is_outer = table_create(arena);
    for (size_t i = 0; i < outer_count; i++) {
        table_store(is_outer, outer[i], (void *)(uintptr_t)outer[i]);
    }
    const struct node **order = node_order(arena, &equation->body, 1, &total);
    for (size_t i = 0; i < total; i++) {
        if (order[i]->kind != NODE_LOAD || order[i]->tensor->kind != TENSOR_PART) {
            continue;
        }
        struct use *use = use_of(inliner, order[i]->tensor);
        use->equations += use->last != equation;
        use->last = equation;
        use->elsewhere = use->elsewhere || table_find(is_outer, order[i]) == NULL ||
                         !is_at_own_indices(order[i], equation);
    }
}

static const struct node *inline_visit(void *context, const struct node *node)
{
    struct inliner *inliner = context;
    if (node->kind != NODE_LOAD || node->tensor->kind != TENSOR_PART) {
        return node;
    }
    const struct use *use = table_find(inliner->uses, node->tensor);
    const struct equation *part = program_find(inliner->program, node->tensor);
    if (use == NULL || use->equations != 1 || use->elsewhere || part == NULL) {
        return node;
    }
    return node_substitute(inliner->program->graph, part->body, node->tensor->rank, part->indices,
                           node->arguments);
}

void program_inline_parts(struct program *program, const struct tensor *const *keep,
                          size_t keep_count)
{
    struct inliner inliner = {.program = program};
    inliner.uses = table_create(graph_arena(program->graph));
    for (size_t i = 0; i < program->count; i++) {
        count_uses(&inliner, program->equations[i]);
    }
    for (size_t i = 0; i < keep_count; i++) {
        use_of(&inliner, keep[i])->elsewhere = true;
    }
    struct program *result = program_create(program->graph);
    result->taken = program->taken;
    result->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        const struct use *use = table_find(inliner.uses, equation->target);
        if (equation->target->kind == TENSOR_PART && use != NULL && use->equations == 1 &&
            !use->elsewhere) {
            continue;
        }
        if (equation->body->kind != NODE_REDUCE &&
            loads_parts(graph_arena(program->graph), equation->body)) {
            equation->body = node_rewrite(program->graph, equation->body, inline_visit, &inliner);
        }
        program_adopt(result, equation);
    }
    *program = *result;
}
