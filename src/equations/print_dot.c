#include "base/table.h"
#include "equations/program.h"

#include <stdint.h>
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

/* Nodes are numbered as they are drawn: what else the graph holds does not show. */
static size_t number_of(const struct table *numbers, const struct node *node)
{
    return (size_t)(uintptr_t)table_find(numbers, node);
}

/* Edges point from an operation to what it takes, in order; a shared node is drawn once. */
void nodes_print_dot(struct text *text, const struct node *const *roots, const char *const *labels,
                     size_t count)
{
    size_t node_count;
    struct text scratch = text_create(text->arena);
    const struct node **order = node_order(text->arena, roots, (int)count, &node_count);
    struct table *numbers = table_create(text->arena);
    text_append(text, "digraph {\n    ordering = out;\n");
    for (size_t i = 0; i < node_count; i++) {
        const struct node *node = order[i];
        table_store(numbers, node, (void *)(uintptr_t)(i + 1));
        text_format(text, "    n%zu [label = \"", i + 1);
        append_quoted(text, label_of(node, &scratch));
        text_append(text, "\"];\n");
        for (int k = 0; k < node->argument_count; k++) {
            text_format(text, "    n%zu -> n%zu;\n", i + 1, number_of(numbers, node->arguments[k]));
        }
    }
    for (size_t i = 0; i < count; i++) {
        text_format(text, "    r%zu [shape = box, label = \"", i);
        append_quoted(text, labels[i]);
        text_format(text, "\"];\n    r%zu -> n%zu;\n", i, number_of(numbers, roots[i]));
    }
    text_append(text, "}\n");
}
