#include "base/file.h"
#include "equations/affine.h"
#include "equations/fold.h"
#include "model/reader.h"

#include <math.h>
#include <string.h>

struct symbol *reader_find(struct reader *reader, const char *name)
{
    struct symbol *symbol = reader->in_library ? NULL : table_find(reader->symbols, name);
    return symbol == NULL ? table_find(reader->library, name) : symbol;
}

struct symbol *reader_declare(struct reader *reader, enum symbol_kind kind, const char *name,
                              struct span span)
{
    struct table *symbols = reader->in_library ? reader->library : reader->symbols;
    const struct symbol *known = table_find(symbols, name);
    if (known != NULL) {
        struct diagnostic *diagnostic =
            reader_error(reader, span, "'%s' is declared a second time", name);
        diagnostic_note(reader->diagnostics, diagnostic, known->span, "first here");
        return NULL;
    }
    struct symbol *symbol = ARENA_NEW(reader->arena, struct symbol);
    symbol->kind = kind;
    symbol->name = name;
    symbol->span = span;
    symbol->library = reader->in_library;
    table_store(symbols, name, symbol);
    ARENA_PUSH(reader->arena, reader->order, reader->symbol_count, reader->symbol_capacity, symbol);
    return symbol;
}

/* ---- Dimensions ---- */

static void declare_dimension(struct reader *reader, const struct declarator *declarator)
{
    struct symbol *symbol =
        reader_declare(reader, SYMBOL_DIMENSION, declarator->name, declarator->span);
    if (symbol == NULL) {
        return;
    }
    struct dimension *dimension = graph_dimension(reader->graph, declarator->name);
    dimension->span = declarator->span;
    symbol->dimension = dimension;
    struct model *model = reader->model;
    ARENA_PUSH(reader->arena, model->dimensions, model->dimension_count, model->dimension_capacity,
               dimension);
    if (declarator->value == NULL) {
        return;
    }
    double value;
    dimension->known = true;
    dimension->value = 1;
    if (!read_number(reader, declarator->value, &value)) {
        return;
    }
    if (!(value >= 1 && value <= 1e15) || value != floor(value)) {
        reader_error(reader, declarator->value->span,
                     "dimension '%s' must be a whole number, at least 1", declarator->name);
        return;
    }
    dimension->value = (long)value;
}

/* A size between brackets. A name that nothing declares is a dimension the data decides, where
 * `implicit` allows it. */
static const struct node *read_size(struct reader *reader, const struct expression *size,
                                    bool implicit)
{
    bool unknown = size->kind == EXPRESSION_NAME && table_find(reader->symbols, size->name) == NULL;
    if (unknown && implicit) {
        struct declarator declarator = {.name = size->name, .span = size->span};
        declare_dimension(reader, &declarator);
    }
    const struct node *node = read_scalar(reader, size, NULL);
    if (node == NULL) {
        return NULL;
    }
    const struct node *normal = whole_size(reader, node);
    if (normal == NULL || !affine_proves_at_most(node_number(reader->graph, 1), normal)) {
        reader_error(reader, size->span,
                     "a size must be made of whole numbers and dimensions, and be at least 1");
        return NULL;
    }
    return normal;
}

/* ---- Tensors ---- */

static struct tensor *declare_tensor(struct reader *reader, enum tensor_kind kind,
                                     const struct declarator *declarator)
{
    struct axis axes[RANK_MAX];
    int rank = (int)declarator->axes.count;
    bool failed = false;
    if (declarator->axes.count > RANK_MAX) {
        reader_error(reader, declarator->span, "a tensor of more than %d axes", RANK_MAX);
        return NULL;
    }
    for (int i = 0; i < rank; i++) {
        axes[i].first = node_number(reader->graph, 0);
        axes[i].end = read_size(reader, declarator->axes.items[i], kind == TENSOR_DATA);
        failed = failed || axes[i].end == NULL;
    }
    struct symbol *symbol =
        reader_declare(reader, SYMBOL_TENSOR, declarator->name, declarator->span);
    if (symbol == NULL || failed) {
        return NULL;
    }
    symbol->tensor = graph_tensor(reader->graph, kind, declarator->name, rank, axes);
    symbol->tensor->span = declarator->span;
    program_take_name(reader->model->program, declarator->name);
    return symbol->tensor;
}

static void find_rows(struct reader *reader, const struct tensor *tensor)
{
    if (reader->model->rows != NULL || tensor->rank == 0 ||
        tensor->axes[0].end->kind != NODE_SIZE || tensor->axes[0].end->dimension->known) {
        return;
    }
    /* The dimension belongs to this reader and is not shared with others yet. */
    struct dimension *rows = (struct dimension *)(uintptr_t)tensor->axes[0].end->dimension;
    rows->rows = true;
    reader->model->rows = rows;
}

static void declare_data(struct reader *reader, const struct statement *statement)
{
    struct model *model = reader->model;
    for (size_t i = 0; i < statement->declarators.count; i++) {
        const struct declarator *declarator = &statement->declarators.items[i];
        struct tensor *tensor = declare_tensor(reader, TENSOR_DATA, declarator);
        if (tensor == NULL) {
            continue;
        }
        if (declarator->class_count != NULL) {
            tensor->class_count = read_size(reader, declarator->class_count, false);
        }
        if (tensor->class_count != NULL) {
            tensor->whole = true;
            tensor->values = (struct axis){node_number(reader->graph, 0), tensor->class_count};
        }
        find_rows(reader, tensor);
        struct input input = {.tensor = tensor, .span = declarator->span};
        if (statement->file != NULL) {
            input.file = path_beside(reader->arena, model->source->name, statement->file);
        }
        ARENA_PUSH(reader->arena, model->inputs, model->input_count, model->input_capacity, input);
    }
}

static void declare_parameters(struct reader *reader, const struct statement *statement,
                               enum tensor_kind kind)
{
    struct model *model = reader->model;
    for (size_t i = 0; i < statement->declarators.count; i++) {
        const struct declarator *declarator = &statement->declarators.items[i];
        struct parameter parameter = {.tensor = declare_tensor(reader, kind, declarator),
                                      .lower_open = declarator->lower_open,
                                      .upper_open = declarator->upper_open,
                                      .state = kind == TENSOR_STATE};
        if (parameter.tensor != NULL) {
            ARENA_PUSH(reader->arena, model->parameters, model->parameter_count,
                       model->parameter_capacity, parameter);
        }
    }
}

/* ---- Starts of parameters ---- */

struct distribution {
    const char *name;
    enum draw_kind kind;
    int argument_count;
};

static const struct distribution distributions[] = {
    {"normal", DRAW_NORMAL, 2},   /* mean, standard deviation */
    {"uniform", DRAW_UNIFORM, 2}, /* lower end, upper end */
    {"glorot", DRAW_UNIFORM, 0},  /* Glorot and Bengio 2010, equation 16 */
    {"he", DRAW_NORMAL, 0},       /* He, Zhang, Ren, Sun 2015, equation 10 */
};

/* Outputs are the first axis, inputs all others, as in W[output, input]. */
static const struct node *fan(struct reader *reader, const struct tensor *tensor, bool inputs)
{
    const struct node *product = node_number(reader->graph, 1);
    for (int i = inputs ? 1 : 0; i < (inputs ? tensor->rank : 1) && i < tensor->rank; i++) {
        product = node_binary(reader->graph, OPERATOR_MULTIPLY, product, tensor->axes[i].end);
    }
    return product;
}

static void draw_by_shape(struct reader *reader, struct parameter *parameter, const char *name)
{
    struct graph *graph = reader->graph;
    const struct node *inputs = fan(reader, parameter->tensor, true);
    const struct node *outputs = fan(reader, parameter->tensor, false);
    if (strcmp(name, "he") == 0) {
        parameter->location = node_number(graph, 0);
        parameter->scale =
            node_unary(graph, OPERATOR_SQRT,
                       node_binary(graph, OPERATOR_DIVIDE, node_number(graph, 2), inputs));
        return;
    }
    parameter->scale = node_unary(graph, OPERATOR_SQRT,
                                  node_binary(graph, OPERATOR_DIVIDE, node_number(graph, 6),
                                              node_binary(graph, OPERATOR_ADD, inputs, outputs)));
    parameter->location = node_unary(graph, OPERATOR_NEGATE, parameter->scale);
}

static const struct distribution *find_distribution(struct reader *reader,
                                                    const struct expression *expression)
{
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++) {
        if (expression->name != NULL && strcmp(distributions[i].name, expression->name) == 0) {
            return &distributions[i];
        }
    }
    struct diagnostic *diagnostic =
        reader_error(reader, expression->span, "unknown distribution '%s'",
                     expression->name == NULL ? "?" : expression->name);
    diagnostic_help(reader->diagnostics, diagnostic,
                    "known are normal(mean, deviation), uniform(lower, upper), glorot and he");
    return NULL;
}

static void read_draw(struct reader *reader, struct parameter *parameter,
                      const struct expression *expression)
{
    const struct distribution *distribution = find_distribution(reader, expression);
    if (distribution == NULL) {
        return;
    }
    if ((int)expression->arguments.count != distribution->argument_count) {
        reader_error(reader, expression->span, "'%s' takes %d arguments, not %zu",
                     distribution->name, distribution->argument_count, expression->arguments.count);
        return;
    }
    parameter->draw = distribution->kind;
    if (distribution->argument_count == 0) {
        draw_by_shape(reader, parameter, distribution->name);
        return;
    }
    parameter->location = read_scalar(reader, expression->arguments.items[0], NULL);
    parameter->scale = read_scalar(reader, expression->arguments.items[1], NULL);
}

/* A start is a formula of sizes and constants, or a tensor of them: no data, no definitions. */
static void check_start(struct reader *reader, const struct parameter *parameter,
                        const struct declarator *declarator, const struct node *start)
{
    size_t count;
    const struct node **order = node_order(reader->arena, &start, 1, &count);
    for (size_t i = 0; i < count; i++) {
        /* A state may start from where the parameters start. */
        bool known = parameter->state && order[i]->kind == NODE_LOAD &&
                     order[i]->tensor->kind == TENSOR_PARAMETER;
        if (order[i]->kind == NODE_LOAD && !known) {
            reader_error(reader, declarator->value->span,
                         "the start of '%s' depends on '%s'; it must be made of constants",
                         declarator->name, order[i]->tensor->name);
            return;
        }
    }
}

static void read_start(struct reader *reader, struct parameter *parameter,
                       const struct declarator *declarator)
{
    struct value value = read_expression(reader, declarator->value, NULL);
    if (value.body == NULL) {
        return;
    }
    if (value.rank != 0 && value.rank != parameter->tensor->rank) {
        reader_error(reader, declarator->value->span, "the start of '%s' has another shape",
                     declarator->name);
        return;
    }
    check_start(reader, parameter, declarator, value.body);
    for (int i = 0; i < parameter->tensor->rank; i++) {
        const struct axis *axis = &parameter->tensor->axes[i];
        parameter->indices[i] = value.rank > 0
                                    ? value.axes[i]
                                    : graph_index(reader->graph, NULL, axis->first, axis->end);
    }
    parameter->start = value.body;
}

static const struct node *read_limit(struct reader *reader, const struct expression *limit)
{
    return limit == NULL ? NULL : read_scalar(reader, limit, NULL);
}

/* A start that is known must lie in the interval that the parameter is kept in. */
static void check_interval(struct reader *reader, const struct parameter *parameter,
                           const struct declarator *declarator)
{
    double start = 0, lower = -INFINITY, upper = INFINITY;
    struct graph *graph = reader->graph;
    bool known = parameter->draw == DRAW_NONE &&
                 (parameter->start == NULL || node_constant(graph, parameter->start, &start)) &&
                 (parameter->lower == NULL || node_constant(graph, parameter->lower, &lower)) &&
                 (parameter->upper == NULL || node_constant(graph, parameter->upper, &upper));
    bool below = start < lower || (start == lower && parameter->lower_open);
    bool above = start > upper || (start == upper && parameter->upper_open);
    if (!known || (!below && !above)) {
        return;
    }
    struct text number = text_create(reader->arena);
    text_append_number(&number, start);
    struct diagnostic *diagnostic =
        reader_error(reader, declarator->span, "'%s' starts at %s, outside of its interval",
                     declarator->name, number.bytes);
    diagnostic_help(reader->diagnostics, diagnostic, "give it a start inside: %s = ... in ...",
                    declarator->name);
}

static void read_parameter_start(struct reader *reader, const struct declarator *declarator)
{
    struct model *model = reader->model;
    for (size_t i = 0; i < model->parameter_count; i++) {
        struct parameter *parameter = &model->parameters[i];
        if (parameter->tensor->name != declarator->name) {
            continue;
        }
        if (declarator->value != NULL) {
            read_start(reader, parameter, declarator);
        }
        if (declarator->distribution != NULL) {
            read_draw(reader, parameter, declarator->distribution);
        }
        parameter->lower = read_limit(reader, declarator->lower);
        parameter->upper = read_limit(reader, declarator->upper);
        check_interval(reader, parameter, declarator);
    }
}

void read_parameter_starts(struct reader *reader, const struct statement_list *statements)
{
    for (size_t i = 0; i < statements->count; i++) {
        const struct statement *statement = statements->items[i];
        bool starts = statement->kind == STATEMENT_PARAM || statement->kind == STATEMENT_STATE;
        for (size_t k = 0; starts && k < statement->declarators.count; k++) {
            read_parameter_start(reader, &statement->declarators.items[k]);
        }
    }
}

/* ---- What is defined later ---- */

bool is_constant_subscript(struct reader *reader, const struct binder *binder)
{
    if (binder->name == NULL) {
        return true;
    }
    const struct symbol *symbol = reader_find(reader, binder->name);
    return binder->count == NULL && binder->last == NULL && symbol != NULL && !symbol->library &&
           (symbol->kind == SYMBOL_DIMENSION || symbol->kind == SYMBOL_CONSTANT);
}

bool has_cases(const struct symbol *symbol)
{
    bool constant = symbol->case_count > 1;
    for (size_t i = 0; symbol->kind == SYMBOL_TENSOR && i < symbol->statement->binders.count; i++) {
        constant = constant || symbol->statement->binders.items[i].name == NULL;
    }
    return constant;
}

static bool has_constant_subscript(struct reader *reader, const struct statement *statement)
{
    for (size_t i = 0; i < statement->binders.count; i++) {
        if (is_constant_subscript(reader, &statement->binders.items[i])) {
            return true;
        }
    }
    return false;
}

/* A definition of a name that has one is another of its cases, where one of the two has a constant
 * subscript. */
static bool add_case(struct reader *reader, const struct statement *statement)
{
    struct symbol *known = reader_find(reader, statement->name);
    if (statement->kind != STATEMENT_DEFINE || known == NULL || known->case_count == 0 ||
        known->library || known->statement->kind != STATEMENT_DEFINE) {
        return false;
    }
    bool constant = has_constant_subscript(reader, statement);
    for (size_t i = 0; i < known->case_count; i++) {
        constant = constant || has_constant_subscript(reader, known->cases[i]);
    }
    if (constant) {
        ARENA_PUSH(reader->arena, known->cases, known->case_count, known->case_capacity, statement);
    }
    return constant;
}

static void declare_named(struct reader *reader, const struct statement *statement,
                          enum symbol_kind kind)
{
    if (add_case(reader, statement)) {
        return;
    }
    struct symbol *symbol = reader_declare(reader, kind, statement->name, statement->name_span);
    if (symbol == NULL) {
        return;
    }
    symbol->statement = statement;
    ARENA_PUSH(reader->arena, symbol->cases, symbol->case_count, symbol->case_capacity, statement);
    if (kind == SYMBOL_FUNCTION) {
        symbol->function = ARENA_NEW(reader->arena, struct function);
        symbol->function->statement = statement;
    }
    if (kind == SYMBOL_TENSOR) {
        program_take_name(reader->model->program, statement->name);
    }
}

static void declare_constants(struct reader *reader, const struct statement *statement)
{
    for (size_t i = 0; i < statement->declarators.count; i++) {
        const struct declarator *declarator = &statement->declarators.items[i];
        struct symbol *symbol =
            reader_declare(reader, SYMBOL_CONSTANT, declarator->name, declarator->span);
        if (symbol != NULL && declarator->value != NULL) {
            symbol->statement = statement;
            symbol->constant = declarator->value;
        }
    }
}

static void declare_draws(struct reader *reader, const struct statement *statement)
{
    for (size_t i = 0; i < statement->declarators.count; i++) {
        const struct declarator *declarator = &statement->declarators.items[i];
        struct symbol *symbol =
            reader_declare(reader, SYMBOL_TENSOR, declarator->name, declarator->span);
        if (symbol != NULL) {
            symbol->statement = statement;
            symbol->draw = declarator;
            program_take_name(reader->model->program, declarator->name);
        }
    }
}

static void declare_statement(struct reader *reader, const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_DIM:
        for (size_t i = 0; i < statement->declarators.count; i++) {
            declare_dimension(reader, &statement->declarators.items[i]);
        }
        break;
    case STATEMENT_DATA:
        declare_data(reader, statement);
        break;
    case STATEMENT_PARAM:
        declare_parameters(reader, statement, TENSOR_PARAMETER);
        break;
    case STATEMENT_STATE:
        declare_parameters(reader, statement, TENSOR_STATE);
        break;
    case STATEMENT_DRAW:
        declare_draws(reader, statement);
        break;
    case STATEMENT_CONST:
        declare_constants(reader, statement);
        break;
    case STATEMENT_FN:
        declare_named(reader, statement, SYMBOL_FUNCTION);
        break;
    case STATEMENT_OPTIMIZER:
        declare_named(reader, statement, SYMBOL_OPTIMIZER);
        break;
    case STATEMENT_DEFINE:
        declare_named(reader, statement, SYMBOL_TENSOR);
        break;
    case STATEMENT_UPDATE:
    case STATEMENT_MINIMIZE:
    case STATEMENT_REPORT:
    case STATEMENT_OUTPUT:
        break;
    default:
        reader_error(reader, statement->span, "this statement is not understood in a model yet");
        break;
    }
}

/* Sizes first, so that definitions may come in any order: dims, then data (which may decide some),
 * then the rest. */
void declare_statements(struct reader *reader, const struct statement_list *statements)
{
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < statements->count; i++) {
            enum statement_kind kind = statements->items[i]->kind;
            int turn = kind == STATEMENT_DIM ? 0 : kind == STATEMENT_DATA ? 1 : 2;
            if (turn == pass) {
                declare_statement(reader, statements->items[i]);
            }
        }
    }
}
