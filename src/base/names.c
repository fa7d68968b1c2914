#include "base/names.h"

#include "base/table.h"

#include <stdbool.h>
#include <string.h>

struct entry {
    const char *name; /* NULL marks a free entry */
    size_t length;
    uint64_t hash;
};

/* Open addressing with linear probing; the capacity is a power of two, half full at most. */
struct names {
    struct arena *arena;
    struct entry *entries;
    size_t count, capacity;
};

enum { FIRST_CAPACITY = 256 };

struct names *names_create(struct arena *arena)
{
    struct names *names = ARENA_NEW(arena, struct names);
    names->arena = arena;
    names->capacity = FIRST_CAPACITY;
    names->entries = ARENA_ARRAY(arena, struct entry, names->capacity);
    return names;
}

static bool entry_spells(const struct entry *entry, const struct entry *wanted)
{
    return entry->hash == wanted->hash && entry->length == wanted->length &&
           memcmp(entry->name, wanted->name, wanted->length) == 0;
}

/* The entry that spells the wanted name, or the free one where it belongs. */
static struct entry *names_entry(const struct names *names, const struct entry *wanted)
{
    size_t mask = names->capacity - 1;
    size_t place = (size_t)wanted->hash & mask;
    while (names->entries[place].name && !entry_spells(&names->entries[place], wanted))
        place = (place + 1) & mask;
    return &names->entries[place];
}

static void names_enlarge(struct names *names)
{
    struct names larger = *names;
    larger.capacity = 2 * names->capacity;
    larger.entries = ARENA_ARRAY(names->arena, struct entry, larger.capacity);
    for (size_t i = 0; i < names->capacity; i++) {
        const struct entry *entry = &names->entries[i];
        if (entry->name)
            *names_entry(&larger, entry) = *entry;
    }
    arena_give_back(names->arena, names->entries, names->capacity, sizeof *names->entries);
    *names = larger;
}

const char *names_intern(struct names *names, const char *bytes, size_t length)
{
    struct entry wanted = {.name = bytes, .length = length, .hash = hash_bytes(bytes, length)};
    if (length == 0)
        wanted.name = ""; /* `bytes` may be NULL then */
    struct entry *entry = names_entry(names, &wanted);
    if (entry->name)
        return entry->name;

    wanted.name = arena_copy(names->arena, wanted.name, length);
    if (2 * (names->count + 1) > names->capacity) {
        names_enlarge(names);
        entry = names_entry(names, &wanted);
    }
    names->count++;
    *entry = wanted;
    return wanted.name;
}

const char *names_intern_text(struct names *names, const char *text)
{
    return names_intern(names, text, strlen(text));
}
