#include "emit/product.h"

#include <string.h>

static void append_count(struct body *body, struct text *text, const struct node *count, long none)
{
    if (count == NULL) {
        text_format(text, "%ld", none);
    } else {
        expression_append(&body->speller, text, count, TYPE_WHOLE, LEVEL_ANY);
    }
}

/* Three values in braces, the last of which belongs to the innermost sum. */
static void append_depths(struct body *body, struct text *text, const struct node *const *values,
                          int count, long none)
{
    text_append(text, "{");
    for (int i = 0; i < PRODUCT_DEPTHS; i++) {
        int depth = i - (PRODUCT_DEPTHS - count);
        text_append(text, i > 0 ? ", " : "");
        append_count(body, text, depth < 0 ? NULL : values[depth], none);
    }
    text_append(text, "}");
}

/* The fields of struct product in runtime/product.h, in their order. */
static void append_shape(struct body *body, struct text *text, const struct product *product)
{
    append_count(body, text, product->rows, 0);
    text_append(text, ", ");
    append_count(body, text, product->columns, 0);
    text_append(text, ", ");
    append_depths(body, text, product->depth, product->depths, 1);
    text_append(text, ", ");
    append_count(body, text, product->left.row, 0);
    text_append(text, ", ");
    append_depths(body, text, product->left.depth, product->depths, 0);
    text_append(text, ", ");
    append_count(body, text, product->right.column, 0);
    text_append(text, ", ");
    append_depths(body, text, product->right.depth, product->depths, 0);
    text_append(text, ", ");
    append_count(body, text, product->target.row, 0);
    text_append(text, ", ");
    append_count(body, text, product->target.column, 0);
}

static bool is_of_reals(const struct body *body, const struct matrix *matrix)
{
    const struct visible *visible = table_find(body->visible, matrix->tensor);
    return visible != NULL && visible->spelling.pointer && visible->spelling.type == TYPE_REAL &&
           !visible->spelling.narrow;
}

static void append_first(struct body *body, struct text *text, const struct matrix *matrix)
{
    text_append(text, ", &");
    element_append(&body->speller, text, matrix->tensor, matrix->subscripts);
}

bool product_emit(struct body *body, const struct product *product, int indent)
{
    struct emitter *emitter = body->emitter;
    if (!is_of_reals(body, &product->target) || !is_of_reals(body, &product->left) ||
        !is_of_reals(body, &product->right)) {
        return false;
    }
    const struct visible *target = table_find(body->visible, product->target.tensor);
    const char *call = product->add ? "product_add" : "product_set";
    const char *name = c_names_take(
        emitter->names, arena_format(emitter->arena, "%s_product", target->spelling.text));
    struct text shape = text_create(emitter->arena), text = text_create(emitter->arena);
    text_format(&shape, "const struct product %s = {", name);
    append_shape(body, &shape, product);
    text_append(&shape, "};");
    emit_line(emitter, indent, shape.bytes);
    text_format(&text, "%s(&%s", call, name);
    append_first(body, &text, &product->left);
    append_first(body, &text, &product->right);
    append_first(body, &text, &product->target);
    text_append(&text, ");");
    emit_line(emitter, indent, text.bytes);
    embedding_call(&emitter->embedding, call, strlen(call));
    return true;
}
