#include "equations/program.h"

struct verifier {
    const struct program *program;
    struct arena *arena;
    struct table *complete; /* tensors whose equation has been met */
};

static const char *verify_load(struct verifier *verifier, const struct equation *equation,
                               const struct node *load)
{
    const struct tensor *tensor = load->tensor;
    if (load->argument_count != tensor->rank) {
        return arena_format(verifier->arena, "%s is loaded with %d subscripts, its rank is %d",
                            tensor->name, load->argument_count, tensor->rank);
    }
    const struct equation *writer = program_find(verifier->program, tensor);
    bool looks_back = writer != NULL && writer->recurrence != NULL &&
                      equation_recurrence(writer, 1) == equation_recurrence(equation, 1);
    if (writer != NULL && table_find(verifier->complete, tensor) == NULL && !equation->update &&
        !looks_back) {
        return arena_format(verifier->arena, "%s is loaded by %s before it is computed",
                            tensor->name, equation->target->name);
    }
    return NULL;
}

static const char *verify_free(struct verifier *verifier, const struct equation *equation)
{
    const struct index_set *free = equation->body->free;
    for (int i = 0; i < free->count; i++) {
        bool bound = false;
        for (int k = 0; k < equation->target->rank; k++) {
            bound = bound || equation->indices[k] == free->items[i];
        }
        if (!bound) {
            return arena_format(verifier->arena, "index %s is free in the body of %s",
                                free->items[i]->name, equation->target->name);
        }
    }
    return NULL;
}

static const char *verify_equation(struct verifier *verifier, const struct equation *equation)
{
    const char *wrong = verify_free(verifier, equation);
    size_t count;
    const struct node **order = node_order(verifier->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count && wrong == NULL; i++) {
        if (order[i]->kind == NODE_LOAD) {
            wrong = verify_load(verifier, equation, order[i]);
        }
    }
    for (int i = 0; i < equation->target->rank && wrong == NULL; i++) {
        if (equation->indices[i]->first != equation->target->axes[i].first ||
            equation->indices[i]->end != equation->target->axes[i].end) {
            wrong = arena_format(verifier->arena, "index %s of %s does not run over its axis",
                                 equation->indices[i]->name, equation->target->name);
        }
    }
    return wrong;
}

const char *program_verify(const struct program *program)
{
    struct verifier verifier = {.program = program, .arena = graph_arena(program->graph)};
    verifier.complete = table_create(verifier.arena);
    for (size_t i = 0; i < program->count; i++) {
        const char *wrong = verify_equation(&verifier, program->equations[i]);
        if (wrong != NULL) {
            return wrong;
        }
        table_store(verifier.complete, program->equations[i]->target, program->equations[i]);
    }
    return NULL;
}
