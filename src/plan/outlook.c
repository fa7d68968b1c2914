#include "plan/outlook.h"

#include "equations/affine.h"

/* ---- Lists of steps ---- */

void steps_push(struct arena *arena, struct step_list *list, struct step *step)
{
    ARENA_PUSH(arena, list->items, list->count, list->capacity, step);
}

void steps_insert(struct arena *arena, struct step_list *list, size_t position, struct step *step)
{
    steps_push(arena, list, step);
    for (size_t i = list->count - 1; i > position; i--) {
        list->items[i] = list->items[i - 1];
    }
    list->items[position] = step;
}

struct step *step_copy(struct arena *arena, const struct step *step)
{
    struct step *copy = ARENA_NEW(arena, struct step);
    *copy = *step;
    copy->body = (struct step_list){0};
    copy->otherwise = (struct step_list){0};
    return copy;
}

/* Takes a step out of a list; false where it does not stand in it. */
static bool take_out(struct step_list *list, const struct step *step)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != step) {
            list->items[kept++] = list->items[i];
        }
    }
    bool found = kept < list->count;
    list->count = kept;
    return found;
}

/* ---- Expressions ---- */

bool subscript_distance(const struct node *subscript, const struct index *index, long *distance)
{
    const struct node *atom = node_index(subscript->graph, index);
    const struct affine difference = affine_add(affine_of(subscript), affine_of(atom), -1);
    *distance = difference.constant;
    return difference.valid && difference.count == 0;
}

/* An element of the flag, where it is known. */
static const struct node *flag_value(const struct outlook *outlook, const struct node *load)
{
    long distance;
    const struct node *step = load->arguments[outlook->flag->stops - 1];
    if (!subscript_distance(step, outlook->index, &distance)) {
        return load;
    }
    bool known = outlook->stopped ? distance >= outlook->offset : distance <= outlook->offset;
    return known ? node_number(outlook->graph, outlook->stopped) : load;
}

/* What the place of the loop's index decides. */
static const struct node *decide(const struct outlook *outlook, const struct node *node)
{
    if (!node->boolean || !node_depends_on(node, outlook->index)) {
        return node;
    }
    const struct index *narrow =
        graph_index(outlook->graph, outlook->index->name, outlook->first, outlook->end);
    const struct node *here = node_index(outlook->graph, narrow);
    const struct node *decided = node_substitute(outlook->graph, node, 1, &outlook->index, &here);
    return decided->kind == NODE_NUMBER ? decided : node;
}

/* `and` and `or` with an operand that is known. */
static const struct node *join(const struct node *node)
{
    for (int i = 0; i < 2; i++) {
        const struct node *operand = node->arguments[i];
        if (operand->kind == NODE_NUMBER) {
            bool settles = node_is(node, OPERATOR_OR) == !node_is_number(operand, 0);
            return settles ? operand : node->arguments[1 - i];
        }
    }
    return node;
}

static const struct node *visit(void *context, const struct node *node)
{
    const struct outlook *outlook = context;
    if (node->kind == NODE_LOAD && outlook->flag != NULL && node->tensor == outlook->flag) {
        return flag_value(outlook, node);
    }
    if (node->kind == NODE_LOAD && node->tensor->kind == TENSOR_LOCAL) {
        const struct node *value = table_find(outlook->known, node->tensor);
        return value == NULL ? node : value;
    }
    if (node_is(node, OPERATOR_IF) && node->arguments[0]->kind == NODE_NUMBER) {
        return node->arguments[node_is_number(node->arguments[0], 0) ? 2 : 1];
    }
    if (node_is(node, OPERATOR_AND) || node_is(node, OPERATOR_OR)) {
        return join(node);
    }
    return node->kind == NODE_APPLY ? decide(outlook, node) : node;
}

static const struct node *see(struct outlook *outlook, const struct node *node)
{
    const struct node *seen =
        node == NULL ? NULL : node_rewrite(outlook->graph, node, visit, outlook);
    outlook->changes += seen != node;
    return seen;
}

/* ---- Steps ---- */

static struct arena *arena_of(const struct outlook *outlook)
{
    return graph_arena(outlook->graph);
}

static void see_steps(struct outlook *outlook, const struct step_list *steps,
                      struct step_list *out);

static void see_declare(struct outlook *outlook, struct step *step, struct step_list *out)
{
    const struct node *value = step->value;
    bool simple = value != NULL &&
                  (value->kind == NODE_NUMBER || (outlook->elements && value->kind == NODE_LOAD));
    if (simple && table_find(outlook->assigned, step->target) == NULL) {
        table_store(outlook->known, step->target, (void *)(uintptr_t)value);
        return;
    }
    if (value == NULL) {
        table_store(outlook->open, step->target, step);
    }
    steps_push(arena_of(outlook), out, step);
}

/* What is set once, and where it is declared, is declared with its value. */
static void see_assign(struct outlook *outlook, struct step *step, struct step_list *out)
{
    struct step *declaration = table_find(outlook->open, step->target);
    if (declaration != NULL && take_out(out, declaration)) {
        declaration->value = step->value;
        see_declare(outlook, declaration, out);
        return;
    }
    if (table_find(outlook->assigned, step->target) == NULL) {
        table_store(outlook->assigned, step->target, outlook);
        outlook->grown = true;
    }
    steps_push(arena_of(outlook), out, step);
}

/* The flag is stored where it is known: so is the variable that holds it. */
static void see_store(struct outlook *outlook, struct step *step)
{
    if (outlook->flag == NULL || step->target != outlook->flag) {
        return;
    }
    const struct node *value =
        flag_value(outlook, node_load(outlook->graph, step->target, step->subscripts));
    if (value->kind != NODE_NUMBER) {
        return;
    }
    if (step->value->kind == NODE_LOAD && step->value->tensor->kind == TENSOR_LOCAL) {
        table_store(outlook->known, step->value->tensor, (void *)(uintptr_t)value);
    }
    step->value = value;
}

static void see_loop(struct outlook *outlook, const struct step *step, struct step *copy,
                     struct step_list *out)
{
    copy->first = see(outlook, step->first);
    copy->end = see(outlook, step->end);
    size_t changes = outlook->changes;
    see_steps(outlook, &step->body, &copy->body);
    copy->product = outlook->changes == changes ? step->product : NULL;
    steps_push(arena_of(outlook), out, copy);
}

/* Behind a step that leaves the loop where the flag is 1, it is 0. */
static void see_leave(struct outlook *outlook, const struct step *step)
{
    if (step->body.count == 0 || step->body.items[step->body.count - 1]->kind != STEP_LEAVE) {
        return;
    }
    const struct node *flag = step->value->arguments[0];
    if (flag->kind == NODE_LOAD && flag->tensor->kind == TENSOR_LOCAL) {
        table_store(outlook->known, flag->tensor,
                    (void *)(uintptr_t)node_number(outlook->graph, 0));
    }
    outlook->offset++;
}

static void see_step(struct outlook *outlook, const struct step *step, struct step_list *out)
{
    struct step *copy = step_copy(arena_of(outlook), step);
    copy->value = see(outlook, step->value);
    for (int i = 0; i < RANK_MAX; i++) {
        copy->subscripts[i] = see(outlook, step->subscripts[i]);
    }
    switch (step->kind) {
    case STEP_DECLARE:
        see_declare(outlook, copy, out);
        break;
    case STEP_ASSIGN:
        see_assign(outlook, copy, out);
        break;
    case STEP_LOOP:
        see_loop(outlook, step, copy, out);
        break;
    case STEP_IF:
        if (copy->value->kind == NODE_NUMBER) {
            see_steps(outlook, node_is_number(copy->value, 0) ? &step->otherwise : &step->body,
                      out);
            break;
        }
        see_steps(outlook, &step->body, &copy->body);
        see_steps(outlook, &step->otherwise, &copy->otherwise);
        steps_push(arena_of(outlook), out, copy);
        see_leave(outlook, step);
        break;
    case STEP_STORE:
        see_store(outlook, copy);
        steps_push(arena_of(outlook), out, copy);
        break;
    case STEP_COMMENT:
    case STEP_ADD:
    case STEP_LEAVE:
        steps_push(arena_of(outlook), out, copy);
        break;
    }
}

static void see_steps(struct outlook *outlook, const struct step_list *steps, struct step_list *out)
{
    for (size_t i = 0; i < steps->count; i++) {
        see_step(outlook, steps->items[i], out);
    }
}

/* At first no variable counts as set again; where one turns out to be, all is looked at anew. */
struct step_list outlook_of(struct outlook *outlook, const struct step_list *steps)
{
    struct step_list out;
    long offset = outlook->offset;
    outlook->assigned = table_create(arena_of(outlook));
    do {
        out = (struct step_list){0};
        outlook->known = table_create(arena_of(outlook));
        outlook->open = table_create(arena_of(outlook));
        outlook->grown = false;
        outlook->offset = offset;
        see_steps(outlook, steps, &out);
    } while (outlook->grown);
    return out;
}

/* ---- Idle steps ---- */

static void note_reads(struct arena *arena, struct table *read, const struct node *root)
{
    size_t count = 0;
    const struct node **order = root == NULL ? NULL : node_order(arena, &root, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && order[i]->tensor->kind == TENSOR_LOCAL) {
            table_store(read, order[i]->tensor, read);
        }
    }
}

static void note_all_reads(struct arena *arena, struct table *read, const struct step_list *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = steps->items[i];
        note_reads(arena, read, step->first);
        note_reads(arena, read, step->end);
        note_reads(arena, read, step->value);
        note_reads(arena, read, step->parallel);
        for (int k = 0; k < RANK_MAX; k++) {
            note_reads(arena, read, step->subscripts[k]);
        }
        note_all_reads(arena, read, &step->body);
        note_all_reads(arena, read, &step->otherwise);
    }
}

static bool drop_unread(struct table *read, struct step_list *steps)
{
    size_t kept = 0;
    bool dropped = false;
    for (size_t i = 0; i < steps->count; i++) {
        struct step *step = steps->items[i];
        bool sets = step->kind == STEP_DECLARE || step->kind == STEP_ASSIGN;
        bool holds = step->kind == STEP_LOOP || step->kind == STEP_IF;
        dropped = drop_unread(read, &step->body) || dropped;
        dropped = drop_unread(read, &step->otherwise) || dropped;
        if ((sets && table_find(read, step->target) == NULL) ||
            (holds && step->body.count == 0 && step->otherwise.count == 0)) {
            dropped = true;
        } else {
            steps->items[kept++] = step;
        }
    }
    steps->count = kept;
    return dropped;
}

void steps_drop_idle(struct arena *arena, struct step_list *steps)
{
    struct table *read;
    do {
        read = table_create(arena);
        note_all_reads(arena, read, steps);
    } while (drop_unread(read, steps));
}
