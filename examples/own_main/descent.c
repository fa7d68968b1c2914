/* descent.c - trains the model with an optimiser of one's own: gradient descent. */
#include "flowers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Moves against the gradient until it is small; the number of steps taken. */
static int descend(struct irises_params *params, const struct irises_data *flowers, double *work,
                   double rate, double tolerance)
{
    double *place = (double *)params;
    int step = 0;
    double size;
    do {
        struct irises_params gradient;
        const double *slope = (const double *)&gradient;
        irises_loss_grad(params, flowers, &gradient, work);
        size = 0;
        for (int i = 0; i < FLOWERS_LEARNT; i++) {
            size = fmax(size, fabs(slope[i]));
            place[i] -= rate * slope[i];
        }
        step++;
    } while (size > tolerance && step < 100000);
    return step;
}

int main(int argument_count, char **arguments)
{
    struct irises_data flowers =
        flowers_read(argument_count > 1 ? arguments[1] : "../data/iris.csv");
    double *work = malloc((irises_workspace_size(&flowers) + 1) * sizeof work[0]);
    if (work == NULL) {
        return 3;
    }

    struct irises_params params;
    struct irises_state state;
    irises_init(&params, &state, &flowers, 1);
    irises_prepare(&params, &flowers, work);
    int steps = descend(&params, &flowers, work, 0.5, 1e-9);
    printf("loss = %.12g after %d steps\n", irises_loss(&params, &flowers, work), steps);

    free(work);
    flowers_free(&flowers);
    return 0;
}
