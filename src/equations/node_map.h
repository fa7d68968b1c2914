/* Maps from the nodes of a graph to pointers, for the time of a walk.
 *
 * A node's place is its id, so nothing is hashed, and an entry that an earlier walk left counts for
 * nothing, so nothing is cleared. A map that is closed serves the next walk. */
#ifndef SYMGRAD_EQUATIONS_NODE_MAP_H
#define SYMGRAD_EQUATIONS_NODE_MAP_H

#include "equations/graph.h"

struct node_map {
    struct graph *graph;
    struct node_image {
        void *value;
        unsigned walk;
    } * images; /* by id */
    size_t capacity;
    unsigned walk;
    struct node_map *next; /* of those that are closed */
};

struct node_map *node_map_open(struct graph *graph);
void node_map_close(struct node_map *map);

/* Forgets all that was stored. */
static inline void node_map_clear(struct node_map *map)
{
    map->walk++;
}

/* Makes room for all nodes that there are. */
void node_map_enlarge(struct node_map *map);

/* The value stored for a node, NULL where there is none. */
static inline void *node_map_find(const struct node_map *map, const struct node *node)
{
    return node->id < map->capacity && map->images[node->id].walk == map->walk
               ? map->images[node->id].value
               : NULL;
}

static inline void node_map_store(struct node_map *map, const struct node *node, const void *value)
{
    if (node->id >= map->capacity) {
        node_map_enlarge(map);
    }
    map->images[node->id] = (struct node_image){(void *)(uintptr_t)value, map->walk};
}

#endif
