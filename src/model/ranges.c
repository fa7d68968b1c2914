#include "equations/affine.h"
#include "equations/fold.h"
#include "equations/guards.h"
#include "model/reader.h"

#include <math.h>

static struct inferring *inferring_of(struct reader *reader, const struct index *index)
{
    return table_find(reader->inferring, index);
}

static bool is_settled(const struct index *index)
{
    return index->first != NULL;
}

struct index *infer_index(struct reader *reader, const char *name, struct span bound_at)
{
    struct index *index = graph_index(reader->graph, name, NULL, NULL);
    struct inferring *inferring = ARENA_NEW(reader->arena, struct inferring);
    inferring->bound_at = bound_at;
    table_store(reader->inferring, index, inferring);
    return index;
}

bool same_bound(const struct node *left, const struct node *right)
{
    return left == right ||
           (affine_proves_at_most(left, right) && affine_proves_at_most(right, left));
}

bool same_axis(struct axis left, struct axis right)
{
    return same_bound(left.first, right.first) && same_bound(left.end, right.end);
}

static const char *bound_text(struct reader *reader, const struct node *node)
{
    struct text text = text_create(reader->arena);
    node_print(&text, node);
    return text.bytes;
}

/* "0..n-1" */
static const char *axis_text(struct reader *reader, struct axis axis)
{
    const char *first = bound_text(reader, axis.first);
    if (axis.end->kind == NODE_NUMBER) {
        return arena_format(reader->arena, "%s..%.0f", first, axis.end->number - 1);
    }
    bool sum = axis.end->kind == NODE_APPLY;
    return arena_format(reader->arena, sum ? "%s..(%s)-1" : "%s..%s-1", first,
                        bound_text(reader, axis.end));
}

/* floor(e/c) and the like, of sizes alone. */
static bool is_rounded_size(const struct node *atom)
{
    return atom->kind == NODE_APPLY && atom->free->count == 0 &&
           (atom->operation->id == OPERATOR_FLOOR || atom->operation->id == OPERATOR_CEIL ||
            atom->operation->id == OPERATOR_ROUND || atom->operation->id == OPERATOR_TRUNC);
}

const struct node *whole_size(struct reader *reader, const struct node *node)
{
    double value;
    if (node->free->count == 0 && node_constant(reader->graph, node, &value) &&
        value == rint(value) && fabs(value) < 0x1p52 && node->kind == NODE_APPLY) {
        struct affine known = affine_of(node);
        return known.valid ? affine_node(reader->graph, &known) : node_number(reader->graph, value);
    }
    struct affine affine = affine_of(node);
    for (int i = 0; i < affine.count; i++) {
        const struct node *atom = affine.terms[i].atom;
        if (atom->kind != NODE_SIZE && !is_rounded_size(atom)) {
            return NULL;
        }
    }
    return affine.valid ? affine_node(reader->graph, &affine) : NULL;
}

/* Longer formulas of whole numbers than this are not looked through. */
enum { WHOLE_NODES_MAX = 64 };

static bool takes_whole_values(const struct node *node, int *nodes_left)
{
    if (--*nodes_left < 0) {
        return false;
    }
    if (node->kind == NODE_LOAD) {
        return node->tensor->whole;
    }
    if (node->kind == NODE_REDUCE) {
        return node->reduction->id == REDUCTION_ARGMAX || node->reduction->id == REDUCTION_ARGMIN;
    }
    if (node->kind != NODE_APPLY) {
        return node->kind != NODE_NUMBER || affine_of(node).valid;
    }
    int first = 0;
    switch (node->operation->id) {
    case OPERATOR_FLOOR:
    case OPERATOR_CEIL:
    case OPERATOR_ROUND:
    case OPERATOR_TRUNC:
        return true;
    case OPERATOR_IF:
        first = 1;
        break;
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_MULTIPLY:
    case OPERATOR_NEGATE:
    case OPERATOR_MOD:
    case OPERATOR_MIN:
    case OPERATOR_MAX:
        break;
    default:
        return false;
    }
    for (int i = first; i < node->argument_count; i++) {
        if (!takes_whole_values(node->arguments[i], nodes_left)) {
            return false;
        }
    }
    return true;
}

bool is_whole_number(const struct node *node)
{
    int nodes_left = WHOLE_NODES_MAX;
    return affine_of(node).valid || takes_whole_values(node, &nodes_left);
}

/* sum[k : ...] 1 counts how often a condition holds. */
static bool is_count(const struct node *body)
{
    return body->kind == NODE_REDUCE && body->reduction->id == REDUCTION_SUM &&
           body->index_count == 1 && node_is_number(body->arguments[0], 1);
}

/* The first value of an index that a condition leaves: k >= 1 and ... */
static const struct node *first_under(const struct node *condition, const struct index *index)
{
    if (condition->kind != NODE_APPLY) {
        return index->first;
    }
    if (condition->operation->id == OPERATOR_AND) {
        const struct node *left = first_under(condition->arguments[0], index);
        return left != index->first ? left : first_under(condition->arguments[1], index);
    }
    bool bounds = condition->operation->id == OPERATOR_GREATER_EQUAL &&
                  condition->arguments[0]->kind == NODE_INDEX &&
                  condition->arguments[0]->index == index &&
                  condition->arguments[1]->kind == NODE_NUMBER &&
                  affine_proves_at_most(index->first, condition->arguments[1]);
    return bounds ? condition->arguments[1] : index->first;
}

static struct affine most_counted(struct reader *reader, const struct node *count)
{
    const struct index *index = count->indices[0];
    const struct node *first =
        count->argument_count == 2 ? first_under(count->arguments[1], index) : index->first;
    return affine_of(node_binary(reader->graph, OPERATOR_SUBTRACT, index->end, first));
}

void note_whole_values(struct reader *reader, struct tensor *tensor, const struct node *body)
{
    int nodes_left = WHOLE_NODES_MAX;
    tensor->whole = takes_whole_values(body, &nodes_left);
    struct affine form = tensor->whole ? affine_of(body) : (struct affine){0};
    struct affine least = affine_minimum(&form), most = affine_maximum(&form);
    if (is_count(body)) {
        tensor->whole = true;
        least = affine_of(node_number(reader->graph, 0));
        most = most_counted(reader, body);
    }
    if (least.valid && most.valid) {
        most.constant++;
        tensor->values =
            (struct axis){affine_node(reader->graph, &least), affine_node(reader->graph, &most)};
    }
}

static const struct node *whole_bound(struct reader *reader, const struct expression *expression,
                                      const struct local *scope)
{
    const struct node *node = read_scalar(reader, expression, scope);
    if (node == NULL) {
        return NULL;
    }
    const struct node *size = whole_size(reader, node);
    if (size == NULL) {
        struct diagnostic *diagnostic = reader_error(
            reader, expression->span, "a range must be made of whole numbers and dimensions");
        if (node->free->count > 0) {
            diagnostic_help(reader->diagnostics, diagnostic,
                            "write a condition behind the index: [j in n : j <= %s]",
                            node->free->items[0]->name);
        }
        return NULL;
    }
    return size;
}

struct index *bind_index(struct reader *reader, const struct binder *binder,
                         const struct local *scope)
{
    struct index *index = infer_index(reader, binder->name, binder->span);
    if (binder->count == NULL && binder->last == NULL) {
        return index;
    }
    const struct node *first = node_number(reader->graph, 0);
    const struct node *end;
    if (binder->count != NULL) {
        end = whole_bound(reader, binder->count, scope);
    } else {
        first = whole_bound(reader, binder->first, scope);
        end = whole_bound(reader, binder->last, scope);
        if (end != NULL) {
            end = affine_normalize(reader->graph, node_binary(reader->graph, OPERATOR_ADD, end,
                                                              node_number(reader->graph, 1)));
        }
    }
    if (first == NULL || end == NULL) {
        return NULL;
    }
    index->first = first;
    index->end = end;
    struct inferring *inferring = inferring_of(reader, index);
    inferring->resolved_at = binder->span;
    inferring->resolved_by = "its range";
    return index;
}

const struct local *open_index(struct reader *reader, const struct binder *binder,
                               const struct index *index, const struct local *scope)
{
    struct local *local = ARENA_NEW(reader->arena, struct local);
    local->name = binder->name;
    local->span = binder->span;
    local->is_index = true;
    local->index_count = 1;
    local->indices[0] = index;
    local->outer = scope;
    return local;
}

struct index *bind_place(struct reader *reader, const struct binder *binder,
                         const struct local *scope)
{
    const struct local *axis = find_local(scope, binder->name);
    bool bare = binder->count == NULL && binder->last == NULL;
    if (!bare || axis == NULL || !axis->is_axis || axis->index_count != 1) {
        return bind_index(reader, binder, scope);
    }
    struct index *index = infer_index(reader, binder->name, binder->span);
    struct inferring *inferring = inferring_of(reader, index);
    index->first = axis->indices[0]->first;
    index->end = axis->indices[0]->end;
    inferring->resolved_at = binder->span;
    inferring->resolved_by = "the function's head";
    return index;
}

void demand_range(struct reader *reader, struct index *index, struct axis axis, const char *by,
                  struct span span)
{
    struct inferring *inferring = inferring_of(reader, index);
    if (!is_settled(index)) {
        index->first = axis.first;
        index->end = axis.end;
        if (inferring != NULL) {
            inferring->resolved_at = span;
            inferring->resolved_by = by;
        }
        return;
    }
    struct axis own = {index->first, index->end};
    if (same_axis(own, axis)) {
        return;
    }
    struct diagnostic *diagnostic =
        reader_error(reader, span, "index '%s' runs over %s here, but over %s elsewhere",
                     index->name, axis_text(reader, axis), axis_text(reader, own));
    if (inferring != NULL) {
        diagnostic_note(reader->diagnostics, diagnostic, inferring->resolved_at,
                        "'%s' runs over %s because of %s", index->name, axis_text(reader, own),
                        inferring->resolved_by);
    }
}

/* The conditions in force, kept for the time when ranges are known. */
static void keep_conditions(struct reader *reader, struct demand *demand)
{
    const struct node **kept =
        ARENA_ARRAY(reader->arena, const struct node *, reader->condition_count);
    for (size_t i = 0; i < reader->condition_count; i++) {
        kept[i] = reader->conditions[i];
    }
    demand->conditions = kept;
    demand->condition_count = (int)reader->condition_count;
}

/* An explicit range may be narrower than the axis; one found elsewhere must be the same. */
static bool is_given(const struct inferring *inferring)
{
    return inferring->resolved_by != NULL &&
           inferring->resolved_at.begin == inferring->bound_at.begin;
}

struct axis axis_for(struct reader *reader, const struct node *subscript,
                     const struct symbol *symbol, int axis)
{
    const struct inferring *inferring =
        subscript->kind == NODE_INDEX ? inferring_of(reader, subscript->index) : NULL;
    bool infers = inferring != NULL && !is_given(inferring) &&
                  (reader->condition_count == 0 || !is_settled(subscript->index));
    return infers && symbol->plain != NULL ? symbol->plain[axis]
                                           : symbol->tensor->axes[axis + symbol->context_count];
}

void demand_axis(struct reader *reader, const struct node *subscript, const struct tensor *tensor,
                 struct axis axis, struct span span)
{
    struct demand demand = {.subscript = subscript, .tensor = tensor, .axis = axis, .span = span};
    keep_conditions(reader, &demand);
    if (subscript->kind == NODE_INDEX && !subscript->index->canonical) {
        struct index *index = (struct index *)(uintptr_t)subscript->index;
        struct inferring *inferring = inferring_of(reader, index);
        if (inferring != NULL && !is_given(inferring) && reader->condition_count == 0) {
            demand_range(reader, index, axis, tensor == NULL ? "this" : tensor->name, span);
            return;
        }
        if (inferring != NULL && !is_settled(index)) {
            demand_range(reader, index, axis, tensor == NULL ? "this" : tensor->name, span);
            return;
        }
    } else {
        for (int i = 0; i < subscript->free->count; i++) {
            struct inferring *inferring = inferring_of(reader, subscript->free->items[i]);
            if (inferring != NULL && !is_settled(subscript->free->items[i])) {
                ARENA_PUSH(reader->arena, inferring->demands, inferring->demand_count,
                           inferring->demand_capacity, demand);
            }
        }
    }
    ARENA_PUSH(reader->arena, reader->bounds, reader->bound_count, reader->bound_capacity, demand);
}

static const struct node *whole_quotient(struct graph *graph, const struct affine *numerator,
                                         long divisor)
{
    const struct node *node = affine_node(graph, numerator);
    if (divisor == 1) {
        return node;
    }
    double value;
    const struct node *floored =
        node_unary(graph, OPERATOR_FLOOR,
                   node_binary(graph, OPERATOR_DIVIDE, node, node_number(graph, (double)divisor)));
    return node_constant(graph, floored, &value) && numerator->count == 0
               ? node_number(graph, value)
               : floored;
}

/* What one subscript allows: axis.first <= c*index + rest < axis.end, for every value of rest. */
static bool allowed_range(struct reader *reader, const struct demand *demand,
                          const struct index *index, struct axis *allowed)
{
    struct affine affine = affine_of(demand->subscript);
    const struct node *atom = node_index(reader->graph, index);
    long coefficient = affine_coefficient(&affine, atom);
    if (!affine.valid || coefficient == 0) {
        return false;
    }
    struct affine rest = affine_add(affine, affine_of(atom), -coefficient);
    struct affine least = affine_minimum(&rest), most = affine_maximum(&rest);
    struct affine lower = affine_add(affine_of(demand->axis.first), least, -1);
    struct affine upper = affine_add(affine_of(demand->axis.end), most, -1);
    upper.constant--;
    if (coefficient < 0) {
        /* first <= rest - c*i < end: i from rest - end + 1 up to rest - first */
        struct affine swapped = affine_add(most, affine_of(demand->axis.end), -1);
        swapped.constant++;
        upper = affine_add(least, affine_of(demand->axis.first), -1);
        lower = swapped;
        coefficient = -coefficient;
    }
    if (!lower.valid || !upper.valid) {
        return false;
    }
    const struct node *zero = node_number(reader->graph, 0);
    lower.constant += coefficient - 1; /* rounding up */
    allowed->first = whole_quotient(reader->graph, &lower, coefficient);
    if (affine_proves_at_most(allowed->first, zero)) {
        allowed->first = zero;
    }
    allowed->end = affine_normalize(reader->graph,
                                    node_binary(reader->graph, OPERATOR_ADD,
                                                whole_quotient(reader->graph, &upper, coefficient),
                                                node_number(reader->graph, 1)));
    return true;
}

bool settle_index(struct reader *reader, struct index *index)
{
    if (is_settled(index)) {
        return true;
    }
    struct inferring *inferring = inferring_of(reader, index);
    const struct node *first = NULL, *end = NULL;
    for (size_t i = 0; i < inferring->demand_count; i++) {
        struct axis allowed;
        if (!allowed_range(reader, &inferring->demands[i], index, &allowed)) {
            continue;
        }
        if (first == NULL || affine_proves_at_most(first, allowed.first)) {
            first = allowed.first;
        }
        if (end == NULL || affine_proves_at_most(allowed.end, end)) {
            end = allowed.end;
        }
        inferring->resolved_at = inferring->demands[i].span;
    }
    if (first != NULL) {
        index->first = first;
        index->end = end;
        inferring->resolved_by = "this subscript";
        return true;
    }
    struct diagnostic *diagnostic =
        reader_error(reader, inferring->bound_at, "the range of index '%s' is not known",
                     index->name == NULL ? "?" : index->name);
    diagnostic_help(reader->diagnostics, diagnostic,
                    "use it as a subscript, or give its range: '%s in n' or '%s in 1..n-1'",
                    index->name, index->name);
    /* One error is enough: the rest of the definition goes on with some range. */
    index->first = node_number(reader->graph, 0);
    index->end = node_number(reader->graph, 1);
    return false;
}

static const struct node *last_of(struct reader *reader, struct axis axis)
{
    return affine_normalize(reader->graph, node_binary(reader->graph, OPERATOR_SUBTRACT, axis.end,
                                                       node_number(reader->graph, 1)));
}

static void report_out_of_bounds(struct reader *reader, const struct demand *demand)
{
    struct affine affine = affine_of(demand->subscript);
    struct diagnostic *diagnostic;
    const char *name = demand->tensor == NULL ? "the vector" : demand->tensor->name;
    if (!affine.valid) {
        diagnostic = reader_error(reader, demand->span,
                                  "a subscript must be a whole number, and this may not be one");
        diagnostic_help(reader->diagnostics, diagnostic,
                        "declare the data as whole numbers ('label[n] in k'), or use floor or "
                        "round with 'else' for what lies outside");
        return;
    }
    struct affine least = affine_minimum(&affine), most = affine_maximum(&affine);
    const struct node *low = least.valid ? affine_node(reader->graph, &least) : NULL;
    const struct node *high = most.valid ? affine_node(reader->graph, &most) : NULL;
    diagnostic =
        reader_error(reader, demand->span, "the subscript can leave %s, which runs over %s", name,
                     axis_text(reader, demand->axis));
    if (low != NULL && high != NULL) {
        diagnostic_note(reader->diagnostics, diagnostic, demand->span, "it takes the values %s..%s",
                        bound_text(reader, low), bound_text(reader, high));
    }
    diagnostic_help(reader->diagnostics, diagnostic,
                    "say what holds outside, as in (%s[...] else 0), or give the index a range",
                    name);
}

void check_bounds(struct reader *reader, size_t from)
{
    for (size_t i = from; i < reader->bound_count; i++) {
        const struct demand *demand = &reader->bounds[i];
        bool unsettled = false;
        for (int k = 0; k < demand->subscript->free->count; k++) {
            unsettled = unsettled || !is_settled(demand->subscript->free->items[k]);
        }
        if (unsettled) {
            continue;
        }
        if (!affine_proves_under(demand->axis.first, demand->subscript, demand->conditions,
                                 demand->condition_count) ||
            !affine_proves_under(demand->subscript, last_of(reader, demand->axis),
                                 demand->conditions, demand->condition_count)) {
            report_out_of_bounds(reader, demand);
        }
    }
    reader->bound_count = from;
}

/* A plain index of unknown range takes the axis's, also where `else` says what holds outside. */
void demand_index(struct reader *reader, const struct node *subscript, const char *by,
                  struct axis axis, struct span span)
{
    if (subscript->kind == NODE_INDEX && !is_settled(subscript->index) &&
        inferring_of(reader, subscript->index) != NULL) {
        demand_range(reader, (struct index *)(uintptr_t)subscript->index, axis, by, span);
    }
}

static bool all_settled(const struct node *node)
{
    for (int i = 0; i < node->free->count; i++) {
        if (!is_settled(node->free->items[i])) {
            return false;
        }
    }
    return true;
}

const struct node *within_bounds(struct reader *reader, int rank, const struct axis *axes,
                                 const struct node *const *subscripts)
{
    struct graph *graph = reader->graph;
    const struct node *condition = NULL;
    for (int i = 0; i < rank; i++) {
        struct axis axis = axes[i];
        const struct node *last = last_of(reader, axis);
        bool settled = all_settled(subscripts[i]);
        if (!settled || !affine_proves_at_most(axis.first, subscripts[i])) {
            const struct node *lower = affine_at_least(graph, subscripts[i], axis.first);
            condition = conjunction(graph, condition, lower);
        }
        if (!settled || !affine_proves_at_most(subscripts[i], last)) {
            const struct node *upper = affine_at_least(graph, last, subscripts[i]);
            condition = conjunction(graph, condition, upper);
        }
    }
    return condition;
}
