#include "solving.h"

/* ---- Vectors and structs ---- */

/* The numbers of the objective's parameters among `fields`, in one vector, and back. */
static void solving_gather(const struct solving *solving, const struct trainer_field *fields,
                           double *vector)
{
    for (int k = 0; k < solving->objective->over_count; k++) {
        const struct trainer_field *field = &fields[solving->objective->over[k]];
        const size_t count = objects_field_count(field);
        for (size_t i = 0; i < count; i++)
            *vector++ = (double)field->values[i];
    }
}

static void solving_scatter(const struct solving *solving, const double *vector,
                            const struct trainer_field *fields)
{
    for (int k = 0; k < solving->objective->over_count; k++) {
        const struct trainer_field *field = &fields[solving->objective->over[k]];
        const size_t count = objects_field_count(field);
        for (size_t i = 0; i < count; i++)
            field->values[i] = (real)*vector++;
    }
}

/* ---- What the solver calls ---- */

static double solving_gradient(void *context, const double *x, double *g)
{
    const struct solving *solving = (const struct solving *)context;
    struct session *session = solving->session;
    const void *parameters = session->parameters.item.body;
    const void *data = session->training.data;
    double value;

    solving_scatter(solving, x, session->parameters.fields);
    if (g == NULL)
        return solving->sign * (double)solving->objective->loss(parameters, data, session->work);
    value = (double)solving->objective->loss_gradient(parameters, data, solving->gradient.item.body,
                                                      session->work);
    solving_gather(solving, solving->gradient.fields, g);
    for (ptrdiff_t i = 0; i < solving->count; i++)
        g[i] *= solving->sign;
    return solving->sign * value;
}

static void solving_curvature(void *context, const double *x, const double *direction,
                              double *product)
{
    const struct solving *solving = (const struct solving *)context;
    struct session *session = solving->session;

    solving_scatter(solving, x, session->parameters.fields);
    solving_scatter(solving, direction, solving->direction.fields);
    solving->objective->solver.curvature(session->parameters.item.body, session->training.data,
                                         solving->direction.item.body, solving->product.item.body,
                                         session->work);
    solving_gather(solving, solving->product.fields, product);
    for (ptrdiff_t i = 0; i < solving->count; i++)
        product[i] *= solving->sign;
}

/* The slopes of a block, behind what it has beside its residuals; and the next block's first field.
 */
static const struct trainer_field *solving_slopes(const struct solving *solving, int block,
                                                  const struct trainer_field *field)
{
    const struct trainer_block *has = &solving->objective->solver.fit->blocks[block];

    return field + 1 + (has->observed ? 1 : 0) + (has->taken ? 1 : 0);
}

static const struct trainer_field *solving_next_block(const struct solving *solving, int block,
                                                      const struct trainer_field *field)
{
    return solving_slopes(solving, block, field) + solving->objective->over_count;
}

static void solving_copy(double **to, const struct trainer_field *field)
{
    const size_t count = objects_field_count(field);

    for (size_t i = 0; i < count; i++)
        *(*to)++ = (double)field->values[i];
}

static void solving_copy_residuals(const struct solving *solving, double *r)
{
    const struct trainer_field *field = solving->fit_fields;

    for (int block = 0; block < solving->objective->solver.fit->block_count; block++) {
        solving_copy(&r, field);
        field = solving_next_block(solving, block, field);
    }
}

static void solving_residuals(void *context, const double *x, double *r)
{
    const struct solving *solving = (const struct solving *)context;
    struct session *session = solving->session;

    solving_scatter(solving, x, session->parameters.fields);
    solving->objective->solver.fit->residuals(session->parameters.item.body, session->training.data,
                                              solving->fit.body, session->work);
    solving_copy_residuals(solving, r);
}

/* The slopes of one block by one parameter are a run of whole columns for these rows. */
static void solving_copy_columns(const struct solving *solving, const struct trainer_field *slopes,
                                 size_t rows, size_t columns, double *j)
{
    const size_t stride = (size_t)solving->problem.residual_count;

    for (size_t column = 0; column < columns; column++)
        for (size_t row = 0; row < rows; row++)
            j[column * stride + row] = (double)slopes->values[column * rows + row];
}

static void solving_jacobian(void *context, const double *x, double *r, double *j)
{
    const struct solving *solving = (const struct solving *)context;
    struct session *session = solving->session;
    const struct trainer_fit *fit = solving->objective->solver.fit;
    const struct trainer_field *field = solving->fit_fields;

    solving_scatter(solving, x, session->parameters.fields);
    fit->jacobian(session->parameters.item.body, session->training.data, solving->fit.body,
                  session->work);
    solving_copy_residuals(solving, r);
    for (int block = 0; block < fit->block_count; block++) {
        const size_t rows = objects_field_count(field);
        const struct trainer_field *slopes = solving_slopes(solving, block, field);
        double *column = j;
        for (int k = 0; k < solving->objective->over_count; k++) {
            const size_t columns =
                objects_field_count(&session->parameters.fields[solving->objective->over[k]]);
            solving_copy_columns(solving, &slopes[k], rows, columns, column);
            column += columns * (size_t)solving->problem.residual_count;
        }
        j += rows;
        field = solving_next_block(solving, block, field);
    }
}

/* ---- Making one ---- */

static void solving_count(struct solving *solving)
{
    for (int k = 0; k < solving->objective->over_count; k++)
        solving->count += (ptrdiff_t)objects_field_count(
            &solving->session->parameters.fields[solving->objective->over[k]]);
}

static bool solving_make_vectors(struct solving *solving, struct failure *failure)
{
    const struct trainer_interval *intervals = solving->session->model->intervals;
    const size_t count = (size_t)solving->count;
    double *lower, *upper;

    solving->x = (double *)memory_new(count, sizeof(double), failure);
    solving->lower = (double *)memory_new(count, sizeof(double), failure);
    solving->upper = (double *)memory_new(count, sizeof(double), failure);
    if (solving->x == NULL || solving->lower == NULL || solving->upper == NULL)
        return false;
    lower = solving->lower;
    upper = solving->upper;
    for (int k = 0; k < solving->objective->over_count; k++) {
        const int place = solving->objective->over[k];
        const size_t numbers = objects_field_count(&solving->session->parameters.fields[place]);
        for (size_t i = 0; i < numbers; i++) {
            *lower++ = intervals == NULL ? -(double)INFINITY : intervals[place].lower;
            *upper++ = intervals == NULL ? (double)INFINITY : intervals[place].upper;
        }
    }
    return true;
}

static bool solving_make_fit(struct solving *solving, struct failure *failure)
{
    const struct trainer_fit *fit = solving->objective->solver.fit;
    const void *data = solving->session->training.data;
    const struct trainer_field *field;

    if (fit == NULL)
        return true;
    solving->fit_fields = (struct trainer_field *)memory_new((size_t)fit->field_count,
                                                             sizeof(struct trainer_field), failure);
    if (solving->fit_fields == NULL || !objects_make(&solving->fit, &fit->object, data, failure))
        return false;
    fit->describe(solving->fit.body, data, solving->fit_fields);
    field = solving->fit_fields;
    for (int block = 0; block < fit->block_count; block++) {
        solving->problem.residual_count += (ptrdiff_t)objects_field_count(field);
        field = solving_next_block(solving, block, field);
    }
    return true;
}

static bool solving_make_objects(struct solving *solving, struct failure *failure)
{
    struct session *session = solving->session;
    const struct trainer_model *model = session->model;
    const void *data = session->training.data;

    return objects_make_parameters(&solving->gradient, model, data, failure) &&
           objects_make_parameters(&solving->direction, model, data, failure) &&
           objects_make_parameters(&solving->product, model, data, failure) &&
           solving_make_fit(solving, failure);
}

static void solving_set_problem(struct solving *solving)
{
    struct solver_problem *problem = &solving->problem;

    problem->count = solving->count;
    problem->lower = solving->lower;
    problem->upper = solving->upper;
    problem->context = solving;
    problem->gradient = solving_gradient;
    problem->curvature = solving_curvature;
    problem->residuals = solving_residuals;
    problem->jacobian = solving_jacobian;
}

static bool solving_make(struct session *session, struct failure *failure)
{
    struct solving *solving = (struct solving *)memory_new(1, sizeof(struct solving), failure);

    if (solving == NULL)
        return false;
    session->solving = solving;
    solving->session = session;
    solving->objective = &session->model->objectives[0];
    solving->sign = solving->objective->maximize ? -1.0 : 1.0;
    solving_count(solving);
    if (!solving_make_vectors(solving, failure) || !solving_make_objects(solving, failure))
        return false;
    if (solving->objective->solver.reason != NULL && !session->options.quiet)
        fprintf(stderr, "%s: %s\n", solving->objective->solver.name,
                solving->objective->solver.reason);
    solving_set_problem(solving);
    solving_gather(solving, session->parameters.fields, solving->x);
    return solver_make(&solving->solver, &solving->problem,
                       (enum solver_method)solving->objective->solver.method,
                       solving->objective->solver.memory, failure);
}

static void solving_free(struct session *session)
{
    struct solving *solving = session->solving;

    if (solving == NULL)
        return;
    solver_free(&solving->solver);
    objects_free_parameters(&solving->gradient);
    objects_free_parameters(&solving->direction);
    objects_free_parameters(&solving->product);
    objects_free(&solving->fit);
    free(solving->fit_fields);
    free(solving->x);
    free(solving->lower);
    free(solving->upper);
    free(solving);
    session->solving = NULL;
}

/* ---- Stepping ---- */

static double solving_step(struct session *session)
{
    struct solving *solving = session->solving;
    double value = 0.0;

    solving->state = solver_step(&solving->solver, solving->x, &value);
    solving_scatter(solving, solving->x, session->parameters.fields);
    if (solving->state == SOLVER_DIVERGED)
        return (double)NAN;
    return (double)solving->objective->loss(session->parameters.item.body, session->training.data,
                                            session->work);
}

static bool solving_has_arrived(const struct session *session)
{
    return session->solving->state != SOLVER_GOES_ON;
}

/* ---- Stopping and going on ---- */

static void solving_visit(struct session *session, const struct memory_visitor *visitor)
{
    struct solving *solving = session->solving;

    visitor->visit(visitor->context, &solving->state, sizeof solving->state);
    solver_visit_numbers(visitor, solving->x, solving->count);
    solver_visit(&solving->solver, visitor);
}

static bool solving_go_on(struct session *session)
{
    struct solving *solving = session->solving;
    const bool sound = solver_go_on(&solving->solver, solving->x);

    solving_scatter(solving, solving->x, session->parameters.fields);
    return sound;
}
