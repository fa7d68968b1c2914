#include "calculus/reverse.h"

#include "calculus/adjoints.h"

/* ---- Through the program ---- */

/* Whether an adjoint is plain enough to be written out wherever it is used. */
static bool is_plain(const struct reverse *reverse, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(reverse->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD || order[i]->kind == NODE_REDUCE) {
            return false;
        }
    }
    return count <= 8;
}

static const struct tensor *adjoint_of(struct reverse *reverse, const struct tensor *primal)
{
    const char *name =
        program_fresh_name(reverse->program, arena_format(reverse->arena, "d%s", primal->name));
    struct tensor *adjoint =
        graph_tensor(reverse->graph, TENSOR_ADJOINT, name, primal->rank, primal->axes);
    adjoint->primal = primal;
    adjoint->span = primal->span;
    return adjoint;
}

static void define_adjoint(struct reverse *reverse, const struct tensor *adjoint,
                           const struct gathered *gathered)
{
    const struct node *body = gathered->sum == NULL ? node_number(reverse->graph, 0)
                                                    : node_prune(reverse->graph, gathered->sum);
    program_append(reverse->program, adjoint, gathered->indices, body, adjoint->span);
}

static const struct tensor *append_adjoint(struct reverse *reverse, const struct tensor *primal,
                                           const struct gathered *gathered)
{
    const struct tensor *adjoint = adjoint_of(reverse, primal);
    define_adjoint(reverse, adjoint, gathered);
    return adjoint;
}

/* Where an equation's element is used at all, over the equation's own indices; NULL: everywhere. */
static const struct node *used_where(struct reverse *reverse, const struct equation *equation,
                                     const struct gathered *gathered,
                                     const struct node *const *values)
{
    struct graph *graph = reverse->graph;
    if (gathered->always || gathered->uses == NULL) {
        return NULL;
    }
    const struct node *uses =
        node_substitute(graph, gathered->uses, equation->target->rank, gathered->indices, values);
    if (uses->boolean) {
        return uses;
    }
    return node_binary(graph, OPERATOR_GREATER, companion(reverse, equation, "uses", uses),
                       node_number(graph, 0));
}

/* Passes an equation's adjoint on to what it reads. `tensor` holds the adjoint; NULL: it is
 * complete by now, and gets a tensor where it is not plain. `uses`: of an equation in a recurrence,
 * what says of each element whether it is used; NULL: all are. */
static void sweep_equation(struct reverse *reverse, const struct equation *equation,
                           const struct tensor *tensor, const struct tensor *uses)
{
    struct gathered *gathered = gathered_of(reverse, equation->target);
    struct context context = {.equation = equation};
    const struct node *values[RANK_MAX];
    for (int i = 0; i < equation->target->rank; i++) {
        context.indices[i] = equation->indices[i];
        values[i] = node_index(reverse->graph, equation->indices[i]);
    }
    context.index_count = equation->target->rank;
    const struct node *adjoint;
    bool in_recurrence = tensor != NULL;
    if (tensor == NULL && is_plain(reverse, gathered->sum)) {
        adjoint = node_substitute(reverse->graph, gathered->sum, equation->target->rank,
                                  gathered->indices, values);
    } else {
        tensor = tensor == NULL ? append_adjoint(reverse, equation->target, gathered) : tensor;
        adjoint = node_load(reverse->graph, tensor, values);
    }
    if (!in_recurrence) {
        context.used = used_where(reverse, equation, gathered, values);
    } else if (uses != NULL) {
        context.used =
            node_binary(reverse->graph, OPERATOR_GREATER, node_load(reverse->graph, uses, values),
                        node_number(reverse->graph, 0));
    }
    if (equation->body->kind == NODE_REDUCE) {
        sweep_reduction(reverse, &context, adjoint);
    } else {
        sweep_expression(reverse, &context, equation->body, adjoint, contribute_leaf);
    }
}

/* The tensor that a sum of adjoints only repeats, element by element; NULL for none. */
static const struct tensor *repeated(const struct gathered *gathered, int rank)
{
    const struct node *sum = gathered->sum;
    bool same = sum != NULL && sum->kind == NODE_LOAD && sum->argument_count == rank;
    for (int i = 0; i < rank && same; i++) {
        same = sum->arguments[i]->kind == NODE_INDEX &&
               sum->arguments[i]->index == gathered->indices[i] &&
               sum->tensor->axes[i].first == gathered->indices[i]->first &&
               sum->tensor->axes[i].end == gathered->indices[i]->end;
    }
    return same ? sum->tensor : NULL;
}

static const struct node *read_original(void *context, const struct node *node)
{
    const struct reverse *reverse = context;
    const struct tensor *original =
        node->kind == NODE_LOAD ? table_find(reverse->originals, node->tensor) : NULL;
    if (original == NULL) {
        return node;
    }
    return original == node->tensor ? node_number(reverse->graph, 0)
                                    : node_load(reverse->graph, original, node->arguments);
}

/* Whether the equations [begin, end) of a recurrence are used under conditions alone, outside of
 * which they may have no finite value. */
static bool is_guarded(struct reverse *reverse, size_t begin, size_t end)
{
    bool always = false, finite = true;
    learn_what_is_finite(reverse);
    for (size_t i = begin; i < end; i++) {
        const struct equation *equation = reverse->program->equations[i];
        const struct gathered *gathered = table_find(reverse->gathered, equation->target);
        always = always || (gathered != NULL && gathered->always);
        finite = finite && table_find(reverse->finite.uncertain, equation->target) == NULL;
    }
    return !always && !finite;
}

static const struct tensor *uses_of(struct reverse *reverse, const struct tensor *target)
{
    const char *name =
        program_fresh_name(reverse->program, arena_format(reverse->arena, "%s_uses", target->name));
    struct tensor *uses =
        graph_tensor(reverse->graph, TENSOR_PART, name, target->rank, target->axes);
    uses->span = target->span;
    return uses;
}

/* What uses an element in the recurrence may itself be unused: a recurrence as well. */
static void define_uses(struct reverse *reverse, const struct tensor *uses,
                        const struct gathered *gathered)
{
    struct graph *graph = reverse->graph;
    const struct node *zero = node_number(graph, 0), *one = node_number(graph, 1);
    const struct node *body = gathered->uses == NULL ? zero : gathered->uses;
    if (gathered->always) {
        body = one;
    } else if (body->boolean) {
        body = node_select(graph, body, one, zero);
    }
    program_append(reverse->program, uses, gathered->indices, body, uses->span);
}

/* The equations [begin, end) of a recurrence need each other's adjoints: each gets its tensor
 * before any is complete. The adjoints are a recurrence in turn, in the other direction. */
static void sweep_recurrence(struct reverse *reverse, size_t begin, size_t end)
{
    const struct tensor **adjoints =
        ARENA_ARRAY(reverse->arena, const struct tensor *, end - begin + 1);
    const struct tensor **uses =
        ARENA_ARRAY(reverse->arena, const struct tensor *, end - begin + 1);
    bool reached = false, guarded = reverse->guards_recurrences && is_guarded(reverse, begin, end);
    for (size_t i = begin; i < end; i++) {
        const struct gathered *gathered =
            table_find(reverse->gathered, reverse->program->equations[i]->target);
        reached = reached || (gathered != NULL && gathered->sum != NULL);
    }
    for (size_t i = begin; i < end && reached; i++) {
        const struct tensor *target = reverse->program->equations[i]->target;
        adjoints[i - begin] = is_active(reverse, target) ? adjoint_of(reverse, target) : NULL;
        uses[i - begin] = guarded && adjoints[i - begin] != NULL ? uses_of(reverse, target) : NULL;
    }
    for (size_t i = end; i > begin && reached; i--) {
        if (adjoints[i - 1 - begin] != NULL) {
            sweep_equation(reverse, reverse->program->equations[i - 1], adjoints[i - 1 - begin],
                           uses[i - 1 - begin]);
        }
    }
    for (size_t i = end; i > begin && reached; i--) {
        const struct tensor *adjoint = adjoints[i - 1 - begin];
        if (adjoint == NULL) {
            continue;
        }
        const struct gathered *gathered =
            gathered_of(reverse, reverse->program->equations[i - 1]->target);
        const struct tensor *original = repeated(gathered, adjoint->rank);
        if (guarded) {
            define_uses(reverse, uses[i - 1 - begin], gathered);
        }
        if (gathered->sum == NULL) {
            /* Nothing that counts goes through it: it stands for 0. */
            table_store(reverse->originals, adjoint, (void *)(uintptr_t)adjoint);
        } else if (original != NULL && table_find(reverse->originals, original) == NULL) {
            table_store(reverse->originals, adjoint, (void *)(uintptr_t)original);
        } else {
            define_adjoint(reverse, adjoint, gathered);
        }
    }
}

/* Sweeps the primal equations from the last to the first. */
static void sweep_program(struct reverse *reverse)
{
    for (size_t end = reverse->program->count; end > 0;) {
        const struct equation *equation = reverse->program->equations[end - 1];
        size_t begin = recurrence_begin(reverse->program, end, 1);
        const struct gathered *gathered = table_find(reverse->gathered, equation->target);
        if (equation->recurrence != NULL) {
            sweep_recurrence(reverse, begin, end);
        } else if (gathered != NULL && gathered->sum != NULL &&
                   is_active(reverse, equation->target)) {
            sweep_equation(reverse, equation, NULL, NULL);
        }
        end = begin;
    }
}

static void mark_active(struct reverse *reverse, const struct tensor *tensor)
{
    table_store(reverse->active, tensor, (void *)(uintptr_t)tensor);
}

static bool reads_active(const struct reverse *reverse, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(reverse->arena, &equation->body, 1, &count);
    for (size_t k = 0; k < count; k++) {
        if (order[k]->kind == NODE_LOAD && is_active(reverse, order[k]->tensor)) {
            return true;
        }
    }
    return false;
}

/* In a recurrence activity goes round: it is found once nothing new is. */
static void find_active(struct reverse *reverse, const struct tensor *const *wrt, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mark_active(reverse, wrt[i]);
    }
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < reverse->program->count; i++) {
            const struct equation *equation = reverse->program->equations[i];
            if (!is_active(reverse, equation->target) && reads_active(reverse, equation)) {
                mark_active(reverse, equation->target);
                again = again || reverse->program->recurrent;
            }
        }
    }
}

static struct reverse reverse_create(struct rules *rules, struct graph *graph,
                                     struct program *program, struct diagnostics *diagnostics)
{
    struct reverse reverse = {.rules = rules,
                              .graph = graph,
                              .arena = graph_arena(graph),
                              .program = program,
                              .diagnostics = diagnostics,
                              .guards_recurrences = true};
    reverse.active = table_create(reverse.arena);
    reverse.gathered = table_create(reverse.arena);
    reverse.originals = table_create(reverse.arena);
    reverse.finite = finite_create(reverse.arena);
    reverse.primal_count = program->count;
    return reverse;
}

/* Appends the adjoints of a flat program; false where they cannot be ordered. */
static bool append_adjoints(struct reverse *reverse, const struct tensor *loss,
                            const struct tensor *const *wrt, size_t count,
                            const struct tensor **adjoints)
{
    struct program *program = reverse->program;
    find_active(reverse, wrt, count);
    gathered_of(reverse, loss)->sum = node_number(program->graph, 1);
    sweep_program(reverse);
    for (size_t i = 0; i < count; i++) {
        adjoints[i] = append_adjoint(reverse, wrt[i], gathered_of(reverse, wrt[i]));
    }
    for (size_t i = 0; i < program->count && program->recurrent; i++) {
        program->equations[i]->body =
            node_rewrite(program->graph, program->equations[i]->body, read_original, reverse);
    }
    return !program->recurrent || program_schedule(program) == NULL;
}

bool reverse_differentiate(struct rules *rules, struct program *program, const struct tensor *loss,
                           const struct tensor *const *wrt, size_t count,
                           const struct tensor **adjoints, struct diagnostics *diagnostics)
{
    program_flatten(program);
    struct program *before = program->recurrent ? program_copy(program) : NULL;
    struct reverse reverse = reverse_create(rules, program->graph, program, diagnostics);
    bool ordered = append_adjoints(&reverse, loss, wrt, count, adjoints);
    if (!ordered && !reverse.failed && reverse.guards_recurrences) {
        /* Where the conditions of a recurrence's uses are in the way, it does without. */
        before->taken = program->taken;
        *program = *before;
        reverse = reverse_create(rules, program->graph, program, diagnostics);
        reverse.guards_recurrences = false;
        ordered = append_adjoints(&reverse, loss, wrt, count, adjoints);
    }
    if (!ordered && !reverse.failed) {
        struct span nowhere = {0};
        report_error(diagnostics, nowhere, "the derivative of a recurrence cannot be ordered");
        reverse.failed = true;
    }
    return !reverse.failed;
}

/* ---- One expression ---- */

static void keep_leaf(struct sweep *sweep, const struct node *load, const struct node *adjoint)
{
    gathered_of(sweep->reverse, load->tensor)->sum = adjoint;
}

/* Puts definitions in place of the loads of what they define. */
static const struct node *read_definition(void *context, const struct node *node)
{
    const struct table *bodies = context;
    const struct equation *equation =
        node->kind == NODE_LOAD ? table_find(bodies, node->tensor) : NULL;
    return equation == NULL ? node
                            : node_substitute(node->graph, equation->body, node->argument_count,
                                              equation->indices, node->arguments);
}

/* The same for an expression with reductions: as a program, whose definitions are then put in. */
static bool reverse_with_reductions(struct rules *rules, struct graph *graph,
                                    const struct node *expression, const struct tensor *const *wrt,
                                    size_t count, const struct node **derivatives,
                                    struct diagnostics *diagnostics)
{
    struct program *program = program_create(graph);
    struct span nowhere = {0};
    const struct tensor *value = graph_tensor(graph, TENSOR_PART, "value", 0, NULL);
    const struct tensor **adjoints =
        ARENA_ARRAY(graph_arena(graph), const struct tensor *, count + 1);
    program_append(program, value, NULL, expression, nowhere);
    if (!reverse_differentiate(rules, program, value, wrt, count, adjoints, diagnostics)) {
        return false;
    }
    struct table *bodies = table_create(graph_arena(graph));
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = program->equations[i];
        equation->body = node_rewrite(graph, equation->body, read_definition, bodies);
        table_store(bodies, equation->target, equation);
    }
    for (size_t i = 0; i < count; i++) {
        derivatives[i] = program_find(program, adjoints[i])->body;
    }
    return true;
}

bool reverse_expression(struct rules *rules, struct graph *graph, const struct node *expression,
                        const struct tensor *const *wrt, size_t count,
                        const struct node **derivatives, struct diagnostics *diagnostics)
{
    if (expression->height > 0) {
        return reverse_with_reductions(rules, graph, expression, wrt, count, derivatives,
                                       diagnostics);
    }
    struct reverse reverse = reverse_create(rules, graph, program_create(graph), diagnostics);
    for (size_t i = 0; i < count; i++) {
        mark_active(&reverse, wrt[i]);
    }
    sweep_expression(&reverse, NULL, expression, node_number(graph, 1), keep_leaf);
    for (size_t i = 0; i < count; i++) {
        const struct node *sum = gathered_of(&reverse, wrt[i])->sum;
        derivatives[i] = sum == NULL ? node_number(graph, 0) : sum;
    }
    return !reverse.failed;
}
