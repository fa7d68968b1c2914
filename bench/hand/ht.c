/* ht.c - hand tracking: the distances of vertices from where they are seen, and their Jacobian by
 * the 26 numbers of a pose, by tangents; a finger's parameter moves the bones of that finger alone.
 */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { n = SIZE_n, bones = 22, parameters = 26, POSE = 6, LINKS = 4 };

typedef double matrix[4][4];

static const double *theta, *rest, *weight, *seen;
static const matrix *base, *inverse;
static const int *parent, *bone, *vertex;
static double (*error)[3], (*by_theta)[3][parameters];

static matrix relative[bones], absolute[bones], moved[bones];
static matrix tangent[parameters][bones]; /* of moved */
static double turn[3][3], turn_tangent[3][3][3];

void prepare(void)
{
    theta = input("theta", NULL);
    rest = input("rest", NULL);
    weight = input("weight", NULL);
    seen = input("seen", NULL);
    base = input("base", NULL);
    inverse = input("inverse", NULL);
    parent = input("parent", NULL);
    bone = input("bone", NULL);
    vertex = input("vertex", NULL);
    error = (double(*)[3])reals(3 * n);
    by_theta = (double(*)[3][parameters])reals(3 * n * parameters);
}

static void multiply(const matrix a, const matrix b, matrix c)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            c[i][j] = 0;
            for (int k = 0; k < 4; k++)
                c[i][j] += a[i][k] * b[k][j];
        }
}

static int joint(int b)
{
    return b > 0 ? (b - 1) % 4 : 0;
}

/* Which parameter bends the bone b, and which spreads it; -1: none. */
static int flexion_of(int b)
{
    return joint(b) == 0 ? -1 : joint(b) == 1 ? b + 4 : b + 5;
}

static int spread_of(int b)
{
    return joint(b) == 1 ? b + 5 : -1;
}

/* base[b] turned by a spread and a flexion that are given by cosine and sine. */
static void bend(int b, const double spread[2], const double flexion[2], matrix r)
{
    for (int i = 0; i < 4; i++) {
        const double *m = base[b][i];
        const double side = spread[0] * m[1] - spread[1] * m[0];
        r[i][0] = spread[0] * m[0] + spread[1] * m[1];
        r[i][1] = flexion[0] * side + flexion[1] * m[2];
        r[i][2] = flexion[0] * m[2] - flexion[1] * side;
        r[i][3] = m[3];
    }
}

static void angles(int b, double spread[2], double flexion[2])
{
    const double s = spread_of(b) < 0 ? 0 : theta[spread_of(b)];
    const double f = flexion_of(b) < 0 ? 0 : theta[flexion_of(b)];
    spread[0] = cos(s);
    spread[1] = sin(s);
    flexion[0] = cos(f);
    flexion[1] = sin(f);
}

static void place_bones(void)
{
    for (int b = 0; b < bones; b++) {
        double spread[2], flexion[2];
        angles(b, spread, flexion);
        bend(b, spread, flexion, relative[b]);
        if (parent[b] < b)
            multiply(absolute[parent[b]], relative[b], absolute[b]);
        else
            memcpy(absolute[b], relative[b], sizeof(matrix));
        multiply(absolute[b], inverse[b], moved[b]);
    }
}

/* Of the bone b's own matrix by its parameter p. */
static void relative_tangent(int b, int p, matrix r)
{
    double spread[2], flexion[2];
    angles(b, spread, flexion);
    double *turned = p == spread_of(b) ? spread : flexion;
    const double slope[2] = {-turned[1], turned[0]};
    turned[0] = slope[0];
    turned[1] = slope[1];
    bend(b, spread, flexion, r);
    for (int i = 0; i < 4; i++) { /* what the angle does not move */
        r[i][3] = 0;
        if (p != spread_of(b))
            r[i][0] = 0;
        else {
            r[i][1] -= flexion[1] * base[b][i][2];
            r[i][2] -= flexion[0] * base[b][i][2];
        }
    }
}

/* How the bones from b to the finger's tip move with b's parameter p. */
static void finger_tangent(int b, int p)
{
    matrix own, above, below;
    relative_tangent(b, p, own);
    multiply(absolute[parent[b]], own, above);
    multiply(above, inverse[b], tangent[p][b]);
    for (int tip = b + 1; tip < bones && joint(tip) > joint(b); tip++) {
        multiply(above, relative[tip], below);
        memcpy(above, below, sizeof above);
        multiply(above, inverse[tip], tangent[p][tip]);
    }
}

/* The rotation about the axis theta[0..2], and its derivative by these. */
static void turn_hand(void)
{
    const double square = theta[0] * theta[0] + theta[1] * theta[1] + theta[2] * theta[2];
    const double angle = sqrt(square), c = cos(angle), s = sin(angle) / angle, r = (1 - c) / square;
    const double s_slope = (c - s) / square, r_slope = (s - 2 * r) / square;
    for (int j = 0; j < 3; j++)
        for (int k = 0; k < 3; k++) {
            const int l = (3 - j - k) % 3;
            const double sign = j == k ? 0 : (j - k) * (k - l) * (l - j) / 2.0;
            turn[j][k] = (j == k) * c + r * theta[j] * theta[k] - sign * s * theta[l];
            for (int p = 0; p < 3; p++)
                turn_tangent[p][j][k] = theta[p] * ((j == k) * -s + r_slope * theta[j] * theta[k] -
                                                    sign * s_slope * theta[l]) +
                                        r * ((p == j) * theta[k] + (p == k) * theta[j]) -
                                        sign * s * (p == l);
        }
}

/* The point i of the skin, where the bones are `from`. */
static void skin(int i, const matrix *from, double place[3])
{
    const int v = vertex[i];
    for (int j = 0; j < 3; j++) {
        place[j] = 0;
        for (int q = 0; q < LINKS; q++) {
            const double *m = from[bone[v * LINKS + q]][j];
            place[j] += weight[v * LINKS + q] * (m[0] * rest[v * 3] + m[1] * rest[v * 3 + 1] +
                                                 m[2] * rest[v * 3 + 2] + m[3]);
        }
    }
}

static double turned(const double m[3][3], int j, const double place[3])
{
    return m[j][0] * place[0] + m[j][1] * place[1] + m[j][2] * place[2];
}

static double residual(int i, double place[3])
{
    double sum = 0;
    skin(i, moved, place);
    for (int j = 0; j < 3; j++) {
        error[i][j] = seen[i * 3 + j] - turned(turn, j, place) - theta[3 + j];
        sum += error[i][j] * error[i][j];
    }
    return sum;
}

double loss(void)
{
    double place[3], sum = 0;
    place_bones();
    turn_hand();
    for (int i = 0; i < n; i++)
        sum += residual(i, place);
    return sum / 2;
}

double derivative(void)
{
    double place[3], change[3];
    place_bones();
    turn_hand();
    for (int b = 1; b < bones; b++) {
        if (flexion_of(b) >= 0)
            finger_tangent(b, flexion_of(b));
        if (spread_of(b) >= 0)
            finger_tangent(b, spread_of(b));
    }
    for (int i = 0; i < n; i++) {
        residual(i, place);
        for (int j = 0; j < 3; j++)
            for (int p = 0; p < 3; p++) {
                by_theta[i][j][p] = -turned(turn_tangent[p], j, place);
                by_theta[i][j][3 + p] = -(p == j);
            }
        for (int p = POSE; p < parameters; p++) {
            skin(i, tangent[p], change);
            for (int j = 0; j < 3; j++)
                by_theta[i][j][p] = -turned(turn, j, change);
        }
    }
    return 0;
}

void results(void)
{
    result(&error[0][0], 3 * n);
    result(&by_theta[0][0][0], 3 * n * parameters);
}
