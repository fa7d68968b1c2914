#include "emit/operands.h"

#include "equations/affine.h"
#include "equations/uses.h"

long axis_begin(const struct axis *axis)
{
    double value = 0;
    return axis->first != NULL && node_known(axis->first, &value) ? (long)value : 0;
}

/* ---- Which tensor ---- */

/* Which tensor of the trainer's a tensor is; false: none that it knows. */
static bool find_tensor(const struct model *model, const struct table *numbers,
                        const struct tensor *tensor, struct operand *operand)
{
    for (operand->number = 0; operand->number < model->parameter_count; ++operand->number) {
        if (model->parameters[operand->number].tensor == tensor) {
            operand->kind = "TRAINER_PARAMETER";
            return true;
        }
    }
    for (operand->number = 0; operand->number < model->input_count; ++operand->number) {
        if (model->inputs[operand->number].tensor == tensor) {
            operand->kind = "TRAINER_INPUT";
            return true;
        }
    }
    size_t place = (size_t)(uintptr_t)table_find(numbers, tensor);
    operand->kind = "TRAINER_DEFINITION";
    operand->number = place - 1;
    return place > 0;
}

/* ---- Subscripts ---- */

static int axis_of_index(const struct equation *equation, const struct index *index)
{
    for (int i = 0; i < equation->target->rank; i++) {
        if (index == equation->indices[i]) {
            return i;
        }
    }
    return -1;
}

/* The index that a subscript is, but for a constant; NULL: none. */
static const struct index *plain_index(const struct affine *affine)
{
    bool plain = affine->valid && affine->count == 1 && affine->terms[0].coefficient == 1 &&
                 affine->terms[0].atom->kind == NODE_INDEX;
    return plain ? affine->terms[0].atom->index : NULL;
}

/* What a subscript of a load does, and its distance from the axis that it follows, both counted
 * from the beginnings of the axes. */
static const char *describe_subscript(struct arena *arena, const struct equation *equation,
                                      const struct node *load, int place, long *distance)
{
    struct affine affine = affine_of(load->arguments[place]);
    long first = axis_begin(&load->tensor->axes[place]);
    const struct index *index = plain_index(&affine);
    int axis = index == NULL ? -1 : axis_of_index(equation, index);
    *distance = 0;
    if (affine.valid && affine.count == 0) {
        *distance = affine.constant - first;
        return "TRAINER_FIXED";
    }
    if (axis < 0) {
        return "TRAINER_RUNNING";
    }
    *distance = affine.constant + axis_begin(&equation->target->axes[axis]) - first;
    return arena_format(arena, "%d", axis);
}

/* ---- Guards ---- */

/* Finds what the next axis of the guard follows that runs along an index; false: nothing does. */
static bool follow(const struct equation *equation, const struct index *index,
                   struct operand *operand, int rank)
{
    int axis = axis_of_index(equation, index);
    if (rank == RANK_MAX) {
        return false;
    }
    operand->guard_axis[rank] = axis;
    operand->guard_distance[rank] = 0;
    for (int i = 0; i < operand->load->argument_count && axis < 0; i++) {
        struct affine affine = affine_of(operand->load->arguments[i]);
        if (plain_index(&affine) == index) {
            struct axis range = {index->first, index->end};
            axis = RANK_MAX + i;
            operand->guard_axis[rank] = axis;
            operand->guard_distance[rank] =
                affine.constant + axis_begin(&range) - axis_begin(&operand->load->tensor->axes[i]);
        }
    }
    return axis >= 0;
}

/* The condition as a tensor. What its axes cannot follow it reduces: used anywhere is used. */
static void add_guard(struct program *program, const struct equation *equation,
                      const struct node *condition, struct operand *operand)
{
    struct graph *graph = program->graph;
    struct arena *arena = graph_arena(graph);
    const struct index_set *free = condition->free;
    size_t room = (size_t)free->count + 1;
    const struct index *kept[RANK_MAX];
    const struct index **others = ARENA_ARRAY(arena, const struct index *, room);
    const struct node **values = ARENA_ARRAY(arena, const struct node *, room);
    struct axis axes[RANK_MAX];
    int rank = 0, other_count = 0;
    for (int i = 0; i < free->count; i++) {
        const struct index *index = free->items[i];
        const struct index *own = graph_index(graph, index->name, index->first, index->end);
        values[i] = node_index(graph, own);
        if (follow(equation, index, operand, rank)) {
            axes[rank] = (struct axis){index->first, index->end};
            kept[rank++] = own;
        } else {
            others[other_count++] = own;
        }
    }
    if (other_count > RANK_MAX) {
        return;
    }
    const struct node *body =
        node_select(graph, node_substitute(graph, condition, free->count, free->items, values),
                    node_number(graph, 1), node_number(graph, 0));
    if (other_count > 0) {
        body = node_reduce(graph, REDUCTION_MAX, other_count, others, body, NULL);
    }
    const char *name = program_fresh_name(program, "used");
    operand->guard = graph_tensor(graph, TENSOR_PART, name, rank, axes);
    program_append(program, operand->guard, kept, body, equation->span);
}

/* ---- All ---- */

struct operands operands_find(const struct model *model, const struct table *numbers,
                              const struct equation *equation, struct program *program)
{
    struct arena *arena = graph_arena(model->graph);
    struct operands operands = {0};
    size_t count;
    const struct node **order = node_order(arena, &equation->body, 1, &count);
    struct uses uses = uses_find(model->graph, order, count, true);
    for (size_t i = 0; i < count; i++) {
        struct operand operand = {.load = order[i]};
        if (order[i]->kind != NODE_LOAD ||
            !find_tensor(model, numbers, order[i]->tensor, &operand)) {
            continue;
        }
        const struct node *condition = use_condition(&uses, order[i]);
        if (condition != NULL && order[i]->tensor->kind != TENSOR_DATA) {
            add_guard(program, equation, condition, &operand);
        }
        ARENA_PUSH(arena, operands.items, operands.count, operands.capacity, operand);
    }
    return operands;
}

static void append_guard(struct text *text, const struct operand *operand,
                         const struct table *fields)
{
    if (operand->guard == NULL) {
        text_append(text, ", TRAINER_NONE, {0}, {0}},\n");
        return;
    }
    struct text distances = text_create(text->arena);
    size_t place = (size_t)(uintptr_t)table_find(fields, operand->guard);
    text_format(text, ", %zu, {", place - 1);
    for (int i = 0; i < operand->guard->rank; i++) {
        text_format(text, "%s%d", i > 0 ? ", " : "", operand->guard_axis[i]);
        text_format(&distances, "%s%ld", i > 0 ? ", " : "", operand->guard_distance[i]);
    }
    bool scalar = operand->guard->rank == 0;
    text_format(text, "%s}, {%s}},\n", scalar ? "0" : "", scalar ? "0" : distances.bytes);
}

/* {kind, number, {axis, ...}, {distance, ...}, guard, {axis, ...}, {distance, ...}} */
void operands_append(struct text *text, const struct operands *operands,
                     const struct equation *equation, const struct table *fields)
{
    for (size_t k = 0; k < operands->count; k++) {
        const struct operand *operand = &operands->items[k];
        const struct node *load = operand->load;
        struct text distances = text_create(text->arena);
        text_format(text, "    {%s, %zu, {", operand->kind, operand->number);
        for (int i = 0; i < load->argument_count; i++) {
            long distance;
            text_format(text, "%s%s", i > 0 ? ", " : "",
                        describe_subscript(text->arena, equation, load, i, &distance));
            text_format(&distances, "%s%ld", i > 0 ? ", " : "", distance);
        }
        bool scalar = load->argument_count == 0;
        text_format(text, "%s}, {%s}", scalar ? "0" : "", scalar ? "0" : distances.bytes);
        append_guard(text, operand, fields);
    }
}
