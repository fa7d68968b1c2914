/* src/runtime/product: sums of products, in double and in float, and how emitted files hold them.
 */
#include "emit/embed.h"
#include "product_check.h"

Suite *product_suite(void);
void product_check_float(void);

START_TEST(in_double)
{
    check_all_products();
}
END_TEST

START_TEST(in_float)
{
    product_check_float();
}
END_TEST

/* A call brings along what it needs, in order, and nothing else. */
START_TEST(embedded)
{
    struct arena *arena = arena_create(NULL);
    struct embedding embedding = {.arena = arena, .single = true};
    embedding_call(&embedding, "product_set", strlen("product_set"));
    const char *text = embedding_text(&embedding);
    const char *type = strstr(text, "\nstruct product {");
    ck_assert_ptr_nonnull(type);
    const char *vector = strstr(type, "typedef float product_vector");
    ck_assert_ptr_nonnull(vector);
    const char *function = strstr(vector, "static void product_set(const struct product *product, "
                                          "const float *left");
    ck_assert_ptr_nonnull(function);
    ck_assert_ptr_null(strstr(text, "double"));
    ck_assert_ptr_null(strstr(text, "@"));
    ck_assert_ptr_null(strstr(text, "static static"));
    ck_assert_ptr_null(strstr(text, " product_add("));
    arena_destroy(arena);
}
END_TEST

Suite *product_suite(void)
{
    Suite *suite = suite_create("product");
    TCase *tests = tcase_create("sums of products");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, in_double);
    tcase_add_test(tests, in_float);
    tcase_add_test(tests, embedded);
    suite_add_tcase(suite, tests);
    return suite;
}
