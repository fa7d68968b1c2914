/* Recurrences that stop on a condition: `y[t] = ... until y[t] <= 0, at most 1000`.
 *
 * Behind the step at which the condition holds every definition of the recurrence keeps its value,
 * so that its last element is its final value, and a derivative holds the number of steps fixed. */
#include "equations/affine.h"
#include "equations/guards.h"
#include "model/recurrences.h"

/* The definition that says when to stop. */
struct stopping {
    struct member *member;
    struct definition_case *one;
    int axis; /* along which it steps */
};

/* Along which axis a definition steps: one that has a first case, else the first one. */
int stepping_axis(const struct member *member)
{
    for (int k = 0; k < member->left_rank; k++) {
        for (size_t i = 0; i < member->symbol->case_count; i++) {
            if (member->cases[i].constants[k] != NULL) {
                return k;
            }
        }
    }
    return 0;
}

static bool find_stopping(struct members *members, struct stopping *stopping)
{
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            if (member->cases[c].statement->until != NULL) {
                *stopping = (struct stopping){member, &member->cases[c], stepping_axis(member)};
                return true;
            }
        }
    }
    return false;
}

/* Only the step itself may decide: all elements of a step stop together. */
static bool check_condition(struct members *members, const struct stopping *stopping,
                            const struct node *condition)
{
    for (int i = 0; i < condition->free->count; i++) {
        const struct index *index = condition->free->items[i];
        bool known = index == stopping->member->indices[stopping->axis];
        for (int k = 0; k < members->context_count; k++) {
            known = known || members->context[k] == index;
        }
        if (!known) {
            struct diagnostic *diagnostic = reader_error(
                members->reader, stopping->one->statement->until->span,
                "a recurrence stops as a whole: the condition may not depend on index '%s'",
                index->name == NULL ? "?" : index->name);
            diagnostic_help(members->reader->diagnostics, diagnostic,
                            "reduce it, as in norm(g[t]) < 1e-6");
            return false;
        }
    }
    return true;
}

static const struct node *load_stopped(const struct members *members, const struct node *step)
{
    const struct node *subscripts[RANK_MAX];
    for (int i = 0; i < members->context_count; i++) {
        subscripts[i] = node_index(members->reader->graph, members->context[i]);
    }
    subscripts[members->context_count] = step;
    return node_load(members->reader->graph, members->stopped, subscripts);
}

static const struct node *step_before(const struct members *members, const struct node *step)
{
    return size_plus(members->reader, step, -1);
}

/* stopped[t] = if the condition held a step before, or at any before that, then 1 else 0. */
static void define_stopped(struct members *members, const struct stopping *stopping,
                           const struct node *condition, struct program *program)
{
    struct graph *graph = members->reader->graph;
    const struct member *member = stopping->member;
    const struct index *index = member->indices[stopping->axis];
    struct axis axes[RANK_MAX];
    const struct index *indices[RANK_MAX];
    const struct node *values[RANK_MAX];
    int count = members->context_count;
    for (int i = 0; i < count; i++) {
        const struct index *context = members->context[i];
        axes[i] = (struct axis){context->first, context->end};
        indices[i] = graph_index(graph, context->name, context->first, context->end);
        values[i] = node_index(graph, indices[i]);
    }
    axes[count] = member->axes[stopping->axis];
    indices[count] = graph_index(graph, index->name, axes[count].first, axes[count].end);
    const char *name = program_fresh_name(
        program, arena_format(members->reader->arena, "%s_stopped", member->symbol->name));
    struct tensor *stopped = graph_tensor(graph, TENSOR_PART, name, count + 1, axes);
    stopped->stops = count + 1;
    members->stopped = stopped;
    const struct node *step = node_index(graph, indices[count]);
    const struct node *before = step_before(members, step);
    const struct node *one = node_number(graph, 1), *zero = node_number(graph, 0);
    const struct node *holds = node_binary(
        graph, OPERATOR_OR, node_binary(graph, OPERATOR_EQUAL, load_stopped(members, before), one),
        node_substitute(graph, condition, 1, &index, &before));
    const struct node *body =
        node_select(graph, node_binary(graph, OPERATOR_GREATER, step, members->first_step),
                    node_select(graph, holds, one, zero), zero);
    body = node_substitute(graph, members_guarded(members, body), count, members->context, values);
    program_append(program, members->stopped, indices, body, stopping->one->statement->span);
}

bool read_until(struct members *members, struct program *program)
{
    struct reader *reader = members->reader;
    struct stopping stopping;
    if (!find_stopping(members, &stopping)) {
        return true;
    }
    const struct statement *statement = stopping.one->statement;
    if (stopping.one->constants[stopping.axis] != NULL) {
        reader_error(reader, statement->until->span, "a first case takes no step that could stop");
        return false;
    }
    size_t bounds = reader->bound_count, conditions = reader->condition_count;
    ARENA_PUSH(reader->arena, reader->conditions, reader->condition_count,
               reader->condition_capacity, stopping.one->condition);
    reader->condition_count -= stopping.one->condition == NULL;
    const struct node *condition = read_scalar(
        reader, statement->until, open_case(reader, stopping.member, stopping.one, members->scope));
    check_bounds(reader, bounds);
    reader->condition_count = conditions;
    if (condition == NULL || !check_condition(members, &stopping, condition)) {
        return false;
    }
    members->step_name = statement->binders.items[stopping.axis].name;
    members->first_step = stopping.one->ranges[stopping.axis].first;
    define_stopped(members, &stopping, condition, program);
    return true;
}

/* The axis of a case that steps with the recurrence; -1: none. */
static int axis_of_step(const struct members *members, const struct member *member,
                        const struct definition_case *one)
{
    for (int k = 0; k < member->left_rank; k++) {
        if (one->constants[k] == NULL &&
            one->statement->binders.items[k].name == members->step_name) {
            return k;
        }
    }
    return -1;
}

void keep_when_stopped(const struct members *members, const struct member *member,
                       struct definition_case *one)
{
    struct graph *graph = members->reader->graph;
    int axis = members->stopped == NULL ? -1 : axis_of_step(members, member, one);
    if (axis < 0 || one->value.body == NULL) {
        return;
    }
    const struct node *step = node_index(graph, member->indices[axis]);
    const struct node *subscripts[RANK_MAX];
    int count = 0;
    for (int i = 0; i < members->context_count; i++) {
        subscripts[count++] = node_index(graph, members->context[i]);
    }
    for (int k = 0; k < member->left_rank; k++) {
        subscripts[count++] =
            k == axis ? step_before(members, step) : node_index(graph, member->indices[k]);
    }
    for (int i = 0; i < one->value.rank && count < member->symbol->tensor->rank; i++) {
        subscripts[count++] = node_index(graph, one->value.axes[i]);
    }
    const struct node *stopped =
        node_binary(graph, OPERATOR_EQUAL, load_stopped(members, step), node_number(graph, 1));
    const struct node *later = node_binary(graph, OPERATOR_GREATER, step, members->first_step);
    one->value.body =
        node_select(graph, node_binary(graph, OPERATOR_AND, later, stopped),
                    node_load(graph, member->symbol->tensor, subscripts), one->value.body);
}
