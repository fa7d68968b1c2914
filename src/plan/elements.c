/* Axes of few elements, opened: where the rows of data lie side by side, an element of what belongs
 * to a row, such as the Jacobian of its few residuals, is an operation on all rows like any other.
 *
 *     T[i,j in 2] = sum[k in 2] (if j == k then a[i] else 0)*b[i,k]
 *
 * becomes T_0[i] = a[i]*b[i,0] and T_1[i] = a[i]*b[i,1]. Comparisons of indices are decided,
 * factors made of indices are numbers, elements that are 0 vanish together with all that is made of
 * them, and no loop of two turns is left. What none of this makes cheaper stays in its loops. */
#include "plan/elements.h"

#include "plan/nodes.h"
#include "plan/statement.h"

/* Longer axes stay closed, as do those of definitions with more elements for a row; a program whose
 * elements have more nodes stays as it is. */
enum { EXTENT_MAX = 16, ELEMENTS_MAX = 64, NODES_MAX = 8192 };

/* The part of a program's operations that may be left, to make up for its length. */
#define COST_LEFT_MAX 0.75
#define COST_DIVISION 4.0

/* A definition whose axes are opened. */
struct opened_tensor {
    const struct equation *equation;
    bool opened[RANK_MAX];
    long first[RANK_MAX], extent[RANK_MAX]; /* of the opened axes */
    long count;                             /* of elements */
    const struct node **values;             /* of each, in the equation's other indices */
    bool whole; /* wanted as a tensor as well: a result, or read where only the run knows */
};

struct opening {
    const struct program *program;
    struct graph *graph;
    struct arena *arena;
    struct table *results;  /* tensors that the caller asks for */
    struct table *tensors;  /* tensor to struct opened_tensor */
    struct table *elements; /* equation to struct elements */
    size_t node_count;
};

/* ---- Which axes are opened ---- */

static bool is_small(const struct opening *opening, const struct index *index, long *first,
                     long *extent)
{
    long end;
    if (!index_has_few_values(opening->graph, index, EXTENT_MAX, first, &end) || end <= *first) {
        return false;
    }
    *extent = end - *first;
    return true;
}

/* Those of a definition for each row. */
static void open_tensor(struct opening *opening, const struct equation *equation)
{
    struct opened_tensor *tensor = ARENA_NEW(opening->arena, struct opened_tensor);
    bool rows = false, any = false;
    tensor->equation = equation;
    tensor->count = 1;
    for (int axis = 0; axis < equation->target->rank; axis++) {
        const struct index *index = equation->indices[axis];
        rows = rows || index_is_open(index);
        if (is_small(opening, index, &tensor->first[axis], &tensor->extent[axis])) {
            tensor->opened[axis] = any = true;
            tensor->count *= tensor->extent[axis];
            if (tensor->count > ELEMENTS_MAX) {
                return;
            }
        }
    }
    if (rows && any && equation->recurrence == NULL && !equation->update) {
        tensor->whole = table_find(opening->results, equation->target) != NULL;
        tensor->values = ARENA_ARRAY(opening->arena, const struct node *, (size_t)tensor->count);
        table_store(opening->tensors, equation->target, tensor);
    }
}

/* ---- Reductions over few elements ---- */

static const struct node *join(struct graph *graph, const struct reduction *reduction,
                               const struct node *left, const struct node *right)
{
    return left == NULL ? right : node_binary(graph, reduction_operator(reduction), left, right);
}

/* The indices of a reduction that are opened, which come first, and the others. */
struct turns {
    const struct index *opened[RANK_MAX], *others[RANK_MAX];
    long first[RANK_MAX], extent[RANK_MAX];
    int opened_count, other_count;
    long count;
};

static struct turns find_turns(const struct opening *opening, int count,
                               struct index *const *indices)
{
    struct turns turns = {.count = 1};
    for (int i = 0; i < count; i++) {
        int k = turns.opened_count;
        if (is_small(opening, indices[i], &turns.first[k], &turns.extent[k]) &&
            turns.count * turns.extent[k] <= ELEMENTS_MAX) {
            turns.count *= turns.extent[k];
            turns.opened[turns.opened_count++] = indices[i];
        } else {
            turns.others[turns.other_count++] = indices[i];
        }
    }
    return turns;
}

/* The numbers that `count` indices have in a turn, the last index running fastest. */
static void numbers_of_turn(struct graph *graph, long turn, int count, const long *first,
                            const long *extent, const struct node **numbers)
{
    for (int i = count - 1; i >= 0; i--) {
        numbers[i] = node_number(graph, (double)(first[i] + turn % extent[i]));
        turn /= extent[i];
    }
}

/* sum[k in 2] e(k) becomes e(0) + e(1). */
static const struct node *unroll(void *context, const struct node *node)
{
    const struct opening *opening = context;
    struct graph *graph = opening->graph;
    if (node->kind != NODE_REDUCE || reduction_seeks_place(node->reduction)) {
        return node;
    }
    struct opened opened = node_open(graph, node);
    struct turns turns = find_turns(opening, node->index_count, opened.indices);
    if (turns.opened_count == 0) {
        return node;
    }
    const struct node *unit = node_number(graph, reduction_unit(node->reduction));
    const struct node *element = opened.element, *all = NULL;
    if (opened.condition != NULL) {
        element = node_select(graph, opened.condition, element, unit);
    }
    for (long turn = 0; turn < turns.count; turn++) {
        const struct node *numbers[RANK_MAX];
        numbers_of_turn(graph, turn, turns.opened_count, turns.first, turns.extent, numbers);
        all = join(graph, node->reduction, all,
                   node_substitute(graph, element, turns.opened_count, turns.opened, numbers));
    }
    return turns.other_count == 0 ? all
                                  : node_reduce(graph, node->reduction->id, turns.other_count,
                                                turns.others, all, NULL);
}

/* ---- Reading elements ---- */

/* The number of the element that a load asks for: -1: only the run knows; `count`: there is none,
 * and a condition around keeps it from being read. */
static long element_of(const struct opened_tensor *tensor, const struct node *load)
{
    long place = 0;
    bool outside = false;
    for (int axis = 0; axis < load->tensor->rank; axis++) {
        double number;
        if (!tensor->opened[axis]) {
            continue;
        }
        if (!node_known(load->arguments[axis], &number)) {
            return -1;
        }
        long offset = (long)number - tensor->first[axis];
        outside = outside || offset < 0 || offset >= tensor->extent[axis];
        place = place * tensor->extent[axis] + offset;
    }
    return outside ? tensor->count : place;
}

static const struct node *read_element(void *context, const struct node *node)
{
    const struct opening *opening = context;
    struct opened_tensor *tensor =
        node->kind == NODE_LOAD ? table_find(opening->tensors, node->tensor) : NULL;
    if (tensor == NULL) {
        return node;
    }
    long place = element_of(tensor, node);
    if (place < 0) {
        tensor->whole = true;
        return node;
    }
    if (place == tensor->count) {
        return node_number(opening->graph, 0);
    }
    const struct index *indices[RANK_MAX];
    const struct node *subscripts[RANK_MAX];
    int count = 0;
    for (int axis = 0; axis < node->tensor->rank; axis++) {
        if (!tensor->opened[axis]) {
            indices[count] = tensor->equation->indices[axis];
            subscripts[count++] = node->arguments[axis];
        }
    }
    return node_substitute(opening->graph, tensor->values[place], count, indices, subscripts);
}

/* ---- Elements ---- */

static void add_element(struct opening *opening, struct elements *elements,
                        const struct element *element)
{
    size_t count;
    const struct node **order = node_order(opening->arena, &element->value, 1, &count);
    arena_give_back(opening->arena, order, count, sizeof order[0]);
    opening->node_count += count;
    ARENA_PUSH(opening->arena, elements->items, elements->count, elements->capacity, *element);
}

/* Numbers and elements of other tensors, which are read where they are. */
static bool is_at_hand(const struct node *value)
{
    for (int i = 0; value->kind == NODE_LOAD && i < value->argument_count; i++) {
        if (value->arguments[i]->kind != NODE_INDEX && value->arguments[i]->kind != NODE_NUMBER) {
            return false;
        }
    }
    return value->kind == NODE_LOAD || value->kind == NODE_NUMBER;
}

/* Of a tensor u[i,j,k] opened along j and k the element u_0_1[i]. */
static struct element own_element(const struct opening *opening, const struct opened_tensor *tensor,
                                  const struct node *const *numbers)
{
    const struct equation *equation = tensor->equation;
    const struct tensor *target = equation->target;
    struct element element = {0};
    struct axis axes[RANK_MAX];
    const char *name = target->name;
    int rank = 0;
    for (int axis = 0; axis < target->rank; axis++) {
        if (tensor->opened[axis]) {
            name = arena_format(opening->arena, "%s_%ld", name, (long)numbers[axis]->number);
        } else {
            axes[rank] = target->axes[axis];
            element.subscripts[rank++] = node_index(opening->graph, equation->indices[axis]);
        }
    }
    element.target = graph_tensor(opening->graph, TENSOR_PART, name, rank, axes);
    return element;
}

/* The subscripts of an element in its tensor. */
static void place_element(const struct opening *opening, const struct opened_tensor *tensor,
                          long place, const struct node **subscripts)
{
    for (int axis = tensor->equation->target->rank - 1; axis >= 0; axis--) {
        if (tensor->opened[axis]) {
            long number = tensor->first[axis] + place % tensor->extent[axis];
            subscripts[axis] = node_number(opening->graph, (double)number);
            place /= tensor->extent[axis];
        } else {
            subscripts[axis] = node_index(opening->graph, tensor->equation->indices[axis]);
        }
    }
}

static void compute_element(struct opening *opening, struct opened_tensor *tensor, long place,
                            const struct node *body, struct elements *elements)
{
    const struct equation *equation = tensor->equation;
    const struct node *subscripts[RANK_MAX];
    place_element(opening, tensor, place, subscripts);
    body = node_substitute(opening->graph, body, equation->target->rank, equation->indices,
                           subscripts);
    body = node_rewrite(opening->graph, body, read_element, opening);
    tensor->values[place] = body;
    if (!is_at_hand(body)) {
        struct element element = own_element(opening, tensor, subscripts);
        element.value = body;
        add_element(opening, elements, &element);
        tensor->values[place] = node_load(opening->graph, element.target, element.subscripts);
    }
}

static void compute_elements(struct opening *opening, const struct equation *equation)
{
    struct opened_tensor *tensor = table_find(opening->tensors, equation->target);
    struct elements *elements = ARENA_NEW(opening->arena, struct elements);
    const struct node *body = node_rewrite(opening->graph, equation->body, unroll, opening);
    if (tensor != NULL) {
        for (long place = 0; place < tensor->count; place++) {
            compute_element(opening, tensor, place, body, elements);
        }
    } else {
        struct element element = {.target = equation->target, .needed = true};
        for (int axis = 0; axis < equation->target->rank; axis++) {
            element.subscripts[axis] = node_index(opening->graph, equation->indices[axis]);
        }
        element.value = node_rewrite(opening->graph, body, read_element, opening);
        add_element(opening, elements, &element);
    }
    table_store(opening->elements, equation, elements);
}

/* What is wanted as a tensor gets its elements as they are computed. */
static void store_elements(struct opening *opening, const struct equation *equation)
{
    const struct opened_tensor *tensor = table_find(opening->tensors, equation->target);
    if (tensor == NULL || !tensor->whole) {
        return;
    }
    struct elements *elements = table_find(opening->elements, equation);
    for (long place = 0; place < tensor->count; place++) {
        struct element element = {
            .target = equation->target, .value = tensor->values[place], .needed = true};
        place_element(opening, tensor, place, element.subscripts);
        add_element(opening, elements, &element);
    }
}

/* ---- Is it worth it? ---- */

/* Calls count little: those that are made again in other loops are shared in any case. */
static double cost_of_operation(const struct node *node)
{
    if (node->kind != NODE_APPLY && node->kind != NODE_REDUCE) {
        return 0;
    }
    return node_is(node, OPERATOR_DIVIDE) ? COST_DIVISION : 1;
}

/* What the operations of some expressions on the rows cost for a row: each is done for all values
 * of the other indices that it knows. */
static double cost_of_rows(const struct opening *opening, const struct node *const *roots,
                           int root_count)
{
    size_t count;
    double cost = 0;
    const struct node **order = node_order(opening->arena, roots, root_count, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i]->kind == NODE_REDUCE ? order[i]->arguments[0] : order[i];
        double times = 0;
        for (int k = 0; k < node->free->count; k++) {
            times = index_is_open(node->free->items[k]) ? 1 : times;
        }
        for (int k = 0; k < node->free->count && times > 0; k++) {
            const struct index *index = node->free->items[k];
            times *= index_is_open(index) ? 1 : extent_of_index(opening->graph, index);
        }
        cost += times * cost_of_operation(order[i]);
    }
    arena_give_back(opening->arena, order, count, sizeof order[0]);
    return cost;
}

static bool is_worth_it(const struct opening *opening)
{
    double before = 0, after = 0;
    for (size_t i = 0; i < opening->program->count; i++) {
        const struct equation *equation = opening->program->equations[i];
        const struct elements *elements = table_find(opening->elements, equation);
        if (elements != NULL) {
            const struct node **roots =
                ARENA_ARRAY(opening->arena, const struct node *, elements->count + 1);
            int root_count = 0;
            for (size_t k = 0; k < elements->count; k++) {
                if (elements->items[k].needed) {
                    roots[root_count++] = elements->items[k].value;
                }
            }
            before += cost_of_rows(opening, &equation->body, 1);
            after += cost_of_rows(opening, roots, root_count);
        }
    }
    return after <= COST_LEFT_MAX * before;
}

/* Marks the elements that those read which are needed, from the last to the first. */
static void find_needed(const struct opening *opening)
{
    struct table *read = table_create(opening->arena);
    for (size_t i = opening->program->count; i > 0; i--) {
        struct elements *elements =
            table_find(opening->elements, opening->program->equations[i - 1]);
        for (size_t k = elements == NULL ? 0 : elements->count; k > 0; k--) {
            struct element *element = &elements->items[k - 1];
            size_t count = 0;
            element->needed = element->needed || table_find(read, element->target) != NULL;
            const struct node **order =
                element->needed ? node_order(opening->arena, &element->value, 1, &count) : NULL;
            for (size_t m = 0; m < count; m++) {
                if (order[m]->kind == NODE_LOAD) {
                    table_store(read, order[m]->tensor, element);
                }
            }
        }
    }
}

/* ---- All of it ---- */

/* Notes that all tensors that an equation reads are wanted as such. */
static void read_wholes(const struct opening *opening, const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(opening->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        struct opened_tensor *tensor =
            order[i]->kind == NODE_LOAD ? table_find(opening->tensors, order[i]->tensor) : NULL;
        if (tensor != NULL) {
            tensor->whole = true;
        }
    }
}

static bool reads_opened(const struct opening *opening, const struct equation *equation)
{
    bool reads = false;
    size_t count;
    const struct node **order = node_order(opening->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count && !reads; i++) {
        reads = order[i]->kind == NODE_LOAD && table_find(opening->tensors, order[i]->tensor);
    }
    return reads;
}

static bool compute_all(struct opening *opening)
{
    const struct program *program = opening->program;
    for (size_t i = 0; i < program->count; i++) {
        const struct equation *equation = program->equations[i];
        if (equation->recurrence != NULL || equation->update) {
            read_wholes(opening, equation);
        } else if (table_find(opening->tensors, equation->target) != NULL ||
                   reads_opened(opening, equation)) {
            compute_elements(opening, equation);
        }
        if (opening->node_count > NODES_MAX) {
            return false;
        }
    }
    for (size_t i = 0; i < program->count; i++) {
        store_elements(opening, program->equations[i]);
    }
    return true;
}

struct table *program_open_axes(const struct program *program, const struct tensor *const *results,
                                size_t result_count)
{
    struct opening opening = {
        .program = program, .graph = program->graph, .arena = graph_arena(program->graph)};
    opening.results = table_create(opening.arena);
    opening.tensors = table_create(opening.arena);
    opening.elements = table_create(opening.arena);
    for (size_t i = 0; i < result_count; i++) {
        table_store(opening.results, results[i], &opening);
    }
    for (size_t i = 0; i < program->count; i++) {
        open_tensor(&opening, program->equations[i]);
    }
    if (!compute_all(&opening)) {
        return NULL;
    }
    find_needed(&opening);
    return is_worth_it(&opening) ? opening.elements : NULL;
}
