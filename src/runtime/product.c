/* Sums of products; product.h says what each computes.

   Emitted code embeds what it uses: the text from the line that marks a part to the line that ends
   it, after the parts it uses, with double replaced by float for a model in float.

   The kernel is a tile of six rows by two vectors of columns, or of twelve where there are
   registers for so many sums: they hide the latency of a multiply-add and leave room for its
   operands. Everything else brings a problem into the form that the tile wants: its columns side by
   side in memory. */
#include "runtime/product.h"

#include <math.h>

/* @text product_vector */
/* As many numbers as a register holds, one where the compiler knows no vectors; as many anywhere in
   memory; and a part of them. MIX takes words of two parts. HEIGHT is that of a tile, in rows. KEEP
   has a vector stay in its register: gcc would rather load it for each use, and two loads a cycle
   are all there are. ROLLED is for a loop whose unrolling would cost clang seconds. */
#if defined __GNUC__
#if defined __AVX512F__
#define PRODUCT_BYTES 64
#define PRODUCT_HEIGHT 12
#elif defined __AVX__
#define PRODUCT_BYTES 32
#define PRODUCT_HEIGHT 6
#else
#define PRODUCT_BYTES 16
#define PRODUCT_HEIGHT 6
#endif
#define PRODUCT_INLINE inline __attribute__((always_inline))
#define PRODUCT_PREFETCH(at) __builtin_prefetch(at)
#if defined __x86_64__ && !defined __clang__
#define PRODUCT_KEEP(vector) __asm__("" : "+v"(vector))
#else
#define PRODUCT_KEEP(vector) ((void)0)
#endif
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
typedef double product_part __attribute__((vector_size(16), aligned(sizeof(double)), may_alias));
typedef int product_words __attribute__((vector_size(16)));
#if defined __clang__
#define PRODUCT_MIX(a, b, i, j, k, l)                                                              \
    (product_part) __builtin_shufflevector((product_words)(a), (product_words)(b), i, j, k, l)
#else
#define PRODUCT_MIX(a, b, i, j, k, l)                                                              \
    (product_part)                                                                                 \
        __builtin_shuffle((product_words)(a), (product_words)(b), (product_words){i, j, k, l})
#endif
#else
#define PRODUCT_INLINE inline
#define PRODUCT_PREFETCH(at) ((void)(at))
#define PRODUCT_KEEP(vector) ((void)0)
#define PRODUCT_APART
#define PRODUCT_ROLLED
#define PRODUCT_HEIGHT 6
typedef double product_vector;
typedef double product_memory;
typedef double product_part;
#endif

enum {
    product_lanes = sizeof(product_vector) / sizeof(double),
    product_pieces = sizeof(product_part) / sizeof(double), /* of a part of a vector */
    product_parts = product_lanes / product_pieces,
    product_width = 2 * product_lanes,     /* of a tile, in columns */
    product_depth = 256,                   /* of a panel, at most */
    product_far = 1536 / sizeof(double),   /* apart: few rows fit the first cache together */
    product_room = 262144 / sizeof(double) /* for panels, in a second cache */
};

static PRODUCT_INLINE product_vector product_load(const double *at)
{
    return *(const product_memory *)at;
}
/* @end */

/* @text product_lane_sum uses product_vector */
static PRODUCT_INLINE double product_lane_sum(const double *lanes)
{
#if defined __GNUC__
    const product_part *const part = (const product_part *)lanes;
    product_part sum = part[0];
    if (product_parts == 4) {
        sum = (sum + part[product_parts / 2]) + (part[product_parts / 4] + part[product_parts - 1]);
    } else if (product_parts == 2) {
        sum += part[product_parts - 1];
    }
    const double least = sum[0] + sum[product_pieces / 2];
    return product_pieces == 2 ? least : least + (sum[1] + sum[product_pieces - 1]);
#else
    return *lanes;
#endif
}
/* @end */

/* @text product_tile uses product product_vector */
/* As many numbers as a register holds go anywhere in memory. */
static PRODUCT_INLINE void product_store(double *at, product_vector value)
{
    *(product_memory *)at = value;
}

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

/* The sums of up to six rows by one vector of columns, or two. */
struct product_sums {
    product_vector a0, a1, a2, a3, a4, a5, b0, b1, b2, b3, b4, b5;
};

/* A vector of numbers, or one number in all lanes. */
static PRODUCT_INLINE product_vector product_operand(int along, const double *at)
{
    const product_vector zero = {0};
    return along ? product_load(at) : *at - zero;
}

/* One depth, or along the depth a vector of them. What is an int is a constant at each call, so
   that what it excludes vanishes. */
static PRODUCT_INLINE void product_step(struct product_sums *sums, int rows, int wide, int along,
                                        const double *left, ptrdiff_t row, product_vector a,
                                        product_vector b)
{
    if (rows > 0) {
        product_vector x = product_operand(along, left);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a0 += x * a;
        if (wide) {
            sums->b0 += x * b;
        }
    }
    if (rows > 1) {
        product_vector x = product_operand(along, left + row);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a1 += x * a;
        if (wide) {
            sums->b1 += x * b;
        }
    }
    if (rows > 2) {
        product_vector x = product_operand(along, left + 2 * row);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a2 += x * a;
        if (wide) {
            sums->b2 += x * b;
        }
    }
    if (rows > 3) {
        product_vector x = product_operand(along, left + 3 * row);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a3 += x * a;
        if (wide) {
            sums->b3 += x * b;
        }
    }
    if (rows > 4) {
        product_vector x = product_operand(along, left + 4 * row);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a4 += x * a;
        if (wide) {
            sums->b4 += x * b;
        }
    }
    if (rows > 5) {
        product_vector x = product_operand(along, left + 5 * row);
        if (wide) {
            PRODUCT_KEEP(x);
        }
        sums->a5 += x * a;
        if (wide) {
            sums->b5 += x * b;
        }
    }
}

static PRODUCT_INLINE void product_put_sums(const struct product_sums *sums, int rows, int wide,
                                            ptrdiff_t second, int add, double *target,
                                            ptrdiff_t row)
{
    if (rows > 0) {
        product_finish(target, second, wide, add, sums->a0, sums->b0);
    }
    if (rows > 1) {
        product_finish(target + row, second, wide, add, sums->a1, sums->b1);
    }
    if (rows > 2) {
        product_finish(target + 2 * row, second, wide, add, sums->a2, sums->b2);
    }
    if (rows > 3) {
        product_finish(target + 3 * row, second, wide, add, sums->a3, sums->b3);
    }
    if (rows > 4) {
        product_finish(target + 4 * row, second, wide, add, sums->a4, sums->b4);
    }
    if (rows > 5) {
        product_finish(target + 5 * row, second, wide, add, sums->a5, sums->b5);
    }
}

/* A tile of 1 to 12 rows by one vector of columns, or two of which the second begins at column
   `second`. */
static PRODUCT_INLINE void product_tile(const struct product *product, int rows, int wide,
                                        ptrdiff_t second, int add, const double *left,
                                        const double *right, double *target, ptrdiff_t target_row)
{
    const product_vector zero = {0};
    const ptrdiff_t row = product->left_row;
    const ptrdiff_t left_step = product->left_depth[2], right_step = product->right_depth[2];
    const ptrdiff_t *const depth = product->depth;
    struct product_sums upper = {zero, zero, zero, zero, zero, zero,
                                 zero, zero, zero, zero, zero, zero};
    struct product_sums lower = upper;
    if (add) {
        for (int i = 0; i < rows; i++) {
            PRODUCT_PREFETCH(target + i * target_row);
        }
    }
    PRODUCT_ROLLED
    for (ptrdiff_t k = 0; k < depth[0]; k++) {
        PRODUCT_ROLLED
        for (ptrdiff_t l = 0; l < depth[1]; l++) {
            const double *left_line =
                left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *right_line =
                right + k * product->right_depth[0] + l * product->right_depth[1];
            PRODUCT_ROLLED
            for (ptrdiff_t m = 0; m < depth[2]; m++) {
                const double *x = left_line + m * left_step, *y = right_line + m * right_step;
                product_vector a = product_load(y);
                product_vector b = wide ? product_load(y + second) : zero;
                PRODUCT_KEEP(a);
                if (wide) {
                    PRODUCT_KEEP(b);
                }
                product_step(&upper, rows, wide, 0, x, row, a, b);
                product_step(&lower, rows - 6, wide, 0, x + 6 * row, row, a, b);
            }
        }
    }
    product_put_sums(&upper, rows, wide, second, add, target, target_row);
    product_put_sums(&lower, rows - 6, wide, second, add, target + 6 * target_row, target_row);
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

/* The rows of the next tile: there are tiles of each number up to 6, and of even ones beyond. */
static ptrdiff_t product_rows_of(ptrdiff_t rows)
{
    const ptrdiff_t share = product_share(rows, PRODUCT_HEIGHT);
    if (share <= 6 || share % 2 == 0) {
        return share;
    }
    return share < rows ? share + 1 : (share + 1) / 2;
}

static PRODUCT_INLINE void product_rows(const struct product *product, ptrdiff_t rows, int wide,
                                        ptrdiff_t second, int add, const double *left,
                                        const double *right, double *target, ptrdiff_t target_row)
{
    ptrdiff_t height = 0;
    for (ptrdiff_t row = 0; row < rows; row += height) {
        const double *x = left + row * product->left_row;
        double *z = target + row * target_row;
        height = product_rows_of(rows - row);
        switch (height) {
#if PRODUCT_HEIGHT == 12
        case 12:
            product_tile(product, 12, wide, second, add, x, right, z, target_row);
            break;
        case 10:
            product_tile(product, 10, wide, second, add, x, right, z, target_row);
            break;
        case 8:
            product_tile(product, 8, wide, second, add, x, right, z, target_row);
            break;
#endif
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

/* Some rows of a panel of columns that lie side by side: one vector of columns, or up to two. */
static PRODUCT_APART void product_panel(const struct product *product, ptrdiff_t rows,
                                        ptrdiff_t width, int add, const double *left,
                                        const double *right, double *target, ptrdiff_t target_row)
{
    const ptrdiff_t second = width - product_lanes;
    if (second > 0) {
        product_rows(product, rows, 1, second, add, left, right, target, target_row);
    } else {
        product_rows(product, rows, 0, 0, add, left, right, target, target_row);
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
            const double *left_line =
                left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *right_line =
                right + k * product->right_depth[0] + l * product->right_depth[1];
            PRODUCT_ROLLED
            for (ptrdiff_t m = 0; m < product->depth[2]; m++) {
                const double *x = left_line + m * left_step, *y = right_line + m * right_step;
                a += *x * product_load(y);
                b += *x * product_load(y + product_lanes);
                c += *x * product_load(y + 2 * product_lanes);
                d += *x * product_load(y + 3 * product_lanes);
                e += *x * product_load(y + 4 * product_lanes);
                f += *x * product_load(y + 5 * product_lanes);
                g += *x * product_load(y + 6 * product_lanes);
                h += *x * product_load(y + 7 * product_lanes);
            }
        }
    }
    product_finish(target, product_lanes, 1, add, a, b);
    product_finish(target + 2 * product_lanes, product_lanes, 1, add, c, d);
    product_finish(target + 4 * product_lanes, product_lanes, 1, add, e, f);
    product_finish(target + 6 * product_lanes, product_lanes, 1, add, g, h);
}

static PRODUCT_INLINE void product_put_part(int add, product_part part, double *target)
{
    if (add) {
        part += *(const product_part *)target;
    }
    *(product_part *)target = part;
}

/* Four lines, of each as many numbers as a part has, go to as many lines of four. */
static PRODUCT_INLINE void product_turn(int add, const double *from, ptrdiff_t from_step,
                                        double *to, ptrdiff_t to_step)
{
    const product_part a = *(const product_part *)from;
    const product_part b = *(const product_part *)(from + from_step);
    const product_part c = *(const product_part *)(from + 2 * from_step);
    const product_part d = *(const product_part *)(from + 3 * from_step);
#if defined __GNUC__
    if (product_pieces == 4) {
        const product_part e = PRODUCT_MIX(a, b, 0, 4, 1, 5), f = PRODUCT_MIX(c, d, 0, 4, 1, 5);
        const product_part g = PRODUCT_MIX(a, b, 2, 6, 3, 7), h = PRODUCT_MIX(c, d, 2, 6, 3, 7);
        product_put_part(add, PRODUCT_MIX(e, f, 0, 1, 4, 5), to);
        product_put_part(add, PRODUCT_MIX(e, f, 2, 3, 6, 7), to + to_step);
        product_put_part(add, PRODUCT_MIX(g, h, 0, 1, 4, 5), to + 2 * to_step);
        product_put_part(add, PRODUCT_MIX(g, h, 2, 3, 6, 7), to + 3 * to_step);
    } else {
        product_put_part(add, PRODUCT_MIX(a, b, 0, 1, 4, 5), to);
        product_put_part(add, PRODUCT_MIX(c, d, 0, 1, 4, 5), to + product_pieces);
        product_put_part(add, PRODUCT_MIX(a, b, 2, 3, 6, 7), to + to_step);
        product_put_part(add, PRODUCT_MIX(c, d, 2, 3, 6, 7), to + to_step + product_pieces);
    }
#else
    (void)to_step;
    product_put_part(add, a, to);
    product_put_part(add, b, to + 1);
    product_put_part(add, c, to + 2);
    product_put_part(add, d, to + 3);
#endif
}

/* A row of fewer columns than a vector's goes to the target. */
static PRODUCT_INLINE void product_put_row(ptrdiff_t columns, int add, const double *tile,
                                           double *target)
{
    ptrdiff_t j = 0;
    for (int i = 1; i < product_parts && j <= columns - product_pieces; i++) {
        product_put_part(add, *(const product_part *)(tile + j), target + j);
        j += product_pieces;
    }
    for (int i = 1; i < product_pieces && j < columns; i++) {
        target[j] = add ? target[j] + tile[j] : tile[j];
        j++;
    }
}

/* Some columns of a tile go to lines of the target. */
static void product_put_columns(ptrdiff_t rows, ptrdiff_t columns, int add, const double *tile,
                                ptrdiff_t width, double *target, ptrdiff_t target_row,
                                ptrdiff_t target_column)
{
    const ptrdiff_t height = target_row == 1 ? rows - rows % 4 : 0;
    const ptrdiff_t turned = columns - columns % product_pieces;
    for (ptrdiff_t j = 0; j < turned; j += product_pieces) {
        for (ptrdiff_t i = 0; i < height; i += 4) {
            product_turn(add, tile + i * width + j, width, target + j * target_column + i,
                         target_column);
        }
    }
    for (ptrdiff_t j = 0; j < columns; j++) {
        for (ptrdiff_t i = j < turned ? height : 0; i < rows; i++) {
            double *at = target + i * target_row + j * target_column;
            *at = add ? *at + tile[i * width + j] : tile[i * width + j];
        }
    }
}

/* A panel whose target's columns do not lie side by side, or are fewer than a vector. */
static void product_scatter(const struct product *product, ptrdiff_t rows, ptrdiff_t columns,
                            int add, const double *left, const double *right, double *target)
{
    enum { height = 4 * PRODUCT_HEIGHT };
    double tiles[height * product_width];
    const ptrdiff_t width = columns + (columns < product_lanes ? product_lanes - columns : 0);
    for (ptrdiff_t row = 0, count; row < rows; row += count) {
        double *z = target + row * product->target_row;
        count = product_share(rows - row, height);
        product_panel(product, count, width, 0, left + row * product->left_row, right, tiles,
                      width);
        if (product->target_column == 1) {
            for (ptrdiff_t i = 0; i < count; i++) {
                product_put_row(columns, add, tiles + i * width, z + i * product->target_row);
            }
        } else {
            product_put_columns(count, columns, add, tiles, width, z, product->target_row,
                                product->target_column);
        }
    }
}

static void product_columns(const struct product *product, ptrdiff_t rows, ptrdiff_t columns,
                            int add, const double *left, const double *right, double *target)
{
    if (product->target_column == 1 && columns >= product_lanes) {
        product_panel(product, rows, columns, add, left, right, target, product->target_row);
    } else {
        product_scatter(product, rows, columns, add, left, right, target);
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
        product_columns(product, product->rows, width, add, left, right + column,
                        target + column * step);
        column += width;
        columns -= width;
    }
}

/* Some depths of a panel whose columns lie side by side already; zeros up to a vector. */
static void product_pack_rows(ptrdiff_t columns, ptrdiff_t depth, ptrdiff_t step,
                              const double *right, double *panel, ptrdiff_t width)
{
    const product_vector zero = {0};
    const ptrdiff_t second = columns - product_lanes;
    for (ptrdiff_t m = 0; m < depth; m++) {
        const double *y = right + m * step;
        double *z = panel + m * width;
        if (second >= 0) {
            product_store(z, product_load(y));
            product_store(z + second, product_load(y + second));
        } else {
            product_store(z, zero);
            product_put_row(columns, 0, y, z);
        }
    }
}

/* The same for columns that lie a stride apart, four at a time. */
static void product_pack_columns(ptrdiff_t columns, ptrdiff_t stride, ptrdiff_t depth,
                                 ptrdiff_t step, const double *right, double *panel,
                                 ptrdiff_t width)
{
    const product_vector zero = {0};
    ptrdiff_t j = 0;
    for (ptrdiff_t m = 0; m < depth && columns < product_lanes; m++) {
        product_store(panel + m * width, zero);
    }
    for (; j <= columns - 4; j += 4) {
        const double *y = right + j * stride;
        double *z = panel + j;
        ptrdiff_t m = 0;
        for (; step == 1 && m <= depth - product_pieces; m += product_pieces) {
            product_turn(0, y + m, stride, z + m * width, width);
        }
        for (; m < depth; m++) {
            const double *at = y + m * step;
            z[m * width] = at[0];
            z[m * width + 1] = at[stride];
            z[m * width + 2] = at[2 * stride];
            z[m * width + 3] = at[3 * stride];
        }
    }
    for (; j < columns; j++) {
        for (ptrdiff_t m = 0; m < depth; m++) {
            panel[m * width + j] = right[j * stride + m * step];
        }
    }
}

/* The columns' operand for a panel, copied so that its columns lie side by side. */
static PRODUCT_APART void product_pack(const struct product *product, ptrdiff_t columns,
                                       const double *right, double *panel, ptrdiff_t width)
{
    const ptrdiff_t depth = product->depth[2], step = product->right_depth[2];
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *line = right + k * product->right_depth[0] + l * product->right_depth[1];
            if (product->right_column == 1) {
                product_pack_rows(columns, depth, step, line, panel, width);
            } else {
                product_pack_columns(columns, product->right_column, depth, step, line, panel,
                                     width);
            }
            panel += depth * width;
        }
    }
}

/* A product whose columns' operand is copied: as many panels together as there is room for, and
   then the rows of a tile are used for all of them. */
static PRODUCT_APART void product_copy(const struct product *product, int add, const double *left,
                                       const double *right, double *target, double *panels,
                                       ptrdiff_t room)
{
    const ptrdiff_t *depth = product->depth;
    const ptrdiff_t width = product->columns <= product_lanes ? product_lanes : product_width;
    const ptrdiff_t size = depth[0] * depth[1] * depth[2] * width;
    struct product part = *product;
    part.right_depth[2] = width;
    part.right_depth[1] = depth[2] * part.right_depth[2];
    part.right_depth[0] = depth[1] * part.right_depth[1];
    for (ptrdiff_t begin = 0, end = 0; begin < product->columns; begin = end) {
        for (ptrdiff_t at = 0; end < product->columns && at <= room - size; at += size) {
            const ptrdiff_t columns = product_next(product->columns - end);
            product_pack(product, columns, right + end * product->right_column, panels + at, width);
            end += columns;
        }
        const ptrdiff_t most = end - begin <= product_width ? product->rows : PRODUCT_HEIGHT;
        for (ptrdiff_t row = 0, rows; row < product->rows; row += rows) {
            const double *panel = panels;
            rows = product_share(product->rows - row, most);
            for (ptrdiff_t column = begin, columns; column < end; column += columns) {
                columns = product_next(product->columns - column);
                product_columns(&part, rows, columns, add, left + row * part.left_row, panel,
                                target + row * part.target_row + column * part.target_column);
                panel += size;
            }
        }
    }
}

static PRODUCT_APART void product_copy_few(const struct product *product, int add,
                                           const double *left, const double *right, double *target)
{
    double panels[product_room / 4];
    product_copy(product, add, left, right, target, panels, product_room / 4);
}

static PRODUCT_APART void product_copy_many(const struct product *product, int add,
                                            const double *left, const double *right, double *target)
{
    double panels[product_room];
    product_copy(product, add, left, right, target, panels, product_room);
}

/* A product whose depth fits a panel. The columns' operand is copied where it does not lie as the
   tiles want it, or where its rows are so far apart that few fit the first cache together. */
static void product_box(const struct product *product, int add, const double *left,
                        const double *right, double *target)
{
    const ptrdiff_t depth = product->depth[0] * product->depth[1] * product->depth[2];
    const ptrdiff_t step = product->right_depth[2];
    if (product->right_column != 1 || product->columns < product_lanes ||
        (product->rows >= 8 * PRODUCT_HEIGHT && depth >= 64 &&
         (step >= product_far || step <= -product_far))) {
        if (depth * product->columns <= product_room / 4) {
            product_copy_few(product, add, left, right, target);
        } else {
            product_copy_many(product, add, left, right, target);
        }
    } else {
        product_direct(product, add, left, right, target);
    }
}
/* @end */

/* @text product_divide uses product_box product_lane_sum */
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
    const double scattering = product->target_column == 1 ? 0.0 : 1.5 * rows * columns;
    return tiles + packing + scattering;
}

/* The same for sums along the depth of both operands. */
static double product_dots_cost(const struct product *product)
{
    const ptrdiff_t depth = product->depth[2];
    const double lines = (double)(product->depth[0] * product->depth[1]);
    const double vectors = (double)(depth / product_lanes), rest = (double)(depth % product_lanes);
    const double rows = (double)product->rows, columns = (double)product->columns;
    return rows * columns * (lines * (0.6 * vectors + rest) + 3.5);
}

/* What is left of the depth where vectors have taken the most of it. */
static PRODUCT_APART void product_rest(const struct product *product, ptrdiff_t rows,
                                       ptrdiff_t columns, ptrdiff_t rest, const double *left,
                                       const double *right, double *sums)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            const double *x = left + i * product->left_row, *y = right + j * product->right_column;
            double sum = 0.0;
            for (ptrdiff_t m = 0; m < rest; m++) {
                sum += x[m] * y[m];
            }
            sums[6 * i + j] += sum;
        }
    }
}

/* The sums of the lanes of four vectors: the parts that these fold to are turned, so that the
   numbers of each lie in lines of their own. In the order of product_lane_sum. */
static PRODUCT_INLINE void product_fold(const double *lanes, double *sums)
{
    product_part folded[4], lines[4];
    for (int i = 0; i < 4; i++) {
        const product_part *const part = (const product_part *)(lanes + i * product_lanes);
        folded[i] = part[0];
        if (product_parts == 4) {
            folded[i] = (part[0] + part[product_parts / 2]) +
                        (part[product_parts / 4] + part[product_parts - 1]);
        } else if (product_parts == 2) {
            folded[i] += part[product_parts - 1];
        }
    }
    product_turn(0, (const double *)folded, product_pieces, (double *)lines, 4);
    if (product_pieces == 4) {
        product_put_part(0, (lines[0] + lines[2]) + (lines[1] + lines[3]), sums);
    } else if (product_pieces == 2) {
        product_put_part(0, lines[0] + lines[2], sums);
        product_put_part(0, lines[1] + lines[3], sums + product_pieces);
    } else {
        for (int i = 0; i < 4; i++) {
            product_put_part(0, lines[i], sums + i);
        }
    }
}

/* The lanes of a tile's sums, and what was left, go to the target. */
static PRODUCT_APART void product_put_lanes(const struct product *product, ptrdiff_t rows,
                                            ptrdiff_t columns, int add, const double *lanes,
                                            const double *rest, double *target)
{
    double sums[12];
    ptrdiff_t count = 0;
    for (; count <= rows * columns - 4; count += 4) {
        product_fold(lanes + count * product_lanes, sums + count);
    }
    for (; count < rows * columns; count++) {
        sums[count] = product_lane_sum(lanes + count * product_lanes);
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            double *at = target + i * product->target_row + j * product->target_column;
            const double sum = sums[i * columns + j] + rest[6 * i + j];
            *at = add ? *at + sum : sum;
        }
    }
}

/* A tile of 1 or 2 rows by 1 to 6 columns, along whose depth both operands lie without gaps. */
static PRODUCT_INLINE void product_dot_tile(const struct product *product, int columns, int wide,
                                            int add, const double *left, const double *right,
                                            double *target)
{
    const product_vector zero = {0};
    const ptrdiff_t count = product->depth[2] - product->depth[2] % product_lanes;
    struct product_sums sums = {zero, zero, zero, zero, zero, zero,
                                zero, zero, zero, zero, zero, zero};
    double lanes[12 * product_lanes], rest[12] = {0};
    PRODUCT_ROLLED
    for (ptrdiff_t k = 0; k < product->depth[0]; k++) {
        PRODUCT_ROLLED
        for (ptrdiff_t l = 0; l < product->depth[1]; l++) {
            const double *x = left + k * product->left_depth[0] + l * product->left_depth[1];
            const double *y = right + k * product->right_depth[0] + l * product->right_depth[1];
            PRODUCT_ROLLED
            for (ptrdiff_t m = 0; m < count; m += product_lanes) {
                const product_vector a = product_load(x + m);
                const product_vector b = wide ? product_load(x + product->left_row + m) : zero;
                product_step(&sums, columns, wide, 1, y + m, product->right_column, a, b);
            }
            if (count < product->depth[2]) {
                product_rest(product, 1 + wide, columns, product->depth[2] - count, x + count,
                             y + count, rest);
            }
        }
    }
    product_put_sums(&sums, columns, wide, columns * product_lanes, 0, lanes, product_lanes);
    product_put_lanes(product, 1 + wide, columns, add, lanes, rest, target);
}

static PRODUCT_INLINE void product_dot_row(const struct product *product, int wide, int add,
                                           const double *left, const double *right, double *target)
{
    ptrdiff_t width = 0;
    for (ptrdiff_t column = 0; column < product->columns; column += width) {
        const double *y = right + column * product->right_column;
        double *z = target + column * product->target_column;
        width = product_least(product->columns - column, 6);
        width -= width > 1 ? width % 2 : 0;
        switch (width) {
        case 6:
            product_dot_tile(product, 6, wide, add, left, y, z);
            break;
        case 4:
            product_dot_tile(product, 4, wide, add, left, y, z);
            break;
        case 2:
            product_dot_tile(product, 2, wide, add, left, y, z);
            break;
        default:
            product_dot_tile(product, 1, wide, add, left, y, z);
            break;
        }
    }
}

/* A product along whose depth both operands lie without gaps. */
static PRODUCT_APART void product_dots(const struct product *product, int add, const double *left,
                                       const double *right, double *target)
{
    ptrdiff_t row = 0;
    for (; row <= product->rows - 2; row += 2) {
        product_dot_row(product, 1, add, left + row * product->left_row, right,
                        target + row * product->target_row);
    }
    if (row < product->rows) {
        product_dot_row(product, 0, add, left + row * product->left_row, right,
                        target + row * product->target_row);
    }
}

/* The depth of a box: as many as make few boxes of about the same depth. */
static ptrdiff_t product_box_depth(ptrdiff_t depth)
{
    const ptrdiff_t most = product_depth + product_depth / 4, boxes = (depth + most - 1) / most;
    return boxes < 2 ? depth : (depth + boxes - 1) / boxes;
}

/* Depth by depth in boxes that fit a panel. */
static void product_boxes(const struct product *product, int add, const double *left,
                          const double *right, double *target)
{
    const ptrdiff_t *depth = product->depth;
    struct product box = *product;
    ptrdiff_t most[3], at[3];
    most[2] = product_box_depth(depth[2]);
    most[1] = most[2] < depth[2] ? 1 : product_least(depth[1], product_depth / most[2]);
    most[1] = most[1] < 1 ? 1 : most[1];
    most[0] = most[1] < depth[1] ? 1 : product_least(depth[0], product_depth / (most[1] * most[2]));
    most[0] = most[0] < 1 ? 1 : most[0];
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

/* The same for a target of few numbers whose columns do not lie side by side: these are brought
   there at the end, not once for each box. */
static PRODUCT_APART void product_collect(const struct product *product, int add,
                                          const double *left, const double *right, double *target)
{
    double sums[product_room / 4];
    struct product part = *product;
    part.target_row = product->columns;
    part.target_column = 1;
    product_boxes(&part, 0, left, right, sums);
    product_put_columns(product->rows, product->columns, add, sums, product->columns, target,
                        product->target_row, product->target_column);
}

static void product_tiles(const struct product *product, int add, const double *left,
                          const double *right, double *target)
{
    const ptrdiff_t size = product->rows * product->columns;
    if (product->target_column != 1 && product->columns >= product_lanes &&
        product_box_depth(product->depth[2]) < product->depth[2] && size <= product_room / 4) {
        product_collect(product, add, left, right, target);
    } else {
        product_boxes(product, add, left, right, target);
    }
}

static int product_lies_along(const struct product *product)
{
    return product->left_depth[2] == 1 && product->right_depth[2] == 1;
}

/* The product by tiles or by sums along both operands, its columns as such or as rows. */
static void product_choose(const struct product *product, int add, const double *left,
                           const double *right, double *target)
{
    const struct product other = product_transpose(product);
    const double cost = product_cost(product), other_cost = product_cost(&other);
    if (product_lies_along(product) &&
        product_dots_cost(product) < (cost < other_cost ? cost : other_cost)) {
        if (product->rows > product->columns) {
            product_dots(&other, add, right, left, target);
        } else {
            product_dots(product, add, left, right, target);
        }
    } else if (other_cost < cost) {
        product_tiles(&other, add, right, left, target);
    } else {
        product_tiles(product, add, left, right, target);
    }
}

/* The columns beyond whole vectors, where sums of their own are less work than one more vector. */
static ptrdiff_t product_beyond(const struct product *product)
{
    struct product beyond = *product;
    const double depth = (double)(product->depth[0] * product->depth[1] * product->depth[2]);
    beyond.columns = product->columns % product_lanes;
    return product_lies_along(product) && product->columns > product_lanes &&
                   product_dots_cost(&beyond) < (double)product->rows * depth / 2.0
               ? beyond.columns
               : 0;
}

static void product_divide(const struct product *product, int add, const double *left,
                           const double *right, double *target)
{
    const ptrdiff_t beyond = product_beyond(product), whole = product->columns - beyond;
    if (product->right_column == 1 && product->target_column == 1 &&
        product->columns >= product_lanes) {
        product_boxes(product, add, left, right, target);
    } else if (beyond > 0) {
        struct product part = *product;
        part.columns = whole;
        product_choose(&part, add, left, right, target);
        part.columns = beyond;
        product_choose(&part, add, left, right + whole * product->right_column,
                       target + whole * product->target_column);
    } else {
        product_choose(product, add, left, right, target);
    }
}

/* @end */

/* @text product_run uses product_divide */
/* Another file has this function for a library's help. */
static PRODUCT_APART void product_run(const struct product *product, int add, const double *left,
                                      const double *right, double *target)
{
    if (product->rows <= 0 || product->columns <= 0) {
        return;
    }
    if (product->depth[0] == 1 && product->depth[1] == 1) {
        product_divide(product, add, left, right, target);
    } else {
        struct product merged = *product;
        product_merge(&merged);
        product_divide(&merged, add, left, right, target);
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
