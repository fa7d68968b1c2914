#include "plan/nodes.h"

#include "equations/affine.h"
#include "equations/fold.h"

#include <math.h>

bool node_multiplies_loads(const struct node *node)
{
    return node_is(node, OPERATOR_MULTIPLY) && node->argument_count == 2 &&
           node->arguments[0]->kind == NODE_LOAD && node->arguments[1]->kind == NODE_LOAD;
}

bool load_is_chosen_along(const struct node *node, const struct index *index)
{
    int last = node->kind == NODE_LOAD ? node->argument_count - 1 : 0;
    if (last < 1 || !node_is_index(node->arguments[last], index)) {
        return false;
    }
    for (int axis = 0; axis < last; axis++) {
        struct affine affine = affine_of(node->arguments[axis]);
        if (!affine.valid) {
            return true;
        }
        for (int i = 0; i < affine.count; i++) {
            if (affine.terms[i].atom->kind == NODE_LOAD) {
                return true;
            }
        }
    }
    return false;
}

bool node_is_index(const struct node *node, const struct index *index)
{
    return node->kind == NODE_INDEX && node->index == index;
}

const struct index *common_index(struct graph *graph, struct table *common,
                                 const struct index *const *others, int count,
                                 const struct index *index)
{
    uint64_t range = (uint64_t)index->first->id << 32 | index->end->id, number = 0;
    for (int i = 0; i < count; i++) {
        number += others[i]->first == index->first && others[i]->end == index->end;
    }
    const void *key = (const void *)(uintptr_t)(hash_mix(range, number) | 1);
    struct index *found = table_find(common, key);
    if (found == NULL) {
        found = graph_index(graph, index->name, index->first, index->end);
        table_store(common, key, found);
    }
    return found->first == index->first && found->end == index->end ? found : index;
}

bool node_is_index_arithmetic(const struct node *node)
{
    enum { SMALL = 32 };
    const struct node *stack[SMALL];
    int depth = 0, steps = 0;
    stack[depth++] = node;
    while (depth > 0) {
        node = stack[--depth];
        bool sum = node_is(node, OPERATOR_ADD) || node_is(node, OPERATOR_SUBTRACT) ||
                   node_is(node, OPERATOR_MULTIPLY) || node_is(node, OPERATOR_NEGATE);
        bool leaf = node->kind == NODE_INDEX || node->kind == NODE_SIZE ||
                    (node->kind == NODE_NUMBER && node->number == rint(node->number) &&
                     fabs(node->number) < 0x1p52);
        if (!leaf && (!sum || ++steps + 2 > SMALL)) {
            return false;
        }
        for (int i = 0; i < node->argument_count; i++) {
            stack[depth++] = node->arguments[i];
        }
    }
    return true;
}

/* Whether a node is made of whole numbers; `divided`: and of quotients of them. */
static bool is_of_wholes(const struct node *node, bool divided)
{
    if (node->kind != NODE_APPLY) {
        return node->kind == NODE_INDEX || node->kind == NODE_SIZE ||
               (node->kind == NODE_NUMBER && node->number == rint(node->number) &&
                fabs(node->number) < 0x1p52);
    }
    switch (node->operation->id) {
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_MULTIPLY:
    case OPERATOR_NEGATE:
    case OPERATOR_MIN:
    case OPERATOR_MAX:
        return true;
    case OPERATOR_DIVIDE:
        return divided;
    case OPERATOR_FLOOR:
    case OPERATOR_CEIL:
    case OPERATOR_ROUND:
    case OPERATOR_TRUNC:
        return !divided;
    default:
        return false;
    }
}

bool node_is_whole(const struct node *node)
{
    enum { SMALL = 64 };
    struct item {
        const struct node *node;
        bool divided; /* under a rounding */
    } stack[SMALL] = {{node, false}};
    int depth = 1, steps = 0;
    while (depth > 0) {
        struct item item = stack[--depth];
        if (!is_of_wholes(item.node, item.divided) || ++steps > SMALL ||
            depth + item.node->argument_count > SMALL) {
            return false;
        }
        bool rounds = item.node->kind == NODE_APPLY && item.node->argument_count == 1 &&
                      !node_is(item.node, OPERATOR_NEGATE);
        for (int i = 0; i < item.node->argument_count; i++) {
            stack[depth++] = (struct item){item.node->arguments[i], item.divided || rounds};
        }
    }
    return true;
}

bool node_is_expensive(const struct node *node)
{
    if (node->kind != NODE_APPLY) {
        return false;
    }
    switch (node->operation->id) {
    case OPERATOR_ABS:
    case OPERATOR_SIGN:
    case OPERATOR_MAX:
    case OPERATOR_MIN:
    case OPERATOR_FLOOR:
    case OPERATOR_CEIL:
    case OPERATOR_ROUND:
    case OPERATOR_TRUNC:
    case OPERATOR_STOP:
    case OPERATOR_ANCHOR:
    case OPERATOR_STEP:
    case OPERATOR_FLAT:
    case OPERATOR_RELU:
    case OPERATOR_RATIO0:
    case OPERATOR_TIMES0:
    case OPERATOR_SQRT:
    case OPERATOR_SQRT0:
        return false;
    case OPERATOR_POWER:
        return node->arguments[1]->kind != NODE_NUMBER;
    default:
        return node->operation->precedence == PRECEDENCE_CALL;
    }
}

bool node_picks_values(struct arena *arena, const struct node *condition, const struct index *index)
{
    size_t count;
    if (!condition->boolean || condition->kind != NODE_APPLY || condition->free->count != 1 ||
        condition->free->items[0] != index) {
        return false;
    }
    bool linear = true;
    for (int i = 0; i < condition->argument_count; i++) {
        linear = linear && node_is_index_arithmetic(condition->arguments[i]);
    }
    const struct node **order = node_order(arena, &condition, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD || order[i]->kind == NODE_REDUCE) {
            return false;
        }
    }
    return !linear;
}

const struct node *tensor_size(struct graph *graph, const struct tensor *tensor)
{
    const struct node *size = node_number(graph, 1);
    for (int i = 0; i < tensor->rank; i++) {
        const struct axis *axis = &tensor->axes[i];
        const struct node *extent =
            affine_normalize(graph, node_binary(graph, OPERATOR_SUBTRACT, axis->end, axis->first));
        size = i == 0 ? extent : node_binary(graph, OPERATOR_MULTIPLY, size, extent);
    }
    return size;
}

bool size_known(struct graph *graph, const struct node *size, double *value)
{
    return node_known(size, value) ||
           (size->kind == NODE_APPLY && node_constant(graph, size, value));
}

bool index_is_open(const struct index *index)
{
    return index->end->kind == NODE_SIZE && !index->end->dimension->known;
}

bool index_has_few_values(struct graph *graph, const struct index *index, long most, long *first,
                          long *end)
{
    double low, high;
    if (!size_known(graph, index->first, &low) || !size_known(graph, index->end, &high) ||
        high - low > (double)most) {
        return false;
    }
    *first = (long)low;
    *end = (long)high;
    return true;
}
