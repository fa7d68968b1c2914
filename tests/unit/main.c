/* Runs the unit tests of every room. A room's suite is ROOM_suite in test_ROOM.c: name it here and
 * in Makefile.am. What is printed is TAP; CK_RUN_SUITE=base and the like run a part, and
 * CK_FORK=no keeps a debugger in the one process. */
#include <check.h>
#include <stdlib.h>

Suite *base_suite(void);
Suite *runtime_suite(void);
Suite *product_suite(void);
Suite *solver_suite(void);
Suite *syntax_suite(void);
Suite *equations_suite(void);
Suite *plan_suite(void);
Suite *emit_suite(void);

static Suite *(*const suites[])(void) = {
    base_suite,   runtime_suite,   product_suite, solver_suite,
    syntax_suite, equations_suite, plan_suite,    emit_suite,
};

int main(void)
{
    SRunner *runner = srunner_create(suites[0]());
    for (size_t i = 1; i < sizeof suites / sizeof suites[0]; i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
