#include "emit/emit.h"

#include "emit/emitter.h"
#include "emit/function.h"
#include "emit/head.h"

#include <math.h>

static struct access *add_access(struct emitter *emitter, struct table *accesses,
                                 const struct tensor *tensor, const char *path,
                                 const char *parameter)
{
    struct access *access = ARENA_NEW(emitter->arena, struct access);
    access->tensor = tensor;
    access->path = path;
    access->parameter = parameter;
    table_store(accesses, tensor, access);
    return access;
}

/* The results as equations of a program of their own. */
static struct plan *plan_scalar(struct emitter *emitter, const struct node *const *results,
                                size_t count, const struct tensor **targets)
{
    struct program *program = program_create(emitter->graph);
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_format(emitter->arena, "results_%zu", i);
        targets[i] = graph_tensor(emitter->graph, TENSOR_DEFINED, name, 0, NULL);
        program_append(program, targets[i], NULL, results[i], (struct span){0});
    }
    program_flatten(program);
    return plan_create(program, targets, count);
}

/* Formulas of the generated names would tell nothing; the caller knows what it asked for. */
static void drop_comments(struct plan *plan)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        struct step_list *steps = &plan->parts[i].steps;
        size_t kept = 0;
        for (size_t k = 0; k < steps->count; k++) {
            if (steps->items[k]->kind != STEP_COMMENT) {
                steps->items[kept++] = steps->items[k];
            }
        }
        steps->count = kept;
    }
}

/* What lies between the results is the function's own: an expression has no workspace. */
static const char *scalar_workspace(struct emitter *emitter, const struct plan *plan)
{
    double size = 0;
    struct amount amount = amount_folded(emitter->arena, plan->workspace);
    for (size_t i = 0; i < amount.count; i++) {
        size += amount.terms[i].count == 0 ? amount.terms[i].coefficient : (double)NAN;
    }
    return size == 0 ? NULL
                     : arena_format(emitter->arena, "    %s work[%.0f];\n", emitter->real, size);
}

char *emit_scalar(struct graph *graph, const struct tensor *const *variables, size_t variable_count,
                  const struct node *const *results, size_t result_count,
                  const struct emit_options *options, struct diagnostics *diagnostics,
                  size_t *length)
{
    struct arena *arena = graph_arena(graph);
    struct emitter emitter = emitter_create(arena, graph, "scalar", options, diagnostics);
    struct text body = text_create(arena), file = text_create(arena);
    const struct tensor **targets = ARENA_ARRAY(arena, const struct tensor *, result_count + 1);
    struct plan *plan = plan_scalar(&emitter, results, result_count, targets);
    const struct c_parameter parameters[] = {
        {"at", arena_format(arena, "const %s *at", emitter.real)},
        {"results", arena_format(arena, "%s *results", emitter.real)}};
    struct function function = {.name = arena_format(arena, "%s_evaluate", emitter.prefix),
                                .parameters = parameters,
                                .parameter_count = 2,
                                .plan = plan,
                                .accesses = table_create(arena)};
    drop_comments(plan);
    for (size_t i = 0; i < variable_count; i++) {
        add_access(&emitter, function.accesses, variables[i], arena_format(arena, "at[%zu]", i),
                   "at");
    }
    for (size_t i = 0; i < result_count; i++) {
        add_access(&emitter, function.accesses, targets[i], arena_format(arena, "results[%zu]", i),
                   "results")
            ->writable = true;
    }
    function.declarations = scalar_workspace(&emitter, plan);
    function.owns_work = true;
    emitter.text = &body;
    function_emit(&emitter, &function);
    emitter.text = &file;
    emit(&emitter, "#include <math.h>\n#include <stdbool.h>\n#include <stddef.h>\n"
                   "#include <stdint.h>\n#include <string.h>\n\n");
    head_open_vectors(&emitter, body.bytes);
    emit(&emitter, "%s", embedding_text(&emitter.embedding));
    emit(&emitter, "void %s(const %s *at, %s *results);\n\n", function.name, emitter.real,
         emitter.real);
    emit(&emitter, "%s", body.bytes);
    head_close_vectors(&emitter);
    *length = file.length;
    return file.bytes;
}
