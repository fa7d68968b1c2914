#include "api/derivative.h"

#include "syntax/print.h"

#include <stdint.h>
#include <string.h>

/* ---- By which parameters ---- */

static struct tensor *find_parameter(const struct model *model, const char *name, size_t length)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        struct tensor *tensor = model->parameters[i].tensor;
        if (strlen(tensor->name) == length && memcmp(tensor->name, name, length) == 0) {
            return tensor;
        }
    }
    return NULL;
}

struct tensor **parameters_listed(const struct model *model, const char *list, size_t *count,
                                  const char **unknown)
{
    struct arena *arena = graph_arena(model->graph);
    struct tensor **tensors = NULL;
    size_t capacity = 0;
    *count = 0;
    for (const char *word = list; *word != '\0';) {
        const size_t length = strcspn(word, ",");
        struct tensor *tensor = find_parameter(model, word, length);
        if (tensor == NULL) {
            *unknown = arena_copy(arena, word, length);
            return NULL;
        }
        ARENA_PUSH(arena, tensors, *count, capacity, tensor);
        word += length + (word[length] == ',');
    }
    return tensors;
}

/* ---- From losses to gradients ---- */

const struct gradient **gradients_create(struct model *model, struct tensor *const *over,
                                         size_t count, struct diagnostics *diagnostics)
{
    const struct gradient **gradients =
        ARENA_ARRAY(graph_arena(model->graph), const struct gradient *, model->objective_count + 1);
    program_flatten(model->program); /* once: the objectives share what they reduce */
    for (size_t i = 0; i < model->objective_count; i++) {
        const struct objective *objective = &model->objectives[i];
        struct gradient *gradient = gradient_create(
            model, objective->loss, over != NULL ? over : objective->over,
            over != NULL ? count : objective->over_count, ROW_SUMS_PLAIN, diagnostics);
        if (gradient == NULL) {
            return NULL;
        }
        program_share(gradient->program);
        gradients[i] = gradient;
    }
    return gradients;
}

/* ---- As a program ---- */

/* What the gradient is a function of: the model's own declarations, as they were written. */
static void print_declarations(struct text *text, const struct model *model)
{
    for (size_t i = 0; i < model->statements.count; i++) {
        const struct statement *statement = model->statements.items[i];
        if (statement->kind == STATEMENT_DIM || statement->kind == STATEMENT_DATA ||
            statement->kind == STATEMENT_PARAM || statement->kind == STATEMENT_STATE) {
            print_statement(text, statement);
            text_append(text, "\n");
        }
    }
}

static void print_outputs(struct text *text, const struct gradient *gradient)
{
    for (size_t i = 0; i < gradient->count; i++) {
        text_format(text, "%s%s", i == 0 ? "\noutput " : ", ", gradient->adjoints[i]->name);
    }
    text_append(text, "\n");
}

/* The gradients of all objectives are printed as one program: what one has defined the next does
 * not define again, and different tensors have different names. */
static void keep_apart(struct arena *arena, const struct gradient *const *gradients, size_t count)
{
    struct table *defined = table_create(arena); /* name to tensor */
    for (size_t i = 0; i < count; i++) {
        struct program *program = gradients[i]->program;
        for (size_t k = 0; k < i; k++) {
            for (size_t n = 0; n < gradients[k]->program->count; n++) {
                program_take_name(program, gradients[k]->program->equations[n]->target->name);
            }
        }
        size_t kept = 0;
        for (size_t k = 0; k < program->count; k++) {
            struct tensor *tensor = (struct tensor *)(uintptr_t)program->equations[k]->target;
            const struct tensor *known = table_find(defined, tensor->name);
            if (known == tensor) {
                continue;
            }
            if (known != NULL) {
                tensor->name = program_fresh_name(program, tensor->name);
            }
            table_store(defined, tensor->name, tensor);
            program->equations[kept++] = program->equations[k];
        }
        program->count = kept;
    }
}

void gradients_print(struct text *text, const struct model *model,
                     const struct gradient *const *gradients)
{
    const size_t count = model->objective_count;
    keep_apart(text->arena, gradients, count);
    print_declarations(text, model);
    for (size_t i = 0; i < count; i++) {
        text_append(text, "\n");
        if (count > 1) {
            text_format(text, "# the derivatives of %s\n", gradients[i]->loss->name);
        }
        program_print(text, gradients[i]->program);
        print_outputs(text, gradients[i]);
    }
}
