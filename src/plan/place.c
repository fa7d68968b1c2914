/* Where each node is evaluated.
 *
 * A node is evaluated around all its uses: in the innermost scope that contains them, so that one
 * which is used in a branch alone is evaluated only when that is taken. From there it moves out of
 * loops in which it does not change, as long as that cannot make it read out of bounds. What is
 * used more than once, or has moved, becomes a variable. */
#include "equations/affine.h"
#include "equations/node_map.h"
#include "plan/lower.h"

/* An expression deeper than this is cut by a variable: compilers and people have their limits. */
#define EXPRESSION_DEPTH_MAX 24

/* The expressions that a part evaluates, and where. */
struct roots {
    const struct node **nodes;
    struct scope **scopes;
    size_t count, node_capacity, scope_capacity;
};

/* ---- What a part evaluates ---- */

static void add_root(struct lowering *lowering, struct roots *roots, const struct node *node,
                     struct scope *scope)
{
    size_t count = roots->count;
    ARENA_PUSH(lowering->arena, roots->nodes, roots->count, roots->node_capacity, node);
    ARENA_PUSH(lowering->arena, roots->scopes, count, roots->scope_capacity, scope);
}

static void add_statement_roots(struct lowering *lowering, struct roots *roots, struct scope *scope,
                                struct statement *statement)
{
    if (statement->condition != NULL) {
        add_root(lowering, roots, statement->condition, scope);
        statement->branch = scope_create_branch(lowering->arena, scope, NULL);
        scope = statement->branch;
    }
    add_root(lowering, roots, statement->value, scope);
    int rank = statement->row == NULL ? statement->target->rank : statement->row->tensor->rank;
    bool folds = statement->fold < statement->loop_count;
    for (int i = 0; i < rank; i++) {
        add_root(lowering, roots, statement->subscripts[i],
                 folds ? statement_value_scope(lowering->tree, statement) : scope);
    }
}

static void add_roots(struct lowering *lowering, struct roots *roots, struct scope *scope)
{
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        if (entry->kind == ENTRY_LOOP) {
            add_root(lowering, roots, entry->scope->first, scope);
            add_root(lowering, roots, entry->scope->end, scope);
            add_roots(lowering, roots, entry->scope);
        } else if (entry->kind == ENTRY_STATEMENT) {
            add_statement_roots(lowering, roots, scope, entry->statement);
        }
    }
}

/* ---- Homes ---- */

static void set_home(struct lowering *lowering, const struct tensor *tensor, struct scope *scope)
{
    struct scope *home = table_find(lowering->homes, tensor);
    table_store(lowering->homes, tensor, home == NULL ? scope : scope_common(home, scope));
}

/* Where the loops run and the variables are, and around all that write a tensor. */
static void find_homes(struct lowering *lowering, struct scope *scope)
{
    if (scope->index != NULL) {
        table_store(lowering->loop_scopes, scope->index, scope);
    }
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        struct statement *statement = entry->statement;
        if (entry->kind == ENTRY_LOOP) {
            find_homes(lowering, entry->scope);
        } else if (entry->kind == ENTRY_STATEMENT) {
            const struct tensor *target =
                statement->row == NULL ? statement->target : statement->row->tensor;
            set_home(lowering, target, scope);
            if (statement->variable != NULL) {
                table_store(lowering->homes, statement->variable,
                            statement_value_scope(lowering->tree, statement));
            }
        }
    }
}

/* The home of what is written here is around all that read it as well. */
static void widen_homes(struct lowering *lowering, struct scope *scope)
{
    for (size_t i = 0; i < scope->entry_count; i++) {
        struct entry *entry = &scope->entries[i];
        if (entry->kind == ENTRY_LOOP) {
            widen_homes(lowering, entry->scope);
        }
        for (size_t k = 0; entry->kind == ENTRY_STATEMENT && k < entry->statement->access_count;
             k++) {
            const struct access *access = &entry->statement->accesses[k];
            const struct tensor *tensor =
                access->row == NULL ? access->load->tensor : access->row->tensor;
            if (!access->forwarded && table_find(lowering->homes, tensor) != NULL) {
                set_home(lowering, tensor, scope);
            }
        }
    }
}

/* ---- Places ---- */

static bool needs_no_site(const struct node *node)
{
    return node->kind == NODE_NUMBER ||
           (node->kind == NODE_LOAD && node->tensor->kind == TENSOR_LOCAL) ||
           node_is_index_arithmetic(node);
}

struct site *site_of(const struct lowering *lowering, const struct node *node)
{
    return node_map_find(lowering->site_of_node, node);
}

/* The innermost of the scopes that an argument or a load asks for. */
static struct scope *home_of(const struct lowering *lowering, const struct node *node)
{
    const struct site *site = site_of(lowering, node);
    if (site != NULL) {
        return site->home;
    }
    struct scope *home = NULL;
    if (node->kind == NODE_LOAD) {
        return table_find(lowering->homes, node->tensor);
    }
    for (int i = 0; i < node->free->count; i++) {
        home = scope_inner(home, table_find(lowering->loop_scopes, node->free->items[i]));
    }
    return home;
}

/* The operand of `and` and `or` that can be evaluated without the other one comes first. */
static bool is_swapped(const struct lowering *lowering, const struct node *node)
{
    if (!node_is(node, OPERATOR_AND) && !node_is(node, OPERATOR_OR)) {
        return false;
    }
    const struct site *left = site_of(lowering, node->arguments[0]);
    const struct site *right = site_of(lowering, node->arguments[1]);
    return left != NULL && !left->safe && (right == NULL || right->safe);
}

/* Whether a subscript is at most an axis's end where an index is at its loop's end; of several ends
 * the smaller one counts. */
static bool ends_by(struct graph *graph, const struct node *subscript, const struct index *index,
                    const struct node *end, const struct node *limit)
{
    const struct node *last = node_substitute(graph, subscript, 1, &index, &end);
    bool some = affine_proves_at_most(affine_normalize(graph, last), limit);
    for (int i = 0; node_is(end, OPERATOR_MIN) && i < end->argument_count && !some; i++) {
        last = node_substitute(graph, subscript, 1, &index, &end->arguments[i]);
        some = affine_proves_at_most(affine_normalize(graph, last), limit);
    }
    return some;
}

/* Whether the bounds of a loop keep a subscript in its axis, as those of a block's rows do. */
static bool loop_keeps_in_bounds(const struct lowering *lowering, const struct node *subscript,
                                 const struct axis *axis)
{
    struct graph *graph = lowering->graph;
    const struct affine affine = affine_of(subscript);
    for (int i = 0; affine.valid && i < subscript->free->count; i++) {
        const struct index *index = subscript->free->items[i];
        const struct scope *scope = table_find(lowering->loop_scopes, index);
        if (scope == NULL || affine_coefficient(&affine, node_index(graph, index)) != 1) {
            continue;
        }
        const struct node *first = node_substitute(graph, subscript, 1, &index, &scope->first);
        if (affine_proves_at_most(axis->first, affine_normalize(graph, first)) &&
            ends_by(graph, subscript, index, scope->end, axis->end)) {
            return true;
        }
    }
    return false;
}

static bool stays_in_bounds(const struct lowering *lowering, const struct node *load)
{
    bool known = load_stays_in_bounds(load), inside = true;
    for (int i = 0; i < load->argument_count && inside && !known; i++) {
        const struct axis *axis = &load->tensor->axes[i];
        const struct node *subscript = load->arguments[i];
        inside = loop_keeps_in_bounds(lowering, subscript, axis) ||
                 (affine_proves_at_most(axis->first, subscript) &&
                  affine_proves_below(subscript, axis->end));
    }
    return inside;
}

static void create_site(struct lowering *lowering, struct scope *part, const struct node *node)
{
    struct site *site = &lowering->sites[lowering->site_count];
    *site = (struct site){.node = node, .home = part, .safe = true};
    if (node->kind == NODE_LOAD) {
        site->safe = stays_in_bounds(lowering, node);
        site->home = scope_inner(site->home, table_find(lowering->homes, node->tensor));
    }
    for (int i = 0; i < node->argument_count; i++) {
        const struct site *argument = site_of(lowering, node->arguments[i]);
        site->safe = site->safe && (argument == NULL || argument->safe);
        site->home = scope_inner(site->home, home_of(lowering, node->arguments[i]));
    }
    site->swapped = is_swapped(lowering, node);
    lowering->site_count++;
    node_map_store(lowering->site_of_node, node, site);
}

static void create_sites(struct lowering *lowering, struct scope *part, const struct roots *roots)
{
    size_t count;
    const struct node **order =
        node_order(lowering->arena, roots->nodes, (int)roots->count, &count);
    lowering->sites = ARENA_ARRAY(lowering->arena, struct site, count);
    lowering->site_capacity = count;
    lowering->site_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!needs_no_site(order[i])) {
            create_site(lowering, part, order[i]);
        }
    }
    arena_give_back(lowering->arena, order, count, sizeof order[0]);
}

/* ---- Uses ---- */

/* Around two branches a node is evaluated although perhaps none is taken: not `certain`. */
static void add_use(struct lowering *lowering, const struct node *node, struct scope *scope,
                    bool certain)
{
    struct site *site = site_of(lowering, node);
    if (site == NULL) {
        return;
    }
    site->uses++;
    if (site->at == NULL) {
        site->at = scope;
        site->certain = certain;
        return;
    }
    struct scope *common = scope_common(site->at, scope);
    site->certain = (site->certain && site->at->guard == common->guard) ||
                    (certain && scope->guard == common->guard);
    site->at = common;
}

/* Outwards as far as possible. */
static struct scope *move_out(const struct site *site)
{
    struct scope *scope = site->at;
    while (scope != site->home && scope->outer != NULL && !scope->branch &&
           (scope->runs || site->safe)) {
        scope = scope->outer;
    }
    return scope;
}

/* A variable in a branch of an expression makes that a statement. */
static void make_variable(struct lowering *lowering, struct site *site)
{
    site->local = true;
    while (site->at->branch && site->at->owner != NULL) {
        site = site_of(lowering, site->at->owner);
        if (site->stepwise) {
            break;
        }
        site->stepwise = true;
        site->local = true;
    }
}

static struct scope *branch_of(struct lowering *lowering, struct site *site, int number)
{
    if (site->branch[number] == NULL) {
        site->branch[number] = scope_create_branch(lowering->arena, site->at, site->node);
    }
    return site->branch[number];
}

/* Operands are evaluated where the node is, or in a branch there. */
static void use_arguments(struct lowering *lowering, struct site *site)
{
    const struct node *node = site->node;
    if (node_is(node, OPERATOR_IF)) {
        add_use(lowering, node->arguments[0], site->at, site->certain);
        add_use(lowering, node->arguments[1], branch_of(lowering, site, 0), site->certain);
        add_use(lowering, node->arguments[2], branch_of(lowering, site, 1), site->certain);
    } else if (node_is(node, OPERATOR_AND) || node_is(node, OPERATOR_OR)) {
        add_use(lowering, node->arguments[site->swapped], site->at, site->certain);
        add_use(lowering, node->arguments[!site->swapped], branch_of(lowering, site, 0),
                site->certain);
    } else {
        for (int i = 0; i < node->argument_count; i++) {
            add_use(lowering, node->arguments[i], site->at, site->certain);
        }
    }
}

/* In a conditional expression the C compiler may see for itself that a load occurs twice. */
static bool is_worth_a_variable(const struct site *site)
{
    bool in_expression = site->at->branch && site->at->owner != NULL;
    return !(in_expression && site->node->kind == NODE_LOAD);
}

static void settle_site(struct lowering *lowering, struct site *site)
{
    struct scope *scope = move_out(site);
    bool moved = scope != site->at;
    site->at = scope;
    if (moved || (site->uses > 1 && is_worth_a_variable(site))) {
        make_variable(lowering, site);
    }
    use_arguments(lowering, site);
}

/* ---- Depth ---- */

static void measure_depth(struct lowering *lowering, struct site *site)
{
    unsigned depth = 0;
    for (int i = 0; i < site->node->argument_count; i++) {
        const struct site *argument = site_of(lowering, site->node->arguments[i]);
        unsigned below = argument == NULL || argument->local ? 0 : argument->depth;
        depth = below > depth ? below : depth;
    }
    site->depth = depth + 1;
    if (site->depth > EXPRESSION_DEPTH_MAX && !site->local) {
        make_variable(lowering, site);
    }
}

void place_part(struct lowering *lowering, struct scope *part)
{
    struct roots roots = {0};
    table_give_back(lowering->loop_scopes);
    table_give_back(lowering->homes);
    find_homes(lowering, part);
    widen_homes(lowering, part);
    add_roots(lowering, &roots, part);
    create_sites(lowering, part, &roots);
    for (size_t i = 0; i < roots.count; i++) {
        add_use(lowering, roots.nodes[i], roots.scopes[i], true);
    }
    for (size_t i = lowering->site_count; i > 0; i--) {
        settle_site(lowering, &lowering->sites[i - 1]);
    }
    for (size_t i = 0; i < lowering->site_count; i++) {
        measure_depth(lowering, &lowering->sites[i]);
    }
}
