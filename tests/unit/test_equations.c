/* The graph, affine forms, simplification and the interpreter. */
#include "base/diagnostics.h"
#include "calculus/forward.h"
#include "calculus/reverse.h"
#include "calculus/rules.h"
#include "equations/affine.h"
#include "equations/guards.h"
#include "equations/interpret.h"
#include "model/gradient.h"
#include "model/model.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *equations_suite(void);

struct bench {
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static struct bench bench_create(void)
{
    struct bench bench = {arena_create(NULL), NULL};
    ck_assert_int_eq(setjmp(*arena_escape(bench.arena)), 0);
    bench.diagnostics = diagnostics_create(bench.arena);
    return bench;
}

static struct source *source_of(struct bench *bench, const char *text)
{
    struct source *source = ARENA_NEW(bench->arena, struct source);
    *source = (struct source){"test.expr", text, strlen(text)};
    return source;
}

static const char *simplified(struct bench *bench, const char *text)
{
    struct scalar_model *scalar =
        scalar_model_read(bench->arena, source_of(bench, text), bench->diagnostics);
    ck_assert_ptr_nonnull(scalar);
    struct text printed = text_create(bench->arena);
    node_print(&printed, scalar->value);
    return printed.bytes;
}

START_TEST(same_expression_is_same_node)
{
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    struct axis axis = {node_number(graph, 0), node_number(graph, 5)};
    struct tensor *x = graph_tensor(graph, TENSOR_DATA, "x", 1, &axis);
    const struct node *sums[2];
    for (int k = 0; k < 2; k++) {
        const struct index *index = graph_index(graph, k == 0 ? "i" : "j", NULL, axis.end);
        const struct node *subscript = node_index(graph, index);
        sums[k] =
            node_reduce(graph, REDUCTION_SUM, 1, &index, node_load(graph, x, &subscript), NULL);
    }
    ck_assert_ptr_eq(sums[0], sums[1]);
    ck_assert_ptr_eq(node_binary(graph, OPERATOR_ADD, sums[0], axis.end),
                     node_binary(graph, OPERATOR_ADD, axis.end, sums[1]));
    arena_destroy(bench.arena);
}
END_TEST

/* What stands first decides whether the second is looked at: bounds guard a load. */
START_TEST(truths_keep_their_order)
{
    static const enum operator_id operators[] = {OPERATOR_AND, OPERATOR_OR};
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    const struct node *n = node_size(graph, graph_dimension(graph, "n"));
    const struct node *x = node_load(graph, graph_tensor(graph, TENSOR_DATA, "x", 0, NULL), NULL);
    const struct node *guard = node_binary(graph, OPERATOR_LESS, node_number(graph, 3), n);
    const struct node *guarded = node_binary(graph, OPERATOR_LESS, node_number(graph, 0), x);
    for (int k = 0; k < 2; k++) {
        const struct node *one = node_binary(graph, operators[k], guarded, guard);
        const struct node *other = node_binary(graph, operators[k], guard, guarded);
        ck_assert_ptr_eq(one->arguments[0], guarded);
        ck_assert_ptr_eq(other->arguments[0], guard);
    }
    arena_destroy(bench.arena);
}
END_TEST

/* sum[j] x[i + j] with i := sum[j] y[j] must not catch the outer j. */
START_TEST(substitution_avoids_capture)
{
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    struct axis axis = {node_number(graph, 0), node_number(graph, 3)};
    struct tensor *x = graph_tensor(graph, TENSOR_DATA, "x", 1, &axis);
    struct tensor *result = graph_tensor(graph, TENSOR_DEFINED, "r", 0, NULL);
    const struct index *outer = graph_index(graph, "i", NULL, axis.end);
    const struct index *inner = graph_index(graph, "j", NULL, axis.end);
    const struct node *j = node_index(graph, inner), *i = node_index(graph, outer);
    const struct node *total =
        node_reduce(graph, REDUCTION_SUM, 1, &inner, node_load(graph, x, &j), NULL);
    const struct node *body =
        node_reduce(graph, REDUCTION_SUM, 1, &inner,
                    node_binary(graph, OPERATOR_MULTIPLY, node_load(graph, x, &j), i), NULL);
    struct program *program = program_create(graph);
    program_append(program, result, NULL, node_substitute(graph, body, 1, &outer, &total),
                   (struct span){0});
    struct interpreter *interpreter = interpreter_create(bench.arena, program, NULL, 0);
    size_t count;
    double *values = interpreter_values(interpreter, x, &count);
    values[0] = 1;
    values[1] = 2;
    values[2] = 4;
    interpreter_run(interpreter);
    ck_assert_double_eq(*interpreter_values(interpreter, result, &count), 49);
    arena_destroy(bench.arena);
}
END_TEST

START_TEST(bounds_are_proven)
{
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    const struct node *n = node_size(graph, graph_dimension(graph, "n"));
    const struct index *index = graph_index(graph, "i", NULL, n);
    const struct node *i = node_index(graph, index), *one = node_number(graph, 1);
    const struct node *next = node_binary(graph, OPERATOR_ADD, i, one);
    ck_assert(affine_proves_below(i, n));
    ck_assert(affine_proves_at_most(next, n));
    ck_assert(!affine_proves_below(next, n));
    const struct node *condition = node_binary(graph, OPERATOR_LESS, next, n);
    ck_assert(
        affine_proves_under(next, node_binary(graph, OPERATOR_SUBTRACT, n, one), &condition, 1));
    const struct node *three = node_number(graph, 3);
    const struct node *round = node_binary(graph, OPERATOR_MOD, next, three);
    ck_assert(affine_proves_below(round, three) &&
              affine_proves_at_most(node_number(graph, 0), round));
    const struct node *thirds =
        node_unary(graph, OPERATOR_FLOOR, node_binary(graph, OPERATOR_DIVIDE, n, three));
    const struct node *whole = node_binary(graph, OPERATOR_MULTIPLY, three, thirds);
    ck_assert(affine_proves_at_most(whole, n) && !affine_proves_below(whole, n));
    ck_assert(affine_proves_below(n, node_binary(graph, OPERATOR_ADD, whole, three)));
    arena_destroy(bench.arena);
}
END_TEST

/* x > 0 guards the logarithm, and what both branches use is guarded by neither. */
START_TEST(branches_guard_what_they_alone_use)
{
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    const struct node *x =
        node_load(graph, graph_tensor(graph, TENSOR_PARAMETER, "x", 0, NULL), NULL);
    const struct node *zero = node_number(graph, 0), *sine = node_unary(graph, OPERATOR_SIN, x);
    const struct node *positive = node_binary(graph, OPERATOR_GREATER, x, zero);
    const struct node *logarithm = node_unary(graph, OPERATOR_LOG, x);
    const struct node *root =
        node_select(graph, positive, node_binary(graph, OPERATOR_MULTIPLY, logarithm, sine), sine);
    struct guards guards = guards_create(graph);
    size_t count;
    const struct node **order = node_order(bench.arena, &root, 1, &count);
    guards_note(&guards, root, guard_none());
    guards_spread(&guards, order, count, true);
    const struct guard *guard = guards_of(&guards, logarithm);
    ck_assert_ptr_eq(guard_condition(graph, guard), positive);
    ck_assert_ptr_eq(guards_of(&guards, sine), guard_none());
    ck_assert(guard_is_within(guard, guard_none()) && !guard_is_within(guard_none(), guard));
    arena_destroy(bench.arena);
}
END_TEST

/* g[t] = 2*h[t];  h[t] = if t == 0 then 1 else g[t - 1] */
START_TEST(circles_are_scheduled_along_an_axis)
{
    struct bench bench = bench_create();
    struct graph *graph = graph_create(bench.arena, names_create(bench.arena));
    struct program *program = program_create(graph);
    struct axis axis = {node_number(graph, 0), node_size(graph, graph_dimension(graph, "n"))};
    struct tensor *g = graph_tensor(graph, TENSOR_DEFINED, "g", 1, &axis);
    struct tensor *h = graph_tensor(graph, TENSOR_DEFINED, "h", 1, &axis);
    const struct index *index = graph_index(graph, "t", NULL, axis.end);
    const struct node *t = node_index(graph, index), *one = node_number(graph, 1);
    const struct node *before = node_binary(graph, OPERATOR_SUBTRACT, t, one);
    const struct node *first = node_binary(graph, OPERATOR_EQUAL, t, axis.first);
    const struct node *twice =
        node_binary(graph, OPERATOR_MULTIPLY, node_number(graph, 2), node_load(graph, h, &t));
    struct equation *late = program_append(program, g, &index, twice, (struct span){0});
    struct equation *early = program_append(
        program, h, &index, node_select(graph, first, one, node_load(graph, g, &before)),
        (struct span){0});
    ck_assert_ptr_null(program_schedule(program));
    ck_assert(program->recurrent);
    ck_assert_ptr_eq(program->equations[0], early);
    ck_assert_ptr_nonnull(early->recurrence);
    ck_assert_ptr_eq(early->recurrence, late->recurrence);
    ck_assert(!early->recurrence->descending);
    ck_assert_ptr_null(program_verify(program));
    early->body = node_load(graph, g, &t);
    ck_assert_ptr_nonnull(program_schedule(program));
    arena_destroy(bench.arena);
}
END_TEST

/* By x[1], u[i] = sin(x[i]) has a tangent at i = 1 alone: the tangent is a vector. */
START_TEST(tangents_know_where_they_are)
{
    struct bench bench = bench_create();
    const char *text = "param x[3] = 1\nu[i] = sin(x[i])\nloss = sum(u)\n"
                       "minimize loss with gd(rate = 1), steps = 1\n";
    struct model *model =
        model_read(bench.arena, source_of(&bench, text), "test", bench.diagnostics);
    ck_assert_ptr_nonnull(model);
    struct graph *graph = model->graph;
    const struct tensor *u = model->program->equations[0]->target;
    struct forward *forward =
        forward_create(model->rules, model->program, model->parameters[0].tensor);
    const struct node *places[] = {node_number(graph, 0), node_number(graph, 1)};
    const char *wrong = NULL;
    const struct node *elsewhere =
        forward_derivative(forward, node_load(graph, u, &places[0]), &places[1], &wrong);
    const struct node *there =
        forward_derivative(forward, node_load(graph, u, &places[1]), &places[1], &wrong);
    ck_assert_ptr_null(wrong);
    ck_assert(node_is_number(elsewhere, 0));
    ck_assert_int_eq(there->kind, NODE_LOAD);
    ck_assert_int_eq(there->tensor->rank, 1);
    struct text printed = text_create(bench.arena);
    node_print(&printed, program_find(model->program, there->tensor)->body);
    ck_assert_str_eq(printed.bytes, "cos(x[i])");
    arena_destroy(bench.arena);
}
END_TEST

START_TEST(expressions_are_simplified)
{
    static const struct {
        const char *written, *simple;
    } cases[] = {
        {"x + 0", "x"},
        {"0 - x", "-x"},
        {"x*1 + 0*y", "x"},
        {"-(x - y)", "y - x"},
        {"2*(3*x)", "6*x"},
        {"x*x", "x^2"},
        {"1/3", "1/3"},
        {"x*exp(-1000)", "x*exp(-1000)"},
        {"-x*-y", "x*y"},
        {"x + -3", "x - 3"},
        {"log(1 + exp(x))", "softplus(x)"},
        {"x^1 + y^0", "x + 1"},
        {"if 1 < 2 then x else y", "x"},
        {"x/x", "x/x"},
        {"sqrt(x^2)", "abs(x)"},
        {"log(x^2)", "log(x^2)"},
        {"1 < 2 and x > 0", "x > 0"},
        {"x > 0 and 1 < 2", "x > 0"},
        {"2 < 1 and x > 0", "0"},
        {"x > 0 and 2 < 1", "0"},
        {"2 < 1 or x > 0", "x > 0"},
        {"x > 0 or 2 < 1", "x > 0"},
        {"1 < 2 or x > 0", "1"},
        {"x > 0 or 1 < 2", "1"},
        {"(if x > 0 then y else 0)*log(x)", "if x > 0 then xlogy(y, x) else 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_create();
        ck_assert_str_eq(simplified(&bench, cases[i].written), cases[i].simple);
        arena_destroy(bench.arena);
    }
}
END_TEST

/* A formula over letters, read once and evaluated at many points. */
struct formula {
    const struct node *node;
    struct interpreter *interpreter;
    struct tensor *result;
    const struct tensor *letters[26]; /* NULL: not in it */
};

static struct formula formula_of(struct bench *bench, struct graph *graph, const struct node *node)
{
    struct formula formula = {.node = node};
    struct program *program = program_create(graph);
    formula.result = graph_tensor(graph, TENSOR_DEFINED, "result_", 0, NULL);
    program_append(program, formula.result, NULL, node, (struct span){0});
    formula.interpreter = interpreter_create(bench->arena, program, NULL, 0);
    size_t count;
    const struct node **order = node_order(bench->arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD) {
            formula.letters[order[i]->tensor->name[0] - 'a'] = order[i]->tensor;
        }
    }
    return formula;
}

static double formula_at(const struct formula *formula, const double *letters)
{
    size_t count;
    for (int i = 0; i < 26; i++) {
        if (formula->letters[i] != NULL) {
            *interpreter_values(formula->interpreter, formula->letters[i], &count) = letters[i];
        }
    }
    interpreter_run(formula->interpreter);
    return *interpreter_values(formula->interpreter, formula->result, &count);
}

/* The rows of rewrites.def, tried on letters. */
struct rewrite {
    const char *left, *right, *when;
    bool stable;
};

enum { EXACT, STABLE };
static const struct rewrite rewrites[] = {
#define REWRITE(kind, left, right, when) {left, right, when, (kind) == STABLE},
#include "../../grammar/rewrites.def"
#undef REWRITE
};

static struct rules *create_rules(struct bench *bench)
{
    struct names *names = names_create(bench->arena);
    return rules_create(graph_create(bench->arena, names),
                        parse_context_create(bench->arena, names, bench->diagnostics));
}

static const char rule_letters[] = "abcdpqrstuvwxyz";

/* Each letter a variable. */
static struct bindings variables_of(const struct rules *rules)
{
    struct bindings bindings = {0};
    for (const char *letter = rule_letters; *letter != '\0'; letter++) {
        const char *name = names_intern(rules->context->names, letter, 1);
        struct tensor *tensor = graph_tensor(rules->graph, TENSOR_PARAMETER, name, 0, NULL);
        bindings.items[bindings.count++] =
            (struct binding){name, node_load(rules->graph, tensor, NULL)};
    }
    return bindings;
}

/* What a row writes, as it is written: no rewriting touches it. */
static struct formula as_written(struct bench *bench, struct rules *rules, const char *text)
{
    struct bindings variables = variables_of(rules);
    graph_set_simplifier(rules->graph, NULL);
    const struct node *node =
        rule_build(rules, rule_read(rules, text[0] == '\0' ? "1" : text), &variables);
    graph_set_simplifier(rules->graph, &rules->simplifier);
    return formula_of(bench, rules->graph, node);
}

static double random_letter(char letter)
{
    if (letter >= 'a' && letter <= 'd') {
        return rand() % 9 - 4; /* numbers whose arithmetic is exact */
    }
    if (letter == 's' || letter == 't') {
        return rand() % 2; /* truths */
    }
    /* Not so near to 0 or 1 that the left sides of rows for quotients lose the digits compared. */
    return (rand() % 32 - 15.5) / 8;
}

START_TEST(rewrites_keep_the_value)
{
    const struct rewrite *rewrite = &rewrites[_i];
    struct bench bench = bench_create();
    struct rules *rules = create_rules(&bench);
    struct formula left = as_written(&bench, rules, rewrite->left);
    struct formula right = as_written(&bench, rules, rewrite->right);
    struct formula when = as_written(&bench, rules, rewrite->when);
    srand(1);
    int compared = 0;
    for (int trial = 0; trial < 400; trial++) {
        double letters[26];
        for (int i = 0; i < 26; i++) {
            letters[i] = random_letter((char)('a' + i));
        }
        double value = formula_at(&left, letters), other = formula_at(&right, letters);
        if (formula_at(&when, letters) != 0 && isfinite(value)) {
            ck_assert_msg(fabs(value - other) <= 1e-13 * (1 + fabs(value)), "%s: %.17g, %s: %.17g",
                          rewrite->left, value, rewrite->right, other);
            compared++;
        }
    }
    ck_assert_msg(compared > 0, "%s was never compared", rewrite->left);
    arena_destroy(bench.arena);
}
END_TEST

/* Letters for numbers become numbers for which the row holds, those for truths comparisons. */
static struct bindings fitting(struct rules *rules, const struct rewrite *rewrite)
{
    struct bindings bindings = variables_of(rules);
    const struct node *holds = NULL;
    while (holds == NULL || holds->kind != NODE_NUMBER || holds->number == 0) {
        for (int i = 0; i < bindings.count; i++) {
            struct binding *binding = &bindings.items[i];
            if (binding->name[0] <= 'd') {
                binding->value = node_number(rules->graph, random_letter(binding->name[0]));
            } else if (binding->name[0] == 's' || binding->name[0] == 't') {
                binding->value = node_binary(rules->graph, OPERATOR_LESS, bindings.items[4].value,
                                             bindings.items[5].value);
            }
        }
        holds = rewrite->when[0] == '\0'
                    ? node_number(rules->graph, 1)
                    : rule_build(rules, rule_read(rules, rewrite->when), &bindings);
    }
    return bindings;
}

/* Both sides come out as one node: no row stands in the shadow of an earlier one. */
START_TEST(rewrites_are_applied)
{
    const struct rewrite *rewrite = &rewrites[_i];
    struct bench bench = bench_create();
    struct rules *rules = create_rules(&bench);
    srand(3);
    struct bindings bindings = fitting(rules, rewrite);
    const struct node *left = rule_build(rules, rule_read(rules, rewrite->left), &bindings);
    const struct node *right = rule_build(rules, rule_read(rules, rewrite->right), &bindings);
    if (rewrite->stable) {
        left = node_stabilize(rules, left);
        right = node_stabilize(rules, right);
    }
    struct text left_text = text_create(bench.arena), right_text = text_create(bench.arena);
    node_print(&left_text, left);
    node_print(&right_text, right);
    ck_assert_str_eq(left_text.bytes, right_text.bytes);
    ck_assert_ptr_eq(left, right);
    arena_destroy(bench.arena);
}
END_TEST

/* Each derivative in operators.def against a numeric one, inside the operator's domain. */
struct row {
    const char *spelling, *domain, *dx, *dy;
    int arity;
    bool infix;
    unsigned flags;
};

#define IF true
#define OR true
#define AND true
#define NOT true
#define COMPARISON true
#define SUM true
#define PRODUCT true
#define NEGATION true
#define POWER true
#define CALL false
#define COMMUTATIVE OPERATOR_COMMUTATIVE
#define BOOLEAN OPERATOR_BOOLEAN
#define VARIADIC OPERATOR_VARIADIC
#define FINITE OPERATOR_FINITE
#define JUMPS OPERATOR_JUMPS
#define INTERNAL 0
static const struct row rows[] = {
#define OPERATOR(id, spelling, arity, level, flags, dx, dy, dz, c, latex, domain, kinks)           \
    {spelling, domain, dx, dy, arity, level, flags},
#define REDUCTION(id, spelling, unit, combine, derivative, latex)
#include "../../grammar/operators.def"
};
#undef IF
#undef OR
#undef AND
#undef NOT
#undef COMPARISON
#undef SUM
#undef PRODUCT
#undef NEGATION
#undef POWER
#undef CALL
#undef COMMUTATIVE
#undef BOOLEAN
#undef VARIADIC
#undef FINITE
#undef JUMPS
#undef INTERNAL

static struct formula value_of(struct bench *bench, const char *text)
{
    struct scalar_model *scalar =
        scalar_model_read(bench->arena, source_of(bench, text), bench->diagnostics);
    ck_assert_ptr_nonnull(scalar);
    return formula_of(bench, scalar->graph, scalar->value);
}

static struct formula slope_of(struct bench *bench, const char *text, char by)
{
    struct scalar_model *scalar =
        scalar_model_read(bench->arena, source_of(bench, text), bench->diagnostics);
    const struct tensor *wanted = NULL;
    const struct node *derivative;
    for (size_t i = 0; i < scalar->variable_count; i++) {
        wanted = scalar->variables[i]->name[0] == by ? scalar->variables[i] : wanted;
    }
    ck_assert(reverse_expression(scalar->rules, scalar->graph, scalar->value, &wanted, 1,
                                 &derivative, bench->diagnostics));
    return formula_of(bench, scalar->graph, derivative);
}

static const char *call_of(struct bench *bench, const struct row *row)
{
    if (row->infix && row->arity == 2) {
        return arena_format(bench->arena, "x %s y", row->spelling);
    }
    if (row->infix) {
        return arena_format(bench->arena, "%s x", row->spelling);
    }
    static const char *const calls[] = {"%s(x)", "%s(x, y)", "%s(x, y, z)"};
    return arena_format(bench->arena, calls[row->arity - 1], row->spelling);
}

static void check_slope(const struct formula *value, const struct formula *slope, const char *text,
                        const double *letters, char by)
{
    double exact = formula_at(slope, letters), best = INFINITY;
    for (double h = 1e-2; h > 1e-5; h /= 4) {
        double moved[2][26];
        memcpy(moved[0], letters, sizeof moved[0]);
        memcpy(moved[1], letters, sizeof moved[1]);
        double differences[2];
        for (int k = 0; k < 2; k++) {
            double step = h / (1 << k);
            moved[0][by - 'a'] = letters[by - 'a'] + step;
            moved[1][by - 'a'] = letters[by - 'a'] - step;
            differences[k] =
                (formula_at(value, moved[0]) - formula_at(value, moved[1])) / (2 * step);
        }
        double error = fabs((4 * differences[1] - differences[0]) / 3 - exact) / (1 + fabs(exact));
        best = error < best ? error : best;
    }
    ck_assert_msg(best < 1e-6, "d %s / d%c at x = %g, y = %g: off by %g", text, by,
                  letters['x' - 'a'], letters['y' - 'a'], best);
}

START_TEST(derivatives_are_right)
{
    const struct row *row = &rows[_i];
    const bool whole[] = {strcmp(row->dx, "none") == 0, strcmp(row->dy, "none") == 0, false};
    if ((row->arity == 3 && !whole[1]) || strcmp(row->spelling, "stop") == 0 ||
        strcmp(row->spelling, "anchor") == 0) {
        return;
    }
    struct bench bench = bench_create();
    const char *text = call_of(&bench, row);
    struct formula domain = value_of(&bench, row->domain[0] == '\0' ? "1" : row->domain);
    struct formula value = value_of(&bench, text), slopes[3];
    for (int k = 0; k < row->arity; k++) {
        slopes[k] = whole[k] ? value : slope_of(&bench, text, (char)('x' + k));
    }
    srand(2);
    int compared = 0;
    for (int trial = 0; trial < 60 && compared < 12; trial++) {
        double letters[26] = {0};
        for (int k = 0; k < 3; k++) {
            letters['x' - 'a' + k] = whole[k] ? rand() % 4 : 6.0 * rand() / RAND_MAX - 3;
        }
        if (formula_at(&domain, letters) == 0 || !isfinite(formula_at(&value, letters))) {
            continue;
        }
        for (int k = 0; k < row->arity; k++) {
            if (!whole[k]) {
                check_slope(&value, &slopes[k], text, letters, (char)('x' + k));
            }
        }
        compared++;
    }
    ck_assert_msg(compared > 0, "%s was never compared", row->spelling);
    arena_destroy(bench.arena);
}
END_TEST

START_TEST(finite_where_the_table_says_so)
{
    static const double samples[] = {-100, -2, -1, -0.5, 0, 0.5, 1, 2, 100};
    const struct row *row = &rows[_i];
    if ((row->flags & OPERATOR_FINITE) == 0 || row->arity == 3) {
        return;
    }
    struct bench bench = bench_create();
    const char *text = call_of(&bench, row);
    struct formula value = value_of(&bench, text);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        for (size_t k = 0; k < sizeof samples / sizeof samples[0]; k++) {
            double letters[26] = {0};
            letters['x' - 'a'] = samples[i];
            letters['y' - 'a'] = samples[k];
            ck_assert_msg(isfinite(formula_at(&value, letters)), "%s at x = %g, y = %g", text,
                          samples[i], samples[k]);
        }
    }
    arena_destroy(bench.arena);
}
END_TEST

/* The n-th allocation fails, for every n: out by the escape, nothing left behind. */
struct failing {
    size_t left, live;
};

static void *failing_allocate(void *context, size_t size)
{
    struct failing *failing = context;
    if (failing->left == 0) {
        return NULL;
    }
    failing->left--;
    failing->live++;
    return malloc(size);
}

static void failing_release(void *context, void *block)
{
    struct failing *failing = context;
    failing->live -= block != NULL;
    free(block);
}

static bool read_with(struct failing *failing)
{
    static const char text[] =
        "data x[n], y[n] from \"d.csv\"\nparam w = 0\n"
        "loss = mean[i] (y[i] - w*x[i])^2\nminimize loss with adam, steps = 3\n";
    struct allocator allocator = {failing_allocate, failing_release, failing};
    struct arena *arena = arena_create(&allocator);
    if (arena == NULL) {
        return false;
    }
    if (setjmp(*arena_escape(arena)) != 0) {
        arena_destroy(arena);
        return false;
    }
    struct source source = {"test.expr", text, strlen(text)};
    struct diagnostics *diagnostics = diagnostics_create(arena);
    struct model *model = model_read(arena, &source, "test", diagnostics);
    ck_assert_ptr_nonnull(model);
    ck_assert_ptr_nonnull(gradient_create(model, model->objectives[0].loss,
                                          model->objectives[0].over, 1, ROW_SUMS_PLAIN,
                                          diagnostics));
    arena_destroy(arena);
    return true;
}

START_TEST(every_allocation_may_fail)
{
    bool done = false;
    for (size_t n = 0; !done; n++) {
        struct failing failing = {n, 0};
        done = read_with(&failing);
        ck_assert_uint_eq(failing.live, 0);
        ck_assert_uint_lt(n, 10000);
    }
}
END_TEST

Suite *equations_suite(void)
{
    Suite *suite = suite_create("equations");
    TCase *graph = tcase_create("graph");
    tcase_add_test(graph, same_expression_is_same_node);
    tcase_add_test(graph, truths_keep_their_order);
    tcase_add_test(graph, substitution_avoids_capture);
    tcase_add_test(graph, bounds_are_proven);
    tcase_add_test(graph, branches_guard_what_they_alone_use);
    tcase_add_test(graph, circles_are_scheduled_along_an_axis);
    tcase_add_test(graph, tangents_know_where_they_are);
    tcase_add_test(graph, expressions_are_simplified);
    suite_add_tcase(suite, graph);
    TCase *tables = tcase_create("tables");
    tcase_set_timeout(tables, 60);
    tcase_add_loop_test(tables, rewrites_keep_the_value, 0,
                        (int)(sizeof rewrites / sizeof rewrites[0]));
    tcase_add_loop_test(tables, rewrites_are_applied, 0,
                        (int)(sizeof rewrites / sizeof rewrites[0]));
    tcase_add_loop_test(tables, derivatives_are_right, 0, (int)(sizeof rows / sizeof rows[0]));
    tcase_add_loop_test(tables, finite_where_the_table_says_so, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    suite_add_tcase(suite, tables);
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 60);
    tcase_add_test(memory, every_allocation_may_fail);
    suite_add_tcase(suite, memory);
    return suite;
}
