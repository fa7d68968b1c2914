#include "emit/emit.h"

#include "emit/functions.h"
#include "emit/glue.h"
#include "emit/head.h"
#include "emit/jit.h"
#include "emit/runtime.h"
#include "emit/solving.h"

#include <ctype.h>
#include <string.h>

/* ---- A file's frame ---- */

/* What tells threads apart. */
static void emit_threads_header(struct emitter *emitter, const char *functions)
{
    if (strstr(functions, "chunk_place(") != NULL) {
        emit(emitter, "#ifdef _OPENMP\n#include <omp.h>\n#endif\n\n");
    }
}

/* The headers that the model's own functions need. */
static const char *const *own_headers(struct emitter *emitter, const char *functions)
{
    const char **headers = ARENA_ARRAY(emitter->arena, const char *, 8);
    size_t count = 0;
    headers[count++] = "math.h";
    headers[count++] = "stddef.h";
    headers[count++] = "stdint.h";
    if (strstr(functions, "bool ") != NULL || strstr(functions, "true") != NULL ||
        strstr(functions, "false") != NULL) {
        headers[count++] = "stdbool.h";
    }
    bool jit = emitter->options->what == EMIT_JIT;
    if (jit || strstr(functions, "memset(") != NULL ||
        strstr(embedding_text(&emitter->embedding), "memcpy(") != NULL) {
        headers[count++] = "string.h";
    }
    if (jit) {
        headers[count++] = "stdlib.h";
    }
    return headers;
}

static bool is_header(const char *part)
{
    return part[strlen(part) - 1] == 'h';
}

static bool is_random(const char *part)
{
    return strcmp(part, "runtime/random.h") == 0 || strcmp(part, "runtime/normal.h") == 0;
}

/* ---- Kinds of file ---- */

/* What stands between the system headers and the trainer: the same in every kind of file. The glue
 * behind the trainer has loops of the model as well. */
static void emit_body(struct functions *functions, const char *text, const char *glue)
{
    struct emitter *emitter = functions->emitter;
    head_open_vectors(emitter, arena_format(emitter->arena, "%s%s", text, glue));
    emit(emitter, "%s", embedding_text(&emitter->embedding));
    layout_emit(&functions->layout);
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        solving_emit_struct(functions, i);
    }
    functions_emit_prototypes(functions);
    emit(emitter, "%s", text);
    head_close_vectors(emitter);
}

static void emit_trainer(struct functions *functions, const char *text, const char *glue)
{
    struct emitter *emitter = functions->emitter;
    bool draws = functions->draws_normal || functions->draws_uniform;
    struct runtime_parts parts =
        runtime_trainer(emitter, functions->draws_normal, has_solvers(functions->model));
    runtime_emit_platform(emitter);
    runtime_emit_includes(emitter, &parts, own_headers(emitter, text));
    emit_threads_header(emitter, text);
    for (size_t i = 0; draws && i < parts.count; i++) {
        if (is_random(parts.names[i])) {
            runtime_emit_part(emitter, parts.names[i]);
        }
    }
    emit_body(functions, text, glue);
    emit(emitter, "/* ---- The trainer: the same for every model. ---- */\n\ntypedef %s real;\n\n",
         emitter->real);
    for (size_t i = 0; i < parts.count; i++) {
        bool done = strcmp(parts.names[i], "runtime/platform.h") == 0 ||
                    (draws && is_random(parts.names[i]));
        if (i == parts.seldom) {
            head_open_seldom(emitter);
        } else if (i == parts.seldom_end) {
            head_close_seldom(emitter);
        }
        if (!done) {
            runtime_emit_part(emitter, parts.names[i]);
        }
    }
    if (parts.count > parts.seldom_end) {
        head_open_seldom(emitter);
    }
    emit(emitter, "%s\n", glue);
    head_close_seldom(emitter);
}

static void emit_library(struct functions *functions, const char *text)
{
    struct emitter *emitter = functions->emitter;
    struct runtime_parts parts = {0};
    if (functions->draws_normal || functions->draws_uniform) {
        parts = runtime_random(emitter, functions->draws_normal);
    }
    runtime_emit_includes(emitter, &parts, own_headers(emitter, text));
    emit_threads_header(emitter, text);
    for (size_t i = 0; i < parts.count; i++) {
        if (is_header(parts.names[i])) {
            runtime_emit_part(emitter, parts.names[i]);
        }
    }
    emit_body(functions, text, "");
    for (size_t i = 0; i < parts.count; i++) {
        if (!is_header(parts.names[i])) {
            runtime_emit_part(emitter, parts.names[i]);
        }
    }
    if (emitter->options->what == EMIT_JIT) {
        jit_emit(functions);
    }
}

static void emit_header(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    char *guard = arena_format(emitter->arena, "%s_H", emitter->prefix);
    for (char *at = guard; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    emit(emitter, "#ifndef %s\n#define %s\n\n#include <stddef.h>\n#include <stdint.h>\n\n", guard,
         guard);
    emit(emitter, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    layout_emit(&functions->layout);
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        solving_emit_struct(functions, i);
    }
    functions_emit_prototypes(functions);
    emit(emitter, "#ifdef __cplusplus\n}\n#endif\n\n#endif /* %s */\n", guard);
}

/* An output that is named twice is written once. */
static void unite_outputs(struct model *model)
{
    size_t kept = 0;
    for (size_t i = 0; i < model->output_count; i++) {
        bool again = false;
        for (size_t k = 0; k < kept; k++) {
            again = again || model->outputs[k] == model->outputs[i];
        }
        if (!again) {
            model->outputs[kept++] = model->outputs[i];
        }
    }
    model->output_count = kept;
}

/* Trailing empty lines say nothing. */
static char *finish(struct text *text, size_t *length)
{
    while (text->length > 1 && text->bytes[text->length - 1] == '\n' &&
           text->bytes[text->length - 2] == '\n') {
        text->bytes[--text->length] = '\0';
    }
    *length = text->length;
    return text->bytes;
}

char *emit_model(struct model *model, const struct emit_options *options,
                 struct diagnostics *diagnostics, size_t *length)
{
    struct arena *arena = graph_arena(model->graph);
    struct emitter emitter = emitter_create(arena, model->graph, model->name, options, diagnostics);
    struct text body = text_create(arena), glue = text_create(arena), file = text_create(arena);
    struct functions functions;
    unite_outputs(model);
    emitter.text = &body;
    if (!functions_plan(&functions, &emitter, model)) {
        return NULL;
    }
    /* The functions come last to be written and not first in the file: they show what to embed. */
    functions_emit(&functions);
    if (options->what == EMIT_MAIN) {
        emitter.text = &glue;
        glue_emit(&functions);
    }
    emitter.text = &file;
    head_emit(&functions);
    switch (options->what) {
    case EMIT_MAIN:
        emit_trainer(&functions, body.bytes, glue.bytes);
        break;
    case EMIT_LIB:
    case EMIT_JIT:
        emit_library(&functions, body.bytes);
        break;
    case EMIT_HEADER:
        emit_header(&functions);
        break;
    }
    return finish(&file, length);
}
