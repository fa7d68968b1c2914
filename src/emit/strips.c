#include "emit/strips.h"

#include "equations/affine.h"

#include <string.h>

/* A nest of loops while it is being emitted. */
struct strip {
    struct strips strips;
    const struct index *begin; /* where a strip begins; after all strips, where the rest does */
    const char *sums;          /* its vectors; NULL: this is the rest */
    const char *vector;        /* the index of one of them */
    struct table *vectors;     /* variables that hold one */
};

/* ---- Expressions of vectors ---- */

/* &tensor[subscripts], where the strip begins. */
static void append_begin(struct body *body, struct text *text, const struct tensor *tensor,
                         const struct node *const *subscripts)
{
    const struct strip *strip = body->strip;
    const struct node *begin = node_index(body->emitter->graph, strip->begin);
    const struct node *places[RANK_MAX];
    for (int i = 0; i < tensor->rank; i++) {
        places[i] = node_substitute(body->emitter->graph, subscripts[i], 1,
                                    &strip->strips.lanes->index, &begin);
    }
    text_append(text, "&");
    element_append(&body->speller, text, tensor, places);
}

struct vectors {
    struct body *body;
    int indent;
};

/* Declares a vector; returns what reads it. */
static const struct node *declare_vector(const struct vectors *vectors, const char *name,
                                         const char *value)
{
    struct body *body = vectors->body;
    struct emitter *emitter = body->emitter;
    struct visible *visible = ARENA_NEW(emitter->arena, struct visible);
    visible->tensor = graph_tensor(emitter->graph, TENSOR_LOCAL, name, 0, NULL);
    visible->spelling.text = c_names_take(emitter->names, name);
    table_store(body->visible, visible->tensor, visible);
    table_store(body->strip->vectors, visible->tensor, visible);
    emit_line(emitter, vectors->indent,
              arena_format(emitter->arena, "const product_vector %s = %s;", visible->spelling.text,
                           value));
    return node_load(emitter->graph, visible->tensor, NULL);
}

static bool is_vector(const struct body *body, const struct node *node)
{
    size_t count;
    bool found = false;
    const struct node **order = node_order(body->emitter->arena, &node, 1, &count);
    for (size_t i = 0; i < count && !found; i++) {
        found = order[i]->kind == NODE_LOAD &&
                table_find(body->strip->vectors, order[i]->tensor) != NULL;
    }
    arena_give_back(body->emitter->arena, order, count, sizeof order[0]);
    return found;
}

static const struct node *load_vector(const struct vectors *vectors, const struct node *load)
{
    struct body *body = vectors->body;
    const struct visible *visible = table_find(body->visible, load->tensor);
    struct text text = text_create(body->emitter->arena);
    text_append(&text, "product_load(");
    append_begin(body, &text, load->tensor, load->arguments);
    text_format(&text, " + %s * product_lanes)", body->strip->vector);
    return declare_vector(vectors, visible->spelling.text, text.bytes);
}

/* No function of numbers squares a vector. */
static const struct node *square_vector(const struct vectors *vectors, const struct node *base)
{
    struct body *body = vectors->body;
    struct text text = text_create(body->emitter->arena);
    if (base->kind != NODE_LOAD) {
        expression_append(&body->speller, &text, base, TYPE_REAL, LEVEL_ANY);
        base = declare_vector(vectors, "base", text.bytes);
    }
    const struct visible *visible = table_find(body->visible, base->tensor);
    const char *name = visible->spelling.text;
    return declare_vector(vectors, "squared",
                          arena_format(body->emitter->arena, "%s * %s", name, name));
}

static const struct node *take_vectors(void *context, const struct node *node)
{
    const struct vectors *vectors = context;
    const struct body *body = vectors->body;
    if (node->kind == NODE_LOAD && node_depends_on(node, body->strip->strips.lanes->index)) {
        return load_vector(vectors, node);
    }
    if (node_is(node, OPERATOR_POWER) && is_vector(body, node->arguments[0])) {
        return square_vector(vectors, node->arguments[0]);
    }
    return node;
}

/* ---- The lanes ---- */

static bool is_of_reals(const struct body *body, const struct tensor *tensor)
{
    const struct visible *visible = table_find(body->visible, tensor);
    return visible != NULL && visible->spelling.pointer && visible->spelling.type == TYPE_REAL &&
           !visible->spelling.narrow;
}

static bool reads_reals(struct body *body, const struct strips *strips)
{
    size_t count;
    bool reals = is_of_reals(body, strips->add->target);
    const struct node **order = node_order(body->emitter->arena, &strips->add->value, 1, &count);
    for (size_t i = 0; i < count && reals; i++) {
        reals = order[i]->kind != NODE_LOAD || !node_depends_on(order[i], strips->lanes->index) ||
                is_of_reals(body, order[i]->tensor);
    }
    arena_give_back(body->emitter->arena, order, count, sizeof order[0]);
    return reals;
}

static void emit_vectors(struct body *body, int indent)
{
    struct emitter *emitter = body->emitter;
    struct strip *strip = body->strip;
    size_t mark = c_names_mark(emitter->names);
    struct text text = text_create(emitter->arena);
    struct vectors vectors = {body, indent + 4};
    strip->vector = c_names_take(emitter->names, "v");
    emit_line(emitter, indent,
              arena_format(emitter->arena, "for (int %s = 0; %s < strip_vectors; %s++) {",
                           strip->vector, strip->vector, strip->vector));
    const struct node *value =
        node_rewrite(emitter->graph, strip->strips.add->value, take_vectors, &vectors);
    text_format(&text, "%s[%s] %s ", strip->sums, strip->vector,
                strip->strips.add->kind == STEP_ADD ? "+=" : "=");
    expression_append(&body->speller, &text, value, TYPE_REAL, LEVEL_ANY);
    text_append(&text, ";");
    emit_line(emitter, indent + 4, text.bytes);
    emit(emitter, "%*s}\n", indent, "");
    c_names_release(emitter->names, mark);
}

bool strips_emit_lanes(struct body *body, const struct step *loop, int indent)
{
    struct strip *strip = body->strip;
    if (strip == NULL || loop != strip->strips.lanes) {
        return false;
    }
    if (strip->sums != NULL) {
        emit_vectors(body, indent);
        return true;
    }
    struct step rest = *loop;
    struct step *steps[] = {&rest};
    rest.first = node_index(body->emitter->graph, strip->begin);
    body_emit(body, &(struct step_list){steps, 1, 1}, indent);
    return true;
}

/* ---- The nest ---- */

/* A strip is taken from the target, or given back. */
static void emit_transfer(struct body *body, const char *call, int indent)
{
    const struct step *add = body->strip->strips.add;
    struct text text = text_create(body->emitter->arena);
    embedding_call(&body->emitter->embedding, call, strlen(call));
    text_format(&text, "%s(", call);
    append_begin(body, &text, add->target, add->subscripts);
    text_format(&text, ", %s);", body->strip->sums);
    emit_line(body->emitter, indent, text.bytes);
}

/* A loop over whole strips begins, with a strip's vectors; returns the mark of its names. */
static size_t open_strips(struct body *body, const char *vectors, int indent)
{
    struct emitter *emitter = body->emitter;
    struct strip *strip = body->strip;
    const struct step *lanes = strip->strips.lanes;
    struct text text = text_create(emitter->arena), head = text_create(emitter->arena);
    const char *begin = c_names_take(emitter->names, strip->begin->name);
    text_format(&text, "ptrdiff_t %s = ", begin);
    expression_append(&body->speller, &text, lanes->first, TYPE_WHOLE, LEVEL_ANY);
    text_append(&text, ";");
    emit_line(emitter, indent, text.bytes);
    text_format(&head, "for (; %s <= ", begin);
    expression_append(&body->speller, &head, lanes->end, TYPE_WHOLE, LEVEL_SUM);
    text_format(&head, " - strip_length; %s += strip_length) {", begin);
    emit_line(emitter, indent, head.bytes);
    table_store(body->indices, strip->begin, (void *)(uintptr_t)begin);
    size_t mark = c_names_mark(emitter->names);
    strip->sums = c_names_take(emitter->names, vectors);
    emit_line(emitter, indent + 4,
              arena_format(emitter->arena, "product_vector %s[strip_vectors];", strip->sums));
    return mark;
}

/* After whole strips, what is left is done by plain loops. */
static void close_strips(struct body *body, size_t mark, const struct step_list *rest, int indent)
{
    struct emitter *emitter = body->emitter;
    struct strip *strip = body->strip;
    struct text head = text_create(emitter->arena);
    emit(emitter, "%*s}\n", indent, "");
    strip->sums = NULL;
    c_names_release(emitter->names, mark);
    text_append(&head, "if (");
    expression_append(&body->speller, &head, node_index(emitter->graph, strip->begin), TYPE_WHOLE,
                      LEVEL_RELATION);
    text_append(&head, " < ");
    expression_append(&body->speller, &head, strip->strips.lanes->end, TYPE_WHOLE, LEVEL_SUM);
    text_append(&head, ") {");
    emit_line(emitter, indent, head.bytes);
    body_emit(body, rest, indent + 4);
    emit(emitter, "%*s}\n", indent, "");
}

static struct strip strip_create(struct body *body, const struct strips *strips)
{
    const struct step *lanes = strips->lanes;
    embedding_call(&body->emitter->embedding, "strip_vectors", strlen("strip_vectors"));
    return (struct strip){
        .strips = *strips,
        .begin = graph_index(body->emitter->graph, "strip", lanes->index->first, lanes->index->end),
        .vectors = table_create(body->emitter->arena)};
}

static bool find_strips(struct body *body, const struct step *loop, struct strips *strips)
{
    return body->strip == NULL && loop_strips(body->emitter->graph, loop, strips) &&
           reads_reals(body, strips);
}

bool strips_expected(struct body *body, const struct step *loop)
{
    struct strips strips;
    return find_strips(body, loop, &strips);
}

bool strips_emit(struct body *body, const struct step *loop, int indent)
{
    struct strips strips;
    if (!find_strips(body, loop, &strips)) {
        return false;
    }
    struct step copy = *loop;
    struct step *steps[] = {&copy};
    const struct step_list nest = {steps, 1, 1};
    struct strip strip = strip_create(body, &strips);
    body->strip = &strip;
    size_t mark = open_strips(body, "sums", indent);
    emit_transfer(body, "strip_load", indent + 4);
    body_emit(body, &nest, indent + 4);
    emit_transfer(body, "strip_store", indent + 4);
    close_strips(body, mark, &nest, indent);
    body->strip = NULL;
    return true;
}

/* ---- Terms and their sum ---- */

/* Whether no other step reads the terms, in this function or another. */
static bool is_read_once(const struct body *body, const struct tensor *terms)
{
    const struct visible *visible = table_find(body->visible, terms);
    return visible->loads == 1 && visible->stores == 1 && visible->additions == 1 &&
           visible->buffer != NULL && visible->buffer->place == PLACE_CHUNK;
}

bool strips_emit_terms(struct body *body, const struct step *const *items, size_t count, int indent)
{
    struct emitter *emitter = body->emitter;
    struct strips strips;
    const struct step *loop = items[0], *declare = items[count - 2], *sum = items[count - 1];
    if (body->strip != NULL || declare->kind != STEP_DECLARE || declare->value == NULL ||
        !node_is_number(declare->value, 0) || !loop_terms(emitter->graph, loop, sum, &strips) ||
        !reads_reals(body, &strips) || sum->body.items[0]->target != declare->target ||
        !is_read_once(body, strips.add->target)) {
        return false;
    }
    struct visible *visible = table_find(body->visible, declare->target);
    struct strip strip = strip_create(body, &strips);
    struct step rest = *loop, rest_sum = *sum;
    struct step *steps[] = {&rest, &rest_sum};
    rest.first = rest_sum.first = node_index(emitter->graph, strip.begin);
    struct step *comments[] = {(struct step *)(uintptr_t)items[1]};
    body_emit(body, &(struct step_list){comments, count - 3, 1}, indent);
    body_declare_local(body, visible);
    emit_line(emitter, indent,
              arena_format(emitter->arena, "%s %s = 0.0%s;", emitter->real, visible->spelling.text,
                           emitter->single ? "f" : ""));
    body->strip = &strip;
    size_t mark = open_strips(body, "terms", indent);
    emit_vectors(body, indent + 4);
    emit_line(
        emitter, indent + 4,
        arena_format(emitter->arena, "%s += strip_sum(%s);", visible->spelling.text, strip.sums));
    embedding_call(&emitter->embedding, "strip_sum", strlen("strip_sum"));
    close_strips(body, mark, &(struct step_list){steps, 2, 2}, indent);
    body->strip = NULL;
    return true;
}
