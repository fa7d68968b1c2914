#include "plan/lower.h"

#include "equations/node_map.h"

/* ---- Steps and locals ---- */

struct step *step_create(struct lowering *lowering, enum step_kind kind)
{
    struct step *step = ARENA_NEW(graph_arena(lowering->graph), struct step);
    step->kind = kind;
    return step;
}

void step_push(struct lowering *lowering, struct step_list *list, struct step *step)
{
    ARENA_PUSH(graph_arena(lowering->graph), list->items, list->count, list->capacity, step);
}

const struct tensor *local_create(struct lowering *lowering, const char *stem)
{
    const char *name =
        arena_format(graph_arena(lowering->graph), "%s%u", stem, ++lowering->local_count);
    return graph_tensor(lowering->graph, TENSOR_LOCAL, name, 0, NULL);
}

const struct node *local_read(struct lowering *lowering, const struct tensor *local)
{
    return node_load(lowering->graph, local, NULL);
}

static struct step *set(struct lowering *lowering, struct step_list *list, enum step_kind kind,
                        const struct tensor *target, const struct node *value)
{
    struct step *step = step_create(lowering, kind);
    step->target = target;
    step->value = value;
    step_push(lowering, list, step);
    return step;
}

struct step *declare(struct lowering *lowering, struct step_list *list,
                     const struct tensor *variable, const struct node *value)
{
    return set(lowering, list, STEP_DECLARE, variable, value);
}

struct step *assign(struct lowering *lowering, struct step_list *list,
                    const struct tensor *variable, const struct node *value)
{
    return set(lowering, list, STEP_ASSIGN, variable, value);
}

/* ---- Statements ---- */

static const struct tensor *target_of(const struct statement *statement)
{
    return statement->row == NULL ? statement->target : statement->row->tensor;
}

static void store(struct lowering *lowering, struct step_list *list, enum step_kind kind,
                  const struct statement *statement, const struct node *value)
{
    struct step *step = step_create(lowering, kind);
    step->target = target_of(statement);
    step->value = value;
    for (int i = 0; i < step->target->rank; i++) {
        step->subscripts[i] = lower_value(lowering, statement->subscripts[i]);
    }
    step_push(lowering, list, step);
}

/* Into what the target holds. */
static void combine(struct lowering *lowering, struct step_list *list,
                    const struct statement *statement, const struct node *value)
{
    if (statement->reduction->id == REDUCTION_SUM) {
        store(lowering, list, STEP_ADD, statement, value);
        return;
    }
    const struct node *subscripts[RANK_MAX];
    const struct tensor *target = target_of(statement);
    for (int i = 0; i < target->rank; i++) {
        subscripts[i] = lower_value(lowering, statement->subscripts[i]);
    }
    const struct node *old = node_load(lowering->graph, target, subscripts);
    store(lowering, list, STEP_STORE, statement,
          node_binary(lowering->graph, reduction_operator(statement->reduction), old, value));
}

/* The value is there: it goes to where the target is. */
static void keep_value(struct lowering *lowering, struct step_list *list,
                       const struct statement *statement, const struct node *value)
{
    if (statement->accumulates) {
        combine(lowering, list, statement, value);
        return;
    }
    if (statement->variable != NULL && statement->fold == statement->loop_count) {
        declare(lowering, list, statement->variable, value);
        value = local_read(lowering, statement->variable);
    }
    if (statement->stored) {
        store(lowering, list, STEP_STORE, statement, value);
    }
}

/* ---- Accumulators ---- */

static const struct tensor *fresh_or_variable(struct lowering *lowering,
                                              const struct statement *statement, const char *stem)
{
    return statement->variable != NULL ? statement->variable : local_create(lowering, stem);
}

/* The place is first the one before all others, so that whatever comes first is better. */
static const struct node *no_place(struct lowering *lowering, const struct statement *statement)
{
    const struct node *first = statement->loops[statement->loop_count - 1].index->first;
    return node_binary(lowering->graph, OPERATOR_ADD, first, node_number(lowering->graph, -1));
}

static void open_accumulator(struct lowering *lowering, struct scope *scope,
                             struct statement *statement)
{
    const struct node *unit = node_number(lowering->graph, reduction_unit(statement->reduction));
    if (reduction_seeks_place(statement->reduction)) {
        statement->accumulator = local_create(lowering, "best");
        statement->best_place = fresh_or_variable(lowering, statement, "place");
        declare(lowering, &scope->steps, statement->best_place, no_place(lowering, statement))
            ->whole = true;
    } else {
        statement->accumulator =
            fresh_or_variable(lowering, statement, statement->reduction->spelling);
    }
    declare(lowering, &scope->steps, statement->accumulator, unit);
}

/* if nothing is best yet or value > best: best = value, place = index. The first of equals stays.
 */
static void keep_best(struct lowering *lowering, struct step_list *list,
                      const struct statement *statement, const struct node *value)
{
    struct graph *graph = lowering->graph;
    bool largest = statement->reduction->id == REDUCTION_ARGMAX;
    const struct tensor *candidate = local_create(lowering, "candidate");
    declare(lowering, list, candidate, value);
    value = local_read(lowering, candidate);
    struct step *better = step_create(lowering, STEP_IF);
    const struct node *none =
        node_binary(graph, OPERATOR_EQUAL, local_read(lowering, statement->best_place),
                    no_place(lowering, statement));
    const struct node *improves = node_binary(graph, largest ? OPERATOR_GREATER : OPERATOR_LESS,
                                              value, local_read(lowering, statement->accumulator));
    better->value = node_binary(graph, OPERATOR_OR, none, improves);
    assign(lowering, &better->body, statement->accumulator, value);
    assign(lowering, &better->body, statement->best_place,
           node_index(graph, statement->path[statement->loop_count - 1]->index));
    step_push(lowering, list, better);
}

static void accumulate(struct lowering *lowering, struct step_list *list,
                       const struct statement *statement, const struct node *value)
{
    if (reduction_seeks_place(statement->reduction)) {
        keep_best(lowering, list, statement, value);
        return;
    }
    const struct node *old = local_read(lowering, statement->accumulator);
    assign(lowering, list, statement->accumulator,
           node_binary(lowering->graph, reduction_operator(statement->reduction), old, value));
}

static void close_accumulator(struct lowering *lowering, struct scope *scope,
                              const struct statement *statement)
{
    const struct tensor *result = reduction_seeks_place(statement->reduction)
                                      ? statement->best_place
                                      : statement->accumulator;
    keep_value(lowering, &scope->steps, statement, local_read(lowering, result));
}

/* ---- Scopes ---- */

static void comment(struct lowering *lowering, struct scope *scope, const struct equation *equation)
{
    if (equation == NULL || table_find(lowering->commented, equation) != NULL) {
        return;
    }
    table_store(lowering->commented, equation, lowering);
    struct step *step = step_create(lowering, STEP_COMMENT);
    step->equation = equation;
    step_push(lowering, &scope->steps, step);
}

static void lower_statement(struct lowering *lowering, struct scope *scope,
                            struct statement *statement)
{
    struct scope *inner = statement->branch == NULL ? scope : statement->branch;
    const struct node *condition =
        statement->condition == NULL ? NULL : lower_value(lowering, statement->condition);
    const struct node *value = lower_value(lowering, statement->value);
    if (statement->fold < statement->loop_count) {
        accumulate(lowering, &inner->steps, statement, value);
    } else {
        keep_value(lowering, &inner->steps, statement, value);
    }
    if (condition != NULL) {
        struct step *guard = step_create(lowering, STEP_IF);
        guard->value = condition;
        guard->body = inner->steps;
        step_push(lowering, &scope->steps, guard);
    }
}

/* The one equation that is computed in a loop; NULL where there are several. */
static const struct equation *equation_of(const struct scope *scope, const struct equation *found,
                                          bool *several)
{
    for (size_t i = 0; i < scope->entry_count && !*several; i++) {
        const struct entry *entry = &scope->entries[i];
        if (entry->kind == ENTRY_LOOP) {
            found = equation_of(entry->scope, found, several);
        } else if (!entry->statement->clears) {
            *several = found != NULL && found != entry->statement->equation;
            found = entry->statement->equation;
        }
    }
    return *several ? NULL : found;
}

/* The matrix product that a loop computes; NULL for other loops. */
static const struct product *product_of(struct lowering *lowering, const struct entry *entry)
{
    const struct statement *statement = entry->statement;
    int level = 0;
    while (statement->product && level < statement->loop_count &&
           statement->path[level] != entry->scope) {
        level++;
    }
    return statement->product && level == statement->own ? product_describe(lowering, statement)
                                                         : NULL;
}

/* ---- Conditions around loops ---- */

static bool writes(const struct step_list *steps, const struct tensor *tensor)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        if (step->target == tensor || writes(&step->body, tensor) ||
            writes(&step->otherwise, tensor)) {
            return true;
        }
    }
    return false;
}

/* Whether a condition inside of a loop that surely runs holds in all iterations or in none. */
static bool holds_throughout(struct lowering *lowering, const struct scope *scope,
                             const struct step *condition)
{
    size_t count;
    bool changes = !scope->runs || node_depends_on(condition->value, scope->index);
    const struct node **order = node_order(lowering->arena, &condition->value, 1, &count);
    for (size_t i = 0; i < count && !changes; i++) {
        changes = order[i]->kind == NODE_LOAD && writes(&condition->body, order[i]->tensor);
    }
    arena_give_back(lowering->arena, order, count, sizeof order[0]);
    return !changes;
}

/* for i: if c: e becomes if c: for i: e, whose innermost loop has no branch. */
static struct step *condition_around(struct lowering *lowering, const struct scope *scope,
                                     struct step *loop)
{
    struct step *only = loop->body.count == 1 ? loop->body.items[0] : NULL;
    if (only == NULL || only->kind != STEP_IF || only->otherwise.count > 0 ||
        !holds_throughout(lowering, scope, only)) {
        return loop;
    }
    loop->body = only->body;
    only->body = (struct step_list){0};
    step_push(lowering, &only->body, loop);
    return only;
}

static void lower_scope(struct lowering *lowering, struct scope *scope);

static void lower_loop(struct lowering *lowering, struct scope *outer, const struct entry *entry)
{
    struct scope *scope = entry->scope;
    bool several = false;
    comment(lowering, outer, equation_of(scope, NULL, &several));
    struct step *loop = step_create(lowering, STEP_LOOP);
    loop->scope = scope;
    loop->index = scope->index;
    loop->descending = scope->descending;
    loop->carries = scope->carries;
    loop->first = lower_value(lowering, scope->first);
    loop->end = lower_value(lowering, scope->end);
    lower_scope(lowering, scope);
    loop->body = scope->steps;
    loop->product = product_of(lowering, entry);
    struct step *whole = loop->product == NULL ? condition_around(lowering, scope, loop) : loop;
    loop_classify(lowering, loop);
    struct step *parts = loop_overlap(lowering, loop);
    if (whole != loop) {
        whole->body.items[0] = parts;
    }
    step_push(lowering, &outer->steps, whole == loop ? parts : whole);
}

static void lower_scope(struct lowering *lowering, struct scope *scope)
{
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        if (entry->kind != ENTRY_LOOP && !entry->statement->clears) {
            comment(lowering, scope, entry->statement->equation);
        }
        switch (entry->kind) {
        case ENTRY_OPEN:
            open_accumulator(lowering, scope, entry->statement);
            break;
        case ENTRY_CLOSE:
            close_accumulator(lowering, scope, entry->statement);
            break;
        case ENTRY_LOOP:
            lower_loop(lowering, scope, entry);
            break;
        case ENTRY_STATEMENT:
            lower_statement(lowering, scope, entry->statement);
            break;
        }
    }
}

struct lowering lowering_create(struct tree *tree)
{
    struct lowering lowering = {.tree = tree, .graph = tree->graph, .arena = tree->arena};
    lowering.commented = table_create(tree->arena);
    lowering.loop_scopes = table_create(tree->arena);
    lowering.homes = table_create(tree->arena);
    lowering.local_count = tree->statements->part_count;
    return lowering;
}

struct step_list lower_part(struct lowering *lowering, struct scope *part)
{
    lowering->powers = table_create(lowering->arena);
    translate_part(lowering, part);
    lowering->site_of_node = node_map_open(lowering->graph);
    place_part(lowering, part);
    lower_scope(lowering, part);
    node_map_close(lowering->site_of_node);
    arena_give_back(lowering->arena, lowering->sites, lowering->site_capacity,
                    sizeof lowering->sites[0]);
    return part->steps;
}
