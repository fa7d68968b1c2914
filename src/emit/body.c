#include "emit/body.h"

#include "emit/comment.h"
#include "emit/nature.h"
#include "emit/product.h"
#include "emit/strips.h"
#include "equations/affine.h"

#include <string.h>

/* ---- What the speller asks ---- */

static const struct spelling *spell_tensor(void *context, const struct tensor *tensor)
{
    static const struct spelling unknown = {.text = "0"};
    const struct body *body = context;
    const struct visible *visible = table_find(body->visible, tensor);
    return visible == NULL ? &unknown : &visible->spelling;
}

static const char *spell_index(void *context, const struct index *index)
{
    const struct body *body = context;
    const char *name = table_find(body->indices, index);
    return name == NULL ? "0" : name;
}

static const char *spell_size(void *context, const struct dimension *dimension)
{
    struct body *body = context;
    if (!dimension->known && table_find(body->sizes_used, dimension) == NULL) {
        table_store(body->sizes_used, dimension, body);
        ARENA_PUSH(body->emitter->arena, body->sizes, body->size_count, body->size_capacity,
                   dimension);
    }
    const char *name = table_find(body->emitter->sizes, dimension);
    return name == NULL ? "0" : name;
}

/* ---- What the steps use ---- */

static struct visible *see(struct body *body, const struct tensor *tensor)
{
    struct visible *visible = table_find(body->visible, tensor);
    if (visible == NULL) {
        visible = ARENA_NEW(body->emitter->arena, struct visible);
        visible->tensor = tensor;
        if (tensor->kind != TENSOR_LOCAL) {
            visible->access = table_find(body->function->accesses, tensor);
            visible->buffer = plan_buffer(body->function->plan, tensor);
        }
        table_store(body->visible, tensor, visible);
        ARENA_PUSH(body->emitter->arena, body->order, body->count, body->capacity, visible);
    }
    return visible;
}

void body_give_back(struct body *body)
{
    struct arena *arena = body->emitter->arena;
    for (size_t i = 0; i < body->count; i++) {
        arena_give_back(arena, body->order[i], 1, sizeof *body->order[i]);
    }
    arena_give_back(arena, body->order, body->capacity, sizeof body->order[0]);
    table_give_back(body->visible);
    table_give_back(body->indices);
    table_give_back(body->sizes_used);
}

static void see_node(struct body *body, const struct node *node)
{
    if (node == NULL) {
        return;
    }
    size_t count;
    const struct node **order = node_order(body->emitter->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            see(body, order[i]->tensor)->loads++;
        }
    }
    arena_give_back(body->emitter->arena, order, count, sizeof order[0]);
}

/* What the chunks of a loop have for themselves lies in other tensors' memory. */
static void see_chunks(struct body *body, const struct chunks *chunks)
{
    for (size_t i = 0; i < chunks->own_count; i++) {
        const struct own *own = &chunks->own[i];
        see(body, own->sum != NULL ? own->sum : chunks->memory)->additions++;
        if (own->parts != NULL) {
            see(body, own->parts)->additions++;
        }
    }
}

static void see_steps(struct body *body, const struct step_list *steps, int depth)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        see_node(body, step->first);
        see_node(body, step->end);
        see_node(body, step->value);
        see_node(body, step->parallel);
        if (step->chunks != NULL) {
            see_chunks(body, step->chunks);
        }
        if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
            for (int k = 0; k < step->target->rank; k++) {
                see_node(body, step->subscripts[k]);
            }
        }
        if (step->target != NULL) {
            struct visible *visible = see(body, step->target);
            bool again = step->kind == STEP_ADD || step->kind == STEP_ASSIGN || depth > 0;
            visible->stores += step->kind == STEP_STORE;
            visible->additions += again && step->kind != STEP_DECLARE;
        }
        see_steps(body, &step->body, depth + 1);
        see_steps(body, &step->otherwise, depth + 1);
    }
}

/* ---- Names ---- */

static bool is_identifier(const char *path)
{
    return path[strcspn(path, "->[.(*/ ")] == '\0';
}

static const char *local_name(struct body *body, const struct visible *visible)
{
    const struct access *access = visible->access;
    const char *member = table_find(body->emitter->members, visible->tensor);
    if (access != NULL && access->local != NULL) {
        return c_names_take(body->emitter->names, access->local);
    }
    if (member != NULL) {
        return member;
    }
    const char *name = visible->tensor->name;
    return c_names_take(body->emitter->names, name == NULL ? "part" : name);
}

/* Whether a tensor lies in the workspace. */
static bool is_kept(const struct visible *visible)
{
    return visible->buffer != NULL &&
           (visible->buffer->place == PLACE_WORKSPACE || visible->buffer->place == PLACE_CHUNK);
}

/* A number in the workspace that takes one value is read and written through a local of its name;
 * one that changes is reached where it lies. */
static bool is_changing(const struct visible *visible)
{
    return is_kept(visible) && visible->stores + visible->additions > 0 &&
           (visible->stores != 1 || visible->additions > 0);
}

static void name_visible(struct body *body, struct visible *visible, bool as_parameter)
{
    const struct access *access = visible->access;
    struct spelling *spelling = &visible->spelling;
    bool written = visible->stores + visible->additions > 0;
    /* Data of whole numbers lies in memory as such; what is computed does not. */
    bool whole = visible->tensor->kind == TENSOR_DATA && visible->tensor->class_count != NULL;
    spelling->type = whole ? TYPE_WHOLE : TYPE_REAL;
    spelling->narrow = access != NULL && access->narrow;
    if (access != NULL && visible->tensor->rank == 0 &&
        (written || access->direct || is_identifier(access->path))) {
        spelling->text = access->path;
        spelling->level = access->level;
        visible->declared = true;
        return;
    }
    spelling->text = local_name(body, visible);
    spelling->pointer = visible->tensor->rank > 0 || is_changing(visible);
    if (visible->tensor == body->function->returned && as_parameter) {
        spelling->text = arena_format(body->emitter->arena, "*%s", spelling->text);
        spelling->level = LEVEL_UNARY;
        visible->declared = true;
    }
}

/* Whether the function can end in `return VALUE;`. */
static bool ends_in_result(const struct body *body, const struct step_list *steps)
{
    const struct tensor *returned = body->function->returned;
    const struct visible *visible = returned == NULL ? NULL : table_find(body->visible, returned);
    if (visible == NULL || steps->count == 0 || visible->loads > 0 || visible->additions > 0 ||
        visible->stores != 1) {
        return false;
    }
    const struct step *last = steps->items[steps->count - 1];
    return last->kind == STEP_STORE && last->target == returned;
}

void body_prepare(struct body *body, const struct step_list *steps, bool as_parameter)
{
    struct emitter *emitter = body->emitter;
    body->visible = table_create(emitter->arena);
    body->indices = table_create(emitter->arena);
    body->sizes_used = table_create(emitter->arena);
    body->speller = (struct speller){.arena = emitter->arena,
                                     .graph = emitter->graph,
                                     .single = emitter->single,
                                     .embedding = &emitter->embedding,
                                     .context = body,
                                     .tensor = spell_tensor,
                                     .index = spell_index,
                                     .size = spell_size};
    see_steps(body, steps, 0);
    for (size_t i = 0; i < body->count; i++) {
        if (body->order[i]->tensor->kind != TENSOR_LOCAL) {
            name_visible(body, body->order[i], as_parameter);
        }
    }
    body->returns_at_end = !as_parameter && ends_in_result(body, steps);
}

/* ---- Statements ---- */

static void emit_formula(struct body *body, const struct equation *equation, int indent)
{
    struct text text = text_create(body->emitter->arena);
    formula_append(&text, &body->emitter->places, equation);
    emit_comment(body->emitter, indent, text.bytes);
    text_give_back(&text);
}

static enum c_type type_of(const struct body *body, const struct tensor *tensor)
{
    const struct visible *visible = table_find(body->visible, tensor);
    return visible->spelling.type;
}

/* The planner numbers its locals; in C the scopes tell them apart. */
static const char *local_stem(struct body *body, const struct tensor *local)
{
    static const char *const stems[] = {"t",   "sum",  "prod",  "max",
                                        "min", "best", "place", "candidate"};
    const char *name = local->name == NULL ? "t" : local->name;
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        size_t length = strlen(stems[i]);
        if (strncmp(name, stems[i], length) == 0 &&
            name[length + strspn(name + length, "0123456789")] == '\0') {
            return arena_copy(body->emitter->arena, name, length);
        }
    }
    return name;
}

/* A local that would only repeat the name of a value that never changes takes that name. */
static bool takes_name(struct body *body, const struct step *step, struct visible *visible)
{
    if (step->value == NULL || visible->additions > 0 || step->value->kind != NODE_LOAD) {
        return false;
    }
    const struct visible *source = table_find(body->visible, step->value->tensor);
    if (source->additions + source->stores > 0 || source->spelling.pointer ||
        source->spelling.level != LEVEL_ANY || source->spelling.narrow) {
        return false;
    }
    visible->spelling = source->spelling;
    return true;
}

/* Index arithmetic stays one of whole numbers. */
static enum c_type declared_type(struct body *body, const struct step *step,
                                 const struct visible *visible)
{
    if (step->whole || step->truth) {
        return step->whole ? TYPE_WHOLE : TYPE_TRUTH;
    }
    const struct node *value = step->value;
    bool whole = value != NULL && visible->additions == 0 && value->kind == NODE_APPLY &&
                 !value->boolean && affine_of(value).valid && is_whole(&body->speller, value);
    return whole ? TYPE_WHOLE : TYPE_REAL;
}

static void emit_declare(struct body *body, const struct step *step, int indent)
{
    struct emitter *emitter = body->emitter;
    struct visible *visible = table_find(body->visible, step->target);
    if (takes_name(body, step, visible)) {
        return;
    }
    enum c_type type = declared_type(body, step, visible);
    const char *c_type = type == TYPE_WHOLE   ? "ptrdiff_t"
                         : type == TYPE_TRUTH ? "bool"
                                              : emitter->real;
    const char *name = local_stem(body, step->target);
    struct text text = text_create(emitter->arena);
    struct text value = text_create(emitter->arena);
    if (step->value != NULL) {
        expression_append(&body->speller, &value, step->value, type, LEVEL_ANY);
    }
    visible->spelling = (struct spelling){.text = c_names_take(emitter->names, name), .type = type};
    text_append(&text, visible->additions == 0 ? "const " : "");
    text_format(&text, "%s %s", c_type, visible->spelling.text);
    text_append(&text, step->value != NULL ? " = " : "");
    text_append(&text, value.bytes);
    text_append(&text, ";");
    emit_line(emitter, indent, text.bytes);
    text_give_back(&text);
    text_give_back(&value);
    if (visible->loads == 0) {
        emit(emitter, "%*s(void)%s;\n", indent, "", visible->spelling.text);
    }
}

void body_declare_local(struct body *body, struct visible *local)
{
    const char *name = c_names_take(body->emitter->names, local_stem(body, local->tensor));
    local->spelling = (struct spelling){.text = name, .type = TYPE_REAL};
}

static bool is_target(const struct step *step, const struct node *node)
{
    if (node->kind != NODE_LOAD || node->tensor != step->target) {
        return false;
    }
    for (int i = 0; i < node->argument_count; i++) {
        if (node->arguments[i] != step->subscripts[i]) {
            return false;
        }
    }
    return true;
}

/* x = x + y as x += y: the sign, and y; NULL where the value is not of that form. */
static const char *compound_sign(const struct step *step, const struct node **operand)
{
    const struct node *value = step->value;
    *operand = value;
    if (step->kind == STEP_ADD) {
        return "+=";
    }
    if (value->kind != NODE_APPLY || value->argument_count != 2) {
        return NULL;
    }
    enum operator_id id = value->operation->id;
    bool commutes = id == OPERATOR_ADD || id == OPERATOR_MULTIPLY;
    if (is_target(step, value->arguments[0])) {
        *operand = value->arguments[1];
    } else if (commutes && is_target(step, value->arguments[1])) {
        *operand = value->arguments[0];
    } else {
        return NULL;
    }
    switch (id) {
    case OPERATOR_ADD:
        return "+=";
    case OPERATOR_SUBTRACT:
        return "-=";
    case OPERATOR_MULTIPLY:
        return "*=";
    case OPERATOR_DIVIDE:
        return "/=";
    default:
        *operand = value;
        return NULL;
    }
}

/* place*size + offset: where fresh memory lies in that of all chunks. */
static const struct node *fresh_place(const struct buffer *buffer)
{
    struct graph *graph = buffer->offset->graph;
    const struct node *place = node_index(graph, buffer->chunks->place);
    return node_binary(graph, OPERATOR_ADD,
                       node_binary(graph, OPERATOR_MULTIPLY, place, buffer->chunks->size),
                       buffer->offset);
}

static const char *name_of(const struct body *body, const struct tensor *tensor)
{
    const struct visible *visible = table_find(body->visible, tensor);
    return visible->spelling.text;
}

const char *workspace_place(struct body *body, const struct visible *visible)
{
    struct text text = text_create(body->emitter->arena);
    const struct buffer *buffer = visible->buffer;
    if (buffer->place == PLACE_CHUNK) {
        text_format(&text, "%s[", name_of(body, buffer->chunks->memory));
        expression_append(&body->speller, &text, fresh_place(buffer), TYPE_WHOLE, LEVEL_ANY);
    } else {
        struct amount amount = amount_of(body->emitter->arena, buffer->offset);
        text_append(&text, "work[");
        amount_plain_append(&body->speller, &text, &amount);
        amount_give_back(body->emitter->arena, &amount);
        body->uses_work = true;
    }
    text_append(&text, "]");
    return text.bytes;
}

static void emit_assignment(struct body *body, const struct step *step, int indent)
{
    struct emitter *emitter = body->emitter;
    struct visible *visible = table_find(body->visible, step->target);
    enum c_type type = type_of(body, step->target);
    const struct node *operand;
    const char *sign = type == TYPE_REAL ? compound_sign(step, &operand) : NULL;
    if (sign == NULL) {
        operand = step->value;
    }
    struct text text = text_create(emitter->arena);
    bool declares =
        !visible->declared && !visible->spelling.pointer && step->target->kind != TENSOR_LOCAL;
    bool kept = declares && is_kept(visible);
    if (declares && (!kept || visible->loads > 0)) {
        text_format(&text, "%s%s ", visible->additions == 0 ? "const " : "", emitter->real);
        element_append(&body->speller, &text, step->target, step->subscripts);
        text_format(&text, " = ");
    }
    visible->declared = visible->declared || declares;
    if (kept) {
        text_format(&text, "%s = ", workspace_place(body, visible));
    } else if (!declares) {
        element_append(&body->speller, &text, step->target, step->subscripts);
        text_format(&text, " %s ", sign == NULL ? "=" : sign);
    }
    expression_append(&body->speller, &text, operand, type, LEVEL_ANY);
    text_append(&text, ";");
    emit_line(emitter, indent, text.bytes);
    text_give_back(&text);
    if (declares && !kept && visible->loads == 0 && step->target != body->function->returned) {
        emit(emitter, "%*s(void)%s;\n", indent, "", visible->spelling.text);
    }
}

static void emit_return(struct body *body, const struct step *step, int indent)
{
    struct text text = text_create(body->emitter->arena);
    text_append(&text, "return ");
    expression_append(&body->speller, &text, step->value, TYPE_REAL, LEVEL_ANY);
    text_append(&text, ";");
    emit_line(body->emitter, indent, text.bytes);
}

/* ---- Loops that threads may share ---- */

/* Parts of a product are unequal; those that lie side by side are of different threads. */
static const char *schedule_of(const struct step *loop)
{
    const struct step *last = loop->body.items[loop->body.count - 1];
    return loop->chunks != NULL ? "dynamic, 1" : last->product != NULL ? "static, 1" : "static";
}

static void emit_pragma(struct body *body, const struct step *loop, int indent)
{
    struct emitter *emitter = body->emitter;
    struct text pragma = text_create(emitter->arena);
    text_format(&pragma, "#pragma omp parallel for schedule(%s)", schedule_of(loop));
    if (loop->parallel->kind != NODE_NUMBER) {
        text_append(&pragma, " if (");
        expression_append(&body->speller, &pragma, loop->parallel, TYPE_TRUTH, LEVEL_ANY);
        text_append(&pragma, ")");
    }
    if (loop->chunks != NULL) {
        emit_comment(emitter, indent,
                     "Chunks for threads to share, cut in the same way whatever their number.");
    }
    emit(emitter, "#ifdef _OPENMP\n%s\n#endif\n", pragma.bytes);
}

/* Where a chunk's part of a sum lies: the first one's is the sum itself. */
static void append_part(struct body *body, struct text *text, const struct own *own,
                        const struct node *chunk)
{
    struct graph *graph = chunk->graph;
    const struct node *before = node_binary(graph, OPERATOR_SUBTRACT, chunk, node_number(graph, 1));
    const struct node *place =
        node_binary(graph, OPERATOR_MULTIPLY, before, tensor_extent(graph, own->sum));
    expression_append(&body->speller, text, chunk, TYPE_WHOLE, LEVEL_EQUALITY);
    text_format(text, " == 0 ? %s : %s + ", name_of(body, own->sum), name_of(body, own->parts));
    expression_append(&body->speller, text, place, TYPE_WHOLE, LEVEL_SUM);
}

/* Which of the places in memory a chunk takes. */
static void emit_place(struct body *body, const struct chunks *chunks, int indent)
{
    struct emitter *emitter = body->emitter;
    const char *name = c_names_take(emitter->names, chunks->place->name);
    table_store(body->indices, chunks->place, (void *)(uintptr_t)name);
    emit(emitter, "%*sconst ptrdiff_t %s = chunk_place(%s, %ld);\n", indent, "", name,
         spell_index(body, chunks->index), chunks->most);
    embedding_call(&emitter->embedding, "chunk_place", strlen("chunk_place"));
}

static void emit_own(struct body *body, const struct chunks *chunks, int indent)
{
    struct emitter *emitter = body->emitter;
    if (chunks->memory != NULL) {
        emit_place(body, chunks, indent);
    }
    for (size_t i = 0; i < chunks->own_count; i++) {
        const struct own *own = &chunks->own[i];
        const struct visible *visible = table_find(body->visible, own->tensor);
        if (visible == NULL || !visible->spelling.pointer) {
            continue;
        }
        struct text line = text_create(emitter->arena);
        text_format(&line, "%s *const %s = ", emitter->real, visible->spelling.text);
        if (own->sum != NULL) {
            append_part(body, &line, own, node_index(emitter->graph, chunks->index));
        } else {
            text_format(&line, "%s + ", name_of(body, chunks->memory));
            expression_append(&body->speller, &line, fresh_place(visible->buffer), TYPE_WHOLE,
                              LEVEL_SUM);
        }
        text_append(&line, ";");
        emit_line(emitter, indent, line.bytes);
    }
}

/* ---- Blocks ---- */

/* One statement that needs no braces around it. */
static bool is_single(struct body *body, const struct step_list *steps)
{
    return steps->count == 1 && steps->items[0]->kind != STEP_DECLARE &&
           steps->items[0]->kind != STEP_COMMENT && steps->items[0]->product == NULL &&
           !(steps->items[0]->kind == STEP_LOOP && strips_expected(body, steps->items[0]));
}

/* The head of a loop or condition, then its steps, in braces where C needs or readers like them. */
static void emit_block(struct body *body, struct text *head, const struct step_list *steps,
                       const struct chunks *chunks, bool braces, int indent)
{
    size_t mark = c_names_mark(body->emitter->names);
    if (braces) {
        text_append(head, " {");
    }
    emit_line(body->emitter, indent, head->bytes);
    if (chunks != NULL) {
        emit_own(body, chunks, indent + 4);
    }
    body_emit(body, steps, indent + 4);
    c_names_release(body->emitter->names, mark);
}

/* Whether gcc's checks that memory is not the same would take as long as a loop itself: one over a
 * block of rows, or over a few vectors. One of less than a vector is unrolled. */
static bool is_short(const struct step *loop)
{
    enum { VECTOR = 8, BLOCK = 64 };
    double first, end;
    return loop->first->free->count > 0 ||
           (node_known(loop->first, &first) && node_known(loop->end, &end) &&
            end - first >= VECTOR && end - first <= BLOCK);
}

static void emit_iterations(struct body *body, const struct step *step, int indent)
{
    struct emitter *emitter = body->emitter;
    size_t mark = c_names_mark(emitter->names);
    struct text first = text_create(emitter->arena), end = text_create(emitter->arena);
    const struct node *last = affine_normalize(
        step->end->graph, node_binary(step->end->graph, OPERATOR_SUBTRACT, step->end,
                                      node_number(step->end->graph, 1)));
    expression_append(&body->speller, &first, step->first, TYPE_WHOLE, LEVEL_SUM);
    expression_append(&body->speller, &end, step->descending ? last : step->end, TYPE_WHOLE,
                      LEVEL_SUM);
    const char *outer = table_find(body->indices, step->index);
    const char *name = step->index->name == NULL ? c_names_take_index(emitter->names)
                                                 : c_names_take(emitter->names, step->index->name);
    table_store(body->indices, step->index, (void *)(uintptr_t)name);
    struct text head = text_create(emitter->arena);
    if (step->descending) {
        text_format(&head, "for (ptrdiff_t %s = %s; %s >= %s; %s--)", name, end.bytes, name,
                    first.bytes, name);
    } else {
        text_format(&head, "for (ptrdiff_t %s = %s; %s < %s; %s++)", name, first.bytes, name,
                    end.bytes, name);
    }
    bool braces = step->chunks != NULL || !is_single(body, &step->body);
    if (step->parallel == NULL && (step->calls || (step->independent && is_short(step)))) {
        emit_line(emitter, indent, "INDEPENDENT");
    }
    emit_block(body, &head, &step->body, step->chunks, braces, indent);
    if (braces) {
        emit(emitter, "%*s}\n", indent, "");
    }
    table_store(body->indices, step->index, (void *)(uintptr_t)outer);
    c_names_release(emitter->names, mark);
}

static bool holds_parallel(const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->items[i]->parallel != NULL || holds_parallel(&steps->items[i]->body)) {
            return true;
        }
    }
    return false;
}

/* Chunks for threads to share, or where there is but one, products in it. Two loops, since a
 * parallel region inside of another one, even of one thread, would have its threads created anew.
 */
static void emit_two_loops(struct body *body, const struct step *step, int indent)
{
    struct emitter *emitter = body->emitter;
    struct visible *before = ARENA_ARRAY(emitter->arena, struct visible, body->count + 1);
    struct text head = text_create(emitter->arena);
    for (size_t i = 0; i < body->count; i++) {
        before[i] = *body->order[i];
    }
    emit_comment(emitter, indent,
                 "Chunks for threads to share, cut in the same way whatever their number; those of "
                 "one chunk share its products.");
    text_append(&head, "if (");
    expression_append(&body->speller, &head, step->parallel, TYPE_TRUTH, LEVEL_ANY);
    text_append(&head, ") {");
    emit(emitter, "#ifdef _OPENMP\n");
    emit_line(emitter, indent, head.bytes);
    emit(emitter, "#pragma omp parallel for schedule(%s)\n", schedule_of(step));
    body->shared = true;
    emit_iterations(body, step, indent + 4);
    body->shared = false;
    emit(emitter, "%*s} else\n#endif\n", indent, "");
    for (size_t i = 0; i < body->count; i++) {
        *body->order[i] = before[i];
    }
    emit_iterations(body, step, indent);
}

static void emit_loop(struct body *body, const struct step *step, int indent)
{
    if (step->chunks != NULL && step->parallel != NULL && holds_parallel(&step->body)) {
        emit_two_loops(body, step, indent);
        return;
    }
    if (step->parallel != NULL && !body->shared) {
        emit_pragma(body, step, indent);
    }
    emit_iterations(body, step, indent);
}

static void emit_if(struct body *body, const struct step *step, int indent)
{
    struct text head = text_create(body->emitter->arena);
    text_append(&head, "if (");
    expression_append(&body->speller, &head, step->value, TYPE_TRUTH, LEVEL_ANY);
    text_append(&head, ")");
    bool simple = is_single(body, &step->body) && step->body.items[0]->kind != STEP_IF &&
                  step->body.items[0]->kind != STEP_LOOP && step->otherwise.count == 0;
    emit_block(body, &head, &step->body, NULL, !simple, indent);
    if (simple) {
        return;
    }
    if (step->otherwise.count > 0) {
        struct text otherwise = text_create(body->emitter->arena);
        text_append(&otherwise, "} else");
        emit_block(body, &otherwise, &step->otherwise, NULL, true, indent);
    }
    emit(body->emitter, "%*s}\n", indent, "");
}

/* A loop that a kernel does. */
static bool emit_call(struct body *body, const struct step *loop, int indent)
{
    return (loop->product != NULL && product_emit(body, loop->product, indent)) ||
           series_emit(body, loop, indent) || strips_emit(body, loop, indent) ||
           strips_emit_lanes(body, loop, indent);
}

static void emit_step(struct body *body, const struct step *step, int indent)
{
    switch (step->kind) {
    case STEP_COMMENT:
        emit_formula(body, step->equation, indent);
        break;
    case STEP_LOOP:
        if (!emit_call(body, step, indent)) {
            emit_loop(body, step, indent);
        }
        break;
    case STEP_IF:
        emit_if(body, step, indent);
        break;
    case STEP_DECLARE:
        emit_declare(body, step, indent);
        break;
    case STEP_ASSIGN:
    case STEP_STORE:
    case STEP_ADD:
        emit_assignment(body, step, indent);
        break;
    case STEP_LEAVE:
        emit(body->emitter, "%*sbreak;\n", indent, "");
        break;
    }
}

/* Steps from one on that set elements and add them up; returns how many they are, 0 for none. A
 * comment may stand between. */
static size_t emit_terms(struct body *body, const struct step_list *steps, size_t first, int indent)
{
    const struct step *const *items = (const struct step *const *)&steps->items[first];
    size_t left = steps->count - first;
    bool comment = left > 1 && items[1]->kind == STEP_COMMENT;
    size_t count = comment ? 4 : 3;
    return left >= count && strips_emit_terms(body, items, count, indent) ? count : 0;
}

void body_emit(struct body *body, const struct step_list *steps, int indent)
{
    enum { TOP = 4 };
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        size_t terms;
        bool comment = step->kind == STEP_COMMENT;
        bool after_comment = i > 0 && steps->items[i - 1]->kind == STEP_COMMENT;
        if (indent == TOP && comment && i > 0 && !after_comment) {
            emit(body->emitter, "\n");
        }
        if (body->returns_at_end && indent == TOP && i + 1 == steps->count) {
            emit_return(body, step, indent);
        } else if (i + 1 < steps->count &&
                   series_declare(body, step, steps->items[i + 1], indent)) {
            i++;
        } else if ((terms = emit_terms(body, steps, i, indent)) > 0) {
            i += terms - 1;
        } else {
            emit_step(body, step, indent);
        }
    }
}
