#include "emit/group.h"

#include <string.h>

void glue_head(struct functions *functions, const char *result, const char *function,
               const char *parameters)
{
    struct emitter *emitter = functions->emitter;
    emit_line(emitter, 0,
              arena_format(emitter->arena, "static %s %s_glue_%s(%s)", result, emitter->prefix,
                           function, parameters));
    emit(emitter, "{\n");
}

static bool is_placed(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (!has_known_size(group->tensors[i])) {
            return true;
        }
    }
    return false;
}

static void emit_reals(struct functions *functions, const struct group *group)
{
    struct emitter *emitter = functions->emitter;
    struct amount total = {0};
    for (size_t i = 0; i < group->count; i++) {
        if (!has_known_size(group->tensors[i])) {
            struct amount one =
                amount_of(emitter->arena, tensor_extent(emitter->graph, group->tensors[i]));
            amount_add(emitter->arena, &total, &one);
        }
    }
    emit(emitter, "/* The numbers that they need; SIZE_MAX: more than can be. */\n");
    glue_head(functions, "size_t", arena_format(emitter->arena, "%s_reals", group->stem),
              "const void *object");
    emit(emitter, "    const struct %s_data *data = (const struct %s_data *)object;\n\n",
         emitter->prefix, emitter->prefix);
    emit_line(emitter, 4,
              arena_format(emitter->arena, "return %s;", checked_text(&functions->layout, &total)));
    emit(emitter, "}\n\n");
}

static void emit_casts(struct functions *functions, const struct group *group, const char *body)
{
    struct emitter *emitter = functions->emitter;
    emit(emitter, "    struct %s_%s *%s = (struct %s_%s *)object;\n", emitter->prefix,
         group->structure, group->structure, emitter->prefix, group->structure);
    if (strstr(body, "data->") != NULL) {
        emit(emitter, "    const struct %s_data *data = (const struct %s_data *)opaque;\n\n",
             emitter->prefix, emitter->prefix);
    } else {
        emit(emitter, "\n    (void)opaque;\n");
    }
    emit(emitter, "%s}\n\n", body);
}

static void emit_place(struct functions *functions, const struct group *group)
{
    struct emitter *emitter = functions->emitter;
    struct text body = text_create(emitter->arena);
    for (size_t i = 0; i < group->count; i++) {
        if (!has_known_size(group->tensors[i])) {
            text_format(&body, "    %s = storage;\n    storage += %s;\n", group->paths[i],
                        count_text(&functions->layout, group->tensors[i]));
        }
    }
    text_append(&body, "    (void)storage;\n");
    glue_head(functions, "void", arena_format(emitter->arena, "place_%s", group->stem),
              "void *object, const void *opaque, real *storage");
    emit_casts(functions, group, body.bytes);
}

void group_emit_placing(struct functions *functions, const struct group *group)
{
    if (is_placed(group)) {
        emit_reals(functions, group);
        emit_place(functions, group);
    }
}

void group_emit_describe(struct functions *functions, const struct group *group)
{
    struct emitter *emitter = functions->emitter;
    struct text body = text_create(emitter->arena);
    for (size_t i = 0; i < group->count; i++) {
        const struct tensor *tensor = group->tensors[i];
        text_format(&body, "    fields[%zu].name = ", i);
        string_append(&body, tensor->name);
        text_format(&body, ";\n    fields[%zu].rank = %d;\n", i, tensor->rank);
        for (int k = 0; k < tensor->rank; k++) {
            text_format(&body, "    fields[%zu].extent[%d] = %s;\n", i, k,
                        extent_text(&functions->layout, &tensor->axes[k]));
        }
        text_format(&body, "    fields[%zu].values = %s%s;\n", i, tensor->rank == 0 ? "&" : "",
                    group->paths[i]);
    }
    if (group->count == 0) {
        text_format(&body, "    (void)%s;\n    (void)fields;\n", group->structure);
    }
    glue_head(functions, "void", arena_format(emitter->arena, "describe_%s", group->stem),
              "void *object, const void *opaque, struct trainer_field *fields");
    emit_casts(functions, group, body.bytes);
}

void group_emit_object(struct functions *functions, const struct group *group)
{
    struct emitter *emitter = functions->emitter;
    const char *p = emitter->prefix;
    if (is_placed(group)) {
        emit(emitter, "    {sizeof(struct %s_%s), %s_glue_%s_reals, %s_glue_place_%s},\n", p,
             group->structure, p, group->stem, p, group->stem);
    } else {
        emit(emitter, "    {sizeof(struct %s_%s), NULL, NULL},\n", p, group->structure);
    }
}
