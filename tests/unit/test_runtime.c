/* src/runtime: the parts of an emitted trainer, included as an emitted file holds them, with a
 * small model of our own: f[i] = sum[j] w[j]*x[i,j] + b, loss = mean[i] (f[i] - y[i])^2, w's size
 * decided by the data. */
#define _XOPEN_SOURCE 700 /* terminals of our own */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* The runtime's memory: how many more allocations succeed, how many are not given back yet. */
static size_t allocations_left = SIZE_MAX, allocations_live;

static void *scarce_realloc(void *old, size_t size)
{
    void *memory = allocations_left == 0 ? NULL : realloc(old, size);
    allocations_left -= memory != NULL;
    allocations_live += memory != NULL && old == NULL;
    return memory;
}

static void *scarce_calloc(size_t count, size_t size)
{
    void *memory = scarce_realloc(NULL, count * size);
    return memory == NULL ? NULL : memset(memory, 0, count * size);
}

static void counting_free(void *memory)
{
    allocations_live -= memory != NULL;
    free(memory);
}

#define calloc scarce_calloc
#define realloc scarce_realloc
#define free counting_free
#include "runtime/all.c"
#undef calloc
#undef realloc
#undef free
/* What only models that draw from a normal distribution carry. */
#include "runtime/normal.c"

#include <check.h>
#include <fcntl.h>

Suite *runtime_suite(void);

/* ---- Files of the test's own ---- */

static char folder[] = "/tmp/symgrad-runtime-XXXXXX";
static struct failure failure;

static void enter(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    memset(&failure, 0, sizeof failure);
}

static void leave(void)
{
    static const char *const names[] = {"t.csv", "u.csv", "out",  "err",   "saved",
                                        "log",   "p.csv", "kept", "p.svg", "c.txt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        remove(names[i]);
    }
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static void write_bytes(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static const char *read_text(const char *name)
{
    static char text[65536];
    FILE *file = fopen(name, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void assert_contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in '%s'", part, text);
}

/* ---- failure, memory ---- */

START_TEST(quotes_escape_control_bytes)
{
    struct failure_quotation quotation;
    char text[1000];
    ck_assert_str_eq(failure_quote(&quotation, "a\n\033'\\\0b", 7),
                     "'a\\012\\033\\047\\134\\000b'");
    memset(text, 1, sizeof text);
    ck_assert_uint_lt(strlen(failure_quote(&quotation, text, sizeof text)), FAILURE_QUOTE);
    ck_assert_str_eq(quotation.text + strlen(quotation.text) - 4, "...'");
    ck_assert_str_eq(failure_quote(&quotation, "", 0), "''");
}
END_TEST

START_TEST(sizes_that_overflow_are_out_of_memory)
{
    size_t capacity = 0;
    ck_assert_uint_eq(memory_product(SIZE_MAX / 2, 3), SIZE_MAX);
    ck_assert_uint_eq(memory_product(0, SIZE_MAX), 0);
    ck_assert_uint_eq(memory_sum(SIZE_MAX, 1), SIZE_MAX);
    ck_assert_ptr_null(memory_new(SIZE_MAX, 8, &failure));
    ck_assert_int_eq(failure.status, FAILURE_SYSTEM);
    ck_assert_ptr_null(memory_grow(NULL, &capacity, SIZE_MAX / 4, 8, &failure));
    ck_assert_uint_eq(capacity, 0);
}
END_TEST

/* ---- random ---- */

START_TEST(random_bits_are_those_of_xoshiro)
{
    /* The first numbers of the authors' reference code from this state. */
    struct random random = {{1, 2, 3, 4}};
    ck_assert(random_bits(&random) == UINT64_C(11520));
    ck_assert(random_bits(&random) == UINT64_C(0));
    ck_assert(random_bits(&random) == UINT64_C(1509978240));
    ck_assert(random_bits(&random) == UINT64_C(1215971899390074240));
}
END_TEST

START_TEST(splitmix_is_the_reference)
{
    uint64_t state = 1234567;
    ck_assert(random_mix(&state) == UINT64_C(6457827717110365317));
    ck_assert(random_mix(&state) == UINT64_C(3203168211198807973));
}
END_TEST

START_TEST(streams_differ_and_repeat)
{
    struct random a, b, c;
    random_seed(&a, 7, 0);
    random_seed(&b, 7, 1);
    random_seed(&c, 7, 0);
    uint64_t first = random_bits(&a);
    ck_assert(first != random_bits(&b));
    ck_assert(first == random_bits(&c));
}
END_TEST

START_TEST(draws_have_the_right_moments)
{
    enum { COUNT = 200000 };
    struct random random;
    double sum = 0, square = 0, fourth = 0, uniform = 0;
    random_seed(&random, 3, 0);
    for (int i = 0; i < COUNT; i++) {
        double u = random_uniform(&random), z = random_normal(&random);
        ck_assert(u >= 0 && u < 1);
        uniform += u;
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    ck_assert_double_eq_tol(uniform / COUNT, 0.5, 0.003);
    ck_assert_double_eq_tol(sum / COUNT, 0, 0.01);
    ck_assert_double_eq_tol(square / COUNT, 1, 0.02);
    ck_assert_double_eq_tol(fourth / COUNT, 3, 0.1);
}
END_TEST

START_TEST(permutations_are_fair)
{
    int seen[6] = {0};
    struct random random;
    random_seed(&random, 5, 0);
    for (int i = 0; i < 60000; i++) {
        ptrdiff_t order[3];
        random_permutation(&random, order, 3);
        ck_assert_int_eq((1 << order[0]) + (1 << order[1]) + (1 << order[2]), 7);
        seen[order[0] * 2 + (order[1] > order[2])]++;
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_int_gt(seen[i], 9600);
        ck_assert_int_lt(seen[i], 10400);
    }
}
END_TEST

/* A long one, which is shuffled in parts: every place sees early and late numbers alike. */
START_TEST(long_permutations_are_fair)
{
    enum { LENGTH = 300000, TENTHS = 10 };
    ptrdiff_t *order = malloc(LENGTH * sizeof *order);
    char *seen = calloc(LENGTH, 1);
    int fell[TENTHS][TENTHS] = {{0}};
    struct random random;
    random_seed(&random, 5, 0);
    random_permutation(&random, order, LENGTH);
    for (ptrdiff_t i = 0; i < LENGTH; i++) {
        ck_assert(order[i] >= 0 && order[i] < LENGTH && !seen[order[i]]);
        seen[order[i]] = 1;
        fell[i * TENTHS / LENGTH][order[i] * TENTHS / LENGTH]++;
    }
    for (int i = 0; i < TENTHS; i++)
        for (int j = 0; j < TENTHS; j++)
            ck_assert_int_lt(abs(fell[i][j] - LENGTH / TENTHS / TENTHS), 250); /* 4.6 deviations */
    free(order);
    free(seen);
}
END_TEST

/* ---- array ---- */

START_TEST(arrays_by_columns_are_found_by_rows)
{
    const struct array array = {.rank = 3, .shape = {2, 3, 4}, .by_columns = true};
    ck_assert_uint_eq(array_row_length(&array), 12);
    for (size_t j = 0; j < 3; j++)
        for (size_t k = 0; k < 4; k++)
            ck_assert_uint_eq(array_column_place(&array, 4 * j + k), 2 * j + 6 * k);
}
END_TEST

START_TEST(halves_are_read_to_the_bit)
{
    const struct array array = {.kind = ARRAY_REAL, .size = 2, .rank = 1, .shape = {1}};
    static const struct {
        unsigned char bytes[2];
        double value;
    } cases[] = {{{0x00, 0x00}, 0.0},           {{0x00, 0x3c}, 1.0},      {{0x00, 0xc0}, -2.0},
                 {{0x55, 0x35}, 0x1.554p-2},    {{0xff, 0x7b}, 65504.0},  {{0x00, 0x04}, 0x1p-14},
                 {{0x01, 0x80}, -0x1p-24},      {{0x00, 0x7c}, INFINITY}, {{0x00, 0xfc}, -INFINITY},
                 {{0xff, 0x03}, 1023 * 0x1p-24}};
    static const unsigned char nothing[] = {0x01, 0x7e};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_double_eq(array_number(&array, cases[i].bytes), cases[i].value);
    ck_assert(isnan(array_number(&array, nothing)));
}
END_TEST

/* ---- table ---- */

static struct source source;

static bool open_table(struct table *table, const char *name)
{
    table_open(table, &source);
    return source_open(&source, name, &failure);
}

static void close_table(struct table *table)
{
    table_close(table);
    source_close(&source);
}

/* The whole table as one text: cells in brackets, a bar after each row. */
static const char *read_table(const char *bytes, size_t length)
{
    static char text[4096];
    struct table table;
    enum table_result result;
    write_bytes("t.csv", bytes, length);
    ck_assert(open_table(&table, "t.csv"));
    text[0] = '\0';
    while ((result = table_next(&table, &failure)) == TABLE_ROW) {
        for (size_t i = 0; i < table.count; i++) {
            ck_assert(table.cells[i].text[table.cells[i].length] == 0);
            snprintf(text + strlen(text), sizeof text - strlen(text), "[%s]", table.cells[i].text);
        }
        strcat(text, "|");
    }
    if (result == TABLE_FAILED) {
        strcpy(text, failure.text);
    }
    close_table(&table);
    return text;
}

static const struct {
    const char *bytes, *cells;
} tables[] = {
    {"", ""},
    {"\n\n  \n# only a comment\n", ""},
    {"1,2\n3,4\n", "[1][2]|[3][4]|"},
    {"1,2\n3,4", "[1][2]|[3][4]|"},
    {"1,2\r\n3,4\r\n", "[1][2]|[3][4]|"},
    {"1,2\r3,4\r", "[1][2]|[3][4]|"},
    {"\xef\xbb\xbf"
     "1,2\n",
     "[1][2]|"},
    {"a\tb c\n1\t2\n", "[a][b c]|[1][2]|"},
    {"a;b\n1,5;2\n", "[a][b]|[1,5][2]|"},
    {"  1   2 3 \n4\t5 6", "[1][2][3]|[4][5][6]|"},
    {"1 , 2 , 3\n", "[1][2][3]|"},
    {"# it's a \"comment\n1,2\n  # another \"\n3,4\n", "[1][2]|[3][4]|"},
    {"\"a,b\",\"c\"\"d\",\"\"\n1,2,3\n", "[a,b][c\"d][]|[1][2][3]|"},
    {"\"a\nb\",c\n", "[a\nb][c]|"},
    {"\"a\" ,5\" x\n", "[a][5\" x]|"},
    {"1,,3\n,\n", "[1][][3]|[][]|"},
    {"\"1\";\"2;3\"\n", "[1][2;3]|"},
    {"7\n8\n", "[7]|[8]|"},
    {"1,\"2\n", "'t.csv', line 1: a quote is not closed"},
    {"1,2\n\n3,\"\"\"4\n5,6\n", "'t.csv', line 3: a quote is not closed"},
};

START_TEST(tables_are_read)
{
    ck_assert_str_eq(read_table(tables[_i].bytes, strlen(tables[_i].bytes)), tables[_i].cells);
}
END_TEST

START_TEST(lines_are_counted)
{
    struct table table;
    write_text("t.csv", "a,b\r\n\r\n# c\r\n\"x\r\ny\",2\r\n3,4\r\n");
    ck_assert(open_table(&table, "t.csv"));
    ck_assert_int_eq(table_next(&table, &failure), TABLE_ROW);
    ck_assert_int_eq(table_next(&table, &failure), TABLE_ROW);
    ck_assert_uint_eq(table.line, 4);
    ck_assert_int_eq(table_next(&table, &failure), TABLE_ROW);
    ck_assert_uint_eq(table.line, 6);
    ck_assert_int_eq(table_next(&table, &failure), TABLE_END);
    close_table(&table);
}
END_TEST

START_TEST(rows_cross_the_buffer)
{
    enum { ROWS = 40000 };
    struct table table;
    FILE *file = fopen("t.csv", "wb");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < ROWS; i++) {
        fprintf(file, "%d,\"%d\"\r\n", i, i * 3);
    }
    fclose(file);
    ck_assert(open_table(&table, "t.csv"));
    for (int i = 0; i < ROWS; i++) {
        double value;
        ck_assert_int_eq(table_next(&table, &failure), TABLE_ROW);
        ck_assert_uint_eq(table.count, 2);
        ck_assert(table_number(&table.cells[1], &value));
        ck_assert_double_eq(value, i * 3);
    }
    ck_assert_int_eq(table_next(&table, &failure), TABLE_END);
    close_table(&table);
}
END_TEST

START_TEST(numbers_are_decimal_and_finite)
{
    static const char *const good[] = {"0", "-1.5", "+.5", "5.", "1e3", "1.5E-3", "1e+5", "010"};
    static const char *const bad[] = {"",    ".",     "-",  "e5", "1e",  "1e+", "0x10", "nan",
                                      "inf", "1e999", " 1", "1 ", "1,5", "--1", "1f",   "1.2.3"};
    double value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct table_cell cell = {good[i], strlen(good[i])};
        ck_assert_msg(table_number(&cell, &value), "%s", good[i]);
        ck_assert_double_eq(value, atof(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct table_cell cell = {bad[i], strlen(bad[i])};
        ck_assert_msg(!table_number(&cell, &value), "%s", bad[i]);
    }
    struct table_cell hidden = {"1\0"
                                "2",
                                3};
    ck_assert(!table_number(&hidden, &value));
}
END_TEST

/* Written in many ways, each number comes out as strtod reads it, to the bit. */
START_TEST(numbers_are_rounded_correctly)
{
    static const char *const formats[] = {"%.17g", "%.16e", "%.15g", "%.6f", "%.18f", "%.3g"};
    static const char *const ties[] = {"9007199254740993",
                                       "9007199254740992.5",
                                       "9007199254740993e-22",
                                       "4503599627370497.5",
                                       "0.000000000000000000001",
                                       "123456789012345678e22",
                                       "123456789012345678e-22",
                                       "1e23",
                                       "-0",
                                       "1e-400",
                                       "2.4703282292062327e-324",
                                       "1.7976931348623157e308"};
    struct random random;
    char text[64];
    double value;
    random_seed(&random, 11, 0);
    for (int i = 0; i < 200000; i++) {
        double scale = i % 4 == 0 ? 1e6 : i % 4 == 1 ? 1e-12 : 1;
        double number = (random_uniform(&random) - 0.5) * scale;
        snprintf(text, sizeof text, formats[i % 6], number);
        ck_assert_msg(decimal_read(text, strlen(text), &value), "%s", text);
        double expected = strtod(text, NULL);
        ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s", text);
    }
    for (size_t i = 0; i < sizeof ties / sizeof ties[0]; i++) {
        double expected = strtod(ties[i], NULL);
        ck_assert_msg(decimal_read(ties[i], strlen(ties[i]), &value), "%s", ties[i]);
        ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s", ties[i]);
    }
}
END_TEST

START_TEST(missing_files_and_folders_are_named)
{
    struct table table;
    ck_assert(!open_table(&table, "no\nfile"));
    ck_assert_str_eq(failure.text, "cannot open 'no\\012file': No such file or directory");
    close_table(&table);
    failure.status = FAILURE_NONE;
    if (open_table(&table, ".")) {
        ck_assert_int_eq(table_next(&table, &failure), TABLE_FAILED);
    }
    ck_assert_str_eq(failure.text, "cannot read '.': Is a directory");
    close_table(&table);
}
END_TEST

/* ---- The model ---- */

enum { DIM_N, DIM_K, DIM_M, DIM_E };

static const struct trainer_dimension dimensions[] = {
    {"n", TRAINER_NONE}, {"k", 3}, {"m", TRAINER_NONE}, {"e", TRAINER_NONE}};
static const struct trainer_input wide_inputs[] = {
    {"x", "t.csv", TRAINER_NONE, 2, {DIM_N, DIM_M}},
    {"y", "t.csv", TRAINER_NONE, 1, {DIM_N}},
};
static const struct trainer_input label_inputs[] = {
    {"x", "t.csv", TRAINER_NONE, 1, {DIM_N}},
    {"label", "t.csv", DIM_K, 1, {DIM_N}},
};
static const struct trainer_input open_inputs[] = {
    {"code", "t.csv", DIM_E, 1, {DIM_N}},
    {"table", "u.csv", TRAINER_NONE, 2, {DIM_E, DIM_M}},
};
static const struct trainer_input lone_inputs[] = {{"x", NULL, TRAINER_NONE, 1, {DIM_N}}};

struct toy_data {
    ptrdiff_t n, n_total, m;
    const double *x, *y;
};
struct toy_params {
    double *w;
    double b;
};
struct toy_state {
    struct toy_params gradient;
    double v; /* momentum, of b alone */
    ptrdiff_t steps;
};
struct toy_outputs {
    double *f, *twice, *w;
};

static bool toy_breaks;     /* the loss turns NaN */
static bool toy_is_wrong;   /* the gradient is off */
static bool toy_interrupts; /* the first step is as if Ctrl-C were pressed */

static void toy_set_data(void *object, const struct trainer_rows *rows)
{
    struct toy_data *data = object;
    data->n = rows->sizes[DIM_N];
    data->m = rows->sizes[DIM_M];
    data->n_total = rows->total;
    data->x = rows->inputs[0].numbers;
    data->y = rows->inputs[1].numbers;
}

static size_t toy_workspace(const void *data)
{
    return (size_t)((const struct toy_data *)data)->n;
}

static size_t toy_reals(const void *data)
{
    return (size_t)((const struct toy_data *)data)->m;
}

static void toy_place(void *object, const void *data, real *storage)
{
    (void)data;
    ((struct toy_params *)object)->w = storage;
}

static void toy_describe(void *object, const void *data, struct trainer_field *fields)
{
    struct toy_params *params = object;
    fields[0] = (struct trainer_field){"w", 1, {((const struct toy_data *)data)->m}, params->w};
    fields[1] = (struct trainer_field){"b", 0, {0}, &params->b};
}

static void toy_start(void *parameters, void *state, const void *data, real *work, uint64_t seed)
{
    struct toy_params *params = parameters;
    (void)state;
    (void)work;
    params->b = 0.5;
    for (ptrdiff_t j = 0; j < ((const struct toy_data *)data)->m; j++) {
        params->w[j] = (double)seed / 100;
    }
}

static double toy_loss(const void *parameters, const void *opaque, double *work)
{
    const struct toy_params *params = parameters;
    const struct toy_data *data = opaque;
    double sum = 0;
    for (ptrdiff_t i = 0; i < data->n; i++) {
        work[i] = params->b - data->y[i];
        for (ptrdiff_t j = 0; j < data->m; j++) {
            work[i] += params->w[j] * data->x[i * data->m + j];
        }
        sum += work[i] * work[i];
    }
    return toy_breaks && params->b > 1 ? NAN : sum / (double)data->n;
}

static double toy_loss_gradient(const void *parameters, const void *opaque, void *gradient,
                                double *work)
{
    const struct toy_data *data = opaque;
    struct toy_params *g = gradient;
    double loss = toy_loss(parameters, data, work);
    g->b = 0;
    for (ptrdiff_t j = 0; j < data->m; j++) {
        g->w[j] = 0;
    }
    for (ptrdiff_t i = 0; i < data->n; i++) {
        double t = 2 * work[i] / (double)data->n;
        g->b += toy_is_wrong ? 1.001 * t : t;
        for (ptrdiff_t j = 0; j < data->m; j++) {
            g->w[j] += toy_is_wrong && j == 1 ? 0 : t * data->x[i * data->m + j];
        }
    }
    return loss;
}

static double toy_step(void *parameters, void *state, const void *opaque, double *work, double rate)
{
    struct toy_params *params = parameters, *g = &((struct toy_state *)state)->gradient;
    const struct toy_data *data = opaque;
    double loss = toy_loss_gradient(params, data, g, work);
    struct toy_state *kept = state;
    kept->v = 0.5 * kept->v + g->b;
    kept->steps++;
    params->b -= rate * kept->v;
    for (ptrdiff_t j = 0; j < data->m; j++) {
        params->w[j] -= rate * g->w[j];
    }
    if (toy_interrupts) {
        raise(SIGINT);
    }
    return loss;
}

static void *toy_gradient(void *state)
{
    return &((struct toy_state *)state)->gradient;
}

static ptrdiff_t *toy_steps(void *state)
{
    return &((struct toy_state *)state)->steps;
}

static void toy_describe_state(void *state, const void *data, struct trainer_field *fields)
{
    (void)data;
    fields[0] = (struct trainer_field){"v", 0, {0}, &((struct toy_state *)state)->v};
}

static void toy_report(const void *parameters, const void *data, double *work, double *values)
{
    values[0] = sqrt(toy_loss(parameters, data, work));
}

static size_t toy_output_reals(const void *opaque)
{
    const struct toy_data *data = opaque;
    return (size_t)(data->n + 2 * data->n + data->m);
}

static void toy_place_outputs(void *object, const void *opaque, real *storage)
{
    struct toy_outputs *outputs = object;
    const struct toy_data *data = opaque;
    outputs->f = storage;
    outputs->twice = storage + data->n;
    outputs->w = storage + 3 * data->n;
}

static void toy_describe_outputs(void *object, const void *opaque, struct trainer_field *fields)
{
    struct toy_outputs *outputs = object;
    const struct toy_data *data = opaque;
    fields[0] = (struct trainer_field){"f", 1, {data->n}, outputs->f};
    fields[1] = (struct trainer_field){"twice", 3, {data->n, 1, 2}, outputs->twice};
    fields[2] = (struct trainer_field){"w", 1, {data->m}, outputs->w};
}

static void toy_predict(const void *parameters, const void *opaque, double *work, void *object)
{
    const struct toy_data *data = opaque;
    struct toy_outputs *outputs = object;
    toy_loss(parameters, data, work);
    for (ptrdiff_t i = 0; i < data->n; i++) {
        outputs->f[i] = data->x[i * data->m];
        outputs->twice[2 * i] = data->x[i * data->m];
        outputs->twice[2 * i + 1] = data->y[i];
    }
    for (ptrdiff_t j = 0; j < data->m; j++) {
        outputs->w[j] = (double)j;
    }
}

static const int toy_over[] = {0, 1};
static const struct trainer_objective toy_objectives[] = {{.name = "loss",
                                                           .rate = 0.1,
                                                           .over = toy_over,
                                                           .over_count = 2,
                                                           .loss = toy_loss,
                                                           .loss_gradient = toy_loss_gradient,
                                                           .step = toy_step,
                                                           .gradient = toy_gradient,
                                                           .steps = toy_steps,
                                                           .definition = 1}};
static const char *const toy_reports[] = {"error"};

static struct trainer_model toy(void)
{
    struct trainer_model model = {
        .name = "toy",
        .hash = 7,
        .dimensions = dimensions,
        .dimension_count = 3,
        .rows = DIM_N,
        .inputs = wide_inputs,
        .input_count = 2,
        .data_size = sizeof(struct toy_data),
        .set_data = toy_set_data,
        .workspace = toy_workspace,
        .parameters = {sizeof(struct toy_params), toy_reals, toy_place},
        .parameter_count = 2,
        .describe_parameters = toy_describe,
        .state = {sizeof(struct toy_state), toy_reals, toy_place},
        .state_count = 1,
        .describe_state = toy_describe_state,
        .start = toy_start,
        .objectives = toy_objectives,
        .objective_count = 1,
        .steps = 500,
        .report_names = toy_reports,
        .report_count = 1,
        .report = toy_report,
        .outputs = {sizeof(struct toy_outputs), toy_output_reals, toy_place_outputs},
        .output_count = 3,
        .describe_outputs = toy_describe_outputs,
        .predict = toy_predict,
    };
    toy_breaks = toy_is_wrong = toy_interrupts = false;
    return model;
}

/* ---- columns, inputs ---- */

static struct trainer_model with_inputs(const struct trainer_input *inputs, int count)
{
    struct trainer_model model = toy();
    model.inputs = inputs;
    model.input_count = count;
    model.dimension_count = inputs == open_inputs ? 4 : inputs == wide_inputs ? 3 : 2;
    return model;
}

static bool read_inputs(struct inputs *inputs, const struct trainer_model *model)
{
    const char *files[4] = {NULL};
    for (int i = 0; i < model->input_count; i++) {
        files[i] = model->inputs[i].file;
    }
    return inputs_read(inputs, model, files, NULL, &failure);
}

START_TEST(columns_go_in_order_without_names)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    write_text("t.csv", "p,q,r\n1,2,3\n4,5,6\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.rows, 2);
    ck_assert_int_eq(inputs.sizes[DIM_M], 2);
    ck_assert_double_eq(inputs.values[0].numbers[3], 5);
    ck_assert_double_eq(inputs.values[1].numbers[1], 6);
    inputs_free(&inputs);
}
END_TEST

START_TEST(columns_go_by_name)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    write_text("t.csv", "p,y,r\n1,2,3\n4,5,6\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_double_eq(inputs.values[0].numbers[3], 6);
    ck_assert_double_eq(inputs.values[1].numbers[1], 5);
    inputs_free(&inputs);
}
END_TEST

START_TEST(named_columns_leave_others_unread)
{
    struct trainer_model model = with_inputs(label_inputs, 2);
    struct inputs inputs;
    write_text("t.csv", "label,name,x\n2,alice,0.5\n0,,1.5\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.values[1].labels[0], 2);
    ck_assert_double_eq(inputs.values[0].numbers[1], 1.5);
    inputs_free(&inputs);
}
END_TEST

START_TEST(numbers_may_name_columns)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    write_text("t.csv", "0,1,y\n1,2,3\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.rows, 1);
    inputs_free(&inputs);
}
END_TEST

START_TEST(classes_are_counted_where_unknown)
{
    static const struct trainer_input alone[] = {{"code", "t.csv", DIM_E, 1, {DIM_N}}};
    struct trainer_model model = with_inputs(open_inputs, 2);
    struct inputs inputs;
    write_text("t.csv", "0\n3\n1\n");
    write_text("u.csv", "1,2\n3,4\n5,6\n7,8\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.sizes[DIM_E], 4);
    inputs_free(&inputs);
    write_text("u.csv", "1,2\n3,4\n5,6\n");
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "code holds 3, which is not in 0..2");
    inputs_free(&inputs);
    model.inputs = alone;
    model.input_count = 1;
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "no data tells the size of m");
    ck_assert_int_eq(inputs.sizes[DIM_E], TRAINER_NONE);
    inputs_free(&inputs);
}
END_TEST

static const struct {
    const struct trainer_input *inputs;
    const char *text, *message;
} wrong_inputs[] = {
    {wide_inputs, NULL, "cannot open 't.csv': No such file or directory"},
    {wide_inputs, "", "'t.csv' is empty"},
    {wide_inputs, "# nothing\n", "'t.csv' is empty"},
    {wide_inputs, "a,b\n", "'t.csv' has a header but no rows"},
    {wide_inputs, "1\n", "'t.csv', line 1: 1 column here, but 2 or more, evenly shared, for x, y"},
    {wide_inputs, "1,2\n\n3\n", "'t.csv', line 3: 1 column here, but 2 in the first row"},
    {wide_inputs, "1,2\n3,4,5\n", "'t.csv', line 2: 3 columns here, but 2 in the first row"},
    {wide_inputs, "1,2\n3,b\x01\n", "'t.csv', line 2, column 2: 'b\\001' is not a number"},
    {wide_inputs, "1,2\n,4\n", "'t.csv', line 2, column 1: the cell is empty"},
    {wide_inputs, "1,x\n3,4\n", "'t.csv', line 1, column 2: 'x' is not a number"},
    {label_inputs, "1,2,3\n", "'t.csv', line 1: 3 columns here, but 2 for x, label"},
    {label_inputs, "1\n", "'t.csv', line 1: 1 column here, but 2 for x, label"},
    {label_inputs, "x,label\n1,3\n", "'t.csv', line 2, column 2: '3' is not in 0..2"},
    {label_inputs, "1,-1\n", "'t.csv', line 1, column 2: '-1' is not in 0..2"},
    {label_inputs, "1,0.5\n", "'t.csv', line 1, column 2: '0.5' is not a whole number"},
    {label_inputs, "1,1e300\n", "'t.csv', line 1, column 2: '1e300' is not in 0..2"},
};

START_TEST(wrong_inputs_are_explained)
{
    struct trainer_model model = with_inputs(wrong_inputs[_i].inputs, 2);
    struct inputs inputs;
    if (wrong_inputs[_i].text != NULL) {
        write_text("t.csv", wrong_inputs[_i].text);
    }
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, wrong_inputs[_i].message);
    ck_assert_int_eq(failure.status, FAILURE_SYSTEM);
    inputs_free(&inputs);
}
END_TEST

START_TEST(two_files_agree_on_the_rows)
{
    static const struct trainer_input two[] = {
        {"x", "t.csv", TRAINER_NONE, 1, {DIM_N}},
        {"y", "u.csv", TRAINER_NONE, 1, {DIM_N}},
    };
    struct trainer_model model = with_inputs(two, 2);
    struct inputs inputs;
    write_text("t.csv", "1\n2\n");
    write_text("u.csv", "1\n2\n3\n");
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "'u.csv': 3 rows here, but 2 for y, as is n");
    inputs_free(&inputs);
}
END_TEST

/* ---- arrays, records ---- */

static unsigned char file_bytes[4096];
static size_t file_length;

static void put(const void *bytes, size_t count)
{
    ck_assert_uint_le(file_length + count, sizeof file_bytes);
    memcpy(file_bytes + file_length, bytes, count);
    file_length += count;
}

static void put_number(uint64_t number, int size, bool big)
{
    for (int i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(number >> 8 * (big ? size - 1 - i : i));
        put(&byte, 1);
    }
}

/* As numpy writes it: what stands before the numbers. */
static void put_npy(const char *type, const char *order, const char *shape)
{
    char header[256];
    snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n", type,
             order, shape);
    put("\x93NUMPY\1\0", 8);
    put_number(strlen(header), 2, false);
    put(header, strlen(header));
}

static const struct {
    const char *type;
    int size;
    bool big, is_signed;
} array_types[] = {{"'<f8'", 8, false, true},  {"'>f8'", 8, true, true},  {"'<f4'", 4, false, true},
                   {"'<i8'", 8, false, true},  {"'>i2'", 2, true, true},  {"'|i1'", 1, false, true},
                   {"'<u4'", 4, false, false}, {"'|u1'", 1, false, false}};

static void put_typed(int type, double number)
{
    uint64_t bits = (uint64_t)(int64_t)number;
    float narrow = (float)number;
    uint32_t half;
    if (array_types[type].type[2] == 'f') {
        memcpy(&bits, &number, sizeof bits);
        memcpy(&half, &narrow, sizeof half);
        bits = array_types[type].size == 4 ? half : bits;
    }
    put_number(bits, array_types[type].size, array_types[type].big);
}

/* The sum of what x and y got, each number times its place. */
static double read_sum(const struct trainer_model *model)
{
    struct inputs inputs;
    double sum = 0;
    ck_assert_msg(read_inputs(&inputs, model), "%s", failure.text);
    for (int i = 0; i < model->input_count; i++) {
        size_t count = (size_t)inputs.rows * inputs.widths[i];
        for (size_t k = 0; k < count; k++) {
            double number = inputs.values[i].labels == NULL ? inputs.values[i].numbers[k]
                                                            : (double)inputs.values[i].labels[k];
            sum += (double)(k + 1) * number;
        }
    }
    inputs_free(&inputs);
    return sum;
}

START_TEST(arrays_of_every_type_are_read)
{
    struct trainer_model model = toy();
    double sign = array_types[_i].is_signed ? -1 : 1;
    file_length = 0;
    put_npy(array_types[_i].type, "False", "(2, 3)");
    for (int i = 1; i <= 6; i++) {
        put_typed(_i, i == 2 ? 2 * sign : i);
    }
    write_bytes("t.csv", (const char *)file_bytes, file_length);
    /* x = 1 2, 4 5 and y = 3, 6 */
    ck_assert_double_eq(read_sum(&model), 1 + 4 * sign + 12 + 20 + 3 + 12);
}
END_TEST

static const struct {
    const char *type, *order, *shape, *message;
} wrong_arrays[] = {
    {"'<c16'", "False", "(2, 3)", "'t.csv' holds no numbers that are known here: '\\047<c16\\047'"},
    {"'<f1'", "False", "(2, 3)", "'t.csv' holds no numbers that are known here: '\\047<f1\\047'"},
    {"[('a', '<f8')]", "False", "(2, 3)",
     "'t.csv' holds no numbers that are known here: '[(\\047a\\047'"},
    {"'<f8'", "True", "(2, 3)", "'t.csv', row 2, column 3: inf is not finite"},
    {"'<f8'", "True", "(9, 99999999999)", "'t.csv' ends too early"},
    {"'<f8'", "False", "(0, 3)", "'t.csv' has no shape, or an empty one"},
    {"'<f8'", "False", "2", "'t.csv' has no shape, or an empty one"},
    {"'<f8'", "False", "(1,1,1,1,1,1,1,1,1)", "'t.csv' has no shape, or an empty one"},
    {"'<f8'", "False", "(2, 1)",
     "'t.csv', row 1: 1 column here, but 2 or more, evenly shared, for x, y"},
    {"'<f8'", "False", "(3, 3)", "'t.csv' ends too early"},
    {"'<f8'", "False", "(9, 99999999999)", "'t.csv' ends too early"},
    {"'<f8'", "False", "(2, 3)", "'t.csv', row 2, column 3: inf is not finite"},
};

START_TEST(wrong_arrays_are_explained)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    file_length = 0;
    put_npy(wrong_arrays[_i].type, wrong_arrays[_i].order, wrong_arrays[_i].shape);
    for (int i = 1; i <= 6; i++) {
        put_typed(0, i == 6 && strcmp(wrong_arrays[_i].shape, "(2, 3)") == 0 ? INFINITY : i);
    }
    write_bytes("t.csv", (const char *)file_bytes, file_length);
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, wrong_arrays[_i].message);
    inputs_free(&inputs);
}
END_TEST

/* Arrays of one input each: their shapes are the inputs'. */
START_TEST(shapes_settle_sizes)
{
    static const struct trainer_input apart[] = {
        {"x", "t.csv", TRAINER_NONE, 3, {DIM_N, DIM_M, DIM_E}},
        {"y", "u.csv", TRAINER_NONE, 2, {DIM_N, DIM_M}},
    };
    struct trainer_model model = with_inputs(open_inputs, 2);
    struct inputs inputs;
    model.inputs = apart;
    file_length = 0;
    put("\0\0\x0b\3", 4);
    for (uint64_t axis = 1; axis <= 3; axis++) {
        put_number(axis, 4, true);
    }
    for (uint64_t i = 0; i < 6; i++) {
        put_number(i, 2, true);
    }
    write_bytes("t.csv", (const char *)file_bytes, file_length);
    write_text("u.csv", "7,8\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.sizes[DIM_M], 2);
    ck_assert_int_eq(inputs.sizes[DIM_E], 3);
    ck_assert_double_eq(inputs.values[0].numbers[5], 5);
    inputs_free(&inputs);
    file_length = 0;
    put_npy("'|b1'", "True", "(1,)");
    put("\1", 1);
    write_bytes("u.csv", (const char *)file_bytes, file_length);
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "'u.csv', row 1: 1 column here, but 2 for y");
    inputs_free(&inputs);
    file_length = 0;
    put_npy("'|u1'", "False", "(1, 3)");
    put("\1\2\3", 3);
    write_bytes("u.csv", (const char *)file_bytes, file_length);
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "'u.csv': axis 2 has size 3 here, but 2 for y");
    inputs_free(&inputs);
}
END_TEST

/* A file in a zip archive that is not packed; its sizes are among the extras, as numpy puts them.
 */
static void put_member(const char *name, const char *shape, const double *numbers, int count)
{
    unsigned char held[512];
    size_t before = file_length;
    put_npy("'<f8'", "False", shape);
    for (int i = 0; i < count; i++) {
        put_typed(0, numbers[i]);
    }
    size_t length = file_length - before;
    memcpy(held, file_bytes + before, length);
    file_length = before;
    put("PK\3\4\x2d\0\0\0\0\0\0\0\0\0", 14);
    put_number(0, 4, false);
    put_number(UINT32_MAX, 4, false);
    put_number(UINT32_MAX, 4, false);
    put_number(strlen(name), 2, false);
    put_number(24, 2, false);
    put(name, strlen(name));
    put("\7\0\0\0\1\0\x10\0", 8);
    put_number(length, 8, false);
    put_number(length, 8, false);
    put(held, length);
}

START_TEST(archives_hold_an_array_for_each_input)
{
    static const double x[] = {1, 2, 3, 4}, y[] = {5, 6};
    struct trainer_model model = toy();
    struct inputs inputs;
    file_length = 0;
    put_member("other.npy", "()", x, 1);
    put_member("y.npy", "(2,)", y, 2);
    put_member("x.npy", "(2, 2)", x, 4);
    put("PK\1\2", 4);
    put_number(0, 8, false);
    write_bytes("t.csv", (const char *)file_bytes, file_length);
    ck_assert_double_eq(read_sum(&model), 1 + 4 + 9 + 16 + 5 + 12);
    for (size_t length = 4; length + 12 < file_length; length += 7) { /* cut anywhere */
        write_bytes("t.csv", (const char *)file_bytes, length);
        ck_assert(!read_inputs(&inputs, &model));
        assert_contains(failure.text, "'t.csv'");
        inputs_free(&inputs);
    }
    file_length = 0;
    put_member("y.npy", "(2,)", y, 2);
    put("PK\1\2", 4);
    write_bytes("t.csv", (const char *)file_bytes, file_length);
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "'t.csv' holds no array x.npy");
    inputs_free(&inputs);
}
END_TEST

/* The same rows packed: with the codes that are fixed, not at all but with every extra that gzip
 * knows, and, other rows, with codes of their own. */
static const char packed_fixed[] =
    "\037\213\010\000\000\000\000\000\000\000\063\324\061\322\061\346\062\321\061\325"
    "\061\343\002\000\264\301\237\333\014\000\000\000";
static const char packed_stored[] =
    "\037\213\010\036\000\000\000\000\000\000\002\000\170\171\156\141\155\145\000\143"
    "\157\155\155\145\156\164\000\150\143\001\014\000\363\377\061\054\062\054\063\012"
    "\064\054\065\054\066\012\264\301\237\333\014\000\000\000";
static const char packed_dynamic[] =
    "\037\213\010\000\000\000\000\000\000\000\135\214\261\011\000\060\014\303\366\334"
    "\342\305\362\377\277\065\055\045\224\056\042\050\266\221\105\271\351\146\016\075"
    "\214\120\212\276\163\015\363\345\311\323\311\277\313\054\154\303\347\027\100\320"
    "\245\161\170\000\000\000";

/* Repeats what was before the first byte; the checksum is that of zeros there. */
static const char packed_too_far[] =
    "\037\213\010\000\000\000\000\000\000\000\063\004\142\000\330\100\323\151\004\000\000\000";

/* Whether the rows with codes of their own arrive; what is refused is said to be damaged. */
static bool dynamic_arrives(const char *bytes, size_t length)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    double sum = 0;
    write_bytes("t.csv", bytes, length);
    bool arrives = read_inputs(&inputs, &model);
    if (arrives) {
        for (int i = 0; i < 20; i++) {
            sum += (i + 1) * inputs.values[1].numbers[i];
        }
        ck_assert_double_eq(sum, 259);
    } else {
        assert_contains(failure.text, "'t.csv' is damaged, or ends too early");
    }
    inputs_free(&inputs);
    return arrives;
}

START_TEST(packed_files_are_unpacked)
{
    struct trainer_model model = toy();
    write_bytes("t.csv", packed_fixed, sizeof packed_fixed - 1);
    ck_assert_double_eq(read_sum(&model), 1 + 4 + 12 + 20 + 3 + 12);
    write_bytes("t.csv", packed_stored, sizeof packed_stored - 1);
    ck_assert_double_eq(read_sum(&model), 1 + 4 + 12 + 20 + 3 + 12);
    ck_assert(dynamic_arrives(packed_dynamic, sizeof packed_dynamic - 1));
}
END_TEST

/* After the head every bit is covered by the checksum, but for those that fill the last byte. */
START_TEST(damaged_packed_files_are_refused)
{
    char bytes[128];
    const size_t length = sizeof packed_dynamic - 1;
    int arrived = 0;
    for (size_t i = 10; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bytes, packed_dynamic, length);
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            arrived += dynamic_arrives(bytes, length);
        }
        ck_assert(!dynamic_arrives(packed_dynamic, i));
    }
    ck_assert_int_lt(arrived, 8);
    ck_assert(!dynamic_arrives(packed_too_far, sizeof packed_too_far - 1));
    for (size_t i = 10; i < sizeof packed_fixed - 1; i++) {
        ck_assert(!dynamic_arrives(packed_fixed, i));
    }
    for (size_t i = 10; i < sizeof packed_stored - 1; i++) {
        ck_assert(!dynamic_arrives(packed_stored, i));
    }
}
END_TEST

START_TEST(sparse_lines_have_zeros_between)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    write_text("t.csv", "3 1:0.5 4:-1 # a remark\n-1\n2 3:7\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert_int_eq(inputs.sizes[DIM_M], 4);
    ck_assert_int_eq(inputs.rows, 3);
    ck_assert_double_eq(inputs.values[0].numbers[0], 0.5);
    ck_assert_double_eq(inputs.values[0].numbers[3], -1);
    ck_assert_double_eq(inputs.values[0].numbers[10], 7);
    ck_assert_double_eq(inputs.values[1].numbers[1], -1);
    inputs_free(&inputs);
}
END_TEST

static const struct {
    const char *text, *message;
} wrong_lines_of_pairs[] = {
    {"1 1:2\nx 1:3\n", "'t.csv', line 2: 'x' is no number"},
    {"1 1:2\n1 2\n", "'t.csv', line 2: '2' is no column and number such as 3:0.5"},
    {"1 1:2\n1 0:2\n", "'t.csv', line 2: '0:2' is no column and number such as 3:0.5"},
    {"1 1:2\n1 2:\n", "'t.csv', line 2: '2:' is no column and number such as 3:0.5"},
};

START_TEST(wrong_pairs_are_explained)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    write_text("t.csv", wrong_lines_of_pairs[_i].text);
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, wrong_lines_of_pairs[_i].message);
    inputs_free(&inputs);
}
END_TEST

START_TEST(characters_are_numbered_by_their_codes)
{
    static const struct trainer_input letters[] = {{"c", "c.txt", DIM_E, 2, {DIM_N, DIM_K}}};
    static const struct trainer_input few[] = {{"c", "c.txt", DIM_K, 1, {DIM_N}}};
    struct trainer_model model = with_inputs(open_inputs, 1);
    struct inputs inputs;
    model.inputs = letters;
    model.dimension_count = 2;
    write_text("c.txt", "banana is a fruit");
    model.dimension_count = 4;
    ck_assert(!read_inputs(&inputs, &model)); /* but for m, which nothing tells */
    ck_assert_str_eq(failure.text, "no data tells the size of m");
    ck_assert_int_eq(inputs.sizes[DIM_E], 10);
    ck_assert_int_eq(inputs.sizes[DIM_N], 5);
    ck_assert_int_eq(inputs.values[0].labels[0], 2);
    ck_assert_int_eq(inputs.values[0].labels[1], 1);
    ck_assert_int_eq(inputs.values[0].labels[6], 0);
    inputs_free(&inputs);
    model.inputs = few;
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_str_eq(failure.text, "'c.txt': 10 different characters here, but 3 for c");
    inputs_free(&inputs);
    write_text("c.txt", "2\n0\n1\n"); /* numbers are a table, whatever the name */
    ck_assert(!read_inputs(&inputs, &model));
    ck_assert_int_eq(inputs.sizes[DIM_N], 3);
    ck_assert_int_eq(inputs.values[0].labels[2], 1);
    inputs_free(&inputs);
}
END_TEST

/* ---- batches ---- */

static void read_counted(struct inputs *inputs, const struct trainer_model *model, int rows)
{
    FILE *file = fopen("t.csv", "wb");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < rows; i++) {
        fprintf(file, "%d,%d,%d\n", i, -i, 1000 + i);
    }
    fclose(file);
    ck_assert_msg(read_inputs(inputs, model), "%s", failure.text);
}

START_TEST(held_out_rows_keep_their_order)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    ptrdiff_t places[10], training;
    bool seen[10] = {false};
    read_counted(&inputs, &model, 10);
    ck_assert(batches_hold_out(&inputs, 0.2, 9, places, &training, &failure));
    ck_assert_int_eq(training, 8);
    for (int i = 0; i < 10; i++) {
        ck_assert_double_eq(inputs.values[1].numbers[places[i]], 1000 + i);
        ck_assert_double_eq(inputs.values[0].numbers[2 * places[i] + 1], -i);
        seen[places[i]] = true;
        if (i > 0 && i != 8) {
            ck_assert_double_gt(inputs.values[1].numbers[i], inputs.values[1].numbers[i - 1]);
        }
    }
    for (int i = 0; i < 10; i++) {
        ck_assert(seen[i]);
    }
    inputs_free(&inputs);
}
END_TEST

START_TEST(an_epoch_uses_each_row_once)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    struct batches batches = {0};
    double first[10];
    read_counted(&inputs, &model, 10);
    ck_assert(batches_make(&batches, &inputs, 10, 4, &failure));
    ck_assert_int_eq(batches_in_epoch(&batches), 3);
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        int sum = 0, moved = 0;
        batches_shuffle(&batches, 1, epoch);
        for (int b = 0; b < 3; b++) {
            const struct toy_data *data = batches.view.data;
            batches_gather(&batches, b);
            ck_assert_int_eq(data->n, b == 2 ? 2 : 4);
            ck_assert_int_eq(data->n_total, 10);
            for (int i = 0; i < data->n; i++) {
                ck_assert_double_eq(data->x[2 * i] + 1000, data->y[i]);
                sum += 1 << (int)data->x[2 * i];
                moved += epoch == 1 && data->x[2 * i] < first[4 * b + i];
                first[4 * b + i] = data->x[2 * i];
            }
        }
        ck_assert_int_eq(sum, 1023);
        ck_assert(epoch == 0 || moved > 0);
    }
    batches_free(&batches);
    inputs_free(&inputs);
}
END_TEST

static void set_nothing(void *object, const struct trainer_rows *rows)
{
    (void)object;
    (void)rows;
}

START_TEST(labels_stay_with_their_rows)
{
    struct trainer_model model = with_inputs(label_inputs, 2);
    struct inputs inputs;
    struct batches batches = {0};
    ptrdiff_t places[4], training;
    model.set_data = set_nothing;
    write_text("t.csv", "10,0\n11,1\n12,2\n20,0\n");
    ck_assert_msg(read_inputs(&inputs, &model), "%s", failure.text);
    ck_assert(batches_hold_out(&inputs, 0.25, 9, places, &training, &failure));
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(inputs.values[1].labels[i], (int)inputs.values[0].numbers[i] % 10);
    }
    ck_assert(batches_make(&batches, &inputs, 4, 2, &failure));
    batches_shuffle(&batches, 1, 0);
    for (int b = 0; b < 2; b++) {
        batches_gather(&batches, b);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(batches.view.values[1].labels[i],
                             (int)batches.view.values[0].numbers[i] % 10);
        }
    }
    batches_free(&batches);
    inputs_free(&inputs);
}
END_TEST

START_TEST(a_full_batch_is_the_data_itself)
{
    struct trainer_model model = toy();
    struct inputs inputs;
    struct batches batches = {0};
    read_counted(&inputs, &model, 10);
    ck_assert(batches_make(&batches, &inputs, 10, 99, &failure));
    batches_shuffle(&batches, 1, 0);
    batches_gather(&batches, 0);
    ck_assert_int_eq(batches_in_epoch(&batches), 1);
    ck_assert_ptr_eq(((const struct toy_data *)batches.view.data)->x, inputs.values[0].numbers);
    ck_assert_int_eq(((const struct toy_data *)batches.view.data)->n, 10);
    batches_free(&batches);
    inputs_free(&inputs);
}
END_TEST

/* ---- The whole trainer ---- */

/* Runs it with its output in the files out and err; the arguments are parted by blanks. */
static const char *output_file = "out", *error_file = "err";

static int train(const struct trainer_model *model, const char *line)
{
    char text[256], *arguments[20] = {(char *)"toy"};
    int count = 1, status, out = dup(1), err = dup(2);
    strcpy(text, line);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    fflush(stdout);
    fflush(stderr);
    ck_assert_ptr_nonnull(freopen(output_file, "wb", stdout));
    ck_assert_ptr_nonnull(freopen(error_file, "wb", stderr));
    status = trainer_main(model, count, arguments);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    clearerr(stdout);
    return status;
}

/* y = 2 x - z + 3 exactly */
static void write_plane(void)
{
    FILE *file = fopen("t.csv", "wb");
    ck_assert_ptr_nonnull(file);
    fputs("x,z,y\n", file);
    for (int i = 0; i < 20; i++) {
        double x = i % 5 / 4.0, z = i / 5 / 3.0;
        fprintf(file, "%.17g,%.17g,%.17g\n", x, z, 2 * x - z + 3);
    }
    fclose(file);
}

static double value_of(const char *name)
{
    const char *text = read_text("out");
    size_t length = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && strncmp(line + length, " = ", 3) == 0) {
            return atof(line + length + 3);
        }
    }
    ck_abort_msg("no '%s' in '%s'", name, text);
    return 0;
}

START_TEST(training_finds_the_plane)
{
    struct trainer_model model = toy();
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 3000 --rate 0.3"), 0);
    ck_assert_double_eq_tol(value_of("b"), 3, 1e-9);
    ck_assert_double_eq_tol(value_of("w[2] norm"), sqrt(5), 1e-9);
    ck_assert_double_lt(value_of("loss"), 1e-18);
    ck_assert_double_lt(value_of("error"), 1e-9);
    assert_contains(read_text("err"), "step 3000/3000: loss ");
    ck_assert_int_eq(train(&model, "--quiet"), 0);
    ck_assert_str_eq(read_text("err"), "");
}
END_TEST

START_TEST(batches_and_holdout_repeat_with_the_seed)
{
    struct trainer_model model = toy();
    char first[4096];
    write_plane();
    model.holdout = 0.25;
    model.batch = 4;
    ck_assert_int_eq(train(&model, "--epochs 30 --seed 5 --log log"), 0);
    strcpy(first, read_text("out"));
    value_of("loss (holdout)");
    value_of("error (holdout)");
    assert_contains(read_text("err"), "epoch 30/30: loss ");
    assert_contains(read_text("log"), "epoch,step,loss,loss (holdout),error,error (holdout)\n1,4,");
    assert_contains(read_text("log"), "\n30,120,");
    ck_assert_int_eq(train(&model, "--epochs 30 --seed 5 --quiet"), 0);
    ck_assert_str_eq(read_text("out"), first);
    ck_assert_int_eq(train(&model, "--epochs 30 --seed 6"), 0);
    ck_assert_str_ne(read_text("out"), first);
}
END_TEST

START_TEST(saved_parameters_come_back_to_the_bit)
{
    struct trainer_model model = toy();
    char first[4096];
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 7 --save saved"), 0);
    strcpy(first, read_text("out"));
    ck_assert_int_eq(train(&model, "--load saved"), 0);
    ck_assert_str_eq(read_text("out"), first);
    ck_assert_str_eq(read_text("err"), "");
    ck_assert_int_eq(train(&model, "--load saved --steps 1"), 0);
    ck_assert_str_ne(read_text("out"), first);
}
END_TEST

/* ---- patience ---- */

/* The rows held out have another truth, so that training makes them worse after a while. */
START_TEST(patience_keeps_what_is_best_on_the_rows_held_out)
{
    struct trainer_model model = toy();
    char first[4096];
    FILE *file = fopen("t.csv", "wb");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 20; i++) {
        fprintf(file, "%d,%d,%g\n", i % 5, i % 3, i % 2 == 0 ? i % 5 * 1.0 : 3 - 0.2 * (i % 5));
    }
    fclose(file);
    model.holdout = 0.25;
    model.batch = 4;
    ck_assert_int_eq(train(&model, "--rate 0.01 --epochs 3000 --patience 20 --seed 3 --save saved"),
                     0);
    assert_contains(read_text("err"), "no better on the rows held out for 20 epochs\n");
    assert_contains(read_text("err"), "the parameters are those after step ");
    strcpy(first, read_text("out"));
    double best = value_of("loss (holdout)");
    ck_assert_int_eq(train(&model, "--rate 0.01 --epochs 3000 --seed 3"), 0);
    ck_assert_double_gt(value_of("loss (holdout)"), best);
    /* The same by way of a checkpoint, which ends where it ended. */
    ck_assert_int_eq(
        train(&model, "--rate 0.01 --steps 30 --patience 20 --seed 3 --checkpoint kept"), 0);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(train(&model, "--rate 0.01 --epochs 3000 --patience 20 --seed 3 "
                                       "--resume kept --checkpoint kept"),
                         0);
        ck_assert_str_eq(read_text("out"), first);
    }
    ck_assert_int_eq(train(&model, "--rate 0.01 --seed 3 --resume kept"), 3);
    assert_contains(read_text("err"), "'kept' was written under --patience");
    model.holdout = 0;
    ck_assert_int_eq(train(&model, "--patience 3"), 2);
    assert_contains(read_text("err"), "--patience: the model holds no rows out");
}
END_TEST

/* What the message says is kept is what is printed. */
START_TEST(the_best_is_kept_where_training_diverges)
{
    struct trainer_model model = toy();
    char line[64];
    int kept;
    write_plane();
    model.holdout = 0.25;
    toy_breaks = true;
    ck_assert_int_eq(train(&model, "--rate 0.01 --patience 50"), 1);
    const char *said = strstr(read_text("err"), "the parameters after step ");
    ck_assert_ptr_nonnull(said);
    ck_assert_int_eq(sscanf(said, "the parameters after step %d are kept", &kept), 1);
    double b = value_of("b");
    snprintf(line, sizeof line, "--rate 0.01 --steps %d", kept);
    ck_assert_int_eq(train(&model, line), 0);
    ck_assert_double_eq(value_of("b"), b);
}
END_TEST

/* ---- average ---- */

static struct trainer_objective toy_objective(double average, double plateau)
{
    struct trainer_objective objective = toy_objectives[0];
    objective.average = average;
    objective.plateau = plateau;
    objective.wait = 2;
    return objective;
}

START_TEST(an_average_is_that_of_the_steps)
{
    enum { STEPS = 9 };
    struct trainer_model model = toy();
    struct trainer_objective averaging = toy_objective(0.75, 0);
    double sum = 0, weights = 0;
    char line[64];
    write_plane();
    model.batch = 6;
    model.holdout = 0.25;
    for (int step = 1; step <= STEPS; step++) {
        snprintf(line, sizeof line, "--steps %d", step);
        model.objectives = toy_objectives;
        ck_assert_int_eq(train(&model, line), 0);
        sum = 0.75 * sum + value_of("b");
        weights = 0.75 * weights + 1;
        model.objectives = &averaging;
        ck_assert_int_eq(train(&model, line), 0);
        ck_assert_double_eq_tol(value_of("b"), sum / weights, 1e-14);
    }
    ck_assert_int_eq(train(&model, "--steps 0"), 0);
    ck_assert_double_eq(value_of("b"), 0.5);
}
END_TEST

/* What is printed, saved and predicted is of the same parameters. */
START_TEST(an_average_is_what_is_measured_and_saved)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objective(0.9, 0);
    char first[4096];
    write_plane();
    model.objectives = &objective;
    model.batch = 6;
    model.holdout = 0.25;
    ck_assert_int_eq(train(&model, "--steps 20 --save saved"), 0);
    strcpy(first, read_text("out"));
    ck_assert_int_eq(train(&model, "--load saved"), 0);
    ck_assert_str_eq(read_text("out"), first);
}
END_TEST

START_TEST(an_average_ends_before_a_divergence)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objective(0.75, 0);
    int kept;
    write_plane();
    model.objectives = &objective;
    toy_breaks = true;
    ck_assert_int_eq(train(&model, "--rate 0.01"), 1);
    const char *said = strstr(read_text("err"), "the average up to step ");
    ck_assert_ptr_nonnull(said);
    ck_assert_int_eq(sscanf(said, "the average up to step %d is kept", &kept), 1);
    double b = value_of("b");
    char line[64];
    snprintf(line, sizeof line, "--rate 0.01 --steps %d", kept);
    ck_assert_int_eq(train(&model, line), 0);
    ck_assert_double_eq(value_of("b"), b);
}
END_TEST

/* ---- plateau ---- */

START_TEST(a_rate_falls_where_scores_do_not)
{
    static const double scores[] = {3, 2, 2, 2.5, 1, NAN, 1, 4, 1, 0.5, 0.5};
    static const double rates[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.125};
    struct trainer_objective objective = toy_objective(0, 0.5);
    struct plateau plateau = {1, HUGE_VAL, 0};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        plateau_look(&plateau, &objective, scores[i]);
        ck_assert_double_eq(plateau.share, rates[i]);
    }
}
END_TEST

START_TEST(a_reduced_rate_is_told)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objective(0, 0.5);
    write_plane();
    model.objectives = &objective;
    ck_assert_int_eq(train(&model, "--rate 1e-300 --steps 6"), 0); /* moves nothing */
    assert_contains(read_text("err"), ", rate 1e-300\nstep 4/6: ");
    assert_contains(read_text("err"), ", rate 5e-301\nstep 5/6: ");
}
END_TEST

START_TEST(a_rate_is_refused_where_it_would_change_nothing)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objectives[0];
    write_plane();
    objective.rate = 0;
    model.objectives = &objective;
    ck_assert_int_eq(train(&model, "--rate 0.1"), 2);
    assert_contains(read_text("err"), "--rate: the model has no constant rate");
}
END_TEST

/* ---- The model's definitions ---- */

struct toy_definitions {
    double *f, error;
};

static double toy_bad_y; /* in the row of this y f is no number */

static size_t toy_definition_reals(const void *data)
{
    return (size_t)((const struct toy_data *)data)->n;
}

static void toy_place_definitions(void *object, const void *data, real *storage)
{
    (void)data;
    ((struct toy_definitions *)object)->f = storage;
}

static void toy_describe_definitions(void *object, const void *data, struct trainer_field *fields)
{
    struct toy_definitions *definitions = object;
    ptrdiff_t n = ((const struct toy_data *)data)->n;
    fields[0] = (struct trainer_field){"f", 1, {n}, definitions->f};
    fields[1] = (struct trainer_field){"error", 0, {0}, &definitions->error};
}

static void toy_define(const void *parameters, const void *opaque, double *work, void *object)
{
    struct toy_definitions *definitions = object;
    const struct toy_data *data = opaque;
    definitions->error = toy_loss(parameters, data, work);
    for (ptrdiff_t i = 0; i < data->n; i++) {
        definitions->f[i] = fabs(data->y[i] - toy_bad_y) < 1e-9 ? NAN : data->y[i] + work[i];
    }
}

static const struct trainer_operand toy_f_operands[] = {
    {TRAINER_PARAMETER, 0, {TRAINER_RUNNING}, {0}, TRAINER_NONE, {0}, {0}},
    {TRAINER_INPUT, 0, {0, TRAINER_FIXED}, {0, 1}, TRAINER_NONE, {0}, {0}},
    {TRAINER_PARAMETER, 1, {0}, {0}, TRAINER_NONE, {0}, {0}},
};
static const struct trainer_operand toy_error_operands[] = {
    {TRAINER_DEFINITION, 0, {TRAINER_RUNNING}, {0}, TRAINER_NONE, {0}, {0}},
};
static const struct trainer_definition toy_definition_table[] = {
    {"f[i] = ...   toy.expr:7", {10}, 0, toy_f_operands, 3},
    {"error = ...   toy.expr:8", {0}, TRAINER_NONE, toy_error_operands, 1},
};

static struct trainer_model explained_toy(void)
{
    struct trainer_model model = toy();
    model.definitions = (struct trainer_object){sizeof(struct toy_definitions),
                                                toy_definition_reals, toy_place_definitions};
    model.definition_count = 2;
    model.definition_fields = 2;
    model.definition_table = toy_definition_table;
    model.describe_definitions = toy_describe_definitions;
    model.define_reals = toy_workspace;
    model.define = toy_define;
    return model;
}

/* ---- plot ---- */

static size_t occurrences(const char *text, const char *part)
{
    size_t found = 0;
    for (; (text = strstr(text, part)) != NULL; text++) {
        found++;
    }
    return found;
}

START_TEST(a_plot_has_a_panel_for_each_figure)
{
    struct trainer_model model = toy();
    const char *text;
    write_plane();
    model.holdout = 0.25;
    ck_assert_int_eq(train(&model, "--steps 3000 --plot p.svg"), 0);
    text = read_text("p.svg");
    ck_assert_int_eq(strncmp(text, "<svg xmlns=", 11), 0);
    ck_assert_str_eq(text + strlen(text) - 7, "</svg>\n");
    assert_contains(text, ">loss over the steps</text>");
    assert_contains(text, ">error over the steps</text>");
    ck_assert_uint_eq(occurrences(text, "<path class='train' d='M"), 2);
    ck_assert_uint_eq(occurrences(text, "<path class='held' d='M"), 2);
    ck_assert_uint_lt(occurrences(text, "L"), 4 * PLOT_POINTS);
    ck_assert_uint_gt(occurrences(text, "L"), 4 * PLOT_POINTS / 3);
    ck_assert_uint_eq(occurrences(text, "nan"), 0);
    ck_assert_int_eq(train(&model, "--steps 0 --plot p.svg"), 0);
    ck_assert_int_eq(train(&model, "--steps 1 --rate 1e300 --plot p.svg"), 1);
    ck_assert_uint_eq(occurrences(read_text("p.svg"), "nan"), 0);
    ck_assert_int_eq(train(&model, "--steps 1 --plot no/p.svg"), 3);
}
END_TEST

/* One x and one y a row: their rows, and the definition that comes closest. */
START_TEST(a_fit_shows_data_and_curve)
{
    static const struct trainer_input pair[] = {
        {"x", "t.csv", TRAINER_NONE, 1, {DIM_N}},
        {"y", "t.csv", TRAINER_NONE, 1, {DIM_N}},
    };
    static const struct trainer_dimension fixed[] = {{"n", TRAINER_NONE}, {"k", 3}, {"m", 1}};
    struct trainer_model model = explained_toy();
    model.inputs = pair;
    model.dimensions = fixed;
    write_text("t.csv", "3,1\n1,5\n2,2\n");
    ck_assert_int_eq(train(&model, "--steps 5 --stream . --plot p.svg"), 0);
    assert_contains(read_text("p.svg"), ">y over x</text>");
    assert_contains(read_text("p.svg"), ">f</text>");
    ck_assert_uint_eq(occurrences(read_text("p.svg"), "<circle "), 3);
    model.rows = TRAINER_NONE;
    ck_assert_int_eq(train(&model, "--steps 5 --plot p.svg"), 0);
    ck_assert_uint_eq(occurrences(read_text("p.svg"), "<circle "), 0);
    ck_assert_int_eq(train(&model, "--stream nowhere"), 3);
    assert_contains(read_text("err"), "--stream: cannot make a file in that folder: No such file");
}
END_TEST

START_TEST(ticks_are_round_numbers)
{
    static const struct {
        struct plot_axis axis;
        double first, next;
    } axes[] = {{{0, 1, 0, 100, false}, 0, 0.2},
                {{-3, 2000, 0, 100, false}, 0, 500},
                {{-7e-9, -1e-9, 0, 100, false}, -7e-9, -6e-9},
                {{2e-3, 5, 0, 100, true}, 1e-2, 1e-1},
                {{2e-9, 5e9, 0, 100, true}, 1e-8, 1e-4}};
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        double first = plot_first_tick(&axes[i].axis);
        ck_assert_double_eq_tol(first, axes[i].first, 1e-9 * fabs(axes[i].next));
        ck_assert_double_eq_tol(plot_next_tick(&axes[i].axis, first), axes[i].next,
                                1e-9 * fabs(axes[i].next));
    }
}
END_TEST

/* ---- checkpoint ---- */

static const struct {
    double average, plateau;
} resumed_objectives[] = {{0, 0}, {0.75, 0}, {0, 0.5}, {0.75, 0.5}};

START_TEST(a_resumed_run_ends_on_the_same_bits)
{
    struct trainer_model model = toy();
    struct trainer_objective objective =
        toy_objective(resumed_objectives[_i].average, resumed_objectives[_i].plateau);
    char saved[4096], log[4096], line[128];
    write_plane();
    objective.maximize = objective.plateau > 0; /* it does not, so that the rate falls */
    model.objectives = &objective;
    model.batch = 6;
    model.holdout = 0.25;
    ck_assert_int_eq(train(&model, "--steps 20 --save saved --log log"), 0);
    strcpy(saved, read_text("saved"));
    strcpy(log, read_text("log"));
    for (int step = 0; step <= 20; step++) {
        snprintf(line, sizeof line, "--steps %d --checkpoint kept --every 3 --log log", step);
        ck_assert_int_eq(train(&model, line), 0);
        if (step > 0) {
            ck_assert_int_eq(train(&model, "--steps 20 --resume kept --save saved"), 0);
            ck_assert_str_eq(read_text("saved"), saved);
        }
    }
    ck_assert_int_eq(train(&model, "--steps 9 --checkpoint kept"), 0);
    ck_assert_int_eq(train(&model, "--steps 20 --resume kept --log log"), 0);
    ck_assert_str_eq(read_text("log"), log); /* the lines after step 9 were written anew */
}
END_TEST

START_TEST(damaged_checkpoints_are_refused)
{
    struct trainer_model model = toy();
    char bytes[4096];
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 3 --checkpoint kept"), 0);
    FILE *file = fopen("kept", "rb");
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ck_assert_uint_lt(length, sizeof bytes);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        write_bytes("kept", bytes, length);
        ck_assert_int_eq(train(&model, "--steps 4 --resume kept"), 3);
        assert_contains(read_text("err"), "toy: 'kept' ");
        ck_assert_str_eq(read_text("out"), "");
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        write_bytes("kept", bytes, i);
        ck_assert_int_eq(train(&model, "--steps 4 --resume kept"), 3);
        assert_contains(read_text("err"), "toy: 'kept' is no whole checkpoint");
    }
    bytes[length] = 0;
    write_bytes("kept", bytes, length + 1);
    ck_assert_int_eq(train(&model, "--steps 4 --resume kept"), 3);
    assert_contains(read_text("err"), "toy: 'kept' is damaged");
}
END_TEST

static const struct {
    const char *line, *message;
} other_runs[] = {
    {"--seed 2 --resume kept", "'kept' was written under another --seed"},
    {"--batch 5 --resume kept", "'kept' was written under another --batch"},
    {"--rate 0.5 --resume kept", "'kept' was written under another --rate"},
    {"--data x,y=u.csv --resume kept", "'kept' was written for data of another size"},
    {"--resume t.csv", "'t.csv' is no checkpoint of symgrad, or of another version"},
    {"--resume nowhere", "cannot open 'nowhere': No such file or directory"},
};

START_TEST(checkpoints_of_other_runs_are_refused)
{
    struct trainer_model model = toy();
    write_plane();
    write_text("u.csv", "1 1 3\n2 2 5\n");
    ck_assert_int_eq(train(&model, "--steps 3 --checkpoint kept"), 0);
    ck_assert_int_eq(train(&model, other_runs[_i].line), 3);
    assert_contains(read_text("err"), other_runs[_i].message);
    model.hash++;
    ck_assert_int_eq(train(&model, "--resume kept"), 3);
    assert_contains(read_text("err"), "'kept' is a checkpoint of another model");
}
END_TEST

START_TEST(checkpoints_are_written_straight_to_devices)
{
    struct trainer_model model = toy();
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 3 --every 1 --checkpoint /dev/null"), 0);
    if (access("/dev/full", W_OK) == 0) {
        ck_assert_int_eq(train(&model, "--steps 3 --every 1 --checkpoint /dev/full"), 3);
        assert_contains(read_text("err"), "cannot write '/dev/full': No space left on device");
    }
    ck_assert_int_eq(train(&model, "--steps 3 --checkpoint no/kept"), 3);
}
END_TEST

START_TEST(a_run_that_had_arrived_is_not_taken_further)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objectives[0];
    char first[4096];
    objective.stop = 1e-3;
    model.objectives = &objective;
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 100000 --checkpoint kept"), 0);
    strcpy(first, read_text("out"));
    ck_assert_int_eq(train(&model, "--steps 100000 --resume kept"), 0);
    ck_assert_str_eq(read_text("out"), first);
    assert_contains(read_text("err"), "the gradient is small enough after step ");
}
END_TEST

static const struct {
    const char *text, *message;
} wrong_saves[] = {
    {"", "'saved' ends too early"},
    {"x\n", "'saved' holds no parameters of symgrad"},
    {"symgrad parameters of toy2\n", "'saved' holds parameters of another model, not toy"},
    {"symgrad parameters of toy\nw[3]\n", "'saved', line 2: 'w[3]' where w[2] is wanted"},
    {"symgrad parameters of toy\nw[2]\n1 x\n", "'saved', line 3: '1' where a row of numbers"},
    {"symgrad parameters of toy\nw[2]\n1 2 3\n", "'saved', line 3: '1' where a row of numbers"},
    {"symgrad parameters of toy\nw[2]\n1 2\nb\n3\n", "'saved' ends too early"},
    {"symgrad parameters of toy\nw[2]\n1 2\nb\n3\nc\n", "'saved', line 6: 'c' where 'end' is"},
};

START_TEST(wrong_saves_are_refused)
{
    struct trainer_model model = toy();
    write_plane();
    write_text("saved", wrong_saves[_i].text);
    ck_assert_int_eq(train(&model, "--load saved"), 3);
    assert_contains(read_text("err"), wrong_saves[_i].message);
    ck_assert_str_eq(read_text("out"), "");
}
END_TEST

START_TEST(predictions_keep_the_order_of_the_data)
{
    struct trainer_model model = toy();
    model.holdout = 0.5;
    write_text("t.csv", "1,1,5\n2,2,6\n3,3,7\n4,4,8\n");
    ck_assert_int_eq(train(&model, "--steps 1 --predict p.csv"), 0);
    ck_assert_str_eq(read_text("p.csv"), "f,\"twice[0,0]\",\"twice[0,1]\"\n"
                                         "1,1,5\n2,2,6\n3,3,7\n4,4,8\n"
                                         "\nw\n0\n1\n");
}
END_TEST

START_TEST(outputs_of_other_axes_stay_where_they_are)
{
    struct trainer_model model = toy();
    model.holdout = 0.5;
    write_text("t.csv", "1,1,5\n2,2,6\n"); /* as many rows as w has elements */
    for (int seed = 1; seed < 5; seed++) {
        char line[64];
        snprintf(line, sizeof line, "--steps 1 --predict p.csv --seed %d", seed);
        ck_assert_int_eq(train(&model, line), 0);
        assert_contains(read_text("p.csv"), "1,1,5\n2,2,6\n\nw\n0\n1\n");
    }
}
END_TEST

START_TEST(divergence_keeps_the_last_good_parameters)
{
    struct trainer_model model = toy();
    write_plane();
    toy_breaks = true;
    ck_assert_int_eq(train(&model, "--rate 0.01 --save saved"), 1);
    ck_assert_double_le(value_of("b"), 1);
    ck_assert_double_gt(value_of("b"), 0.9);
    assert_contains(read_text("err"), "toy: diverged: loss is ");
    assert_contains(read_text("saved"), "symgrad parameters of toy\nw[2]\n");
    ck_assert_int_eq(train(&model, "--rate 1000 --steps 1"), 1); /* only the end shows it */
    assert_contains(read_text("err"), "at step 2 (epoch 2); the parameters after step 0 are kept");
    ck_assert_double_eq(value_of("b"), 0.5);
}
END_TEST

/* ---- examine ---- */

/* Row 8 keeps its name wherever holding out and shuffling have moved it. */
START_TEST(what_went_wrong_is_named)
{
    struct trainer_model model = explained_toy();
    int named = 0;
    char line[64];
    write_plane();
    toy_breaks = true;
    toy_bad_y = 2 * 0.5 - 1 / 3.0 + 3;
    ck_assert_int_eq(train(&model, "--rate 0.01"), 1);
    assert_contains(read_text("err"), "\n  first wrong: f[17] is nan, in row 8 of the data"
                                      "\n  f[i] = ...   toy.expr:7\n  w[0] ... w[1]: from ");
    assert_contains(read_text("err"), "\n  x[7,1] = 0.333333333\n  b = 1.0");
    model.holdout = 0.25;
    model.batch = 4;
    for (int seed = 1; seed < 10; seed++) {
        snprintf(line, sizeof line, "--rate 0.01 --seed %d", seed);
        ck_assert_int_eq(train(&model, line), 1);
        if (strstr(read_text("err"), "first wrong: f") != NULL) {
            assert_contains(read_text("err"), "in row 8 of the data\n");
            named++;
        } else {
            assert_contains(read_text("err"), "first wrong: error is nan\n  error = ");
            assert_contains(read_text("err"), "\n  f[10] ... f[1");
        }
    }
    ck_assert_int_gt(named, 0);
    toy_breaks = false;
    toy_bad_y = 1e9;
    ck_assert_int_eq(train(&model, "--rate 1e300 --batch 20"), 1);
    assert_contains(read_text("err"), "first wrong: error is inf\n");
}
END_TEST

START_TEST(check_tells_right_from_wrong)
{
    struct trainer_model model = toy();
    write_plane();
    ck_assert_int_eq(train(&model, "--check"), 0);
    assert_contains(read_text("out"), "check w[2]: 2 of 2 elements, 0 wrong, largest difference");
    toy_is_wrong = true;
    ck_assert_int_eq(train(&model, "--check"), 1);
    assert_contains(read_text("out"), "check w[1]: gradient 0, numeric ");
    assert_contains(read_text("out"), "check w[2]: 2 of 2 elements, 1 wrong");
    assert_contains(read_text("out"), "check b: 1 of 1 elements, 1 wrong");
    assert_contains(read_text("err"), "toy: the gradient is wrong in 2 of the 3 elements compared");
}
END_TEST

START_TEST(a_small_gradient_ends_the_training)
{
    struct trainer_model model = toy();
    struct trainer_objective objective = toy_objectives[0];
    objective.stop = 1e-3;
    model.objectives = &objective;
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 100000"), 0);
    assert_contains(read_text("err"), "the gradient is small enough after step ");
}
END_TEST

START_TEST(an_interrupt_ends_cleanly)
{
    struct trainer_model model = toy();
    write_plane();
    toy_interrupts = true;
    ck_assert_int_eq(train(&model, "--save saved"), 0);
    assert_contains(read_text("err"), "interrupted after step 1\n");
    value_of("b");
    assert_contains(read_text("saved"), "\nend\n");
}
END_TEST

static const char *const scarce_lines[] = {
    "--steps 3 --save saved --predict p.csv --log log --checkpoint kept --plot p.svg --patience 2",
    "--steps 3 --stream . --batch 5",
    "--steps 3 --data x,y=u.csv --rate 0.01",
};

/* The n-th allocation fails, for every n: told in words, and all is given back. */
START_TEST(every_allocation_may_fail)
{
    struct trainer_model model = toy();
    const struct trainer_objective objective = toy_objective(0.9, 0.5);
    int status = 3;
    write_plane();
    model.objectives = &objective;
    model.holdout = 0.25;
    model.batch = 4;
    write_bytes("u.csv", packed_dynamic, sizeof packed_dynamic - 1);
    for (size_t n = 0; status != 0; n++) {
        ck_assert_uint_lt(n, 1000);
        allocations_left = n;
        status = train(&model, scarce_lines[_i]);
        allocations_left = SIZE_MAX;
        ck_assert_uint_eq(allocations_live, 0);
        if (status != 0) {
            ck_assert_int_eq(status, 3);
            assert_contains(read_text("err"), "out of memory");
        }
    }
}
END_TEST

START_TEST(a_terminal_shows_a_bar)
{
    struct trainer_model model = toy();
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        return; /* no terminals here */
    }
    write_plane();
    model.holdout = 0.25;
    model.batch = 15;
    error_file = ptsname(terminal);
    int reader = open(error_file, O_RDWR | O_NOCTTY); /* keeps what was written */
    ck_assert_int_eq(train(&model, "--steps 3"), 0);
    error_file = "err";
    /* The terminal hands over what was written in as many pieces as it likes. */
    char shown[4096] = "";
    size_t length = 0;
    while (strstr(shown, "\r\n") == NULL && length + 1 < sizeof shown) {
        ssize_t more = read(terminal, shown + length, sizeof shown - 1 - length);
        ck_assert_int_gt((int)more, 0);
        length += (size_t)more;
        shown[length] = '\0';
    }
    assert_contains(shown, "\rstep 3/3 [##########] 0 s left, loss ");
    assert_contains(shown, "\033[K\r\n");
    close(reader);
    close(terminal);
}
END_TEST

START_TEST(the_time_left_is_told_in_words)
{
    static const struct {
        double seconds;
        const char *text;
    } passed[] = {{3, "7 s left"}, {60, "3 min left"}, {3600, "2.3 h left"}};
    struct session session = {.step = 3, .steps = 10};
    char text[32];
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        struct progress progress = {.begun = platform_seconds() - passed[i].seconds + 0.1};
        progress_time_left(&progress, &session, text, sizeof text);
        ck_assert_str_eq(text, passed[i].text);
    }
}
END_TEST

START_TEST(a_model_without_rows_trains)
{
    static const struct trainer_input fixed[] = {
        {"x", "t.csv", TRAINER_NONE, 2, {DIM_N, DIM_M}},
        {"y", "u.csv", TRAINER_NONE, 1, {DIM_N}},
    };
    struct trainer_model model = toy();
    model.inputs = fixed;
    model.rows = TRAINER_NONE;
    model.holdout = 0.5;
    write_text("t.csv", "0,1\n1,0\n1,1\n");
    write_text("u.csv", "2\n0\n1\n");
    ck_assert_int_eq(train(&model, "--steps 4000"), 0);
    ck_assert_double_eq_tol(value_of("b"), 1, 1e-6);
    ck_assert_int_eq(train(&model, "--batch 2"), 2);
    assert_contains(read_text("err"), "--batch: the model has no rows");
}
END_TEST

static const struct {
    const char *line, *message;
} wrong_lines[] = {
    {"--epoch 3", "unknown option '--epoch'; --help lists the options"},
    {"file.csv", "unknown argument 'file.csv'"},
    {"--steps", "--steps needs a value: --steps N"},
    {"--steps x", "--steps takes a whole number, not 'x'"},
    {"--steps -1", "--steps takes a whole number, not '-1'"},
    {"--steps=", "--steps takes a whole number, not ''"},
    {"--steps 99999999999999999999", "--steps takes a whole number"},
    {"--epochs 1.5", "--epochs takes a whole number, not '1.5'"},
    {"--batch 0", "--batch takes a whole number above 0, not '0'"},
    {"--rate 0", "--rate takes a number above 0, not '0'"},
    {"--rate nan", "--rate takes a number above 0, not 'nan'"},
    {"--seed 18446744073709551616", "--seed takes a whole number below 2^64"},
    {"--quiet=1", "--quiet takes no value"},
    {"--save=", "--save takes the name of a file, not ''"},
    {"--data t.csv", "--data takes names and a file, as in x,y=FILE, not 't.csv'"},
    {"--data x,z=t.csv", "--data: the model has no data 'z'; it has x,y"},
    {"--data x,=t.csv", "--data: the model has no data ''; it has x,y"},
    {"--every 0 --checkpoint c", "--every takes a whole number above 0, not '0'"},
    {"--every 3", "--every needs --checkpoint"},
    {"--load a --resume b", "--load and --resume exclude each other"},
};

START_TEST(wrong_options_are_explained)
{
    struct trainer_model model = toy();
    write_plane();
    ck_assert_int_eq(train(&model, wrong_lines[_i].line), 2);
    assert_contains(read_text("err"), wrong_lines[_i].message);
    ck_assert_str_eq(read_text("out"), "");
}
END_TEST

START_TEST(predictions_need_outputs)
{
    struct trainer_model model = toy();
    model.output_count = 0;
    write_plane();
    ck_assert_int_eq(train(&model, "--predict p.csv"), 2);
    assert_contains(read_text("err"), "--predict: the model has no output");
}
END_TEST

START_TEST(one_row_cannot_be_parted)
{
    struct trainer_model model = toy();
    model.holdout = 0.5;
    write_text("t.csv", "1,2,3\n");
    ck_assert_int_eq(train(&model, ""), 3);
    assert_contains(read_text("err"), "one row is too few to hold some out");
}
END_TEST

START_TEST(epochs_may_be_the_models)
{
    struct trainer_model model = toy();
    model.steps = 0;
    model.epochs = 7;
    model.batch = 10;
    write_plane();
    ck_assert_int_eq(train(&model, ""), 0);
    assert_contains(read_text("err"), "epoch 7/7: loss ");
    ck_assert_int_eq(train(&model, "--batch 5 --epochs 2"), 0);
    assert_contains(read_text("err"), "epoch 2/2: loss ");
}
END_TEST

START_TEST(data_comes_from_where_the_options_say)
{
    struct trainer_model model = with_inputs(lone_inputs, 1);
    ck_assert_int_eq(train(&model, ""), 2);
    assert_contains(read_text("err"), "toy: no data for x: give --data x=FILE\n");
    model = toy();
    write_text("u.csv", "1 1 3\n2 2 5\n");
    ck_assert_int_eq(train(&model, "--data x,y=u.csv --steps=1 --seed=3"), 0);
    ck_assert_int_eq(train(&model, "--help"), 0);
    assert_contains(read_text("out"), "--predict    FILE");
    assert_contains(read_text("out"), "Data:\n  x: t.csv\n  y: t.csv\n");
}
END_TEST

START_TEST(files_that_cannot_be_written_are_reported)
{
    struct trainer_model model = toy();
    write_plane();
    ck_assert_int_eq(train(&model, "--steps 1 --save no/saved"), 3);
    assert_contains(read_text("err"), "cannot write 'no/saved': No such file or directory");
    value_of("b");
    ck_assert_int_eq(train(&model, "--steps 1 --log no/log"), 3);
    ck_assert_int_eq(train(&model, "--steps 1 --predict ."), 3);
    if (access("/dev/full", W_OK) == 0) {
        ck_assert_int_eq(train(&model, "--steps 1 --save /dev/full"), 3);
        assert_contains(read_text("err"), "cannot write '/dev/full': No space left on device");
        ck_assert_int_eq(train(&model, "--steps 1 --log /dev/full"), 3);
        output_file = "/dev/full";
        ck_assert_int_eq(train(&model, "--steps 1"), 3);
        output_file = "out";
        assert_contains(read_text("err"), "cannot write to standard output: No space left");
    }
    ck_assert_int_eq(train(&model, "--steps 1 --save /dev/null"), 0);
    ck_assert_int_eq(access("/dev/null.part", F_OK), -1);
}
END_TEST

/* A rename would put a file in the place of a pipe, or of a link such as /dev/stdout. */
START_TEST(pipes_and_links_are_written_through)
{
    struct trainer_model model = toy();
    char text[65536];
    write_plane();
    ck_assert_int_eq(mkfifo("saved", 0600), 0);
    int reader = open("saved", O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(reader, 0);
    ck_assert_int_eq(train(&model, "--steps 1 --save saved"), 0);
    text[read(reader, text, sizeof text - 1)] = '\0';
    assert_contains(text, "\nend\n");
    ck_assert_int_eq(close(reader), 0);
    ck_assert_int_eq(remove("saved"), 0);
    ck_assert_int_eq(symlink("p.csv", "saved"), 0);
    ck_assert_int_eq(train(&model, "--steps 1 --save saved"), 0);
    assert_contains(read_text("p.csv"), "\nend\n");
    ck_assert_int_eq((int)readlink("saved", text, sizeof text), (int)strlen("p.csv"));
}
END_TEST

static void add_reading(Suite *suite)
{
    TCase *tests = tcase_create("reading");
    tcase_add_checked_fixture(tests, enter, leave);
    tcase_add_test(tests, quotes_escape_control_bytes);
    tcase_add_test(tests, sizes_that_overflow_are_out_of_memory);
    tcase_add_loop_test(tests, tables_are_read, 0, sizeof tables / sizeof tables[0]);
    tcase_add_test(tests, lines_are_counted);
    tcase_add_test(tests, rows_cross_the_buffer);
    tcase_add_test(tests, numbers_are_decimal_and_finite);
    tcase_add_test(tests, numbers_are_rounded_correctly);
    tcase_add_test(tests, missing_files_and_folders_are_named);
    tcase_add_test(tests, columns_go_in_order_without_names);
    tcase_add_test(tests, columns_go_by_name);
    tcase_add_test(tests, named_columns_leave_others_unread);
    tcase_add_test(tests, numbers_may_name_columns);
    tcase_add_test(tests, classes_are_counted_where_unknown);
    tcase_add_loop_test(tests, wrong_inputs_are_explained, 0,
                        sizeof wrong_inputs / sizeof wrong_inputs[0]);
    tcase_add_test(tests, two_files_agree_on_the_rows);
    tcase_add_loop_test(tests, arrays_of_every_type_are_read, 0,
                        sizeof array_types / sizeof array_types[0]);
    tcase_add_loop_test(tests, wrong_arrays_are_explained, 0,
                        sizeof wrong_arrays / sizeof wrong_arrays[0]);
    tcase_add_test(tests, shapes_settle_sizes);
    tcase_add_test(tests, archives_hold_an_array_for_each_input);
    tcase_add_test(tests, packed_files_are_unpacked);
    tcase_add_test(tests, damaged_packed_files_are_refused);
    tcase_add_test(tests, sparse_lines_have_zeros_between);
    tcase_add_loop_test(tests, wrong_pairs_are_explained, 0,
                        sizeof wrong_lines_of_pairs / sizeof wrong_lines_of_pairs[0]);
    tcase_add_test(tests, characters_are_numbered_by_their_codes);
    suite_add_tcase(suite, tests);
}

static void add_random(Suite *suite)
{
    TCase *tests = tcase_create("random");
    tcase_add_checked_fixture(tests, enter, leave);
    tcase_add_test(tests, random_bits_are_those_of_xoshiro);
    tcase_add_test(tests, splitmix_is_the_reference);
    tcase_add_test(tests, streams_differ_and_repeat);
    tcase_add_test(tests, draws_have_the_right_moments);
    tcase_add_test(tests, permutations_are_fair);
    tcase_add_test(tests, long_permutations_are_fair);
    tcase_add_test(tests, arrays_by_columns_are_found_by_rows);
    tcase_add_test(tests, halves_are_read_to_the_bit);
    tcase_add_test(tests, held_out_rows_keep_their_order);
    tcase_add_test(tests, an_epoch_uses_each_row_once);
    tcase_add_test(tests, labels_stay_with_their_rows);
    tcase_add_test(tests, a_full_batch_is_the_data_itself);
    suite_add_tcase(suite, tests);
}

static void add_training(Suite *suite)
{
    TCase *tests = tcase_create("training");
    tcase_add_checked_fixture(tests, enter, leave);
    tcase_add_test(tests, training_finds_the_plane);
    tcase_add_test(tests, batches_and_holdout_repeat_with_the_seed);
    tcase_add_test(tests, saved_parameters_come_back_to_the_bit);
    tcase_add_loop_test(tests, wrong_saves_are_refused, 0,
                        sizeof wrong_saves / sizeof wrong_saves[0]);
    tcase_add_test(tests, patience_keeps_what_is_best_on_the_rows_held_out);
    tcase_add_test(tests, the_best_is_kept_where_training_diverges);
    tcase_add_test(tests, an_average_is_that_of_the_steps);
    tcase_add_test(tests, an_average_is_what_is_measured_and_saved);
    tcase_add_test(tests, an_average_ends_before_a_divergence);
    tcase_add_test(tests, a_rate_falls_where_scores_do_not);
    tcase_add_test(tests, a_reduced_rate_is_told);
    tcase_add_test(tests, a_rate_is_refused_where_it_would_change_nothing);
    tcase_add_test(tests, a_plot_has_a_panel_for_each_figure);
    tcase_add_test(tests, a_fit_shows_data_and_curve);
    tcase_add_test(tests, ticks_are_round_numbers);
    tcase_add_loop_test(tests, a_resumed_run_ends_on_the_same_bits, 0,
                        sizeof resumed_objectives / sizeof resumed_objectives[0]);
    tcase_add_test(tests, damaged_checkpoints_are_refused);
    tcase_add_loop_test(tests, checkpoints_of_other_runs_are_refused, 0,
                        sizeof other_runs / sizeof other_runs[0]);
    tcase_add_test(tests, checkpoints_are_written_straight_to_devices);
    tcase_add_test(tests, a_run_that_had_arrived_is_not_taken_further);
    tcase_add_test(tests, predictions_keep_the_order_of_the_data);
    tcase_add_test(tests, outputs_of_other_axes_stay_where_they_are);
    tcase_add_test(tests, divergence_keeps_the_last_good_parameters);
    tcase_add_test(tests, what_went_wrong_is_named);
    tcase_add_test(tests, check_tells_right_from_wrong);
    tcase_add_test(tests, a_small_gradient_ends_the_training);
    tcase_add_test(tests, an_interrupt_ends_cleanly);
    tcase_add_loop_test(tests, every_allocation_may_fail, 0,
                        sizeof scarce_lines / sizeof scarce_lines[0]);
    tcase_add_test(tests, a_terminal_shows_a_bar);
    tcase_add_test(tests, the_time_left_is_told_in_words);
    tcase_add_test(tests, a_model_without_rows_trains);
    tcase_add_test(tests, one_row_cannot_be_parted);
    tcase_add_test(tests, epochs_may_be_the_models);
    tcase_add_loop_test(tests, wrong_options_are_explained, 0,
                        sizeof wrong_lines / sizeof wrong_lines[0]);
    tcase_add_test(tests, data_comes_from_where_the_options_say);
    tcase_add_test(tests, predictions_need_outputs);
    tcase_add_test(tests, files_that_cannot_be_written_are_reported);
    tcase_add_test(tests, pipes_and_links_are_written_through);
    suite_add_tcase(suite, tests);
}

Suite *runtime_suite(void)
{
    Suite *suite = suite_create("runtime");
    add_reading(suite);
    add_random(suite);
    add_training(suite);
    return suite;
}
