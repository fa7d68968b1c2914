#include "plan/independence.h"

#include "equations/affine.h"
#include "plan/nodes.h"

/* How a loop uses a tensor. */
struct traffic {
    const struct tensor *tensor;
    bool stored, added, loaded;
    const struct reduction *reduction; /* that a number takes part in, where `added` */
    bool met;                          /* an access has been seen, and so `home` means something */
    /* On each axis the first of the places that belong to an iteration, by all accesses; NULL: they
     * do not keep to places of their own. */
    const struct node *home[RANK_MAX];
};

struct survey {
    struct graph *graph;
    struct arena *arena;
    const struct step *loop;
    struct independence *found;
    struct table *declared; /* variables of an iteration, to the step that declares them */
    struct table *read;     /* variables, but by their own accumulation */
    struct table *inner;    /* index to the loop inside that it runs */
    struct table *traffic;  /* by tensor */
    struct traffic **all;
    size_t count, capacity;
};

/* ---- Places of an iteration's own ---- */

/* Whether an affine remainder is the same in all iterations. */
static bool is_steady(const struct affine *affine)
{
    for (int i = 0; i < affine->count; i++) {
        if (affine->terms[i].atom->kind != NODE_SIZE) {
            return false;
        }
    }
    return affine->valid;
}

static struct affine without(const struct affine *affine, const struct node *atom)
{
    return affine_add(*affine, affine_of(atom), -affine_coefficient(affine, atom));
}

/* Whether an affine form moves with the loop's index, and with nothing else. */
static bool moves_alone(const struct survey *survey, const struct affine *affine)
{
    const struct node *atom = node_index(survey->graph, survey->loop->index);
    const struct affine rest = without(affine, atom);
    return affine->valid && affine_coefficient(affine, atom) != 0 && is_steady(&rest);
}

/* end <= limit, where the smaller of several ends will do. */
static bool ends_by(const struct node *end, const struct node *limit)
{
    bool some = affine_proves_at_most(end, limit);
    for (int i = 0; node_is(end, OPERATOR_MIN) && i < end->argument_count && !some; i++) {
        some = affine_proves_at_most(end->arguments[i], limit);
    }
    return some;
}

/* A bound, or what the variable that stands for it was declared to be. */
static const struct node *declared_value(const struct survey *survey, const struct node *bound)
{
    const struct step *declaration =
        bound->kind == NODE_LOAD ? table_find(survey->declared, bound->tensor) : NULL;
    return declaration == NULL || declaration->value == NULL ? bound : declaration->value;
}

/* Whether a loop inside ends before it begins in the next iteration. */
static bool keeps_apart(const struct survey *survey, const struct step *inner)
{
    const struct node *now = node_index(survey->graph, survey->loop->index);
    const struct node *next =
        node_binary(survey->graph, OPERATOR_ADD, now, node_number(survey->graph, 1));
    const struct node *begin = declared_value(survey, inner->first);
    const struct affine first = affine_of(begin);
    return moves_alone(survey, &first) && affine_coefficient(&first, now) > 0 &&
           ends_by(declared_value(survey, inner->end),
                   node_substitute(survey->graph, begin, 1, &survey->loop->index, &next));
}

/* The first of the subscripts that an access may have in an iteration, if no other iteration has
 * any of them: those of a block of rows belong to the block. NULL: others may have them. */
static const struct node *home_of(const struct survey *survey, const struct node *subscript)
{
    const struct affine affine = affine_of(subscript);
    if (moves_alone(survey, &affine)) {
        return affine_normalize(survey->graph, subscript);
    }
    for (int i = 0; affine.valid && i < affine.count; i++) {
        const struct node *atom = affine.terms[i].atom;
        const struct step *inner =
            atom->kind == NODE_INDEX ? table_find(survey->inner, atom->index) : NULL;
        const struct affine rest = without(&affine, atom);
        if (inner != NULL && affine.terms[i].coefficient == 1 && is_steady(&rest) &&
            keeps_apart(survey, inner)) {
            return affine_normalize(survey->graph, node_substitute(survey->graph, subscript, 1,
                                                                   &inner->index, &inner->first));
        }
    }
    return NULL;
}

/* ---- The survey ---- */

static struct traffic *traffic_of(struct survey *survey, const struct tensor *tensor)
{
    struct traffic *traffic = table_find(survey->traffic, tensor);
    if (traffic == NULL) {
        traffic = ARENA_NEW(survey->arena, struct traffic);
        traffic->tensor = tensor;
        table_store(survey->traffic, tensor, traffic);
        ARENA_PUSH(survey->arena, survey->all, survey->count, survey->capacity, traffic);
    }
    return traffic;
}

static struct traffic *note_access(struct survey *survey, const struct tensor *tensor,
                                   const struct node *const *subscripts)
{
    struct traffic *traffic = traffic_of(survey, tensor);
    for (int i = 0; i < tensor->rank; i++) {
        const struct node *home = home_of(survey, subscripts[i]);
        traffic->home[i] = !traffic->met || traffic->home[i] == home ? home : NULL;
    }
    traffic->met = true;
    return traffic;
}

static void survey_node(struct survey *survey, const struct node *root)
{
    size_t count = 0;
    const struct node **order = root == NULL ? NULL : node_order(survey->arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        if (node->kind == NODE_LOAD && node->tensor->kind == TENSOR_LOCAL) {
            table_store(survey->read, node->tensor, survey);
        } else if (node->kind == NODE_LOAD) {
            note_access(survey, node->tensor, node->arguments)->loaded = true;
        }
    }
}

/* x += e, x = x + e, x - e, e*x and so on: the reduction that it goes on with, and e. */
static const struct reduction *accumulation(const struct step *step, const struct node **element)
{
    const struct node *value = step->value;
    if (step->kind == STEP_ADD) {
        *element = value;
        return reduction_get(REDUCTION_SUM);
    }
    if (value == NULL || value->kind != NODE_APPLY || value->argument_count != 2) {
        return NULL;
    }
    const struct node *left = value->arguments[0], *right = value->arguments[1];
    bool subtracts = node_is(value, OPERATOR_SUBTRACT);
    bool first = left->kind == NODE_LOAD && left->tensor == step->target;
    bool second = right->kind == NODE_LOAD && right->tensor == step->target && !subtracts;
    *element = first ? right : left;
    enum operator_id id = subtracts ? OPERATOR_ADD : value->operation->id;
    for (int i = 0; (first || second) && i < REDUCTION_COUNT; i++) {
        const struct reduction *reduction = reduction_get((enum reduction_id)i);
        if (!reduction_seeks_place(reduction) && reduction_operator(reduction) == id) {
            return reduction;
        }
    }
    return NULL;
}

static void survey_outer_variable(struct survey *survey, const struct step *step)
{
    struct independence *found = survey->found;
    const struct node *element = NULL;
    struct accumulator accumulator = {step->target, accumulation(step, &element)};
    found->possible = accumulator.reduction != NULL;
    survey_node(survey, element);
    for (size_t i = 0; i < found->accumulator_count; i++) {
        if (found->accumulators[i].number == step->target) {
            found->possible = found->accumulators[i].reduction == accumulator.reduction;
            return;
        }
    }
    ARENA_PUSH(survey->arena, found->accumulators, found->accumulator_count,
               found->accumulator_capacity, accumulator);
}

/* A number in memory, to which all iterations contribute. */
static void survey_number(struct survey *survey, const struct step *step)
{
    const struct node *element = step->value;
    const struct reduction *reduction = accumulation(step, &element);
    struct traffic *traffic = note_access(survey, step->target, NULL);
    bool other = reduction == NULL || (traffic->added && traffic->reduction != reduction);
    survey_node(survey, reduction == NULL ? step->value : element);
    traffic->stored = traffic->stored || other;
    traffic->added = traffic->added || reduction != NULL;
    traffic->reduction = reduction;
}

static void survey_memory(struct survey *survey, const struct step *step)
{
    if (step->target->rank == 0) {
        survey_number(survey, step);
        return;
    }
    for (int i = 0; i < step->target->rank; i++) {
        survey_node(survey, step->subscripts[i]);
    }
    survey_node(survey, step->value);
    struct traffic *traffic = note_access(survey, step->target, step->subscripts);
    traffic->stored = traffic->stored || step->kind == STEP_STORE;
    traffic->added = traffic->added || step->kind == STEP_ADD;
}

static void survey_steps(struct survey *survey, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count && survey->found->possible; i++) {
        const struct step *step = steps->items[i];
        if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
            survey_memory(survey, step);
        } else if (step->kind == STEP_ASSIGN &&
                   table_find(survey->declared, step->target) == NULL) {
            survey_outer_variable(survey, step);
        } else if (step->kind == STEP_LOOP) {
            table_store(survey->inner, step->index, (void *)(uintptr_t)step);
            survey_node(survey, step->first);
            survey_node(survey, step->end);
        } else {
            survey_node(survey, step->value);
        }
        if (step->kind == STEP_DECLARE) {
            table_store(survey->declared, step->target, (void *)(uintptr_t)step);
        }
        survey_steps(survey, &step->body);
        survey_steps(survey, &step->otherwise);
    }
}

/* ---- What follows from it ---- */

static bool changes(const struct step *step, const struct tensor *variable)
{
    bool found = step->kind == STEP_ASSIGN && step->target == variable;
    for (size_t i = 0; i < step->body.count && !found; i++) {
        found = changes(step->body.items[i], variable);
    }
    for (size_t i = 0; i < step->otherwise.count && !found; i++) {
        found = changes(step->otherwise.items[i], variable);
    }
    return found;
}

/* Whether a variable holds the reduction's unit when the loop begins, and is declared in the list
 * that the loop stands in. */
static bool begins_with_unit(const struct step_list *steps, size_t position,
                             const struct accumulator *accumulator)
{
    for (size_t i = position; i > 0; i--) {
        const struct step *step = steps->items[i - 1];
        if (step->kind == STEP_DECLARE && step->target == accumulator->number) {
            return step->value != NULL &&
                   node_is_number(step->value, reduction_unit(accumulator->reduction));
        }
        if (changes(step, accumulator->number)) {
            return false;
        }
    }
    return false;
}

/* What the number of rows decides is too much to have several times. */
static bool grows_with_rows(struct arena *arena, const struct tensor *tensor)
{
    for (int i = 0; i < tensor->rank; i++) {
        const struct node *ends[] = {tensor->axes[i].first, tensor->axes[i].end};
        size_t count;
        const struct node **order = node_order(arena, ends, 2, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_SIZE && order[k]->dimension->rows &&
                !order[k]->dimension->known) {
                return true;
            }
        }
    }
    return false;
}

static bool keeps_to_its_own(const struct traffic *traffic)
{
    bool own = false;
    for (int i = 0; i < traffic->tensor->rank; i++) {
        own = own || traffic->home[i] != NULL;
    }
    return own;
}

/* Finds how a tensor that the loop writes is to be shared. */
static void judge_tensor(struct survey *survey, const struct traffic *traffic,
                         const struct table *fresh)
{
    struct independence *found = survey->found;
    const struct tensor *tensor = traffic->tensor;
    const struct scope *scope = table_find(fresh, tensor);
    bool only_adds = traffic->added && !traffic->stored && !traffic->loaded;
    if (scope != NULL && scope == survey->loop->scope) {
        ARENA_PUSH(survey->arena, found->fresh, found->fresh_count, found->fresh_capacity, tensor);
    } else if (keeps_to_its_own(traffic)) {
        return;
    } else if (only_adds && tensor->rank == 0) {
        struct accumulator accumulator = {tensor, traffic->reduction};
        ARENA_PUSH(survey->arena, found->accumulators, found->accumulator_count,
                   found->accumulator_capacity, accumulator);
    } else if (only_adds && tensor->rank < RANK_MAX && !grows_with_rows(survey->arena, tensor)) {
        ARENA_PUSH(survey->arena, found->sums, found->sum_count, found->sum_capacity, tensor);
    } else {
        found->possible = false;
    }
}

struct independence loop_independence(struct graph *graph, const struct step_list *steps,
                                      size_t position, const struct table *fresh)
{
    const struct step *loop = steps->items[position];
    struct independence found = {.possible = !loop->carries && !loop->descending};
    struct survey survey = {
        .graph = graph, .arena = graph_arena(graph), .loop = loop, .found = &found};
    survey.declared = table_create(survey.arena);
    survey.read = table_create(survey.arena);
    survey.inner = table_create(survey.arena);
    survey.traffic = table_create(survey.arena);
    survey_steps(&survey, &loop->body);
    for (size_t i = 0; i < found.accumulator_count && found.possible; i++) {
        found.possible = table_find(survey.read, found.accumulators[i].number) == NULL &&
                         begins_with_unit(steps, position, &found.accumulators[i]);
    }
    for (size_t i = 0; i < survey.count && found.possible; i++) {
        if (survey.all[i]->stored || survey.all[i]->added) {
            judge_tensor(&survey, survey.all[i], fresh);
        }
    }
    return found;
}
