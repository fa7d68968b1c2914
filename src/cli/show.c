#include "cli/session.h"
#include "emit/sizes.h"
#include "model/gradient.h"
#include "plan/loops.h"
#include "syntax/print.h"

#include <string.h>

static void show_ast(struct text *text, const struct model *model)
{
    for (size_t i = 0; i < model->statements.count; i++) {
        print_statement(text, model->statements.items[i]);
        text_append(text, "\n");
    }
}

static void show_tensor(struct text *text, const char *kind, const struct tensor *tensor)
{
    text_format(text, "%-8s %s", kind, tensor->name);
    for (int i = 0; i < tensor->rank; i++) {
        text_append(text, i == 0 ? "[" : ", ");
        if (!node_is_number(tensor->axes[i].first, 0)) {
            node_print(text, tensor->axes[i].first);
            text_append(text, " until ");
        }
        node_print(text, tensor->axes[i].end);
    }
    text_append(text, tensor->rank > 0 ? "]" : "");
    if (tensor->class_count != NULL) {
        text_append(text, " in ");
        node_print(text, tensor->class_count);
    }
    text_append(text, "\n");
}

static void show_shapes(struct text *text, const struct model *model)
{
    for (size_t i = 0; i < model->dimension_count; i++) {
        const struct dimension *dimension = model->dimensions[i];
        if (dimension->known) {
            text_format(text, "%-8s %s = %ld\n", "dim", dimension->name, dimension->value);
        } else {
            text_format(text, "%-8s %s, decided by the data\n", "dim", dimension->name);
        }
    }
    for (size_t i = 0; i < model->input_count; i++) {
        show_tensor(text, "data", model->inputs[i].tensor);
    }
    for (size_t i = 0; i < model->parameter_count; i++) {
        show_tensor(text, "param", model->parameters[i].tensor);
    }
    for (size_t i = 0; i < model->program->count; i++) {
        const struct tensor *target = model->program->equations[i]->target;
        if (target->kind != TENSOR_PART) {
            show_tensor(text, "defined", target);
        }
    }
}

static void show_figure(struct text *text, const char *name, const struct node *loss,
                        const struct node *gradient)
{
    struct amount amounts[] = {amount_of(text->arena, loss), amount_of(text->arena, gradient)};
    text_format(text, "%-16s ", name);
    amount_print(text, &amounts[0]);
    text_append(text, "  |  ");
    amount_print(text, &amounts[1]);
    text_append(text, "\n");
}

static void show_cost(struct text *text, struct graph *graph, const struct plan *loss,
                      const struct plan *gradient)
{
    const struct cost *a = &loss->cost, *b = &gradient->cost;
    text_format(text, "%-16s %s  |  %s\n", "", "loss", "loss and gradient");
    show_figure(text, "additions", a->additions, b->additions);
    show_figure(text, "multiplications", a->multiplications, b->multiplications);
    show_figure(text, "divisions", a->divisions, b->divisions);
    show_figure(text, "calls", a->calls, b->calls);
    show_figure(text, "others", a->others, b->others);
    show_figure(text, "operations", cost_operations(graph, a), cost_operations(graph, b));
    show_figure(text, "reals read", a->loads, b->loads);
    show_figure(text, "reals written", a->stores, b->stores);
    show_figure(text, "workspace", loss->workspace, gradient->workspace);
}

static struct plan *plan_of(struct model *model, const struct objective *objective, size_t count,
                            struct diagnostics *diagnostics, struct gradient **gradient)
{
    *gradient = gradient_create(model, objective->loss, objective->over, count, ROW_SUMS_PLAIN,
                                diagnostics);
    if (*gradient == NULL) {
        return NULL;
    }
    program_share_scalars((*gradient)->program);
    if (!gradient_checkpoint(model, *gradient, diagnostics)) {
        return NULL;
    }
    return plan_create_parallel((*gradient)->program,
                                gradient_results(*gradient, graph_arena(model->graph)), count + 1,
                                PLAN_GRAIN);
}

static int show_objective(struct session *session, struct model *model, struct text *text)
{
    if (model->objective_count == 0) {
        return session_usage("the model minimizes nothing: there is no gradient to show");
    }
    const struct objective *objective = &model->objectives[0];
    struct gradient *gradient, *loss;
    struct plan *plan =
        plan_of(model, objective, objective->over_count, session->diagnostics, &gradient);
    struct plan *loss_plan = plan_of(model, objective, 0, session->diagnostics, &loss);
    if (plan == NULL || loss_plan == NULL) {
        return session_report(session);
    }
    const char *stage = session->options->stage;
    if (strcmp(stage, "grad") == 0) {
        program_print(text, gradient->program);
    } else if (strcmp(stage, "loops") == 0) {
        plan_print(text, plan);
    } else {
        show_cost(text, model->graph, loss_plan, plan);
    }
    return STATUS_DONE;
}

int command_show(struct session *session)
{
    int status;
    const char *stage = session->options->stage;
    if (stage == NULL) {
        return session_usage("show needs a stage: --stage ast, shapes, grad, loops or cost");
    }
    struct model *model = session_model(session, &status);
    if (model == NULL) {
        return status;
    }
    struct text text = text_create(session->arena);
    if (strcmp(stage, "ast") == 0) {
        show_ast(&text, model);
    } else if (strcmp(stage, "shapes") == 0) {
        show_shapes(&text, model);
    } else if ((status = show_objective(session, model, &text)) != STATUS_DONE) {
        return status;
    }
    return session_write(session, text.bytes, text.length);
}
