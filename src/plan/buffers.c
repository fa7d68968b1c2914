#include "plan/buffers.h"

#include <limits.h>
#include <stdlib.h>

/* Buffers begin at multiples of this many reals: a cache line of doubles. */
enum { ALIGNMENT = 8 };

/* From when to when a buffer in the workspace is in use. */
struct lifetime {
    size_t buffer;
    unsigned begin, end;
    bool known; /* the size is */
    size_t size;
    size_t slot; /* or where it lies, if the size is known */
};

/* Memory in which buffers take turns: the workspace, or what a chunk has for itself. */
struct region {
    struct lifetime *lifetimes;
    size_t count, capacity;
    size_t known_size;       /* of the part whose layout is known when compiling */
    const struct node *size; /* of all */
};

struct placement {
    struct plan *plan;
    const struct tree *tree;
    struct graph *graph;
    struct arena *arena;
    struct region workspace, *chunks; /* one for each of plan->chunked */
    struct table *region_of;          /* of tensors that are not in the workspace */
    size_t *lifetime_of;              /* buffer to 1 + its lifetime */
    size_t lifetime_capacity;
};

/* ---- Which buffers there are, and when they are used ---- */

static size_t add_buffer(struct placement *placement, const struct tensor *tensor, enum place place)
{
    struct plan *plan = placement->plan;
    uintptr_t found = (uintptr_t)table_find(plan->by_tensor, tensor);
    if (found != 0) {
        return found - 1;
    }
    struct buffer buffer = {
        .tensor = tensor, .place = place, .size = tensor_size(placement->graph, tensor)};
    ARENA_PUSH(graph_arena(placement->graph), plan->buffers, plan->buffer_count,
               plan->buffer_capacity, buffer);
    table_store(plan->by_tensor, tensor, (void *)(uintptr_t)plan->buffer_count);
    size_t count = plan->buffer_count - 1;
    ARENA_PUSH(placement->arena, placement->lifetime_of, count, placement->lifetime_capacity, 0);
    return plan->buffer_count - 1;
}

/* When a statement uses what lives in `home` (NULL: in the part). */
static struct lifetime time_of_use(const struct placement *placement,
                                   const struct statement *statement, const struct scope *home)
{
    const struct tree *tree = placement->tree;
    const struct stay stay =
        scope_stay(tree, statement, home == NULL ? tree->parts[statement->part - 1] : home);
    return (struct lifetime){.begin = stay.begin, .end = stay.end};
}

static void use_buffer(struct placement *placement, struct region *region, size_t buffer,
                       struct lifetime time)
{
    time.buffer = buffer;
    if (placement->lifetime_of[buffer] == 0) {
        ARENA_PUSH(placement->arena, region->lifetimes, region->count, region->capacity, time);
        placement->lifetime_of[buffer] = region->count;
        return;
    }
    struct lifetime *known = &region->lifetimes[placement->lifetime_of[buffer] - 1];
    known->begin = time.begin < known->begin ? time.begin : known->begin;
    known->end = time.end > known->end ? time.end : known->end;
}

static void use_memory(struct placement *placement, const struct statement *statement,
                       const struct tensor *tensor, const struct row *row)
{
    tensor = row == NULL ? tensor : row->tensor;
    if (placement->tree->dropped != NULL && table_find(placement->tree->dropped, tensor) != NULL) {
        add_buffer(placement, tensor, PLACE_VARIABLE);
        return;
    }
    struct region *region = table_find(placement->region_of, tensor);
    size_t buffer = add_buffer(placement, tensor, region == NULL ? PLACE_WORKSPACE : PLACE_CHUNK);
    use_buffer(placement, region == NULL ? &placement->workspace : region, buffer,
               time_of_use(placement, statement, row == NULL ? NULL : row->scope));
}

/* A row that no statement has is in use as long as what is around it runs. */
static void use_row(struct placement *placement, const struct row *row)
{
    struct region *region = table_find(placement->region_of, row->tensor);
    size_t buffer =
        add_buffer(placement, row->tensor, region == NULL ? PLACE_WORKSPACE : PLACE_CHUNK);
    use_buffer(placement, region == NULL ? &placement->workspace : region, buffer,
               (struct lifetime){.begin = row->scope->begin, .end = row->scope->end_position});
}

static void use_tensors(struct placement *placement, const struct statement *statement)
{
    const struct statements *statements = placement->tree->statements;
    for (size_t i = 0; i < statement->access_count; i++) {
        const struct access *access = &statement->accesses[i];
        const struct tensor *tensor = access->load->tensor;
        if (table_find(statements->results, tensor) != NULL) {
            add_buffer(placement, tensor, PLACE_RESULT);
        } else if (access->writer == NULL && tensor != statement->target) {
            add_buffer(placement, tensor, PLACE_GIVEN);
        } else if (!access->forwarded) {
            use_memory(placement, statement, tensor, access->row);
        }
    }
    const struct tensor *target = statement->target;
    if (table_find(statements->results, target) != NULL) {
        add_buffer(placement, target, PLACE_RESULT);
    } else if (table_find(statements->updatable, target) != NULL) {
        add_buffer(placement, target, PLACE_GIVEN);
    } else if (statement->stored || statement->accumulates || statement->clears) {
        use_memory(placement, statement, target, statement->row);
    } else {
        add_buffer(placement, target, PLACE_VARIABLE);
    }
}

/* ---- Sizes known when compiling: first fit ---- */

static bool known_size(struct graph *graph, const struct node *size, size_t *value)
{
    double number;
    if (!size_known(graph, size, &number) || number > 0x1p52) {
        return false;
    }
    *value = number > 0 ? (size_t)number : 0;
    return true;
}

static int by_begin(const void *left, const void *right)
{
    const struct lifetime *x = left, *y = right;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->buffer < y->buffer ? -1 : x->buffer > y->buffer;
}

/* The lowest place that is free: `live` are those in use, by place. */
static size_t first_fit(struct lifetime **live, size_t *count, struct lifetime *next)
{
    size_t kept = 0, place = 0, position = 0;
    for (size_t i = 0; i < *count; i++) {
        if (live[i]->end >= next->begin) {
            live[kept++] = live[i];
        }
    }
    while (position < kept && live[position]->slot < place + next->size) {
        size_t after = live[position]->slot + live[position]->size;
        place = after > place ? after : place;
        position++;
    }
    for (size_t i = kept; i > position; i--) {
        live[i] = live[i - 1];
    }
    live[position] = next;
    *count = kept + 1;
    return place;
}

static void place_known(struct placement *placement, struct region *region)
{
    struct lifetime **live = ARENA_ARRAY(placement->arena, struct lifetime *, region->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < region->count; i++) {
        struct lifetime *lifetime = &region->lifetimes[i];
        struct buffer *buffer = &placement->plan->buffers[lifetime->buffer];
        lifetime->known =
            buffer->tensor->rank > 0 && known_size(placement->graph, buffer->size, &lifetime->size);
        if (!lifetime->known) {
            continue;
        }
        lifetime->size = (lifetime->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        lifetime->slot = first_fit(live, &count, lifetime);
        buffer->offset = node_number(placement->graph, (double)lifetime->slot);
        if (region->known_size < lifetime->slot + lifetime->size) {
            region->known_size = lifetime->slot + lifetime->size;
        }
    }
}

/* ---- The others: those of the same size take turns ---- */

/* The places for one size, as a heap: the one that is free first on top. */
struct slots {
    struct slot {
        unsigned end;
        size_t number;
    } * items;
    size_t count, capacity;
};

static void sink(struct slots *slots, size_t position)
{
    for (;;) {
        size_t least = position;
        for (size_t child = 2 * position + 1; child <= 2 * position + 2; child++) {
            if (child < slots->count && slots->items[child].end < slots->items[least].end) {
                least = child;
            }
        }
        if (least == position) {
            return;
        }
        struct slot moved = slots->items[position];
        slots->items[position] = slots->items[least];
        slots->items[least] = moved;
        position = least;
    }
}

static void rise(struct slots *slots, size_t position)
{
    while (position > 0 && slots->items[position].end < slots->items[(position - 1) / 2].end) {
        struct slot moved = slots->items[position];
        slots->items[position] = slots->items[(position - 1) / 2];
        slots->items[(position - 1) / 2] = moved;
        position = (position - 1) / 2;
    }
}

static void place_in_slots(struct placement *placement, struct region *region)
{
    struct plan *plan = placement->plan;
    struct graph *graph = placement->graph;
    struct table *by_size = table_create(placement->arena);
    const struct node **offsets =
        ARENA_ARRAY(placement->arena, const struct node *, region->count + 1);
    size_t slot_count = 0;
    const struct node *offset = node_number(graph, (double)region->known_size);
    for (size_t i = 0; i < region->count; i++) {
        struct lifetime *lifetime = &region->lifetimes[i];
        struct buffer *buffer = &plan->buffers[lifetime->buffer];
        if (lifetime->known) {
            continue;
        }
        struct slots *slots = table_find(by_size, buffer->size);
        if (slots == NULL) {
            slots = ARENA_NEW(placement->arena, struct slots);
            table_store(by_size, buffer->size, slots);
        }
        if (slots->count > 0 && slots->items[0].end < lifetime->begin) {
            slots->items[0].end = lifetime->end;
            lifetime->slot = slots->items[0].number;
            sink(slots, 0);
        } else {
            struct slot slot = {lifetime->end, slot_count};
            ARENA_PUSH(placement->arena, slots->items, slots->count, slots->capacity, slot);
            rise(slots, slots->count - 1);
            lifetime->slot = slot_count;
            offsets[slot_count++] = offset;
            offset = node_binary(graph, OPERATOR_ADD, offset, buffer->size);
        }
        buffer->offset = offsets[lifetime->slot];
    }
    region->size = offset;
}

static void place_region(struct placement *placement, struct region *region)
{
    if (region->count > 0) {
        qsort(region->lifetimes, region->count, sizeof region->lifetimes[0], by_begin);
    }
    place_known(placement, region);
    place_in_slots(placement, region);
}

/* ---- Chunks ---- */

/* Fresh memory lies in the chunk's own region. */
static void note_fresh(struct placement *placement, size_t number)
{
    const struct chunks *chunks = placement->plan->chunked[number];
    for (size_t i = 0; i < chunks->own_count; i++) {
        if (chunks->own[i].sum == NULL) {
            table_store(placement->region_of, chunks->own[i].tensor, &placement->chunks[number]);
        }
    }
}

/* The buffers of what each chunk has for itself know it. */
static void describe_own(struct placement *placement, const struct chunks *chunks)
{
    for (size_t i = 0; i < chunks->own_count; i++) {
        const struct own *own = &chunks->own[i];
        size_t number = add_buffer(placement, own->tensor, PLACE_CHUNK);
        struct buffer *buffer = &placement->plan->buffers[number];
        buffer->chunks = chunks;
        buffer->own = own;
    }
}

/* In the workspace, as long as the loop runs. */
static void keep_during(struct placement *placement, const struct chunks *chunks,
                        const struct tensor *tensor, const struct node *size)
{
    const struct scope *scope = chunks->scope;
    size_t buffer = add_buffer(placement, tensor, PLACE_WORKSPACE);
    struct lifetime always = {.begin = 0, .end = UINT_MAX};
    placement->plan->buffers[buffer].size = size;
    use_buffer(placement, &placement->workspace, buffer,
               scope == NULL
                   ? always
                   : (struct lifetime){.begin = scope->begin, .end = scope->end_position});
}

/* `most` times the size of a region, multiplied out. */
static const struct node *multiply_out(struct placement *placement, const struct region *region,
                                       long most)
{
    struct graph *graph = placement->graph;
    const struct node *factor = node_number(graph, (double)most), *rest = region->size;
    const struct node *size = node_number(graph, 0);
    while (node_is(rest, OPERATOR_ADD)) {
        size = node_binary(graph, OPERATOR_ADD, size,
                           node_binary(graph, OPERATOR_MULTIPLY, factor, rest->arguments[1]));
        rest = rest->arguments[0];
    }
    return node_binary(graph, OPERATOR_ADD, node_binary(graph, OPERATOR_MULTIPLY, factor, rest),
                       size);
}

static void place_chunks(struct placement *placement, size_t number)
{
    struct graph *graph = placement->graph;
    struct chunks *chunks = placement->plan->chunked[number];
    struct region *region = &placement->chunks[number];
    place_region(placement, region);
    describe_own(placement, chunks);
    for (size_t i = 0; i < chunks->part_count; i++) {
        keep_during(placement, chunks, chunks->parts[i], tensor_size(graph, chunks->parts[i]));
    }
    chunks->size = region->size;
    if (region->count > 0) {
        const struct node *zero = node_number(graph, 0);
        const struct axis axes[] = {{zero, node_number(graph, (double)chunks->most)},
                                    {zero, region->size}};
        chunks->memory = graph_tensor(graph, TENSOR_PART, "own", 2, axes);
        keep_during(placement, chunks, chunks->memory,
                    multiply_out(placement, region, chunks->most));
    }
}

void plan_place_buffers(struct plan *plan, const struct tree *tree)
{
    struct placement placement = {
        .plan = plan, .tree = tree, .graph = plan->graph, .arena = tree->arena};
    placement.chunks = ARENA_ARRAY(tree->arena, struct region, plan->chunked_count + 1);
    placement.region_of = table_create(tree->arena);
    plan->by_tensor = table_create(graph_arena(plan->graph));
    for (size_t i = 0; i < plan->chunked_count; i++) {
        note_fresh(&placement, i);
    }
    for (size_t i = 0; i < tree->statements->count; i++) {
        use_tensors(&placement, tree->statements->items[i]);
    }
    for (size_t i = 0; i < tree->row_count; i++) {
        use_row(&placement, tree->rows[i]);
    }
    for (size_t i = 0; i < plan->chunked_count; i++) {
        place_chunks(&placement, i);
    }
    place_region(&placement, &placement.workspace);
    plan->workspace = placement.workspace.size;
}
