/* Powers whose exponent runs with a loop, as the t^j of a polynomial, are products of those before.
 *
 * Where the base stays the same in the loop, a row of its powers is filled before: one by one from
 * those 1, 2, 4, ... STRIDE before, so that C compilers make vector code of it and no
 * multiplication waits long for another. The loop reads the row, and stays as regular as it was.
 * What is lost in accuracy is no more than what half a unit in the last place of the base comes to.
 */
#include "equations/affine.h"
#include "plan/lower.h"
#include "plan/nodes.h"

/* Fewer powers are not worth a row; more would leave the accuracy of a call of pow. */
enum { POWERS_LEAST = 4, POWERS_MOST = 1024, STRIDE = 16 };

/* The powers of a base with the exponents of [first, end), at hand in a scope. */
struct powers {
    const struct node *base;
    long first, end;
    struct scope *scope;
    const struct tensor *tensor;
    const struct powers *next; /* of the same base */
};

/* ---- Which ---- */

/* The loop that an exponent runs with; NULL: more than one, or not step by step. */
static struct scope *loop_of_exponent(const struct lowering *lowering, const struct node *exponent,
                                      struct powers *powers)
{
    if (exponent->free->count != 1) {
        return NULL;
    }
    const struct index *index = exponent->free->items[0];
    const struct node *atom = node_index(lowering->graph, index);
    struct affine affine = affine_of(exponent);
    double first, end;
    if (!affine.valid || affine.count != 1 || affine_coefficient(&affine, atom) != 1 ||
        !size_known(lowering->graph, index->first, &first) ||
        !size_known(lowering->graph, index->end, &end)) {
        return NULL;
    }
    bool many = end - first >= POWERS_LEAST && end - first <= POWERS_MOST;
    powers->first = (long)first + affine.constant;
    powers->end = (long)end + affine.constant;
    return many && powers->first >= 0 ? table_find(lowering->loop_scopes, index) : NULL;
}

static bool is_there(const struct lowering *lowering, const struct node *node,
                     const struct node *written, struct scope *scope)
{
    const struct site *site = site_of(lowering, node);
    struct scope *home = NULL;
    if (site != NULL) {
        home = site->at;
    } else if (node->kind == NODE_LOAD) {
        home = table_find(lowering->homes, node->tensor);
    } else if (node->free->count > 0) {
        return false;
    }
    return (written->kind == NODE_NUMBER ||
            (written->kind == NODE_LOAD && written->tensor->kind == TENSOR_LOCAL)) &&
           (home == NULL || scope_common(home, scope) == home);
}

/* ---- Filling the row ---- */

static const struct node *power_of(struct lowering *lowering, const struct powers *powers,
                                   const struct node *exponent)
{
    return node_load(lowering->graph, powers->tensor, &exponent);
}

static void set_power(struct lowering *lowering, const struct powers *powers,
                      struct step_list *list, const struct node *exponent, const struct node *value)
{
    struct step *step = step_create(lowering, STEP_STORE);
    step->target = powers->tensor;
    step->subscripts[0] = exponent;
    step->value = value;
    step_push(lowering, list, step);
}

/* powers[exponent] is the one so many before, times a factor. */
static void multiply(struct lowering *lowering, const struct powers *powers, struct step_list *list,
                     const struct node *exponent, long before, const struct node *factor)
{
    const struct node *earlier = affine_normalize(
        lowering->graph, node_binary(lowering->graph, OPERATOR_ADD, exponent,
                                     node_number(lowering->graph, (double)-before)));
    set_power(lowering, powers, list, exponent,
              node_binary(lowering->graph, OPERATOR_MULTIPLY, power_of(lowering, powers, earlier),
                          factor));
}

/* The exponents of [first, end). */
static void fill(struct lowering *lowering, const struct powers *powers, long first, long end,
                 long before, const struct node *factor)
{
    struct graph *graph = lowering->graph;
    const struct node *begin = node_number(graph, (double)first);
    if (end - first == 1) {
        multiply(lowering, powers, &powers->scope->steps, begin, before, factor);
        return;
    }
    struct step *loop = step_create(lowering, STEP_LOOP);
    loop->first = begin;
    loop->end = node_number(graph, (double)end);
    loop->index = graph_index(graph, "j", loop->first, loop->end);
    loop->carries = true;
    multiply(lowering, powers, &loop->body, node_index(graph, loop->index), before, factor);
    step_push(lowering, &powers->scope->steps, loop);
}

static const struct node *square(struct lowering *lowering, struct scope *scope,
                                 const struct node *factor)
{
    const struct tensor *variable = local_create(lowering, "t");
    declare(lowering, &scope->steps, variable,
            node_binary(lowering->graph, OPERATOR_MULTIPLY, factor, factor));
    return local_read(lowering, variable);
}

static void fill_row(struct lowering *lowering, const struct powers *powers)
{
    const struct node *first = node_number(lowering->graph, (double)powers->first);
    const struct node *factor = powers->base;
    long before = 1, next = powers->first + 1;
    set_power(lowering, powers, &powers->scope->steps, first,
              powers->first == 0 ? node_number(lowering->graph, 1)
              : powers->first == 1
                  ? powers->base
                  : node_binary(lowering->graph, OPERATOR_POWER, powers->base, first));
    while (next < powers->end) {
        bool last = before == STRIDE || next + before >= powers->end;
        long end = last ? powers->end : next + before;
        fill(lowering, powers, next, end, before, factor);
        next = end;
        if (!last) {
            before *= 2;
            factor = square(lowering, powers->scope, factor);
        }
    }
}

static const struct powers *create(struct lowering *lowering, const struct powers *wanted)
{
    struct tree *tree = lowering->tree;
    struct powers *powers = ARENA_NEW(lowering->arena, struct powers);
    struct row *row = ARENA_NEW(lowering->arena, struct row);
    const struct axis axis = {node_number(lowering->graph, (double)wanted->first),
                              node_number(lowering->graph, (double)wanted->end)};
    const char *name =
        arena_format(graph_arena(lowering->graph), "powers%u", ++lowering->local_count);
    *powers = *wanted;
    powers->tensor = graph_tensor(lowering->graph, TENSOR_PART, name, 1, &axis);
    powers->next = table_find(lowering->powers, powers->base);
    table_store(lowering->powers, powers->base, powers);
    *row = (struct row){.tensor = powers->tensor, .scope = powers->scope};
    ARENA_PUSH(tree->arena, tree->rows, tree->row_count, tree->row_capacity, row);
    fill_row(lowering, powers);
    return powers;
}

const struct node *lower_power(struct lowering *lowering, const struct node *node,
                               const struct node *base, const struct node *exponent)
{
    struct powers wanted = {.base = base};
    struct scope *loop = loop_of_exponent(lowering, exponent, &wanted);
    if (loop == NULL || !is_there(lowering, node->arguments[0], base, loop->outer)) {
        return NULL;
    }
    wanted.scope = loop->outer;
    const struct powers *powers = table_find(lowering->powers, base);
    while (powers != NULL && (powers->scope != wanted.scope || powers->first != wanted.first ||
                              powers->end != wanted.end)) {
        powers = powers->next;
    }
    powers = powers == NULL ? create(lowering, &wanted) : powers;
    return power_of(lowering, powers, exponent);
}
