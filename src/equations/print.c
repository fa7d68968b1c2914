#include "equations/program.h"

#include <math.h>
#include <string.h>

/* The name an index has where it is in scope; names of tensors and sizes are never given. */
struct named {
    const struct index *index;
    const char *name;
    const struct named *outer;
};

struct printer {
    struct text *text;
    int tight;           /* within brackets: no blanks around + and - */
    struct table *taken; /* names that mean something else in the expression, interned by address */
    bool recurrent;      /* an equation that may read itself */
};

static void print_node(struct printer *printer, const struct node *node, enum precedence level,
                       const struct named *scope);

/* ---- Names of indices ---- */

static bool is_taken(const struct printer *printer, const char *name, const struct named *scope)
{
    if (table_find(printer->taken, (const void *)(uintptr_t)hash_bytes(name, strlen(name))) !=
        NULL) {
        return true;
    }
    for (; scope != NULL; scope = scope->outer) {
        if (strcmp(scope->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void take(struct printer *printer, const char *name)
{
    table_store(printer->taken, (const void *)(uintptr_t)hash_bytes(name, strlen(name)),
                (void *)(uintptr_t)name);
}

static const char *name_index(const struct printer *printer, const struct index *index,
                              const struct named *scope)
{
    static const char letters[] = "ijkluvrs";
    char letter[2] = {0};
    if (index->name != NULL && !is_taken(printer, index->name, scope)) {
        return index->name;
    }
    for (size_t i = 0; index->name == NULL && letters[i] != '\0'; i++) {
        letter[0] = letters[i];
        if (!is_taken(printer, letter, scope)) {
            return arena_copy(printer->text->arena, letter, 1);
        }
    }
    const char *name = index->name;
    for (int suffix = 2; name == index->name || is_taken(printer, name, scope); suffix++) {
        name = arena_format(printer->text->arena, "%s%d", index->name == NULL ? "i" : index->name,
                            suffix);
    }
    return name;
}

static void print_index(struct printer *printer, const struct index *index,
                        const struct named *scope)
{
    while (scope != NULL && scope->index != index) {
        scope = scope->outer;
    }
    const char *fallback = index->name == NULL ? "i" : index->name;
    text_append(printer->text, scope == NULL ? fallback : scope->name);
}

/* ---- Expressions ---- */

static void open_if(struct printer *printer, bool condition)
{
    if (condition) {
        text_append(printer->text, "(");
    }
}

static void close_if(struct printer *printer, bool condition)
{
    if (condition) {
        text_append(printer->text, ")");
    }
}

static void print_list(struct printer *printer, const struct node *node, const char *separator,
                       const struct named *scope)
{
    for (int i = 0; i < node->argument_count; i++) {
        if (i > 0) {
            text_append(printer->text, separator);
        }
        print_node(printer, node->arguments[i], PRECEDENCE_IF, scope);
    }
}

static void print_number(struct printer *printer, double number, enum precedence level)
{
    bool negative = signbit(number) && !isnan(number);
    open_if(printer, negative && level > PRECEDENCE_SUM);
    text_append_number(printer->text, number);
    close_if(printer, negative && level > PRECEDENCE_SUM);
}

/* The last value of a range, one less than its end. */
static void print_last(struct printer *printer, const struct node *end, const struct named *scope)
{
    if (end->kind == NODE_NUMBER) {
        text_append_number(printer->text, end->number - 1);
        return;
    }
    print_node(printer, end, PRECEDENCE_SUM, scope);
    text_append(printer->text, "-1");
}

/* Whether the range of an axis is known where a tensor is read: those of what a recurrence defines
 * are not yet, where that reads itself. */
static bool is_known(const struct printer *printer, const struct tensor *tensor)
{
    return !printer->recurrent || tensor->kind == TENSOR_DATA || tensor->kind == TENSOR_PARAMETER;
}

/* Whether a reader finds an index's range from where it stands: every tensor that it is a plain
 * subscript of has that range there, and one does. */
static bool range_is_plain(struct printer *printer, const struct index *index,
                           const struct node *body)
{
    bool found = false;
    size_t count;
    const struct node **order = node_order(printer->text->arena, &body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < order[i]->argument_count && order[i]->kind == NODE_LOAD; k++) {
            const struct node *subscript = order[i]->arguments[k];
            if (subscript->kind != NODE_INDEX || subscript->index != index) {
                continue;
            }
            const struct axis *axis = &order[i]->tensor->axes[k];
            if (axis->first != index->first || axis->end != index->end) {
                return false;
            }
            found = found || is_known(printer, order[i]->tensor);
        }
    }
    return found;
}

static void print_range(struct printer *printer, const struct index *index,
                        const struct named *scope)
{
    text_append(printer->text, " in ");
    printer->tight++;
    if (node_is_number(index->first, 0)) {
        print_node(printer, index->end, PRECEDENCE_SUM, scope);
    } else {
        print_node(printer, index->first, PRECEDENCE_SUM, scope);
        text_append(printer->text, "..");
        print_last(printer, index->end, scope);
    }
    printer->tight--;
}

/* A reduction reads on as far as `*` does: behind a `+` or a comparison it needs no parentheses. */
static void print_reduce(struct printer *printer, const struct node *node, enum precedence level,
                         const struct named *scope)
{
    struct named named[RANK_MAX];
    open_if(printer, level > PRECEDENCE_SUM);
    text_format(printer->text, "%s[", node->reduction->spelling);
    for (int i = 0; i < node->index_count; i++) {
        named[i] = (struct named){node->indices[i], NULL, scope};
        named[i].name = name_index(printer, node->indices[i], scope);
        text_format(printer->text, "%s%s", i > 0 ? "," : "", named[i].name);
        if (!range_is_plain(printer, node->indices[i], node)) {
            print_range(printer, node->indices[i], scope);
        }
        scope = &named[i];
    }
    if (node->argument_count == 2) {
        text_append(printer->text, " : ");
        print_node(printer, node->arguments[1], PRECEDENCE_IF, scope);
    }
    text_append(printer->text, "] ");
    print_node(printer, node->arguments[0], PRECEDENCE_PRODUCT, scope);
    close_if(printer, level > PRECEDENCE_SUM);
}

static bool is_infix(const struct node *node)
{
    return node->kind == NODE_APPLY && node->argument_count == 2 &&
           node->operation->precedence != PRECEDENCE_CALL;
}

static const char *spaced(const struct printer *printer, const struct operation *operation)
{
    switch (operation->precedence) {
    case PRECEDENCE_PRODUCT:
    case PRECEDENCE_POWER:
        return "";
    case PRECEDENCE_SUM:
        return printer->tight > 0 ? "" : " ";
    default:
        return " ";
    }
}

/* Operators of one level that lean to the left are printed along their spine. */
static void print_infix(struct printer *printer, const struct node *node, enum precedence level,
                        const struct named *scope)
{
    enum precedence own = node->operation->precedence;
    bool leans = own == PRECEDENCE_SUM || own == PRECEDENCE_PRODUCT || own == PRECEDENCE_AND ||
                 own == PRECEDENCE_OR;
    size_t length = 1, capacity = 0;
    const struct node **spine = NULL;
    open_if(printer, own < level);
    const struct node *left = node;
    for (length = 0; is_infix(left) && left->operation->precedence == own && (leans || length == 0);
         left = left->arguments[0]) {
        ARENA_PUSH(printer->text->arena, spine, length, capacity, left);
    }
    print_node(printer, left, leans ? own : (enum precedence)(own + 1), scope);
    for (size_t i = length; i > 0; i--) {
        const struct operation *operation = spine[i - 1]->operation;
        text_format(printer->text, "%s%s%s", spaced(printer, operation), operation->spelling,
                    spaced(printer, operation));
        enum precedence right = own == PRECEDENCE_POWER ? own : (enum precedence)(own + 1);
        /* A reduction may end a product that nothing follows. */
        if (operation->id == OPERATOR_MULTIPLY && i == 1 && level <= PRECEDENCE_SUM &&
            spine[0]->arguments[1]->kind == NODE_REDUCE) {
            right = PRECEDENCE_SUM;
        }
        print_node(printer, spine[i - 1]->arguments[1], right, scope);
    }
    close_if(printer, own < level);
}

static void print_if(struct printer *printer, const struct node *node, enum precedence level,
                     const struct named *scope)
{
    static const char *const words[] = {"if ", " then ", " else "};
    open_if(printer, level > PRECEDENCE_IF);
    for (int i = 0; i < 3; i++) {
        text_append(printer->text, words[i]);
        print_node(printer, node->arguments[i], i == 0 ? PRECEDENCE_OR : PRECEDENCE_IF, scope);
    }
    close_if(printer, level > PRECEDENCE_IF);
}

static void print_apply(struct printer *printer, const struct node *node, enum precedence level,
                        const struct named *scope)
{
    const struct operation *operation = node->operation;
    if (operation->id == OPERATOR_IF) {
        print_if(printer, node, level, scope);
    } else if (operation->precedence == PRECEDENCE_CALL) {
        text_format(printer->text, "%s(", operation->spelling);
        print_list(printer, node, ", ", scope);
        text_append(printer->text, ")");
    } else if (node->argument_count == 1) {
        open_if(printer, operation->precedence < level);
        text_format(printer->text, "%s%s", operation->spelling,
                    operation->id == OPERATOR_NOT ? " " : "");
        print_node(printer, node->arguments[0], (enum precedence)(operation->precedence + 1),
                   scope);
        close_if(printer, operation->precedence < level);
    } else {
        print_infix(printer, node, level, scope);
    }
}

static void print_node(struct printer *printer, const struct node *node, enum precedence level,
                       const struct named *scope)
{
    switch (node->kind) {
    case NODE_NUMBER:
        print_number(printer, node->number, level);
        break;
    case NODE_SIZE:
        text_append(printer->text, node->dimension->name);
        break;
    case NODE_INDEX:
        print_index(printer, node->index, scope);
        break;
    case NODE_LOAD:
        text_append(printer->text, node->tensor->name);
        if (node->argument_count > 0) {
            text_append(printer->text, "[");
            printer->tight++;
            print_list(printer, node, ",", scope);
            printer->tight--;
            text_append(printer->text, "]");
        }
        break;
    case NODE_APPLY:
        print_apply(printer, node, level, scope);
        break;
    case NODE_REDUCE:
        print_reduce(printer, node, level, scope);
        break;
    }
}

static struct printer printer_create(struct text *text, const struct node *node)
{
    struct printer printer = {.text = text, .taken = table_create(text->arena)};
    size_t count;
    const struct node **order = node_order(text->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            take(&printer, order[i]->tensor->name);
        } else if (order[i]->kind == NODE_SIZE) {
            take(&printer, order[i]->dimension->name);
        }
        for (int k = 0; k < order[i]->index_count; k++) {
            const struct index *index = order[i]->indices[k];
            if (index->end->kind == NODE_SIZE) {
                take(&printer, index->end->dimension->name);
            }
        }
    }
    return printer;
}

void node_print(struct text *text, const struct node *node)
{
    struct printer printer = printer_create(text, node);
    print_node(&printer, node, PRECEDENCE_IF, NULL);
}

/* ---- Equations ---- */

void equation_print(struct text *text, const struct equation *equation)
{
    struct printer printer = printer_create(text, equation->body);
    take(&printer, equation->target->name);
    printer.recurrent = equation->recurrence != NULL;
    /* On a left side the name of a dimension is a constant subscript. */
    for (const struct dimension *dimension = graph_last_dimension(equation->body->graph);
         dimension != NULL && equation->target->rank > 0; dimension = dimension->earlier) {
        take(&printer, dimension->name);
    }
    struct named named[RANK_MAX];
    const struct named *scope = NULL;
    text_append(text, equation->target->name);
    for (int i = 0; i < equation->target->rank; i++) {
        named[i] = (struct named){equation->indices[i], NULL, scope};
        named[i].name = name_index(&printer, equation->indices[i], scope);
        text_format(text, "%s%s", i == 0 ? "[" : ",", named[i].name);
        /* What needs itself is read from a range that is written. */
        if (equation->recurrence != NULL ||
            !range_is_plain(&printer, equation->indices[i], equation->body)) {
            print_range(&printer, equation->indices[i], scope);
        }
        scope = &named[i];
    }
    text_append(text, equation->target->rank > 0 ? "]" : "");
    text_append(text, equation->update ? " := " : " = ");
    print_node(&printer, equation->body, PRECEDENCE_IF, scope);
}

void program_print(struct text *text, const struct program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        equation_print(text, program->equations[i]);
        text_append(text, "\n");
    }
}
