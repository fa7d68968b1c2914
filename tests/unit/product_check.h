/* Checks of the sums of products against plain loops in long double. The text is that of double;
 * with double defined as float it checks the float that emitted files hold. */
#include <check.h>
#include <float.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef long double wide;
typedef float single;
#ifdef CHECK_IN_FLOAT
#define double float
#endif
#include "runtime/product.c"
#include "runtime/series.c"

/* Small random numbers; a fixed sequence. */
struct drawing {
    uint64_t state;
};

static ptrdiff_t draw(struct drawing *drawing, ptrdiff_t least, ptrdiff_t most)
{
    drawing->state = drawing->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return least + (ptrdiff_t)((drawing->state >> 33) % (uint64_t)(most - least + 1));
}

/* An array of just the size that its strides reach, so that a checker of memory sees each step
 * outside. An index runs from where the strides' signs put it. */
struct operand {
    double *numbers, *origin;
    size_t count;
};

static struct operand operand_create(struct drawing *drawing, int axes, const ptrdiff_t *extents,
                                     const ptrdiff_t *strides)
{
    ptrdiff_t lowest = 0, highest = 0;
    for (int i = 0; i < axes; i++) {
        ptrdiff_t reach = extents[i] > 0 ? (extents[i] - 1) * strides[i] : 0;
        lowest += reach < 0 ? reach : 0;
        highest += reach > 0 ? reach : 0;
    }
    struct operand operand = {NULL, NULL, (size_t)(highest - lowest + 1)};
    operand.numbers = malloc(operand.count * sizeof *operand.numbers);
    ck_assert_ptr_nonnull(operand.numbers);
    operand.origin = operand.numbers - lowest;
    for (size_t i = 0; i < operand.count; i++) {
        operand.numbers[i] = (double)draw(drawing, -1000, 1000) / (double)draw(drawing, 1, 1000);
    }
    return operand;
}

/* Strides of an array whose axes lie in a random order, some of them apart. */
static void draw_strides(struct drawing *drawing, int axes, const ptrdiff_t *extents,
                         ptrdiff_t *strides)
{
    int order[4] = {0, 1, 2, 3};
    ptrdiff_t stride = draw(drawing, 0, 3) == 0 ? 3 : 1;
    for (int i = axes - 1; i > 0; i--) {
        ptrdiff_t j = draw(drawing, 0, i);
        int other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
    for (int i = 0; i < axes; i++) {
        ptrdiff_t sign = draw(drawing, 0, 9) == 0 ? -1 : 1;
        strides[order[i]] = sign * stride;
        stride *= extents[order[i]] > 0 ? extents[order[i]] : 1;
        stride += draw(drawing, 0, 3) == 0 ? draw(drawing, 1, 9) : 0;
    }
}

struct exact {
    wide sum, magnitude;
};

static struct exact exact_element(const struct product *p, const double *left, const double *right,
                                  ptrdiff_t i, ptrdiff_t j)
{
    struct exact exact = {0.0L, 0.0L};
    for (ptrdiff_t k = 0; k < p->depth[0]; k++) {
        for (ptrdiff_t l = 0; l < p->depth[1]; l++) {
            for (ptrdiff_t m = 0; m < p->depth[2]; m++) {
                wide term = (wide)left[i * p->left_row + k * p->left_depth[0] +
                                       l * p->left_depth[1] + m * p->left_depth[2]] *
                            right[j * p->right_column + k * p->right_depth[0] +
                                  l * p->right_depth[1] + m * p->right_depth[2]];
                exact.sum += term;
                exact.magnitude += term < 0.0L ? -term : term;
            }
        }
    }
    return exact;
}

static const wide epsilon = sizeof(double) == sizeof(single) ? FLT_EPSILON : DBL_EPSILON;

/* The target is right within depth*epsilon*sum|left*right|, untouched between its elements, and the
 * same bits a second time. */
static void check_product(struct drawing *drawing, const struct product *p)
{
    const ptrdiff_t left_extents[] = {p->rows, p->depth[0], p->depth[1], p->depth[2]};
    const ptrdiff_t left_strides[] = {p->left_row, p->left_depth[0], p->left_depth[1],
                                      p->left_depth[2]};
    const ptrdiff_t right_extents[] = {p->columns, p->depth[0], p->depth[1], p->depth[2]};
    const ptrdiff_t right_strides[] = {p->right_column, p->right_depth[0], p->right_depth[1],
                                       p->right_depth[2]};
    const ptrdiff_t target_extents[] = {p->rows, p->columns};
    const ptrdiff_t target_strides[] = {p->target_row, p->target_column};
    struct operand left = operand_create(drawing, 4, left_extents, left_strides);
    struct operand right = operand_create(drawing, 4, right_extents, right_strides);
    struct operand target = operand_create(drawing, 2, target_extents, target_strides);
    const size_t size = target.count * sizeof *target.numbers;
    double *before = malloc(size), *after = malloc(size);
    ck_assert(before != NULL && after != NULL);
    memcpy(before, target.numbers, size);
    for (int add = 0; add < 2; add++) {
        for (int again = 0; again < 2; again++) {
            memcpy(target.numbers, before, size);
            (add ? product_add : product_set)(p, left.origin, right.origin, target.origin);
            ck_assert(again == 0 || memcmp(target.numbers, after, size) == 0);
            memcpy(after, target.numbers, size);
        }
        const wide depth = (wide)(p->depth[0] * p->depth[1] * p->depth[2] + 1) * epsilon;
        for (ptrdiff_t i = 0; i < p->rows; i++) {
            for (ptrdiff_t j = 0; j < p->columns; j++) {
                ptrdiff_t at = i * p->target_row + j * p->target_column;
                double *old = before + (target.origin - target.numbers) + at;
                struct exact exact = exact_element(p, left.origin, right.origin, i, j);
                if (add) {
                    exact.sum += *old;
                    exact.magnitude += *old < 0 ? -*old : *old;
                }
                wide error = target.origin[at] - exact.sum;
                ck_assert_msg((error < 0 ? -error : error) <= depth * exact.magnitude,
                              "[%td,%td] of %tdx%tdx(%td,%td,%td), add %d: %Lg, not %Lg", i, j,
                              p->rows, p->columns, p->depth[0], p->depth[1], p->depth[2], add,
                              (wide)target.origin[at], exact.sum);
                target.origin[at] = *old;
            }
        }
        ck_assert(memcmp(target.numbers, before, size) == 0);
    }
    free(after);
    free(before);
    free(target.numbers);
    free(right.numbers);
    free(left.numbers);
}

/* A matrix product, each of its matrices as it is or transposed. */
static void check_matrices(struct drawing *drawing, ptrdiff_t rows, ptrdiff_t columns,
                           ptrdiff_t depth)
{
    for (int form = 0; form < 8; form++) {
        const int left = form & 1, right = form & 2, target = form & 4;
        const struct product product = {
            .rows = rows,
            .columns = columns,
            .depth = {1, 1, depth},
            .left_row = left ? 1 : depth,
            .left_depth = {0, 0, left ? rows : 1},
            .right_column = right ? depth : 1,
            .right_depth = {0, 0, right ? 1 : columns},
            .target_row = target ? 1 : columns,
            .target_column = target ? rows : 1,
        };
        check_product(drawing, &product);
    }
}

static void check_all_matrices(void)
{
    struct drawing drawing = {1};
    for (int i = 0; i < 60; i++) {
        check_matrices(&drawing, draw(&drawing, 0, 40), draw(&drawing, 0, 40),
                       draw(&drawing, 0, 40));
    }
    for (ptrdiff_t depth = 0; depth < 40; depth++) {
        check_matrices(&drawing, 1, draw(&drawing, 0, 70), depth);
        check_matrices(&drawing, draw(&drawing, 0, 70), 1, depth);
    }
    check_matrices(&drawing, 27, 19, 550);
    check_matrices(&drawing, 41, 36, 700);
    check_matrices(&drawing, 7, 75, 260);
    check_matrices(&drawing, 26, 131, 65);
    check_matrices(&drawing, 50, 10, 70);
    check_matrices(&drawing, 49, 140, 130);
    check_matrices(&drawing, 1, 1, 1000);
    check_matrices(&drawing, 3, 2, 1000);
}

static void check_all_strides(void)
{
    struct drawing drawing = {2};
    for (int i = 0; i < 500; i++) {
        struct product p = {.rows = draw(&drawing, 0, 20), .columns = draw(&drawing, 0, 30)};
        for (int axis = 0; axis < 3; axis++) {
            p.depth[axis] = draw(&drawing, 0, 2) == 0 ? 1 : draw(&drawing, i % 20 == 0 ? 0 : 1, 5);
        }
        const ptrdiff_t left[] = {p.rows, p.depth[0], p.depth[1], p.depth[2]};
        const ptrdiff_t right[] = {p.columns, p.depth[0], p.depth[1], p.depth[2]};
        const ptrdiff_t target[] = {p.rows, p.columns};
        ptrdiff_t left_strides[4], right_strides[4], target_strides[2];
        draw_strides(&drawing, 4, left, left_strides);
        draw_strides(&drawing, 4, right, right_strides);
        draw_strides(&drawing, 2, target, target_strides);
        left_strides[draw(&drawing, 0, 3)] *= draw(&drawing, 0, 5) > 0; /* a broadcast, at times */
        right_strides[draw(&drawing, 0, 3)] *= draw(&drawing, 0, 5) > 0;
        p.left_row = left_strides[0];
        p.right_column = right_strides[0];
        for (int axis = 0; axis < 3; axis++) {
            p.left_depth[axis] = left_strides[axis + 1];
            p.right_depth[axis] = right_strides[axis + 1];
        }
        p.target_row = target_strides[0];
        p.target_column = target_strides[1];
        check_product(&drawing, &p);
    }
}

/* Correlations of an image of channels by height by width: what is read overlaps. The depth is a
 * panel or more for the larger. */
static void check_all_convolutions(void)
{
    struct drawing drawing = {3};
    for (int i = 0; i < 40; i++) {
        const ptrdiff_t filters = draw(&drawing, 1, 13), width = draw(&drawing, 5, 40);
        const ptrdiff_t channels = draw(&drawing, 1, i % 10 == 0 ? 20 : 5);
        const ptrdiff_t size = draw(&drawing, 1, 5), step = draw(&drawing, 1, 2);
        struct product p = {
            .rows = filters,
            .columns = (width - size) / step + 1,
            .depth = {channels, size, size},
            .left_row = channels * size * size,
            .left_depth = {size * size, size, 1},
            .right_column = step,
            .right_depth = {size * width, width, 1},
            .target_row = width,
            .target_column = 1,
        };
        check_product(&drawing, &p);
        p.target_row = 1;
        p.target_column = filters;
        check_product(&drawing, &p);
    }
}

static void check_all_vectors(void)
{
    struct drawing drawing = {4};
    for (int i = 0; i < 400; i++) {
        const ptrdiff_t count = draw(&drawing, 0, i % 10 == 0 ? 1000 : 70);
        ptrdiff_t left_stride = draw(&drawing, -1, 2), right_stride = draw(&drawing, 0, 2);
        struct operand left = operand_create(&drawing, 1, &count, &left_stride);
        struct operand right = operand_create(&drawing, 1, &count, &right_stride);
        wide dot = 0.0L, dots = 0.0L, sum = 0.0L, sums = 0.0L;
        for (ptrdiff_t k = 0; k < count; k++) {
            wide term = left.origin[k * left_stride];
            sum += term;
            sums += term < 0.0L ? -term : term;
            term *= right.origin[k * right_stride];
            dot += term;
            dots += term < 0.0L ? -term : term;
        }
        wide bound = (wide)count * epsilon;
        const double its_dot =
            product_dot(count, left.origin, left_stride, right.origin, right_stride);
        const double its_sum = product_sum(count, left.origin, left_stride);
        ck_assert(its_dot - dot <= bound * dots && dot - its_dot <= bound * dots);
        ck_assert(its_sum - sum <= bound * sums && sum - its_sum <= bound * sums);
        free(right.numbers);
        free(left.numbers);
    }
}

static void check_all_extremes(void)
{
    struct drawing drawing = {5};
    for (int i = 0; i < 400; i++) {
        const ptrdiff_t count = draw(&drawing, 0, i % 10 == 0 ? 1000 : 70);
        ptrdiff_t stride = draw(&drawing, -1, 2);
        struct operand terms = operand_create(&drawing, 1, &count, &stride);
        double largest = -HUGE_VAL, smallest = HUGE_VAL;
        for (ptrdiff_t k = 0; k < count; k++) {
            const double term = terms.origin[k * stride];
            largest = term > largest ? term : largest;
            smallest = term < smallest ? term : smallest;
        }
        ck_assert(series_largest(count, terms.origin, stride) == largest);
        ck_assert(series_smallest(count, terms.origin, stride) == smallest);
        if (count > 0) {
            terms.origin[draw(&drawing, 0, count - 1) * stride] = NAN;
            ck_assert(isnan(series_largest(count, terms.origin, stride)));
            ck_assert(isnan(series_smallest(count, terms.origin, stride)));
        }
        free(terms.numbers);
    }
}

static void check_all_products(void)
{
    check_all_matrices();
    check_all_strides();
    check_all_convolutions();
    check_all_vectors();
    check_all_extremes();
}
