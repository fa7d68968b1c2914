#include "emit/jit.h"

static void emit_data(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    const struct model *model = functions->model;
    const struct layout *layout = &functions->layout;
    size_t reals = 0, wholes = 0;
    for (size_t i = 0; i < model->dimension_count; i++) {
        if (!model->dimensions[i]->known) {
            emit(emitter, "    values.%s = sizes[%zu];\n",
                 (const char *)table_find(emitter->sizes, model->dimensions[i]), i);
            if (model->dimensions[i] == model->rows) {
                emit(emitter, "    values.%s = sizes[%zu];\n", layout->rows_total, i);
            }
        }
    }
    if (layout->draw != NULL) {
        emit(emitter, "    values.%s = 1;\n", layout->draw);
    }
    if (layout->training != NULL) {
        emit(emitter, "    values.%s = 1;\n", layout->training);
    }
    for (size_t i = 0; i < model->input_count; i++) {
        const struct tensor *tensor = model->inputs[i].tensor;
        bool whole = tensor->class_count != NULL;
        emit(emitter, "    values.%s = %s[%zu]%s;\n", member_name(layout, tensor),
             whole ? "wholes" : "reals", whole ? wholes++ : reals++,
             tensor->rank == 0 ? "[0]" : "");
    }
}

/* One line a parameter: in or out of the struct. */
static void emit_copies(struct functions *functions, bool in)
{
    struct emitter *emitter = functions->emitter;
    struct layout *layout = &functions->layout;
    for (size_t i = 0; i < functions->model->parameter_count; i++) {
        const struct tensor *tensor = functions->model->parameters[i].tensor;
        const char *name = member_name(layout, tensor);
        bool placed = !has_known_size(tensor);
        if (in && placed) {
            emit(emitter, "        p->%s = params[%zu];\n        g->%s = gradients[%zu];\n", name,
                 i, name, i);
        } else if (in && tensor->rank == 0) {
            emit(emitter, "        p->%s = *params[%zu];\n", name, i);
        } else if (in) {
            emit(emitter, "        memcpy(p->%s, params[%zu], sizeof p->%s);\n", name, i, name);
        } else if (!placed && tensor->rank == 0) {
            emit(emitter,
                 "        if (gradients[%zu] != NULL)\n"
                 "            *gradients[%zu] = g->%s;\n",
                 i, i, name);
        } else if (!placed) {
            emit(emitter,
                 "        if (gradients[%zu] != NULL)\n"
                 "            memcpy(gradients[%zu], g->%s, sizeof g->%s);\n",
                 i, i, name, name);
        }
    }
}

static void emit_entry(struct functions *functions, size_t number)
{
    struct emitter *emitter = functions->emitter;
    const char *p = emitter->prefix;
    const char *parameters[] = {
        "const ptrdiff_t *sizes",   "double *const *params", "const double *const *reals",
        "const int *const *wholes", "double *loss",          "double *const *gradients"};
    const char *head =
        arena_format(emitter->arena, "int %s", objective_function(functions, "jit", number));
    emit_signature(emitter, head, parameters, sizeof parameters / sizeof parameters[0]);
    emit(emitter, ";\n\n"
                  "/* The loss and its gradient from plain arrays; 1 when memory ran out. */\n");
    emit_signature(emitter, head, parameters, sizeof parameters / sizeof parameters[0]);
    emit(emitter,
         "\n{\n    struct %s_params *const p = (struct %s_params *)calloc(1, sizeof *p);\n"
         "    struct %s_params *const g = (struct %s_params *)calloc(1, sizeof *g);\n"
         "    struct %s_data values;\n    double *work;\n    int failed;\n\n",
         p, p, p, p, p);
    emit(emitter, "    (void)sizes;\n    (void)reals;\n    (void)wholes;\n"
                  "    memset(&values, 0, sizeof values);\n");
    emit_data(functions);
    emit(emitter,
         "    work = (double *)calloc(%s_workspace_size(&values) + 1, sizeof *work);\n"
         "    failed = p == NULL || g == NULL || work == NULL;\n    if (!failed) {\n",
         p);
    emit_copies(functions, true);
    emit(emitter, "        *loss = %s(p, &values, g, work);\n",
         objective_function(functions, "loss_grad", number));
    emit_copies(functions, false);
    emit(emitter, "    }\n    free(work);\n    free(g);\n    free(p);\n    return failed;\n}\n\n");
}

void jit_emit(struct functions *functions)
{
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        emit_entry(functions, i);
    }
}
