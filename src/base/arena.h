/* Memory that is released all at once.
 *
 * Everything a compilation allocates comes from one arena, so nothing is freed piece by piece and
 * nothing can leak. Running out of memory leaves the compilation by a jump to the place that
 * arena_escape() was set at; code between needs no check. */
#ifndef SYMGRAD_BASE_ARENA_H
#define SYMGRAD_BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct arena;

/* Where an arena takes its blocks from; a test passes one that fails at the n-th call. */
struct allocator {
    void *(*allocate)(void *context, size_t size);
    void (*release)(void *context, void *block);
    void *context;
};

/* NULL when even the arena itself does not fit. `allocator` NULL means malloc and free. */
struct arena *arena_create(const struct allocator *allocator);
void arena_destroy(struct arena *arena);

/* The jump taken when memory runs out: `if (setjmp(*arena_escape(arena))) ...` */
jmp_buf *arena_escape(struct arena *arena);

/* An arena for what a pass needs for itself. What is still open when `outer` is destroyed goes with
 * it, and where memory runs out the jump is that of the outermost. */
struct arena *arena_open(struct arena *outer);
void arena_close(struct arena *arena);

/* Zeroed memory, aligned for any type. Never NULL. */
void *arena_allocate(struct arena *arena, size_t count, size_t size);

/* `old` (old_count elements), where it stands or copied, with room for new_count; the rest is
 * zeroed. */
void *arena_grow(struct arena *arena, const void *old, size_t old_count, size_t new_count,
                 size_t size);

/* Lets later allocations have memory that nothing holds any more: tables that are too small, and
 * what a pass needed for itself. */
void arena_give_back(struct arena *arena, void *memory, size_t count, size_t size);

char *arena_copy(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_allocate((arena), (count), sizeof(type)))

/* Appends to an array kept as pointer, count and capacity in fields of the same stem. */
#define ARENA_PUSH(arena, array, count, capacity, value)                                           \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            size_t grown_ = (capacity) ? 2 * (size_t)(capacity) : 4;                               \
            (array) = arena_grow((arena), (array), (count), grown_, sizeof *(array));              \
            (capacity) = grown_;                                                                   \
        }                                                                                          \
        (array)[(count)++] = (value);                                                              \
    } while (0)

#endif
