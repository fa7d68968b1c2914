/* particle.c - where a charged particle comes down, and how that moves with a charge: the tangent
 * is carried along. */
#include "harness.h"

#include <math.h>

static const double dt = 0.1;
static const double *w;
static double slope;

struct vector {
    double x, y;
};

void prepare(void)
{
    w = input("w", NULL);
}

/* The force of a charge at c on a particle at x, and what it changes by as both move. */
static struct vector force(struct vector x, struct vector c, struct vector dx, struct vector dc,
                           struct vector *change)
{
    const struct vector r = {x.x - c.x, x.y - c.y};
    const struct vector dr = {dx.x - dc.x, dx.y - dc.y};
    const double square = r.x * r.x + r.y * r.y;
    const double weight = 1 / (square * sqrt(square));
    const double along = -3 * weight / square * (r.x * dr.x + r.y * dr.y);
    change->x += weight * dr.x + along * r.x;
    change->y += weight * dr.y + along * r.y;
    return (struct vector){weight * r.x, weight * r.y};
}

static double fall(double *change)
{
    const struct vector one = {10, 10 - *w}, other = {10, 0};
    const struct vector done = {0, -1}, still = {0, 0};
    struct vector x = {0, 8}, v = {0.75, 0};
    struct vector dx = {0, 0}, dv = {0, 0};
    while (x.y + dt * v.y > 0) {
        struct vector df = {0, 0};
        const struct vector f = force(x, one, dx, done, &df);
        const struct vector g = force(x, other, dx, still, &df);
        x = (struct vector){x.x + dt * v.x, x.y + dt * v.y};
        dx = (struct vector){dx.x + dt * dv.x, dx.y + dt * dv.y};
        v = (struct vector){v.x + dt * (f.x + g.x), v.y + dt * (f.y + g.y)};
        dv = (struct vector){dv.x + dt * df.x, dv.y + dt * df.y};
    }
    const double time = -x.y / v.y;
    const double dtime = (-dx.y - time * dv.y) / v.y;
    const double down = x.x + time * v.x;
    *change = 2 * down * (dx.x + dtime * v.x + time * dv.x);
    return down * down;
}

double loss(void)
{
    double change;
    return fall(&change);
}

double derivative(void)
{
    return fall(&slope);
}

void results(void)
{
    result(&slope, 1);
}
