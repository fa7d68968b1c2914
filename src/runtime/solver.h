/* solver.h - minimisers that use more than the last gradient, on plain vectors and callbacks.
 *
 *     SOLVER_LBFGS   limited-memory quasi-Newton, for many unknowns
 *     SOLVER_CG      nonlinear conjugate gradients, for very many unknowns
 *     SOLVER_NEWTON  truncated Newton in a trust region, where Hessian times vector is at hand
 *     SOLVER_LM      Levenberg and Marquardt, for sums of squares
 *
 * No method has a tolerance: each goes on until rounding hides any further progress. Every unknown
 * may be kept in an interval of its own; what is found then satisfies the conditions of Karush,
 * Kuhn and Tucker. A point where the value is not finite is never accepted: the step is shortened.
 */
#ifndef SYMGRAD_RUNTIME_SOLVER_H
#define SYMGRAD_RUNTIME_SOLVER_H

#include "failure.h"
#include "memory.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct solver_problem {
    ptrdiff_t count;     /* unknowns */
    const double *lower; /* the interval each is kept in; NULL: no limit on this side. */
    const double *upper; /* An entry may be infinite. */
    void *context;       /* handed to each function below */

    /* Returns the value at x and leaves its derivatives in g, unless that is NULL.
     * All methods but LM. */
    double (*gradient)(void *context, const double *x, double *g);

    /* Hessian times direction; NEWTON only. */
    void (*curvature)(void *context, const double *x, const double *direction, double *product);

    /* LM: the value is the sum of the squares of these residuals; j is the matrix of their
     * derivatives, column after column, residual_count x count. */
    ptrdiff_t residual_count;
    void (*residuals)(void *context, const double *x, double *r);
    void (*jacobian)(void *context, const double *x, double *r, double *j);
};

enum solver_method { SOLVER_LBFGS, SOLVER_CG, SOLVER_NEWTON, SOLVER_LM };

enum solver_state {
    SOLVER_GOES_ON,
    SOLVER_CONVERGED, /* as far as double precision goes */
    SOLVER_DIVERGED   /* value or derivatives are not finite at x, or fall without end */
};

/* What the two methods that search along lines remember. */
struct lbfgs {
    int memory;
    int kept;      /* steps remembered, up to `memory` */
    int next;      /* the place of the next one, going round */
    double *moves; /* the steps, and by how much each changed the gradient */
    double *changes;
    double *weights; /* of the two loops over them */
};

struct cg {
    bool turned; /* there is a direction to turn away from */
    double step; /* the last one, and the slope that it began with */
    double slope;
};

/* A quadratic model of the value around x, trusted within a radius. */
struct newton {
    double radius;   /* 0: not known yet */
    double steepest; /* the largest gradient so far */
    double *slope;   /* the model's gradient where the move has come to */
    double *turn;    /* the direction of conjugate gradients, and the Hessian times it */
    double *bent;
    bool *fixed; /* unknowns that are held, or that the move brought to the end of their interval */
};

/* A linear model of the residuals around x, trusted within a radius. */
struct lm {
    ptrdiff_t rows; /* of the factor: residuals, and zeros where there are fewer than unknowns */
    double radius;  /* in scaled units; 0: not known yet */
    double damping;
    double *scale; /* the units of the unknowns: the longest columns of the Jacobian so far */
    double *residuals;
    double *jacobian;
    double *trial_residuals;
    double *trial_jacobian;
    double *matrix; /* the factor Q R of the free, scaled columns; see linear.h */
    double *diagonal;
    double *factor_room;
    double *scratch;
    int *pivot;
    int *column;      /* the unknowns that are free, in order */
    double *rotated;  /* Q' times the residuals */
    double *triangle; /* R with the damping */
    double *target;
    double *move;   /* of the free unknowns, scaled */
    double *change; /* of all residuals, by the linear model */
};

/* What tells the end: how far value and promise came down, and how long they have not since. */
struct solver_progress {
    double value;
    double promise;
    int idle;
};

struct solver {
    const struct solver_problem *problem;
    enum solver_method method;
    bool started;
    double value;     /* at x */
    double *gradient; /* of the value at x; LM: half of it */
    double *direction;
    double *trial; /* another point, and the gradient there */
    double *trial_gradient;
    bool *held; /* see bounds.h */
    struct solver_progress progress;
    struct lbfgs lbfgs;
    struct cg cg;
    struct newton newton;
    struct lm lm;
    double *room; /* for all vectors */
    int *places;
    bool *marks;
};

/* `memory` is the number of steps that LBFGS remembers; 0: the usual number. The problem must
 * outlive the solver. */
static bool solver_make(struct solver *solver, const struct solver_problem *problem,
                        enum solver_method method, int memory, struct failure *failure);

/* One iteration from x, which becomes a better point; *value is the value there. The first call
 * moves x into its intervals. x may not be changed between the calls. */
static enum solver_state solver_step(struct solver *solver, double *x, double *value);

static void solver_free(struct solver *solver);

/* ---- Stopping and going on ---- */

/* Visits all that the next iteration depends on, but for x and what can be computed there. */
static void solver_visit(struct solver *solver, const struct memory_visitor *visitor);

/* Computes the rest at x, in a solver that a visit has filled in: it goes on to the same bits as
 * the one that it was filled in from. False where it can be from none. */
static bool solver_go_on(struct solver *solver, const double *x);

/* ---- For the methods ---- */

static void solver_visit_numbers(const struct memory_visitor *visitor, double *numbers,
                                 ptrdiff_t count);
static void solver_visit_marks(const struct memory_visitor *visitor, bool *marks, ptrdiff_t count);

/* An iteration promises to lower the value by so much. False: promises and values have not come
 * down for many iterations but by rounding, so this is the end. */
static bool solver_progresses(struct solver *solver, double promise);

/* Cuts a vector from the room. */
static double *solver_cut(double **room, ptrdiff_t count);

static bool solver_is_same(ptrdiff_t count, const double *x, const double *y);

#endif /* SYMGRAD_RUNTIME_SOLVER_H */
