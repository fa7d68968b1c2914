#include "emit/writer.h"

#include <string.h>

void writer_push(struct writer *writer, struct pieces *pieces, struct piece piece)
{
    ARENA_PUSH(writer->speller->arena, pieces->items, pieces->count, pieces->capacity, piece);
}

static void pieces_give_back(struct arena *arena, struct pieces *pieces)
{
    arena_give_back(arena, pieces->items, pieces->capacity, sizeof pieces->items[0]);
    *pieces = (struct pieces){0};
}

void writer_give_back(struct writer *writer)
{
    pieces_give_back(writer->speller->arena, &writer->form);
    pieces_give_back(writer->speller->arena, &writer->stack);
}

void writer_add_length(struct writer *writer, const char *text, size_t length)
{
    if (length > 0) {
        writer_push(writer, &writer->form, (struct piece){.text = text, .length = length});
    }
}

void writer_add(struct writer *writer, const char *text)
{
    writer_add_length(writer, text, strlen(text));
}

void writer_add_node(struct writer *writer, const struct node *node, enum c_type type,
                     enum c_level level)
{
    writer_push(writer, &writer->form, (struct piece){.node = node, .type = type, .level = level});
}
