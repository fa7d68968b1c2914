/* Sums of a few terms that a condition picks out, such as sum[g : mod(g,2) == 0] a[g] over four
 * values: no loop's bounds can say which they are, so each is written out. */
#include "equations/program.h"
#include "plan/statement.h"

/* Whether one of the conditions joined by `and` picks out values of the index. */
static bool picks_out(struct arena *arena, const struct node *condition, const struct index *index)
{
    struct conditions conditions = {0};
    conditions_add(arena, &conditions, condition);
    for (size_t i = 0; i < conditions.count; i++) {
        if (node_picks_values(arena, conditions.items[i], index)) {
            return true;
        }
    }
    return false;
}

static const struct node *write_out(void *context, const struct node *node)
{
    struct graph *graph = context;
    long first, end;
    if (node->kind != NODE_REDUCE || node->reduction->id != REDUCTION_SUM ||
        node->index_count != 1) {
        return node;
    }
    struct opened opened = node_open(graph, node);
    const struct index *index = opened.indices[0];
    if (opened.condition == NULL || !index_has_few_values(graph, index, PIECES_MAX, &first, &end) ||
        !picks_out(graph_arena(graph), opened.condition, index)) {
        return node;
    }
    const struct node *sum = node_number(graph, 0);
    for (long value = first; value < end; value++) {
        const struct node *number = node_number(graph, (double)value);
        const struct node *term = node_select(
            graph, node_substitute(graph, opened.condition, 1, &index, &number),
            node_substitute(graph, opened.element, 1, &index, &number), node_number(graph, 0));
        sum = node_binary(graph, OPERATOR_ADD, sum, term);
    }
    return sum;
}

const struct program *program_with_terms(const struct program *program)
{
    struct program *written = program_create(program->graph);
    written->taken = program->taken;
    written->recurrent = program->recurrent;
    for (size_t i = 0; i < program->count; i++) {
        struct equation *equation = ARENA_NEW(graph_arena(program->graph), struct equation);
        *equation = *program->equations[i];
        if (equation->body->height > 0) {
            equation->body =
                node_rewrite(program->graph, equation->body, write_out, program->graph);
        }
        program_adopt(written, equation);
    }
    return written;
}
