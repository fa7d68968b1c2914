/* src/emit: names, expressions, sizes, statements, comments, whole files. */
#include "emit/body.h"
#include "emit/comment.h"
#include "emit/emit.h"
#include "emit/expression.h"
#include "emit/names.h"
#include "emit/reserved.h"
#include "emit/sizes.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *emit_suite(void);

static struct arena *arena;
static struct graph *graph;

static void setup(void)
{
    arena = arena_create(NULL);
    graph = graph_create(arena, names_create(arena));
}

static void teardown(void)
{
    arena_destroy(arena);
}

/* ---- Names ---- */

static const char *taken(struct c_names *names, const char *name)
{
    return c_names_take(names, name);
}

START_TEST(names_keep_what_c_allows)
{
    struct c_names *names = c_names_create(arena, "model");
    ck_assert_str_eq(taken(names, "x"), "x");
    ck_assert_str_eq(taken(names, "W_1"), "W_1");
    ck_assert_str_eq(taken(names, "sum"), "sum");
}
END_TEST

START_TEST(names_never_meet_a_word_of_c)
{
    static const char *const words[] = {
        "int",       "double",      "main",   "I",       "EOF",    "NULL", "ALWAYS_INLINE",
        "EACH_LANE", "INDEPENDENT", "linux",  "class",   "xor",    "sin",  "expf",
        "printf",    "work",        "params", "state",   "ERANGE", "EDOM", "size_t",
        "square",    "SIGINT",      "stdin",  "restrict"};
    struct c_names *names = c_names_create(arena, "model");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *name = taken(names, words[i]);
        ck_assert_msg(c_is_reserved(words[i]), "%s", words[i]);
        ck_assert_str_eq(name, arena_format(arena, "%s_2", words[i]));
    }
}
END_TEST

START_TEST(names_never_meet_each_other)
{
    struct c_names *names = c_names_create(arena, "model");
    ck_assert_str_eq(taken(names, "theta"), "theta");
    ck_assert_str_eq(taken(names, "\xce\xb8"), "theta_2");
    ck_assert_str_eq(taken(names, "theta_2"), "theta_2_2");
    ck_assert_str_eq(taken(names, "\xce\x9b"), "Lambda");
    ck_assert_str_eq(taken(names, "a__b"), "a_b");
    ck_assert_str_eq(taken(names, "a_b"), "a_b_2");
    ck_assert_str_eq(taken(names, "_x"), "x_x");
}
END_TEST

START_TEST(names_keep_out_of_the_prefix)
{
    struct c_names *names = c_names_create(arena, "line");
    ck_assert_str_eq(taken(names, "line_loss"), "own_line_loss");
    ck_assert_str_eq(taken(names, "line"), "own_line");
    ck_assert_str_eq(taken(names, "line"), "own_line_2");
    ck_assert_str_eq(taken(names, "INT_MAX"), "own_INT_MAX");
    ck_assert_str_eq(taken(names, "SIGMA"), "SIGMA");
}
END_TEST

START_TEST(names_end_with_their_scope)
{
    struct c_names *names = c_names_create(arena, "model");
    size_t mark = c_names_mark(names);
    ck_assert_str_eq(taken(names, "i"), "i");
    ck_assert_str_eq(taken(names, "i"), "i_2");
    ck_assert_str_eq(c_names_take_index(names), "j");
    c_names_release(names, mark);
    ck_assert_str_eq(taken(names, "i"), "i");
}
END_TEST

START_TEST(prefixes_are_identifiers)
{
    ck_assert_str_eq(c_prefix(arena, "digits"), "digits");
    ck_assert_str_eq(c_prefix(arena, "my-model.v2"), "my_model_v2");
    ck_assert_str_eq(c_prefix(arena, "3d"), "x_3d");
    ck_assert_str_eq(c_prefix(arena, "table"), "table_model");
    ck_assert_str_eq(c_prefix(arena, ""), "x");
    ck_assert_str_eq(c_prefix(arena, "a*/b"), "a_b");
}
END_TEST

/* ---- Expressions ---- */

/* A place where x, y, z are reals, k is a datum of whole numbers, i an index, n and d sizes. */
struct scene {
    struct speller speller;
    struct embedding embedding;
    const struct tensor *x, *y, *z, *A, *k;
    const struct index *i, *j;
    const struct dimension *n, *d;
};

static struct scene scene;

static const struct spelling *scene_tensor(void *context, const struct tensor *tensor)
{
    static const struct spelling spellings[] = {
        {.text = "x"},
        {.text = "y"},
        {.text = "z"},
        {.text = "A", .pointer = true},
        {.text = "k", .type = TYPE_WHOLE, .narrow = true, .pointer = true}};
    (void)context;
    return &spellings[tensor == scene.x   ? 0
                      : tensor == scene.y ? 1
                      : tensor == scene.z ? 2
                      : tensor == scene.A ? 3
                                          : 4];
}

static const char *scene_index(void *context, const struct index *index)
{
    (void)context;
    return index == scene.i ? "i" : "j";
}

static const char *scene_size(void *context, const struct dimension *dimension)
{
    (void)context;
    return dimension == scene.n ? "n" : "model_d";
}

static void setup_scene(void)
{
    setup();
    struct dimension *n = graph_dimension(graph, "n"), *d = graph_dimension(graph, "d");
    d->known = true;
    d->value = 3;
    struct axis axes[] = {{node_number(graph, 0), node_size(graph, n)},
                          {node_number(graph, -1), node_size(graph, d)}};
    struct tensor *k = graph_tensor(graph, TENSOR_DATA, "k", 1, axes);
    k->class_count = node_size(graph, d);
    scene = (struct scene){.x = graph_tensor(graph, TENSOR_PARAMETER, "x", 0, NULL),
                           .y = graph_tensor(graph, TENSOR_PARAMETER, "y", 0, NULL),
                           .z = graph_tensor(graph, TENSOR_PARAMETER, "z", 0, NULL),
                           .A = graph_tensor(graph, TENSOR_PARAMETER, "A", 2, axes),
                           .k = k,
                           .i = graph_index(graph, "i", NULL, node_size(graph, n)),
                           .j = graph_index(graph, "j", NULL, node_size(graph, d)),
                           .n = n,
                           .d = d};
    scene.embedding = (struct embedding){.arena = arena};
    scene.speller = (struct speller){.arena = arena,
                                     .graph = graph,
                                     .embedding = &scene.embedding,
                                     .tensor = scene_tensor,
                                     .index = scene_index,
                                     .size = scene_size};
}

static const struct node *number(double value)
{
    return node_number(graph, value);
}

static const struct node *load(const struct tensor *tensor, const struct node *first,
                               const struct node *second)
{
    const struct node *subscripts[] = {first, second};
    return node_load(graph, tensor, subscripts);
}

static const struct node *X(void)
{
    return load(scene.x, NULL, NULL);
}

static const struct node *Y(void)
{
    return load(scene.y, NULL, NULL);
}

static const struct node *Z(void)
{
    return load(scene.z, NULL, NULL);
}

static const struct node *I(void)
{
    return node_index(graph, scene.i);
}

static const struct node *J(void)
{
    return node_index(graph, scene.j);
}

static const struct node *two(enum operator_id id, const struct node *x, const struct node *y)
{
    return node_binary(graph, id, x, y);
}

static const struct node *minus(const struct node *x)
{
    return node_unary(graph, OPERATOR_NEGATE, x);
}

static const char *spelt(const struct node *node, enum c_type type)
{
    struct text text = text_create(arena);
    expression_append(&scene.speller, &text, node, type, LEVEL_ANY);
    return text.bytes;
}

static const char *real(const struct node *node)
{
    return spelt(node, TYPE_REAL);
}

START_TEST(parentheses_only_where_c_needs_them)
{
    const struct node *sum = two(OPERATOR_ADD, X(), Y());
    ck_assert_str_eq(real(sum), "x + y");
    ck_assert_str_eq(real(two(OPERATOR_ADD, sum, Z())), "x + y + z");
    ck_assert_str_eq(real(two(OPERATOR_SUBTRACT, Z(), sum)), "z - (x + y)");
    ck_assert_str_eq(real(two(OPERATOR_MULTIPLY, sum, Z())), "(x + y) * z");
    ck_assert_str_eq(real(two(OPERATOR_DIVIDE, X(), two(OPERATOR_DIVIDE, Y(), Z()))),
                     "x / (y / z)");
    ck_assert_str_eq(real(two(OPERATOR_DIVIDE, two(OPERATOR_DIVIDE, X(), Y()), Z())), "x / y / z");
    ck_assert_str_eq(real(node_unary(graph, OPERATOR_SIN, sum)), "sine(x + y)");
}
END_TEST

START_TEST(minus_signs_never_meet)
{
    ck_assert_str_eq(real(minus(minus(X()))), "-(-x)");
    ck_assert_str_eq(real(two(OPERATOR_SUBTRACT, X(), minus(Y()))), "x - (-y)");
    ck_assert_str_eq(real(two(OPERATOR_SUBTRACT, X(), number(-2))), "x - (-2.0)");
    ck_assert_str_eq(real(two(OPERATOR_SUBTRACT, X(), two(OPERATOR_MULTIPLY, number(-2), Y()))),
                     "x - (-2.0 * y)");
    ck_assert_str_eq(real(minus(number(-2))), "2.0");
    ck_assert_str_eq(real(two(OPERATOR_MULTIPLY, X(), minus(Y()))), "x * -y");
    ck_assert_str_eq(real(minus(two(OPERATOR_ADD, X(), Y()))), "-(x + y)");
}
END_TEST

START_TEST(literals_are_short_and_never_whole)
{
    ck_assert_str_eq(real(number(2)), "2.0");
    ck_assert_str_eq(real(number(1e-300)), "1e-300");
    ck_assert_str_eq(real(number(0.1)), "0.1");
    ck_assert_str_eq(real(number(-0.0)), "-0.0");
    ck_assert_str_eq(real(number(INFINITY)), "HUGE_VAL");
    ck_assert_str_eq(real(number(-INFINITY)), "-HUGE_VAL");
    ck_assert_str_eq(real(number(NAN)), "(double)NAN");
    ck_assert_str_eq(real(two(OPERATOR_DIVIDE, number(1), number(3))), "1.0 / 3.0");
}
END_TEST

START_TEST(whole_numbers_are_cast_where_reals_are_wanted)
{
    ck_assert_str_eq(real(two(OPERATOR_ADD, I(), X())), "(double)i + x");
    ck_assert_str_eq(real(node_size(graph, scene.n)), "(double)n");
    ck_assert_str_eq(real(load(scene.k, I(), NULL)), "(double)k[i]");
    ck_assert_str_eq(spelt(X(), TYPE_WHOLE), "(ptrdiff_t)x");
    ck_assert_str_eq(spelt(two(OPERATOR_ADD, I(), number(1)), TYPE_WHOLE), "i + 1");
}
END_TEST

START_TEST(elements_lie_in_row_major_order)
{
    /* The second axis of A runs from -1: its extent is d + 1. */
    ck_assert_str_eq(real(load(scene.A, I(), J())), "A[i * (model_d + 1) + j + 1]");
    ck_assert_str_eq(real(load(scene.A, number(0), number(-1))), "A[0]");
    ck_assert_str_eq(real(load(scene.A, load(scene.k, I(), NULL), J())),
                     "A[(ptrdiff_t)k[i] * (model_d + 1) + j + 1]");
}
END_TEST

START_TEST(quotients_of_whole_numbers_round_down)
{
    const struct node *half = two(OPERATOR_DIVIDE, I(), number(2));
    ck_assert_str_eq(spelt(node_unary(graph, OPERATOR_FLOOR, half), TYPE_WHOLE),
                     "floor_quotient(i, 2)");
    ck_assert_str_eq(spelt(two(OPERATOR_MOD, I(), number(2)), TYPE_WHOLE), "floor_remainder(i, 2)");
    ck_assert_str_eq(spelt(half, TYPE_WHOLE), "(ptrdiff_t)((double)i / 2.0)");
    const struct node *pair[] = {I(), number(0)};
    ck_assert_str_eq(spelt(node_apply(graph, OPERATOR_MAX, 2, pair), TYPE_WHOLE), "larger(i, 0)");
}
END_TEST

START_TEST(truths_become_numbers_and_back)
{
    const struct node *less = two(OPERATOR_LESS, X(), Y());
    ck_assert_str_eq(spelt(less, TYPE_TRUTH), "x < y");
    ck_assert_str_eq(real(less), "x < y ? 1.0 : 0.0");
    ck_assert_str_eq(real(two(OPERATOR_ADD, less, X())), "(x < y ? 1.0 : 0.0) + x");
    ck_assert_str_eq(spelt(X(), TYPE_TRUTH), "x != 0.0");
    const struct node *both = two(OPERATOR_AND, less, two(OPERATOR_EQUAL, I(), J()));
    ck_assert_str_eq(spelt(both, TYPE_TRUTH), "x < y && i == j");
    ck_assert_str_eq(spelt(two(OPERATOR_OR, both, less), TYPE_TRUTH), "(x < y && i == j) || x < y");
    ck_assert_str_eq(spelt(node_unary(graph, OPERATOR_NOT, less), TYPE_TRUTH), "!(x < y)");
    ck_assert_str_eq(real(node_select(graph, less, X(), node_select(graph, less, Y(), Z()))),
                     "x < y ? x : x < y ? y : z");
}
END_TEST

static const char *power(const struct node *base, double exponent)
{
    return real(two(OPERATOR_POWER, base, number(exponent)));
}

START_TEST(small_powers_are_products)
{
    const struct node *sum = two(OPERATOR_ADD, X(), Y());
    ck_assert_str_eq(power(X(), 2), "x * x");
    ck_assert_str_eq(power(X(), 3), "x * x * x");
    ck_assert_str_eq(power(sum, 2), "square(x + y)");
    ck_assert_str_eq(power(sum, 3), "cube(x + y)");
    ck_assert_str_eq(power(X(), 4), "square(square(x))");
    ck_assert_str_eq(power(X(), 0.5), "sqrt(x)");
    ck_assert_str_eq(power(sum, -1), "1.0 / (x + y)");
    ck_assert_str_eq(power(X(), -2), "1.0 / square(x)");
    ck_assert_str_eq(power(X(), 1e30), "pow(x, 1e30)");
    ck_assert_str_eq(real(two(OPERATOR_POWER, X(), Y())), "pow(x, y)");
    ck_assert_str_eq(real(two(OPERATOR_DIVIDE, Y(), two(OPERATOR_POWER, X(), number(2)))),
                     "y / (x * x)");
}
END_TEST

START_TEST(many_arguments_fold_from_the_left)
{
    const struct node *three[] = {X(), Y(), Z()};
    ck_assert_str_eq(real(node_apply(graph, OPERATOR_MAX, 3, three)), "maximum(maximum(x, y), z)");
    ck_assert_uint_eq(scene.embedding.count, 1);
    ck_assert_str_eq(scene.embedding.functions[0].name, "maximum");
}
END_TEST

START_TEST(float_is_float_throughout)
{
    scene.speller.single = true;
    ck_assert_str_eq(
        real(two(OPERATOR_MULTIPLY, number(0.5), node_unary(graph, OPERATOR_SIN, X()))),
        "0.5f * sine(x)");
    ck_assert_str_eq(power(X(), 0.5), "sqrtf(x)");
    ck_assert_str_eq(real(number(1e300)), "HUGE_VALF");
    ck_assert_str_eq(real(number(1e-300)), "0.0f");
    ck_assert_str_eq(real(I()), "(float)i");
    ck_assert_str_eq(real(two(OPERATOR_LESS, X(), Y())), "x < y ? 1.0f : 0.0f");
    ck_assert_str_eq(real(node_unary(graph, OPERATOR_SIGMOID, X())), "sigmoid(x)");
}
END_TEST

/* Every operator has a spelling that this writer understands: its arguments come out in place. */
START_TEST(every_operator_can_be_spelt)
{
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        const struct operation *operation = operator_get(id);
        const struct node *arguments[] = {X(), Y(), Z()};
        const char *c = real(node_apply(graph, id, operation->arity, arguments));
        ck_assert_msg(strchr(c, 'x') != NULL, "%s: %s", operation->spelling, c);
        ck_assert_msg(operation->arity < 2 || strchr(c, 'y') != NULL, "%s: %s", operation->spelling,
                      c);
    }
}
END_TEST

START_TEST(deep_expressions_need_no_stack)
{
    const struct node *node = X();
    for (int i = 0; i < 100000; i++) {
        node = two(OPERATOR_SUBTRACT, Y(), node);
    }
    ck_assert_uint_eq(strlen(real(node)), 100000 * 6 + 1 - 2);
}
END_TEST

/* ---- From double to float ---- */

static const char *converted(const char *c)
{
    struct text text = text_create(arena);
    text_append_float(&text, c, strlen(c));
    return text.bytes;
}

START_TEST(float_conversion_changes_tokens_only)
{
    ck_assert_str_eq(converted("double f(double x)"), "float f(float x)");
    ck_assert_str_eq(converted("exp(-x) + 1.5e-3 * expm1(x)"), "expf(-x) + 1.5e-3f * expm1f(x)");
    ck_assert_str_eq(converted("x[2] + 1.0 / 0x1f"), "x[2] + 1.0f / 0x1f");
    ck_assert_str_eq(converted("/* a double 1.0 */ exponent"), "/* a double 1.0 */ exponent");
    ck_assert_str_eq(converted("a1.5"), "a1.5");
}
END_TEST

/* ---- Sizes ---- */

static const char *printed(const struct node *size)
{
    struct amount amount = amount_of(arena, size);
    struct text text = text_create(arena);
    amount_print(&text, &amount);
    return text.bytes;
}

static const char *checked(const struct node *size)
{
    struct amount amount = amount_of(arena, size);
    struct text text = text_create(arena);
    amount_append(&scene.speller, &text, &amount);
    return text.bytes;
}

START_TEST(sizes_take_like_terms_together)
{
    const struct node *n = node_size(graph, scene.n), *d = node_size(graph, scene.d);
    const struct node *nd = two(OPERATOR_MULTIPLY, n, d);
    const struct node *sum = two(OPERATOR_ADD, two(OPERATOR_ADD, nd, number(7)), nd);
    ck_assert_str_eq(printed(sum), "2*n*d + 7");
    ck_assert_str_eq(checked(sum), "size_sum(size_product((size_t)n, 2 * model_d), 7)");
    ck_assert_str_eq(checked(number(0)), "0");
    ck_assert_str_eq(checked(d), "model_d");
    struct amount large = amount_of(arena, sum), small = amount_of(arena, nd);
    ck_assert(amount_within(&small, &large));
    ck_assert(!amount_within(&large, &small));
}
END_TEST

START_TEST(sizes_never_wrap_below_zero)
{
    const struct node *n = node_size(graph, scene.n);
    ck_assert_str_eq(checked(two(OPERATOR_SUBTRACT, n, number(2))), "(size_t)larger(n - 2, 0)");
}
END_TEST

/* ---- Comments and strings ---- */

START_TEST(comments_cannot_be_ended)
{
    struct text text = text_create(arena);
    const char *bad = "a */ int b; /* c \\\n ?\?/ d";
    comment_append(&text, bad, strlen(bad));
    ck_assert_ptr_eq(strstr(text.bytes, "*/"), NULL);
    ck_assert_ptr_eq(strstr(text.bytes, "/*"), NULL);
    ck_assert_ptr_eq(strchr(text.bytes, '\\'), NULL);
    ck_assert_ptr_eq(strchr(text.bytes, '\n'), NULL);
    ck_assert_ptr_eq(strstr(text.bytes, "?\?"), NULL);
    struct text name = text_create(arena);
    comment_append_name(&name, "x*/\n\"y.expr");
    ck_assert_str_eq(name.bytes, "x?/??y.expr");
}
END_TEST

START_TEST(strings_escape_all_that_is_not_plain)
{
    struct text text = text_create(arena);
    string_append(&text, "a\"b\\\n?\xce\xb8 1.csv");
    ck_assert_str_eq(text.bytes, "\"a\\042b\\134\\012\\077\\316\\270 1.csv\"");
}
END_TEST

/* ---- Statements ---- */

static struct step *push(struct step_list *list, enum step_kind kind)
{
    struct step *step = ARENA_NEW(arena, struct step);
    step->kind = kind;
    ARENA_PUSH(arena, list->items, list->count, list->capacity, step);
    return step;
}

static struct access *reach(struct table *accesses, const struct tensor *tensor, const char *path,
                            const char *parameter)
{
    struct access *access = ARENA_NEW(arena, struct access);
    access->tensor = tensor;
    access->path = path;
    access->parameter = parameter;
    table_store(accesses, tensor, access);
    return access;
}

/* sum = 0; for i: sum += v[i]*v[i]; loss = if sum > 1 then sum else 0 */
static struct plan *sample_plan(const struct tensor *v, const struct tensor *loss)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    plan->graph = graph;
    plan->by_tensor = table_create(arena);
    plan->parts = ARENA_NEW(arena, struct part);
    plan->part_count = 1;
    struct step_list *steps = &plan->parts[0].steps;
    const struct tensor *sum = graph_tensor(graph, TENSOR_LOCAL, "sum1", 0, NULL);
    const struct node *total = load(sum, NULL, NULL), *element = load(v, I(), NULL);
    struct step *declare = push(steps, STEP_DECLARE);
    declare->target = sum;
    declare->value = number(0);
    struct step *loop = push(steps, STEP_LOOP);
    loop->index = scene.i;
    loop->first = number(0);
    loop->end = node_size(graph, scene.n);
    struct step *add = push(&loop->body, STEP_ASSIGN);
    add->target = sum;
    add->value = two(OPERATOR_ADD, total, two(OPERATOR_MULTIPLY, element, element));
    struct step *store = push(steps, STEP_STORE);
    store->target = loss;
    store->value = node_select(graph, two(OPERATOR_GREATER, total, number(1)), total, number(0));
    return plan;
}

static struct emitter sample_emitter(struct text *text, const struct emit_options *options)
{
    struct emitter emitter = emitter_create(arena, graph, "model", options, NULL);
    emitter.text = text;
    table_store(emitter.sizes, scene.n, (void *)(uintptr_t) "n");
    return emitter;
}

START_TEST(functions_read_as_written_by_hand)
{
    struct axis axis = {number(0), node_size(graph, scene.n)};
    const struct tensor *v = graph_tensor(graph, TENSOR_DATA, "v", 1, &axis);
    const struct tensor *loss = graph_tensor(graph, TENSOR_DEFINED, "loss", 0, NULL);
    const struct emit_options options = {.name = "model"};
    struct text text = text_create(arena);
    struct emitter emitter = sample_emitter(&text, &options);
    const struct c_parameter parameters[] = {{"data", "const struct model_data *data"},
                                             {"work", "double *work"}};
    struct function function = {.comment = "The loss.",
                                .name = "model_loss",
                                .parameters = parameters,
                                .parameter_count = 2,
                                .plan = sample_plan(v, loss),
                                .accesses = table_create(arena),
                                .returned = loss};
    reach(function.accesses, v, "data->v", "data");
    function_emit(&emitter, &function);
    ck_assert_str_eq(text.bytes, "/* The loss. */\n"
                                 "double model_loss(const struct model_data *data, double *work)\n"
                                 "{\n"
                                 "    (void)work;\n"
                                 "    const ptrdiff_t n = data->n;\n"
                                 "    const double *const v = data->v;\n"
                                 "\n"
                                 "    double sum = 0.0;\n"
                                 "    for (ptrdiff_t i = 0; i < n; i++)\n"
                                 "        sum += v[i] * v[i];\n"
                                 "    return sum > 1.0 ? sum : 0.0;\n"
                                 "}\n\n");
}
END_TEST

START_TEST(parts_take_what_they_use)
{
    struct axis axis = {number(0), node_size(graph, scene.n)};
    const struct tensor *v = graph_tensor(graph, TENSOR_DATA, "v", 1, &axis);
    const struct tensor *loss = graph_tensor(graph, TENSOR_DEFINED, "loss", 0, NULL);
    const struct emit_options options = {.name = "model", .single = true};
    struct text text = text_create(arena);
    struct emitter emitter = sample_emitter(&text, &options);
    const struct c_parameter parameters[] = {{"data", "const struct model_data *data"},
                                             {"work", "float *work"}};
    struct function function = {.name = "model_loss",
                                .parameters = parameters,
                                .parameter_count = 2,
                                .plan = sample_plan(v, loss),
                                .accesses = table_create(arena),
                                .returned = loss};
    function.plan = &(struct plan){.graph = graph,
                                   .by_tensor = table_create(arena),
                                   .parts = (struct part[]){function.plan->parts[0], {{0}}},
                                   .part_count = 2};
    reach(function.accesses, v, "data->v", "data");
    function_emit(&emitter, &function);
    ck_assert_ptr_nonnull(strstr(
        text.bytes, "static void model_loss_part_1(const struct model_data *data, float *loss)\n"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "    *loss = sum > 1.0f ? sum : 0.0f;\n"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "    model_loss_part_1(data, &result);\n"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "    return result;\n"));
}
END_TEST

START_TEST(long_lines_break_after_signs)
{
    const struct emit_options options = {.name = "model"};
    struct text text = text_create(arena);
    struct emitter emitter = sample_emitter(&text, &options);
    struct text line = text_create(arena);
    text_append(&line, "const double long_name_of_a_value = a_first_operand");
    for (int i = 0; i < 40; i++) {
        text_append(&line, " + another_operand * factor");
    }
    emit_line(&emitter, 4, line.bytes);
    for (const char *at = text.bytes; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        ck_assert_uint_le(length, LINE_WIDTH);
        ck_assert_int_ne(at[strspn(at, " ")], '+');
        ck_assert_int_ne(at[length - 1], ' ');
        at += length + 1;
    }
}
END_TEST

/* ---- Whole files ---- */

static const char line_model[] = "data  x[n], y[n] from \"line.csv\"\n"
                                 "param w = 0, b = 0 in [-1, 1]\n"
                                 "f[i] = w*x[i] + b\n"
                                 "loss = 1/2 * sum[i] (y[i] - f[i])^2\n"
                                 "minimize loss with gd(rate = 1e-4), steps = 2000\n"
                                 "report largest = max[i] abs(f[i])\n"
                                 "output f\n";

static const char *emitted(const char *text, const char *file, struct emit_options options)
{
    struct source source = {.name = file, .text = text, .length = strlen(text)};
    struct diagnostics *diagnostics = diagnostics_create(arena);
    struct source *kept = ARENA_NEW(arena, struct source);
    *kept = source;
    struct model *model = model_read(arena, kept, "line", diagnostics);
    ck_assert_ptr_nonnull(model);
    size_t length;
    const char *c = emit_model(model, &options, diagnostics, &length);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(strlen(c), length);
    return c;
}

START_TEST(a_file_has_the_functions_promised)
{
    static const char *const promised[] = {"struct line_params {",
                                           "struct line_data {",
                                           "struct line_state {",
                                           "struct line_outputs {",
                                           "size_t line_workspace_size(",
                                           "void line_init(",
                                           "double line_loss(",
                                           "double line_loss_grad(",
                                           "double line_step(",
                                           "void line_report(",
                                           "void line_predict(",
                                           "f[i] = w * x[i] + b;",
                                           "/* f[i] = w*x[i] + b   line.expr:3 */"};
    const char *c = emitted(line_model, "line.expr", (struct emit_options){.what = EMIT_LIB});
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        ck_assert_msg(strstr(c, promised[i]) != NULL, "%s", promised[i]);
    }
    ck_assert_ptr_eq(strstr(c, "main("), NULL);
    ck_assert_ptr_eq(strstr(c, "malloc"), NULL);
}
END_TEST

START_TEST(a_trainer_has_a_main)
{
    const char *c = emitted(line_model, "line.expr", (struct emit_options){.what = EMIT_MAIN});
    ck_assert_ptr_nonnull(strstr(c, "int main(int argument_count, char **arguments)"));
    ck_assert_ptr_nonnull(strstr(c, "trainer_main(&line_model, argument_count, arguments)"));
}
END_TEST

START_TEST(a_header_declares_and_nothing_else)
{
    struct emit_options options = {.what = EMIT_HEADER, .name = "other"};
    const char *c = emitted(line_model, "line.expr", options);
    ck_assert_ptr_nonnull(strstr(c, "#ifndef OTHER_H"));
    ck_assert_ptr_nonnull(strstr(c, "double other_loss("));
    ck_assert_ptr_eq(strstr(c, "return"), NULL);
}
END_TEST

START_TEST(float_files_hold_no_double)
{
    struct emit_options options = {.what = EMIT_LIB, .single = true};
    const char *c = emitted(line_model, "line.expr", options);
    for (const char *at = strstr(c, "#include"); (at = strstr(at, "double")) != NULL; at++) {
        /* The share of rows is a quotient of two counts, rounded once. */
        ck_assert(strncmp(at, "double)data->n", 14) == 0);
    }
}
END_TEST

/* Squared distances from the nearest of some points, and the sums over rows of their derivative. */
START_TEST(sums_of_lanes_stay_in_registers)
{
    const char *c = emitted("dim d = 16, k = 9\n"
                            "data p[n,d] from \"p.csv\"\n"
                            "param c[k,d] ~ uniform(0, 1)\n"
                            "y = sum[i] min[j] (sum[l] (p[i,l] - c[j,l])^2)\n"
                            "minimize y with gd(rate = 1), steps = 1\n",
                            "near.expr", (struct emit_options){.what = EMIT_LIB});
    ck_assert_ptr_nonnull(strstr(c, "strip_load(&y_sum["));
    ck_assert_ptr_nonnull(strstr(c, "sums[v] += squared;"));
    ck_assert_ptr_nonnull(strstr(c, "strip_store(&y_sum["));
    ck_assert_ptr_nonnull(strstr(c, " += strip_sum(terms);"));
}
END_TEST

START_TEST(the_same_model_gives_the_same_bytes)
{
    struct emit_options options = {.what = EMIT_MAIN};
    const char *first = emitted(line_model, "line.expr", options);
    struct arena *kept = arena;
    struct graph *kept_graph = graph;
    setup();
    const char *second = emitted(line_model, "line.expr", options);
    ck_assert_str_eq(first, second);
    teardown();
    arena = kept;
    graph = kept_graph;
}
END_TEST

START_TEST(file_names_smuggle_nothing)
{
    const char *c =
        emitted(line_model, "x*/ int hacked; /*\n.expr", (struct emit_options){.what = EMIT_LIB});
    const char *at = c;
    while ((at = strstr(at, "hacked")) != NULL) {
        const char *open = at, *close = at;
        while (open > c && strncmp(open, "/*", 2) != 0 && strncmp(open, "*/", 2) != 0) {
            open--;
        }
        ck_assert(strncmp(open, "/*", 2) == 0);
        close = strstr(close, "*/");
        ck_assert_ptr_nonnull(close);
        at++;
    }
}
END_TEST

START_TEST(scalars_are_one_function)
{
    struct source source = {.name = "expression", .text = "x^2*sin(y)", .length = 10};
    struct diagnostics *diagnostics = diagnostics_create(arena);
    struct scalar_model *scalar = scalar_model_read(arena, &source, diagnostics);
    ck_assert_ptr_nonnull(scalar);
    const struct emit_options options = {.name = "e"};
    size_t length;
    const char *c =
        emit_scalar(scalar->graph, (const struct tensor *const *)scalar->variables,
                    scalar->variable_count, &scalar->value, 1, &options, diagnostics, &length);
    ck_assert_ptr_nonnull(strstr(c, "void e_evaluate(const double *at, double *results)\n{\n"
                                    "    const double x = at[0];\n"
                                    "    const double y = at[1];\n"));
    ck_assert_ptr_nonnull(strstr(c, "results[0] = x * x * sine(y);"));
}
END_TEST

/* ---- The suite ---- */

static void add(Suite *suite, const char *name, const TTest *const *tests, size_t count,
                void (*begin)(void))
{
    TCase *cases = tcase_create(name);
    tcase_add_checked_fixture(cases, begin, teardown);
    tcase_set_timeout(cases, 60);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
}

#define ADD(suite, name, begin, ...)                                                               \
    do {                                                                                           \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        add((suite), (name), tests, sizeof tests / sizeof tests[0], (begin));                      \
    } while (0)

Suite *emit_suite(void)
{
    Suite *suite = suite_create("emit");
    ADD(suite, "names", setup, names_keep_what_c_allows, names_never_meet_a_word_of_c,
        names_never_meet_each_other, names_keep_out_of_the_prefix, names_end_with_their_scope,
        prefixes_are_identifiers);
    ADD(suite, "expressions", setup_scene, parentheses_only_where_c_needs_them,
        minus_signs_never_meet, literals_are_short_and_never_whole,
        whole_numbers_are_cast_where_reals_are_wanted, elements_lie_in_row_major_order,
        quotients_of_whole_numbers_round_down, truths_become_numbers_and_back,
        small_powers_are_products, many_arguments_fold_from_the_left, float_is_float_throughout,
        every_operator_can_be_spelt, deep_expressions_need_no_stack,
        float_conversion_changes_tokens_only);
    ADD(suite, "sizes", setup_scene, sizes_take_like_terms_together, sizes_never_wrap_below_zero);
    ADD(suite, "text", setup, comments_cannot_be_ended, strings_escape_all_that_is_not_plain);
    ADD(suite, "functions", setup_scene, functions_read_as_written_by_hand,
        parts_take_what_they_use, long_lines_break_after_signs);
    ADD(suite, "files", setup, a_file_has_the_functions_promised, a_trainer_has_a_main,
        a_header_declares_and_nothing_else, float_files_hold_no_double,
        sums_of_lanes_stay_in_registers, the_same_model_gives_the_same_bytes,
        file_names_smuggle_nothing, scalars_are_one_function);
    return suite;
}
