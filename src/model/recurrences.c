/* The formulas of definitions in several cases, and of definitions that need each other. Their
 * tensors have a shape before the formulas are read (see shapes.c). */
#include "model/recurrences.h"
#include "equations/affine.h"
#include "equations/guards.h"

#include <math.h>
#include <string.h>

struct member *member_of(const struct members *members, const struct symbol *symbol)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].symbol == symbol) {
            return &members->items[i];
        }
    }
    return NULL;
}

/* ---- Left sides ---- */

static bool check_left_sides(struct reader *reader, const struct symbol *symbol)
{
    const struct statement *first = symbol->cases[0];
    for (size_t i = 0; i < symbol->case_count; i++) {
        const struct statement *statement = symbol->cases[i];
        if (statement->binders.count != first->binders.count ||
            statement->binders.count > RANK_MAX) {
            struct diagnostic *diagnostic =
                reader_error(reader, statement->name_span,
                             "the cases of '%s' differ in their number of indices", symbol->name);
            diagnostic_note(reader->diagnostics, diagnostic, first->name_span, "first here");
            return false;
        }
        for (size_t k = 0; k < statement->binders.count; k++) {
            for (size_t j = 0; j < k; j++) {
                if (statement->binders.items[k].name != NULL &&
                    statement->binders.items[k].name == statement->binders.items[j].name) {
                    struct diagnostic *diagnostic = reader_error(
                        reader, statement->binders.items[k].span,
                        "index '%s' stands twice on the left", statement->binders.items[k].name);
                    diagnostic_note(reader->diagnostics, diagnostic,
                                    statement->binders.items[j].span, "first here");
                    return false;
                }
            }
        }
    }
    return true;
}

/* ---- Formulas ---- */

static bool uses_group(const struct members *members, const struct expression *expression)
{
    /* The spine of a long sum is walked, not recursed. */
    while (expression != NULL && expression->kind == EXPRESSION_OPERATOR &&
           expression->arguments.count == 2) {
        if (uses_group(members, expression->arguments.items[1])) {
            return true;
        }
        expression = expression->arguments.items[0];
    }
    if (expression == NULL) {
        return false;
    }
    const struct symbol *symbol =
        expression->name == NULL ? NULL
                                 : find_symbol(members->reader, members->scope, expression->name);
    bool found = (symbol != NULL && member_of(members, symbol) != NULL) ||
                 uses_group(members, expression->fallback) || uses_group(members, expression->body);
    for (size_t i = 0; i < expression->arguments.count && !found; i++) {
        found = uses_group(members, expression->arguments.items[i]);
    }
    return found;
}

static const struct node *compare(struct reader *reader, enum operator_id operation,
                                  const struct index *index, const struct node *bound)
{
    return node_binary(reader->graph, operation, node_index(reader->graph, index), bound);
}

/* That an index lies in a range, as far as its axis does not say so. */
static const struct node *in_range(struct reader *reader, const struct index *index,
                                   struct axis axis, struct axis range)
{
    const struct node *condition = NULL;
    if (range.first != axis.first) {
        condition = compare(reader, OPERATOR_GREATER_EQUAL, index, range.first);
    }
    if (range.end != axis.end) {
        condition = conjunction(
            reader->graph, condition,
            compare(reader, OPERATOR_LESS_EQUAL, index, size_plus(reader, range.end, -1)));
    }
    return condition;
}

/* A range without the constant subscripts at its ends, which are cases of their own. */
static struct axis without_constants(struct reader *reader, const struct member *member, int k,
                                     struct axis range)
{
    const struct definition_case *cases = member->cases;
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        for (size_t j = 0; j < member->symbol->case_count; j++) {
            const struct node *constant = cases[j].constants[k];
            if (constant == NULL || cases[j].constant_count > 1) {
                continue;
            }
            if (constant == range.first) {
                range.first = size_plus(reader, range.first, 1);
            } else if (size_plus(reader, constant, 1) == range.end) {
                range.end = constant;
            }
        }
    }
    return range;
}

static void find_condition(struct reader *reader, const struct member *member,
                           struct definition_case *one)
{
    for (int k = 0; k < member->left_rank; k++) {
        const struct node *constant = one->constants[k];
        struct axis range = {constant, constant == NULL ? NULL : size_plus(reader, constant, 1)};
        if (constant == NULL) {
            range = one->ranges[k] = without_constants(reader, member, k, one->ranges[k]);
        }
        const struct node *condition =
            constant != NULL && range.first != member->axes[k].first &&
                    range.end != member->axes[k].end
                ? compare(reader, OPERATOR_EQUAL, member->indices[k], constant)
                : in_range(reader, member->indices[k], member->axes[k], range);
        one->condition = conjunction(reader->graph, one->condition, condition);
    }
}

/* The indices that a case has on the left, as locals over the whole axes; its condition says where
 * it holds. */
const struct local *open_case(struct reader *reader, const struct member *member,
                              const struct definition_case *one, const struct local *scope)
{
    for (int k = 0; k < member->left_rank; k++) {
        const struct binder *binder = &one->statement->binders.items[k];
        if (one->constants[k] != NULL) {
            continue;
        }
        scope = open_index(reader, binder, member->indices[k], scope);
    }
    return scope;
}

static bool read_case(const struct members *members, const struct member *member,
                      struct definition_case *one)
{
    struct reader *reader = members->reader;
    size_t guards = reader->guard_count, bounds = reader->bound_count;
    reader->closed = NULL;
    size_t conditions = reader->condition_count;
    if (one->condition != NULL) {
        ARENA_PUSH(reader->arena, reader->conditions, reader->condition_count,
                   reader->condition_capacity, one->condition);
    }
    one->value = read_expression(reader, one->statement->body,
                                 open_case(reader, member, one, members->scope));
    if (one->value.body == NULL) {
        reader->bound_count = bounds;
    } else {
        check_bounds(reader, bounds);
    }
    reader->guard_count = guards;
    reader->condition_count = conditions;
    keep_when_stopped(members, member, one);
    return one->value.body != NULL;
}

static void create_indices(struct reader *reader, struct member *member)
{
    for (int k = 0; k < member->left_rank; k++) {
        const struct binder *named = &member->symbol->cases[0]->binders.items[k];
        for (size_t i = 0; i < member->symbol->case_count && is_constant_subscript(reader, named);
             i++) {
            named = &member->symbol->cases[i]->binders.items[k];
        }
        struct index *index = infer_index(reader, named->name, named->span);
        struct inferring *inferring = table_find(reader->inferring, index);
        index->first = member->axes[k].first;
        index->end = member->axes[k].end;
        inferring->resolved_at = named->span;
        inferring->resolved_by = "its cases";
        member->indices[k] = index;
    }
}

/* The axes of a row that a case without a need of the group gives. */
static bool read_first_cases(const struct members *members, struct member *member)
{
    struct definition_case *cases = member->cases;
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        if (uses_group(members, cases[i].statement->body)) {
            continue;
        }
        if (!read_case(members, member, &cases[i])) {
            return false;
        }
        const struct value *value = &cases[i].value;
        for (int k = 0; k < value->rank && member->rank == member->left_rank; k++) {
            if (member->left_rank + k == RANK_MAX) {
                reader_error(members->reader, cases[i].statement->span,
                             "a tensor of more than %d axes", RANK_MAX);
                return false;
            }
            struct axis axis = {value->axes[k]->first, value->axes[k]->end};
            member->axes[member->left_rank + k] = member->plain[member->left_rank + k] = axis;
            member->indices[member->left_rank + k] =
                graph_index(members->reader->graph, value->axes[k]->name, axis.first, axis.end);
        }
        member->rank = member->left_rank + value->rank > member->rank
                           ? member->left_rank + value->rank
                           : member->rank;
    }
    return true;
}

static bool create_tensor(const struct members *members, struct member *member)
{
    struct reader *reader = members->reader;
    struct symbol *symbol = member->symbol;
    struct axis axes[RANK_MAX];
    int count = members->context_count, rank = count + member->rank;
    if (rank > RANK_MAX) {
        reader_error(reader, symbol->span, "a tensor of more than %d axes", RANK_MAX);
        return false;
    }
    for (int i = 0; i < count; i++) {
        axes[i] = (struct axis){members->context[i]->first, members->context[i]->end};
        symbol->context[i] = node_index(reader->graph, members->context[i]);
    }
    symbol->context_count = count;
    memcpy(&axes[count], member->axes, (size_t)member->rank * sizeof axes[0]);
    const char *name =
        members->prefix == NULL
            ? symbol->name
            : program_fresh_name(reader->program, arena_format(reader->arena, "%s_%s",
                                                               members->prefix, symbol->name));
    symbol->tensor = graph_tensor(reader->graph, TENSOR_DEFINED, name, rank, axes);
    symbol->tensor->span = symbol->span;
    struct axis *plain = ARENA_ARRAY(reader->arena, struct axis, RANK_MAX);
    memcpy(plain, member->plain, sizeof member->plain);
    symbol->plain = plain;
    return true;
}

/* The formula of a case at the member's indices; NULL where its shape is another. */
static const struct node *case_body(struct reader *reader, const struct member *member,
                                    const struct definition_case *one)
{
    const struct value *value = &one->value;
    int trailing = member->rank - member->left_rank;
    const struct node *subscripts[RANK_MAX];
    bool fits = value->rank == 0 || value->rank == trailing;
    for (int k = 0; k < value->rank && fits; k++) {
        fits = same_axis(member->axes[member->left_rank + k],
                         (struct axis){value->axes[k]->first, value->axes[k]->end});
        subscripts[k] = node_index(reader->graph, member->indices[member->left_rank + k]);
    }
    if (!fits) {
        struct diagnostic *diagnostic = reader_error(
            reader, one->statement->body->span,
            "this case of '%s' has another shape than the left side says", member->symbol->name);
        diagnostic_help(reader->diagnostics, diagnostic,
                        "name every index on the left, or let a first case be a row of that shape");
        return NULL;
    }
    return value_element(reader, value, subscripts);
}

static bool check_indices(const struct members *members, const struct member *member,
                          const struct node *body, const struct definition_case *one)
{
    struct reader *reader = members->reader;
    for (int i = 0; i < body->free->count; i++) {
        bool bound = false;
        for (int k = 0; k < member->rank; k++) {
            bound = bound || member->indices[k] == body->free->items[i];
        }
        for (int k = 0; k < members->context_count; k++) {
            bound = bound || members->context[k] == body->free->items[i];
        }
        if (!bound) {
            reader_error(reader, one->statement->span,
                         "index '%s' is bound neither on the left nor by a sum",
                         body->free->items[i]->name == NULL ? "?" : body->free->items[i]->name);
            return false;
        }
    }
    return true;
}

/* Whether a case at a constant lies inside of the range of a case with an index there. */
static bool is_inside(const struct member *member, const struct definition_case *one)
{
    for (int k = 0; k < member->left_rank; k++) {
        for (size_t i = 0; i < member->symbol->case_count && one->constants[k] != NULL; i++) {
            const struct axis *range = &member->cases[i].ranges[k];
            if (member->cases[i].constants[k] == NULL &&
                !affine_proves_below(one->constants[k], range->first) &&
                !affine_proves_at_most(range->end, one->constants[k])) {
                return true;
            }
        }
    }
    return false;
}

/* Cases inside the range of others come first, then those with an index at every place, then those
 * at the ends, of which the last needs no condition. */
static int turn_of(const struct member *member, const struct definition_case *one)
{
    return is_inside(member, one) ? 0 : one->constant_count == 0 ? 1 : 2;
}

/* How many axes have constant subscripts. */
static int constant_axes(const struct member *member)
{
    int count = 0;
    for (int k = 0; k < member->left_rank; k++) {
        bool constant = false;
        for (size_t i = 0; i < member->symbol->case_count; i++) {
            constant = constant || member->cases[i].constants[k] != NULL;
        }
        count += constant;
    }
    return count;
}

/* Whether the cases leave no element out: one has an index everywhere, or all that do not are at
 * constants of one and the same axis, or every element has its own case. */
static bool cases_cover(struct reader *reader, const struct member *member)
{
    size_t count = member->symbol->case_count;
    double elements = 1, first, end;
    for (size_t i = 0; i < count; i++) {
        if (member->cases[i].constant_count == 0) {
            return true;
        }
    }
    for (int k = 0; k < member->left_rank; k++) {
        bool known =
            node_known(member->axes[k].first, &first) && node_known(member->axes[k].end, &end);
        elements *= known ? end - first : (double)INFINITY;
    }
    if (constant_axes(member) == 1 || elements <= (double)count) {
        return true;
    }
    struct diagnostic *diagnostic = reader_error(
        reader, member->symbol->span, "the cases of '%s' leave elements out", member->symbol->name);
    diagnostic_help(reader->diagnostics, diagnostic, "add a case with an index at every place");
    return false;
}

/* if the case's condition holds then its formula else the next one's ... Where constants stand on
 * several axes the last one keeps its condition: that nothing else is left is hard to see. */
static const struct node *join_cases(const struct members *members, const struct member *member)
{
    struct reader *reader = members->reader;
    const struct node *joined = constant_axes(member) > 1 ? node_number(reader->graph, 0) : NULL;
    for (int turn = 2; turn >= 0; turn--) {
        for (size_t i = member->symbol->case_count; i > 0; i--) {
            const struct definition_case *one = &member->cases[i - 1];
            if (turn_of(member, one) != turn) {
                continue;
            }
            const struct node *body = case_body(reader, member, one);
            if (body == NULL || !check_indices(members, member, body, one)) {
                return NULL;
            }
            joined = joined == NULL || one->condition == NULL
                         ? body
                         : node_select(reader->graph, one->condition, body, joined);
        }
    }
    return joined;
}

/* ---- The group ---- */

struct members members_create(struct reader *reader, const struct symbol_group *group)
{
    struct members members = {.reader = reader, .count = group->count};
    members.items = ARENA_ARRAY(reader->arena, struct member, group->count);
    for (size_t i = 0; i < group->count; i++) {
        struct member *member = &members.items[i];
        member->symbol = group->items[i];
        member->left_rank = member->rank = (int)group->items[i]->statement->binders.count;
        member->cases =
            ARENA_ARRAY(reader->arena, struct definition_case, member->symbol->case_count);
    }
    return members;
}

const struct node *members_guarded(const struct members *members, const struct node *body)
{
    struct graph *graph = members->reader->graph;
    return members->guard == NULL ? body
                                  : node_select(graph, members->guard, body, node_number(graph, 0));
}

/* The equation over the context's axes, by indices of its own, and the member's. */
static void append_member(const struct members *members, const struct member *member,
                          const struct node *body, struct program *program)
{
    const struct index *indices[RANK_MAX];
    const struct node *values[RANK_MAX];
    int count = members->context_count;
    for (int i = 0; i < count; i++) {
        const struct index *index = members->context[i];
        indices[i] = graph_index(members->reader->graph, index->name, index->first, index->end);
        values[i] = node_index(members->reader->graph, indices[i]);
    }
    memcpy(&indices[count], member->indices, (size_t)member->rank * sizeof(indices[0]));
    body = node_substitute(members->reader->graph, members_guarded(members, body), count,
                           members->context, values);
    note_whole_values(members->reader, member->symbol->tensor, body);
    program_append(program, member->symbol->tensor, indices, body, member->symbol->statement->span);
}

static bool read_member(const struct members *members, struct member *member,
                        struct program *program);

/* Reads the members that stand in subscripts of a formula, since of them it must be known what
 * range their values have; `inside`: the formula is in a subscript itself. */
static bool read_subscripts(const struct members *members, const struct expression *formula,
                            bool inside, struct program *program)
{
    bool read = true;
    /* The spine of a long sum is walked, not recursed. */
    while (formula != NULL && formula->kind == EXPRESSION_OPERATOR &&
           formula->arguments.count == 2) {
        read = read_subscripts(members, formula->arguments.items[1], inside, program) && read;
        formula = formula->arguments.items[0];
    }
    if (formula == NULL) {
        return read;
    }
    const struct symbol *symbol = inside && formula->name != NULL
                                      ? find_symbol(members->reader, members->scope, formula->name)
                                      : NULL;
    struct member *member = symbol == NULL ? NULL : member_of(members, symbol);
    read = (member == NULL || read_member(members, member, program)) && read;
    inside = inside || formula->kind == EXPRESSION_SUBSCRIPT;
    for (size_t i = 0; i < formula->arguments.count; i++) {
        read = read_subscripts(members, formula->arguments.items[i], inside, program) && read;
    }
    return read_subscripts(members, formula->binders.condition, inside, program) &&
           read_subscripts(members, formula->fallback, inside, program) &&
           read_subscripts(members, formula->body, inside, program) && read;
}

static bool read_member(const struct members *members, struct member *member,
                        struct program *program)
{
    struct reader *reader = members->reader;
    if (member->read) {
        return true;
    }
    member->read = true;
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        if (!read_subscripts(members, member->symbol->cases[i]->body, false, program)) {
            return false;
        }
    }
    for (size_t i = 0; i < member->symbol->case_count; i++) {
        if (member->cases[i].value.body == NULL && !read_case(members, member, &member->cases[i])) {
            return false;
        }
    }
    const struct node *body = cases_cover(reader, member) ? join_cases(members, member) : NULL;
    if (body != NULL) {
        append_member(members, member, body, program);
    }
    return body != NULL;
}

static void report_no_order(const struct members *members, const struct equation *equation)
{
    struct diagnostic *diagnostic =
        reader_error(members->reader, equation->span,
                     "'%s' cannot be computed: it needs itself at the same or a later place",
                     equation->target->name);
    for (size_t i = 0; i < members->count && i < 4 && members->count > 1; i++) {
        diagnostic_note(members->reader->diagnostics, diagnostic, members->items[i].symbol->span,
                        "'%s' is part of the circle", members->items[i].symbol->name);
    }
    diagnostic_help(members->reader->diagnostics, diagnostic,
                    "a recurrence looks back along one of its indices: y[t] = ... y[t-1] ...");
}

/* The shapes of all members, then their tensors. */
static bool create_tensors(struct members *members)
{
    struct reader *reader = members->reader;
    for (size_t i = 0; i < members->count; i++) {
        if (!check_left_sides(reader, members->items[i].symbol)) {
            return false;
        }
    }
    if (!find_shapes(members)) {
        return false;
    }
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->items[i];
        create_indices(reader, member);
        for (size_t k = 0; k < member->symbol->case_count; k++) {
            find_condition(reader, member, &member->cases[k]);
        }
        if (!read_first_cases(members, member)) {
            return false;
        }
    }
    bool created = true;
    for (size_t i = 0; i < members->count && created; i++) {
        created = create_tensor(members, &members->items[i]);
    }
    return created;
}

void read_members(struct members *members, bool circular)
{
    struct reader *reader = members->reader;
    struct program *outer = reader->program;
    const struct members *around = reader->members;
    bool read = create_tensors(members);
    if (!read) {
        return;
    }
    /* What calls in the formulas define belongs to the recurrence until it is ordered. */
    struct program *program = program_create(reader->graph);
    program->taken = outer->taken;
    reader->program = program;
    reader->members = circular ? members : around;
    read = read_until(members, program);
    for (size_t i = 0; i < members->count; i++) {
        read = read_member(members, &members->items[i], program) && read;
    }
    reader->members = around;
    reader->program = outer;
    const struct equation *circle = read ? program_schedule(program) : NULL;
    if (circle != NULL) {
        report_no_order(members, circle);
    }
    for (size_t i = 0; i < program->count && read; i++) {
        program_adopt(outer, program->equations[i]);
    }
    outer->recurrent = outer->recurrent || program->recurrent;
}

void read_recurrence(struct reader *reader, const struct symbol_group *group)
{
    struct members members = members_create(reader, group);
    read_members(&members, group->circular);
}
