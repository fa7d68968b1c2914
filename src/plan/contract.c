/* Contraction: a tensor that is used only in the iterations that compute it needs no memory for the
 * axes those loops run over. With no axis left it is a local variable. Where a recurrence reads of
 * the iteration before alone, and sets nothing before it has read it, one row serves all. */
#include "equations/affine.h"
#include "plan/scope.h"

/* Who uses a tensor. */
struct uses {
    const struct tensor *tensor;
    struct statement **writers;
    size_t writer_count, writer_capacity;
    struct reader {
        struct statement *statement;
        struct access *access;
    } * readers; /* those that read memory */
    size_t reader_count, reader_capacity;
};

struct contraction {
    struct tree *tree;
    struct arena *arena;
    struct table *by_tensor;
    struct uses **all;
    size_t count, capacity;
};

static struct uses *uses_of(struct contraction *contraction, const struct tensor *tensor)
{
    struct uses *uses = table_find(contraction->by_tensor, tensor);
    if (uses == NULL) {
        uses = ARENA_NEW(contraction->arena, struct uses);
        uses->tensor = tensor;
        table_store(contraction->by_tensor, tensor, uses);
        ARENA_PUSH(contraction->arena, contraction->all, contraction->count, contraction->capacity,
                   uses);
    }
    return uses;
}

static bool must_be_stored(const struct contraction *contraction, const struct tensor *tensor)
{
    const struct statements *statements = contraction->tree->statements;
    return table_find(statements->results, tensor) != NULL ||
           table_find(statements->updatable, tensor) != NULL;
}

/* ---- Variables ---- */

/* Whether an element is read where the variable that took its value still holds it. */
static bool is_in_variable(const struct statement *reader, const struct access *access)
{
    const struct statement *writer = access->writer;
    bool partial = writer != NULL && writer->condition != NULL && writer->reduction == NULL;
    if (writer == NULL || writer->accumulates || writer->clears || partial ||
        writer->part != reader->part || access->level < writer->fold) {
        return false;
    }
    for (int level = 0; level < writer->fold; level++) {
        if (reader->path[level] != writer->path[level]) {
            return false;
        }
    }
    for (int axis = 0; axis < writer->target->rank; axis++) {
        const struct node *written = writer->subscripts[axis];
        int level = statement_loop_of(writer, written, writer->fold);
        if (written->free->count == 0 && access->load->arguments[axis]->free->count == 0 &&
            affine_proves_equal(written, access->load->arguments[axis])) {
            continue;
        }
        if (level < 0 ||
            !node_is_index(access->load->arguments[axis], reader->loops[level].index)) {
            return false;
        }
    }
    return true;
}

static void forward(struct contraction *contraction, struct statement *writer)
{
    if (writer->variable == NULL) {
        writer->variable =
            graph_tensor(contraction->tree->graph, TENSOR_LOCAL, writer->target->name, 0, NULL);
    }
}

static void find_uses(struct contraction *contraction, struct statement *statement)
{
    for (size_t i = 0; i < statement->access_count; i++) {
        struct access *access = &statement->accesses[i];
        access->forwarded = is_in_variable(statement, access);
        if (access->forwarded) {
            forward(contraction, access->writer);
        } else if (access->writer != NULL ||
                   (access->load->tensor == statement->target && !statement->update)) {
            struct uses *uses = uses_of(contraction, access->load->tensor);
            struct reader reader = {statement, access};
            ARENA_PUSH(contraction->arena, uses->readers, uses->reader_count, uses->reader_capacity,
                       reader);
        }
    }
    struct uses *uses = uses_of(contraction, statement->target);
    ARENA_PUSH(contraction->arena, uses->writers, uses->writer_count, uses->writer_capacity,
               statement);
}

/* ---- Rows ---- */

/* How many loops all users share; -1 where they are in several parts. */
static int shared_loops(const struct uses *uses)
{
    const struct statement *model = uses->writers[0];
    int shared = model->loop_count;
    for (size_t i = 0; i < uses->writer_count + uses->reader_count; i++) {
        bool writes = i < uses->writer_count;
        const struct reader *reader = writes ? NULL : &uses->readers[i - uses->writer_count];
        const struct statement *user = writes ? uses->writers[i] : reader->statement;
        int levels = writes ? user->loop_count : reader->access->level;
        if (user->part != model->part) {
            return -1;
        }
        shared = levels < shared ? levels : shared;
        for (int level = 0; level < shared; level++) {
            if (user->path[level] != model->path[level]) {
                shared = level;
            }
        }
    }
    return shared;
}

/* The shared loop whose index all users have as subscript on an axis; -1 for none. */
static int loop_of_axis(const struct uses *uses, int axis, int shared)
{
    const struct statement *model = uses->writers[0];
    int level = statement_loop_of(model, model->subscripts[axis], shared);
    if (level < 0) {
        return -1;
    }
    for (size_t i = 0; i < uses->writer_count; i++) {
        const struct statement *writer = uses->writers[i];
        if (!node_is_index(writer->subscripts[axis], writer->loops[level].index)) {
            return -1;
        }
    }
    for (size_t i = 0; i < uses->reader_count; i++) {
        const struct statement *reader = uses->readers[i].statement;
        if (!node_is_index(uses->readers[i].access->load->arguments[axis],
                           reader->loops[level].index)) {
            return -1;
        }
    }
    return level;
}

/* How many of the shared loops set anew what is read in them: where a recurrence reads what an
 * earlier iteration of its loop has set, the iterations of the loops inside have to keep theirs. */
static int loops_that_renew(const struct uses *uses, int shared)
{
    const struct statement *model = uses->writers[0];
    for (int axis = 0; axis < uses->tensor->rank && shared > 0; axis++) {
        int level = statement_loop_of(model, model->subscripts[axis], shared);
        if (level >= 0 && model->loops[level].sequence != NULL &&
            loop_of_axis(uses, axis, shared) < 0) {
            shared = level;
        }
    }
    return shared;
}

static void use_row(struct uses *uses, const struct row *row)
{
    for (size_t i = 0; i < uses->writer_count; i++) {
        uses->writers[i]->row = row;
    }
    for (size_t i = 0; i < uses->reader_count; i++) {
        uses->readers[i].access->row = row;
    }
}

/* The bounds of an axis within a block of rows. */
static struct axis axis_of_block(struct graph *graph, const struct node *rows)
{
    return (struct axis){.first = node_number(graph, 0), .end = rows};
}

/* Whether a recurrence steps along an axis. */
static bool is_axis_of_time(const struct uses *uses, int axis)
{
    for (size_t i = 0; i < uses->writer_count; i++) {
        const struct statement *writer = uses->writers[i];
        int level = statement_loop_of(writer, writer->subscripts[axis], writer->loop_count);
        if (level >= 0 && writer->loops[level].sequence != NULL) {
            return true;
        }
    }
    return false;
}

/* Where an axis stands among those of a row: what a recurrence computes in a step for the rows of a
 * block lies side by side; where rows are lanes, they come last. */
static int turn_of_axis(const struct contraction *contraction, const struct uses *uses,
                        const struct row *row, int axis)
{
    bool blocks = false;
    for (int i = 0; i < uses->tensor->rank; i++) {
        blocks = blocks || row->begin[i] != NULL;
    }
    if (contraction->tree->statements->lanes) {
        return 1 + (row->begin[axis] != NULL);
    }
    return blocks && is_axis_of_time(uses, axis) ? 0 : 1;
}

/* Has a row stand for a tensor: it has the axes that are kept, one of them perhaps for a block of
 * rows alone. */
static void stand_in(struct contraction *contraction, struct uses *uses, struct row *row)
{
    const struct tensor *tensor = uses->tensor;
    const struct statements *statements = contraction->tree->statements;
    struct axis axes[RANK_MAX];
    int rank = 0, stops = 0;
    for (int turn = 0; turn < 3; turn++) {
        for (int axis = 0; axis < tensor->rank; axis++) {
            if (row->kept[axis] && turn_of_axis(contraction, uses, row, axis) == turn) {
                row->axes[rank] = axis;
                stops = axis + 1 == tensor->stops ? rank + 1 : stops;
                axes[rank++] = row->begin[axis] == NULL
                                   ? tensor->axes[axis]
                                   : axis_of_block(statements->graph, statements->block_rows);
            }
        }
    }
    struct tensor *stands = graph_tensor(statements->graph, TENSOR_PART, tensor->name, rank, axes);
    stands->stops = stops;
    row->tensor = stands;
    use_row(uses, row);
}

/* Whether all users, in the shared loop over blocks, have the index of the rows as subscript on an
 * axis. */
static bool is_axis_of_blocks(const struct uses *uses, int axis, int shared)
{
    if (shared == 0 || uses->writers[0]->loops[0].blocked == NULL) {
        return false;
    }
    for (size_t i = 0; i < uses->writer_count; i++) {
        const struct statement *writer = uses->writers[i];
        if (!node_is_index(writer->subscripts[axis], writer->loops[0].blocked)) {
            return false;
        }
    }
    for (size_t i = 0; i < uses->reader_count; i++) {
        const struct reader *reader = &uses->readers[i];
        if (!node_is_index(reader->access->load->arguments[axis],
                           reader->statement->loops[0].blocked)) {
            return false;
        }
    }
    return true;
}

/* The first row of the block at hand. */
static const struct node *first_of_block(const struct contraction *contraction,
                                         const struct statement *statement)
{
    struct graph *graph = contraction->tree->graph;
    const struct node *block = node_index(graph, statement->path[0]->index);
    return affine_normalize(graph, node_binary(graph, OPERATOR_MULTIPLY, block,
                                               contraction->tree->statements->block_rows));
}

static void make_row(struct contraction *contraction, struct uses *uses)
{
    const struct tensor *tensor = uses->tensor;
    const struct statement *model = uses->writers[0];
    int shared = tensor->rank > 0 ? loops_that_renew(uses, shared_loops(uses)) : -1;
    bool contracted[LOOPS_MAX] = {false}, all = true;
    struct row *row = ARENA_NEW(contraction->arena, struct row);
    for (int axis = 0; axis < tensor->rank; axis++) {
        int level = shared > 0 ? loop_of_axis(uses, axis, shared) : -1;
        bool blocked = shared > 0 && is_axis_of_blocks(uses, axis, shared);
        row->kept[axis] = level < 0;
        row->begin[axis] = level < 0 && blocked ? first_of_block(contraction, model) : NULL;
        all = all && row->kept[axis] && !blocked;
        contracted[0] = contracted[0] || blocked;
        if (level >= 0) {
            contracted[level] = true;
        }
    }
    if (all) {
        return;
    }
    int level = 0;
    while (level < shared && contracted[level]) {
        level++;
    }
    row->scope = level == 0 ? NULL : model->path[level - 1];
    stand_in(contraction, uses, row);
}

/* ---- Rows that are carried from one iteration to the next ---- */

/* How many loops are around those of recurrences: one over blocks. */
static int loops_around(const struct statement *statement)
{
    return statement->loop_count > 0 && statement->loops[0].blocked != NULL;
}

/* What a reader finds in a row that a recurrence carries along. */
enum turn {
    TURN_PREVIOUS, /* what the iteration before has left */
    TURN_SAME,     /* what this one has set */
    TURN_AFTER,    /* what the last one has left */
    TURN_OTHER     /* something that is no longer there */
};

static bool is_at_distance(const struct node *subscript, const struct node *from, long distance)
{
    const struct affine difference = affine_add(affine_of(subscript), affine_of(from), -1);
    return difference.valid && difference.count == 0 && difference.constant == distance;
}

static enum turn turn_of(const struct reader *reader, int axis, const struct scope *loop)
{
    const struct statement *statement = reader->statement;
    const struct node *subscript = reader->access->load->arguments[axis];
    int level = loops_around(statement);
    if (reader->access->level > level && statement->path[level] == loop) {
        const struct node *now = node_index(subscript->graph, statement->loops[level].index);
        return is_at_distance(subscript, now, 0)                           ? TURN_SAME
               : is_at_distance(subscript, now, loop->descending ? 1 : -1) ? TURN_PREVIOUS
                                                                           : TURN_OTHER;
    }
    bool last = loop->descending ? is_at_distance(subscript, loop->first, 0)
                                 : is_at_distance(subscript, loop->end, -1);
    return last && statement->first > loop->end_position ? TURN_AFTER : TURN_OTHER;
}

/* Whether a load asks, on another axis than the carried one, for what one of the loops of its
 * statement from `level` on runs over. */
static bool moves_in(const struct reader *reader, int axis, int level)
{
    const struct node *load = reader->access->load;
    for (; level < reader->access->level; level++) {
        for (int i = 0; i < load->argument_count; i++) {
            if (i != axis &&
                node_depends_on(load->arguments[i], reader->statement->loops[level].index)) {
                return true;
            }
        }
    }
    return false;
}

/* The innermost loop inside of a carrying one that a reader and a writer share and that gives each
 * its iteration's own elements: both have its index as the same subscript. */
static const struct scope *loop_of_own(const struct reader *reader, const struct statement *writer,
                                       const struct scope *loop, int axis)
{
    const struct statement *statement = reader->statement;
    int level = loops_around(statement) + 1;
    while (level < reader->access->level && level < writer->loop_count &&
           statement->path[level] == writer->path[level]) {
        bool own = false;
        for (int i = 0; i < writer->target->rank; i++) {
            own =
                own ||
                (i != axis && node_is_index(writer->subscripts[i], writer->loops[level].index) &&
                 node_is_index(reader->access->load->arguments[i], statement->loops[level].index));
        }
        if (!own) {
            break;
        }
        loop = statement->path[level++];
    }
    return loop;
}

/* Whether a reader is done before a writer begins, in each iteration of a loop; or is the writer
 * and replaces each element by itself. */
static bool reads_first(const struct tree *tree, const struct reader *reader,
                        const struct statement *writer, const struct scope *loop, int axis)
{
    if (reader->statement != writer) {
        loop = loop_of_own(reader, writer, loop, axis);
        return scope_stay(tree, reader->statement, loop).end < scope_stay(tree, writer, loop).begin;
    }
    for (int i = 0; i < writer->target->rank; i++) {
        if (i != axis && reader->access->load->arguments[i] != writer->subscripts[i]) {
            return false;
        }
    }
    return writer->fold == writer->loop_count;
}

/* Whether a reader is done before those that read what this iteration sets: loads of a row that
 * stand together look alike. */
static bool reads_apart(const struct tree *tree, const struct uses *uses,
                        const struct reader *reader, const struct scope *loop, int axis)
{
    for (size_t i = 0; i < uses->reader_count; i++) {
        const struct reader *other = &uses->readers[i];
        if (turn_of(other, axis, loop) == TURN_SAME &&
            scope_stay(tree, other->statement, loop).begin <=
                scope_stay(tree, reader->statement, loop).end) {
            return false;
        }
    }
    return true;
}

/* Whether all that a reader reads in a row is what it would read in the tensor. Loads of the row
 * must not look as if they could leave the loop. */
static bool finds_its_values(const struct contraction *contraction, const struct uses *uses,
                             const struct reader *reader, int axis, const struct scope *loop,
                             bool read_after)
{
    switch (turn_of(reader, axis, loop)) {
    case TURN_SAME:
        return !read_after || moves_in(reader, axis, loops_around(reader->statement));
    case TURN_AFTER:
        return true;
    case TURN_PREVIOUS:
        for (size_t i = 0; i < uses->writer_count; i++) {
            if (!reads_first(contraction->tree, reader, uses->writers[i], loop, axis)) {
                return false;
            }
        }
        return moves_in(reader, axis, loops_around(reader->statement) + 1) &&
               reads_apart(contraction->tree, uses, reader, loop, axis);
    default:
        return false;
    }
}

/* Whether a recurrence's loop carries a tensor along an axis. */
static bool is_carried(const struct contraction *contraction, const struct uses *uses, int axis)
{
    const struct statement *model = uses->writers[0];
    bool read_after = false;
    int level = loops_around(model);
    if (model->loop_count <= level || model->loops[level].sequence == NULL ||
        (level > 0 && shared_loops(uses) < level)) {
        return false;
    }
    const struct scope *loop = model->path[level];
    for (size_t i = 0; i < uses->writer_count; i++) {
        const struct statement *writer = uses->writers[i];
        if (writer->loop_count <= level || writer->path[level] != loop ||
            !node_is_index(writer->subscripts[axis], writer->loops[level].index)) {
            return false;
        }
    }
    for (size_t i = 0; i < uses->reader_count; i++) {
        read_after = read_after || turn_of(&uses->readers[i], axis, loop) == TURN_AFTER;
    }
    for (size_t i = 0; i < uses->reader_count; i++) {
        if (!finds_its_values(contraction, uses, &uses->readers[i], axis, loop, read_after)) {
            return false;
        }
    }
    return true;
}

/* Whether nothing stands for a tensor yet, or only what keeps an axis for a block. */
static bool can_be_carried(const struct uses *uses, int axis)
{
    const struct statement *model = uses->writers[0];
    int around = loops_around(model);
    return model->row == NULL ||
           (around > 0 && model->row->kept[axis] && model->row->scope == model->path[around - 1]);
}

static void make_carried_row(struct contraction *contraction, struct uses *uses)
{
    struct statement *model = uses->writers[0];
    bool carried = false;
    for (int axis = 0; axis < uses->tensor->rank && !carried; axis++) {
        carried = can_be_carried(uses, axis) && is_carried(contraction, uses, axis);
        if (carried) {
            struct row *row = ARENA_NEW(contraction->arena, struct row);
            int around = loops_around(model);
            for (int i = 0; i < uses->tensor->rank; i++) {
                row->kept[i] = i != axis;
                row->begin[i] =
                    is_axis_of_blocks(uses, i, around) ? first_of_block(contraction, model) : NULL;
            }
            row->scope = around > 0 ? model->path[around - 1] : NULL;
            stand_in(contraction, uses, row);
        }
    }
}

/* Whether some elements are added up where they lie, read or not. */
static bool adds_in_memory(const struct uses *uses)
{
    for (size_t i = 0; i < uses->writer_count; i++) {
        if (uses->writers[i]->accumulates || uses->writers[i]->clears) {
            return true;
        }
    }
    return false;
}

void tree_contract(struct tree *tree)
{
    struct contraction contraction = {.tree = tree, .arena = tree->arena};
    const struct statements *statements = tree->statements;
    contraction.by_tensor = table_create(tree->arena);
    for (size_t i = 0; i < statements->count; i++) {
        find_uses(&contraction, statements->items[i]);
    }
    for (size_t i = 0; i < contraction.count; i++) {
        struct uses *uses = contraction.all[i];
        bool stored = must_be_stored(&contraction, uses->tensor);
        if (!stored && uses->reader_count > 0 && uses->writer_count > 0) {
            make_row(&contraction, uses);
            make_carried_row(&contraction, uses);
        }
        for (size_t k = 0; k < uses->writer_count; k++) {
            uses->writers[k]->stored = stored || uses->reader_count > 0 || adds_in_memory(uses);
        }
    }
}
