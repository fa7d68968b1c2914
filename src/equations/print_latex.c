#include "equations/program.h"

#include <math.h>
#include <string.h>

static void print(struct text *text, const struct node *node, enum precedence level);

static bool is_greek(const char *name)
{
    static const char *const letters[] = {"alpha", "beta",  "gamma", "delta", "epsilon", "zeta",
                                          "eta",   "theta", "iota",  "kappa", "lambda",  "mu",
                                          "nu",    "xi",    "pi",    "rho",   "sigma",   "tau",
                                          "phi",   "chi",   "psi",   "omega"};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strcmp(letters[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void print_name(struct text *text, const char *name)
{
    if (is_greek(name)) {
        text_format(text, "\\%s", name);
    } else if (strlen(name) == 1) {
        text_append(text, name);
    } else {
        text_append(text, "\\mathit{");
        for (; *name != '\0'; name++) {
            text_append(text, *name == '_' ? "\\" : "");
            text_append_char(text, *name);
        }
        text_append(text, "}");
    }
}

static void print_number(struct text *text, double number)
{
    struct text plain = text_create(text->arena);
    text_append_number(&plain, number);
    const char *exponent = strchr(plain.bytes, 'e');
    if (isinf(number)) {
        text_append(text, number < 0 ? "-\\infty" : "\\infty");
    } else if (exponent != NULL) {
        text_append_length(text, plain.bytes, (size_t)(exponent - plain.bytes));
        text_format(text, " \\cdot 10^{%s}", exponent + 1);
    } else {
        text_append(text, plain.bytes);
    }
}

/* Inside a fraction, braces or the parentheses of a call nothing binds from outside. */
static enum precedence level_inside(const struct operation *operation, const char *template,
                                    const char *place)
{
    bool enclosed = place > template && place[-1] == '{' && operation->id != OPERATOR_POWER;
    if (operation->precedence == PRECEDENCE_CALL || enclosed || operation->id == OPERATOR_IF) {
        return PRECEDENCE_IF;
    }
    bool first = place[1] == '1';
    if (operation->id == OPERATOR_POWER) {
        return first ? PRECEDENCE_CALL : PRECEDENCE_IF;
    }
    return first ? operation->precedence : (enum precedence)(operation->precedence + 1);
}

static void print_template(struct text *text, const struct node *node)
{
    const char *template = node->operation->latex;
    for (const char *at = template; *at != '\0'; at++) {
        if (at[0] != '#') {
            text_append_char(text, *at);
            continue;
        }
        int argument = at[1] - '1';
        print(text, node->arguments[argument], level_inside(node->operation, template, at));
        at++;
    }
}

static void print_apply(struct text *text, const struct node *node, enum precedence level)
{
    bool parentheses =
        node->operation->precedence < level && node->operation->id != OPERATOR_DIVIDE;
    text_append(text, parentheses ? "\\left(" : "");
    if ((node->operation->flags & OPERATOR_VARIADIC) != 0 && node->argument_count > 2) {
        text_format(text, "\\%s\\left(", node->operation->spelling);
        for (int i = 0; i < node->argument_count; i++) {
            text_append(text, i > 0 ? ", " : "");
            print(text, node->arguments[i], PRECEDENCE_IF);
        }
        text_append(text, "\\right)");
    } else {
        print_template(text, node);
    }
    text_append(text, parentheses ? "\\right)" : "");
}

static void print_subscripted(struct text *text, const struct node *load)
{
    print_name(text, load->tensor->name);
    for (int i = 0; i < load->argument_count; i++) {
        text_append(text, i == 0 ? "_{" : ", ");
        print(text, load->arguments[i], PRECEDENCE_IF);
    }
    text_append(text, load->argument_count > 0 ? "}" : "");
}

static void print_reduce(struct text *text, const struct node *node, enum precedence level)
{
    bool parentheses = level > PRECEDENCE_SUM;
    text_append(text, parentheses ? "\\left(" : "");
    text_format(text, "%s_{", node->reduction->latex);
    for (int i = 0; i < node->index_count; i++) {
        text_append(text, i > 0 ? ", " : "");
        print_name(text, node->indices[i]->name == NULL ? "i" : node->indices[i]->name);
    }
    text_append(text, "} ");
    print(text, node->arguments[0], PRECEDENCE_PRODUCT);
    text_append(text, parentheses ? "\\right)" : "");
}

static void print(struct text *text, const struct node *node, enum precedence level)
{
    switch (node->kind) {
    case NODE_NUMBER:
        text_append(text, node->number < 0 && level > PRECEDENCE_SUM ? "\\left(" : "");
        print_number(text, node->number);
        text_append(text, node->number < 0 && level > PRECEDENCE_SUM ? "\\right)" : "");
        break;
    case NODE_SIZE:
        print_name(text, node->dimension->name);
        break;
    case NODE_INDEX:
        print_name(text, node->index->name == NULL ? "i" : node->index->name);
        break;
    case NODE_LOAD:
        print_subscripted(text, node);
        break;
    case NODE_APPLY:
        print_apply(text, node, level);
        break;
    case NODE_REDUCE:
        print_reduce(text, node, level);
        break;
    }
}

void node_print_latex(struct text *text, const struct node *node)
{
    print(text, node, PRECEDENCE_IF);
}

void equation_print_latex(struct text *text, const struct equation *equation)
{
    print_name(text, equation->target->name);
    for (int i = 0; i < equation->target->rank; i++) {
        const char *name = equation->indices[i]->name;
        text_append(text, i == 0 ? "_{" : ", ");
        print_name(text, name == NULL ? "i" : name);
    }
    text_append(text, equation->target->rank > 0 ? "} = " : " = ");
    print(text, equation->body, PRECEDENCE_IF);
}
