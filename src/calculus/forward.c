#include "calculus/forward.h"

#include "equations/guards.h"

/* The derivative of a number by variable[q]: `value` where each q[k] is what `fixed` says (NULL:
 * any value), 0 elsewhere. `value` NULL: 0 everywhere. */
struct tangent {
    const struct node *fixed[RANK_MAX];
    const struct node *value;
};

/* The tangents of a definition: over its own indices and those of the variable that are not fixed.
 */
struct tangents {
    const struct equation *equation;
    const struct tensor *tensor;        /* NULL: they are all 0 */
    const struct node *fixed[RANK_MAX]; /* over the equation's indices */
};

struct forward {
    struct rules *rules;
    struct graph *graph;
    struct arena *arena;
    struct program *program;
    const struct tensor *variable; /* NULL: the derivative is by `index` */
    const struct index *index;
    int rank; /* of the variable */
    const struct index *q[RANK_MAX];
    struct table *tangents; /* tensor to struct tangents; a tensor without has none */
    const char *wrong;      /* an operator that has no derivative */
};

/* ---- Tangents of numbers ---- */

static const struct node *q_is(const struct forward *forward, int k, const struct node *value)
{
    return node_binary(forward->graph, OPERATOR_EQUAL, value,
                       node_index(forward->graph, forward->q[k]));
}

static const struct node *zero(const struct forward *forward)
{
    return node_number(forward->graph, 0);
}

/* Says in the value what is fixed, where `keeps` does not keep it. */
static struct tangent loosen(const struct forward *forward, struct tangent tangent,
                             const bool *keeps)
{
    const struct node *condition = NULL;
    for (int k = 0; k < forward->rank; k++) {
        if (tangent.fixed[k] != NULL && !keeps[k]) {
            condition = conjunction(forward->graph, condition, q_is(forward, k, tangent.fixed[k]));
            tangent.fixed[k] = NULL;
        }
    }
    if (condition != NULL && tangent.value != NULL) {
        tangent.value = node_select(forward->graph, condition, tangent.value, zero(forward));
    }
    return tangent;
}

/* Brings two tangents to what is fixed in both alike. */
static void agree(const struct forward *forward, struct tangent *left, struct tangent *right)
{
    bool keeps[RANK_MAX];
    for (int k = 0; k < forward->rank; k++) {
        keeps[k] = left->fixed[k] == right->fixed[k];
    }
    *left = loosen(forward, *left, keeps);
    *right = loosen(forward, *right, keeps);
}

static struct tangent add(const struct forward *forward, struct tangent left, struct tangent right)
{
    if (left.value == NULL || right.value == NULL) {
        return left.value == NULL ? right : left;
    }
    agree(forward, &left, &right);
    left.value = node_binary(forward->graph, OPERATOR_ADD, left.value, right.value);
    return left;
}

static struct tangent times(const struct forward *forward, struct tangent tangent,
                            const struct node *factor)
{
    if (tangent.value != NULL) {
        tangent.value = node_binary(forward->graph, OPERATOR_MULTIPLY, tangent.value, factor);
    }
    if (tangent.value != NULL && node_is_number(tangent.value, 0)) {
        tangent.value = NULL;
    }
    return tangent;
}

static struct tangent choose(const struct forward *forward, const struct node *condition,
                             struct tangent left, struct tangent right)
{
    if (left.value == NULL && right.value == NULL) {
        return left;
    }
    if (left.value != NULL && right.value != NULL) {
        agree(forward, &left, &right);
    }
    struct tangent chosen = left.value == NULL ? right : left;
    chosen.value =
        node_select(forward->graph, condition, left.value == NULL ? zero(forward) : left.value,
                    right.value == NULL ? zero(forward) : right.value);
    return chosen;
}

/* ---- Tangents of nodes ---- */

static struct tangent of_load(const struct forward *forward, const struct node *load)
{
    struct tangent tangent = {0};
    if (load->tensor == forward->variable) {
        for (int k = 0; k < forward->rank; k++) {
            tangent.fixed[k] = load->arguments[k];
        }
        tangent.value = node_number(forward->graph, 1);
        return tangent;
    }
    const struct tangents *known = table_find(forward->tangents, load->tensor);
    if (known == NULL || known->tensor == NULL) {
        return tangent;
    }
    const struct node *subscripts[RANK_MAX];
    int count = load->argument_count;
    for (int i = 0; i < count; i++) {
        subscripts[i] = load->arguments[i];
    }
    for (int k = 0; k < forward->rank; k++) {
        if (known->fixed[k] != NULL) {
            tangent.fixed[k] =
                node_substitute(forward->graph, known->fixed[k], load->argument_count,
                                known->equation->indices, load->arguments);
        } else {
            subscripts[count++] = node_index(forward->graph, forward->q[k]);
        }
    }
    tangent.value = node_load(forward->graph, known->tensor, subscripts);
    return tangent;
}

static struct tangent tangent_of(const struct table *known, const struct node *node)
{
    const struct tangent *tangent = table_find(known, node);
    return tangent == NULL ? (struct tangent){0} : *tangent;
}

static struct tangent of_apply(struct forward *forward, const struct table *known,
                               const struct node *apply)
{
    struct tangent sum = {0};
    if (apply->operation->id == OPERATOR_IF) {
        return choose(forward, apply->arguments[0], tangent_of(known, apply->arguments[1]),
                      tangent_of(known, apply->arguments[2]));
    }
    for (int i = 0; i < apply->argument_count; i++) {
        struct tangent argument = tangent_of(known, apply->arguments[i]);
        if (argument.value == NULL) {
            continue;
        }
        const struct node *derivative = rules_derivative(forward->rules, apply, i);
        if (derivative == NULL) {
            forward->wrong = apply->operation->spelling;
            return sum;
        }
        sum = add(forward, sum, times(forward, argument, derivative));
    }
    return sum;
}

static const struct node *reduce_like(const struct forward *forward, const struct node *reduce,
                                      enum reduction_id id, const struct node *element,
                                      const struct node *condition)
{
    const struct node *own = reduce->argument_count == 2 ? reduce->arguments[1] : NULL;
    return node_reduce(forward->graph, id, reduce->index_count, reduce->indices, element,
                       conjunction(forward->graph, own, condition));
}

/* What one element's tangent counts for in the tangent of the whole: 1 in a sum, an equal share
 * among those that tie for an extreme, the product of all others in a product. */
static const struct node *share_of(const struct forward *forward, const struct node *reduce)
{
    struct graph *graph = forward->graph;
    const struct node *element = reduce->arguments[0], *one = node_number(graph, 1);
    if (reduce->reduction->id == REDUCTION_MAX || reduce->reduction->id == REDUCTION_MIN) {
        const struct node *ties = node_binary(graph, OPERATOR_EQUAL, element, reduce);
        const struct node *count = reduce_like(forward, reduce, REDUCTION_SUM, ties, NULL);
        return node_select(graph, ties, node_binary(graph, OPERATOR_DIVIDE, one, count),
                           zero(forward));
    }
    if (reduce->reduction->id == REDUCTION_SUM) {
        return one;
    }
    const struct node *is_zero = node_binary(graph, OPERATOR_EQUAL, element, zero(forward));
    const struct node *zeros = reduce_like(forward, reduce, REDUCTION_SUM, is_zero, NULL);
    return node_select(graph, node_binary(graph, OPERATOR_EQUAL, zeros, zero(forward)),
                       node_binary(graph, OPERATOR_DIVIDE, reduce, element),
                       product_of_others(graph, reduce, reduce->indices));
}

static bool depends_on_any(const struct node *node, const struct node *reduce)
{
    for (int i = 0; i < reduce->index_count; i++) {
        if (node_depends_on(node, reduce->indices[i])) {
            return true;
        }
    }
    return false;
}

/* What is fixed to a bound index becomes the condition of the sum: sum[k : k == q] e. */
static struct tangent of_reduce(struct forward *forward, const struct table *known,
                                const struct node *reduce)
{
    struct tangent element = tangent_of(known, reduce->arguments[0]);
    bool moves =
        reduce->reduction->id != REDUCTION_ARGMAX && reduce->reduction->id != REDUCTION_ARGMIN;
    if (element.value == NULL || !moves) {
        return (struct tangent){0};
    }
    element = times(forward, element, share_of(forward, reduce));
    const struct node *condition = NULL;
    for (int k = 0; k < forward->rank; k++) {
        if (element.fixed[k] != NULL && depends_on_any(element.fixed[k], reduce)) {
            condition = conjunction(forward->graph, condition, q_is(forward, k, element.fixed[k]));
            element.fixed[k] = NULL;
        }
    }
    element.value = reduce_like(forward, reduce, REDUCTION_SUM, element.value, condition);
    return element;
}

static struct tangent of_node(struct forward *forward, const struct table *known,
                              const struct node *node)
{
    switch (node->kind) {
    case NODE_INDEX:
        if (node->index == forward->index) {
            return (struct tangent){.value = node_number(forward->graph, 1)};
        }
        break;
    case NODE_LOAD:
        return of_load(forward, node);
    case NODE_APPLY:
        return of_apply(forward, known, node);
    case NODE_REDUCE:
        return of_reduce(forward, known, node);
    case NODE_NUMBER:
    case NODE_SIZE:
        break;
    }
    return (struct tangent){0};
}

static struct tangent of_expression(struct forward *forward, const struct node *expression)
{
    size_t count;
    const struct node **order = node_order(forward->arena, &expression, 1, &count);
    struct table *known = table_create(forward->arena);
    for (size_t i = 0; i < count; i++) {
        struct tangent tangent = of_node(forward, known, order[i]);
        if (tangent.value != NULL) {
            struct tangent *kept = ARENA_NEW(forward->arena, struct tangent);
            *kept = tangent;
            table_store(known, order[i], kept);
        }
    }
    return tangent_of(known, expression);
}

/* ---- Tangents of definitions ---- */

static bool depends_on_variable(const struct forward *forward, const struct node *body)
{
    size_t count;
    const struct node **order = node_order(forward->arena, &body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct tangents *known =
            order[i]->kind == NODE_LOAD ? table_find(forward->tangents, order[i]->tensor) : NULL;
        if (order[i]->kind == NODE_LOAD &&
            (order[i]->tensor == forward->variable || (known != NULL && known->tensor != NULL))) {
            return true;
        }
    }
    return false;
}

/* The tensor of an equation's tangents, and its indices: the equation's own and those left of q. */
static void create_tensor(struct forward *forward, struct tangents *tangents,
                          const struct index **indices)
{
    const struct tensor *target = tangents->equation->target;
    struct axis axes[RANK_MAX];
    int rank = 0;
    for (int i = 0; i < target->rank; i++) {
        axes[rank] = target->axes[i];
        indices[rank++] = graph_index(forward->graph, tangents->equation->indices[i]->name,
                                      target->axes[i].first, target->axes[i].end);
    }
    for (int k = 0; k < forward->rank && rank < RANK_MAX; k++) {
        if (tangents->fixed[k] == NULL) {
            axes[rank] = forward->variable->axes[k];
            indices[rank] =
                graph_index(forward->graph, forward->q[k]->name, axes[rank].first, axes[rank].end);
            rank++;
        }
    }
    const char *name =
        program_fresh_name(forward->program, arena_format(forward->arena, "d%s_d%s", target->name,
                                                          forward->variable->name));
    struct tensor *tensor = graph_tensor(forward->graph, TENSOR_PART, name, rank, axes);
    tensor->span = target->span;
    tangents->tensor = tensor;
}

static void define(struct forward *forward, struct program *program,
                   const struct tangents *tangents, const struct index *const *indices,
                   const struct node *value)
{
    const struct equation *equation = tangents->equation;
    const struct index *old[2 * RANK_MAX];
    const struct node *values[2 * RANK_MAX];
    int count = 0, left = equation->target->rank;
    for (int i = 0; i < equation->target->rank; i++) {
        old[count] = equation->indices[i];
        values[count++] = node_index(forward->graph, indices[i]);
    }
    for (int k = 0; k < forward->rank; k++) {
        old[count] = forward->q[k];
        values[count++] = tangents->fixed[k] == NULL
                              ? node_index(forward->graph, indices[left++])
                              : node_substitute(forward->graph, tangents->fixed[k],
                                                equation->target->rank, equation->indices, values);
    }
    value = node_substitute(forward->graph, value, count, old, values);
    program_append(program, tangents->tensor, indices, node_prune(forward->graph, value),
                   equation->span);
}

static struct tangents *tangents_create(struct forward *forward, const struct equation *equation)
{
    struct tangents *tangents = ARENA_NEW(forward->arena, struct tangents);
    tangents->equation = equation;
    table_store(forward->tangents, equation->target, tangents);
    return tangents;
}

static void differentiate_equation(struct forward *forward, const struct equation *equation)
{
    const struct index *indices[RANK_MAX];
    struct tangent tangent = of_expression(forward, equation->body);
    struct tangents *tangents = tangents_create(forward, equation);
    if (tangent.value == NULL) {
        return;
    }
    for (int k = 0; k < forward->rank; k++) {
        tangents->fixed[k] = tangent.fixed[k];
    }
    create_tensor(forward, tangents, indices);
    define(forward, forward->program, tangents, indices, tangent.value);
}

/* Definitions that need each other have tangents that do. */
static void differentiate_recurrence(struct forward *forward, struct equation *const *equations,
                                     size_t count)
{
    const struct index *(*indices)[RANK_MAX] =
        arena_allocate(forward->arena, count, sizeof *indices);
    const bool keeps[RANK_MAX] = {false};
    struct program *program = program_create(forward->graph);
    bool depends = false;
    for (size_t i = 0; i < count; i++) {
        depends = depends || depends_on_variable(forward, equations[i]->body);
    }
    for (size_t i = 0; i < count; i++) {
        struct tangents *tangents = tangents_create(forward, equations[i]);
        if (depends) {
            create_tensor(forward, tangents, indices[i]);
        }
    }
    for (size_t i = 0; i < count && depends; i++) {
        struct tangent tangent = loosen(forward, of_expression(forward, equations[i]->body), keeps);
        define(forward, program, table_find(forward->tangents, equations[i]->target), indices[i],
               tangent.value == NULL ? zero(forward) : tangent.value);
    }
    /* They look back as what they are derived from does. */
    program_schedule(program);
    for (size_t i = 0; i < program->count; i++) {
        program_adopt(forward->program, program->equations[i]);
    }
}

/* The tangents of all definitions that an expression needs. */
static void differentiate_definitions(struct forward *forward, const struct node *expression)
{
    size_t count, target_count = 0;
    const struct node **order = node_order(forward->arena, &expression, 1, &count);
    const struct tensor **targets = ARENA_ARRAY(forward->arena, const struct tensor *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor != forward->variable) {
            targets[target_count++] = order[i]->tensor;
        }
    }
    const struct program *needed = program_slice(forward->program, targets, target_count);
    for (size_t i = 0; i < needed->count; i++) {
        const struct equation *equation = needed->equations[i];
        size_t end = recurrence_end(needed, i, 1);
        bool known = table_find(forward->tangents, equation->target) != NULL ||
                     equation->target == forward->variable;
        if (!known && equation->recurrence != NULL) {
            differentiate_recurrence(forward, &needed->equations[i], end - i);
        } else if (!known) {
            differentiate_equation(forward, equation);
        }
        i = end - 1;
    }
}

struct forward *forward_create(struct rules *rules, struct program *program,
                               const struct tensor *variable)
{
    struct forward *forward = ARENA_NEW(graph_arena(program->graph), struct forward);
    forward->rules = rules;
    forward->graph = program->graph;
    forward->arena = graph_arena(program->graph);
    forward->program = program;
    forward->variable = variable;
    forward->rank = variable->rank;
    forward->tangents = table_create(forward->arena);
    for (int k = 0; k < variable->rank; k++) {
        forward->q[k] =
            graph_index(forward->graph, NULL, variable->axes[k].first, variable->axes[k].end);
    }
    return forward;
}

const struct node *forward_derivative(struct forward *forward, const struct node *expression,
                                      const struct node *const *subscripts, const char **wrong)
{
    const bool keeps[RANK_MAX] = {false};
    differentiate_definitions(forward, expression);
    struct tangent tangent = loosen(forward, of_expression(forward, expression), keeps);
    *wrong = forward->wrong;
    if (forward->wrong != NULL) {
        return NULL;
    }
    const struct node *value = tangent.value == NULL ? zero(forward) : tangent.value;
    return node_substitute(forward->graph, value, forward->rank, forward->q, subscripts);
}

const struct node *derivative_by_index(struct rules *rules, struct graph *graph,
                                       const struct node *expression, const struct index *index,
                                       const char **wrong)
{
    struct forward forward = {.rules = rules, .graph = graph, .arena = graph_arena(graph)};
    forward.index = index;
    forward.tangents = table_create(forward.arena);
    struct tangent tangent = of_expression(&forward, expression);
    *wrong = forward.wrong;
    return forward.wrong != NULL   ? NULL
           : tangent.value == NULL ? node_number(graph, 0)
                                   : tangent.value;
}
