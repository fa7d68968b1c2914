#include "emit/runtime.h"

#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which parts ---- */

static void add_part(struct emitter *emitter, struct runtime_parts *parts, const char *name)
{
    ARENA_PUSH(emitter->arena, parts->names, parts->count, parts->capacity, name);
}

static const char seldom[] = "runtime/all_seldom.c";

/* Adds the parts that a list includes, in its order; those of another list are for it to add. */
static void add_listed(struct emitter *emitter, struct runtime_parts *parts, const char *list,
                       bool normal)
{
    const struct embedded_file *all = embedded_find(list);
    static const char mark[] = "#include \"";
    const char *line = all == NULL ? "" : all->text;
    while ((line = strstr(line, mark)) != NULL) {
        line += sizeof mark - 1;
        size_t length = strcspn(line, "\"");
        const char *name = arena_format(emitter->arena, "runtime/%.*s", (int)length, line);
        if (strcmp(name, seldom) == 0) {
            continue;
        }
        add_part(emitter, parts, name);
        if (normal && strncmp(name, "runtime/random.", 15) == 0) {
            add_part(emitter, parts, name[15] == 'h' ? "runtime/normal.h" : "runtime/normal.c");
        }
    }
}

static void call_lapack(struct runtime_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->names[i], "runtime/linear_alone.c") == 0) {
            parts->names[i] = "runtime/linear_lapack.c";
        }
    }
}

struct runtime_parts runtime_trainer(struct emitter *emitter, bool normal, bool solves)
{
    struct runtime_parts parts = {0};
    add_listed(emitter, &parts, "runtime/all.c", normal);
    parts.seldom = parts.count;
    add_listed(emitter, &parts, seldom, false);
    parts.seldom_end = parts.count;
    if (solves) {
        add_listed(emitter, &parts, "runtime/all_solving.c", false);
    }
    if (emitter->options->blas) {
        call_lapack(&parts);
    }
    return parts;
}

struct runtime_parts runtime_random(struct emitter *emitter, bool normal)
{
    struct runtime_parts parts = {0};
    add_part(emitter, &parts, "runtime/random.h");
    if (normal) {
        add_part(emitter, &parts, "runtime/normal.h");
    }
    add_part(emitter, &parts, "runtime/random.c");
    if (normal) {
        add_part(emitter, &parts, "runtime/normal.c");
    }
    return parts;
}

/* ---- Copying ---- */

static bool begins_with(const char *line, const char *beginning)
{
    return strncmp(line, beginning, strlen(beginning)) == 0;
}

/* Lines that tie the parts together as files of their own. */
static bool is_dropped(const char *line, size_t length)
{
    if (line[0] != '#') {
        return false;
    }
    const char *copied_guard = "SYMGRAD_RUNTIME_";
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '"' || begins_with(line + i, copied_guard)) {
            return true;
        }
    }
    return false;
}

static void emit_part_lines(struct emitter *emitter, const char *name, bool keeps_includes)
{
    const struct embedded_file *file = embedded_find(name);
    bool blank = true; /* one empty line at most, none at the beginning */
    for (const char *line = file == NULL ? "" : file->text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool dropped =
            is_dropped(line, length) || (!keeps_includes && begins_with(line, "#include <"));
        if (!dropped && !(blank && length == 0)) {
            text_append_length(emitter->text, line, length);
            emit(emitter, "\n");
            blank = length == 0;
        }
        line += length + (line[length] == '\n');
    }
    emit(emitter, "%s", blank ? "" : "\n");
}

void runtime_emit_part(struct emitter *emitter, const char *name)
{
    emit_part_lines(emitter, name, false);
}

void runtime_emit_platform(struct emitter *emitter)
{
    emit_part_lines(emitter, "runtime/platform.h", true);
}

/* ---- System headers ---- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void gather_includes(struct emitter *emitter, struct runtime_parts *headers,
                            const char *part)
{
    static const char mark[] = "\n#include <";
    const struct embedded_file *file = embedded_find(part);
    const char *at = file == NULL ? "" : file->text;
    while ((at = strstr(at, mark)) != NULL) {
        at += sizeof mark - 1;
        add_part(emitter, headers, arena_copy(emitter->arena, at, strcspn(at, ">")));
    }
}

void runtime_emit_includes(struct emitter *emitter, const struct runtime_parts *parts,
                           const char *const *extra)
{
    struct runtime_parts headers = {0};
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->names[i], "runtime/platform.h") != 0) {
            gather_includes(emitter, &headers, parts->names[i]);
        }
    }
    for (; *extra != NULL; extra++) {
        add_part(emitter, &headers, *extra);
    }
    qsort(headers.names, headers.count, sizeof headers.names[0], compare_names);
    for (size_t i = 0; i < headers.count; i++) {
        if (i == 0 || strcmp(headers.names[i], headers.names[i - 1]) != 0) {
            emit(emitter, "#include <%s>\n", headers.names[i]);
        }
    }
    emit(emitter, "\n");
}
