/* src/syntax and grammar: what parses, to which tree, how it prints, and what is said of errors. */
#include "base/table.h"
#include "syntax/parse.h"
#include "syntax/print.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *syntax_suite(void);

/* ---- One compilation a test ---- */

static struct arena *arena;
static struct names *names;
static struct diagnostics *diagnostics;
static struct parse_context *context;

static struct source *source_of(const char *text);

static void setup(void)
{
    arena = arena_create(NULL);
    ck_assert_ptr_nonnull(arena);
    names = names_create(arena);
    diagnostics = diagnostics_create(arena);
    context = parse_context_create(arena, names, diagnostics);
    parse_model(context, source_of("fn softmax(v[k]) = v\nfn mean(v[k]) = v\nfn norm(v[k]) = v"));
    ck_assert_uint_eq(diagnostics->errors, 0);
}

static void teardown(void)
{
    arena_destroy(arena);
}

static void restart(void)
{
    teardown();
    setup();
}

static struct source *source_of_length(const char *text, size_t length)
{
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){.name = "test.expr", .text = text, .length = length};
    return source;
}

static struct source *source_of(const char *text)
{
    return source_of_length(text, strlen(text));
}

static const char *printed_diagnostics(void)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&bytes, &length);
    ck_assert_ptr_nonnull(stream);
    diagnostics_print(diagnostics, stream, false);
    fclose(stream);
    const char *copy = arena_copy(arena, bytes, length);
    free(bytes);
    return copy;
}

static struct statement_list parse_text(const char *text)
{
    struct statement_list statements = parse_model(context, source_of(text));
    ck_assert_msg(diagnostics->errors == 0, "%s\n%s", text, printed_diagnostics());
    return statements;
}

static struct statement *parse_one(const char *text)
{
    struct statement_list statements = parse_text(text);
    ck_assert_uint_eq(statements.count, 1);
    return statements.items[0];
}

static struct expression *parse_formula(const char *text)
{
    struct expression *expression = parse_expression(context, source_of(text));
    ck_assert_msg(expression != NULL, "%s\n%s", text, printed_diagnostics());
    return expression;
}

static const char *spelling(const struct expression *expression)
{
    struct text text = text_create(arena);
    print_expression(&text, expression);
    return text.bytes;
}

static const char *model_spelling(struct statement_list statements)
{
    struct text text = text_create(arena);
    for (size_t i = 0; i < statements.count; i++)
        print_statement(&text, statements.items[i]);
    return text.bytes;
}

/* ---- Trees, with every operation in parentheses ---- */

static void show(struct text *text, const struct expression *expression);

static void show_list(struct text *text, const struct expression_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        text_append_char(text, ' ');
        show(text, list->items[i]);
    }
}

static void show_binders(struct text *text, const struct binder_list *binders)
{
    for (size_t i = 0; i < binders->count; i++) {
        const struct binder *binder = &binders->items[i];
        text_format(text, " [%s", binder->name ? binder->name : "");
        const struct expression *parts[] = {binder->first, binder->last, binder->count};
        for (size_t j = 0; j < 3; j++) {
            if (parts[j]) {
                text_format(text, " %s ", (const char *[]){"from", "to", "of"}[j]);
                show(text, parts[j]);
            }
        }
        text_append_char(text, ']');
    }
    if (binders->condition) {
        text_append(text, " : ");
        show(text, binders->condition);
    }
}

static void show_head(struct text *text, const struct expression *expression)
{
    switch (expression->kind) {
    case EXPRESSION_OPERATOR:
        text_append(text, expression->operation->spelling);
        break;
    case EXPRESSION_PRODUCT:
        text_append_char(text, '@');
        break;
    case EXPRESSION_CALL:
        text_format(text, "call%.*s %s", (int)expression->primes, "''''", expression->name);
        break;
    case EXPRESSION_SUBSCRIPT:
        text_format(text, "at %s", expression->name ? expression->name : "");
        break;
    case EXPRESSION_REDUCE:
        text_append(text, expression->name);
        break;
    case EXPRESSION_NUMBER:
    case EXPRESSION_NAME:
        break;
    }
}

static void show(struct text *text, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_NUMBER) {
        text_append_number(text, expression->number);
        return;
    }
    if (expression->kind == EXPRESSION_NAME) {
        text_append(text, expression->name);
        return;
    }
    text_append_char(text, '(');
    show_head(text, expression);
    show_list(text, &expression->arguments);
    show_binders(text, &expression->binders);
    if (expression->body) {
        text_append(text, " . ");
        show(text, expression->body);
    }
    if (expression->fallback) {
        text_append(text, " else ");
        show(text, expression->fallback);
    }
    text_append_char(text, ')');
}

static const char *tree(const struct expression *expression)
{
    struct text text = text_create(arena);
    show(&text, expression);
    return text.bytes;
}

/* ---- Expressions ---- */

static const struct reading {
    const char *text, *tree;
} readings[] = {
    {"2.5", "2.5"},
    {"010", "10"},
    {"1.", "1"},
    {".5", "0.5"},
    {"1e-4", "0.0001"},
    {"1.e2", "100"},
    {"a + b - c", "(- (+ a b) c)"},
    {"a - b*c", "(- a (* b c))"},
    {"a/b*c", "(* (/ a b) c)"},
    {"a @ b*c", "(* (@ a b) c)"},
    {"-x^2", "(- (^ x 2))"},
    {"-x*y", "(* (- x) y)"},
    {"2^-x", "(^ 2 (- x))"},
    {"2^-x^y", "(^ 2 (- (^ x y)))"},
    {"a^b^c", "(^ a (^ b c))"},
    {"a - -b", "(- a (- b))"},
    {"a < b and b <= c or not d == e", "(or (and (< a b) (<= b c)) (not (== d e)))"},
    {"not not a", "(not (not a))"},
    {"a > b != (c >= d)", NULL},
    {"if a then b else c + d", "(if a b (+ c d))"},
    {"if a then if b then c else d else e", "(if a (if b c d) e)"},
    {"if a then b else if c then d else e", "(if a b (if c d e))"},
    {"f(if a then b else c, d)", "(call f (if a b c) d)"},
    {"f()", "(call f)"},
    {"u''(x) + u'(y)", "(+ (call'' u x) (call' u y))"},
    {"sin'(x)", "(call' sin x)"},
    {"x[i,2*r+u-1]", "(at x i (- (+ (* 2 r) u) 1))"},
    {"E[token[i,t],c]", "(at E (at token i t) c)"},
    {"(x[i-1,j] else 0) + 1", "(+ (at x (- i 1) j else 0) 1)"},
    {"softmax(score[t])[u]", "(at  u . (call softmax (at score t)))"},
    {"(A @ B)[i,j]", "(at  i j . (@ A B))"},
    {"(x)[i]", "(at  i . x)"},
    {"(f(x)[i] else 2)[j]", "(at  j . (at  i . (call f x) else 2))"},
    {"sum[i] a[i]*b + c", "(+ (sum [i] . (* (at a i) b)) c)"},
    {"1/2 * sum[i] (y[i]-z[i])^2", "(* (/ 1 2) (sum [i] . (^ (- (at y i) (at z i)) 2)))"},
    {"mean[i] -log(p[i])", "(mean [i] . (- (call log (at p i))))"},
    {"-sum[i] a*b", "(- (sum [i] . (* a b)))"},
    {"a*-sum[i] b", "(* a (- (sum [i] . b)))"},
    {"a @ sum[i] b", "(@ a (sum [i] . b))"},
    {"sum[i] a * sum[j] b/c", "(sum [i] . (* a (sum [j] . (/ b c))))"},
    {"(sum[i] a)*b", "(* (sum [i] . a) b)"},
    {"sum[i] a == b", "(== (sum [i] . a) b)"},
    {"sum[i,j] a", "(sum [i] [j] . a)"},
    {"sum[t in 1..T-1] a", "(sum [t from 1 to (- T 1)] . a)"},
    {"sum[t in 1. .. 2] a", "(sum [t from 1 to 2] . a)"},
    {"max[u in 2, v in K] a", "(max [u of 2] [v of K] . a)"},
    {"softmax[u : u <= t and u != 3] s[u]", "(softmax [u] : (and (<= u t) (!= u 3)) . (at s u))"},
    {"sum [i] a", "(sum [i] . a)"},
    {"sum(a) + max(a, b)", "(+ (call sum a) (call max a b))"},
    {"norm(grad) < 1e-8", "(< (call norm grad) 1e-8)"},
    {"argmax(p[i]) == label[i]", "(== (call argmax (at p i)) (at label i))"},
    {"Σ[i] a·b × c", "(sum [i] . (* (* a b) c))"},
    {"∑[i] ∏[j] Π[k] a", "(sum [i] . (prod [j] . (prod [k] . a)))"},
    {"π − ∞", "(- pi inf)"},
    {"a ≤ b", "(<= a b)"},
    {"a ≥ b", "(>= a b)"},
    {"a ≠ b", "(!= a b)"},
    {"θ_1 + Δx[α]", "(+ θ_1 (at Δx α))"},
    {"data + state*over - from", "(- (+ data (* state over)) from)"},
    {"sum[i] until*a[i]", "(sum [i] . (* until (at a i)))"},
    {"(a +\n# comment\nb\n\n)", "(+ a b)"},
    {"a\n+ b", "(+ a b)"},
    {"x <-1", "(< x (- 1))"},
};

START_TEST(expressions_read_as_written)
{
    const struct reading *reading = &readings[_i];
    if (!reading->tree) {
        ck_assert_ptr_null(parse_expression(context, source_of(reading->text)));
        return;
    }
    struct expression *expression = parse_formula(reading->text);
    ck_assert_str_eq(tree(expression), reading->tree);
    ck_assert_str_eq(tree(parse_formula(spelling(expression))), reading->tree);
}
END_TEST

/* What is printed has no parentheses but the needed ones. */
static const char *const spellings[] = {
    "a - (b - c)",
    "a - b - c",
    "a*(b/c)/d",
    "(a + b)*c",
    "(-a)^2",
    "-a^2",
    "(a^b)^c",
    "a^b^c",
    "- -a",
    "a - -b",
    "x[a-1,2*r+u]",
    "x[a - -b]",
    "a*(sum[i] b)*c",
    "a*sum[i] b*c",
    "(sum[i] b)*c",
    "2^(sum[i] b)",
    "a + -sum[i] b",
    "-(a*b)",
    "(if a then b else c) + d",
    "if a then b else c + d",
    "(a < b)*c",
    "(a < b) == c",
    "not (a and b) or c and not d",
    "(not a) + 1",
    "sum[t in 1..T-1,u in K : u != t] x[t,u]",
    "(x[i-1] else a + b)*2",
    "f(x, y)[i]",
    "(A @ B)[i]",
    "A @ B + c",
    "u''(x)",
};

START_TEST(expressions_print_with_few_parentheses)
{
    ck_assert_str_eq(spelling(parse_formula(spellings[_i])), spellings[_i]);
}
END_TEST

/* ---- Random trees ---- */

static uint64_t state;

static unsigned below(unsigned limit)
{
    state = hash_mix(state, 1);
    return (unsigned)(state % limit);
}

static const char *pick(const char *const *words, unsigned count)
{
    return names_intern_text(names, words[below(count)]);
}

static struct expression *new_expression(enum expression_kind kind)
{
    struct expression *expression = ARENA_NEW(arena, struct expression);
    expression->kind = kind;
    return expression;
}

static struct expression *grow(unsigned depth);

static struct expression_list grow_list(unsigned depth, unsigned count)
{
    struct expression_list list = {.items = ARENA_ARRAY(arena, struct expression *, count)};
    for (; list.count < count; list.count++)
        list.items[list.count] = grow(depth);
    return list;
}

static const char *const variables[] = {"a", "b", "θ", "data", "with"};
static const char *const indices[] = {"i", "j", "t"};

static struct expression *grow_operator(unsigned depth)
{
    const struct operation *operation;
    do
        operation = operator_get((enum operator_id)below(OPERATOR_COUNT));
    while (operation->precedence == PRECEDENCE_CALL);
    struct expression *expression = new_expression(EXPRESSION_OPERATOR);
    expression->operation = operation;
    expression->arguments = grow_list(depth, (unsigned)operation->arity);
    return expression;
}

static struct expression *grow_reduction(unsigned depth)
{
    struct expression *expression = new_expression(EXPRESSION_REDUCE);
    expression->name = pick((const char *const[]){"sum", "max", "softmax"}, 3);
    struct binder_list *binders = &expression->binders;
    unsigned count = 1 + below(2);
    binders->items = ARENA_ARRAY(arena, struct binder, count);
    for (; binders->count < count; binders->count++) {
        struct binder *binder = &binders->items[binders->count];
        binder->name = pick(indices, 3);
        unsigned range = below(3);
        if (range == 1)
            binder->count = grow(depth / 2);
        if (range == 2) {
            binder->first = grow(depth / 2);
            binder->last = grow(depth / 2);
        }
    }
    if (below(4) == 0)
        binders->condition = grow(depth);
    expression->body = grow(depth);
    return expression;
}

static struct expression *grow_subscript(unsigned depth)
{
    struct expression *expression = new_expression(EXPRESSION_SUBSCRIPT);
    if (below(3) == 0)
        expression->body = grow(depth);
    else
        expression->name = pick(variables, 5);
    expression->arguments = grow_list(depth, 1 + below(2));
    if (below(3) == 0)
        expression->fallback = grow(depth);
    return expression;
}

static struct expression *grow_leaf(void)
{
    struct expression *expression;
    if (below(2)) {
        expression = new_expression(EXPRESSION_NAME);
        expression->name = pick(variables, 5);
    } else {
        expression = new_expression(EXPRESSION_NUMBER);
        expression->number = (double)below(1000) / 8;
    }
    return expression;
}

static struct expression *grow(unsigned depth)
{
    if (depth == 0 || below(6) == 0)
        return grow_leaf();
    struct expression *expression;
    switch (below(8)) {
    case 0:
        return grow_reduction(depth - 1);
    case 1:
        return grow_subscript(depth - 1);
    case 2:
        expression = new_expression(EXPRESSION_CALL);
        expression->name = pick((const char *const[]){"sin", "f", "max"}, 3);
        expression->primes = below(4) == 0 ? below(3) : 0;
        expression->arguments = grow_list(depth - 1, below(3));
        return expression;
    case 3:
        expression = new_expression(EXPRESSION_PRODUCT);
        expression->arguments = grow_list(depth - 1, 2);
        return expression;
    default:
        return grow_operator(depth - 1);
    }
}

START_TEST(random_trees_survive_printing)
{
    state = (uint64_t)_i;
    for (int round = 0; round < 500; round++) {
        struct expression *expression = grow(1 + below(6));
        const char *printed = spelling(expression);
        ck_assert_str_eq(tree(parse_formula(printed)), tree(expression));
    }
}
END_TEST

/* ---- Statements ---- */

static const char *const models[] = {
    "dim d = 784, k = 10, n\n",
    "data x[n,d], y[n] in k from \"f.csv\"\n",
    "data x[n], z\n",
    "data x[n] from \"a \\\"b\\\" \\\\c\"\n",
    "param W[h,d] ~ normal(0, 0.1), V[h] ~ glorot, a[h], b = 1 in (0, inf), c in [0, 1], e in (0, "
    "1]\n",
    "param r ~ uniform(0, 1) in [0, 1)\n",
    "const g = 9.81, q[3] = 2\n",
    "draw e[i,j] ~ normal(0, 1), u ~ noise\n",
    "state s[j] = 0\n",
    "s[j] := 0.9*s[j]\n",
    "s := s + 1\n",
    "cell[i,-1,j] = 0\n",
    "y[T-1] = 0\n",
    "same[i,r in H,s in 1..W-1] = x[i,r,s]\n",
    "z[i : i > 0] = x[i-1]\n",
    "y[t] = y[t-1] + dt until y[t] <= 0, at most 10000\n",
    "y[t] = y[t-1] until y[t] <= 0\n",
    "fn f(x, A[i,j], v[k]) = sum[i,j] A[i,j]*x\n",
    "fn f() = 3\n",
    "fn soft(x[n])[i] = exp(x[i])/sum[j] exp(x[j])\n",
    "fn f(x) = m + q where {\n    m[i] = x\n    q = 2\n} derivative x = f(x), y[i] = 2\n",
    "fn f(x) = x derivative x = 1\n",
    "optimizer adam(rate = 0.001, beta) {\n    state m = 0, v = 0\n    m := beta*m\n    theta := "
    "theta - rate*m\n}\n",
    "optimizer plain {\n    theta := theta - g\n}\n",
    "minimize L\n",
    "minimize -L/2 with gd(0.1), steps = 3\n",
    "minimize L, steps = 3\n",
    "maximize L over W, b\n",
    "maximize L over W with adam\n",
    "minimize L over W, b with adam(rate = 0.001), batch(n) = 32, stop = norm(grad) < 1e-8\n",
    "report accuracy = mean[i] (argmax(p[i]) == label[i])\n",
    "report loss\n",
    "output p, q\n",
    "dim = 3\ndata[i] = 2\nparam := 4\nreport = output\n",
    "param beta[k]\nfn gamma(x) = x\ngamma[c] = 2*gamma[c] + gamma(beta[c])\n",
};

START_TEST(statements_print_as_written)
{
    ck_assert_str_eq(model_spelling(parse_text(models[_i])), models[_i]);
}
END_TEST

START_TEST(statements_keep_their_parts)
{
    struct statement *data = parse_one("data x[n,d], y[n] in k from \"f.csv\"\n");
    ck_assert_int_eq(data->kind, STATEMENT_DATA);
    ck_assert_str_eq(data->file, "f.csv");
    ck_assert_uint_eq(data->file_span.begin, 28);
    ck_assert_uint_eq(data->declarators.items[0].axes.count, 2);
    ck_assert_ptr_nonnull(data->declarators.items[1].class_count);

    struct statement *param = parse_one("param b = 1 in (0, inf]");
    ck_assert(param->declarators.items[0].lower_open);
    ck_assert(!param->declarators.items[0].upper_open);
    ck_assert(!param->declarators.items[0].has_axes);

    struct statement *cell = parse_one("cell[i,-1,T] = 0");
    ck_assert_uint_eq(cell->binders.count, 3);
    ck_assert_str_eq(cell->binders.items[0].name, "i");
    ck_assert_ptr_null(cell->binders.items[1].name);
    ck_assert_ptr_nonnull(cell->binders.items[1].first);
    ck_assert_str_eq(cell->binders.items[2].name, "T");

    struct statement *goal = parse_one("maximize L over W with gd(0.1), batch(n) = 3");
    ck_assert(goal->maximize);
    ck_assert_ptr_null(goal->optimizer_options.items[0].name);
    ck_assert_str_eq(goal->options.items[0].name, "batch");
    ck_assert_str_eq(goal->options.items[0].dimension, "n");

    struct statement_list sources = parse_text("data a[n], b[n] from \"f\", c[m] from \"g\", d\n");
    ck_assert_uint_eq(sources.count, 3);
    ck_assert_str_eq(sources.items[1]->file, "g");
    ck_assert_ptr_null(sources.items[2]->file);

    struct statement_list reports = parse_text("report a = 1, b, c = 2\n");
    ck_assert_uint_eq(reports.count, 3);
    ck_assert_int_eq(reports.items[1]->body->kind, EXPRESSION_NAME);
}
END_TEST

START_TEST(parameters_hide_functions_until_their_function_ends)
{
    struct statement_list statements = parse_text("fn gamma(x[i]) = x[i]\n"
                                                  "fn f(gamma[i]) = gamma[i] where gamma[j] = 2\n"
                                                  "a = gamma[i] b[i]\n");
    ck_assert_str_eq(tree(statements.items[1]->body), "(at gamma i)");
    ck_assert_str_eq(tree(statements.items[2]->body), "(gamma [i] . (at b i))");
    parse_model(context, source_of("fn f(mean[i]) = )\nc = mean[i] b[i]\n"));
    ck_assert_uint_eq(diagnostics->errors, 1);
}
END_TEST

START_TEST(definitions_hide_functions_before_their_line)
{
    parse_text("fn gamma(x[i]) = x[i]\nfn delta(x[i]) = x[i]\nfn eta(x[i]) = x[i]\n");
    struct statement_list statements = parse_text("a = gamma[i] + delta[i] + (eta[i] b[i])\n"
                                                  "gamma [i in # ]\n  2] = 2\n"
                                                  "param c = max(1, eta[i] b[i]), # eta[i],\n"
                                                  "  delta[2] = 3\n"
                                                  "d = eta[i] b[i] == 1\n");
    ck_assert_str_eq(tree(statements.items[0]->body),
                     "(+ (+ (at gamma i) (at delta i)) (eta [i] . (at b i)))");
}
END_TEST

START_TEST(spans_are_bytes_of_the_source)
{
    struct statement *statement = parse_one("  # first\nθx = (a + b)*f(c)\n");
    ck_assert_uint_eq(statement->span.begin, 10);
    ck_assert_uint_eq(statement->span.end, 28);
    ck_assert_uint_eq(statement->name_span.end, 13);
    ck_assert_uint_eq(statement->body->span.begin, 16);
    ck_assert_uint_eq(statement->body->arguments.items[1]->name_span.begin, 24);
    ck_assert_uint_eq(statement->body->arguments.items[1]->name_span.end, 25);
}
END_TEST

/* ---- Layout ---- */

static const struct layout {
    const char *text, *printed;
} layouts[] = {
    {"", ""},
    {"\n\n# nothing\n   \n", ""},
    {"a = 1", "a = 1\n"},
    {"a = 1\r\nb = 2\r\n", "a = 1\nb = 2\n"},
    {"\xEF\xBB\xBF"
     "a = 1\nb = 2",
     "a = 1\nb = 2\n"},
    {"  a = 1\n  b = 2\n", "a = 1\nb = 2\n"},
    {"a = 1\n  + 2 # more\n\n# between\n\t+ 3\nb = 4", "a = 1 + 2 + 3\nb = 4\n"},
    {"a = (1 +\n2\n)\nb = f(\n3, # c\n4)", "a = 1 + 2\nb = f(3, 4)\n"},
    {"a = 1 # at the end", "a = 1\n"},
    {"optimizer o\n{\n}\n", "optimizer o {\n}\n"},
    {"optimizer o { a := 1; b := 2;\n\n c := 3 }\nd = 4",
     "optimizer o {\n    a := 1\n    b := 2\n    c := 3\n}\nd = 4\n"},
    {"optimizer o {\n  a := 1 +\n  2\n  b := 3\n    + 4\n}\n",
     "optimizer o {\n    a := 1 + 2\n    b := 3 + 4\n}\n"},
    {"optimizer o { a := 1\n  b := 2 }", "optimizer o {\n    a := 1\n    b := 2\n}\n"},
    {"optimizer o {\n\ta := 1\n        b := 2 }", "optimizer o {\n    a := 1\n    b := 2\n}\n"},
    {"fn f(x) = a where { a = x; b = 2 }\n  derivative x = 1\nc = 2",
     "fn f(x) = a where {\n    a = x\n    b = 2\n} derivative x = 1\nc = 2\n"},
    {"fn f(x) = a where a = x, b = 2", "fn f(x) = a where {\n    a = x\n    b = 2\n}\n"},
};

START_TEST(lines_end_statements)
{
    ck_assert_str_eq(model_spelling(parse_text(layouts[_i].text)), layouts[_i].printed);
}
END_TEST

/* ---- Errors ---- */

/* Every message is expected, with its place and its help. */
static const struct mistake {
    const char *text;
    unsigned errors;
    const char *messages[3];
} mistakes[] = {
    {"a = 1 + * 2", 1, {"1:9: error: unexpected '*'; expected an expression"}},
    {"a = 1 +\nb = 2", 1, {"1:8: error: unexpected end of line; expected an expression"}},
    {"a = f(1\nb = 2\nc = 3 +\n",
     2,
     {"2:1: error: unexpected name 'b'", "1:6: note: '(' opened here", "3:8: error: "}},
    {"a = (1 2\nb = [\nc = 3",
     2,
     {"1:8: error: unexpected number '2'; expected an operator or ')'",
      "2:5: error: unexpected '['"}},
    {"a < b", 1, {"1:3: error: unexpected '<'; expected"}},
    {"(a) = 1\nb = 2", 1, {"1:1: error: unexpected '('; expected a statement"}},
    {"a = b < c < d < e", 1, {"comparisons do not chain", "help: write b < c and c < d"}},
    {"a = 2x + 3", 1, {"1:5: error: a product is written with *", "help: write 2*x"}},
    {"a = 1e4θ_1b", 1, {"help: write 1e4*θ_1b"}},
    {"a = 3 b", 1, {"unexpected name 'b'", "help: a product is written with *"}},
    {"a = x ** 2", 1, {"'**' is not a sign of the language", "help: write ^"}},
    {"a = x .* y ./ z .^ 2", 3, {"'.*'", "'./'", "'.^'"}},
    {"a = b && c || !d", 3, {"help: write and", "help: write or", "help: write not"}},
    {"a = b <> c", 1, {"help: write !="}},
    {"a = b ∈ c", 2, {"help: write in"}},
    {"a = (b = c)", 1, {"unexpected '='", "help: equality is written =="}},
    {"a = x{i}", 1, {"unexpected '{'", "help: subscripts stand in brackets: x[i]"}},
    {"a = x[:,1]", 1, {"unexpected ':'", "help: leave a subscript out for the whole row"}},
    {"a = x[i][j]", 1, {"subscripts stand in one pair of brackets", "help: write [i,j]"}},
    {"a = lambda x: x", 1, {"unexpected name 'x'", "help: name the function: fn f(x) = ..."}},
    {"let a = 3", 1, {"help: a definition needs no word before it"}},
    {"for i in 3", 1, {"help: an index stands for all its values"}},
    {"a = b % c", 1, {"help: the remainder is mod(a, b)"}},
    {"% comment\na = 1", 1, {"1:1: error: '%'", "help: a comment starts with #"}},
    {"a = 1 // comment (", 1, {"1:7: error: '//'", "help: a comment starts with #"}},
    {"a = b // c", 1, {"floor(a/b)"}},
    {"a += 1", 1, {"'+=' is not a sign of the language", "help: write a := a + ..."}},
    {"a[i] *= 1", 1, {"help: write it out with :="}},
    {"a = A'", 1, {"expected '('", "help: u'(x) is a derivative; to transpose"}},
    {"data x[n] from 'f.csv'", 1, {"help: a string stands between double quotes"}},
    {"data x[n] from \"f.csv\nb = )",
     2,
     {"1:16: error: this string has no end", "help: close it with \"", "2:5: error"}},
    {"data x[n] from \"f\\n\"", 1, {"1:18: error: a string knows \\\" and \\\\ only"}},
    {"a = \"abc\\", 1, {"this string has no end"}},
    {"a = b ? c : d", 1, {"help: write if c then a else b"}},
    {"a = √2 + ∂x", 2, {"help: write sqrt(x)", "help: write diff(e, x)"}},
    {"a = x²", 1, {"'²' is not a sign", "help: write ^2"}},
    {"a = 0x1F", 1, {"numbers are written in decimal"}},
    {"a = 1e999", 1, {"this number is too large"}},
    {"a = 1 + if b then c else d", 1, {"unexpected 'if'", "help: put it in parentheses"}},
    {"a = 2^sum[i] x[i]", 1, {"help: put the reduction in parentheses"}},
    {"then = 4", 1, {"help: this is a word of the language; choose another name"}},
    {"param in = 3", 1, {"unexpected 'in'; expected a name", "choose another name"}},
    {"a = 1\n b = 2", 1, {"2:2: error: unexpected name 'b'", "help: an indented line continues"}},
    {"a = 1;\nb = 2 2", 2, {"help: a statement ends with its line", "2:7: error"}},
    {"a = 1 \\\n  + 2", 1, {"1:7: error: '\\' is not a sign", "help: an indented line continues"}},
    {"sum[i] = 3", 1, {"'sum' is a function, and sum[...] applies it", "choose another name"}},
    {"fn f(x) = x\na = f[i] b\nf[i] = 2",
     1,
     {"3:1: error: 'f' is a function", "2:5: note: it is applied over indices here"}},
    {"fn f(x) = x\na = (f[i])",
     1,
     {"unexpected ')'; expected an expression", "help: 'f' is a function"}},
    {"y[2 in 3] = 1", 1, {"what ranges over numbers is an index"}},
    {"optimizer o {\n a := \n b = )\n c := (1\n d := 2 3\n}\ne = 4 4",
     4,
     {"3:4: error", "5:2: error: unexpected name 'd'", "7:7: error"}},
    {"optimizer o {\n a := 1\n",
     1,
     {"unexpected end of file; expected a statement or '}'", "1:13: note: '{' opened here"}},
    {"a = 1 }\nb = 2", 1, {"1:7: error: unexpected '}'"}},
    {"a = $ ¢¢£ `",
     3,
     {"unexpected character '$' (U+0024)", "unexpected character '¢' (U+00A2)",
      "unexpected character '`'"}},
    {"a = µ", 1, {"help: write the letter μ, U+03BC"}},
    {"a = \001\002 b", 1, {"1:5: error: a control byte (0x01)"}},
    {"a\rb = 1", 1, {"a control byte (0x0D)"}},
    {"a = \xff\xfe\nb = \xe2\x88 1 +",
     2,
     {"1:5: error: bytes that are not UTF-8 (0xFF)", "2:5: error"}},
    {"# \xed\xa0\x80 surrogate\n# \xc0\x80\n# \xf4\x90\x80\x80",
     3,
     {"1:3: error", "2:3: error", "3:3: error"}},
};

START_TEST(errors_say_where_and_how_to_mend)
{
    const struct mistake *mistake = &mistakes[_i];
    parse_model(context, source_of(mistake->text));
    const char *printed = printed_diagnostics();
    for (size_t i = 0; i < 3 && mistake->messages[i]; i++)
        ck_assert_msg(strstr(printed, mistake->messages[i]) != NULL, "no '%s' in\n%s",
                      mistake->messages[i], printed);
    ck_assert_msg(diagnostics->errors == mistake->errors, "%u errors\n%s", diagnostics->errors,
                  printed);
}
END_TEST

START_TEST(statements_beside_an_error_are_kept)
{
    struct statement_list statements =
        parse_model(context, source_of("a = 1\nb = )\nc = 2\nreport d = ], e\noutput a"));
    ck_assert_uint_eq(diagnostics->errors, 2);
    ck_assert_str_eq(model_spelling(statements), "a = 1\nc = 2\noutput a\n");
}
END_TEST

START_TEST(nul_bytes_are_errors)
{
    struct statement_list statements =
        parse_model(context, source_of_length("a = 1\0\0 + 2\nb = 3", 17));
    ck_assert_uint_eq(diagnostics->errors, 1);
    ck_assert_ptr_nonnull(strstr(printed_diagnostics(), "1:6: error: a NUL byte"));
    ck_assert_uint_eq(statements.count, 2);
}
END_TEST

START_TEST(an_expression_with_an_error_is_null)
{
    ck_assert_ptr_null(parse_expression(context, source_of("1 +")));
    ck_assert_ptr_null(parse_expression(context, source_of("1 ** 2")));
    ck_assert_ptr_null(parse_expression(context, source_of("")));
    ck_assert_uint_eq(diagnostics->errors, 3);
}
END_TEST

START_TEST(an_endless_file_is_refused)
{
    struct source *source = source_of("");
    source->length = (size_t)1 << 40;
    ck_assert_uint_eq(parse_model(context, source).count, 0);
    ck_assert_uint_eq(diagnostics->errors, 1);
}
END_TEST

/* ---- Size ---- */

static const char *repeated(const char *before, const char *part, size_t count, const char *after)
{
    struct text text = text_create(arena);
    text_append(&text, before);
    for (size_t i = 0; i < count; i++)
        text_append(&text, part);
    text_append(&text, after);
    return text.bytes;
}

enum { MANY = 100000 };

START_TEST(long_sums_are_shallow)
{
    static const char *const terms[] = {"+a*b", "-b", "*c", "/d"};
    struct expression *expression = parse_formula(repeated("a", terms[_i], MANY, ""));
    ck_assert_uint_le(expression->depth, 3);
    ck_assert_uint_ge(strlen(spelling(expression)), 2 * MANY);
}
END_TEST

START_TEST(deep_nesting_is_one_error)
{
    static const char *const parts[] = {
        "(",       "-",          "2^", "not ",         "if a then b else ",
        "sum[i] ", "x[",         "f(", "a and b == (", "(x[i] else ",
        "1+(",     "if (a then "};
    parse_model(context, source_of(repeated("x = ", parts[_i], MANY, "\ny = )\n")));
    const char *printed = printed_diagnostics();
    const char *first = strstr(printed, "nested too deeply");
    ck_assert_msg(first != NULL || parts[_i][0] == 'i', "%.300s", printed);
    ck_assert_uint_le(diagnostics->errors, 2);
}
END_TEST

START_TEST(nesting_below_the_limit_is_fine)
{
    struct expression *expression = parse_formula(repeated("", "-", NESTING_MAX - 1, "1"));
    ck_assert_uint_eq(expression->depth, NESTING_MAX);
    ck_assert_ptr_nonnull(parse_formula(spelling(expression)));
    ck_assert_ptr_null(parse_expression(context, source_of(repeated("", "-", NESTING_MAX, "1"))));
    ck_assert_uint_eq(diagnostics->errors, 1);
}
END_TEST

/* ---- Memory ---- */

struct failing {
    size_t calls, fails_at, live;
};

static void *failing_allocate(void *data, size_t size)
{
    struct failing *failing = data;
    if (failing->calls++ >= failing->fails_at)
        return NULL;
    failing->live++;
    return malloc(size);
}

static void failing_release(void *data, void *block)
{
    struct failing *failing = data;
    if (block)
        failing->live--;
    free(block);
}

/* True when memory sufficed. */
static bool parse_with(struct failing *failing, const char *text)
{
    struct allocator allocator = {failing_allocate, failing_release, failing};
    struct arena *small = arena_create(&allocator);
    if (!small)
        return false;
    if (setjmp(*arena_escape(small))) {
        arena_destroy(small);
        return false;
    }
    struct parse_context *own =
        parse_context_create(small, names_create(small), diagnostics_create(small));
    struct source source = {.name = "test.expr", .text = text, .length = strlen(text)};
    struct statement_list statements = parse_model(own, &source);
    struct text printed = text_create(small);
    for (size_t i = 0; i < statements.count; i++)
        print_statement(&printed, statements.items[i]);
    arena_destroy(small);
    return true;
}

START_TEST(memory_that_runs_out_leaves_nothing_behind)
{
    const char *text = repeated("a = ", "(-", 900, "b = 3 3\nc = 2x");
    struct failing failing = {.fails_at = 0};
    while (!parse_with(&failing, text)) {
        ck_assert_uint_eq(failing.live, 0);
        failing = (struct failing){.fails_at = failing.fails_at + 1};
    }
    ck_assert_uint_eq(failing.live, 0);
    ck_assert_uint_ge(failing.fails_at, 3);
}
END_TEST

/* ---- Anything at all ---- */

static const char *const fragments[] = {
    "x",      "f",      "sum",   "[",     "]",    "(",     ")",          "{",         "}",
    "in",     "..",     "1",     "2.5",   "+",    "-",     "*",          "^",         "@",
    "<",      "==",     "and",   "not",   "if",   "then",  "else",       ",",         ":",
    ";",      "=",      ":=",    "~",     "\n",   "\n  ",  "'",          "\"",        "#",
    "dim",    "data",   "param", "const", "draw", "state", "fn",         "optimizer", "minimize",
    "report", "output", "from",  "over",  "with", "where", "derivative", "until",     "at most",
    "θ",      "√",      "\001",  "\xff",  "2x",   "**",    "%",          "+=",        "[i]",
    "(x)",    "= 3",    "\r\n",  "\t",
};

START_TEST(any_tokens_parse_or_are_refused)
{
    state = (uint64_t)_i + 1000;
    for (int round = 0; round < 300; round++) {
        struct text text = text_create(arena);
        for (unsigned count = below(30); count > 0; count--) {
            text_append(&text, fragments[below(sizeof fragments / sizeof *fragments)]);
            if (below(2))
                text_append_char(&text, ' ');
        }
        struct statement_list statements = parse_model(context, source_of(text.bytes));
        if (diagnostics->errors == 0) {
            const char *printed = model_spelling(statements);
            struct statement_list again = parse_model(context, source_of(printed));
            ck_assert_msg(diagnostics->errors == 0, "%s\n%s", text.bytes, printed);
            ck_assert_str_eq(model_spelling(again), printed);
        }
        restart();
    }
}
END_TEST

/* ---- The suite ---- */

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *syntax_suite(void)
{
    Suite *suite = suite_create("syntax");
    TCase *cases = tcase_create("syntax");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, expressions_read_as_written, 0, COUNT(readings));
    tcase_add_loop_test(cases, expressions_print_with_few_parentheses, 0, COUNT(spellings));
    tcase_add_loop_test(cases, random_trees_survive_printing, 0, 10);
    tcase_add_loop_test(cases, statements_print_as_written, 0, COUNT(models));
    tcase_add_test(cases, statements_keep_their_parts);
    tcase_add_test(cases, definitions_hide_functions_before_their_line);
    tcase_add_test(cases, parameters_hide_functions_until_their_function_ends);
    tcase_add_test(cases, spans_are_bytes_of_the_source);
    tcase_add_loop_test(cases, lines_end_statements, 0, COUNT(layouts));
    tcase_add_loop_test(cases, errors_say_where_and_how_to_mend, 0, COUNT(mistakes));
    tcase_add_test(cases, statements_beside_an_error_are_kept);
    tcase_add_test(cases, nul_bytes_are_errors);
    tcase_add_test(cases, an_expression_with_an_error_is_null);
    tcase_add_test(cases, an_endless_file_is_refused);
    tcase_add_loop_test(cases, long_sums_are_shallow, 0, 4);
    tcase_add_loop_test(cases, deep_nesting_is_one_error, 0, 12);
    tcase_add_test(cases, nesting_below_the_limit_is_fine);
    tcase_add_test(cases, memory_that_runs_out_leaves_nothing_behind);
    tcase_add_loop_test(cases, any_tokens_parse_or_are_refused, 0, 10);
    suite_add_tcase(suite, cases);
    return suite;
}
