/* What expressions are written with: pieces of text, and nodes still to be spelt.
 *
 * A form is the spelling of one node, its arguments left as nodes; it says how tightly it binds. */
#ifndef SYMGRAD_EMIT_WRITER_H
#define SYMGRAD_EMIT_WRITER_H

#include "emit/expression.h"

struct piece {
    const char *text; /* NULL: a node */
    size_t length;
    const struct node *node;
    enum c_type type;
    enum c_level level;
    bool no_minus; /* in parentheses where it begins with a minus */
};

struct pieces {
    struct piece *items;
    size_t count, capacity;
};

struct writer {
    struct speller *speller;
    struct pieces form;  /* of the node at hand, in reading order */
    struct pieces stack; /* the next one on top */
};

void writer_push(struct writer *writer, struct pieces *pieces, struct piece piece);

/* Ends the writer, whose memory others may have. */
void writer_give_back(struct writer *writer);

/* Each adds to the form. */
void writer_add_length(struct writer *writer, const char *text, size_t length);
void writer_add(struct writer *writer, const char *text);
void writer_add_node(struct writer *writer, const struct node *node, enum c_type type,
                     enum c_level level);

#endif
