/* Runs the unit tests of every room. */
#include <check.h>
#include <stdlib.h>

Suite *base_suite(void);
Suite *syntax_suite(void);
Suite *equations_suite(void);
Suite *emit_suite(void);

int main(void)
{
    SRunner *runner = srunner_create(base_suite());
    srunner_add_suite(runner, syntax_suite());
    srunner_add_suite(runner, equations_suite());
    srunner_add_suite(runner, emit_suite());
    srunner_run_all(runner, CK_ENV);
    srunner_free(runner);
    return EXIT_SUCCESS; /* the verdicts are in the TAP output */
}
