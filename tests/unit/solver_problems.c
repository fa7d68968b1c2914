/* solver_problems.h */
#include "solver_problems.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PI 3.141592653589793238462643383279502884L

#define RESIDUALS(name) static void name(const struct sample *sample, const number *x, number *r)

/* ---- Derivatives ---- */

static const long double tiny = 1e-200L;

static void evaluate(const struct sample *sample, const number *x, number *r)
{
    memset(r, 0, (size_t)sample->m * sizeof *r);
    sample->residuals(sample, x, r);
}

void sample_residuals_at(void *context, const double *x, double *r)
{
    const struct sample *sample = context;
    number at[SAMPLE_UNKNOWNS];
    number value[SAMPLE_RESIDUALS];
    for (int i = 0; i < sample->n; i++)
        at[i] = x[i];
    evaluate(sample, at, value);
    for (int i = 0; i < sample->m; i++)
        r[i] = (double)creall(value[i]);
}

void sample_jacobian(void *context, const double *x, double *r, double *j)
{
    const struct sample *sample = context;
    number at[SAMPLE_UNKNOWNS];
    number value[SAMPLE_RESIDUALS];
    sample_residuals_at(context, x, r);
    for (int i = 0; i < sample->n; i++)
        at[i] = x[i];
    for (int k = 0; k < sample->n; k++) {
        at[k] = x[k] + tiny * I;
        evaluate(sample, at, value);
        at[k] = x[k];
        for (int i = 0; i < sample->m; i++)
            j[i + k * sample->m] = (double)(cimagl(value[i]) / tiny);
    }
}

double sample_gradient(void *context, const double *x, double *g)
{
    static double r[SAMPLE_RESIDUALS], j[SAMPLE_RESIDUALS * SAMPLE_UNKNOWNS];
    const struct sample *sample = context;
    double value = 0.0;
    if (g == NULL)
        sample_residuals_at(context, x, r);
    else
        sample_jacobian(context, x, r, j);
    for (int i = 0; i < sample->m; i++)
        value += r[i] * r[i];
    for (int k = 0; g != NULL && k < sample->n; k++) {
        g[k] = 0.0;
        for (int i = 0; i < sample->m; i++)
            g[k] += 2.0 * r[i] * j[i + k * sample->m];
    }
    return value;
}

/* The derivative by x[k] of the derivatives of all residuals along a direction, which is in the
 * imaginary parts: a central difference of the fourth order, in numbers of 64 bits. */
static void bend(const struct sample *sample, number *at, int k, long double *second)
{
    const long double h = 1e-4L * (creall(at[k]) == 0.0L ? 1.0L : fabsl(creall(at[k])));
    const number middle = at[k];
    number value[SAMPLE_RESIDUALS];
    static const long double weights[] = {1.0L, -8.0L, 0.0L, 8.0L, -1.0L};
    memset(second, 0, (size_t)sample->m * sizeof *second);
    for (int i = 0; i < 5; i++) {
        at[k] = middle + (i - 2) * h;
        evaluate(sample, at, value);
        for (int row = 0; row < sample->m; row++)
            second[row] += weights[i] * cimagl(value[row]) / tiny / (12.0L * h);
    }
    at[k] = middle;
}

void sample_curvature(void *context, const double *x, const double *direction, double *product)
{
    static double r[SAMPLE_RESIDUALS], j[SAMPLE_RESIDUALS * SAMPLE_UNKNOWNS];
    static long double second[SAMPLE_RESIDUALS];
    const struct sample *sample = context;
    number at[SAMPLE_UNKNOWNS];
    number value[SAMPLE_RESIDUALS];
    sample_jacobian(context, x, r, j);
    for (int k = 0; k < sample->n; k++)
        at[k] = x[k] + tiny * direction[k] * I;
    evaluate(sample, at, value);
    for (int k = 0; k < sample->n; k++) {
        long double sum = 0.0L;
        bend(sample, at, k, second);
        for (int i = 0; i < sample->m; i++)
            sum += 2.0L * (cimagl(value[i]) / tiny * j[i + k * sample->m] + r[i] * second[i]);
        product[k] = (double)sum;
    }
}

/* ---- Moré, Garbow and Hillstrom: unknowns count from 0 here, from 1 in the paper ---- */

RESIDUALS(rosenbrock)
{
    (void)sample;
    r[0] = 10 * (x[1] - x[0] * x[0]);
    r[1] = 1 - x[0];
}

RESIDUALS(freudenstein_roth)
{
    (void)sample;
    r[0] = -13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1];
    r[1] = -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1];
}

RESIDUALS(powell_badly_scaled)
{
    (void)sample;
    r[0] = 1e4L * x[0] * x[1] - 1;
    r[1] = cexpl(-x[0]) + cexpl(-x[1]) - 1.0001L;
}

RESIDUALS(brown_badly_scaled)
{
    (void)sample;
    r[0] = x[0] - 1e6L;
    r[1] = x[1] - 2e-6L;
    r[2] = x[0] * x[1] - 2;
}

RESIDUALS(beale)
{
    static const long double y[] = {1.5L, 2.25L, 2.625L};
    number power = x[1];
    for (int i = 0; i < sample->m; i++, power *= x[1])
        r[i] = y[i] - x[0] * (1 - power);
}

RESIDUALS(jennrich_sampson)
{
    for (int i = 1; i <= sample->m; i++)
        r[i - 1] = 2 + 2 * i - (cexpl(i * x[0]) + cexpl(i * x[1]));
}

RESIDUALS(helical_valley)
{
    const number turn = catanl(x[1] / x[0]) / (2 * PI) + (creall(x[0]) < 0 ? 0.5L : 0);
    (void)sample;
    r[0] = 10 * (x[2] - 10 * turn);
    r[1] = 10 * (csqrtl(x[0] * x[0] + x[1] * x[1]) - 1);
    r[2] = x[2];
}

RESIDUALS(bard)
{
    static const double y[] = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39,
                               0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
    for (int i = 1; i <= sample->m; i++)
        r[i - 1] = y[i - 1] - (x[0] + i / ((16 - i) * x[1] + (i < 16 - i ? i : 16 - i) * x[2]));
}

RESIDUALS(gaussian)
{
    static const double y[] = {0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                               0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009};
    for (int i = 1; i <= sample->m; i++) {
        const number t = (8 - i) / 2.0L - x[2];
        r[i - 1] = x[0] * cexpl(-x[1] * t * t / 2) - y[i - 1];
    }
}

RESIDUALS(meyer)
{
    static const double y[] = {34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744,
                               8261,  7030,  6005,  5147,  4427,  3820,  3307,  2872};
    for (int i = 1; i <= sample->m; i++)
        r[i - 1] = x[0] * cexpl(x[1] / (45 + 5 * i + x[2])) - y[i - 1];
}

RESIDUALS(gulf)
{
    for (int i = 1; i <= sample->m; i++) {
        const long double t = i / 100.0L;
        const long double y = 25 + powl(-50 * logl(t), 2.0L / 3);
        const number away = x[1] - y; /* its absolute value to the power x[2] */
        const number size = creall(away) < 0 ? -away : away;
        r[i - 1] = cexpl(-cexpl(x[2] * clogl(size)) / x[0]) - t;
    }
}

RESIDUALS(box_3d)
{
    for (int i = 1; i <= sample->m; i++) {
        const long double t = i / 10.0L;
        r[i - 1] = cexpl(-t * x[0]) - cexpl(-t * x[1]) - x[2] * (expl(-t) - expl(-10 * t));
    }
}

RESIDUALS(powell_singular)
{
    (void)sample;
    r[0] = x[0] + 10 * x[1];
    r[1] = sqrtl(5) * (x[2] - x[3]);
    r[2] = (x[1] - 2 * x[2]) * (x[1] - 2 * x[2]);
    r[3] = sqrtl(10) * (x[0] - x[3]) * (x[0] - x[3]);
}

RESIDUALS(wood)
{
    (void)sample;
    r[0] = 10 * (x[1] - x[0] * x[0]);
    r[1] = 1 - x[0];
    r[2] = sqrtl(90) * (x[3] - x[2] * x[2]);
    r[3] = 1 - x[2];
    r[4] = sqrtl(10) * (x[1] + x[3] - 2);
    r[5] = (x[1] - x[3]) / sqrtl(10);
}

RESIDUALS(kowalik_osborne)
{
    static const double y[] = {0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627,
                               0.0456, 0.0342, 0.0323, 0.0235, 0.0246};
    static const double u[] = {4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625};
    for (int i = 0; i < sample->m; i++)
        r[i] = y[i] - x[0] * (u[i] * u[i] + u[i] * x[1]) / (u[i] * u[i] + u[i] * x[2] + x[3]);
}

RESIDUALS(brown_dennis)
{
    for (int i = 1; i <= sample->m; i++) {
        const long double t = i / 5.0L;
        const number a = x[0] + t * x[1] - expl(t);
        const number b = x[2] + x[3] * sinl(t) - cosl(t);
        r[i - 1] = a * a + b * b;
    }
}

RESIDUALS(osborne_1)
{
    static const double y[] = {0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818,
                               0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558,
                               0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438,
                               0.431, 0.424, 0.420, 0.414, 0.411, 0.406};
    for (int i = 0; i < sample->m; i++)
        r[i] = y[i] - (x[0] + x[1] * cexpl(-10 * i * x[3]) + x[2] * cexpl(-10 * i * x[4]));
}

RESIDUALS(biggs_exp6)
{
    for (int i = 1; i <= sample->m; i++) {
        const long double t = i / 10.0L;
        r[i - 1] = x[2] * cexpl(-t * x[0]) - x[3] * cexpl(-t * x[1]) + x[5] * cexpl(-t * x[4]) -
                   (expl(-t) - 5 * expl(-10 * t) + 3 * expl(-4 * t));
    }
}

RESIDUALS(watson)
{
    for (int i = 1; i <= 29; i++) {
        const long double t = i / 29.0L;
        number value = 0;
        number slope = 0;
        for (int j = sample->n - 1; j >= 0; j--) {
            slope = j > 0 ? slope * t + j * x[j] : slope;
            value = value * t + x[j];
        }
        r[i - 1] = slope - value * value - 1;
    }
    r[29] = x[0];
    r[30] = x[1] - x[0] * x[0] - 1;
}

RESIDUALS(extended_rosenbrock)
{
    for (int i = 0; i < sample->n; i += 2)
        rosenbrock(sample, x + i, r + i);
}

RESIDUALS(extended_powell)
{
    for (int i = 0; i < sample->n; i += 4)
        powell_singular(sample, x + i, r + i);
}

RESIDUALS(penalty_1)
{
    number sum = -0.25L;
    for (int i = 0; i < sample->n; i++) {
        r[i] = sqrtl(1e-5L) * (x[i] - 1);
        sum += x[i] * x[i];
    }
    r[sample->n] = sum;
}

RESIDUALS(penalty_2)
{
    const int n = sample->n;
    number sum = -1;
    for (int i = 0; i < n; i++)
        sum += (n - i) * x[i] * x[i];
    r[0] = x[0] - 0.2L;
    for (int i = 2; i <= n; i++) {
        const long double y = expl(i / 10.0L) + expl((i - 1) / 10.0L);
        r[i - 1] = sqrtl(1e-5L) * (cexpl(x[i - 1] / 10) + cexpl(x[i - 2] / 10) - y);
        r[n + i - 2] = sqrtl(1e-5L) * (cexpl(x[i - 1] / 10) - expl(-0.1L));
    }
    r[2 * n - 1] = sum;
}

RESIDUALS(variably_dimensioned)
{
    const int n = sample->n;
    number sum = 0;
    for (int i = 0; i < n; i++) {
        r[i] = x[i] - 1;
        sum += (i + 1) * (x[i] - 1);
    }
    r[n] = sum;
    r[n + 1] = sum * sum;
}

RESIDUALS(trigonometric)
{
    const int n = sample->n;
    number sum = 0;
    for (int i = 0; i < n; i++)
        sum += ccosl(x[i]);
    for (int i = 0; i < n; i++)
        r[i] = n - sum + (i + 1) * (1 - ccosl(x[i])) - csinl(x[i]);
}

RESIDUALS(brown_almost_linear)
{
    const int n = sample->n;
    number sum = 0;
    number product = 1;
    for (int i = 0; i < n; i++) {
        sum += x[i];
        product *= x[i];
    }
    for (int i = 0; i < n - 1; i++)
        r[i] = x[i] + sum - (n + 1);
    r[n - 1] = product - 1;
}

RESIDUALS(broyden_tridiagonal)
{
    const int n = sample->n;
    for (int i = 0; i < n; i++)
        r[i] = (3 - 2 * x[i]) * x[i] - (i > 0 ? x[i - 1] : 0) - 2 * (i < n - 1 ? x[i + 1] : 0) + 1;
}

RESIDUALS(linear_rank_1)
{
    number sum = 0;
    for (int j = 1; j <= sample->n; j++)
        sum += j * x[j - 1];
    for (int i = 1; i <= sample->m; i++)
        r[i - 1] = i * sum - 1;
}

RESIDUALS(chebyquad)
{
    for (int i = 1; i <= sample->m; i++)
        r[i - 1] = i % 2 == 0 ? 1.0L / (i * i - 1) : 0;
    for (int j = 0; j < sample->n; j++) {
        const number t = 2 * x[j] - 1;
        number before = 1;
        number here = t;
        for (int i = 0; i < sample->m; i++) {
            const number next = 2 * t * here - before;
            r[i] += here / sample->n;
            before = here;
            here = next;
        }
    }
}

/* clang-format off */
#define TEN(a) a, a, a, a, a, a, a, a, a, a
#define NO_DATA NULL, NULL, NULL

const struct sample sample_mgh[] = {
    {"rosenbrock", 2, 2, {-1.2, 1}, 0, 0, rosenbrock, NO_DATA},
    {"freudenstein_roth", 2, 2, {0.5, -2}, 0, 48.98425367924, freudenstein_roth, NO_DATA},
    {"powell_badly_scaled", 2, 2, {0, 1}, 0, 0, powell_badly_scaled, NO_DATA},
    {"brown_badly_scaled", 2, 3, {1, 1}, 0, 0, brown_badly_scaled, NO_DATA},
    {"beale", 2, 3, {1, 1}, 0, 0, beale, NO_DATA},
    {"jennrich_sampson", 2, 10, {0.3, 0.4}, 124.36218235561473896, 0, jennrich_sampson, NO_DATA},
    {"helical_valley", 3, 3, {-1, 0, 0}, 0, 0, helical_valley, NO_DATA},
    {"bard", 3, 15, {1, 1, 1}, 8.214877306579e-3, 17.42869333, bard, NO_DATA},
    {"gaussian", 3, 15, {0.4, 1, 0}, 1.12793276961912e-8, 0, gaussian, NO_DATA},
    {"meyer", 3, 16, {0.02, 4000, 250}, 87.945855170395, 0, meyer, NO_DATA},
    {"gulf", 3, 10, {5, 2.5, 0.15}, 0, 0, gulf, NO_DATA},
    {"box_3d", 3, 10, {0, 10, 20}, 0, 0, box_3d, NO_DATA},
    {"powell_singular", 4, 4, {3, -1, 0, 1}, 0, 0, powell_singular, NO_DATA},
    {"wood", 4, 6, {-3, -1, -3, -1}, 0, 0, wood, NO_DATA},
    {"kowalik_osborne", 4, 11, {0.25, 0.39, 0.415, 0.39}, 3.075056038492e-4, 0, kowalik_osborne, NO_DATA},
    {"brown_dennis", 4, 20, {25, 5, -5, -1}, 85822.20162636, 0, brown_dennis, NO_DATA},
    {"osborne_1", 5, 33, {0.5, 1.5, -1, 0.01, 0.02}, 5.464894697482e-5, 0, osborne_1, NO_DATA},
    {"biggs_exp6", 6, 13, {1, 2, 1, 1, 1, 1}, 0, 5.655649925e-3, biggs_exp6, NO_DATA},
    {"watson_6", 6, 31, {0}, 2.287670053552e-3, 0, watson, NO_DATA},
    {"watson_9", 9, 31, {0}, 1.399760138e-6, 0, watson, NO_DATA},
    {"watson_12", 12, 31, {0}, 4.722381e-10, 0, watson, NO_DATA},
    {"extended_rosenbrock", 10, 10, {-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1}, 0, 0, extended_rosenbrock, NO_DATA},
    {"extended_powell", 12, 12, {3, -1, 0, 1, 3, -1, 0, 1, 3, -1, 0, 1}, 0, 0, extended_powell, NO_DATA},
    {"penalty_1_4", 4, 5, {1, 2, 3, 4}, 2.249977500954e-5, 0, penalty_1, NO_DATA},
    {"penalty_1_10", 10, 11, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 7.087651467090e-5, 0, penalty_1, NO_DATA},
    {"penalty_2_4", 4, 8, {0.5, 0.5, 0.5, 0.5}, 9.376293007e-6, 0, penalty_2, NO_DATA},
    {"penalty_2_10", 10, 20, {TEN(0.5)}, 2.93660537e-4, 0, penalty_2, NO_DATA},
    {"variably_dimensioned", 10, 12, {0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0}, 0, 0, variably_dimensioned, NO_DATA},
    {"trigonometric", 10, 10, {TEN(0.1)}, 0, 2.795061718e-5, trigonometric, NO_DATA},
    {"brown_almost_linear", 10, 10, {TEN(0.5)}, 0, 1, brown_almost_linear, NO_DATA},
    {"broyden_tridiagonal", 10, 10, {TEN(-1)}, 0, 0, broyden_tridiagonal, NO_DATA},
    {"linear_rank_1", 10, 20, {TEN(1)}, 20.0 * 19 / (2 * 41.0), 0, linear_rank_1, NO_DATA},
    {"chebyquad_8", 8, 8, {1 / 9.0, 2 / 9.0, 3 / 9.0, 4 / 9.0, 5 / 9.0, 6 / 9.0, 7 / 9.0, 8 / 9.0}, 3.516873725677e-3, 0, chebyquad, NO_DATA},
};
/* clang-format on */
const int sample_mgh_count = sizeof sample_mgh / sizeof sample_mgh[0];

/* ---- NIST: the residual is the model less the observation ---- */

#define MODEL(name, formula)                                                                       \
    RESIDUALS(name)                                                                                \
    {                                                                                              \
        for (int i = 0; i < sample->m; i++) {                                                      \
            const long double t = sample->x[i];                                                    \
            r[i] = (formula)-sample->y[i];                                                         \
        }                                                                                          \
    }

static number square(number a)
{
    return a * a;
}

MODEL(rising, x[0] * (1 - cexpl(-x[1] * t)))
MODEL(chwirut, cexpl(-x[0] * t) / (x[1] + x[2] * t))
MODEL(danwood, x[0] * cexpl(x[1] * logl(t)))
MODEL(enso, x[0] + x[1] * cosl(2 * PI * t / 12) + x[2] * sinl(2 * PI * t / 12) +
                x[4] * ccosl(2 * PI * t / x[3]) + x[5] * csinl(2 * PI * t / x[3]) +
                x[7] * ccosl(2 * PI * t / x[6]) + x[8] * csinl(2 * PI * t / x[6]))
MODEL(gauss, x[0] * cexpl(-x[1] * t) + x[2] * cexpl(-square((t - x[3]) / x[4])) +
                 x[5] * cexpl(-square((t - x[6]) / x[7])))
MODEL(cubic_over_cubic,
      (x[0] + t * (x[1] + t * (x[2] + t * x[3]))) / (1 + t * (x[4] + t * (x[5] + t * x[6]))))
MODEL(lanczos, x[0] * cexpl(-x[1] * t) + x[2] * cexpl(-x[3] * t) + x[4] * cexpl(-x[5] * t))
MODEL(mgh09, x[0] * (t * t + t * x[1]) / (t * t + t * x[2] + x[3]))
MODEL(mgh10, x[0] * cexpl(x[1] / (t + x[2])))
MODEL(mgh17, x[0] + x[1] * cexpl(-t * x[3]) + x[2] * cexpl(-t * x[4]))
MODEL(misra1b, x[0] * (1 - 1 / square(1 + x[1] * t / 2)))
MODEL(misra1c, x[0] * (1 - 1 / csqrtl(1 + 2 * x[1] * t)))
MODEL(misra1d, x[0] * x[1] * t / (1 + x[1] * t))
MODEL(rat42, x[0] / (1 + cexpl(x[1] - x[2] * t)))
MODEL(rat43, x[0] / cexpl(clogl(1 + cexpl(x[1] - x[2] * t)) / x[3]))
MODEL(bennett5, x[0] * cexpl(-clogl(x[1] + t) / x[2]))
MODEL(eckerle4, x[0] / x[1] * cexpl(-square((t - x[2]) / x[1]) / 2))
MODEL(kirby2, (x[0] + t * (x[1] + t * x[2])) / (1 + t * (x[3] + t * x[4])))
MODEL(roszman1, x[0] - x[1] * t - catanl(x[2] / (t - x[3])) / PI)

RESIDUALS(nelson)
{
    for (int i = 0; i < sample->m; i++)
        r[i] = x[0] - x[1] * sample->x[i] * cexpl(-x[2] * sample->z[i]) - logl(sample->y[i]);
}

#define SET(name, n, model)                                                                        \
    {                                                                                              \
        name, n, 0, {0}, 0, 0, model, NO_DATA                                                      \
    }

const struct sample *sample_nist(const char *name)
{
    static const struct sample sets[] = {
        SET("BoxBOD", 2, rising),
        SET("Chwirut1", 3, chwirut),
        SET("Chwirut2", 3, chwirut),
        SET("DanWood", 2, danwood),
        SET("ENSO", 9, enso),
        SET("Gauss1", 8, gauss),
        SET("Gauss2", 8, gauss),
        SET("Gauss3", 8, gauss),
        SET("Hahn1", 7, cubic_over_cubic),
        SET("Thurber", 7, cubic_over_cubic),
        SET("Lanczos1", 6, lanczos),
        SET("Lanczos2", 6, lanczos),
        SET("Lanczos3", 6, lanczos),
        SET("MGH09", 4, mgh09),
        SET("MGH10", 3, mgh10),
        SET("MGH17", 5, mgh17),
        SET("Misra1a", 2, rising),
        SET("Misra1b", 2, misra1b),
        SET("Misra1c", 2, misra1c),
        SET("Misra1d", 2, misra1d),
        SET("Nelson", 3, nelson),
        SET("Rat42", 3, rat42),
        SET("Rat43", 4, rat43),
        SET("Bennett5", 3, bennett5),
        SET("Eckerle4", 3, eckerle4),
        SET("Kirby2", 5, kirby2),
        SET("Roszman1", 4, roszman1),
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    return NULL;
}
