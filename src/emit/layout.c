#include "emit/layout.h"

#include "emit/comment.h"

#include <limits.h>
#include <string.h>

/* ---- Names ---- */

/* Dimensions known when compiling become constants, the others members of NAME_data. */
static void name_size(struct layout *layout, const struct dimension *dimension)
{
    struct emitter *emitter = layout->emitter;
    const char *name = c_names_take(emitter->names, dimension->name);
    if (dimension->known) {
        name = arena_format(emitter->arena, "%s_%s", emitter->prefix, name);
    }
    table_store(emitter->sizes, dimension, (void *)(uintptr_t)name);
}

static void name_member(struct layout *layout, const struct tensor *tensor)
{
    const char *name = c_names_take(layout->emitter->names, tensor->name);
    table_store(layout->emitter->members, tensor, (void *)(uintptr_t)name);
}

static void name_states(struct layout *layout)
{
    struct model *model = layout->model;
    layout->steps = ARENA_ARRAY(layout->emitter->arena, const char *, model->objective_count + 1);
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        layout->steps[i] = c_names_take(layout->emitter->names, "steps");
        for (size_t k = 0; k < objective->over_count; k++) {
            for (size_t s = 0; s < objective->updates[k].state_count; s++) {
                name_member(layout, objective->updates[k].states[s]);
            }
        }
    }
}

const char *member_name(const struct layout *layout, const struct tensor *tensor)
{
    return table_find(layout->emitter->members, tensor);
}

void layout_name(struct layout *layout, const struct tensor *tensor)
{
    if (member_name(layout, tensor) == NULL) {
        name_member(layout, tensor);
    }
}

bool layout_create(struct layout *layout, struct emitter *emitter, struct model *model)
{
    *layout = (struct layout){.emitter = emitter, .model = model};
    for (size_t i = 0; i < model->input_count; i++) {
        name_member(layout, model->inputs[i].tensor);
    }
    for (size_t i = 0; i < model->parameter_count; i++) {
        name_member(layout, model->parameters[i].tensor);
        layout->has_pointers = layout->has_pointers || !has_known_size(model->parameters[i].tensor);
    }
    for (size_t i = 0; i < model->dimension_count; i++) {
        name_size(layout, model->dimensions[i]);
    }
    if (model->rows != NULL) {
        layout->rows_total = c_names_take(
            emitter->names, arena_format(emitter->arena, "%s_total", model->rows->name));
    }
    if (model->draw_number != NULL) {
        layout->draw = c_names_take(emitter->names, "draw");
    }
    if (model->training != NULL) {
        layout->training = c_names_take(emitter->names, "training");
    }
    for (size_t i = 0; i < model->output_count; i++) {
        name_member(layout, model->outputs[i]);
    }
    name_states(layout);
    return true;
}

/* ---- Sizes ---- */

static bool is_known_size(const struct node *node)
{
    double value;
    if (node->kind != NODE_APPLY) {
        return node_known(node, &value);
    }
    for (int i = 0; i < node->argument_count; i++) {
        if (!is_known_size(node->arguments[i])) {
            return false;
        }
    }
    return true;
}

bool has_known_size(const struct tensor *tensor)
{
    for (int i = 0; i < tensor->rank; i++) {
        if (!is_known_size(tensor->axes[i].first) || !is_known_size(tensor->axes[i].end)) {
            return false;
        }
    }
    return true;
}

static const char *size_member(void *context, const struct dimension *dimension)
{
    struct layout *layout = context;
    const char *name = table_find(layout->emitter->sizes, dimension);
    return dimension->known ? name : arena_format(layout->emitter->arena, "data->%s", name);
}

static const struct spelling *no_tensor(void *context, const struct tensor *tensor)
{
    static const struct spelling nothing = {.text = "0", .type = TYPE_WHOLE};
    (void)context;
    (void)tensor;
    return &nothing;
}

static const char *no_index(void *context, const struct index *index)
{
    (void)context;
    (void)index;
    return "0";
}

static struct speller size_speller(struct layout *layout)
{
    return (struct speller){.arena = layout->emitter->arena,
                            .graph = layout->emitter->graph,
                            .embedding = &layout->emitter->embedding,
                            .context = layout,
                            .tensor = no_tensor,
                            .index = no_index,
                            .size = size_member};
}

static const char *size_text(struct layout *layout, const struct node *size)
{
    struct speller speller = size_speller(layout);
    struct text text = text_create(layout->emitter->arena);
    expression_append(&speller, &text, size, TYPE_WHOLE, LEVEL_ANY);
    return text.bytes;
}

const char *count_text(struct layout *layout, const struct tensor *tensor)
{
    return size_text(layout, tensor_extent(layout->emitter->graph, tensor));
}

const char *extent_text(struct layout *layout, const struct axis *axis)
{
    return size_text(layout, axis_extent(layout->emitter->graph, axis));
}

const char *checked_text(struct layout *layout, const struct amount *amount)
{
    struct speller speller = size_speller(layout);
    struct text text = text_create(layout->emitter->arena);
    amount_append(&speller, &text, amount);
    return text.bytes;
}

/* ---- Structs ---- */

static void emit_constants(struct layout *layout)
{
    struct emitter *emitter = layout->emitter;
    struct text line = text_create(emitter->arena);
    for (size_t i = 0; i < layout->model->dimension_count; i++) {
        const struct dimension *dimension = layout->model->dimensions[i];
        const char *name = table_find(emitter->sizes, dimension);
        if (dimension->known && dimension->value < INT_MAX / 2) {
            text_format(&line, "%s%s = %ld", line.length == 0 ? "enum { " : ", ", name,
                        dimension->value);
        } else if (dimension->known) {
            emit(emitter, "#define %s ((ptrdiff_t)%ld)\n", name, dimension->value);
        }
    }
    if (line.length > 0) {
        text_append(&line, " };");
        emit_line(emitter, 0, line.bytes);
        emit(emitter, "\n");
    }
}

/* The members of one struct, in two columns: declarations, and shapes as in the model. */
struct members {
    struct layout *layout;
    struct member_line {
        const char *declaration, *comment;
    } * lines;
    size_t count, capacity;
};

static void add_line(struct members *members, const char *declaration, const char *comment)
{
    struct member_line line = {declaration, comment};
    ARENA_PUSH(members->layout->emitter->arena, members->lines, members->count, members->capacity,
               line);
}

static void add_member(struct members *members, const char *type, const struct tensor *tensor,
                       bool by_pointer)
{
    struct emitter *emitter = members->layout->emitter;
    const char *name = member_name(members->layout, tensor);
    struct text line = text_create(emitter->arena), comment = text_create(emitter->arena);
    if (tensor->rank == 0 && !by_pointer) {
        text_format(&line, "%s %s;", type, name);
    } else if (by_pointer || !has_known_size(tensor)) {
        text_format(&line, "%s *%s;", type, name);
    } else {
        text_format(&line, "%s %s[%s];", type, name, count_text(members->layout, tensor));
    }
    if (tensor->rank > 0) {
        emit_shape(emitter, &comment, tensor);
    }
    if (tensor->class_count != NULL) {
        text_append(&comment, comment.length > 0 ? " in " : "in ");
        node_print(&comment, tensor->class_count);
    }
    add_line(members, line.bytes, comment.length > 0 ? comment.bytes : NULL);
}

static void emit_struct(struct members *members, const char *comment, const char *name)
{
    struct emitter *emitter = members->layout->emitter;
    size_t widest = 0;
    for (size_t i = 0; i < members->count; i++) {
        size_t width = strlen(members->lines[i].declaration);
        widest = members->lines[i].comment != NULL && width > widest ? width : widest;
    }
    emit(emitter, "/* %s */\nstruct %s_%s {\n", comment, emitter->prefix, name);
    for (size_t i = 0; i < members->count; i++) {
        const struct member_line *line = &members->lines[i];
        if (line->comment == NULL) {
            emit(emitter, "    %s\n", line->declaration);
        } else {
            emit(emitter, "    %-*s /* %s */\n", (int)widest, line->declaration, line->comment);
        }
    }
    /* A struct without members is not C. */
    emit(emitter, "%s};\n\n", members->count == 0 ? "    char nothing;\n" : "");
}

static void emit_params(struct layout *layout)
{
    struct members members = {.layout = layout};
    for (size_t i = 0; i < layout->model->parameter_count; i++) {
        add_member(&members, layout->emitter->real, layout->model->parameters[i].tensor, false);
    }
    emit_struct(&members, "What is learnt.", "params");
}

static void emit_data(struct layout *layout)
{
    struct emitter *emitter = layout->emitter;
    const struct model *model = layout->model;
    struct members members = {.layout = layout};
    for (size_t i = 0; i < model->dimension_count; i++) {
        if (!model->dimensions[i]->known) {
            const char *name = table_find(emitter->sizes, model->dimensions[i]);
            add_line(&members, arena_format(emitter->arena, "ptrdiff_t %s;", name), NULL);
        }
    }
    if (layout->rows_total != NULL) {
        add_line(&members, arena_format(emitter->arena, "ptrdiff_t %s;", layout->rows_total),
                 "the rows that those present stand for");
    }
    if (layout->draw != NULL) {
        add_line(&members, arena_format(emitter->arena, "%s %s;", emitter->real, layout->draw),
                 "a whole number: with another one other random numbers are drawn");
    }
    if (layout->training != NULL) {
        add_line(&members, arena_format(emitter->arena, "%s %s;", emitter->real, layout->training),
                 "1 in a step of training, else 0");
    }
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        const char *type = tensor->class_count != NULL ? "int" : emitter->real;
        bool pointer = tensor->rank > 0;
        add_member(&members, pointer ? arena_format(emitter->arena, "const %s", type) : type,
                   tensor, pointer);
    }
    emit_struct(&members, "What is read.", "data");
}

static void emit_state(struct layout *layout)
{
    struct emitter *emitter = layout->emitter;
    const struct model *model = layout->model;
    struct members members = {.layout = layout};
    add_line(&members, arena_format(emitter->arena, "struct %s_params gradient;", emitter->prefix),
             NULL);
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        for (size_t k = 0; k < objective->over_count; k++) {
            for (size_t s = 0; s < objective->updates[k].state_count; s++) {
                add_member(&members, emitter->real, objective->updates[k].states[s], false);
            }
        }
        add_line(&members, arena_format(emitter->arena, "ptrdiff_t %s;", layout->steps[i]), NULL);
    }
    emit_struct(&members, "What the optimiser keeps between steps.", "state");
}

void layout_emit_struct(struct layout *layout, const char *comment, const char *name,
                        const struct tensor *const *tensors, size_t count)
{
    struct members members = {.layout = layout};
    for (size_t i = 0; i < count; i++) {
        add_member(&members, layout->emitter->real, tensors[i], false);
    }
    emit_struct(&members, comment, name);
}

static void emit_outputs(struct layout *layout)
{
    const struct model *model = layout->model;
    if (model->output_count > 0) {
        layout_emit_struct(layout, "What is predicted.", "outputs",
                           (const struct tensor *const *)model->outputs, model->output_count);
    }
}

void layout_emit(struct layout *layout)
{
    emit_constants(layout);
    emit_params(layout);
    emit_data(layout);
    emit_state(layout);
    emit_outputs(layout);
}

/* ---- How functions reach the members ---- */

static struct access *add_access(struct layout *layout, struct table *accesses,
                                 const struct tensor *tensor, const char *path,
                                 const char *parameter)
{
    struct access *access = ARENA_NEW(layout->emitter->arena, struct access);
    access->tensor = tensor;
    access->path = path;
    access->parameter = parameter;
    access->narrow = tensor->kind == TENSOR_DATA && tensor->class_count != NULL;
    table_store(accesses, tensor, access);
    return access;
}

void access_one(struct layout *layout, struct table *accesses, const struct tensor *tensor,
                const char *path, const char *parameter)
{
    add_access(layout, accesses, tensor, path, parameter)->writable = true;
}

void access_params(struct layout *layout, struct table *accesses, bool writable)
{
    for (size_t i = 0; i < layout->model->parameter_count; i++) {
        const struct tensor *tensor = layout->model->parameters[i].tensor;
        const char *path =
            arena_format(layout->emitter->arena, "params->%s", member_name(layout, tensor));
        add_access(layout, accesses, tensor, path, "params")->writable = writable;
    }
}

void access_data(struct layout *layout, struct table *accesses)
{
    struct emitter *emitter = layout->emitter;
    struct model *model = layout->model;
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        const char *path = arena_format(emitter->arena, "data->%s", member_name(layout, tensor));
        add_access(layout, accesses, tensor, path, "data");
    }
    if (layout->draw != NULL) {
        add_access(layout, accesses, model->draw_number,
                   arena_format(emitter->arena, "data->%s", layout->draw), "data");
    }
    if (layout->training != NULL) {
        add_access(layout, accesses, model->training,
                   arena_format(emitter->arena, "data->%s", layout->training), "data");
    }
    if (model->row_scale != NULL && layout->rows_total != NULL) {
        const char *rows = table_find(emitter->sizes, model->rows);
        const char *format = emitter->single ? "(float)((double)data->%s / (double)data->%s)"
                                             : "(double)data->%s / (double)data->%s";
        add_access(layout, accesses, model->row_scale,
                   arena_format(emitter->arena, format, layout->rows_total, rows), "data")
            ->local = "scale";
    }
}

static const char *gradient_path(struct layout *layout, const char *base,
                                 const struct tensor *parameter)
{
    return arena_format(layout->emitter->arena, "%s%s", base, member_name(layout, parameter));
}

void access_gradient(struct layout *layout, struct table *accesses,
                     const struct objective *objective, const struct tensor *const *gradient)
{
    for (size_t i = 0; i < objective->over_count; i++) {
        add_access(layout, accesses, gradient[i],
                   gradient_path(layout, "gradient->", objective->over[i]), "gradient")
            ->writable = true;
    }
}

void access_update(struct layout *layout, struct table *accesses, const struct objective *objective,
                   size_t objective_number, size_t k)
{
    struct emitter *emitter = layout->emitter;
    const struct update *update = &objective->updates[k];
    access_params(layout, accesses, true);
    add_access(layout, accesses, update->gradient,
               gradient_path(layout, "state->gradient.", update->parameter), "state");
    for (size_t i = 0; i < update->state_count; i++) {
        const char *path =
            arena_format(emitter->arena, "state->%s", member_name(layout, update->states[i]));
        add_access(layout, accesses, update->states[i], path, "state")->writable = true;
    }
    if (objective->rate_input != NULL) {
        add_access(layout, accesses, objective->rate_input, "rate", "rate");
    }
    if (objective->step_input != NULL) {
        const char *path = arena_format(emitter->arena, "(%s)state->%s", emitter->real,
                                        layout->steps[objective_number]);
        add_access(layout, accesses, objective->step_input, path, "state")->local = "t";
    }
}
