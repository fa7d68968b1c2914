#include "plan/lower.h"

/* An expression deeper than this is cut by a local: compilers and people have their limits. */
#define EXPRESSION_DEPTH_MAX 24

/* A branch of more nodes than this becomes a statement. */
#define CONDITIONAL_NODES_MAX 24

/* ---- Steps and locals ---- */

struct step *step_create(struct lowering *lowering, enum step_kind kind)
{
    struct step *step = ARENA_NEW(lowering->arena, struct step);
    step->kind = kind;
    return step;
}

void step_push(struct lowering *lowering, struct step_list *list, struct step *step)
{
    ARENA_PUSH(lowering->arena, list->items, list->count, list->capacity, step);
}

const struct tensor *local_create(struct lowering *lowering, const char *stem)
{
    const char *name = arena_format(lowering->arena, "%s%u", stem, ++lowering->local_count);
    return graph_tensor(lowering->graph, TENSOR_LOCAL, name, 0, NULL);
}

const struct node *local_read(struct lowering *lowering, const struct tensor *local)
{
    return node_load(lowering->graph, local, NULL);
}

/* ---- Scopes ---- */

struct scope scope_open(struct lowering *lowering, struct scope *outer, const struct index *index)
{
    struct scope scope = {.index = index, .outer = outer, .branch = index == NULL};
    scope.locals = table_create(lowering->arena);
    return scope;
}

struct step *scope_close_loop(struct lowering *lowering, struct scope *scope)
{
    struct step *loop = step_create(lowering, STEP_LOOP);
    loop->index = scope->index;
    loop->first = scope->index->first;
    loop->end = scope->index->end;
    loop->body = scope->steps;
    step_push(lowering, &scope->outer->steps, loop);
    return loop;
}

/* The outermost scope, reached without leaving a branch, in which all indices of `node` run. */
static struct scope *home_of(struct scope *scope, const struct node *node)
{
    while (scope->outer != NULL && !scope->branch && !node_depends_on(node, scope->index)) {
        scope = scope->outer;
    }
    return scope;
}

static const struct node *find_local(const struct scope *scope, const struct node *node)
{
    const struct node *found = NULL;
    for (; scope != NULL && found == NULL; scope = scope->outer) {
        found = table_find(scope->locals, node);
    }
    return found;
}

/* ---- Counting ---- */

/* The operands whose evaluation hangs on another operand's value. */
static int unconditional_count(const struct node *node)
{
    if (node->kind == NODE_REDUCE) {
        return 0;
    }
    if (node->kind != NODE_APPLY) {
        return node->argument_count;
    }
    switch (node->operator->id) {
    case OPERATOR_IF:
    case OPERATOR_AND:
    case OPERATOR_OR:
        return 1;
    default:
        return node->argument_count;
    }
}

void count_uses(struct lowering *lowering, const struct node *root)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(lowering->arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        uintptr_t uses = (uintptr_t)table_find(lowering->uses, node);
        table_store(lowering->uses, node, (void *)(uses + 1));
        for (int i = 0; uses == 0 && i < node->argument_count && node->kind != NODE_REDUCE; i++) {
            ARENA_PUSH(lowering->arena, stack, depth, capacity, node->arguments[i]);
        }
    }
}

static bool is_shared(const struct lowering *lowering, const struct node *node)
{
    return (uintptr_t)table_find(lowering->uses, node) > 1;
}

/* ---- Expressions ---- */

static unsigned depth_of(struct lowering *lowering, const struct node *node)
{
    return (unsigned)(uintptr_t)table_find(lowering->depth, node);
}

static void note_depth(struct lowering *lowering, const struct node *node)
{
    unsigned depth = 0;
    for (int i = 0; i < node->argument_count; i++) {
        unsigned below = depth_of(lowering, node->arguments[i]);
        depth = below > depth ? below : depth;
    }
    table_store(lowering->depth, node, (void *)(uintptr_t)(depth + 1));
}

static bool is_leaf(const struct node *node)
{
    return node->kind == NODE_NUMBER || node->kind == NODE_SIZE || node->kind == NODE_INDEX;
}

/* The same node over lowered arguments, without the simplifier: nothing new can come up, and what
 * is a local must stay one. */
static const struct node *rebuilt(struct lowering *lowering, const struct scope *scope,
                                  const struct node *node)
{
    const struct node **arguments =
        ARENA_ARRAY(lowering->arena, const struct node *, (size_t)node->argument_count + 1);
    for (int i = 0; i < node->argument_count; i++) {
        const struct node *found = find_local(scope, node->arguments[i]);
        arguments[i] = found == NULL ? node->arguments[i] : found;
    }
    if (node->kind == NODE_LOAD) {
        const struct tensor *variable = table_find(lowering->variables, node->tensor);
        return variable != NULL ? local_read(lowering, variable)
                                : node_load(lowering->graph, node->tensor, arguments);
    }
    return node_apply(lowering->graph, node->operator->id, node->argument_count, arguments);
}

static bool is_whole(const struct node *node)
{
    return node->kind == NODE_LOAD && node->tensor->class_count != NULL;
}

static const struct node *declare(struct lowering *lowering, struct scope *scope,
                                  const struct node *value)
{
    struct step *step = step_create(lowering, STEP_DECLARE);
    step->target = local_create(lowering, "t");
    step->value = value;
    step->truth = value->boolean;
    step->whole = is_whole(value);
    step_push(lowering, &scope->steps, step);
    return local_read(lowering, step->target);
}

/* What is worth a local of its own when it can be computed further out than it is used. */
static bool is_worth_hoisting(const struct node *node)
{
    return node->kind == NODE_LOAD ||
           (node->kind == NODE_APPLY && node->operator->precedence != PRECEDENCE_NEGATION);
}

/* Subscripts and bounds are left to the C compiler: as locals they would only hide the strides. */
static bool is_index_arithmetic(const struct node *node)
{
    if (is_leaf(node)) {
        return true;
    }
    if (node->kind != NODE_APPLY ||
        (node->operator->id != OPERATOR_ADD && node->operator->id != OPERATOR_SUBTRACT &&
         node->
         operator->id != OPERATOR_MULTIPLY)) {
        return false;
    }
    return is_leaf(node->arguments[0]) && is_leaf(node->arguments[1]);
}

/* Whether a branch is short enough to be a C conditional expression, which vectorises. */
static bool is_small(struct lowering *lowering, const struct node *branch)
{
    size_t count;
    const struct node **order = node_order(lowering->arena, &branch, 1, &count);
    return count <= CONDITIONAL_NODES_MAX && order[count - 1]->height == 0;
}

/* Replaces what is known as a local inside a conditional operand; declares nothing. */
struct inlining {
    struct lowering *lowering;
    const struct scope *scope;
};

static const struct node *inline_visit(void *context, const struct node *node)
{
    struct inlining *inlining = context;
    const struct tensor *variable =
        node->kind == NODE_LOAD ? table_find(inlining->lowering->variables, node->tensor) : NULL;
    if (variable != NULL) {
        return local_read(inlining->lowering, variable);
    }
    const struct node *found = find_local(inlining->scope, node);
    return found == NULL ? node : found;
}

static const struct node *lower_inline(struct lowering *lowering, struct scope *scope,
                                       const struct node *node)
{
    struct inlining inlining = {lowering, scope};
    const struct node *known = find_local(scope, node);
    return known != NULL ? known : node_rewrite(lowering->graph, node, inline_visit, &inlining);
}

/* An `if` whose branches hold more than an operation or two becomes a statement. */
static const struct node *lower_if(struct lowering *lowering, struct scope *scope,
                                   const struct node *node)
{
    const struct node *condition = lower_node(lowering, scope, node->arguments[0]);
    if (is_small(lowering, node->arguments[1]) && is_small(lowering, node->arguments[2])) {
        return node_select(lowering->graph, condition,
                           lower_inline(lowering, scope, node->arguments[1]),
                           lower_inline(lowering, scope, node->arguments[2]));
    }
    struct step *declaration = step_create(lowering, STEP_DECLARE);
    declaration->target = local_create(lowering, "t");
    declaration->truth = node->boolean;
    step_push(lowering, &scope->steps, declaration);
    struct step *branch = step_create(lowering, STEP_IF);
    branch->value = condition;
    for (int i = 1; i < 3; i++) {
        struct scope inner = scope_open(lowering, scope, NULL);
        struct step *assignment = step_create(lowering, STEP_ASSIGN);
        assignment->target = declaration->target;
        assignment->value = lower_node(lowering, &inner, node->arguments[i]);
        step_push(lowering, &inner.steps, assignment);
        if (i == 1) {
            branch->body = inner.steps;
        } else {
            branch->otherwise = inner.steps;
        }
    }
    step_push(lowering, &scope->steps, branch);
    return local_read(lowering, declaration->target);
}

static const struct node *lower_one(struct lowering *lowering, struct scope *scope,
                                    const struct node *node)
{
    if (node->kind == NODE_REDUCE) {
        return lower_reduce(lowering, scope, node);
    }
    if (node->kind == NODE_APPLY && node->operator->id == OPERATOR_IF) {
        return lower_if(lowering, scope, node);
    }
    if (node->kind == NODE_APPLY && node->operator->id == OPERATOR_STOP) {
        return lower_inline(lowering, scope, node->arguments[0]);
    }
    if (unconditional_count(node) < node->argument_count) {
        const struct node *left = lower_node(lowering, scope, node->arguments[0]);
        return node_binary(lowering->graph, node->operator->id, left,
                           lower_inline(lowering, scope, node->arguments[1]));
    }
    return rebuilt(lowering, scope, node);
}

/* Lowers one node whose unconditional operands are lowered; remembers the result where it holds. */
static void settle(struct lowering *lowering, struct scope *scope, const struct node *node)
{
    struct scope *home = home_of(scope, node);
    const struct node *value = lower_one(lowering, home, node);
    note_depth(lowering, value);
    bool local = value->kind == NODE_LOAD && value->tensor->kind == TENSOR_LOCAL;
    bool moves = home != scope && is_worth_hoisting(value);
    bool shared = is_shared(lowering, node) && value->kind != NODE_LOAD;
    bool deep = depth_of(lowering, value) > EXPRESSION_DEPTH_MAX;
    if (!local && !is_leaf(value) && !is_index_arithmetic(value) && (moves || shared || deep)) {
        value = declare(lowering, home, value);
        note_depth(lowering, value);
    }
    table_store(home->locals, node, (void *)(uintptr_t)value);
}

const struct node *lower_node(struct lowering *lowering, struct scope *scope,
                              const struct node *root)
{
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(lowering->arena, stack, depth, capacity, root);
    while (depth > 0) {
        const struct node *node = stack[depth - 1];
        bool ready = true;
        if (is_leaf(node) || find_local(scope, node) != NULL) {
            depth--;
            continue;
        }
        for (int i = unconditional_count(node); i > 0; i--) {
            const struct node *argument = node->arguments[i - 1];
            if (!is_leaf(argument) && find_local(scope, argument) == NULL) {
                ARENA_PUSH(lowering->arena, stack, depth, capacity, argument);
                ready = false;
            }
        }
        if (ready) {
            depth--;
            settle(lowering, scope, node);
        }
    }
    return is_leaf(root) ? root : find_local(scope, root);
}
