#include "equations/affine.h"
#include "equations/program.h"

/* Programs of no more scalar operations than this are shared by the planner. */
#define PLANNED_WHOLE_MAX 200

/* Who uses a node: how many equations, how many other nodes. */
struct users {
    const struct equation *last;
    unsigned equations, nodes;
};

struct sharer {
    struct graph *graph;
    struct arena *arena;
    struct program *result;
    struct table *users;        /* node to struct users */
    struct table *replacements; /* node to what stands for it */
    const struct equation *equation;
    bool any_shared;
};

static bool is_scalar_operation(const struct node *node)
{
    return node->kind == NODE_APPLY && node->free->count == 0 && !node->boolean;
}

/* ---- Counting ---- */

static struct users *users_of(struct sharer *sharer, const struct node *node)
{
    struct users *users = table_find(sharer->users, node);
    if (users == NULL) {
        users = ARENA_NEW(sharer->arena, struct users);
        table_store(sharer->users, node, users);
    }
    return users;
}

/* The number of scalar operations met for the first time. */
static size_t count_users(struct sharer *sharer, const struct equation *equation)
{
    size_t count, fresh = 0;
    const struct node **order = node_order(sharer->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        bool counted = is_scalar_operation(order[i]) && users_of(sharer, order[i])->last != NULL;
        if (is_scalar_operation(order[i])) {
            struct users *users = users_of(sharer, order[i]);
            users->equations += users->last != equation;
            users->last = equation;
            sharer->any_shared = sharer->any_shared || users->equations > 1;
            fresh += !counted;
        }
        for (int k = 0; !counted && k < order[i]->argument_count; k++) {
            if (is_scalar_operation(order[i]->arguments[k])) {
                users_of(sharer, order[i]->arguments[k])->nodes++;
            }
        }
    }
    return fresh;
}

/* Whether everything below a node may be computed wherever it is wanted: no load in it can leave
 * its tensor, whatever branch it stands in. */
static bool is_safe(struct sharer *sharer, const struct node *node)
{
    for (int i = 0; i < node->argument_count; i++) {
        const struct node *argument = node->arguments[i];
        if (argument->kind == NODE_REDUCE) {
            return false;
        }
        for (int k = 0; argument->kind == NODE_LOAD && k < argument->argument_count; k++) {
            const struct axis *axis = &argument->tensor->axes[k];
            if (!affine_proves_at_most(axis->first, argument->arguments[k]) ||
                !affine_proves_below(argument->arguments[k], axis->end)) {
                return false;
            }
        }
    }
    (void)sharer;
    return true;
}

static bool is_shared(struct sharer *sharer, const struct node *node)
{
    const struct users *users = table_find(sharer->users, node);
    return is_scalar_operation(node) && users != NULL && users->equations > 1 && users->nodes > 1 &&
           is_safe(sharer, node);
}

/* ---- Replacing ---- */

static const struct node *part_for(struct sharer *sharer, const struct node *value)
{
    const char *stem = arena_format(sharer->arena, "%s_part", sharer->equation->target->name);
    struct tensor *part =
        graph_tensor(sharer->graph, TENSOR_PART, program_fresh_name(sharer->result, stem), 0, NULL);
    part->span = sharer->equation->span;
    program_append(sharer->result, part, NULL, value, sharer->equation->span);
    return node_load(sharer->graph, part, NULL);
}

static const struct node *replacement_of(struct sharer *sharer, const struct node *node)
{
    const struct node **arguments =
        ARENA_ARRAY(sharer->arena, const struct node *, (size_t)node->argument_count + 1);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = table_find(sharer->replacements, node->arguments[i]);
    }
    const struct node *rebuilt = node_with_arguments(sharer->graph, node, arguments);
    return is_shared(sharer, node) && rebuilt->kind == NODE_APPLY ? part_for(sharer, rebuilt)
                                                                  : rebuilt;
}

static void replace_in(struct sharer *sharer, struct equation *equation)
{
    size_t count;
    sharer->equation = equation;
    const struct node **order = node_order(sharer->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (table_find(sharer->replacements, order[i]) == NULL) {
            table_store(sharer->replacements, order[i],
                        (void *)(uintptr_t)replacement_of(sharer, order[i]));
        }
    }
    equation->body = table_find(sharer->replacements, equation->body);
    program_adopt(sharer->result, equation);
}

void program_share_scalars(struct program *program)
{
    struct sharer sharer = {.graph = program->graph,
                            .arena = graph_arena(program->graph),
                            .result = program_create(program->graph)};
    sharer.users = table_create(sharer.arena);
    sharer.replacements = table_create(sharer.arena);
    sharer.result->taken = program->taken;
    size_t operations = 0;
    for (size_t i = 0; i < program->count; i++) {
        operations += count_users(&sharer, program->equations[i]);
    }
    if (operations <= PLANNED_WHOLE_MAX) {
        return;
    }
    for (size_t i = 0; i < program->count && sharer.any_shared; i++) {
        replace_in(&sharer, program->equations[i]);
    }
    if (!sharer.any_shared) {
        return;
    }
    bool recurrent = program->recurrent;
    *program = *sharer.result;
    if (recurrent) {
        program_schedule(program);
    }
}
