/* The order of the axes of what the compiler keeps for itself.
 *
 * The heads of an attention, the gates of a cell: an index that both factors of a matrix product
 * and the product itself have only chooses among matrices. Where it is the last axis of a tensor,
 * the elements of each matrix lie apart in memory, for the product and for all that is done to its
 * rows; so the last of the matrix's own axes comes behind it. */
#include "equations/program.h"
#include "plan/statement.h"

struct moving {
    struct graph *graph;
    struct arena *arena;
    struct table *choosers; /* tensor to the axes that only choose among matrices, a bit for each */
    struct table *kept;     /* tensors that the caller knows */
    struct table *images;   /* tensor to the one that stands for it */
};

static uintptr_t bits_of(const struct table *table, const struct tensor *tensor)
{
    return (uintptr_t)table_find(table, tensor);
}

/* ---- Which axes choose ---- */

/* A product of two loads, summed. */
struct matrices {
    const struct node *left, *right;
    struct opened opened;
};

static bool is_chooser(const struct matrices *matrices, const struct index *index)
{
    return node_depends_on(matrices->left, index) && node_depends_on(matrices->right, index);
}

static void note_axes(struct moving *moving, const struct matrices *matrices,
                      const struct tensor *tensor, const struct node *const *subscripts,
                      const struct index_set *free)
{
    uintptr_t bits = bits_of(moving->choosers, tensor);
    for (int axis = 0; axis < tensor->rank; axis++) {
        for (int i = 0; i < free->count; i++) {
            if (node_is_index(subscripts[axis], free->items[i]) &&
                is_chooser(matrices, free->items[i])) {
                bits |= (uintptr_t)1 << axis;
            }
        }
    }
    if (bits != 0) {
        table_store(moving->choosers, tensor, (void *)bits);
    }
}

/* Whether each factor has an index of its own, and there is enough to do. */
static bool is_worth_it(const struct moving *moving, const struct matrices *matrices,
                        const struct node *reduce)
{
    double sides[2] = {1, 1}, depth = 1;
    for (int i = 0; i < reduce->free->count; i++) {
        const struct index *index = reduce->free->items[i];
        double extent = extent_of_index(moving->graph, index);
        bool left = node_depends_on(matrices->left, index);
        bool right = node_depends_on(matrices->right, index);
        sides[0] = left && !right && extent > sides[0] ? extent : sides[0];
        sides[1] = right && !left && extent > sides[1] ? extent : sides[1];
    }
    for (int i = 0; i < reduce->index_count; i++) {
        depth *= extent_of_index(moving->graph, matrices->opened.indices[i]);
    }
    return sides[0] >= PRODUCT_EXTENT_MIN && sides[1] >= PRODUCT_EXTENT_MIN &&
           sides[0] * sides[1] * depth >= PRODUCT_WORK_MIN;
}

static void note_product(struct moving *moving, const struct equation *equation,
                         const struct node *reduce)
{
    struct matrices matrices = {.opened = node_open(moving->graph, reduce)};
    const struct node *element = matrices.opened.element;
    if (!node_multiplies_loads(element)) {
        return;
    }
    matrices.left = element->arguments[0];
    matrices.right = element->arguments[1];
    if (!is_worth_it(moving, &matrices, reduce)) {
        return;
    }
    note_axes(moving, &matrices, matrices.left->tensor, matrices.left->arguments, reduce->free);
    note_axes(moving, &matrices, matrices.right->tensor, matrices.right->arguments, reduce->free);
    if (equation->body == reduce) {
        const struct node *subscripts[RANK_MAX];
        for (int axis = 0; axis < equation->target->rank; axis++) {
            subscripts[axis] = node_index(moving->graph, equation->indices[axis]);
        }
        note_axes(moving, &matrices, equation->target, subscripts, reduce->free);
    }
}

static void note_products(struct moving *moving, const struct equation *equation)
{
    size_t count = 0;
    const struct node **order =
        equation->body->height == 0 ? NULL : node_order(moving->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_REDUCE && order[i]->reduction->id == REDUCTION_SUM) {
            note_product(moving, equation, order[i]);
        }
    }
}

/* ---- Moving ---- */

/* The axis that is to be the last; that which is, where nothing is to be moved. */
static int last_axis(const struct moving *moving, const struct tensor *tensor)
{
    uintptr_t choosers = bits_of(moving->choosers, tensor);
    int last = tensor->rank - 1;
    bool own = tensor->kind == TENSOR_PART || tensor->kind == TENSOR_ADJOINT ||
               tensor->kind == TENSOR_DEFINED;
    if (!own || table_find(moving->kept, tensor) != NULL) {
        return last;
    }
    while (last >= 0 && (choosers >> last & 1) != 0) {
        last--;
    }
    return last < 0 ? tensor->rank - 1 : last;
}

/* Where an axis stands once `last` is the last. */
static int place_of(int axis, int last, int rank)
{
    return axis == last ? rank - 1 : axis > last ? axis - 1 : axis;
}

static const struct tensor *image_of(const struct moving *moving, const struct tensor *tensor)
{
    const struct tensor *image = table_find(moving->images, tensor);
    return image == NULL ? tensor : image;
}

static const struct node *read_moved(void *context, const struct node *node)
{
    const struct moving *moving = context;
    const struct tensor *image = node->kind == NODE_LOAD ? image_of(moving, node->tensor) : NULL;
    if (image == NULL || image == node->tensor) {
        return node;
    }
    const struct node *subscripts[RANK_MAX];
    int last = last_axis(moving, node->tensor);
    for (int axis = 0; axis < image->rank; axis++) {
        subscripts[place_of(axis, last, image->rank)] = node->arguments[axis];
    }
    return node_load(moving->graph, image, subscripts);
}

static void create_image(struct moving *moving, const struct tensor *tensor)
{
    int last = last_axis(moving, tensor);
    if (last == tensor->rank - 1) {
        return;
    }
    struct axis axes[RANK_MAX];
    for (int axis = 0; axis < tensor->rank; axis++) {
        axes[place_of(axis, last, tensor->rank)] = tensor->axes[axis];
    }
    struct tensor *image =
        graph_tensor(moving->graph, tensor->kind, tensor->name, tensor->rank, axes);
    image->whole = tensor->whole;
    image->values = tensor->values;
    image->primal = tensor->primal;
    image->span = tensor->span;
    table_store(moving->images, tensor, image);
}

static struct equation *move(struct moving *moving, const struct equation *equation)
{
    const struct tensor *tensor = equation->target;
    struct equation *moved = ARENA_NEW(graph_arena(moving->graph), struct equation);
    int last = last_axis(moving, tensor);
    *moved = *equation;
    moved->target = image_of(moving, tensor);
    moved->body = node_rewrite(moving->graph, equation->body, read_moved, moving);
    for (int axis = 0; moved->target != tensor && axis < tensor->rank; axis++) {
        moved->indices[place_of(axis, last, tensor->rank)] = equation->indices[axis];
    }
    for (int k = 0; equation->recurrence != NULL && k < equation->recurrence->depth; k++) {
        moved->time[k] = moved->target == tensor ? equation->time[k]
                                                 : place_of(equation->time[k], last, tensor->rank);
    }
    return moved;
}

const struct program *program_with_matrices(const struct program *program,
                                            const struct tensor *const *results,
                                            size_t result_count)
{
    struct moving moving = {.graph = program->graph,
                            .arena = arena_open(graph_arena(program->graph))};
    moving.choosers = table_create(moving.arena);
    moving.kept = table_create(moving.arena);
    moving.images = table_create(moving.arena);
    for (size_t i = 0; i < result_count; i++) {
        table_store(moving.kept, results[i], &moving);
    }
    for (size_t i = 0; i < program->count; i++) {
        if (program->equations[i]->update) {
            table_store(moving.kept, program->equations[i]->target, &moving);
        }
        note_products(&moving, program->equations[i]);
    }
    struct program *moved = program_create(program->graph);
    moved->taken = program->taken;
    moved->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        create_image(&moving, program->equations[i]->target);
    }
    for (size_t i = 0; i < program->count; i++) {
        program_adopt(moved, move(&moving, program->equations[i]));
    }
    arena_close(moving.arena);
    return moved;
}
