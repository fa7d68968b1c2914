#include "base/table.h"

#include <string.h>

struct slot {
    const void *key; /* NULL: free */
    void *value;
};

/* Open addressing with linear probing; the capacity is a power of two, half full at most. */
struct table {
    struct arena *arena;
    struct slot *slots;
    size_t count, capacity;
    void *of_null; /* NULL is a key like any other */
};

enum { FIRST_CAPACITY = 4 };

uint64_t hash_mix(uint64_t hash, uint64_t value)
{
    /* The finisher of splitmix64: every bit of the input reaches every bit of the result. */
    uint64_t mixed = (hash ^ value) + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

uint64_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = length;
    uint64_t word = 0;
    size_t done = 0;
    for (; length - done >= sizeof word; done += sizeof word) {
        memcpy(&word, bytes + done, sizeof word);
        hash = hash_mix(hash, word);
    }
    word = 0;
    for (; done < length; done++)
        word = word << 8 | (unsigned char)bytes[done];
    return hash_mix(hash, word);
}

struct table *table_create(struct arena *arena)
{
    struct table *table = ARENA_NEW(arena, struct table);
    table->arena = arena;
    return table;
}

/* The slot that holds `key`, or the free one where it belongs. */
static struct slot *table_slot(const struct table *table, const void *key)
{
    size_t mask = table->capacity - 1;
    uint64_t spread = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t place = (size_t)(spread >> 32) & mask;
    while (table->slots[place].key && table->slots[place].key != key)
        place = (place + 1) & mask;
    return &table->slots[place];
}

static void table_enlarge(struct table *table)
{
    struct table larger = *table;
    larger.capacity = table->capacity == 0 ? FIRST_CAPACITY : 2 * table->capacity;
    larger.slots = ARENA_ARRAY(table->arena, struct slot, larger.capacity);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct slot *slot = &table->slots[i];
        if (slot->key)
            *table_slot(&larger, slot->key) = *slot;
    }
    arena_give_back(table->arena, table->slots, table->capacity, sizeof *table->slots);
    *table = larger;
}

void table_give_back(struct table *table)
{
    arena_give_back(table->arena, table->slots, table->capacity, sizeof *table->slots);
    *table = (struct table){.arena = table->arena};
}

void *table_find(const struct table *table, const void *key)
{
    if (!key)
        return table->of_null;
    /* A free slot's value is NULL. */
    return table->capacity == 0 ? NULL : table_slot(table, key)->value;
}

void table_store(struct table *table, const void *key, void *value)
{
    if (!key) {
        table->of_null = value;
        return;
    }
    if (table->capacity == 0)
        table_enlarge(table);
    struct slot *slot = table_slot(table, key);
    if (!slot->key) {
        if (2 * (table->count + 1) > table->capacity) {
            table_enlarge(table);
            slot = table_slot(table, key);
        }
        table->count++;
    }
    *slot = (struct slot){.key = key, .value = value};
}
