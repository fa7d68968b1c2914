/* Declares the variables that an expression needs, each in its scope, and writes the expression in
 * terms of them. Iterative: expressions may be as deep as they like. */
#include "plan/lower.h"

struct frame {
    struct site *site;
    int stage; /* operands done */
};

static const struct node *value_of(const struct lowering *lowering, const struct node *node)
{
    const struct site *site = site_of(lowering, node);
    return site == NULL ? node : site->value;
}

/* The operands of an `and` or `or` in the order of evaluation. */
static const struct node *operand(const struct site *site, int number)
{
    return site->node->arguments[site->swapped ? !number : number];
}

static const struct tensor *declare_value(struct lowering *lowering, struct site *site,
                                          const struct node *value)
{
    site->variable = local_create(lowering, "t");
    struct step *step = declare(lowering, &site->at->steps, site->variable, value);
    step->truth = site->node->boolean;
    step->whole = (site->node->kind == NODE_LOAD && site->node->tensor->class_count != NULL) ||
                  node_is_whole(site->node);
    return site->variable;
}

/* A load that stands where its guard may not hold: 0 out of bounds. */
static const struct node *checked(struct lowering *lowering, const struct node *load)
{
    struct graph *graph = lowering->graph;
    const struct node *inside = NULL;
    for (int i = 0; i < load->argument_count; i++) {
        const struct axis *axis = &load->tensor->axes[i];
        const struct node *subscript = load->arguments[i];
        const struct node *above =
            node_binary(graph, OPERATOR_GREATER_EQUAL, subscript, axis->first);
        const struct node *both = node_binary(
            graph, OPERATOR_AND, above, node_binary(graph, OPERATOR_LESS, subscript, axis->end));
        inside = inside == NULL ? both : node_binary(graph, OPERATOR_AND, inside, both);
    }
    return node_select(graph, inside, load, node_number(graph, 0));
}

/* A node all of whose operands have been written. */
static void finish(struct lowering *lowering, struct site *site)
{
    const struct node *node = site->node;
    const struct node *few[RANK_MAX];
    const struct node **arguments =
        node->argument_count <= RANK_MAX
            ? few
            : ARENA_ARRAY(lowering->arena, const struct node *, (size_t)node->argument_count);
    for (int i = 0; i < node->argument_count; i++) {
        arguments[i] = value_of(lowering, node->arguments[i]);
    }
    const struct node *value;
    if (site->swapped) {
        /* `and` and `or` keep no order of their operands; `if` does. */
        const struct node *known = node_number(lowering->graph, node_is(node, OPERATOR_OR));
        value = node_is(node, OPERATOR_OR)
                    ? node_select(lowering->graph, arguments[1], known, arguments[0])
                    : node_select(lowering->graph, arguments[1], arguments[0], known);
    } else {
        value = node_is(node, OPERATOR_POWER)
                    ? lower_power(lowering, node, arguments[0], arguments[1])
                    : NULL;
        value = value == NULL ? node_with_arguments(lowering->graph, node, arguments) : value;
    }
    if (node->kind == NODE_LOAD && !site->safe && !site->certain) {
        value = checked(lowering, value);
    }
    if (site->local) {
        value = local_read(lowering, declare_value(lowering, site, value));
    }
    site->value = value;
}

/* The branches of a choice in steps: what each sets the variable to. NULL: an operand to come. */
static const struct node *branch_value(struct lowering *lowering, const struct site *site,
                                       int branch)
{
    const struct node *node = site->node;
    if (node_is(node, OPERATOR_IF)) {
        return node->arguments[1 + branch];
    }
    bool constant = node_is(node, OPERATOR_OR) ? branch == 0 : branch == 1;
    return constant ? node_number(lowering->graph, node_is(node, OPERATOR_OR)) : operand(site, 1);
}

static struct scope *branch_scope(struct lowering *lowering, struct site *site, int branch)
{
    int number = node_is(site->node, OPERATOR_IF) ? branch : 0;
    bool shared = node_is(site->node, OPERATOR_OR) ? branch == 0 : branch == 1;
    if (!node_is(site->node, OPERATOR_IF) && shared) {
        number = 1;
    }
    if (site->branch[number] == NULL) {
        site->branch[number] = scope_create(lowering->arena, site->at);
    }
    return site->branch[number];
}

/* Stage 0: the condition; 1 and 2: the branches; 3: all is there. Returns the operand to write
 * before the stage can be left; NULL for none. */
static const struct node *next_operand(struct lowering *lowering, struct site *site, int stage)
{
    if (site->stepwise) {
        return stage == 0   ? operand(site, 0)
               : stage <= 2 ? branch_value(lowering, site, stage - 1)
                            : NULL;
    }
    return stage < site->node->argument_count ? site->node->arguments[stage] : NULL;
}

static void finish_choice(struct lowering *lowering, struct site *site)
{
    struct step *choice = step_create(lowering, STEP_IF);
    choice->value = value_of(lowering, operand(site, 0));
    choice->body = branch_scope(lowering, site, 0)->steps;
    choice->otherwise = branch_scope(lowering, site, 1)->steps;
    step_push(lowering, &site->at->steps, choice);
    site->value = local_read(lowering, site->variable);
}

/* After an operand: a choice in steps declares its variable when the condition is written, and
 * sets it when a branch is. */
static void leave_stage(struct lowering *lowering, struct site *site, int stage)
{
    if (!site->stepwise) {
        return;
    }
    if (stage == 0) {
        declare_value(lowering, site, NULL);
        return;
    }
    const struct node *value = value_of(lowering, branch_value(lowering, site, stage - 1));
    assign(lowering, &branch_scope(lowering, site, stage - 1)->steps, site->variable, value);
}

static void push_frame(struct lowering *lowering, size_t *depth, struct site *site)
{
    struct frame frame = {.site = site};
    ARENA_PUSH(lowering->arena, lowering->frames, *depth, lowering->frame_capacity, frame);
}

const struct node *lower_value(struct lowering *lowering, const struct node *node)
{
    size_t depth = 0;
    struct site *root = site_of(lowering, node);
    if (root != NULL && root->value == NULL) {
        push_frame(lowering, &depth, root);
    }
    while (depth > 0) {
        struct frame *frame = &lowering->frames[depth - 1];
        struct site *site = frame->site;
        const struct node *wanted = next_operand(lowering, site, frame->stage);
        struct site *operand_site = wanted == NULL ? NULL : site_of(lowering, wanted);
        if (operand_site != NULL && operand_site->value == NULL) {
            push_frame(lowering, &depth, operand_site);
        } else if (wanted != NULL) {
            leave_stage(lowering, site, frame->stage++);
        } else {
            depth--;
            if (site->stepwise) {
                finish_choice(lowering, site);
            } else {
                finish(lowering, site);
            }
        }
    }
    return value_of(lowering, node);
}
