/* Scheduling: the order of equations, and the loops of those that need each other. */
#include "equations/affine.h"
#include "equations/program.h"
#include "equations/uses.h"

#include <stdlib.h>

/* More conditions around one load than this are not needed to prove that it looks back. */
enum { CONDITIONS_MAX = 16 };

/* So many axes are tried before a circle is given up. */
enum { TRIES_MAX = 1000000 };

/* An equation reads another's element. */
struct dependence {
    size_t reader, writer; /* positions in the program */
    const struct node *load;
    const struct node *conditions[CONDITIONS_MAX]; /* in force where it is read */
    int condition_count;
    bool carried; /* the element is of an earlier iteration of a loop around both */
};

struct scheduler {
    struct program *program;
    struct graph *graph;
    struct arena *arena;
    struct table *position; /* tensor to 1 + the position of its equation */
    struct dependence *dependences;
    size_t dependence_count, dependence_capacity;
    size_t *first_dependence; /* of each equation; those of one reader stand together */
    struct equation **result;
    size_t result_count;
    /* Strongly connected components; Tarjan, Depth-First Search and Linear Graph Algorithms, 1972
     */
    size_t *number, *low; /* by equation; 0: not visited in this search */
    bool *on_stack;
    size_t *stack;
    size_t stack_count, last_number;
    size_t *component_of; /* the members of one component have one mark */
    size_t last_component;
};

/* A set of equations that need each other, by position. */
struct component {
    size_t *members;
    size_t count;
};

/* ---- What depends on what ---- */

static void add_conditions(struct dependence *dependence, struct graph *graph,
                           const struct guard *guard)
{
    for (; guard != NULL && guard->depth > 0; guard = guard->outer) {
        if (dependence->condition_count < CONDITIONS_MAX) {
            dependence->conditions[dependence->condition_count++] =
                guard->negated ? negation(graph, guard->condition) : guard->condition;
        }
    }
}

static void add_dependence(struct scheduler *scheduler, size_t reader, size_t writer,
                           const struct node *load, const struct guard *guard)
{
    struct dependence dependence = {reader, writer, load, .carried = false};
    add_conditions(&dependence, scheduler->graph, guard);
    ARENA_PUSH(scheduler->arena, scheduler->dependences, scheduler->dependence_count,
               scheduler->dependence_capacity, dependence);
}

/* A load that stands in several places is read under what their conditions have in common; with
 * `apart` it counts as often as it stands somewhere. */
static void find_dependences(struct scheduler *scheduler, size_t reader, bool apart)
{
    const struct node *body = scheduler->program->equations[reader]->body;
    size_t count;
    const struct node **order = node_order(scheduler->arena, &body, 1, &count);
    struct uses uses = uses_find(scheduler->graph, order, count, true);
    guards_note(&uses.guards, body, guard_none());
    guards_spread(&uses.guards, order, count, true);
    for (size_t i = 0; i < count; i++) {
        uintptr_t writer = order[i]->kind == NODE_LOAD
                               ? (uintptr_t)table_find(scheduler->position, order[i]->tensor)
                               : 0;
        const struct ways *ways = use_ways(&uses, order[i]);
        for (int k = 0; writer > 0 && apart && k < ways->count; k++) {
            add_dependence(scheduler, reader, writer - 1, order[i], ways->guards[k]);
        }
        if (writer > 0 && !apart) {
            add_dependence(scheduler, reader, writer - 1, order[i],
                           guards_of(&uses.guards, order[i]));
        }
    }
}

/* Whether each equation reads only what stands before it. */
static bool is_in_order(const struct program *program)
{
    struct table *complete = table_create(graph_arena(program->graph));
    for (size_t i = 0; i < program->count; i++) {
        const struct equation *equation = program->equations[i];
        size_t count;
        const struct node **order =
            node_order(graph_arena(program->graph), &equation->body, 1, &count);
        for (size_t k = 0; k < count; k++) {
            if (order[k]->kind == NODE_LOAD &&
                table_find(program->definitions, order[k]->tensor) != NULL &&
                table_find(complete, order[k]->tensor) == NULL) {
                return false;
            }
        }
        table_store(complete, equation->target, (void *)(uintptr_t)equation);
    }
    return true;
}

/* ---- Strongly connected components ---- */

typedef bool component_visitor(struct scheduler *scheduler, struct component component,
                               void *context);

struct visit {
    size_t equation, next; /* the dependence to follow next */
};

static void enter(struct scheduler *scheduler, size_t equation)
{
    scheduler->number[equation] = scheduler->low[equation] = ++scheduler->last_number;
    scheduler->stack[scheduler->stack_count++] = equation;
    scheduler->on_stack[equation] = true;
}

static int by_position(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

static struct component leave(struct scheduler *scheduler, size_t root)
{
    size_t begin = scheduler->stack_count;
    do {
        begin--;
        scheduler->on_stack[scheduler->stack[begin]] = false;
    } while (scheduler->stack[begin] != root);
    struct component component = {.count = scheduler->stack_count - begin};
    component.members = ARENA_ARRAY(scheduler->arena, size_t, component.count);
    for (size_t i = 0; i < component.count; i++) {
        component.members[i] = scheduler->stack[begin + i];
    }
    qsort(component.members, component.count, sizeof component.members[0], by_position);
    scheduler->stack_count = begin;
    return component;
}

/* Whether a dependence leads on within the set of equations that is being searched. */
static bool leads_on(const struct scheduler *scheduler, const struct dependence *dependence,
                     size_t set)
{
    return !dependence->carried && scheduler->component_of[dependence->writer] == set;
}

/* Visits what `root` needs, and root, component by component. */
static bool search_from(struct scheduler *scheduler, size_t root, size_t set,
                        component_visitor *visitor, void *context)
{
    struct visit *path = NULL;
    size_t depth = 0, capacity = 0;
    struct visit first = {root, scheduler->first_dependence[root]};
    enter(scheduler, root);
    ARENA_PUSH(scheduler->arena, path, depth, capacity, first);
    while (depth > 0) {
        struct visit *visit = &path[depth - 1];
        size_t reader = visit->equation;
        if (visit->next < scheduler->first_dependence[reader + 1]) {
            const struct dependence *dependence = &scheduler->dependences[visit->next++];
            size_t writer = dependence->writer;
            if (!leads_on(scheduler, dependence, set)) {
                continue;
            }
            if (scheduler->number[writer] == 0) {
                struct visit next = {writer, scheduler->first_dependence[writer]};
                enter(scheduler, writer);
                ARENA_PUSH(scheduler->arena, path, depth, capacity, next);
            } else if (scheduler->on_stack[writer] &&
                       scheduler->number[writer] < scheduler->low[reader]) {
                scheduler->low[reader] = scheduler->number[writer];
            }
            continue;
        }
        depth--;
        if (depth > 0 && scheduler->low[reader] < scheduler->low[path[depth - 1].equation]) {
            scheduler->low[path[depth - 1].equation] = scheduler->low[reader];
        }
        if (scheduler->low[reader] == scheduler->number[reader] &&
            !visitor(scheduler, leave(scheduler, reader), context)) {
            return false;
        }
    }
    return true;
}

/* ---- The axis of a recurrence ---- */

/* The axes that are tried: by member, -1 where none is chosen yet. */
struct choice {
    struct scheduler *scheduler;
    struct component component;
    int *axis; /* by position of the equation */
    bool descending;
    long tries; /* left */
};

static bool is_internal(const struct choice *choice, const struct dependence *dependence)
{
    size_t mark = choice->scheduler->component_of[choice->component.members[0]];
    return !dependence->carried && choice->scheduler->component_of[dependence->writer] == mark &&
           choice->scheduler->component_of[dependence->reader] == mark;
}

/* Whether the element read lies at least `distance` steps back along the axes chosen. */
static bool looks_back(const struct choice *choice, const struct dependence *dependence,
                       int reader_axis, int writer_axis, long distance)
{
    struct graph *graph = choice->scheduler->graph;
    const struct equation *reader = choice->scheduler->program->equations[dependence->reader];
    const struct node *here = node_index(graph, reader->indices[reader_axis]);
    const struct node *there = dependence->load->arguments[writer_axis];
    const struct node *steps = node_number(graph, (double)distance);
    const struct node *earlier = choice->descending ? here : there;
    const struct node *later = choice->descending ? there : here;
    return affine_proves_under(node_binary(graph, OPERATOR_ADD, earlier, steps), later,
                               dependence->conditions, dependence->condition_count);
}

static bool used_before(const struct equation *equation, int axis, int depth)
{
    for (int i = 0; i < depth; i++) {
        if (equation->time[i] == axis) {
            return true;
        }
    }
    return false;
}

/* Whether the axes chosen so far agree with every dependence between them. */
static bool agrees(const struct choice *choice, size_t member)
{
    const struct scheduler *scheduler = choice->scheduler;
    for (size_t k = 0; k < choice->component.count; k++) {
        size_t reader = choice->component.members[k];
        for (size_t i = scheduler->first_dependence[reader];
             i < scheduler->first_dependence[reader + 1]; i++) {
            const struct dependence *dependence = &scheduler->dependences[i];
            if ((reader != member && dependence->writer != member) ||
                !is_internal(choice, dependence) || choice->axis[reader] < 0 ||
                choice->axis[dependence->writer] < 0) {
                continue;
            }
            if (!looks_back(choice, dependence, choice->axis[reader],
                            choice->axis[dependence->writer], 0)) {
                return false;
            }
        }
    }
    return true;
}

/* The range around those of all members; false where they cannot be compared. */
static bool find_range(const struct choice *choice, struct recurrence *recurrence)
{
    for (size_t k = 0; k < choice->component.count; k++) {
        size_t member = choice->component.members[k];
        const struct equation *equation = choice->scheduler->program->equations[member];
        const struct axis *axis = &equation->target->axes[choice->axis[member]];
        if (k == 0 || affine_proves_at_most(axis->first, recurrence->first)) {
            recurrence->first = axis->first;
        } else if (!affine_proves_at_most(recurrence->first, axis->first)) {
            return false;
        }
        if (k == 0 || affine_proves_at_most(recurrence->end, axis->end)) {
            recurrence->end = axis->end;
        } else if (!affine_proves_at_most(axis->end, recurrence->end)) {
            return false;
        }
    }
    return true;
}

/* Finds what is certainly of an earlier iteration, and with `mark` takes note of it; false where
 * nothing is, so that the loop would order nothing. */
static bool find_carried(const struct choice *choice, bool mark)
{
    struct scheduler *scheduler = choice->scheduler;
    bool any = false;
    for (size_t k = 0; k < choice->component.count; k++) {
        size_t reader = choice->component.members[k];
        for (size_t i = scheduler->first_dependence[reader];
             i < scheduler->first_dependence[reader + 1]; i++) {
            struct dependence *dependence = &scheduler->dependences[i];
            if (is_internal(choice, dependence) &&
                looks_back(choice, dependence, choice->axis[reader],
                           choice->axis[dependence->writer], 1)) {
                any = true;
                dependence->carried = mark;
            }
        }
    }
    return any;
}

/* Chooses axes for the members from the k-th on, one after the other. */
static bool choose_from(struct choice *choice, size_t k, struct recurrence *recurrence)
{
    if (k == choice->component.count) {
        return find_range(choice, recurrence) && find_carried(choice, false);
    }
    size_t member = choice->component.members[k];
    const struct equation *equation = choice->scheduler->program->equations[member];
    for (int axis = 0; axis < equation->target->rank && choice->tries > 0; axis++) {
        if (used_before(equation, axis, recurrence->depth - 1)) {
            continue;
        }
        choice->tries--;
        choice->axis[member] = axis;
        if (agrees(choice, member) && choose_from(choice, k + 1, recurrence)) {
            return true;
        }
    }
    choice->axis[member] = -1;
    return false;
}

static bool choose_axes(struct choice *choice, struct recurrence *recurrence)
{
    for (int descending = 0; descending < 2; descending++) {
        choice->descending = recurrence->descending = descending == 1;
        choice->tries = TRIES_MAX;
        for (size_t k = 0; k < choice->component.count; k++) {
            choice->axis[choice->component.members[k]] = -1;
        }
        if (choose_from(choice, 0, recurrence)) {
            return find_carried(choice, true);
        }
    }
    return false;
}

/* ---- Components into order ---- */

struct placing {
    const struct recurrence *recurrence; /* around; NULL: none */
    const struct equation *circle;       /* that cannot be ordered */
    struct component failed;             /* all that the loops around it compute */
};

static void begin_search(struct scheduler *scheduler, const struct component *component)
{
    scheduler->last_component++;
    for (size_t i = 0; i < component->count; i++) {
        scheduler->number[component->members[i]] = 0;
        scheduler->component_of[component->members[i]] = scheduler->last_component;
    }
}

static bool reads_itself(const struct scheduler *scheduler, size_t equation)
{
    for (size_t i = scheduler->first_dependence[equation];
         i < scheduler->first_dependence[equation + 1]; i++) {
        const struct dependence *dependence = &scheduler->dependences[i];
        if (dependence->writer == equation && !dependence->carried) {
            return true;
        }
    }
    return false;
}

static bool place_component(struct scheduler *scheduler, struct component component, void *context);

static bool search_within(struct scheduler *scheduler, const struct component *component,
                          struct placing *placing)
{
    begin_search(scheduler, component);
    size_t set = scheduler->last_component;
    for (size_t i = 0; i < component->count; i++) {
        if (scheduler->number[component->members[i]] == 0 &&
            !search_from(scheduler, component->members[i], set, place_component, placing)) {
            return false;
        }
    }
    return true;
}

/* The equations of a component as a loop, ordered within it in the same way. */
static bool place_recurrence(struct scheduler *scheduler, struct component component,
                             struct placing *placing)
{
    struct program *program = scheduler->program;
    struct recurrence *recurrence = ARENA_NEW(scheduler->arena, struct recurrence);
    recurrence->outer = placing->recurrence;
    recurrence->depth = recurrence->outer == NULL ? 1 : recurrence->outer->depth + 1;
    size_t outer_set = scheduler->component_of[component.members[0]];
    begin_search(scheduler, &component);
    struct choice choice = {.scheduler = scheduler, .component = component};
    choice.axis = ARENA_ARRAY(scheduler->arena, int, program->count);
    if (recurrence->depth > RANK_MAX || !choose_axes(&choice, recurrence)) {
        placing->circle = program->equations[component.members[0]];
        placing->failed = component;
        return false;
    }
    for (size_t i = 0; i < component.count; i++) {
        size_t member = component.members[i];
        program->equations[member]->time[recurrence->depth - 1] = choice.axis[member];
    }
    struct scheduler inner = *scheduler;
    inner.stack = ARENA_ARRAY(scheduler->arena, size_t, component.count);
    inner.stack_count = 0;
    struct placing inside = {.recurrence = recurrence};
    bool ordered = search_within(&inner, &component, &inside);
    placing->circle = inside.circle;
    placing->failed = component;
    scheduler->result_count = inner.result_count;
    scheduler->last_component = inner.last_component;
    /* For the search that goes on outside these are visited and off its stack. */
    for (size_t i = 0; i < component.count; i++) {
        scheduler->component_of[component.members[i]] = outer_set;
    }
    program->recurrent = true;
    return ordered;
}

static bool place_component(struct scheduler *scheduler, struct component component, void *context)
{
    struct placing *placing = context;
    if (component.count > 1 || reads_itself(scheduler, component.members[0])) {
        return place_recurrence(scheduler, component, placing);
    }
    struct equation *equation = scheduler->program->equations[component.members[0]];
    equation->recurrence = placing->recurrence;
    scheduler->result[scheduler->result_count++] = equation;
    return true;
}

static struct scheduler scheduler_create(struct program *program, const bool *apart)
{
    struct arena *arena = graph_arena(program->graph);
    size_t count = program->count;
    struct scheduler scheduler = {.program = program, .graph = program->graph, .arena = arena};
    scheduler.position = table_create(arena);
    for (size_t i = 0; i < count; i++) {
        table_store(scheduler.position, program->equations[i]->target, (void *)(uintptr_t)(i + 1));
    }
    scheduler.first_dependence = ARENA_ARRAY(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        scheduler.first_dependence[i] = scheduler.dependence_count;
        find_dependences(&scheduler, i, apart[i]);
    }
    scheduler.first_dependence[count] = scheduler.dependence_count;
    scheduler.number = ARENA_ARRAY(arena, size_t, count);
    scheduler.low = ARENA_ARRAY(arena, size_t, count);
    scheduler.on_stack = ARENA_ARRAY(arena, bool, count);
    scheduler.stack = ARENA_ARRAY(arena, size_t, count);
    scheduler.component_of = ARENA_ARRAY(arena, size_t, count);
    scheduler.result = ARENA_ARRAY(arena, struct equation *, count);
    return scheduler;
}

static bool find_order(struct program *program, const bool *apart, struct placing *placing)
{
    struct scheduler scheduler = scheduler_create(program, apart);
    struct component all = {ARENA_ARRAY(scheduler.arena, size_t, program->count), program->count};
    for (size_t i = 0; i < program->count; i++) {
        all.members[i] = i;
    }
    if (!search_within(&scheduler, &all, placing)) {
        return false;
    }
    for (size_t i = 0; i < program->count; i++) {
        program->equations[i] = scheduler.result[i];
    }
    return true;
}

/* What cannot be ordered by what the uses of a load have in common is tried with each apart. */
const struct equation *program_schedule(struct program *program)
{
    program->recurrent = false;
    for (size_t i = 0; i < program->count; i++) {
        program->equations[i]->recurrence = NULL;
    }
    if (is_in_order(program)) {
        return NULL;
    }
    bool *apart = ARENA_ARRAY(graph_arena(program->graph), bool, program->count);
    for (;;) {
        struct placing placing = {0};
        if (find_order(program, apart, &placing)) {
            return NULL;
        }
        if (apart[placing.failed.members[0]]) {
            return placing.circle;
        }
        for (size_t i = 0; i < placing.failed.count; i++) {
            apart[placing.failed.members[i]] = true;
        }
    }
}

const struct recurrence *equation_recurrence(const struct equation *equation, int depth)
{
    const struct recurrence *recurrence = equation->recurrence;
    while (recurrence != NULL && recurrence->depth > depth) {
        recurrence = recurrence->outer;
    }
    return recurrence == NULL || recurrence->depth < depth ? NULL : recurrence;
}

static bool share_recurrence(const struct program *program, size_t left, size_t right, int depth)
{
    const struct recurrence *recurrence = equation_recurrence(program->equations[left], depth);
    return recurrence != NULL &&
           equation_recurrence(program->equations[right], depth) == recurrence;
}

size_t recurrence_end(const struct program *program, size_t begin, int depth)
{
    size_t end = begin + 1;
    while (end < program->count && share_recurrence(program, begin, end, depth)) {
        end++;
    }
    return end;
}

size_t recurrence_begin(const struct program *program, size_t end, int depth)
{
    size_t begin = end - 1;
    while (begin > 0 && share_recurrence(program, end - 1, begin - 1, depth)) {
        begin--;
    }
    return begin;
}
