#include "equations/graph.h"

#include "equations/affine.h"
#include "equations/fold.h"
#include "equations/node_map.h"

#include <string.h>

struct graph {
    struct arena *arena;
    struct names *names;
    const struct simplifier *simplifier;
    const struct node **slots; /* open addressing, a power of two */
    size_t slot_count, used;
    unsigned node_count, index_count, tensor_count, dimension_count;
    const struct dimension *last_dimension;
    struct table *canonical; /* by a hash of range, height and position */
    const struct index_set *empty;
    /* Working memory of node_order(), kept from call to call: it is called for every equation. */
    unsigned *stamps; /* by node id; 2*visit: entered, 2*visit + 1: finished */
    size_t stamp_count;
    unsigned visit;
    const struct node **stack, **order;
    size_t stack_capacity, order_capacity;
    struct node_map *idle_maps;
};

struct graph *graph_create(struct arena *arena, struct names *names)
{
    struct graph *graph = ARENA_NEW(arena, struct graph);
    graph->arena = arena;
    graph->names = names;
    graph->slot_count = 1024;
    graph->slots = ARENA_ARRAY(arena, const struct node *, graph->slot_count);
    graph->canonical = table_create(arena);
    graph->empty = arena_allocate(arena, 1, sizeof(struct index_set));
    return graph;
}

void graph_set_simplifier(struct graph *graph, const struct simplifier *simplifier)
{
    graph->simplifier = simplifier;
}

struct arena *graph_arena(const struct graph *graph)
{
    return graph->arena;
}

struct names *graph_names(const struct graph *graph)
{
    return graph->names;
}

unsigned graph_node_count(const struct graph *graph)
{
    return graph->node_count;
}

struct index *graph_index(struct graph *graph, const char *name, const struct node *first,
                          const struct node *end)
{
    struct index *index = ARENA_NEW(graph->arena, struct index);
    index->id = graph->index_count++;
    index->name = name;
    index->first = first == NULL && end != NULL ? node_number(graph, 0) : first;
    index->end = end;
    return index;
}

struct dimension *graph_dimension(struct graph *graph, const char *name)
{
    struct dimension *dimension = ARENA_NEW(graph->arena, struct dimension);
    dimension->id = graph->dimension_count++;
    dimension->name = name;
    dimension->earlier = graph->last_dimension;
    graph->last_dimension = dimension;
    return dimension;
}

unsigned graph_dimension_count(const struct graph *graph)
{
    return graph->dimension_count;
}

const struct dimension *graph_last_dimension(const struct graph *graph)
{
    return graph->last_dimension;
}

struct tensor *graph_tensor(struct graph *graph, enum tensor_kind kind, const char *name, int rank,
                            const struct axis *axes)
{
    struct tensor *tensor = ARENA_NEW(graph->arena, struct tensor);
    tensor->id = graph->tensor_count++;
    tensor->kind = kind;
    tensor->name = name;
    tensor->rank = rank;
    for (int i = 0; i < rank; i++) {
        tensor->axes[i] = axes[i];
    }
    return tensor;
}

/* ---- Sets of free indices ---- */

static const struct index_set *set_union(struct graph *graph, const struct index_set *left,
                                         const struct index_set *right)
{
    if (left == right || right->count == 0) {
        return left;
    }
    if (left->count == 0) {
        return right;
    }
    int total = left->count + right->count;
    struct index_set *merged =
        arena_allocate(graph->arena, 1, sizeof *merged + (size_t)total * sizeof merged->items[0]);
    int i = 0, j = 0;
    while (i < left->count || j < right->count) {
        const struct index *next;
        if (j == right->count || (i < left->count && left->items[i]->id < right->items[j]->id)) {
            next = left->items[i++];
        } else if (i == left->count || right->items[j]->id < left->items[i]->id) {
            next = right->items[j++];
        } else {
            next = left->items[i++];
            j++;
        }
        merged->items[merged->count++] = next;
    }
    if (merged->count == left->count) {
        return left;
    }
    return merged->count == right->count ? right : merged;
}

static const struct index_set *set_without(struct graph *graph, const struct index_set *set,
                                           int count, const struct index *const *removed)
{
    struct index_set *rest =
        arena_allocate(graph->arena, 1, sizeof *rest + (size_t)set->count * sizeof rest->items[0]);
    for (int i = 0; i < set->count; i++) {
        bool keep = true;
        for (int k = 0; k < count; k++) {
            keep = keep && set->items[i] != removed[k];
        }
        if (keep) {
            rest->items[rest->count++] = set->items[i];
        }
    }
    return rest->count == set->count ? set : rest;
}

static bool set_contains(const struct index_set *set, const struct index *index)
{
    for (int i = 0; i < set->count; i++) {
        if (set->items[i] == index) {
            return true;
        }
    }
    return false;
}

bool node_depends_on(const struct node *node, const struct index *index)
{
    return set_contains(node->free, index);
}

/* ---- Hash-consing ---- */

static bool is_commutative(const struct node *node)
{
    return node->kind == NODE_APPLY && node->argument_count == 2 &&
           (node->operation->flags & OPERATOR_COMMUTATIVE) != 0;
}

/* What a node of its kind is about, beside its arguments. */
static uint64_t node_subject(const struct node *node)
{
    uint64_t bits = 0;
    switch (node->kind) {
    case NODE_NUMBER:
        memcpy(&bits, &node->number, sizeof bits);
        return bits;
    case NODE_SIZE:
        return node->dimension->id;
    case NODE_INDEX:
        return node->index->id;
    case NODE_LOAD:
        return node->tensor->id;
    case NODE_APPLY:
        return (uint64_t)node->operation->id;
    case NODE_REDUCE:
        return (uint64_t)node->reduction->id;
    }
    return bits;
}

static unsigned node_hash(const struct node *node, const struct node *const *arguments)
{
    uint64_t hash = hash_mix((uint64_t)node->kind + 1, node_subject(node));
    for (int i = 0; i < node->index_count; i++) {
        hash = hash_mix(hash, node->indices[i]->id);
    }
    if (is_commutative(node)) {
        uint64_t x = arguments[0]->id, y = arguments[1]->id;
        return (unsigned)hash_mix(hash, x < y ? x << 32 | y : y << 32 | x);
    }
    for (int i = 0; i < node->argument_count; i++) {
        hash = hash_mix(hash, arguments[i]->id);
    }
    return (unsigned)hash;
}

static bool same_arguments(const struct node *left, const struct node *const *arguments)
{
    if (is_commutative(left) && left->arguments[0] == arguments[1] &&
        left->arguments[1] == arguments[0]) {
        return true;
    }
    for (int i = 0; i < left->argument_count; i++) {
        if (left->arguments[i] != arguments[i]) {
            return false;
        }
    }
    return true;
}

static bool same_node(const struct node *left, const struct node *right,
                      const struct node *const *arguments)
{
    return left->kind == right->kind && left->argument_count == right->argument_count &&
           memcmp(&left->number, &right->number, sizeof left->number) == 0 &&
           left->dimension == right->dimension && left->index == right->index &&
           left->tensor == right->tensor && left->operation == right->operation &&
           left->reduction == right->reduction && left->index_count == right->index_count &&
           (left->index_count == 0 ||
            memcmp(left->indices, right->indices,
                   (size_t)left->index_count * sizeof left->indices[0]) == 0) &&
           same_arguments(left, arguments);
}

static void grow_slots(struct graph *graph)
{
    const struct node **old = graph->slots;
    size_t old_count = graph->slot_count;
    graph->slot_count *= 2;
    graph->slots = ARENA_ARRAY(graph->arena, const struct node *, graph->slot_count);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL) {
            size_t slot = old[i]->hash & (graph->slot_count - 1);
            while (graph->slots[slot] != NULL) {
                slot = (slot + 1) & (graph->slot_count - 1);
            }
            graph->slots[slot] = old[i];
        }
    }
    arena_give_back(graph->arena, old, old_count, sizeof old[0]);
}

static void describe(struct graph *graph, struct node *node)
{
    const struct index_set *free = graph->empty;
    if (node->kind == NODE_INDEX) {
        struct index_set *one = arena_allocate(graph->arena, 1, sizeof *one + sizeof one->items[0]);
        one->count = 1;
        one->items[0] = node->index;
        free = one;
    }
    for (int i = 0; i < node->argument_count; i++) {
        free = set_union(graph, free, node->arguments[i]->free);
        if (node->height < node->arguments[i]->height) {
            node->height = node->arguments[i]->height;
        }
    }
    if (node->kind == NODE_REDUCE) {
        free = set_without(graph, free, node->index_count, node->indices);
        node->height++;
    }
    node->free = free;
    node->boolean =
        node->kind == NODE_APPLY && ((node->operation->flags & OPERATOR_BOOLEAN) != 0 ||
                                     (node->operation->id == OPERATOR_IF &&
                                      node->arguments[1]->boolean && node->arguments[2]->boolean));
}

/* The one node with the fields of `key` and these arguments. */
static const struct node *intern(struct graph *graph, const struct node *key,
                                 const struct node *const *arguments)
{
    unsigned hash = node_hash(key, arguments);
    size_t slot = hash & (graph->slot_count - 1);
    while (graph->slots[slot] != NULL) {
        if (graph->slots[slot]->hash == hash && same_node(graph->slots[slot], key, arguments)) {
            return graph->slots[slot];
        }
        slot = (slot + 1) & (graph->slot_count - 1);
    }
    size_t arguments_size = (size_t)key->argument_count * sizeof arguments[0];
    struct node *node = arena_allocate(graph->arena, 1, sizeof *node + arguments_size);
    memcpy(node, key, sizeof *node);
    if (arguments_size != 0) {
        memcpy(node->arguments, arguments, arguments_size);
    }
    node->graph = graph;
    node->id = graph->node_count++;
    node->hash = hash;
    describe(graph, node);
    graph->slots[slot] = node;
    if (++graph->used * 2 > graph->slot_count) {
        grow_slots(graph);
    }
    return node;
}

/* ---- Constructors ---- */

const struct node *node_number(struct graph *graph, double number)
{
    struct node key = {.kind = NODE_NUMBER, .number = number};
    return intern(graph, &key, NULL);
}

const struct node *node_size(struct graph *graph, const struct dimension *dimension)
{
    struct node key = {.kind = NODE_SIZE, .dimension = dimension};
    return intern(graph, &key, NULL);
}

const struct node *node_index(struct graph *graph, const struct index *index)
{
    struct node key = {.kind = NODE_INDEX, .index = index};
    return intern(graph, &key, NULL);
}

const struct node *node_load(struct graph *graph, const struct tensor *tensor,
                             const struct node *const *subscripts)
{
    struct node key = {.kind = NODE_LOAD, .tensor = tensor, .argument_count = tensor->rank};
    const struct node *normal[RANK_MAX];
    for (int i = 0; i < tensor->rank; i++) {
        normal[i] = subscripts[i]->kind == NODE_APPLY ? affine_normalize(graph, subscripts[i])
                                                      : subscripts[i];
    }
    return intern(graph, &key, normal);
}

const struct node *node_apply(struct graph *graph, enum operator_id id, int count,
                              const struct node *const *arguments)
{
    const struct operation *operation = operator_get(id);
    const struct node *folded = fold_numbers(graph, operation, count, arguments);
    if (folded == NULL && graph->simplifier != NULL) {
        folded = graph->simplifier->apply(graph->simplifier->context, operation, count, arguments);
    }
    if (folded != NULL) {
        return folded;
    }
    struct node key = {.kind = NODE_APPLY, .operation = operation, .argument_count = count};
    return intern(graph, &key, arguments);
}

const struct node *node_unary(struct graph *graph, enum operator_id operation, const struct node *x)
{
    return node_apply(graph, operation, 1, &x);
}

const struct node *node_binary(struct graph *graph, enum operator_id operation,
                               const struct node *x, const struct node *y)
{
    const struct node *arguments[] = {x, y};
    return node_apply(graph, operation, 2, arguments);
}

const struct node *node_select(struct graph *graph, const struct node *condition,
                               const struct node *x, const struct node *y)
{
    const struct node *arguments[] = {condition, x, y};
    return node_apply(graph, OPERATOR_IF, 3, arguments);
}

/* The canonical index for position `position` of a reduction whose element has height `height`. */
static const struct index *canonical_index(struct graph *graph, const struct index *like,
                                           unsigned height, int position)
{
    uint64_t hash = hash_mix(hash_mix(like->first->id, like->end->id),
                             ((uint64_t)height << 8) + (uint64_t)position + 1);
    for (;; hash = hash_mix(hash, 1)) {
        const void *key = (const void *)(uintptr_t)(hash | 1);
        struct canonical_entry {
            const struct index *index;
            unsigned height;
            int position;
        } *entry = table_find(graph->canonical, key);
        if (entry == NULL) {
            entry = arena_allocate(graph->arena, 1, sizeof *entry);
            struct index *index = graph_index(graph, like->name, like->first, like->end);
            index->canonical = true;
            entry->index = index;
            entry->height = height;
            entry->position = position;
            table_store(graph->canonical, key, entry);
        }
        if (entry->height == height && entry->position == position &&
            entry->index->first == like->first && entry->index->end == like->end) {
            return entry->index;
        }
    }
}

/* Renames the bound indices to canonical ones, so that reductions equal up to names are one node.
 */
static const struct node *intern_reduce(struct graph *graph, const struct reduction *reduction,
                                        int index_count, const struct index *const *indices,
                                        const struct node *element, const struct node *condition)
{
    unsigned height = element->height;
    if (condition != NULL && condition->height > height) {
        height = condition->height;
    }
    const struct index *canonical[RANK_MAX] = {0};
    const struct node *values[RANK_MAX] = {0};
    for (int i = 0; i < index_count; i++) {
        canonical[i] = canonical_index(graph, indices[i], height, i);
        values[i] = node_index(graph, canonical[i]);
    }
    const struct node *arguments[2] = {
        node_substitute(graph, element, index_count, indices, values), NULL};
    if (condition != NULL) {
        arguments[1] = node_substitute(graph, condition, index_count, indices, values);
    }
    struct node key = {.kind = NODE_REDUCE,
                       .reduction = reduction,
                       .index_count = index_count,
                       .argument_count = condition == NULL ? 1 : 2};
    const struct index **kept =
        ARENA_ARRAY(graph->arena, const struct index *, (size_t)index_count);
    memcpy(kept, canonical, (size_t)index_count * sizeof kept[0]);
    key.indices = kept;
    return intern(graph, &key, arguments);
}

const struct node *node_reduce(struct graph *graph, enum reduction_id id, int index_count,
                               const struct index *const *indices, const struct node *element,
                               const struct node *condition)
{
    const struct reduction *reduction = reduction_get(id);
    if (graph->simplifier != NULL) {
        const struct node *simpler = graph->simplifier->reduce(
            graph->simplifier->context, reduction, index_count, indices, element, condition);
        if (simpler != NULL) {
            return simpler;
        }
    }
    return intern_reduce(graph, reduction, index_count, indices, element, condition);
}

bool node_is(const struct node *node, enum operator_id id)
{
    return node->kind == NODE_APPLY && node->operation->id == id;
}

bool node_is_number(const struct node *node, double number)
{
    return node->kind == NODE_NUMBER && node->number == number;
}

bool node_known(const struct node *node, double *value)
{
    if (node->kind == NODE_NUMBER) {
        *value = node->number;
        return true;
    }
    if (node->kind == NODE_SIZE && node->dimension->known) {
        *value = (double)node->dimension->value;
        return true;
    }
    return false;
}

/* ---- Walks ---- */

struct node_map *node_map_open(struct graph *graph)
{
    struct node_map *map = graph->idle_maps;
    if (map == NULL) {
        map = ARENA_NEW(graph->arena, struct node_map);
        map->graph = graph;
    } else {
        graph->idle_maps = map->next;
    }
    map->walk++;
    return map;
}

void node_map_close(struct node_map *map)
{
    map->next = map->graph->idle_maps;
    map->graph->idle_maps = map;
}

void node_map_enlarge(struct node_map *map)
{
    struct arena *arena = map->graph->arena;
    size_t capacity = 2 * (size_t)map->graph->node_count;
    struct node_image *images =
        arena_grow(arena, map->images, map->capacity, capacity, sizeof images[0]);
    if (images != map->images) {
        arena_give_back(arena, map->images, map->capacity, sizeof images[0]);
    }
    map->images = images;
    map->capacity = capacity;
}

static void begin_visit(struct graph *graph)
{
    if (graph->stamp_count < graph->node_count) {
        size_t count = 2 * (size_t)graph->node_count;
        unsigned *stamps =
            arena_grow(graph->arena, graph->stamps, graph->stamp_count, count, sizeof stamps[0]);
        if (stamps != graph->stamps) {
            arena_give_back(graph->arena, graph->stamps, graph->stamp_count, sizeof stamps[0]);
        }
        graph->stamps = stamps;
        graph->stamp_count = count;
    }
    graph->visit++;
}

const struct node **node_order(struct arena *arena, const struct node *const *roots, int root_count,
                               size_t *count)
{
    *count = 0;
    if (root_count == 0) {
        return NULL;
    }
    struct graph *graph = roots[0]->graph;
    size_t depth = 0;
    begin_visit(graph);
    unsigned entered = 2 * graph->visit, finished = entered + 1;
    for (int i = root_count - 1; i >= 0; i--) {
        ARENA_PUSH(graph->arena, graph->stack, depth, graph->stack_capacity, roots[i]);
    }
    while (depth > 0) {
        const struct node *node = graph->stack[depth - 1];
        unsigned *stamp = &graph->stamps[node->id];
        if (*stamp < entered) {
            *stamp = entered;
            for (int i = node->argument_count - 1; i >= 0; i--) {
                if (graph->stamps[node->arguments[i]->id] < entered) {
                    ARENA_PUSH(graph->arena, graph->stack, depth, graph->stack_capacity,
                               node->arguments[i]);
                }
            }
            continue;
        }
        depth--;
        if (*stamp == entered) {
            *stamp = finished;
            ARENA_PUSH(graph->arena, graph->order, *count, graph->order_capacity, node);
        }
    }
    const struct node **order = ARENA_ARRAY(arena, const struct node *, *count);
    memcpy(order, graph->order, *count * sizeof order[0]);
    return order;
}

const struct node *node_with_arguments(struct graph *graph, const struct node *node,
                                       const struct node *const *arguments)
{
    bool same = true;
    for (int i = 0; i < node->argument_count; i++) {
        same = same && arguments[i] == node->arguments[i];
    }
    if (same) {
        return node;
    }
    switch (node->kind) {
    case NODE_LOAD:
        return node_load(graph, node->tensor, arguments);
    case NODE_APPLY:
        return node_apply(graph, node->operation->id, node->argument_count, arguments);
    case NODE_REDUCE:
        return node_reduce(graph, node->reduction->id, node->index_count, node->indices,
                           arguments[0], node->argument_count == 2 ? arguments[1] : NULL);
    case NODE_NUMBER:
    case NODE_SIZE:
    case NODE_INDEX:
        break;
    }
    return node;
}

/* A substitution or a rewriting on its way through a graph; both remember what they rebuilt. */
struct walk {
    struct graph *graph;
    struct node_map *done;
    int count;
    const struct index *const *indices;
    const struct node *const *values;
    bool values_have_reductions;
    node_visitor *visit;
    void *context;
};

static const struct node *walk_rebuild(struct walk *walk, const struct node *root);

/* Under a reduction whose bound indices might meet those of the inserted values, work on a copy
 * with fresh indices. */
static const struct node *walk_opened(struct walk *walk, const struct node *reduce)
{
    struct opened opened = node_open(walk->graph, reduce);
    struct walk inner = *walk;
    inner.done = node_map_open(walk->graph);
    const struct node *element = walk_rebuild(&inner, opened.element);
    const struct node *condition =
        opened.condition == NULL ? NULL : walk_rebuild(&inner, opened.condition);
    node_map_close(inner.done);
    const struct index *indices[RANK_MAX];
    for (int i = 0; i < reduce->index_count; i++) {
        indices[i] = opened.indices[i];
    }
    return node_reduce(walk->graph, reduce->reduction->id, reduce->index_count, indices, element,
                       condition);
}

static bool walk_opens(const struct walk *walk, const struct node *node)
{
    return node->kind == NODE_REDUCE && (walk->visit != NULL || walk->values_have_reductions);
}

/* Whether a node can contain anything to replace. */
static bool walk_enters(const struct walk *walk, const struct node *node)
{
    if (walk->visit != NULL) {
        return true;
    }
    for (int i = 0; i < walk->count; i++) {
        if (set_contains(node->free, walk->indices[i])) {
            return true;
        }
    }
    return false;
}

static const struct node *walk_leave(struct walk *walk, const struct node *node)
{
    const struct node *few[RANK_MAX];
    const struct node **arguments =
        node->argument_count <= RANK_MAX
            ? few
            : ARENA_ARRAY(walk->graph->arena, const struct node *, (size_t)node->argument_count);
    const struct node *result;
    if (walk_opens(walk, node)) {
        result = walk_opened(walk, node);
    } else {
        for (int i = 0; i < node->argument_count; i++) {
            const struct node *done = node_map_find(walk->done, node->arguments[i]);
            arguments[i] = done == NULL ? node->arguments[i] : done;
        }
        result = node_with_arguments(walk->graph, node, arguments);
    }
    if (walk->visit != NULL) {
        return walk->visit(walk->context, result);
    }
    for (int i = 0; i < walk->count; i++) {
        if (node->kind == NODE_INDEX && node->index == walk->indices[i]) {
            return walk->values[i];
        }
    }
    return result;
}

static const struct node *walk_rebuild(struct walk *walk, const struct node *root)
{
    struct arena *arena = walk->graph->arena;
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[depth - 1];
        if (node_map_find(walk->done, node) != NULL) {
            depth--;
            continue;
        }
        bool ready = true;
        if (!walk_enters(walk, node)) {
            node_map_store(walk->done, node, node);
            continue;
        }
        for (int i = walk_opens(walk, node) ? 0 : node->argument_count; i > 0; i--) {
            if (node_map_find(walk->done, node->arguments[i - 1]) == NULL) {
                ARENA_PUSH(arena, stack, depth, capacity, node->arguments[i - 1]);
                ready = false;
            }
        }
        if (ready) {
            node_map_store(walk->done, node, walk_leave(walk, node));
        }
    }
    arena_give_back(arena, stack, capacity, sizeof stack[0]);
    return node_map_find(walk->done, root);
}

const struct node *node_substitute(struct graph *graph, const struct node *node, int count,
                                   const struct index *const *indices,
                                   const struct node *const *values)
{
    struct walk walk = {.graph = graph, .count = count, .indices = indices, .values = values};
    if (count == 0 || !walk_enters(&walk, node)) {
        return node;
    }
    bool identity = true;
    for (int i = 0; i < count; i++) {
        walk.values_have_reductions = walk.values_have_reductions || values[i]->height > 0;
        identity = identity && values[i]->kind == NODE_INDEX && values[i]->index == indices[i];
    }
    if (identity) {
        return node;
    }
    walk.done = node_map_open(graph);
    const struct node *result = walk_rebuild(&walk, node);
    node_map_close(walk.done);
    return result;
}

const struct node *node_rewrite(struct graph *graph, const struct node *node, node_visitor *visit,
                                void *context)
{
    struct walk walk = {.graph = graph, .visit = visit, .context = context};
    walk.done = node_map_open(graph);
    const struct node *result = walk_rebuild(&walk, node);
    node_map_close(walk.done);
    return result;
}

void tensor_open(struct graph *graph, const struct tensor *tensor, const struct index **indices,
                 const struct node **subscripts)
{
    for (int i = 0; i < tensor->rank; i++) {
        indices[i] = graph_index(graph, NULL, tensor->axes[i].first, tensor->axes[i].end);
        subscripts[i] = node_index(graph, indices[i]);
    }
}

struct opened node_open(struct graph *graph, const struct node *reduce)
{
    struct opened opened = {0};
    const struct node *values[RANK_MAX] = {0};
    for (int i = 0; i < reduce->index_count; i++) {
        const struct index *bound = reduce->indices[i];
        opened.indices[i] = graph_index(graph, bound->name, bound->first, bound->end);
        values[i] = node_index(graph, opened.indices[i]);
    }
    opened.element =
        node_substitute(graph, reduce->arguments[0], reduce->index_count, reduce->indices, values);
    if (reduce->argument_count == 2) {
        opened.condition = node_substitute(graph, reduce->arguments[1], reduce->index_count,
                                           reduce->indices, values);
    }
    return opened;
}
