#include "equations/program.h"

#include <string.h>

struct program *program_create(struct graph *graph)
{
    struct program *program = ARENA_NEW(graph_arena(graph), struct program);
    program->graph = graph;
    program->definitions = table_create(graph_arena(graph));
    program->taken = table_create(graph_arena(graph));
    return program;
}

struct equation *program_adopt(struct program *program, struct equation *equation)
{
    ARENA_PUSH(graph_arena(program->graph), program->equations, program->count, program->capacity,
               equation);
    if (!equation->update) {
        table_store(program->definitions, equation->target, equation);
    }
    program_take_name(program, equation->target->name);
    return equation;
}

struct equation *program_append(struct program *program, const struct tensor *target,
                                const struct index *const *indices, const struct node *body,
                                struct span span)
{
    struct equation *equation = ARENA_NEW(graph_arena(program->graph), struct equation);
    equation->target = target;
    for (int i = 0; i < target->rank; i++) {
        equation->indices[i] = indices[i];
    }
    equation->body = body;
    equation->span = span;
    return program_adopt(program, equation);
}

struct equation *program_find(const struct program *program, const struct tensor *tensor)
{
    return table_find(program->definitions, tensor);
}

struct program *program_copy(const struct program *program)
{
    struct program *copy = program_create(program->graph);
    copy->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = ARENA_NEW(graph_arena(program->graph), struct equation);
        *equation = *program->equations[i];
        program_adopt(copy, equation);
    }
    return copy;
}

void program_take_name(struct program *program, const char *name)
{
    if (name != NULL && table_find(program->taken, name) == NULL) {
        table_store(program->taken, names_intern_text(graph_names(program->graph), name),
                    (void *)(uintptr_t)name);
    }
}

void program_release_name(struct program *program, const char *name)
{
    table_store(program->taken, names_intern_text(graph_names(program->graph), name), NULL);
}

const char *program_fresh_name(struct program *program, const char *stem)
{
    struct names *names = graph_names(program->graph);
    const char *name = names_intern_text(names, stem);
    for (unsigned suffix = 2; table_find(program->taken, name) != NULL; suffix++) {
        name = names_intern_text(names,
                                 arena_format(graph_arena(program->graph), "%s_%u", stem, suffix));
    }
    program_take_name(program, name);
    return name;
}

/* ---- Slices ---- */

struct slicer {
    const struct program *program;
    struct arena *arena;
    struct table *needed;
    const struct tensor **stack;
    size_t count, capacity;
};

static void need(struct slicer *slicer, const struct tensor *tensor)
{
    if (table_find(slicer->needed, tensor) == NULL) {
        table_store(slicer->needed, tensor, (void *)(uintptr_t)tensor);
        ARENA_PUSH(slicer->arena, slicer->stack, slicer->count, slicer->capacity, tensor);
    }
}

struct program *program_slice(const struct program *program, const struct tensor *const *targets,
                              size_t target_count)
{
    struct slicer slicer = {.program = program, .arena = graph_arena(program->graph)};
    slicer.needed = table_create(slicer.arena);
    for (size_t i = 0; i < target_count; i++) {
        need(&slicer, targets[i]);
    }
    while (slicer.count > 0) {
        const struct equation *equation = program_find(program, slicer.stack[--slicer.count]);
        if (equation == NULL) {
            continue;
        }
        size_t node_count;
        const struct node **order = node_order(slicer.arena, &equation->body, 1, &node_count);
        for (size_t i = 0; i < node_count; i++) {
            if (order[i]->kind == NODE_LOAD) {
                need(&slicer, order[i]->tensor);
            }
        }
    }
    struct program *slice = program_create(program->graph);
    slice->taken = program->taken;
    slice->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        if (table_find(slicer.needed, program->equations[i]->target) != NULL) {
            program_adopt(slice, program->equations[i]);
        }
    }
    return slice;
}
