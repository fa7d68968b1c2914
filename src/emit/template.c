#include "emit/template.h"

#include "emit/nature.h"

#include <ctype.h>
#include <string.h>

static enum c_level infix_level(const char *c)
{
    switch (c[0]) {
    case '?':
        return LEVEL_CONDITIONAL;
    case '|':
        return LEVEL_OR;
    case '&':
        return LEVEL_AND;
    case '=':
    case '!':
        return LEVEL_EQUALITY;
    case '<':
    case '>':
        return LEVEL_RELATION;
    case '+':
    case '-':
        return LEVEL_SUM;
    case '*':
    case '/':
    case '%':
        return LEVEL_PRODUCT;
    default:
        return LEVEL_PRIMARY;
    }
}

/* The loosest sign outside parentheses. */
static enum c_level template_level(const char *c)
{
    enum c_level loosest = LEVEL_PRIMARY;
    int depth = 0;
    if (c[0] == '-' || c[0] == '!') {
        loosest = LEVEL_UNARY;
        c++;
    }
    for (; *c != '\0'; c++) {
        depth += (*c == '(') - (*c == ')');
        enum c_level level = depth == 0 ? infix_level(c) : LEVEL_PRIMARY;
        loosest = level < loosest ? level : loosest;
    }
    return loosest;
}

/* How tightly the argument at `at` must bind. */
static enum c_level argument_level(const char *c, const char *at, enum c_level level)
{
    const char *before = at, *after = at + 1;
    while (before > c && before[-1] == ' ') {
        before--;
    }
    after += strspn(after, " ");
    bool opens = before > c && (before[-1] == '(' || before[-1] == ',');
    if (opens && (*after == ')' || *after == ',')) {
        return LEVEL_ANY;
    }
    if (level == LEVEL_PRIMARY) {
        return LEVEL_PRIMARY;
    }
    if (level == LEVEL_UNARY) {
        return LEVEL_CAST;
    }
    if (level == LEVEL_EQUALITY || level == LEVEL_RELATION) {
        return LEVEL_SUM; /* compilers ask for parentheses in a == (b < c) */
    }
    if (level == LEVEL_OR) {
        return LEVEL_EQUALITY; /* and in a || (b && c) */
    }
    return before == c && level != LEVEL_CONDITIONAL ? level : level + 1;
}

enum c_type argument_type(struct speller *speller, const struct node *node)
{
    enum operator_id id = node->operation->id;
    if (id == OPERATOR_AND || id == OPERATOR_OR || id == OPERATOR_NOT) {
        return TYPE_TRUTH;
    }
    if (is_comparison(id)) {
        for (int i = 0; i < node->argument_count; i++) {
            if (!is_whole(speller, node->arguments[i])) {
                return TYPE_REAL;
            }
        }
        return TYPE_WHOLE;
    }
    return TYPE_REAL;
}

const char *operator_c(const struct operation *operation)
{
    switch (operation->id) {
    case OPERATOR_AND:
        return "x && y";
    case OPERATOR_OR:
        return "x || y";
    case OPERATOR_NOT:
        return "!x";
    default:
        return operation->c;
    }
}

enum c_level form_template(struct writer *writer, const char *c,
                           const struct node *const *arguments, enum c_type type)
{
    struct speller *speller = writer->speller;
    if (speller->single) {
        struct text converted = text_create(speller->arena);
        text_append_float(&converted, c, strlen(c));
        c = converted.bytes;
    }
    enum c_level level = template_level(c);
    const char *begin = c;
    for (const char *at = c; *at != '\0';) {
        size_t length = 0;
        while (isalnum((unsigned char)at[length]) || at[length] == '_') {
            length++;
        }
        if (length == 1 && *at >= 'x' && *at <= 'z') {
            writer_add_length(writer, begin, (size_t)(at - begin));
            writer_add_node(writer, arguments[*at - 'x'], type, argument_level(c, at, level));
            struct piece *piece = &writer->form.items[writer->form.count - 1];
            piece->no_minus = level == LEVEL_SUM && at != c;
            begin = at + 1;
        } else if (length > 0 && at[length] == '(' && !isdigit((unsigned char)*at)) {
            embedding_call(speller->embedding, at, length);
        }
        at += length > 0 ? length : 1;
    }
    writer_add(writer, begin);
    return level;
}

enum c_level form_fold(struct writer *writer, const char *name, const struct node *node,
                       enum c_type type)
{
    embedding_call(writer->speller->embedding, name, strlen(name));
    for (int i = 1; i < node->argument_count; i++) {
        writer_add(writer, name);
        writer_add(writer, "(");
    }
    writer_add_node(writer, node->arguments[0], type, LEVEL_ANY);
    for (int i = 1; i < node->argument_count; i++) {
        writer_add(writer, ", ");
        writer_add_node(writer, node->arguments[i], type, LEVEL_ANY);
        writer_add(writer, ")");
    }
    return LEVEL_PRIMARY;
}

const char *called_name(struct writer *writer, const char *c)
{
    struct speller *speller = writer->speller;
    const char *name = arena_copy(speller->arena, c, strcspn(c, "("));
    if (speller->single && is_libm_function(name, strlen(name))) {
        return arena_format(speller->arena, "%sf", name);
    }
    return name;
}
