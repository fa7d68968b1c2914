#include "plan/parallel.h"

#include "equations/affine.h"
#include "plan/cost.h"
#include "plan/independence.h"

#include <math.h>

/* What it takes to add an element of a sum's part to it, in additions. */
enum { ADDITION_COST = 4 };

/* For so many elements of sums that a chunk has to clear and to add it is to do a grain more. */
#define PARTS_PER_GRAIN 4096.0

/* A loop without chunks is shared from that many grains on: it has no others to wait for. */
enum { GRAINS = 8 };

/* A product is cut into so many parts at most, of whole tiles of the kernel's. */
enum { PARTS_MAX = 8, TILE_ROWS = 12, TILE_COLUMNS = 64 };

/* One inside of a chunk is, from so many multiplications on, for there its threads start anew for
 * each block of rows: how many these are is known at run time alone, 64 most often. */
#define PART_WORK_MIN 0x1p21
enum { PART_ROWS = 32, ROWS_GUESS = 64 };

struct parallel {
    struct plan *plan;
    struct graph *graph;
    struct arena *arena;
    double grain;
    struct table *fresh;     /* tensor to the outermost loop that it is fresh in */
    struct step_list *steps; /* being built */
};

/* ---- Building ---- */

static const struct node *number(struct parallel *parallel, double value)
{
    return node_number(parallel->graph, value);
}

static const struct node *binary(struct parallel *parallel, enum operator_id id,
                                 const struct node *left, const struct node *right)
{
    return node_binary(parallel->graph, id, left, right);
}

static struct step *push(struct parallel *parallel, struct step_list *list, enum step_kind kind)
{
    struct step *step = ARENA_NEW(parallel->arena, struct step);
    step->kind = kind;
    ARENA_PUSH(parallel->arena, list->items, list->count, list->capacity, step);
    return step;
}

/* Leaves a step where it stands. */
static void keep(struct parallel *parallel, struct step *step)
{
    struct step_list *steps = parallel->steps;
    ARENA_PUSH(parallel->arena, steps->items, steps->count, steps->capacity, step);
}

static struct step *push_loop(struct parallel *parallel, struct step_list *list,
                              const struct index *index, const struct node *first,
                              const struct node *end)
{
    struct step *loop = push(parallel, list, STEP_LOOP);
    loop->index = index;
    loop->first = first;
    loop->end = end;
    return loop;
}

static const struct tensor *local(struct parallel *parallel, const char *name)
{
    return graph_tensor(parallel->graph, TENSOR_LOCAL, name, 0, NULL);
}

static const struct node *read_number(struct parallel *parallel, const struct tensor *variable)
{
    return node_load(parallel->graph, variable, NULL);
}

static struct step *set(struct parallel *parallel, struct step_list *list, enum step_kind kind,
                        const struct tensor *target, const struct node *const *subscripts,
                        const struct node *value)
{
    struct step *step = push(parallel, list, kind);
    step->target = target;
    step->value = value;
    for (int i = 0; i < target->rank; i++) {
        step->subscripts[i] = subscripts[i];
    }
    return step;
}

/* Gives a whole number a name, if it is not known: the node to use for it. */
static const struct node *name_whole(struct parallel *parallel, struct step_list *list,
                                     const char *name, const struct node *value)
{
    double known;
    if (size_known(parallel->graph, value, &known)) {
        return number(parallel, known);
    }
    const struct tensor *variable = local(parallel, name);
    set(parallel, list, STEP_DECLARE, variable, NULL, value)->whole = true;
    return read_number(parallel, variable);
}

/* A tensor of the workspace with a row for each chunk. */
static const struct tensor *create_parts(struct parallel *parallel, struct chunks *chunks,
                                         const char *of, long count, int rank,
                                         const struct axis *axes)
{
    struct axis all[RANK_MAX] = {
        {number(parallel, 0), number(parallel, count > 0 ? (double)count : 1)}};
    for (int i = 0; i < rank; i++) {
        all[i + 1] = axes[i];
    }
    const struct tensor *parts = graph_tensor(
        parallel->graph, TENSOR_PART, arena_format(parallel->arena, "%s_parts", of), rank + 1, all);
    ARENA_PUSH(parallel->arena, chunks->parts, chunks->part_count, chunks->part_capacity, parts);
    return parts;
}

static const char *name_of(const struct tensor *tensor)
{
    return tensor->name == NULL ? "sum" : tensor->name;
}

static void own(struct parallel *parallel, struct chunks *chunks, struct own own)
{
    ARENA_PUSH(parallel->arena, chunks->own, chunks->own_count, chunks->own_capacity, own);
}

/* ---- How many chunks ---- */

static const struct node *total_size(struct parallel *parallel, const struct tensor *const *tensors,
                                     size_t count)
{
    const struct node *total = number(parallel, 0);
    for (size_t i = 0; i < count; i++) {
        total = binary(parallel, OPERATOR_ADD, total, tensor_size(parallel->graph, tensors[i]));
    }
    return total;
}

/* Fewer where each needs much memory: a model with four times as many parameters gets half as many.
 * What is decided only at run time is taken for something in between. */
static long most_chunks(struct parallel *parallel, const struct independence *found)
{
    const struct node *sums = total_size(parallel, found->sums, found->sum_count);
    const struct node *fresh = total_size(parallel, found->fresh, found->fresh_count);
    double size;
    if (!size_known(parallel->graph, binary(parallel, OPERATOR_ADD, sums, fresh), &size)) {
        return 8;
    }
    long most = 32;
    while (most > 4 && (double)(most * most) * size > 0x1p24) {
        most /= 2;
    }
    return most;
}

static const struct node *extent_of(struct parallel *parallel, const struct step *loop)
{
    return affine_normalize(parallel->graph,
                            binary(parallel, OPERATOR_SUBTRACT, loop->end, loop->first));
}

/* Whether a loop runs so many times at the most. */
static bool runs_at_most(struct parallel *parallel, const struct step *loop, double times)
{
    const struct node *end = loop->most == NULL ? loop->end : loop->most;
    double known;
    return size_known(parallel->graph, binary(parallel, OPERATOR_SUBTRACT, end, loop->first),
                      &known) &&
           known <= times;
}

/* ceil(x/y) of whole numbers. */
static const struct node *quotient(struct parallel *parallel, const struct node *x,
                                   const struct node *y)
{
    double divisor;
    if (node_known(y, &divisor)) {
        const struct node *sum = binary(parallel, OPERATOR_ADD, x, number(parallel, divisor - 1));
        return node_unary(parallel->graph, OPERATOR_FLOOR,
                          binary(parallel, OPERATOR_DIVIDE, sum, number(parallel, divisor)));
    }
    return node_unary(parallel->graph, OPERATOR_CEIL, binary(parallel, OPERATOR_DIVIDE, x, y));
}

/* How many iterations make a chunk that is worth it. */
static const struct node *least_length(struct parallel *parallel, const struct step *loop,
                                       const struct independence *found)
{
    const struct node *sums = total_size(parallel, found->sums, found->sum_count);
    const struct node *grains =
        binary(parallel, OPERATOR_ADD, number(parallel, 1),
               binary(parallel, OPERATOR_DIVIDE, sums, number(parallel, PARTS_PER_GRAIN)));
    const struct node *worth =
        binary(parallel, OPERATOR_MULTIPLY, number(parallel, parallel->grain), grains);
    const struct node *time = cost_time(parallel->graph, loop);
    const struct node *length =
        node_unary(parallel->graph, OPERATOR_CEIL, binary(parallel, OPERATOR_DIVIDE, worth, time));
    double known;
    return size_known(parallel->graph, length, &known) ? number(parallel, known) : length;
}

/* ---- Sums ---- */

/* Loops over a tensor's axes from one on; returns the innermost body. */
static struct step_list *push_nest(struct parallel *parallel, struct step_list *list,
                                   const struct tensor *tensor, int axis,
                                   const struct index *const *indices)
{
    for (; axis < tensor->rank; axis++) {
        struct step *loop = push_loop(parallel, list, indices[axis], tensor->axes[axis].first,
                                      tensor->axes[axis].end);
        loop->independent = axis + 1 == tensor->rank;
        list = &loop->body;
    }
    return list;
}

/* The part of a sum that a chunk adds into, cleared. */
static const struct tensor *push_part(struct parallel *parallel, struct chunks *chunks,
                                      struct step_list *list, const struct tensor *sum)
{
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    const struct tensor *part =
        graph_tensor(parallel->graph, TENSOR_PART,
                     arena_format(parallel->arena, "%s_part", name_of(sum)), sum->rank, sum->axes);
    const struct tensor *parts =
        create_parts(parallel, chunks, name_of(sum), chunks->most - 1, sum->rank, sum->axes);
    own(parallel, chunks, (struct own){part, sum, parts});
    tensor_open(parallel->graph, part, indices, subscripts);
    set(parallel, push_nest(parallel, list, part, 0, indices), STEP_STORE, part, subscripts,
        number(parallel, 0));
    return part;
}

/* The sums of all chunks but the first one start from 0. */
static void push_parts(struct parallel *parallel, struct chunks *chunks, struct step *over,
                       const struct independence *found, struct table *parts)
{
    if (found->sum_count == 0) {
        return;
    }
    struct step *others = push(parallel, &over->body, STEP_IF);
    others->value = binary(parallel, OPERATOR_GREATER, node_index(parallel->graph, chunks->index),
                           number(parallel, 0));
    for (size_t i = 0; i < found->sum_count; i++) {
        const struct tensor *part = push_part(parallel, chunks, &others->body, found->sums[i]);
        table_store(parts, found->sums[i], (void *)(uintptr_t)part);
    }
}

/* When the parts of a sum are so many that threads should share its rows; NULL: never. */
static const struct node *worth_sharing(struct parallel *parallel, const struct chunks *chunks,
                                        const struct node *count, const struct tensor *sum)
{
    const struct node *size = tensor_size(parallel->graph, sum);
    const struct node *others = binary(parallel, OPERATOR_SUBTRACT, count, number(parallel, 1));
    double known, worth = GRAINS * parallel->grain / ADDITION_COST;
    if (sum->rank < 2) {
        return NULL;
    }
    if (!size_known(parallel->graph, size, &known)) {
        return binary(parallel, OPERATOR_GREATER_EQUAL,
                      binary(parallel, OPERATOR_MULTIPLY, others, size), number(parallel, worth));
    }
    const struct node *least = number(parallel, ceil(worth / known));
    return known * (double)(chunks->most - 1) >= worth
               ? binary(parallel, OPERATOR_GREATER, count, least)
               : NULL;
}

/* Adds the parts of a sum to it, in the order of the chunks: in `over`, a loop over these, or where
 * threads share the sum's rows in loops of its own. */
static void push_addition(struct parallel *parallel, struct step *over,
                          const struct node *condition, const struct own *own)
{
    struct graph *graph = parallel->graph;
    const struct tensor *sum = own->sum;
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX + 1];
    struct step_list *list = &over->body;
    int axis = 0;
    tensor_open(graph, sum, indices, subscripts + 1);
    if (condition != NULL) {
        struct step *rows =
            push_loop(parallel, parallel->steps, indices[0], sum->axes[0].first, sum->axes[0].end);
        rows->parallel = condition;
        over = push_loop(parallel, &rows->body,
                         graph_index(graph, "chunk", over->index->first, over->index->end),
                         over->first, over->end);
        list = &over->body;
        axis = 1;
    }
    subscripts[0] =
        binary(parallel, OPERATOR_SUBTRACT, node_index(graph, over->index), number(parallel, 1));
    set(parallel, push_nest(parallel, list, sum, axis, indices), STEP_ADD, sum, subscripts + 1,
        node_load(graph, own->parts, subscripts));
}

static void push_additions(struct parallel *parallel, const struct chunks *chunks,
                           const struct node *count)
{
    const struct node *one = number(parallel, 1);
    struct step_list together = {0};
    struct step *over =
        push_loop(parallel, &together,
                  graph_index(parallel->graph, "chunk", one, chunks->index->end), one, count);
    for (size_t i = 0; i < chunks->own_count; i++) {
        if (chunks->own[i].sum != NULL) {
            push_addition(parallel, over,
                          worth_sharing(parallel, chunks, count, chunks->own[i].sum),
                          &chunks->own[i]);
        }
    }
    if (over->body.count > 0) {
        keep(parallel, over);
    }
}

/* ---- What stands for outer variables and sums inside a chunk ---- */

static const struct node *replace_load(void *context, const struct node *node)
{
    const struct tensor *part = node->kind == NODE_LOAD ? table_find(context, node->tensor) : NULL;
    return part == NULL ? node : node_load(node->graph, part, node->arguments);
}

static void replace_product(struct parallel *parallel, struct step *loop, const struct table *parts)
{
    const struct tensor *part =
        loop->product == NULL ? NULL : table_find(parts, loop->product->target.tensor);
    if (part != NULL) {
        struct product *product = ARENA_NEW(parallel->arena, struct product);
        *product = *loop->product;
        product->target.tensor = part;
        loop->product = product;
    }
}

/* Numbers are read only where they change, sums are not read at all. A number in memory becomes a
 * variable. */
static void replace_target(struct parallel *parallel, struct step *step, struct table *parts)
{
    const struct tensor *part = step->target == NULL ? NULL : table_find(parts, step->target);
    if (part == NULL) {
        return;
    }
    step->target = part;
    step->value = node_rewrite(parallel->graph, step->value, replace_load, parts);
    if (part->kind == TENSOR_LOCAL && step->kind == STEP_ADD) {
        step->value = binary(parallel, OPERATOR_ADD, read_number(parallel, part), step->value);
    }
    step->kind = part->kind == TENSOR_LOCAL ? STEP_ASSIGN : step->kind;
}

static void replace(struct parallel *parallel, const struct step_list *steps, struct table *parts)
{
    for (size_t i = 0; i < steps->count; i++) {
        struct step *step = steps->items[i];
        replace_product(parallel, step, parts);
        replace_target(parallel, step, parts);
        replace(parallel, &step->body, parts);
        replace(parallel, &step->otherwise, parts);
    }
}

/* ---- Chunks ---- */

/* The variable of a chunk that stands for a number outside; what it comes to is kept in `parts`. */
struct partial {
    const struct tensor *variable, *parts;
};

static struct partial push_variable(struct parallel *parallel, struct chunks *chunks,
                                    struct step *over, const struct accumulator *accumulator)
{
    const char *name = name_of(accumulator->number);
    struct partial partial = {.variable =
                                  local(parallel, arena_format(parallel->arena, "%s_part", name)),
                              .parts = create_parts(parallel, chunks, name, chunks->most, 0, NULL)};
    set(parallel, &over->body, STEP_DECLARE, partial.variable, NULL,
        number(parallel, reduction_unit(accumulator->reduction)));
    return partial;
}

/* The chunk's stretch of the loop's range. */
static void push_stretch(struct parallel *parallel, const struct chunks *chunks, struct step *over,
                         struct step *loop, const struct node *length)
{
    const struct node *chunk = node_index(parallel->graph, chunks->index);
    const struct node *begin = binary(parallel, OPERATOR_ADD, loop->first,
                                      binary(parallel, OPERATOR_MULTIPLY, chunk, length));
    begin = name_whole(parallel, &over->body, "first", begin);
    loop->end = name_whole(
        parallel, &over->body, "end",
        binary(parallel, OPERATOR_MIN, binary(parallel, OPERATOR_ADD, begin, length), loop->end));
    loop->first = begin;
    ARENA_PUSH(parallel->arena, over->body.items, over->body.count, over->body.capacity, loop);
}

/* Goes on with a number by what a chunk has come to. */
static void push_number(struct parallel *parallel, struct step_list *list,
                        const struct accumulator *accumulator, const struct node *part)
{
    const struct tensor *number = accumulator->number;
    set(parallel, list, number->kind == TENSOR_LOCAL ? STEP_ASSIGN : STEP_STORE, number, NULL,
        binary(parallel, reduction_operator(accumulator->reduction), read_number(parallel, number),
               part));
}

/* Combines what the chunks have come to, in their order. */
static void push_combination(struct parallel *parallel, const struct chunks *chunks,
                             const struct node *count, const struct independence *found,
                             const struct partial *partials)
{
    struct graph *graph = parallel->graph;
    if (found->accumulator_count > 0) {
        const struct index *index = graph_index(graph, "chunk", NULL, chunks->index->end);
        const struct node *chunk = node_index(graph, index);
        struct step *loop = push_loop(parallel, parallel->steps, index, number(parallel, 0), count);
        loop->reduction = true;
        for (size_t i = 0; i < found->accumulator_count; i++) {
            bool variable = found->accumulators[i].number->kind == TENSOR_LOCAL;
            loop->reduction = loop->reduction && variable;
            push_number(parallel, &loop->body, &found->accumulators[i],
                        node_load(graph, partials[i].parts, &chunk));
        }
    }
    push_additions(parallel, chunks, count);
}

/* Cuts a loop into `count` chunks of `length` iterations. */
static void push_chunks(struct parallel *parallel, struct step *loop,
                        const struct independence *found, struct chunks *chunks,
                        const struct node *count, const struct node *length)
{
    const struct node *chunk = node_index(parallel->graph, chunks->index);
    struct table *parts = table_create(parallel->arena);
    struct partial *partials =
        ARENA_ARRAY(parallel->arena, struct partial, found->accumulator_count + 1);
    struct step *over =
        push_loop(parallel, parallel->steps, chunks->index, number(parallel, 0), count);
    over->chunks = chunks;
    over->parallel = binary(parallel, OPERATOR_GREATER, count, number(parallel, 1));
    for (size_t i = 0; i < found->fresh_count; i++) {
        own(parallel, chunks, (struct own){found->fresh[i], NULL, NULL});
    }
    push_parts(parallel, chunks, over, found, parts);
    for (size_t i = 0; i < found->accumulator_count; i++) {
        partials[i] = push_variable(parallel, chunks, over, &found->accumulators[i]);
        table_store(parts, found->accumulators[i].number, (void *)(uintptr_t)partials[i].variable);
    }
    replace(parallel, &loop->body, parts);
    push_stretch(parallel, chunks, over, loop, length);
    for (size_t i = 0; i < found->accumulator_count; i++) {
        set(parallel, &over->body, STEP_STORE, partials[i].parts, &chunk,
            read_number(parallel, partials[i].variable));
    }
    push_combination(parallel, chunks, count, found, partials);
}

static void cut_loop(struct parallel *parallel, struct step *loop, const struct independence *found)
{
    const struct node *extent = extent_of(parallel, loop);
    const struct node *least = least_length(parallel, loop, found);
    if (least->kind == NODE_NUMBER && runs_at_most(parallel, loop, least->number)) {
        keep(parallel, loop);
        return;
    }
    struct chunks *chunks = ARENA_NEW(parallel->arena, struct chunks);
    chunks->scope = loop->scope;
    chunks->most = most_chunks(parallel, found);
    const struct node *most = number(parallel, (double)chunks->most);
    chunks->index = graph_index(parallel->graph, "chunk", NULL, most);
    chunks->place = graph_index(parallel->graph, "place", NULL, most);
    if (!node_is_index_arithmetic(loop->end)) {
        loop->end = name_whole(parallel, parallel->steps, "count", loop->end);
        extent = extent_of(parallel, loop);
    }
    const struct node *length =
        binary(parallel, OPERATOR_MAX, least, quotient(parallel, extent, most));
    length = name_whole(parallel, parallel->steps, "chunk_length", length);
    const struct node *count =
        name_whole(parallel, parallel->steps, "chunks", quotient(parallel, extent, length));
    push_chunks(parallel, loop, found, chunks, count, length);
    ARENA_PUSH(parallel->arena, parallel->plan->chunked, parallel->plan->chunked_count,
               parallel->plan->chunked_capacity, chunks);
}

/* ---- Loops that stay as they are ---- */

/* The condition under which a loop is long enough. */
static void share_loop(struct parallel *parallel, struct step *loop)
{
    const struct node *extent = extent_of(parallel, loop);
    const struct node *time = cost_time(parallel->graph, loop);
    const struct node *worth = number(parallel, GRAINS * parallel->grain);
    double known_time, known_extent;
    bool sized = size_known(parallel->graph, extent, &known_extent);
    if (size_known(parallel->graph, time, &known_time)) {
        worth = number(parallel, ceil(GRAINS * parallel->grain / known_time));
        time = NULL;
    }
    if (time == NULL && loop->most != NULL && runs_at_most(parallel, loop, worth->number)) {
        loop->parallel = NULL;
    } else if (sized && time == NULL) {
        bool long_enough = known_extent > 1 && known_extent >= worth->number;
        loop->parallel = long_enough ? number(parallel, 1) : NULL;
    } else {
        const struct node *all =
            time == NULL ? extent : binary(parallel, OPERATOR_MULTIPLY, extent, time);
        loop->parallel = binary(parallel, OPERATOR_GREATER_EQUAL, all, worth);
    }
}

/* ---- Products ---- */

/* How many rows or columns, each of which takes `time`, make a part: whole tiles of the kernel's.
 */
static const struct node *part_length(struct parallel *parallel, const struct node *extent,
                                      const struct node *time, double tile)
{
    const struct node *tiles = number(parallel, tile);
    const struct node *least =
        node_unary(parallel->graph, OPERATOR_CEIL,
                   binary(parallel, OPERATOR_DIVIDE, number(parallel, parallel->grain), time));
    const struct node *length = binary(parallel, OPERATOR_MAX, least,
                                       quotient(parallel, extent, number(parallel, PARTS_MAX)));
    const struct node *whole =
        binary(parallel, OPERATOR_MULTIPLY, quotient(parallel, length, tiles), tiles);
    double known;
    return size_known(parallel->graph, whole, &known) ? number(parallel, known) : whole;
}

/* The loop over a product's columns: a value that goes along with a row may be declared before. */
static struct step *columns_of(const struct step *rows)
{
    size_t at = 0;
    while (rows->body.items[at]->kind != STEP_LOOP) {
        at++;
    }
    return rows->body.items[at];
}

/* Cuts a product in parts of so many of its rows, or of its columns, that threads share. */
static bool push_product(struct parallel *parallel, struct step *rows, bool of_rows,
                         const struct node *extent, const struct node *length)
{
    struct step *loop = of_rows ? rows : columns_of(rows);
    struct step_list body = {0};
    const struct index *index =
        graph_index(parallel->graph, "chunk", NULL, number(parallel, PARTS_MAX));
    const struct node *begin = name_whole(
        parallel, &body, "first",
        binary(parallel, OPERATOR_ADD, loop->first,
               binary(parallel, OPERATOR_MULTIPLY, node_index(parallel->graph, index), length)));
    const struct node *end = name_whole(
        parallel, &body, "end",
        binary(parallel, OPERATOR_MIN, binary(parallel, OPERATOR_ADD, begin, length), loop->end));
    const struct product *part = product_part(parallel->graph, rows->product, of_rows, begin, end);
    if (part == NULL) {
        return false;
    }
    const struct node *count =
        name_whole(parallel, parallel->steps, "chunks", quotient(parallel, extent, length));
    struct step *over = push_loop(parallel, parallel->steps, index, number(parallel, 0), count);
    over->parallel = binary(parallel, OPERATOR_GREATER, count, number(parallel, 1));
    over->body = body;
    rows->product = part;
    loop->first = begin;
    loop->end = end;
    ARENA_PUSH(parallel->arena, over->body.items, over->body.count, over->body.capacity, rows);
    return true;
}

/* Cuts a product if there is enough to do for more than one thread: its columns, whose operand the
 * kernel may have to copy, or where these are few its rows. */
static bool cut_product(struct parallel *parallel, struct step *rows, bool of_rows)
{
    const struct node *extent = extent_of(parallel, of_rows ? rows : columns_of(rows));
    const struct node *time = cost_time(parallel->graph, rows);
    double known_extent, known_length;
    if (!of_rows) {
        time = binary(parallel, OPERATOR_DIVIDE,
                      binary(parallel, OPERATOR_MULTIPLY, time, extent_of(parallel, rows)), extent);
    }
    const struct node *length =
        part_length(parallel, extent, time, of_rows ? TILE_ROWS : TILE_COLUMNS);
    if (node_known(length, &known_length) && size_known(parallel->graph, extent, &known_extent) &&
        known_extent <= known_length) {
        return !of_rows && cut_product(parallel, rows, true);
    }
    return push_product(parallel, rows, of_rows, extent, length);
}

/* ---- Products inside of chunks ---- */

static double extent_guess(struct parallel *parallel, const struct node *extent)
{
    double known;
    return size_known(parallel->graph, extent, &known) ? known : ROWS_GUESS;
}

/* Where the columns' operand lies as the kernel reads it, its columns are cut, else the rows: the
 * rows' operand is then what the kernel copies, and no part of it is copied twice. */
static bool cut_inner_product(struct parallel *parallel, struct step *rows)
{
    const struct product *product = rows->product;
    if (product == NULL || product->row == NULL) {
        return false;
    }
    bool of_rows = product->right.column == NULL || !node_is_number(product->right.column, 1);
    const struct node *extent = extent_of(parallel, of_rows ? rows : columns_of(rows));
    double along = extent_guess(parallel, extent), tile = of_rows ? PART_ROWS : TILE_COLUMNS;
    double work = extent_guess(parallel, product->rows) * extent_guess(parallel, product->columns);
    for (int i = 0; i < product->depths; i++) {
        work *= extent_guess(parallel, product->depth[i]);
    }
    double length = ceil(ceil(along / PARTS_MAX) / tile) * tile;
    return work >= PART_WORK_MIN && along > length &&
           push_product(parallel, rows, of_rows, extent, number(parallel, length));
}

/* Products for threads to share where there is one chunk alone. */
static void cut_inner_products(struct parallel *parallel, struct step_list *steps)
{
    struct step_list *outer = parallel->steps, old = *steps, new = {0};
    parallel->steps = &new;
    for (size_t i = 0; i < old.count; i++) {
        struct step *step = old.items[i];
        if (!cut_inner_product(parallel, step)) {
            keep(parallel, step);
            if (step->product == NULL) {
                cut_inner_products(parallel, &step->body);
            }
        }
    }
    *steps = new;
    parallel->steps = outer;
}

/* ---- The pass ---- */

static void consider(struct parallel *parallel, const struct step_list *steps, size_t position)
{
    struct step *step = steps->items[position];
    struct independence found = {.possible = false};
    if (step->kind == STEP_LOOP && step->product != NULL) {
        if (step->product->row == NULL || !cut_product(parallel, step, false)) {
            keep(parallel, step);
        }
        return;
    }
    if (step->kind == STEP_LOOP) {
        found = loop_independence(parallel->graph, steps, position, parallel->fresh);
    }
    bool shares = found.accumulator_count + found.sum_count + found.fresh_count > 0;
    if (found.possible && shares) {
        cut_loop(parallel, step, &found);
        if (found.sum_count > 0 || found.fresh_count > 0) {
            cut_inner_products(parallel, &step->body);
        }
        return;
    }
    if (found.possible) {
        share_loop(parallel, step);
    }
    keep(parallel, step);
}

static void note_fresh(struct parallel *parallel, const struct row *row)
{
    const struct scope *scope = row == NULL ? NULL : row->scope;
    if (scope == NULL || table_find(parallel->fresh, row->tensor) != NULL) {
        return;
    }
    while (scope->outer != NULL && scope->outer->outer != NULL) {
        scope = scope->outer;
    }
    table_store(parallel->fresh, row->tensor, (void *)(uintptr_t)scope);
}

void plan_parallelize(struct plan *plan, const struct tree *tree, double grain)
{
    struct parallel parallel = {
        .plan = plan, .graph = plan->graph, .arena = graph_arena(plan->graph), .grain = grain};
    parallel.fresh = table_create(tree->arena);
    for (size_t i = 0; i < tree->statements->count; i++) {
        note_fresh(&parallel, tree->statements->items[i]->row);
    }
    for (size_t i = 0; i < tree->row_count; i++) {
        note_fresh(&parallel, tree->rows[i]);
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        struct step_list old = plan->parts[i].steps, new = {0};
        parallel.steps = &new;
        for (size_t k = 0; k < old.count; k++) {
            consider(&parallel, &old, k);
        }
        plan->parts[i].steps = new;
    }
}
