#include "model/gradient.h"

#include "calculus/checkpoint.h"
#include "calculus/reverse.h"

/* ---- Sums over the rows of a batch ---- */

struct row_scaling {
    const struct model *model;
    struct graph *graph;
};

static bool is_size_of_rows(const struct row_scaling *scaling, const struct node *node)
{
    return node->kind == NODE_SIZE && node->dimension == scaling->model->rows;
}

static bool runs_over_rows(const struct row_scaling *scaling, const struct node *reduce)
{
    for (int i = 0; i < reduce->index_count; i++) {
        if (is_size_of_rows(scaling, reduce->indices[i]->end)) {
            return true;
        }
    }
    return false;
}

static const struct node *scale(const struct row_scaling *scaling)
{
    return node_load(scaling->graph, scaling->model->row_scale, NULL);
}

static bool is_scaled(const struct row_scaling *scaling, const struct node *node)
{
    return node->kind == NODE_APPLY && node->operation->id == OPERATOR_MULTIPLY &&
           (node->arguments[0] == scale(scaling) || node->arguments[1] == scale(scaling));
}

static const struct node *unscaled(const struct row_scaling *scaling, const struct node *product)
{
    return product->arguments[0] == scale(scaling) ? product->arguments[1] : product->arguments[0];
}

/* A number of rows in a formula is that of all rows, n * row_scale; so a sum divided by it loses
 * its scale again. */
static const struct node *scale_visit(void *context, const struct node *node)
{
    const struct row_scaling *scaling = context;
    if (node->kind == NODE_REDUCE && node->reduction->id == REDUCTION_SUM &&
        runs_over_rows(scaling, node)) {
        return node_binary(scaling->graph, OPERATOR_MULTIPLY, node, scale(scaling));
    }
    if (is_size_of_rows(scaling, node)) {
        return node_binary(scaling->graph, OPERATOR_MULTIPLY, node, scale(scaling));
    }
    if (node->kind == NODE_APPLY && node->operation->id == OPERATOR_DIVIDE &&
        is_scaled(scaling, node->arguments[0]) && is_scaled(scaling, node->arguments[1])) {
        return node_binary(scaling->graph, OPERATOR_DIVIDE, unscaled(scaling, node->arguments[0]),
                           unscaled(scaling, node->arguments[1]));
    }
    return node;
}

void program_scale_rows(const struct model *model, struct program *program)
{
    struct row_scaling scaling = {model, program->graph};
    if (model->rows == NULL) {
        return;
    }
    for (size_t i = 0; i < program->count; i++) {
        program->equations[i]->body =
            node_rewrite(program->graph, program->equations[i]->body, scale_visit, &scaling);
    }
}

/* ---- The gradient ---- */

const struct tensor **gradient_results(const struct gradient *gradient, struct arena *arena)
{
    const struct tensor **results = ARENA_ARRAY(arena, const struct tensor *, gradient->count + 1);
    results[0] = gradient->loss;
    for (size_t i = 0; i < gradient->count; i++) {
        results[i + 1] = gradient->adjoints[i];
    }
    return results;
}

struct gradient *gradient_create(struct model *model, const struct tensor *loss,
                                 struct tensor *const *over, size_t count, enum row_sums row_sums,
                                 struct diagnostics *diagnostics)
{
    struct arena *arena = graph_arena(model->graph);
    struct gradient *gradient = ARENA_NEW(arena, struct gradient);
    gradient->loss = loss;
    gradient->count = count;
    gradient->adjoints = ARENA_ARRAY(arena, const struct tensor *, count + 1);
    struct program *program = program_copy(program_slice(model->program, &loss, 1));
    for (size_t i = 0; i < model->parameter_count; i++) {
        program_take_name(program, model->parameters[i].tensor->name);
    }
    for (size_t i = 0; i < model->input_count; i++) {
        program_take_name(program, model->inputs[i].tensor->name);
    }
    if (row_sums == ROW_SUMS_SCALED) {
        program_scale_rows(model, program);
    }
    if (count > 0 &&
        !reverse_differentiate(model->rules, program, loss, (const struct tensor *const *)over,
                               count, gradient->adjoints, diagnostics)) {
        return NULL;
    }
    program_stabilize(model->rules, program);
    program_flatten(program);
    const struct tensor **targets = gradient_results(gradient, arena);
    gradient->program = program_slice(program, targets, count + 1);
    program_inline_parts(gradient->program, targets, count + 1);
    const char *wrong = program_verify(gradient->program);
    if (wrong != NULL) {
        report_error(diagnostics, loss->span, "internal error: %s", wrong);
        return NULL;
    }
    return gradient;
}

/* ---- Checkpoints ---- */

static void report_nothing_cut(const struct model *model, const struct checkpointed *made,
                               struct diagnostics *diagnostics)
{
    if (made->unknown_length) {
        struct diagnostic *diagnostic = report_error(
            diagnostics, model->checkpoint_span, "the number of steps is known only from the data");
        diagnostic_help(diagnostics, diagnostic,
                        "say how many steps lie between checkpoints, as in checkpoint = 16");
        return;
    }
    struct diagnostic *diagnostic =
        report_error(diagnostics, model->checkpoint_span, "no recurrence can be recomputed");
    if (made->obstacle != NULL) {
        diagnostic_note(diagnostics, diagnostic, made->obstacle->span,
                        "all steps of '%s' are needed at once here", made->whole->name);
    }
}

bool gradient_checkpoint(const struct model *model, struct gradient *gradient,
                         struct diagnostics *diagnostics)
{
    if (model->checkpoint == 0) {
        return true;
    }
    const struct tensor **results = gradient_results(gradient, graph_arena(model->graph));
    const struct checkpointed made =
        program_checkpoint(gradient->program, results, gradient->count + 1, model->checkpoint);
    gradient->program = made.program;
    if (!made.cut && gradient->count > 0) {
        report_nothing_cut(model, &made, diagnostics);
    }
    return made.cut || gradient->count == 0;
}
