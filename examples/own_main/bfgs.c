/* bfgs.c - trains the model with an optimiser of a library: GSL's quasi-Newton method. */
#include "flowers.h"

#include <gsl/gsl_multimin.h>
#include <stdio.h>
#include <stdlib.h>

/* What GSL hands back to the three functions below. */
struct problem {
    struct irises_data flowers;
    struct irises_params params; /* where it is looked at */
    double *work;
};

/* The loss and its gradient, in one sweep through the data. */
static void value_and_gradient(const gsl_vector *place, void *context, double *value,
                               gsl_vector *slope)
{
    struct problem *problem = context;
    struct irises_params gradient;
    gsl_vector_view params = gsl_vector_view_array((double *)&problem->params, FLOWERS_LEARNT);
    gsl_vector_view result = gsl_vector_view_array((double *)&gradient, FLOWERS_LEARNT);
    gsl_vector_memcpy(&params.vector, place);
    *value = irises_loss_grad(&problem->params, &problem->flowers, &gradient, problem->work);
    gsl_vector_memcpy(slope, &result.vector);
}

static double value(const gsl_vector *place, void *context)
{
    struct problem *problem = context;
    gsl_vector_view params = gsl_vector_view_array((double *)&problem->params, FLOWERS_LEARNT);
    gsl_vector_memcpy(&params.vector, place);
    return irises_loss(&problem->params, &problem->flowers, problem->work);
}

static void gradient(const gsl_vector *place, void *context, gsl_vector *slope)
{
    double ignored;
    value_and_gradient(place, context, &ignored, slope);
}

/* The least loss found from the place in `problem`; *steps are those taken. */
static double minimise(struct problem *problem, double tolerance, int *steps)
{
    gsl_multimin_function_fdf function = {value, gradient, value_and_gradient, FLOWERS_LEARNT,
                                          problem};
    gsl_vector *start = gsl_vector_alloc(FLOWERS_LEARNT);
    gsl_vector_view params = gsl_vector_view_array((double *)&problem->params, FLOWERS_LEARNT);
    gsl_vector_memcpy(start, &params.vector);

    gsl_multimin_fdfminimizer *minimiser =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, FLOWERS_LEARNT);
    gsl_multimin_fdfminimizer_set(minimiser, &function, start, 0.1, 0.1);
    *steps = 0;
    while (gsl_multimin_test_gradient(minimiser->gradient, tolerance) == GSL_CONTINUE &&
           gsl_multimin_fdfminimizer_iterate(minimiser) == GSL_SUCCESS) {
        ++*steps;
    }
    double least = gsl_multimin_fdfminimizer_minimum(minimiser);
    gsl_vector_memcpy(&params.vector, gsl_multimin_fdfminimizer_x(minimiser));
    gsl_multimin_fdfminimizer_free(minimiser);
    gsl_vector_free(start);
    return least;
}

int main(int argument_count, char **arguments)
{
    struct problem problem;
    problem.flowers = flowers_read(argument_count > 1 ? arguments[1] : "../data/iris.csv");
    problem.work = malloc((irises_workspace_size(&problem.flowers) + 1) * sizeof problem.work[0]);
    if (problem.work == NULL) {
        return 3;
    }

    struct irises_state state;
    irises_init(&problem.params, &state, &problem.flowers, 1);
    irises_prepare(&problem.params, &problem.flowers, problem.work);
    int steps;
    double least = minimise(&problem, 1e-6, &steps);
    printf("loss = %.12g after %d steps\n", least, steps);

    free(problem.work);
    flowers_free(&problem.flowers);
    return 0;
}
