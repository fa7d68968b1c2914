/* ba.c - bundle adjustment: residuals and the blocks of their Jacobian, 2 by 15 for an observation,
 * by the tangents of the 15 numbers that it depends on. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { n = SIZE_n };
enum { TURN, CENTRE = 3, FOCAL = 6, PRINCIPAL = 7, BEND = 9, POINT = 11, WEIGHT = 14, NUMBERS };

static const double *seen, *cam, *X, *w;
static const int *camera, *point;
static double (*error)[2], *slack;
static double (*by_camera)[2][11], (*by_point)[2][3], (*by_weight)[2], *slack_by_weight;

void prepare(void)
{
    seen = input("seen", NULL);
    cam = input("cam", NULL);
    X = input("X", NULL);
    w = input("w", NULL);
    camera = input("camera", NULL);
    point = input("point", NULL);
    error = (double(*)[2])reals(2 * n);
    slack = reals(n);
    by_camera = (double(*)[2][11])reals(22 * n);
    by_point = (double(*)[2][3])reals(6 * n);
    by_weight = (double(*)[2])reals(2 * n);
    slack_by_weight = reals(n);
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double *a, const double *b, double *c)
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

/* p turned about r by the angle |r|, after Rodrigues, and its derivative by r and by p. */
static void turn(const double *r, const double *p, double *u, double by_r[3][3], double by_p[3][3])
{
    const double square = dot(r, r);
    const double angle = sqrt(square);
    const double c = square > 0 ? cos(angle) : 1;
    const double sine = square > 0 ? sin(angle) / angle : 1;
    const double rest = square > 0 ? (1 - c) / square : 0.5;
    const double sine_slope =
        square > 0 ? (c - sine) / square : 0; /* times r[k]: d sine / d r[k] */
    const double rest_slope = square > 0 ? (sine - 2 * rest) / square : 0;
    const double along = dot(r, p);
    double rp[3];
    cross(r, p, rp);
    for (int i = 0; i < 3; i++)
        u[i] = c * p[i] + sine * rp[i] + rest * along * r[i];
    for (int k = 0; k < 3; k++) {
        const double unit[3] = {k == 0, k == 1, k == 2};
        double drp[3], runit[3];
        cross(unit, p, drp);
        cross(r, unit, runit);
        for (int i = 0; i < 3; i++) {
            by_r[i][k] = -sine * r[k] * p[i] + sine_slope * r[k] * rp[i] + sine * drp[i] +
                         rest_slope * r[k] * along * r[i] + rest * (p[k] * r[i] + along * unit[i]);
            by_p[i][k] = c * unit[i] + sine * runit[i] + rest * r[k] * r[i];
        }
    }
}

static double residual(int i)
{
    const double *c = cam + 11 * camera[i], *x = X + 3 * point[i];
    const double p[3] = {x[0] - c[CENTRE], x[1] - c[CENTRE + 1], x[2] - c[CENTRE + 2]};
    const double square = dot(c, c), angle = sqrt(square), along = dot(c, p);
    const double cosine = square > 0 ? cos(angle) : 1, sine = square > 0 ? sin(angle) / angle : 1;
    const double rest = square > 0 ? (1 - cosine) / square : 0;
    double u[3], rp[3];
    cross(c, p, rp);
    for (int j = 0; j < 3; j++)
        u[j] = cosine * p[j] + sine * rp[j] + rest * along * c[j];
    const double v[2] = {u[0] / u[2], u[1] / u[2]};
    const double far = v[0] * v[0] + v[1] * v[1];
    const double bent = 1 + far * (c[BEND] + far * c[BEND + 1]);
    for (int j = 0; j < 2; j++)
        error[i][j] = w[i] * (c[FOCAL] * bent * v[j] + c[PRINCIPAL + j] - seen[2 * i + j]);
    slack[i] = 1 - w[i] * w[i];
    return error[i][0] * error[i][0] + error[i][1] * error[i][1] + slack[i] * slack[i];
}

double loss(void)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += residual(i);
    return sum / 2;
}

/* The derivative of v, where u is projected, by one of u's numbers, through the bend. */
static void projection(const double *c, const double *u, double value[2], double by_u[2][3],
                       double by_bend[2][2], double straight[2])
{
    const double v[2] = {u[0] / u[2], u[1] / u[2]};
    const double far = v[0] * v[0] + v[1] * v[1];
    const double bent = 1 + far * (c[BEND] + far * c[BEND + 1]);
    const double bent_slope = 2 * (c[BEND] + 2 * far * c[BEND + 1]); /* times v[j] */
    for (int j = 0; j < 2; j++) {
        double by_v[2];
        for (int k = 0; k < 2; k++)
            by_v[k] = c[FOCAL] * ((j == k) * bent + v[j] * bent_slope * v[k]);
        by_u[j][0] = by_v[0] / u[2];
        by_u[j][1] = by_v[1] / u[2];
        by_u[j][2] = -(by_v[0] * v[0] + by_v[1] * v[1]) / u[2];
        by_bend[j][0] = c[FOCAL] * far * v[j];
        by_bend[j][1] = c[FOCAL] * far * far * v[j];
        straight[j] = bent * v[j];
        value[j] = c[FOCAL] * straight[j] + c[PRINCIPAL + j];
    }
}

static void observation(int i)
{
    const double *c = cam + 11 * camera[i], *x = X + 3 * point[i];
    const double p[3] = {x[0] - c[CENTRE], x[1] - c[CENTRE + 1], x[2] - c[CENTRE + 2]};
    double u[3], by_r[3][3], by_p[3][3], value[2], by_u[2][3], by_bend[2][2], straight[2];
    turn(c, p, u, by_r, by_p);
    projection(c, u, value, by_u, by_bend, straight);
    for (int j = 0; j < 2; j++) {
        for (int k = 0; k < 3; k++) {
            double r = 0, q = 0;
            for (int l = 0; l < 3; l++) {
                r += by_u[j][l] * by_r[l][k];
                q += by_u[j][l] * by_p[l][k];
            }
            by_camera[i][j][TURN + k] = w[i] * r;
            by_camera[i][j][CENTRE + k] = -w[i] * q;
            by_point[i][j][k] = w[i] * q;
        }
        by_camera[i][j][FOCAL] = w[i] * straight[j];
        for (int k = 0; k < 2; k++) {
            by_camera[i][j][PRINCIPAL + k] = w[i] * (j == k);
            by_camera[i][j][BEND + k] = w[i] * by_bend[j][k];
        }
        by_weight[i][j] = value[j] - seen[2 * i + j];
        error[i][j] = w[i] * by_weight[i][j];
    }
    slack[i] = 1 - w[i] * w[i];
    slack_by_weight[i] = -2 * w[i];
}

double derivative(void)
{
    for (int i = 0; i < n; i++)
        observation(i);
    return 0;
}

void results(void)
{
    result(&error[0][0], 2 * n);
    result(slack, n);
    result(&by_camera[0][0][0], 22 * n);
    result(&by_point[0][0][0], 6 * n);
    result(&by_weight[0][0], 2 * n);
    result(slack_by_weight, n);
}
