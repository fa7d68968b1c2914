/* What depends on what. A statement runs after those that write what it reads, and an update after
 * those that read the old value. */
#include "equations/affine.h"
#include "plan/statement.h"

/* What has happened to a tensor so far. */
struct history {
    struct statement *writer;   /* the latest */
    struct statement **writers; /* all of them */
    size_t writer_count, writer_capacity;
    struct reader {
        struct statement *statement;
        const struct node *load;
        int level;
    } * readers; /* since then; kept for what updates write */
    size_t count, capacity;
};

struct linker {
    struct statements *statements;
    struct arena *arena;
    struct table *histories; /* by tensor */
    struct table *writers;   /* tensor to the last statement that writes it */
};

static struct history *history_of(struct linker *linker, const struct tensor *tensor)
{
    struct history *history = table_find(linker->histories, tensor);
    if (history == NULL) {
        history = ARENA_NEW(linker->arena, struct history);
        table_store(linker->histories, tensor, history);
    }
    return history;
}

static void add_dependency(struct linker *linker, struct statement *statement,
                           struct dependency dependency)
{
    if (dependency.before != statement) {
        ARENA_PUSH(linker->arena, statement->dependencies, statement->dependency_count,
                   statement->dependency_capacity, dependency);
    }
}

/* Whether a statement writes no element that a load reads: two subscripts differ whatever the
 * indices are. */
static bool is_elsewhere(const struct statement *writer, const struct node *load)
{
    for (int axis = 0; axis < load->argument_count; axis++) {
        const struct node *written = writer->subscripts[axis], *read = load->arguments[axis];
        if (written->free->count == 0 && read->free->count == 0 &&
            affine_proves_apart(written, read)) {
            return true;
        }
    }
    return false;
}

/* The latest statement that may have written what a load reads; for a load that its guards keep
 * from reading what nobody writes, the latest of all. */
static struct statement *writer_of(const struct history *history, const struct node *load)
{
    for (size_t i = history->writer_count; i > 0; i--) {
        if (!is_elsewhere(history->writers[i - 1], load)) {
            return history->writers[i - 1];
        }
    }
    return history->writer;
}

/* A read comes after the latest write, and after those before it: a part that is cleared early may
 * be complete before an earlier part is. */
static void link_writers(struct linker *linker, struct statement *statement,
                         const struct history *history, const struct statement *latest,
                         const struct node *load, int level)
{
    for (size_t i = history->writer_count; i > 0; i--) {
        struct statement *writer = history->writers[i - 1];
        if (writer == latest || (!writer->clears && !is_elsewhere(writer, load))) {
            add_dependency(linker, statement,
                           (struct dependency){.before = writer,
                                               .writer = writer,
                                               .reader = statement,
                                               .subscripts = load->arguments,
                                               .level = level,
                                               .whole = writer->update});
        }
    }
}

/* Notes a read. */
static void link_load(struct linker *linker, struct statement *statement, const struct node *load,
                      int level)
{
    struct access access = {.load = load, .level = level};
    bool updatable = table_find(linker->statements->updatable, load->tensor) != NULL;
    struct history *history =
        updatable ? history_of(linker, load->tensor) : table_find(linker->histories, load->tensor);
    access.writer = history == NULL ? NULL : writer_of(history, load);
    if (access.writer != NULL) {
        link_writers(linker, statement, history, access.writer, load, level);
    }
    /* What is written later in a recurrence is read from an earlier step. */
    if (access.writer == NULL && !updatable) {
        access.writer = table_find(linker->writers, load->tensor);
    }
    if (updatable) {
        struct reader reader = {statement, load, level};
        ARENA_PUSH(linker->arena, history->readers, history->count, history->capacity, reader);
    }
    ARENA_PUSH(linker->arena, statement->accesses, statement->access_count,
               statement->access_capacity, access);
}

static void link_loads(struct linker *linker, struct statement *statement,
                       const struct node *const *roots, int count, int level)
{
    size_t node_count;
    const struct node **order = node_order(linker->arena, roots, count, &node_count);
    for (size_t i = 0; i < node_count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            link_load(linker, statement, order[i], level);
        }
    }
}

/* Everything that a statement evaluates: bounds outside their loops, the rest inside of all. */
static void link_reads(struct linker *linker, struct statement *statement)
{
    for (int i = 0; i < statement->loop_count; i++) {
        const struct loop *loop = &statement->loops[i];
        if (loop->first != loop->index->first || loop->end != loop->index->end) {
            const struct node *bounds[] = {loop->first, loop->end};
            link_loads(linker, statement, bounds, 2, i);
        }
    }
    const struct node *roots[RANK_MAX + 2];
    int count = 0;
    roots[count++] = statement->value;
    if (statement->condition != NULL) {
        roots[count++] = statement->condition;
    }
    for (int i = 0; i < statement->target->rank; i++) {
        if (statement->subscripts[i]->kind != NODE_INDEX) {
            roots[count++] = statement->subscripts[i];
        }
    }
    link_loads(linker, statement, roots, count, statement->loop_count);
}

static void link_write(struct linker *linker, struct statement *statement)
{
    struct history *history = history_of(linker, statement->target);
    if (history->writer != NULL) {
        add_dependency(linker, statement,
                       (struct dependency){.before = history->writer,
                                           .writer = history->writer,
                                           .reader = statement,
                                           .subscripts = statement->subscripts,
                                           .level = statement->fold,
                                           .whole = history->writer->update});
    }
    for (size_t i = 0; i < history->count; i++) {
        const struct reader *reader = &history->readers[i];
        add_dependency(linker, statement,
                       (struct dependency){.before = reader->statement,
                                           .writer = statement,
                                           .reader = reader->statement,
                                           .subscripts = reader->load->arguments,
                                           .level = reader->level});
    }
    history->writer = statement;
    ARENA_PUSH(linker->arena, history->writers, history->writer_count, history->writer_capacity,
               statement);
    history->count = 0;
}

void statements_link(struct statements *statements)
{
    struct linker linker = {.statements = statements, .arena = statements->arena};
    linker.histories = table_create(linker.arena);
    linker.writers = table_create(linker.arena);
    for (size_t i = 0; i < statements->count; i++) {
        table_store(linker.writers, statements->items[i]->target, statements->items[i]);
    }
    for (size_t i = 0; i < statements->count; i++) {
        link_reads(&linker, statements->items[i]);
        link_write(&linker, statements->items[i]);
    }
}
