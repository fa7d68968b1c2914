#include "emit/product.h"

#include <math.h>
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

/* &tensor[first], stride */
static void append_series(struct body *body, struct text *text, const struct matrix *matrix)
{
    append_first(body, text, matrix);
    text_append(text, ", ");
    append_count(body, text, matrix->depth[0], 0);
}

/* Whether the kernel can read the operands. */
static bool can_be_called(const struct body *body, const struct series *series)
{
    return is_of_reals(body, &series->operands[0]) &&
           (series->operands[1].tensor == NULL || is_of_reals(body, &series->operands[1]));
}

static void append_call(struct body *body, struct text *text, const struct series *series)
{
    bool product = series->operands[1].tensor != NULL;
    const char *call = product                             ? "product_dot"
                       : series->operation == OPERATOR_ADD ? "product_sum"
                       : series->operation == OPERATOR_MAX ? "series_largest"
                                                           : "series_smallest";
    text_format(text, "%s(", call);
    append_count(body, text, series->count, 0);
    append_series(body, text, &series->operands[0]);
    if (product) {
        append_series(body, text, &series->operands[1]);
    }
    text_append(text, ")");
    embedding_call(&body->emitter->embedding, call, strlen(call));
}

/* What a sum, or the largest or smallest of no elements is. */
static double unit_of(const struct series *series)
{
    return series->operation == OPERATOR_ADD   ? 0
           : series->operation == OPERATOR_MAX ? -HUGE_VAL
                                               : HUGE_VAL;
}

bool series_emit(struct body *body, const struct step *loop, int indent)
{
    struct series series;
    if (!loop_series(body->emitter->graph, loop, &series) || !can_be_called(body, &series)) {
        return false;
    }
    const struct visible *target = table_find(body->visible, loop->body.items[0]->target);
    struct text text = text_create(body->emitter->arena);
    if (series.operation == OPERATOR_ADD) {
        text_format(&text, "%s += ", target->spelling.text);
        append_call(body, &text, &series);
        text_append(&text, ";");
    } else {
        const char *extreme = series.operation == OPERATOR_MAX ? "maximum" : "minimum";
        text_format(&text, "%s = %s(%s, ", target->spelling.text, extreme, target->spelling.text);
        append_call(body, &text, &series);
        text_append(&text, ");");
        embedding_call(&body->emitter->embedding, extreme, strlen(extreme));
    }
    emit_line(body->emitter, indent, text.bytes);
    return true;
}

bool series_declare(struct body *body, const struct step *declare, const struct step *loop,
                    int indent)
{
    struct series series;
    if (declare->kind != STEP_DECLARE || declare->value == NULL ||
        !loop_series(body->emitter->graph, loop, &series) ||
        !node_is_number(declare->value, unit_of(&series)) ||
        loop->body.items[0]->target != declare->target || !can_be_called(body, &series)) {
        return false;
    }
    struct visible *visible = table_find(body->visible, declare->target);
    struct text text = text_create(body->emitter->arena);
    struct text call = text_create(body->emitter->arena);
    append_call(body, &call, &series);
    visible->additions--; /* the loop's own */
    body_declare_local(body, visible);
    text_format(&text, "%s%s %s = %s;", visible->additions == 0 ? "const " : "",
                body->emitter->real, visible->spelling.text, call.bytes);
    emit_line(body->emitter, indent, text.bytes);
    return true;
}
