#include "plan/cut.h"

#include "equations/affine.h"
#include "plan/outlook.h"

/* Each stretch is a copy of the loop's body. */
enum { CUTS_MAX = 2, STEPS_MAX = 12 };

struct cutter {
    struct graph *graph;
    struct arena *arena;
    const struct step *loop;
    const struct node *cuts[CUTS_MAX]; /* in ascending order, inside of the range */
    size_t count;
    bool other; /* there are more */
};

static const struct node *plus(const struct cutter *cutter, const struct node *node, long offset)
{
    return affine_normalize(cutter->graph, node_binary(cutter->graph, OPERATOR_ADD, node,
                                                       node_number(cutter->graph, (double)offset)));
}

static void add_cut(struct cutter *cutter, const struct node *cut)
{
    size_t place = 0;
    if (!affine_proves_below(cutter->loop->first, cut) ||
        !affine_proves_below(cut, cutter->loop->end)) {
        return;
    }
    while (place < cutter->count && affine_proves_at_most(cutter->cuts[place], cut)) {
        if (cutter->cuts[place++] == cut) {
            return;
        }
    }
    if (cutter->count == CUTS_MAX ||
        (place < cutter->count && !affine_proves_at_most(cut, cutter->cuts[place]))) {
        cutter->other = true;
        return;
    }
    for (size_t i = cutter->count++; i > place; i--) {
        cutter->cuts[i] = cutter->cuts[i - 1];
    }
    cutter->cuts[place] = cut;
}

/* The value of the index at which the operands are equal; NULL where it depends on the index. */
static const struct node *solve(const struct cutter *cutter, const struct node *comparison,
                                bool *rises)
{
    const struct node *atom = node_index(cutter->graph, cutter->loop->index);
    struct affine difference =
        affine_add(affine_of(comparison->arguments[0]), affine_of(comparison->arguments[1]), -1);
    long coefficient = affine_coefficient(&difference, atom);
    if (!difference.valid || (coefficient != 1 && coefficient != -1)) {
        return NULL;
    }
    struct affine rest = affine_add(difference, affine_of(atom), -coefficient);
    rest = affine_add((struct affine){.valid = true}, rest, -coefficient);
    *rises = coefficient == 1;
    const struct node *value = rest.valid ? affine_node(cutter->graph, &rest) : NULL;
    return value == NULL || node_depends_on(value, cutter->loop->index) ? NULL : value;
}

static void cut_at(struct cutter *cutter, const struct node *comparison)
{
    bool rises;
    if (comparison->kind != NODE_APPLY || comparison->argument_count != 2 || !comparison->boolean ||
        !node_depends_on(comparison, cutter->loop->index)) {
        return;
    }
    const struct node *value = solve(cutter, comparison, &rises);
    if (value == NULL) {
        return;
    }
    switch (comparison->operation->id) {
    case OPERATOR_GREATER_EQUAL:
    case OPERATOR_LESS:
        add_cut(cutter, plus(cutter, value, rises ? 0 : 1));
        break;
    case OPERATOR_GREATER:
    case OPERATOR_LESS_EQUAL:
        add_cut(cutter, plus(cutter, value, rises ? 1 : 0));
        break;
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
        add_cut(cutter, value);
        add_cut(cutter, plus(cutter, value, 1));
        break;
    default:
        break;
    }
}

static void find_cuts(struct cutter *cutter)
{
    for (size_t i = 0; i < cutter->loop->body.count; i++) {
        const struct step *step = cutter->loop->body.items[i];
        size_t count = 0;
        const struct node **order =
            step->value == NULL ? NULL : node_order(cutter->arena, &step->value, 1, &count);
        for (size_t k = 0; k < count; k++) {
            cut_at(cutter, order[k]);
        }
    }
}

/* Whether a loop is plain: no loop, no branch in it, and it keeps its order by itself. */
static bool is_plain(struct graph *graph, const struct step *loop)
{
    struct series series;
    bool plain = loop->product == NULL && loop->parallel == NULL && loop->chunks == NULL &&
                 !loop->carries && !loop->descending && loop->body.count <= STEPS_MAX &&
                 !loop_series(graph, loop, &series);
    for (size_t i = 0; i < loop->body.count && plain; i++) {
        enum step_kind kind = loop->body.items[i]->kind;
        plain = kind != STEP_LOOP && kind != STEP_IF && kind != STEP_LEAVE;
    }
    return plain;
}

/* Whether steps need no block of their own. */
static bool only_store(const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->items[i]->kind != STEP_STORE && steps->items[i]->kind != STEP_ADD) {
            return false;
        }
    }
    return true;
}

/* The steps of a loop's only iteration. */
static void push_iteration(const struct cutter *cutter, struct step_list *out,
                           const struct step *loop)
{
    for (size_t i = 0; i < loop->body.count; i++) {
        struct step *step = loop->body.items[i];
        step->value = node_substitute(cutter->graph, step->value, 1, &loop->index, &loop->first);
        for (int k = 0; k < step->target->rank; k++) {
            step->subscripts[k] =
                affine_normalize(cutter->graph, node_substitute(cutter->graph, step->subscripts[k],
                                                                1, &loop->index, &loop->first));
        }
        steps_push(cutter->arena, out, step);
    }
}

/* Comments stand before the first of the stretches. */
static void move_comments(const struct cutter *cutter, struct step_list *out, struct step *loop,
                          bool first)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->body.count; i++) {
        struct step *step = loop->body.items[i];
        if (step->kind != STEP_COMMENT) {
            loop->body.items[kept++] = step;
        } else if (first) {
            steps_push(cutter->arena, out, step);
        }
    }
    loop->body.count = kept;
}

/* The loop from one cut to the next. */
static void push_stretch(const struct cutter *cutter, struct step_list *out,
                         const struct node *first, const struct node *end)
{
    struct step *copy = step_copy(cutter->arena, cutter->loop);
    struct outlook outlook = {
        .graph = cutter->graph, .index = cutter->loop->index, .first = first, .end = end};
    copy->first = first;
    copy->end = end;
    copy->body = outlook_of(&outlook, &cutter->loop->body);
    steps_drop_idle(cutter->arena, &copy->body);
    move_comments(cutter, out, copy, first == cutter->loop->first);
    /* Between two cuts there may be nothing. */
    if (affine_proves_at_most(end, plus(cutter, first, 1)) && affine_proves_below(first, end) &&
        only_store(&copy->body)) {
        push_iteration(cutter, out, copy);
    } else {
        steps_push(cutter->arena, out, copy);
    }
}

static void cut_loops(struct graph *graph, struct step_list *list)
{
    struct arena *arena = graph_arena(graph);
    struct step_list out = {0};
    for (size_t i = 0; i < list->count; i++) {
        struct step *step = list->items[i];
        struct cutter cutter = {.graph = graph, .arena = arena, .loop = step};
        cut_loops(graph, &step->body);
        cut_loops(graph, &step->otherwise);
        if (step->kind == STEP_LOOP && is_plain(graph, step)) {
            find_cuts(&cutter);
        }
        if (cutter.count == 0 || cutter.other) {
            steps_push(arena, &out, step);
            continue;
        }
        const struct node *first = step->first;
        for (size_t k = 0; k <= cutter.count; k++) {
            const struct node *end = k < cutter.count ? cutter.cuts[k] : step->end;
            push_stretch(&cutter, &out, first, end);
            first = end;
        }
    }
    *list = out;
}

void plan_cut_loops(struct plan *plan)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        cut_loops(plan->graph, &plan->parts[i].steps);
    }
}
