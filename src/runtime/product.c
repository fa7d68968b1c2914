/* Sums of products; product.h says what each computes.

   Emitted code embeds what it uses: the text from the line that marks a part to the line that ends
   it, after the parts it uses, with double replaced by float for a model in float.

   The kernel is a tile of up to six rows by two vectors of columns: twelve sums in registers, which
   hide the latency of a multiply-add and leave room for its operands. Everything else brings a
   problem into the form that the tile wants: its columns side by side in memory. */
#include "runtime/product.h"

/* @text product_vector */
/* As many numbers as a register holds; one where the compiler knows no vectors. A lane is what lies
   anywhere in memory. */
#if defined __GNUC__
#if defined __AVX512F__
#define PRODUCT_BYTES 64
#elif defined __AVX__
#define PRODUCT_BYTES 32
#else
#define PRODUCT_BYTES 16
#endif
#define PRODUCT_INLINE inline __attribute__((always_inline))
#define PRODUCT_PREFETCH(at) __builtin_prefetch(at)
#if defined __clang__
#define PRODUCT_APART __attribute__((noinline))
#define PRODUCT_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define PRODUCT_APART __attribute__((noinline, noclone))
#define PRODUCT_ROLLED
#endif
typedef double product_vector __attribute__((vector_size(PRODUCT_BYTES)));
typedef double product_memory
    __attribute__((vector_size(PRODUCT_BYTES), aligned(sizeof(double)), may_alias));
#else
#define PRODUCT_INLINE inline
#define PRODUCT_PREFETCH(at) ((void)(at))
#define PRODUCT_APART
#define PRODUCT_ROLLED
typedef double product_vector;
typedef double product_memory;
#endif

enum {
    product_lanes = sizeof(product_vector) / sizeof(double),
    product_width = 2 * product_lanes,     /* of a tile, in columns */
    product_height = 6,                    /* of a tile, in rows */
    product_depth = 256,                   /* of a panel, most of a first cache */
    product_room = 65536 / sizeof(double), /* for panels */
};

static PRODUCT_INLINE product_vector product_load(const double *at)
{
    return *(const product_memory *)at;
}

static PRODUCT_INLINE void product_store(double *at, product_vector value)
{
    *(product_memory *)at = value;
}

static PRODUCT_INLINE double product_lane_sum(product_vector vector)
{
    double lanes[product_lanes];
    product_store(lanes, vector);
    for (int width = product_lanes / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; i++) {
            lanes[i] += lanes[i + width];
        }
    }
    return lanes[0];
}
/* @end */

/* @text product_sum uses product_vector */
/* Lanes of partial sums; in a fixed order. */
static double product_sum(ptrdiff_t count, const double *terms, ptrdiff_t stride)
{
    const product_vector zero = {0};
    product_vector a = zero, b = zero, c = zero, d = zero;
    double sum = 0.0;
    ptrdiff_t i = 0;
    if (stride == 1) {
        for (; i <= count - 4 * product_lanes; i += 4 * product_lanes) {
            a += product_load(terms + i);
            b += product_load(terms + i + product_lanes);
            c += product_load(terms + i + 2 * product_lanes);
            d += product_load(terms + i + 3 * product_lanes);
        }
        sum = product_lane_sum((a + b) + (c + d));
    } else {
        double s = 0.0, t = 0.0, u = 0.0, v = 0.0;
        for (; i <= count - 4; i += 4) {
            s += terms[i * stride];
            t += terms[(i + 1) * stride];
            u += terms[(i + 2) * stride];
            v += terms[(i + 3) * stride];
        }
        sum = (s + t) + (u + v);
    }
    for (; i < count; i++) {
        sum += terms[i * stride];
    }
    return sum;
}
/* @end */

/* @text product_dot uses product_vector */
/* Lanes of partial sums, in a fixed order. */
static double product_dot(ptrdiff_t count, const double *left, ptrdiff_t left_stride,
                          const double *right, ptrdiff_t right_stride)
{
    const product_vector zero = {0};
    product_vector a = zero, b = zero, c = zero, d = zero;
    double s = 0.0, t = 0.0, u = 0.0, v = 0.0;
    ptrdiff_t i = 0;
    if (left_stride == 1 && right_stride == 1) {
        const int lanes = product_lanes;
        for (; i <= count - 4 * lanes; i += 4 * lanes) {
            a += product_load(left + i) * product_load(right + i);
            b += product_load(left + i + lanes) * product_load(right + i + lanes);
            c += product_load(left + i + 2 * lanes) * product_load(right + i + 2 * lanes);
            d += product_load(left + i + 3 * lanes) * product_load(right + i + 3 * lanes);
        }
        for (; i <= count - lanes; i += lanes) {
            a += product_load(left + i) * product_load(right + i);
        }
        s = product_lane_sum((a + b) + (c + d));
    }
    for (; i <= count - 4; i += 4) {
        s += left[i * left_stride] * right[i * right_stride];
        t += left[(i + 1) * left_stride] * right[(i + 1) * right_stride];
        u += left[(i + 2) * left_stride] * right[(i + 2) * right_stride];
        v += left[(i + 3) * left_stride] * right[(i + 3) * right_stride];
    }
    for (; i < count; i++) {
        s += left[i * left_stride] * right[i * right_stride];
    }
    return (s + t) + (u + v);
}
/* @end */

/* @text product_tile uses product product_vector */
/* One row of a tile goes to the target. Both halves are read before either is written, for they
   may overlap. */
static PRODUCT_INLINE void product_finish(double *target, ptrdiff_t second, int wide, int add,
                                          product_vector a, product_vector b)
{
    if (add) {
        a += product_load(target);
    }
    if (add && wide) {
        b += product_load(target + second);
    }
    product_store(target, a);
    if (wide) {
        product_store(target + second, b);
    }
}

/* A tile of 1 to 6 rows by one vector of columns, or two of which the second begins at column
   `second`. Rows and wide are constants at each call, so that what they exclude vanishes. */
static PRODUCT_INLINE void product_tile(const struct product *product, int rows, int wide,
                                        ptrdiff_t second, int add, const double *left,
                                        const double *right, double *target, ptrdiff_t target_row)
{
    const product_vector zero = {0};
    const ptrdiff_t row = product->left_row;
    const ptrdiff_t left_step = product->left_depth[2], right_step = product->right_depth[2];
    product_vector a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, a5 = zero;
    product_vector b0 = zero, b1 = zero, b2 = zero, b3 = zero, b4 = zero, b5 = zero;
    if (add) {
        for (int i = 0; i < rows; i++) {
            PRODUCT_PREFETCH(target + i * target_row);
        }
    }
    PRODUCT_ROLLED
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        PRODUCT_ROLLED
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *x = left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *y = right + k * product->right_depth[0] + l * product->right_depth[1];
            PRODUCT_ROLLED
            for (ptrdiff_t m = product->depth[2]; m > 0; m--) {
                const product_vector a = product_load(y);
                const product_vector b = wide ? product_load(y + second) : zero;
                a0 += x[0] * a;
                b0 += x[0] * b;
                if (rows > 1) {
                    a1 += x[row] * a;
                    b1 += x[row] * b;
                }
                if (rows > 2) {
                    a2 += x[2 * row] * a;
                    b2 += x[2 * row] * b;
                }
                if (rows > 3) {
                    a3 += x[3 * row] * a;
                    b3 += x[3 * row] * b;
                }
                if (rows > 4) {
                    a4 += x[4 * row] * a;
                    b4 += x[4 * row] * b;
                }
                if (rows > 5) {
                    a5 += x[5 * row] * a;
                    b5 += x[5 * row] * b;
                }
                x += left_step;
                y += right_step;
            }
        }
    }
    product_finish(target, second, wide, add, a0, b0);
    if (rows > 1) {
        product_finish(target + target_row, second, wide, add, a1, b1);
    }
    if (rows > 2) {
        product_finish(target + 2 * target_row, second, wide, add, a2, b2);
    }
    if (rows > 3) {
        product_finish(target + 3 * target_row, second, wide, add, a3, b3);
    }
    if (rows > 4) {
        product_finish(target + 4 * target_row, second, wide, add, a4, b4);
    }
    if (rows > 5) {
        product_finish(target + 5 * target_row, second, wide, add, a5, b5);
    }
}
/* @end */

/* @text product_panel uses product_tile */
static ptrdiff_t product_least(ptrdiff_t i, ptrdiff_t j)
{
    return i < j ? i : j;
}

/* A share of an extent that is to be covered by shares of at most `most`: the last two are equal.
 */
static ptrdiff_t product_share(ptrdiff_t extent, ptrdiff_t most)
{
    return extent > most && extent < 2 * most ? (extent + 1) / 2 : product_least(extent, most);
}

static PRODUCT_INLINE void product_rows(const struct product *product, int wide, ptrdiff_t second,
                                        int add, const double *left, const double *right,
                                        double *target, ptrdiff_t target_row)
{
    ptrdiff_t rows = 0;
    for (ptrdiff_t row = 0; row < product->rows; row += rows) {
        const double *x = left + row * product->left_row;
        double *z = target + row * target_row;
        rows = product_share(product->rows - row, product_height);
        switch (rows) {
        case 6:
            product_tile(product, 6, wide, second, add, x, right, z, target_row);
            break;
        case 5:
            product_tile(product, 5, wide, second, add, x, right, z, target_row);
            break;
        case 4:
            product_tile(product, 4, wide, second, add, x, right, z, target_row);
            break;
        case 3:
            product_tile(product, 3, wide, second, add, x, right, z, target_row);
            break;
        case 2:
            product_tile(product, 2, wide, second, add, x, right, z, target_row);
            break;
        default:
            product_tile(product, 1, wide, second, add, x, right, z, target_row);
            break;
        }
    }
}

/* All rows of a panel of columns that lie side by side: one vector of columns, or up to two. */
static PRODUCT_APART void product_panel(const struct product *product, ptrdiff_t width, int add,
                                        const double *left, const double *right, double *target,
                                        ptrdiff_t target_row)
{
    const ptrdiff_t second = width - product_lanes;
    if (second > 0) {
        product_rows(product, 1, second, add, left, right, target, target_row);
    } else {
        product_rows(product, 0, 0, add, left, right, target, target_row);
    }
}
/* @end */

/* @text product_box uses product_panel */
/* One row by eight vectors of columns, for a vector times a matrix. */
static void product_strip(const struct product *product, int add, const double *left,
                          const double *right, double *target)
{
    const product_vector zero = {0};
    const ptrdiff_t left_step = product->left_depth[2], right_step = product->right_depth[2];
    product_vector a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero;
    PRODUCT_ROLLED
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        PRODUCT_ROLLED
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *x = left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *y = right + k * product->right_depth[0] + l * product->right_depth[1];
            PRODUCT_ROLLED
            for (ptrdiff_t m = product->depth[2]; m > 0; m--) {
                a += *x * product_load(y);
                b += *x * product_load(y + product_lanes);
                c += *x * product_load(y + 2 * product_lanes);
                d += *x * product_load(y + 3 * product_lanes);
                e += *x * product_load(y + 4 * product_lanes);
                f += *x * product_load(y + 5 * product_lanes);
                g += *x * product_load(y + 6 * product_lanes);
                h += *x * product_load(y + 7 * product_lanes);
                x += left_step;
                y += right_step;
            }
        }
    }
    product_finish(target, product_lanes, 1, add, a, b);
    product_finish(target + 2 * product_lanes, product_lanes, 1, add, c, d);
    product_finish(target + 4 * product_lanes, product_lanes, 1, add, e, f);
    product_finish(target + 6 * product_lanes, product_lanes, 1, add, g, h);
}

/* A panel whose target's columns do not lie side by side, or are fewer than a vector. */
static void product_scatter(const struct product *product, ptrdiff_t columns, int add,
                            const double *left, const double *right, double *target)
{
    enum { height = 4 * product_height };
    double tiles[height * product_width];
    struct product part = *product;
    const ptrdiff_t width = columns + (columns < product_lanes ? product_lanes - columns : 0);
    for (ptrdiff_t row = 0; row < product->rows; row += part.rows) {
        double *z = target + row * product->target_row;
        part.rows = product_share(product->rows - row, height);
        product_panel(&part, width, 0, left + row * product->left_row, right, tiles, width);
        for (ptrdiff_t j = 0; j < columns; j++) {
            for (ptrdiff_t i = 0; i < part.rows; i++) {
                double *at = z + i * product->target_row + j * product->target_column;
                *at = add ? *at + tiles[i * width + j] : tiles[i * width + j];
            }
        }
    }
}

static void product_columns(const struct product *product, ptrdiff_t columns, int add,
                            const double *left, const double *right, double *target)
{
    if (product->target_column == 1 && columns >= product_lanes) {
        product_panel(product, columns, add, left, right, target, product->target_row);
    } else {
        product_scatter(product, columns, add, left, right, target);
    }
}

/* The columns of the next panel. Where there is a vector of them at all, each panel has as many,
   for the second vector of a panel may begin within its first. */
static ptrdiff_t product_next(ptrdiff_t columns)
{
    const ptrdiff_t lanes = product_lanes;
    return columns > 2 * lanes && columns <= 3 * lanes ? columns - lanes
                                                       : product_least(columns, 2 * lanes);
}

/* A product whose columns' operand is used where it is. */
static void product_direct(const struct product *product, int add, const double *left,
                           const double *right, double *target)
{
    const ptrdiff_t step = product->target_column, strip = 8 * product_lanes;
    ptrdiff_t column = 0, columns = product->columns;
    while (product->rows == 1 && step == 1 &&
           (columns == strip || columns >= strip + product_lanes)) {
        product_strip(product, add, left, right + column, target + column);
        column += strip;
        columns -= strip;
    }
    while (columns > 0) {
        const ptrdiff_t width = product_next(columns);
        product_columns(product, width, add, left, right + column, target + column * step);
        column += width;
        columns -= width;
    }
}

/* One depth of a panel: its columns side by side, and zeros up to a vector. */
static PRODUCT_INLINE void product_pack_columns(ptrdiff_t columns, ptrdiff_t stride,
                                                const double *right, double *panel)
{
    ptrdiff_t j = 0;
    for (; j <= columns - 4; j += 4) {
        const double a = right[0], b = right[stride], c = right[2 * stride], d = right[3 * stride];
        panel[j] = a;
        panel[j + 1] = b;
        panel[j + 2] = c;
        panel[j + 3] = d;
        right += 4 * stride;
    }
    for (; j < columns; j++) {
        panel[j] = *right;
        right += stride;
    }
    for (; j < product_lanes; j++) {
        panel[j] = 0.0;
    }
}

/* The columns' operand for a panel, copied so that its columns lie side by side. */
static void product_pack(const struct product *product, ptrdiff_t columns, const double *right,
                         double *panel)
{
    const ptrdiff_t column = product->right_column, second = columns - product_lanes;
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *y = right + k * product->right_depth[0] + l * product->right_depth[1];
            for (ptrdiff_t m = 0; m < product->depth[2]; m++) {
                if (column == 1 && second >= 0) {
                    product_store(panel, product_load(y));
                    product_store(panel + second, product_load(y + second));
                } else {
                    product_pack_columns(columns, column, y, panel);
                }
                y += product->right_depth[2];
                panel += product_width;
            }
        }
    }
}

/* A product whose columns' operand is copied: as many panels together as there is room for, and
   then the rows of a tile are used for all of them. */
static void product_copied(const struct product *product, int add, const double *left,
                           const double *right, double *target)
{
    double panels[product_room];
    const ptrdiff_t *depth = product->depth;
    const ptrdiff_t size = depth[0] * depth[1] * depth[2] * product_width;
    struct product part = *product;
    part.right_depth[2] = product_width;
    part.right_depth[1] = depth[2] * part.right_depth[2];
    part.right_depth[0] = depth[1] * part.right_depth[1];
    for (ptrdiff_t begin = 0, end = 0; begin < product->columns; begin = end) {
        for (ptrdiff_t at = 0; end < product->columns && at <= product_room - size; at += size) {
            const ptrdiff_t columns = product_next(product->columns - end);
            product_pack(product, columns, right + end * product->right_column, panels + at);
            end += columns;
        }
        for (ptrdiff_t row = 0; row < product->rows; row += part.rows) {
            const double *panel = panels;
            part.rows = product_share(product->rows - row, product_height);
            for (ptrdiff_t column = begin, columns; column < end; column += columns) {
                columns = product_next(product->columns - column);
                product_columns(&part, columns, add, left + row * part.left_row, panel,
                                target + row * part.target_row + column * part.target_column);
                panel += size;
            }
        }
    }
}

/* A product whose depth fits a panel. The columns' operand is copied where it does not lie as the
   tiles want it, or where its rows are so far apart that few fit the first cache together. */
static void product_box(const struct product *product, int add, const double *left,
                        const double *right, double *target)
{
    const ptrdiff_t depth = product->depth[0] * product->depth[1] * product->depth[2];
    const ptrdiff_t step = product->right_depth[2];
    if (product->right_column != 1 || product->columns < product_lanes ||
        (product->rows >= 4 * product_height && depth >= 64 && (step >= 128 || step <= -128))) {
        product_copied(product, add, left, right, target);
    } else {
        product_direct(product, add, left, right, target);
    }
}
/* @end */

/* @text product_run uses product_box product_dot */
/* The depths without those of extent 1, and two as one where their strides allow. */
static void product_merge(struct product *product)
{
    int last = 3;
    for (int i = 2; i >= 0; i--) {
        const ptrdiff_t depth = product->depth[i];
        const ptrdiff_t left = product->left_depth[i], right = product->right_depth[i];
        if (depth == 1) {
            continue;
        }
        if (last < 3 && left == product->depth[last] * product->left_depth[last] &&
            right == product->depth[last] * product->right_depth[last]) {
            product->depth[last] *= depth;
        } else {
            last--;
            product->depth[last] = depth;
            product->left_depth[last] = left;
            product->right_depth[last] = right;
        }
    }
    while (last > 0) {
        last--;
        product->depth[last] = 1;
        product->left_depth[last] = 0;
        product->right_depth[last] = 0;
    }
}

/* The same product with its rows as columns; the operands change places too. */
static struct product product_transpose(const struct product *product)
{
    struct product other = *product;
    other.rows = product->columns;
    other.columns = product->rows;
    other.left_row = product->right_column;
    other.right_column = product->left_row;
    other.target_row = product->target_column;
    other.target_column = product->target_row;
    for (int i = 0; i < 3; i++) {
        other.left_depth[i] = product->right_depth[i];
        other.right_depth[i] = product->left_depth[i];
    }
    return other;
}

/* About how many cycles the tiles take, with the copies that they need. */
static double product_cost(const struct product *product)
{
    const double depth =
        (double)(product->depth[0] * product->depth[1]) * (double)product->depth[2];
    const double rows = (double)product->rows, columns = (double)product->columns;
    const double vectors = (double)((product->columns + product_lanes - 1) / product_lanes);
    const double tiles = vectors * (rows < 4.0 ? 4.0 : rows) * depth / 2.0;
    const double packing = product->right_column == 1 ? 0.0 : depth * columns;
    const double scattering = product->target_column == 1 ? 0.0 : rows * columns * 2.0;
    return tiles + packing + scattering;
}

/* Four products of one vector and others that lie a stride apart are added to the sums. */
static void product_four_dots(ptrdiff_t count, const double *left, const double *right,
                              ptrdiff_t stride, double *sums)
{
    const ptrdiff_t lanes = product_lanes;
    const product_vector zero = {0};
    product_vector a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    product_vector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    const double *y0 = right, *y1 = y0 + stride, *y2 = y1 + stride, *y3 = y2 + stride;
    ptrdiff_t i = 0;
    for (; i <= count - 2 * lanes; i += 2 * lanes) {
        const product_vector a = product_load(left + i), b = product_load(left + i + lanes);
        a0 += a * product_load(y0 + i);
        a1 += a * product_load(y1 + i);
        a2 += a * product_load(y2 + i);
        a3 += a * product_load(y3 + i);
        b0 += b * product_load(y0 + i + lanes);
        b1 += b * product_load(y1 + i + lanes);
        b2 += b * product_load(y2 + i + lanes);
        b3 += b * product_load(y3 + i + lanes);
    }
    sums[0] += product_lane_sum(a0 + b0);
    sums[1] += product_lane_sum(a1 + b1);
    sums[2] += product_lane_sum(a2 + b2);
    sums[3] += product_lane_sum(a3 + b3);
    for (; i < count; i++) {
        sums[0] += left[i] * y0[i];
        sums[1] += left[i] * y1[i];
        sums[2] += left[i] * y2[i];
        sums[3] += left[i] * y3[i];
    }
}

/* Some elements of a row of the target as sums of their own. */
static void product_row_dots(const struct product *product, ptrdiff_t columns, int add,
                             const double *left, const double *right, double *target)
{
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *x = left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *y = right + k * product->right_depth[0] + l * product->right_depth[1];
            if (columns == 4) {
                product_four_dots(product->depth[2], x, y, product->right_column, sums);
                continue;
            }
            for (ptrdiff_t j = 0; j < columns; j++) {
                sums[j] += product_dot(product->depth[2], x, 1, y + j * product->right_column, 1);
            }
        }
    }
    for (ptrdiff_t j = 0; j < columns; j++) {
        double *at = target + j * product->target_column;
        *at = add ? *at + sums[j] : sums[j];
    }
}

/* A product of few rows along which both operands lie without gaps. */
static void product_dots(const struct product *product, int add, const double *left,
                         const double *right, double *target)
{
    for (ptrdiff_t i = 0; i < product->rows; i++) {
        for (ptrdiff_t j = 0; j < product->columns; j += 4) {
            product_row_dots(product, product_least(product->columns - j, 4), add,
                             left + i * product->left_row, right + j * product->right_column,
                             target + i * product->target_row + j * product->target_column);
        }
    }
}

/* Depth by depth in boxes that fit a panel. */
static void product_boxes(const struct product *product, int add, const double *left,
                          const double *right, double *target)
{
    const ptrdiff_t *depth = product->depth;
    struct product box = *product;
    ptrdiff_t most[3], at[3];
    most[2] = product_least(depth[2], product_depth);
    most[1] = most[2] < depth[2] ? 1 : product_least(depth[1], product_depth / most[2]);
    most[0] = most[1] < depth[1] ? 1 : product_least(depth[0], product_depth / (most[1] * most[2]));
    for (at[0] = 0; at[0] < depth[0]; at[0] += box.depth[0]) {
        box.depth[0] = product_least(most[0], depth[0] - at[0]);
        for (at[1] = 0; at[1] < depth[1]; at[1] += box.depth[1]) {
            box.depth[1] = product_least(most[1], depth[1] - at[1]);
            for (at[2] = 0; at[2] < depth[2]; at[2] += box.depth[2]) {
                const double *x = left, *y = right;
                box.depth[2] = product_least(most[2], depth[2] - at[2]);
                for (int i = 0; i < 3; i++) {
                    x += at[i] * product->left_depth[i];
                    y += at[i] * product->right_depth[i];
                }
                product_box(&box, add, x, y, target);
                add = 1;
            }
        }
    }
}

static PRODUCT_APART void product_run(const struct product *given, int add, const double *left,
                                      const double *right, double *target)
{
    struct product product = *given;
    product_merge(&product);
    const struct product other = product_transpose(&product);
    const int along = product.left_depth[2] == 1 && product.right_depth[2] == 1;
    if (product.rows <= 0 || product.columns <= 0) {
        return;
    }
    if (along && product.rows <= 2) {
        product_dots(&product, add, left, right, target);
    } else if (along && product.columns <= 2) {
        product_dots(&other, add, right, left, target);
    } else if (product_cost(&other) < product_cost(&product)) {
        product_boxes(&other, add, right, left, target);
    } else {
        product_boxes(&product, add, left, right, target);
    }
}
/* @end */

/* @text product_set uses product_run */
static void product_set(const struct product *product, const double *left, const double *right,
                        double *target)
{
    if (product->depth[0] > 0 && product->depth[1] > 0 && product->depth[2] > 0) {
        product_run(product, 0, left, right, target);
        return;
    }
    for (ptrdiff_t i = 0; i < product->rows; i++) {
        for (ptrdiff_t j = 0; j < product->columns; j++) {
            target[i * product->target_row + j * product->target_column] = 0.0;
        }
    }
}
/* @end */

/* @text product_add uses product_run */
static void product_add(const struct product *product, const double *left, const double *right,
                        double *target)
{
    if (product->depth[0] > 0 && product->depth[1] > 0 && product->depth[2] > 0) {
        product_run(product, 1, left, right, target);
    }
}
/* @end */
