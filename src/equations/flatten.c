#include "equations/affine.h"
#include "equations/guards.h"
#include "equations/program.h"

/* Where the value of a reduction is found: axis k of `tensor` is the reduction's free index
 * order[k]. */
struct hoisted {
    const struct tensor *tensor;
    int order[RANK_MAX];
};

struct hoister {
    const struct program *program;
    struct program *result;
    struct graph *graph;
    struct table *hoisted;      /* by reduction with placeholders for its free indices */
    struct table *placeholders; /* by a hash of range and position */
    const struct equation *equation;
};

static const struct index *placeholder(struct hoister *hoister, const struct index *like,
                                       int position)
{
    uint64_t hash = hash_mix(hash_mix(like->first->id, like->end->id), (uint64_t)position + 1);
    for (;; hash = hash_mix(hash, 1)) {
        const void *key = (const void *)(uintptr_t)(hash | 1);
        struct {
            const struct index *index;
            int position;
        } *entry = table_find(hoister->placeholders, key);
        if (entry == NULL) {
            entry = arena_allocate(graph_arena(hoister->graph), 1, sizeof *entry);
            entry->index = graph_index(hoister->graph, like->name, like->first, like->end);
            entry->position = position;
            table_store(hoister->placeholders, key, entry);
        }
        if (entry->position == position && entry->index->first == like->first &&
            entry->index->end == like->end) {
            return entry->index;
        }
    }
}

/* The reduction with placeholders for its free indices: equal for reductions that differ only in
 * which indices of their equations they stand under. */
static const struct node *placeholder_key(struct hoister *hoister, const struct node *expression)
{
    const struct node *values[RANK_MAX];
    for (int i = 0; i < expression->free->count; i++) {
        values[i] = node_index(hoister->graph, placeholder(hoister, expression->free->items[i], i));
    }
    return node_substitute(hoister->graph, expression, expression->free->count,
                           expression->free->items, values);
}

static struct hoisted *remember(struct hoister *hoister, const struct node *expression,
                                const struct tensor *tensor, const struct index *const *indices)
{
    struct hoisted *hoisted = ARENA_NEW(graph_arena(hoister->graph), struct hoisted);
    hoisted->tensor = tensor;
    for (int axis = 0; axis < tensor->rank; axis++) {
        for (int i = 0; i < expression->free->count; i++) {
            if (expression->free->items[i] == indices[axis]) {
                hoisted->order[axis] = i;
            }
        }
    }
    table_store(hoister->hoisted, placeholder_key(hoister, expression), hoisted);
    return hoisted;
}

/* A new equation for a reduction, over the reduction's free indices. */
static struct hoisted *hoist(struct hoister *hoister, const struct node *expression)
{
    struct graph *graph = hoister->graph;
    struct axis axes[RANK_MAX];
    const struct index *indices[RANK_MAX];
    const struct node *values[RANK_MAX];
    int rank = expression->free->count;
    for (int i = 0; i < rank; i++) {
        const struct index *free = expression->free->items[i];
        axes[i] = (struct axis){free->first, free->end};
        struct index *fresh = graph_index(graph, free->name, free->first, free->end);
        indices[i] = fresh;
        values[i] = node_index(graph, fresh);
    }
    const char *stem =
        arena_format(graph_arena(graph), "%s_%s", hoister->equation->target->name,
                     expression->kind == NODE_REDUCE ? expression->reduction->spelling : "part");
    struct tensor *part =
        graph_tensor(graph, TENSOR_PART, program_fresh_name(hoister->result, stem), rank, axes);
    part->span = hoister->equation->span;
    const struct node *body =
        node_substitute(graph, expression, rank, expression->free->items, values);
    program_append(hoister->result, part, indices, body, hoister->equation->span);
    return remember(hoister, body, part, indices);
}

/* The load that stands for an expression with an equation of its own. */
static const struct node *replace(struct hoister *hoister, const struct node *expression)
{
    const struct hoisted *hoisted =
        table_find(hoister->hoisted, placeholder_key(hoister, expression));
    if (hoisted == NULL) {
        hoisted = hoist(hoister, expression);
    }
    const struct node *subscripts[RANK_MAX];
    for (int axis = 0; axis < hoisted->tensor->rank; axis++) {
        subscripts[axis] =
            node_index(hoister->graph, expression->free->items[hoisted->order[axis]]);
    }
    return node_load(hoister->graph, hoisted->tensor, subscripts);
}

/* Whether a load may read what its recurrence has yet to compute, where its guard does not hold. */
static bool may_look_ahead(const struct hoister *hoister, const struct node *load)
{
    const struct equation *reader = hoister->equation;
    const struct equation *writer = program_find(hoister->program, load->tensor);
    for (int depth = 1; writer != NULL; depth++) {
        const struct recurrence *recurrence = equation_recurrence(reader, depth);
        if (recurrence == NULL || equation_recurrence(writer, depth) != recurrence) {
            return false;
        }
        const struct node *here =
            node_index(hoister->graph, reader->indices[reader->time[depth - 1]]);
        const struct node *there = load->arguments[writer->time[depth - 1]];
        if (there != here) {
            return !affine_proves_below(recurrence->descending ? here : there,
                                        recurrence->descending ? there : here);
        }
    }
    return false;
}

static bool any_may_look_ahead(const struct hoister *hoister, const struct node *expression)
{
    size_t count;
    const struct node **order = node_order(graph_arena(hoister->graph), &expression, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && may_look_ahead(hoister, order[i])) {
            return true;
        }
    }
    return false;
}

/* A reduction takes its guard along, as a condition, where it may be needed: it may read out of
 * bounds where the guard does not hold, or look ahead in a recurrence. There it is the reduction of
 * nothing. */
static const struct node *guarded(struct hoister *hoister, const struct node *reduce,
                                  const struct guard *guard)
{
    struct graph *graph = hoister->graph;
    if (guard->depth == 0 || (node_stays_in_bounds(graph_arena(graph), reduce) &&
                              !any_may_look_ahead(hoister, reduce))) {
        return reduce;
    }
    struct opened opened = node_open(graph, reduce);
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < reduce->index_count; i++) {
        indices[i] = opened.indices[i];
    }
    const struct node *condition =
        conjunction(graph, guard_condition(graph, guard), opened.condition);
    return node_reduce(graph, reduce->reduction->id, reduce->index_count, indices, opened.element,
                       condition);
}

static const struct node *image_of(const struct table *images, const struct node *node)
{
    const struct node *image = table_find(images, node);
    return image == NULL ? node : image;
}

static const struct node *rebuilt(struct hoister *hoister, const struct table *images,
                                  const struct node *node)
{
    struct arena *arena = graph_arena(hoister->graph);
    const struct node **arguments =
        ARENA_ARRAY(arena, const struct node *, (size_t)node->argument_count + 1);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = image_of(images, node->arguments[i]);
    }
    return node_with_arguments(hoister->graph, node, arguments);
}

/* Hoists the reductions in an expression, inner ones first; `condition` is in force for all. */
static const struct node *hoist_reductions(struct hoister *hoister, const struct node *root,
                                           const struct node *condition)
{
    struct graph *graph = hoister->graph;
    if (root->height == 0) {
        return root;
    }
    size_t count;
    const struct node **order = node_order(graph_arena(graph), &root, 1, &count);
    struct guards guards = guards_create(graph);
    struct table *images = table_create(graph_arena(graph));
    const struct guard *outermost = guard_none();
    guards_note(&guards, root,
                condition == NULL ? outermost : guard_under(&guards, outermost, condition, false));
    guards_spread(&guards, order, count, true);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        if (node->height == 0) {
            continue;
        }
        const struct node *image = rebuilt(hoister, images, node);
        if (image->kind == NODE_REDUCE) {
            const struct node *whole = guarded(hoister, image, guards_of(&guards, node));
            bool hoists = whole->kind != NODE_REDUCE || whole->free->count <= RANK_MAX;
            image = hoists ? replace(hoister, whole) : image;
        } else if (node->kind == NODE_REDUCE && image->height > 0) {
            image =
                hoist_reductions(hoister, image, guard_condition(graph, guards_of(&guards, node)));
        }
        table_store(images, node, (void *)(uintptr_t)image);
    }
    return image_of(images, root);
}

/* A body that is a reduction stays one; what its element contains is hoisted. */
static const struct node *flatten_body(struct hoister *hoister, const struct node *body)
{
    struct graph *graph = hoister->graph;
    if (body->kind != NODE_REDUCE) {
        return hoist_reductions(hoister, body, NULL);
    }
    if (body->height == 1) {
        return body;
    }
    struct opened opened = node_open(graph, body);
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < body->index_count; i++) {
        indices[i] = opened.indices[i];
    }
    const struct node *element = hoist_reductions(hoister, opened.element, opened.condition);
    const struct node *condition =
        opened.condition == NULL ? NULL : hoist_reductions(hoister, opened.condition, NULL);
    const struct node *reduced =
        node_reduce(graph, body->reduction->id, body->index_count, indices, element, condition);
    /* What does not know its indices is a factor now, and a reduction is left beside it. */
    return reduced->kind == NODE_REDUCE ? reduced : hoist_reductions(hoister, reduced, NULL);
}

static struct hoister hoister_create(struct program *program)
{
    struct arena *arena = graph_arena(program->graph);
    struct hoister hoister = {.program = program,
                              .result = program_create(program->graph),
                              .graph = program->graph,
                              .hoisted = table_create(arena),
                              .placeholders = table_create(arena)};
    hoister.result->taken = program->taken;
    return hoister;
}

/* The parts of equations in a recurrence are in it as well. */
static void finish(struct program *program, const struct hoister *hoister)
{
    bool recurrent = program->recurrent;
    *program = *hoister->result;
    if (recurrent) {
        program_schedule(program);
    }
}

void program_flatten(struct program *program)
{
    struct hoister hoister = hoister_create(program);
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        hoister.equation = equation;
        equation->body = flatten_body(&hoister, equation->body);
        program_adopt(hoister.result, equation);
        if (equation->update) {
            /* What was computed from the old values is not what the new ones give. */
            hoister.hoisted = table_create(graph_arena(program->graph));
        }
        if (equation->body->kind == NODE_REDUCE && !equation->update &&
            equation->body->free->count == equation->target->rank) {
            remember(&hoister, equation->body, equation->target, equation->indices);
        }
    }
    finish(program, &hoister);
}

/* ---- Sharing ---- */

/* Longer than this, an expression is split for printing. */
#define PRINTED_LENGTH_MAX 48

/* So few nodes cannot print longer than that, however they are shared. */
#define SHORT_NODES_MAX 6

struct sharer {
    struct hoister hoister;
    struct table *length; /* node to struct length */
};

struct length {
    unsigned nodes;
    bool guarded; /* where its guard does not hold a load may be out of bounds or look ahead */
};

static const struct length *length_of(struct sharer *sharer, const struct node *node)
{
    struct length *length = table_find(sharer->length, node);
    if (length != NULL) {
        return length;
    }
    length = ARENA_NEW(graph_arena(sharer->hoister.graph), struct length);
    length->nodes = 1;
    length->guarded = node->kind == NODE_LOAD &&
                      (!load_stays_in_bounds(node) || may_look_ahead(&sharer->hoister, node));
    for (int i = 0; i < node->argument_count && node->kind != NODE_LOAD; i++) {
        const struct length *argument = table_find(sharer->length, node->arguments[i]);
        /* The inside of a reduction was measured with other indices: it counts as one line. */
        length->nodes += argument == NULL ? PRINTED_LENGTH_MAX / 2 : argument->nodes;
        length->guarded = length->guarded || argument == NULL || argument->guarded;
    }
    table_store(sharer->length, node, length);
    return length;
}

static const struct node *share_visit(void *context, const struct node *node)
{
    struct sharer *sharer = context;
    const struct length *length = length_of(sharer, node);
    if (length->nodes <= PRINTED_LENGTH_MAX || length->guarded || node->kind != NODE_APPLY ||
        node->boolean || node->free->count > RANK_MAX) {
        return node;
    }
    const struct node *load = replace(&sharer->hoister, node);
    length_of(sharer, load);
    return load;
}

void program_share(struct program *program)
{
    struct sharer sharer = {.hoister = hoister_create(program)};
    sharer.length = table_create(graph_arena(program->graph));
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        size_t count;
        node_order(graph_arena(program->graph), &equation->body, 1, &count);
        sharer.hoister.equation = equation;
        if (count > SHORT_NODES_MAX) {
            equation->body = node_rewrite(program->graph, equation->body, share_visit, &sharer);
        }
        program_adopt(sharer.hoister.result, equation);
    }
    finish(program, &sharer.hoister);
}
