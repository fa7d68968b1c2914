#include "model/residuals.h"

#include "calculus/forward.h"
#include "calculus/rules.h"
#include "equations/guards.h"
#include "model/prepare.h"

#include <math.h>

/* More squares than this are no fit any more. */
enum { BLOCKS_MAX = 16 };

/* One square: the sums around it, and what stands below the square. */
struct square {
    const struct index *indices[RANK_MAX];
    int index_count;
    const struct node *condition; /* where it takes part; NULL: everywhere */
    const struct node *factor;    /* not negative; NULL: 1 */
    const struct node *root;
};

struct finder {
    struct model *model;
    struct graph *graph;
    struct arena *arena;
    struct program *program;
    const struct table *from_data; /* see prepare.h */
    struct square squares[BLOCKS_MAX];
    size_t count;
};

/* ---- What can be a factor ---- */

static bool is_even(const struct node *node)
{
    return node->kind == NODE_NUMBER && fmod(node->number, 2) == 0 && node->number > 0;
}

/* What cannot be negative: numbers, sizes, squares and exponentials, and data, which as weights are
 * the user's word that they are not. */
static bool is_weight(const struct finder *finder, const struct node *node)
{
    const struct equation *equation =
        node->kind == NODE_LOAD ? program_find(finder->program, node->tensor) : NULL;
    switch (node->kind) {
    case NODE_NUMBER:
        return node->number > 0;
    case NODE_SIZE:
        return true;
    case NODE_LOAD:
        return node->tensor->kind == TENSOR_DATA ||
               (equation != NULL && reads_data_alone(finder->from_data, node) &&
                is_weight(finder, equation->body));
    case NODE_APPLY:
        break;
    default:
        return false;
    }
    switch (node->operation->id) {
    case OPERATOR_ADD:
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE:
        return is_weight(finder, node->arguments[0]) && is_weight(finder, node->arguments[1]);
    case OPERATOR_POWER:
        return reads_data_alone(finder->from_data, node->arguments[0]) &&
               (is_even(node->arguments[1]) || is_weight(finder, node->arguments[0]));
    case OPERATOR_EXP:
    case OPERATOR_ABS:
        return reads_data_alone(finder->from_data, node->arguments[0]);
    default:
        return false;
    }
}

static const struct node *times(struct graph *graph, const struct node *left,
                                const struct node *right)
{
    return left == NULL ? right : node_binary(graph, OPERATOR_MULTIPLY, left, right);
}

static const struct node *divided(struct graph *graph, const struct node *left,
                                  const struct node *right)
{
    return node_binary(graph, OPERATOR_DIVIDE, left == NULL ? node_number(graph, 1) : left, right);
}

/* ---- Finding the squares ---- */

static bool find_squares(struct finder *finder, struct square around, const struct node *node);

static bool add_square(struct finder *finder, struct square square, const struct node *root)
{
    if (finder->count == BLOCKS_MAX) {
        return false;
    }
    square.root = root;
    finder->squares[finder->count++] = square;
    return true;
}

/* A sum: of the squares that its element is made of. */
static bool find_in_sum(struct finder *finder, struct square around, const struct node *reduce)
{
    struct opened opened = node_open(finder->graph, reduce);
    if (reduce->reduction->id != REDUCTION_SUM ||
        around.index_count + reduce->index_count > RANK_MAX - 1) {
        return false;
    }
    for (int i = 0; i < reduce->index_count; i++) {
        around.indices[around.index_count++] = opened.indices[i];
    }
    around.condition = conjunction(finder->graph, around.condition, opened.condition);
    return find_squares(finder, around, opened.element);
}

/* A definition's square is found where that is read. */
static bool find_in_definition(struct finder *finder, struct square around, const struct node *load)
{
    const struct equation *equation = program_find(finder->program, load->tensor);
    return equation != NULL && equation->recurrence == NULL &&
           find_squares(finder, around,
                        node_substitute(finder->graph, equation->body, load->argument_count,
                                        equation->indices, load->arguments));
}

static bool find_in_product(struct finder *finder, struct square around, const struct node *left,
                            const struct node *right)
{
    if (left == right) {
        return add_square(finder, around, left);
    }
    if (is_weight(finder, right)) {
        const struct node *other = left;
        left = right;
        right = other;
    }
    around.factor = times(finder->graph, around.factor, left);
    return is_weight(finder, left) && find_squares(finder, around, right);
}

static bool find_in_choice(struct finder *finder, struct square around, const struct node *choice)
{
    const struct node *condition = choice->arguments[0];
    if (choice->arguments[2]->kind != NODE_NUMBER || choice->arguments[2]->number != 0) {
        return false;
    }
    around.condition = conjunction(finder->graph, around.condition, condition);
    return find_squares(finder, around, choice->arguments[1]);
}

/* x^4 is the square of x^2. */
static bool find_in_power(struct finder *finder, struct square around, const struct node *x,
                          const struct node *exponent)
{
    if (!is_even(exponent)) {
        return false;
    }
    const struct node *half = node_number(finder->graph, exponent->number / 2);
    return add_square(finder, around, node_binary(finder->graph, OPERATOR_POWER, x, half));
}

/* What depends on the data alone moves no minimum. */
static bool find_squares(struct finder *finder, struct square around, const struct node *node)
{
    if (reads_data_alone(finder->from_data, node)) {
        return true;
    }
    if (node->kind == NODE_REDUCE) {
        return find_in_sum(finder, around, node);
    }
    if (node->kind == NODE_LOAD) {
        return find_in_definition(finder, around, node);
    }
    if (node->kind != NODE_APPLY) {
        return false;
    }
    const struct node *x = node->arguments[0];
    switch (node->operation->id) {
    case OPERATOR_ADD:
        return find_squares(finder, around, x) && find_squares(finder, around, node->arguments[1]);
    case OPERATOR_MULTIPLY:
        return find_in_product(finder, around, x, node->arguments[1]);
    case OPERATOR_DIVIDE:
        around.factor = divided(finder->graph, around.factor, node->arguments[1]);
        return is_weight(finder, node->arguments[1]) && find_squares(finder, around, x);
    case OPERATOR_POWER:
        return find_in_power(finder, around, x, node->arguments[1]);
    case OPERATOR_IF:
        return find_in_choice(finder, around, node);
    default:
        return false;
    }
}

static bool finder_run(struct finder *finder, struct model *model, const struct tensor *loss)
{
    *finder =
        (struct finder){.model = model, .graph = model->graph, .arena = graph_arena(model->graph)};
    finder->program = program_copy(program_slice(model->program, &loss, 1));
    program_stabilize(model->rules, finder->program);
    finder->from_data = defined_from_data(finder->program);
    struct square whole = {0};
    return find_in_definition(finder, whole, node_load(model->graph, loss, NULL)) &&
           finder->count > 0;
}

bool is_sum_of_squares(struct model *model, const struct tensor *loss)
{
    struct finder finder;
    return finder_run(&finder, model, loss);
}

/* ---- Residuals and their slopes ---- */

/* What a square makes of something over its indices: with the root of its factor, where it takes
 * part. */
static const struct node *weighed(const struct finder *finder, const struct square *square,
                                  const struct node *node)
{
    struct graph *graph = finder->graph;
    if (square->factor != NULL) {
        node = node_binary(graph, OPERATOR_MULTIPLY,
                           node_unary(graph, OPERATOR_SQRT, square->factor), node);
    }
    return square->condition == NULL
               ? node
               : node_select(graph, square->condition, node, node_number(graph, 0));
}

static const struct tensor *append_over(const struct finder *finder, const char *stem,
                                        const struct index *const *indices, int count,
                                        const struct node *body, struct span span)
{
    struct axis axes[RANK_MAX];
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){indices[i]->first, indices[i]->end};
    }
    struct tensor *tensor = graph_tensor(finder->graph, TENSOR_PART,
                                         program_fresh_name(finder->program, stem), count, axes);
    tensor->span = span;
    program_append(finder->program, tensor, indices, body, span);
    return tensor;
}

/* The slopes of the residuals of a square by one parameter; NULL after an error. */
static const struct tensor *append_slopes(const struct finder *finder, const struct square *square,
                                          const struct node *residual,
                                          const struct tensor *parameter, struct span span,
                                          const char **wrong)
{
    struct forward *forward = forward_create(finder->model->rules, finder->program, parameter);
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    int count = parameter->rank;
    tensor_open(finder->graph, parameter, indices, subscripts);
    const struct node *slope = forward_derivative(forward, residual, subscripts, wrong);
    for (int i = 0; i < square->index_count && slope != NULL; i++) {
        indices[count++] = square->indices[i];
    }
    const char *stem = arena_format(finder->arena, "slope_%s", parameter->name);
    return slope == NULL ? NULL : append_over(finder, stem, indices, count, slope, span);
}

/* What is observed, where a root is a difference to it; NULL: it is none. */
static const struct node *observation(const struct finder *finder, const struct node *root)
{
    if (!node_is(root, OPERATOR_SUBTRACT)) {
        return NULL;
    }
    for (int i = 1; i >= 0; i--) {
        if (reads_data_alone(finder->from_data, root->arguments[i]) &&
            root->arguments[i]->kind != NODE_NUMBER) {
            return root->arguments[i];
        }
    }
    return NULL;
}

static bool append_block(struct finder *finder, const struct square *square,
                         const struct objective *objective, struct residual_block *block,
                         const char **wrong)
{
    struct span span = objective->span;
    const struct node *residual = weighed(finder, square, square->root);
    const struct node *observed = observation(finder, square->root);
    block->values =
        append_over(finder, "residual", square->indices, square->index_count, residual, span);
    block->slopes = ARENA_ARRAY(finder->arena, const struct tensor *, objective->over_count + 1);
    for (size_t k = 0; k < objective->over_count; k++) {
        const struct tensor *parameter = objective->over[k];
        if (parameter->rank + square->index_count > RANK_MAX) {
            return false;
        }
        block->slopes[k] = append_slopes(finder, square, residual, parameter, span, wrong);
        if (block->slopes[k] == NULL) {
            return false;
        }
    }
    if (observed != NULL && square->factor == NULL) {
        block->observed = append_over(finder, "observed", square->indices, square->index_count,
                                      weighed(finder, square, observed), span);
    }
    if (square->condition != NULL) {
        const struct node *taken =
            node_select(finder->graph, square->condition, node_number(finder->graph, 1),
                        node_number(finder->graph, 0));
        block->taken =
            append_over(finder, "taken", square->indices, square->index_count, taken, span);
    }
    return true;
}

/* What all squares have in common does not move the minimum. */
static void drop_common_factor(struct finder *finder)
{
    const struct node *factor = finder->squares[0].factor;
    bool common = factor != NULL && factor->free->count == 0;
    for (size_t i = 1; i < finder->count; i++) {
        common = common && finder->squares[i].factor == factor;
    }
    for (size_t i = 0; i < finder->count && common; i++) {
        finder->squares[i].factor = NULL;
    }
}

struct residuals *residuals_create(struct model *model, const struct objective *objective,
                                   struct diagnostics *diagnostics)
{
    struct finder finder;
    if (!finder_run(&finder, model, objective->loss)) {
        return NULL;
    }
    struct residuals *residuals = ARENA_NEW(finder.arena, struct residuals);
    drop_common_factor(&finder);
    residuals->blocks = ARENA_ARRAY(finder.arena, struct residual_block, finder.count);
    residuals->count = finder.count;
    for (size_t i = 0; i < finder.count; i++) {
        const char *wrong = NULL;
        if (!append_block(&finder, &finder.squares[i], objective, &residuals->blocks[i], &wrong)) {
            report_error(diagnostics, objective->span,
                         wrong == NULL ? "the residuals have too many axes"
                                       : "'%s' has no derivative by this argument",
                         wrong);
            return NULL;
        }
    }
    residuals->program = finder.program;
    return residuals;
}
