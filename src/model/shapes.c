/* The shapes of definitions that need each other, before their formulas are understood: a first
 * walk through the formulas finds which indices stand for the same axis, and which range each has.
 */
#include "equations/affine.h"
#include "model/recurrences.h"

/* That an index runs over an axis of a member, or over what another index does. */
struct link {
    const struct index *index, *other; /* `other` NULL: the axis */
    struct member *member;
    int axis;
};

struct walker {
    struct reader *reader;
    const struct members *members;
    struct link *links;
    size_t link_count, link_capacity;
};

/* ---- Which indices stand for the same axis ---- */

static void add_link(struct walker *walker, struct link link)
{
    ARENA_PUSH(walker->reader->arena, walker->links, walker->link_count, walker->link_capacity,
               link);
}

/* The index belongs to this walk alone. False where its range was known before. */
static bool set_range(const struct index *index, struct axis axis)
{
    struct index *own = (struct index *)(uintptr_t)index;
    if (own->first != NULL || axis.first == NULL) {
        return false;
    }
    own->first = axis.first;
    own->end = axis.end;
    return true;
}

static const struct local *find_index(const struct local *scope, const char *name)
{
    while (scope != NULL && scope->name != name) {
        scope = scope->outer;
    }
    return scope != NULL && scope->is_index && scope->index_count == 1 ? scope : NULL;
}

/* Whether an expression is made of numbers, dimensions and indices that are known here. */
static bool is_of_indices(struct reader *reader, const struct expression *expression,
                          const struct local *scope)
{
    if (expression->kind == EXPRESSION_NAME) {
        const struct symbol *symbol = find_symbol(reader, scope, expression->name);
        return find_index(scope, expression->name) != NULL ||
               (symbol != NULL && symbol->kind == SYMBOL_DIMENSION);
    }
    if (expression->kind != EXPRESSION_OPERATOR) {
        return expression->kind == EXPRESSION_NUMBER;
    }
    for (size_t i = 0; i < expression->arguments.count; i++) {
        if (!is_of_indices(reader, expression->arguments.items[i], scope)) {
            return false;
        }
    }
    return true;
}

/* What a subscript says about the range of the index in it. */
static void walk_subscript(struct walker *walker, const struct expression *subscript,
                           const struct local *scope, const struct symbol *symbol, int axis)
{
    struct reader *reader = walker->reader;
    const struct local *local =
        subscript->kind == EXPRESSION_NAME ? find_index(scope, subscript->name) : NULL;
    struct member *member = member_of(walker->members, symbol);
    if (member != NULL) {
        if (local != NULL && axis < member->left_rank) {
            add_link(walker, (struct link){local->indices[0], NULL, member, axis});
        }
        return;
    }
    if (symbol->kind != SYMBOL_TENSOR || symbol->tensor == NULL ||
        axis >= symbol->tensor->rank - symbol->context_count) {
        return;
    }
    struct axis own = symbol->tensor->axes[axis + symbol->context_count];
    if (local != NULL) {
        set_range(local->indices[0], symbol->plain == NULL ? own : symbol->plain[axis]);
    } else if (is_of_indices(reader, subscript, scope)) {
        const struct node *node = read_scalar(reader, subscript, scope);
        if (node != NULL) {
            demand_axis(reader, node, symbol->tensor, own, subscript->span);
        }
    }
}

/* The same for a function's argument. */
static void walk_argument_subscript(const struct expression *subscript, const struct local *scope,
                                    const struct value *argument, int axis)
{
    const struct local *local =
        subscript->kind == EXPRESSION_NAME ? find_index(scope, subscript->name) : NULL;
    if (local != NULL && axis < argument->rank) {
        set_range(local->indices[0],
                  (struct axis){argument->axes[axis]->first, argument->axes[axis]->end});
    }
}

static void walk(struct walker *walker, const struct expression *expression,
                 const struct local *scope);

static void walk_list(struct walker *walker, const struct expression_list *list,
                      const struct local *scope)
{
    for (size_t i = 0; i < list->count; i++) {
        walk(walker, list->items[i], scope);
    }
}

/* softmax[c] e: the element at the outer c, of a vector over the same range. */
static void walk_reduce(struct walker *walker, const struct expression *expression,
                        const struct local *scope)
{
    const struct local *inner = scope;
    bool of_vector = reduction_find(expression->name) == NULL;
    for (size_t i = 0; i < expression->binders.count; i++) {
        const struct binder *binder = &expression->binders.items[i];
        struct index *index = bind_place(walker->reader, binder, scope);
        const struct local *outer = find_index(scope, binder->name);
        if (index == NULL) {
            return;
        }
        inner = open_index(walker->reader, binder, index, inner);
        if (of_vector && outer != NULL) {
            add_link(walker, (struct link){index, outer->indices[0], NULL, 0});
        }
    }
    walk(walker, expression->binders.condition, inner);
    walk(walker, expression->body, inner);
}

static void walk(struct walker *walker, const struct expression *expression,
                 const struct local *scope)
{
    /* The spine of a long sum is walked, not recursed. */
    while (expression != NULL && expression->kind == EXPRESSION_OPERATOR &&
           expression->arguments.count == 2) {
        walk(walker, expression->arguments.items[1], scope);
        expression = expression->arguments.items[0];
    }
    if (expression == NULL) {
        return;
    }
    if (expression->kind == EXPRESSION_REDUCE) {
        walk_reduce(walker, expression, scope);
        return;
    }
    bool subscripts = expression->kind == EXPRESSION_SUBSCRIPT && expression->name != NULL;
    const struct local *local = subscripts ? find_local(scope, expression->name) : NULL;
    const struct symbol *symbol =
        subscripts ? find_symbol(walker->reader, scope, expression->name) : NULL;
    for (size_t i = 0; i < expression->arguments.count; i++) {
        const struct expression *subscript = expression->arguments.items[i];
        if (symbol != NULL) {
            walk_subscript(walker, subscript, scope, symbol, (int)i);
        } else if (local != NULL && !local->is_index) {
            walk_argument_subscript(subscript, scope, &local->value, (int)i);
        }
    }
    walk_list(walker, &expression->arguments, scope);
    walk(walker, expression->fallback, scope);
    walk(walker, expression->body, scope);
}

/* `at most 100` steps behind the last of the first cases. */
static void limit_steps(struct walker *walker, const struct member *member,
                        const struct definition_case *one, int k)
{
    const struct node *last = NULL;
    double limit;
    if (one->statement->limit == NULL || k != stepping_axis(member)) {
        return;
    }
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        const struct node *constant = member->cases[i].constants[k];
        if (constant != NULL && (last == NULL || affine_proves_at_most(last, constant))) {
            last = constant;
        }
    }
    if (last != NULL && read_number(walker->reader, one->statement->limit, &limit) && limit >= 1 &&
        limit <= 1e9) {
        set_range(one->walked[k], (struct axis){size_plus(walker->reader, last, 1),
                                                size_plus(walker->reader, last, 1 + (long)limit)});
    }
}

static void walk_case(struct walker *walker, const struct member *member,
                      struct definition_case *one)
{
    const struct local *base = walker->members->scope, *scope = base;
    for (int k = 0; k < member->left_rank; k++) {
        const struct binder *binder = &one->statement->binders.items[k];
        if (!is_constant_subscript(walker->reader, binder)) {
            one->walked[k] = bind_place(walker->reader, binder, base);
            if (one->walked[k] == NULL) {
                return;
            }
            limit_steps(walker, member, one, k);
            scope = open_index(walker->reader, binder, one->walked[k], scope);
        }
    }
    walk(walker, one->statement->body, scope);
}

/* ---- Ranges ---- */

const struct node *size_plus(struct reader *reader, const struct node *node, long step)
{
    return affine_normalize(reader->graph, node_binary(reader->graph, OPERATOR_ADD, node,
                                                       node_number(reader->graph, (double)step)));
}

/* A constant subscript as a whole number over sizes. */
static const struct node *read_constant(struct reader *reader, const struct binder *binder,
                                        const struct local *scope)
{
    struct expression name = {.kind = EXPRESSION_NAME, .name = binder->name, .span = binder->span};
    const struct node *node =
        read_scalar(reader, binder->name == NULL ? binder->first : &name, scope);
    if (node == NULL) {
        return NULL;
    }
    const struct node *size = node->free->count == 0 ? whole_size(reader, node) : NULL;
    if (size == NULL) {
        reader_error(reader, binder->span,
                     "a subscript on the left is an index, or a whole number made of dimensions");
    }
    return size;
}

static bool extend_by(struct reader *reader, struct axis *axis, const struct node *constant)
{
    const struct node *next = size_plus(reader, constant, 1);
    if (axis->first == NULL) {
        *axis = (struct axis){constant, next};
        return true;
    }
    if (same_bound(next, axis->first)) {
        axis->first = constant;
        return true;
    }
    if (same_bound(constant, axis->end)) {
        axis->end = next;
        return true;
    }
    return affine_proves_at_most(axis->first, constant) && affine_proves_below(constant, axis->end);
}

static void extend_by_range(struct axis *axis, struct axis range)
{
    if (axis->first == NULL) {
        *axis = range;
        return;
    }
    axis->first = affine_proves_at_most(range.first, axis->first) ? range.first : axis->first;
    axis->end = affine_proves_at_most(axis->end, range.end) ? range.end : axis->end;
}

/* Extends an axis by the constant subscripts that adjoin it, in whatever order they come. */
static bool extend_by_constants(struct reader *reader, const struct member *member, int k,
                                bool negative, struct axis *axis)
{
    const struct definition_case *apart = NULL;
    for (size_t round = 0; round <= member->symbol->case_count; round++) {
        apart = NULL;
        for (size_t i = 0; i < member->symbol->case_count; i++) {
            const struct node *constant = member->cases[i].constants[k];
            double value;
            bool wanted =
                constant != NULL && (negative || !node_known(constant, &value) || value >= 0);
            if (wanted && !extend_by(reader, axis, constant)) {
                apart = &member->cases[i];
            }
        }
        if (apart == NULL) {
            return true;
        }
    }
    reader_error(reader, apart->statement->binders.items[k].span,
                 "this case of '%s' lies apart from the others", member->symbol->name);
    return false;
}

/* The plain range of an axis from its cases, once all of them are known: all but the cases at
 * negative numbers, which are values before the beginning. */
static bool find_plain(struct reader *reader, struct member *member, int k)
{
    struct axis axis = {0};
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        const struct index *index = member->cases[i].walked[k];
        if (member->cases[i].constants[k] != NULL) {
            continue;
        }
        if (index == NULL || index->first == NULL) {
            return false;
        }
        extend_by_range(&axis, (struct axis){index->first, index->end});
    }
    bool only_constants = axis.first == NULL;
    if (!extend_by_constants(reader, member, k, only_constants, &axis)) {
        return false;
    }
    member->plain[k] = axis;
    return axis.first != NULL;
}

/* What is certain: axes whose cases are known, and indices that run over such axes. */
static bool spread_ranges(struct walker *walker)
{
    bool changed = false;
    for (size_t i = 0; i < walker->members->count; i++) {
        struct member *member = &walker->members->items[i];
        for (int k = 0; k < member->left_rank; k++) {
            changed = (member->plain[k].first == NULL && find_plain(walker->reader, member, k)) ||
                      changed;
        }
    }
    for (size_t i = 0; i < walker->link_count; i++) {
        const struct link *link = &walker->links[i];
        if (link->other == NULL) {
            changed = set_range(link->index, link->member->plain[link->axis]) || changed;
        } else {
            struct axis left = {link->index->first, link->index->end};
            struct axis right = {link->other->first, link->other->end};
            changed = set_range(link->index, right) || changed;
            changed = set_range(link->other, left) || changed;
        }
    }
    return changed;
}

static bool set_cases(const struct member *member, int k, struct axis axis)
{
    bool changed = false;
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        if (member->cases[i].walked[k] != NULL) {
            changed = set_range(member->cases[i].walked[k], axis) || changed;
        }
    }
    return changed;
}

/* Where nothing is certain, a case takes the range that another case of the same definition has. */
static bool copy_range(struct walker *walker)
{
    for (size_t i = 0; i < walker->members->count; i++) {
        const struct member *member = &walker->members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            for (int k = 0; k < member->left_rank; k++) {
                const struct index *index = member->cases[c].walked[k];
                if (index != NULL && index->first != NULL &&
                    set_cases(member, k, (struct axis){index->first, index->end})) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Or an axis takes the range of an index that runs over it somewhere. */
static bool guess_range(struct walker *walker)
{
    for (size_t i = 0; i < walker->link_count; i++) {
        const struct link *link = &walker->links[i];
        if (link->other == NULL && link->index->first != NULL &&
            link->member->plain[link->axis].first == NULL &&
            set_cases(link->member, link->axis,
                      (struct axis){link->index->first, link->index->end})) {
            return true;
        }
    }
    return false;
}

/* Then an offset subscript of a tensor outside gives a range. */
static bool settle_cases(struct walker *walker)
{
    struct reader *reader = walker->reader;
    for (size_t i = 0; i < walker->members->count; i++) {
        const struct member *member = &walker->members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            for (int k = 0; k < member->left_rank; k++) {
                const struct index *index = member->cases[c].walked[k];
                const struct inferring *inferring =
                    index == NULL ? NULL : table_find(reader->inferring, index);
                if (inferring != NULL && index->first == NULL && inferring->demand_count > 0) {
                    return settle_index(reader, (struct index *)(uintptr_t)index);
                }
            }
        }
    }
    return false;
}

/* At last an index takes the range of one of the same name in another definition: they step
 * together. */
static bool copy_by_name(struct walker *walker, const struct index *known)
{
    bool changed = false;
    for (size_t i = 0; i < walker->members->count; i++) {
        const struct member *member = &walker->members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            for (int k = 0; k < member->left_rank; k++) {
                const struct index *index = member->cases[c].walked[k];
                if (index != NULL && index->name == known->name) {
                    changed = set_range(index, (struct axis){known->first, known->end}) || changed;
                }
            }
        }
    }
    return changed;
}

static bool name_ranges(struct walker *walker)
{
    for (size_t i = 0; i < walker->members->count; i++) {
        const struct member *member = &walker->members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            for (int k = 0; k < member->left_rank; k++) {
                const struct index *index = member->cases[c].walked[k];
                if (index != NULL && index->first != NULL && copy_by_name(walker, index)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* The first walk. What it finds wrong is reported when the formulas are read. */
static void find_ranges(struct walker *walker)
{
    struct reader *reader = walker->reader;
    struct diagnostics *diagnostics = reader->diagnostics;
    size_t bounds = reader->bound_count;
    reader->diagnostics = diagnostics_create(reader->arena);
    for (size_t i = 0; i < walker->members->count; i++) {
        struct member *member = &walker->members->items[i];
        for (size_t c = 0; c < member->symbol->case_count; c++) {
            walk_case(walker, member, &member->cases[c]);
        }
    }
    while (spread_ranges(walker) || copy_range(walker) || guess_range(walker) ||
           settle_cases(walker) || name_ranges(walker)) {
    }
    reader->bound_count = bounds;
    reader->diagnostics = diagnostics;
}

static bool read_constants(struct reader *reader, struct member *member, const struct local *scope)
{
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        struct definition_case *one = &member->cases[i];
        one->statement = member->symbol->cases[i];
        for (int k = 0; k < member->left_rank; k++) {
            const struct binder *binder = &one->statement->binders.items[k];
            if (is_constant_subscript(reader, binder)) {
                one->constants[k] = read_constant(reader, binder, scope);
                one->constant_count++;
                if (one->constants[k] == NULL) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool take_range(struct reader *reader, struct definition_case *one, int k)
{
    const struct binder *binder = &one->statement->binders.items[k];
    const struct index *index = one->walked[k];
    if (index == NULL) {
        /* Its explicit range is wrong: the error is given now. */
        bind_index(reader, binder, NULL);
        return false;
    }
    if (index->first == NULL) {
        struct diagnostic *diagnostic = reader_error(
            reader, binder->span, "the range of index '%s' is not known", binder->name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "use it as a subscript, or give its range: '%s in n' or '%s in 1..n-1'",
                        binder->name, binder->name);
        return false;
    }
    one->ranges[k] = (struct axis){index->first, index->end};
    return true;
}

/* The axes that the cases make together. */
static bool read_axes(struct reader *reader, struct member *member)
{
    for (int k = 0; k < member->left_rank; k++) {
        struct axis axis = {0};
        for (size_t i = 0; i < member->symbol->case_count; i++) {
            if (member->cases[i].constants[k] != NULL) {
                continue;
            }
            if (!take_range(reader, &member->cases[i], k)) {
                return false;
            }
            extend_by_range(&axis, member->cases[i].ranges[k]);
        }
        if (!extend_by_constants(reader, member, k, true, &axis)) {
            return false;
        }
        member->axes[k] = axis;
        if (member->plain[k].first == NULL) {
            member->plain[k] = axis;
        }
    }
    return true;
}

bool find_shapes(struct members *members)
{
    struct walker walker = {.reader = members->reader, .members = members};
    for (size_t i = 0; i < members->count; i++) {
        if (!read_constants(members->reader, &members->items[i], members->scope)) {
            return false;
        }
    }
    find_ranges(&walker);
    for (size_t i = 0; i < members->count; i++) {
        if (!read_axes(members->reader, &members->items[i])) {
            return false;
        }
    }
    return true;
}
