#include "emit/expression.h"

#include "emit/nature.h"
#include "emit/sizes.h"
#include "emit/template.h"
#include "equations/affine.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- Literals ---- */

static void append_finite(struct text *text, double value, bool single)
{
    size_t begin = text->length;
    text_append_number(text, value);
    if (strpbrk(text->bytes + begin, ".e") == NULL) {
        text_append(text, ".0");
    }
    if (single) {
        text_append_char(text, 'f');
    }
}

void literal_append(struct text *text, double value, bool single)
{
    const char *sign = signbit(value) ? "-" : "";
    if (isnan(value)) {
        text_append(text, single ? "NAN" : "(double)NAN");
    } else if (isinf(value) || (single && fabs(value) > (double)FLT_MAX)) {
        text_format(text, "%s%s", sign, single ? "HUGE_VALF" : "HUGE_VAL");
    } else if (value == 0 || (single && (float)value == 0)) {
        text_format(text, "%s0.0%s", sign, single ? "f" : "");
    } else {
        append_finite(text, value, single);
    }
}

static enum c_level form_literal(struct writer *writer, double value)
{
    struct text text = text_create(writer->speller->arena);
    literal_append(&text, value, writer->speller->single);
    writer_add(writer, text.bytes);
    return signbit(value) && !isnan(value) ? LEVEL_UNARY
           : isnan(value)                  ? LEVEL_CAST
                                           : LEVEL_PRIMARY;
}

/* ---- Elements ---- */

const struct node *axis_extent(struct graph *graph, const struct axis *axis)
{
    if (node_is_number(axis->first, 0)) {
        return axis->end;
    }
    return affine_normalize(graph, node_binary(graph, OPERATOR_SUBTRACT, axis->end, axis->first));
}

const struct node *tensor_extent(struct graph *graph, const struct tensor *tensor)
{
    const struct node *extent = NULL;
    for (int i = 0; i < tensor->rank; i++) {
        const struct node *next = axis_extent(graph, &tensor->axes[i]);
        extent = extent == NULL ? next : node_binary(graph, OPERATOR_MULTIPLY, extent, next);
    }
    return extent == NULL ? node_number(graph, 1) : extent;
}

/* The place of an element in row-major order, by Horner's rule. */
static const struct node *element_place(struct graph *graph, const struct tensor *tensor,
                                        const struct node *const *subscripts)
{
    const struct node *place = NULL;
    for (int i = 0; i < tensor->rank; i++) {
        const struct axis *axis = &tensor->axes[i];
        const struct node *subscript = subscripts[i];
        if (!node_is_number(axis->first, 0)) {
            const struct node *moved =
                node_binary(graph, OPERATOR_SUBTRACT, subscript, axis->first);
            subscript = affine_of(moved).valid ? affine_normalize(graph, moved) : moved;
        }
        if (place == NULL || node_is_number(place, 0)) {
            place = subscript;
        } else {
            place = node_binary(graph, OPERATOR_MULTIPLY, place, axis_extent(graph, axis));
            place = node_binary(graph, OPERATOR_ADD, place, subscript);
        }
    }
    return place == NULL ? node_number(graph, 0) : place;
}

static void form_element(struct writer *writer, const struct tensor *tensor,
                         const struct node *const *subscripts)
{
    struct speller *speller = writer->speller;
    const struct spelling *spelling = speller->tensor(speller->context, tensor);
    if (!spelling->pointer) {
        writer_add(writer, spelling->text);
        return;
    }
    writer_add(writer, spelling->text);
    writer_add(writer, "[");
    writer_add_node(writer, element_place(speller->graph, tensor, subscripts), TYPE_WHOLE,
                    LEVEL_ANY);
    writer_add(writer, "]");
}

/* ---- Casts, truths, choices ---- */

static const char *real_cast(const struct writer *writer)
{
    return writer->speller->single ? "(float)" : "(double)";
}

static enum c_level form_cast(struct writer *writer, const char *cast, const struct node *node,
                              enum c_type type)
{
    writer_add(writer, cast);
    writer_add_node(writer, node, type, LEVEL_CAST);
    return LEVEL_CAST;
}

static enum c_level form_truth_as_number(struct writer *writer, const struct node *node)
{
    const char *numbers = writer->speller->single ? " ? 1.0f : 0.0f" : " ? 1.0 : 0.0";
    writer_add_node(writer, node, TYPE_TRUTH, LEVEL_OR);
    writer_add(writer, numbers);
    return LEVEL_CONDITIONAL;
}

static enum c_level form_number_as_truth(struct writer *writer, const struct node *node)
{
    if (node->kind == NODE_NUMBER) {
        writer_add(writer, node->number != 0 ? "true" : "false");
        return LEVEL_PRIMARY;
    }
    if (is_whole(writer->speller, node)) {
        writer_add_node(writer, node, TYPE_WHOLE, LEVEL_SUM);
        writer_add(writer, " != 0");
        return LEVEL_EQUALITY;
    }
    writer_add_node(writer, node, TYPE_REAL, LEVEL_SUM);
    writer_add(writer, writer->speller->single ? " != 0.0f" : " != 0.0");
    return LEVEL_EQUALITY;
}

static enum c_level form_load(struct writer *writer, const struct node *node, enum c_type type)
{
    struct speller *speller = writer->speller;
    const struct spelling *spelling = speller->tensor(speller->context, node->tensor);
    if (spelling->type == type || (type == TYPE_WHOLE && spelling->type == TYPE_TRUTH)) {
        form_element(writer, node->tensor, node->arguments);
        return spelling->level == LEVEL_ANY ? LEVEL_PRIMARY : spelling->level;
    }
    if (type == TYPE_TRUTH) {
        return form_number_as_truth(writer, node);
    }
    if (spelling->type == TYPE_TRUTH) {
        return form_truth_as_number(writer, node);
    }
    writer_add(writer, type == TYPE_REAL ? real_cast(writer) : "(ptrdiff_t)");
    form_element(writer, node->tensor, node->arguments);
    return LEVEL_CAST;
}

static enum c_level form_if(struct writer *writer, const struct node *node, enum c_type type)
{
    writer_add_node(writer, node->arguments[0], TYPE_TRUTH, LEVEL_OR);
    writer_add(writer, " ? ");
    writer_add_node(writer, node->arguments[1], type, LEVEL_OR);
    writer_add(writer, " : ");
    writer_add_node(writer, node->arguments[2], type, LEVEL_CONDITIONAL);
    return LEVEL_CONDITIONAL;
}

/* ---- Powers ---- */

static void add_call(struct writer *writer, const char *name, const struct node *argument)
{
    embedding_call(writer->speller->embedding, name, strlen(name));
    writer_add(writer, name);
    if (writer->speller->single && is_libm_function(name, strlen(name))) {
        writer_add(writer, "f");
    }
    writer_add(writer, "(");
    writer_add_node(writer, argument, TYPE_REAL, LEVEL_ANY);
    writer_add(writer, ")");
}

/* A name that can be written twice. */
static bool is_name(struct speller *speller, const struct node *node)
{
    if (node->kind != NODE_LOAD) {
        return false;
    }
    const struct spelling *spelling = speller->tensor(speller->context, node->tensor);
    return !spelling->pointer && spelling->type == TYPE_REAL && spelling->level == LEVEL_ANY;
}

static enum c_level form_small_power(struct writer *writer, const struct node *base, int exponent)
{
    if (exponent == 4) {
        embedding_call(writer->speller->embedding, "square", 6);
        writer_add(writer, "square(");
        add_call(writer, "square", base);
        writer_add(writer, ")");
        return LEVEL_PRIMARY;
    }
    if (!is_name(writer->speller, base)) {
        add_call(writer, exponent == 2 ? "square" : "cube", base);
        return LEVEL_PRIMARY;
    }
    for (int i = 0; i < exponent; i++) {
        writer_add(writer, i == 0 ? "" : " * ");
        writer_add_node(writer, base, TYPE_REAL, LEVEL_PRODUCT);
    }
    return LEVEL_PRODUCT;
}

static enum c_level form_power(struct writer *writer, const struct node *node)
{
    const struct node *base = node->arguments[0], *exponent = node->arguments[1];
    double power = exponent->kind == NODE_NUMBER ? exponent->number : 0;
    if (power == 2 || power == 3 || power == 4) {
        return form_small_power(writer, base, (int)power);
    }
    if (power > 4 && power <= 16 && power == rint(power)) {
        embedding_call(writer->speller->embedding, "small_power", strlen("small_power"));
        writer_add(writer, "small_power(");
        writer_add_node(writer, base, TYPE_REAL, LEVEL_ANY);
        writer_add(writer, arena_format(writer->speller->arena, ", %d)", (int)power));
        return LEVEL_PRIMARY;
    }
    if (power == 0.5) {
        add_call(writer, "sqrt", base);
        return LEVEL_PRIMARY;
    }
    if (power != -1 && power != -2 && power != -0.5) {
        return form_template(writer, node->operation->c, node->arguments, TYPE_REAL);
    }
    writer_add(writer, writer->speller->single ? "1.0f / " : "1.0 / ");
    if (power == -1) {
        writer_add_node(writer, base, TYPE_REAL, LEVEL_UNARY);
    } else {
        add_call(writer, power == -2 ? "square" : "sqrt", base);
    }
    return LEVEL_PRODUCT;
}

/* ---- Each kind of value ---- */

static enum c_level form_real(struct writer *writer, const struct node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        return form_literal(writer, node->number);
    case NODE_SIZE:
    case NODE_INDEX:
        return form_cast(writer, real_cast(writer), node, TYPE_WHOLE);
    case NODE_LOAD:
        return form_load(writer, node, TYPE_REAL);
    case NODE_REDUCE: /* the plan has made loops of them all */
        writer_add(writer, "0.0");
        return LEVEL_PRIMARY;
    case NODE_APPLY:
        break;
    }
    if (is_truth(writer->speller, node)) {
        return form_truth_as_number(writer, node);
    }
    if (node->operation->id == OPERATOR_IF) {
        return form_if(writer, node, TYPE_REAL);
    }
    if (node->operation->id == OPERATOR_POWER) {
        return form_power(writer, node);
    }
    if ((node->operation->flags & OPERATOR_VARIADIC) != 0 && node->argument_count > 2) {
        return form_fold(writer, called_name(writer, node->operation->c), node, TYPE_REAL);
    }
    return form_template(writer, operator_c(node->operation), node->arguments,
                         argument_type(writer->speller, node));
}

static enum c_level form_truth(struct writer *writer, const struct node *node)
{
    if (node->kind == NODE_LOAD) {
        return form_load(writer, node, TYPE_TRUTH);
    }
    if (!node->boolean) {
        return form_number_as_truth(writer, node);
    }
    if (node->operation->id == OPERATOR_IF) {
        return form_if(writer, node, TYPE_TRUTH);
    }
    return form_template(writer, operator_c(node->operation), node->arguments,
                         argument_type(writer->speller, node));
}

/* floor(a/b) and a mod b of whole numbers without a detour through reals. */
static bool form_whole_quotient(struct writer *writer, const char *name,
                                const struct node *quotient)
{
    if (quotient->argument_count != 2 || quotient->arguments[1]->kind != NODE_NUMBER ||
        !(quotient->arguments[1]->number > 0) ||
        !is_whole(writer->speller, quotient->arguments[0]) ||
        !is_whole(writer->speller, quotient->arguments[1])) {
        return false;
    }
    form_fold(writer, name, quotient, TYPE_WHOLE);
    return true;
}

/* Whether a product of ints may overflow: its value is not known, or is large. A product within
 * it has its own cast. */
static bool needs_cast(struct speller *speller, const struct node *product)
{
    const struct node *left = product->arguments[0];
    bool nested = is_operator(left, OPERATOR_MULTIPLY) || small_exponent(left) > 0;
    struct amount amount = amount_folded(speller->arena, product);
    bool small =
        amount.count == 1 && amount.terms[0].count == 0 && amount.terms[0].coefficient < INT_MAX;
    amount_give_back(speller->arena, &amount);
    return !nested && !small && is_narrow(speller, product);
}

static enum c_level form_whole_infix(struct writer *writer, const struct node *node)
{
    bool product = node->operation->id == OPERATOR_MULTIPLY;
    if (product && needs_cast(writer->speller, node)) {
        writer_add(writer, "(ptrdiff_t)");
        writer_add_node(writer, node->arguments[0], TYPE_WHOLE, LEVEL_CAST);
    } else {
        writer_add_node(writer, node->arguments[0], TYPE_WHOLE,
                        product ? LEVEL_PRODUCT : LEVEL_SUM);
    }
    writer_add(writer, product ? " * " : node->operation->id == OPERATOR_SUBTRACT ? " - " : " + ");
    /* Sums of whole numbers are the same in any order: i*n + (j + 1) needs no parentheses. */
    enum c_level right = product                                    ? LEVEL_UNARY
                         : node->operation->id == OPERATOR_SUBTRACT ? LEVEL_PRODUCT
                                                                    : LEVEL_SUM;
    writer_add_node(writer, node->arguments[1], TYPE_WHOLE, right);
    writer->form.items[writer->form.count - 1].no_minus = true;
    return product ? LEVEL_PRODUCT : LEVEL_SUM;
}

static enum c_level form_whole_power(struct writer *writer, const struct node *node)
{
    const struct node *base = node->arguments[0];
    writer_add(writer, is_narrow(writer->speller, base) ? "(ptrdiff_t)" : "");
    writer_add_node(writer, base, TYPE_WHOLE, LEVEL_CAST);
    for (int i = 1; i < small_exponent(node); i++) {
        writer_add(writer, " * ");
        writer_add_node(writer, base, TYPE_WHOLE, LEVEL_CAST);
    }
    return LEVEL_PRODUCT;
}

static enum c_level form_whole_apply(struct writer *writer, const struct node *node)
{
    struct speller *speller = writer->speller;
    switch (node->operation->id) {
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_MULTIPLY:
        return form_whole_infix(writer, node);
    case OPERATOR_NEGATE:
        writer_add(writer, "-");
        writer_add_node(writer, node->arguments[0], TYPE_WHOLE, LEVEL_CAST);
        return LEVEL_UNARY;
    case OPERATOR_IF:
        return form_if(writer, node, TYPE_WHOLE);
    case OPERATOR_POWER:
        if (small_exponent(node) > 0 && is_whole(speller, node->arguments[0])) {
            return form_whole_power(writer, node);
        }
        break;
    case OPERATOR_MIN:
        return form_fold(writer, "smaller", node, TYPE_WHOLE);
    case OPERATOR_MAX:
        return form_fold(writer, "larger", node, TYPE_WHOLE);
    case OPERATOR_MOD:
        if (form_whole_quotient(writer, "floor_remainder", node)) {
            return LEVEL_PRIMARY;
        }
        break;
    case OPERATOR_FLOOR:
    case OPERATOR_CEIL:
    case OPERATOR_ROUND:
        if (is_whole(speller, node->arguments[0])) {
            writer_add_node(writer, node->arguments[0], TYPE_WHOLE, LEVEL_PRIMARY);
            return LEVEL_PRIMARY;
        }
        if (node->operation->id == OPERATOR_FLOOR &&
            is_operator(node->arguments[0], OPERATOR_DIVIDE) &&
            form_whole_quotient(writer, "floor_quotient", node->arguments[0])) {
            return LEVEL_PRIMARY;
        }
        break;
    default:
        break;
    }
    return form_cast(writer, "(ptrdiff_t)", node, TYPE_REAL);
}

static enum c_level form_whole(struct writer *writer, const struct node *node)
{
    struct speller *speller = writer->speller;
    switch (node->kind) {
    case NODE_NUMBER:
        writer_add(writer, arena_format(speller->arena, "%.0f", node->number));
        return node->number < 0 ? LEVEL_UNARY : LEVEL_PRIMARY;
    case NODE_SIZE:
        writer_add(writer, speller->size(speller->context, node->dimension));
        return LEVEL_PRIMARY;
    case NODE_INDEX:
        writer_add(writer, speller->index(speller->context, node->index));
        return LEVEL_PRIMARY;
    case NODE_LOAD:
        return form_load(writer, node, TYPE_WHOLE);
    case NODE_REDUCE:
        writer_add(writer, "0");
        return LEVEL_PRIMARY;
    case NODE_APPLY:
        break;
    }
    return is_truth(speller, node) ? form_truth(writer, node) : form_whole_apply(writer, node);
}

/* ---- Putting it together ---- */

/* Spells one node: its pieces go on the stack, the first one on top. */
static void expand(struct writer *writer, const struct piece *piece)
{
    const struct node *node = piece->node;
    enum c_level level;
    while (is_operator(node, OPERATOR_STOP)) {
        node = node->arguments[0];
    }
    writer->form.count = 0;
    switch (piece->type) {
    case TYPE_REAL:
        level = form_real(writer, node);
        break;
    case TYPE_WHOLE:
        level = form_whole(writer, node);
        break;
    default:
        level = form_truth(writer, node);
        break;
    }
    bool parentheses = level < piece->level || (piece->no_minus && begins_with_minus(node));
    struct piece open = {.text = "(", .length = 1}, close = {.text = ")", .length = 1};
    if (parentheses) {
        writer_push(writer, &writer->stack, close);
    }
    for (size_t i = writer->form.count; i > 0; i--) {
        writer_push(writer, &writer->stack, writer->form.items[i - 1]);
    }
    if (parentheses) {
        writer_push(writer, &writer->stack, open);
    }
}

static void write_stack(struct writer *writer, struct text *text)
{
    while (writer->stack.count > 0) {
        struct piece piece = writer->stack.items[--writer->stack.count];
        if (piece.text != NULL) {
            text_append_length(text, piece.text, piece.length);
        } else {
            expand(writer, &piece);
        }
    }
}

void expression_append(struct speller *speller, struct text *text, const struct node *node,
                       enum c_type type, enum c_level level)
{
    struct writer writer = {.speller = speller};
    writer_push(&writer, &writer.stack, (struct piece){.node = node, .type = type, .level = level});
    write_stack(&writer, text);
    writer_give_back(&writer);
}

void element_append(struct speller *speller, struct text *text, const struct tensor *tensor,
                    const struct node *const *subscripts)
{
    struct writer writer = {.speller = speller};
    form_element(&writer, tensor, subscripts);
    while (writer.form.count > 0) {
        writer_push(&writer, &writer.stack, writer.form.items[--writer.form.count]);
    }
    write_stack(&writer, text);
    writer_give_back(&writer);
}
