#include <symgrad/symgrad.h>

#include "api/derivative.h"
#include "base/file.h"
#include "emit/emit.h"

#include <string.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#else
#define PACKAGE_VERSION "0"
#endif

/* Lives in its arena, with all that its calls return. Each call reads the text anew, into an arena
 * that goes with the call: so none depends on those before it, and none that failed half-way has
 * left anything behind. */
struct symgrad_model {
    const struct allocator *allocator; /* NULL: malloc and free */
    struct arena *arena;
    struct source source;
    struct symgrad_diagnostic *diagnostics;
    size_t diagnostic_count;
    const char *messages;
};

/* One call: what is asked for, and where it is worked out. */
struct call {
    struct symgrad_model *owner;
    struct arena *arena;
    struct diagnostics *diagnostics;
    const char *by;
    struct emit_options options;
};

/* What a call does with the model: its text, in either arena; NULL after an error. */
typedef const char *(*handler)(struct call *call, struct model *model);

static const struct span nowhere = {NULL, 0, 0};
static const char out_of_memory[] = "symgrad: error: out of memory\n";

/* ---- Diagnostics ---- */

static const char *keep_text(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

static struct symgrad_diagnostic keep_entry(struct arena *arena,
                                            const struct diagnostic_entry *entry)
{
    static const enum symgrad_severity severities[] = {
        [SEVERITY_ERROR] = SYMGRAD_SEVERITY_ERROR,
        [SEVERITY_WARNING] = SYMGRAD_SEVERITY_WARNING,
        [SEVERITY_NOTE] = SYMGRAD_SEVERITY_NOTE,
        [SEVERITY_HELP] = SYMGRAD_SEVERITY_HELP,
    };
    const struct source *source = entry->span.source;
    return (struct symgrad_diagnostic){
        .severity = severities[entry->severity],
        .message = keep_text(arena, entry->message),
        .path = source == NULL ? NULL : keep_text(arena, source->name),
        .line = entry->line,
        .column = entry->column,
        .begin = entry->span.begin,
        .end = entry->span.end,
    };
}

/* No diagnostics, and but for them `messages`. */
static void say_nothing(struct symgrad_model *model, const char *messages)
{
    model->diagnostics = NULL;
    model->diagnostic_count = 0;
    model->messages = messages;
}

/* What was found outlives the call. */
static void keep_diagnostics(struct symgrad_model *model, const struct diagnostics *diagnostics)
{
    size_t count;
    const struct diagnostic_entry *entries = diagnostics_list(diagnostics, &count);
    if (count == 0) {
        return;
    }
    struct text text = text_create(diagnostics->arena);
    diagnostics_append(diagnostics, &text);
    struct symgrad_diagnostic *kept = ARENA_ARRAY(model->arena, struct symgrad_diagnostic, count);
    for (size_t i = 0; i < count; i++) {
        kept[i] = keep_entry(model->arena, &entries[i]);
    }
    model->messages = keep_text(model->arena, text.bytes);
    model->diagnostics = kept;
    model->diagnostic_count = count;
}

const struct symgrad_diagnostic *symgrad_diagnostics(const struct symgrad_model *model,
                                                     size_t *count)
{
    *count = model == NULL ? 0 : model->diagnostic_count;
    return model == NULL ? NULL : model->diagnostics;
}

const char *symgrad_messages(const struct symgrad_model *model)
{
    return model == NULL ? out_of_memory : model->messages;
}

/* ---- Calls ---- */

static enum symgrad_status work(struct call *call, handler handle, const char **result)
{
    struct symgrad_model *owner = call->owner;
    call->diagnostics = diagnostics_create(call->arena);
    const char *name = call->options.name;
    struct model *model = model_read(
        call->arena, &owner->source,
        name != NULL ? name : path_stem(call->arena, owner->source.name), call->diagnostics);
    const char *text = model == NULL ? NULL : handle(call, model);
    keep_diagnostics(owner, call->diagnostics);
    *result = keep_text(owner->arena, text);
    return text == NULL ? SYMGRAD_ERROR : SYMGRAD_OK;
}

/* Either arena may run out; the jump leads here in either case. */
static enum symgrad_status run(struct call call, handler handle, const char **result)
{
    struct symgrad_model *const owner = call.owner;
    struct arena *const arena = arena_create(owner->allocator);
    enum symgrad_status status = SYMGRAD_NO_MEMORY;
    call.arena = arena;
    *result = NULL;
    say_nothing(owner, "");
    if (arena != NULL && setjmp(*arena_escape(arena)) == 0) {
        if (setjmp(*arena_escape(owner->arena)) == 0) {
            status = work(&call, handle, result);
        }
    }
    if (status == SYMGRAD_NO_MEMORY) {
        say_nothing(owner, out_of_memory);
    }
    arena_destroy(arena);
    return status;
}

/* ---- Reading ---- */

static const char *only_read(struct call *call, struct model *model)
{
    (void)call;
    (void)model;
    return "";
}

static struct symgrad_model *create(const struct allocator *allocator, const char *text,
                                    size_t length, const char *path)
{
    struct arena *const arena = arena_create(allocator);
    if (arena == NULL) {
        return NULL;
    }
    if (setjmp(*arena_escape(arena)) != 0) {
        arena_destroy(arena);
        return NULL;
    }
    struct symgrad_model *model = ARENA_NEW(arena, struct symgrad_model);
    struct allocator *kept = NULL;
    if (allocator != NULL) {
        kept = ARENA_NEW(arena, struct allocator);
        *kept = *allocator;
    }
    *model = (struct symgrad_model){
        .allocator = kept,
        .arena = arena,
        .source = {keep_text(arena, path), arena_copy(arena, text, length), length},
        .messages = "",
    };
    return model;
}

enum symgrad_status symgrad_read(const char *text, size_t length, const char *path,
                                 const struct symgrad_allocator *allocator,
                                 struct symgrad_model **result)
{
    struct allocator given = {NULL, NULL, NULL};
    if (allocator != NULL) {
        given = (struct allocator){allocator->allocate, allocator->release, allocator->context};
    }
    struct symgrad_model *model =
        create(allocator == NULL ? NULL : &given, text, length, path == NULL ? "model" : path);
    const char *ignored;
    *result = model;
    if (model == NULL) {
        return SYMGRAD_NO_MEMORY;
    }
    const enum symgrad_status status = run((struct call){.owner = model}, only_read, &ignored);
    if (status == SYMGRAD_NO_MEMORY) {
        symgrad_free(model);
        *result = NULL;
    }
    return status;
}

void symgrad_free(struct symgrad_model *model)
{
    if (model != NULL) {
        arena_destroy(model->arena);
    }
}

/* ---- Derivatives ---- */

static const char *differentiate(struct call *call, struct model *model)
{
    if (model->objective_count == 0) {
        report_error(call->diagnostics, nowhere,
                     "the model minimizes nothing: there is no loss to differentiate");
        return NULL;
    }
    struct tensor **over = NULL;
    size_t count = 0;
    const char *unknown = NULL;
    if (call->by != NULL) {
        over = parameters_listed(model, call->by, &count, &unknown);
    }
    if (unknown != NULL) {
        report_error(call->diagnostics, nowhere, "'%s' is not a parameter of the model", unknown);
        return NULL;
    }
    const struct gradient **gradients = gradients_create(model, over, count, call->diagnostics);
    if (gradients == NULL) {
        return NULL;
    }
    struct text text = text_create(call->arena);
    gradients_print(&text, model, gradients);
    return text.bytes;
}

enum symgrad_status symgrad_differentiate(struct symgrad_model *model, const char *by,
                                          const char **result)
{
    return run((struct call){.owner = model, .by = by}, differentiate, result);
}

/* ---- C ---- */

static const char *emit_file(struct call *call, struct model *model)
{
    size_t length;
    return emit_model(model, &call->options, call->diagnostics, &length);
}

enum symgrad_status symgrad_emit(struct symgrad_model *model, enum symgrad_file file,
                                 enum symgrad_real real, const char *name, const char **result)
{
    static const enum emit_what files[] = {
        [SYMGRAD_MAIN] = EMIT_MAIN, [SYMGRAD_LIB] = EMIT_LIB, [SYMGRAD_HEADER] = EMIT_HEADER};
    const struct emit_options options = {.name = name,
                                         .single = real == SYMGRAD_FLOAT,
                                         .what = files[file],
                                         .model_path = model->source.name};
    return run((struct call){.owner = model, .options = options}, emit_file, result);
}

const char *symgrad_version(void)
{
    return PACKAGE_VERSION;
}
