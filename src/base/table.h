/* A hash table from keys of pointer size to pointers. */
#ifndef SYMGRAD_BASE_TABLE_H
#define SYMGRAD_BASE_TABLE_H

#include "base/arena.h"

#include <stdint.h>

struct table;

struct table *table_create(struct arena *arena);
/* The value stored for `key`, NULL where there is none. */
void *table_find(const struct table *table, const void *key);
void table_store(struct table *table, const void *key, void *value);
/* Empties the table, whose memory others may have. */
void table_give_back(struct table *table);

uint64_t hash_mix(uint64_t hash, uint64_t value);
uint64_t hash_bytes(const char *bytes, size_t length);

#endif
