#include "equations/program.h"

#include <string.h>

static void append_quoted(struct text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        if (*bytes == '"' || *bytes == '\\') {
            text_append_char(text, '\\');
        }
        text_append_char(text, *bytes);
    }
}

static const char *label_of(const struct node *node, struct text *scratch)
{
    scratch->length = 0;
    switch (node->kind) {
    case NODE_NUMBER:
        text_append_number(scratch, node->number);
        return scratch->bytes;
    case NODE_SIZE:
        return node->dimension->name;
    case NODE_INDEX:
        return node->index->name == NULL ? "i" : node->index->name;
    case NODE_LOAD:
        return node->tensor->name;
    case NODE_APPLY:
        return node->operation->spelling;
    case NODE_REDUCE:
        return node->reduction->spelling;
    }
    return "";
}

/* Edges point from an operation to what it takes, in order; a shared node is drawn once. */
void nodes_print_dot(struct text *text, const struct node *const *roots, const char *const *labels,
                     size_t count)
{
    size_t node_count;
    struct text scratch = text_create(text->arena);
    const struct node **order = node_order(text->arena, roots, (int)count, &node_count);
    text_append(text, "digraph {\n    ordering = out;\n");
    for (size_t i = 0; i < node_count; i++) {
        const struct node *node = order[i];
        text_format(text, "    n%u [label = \"", node->id);
        append_quoted(text, label_of(node, &scratch));
        text_append(text, "\"];\n");
        for (int k = 0; k < node->argument_count; k++) {
            text_format(text, "    n%u -> n%u;\n", node->id, node->arguments[k]->id);
        }
    }
    for (size_t i = 0; i < count; i++) {
        text_format(text, "    r%zu [shape = box, label = \"", i);
        append_quoted(text, labels[i]);
        text_format(text, "\"];\n    r%zu -> n%u;\n", i, roots[i]->id);
    }
    text_append(text, "}\n");
}
