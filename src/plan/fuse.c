/* Fusion: which statements share their loops.
 *
 * The statements of a scope are placed one by one. A statement whose next loop has the same range
 * as one already there joins it, if what it reads is complete by then or is computed in the same
 * iteration, at the same subscripts. It joins the first loop that it can, so that what belongs
 * together comes together; the sweep over the samples becomes one loop. Then the same is done
 * inside each loop with the loops that follow. The time is linear in the number of statements,
 * but for the search among loops of the same range. */
#include "equations/affine.h"
#include "plan/scope.h"

#include <string.h>

/* More than this in one loop, or in one part, and compilers lose track. A loop over blocks of rows
 * may hold more loops: what goes from one part to another needs memory for all rows. */
enum { WEIGHT_MAX = 256, BLOCKS_WEIGHT_MAX = 2048 };

struct item {
    const struct node *first, *end;
    const struct sequence *sequence; /* NULL: none */
    struct statement **statements;
    size_t count, capacity;
    unsigned weight;
};

/* The statements of a scope being placed: before, between and after its loops. */
struct placing {
    struct tree *tree;
    struct scope *scope;
    int level; /* loops around the scope */
    struct item *items;
    size_t count, capacity;
    struct gap {
        struct statement **statements;
        size_t count, capacity;
    } * gaps; /* gap k comes before loop k */
    size_t gap_count, gap_capacity;
    struct table *by_range;        /* hash of a range to struct candidates */
    struct table *by_sequence;     /* of a recurrence in blocks, to 1 + the item of its blocks */
    struct statement *const *rest; /* those from the one being placed on */
    size_t rest_count;
};

/* The loops of one range, in order. */
struct candidates {
    size_t *items;
    size_t count, capacity;
    size_t open; /* those before are full */
};

/* ---- May they share a loop? ---- */

/* The index whose value says in which iteration of a loop an element is: a block's by its rows. */
static const struct index *index_of_loop(const struct loop *loop)
{
    return loop->blocked != NULL ? loop->blocked : loop->index;
}

/* Whether the element read is written in the same iteration of the loop at `level`. */
static bool in_same_iteration(const struct dependency *dependency, int level)
{
    const struct statement *writer = dependency->writer, *reader = dependency->reader;
    if (level >= dependency->level || level >= writer->loop_count || level >= reader->loop_count ||
        writer->loops[level].reduced) {
        return false;
    }
    const struct index *written = index_of_loop(&writer->loops[level]);
    const struct index *read = index_of_loop(&reader->loops[level]);
    for (int axis = 0; axis < writer->target->rank; axis++) {
        if (node_is_index(writer->subscripts[axis], written)) {
            return node_is_index(dependency->subscripts[axis], read);
        }
    }
    return false;
}

/* Whether what an update sets is read in the same iteration of all its loops. */
static bool in_same_iterations(const struct dependency *dependency)
{
    for (int level = 0; level < dependency->writer->loop_count; level++) {
        if (!in_same_iteration(dependency, level)) {
            return false;
        }
    }
    return true;
}

static bool may_share(const struct statement *statement, const struct dependency *dependency,
                      int level)
{
    if (dependency->whole && level == 0 && (statement->apart || !in_same_iterations(dependency))) {
        return false;
    }
    return in_same_iteration(dependency, level);
}

/* The first loop or gap that a statement can be placed at. */
static size_t earliest(const struct placing *placing, const struct statement *statement,
                       bool is_leaf)
{
    size_t position = 0;
    for (size_t i = 0; i < statement->dependency_count; i++) {
        const struct dependency *dependency = &statement->dependencies[i];
        const struct statement *before = dependency->before;
        if (before->list != placing->scope) {
            continue;
        }
        bool shares = !is_leaf && may_share(statement, dependency, placing->level);
        size_t after = before->position + (before->is_leaf || shares ? 0 : 1);
        position = after > position ? after : position;
    }
    return position;
}

/* An update and what reads the new value in the same iteration must not come apart further in. */
static void check_together(struct placing *placing, struct statement *statement)
{
    for (size_t i = 0; i < statement->dependency_count; i++) {
        const struct dependency *dependency = &statement->dependencies[i];
        if (dependency->whole && placing->level > 0 && !statement->apart &&
            dependency->before->list == placing->scope && !dependency->before->is_leaf &&
            (statement->is_leaf || dependency->before->position != statement->position)) {
            statement->apart = true;
            placing->tree->again = true;
        }
    }
}

/* ---- Placing ---- */

/* A bound of a loop in the indices of the loops that the statement is in by now. */
static const struct node *bound_here(const struct placing *placing,
                                     const struct statement *statement, const struct node *bound)
{
    const struct index *indices[LOOPS_MAX];
    const struct node *values[LOOPS_MAX];
    for (int i = 0; i < placing->level; i++) {
        indices[i] = statement->loops[i].index;
        values[i] = node_index(placing->tree->graph, statement->path[i]->index);
    }
    return node_substitute(placing->tree->graph, bound, placing->level, indices, values);
}

static struct candidates *candidates_of(struct placing *placing, const void *key)
{
    struct candidates *candidates = table_find(placing->by_range, key);
    if (candidates == NULL) {
        candidates = ARENA_NEW(placing->tree->arena, struct candidates);
        table_store(placing->by_range, key, candidates);
    }
    return candidates;
}

static bool is_full(const struct placing *placing, size_t position)
{
    const struct item *item = &placing->items[position];
    bool blocks = item->statements[0]->loops[placing->level].blocked != NULL;
    return item->weight >= (blocks ? BLOCKS_WEIGHT_MAX : WEIGHT_MAX);
}

/* The first of the candidates at or after a position that has room. */
static size_t find_room(struct placing *placing, struct candidates *candidates, size_t position)
{
    while (candidates->open < candidates->count &&
           is_full(placing, candidates->items[candidates->open])) {
        candidates->open++;
    }
    size_t low = candidates->open, high = candidates->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (candidates->items[middle] < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low < candidates->count && is_full(placing, candidates->items[low])) {
        low++;
    }
    return low;
}

static size_t add_item(struct placing *placing, const struct loop *loop, const struct node *first,
                       const struct node *end)
{
    struct item item = {.first = first, .end = end, .sequence = loop->sequence};
    ARENA_PUSH(placing->tree->arena, placing->items, placing->count, placing->capacity, item);
    return placing->count - 1;
}

/* The first of the loops of a range from a position on that has room; a new one where none has. */
static size_t item_of_range(struct placing *placing, const struct loop *loop,
                            const struct node *first, const struct node *end, size_t position)
{
    const void *range = (const void *)(uintptr_t)(((uint64_t)first->id << 32 | end->id) + 1);
    struct candidates *candidates = candidates_of(placing, range);
    size_t found = find_room(placing, candidates, position);
    if (found == candidates->count) {
        size_t item = add_item(placing, loop, first, end);
        ARENA_PUSH(placing->tree->arena, candidates->items, candidates->count, candidates->capacity,
                   item);
    }
    return candidates->items[found];
}

/* The recurrence that runs in a loop over blocks. */
static const struct sequence *sequence_inside(const struct statement *statement, int level)
{
    bool inside = statement->loops[level].blocked != NULL && level + 1 < statement->loop_count;
    return inside ? statement->loops[level + 1].sequence : NULL;
}

/* The first loop at which all statements of a recurrence can be placed. */
static size_t earliest_of_all(const struct placing *placing, const struct sequence *sequence)
{
    size_t position = 0;
    for (size_t i = 0; i < placing->rest_count; i++) {
        const struct statement *statement = placing->rest[i];
        if (statement->loop_count > placing->level &&
            sequence_inside(statement, placing->level) == sequence) {
            size_t after = earliest(placing, statement, false);
            position = after > position ? after : position;
        }
    }
    return position;
}

/* The blocks that a recurrence runs in are those of all its statements. */
static size_t item_of_blocks(struct placing *placing, const struct loop *loop,
                             const struct node *first, const struct node *end,
                             const struct sequence *sequence)
{
    uintptr_t found = (uintptr_t)table_find(placing->by_sequence, sequence);
    if (found == 0) {
        size_t position = earliest_of_all(placing, sequence);
        found = item_of_range(placing, loop, first, end, position) + 1;
        table_store(placing->by_sequence, sequence, (void *)found);
    }
    return found - 1;
}

/* What is cleared is so where it is added to: of what lies between nothing has to be kept. */
static size_t earliest_of_adder(const struct placing *placing, const struct statement *clearing)
{
    size_t position = earliest(placing, clearing, false);
    for (size_t i = 1; i < placing->rest_count && clearing->clears; i++) {
        const struct statement *adder = placing->rest[i];
        if (adder->target == clearing->target && adder->loop_count > placing->level) {
            size_t after = earliest(placing, adder, false);
            return after > position ? after : position;
        }
    }
    return position;
}

/* The loop that a statement joins. A recurrence has one loop; all its statements stand in it. */
static size_t find_item(struct placing *placing, struct statement *statement,
                        const struct loop *loop)
{
    const struct node *first = bound_here(placing, statement, loop->first);
    const struct node *end = bound_here(placing, statement, loop->end);
    const struct sequence *sequence = sequence_inside(statement, placing->level);
    if (statement->alone && placing->level >= statement->own) {
        return add_item(placing, loop, first, end);
    }
    if (sequence != NULL) {
        return item_of_blocks(placing, loop, first, end, sequence);
    }
    if (loop->sequence == NULL) {
        return item_of_range(placing, loop, first, end, earliest_of_adder(placing, statement));
    }
    struct candidates *candidates = candidates_of(placing, loop->sequence);
    if (candidates->count == 0) {
        size_t item = add_item(placing, loop, first, end);
        ARENA_PUSH(placing->tree->arena, candidates->items, candidates->count, candidates->capacity,
                   item);
    }
    return candidates->items[0];
}

static void place_in_loop(struct placing *placing, struct statement *statement)
{
    statement->position = find_item(placing, statement, &statement->loops[placing->level]);
    struct item *item = &placing->items[statement->position];
    item->weight += statement->weight;
    ARENA_PUSH(placing->tree->arena, item->statements, item->count, item->capacity, statement);
}

static void place_as_leaf(struct placing *placing, struct statement *statement)
{
    struct arena *arena = placing->tree->arena;
    statement->position = earliest(placing, statement, true);
    while (placing->gap_count <= statement->position) {
        struct gap none = {0};
        ARENA_PUSH(arena, placing->gaps, placing->gap_count, placing->gap_capacity, none);
    }
    struct gap *gap = &placing->gaps[statement->position];
    ARENA_PUSH(arena, gap->statements, gap->count, gap->capacity, statement);
}

static void place(struct placing *placing, struct statement *statement)
{
    statement->is_leaf = statement->loop_count == placing->level;
    if (statement->is_leaf) {
        place_as_leaf(placing, statement);
    } else {
        place_in_loop(placing, statement);
    }
    statement->list = placing->scope;
    check_together(placing, statement);
}

/* What is set to the unit here and accumulated into by a loop here comes before all loops, so that
 * it parts none. */
static void place_all(struct placing *placing, struct statement *const *statements, size_t count)
{
    for (int late = 0; late < 2; late++) {
        for (size_t i = 0; i < count; i++) {
            bool early = statements[i]->clears && statements[i]->shared == placing->level;
            if (early == (late == 0)) {
                placing->rest = &statements[i];
                placing->rest_count = count - i;
                place(placing, statements[i]);
            }
        }
    }
}

/* ---- The tree ---- */

static void add_entry(struct tree *tree, struct scope *scope, enum entry_kind kind,
                      struct statement *statement, struct scope *inner)
{
    struct entry entry = {.kind = kind, .statement = statement, .scope = inner};
    ARENA_PUSH(tree->arena, scope->entries, scope->entry_count, scope->entry_capacity, entry);
}

static void place_inside(struct tree *tree, struct scope *scope, int level,
                         struct statement *const *statements, size_t count);

static bool runs_around(const struct scope *scope, const char *name)
{
    for (; scope != NULL && scope->index != NULL; scope = scope->outer) {
        if (strcmp(scope->index->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The name of an index, or another one where a loop around has the same. */
static const char *name_for(struct tree *tree, const struct scope *outer, const char *name)
{
    static const char *const names[] = {"i", "j", "k", "l", "m", "p", "q", "r", "s", "t"};
    for (size_t i = 0; name == NULL || runs_around(outer, name); i++) {
        size_t count = sizeof names / sizeof names[0];
        name = i < count ? names[i] : arena_format(graph_arena(tree->graph), "i%zu", i);
    }
    return name;
}

/* An index that no other loop has: two loops of one index would seem to share their values. */
static const struct index *index_for(struct tree *tree, const struct scope *outer,
                                     const struct index *index)
{
    const char *name = name_for(tree, outer, index->name);
    if (table_find(tree->taken, index) != NULL || name != index->name) {
        index = graph_index(tree->graph, name, index->first, index->end);
    }
    table_store(tree->taken, index, tree);
    return index;
}

/* There is a row, and so are a block and a row of it. */
static bool is_never_empty(const struct item *item, int level)
{
    const struct loop *loops = item->statements[0]->loops;
    return loops[level].blocked != NULL || loops[0].blocked == loops[level].index ||
           affine_proves_below(item->first, item->end);
}

static void add_loop(struct placing *placing, struct scope *scope, const struct item *item)
{
    struct tree *tree = placing->tree;
    int level = placing->level;
    struct scope *loop = scope_create(tree->arena, scope);
    loop->index = index_for(tree, scope, item->statements[0]->loops[level].index);
    loop->first = item->first;
    loop->end = item->end;
    loop->carries = item->sequence != NULL;
    loop->descending = loop->carries && item->sequence->descending;
    loop->runs = is_never_empty(item, level);
    loop->guard = loop->runs ? scope->guard : loop;
    for (size_t i = 0; i < item->count; i++) {
        struct statement *statement = item->statements[i];
        if (statement->path == NULL) {
            statement->path = ARENA_ARRAY(tree->arena, struct scope *, LOOPS_MAX);
        }
        statement->path[level] = loop;
        if (statement->fold == level) {
            add_entry(tree, scope, ENTRY_OPEN, statement, NULL);
        }
    }
    place_inside(tree, loop, level + 1, item->statements, item->count);
    add_entry(tree, scope, ENTRY_LOOP, item->statements[0], loop);
    for (size_t i = 0; i < item->count; i++) {
        if (item->statements[i]->fold == level) {
            add_entry(tree, scope, ENTRY_CLOSE, item->statements[i], NULL);
        }
    }
}

static struct placing placing_begin(struct tree *tree, struct scope *scope, int level)
{
    struct placing placing = {.tree = tree, .scope = scope, .level = level};
    placing.by_range = table_create(tree->arena);
    placing.by_sequence = table_create(tree->arena);
    return placing;
}

static void place_inside(struct tree *tree, struct scope *scope, int level,
                         struct statement *const *statements, size_t count)
{
    struct placing placing = placing_begin(tree, scope, level);
    place_all(&placing, statements, count);
    for (size_t k = 0; k < placing.count || k < placing.gap_count; k++) {
        for (size_t i = 0; k < placing.gap_count && i < placing.gaps[k].count; i++) {
            add_entry(tree, scope, ENTRY_STATEMENT, placing.gaps[k].statements[i], NULL);
        }
        if (k < placing.count) {
            add_loop(&placing, scope, &placing.items[k]);
        }
    }
}

/* ---- Parts ---- */

/* The part that is being filled. */
struct filling {
    struct tree *tree;
    struct scope *scope;
    unsigned weight;
};

static void begin_part(struct filling *filling)
{
    struct tree *tree = filling->tree;
    filling->scope = scope_create(tree->arena, NULL);
    filling->scope->runs = true;
    filling->weight = 0;
    ARENA_PUSH(tree->arena, tree->parts, tree->part_count, tree->part_capacity, filling->scope);
}

/* Whether a statement reads, in loops of its own, what an update in this part has set: the old
 * values may still be in variables. */
static bool reads_new_values(const struct filling *filling, const struct statement *statement)
{
    for (size_t i = 0; i < statement->dependency_count; i++) {
        const struct dependency *dependency = &statement->dependencies[i];
        const struct statement *before = dependency->before;
        if (dependency->whole && before->part == filling->tree->part_count &&
            before->loop_count > 0) {
            return true;
        }
    }
    return false;
}

static void make_room(struct filling *filling, struct statement *const *statements, size_t count,
                      unsigned weight)
{
    bool full = filling->weight > 0 && filling->weight + weight > WEIGHT_MAX;
    for (size_t i = 0; i < count && !full; i++) {
        full = reads_new_values(filling, statements[i]);
    }
    if (full) {
        begin_part(filling);
    }
    filling->weight += weight;
    for (size_t i = 0; i < count; i++) {
        statements[i]->part = filling->tree->part_count;
    }
}

static void fill_parts(struct tree *tree, struct placing *placing)
{
    struct filling filling = {.tree = tree};
    begin_part(&filling);
    for (size_t k = 0; k < placing->count || k < placing->gap_count; k++) {
        for (size_t i = 0; k < placing->gap_count && i < placing->gaps[k].count; i++) {
            struct statement *statement = placing->gaps[k].statements[i];
            make_room(&filling, &statement, 1, statement->weight);
            add_entry(tree, filling.scope, ENTRY_STATEMENT, statement, NULL);
        }
        if (k < placing->count) {
            struct item *item = &placing->items[k];
            make_room(&filling, item->statements, item->count, item->weight);
            add_loop(placing, filling.scope, item);
        }
    }
}

static void build(struct tree *tree)
{
    /* What stands in no loop is placed under a scope that no part keeps. */
    struct scope *whole = scope_create(tree->arena, NULL);
    struct placing placing = placing_begin(tree, whole, 0);
    tree->part_count = 0;
    tree->again = false;
    tree->taken = table_create(tree->arena);
    for (size_t i = 0; i < tree->statements->count; i++) {
        tree->statements->items[i]->part = 0;
        tree->statements->items[i]->list = NULL;
    }
    place_all(&placing, tree->statements->items, tree->statements->count);
    fill_parts(tree, &placing);
}

/* Numbers what happens, so that it can be said what happens when. */
static void number_entries(struct scope *scope, unsigned *position)
{
    scope->begin = *position;
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        if (entry->kind == ENTRY_LOOP) {
            number_entries(entry->scope, position);
            continue;
        }
        entry->statement->last = (*position)++;
        if (entry->kind == ENTRY_OPEN || entry->statement->fold == entry->statement->loop_count) {
            entry->statement->first = entry->statement->last;
        }
    }
    scope->end_position = (*position)++;
}

void tree_create(struct tree *tree, struct statements *statements)
{
    *tree = (struct tree){
        .statements = statements, .graph = statements->graph, .arena = statements->arena};
    do {
        build(tree);
    } while (tree->again);
    unsigned position = 0;
    for (size_t i = 0; i < tree->part_count; i++) {
        number_entries(tree->parts[i], &position);
    }
}
