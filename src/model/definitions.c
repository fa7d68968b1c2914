#include "model/reader.h"

/* The indices of a left side, as locals; NULL where one is refused. */
static const struct local *open_left_side(struct reader *reader, const struct statement *statement,
                                          struct index **indices)
{
    const struct local *scope = NULL;
    for (size_t i = 0; i < statement->binders.count; i++) {
        const struct binder *binder = &statement->binders.items[i];
        if (binder->name == NULL) {
            reader_error(reader, binder->span,
                         "the left side takes indices; cases of a recurrence are not understood");
            return NULL;
        }
        for (const struct local *other = scope; other != NULL; other = other->outer) {
            if (other->name == binder->name) {
                struct diagnostic *diagnostic = reader_error(
                    reader, binder->span, "index '%s' stands twice on the left", binder->name);
                diagnostic_note(reader->diagnostics, diagnostic, other->span, "first here");
                return NULL;
            }
        }
        indices[i] = bind_index(reader, binder, NULL);
        if (indices[i] == NULL) {
            return NULL;
        }
        scope = open_index(reader, binder, indices[i], scope);
    }
    return scope;
}

static struct tensor *define(struct reader *reader, const char *name, struct span name_span,
                             struct span span, const struct value *value)
{
    struct axis axes[RANK_MAX];
    for (int i = 0; i < value->rank; i++) {
        axes[i] = (struct axis){value->axes[i]->first, value->axes[i]->end};
    }
    struct tensor *tensor = graph_tensor(reader->graph, TENSOR_DEFINED, name, value->rank, axes);
    tensor->span = name_span;
    note_whole_values(reader, tensor, value->body);
    program_append(reader->program, tensor, value->axes, value->body, span);
    return tensor;
}

static void report_stray_index(struct reader *reader, const struct statement *statement,
                               const struct index *index)
{
    reader_error(reader, statement->span, "index '%s' is bound neither on the left nor by a sum",
                 index->name == NULL ? "?" : index->name);
}

static bool check_free(struct reader *reader, const struct statement *statement,
                       const struct value *value)
{
    for (int i = 0; i < value->body->free->count; i++) {
        bool bound = false;
        for (int k = 0; k < value->rank; k++) {
            bound = bound || value->axes[k] == value->body->free->items[i];
        }
        if (!bound) {
            report_stray_index(reader, statement, value->body->free->items[i]);
            return false;
        }
    }
    return true;
}

static void read_tensor_definition(struct reader *reader, struct symbol *symbol)
{
    const struct statement *statement = symbol->statement;
    struct index *indices[RANK_MAX];
    if (statement->binders.count > RANK_MAX) {
        reader_error(reader, statement->span, "more than %d indices", RANK_MAX);
        return;
    }
    reader->closed = NULL;
    reader->guard_count = 0;
    const struct local *scope = open_left_side(reader, statement, indices);
    if (scope == NULL && statement->binders.count > 0) {
        return;
    }
    struct value value = read_expression(reader, statement->body, scope);
    if (value.body == NULL) {
        reader->bound_count = 0;
        return;
    }
    struct value defined = {.body = value.body};
    bool settled = true;
    for (size_t i = 0; i < statement->binders.count; i++) {
        settled = settle_index(reader, indices[i]) && settled;
        defined.axes[defined.rank++] = indices[i];
    }
    for (int i = 0; i < value.rank; i++) {
        if (defined.rank == RANK_MAX) {
            reader_error(reader, statement->span, "a tensor of more than %d axes", RANK_MAX);
            return;
        }
        defined.axes[defined.rank++] = value.axes[i];
    }
    check_bounds(reader, 0);
    if (settled && check_free(reader, statement, &defined)) {
        symbol->tensor = define(reader, symbol->name, symbol->span, statement->span, &defined);
    }
}

void read_definition(struct reader *reader, struct symbol *symbol)
{
    reader->in_library = symbol->library;
    switch (symbol->kind) {
    case SYMBOL_FUNCTION:
        understand_function(reader, symbol);
        break;
    case SYMBOL_CONSTANT:
        symbol->value = read_expression(reader, symbol->constant, NULL);
        break;
    case SYMBOL_TENSOR:
        if (symbol->draw != NULL) {
            read_drawn(reader, symbol);
            break;
        }
        read_tensor_definition(reader, symbol);
        break;
    case SYMBOL_DIMENSION:
    case SYMBOL_OPTIMIZER:
        break;
    }
    reader->in_library = false;
}

struct tensor *define_scalar(struct reader *reader, const char *name, struct span span,
                             const struct expression *body)
{
    reader->closed = NULL;
    reader->guard_count = 0;
    struct value value = value_of(read_scalar(reader, body, NULL));
    check_bounds(reader, 0);
    return value.body == NULL ? NULL : define(reader, name, span, body->span, &value);
}
