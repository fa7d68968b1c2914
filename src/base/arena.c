#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 64 * 1024, LARGEST_BLOCK = 1024 * 1024 };

/* Memory that was given back, listed by the size that it has room for: eight sizes from each power
 * of two to the next. */
enum { SPARE_MIN = 64, SPARE_STEPS = 8, SPARE_CLASSES = SPARE_STEPS * 8 * sizeof(size_t) };

struct spare {
    struct spare *next;
};

struct block {
    struct block *previous;
    size_t size, used; /* both count from the block's own address */
};

/* Lives in its first block, so that creating it is one allocation. */
struct arena {
    struct allocator allocator;
    struct block *newest;
    size_t next_size;
    struct spare *spares[SPARE_CLASSES];
    struct arena *outer;         /* that it was opened in; NULL: none */
    struct arena *opened;        /* the newest of those opened in it */
    struct arena *newer, *older; /* of the others opened in `outer` */
    bool has_escape;
    jmp_buf escape;
};

static void *default_allocate(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void default_release(void *context, void *block)
{
    (void)context;
    free(block);
}

/* Where `block` would put `size` bytes; 0 where it has no room. The address is aligned, not the
 * offset: an allocator may return blocks aligned to less. */
static size_t block_place(const struct block *block, size_t size)
{
    uintptr_t base = (uintptr_t)block;
    size_t padding = (size_t)(-(base + block->used) % ALIGNMENT);
    size_t room = block->size - block->used;
    if (padding > room || size > room - padding)
        return 0;
    return block->used + padding;
}

static void *block_take(struct block *block, size_t size)
{
    size_t place = block_place(block, size);
    if (place == 0)
        return NULL;
    block->used = place + size;
    return memset((char *)block + place, 0, size);
}

static struct block *block_create(const struct allocator *allocator, size_t size)
{
    struct block *block = allocator->allocate(allocator->context, size);
    if (block)
        *block = (struct block){.previous = NULL, .size = size, .used = sizeof *block};
    return block;
}

struct arena *arena_create(const struct allocator *allocator)
{
    const struct allocator standard = {default_allocate, default_release, NULL};
    if (!allocator)
        allocator = &standard;
    struct block *block = block_create(allocator, FIRST_BLOCK);
    if (!block)
        return NULL;
    struct arena *arena = block_take(block, sizeof *arena);
    arena->allocator = *allocator;
    arena->newest = block;
    arena->next_size = 2 * FIRST_BLOCK;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->opened)
        arena_close(arena->opened);
    /* The last block released holds the arena itself. */
    struct allocator allocator = arena->allocator;
    struct block *block = arena->newest;
    while (block) {
        struct block *previous = block->previous;
        allocator.release(allocator.context, block);
        block = previous;
    }
}

static struct arena *outermost(struct arena *arena)
{
    while (arena->outer)
        arena = arena->outer;
    return arena;
}

jmp_buf *arena_escape(struct arena *arena)
{
    arena = outermost(arena);
    arena->has_escape = true;
    return &arena->escape;
}

static _Noreturn void arena_exhausted(struct arena *arena)
{
    arena = outermost(arena);
    if (!arena->has_escape)
        abort();
    longjmp(arena->escape, 1);
}

struct arena *arena_open(struct arena *outer)
{
    struct arena *arena = arena_create(&outer->allocator);
    if (!arena)
        arena_exhausted(outer);
    arena->outer = outer;
    arena->older = outer->opened;
    if (arena->older)
        arena->older->newer = arena;
    outer->opened = arena;
    return arena;
}

void arena_close(struct arena *arena)
{
    if (arena->newer)
        arena->newer->older = arena->older;
    else
        arena->outer->opened = arena->older;
    if (arena->older)
        arena->older->newer = arena->newer;
    arena_destroy(arena);
}

static void arena_add_block(struct arena *arena, size_t size)
{
    size_t overhead = sizeof(struct block) + ALIGNMENT;
    if (size > SIZE_MAX - overhead)
        arena_exhausted(arena);
    size_t wanted = size + overhead;
    struct block *block =
        block_create(&arena->allocator, wanted > arena->next_size ? wanted : arena->next_size);
    if (!block)
        arena_exhausted(arena);
    if (arena->next_size < LARGEST_BLOCK)
        arena->next_size *= 2;
    block->previous = arena->newest;
    arena->newest = block;
}

/* The class of the smallest size that is no smaller, and that size. */
static size_t spare_class(size_t bytes, size_t *size)
{
    size_t power = 0;
    while ((bytes - 1) >> power >= 2 * SPARE_STEPS - 1)
        power++;
    size_t steps = ((bytes - 1) >> power) + 1;
    *size = steps << power;
    return power * SPARE_STEPS + steps - SPARE_STEPS;
}

/* What an allocation of so many bytes takes: with more than a few, the size of its class, so that
 * it serves another when it is given back. */
static size_t taken_size(size_t bytes)
{
    if (bytes < SPARE_MIN || bytes > SIZE_MAX / 4)
        return bytes;
    size_t size;
    spare_class(bytes, &size);
    return size;
}

/* What was given back and has room for so many bytes; NULL for none. */
static void *spare_take(struct arena *arena, size_t bytes)
{
    if (bytes < SPARE_MIN || bytes > SIZE_MAX / 4)
        return NULL;
    size_t size;
    struct spare **list = &arena->spares[spare_class(bytes, &size)];
    struct spare *spare = *list;
    if (!spare)
        return NULL;
    *list = spare->next;
    return memset(spare, 0, size);
}

void arena_give_back(struct arena *arena, void *memory, size_t count, size_t size)
{
    if (!memory || count * size < SPARE_MIN)
        return;
    size_t taken;
    struct spare **list = &arena->spares[spare_class(count * size, &taken)];
    struct spare *spare = memory;
    spare->next = *list;
    *list = spare;
}

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        arena_exhausted(arena);
    /* A byte at least, so that two results never share an address. */
    size_t bytes = taken_size(count * size == 0 ? 1 : count * size);
    void *memory = spare_take(arena, bytes);
    if (!memory)
        memory = block_take(arena->newest, bytes);
    if (!memory) {
        arena_add_block(arena, bytes);
        memory = block_take(arena->newest, bytes);
    }
    return memory;
}

/* Makes what was allocated last larger where it stands; false where that cannot be. */
static bool extend(struct arena *arena, const void *memory, size_t old_bytes, size_t new_bytes)
{
    struct block *block = arena->newest;
    size_t taken = taken_size(old_bytes), more = taken_size(new_bytes) - taken;
    bool last = (const char *)memory + taken == (const char *)block + block->used;
    if (!last || more > block->size - block->used)
        return false;
    memset((char *)block + block->used, 0, more);
    block->used += more;
    return true;
}

void *arena_grow(struct arena *arena, const void *old, size_t old_count, size_t new_count,
                 size_t size)
{
    if (old && old_count != 0 && new_count >= old_count && size != 0 &&
        new_count <= SIZE_MAX / size && extend(arena, old, old_count * size, new_count * size))
        return (void *)(uintptr_t)old;
    void *grown = arena_allocate(arena, new_count, size);
    size_t kept = old_count < new_count ? old_count : new_count;
    if (old && kept != 0)
        memcpy(grown, old, kept * size);
    return grown;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        arena_exhausted(arena);
    char *copy = arena_allocate(arena, length + 1, 1);
    if (length != 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        arena_exhausted(arena);

    char *text = arena_allocate(arena, (size_t)length + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
