#include "emit/function.h"

#include "emit/body.h"
#include "emit/comment.h"

#include <stdlib.h>
#include <string.h>

/* ---- The first lines of a function: what it works on, under short names ---- */

struct opening {
    struct text declarations;
    struct text uses; /* parameters mentioned, each followed by a space */
};

static void note_use(struct opening *opening, const char *parameter)
{
    text_append(&opening->uses, parameter);
    text_append(&opening->uses, " ");
}

static bool is_used(const struct opening *opening, const char *parameter)
{
    size_t length = strlen(parameter);
    for (const char *at = opening->uses.bytes; *at != '\0'; at += strcspn(at, " ") + 1) {
        if (strncmp(at, parameter, length) == 0 && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

/* A tensor in the caller's memory. */
static void declare_pointer(struct body *body, struct opening *opening,
                            const struct visible *visible)
{
    struct emitter *emitter = body->emitter;
    bool written = visible->stores + visible->additions > 0;
    emit_line(emitter, 4,
              arena_format(emitter->arena, "%s%s *const %s = %s;", written ? "" : "const ",
                           visible->spelling.narrow ? "int" : emitter->real, visible->spelling.text,
                           visible->access->path));
    note_use(opening, visible->access->parameter);
}

/* Where a tensor lies in the workspace: right behind the one before it where that is visible. */
static void declare_place(struct body *body, struct opening *opening, const struct visible *visible,
                          const struct visible *before)
{
    struct emitter *emitter = body->emitter;
    struct text line = text_create(emitter->arena), shape = text_create(emitter->arena);
    const struct node *offset = visible->buffer->offset;
    text_format(&line, "%s *const %s = ", emitter->real, visible->spelling.text);
    if (before != NULL && node_binary(emitter->graph, OPERATOR_ADD, before->buffer->offset,
                                      before->buffer->size) == offset) {
        text_append(&line, before->spelling.text);
        offset = before->buffer->size;
    } else {
        text_append(&line, "work");
        note_use(opening, "work");
    }
    if (!node_is_number(offset, 0)) {
        struct amount amount = amount_of(emitter->arena, offset);
        text_append(&line, " + ");
        amount_plain_append(&body->speller, &line, &amount);
        amount_give_back(emitter->arena, &amount);
    }
    text_append(&line, ";");
    emit_shape(emitter, &shape, visible->tensor);
    if (visible->tensor->rank > 0 && line.length + shape.length + 11 <= LINE_WIDTH) {
        text_format(&line, " /* %s */", shape.bytes);
        emit(emitter, "    %s\n", line.bytes);
    } else {
        emit_line(emitter, 4, line.bytes);
    }
    text_give_back(&line);
    text_give_back(&shape);
}

/* A plan's buffers are one array, in the order in which they lie. */
static int compare_buffers(const void *left, const void *right)
{
    const struct buffer *x = (*(const struct visible *const *)left)->buffer;
    const struct buffer *y = (*(const struct visible *const *)right)->buffer;
    return (x > y) - (x < y);
}

static void declare_workspace(struct body *body, struct opening *opening)
{
    struct arena *arena = body->emitter->arena;
    const struct visible **places = ARENA_ARRAY(arena, const struct visible *, body->count);
    size_t count = 0;
    for (size_t i = 0; i < body->count; i++) {
        const struct visible *visible = body->order[i];
        if (visible->buffer != NULL && visible->access == NULL && visible->spelling.pointer &&
            visible->buffer->place == PLACE_WORKSPACE) {
            places[count++] = visible;
        }
    }
    if (count > 0) {
        qsort(places, count, sizeof places[0], compare_buffers);
    }
    for (size_t i = 0; i < count; i++) {
        declare_place(body, opening, places[i], i == 0 ? NULL : places[i - 1]);
    }
    arena_give_back(arena, places, body->count, sizeof places[0]);
}

static void declare_value(struct body *body, struct opening *opening, struct visible *visible)
{
    struct emitter *emitter = body->emitter;
    if (visible->access != NULL) {
        const char *type = visible->spelling.narrow ? "int" : emitter->real;
        struct text line = text_create(emitter->arena);
        text_format(&line, "const %s %s = %s;", type, visible->spelling.text,
                    visible->access->path);
        emit_line(emitter, 4, line.bytes);
        note_use(opening, visible->access->parameter);
        visible->declared = true;
    } else if (visible->buffer != NULL && visible->buffer->place == PLACE_WORKSPACE) {
        if (visible->stores == 0) {
            emit(emitter, "    const %s %s = %s;\n", emitter->real, visible->spelling.text,
                 workspace_place(body, visible));
            visible->declared = true;
        }
    } else if ((visible->stores != 1 || visible->additions > 0) && !body->returns_at_end) {
        emit(emitter, "    %s %s = %s;\n", emitter->real, visible->spelling.text,
             emitter->single ? "0.0f" : "0.0");
        visible->declared = true;
    }
}

/* Data, parameters and results come first, then the workspace. */
static void declare_visible(struct body *body, struct opening *opening)
{
    for (size_t i = 0; i < body->count; i++) {
        struct visible *visible = body->order[i];
        if (visible->tensor->kind == TENSOR_LOCAL) {
            continue;
        }
        if (visible->access == NULL && !visible->spelling.pointer && !visible->declared) {
            declare_value(body, opening, visible);
        } else if (visible->access != NULL && visible->spelling.pointer) {
            declare_pointer(body, opening, visible);
        } else if (visible->access != NULL && !visible->declared) {
            declare_value(body, opening, visible);
        } else if (visible->access != NULL) {
            note_use(opening, visible->access->parameter);
        }
    }
    declare_workspace(body, opening);
}

/* Begins or ends writing to another text. */
static void swap_text(struct emitter *emitter, struct text *other)
{
    struct text kept = *emitter->text;
    *emitter->text = *other;
    *other = kept;
}

/* The declarations and the statements; sizes are declared first although the statements show
 * which ones are needed. */
static struct opening open_function(struct body *body, const struct step_list *steps,
                                    struct text *statements)
{
    struct emitter *emitter = body->emitter;
    struct opening opening = {text_create(emitter->arena), text_create(emitter->arena)};
    swap_text(emitter, &opening.declarations);
    declare_visible(body, &opening);
    swap_text(emitter, &opening.declarations);
    swap_text(emitter, statements);
    body_emit(body, steps, 4);
    swap_text(emitter, statements);
    if (body->size_count > 0) {
        note_use(&opening, "data");
    }
    if (body->uses_work) {
        note_use(&opening, "work");
    }
    if (body->function->prologue_uses != NULL) {
        text_append(&opening.uses, body->function->prologue_uses);
    }
    return opening;
}

/* What was needed to write one function. */
static void close_function(struct body *body, struct opening *opening, struct text *statements)
{
    text_give_back(&opening->declarations);
    text_give_back(&opening->uses);
    text_give_back(statements);
    body_give_back(body);
}

static void emit_sizes(struct body *body)
{
    for (size_t i = 0; i < body->size_count; i++) {
        const char *name = table_find(body->emitter->sizes, body->sizes[i]);
        emit(body->emitter, "    const ptrdiff_t %s = data->%s;\n", name, name);
    }
}

/* ---- Whole functions ---- */

static void emit_comment_line(struct emitter *emitter, const char *comment)
{
    if (comment != NULL) {
        emit_comment(emitter, 0, comment);
    }
}

static void emit_head(struct emitter *emitter, const char *result, const char *name, bool local,
                      const struct c_parameter *parameters, size_t count)
{
    const char **declarations = ARENA_ARRAY(emitter->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        declarations[i] = parameters[i].declaration;
    }
    emit_signature(emitter,
                   arena_format(emitter->arena, "%s%s %s", local ? "static " : "", result, name),
                   declarations, count);
    emit(emitter, "\n{\n");
}

static void emit_unused(struct emitter *emitter, const struct function *function,
                        const struct opening *opening)
{
    for (size_t i = 0; i < function->parameter_count; i++) {
        if (!is_used(opening, function->parameters[i].name)) {
            emit(emitter, "    (void)%s;\n", function->parameters[i].name);
        }
    }
}

static void emit_result(struct body *body)
{
    const struct tensor *returned = body->function->returned;
    if (returned == NULL || body->returns_at_end) {
        return;
    }
    const struct visible *visible = table_find(body->visible, returned);
    if (visible == NULL) {
        emit(body->emitter, "    return %s;\n", body->emitter->single ? "0.0f" : "0.0");
    } else {
        emit(body->emitter, "    return %s%s;\n", visible->spelling.text,
             visible->spelling.pointer ? "[0]" : "");
    }
}

static void emit_single(struct emitter *emitter, const struct function *function)
{
    static const struct step_list nothing;
    const struct step_list *steps =
        function->plan->part_count == 0 ? &nothing : &function->plan->parts[0].steps;
    struct body body = {.emitter = emitter, .function = function};
    struct text statements = text_create(emitter->arena);
    size_t mark = c_names_mark(emitter->names);
    body_prepare(&body, steps, false);
    struct opening opening = open_function(&body, steps, &statements);
    emit_comment_line(emitter, function->comment);
    emit_head(emitter, function->returned == NULL ? "void" : emitter->real, function->name,
              function->local, function->parameters, function->parameter_count);
    emit_unused(emitter, function, &opening);
    emit_sizes(&body);
    emit(emitter, "%s", function->declarations == NULL ? "" : function->declarations);
    emit(emitter, "%s", opening.declarations.bytes);
    if (opening.declarations.length > 0 || body.size_count > 0 || function->declarations != NULL) {
        emit(emitter, "\n");
    }
    if (function->prologue != NULL) {
        emit(emitter, "%s", function->prologue);
    }
    emit(emitter, "%s%s", statements.bytes, function->epilogue == NULL ? "" : function->epilogue);
    emit_result(&body);
    emit(emitter, "}\n\n");
    close_function(&body, &opening, &statements);
    c_names_release(emitter->names, mark);
}

/* ---- Parts: functions that take only what they use, and the result by a pointer ---- */

struct part_call {
    const char *name;
    struct text arguments;
};

/* A static function from one part of a plan. */
static struct part_call emit_part(struct emitter *emitter, const struct function *function,
                                  size_t number, const char *name)
{
    const struct step_list *steps = &function->plan->parts[number].steps;
    struct body body = {.emitter = emitter, .function = function};
    struct part_call call = {.name = name, .arguments = text_create(emitter->arena)};
    struct text statements = text_create(emitter->arena);
    struct c_parameter *parameters =
        ARENA_ARRAY(emitter->arena, struct c_parameter, function->parameter_count + 1);
    size_t count = 0;
    size_t mark = c_names_mark(emitter->names);
    body_prepare(&body, steps, true);
    struct opening opening = open_function(&body, steps, &statements);
    for (size_t i = 0; i < function->parameter_count; i++) {
        if (is_used(&opening, function->parameters[i].name)) {
            parameters[count++] = function->parameters[i];
            text_format(&call.arguments, "%s%s", call.arguments.length > 0 ? ", " : "",
                        function->parameters[i].name);
        }
    }
    if (function->owns_work && is_used(&opening, "work")) {
        parameters[count++].declaration = arena_format(emitter->arena, "%s *work", emitter->real);
        text_format(&call.arguments, "%swork", call.arguments.length > 0 ? ", " : "");
    }
    const struct visible *result =
        function->returned == NULL ? NULL : table_find(body.visible, function->returned);
    if (result != NULL && result->access == NULL) {
        parameters[count++].declaration =
            arena_format(emitter->arena, "%s %s", emitter->real, result->spelling.text);
        text_format(&call.arguments, "%s&result", call.arguments.length > 0 ? ", " : "");
    }
    emit_head(emitter, "void", name, true, parameters, count);
    emit_sizes(&body);
    emit(emitter, "%s%s%s}\n\n", opening.declarations.bytes,
         opening.declarations.length > 0 || body.size_count > 0 ? "\n" : "", statements.bytes);
    close_function(&body, &opening, &statements);
    c_names_release(emitter->names, mark);
    return call;
}

/* Emits every part; returns the calls, and notes in `uses` what they mention. */
static const char *emit_parts(struct emitter *emitter, const struct function *function,
                              struct text *uses)
{
    struct text calls = text_create(emitter->arena);
    size_t count = function->plan->part_count;
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_format(emitter->arena, "%s_part_%zu", function->name, i + 1);
        emit(emitter, "/* Part %zu of %zu of %s. */\n", i + 1, count, function->name);
        struct part_call call = emit_part(emitter, function, i, name);
        text_format(&calls, "    %s(%s);\n", call.name, call.arguments.bytes);
        for (const char *at = call.arguments.bytes; *at != '\0'; at++) {
            text_append_length(uses, at, *at == ',' ? 0 : 1);
        }
        text_append(uses, " ");
    }
    return calls.bytes;
}

static void emit_many(struct emitter *emitter, const struct function *function)
{
    struct opening opening = {.uses = text_create(emitter->arena)};
    const char *calls = emit_parts(emitter, function, &opening.uses);
    text_append(&opening.uses, function->prologue_uses == NULL ? "" : function->prologue_uses);
    emit_comment_line(emitter, function->comment);
    emit_head(emitter, function->returned == NULL ? "void" : emitter->real, function->name,
              function->local, function->parameters, function->parameter_count);
    emit_unused(emitter, function, &opening);
    if (function->returned != NULL) {
        emit(emitter, "    %s result = %s;\n\n", emitter->real, emitter->single ? "0.0f" : "0.0");
    }
    emit(emitter, "%s%s%s%s%s}\n\n", function->declarations == NULL ? "" : function->declarations,
         function->prologue == NULL ? "" : function->prologue, calls,
         function->epilogue == NULL ? "" : function->epilogue,
         function->returned == NULL ? "" : "    return result;\n");
}

void function_emit(struct emitter *emitter, const struct function *function)
{
    struct arena *outer = emitter->arena;
    emitter->arena = arena_open(outer); /* what is left of a function is text */
    if (function->plan->part_count > 1) {
        emit_many(emitter, function);
    } else {
        emit_single(emitter, function);
    }
    arena_close(emitter->arena);
    emitter->arena = outer;
}

const char *function_emit_called(struct emitter *emitter, const struct function *function)
{
    if (function->plan->part_count > 1) {
        struct text uses = text_create(emitter->arena);
        return emit_parts(emitter, function, &uses);
    }
    if (function->plan->part_count == 0) {
        return "";
    }
    emit_comment_line(emitter, function->comment);
    struct part_call call = emit_part(emitter, function, 0, function->name);
    return arena_format(emitter->arena, "    %s(%s);\n", call.name, call.arguments.bytes);
}
