/* Random numbers as definitions, and states that the model's own rules update.
 *
 * A number that is drawn is a function of the draw's number, which the trainer counts, and of its
 * place: so the loss, its gradient and the updates of one step see the same numbers, and two runs
 * of one seed are alike. */
#include "model/reader.h"

#include <string.h>

struct tensor *model_input(struct reader *reader, struct tensor **input, const char *name)
{
    if (*input == NULL) {
        *input = graph_tensor(reader->graph, TENSOR_INPUT, name, 0, NULL);
    }
    return *input;
}

/* ---- draw ---- */

/* The axes of what is drawn: sizes, or indices whose range the distribution's parameters give. */
struct drawing {
    struct reader *reader;
    const struct declarator *declarator;
    struct index *indices[RANK_MAX];
    int rank;
    const struct local *scope;
};

static bool open_axis(struct drawing *drawing, const struct expression *axis)
{
    struct reader *reader = drawing->reader;
    struct binder binder = {
        .name = NULL, .span = axis->span, .count = (struct expression *)(uintptr_t)axis};
    const struct symbol *symbol =
        axis->kind == EXPRESSION_NAME ? reader_find(reader, axis->name) : NULL;
    if (drawing->rank == RANK_MAX) {
        reader_error(reader, axis->span, "a tensor of more than %d axes", RANK_MAX);
        return false;
    }
    if (axis->kind == EXPRESSION_NAME && symbol == NULL) {
        binder = (struct binder){.name = axis->name, .span = axis->span};
    }
    struct index *index = bind_index(reader, &binder, NULL);
    if (index == NULL) {
        return false;
    }
    drawing->indices[drawing->rank++] = index;
    if (binder.name != NULL) {
        drawing->scope = open_index(reader, &binder, index, drawing->scope);
    }
    return true;
}

/* The place of an element among all, as in memory. */
static const struct node *place_of(const struct drawing *drawing)
{
    struct graph *graph = drawing->reader->graph;
    const struct node *place = node_number(graph, 0);
    for (int i = 0; i < drawing->rank; i++) {
        place = node_binary(graph, OPERATOR_ADD,
                            node_binary(graph, OPERATOR_MULTIPLY, place, drawing->indices[i]->end),
                            node_index(graph, drawing->indices[i]));
    }
    return place;
}

/* The k-th of two random numbers for an element. */
static struct value random_number(const struct drawing *drawing, unsigned stream, int k)
{
    struct reader *reader = drawing->reader;
    const struct node *arguments[] = {
        node_load(reader->graph, model_input(reader, &reader->model->draw_number, "draw_number"),
                  NULL),
        node_number(reader->graph, 2.0 * stream + k), place_of(drawing)};
    return value_of(node_apply(reader->graph, OPERATOR_RANDOM, 3, arguments));
}

static const struct symbol *find_distribution(struct reader *reader,
                                              const struct expression *distribution)
{
    const char *name = distribution->name == NULL ? "?" : distribution->name;
    const struct symbol *symbol = reader_find(
        reader, names_intern_text(reader->names, arena_format(reader->arena, "draw_%s", name)));
    if (symbol != NULL && symbol->kind == SYMBOL_FUNCTION &&
        symbol->function->statement->declarators.count >= 2) {
        return symbol;
    }
    struct diagnostic *diagnostic =
        reader_error(reader, distribution->span, "unknown distribution '%s'", name);
    diagnostic_help(reader->diagnostics, diagnostic,
                    "normal(mean, deviation), uniform(a, b), bernoulli(p), categorical(p[i]), "
                    "exponential(rate) and others are known; fn draw_%s(u, v, ...) defines one",
                    name);
    return NULL;
}

static struct value read_distribution(struct drawing *drawing, const struct symbol *symbol,
                                      const struct expression *distribution,
                                      struct value *arguments)
{
    struct reader *reader = drawing->reader;
    size_t count = distribution->arguments.count;
    size_t expected = symbol->function->statement->declarators.count;
    if (count + 2 != expected) {
        reader_error(reader, distribution->span, "'%s' takes %zu argument%s, not %zu",
                     distribution->name, expected - 2, expected == 3 ? "" : "s", count);
        return value_failed();
    }
    for (size_t i = 0; i < count; i++) {
        arguments[2 + i] =
            read_expression(reader, distribution->arguments.items[i], drawing->scope);
        if (arguments[2 + i].body == NULL) {
            return value_failed();
        }
    }
    for (int i = 0; i < drawing->rank; i++) {
        if (!settle_index(reader, drawing->indices[i])) {
            return value_failed();
        }
    }
    unsigned stream = reader->model->draw_count++;
    arguments[0] = random_number(drawing, stream, 0);
    arguments[1] = random_number(drawing, stream, 1);
    return call_function(reader, symbol, distribution->span, (int)count + 2, arguments);
}

void read_drawn(struct reader *reader, struct symbol *symbol)
{
    const struct declarator *declarator = symbol->draw;
    const struct expression *distribution = declarator->distribution;
    struct drawing drawing = {.reader = reader, .declarator = declarator};
    if (distribution == NULL) {
        struct diagnostic *diagnostic =
            reader_error(reader, declarator->span, "'%s' is drawn from nothing", symbol->name);
        diagnostic_help(reader->diagnostics, diagnostic, "write draw %s ~ normal(0, 1)",
                        symbol->name);
        return;
    }
    const struct symbol *found = find_distribution(reader, distribution);
    for (size_t i = 0; i < declarator->axes.count; i++) {
        if (found == NULL || !open_axis(&drawing, declarator->axes.items[i])) {
            return;
        }
    }
    if (found == NULL) {
        return;
    }
    struct value *arguments =
        ARENA_ARRAY(reader->arena, struct value, distribution->arguments.count + 2);
    struct value value = read_distribution(&drawing, found, distribution, arguments);
    check_bounds(reader, 0);
    if (value.body == NULL) {
        return;
    }
    if (value.rank > 0) {
        reader_error(reader, distribution->span,
                     "a distribution gives one number for each element");
        return;
    }
    struct axis axes[RANK_MAX];
    for (int i = 0; i < drawing.rank; i++) {
        axes[i] = (struct axis){drawing.indices[i]->first, drawing.indices[i]->end};
    }
    symbol->tensor = graph_tensor(reader->graph, TENSOR_DEFINED, symbol->name, drawing.rank, axes);
    symbol->tensor->span = symbol->span;
    note_whole_values(reader, symbol->tensor, value.body);
    program_append(reader->program, symbol->tensor, (const struct index *const *)drawing.indices,
                   value.body, declarator->span);
}

/* ---- state ---- */

static struct tensor *updated_state(struct reader *reader, const struct statement *statement)
{
    const struct symbol *symbol = reader_find(reader, statement->name);
    if (symbol != NULL && symbol->tensor != NULL && symbol->tensor->kind == TENSOR_STATE) {
        return symbol->tensor;
    }
    struct diagnostic *diagnostic = reader_error(
        reader, statement->name_span, "'%s' is no state: ':=' updates states", statement->name);
    diagnostic_help(reader->diagnostics, diagnostic, "declare it: state %s = 0", statement->name);
    return NULL;
}

/* The left side's indices, each over its axis. */
static bool open_left_side(struct reader *reader, const struct statement *statement,
                           const struct tensor *state, struct index **indices,
                           const struct local **scope)
{
    if (statement->binders.count != 0 && statement->binders.count != (size_t)state->rank) {
        reader_error(reader, statement->name_span, "'%s' has %d ax%s", state->name, state->rank,
                     state->rank == 1 ? "is" : "es");
        return false;
    }
    for (size_t i = 0; i < statement->binders.count; i++) {
        const struct binder *binder = &statement->binders.items[i];
        if (binder->name == NULL || binder->count != NULL || binder->last != NULL) {
            reader_error(reader, binder->span,
                         "':=' updates the whole state: its left side takes plain indices");
            return false;
        }
        indices[i] = bind_index(reader, binder, NULL);
        demand_range(reader, indices[i], state->axes[i], state->name, binder->span);
        *scope = open_index(reader, binder, indices[i], *scope);
    }
    return true;
}

static void read_update(struct reader *reader, const struct statement *statement)
{
    struct tensor *state = updated_state(reader, statement);
    struct index *indices[RANK_MAX];
    const struct local *scope = NULL;
    reader->closed = NULL;
    reader->guard_count = 0;
    if (state == NULL || !open_left_side(reader, statement, state, indices, &scope)) {
        return;
    }
    struct value value = read_expression(reader, statement->body, scope);
    check_bounds(reader, 0);
    if (value.body == NULL) {
        return;
    }
    int named = (int)statement->binders.count;
    bool fits = value.rank == 0 ? named == state->rank || named == 0
                                : value.rank == state->rank && named == 0;
    for (int i = 0; i < value.rank && fits; i++) {
        fits = same_axis((struct axis){value.axes[i]->first, value.axes[i]->end}, state->axes[i]);
    }
    if (!fits) {
        reader_error(reader, statement->body->span, "what '%s' is set to has another shape",
                     state->name);
        return;
    }
    for (int i = named; i < state->rank; i++) {
        const struct axis *axis = &state->axes[i];
        indices[i] = value.rank > 0 ? (struct index *)(uintptr_t)value.axes[i]
                                    : graph_index(reader->graph, NULL, axis->first, axis->end);
    }
    struct equation *equation =
        program_append(reader->model->updates, state, (const struct index *const *)indices,
                       value.body, statement->span);
    equation->update = true;
}

void read_updates(struct reader *reader, const struct statement_list *statements)
{
    for (size_t i = 0; i < statements->count; i++) {
        if (statements->items[i]->kind == STATEMENT_UPDATE) {
            read_update(reader, statements->items[i]);
        }
    }
}
