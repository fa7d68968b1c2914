/* Sums of products by a library where they are large: what --blas embeds in place of product.c's
   own function of the name. */
#include "runtime/product.h"

/* @text product_run uses product_divide */
/* Fortran's symbol, from -lblas or what stands for it. It passes the lengths of texts behind all
   other arguments. */
#ifdef __cplusplus
extern "C" {
#endif
void dgemm_(const char *left_form, const char *right_form, const int *rows, const int *columns,
            const int *depth, const double *scale, const double *left, const int *left_step,
            const double *right, const int *right_step, const double *kept, double *target,
            const int *target_step, size_t left_length, size_t right_length);
#ifdef __cplusplus
}
#endif

/* So many multiplications make it worth to ask the library. */
#define PRODUCT_LARGE 4194304.0

/* A matrix of which `lines` lie a step apart, each of `count` numbers side by side. */
static int product_is_plain(ptrdiff_t step, ptrdiff_t lines, ptrdiff_t count)
{
    return step >= count && step == (ptrdiff_t)(int)step && lines == (ptrdiff_t)(int)lines;
}

/* The library's columns lie side by side by their rows: it gets what is transposed here, the target
   too. False, with nothing done, where it cannot have the product. */
static int product_by_library(const struct product *product, double kept, const double *left,
                              const double *right, double *target)
{
    const ptrdiff_t depth = product->depth[2];
    const int right_lies = product->right_column == 1, left_lies = product->left_depth[2] == 1;
    const int rows = (int)product->rows, columns = (int)product->columns, sums = (int)depth;
    const int right_step = (int)(right_lies ? product->right_depth[2] : product->right_column);
    const int left_step = (int)(left_lies ? product->left_row : product->left_depth[2]);
    const int target_step = (int)product->target_row;
    const double one = 1.0;
    if (product->target_column != 1 ||
        !product_is_plain(product->target_row, product->rows, product->columns) ||
        !(right_lies ? product_is_plain(product->right_depth[2], depth, product->columns)
                     : product->right_depth[2] == 1 &&
                           product_is_plain(product->right_column, product->columns, depth)) ||
        !(left_lies ? product_is_plain(product->left_row, product->rows, depth)
                    : product->left_row == 1 &&
                          product_is_plain(product->left_depth[2], depth, product->rows))) {
        return 0;
    }
    dgemm_(right_lies ? "N" : "T", left_lies ? "N" : "T", &columns, &rows, &sums, &one, right,
           &right_step, left, &left_step, &kept, target, &target_step, 1, 1);
    return 1;
}

static PRODUCT_APART void product_run(const struct product *given, int add, const double *left,
                                      const double *right, double *target)
{
    struct product product = *given;
    const double kept = add ? 1.0 : 0.0;
    if (product.rows <= 0 || product.columns <= 0) {
        return;
    }
    product_merge(&product);
    const struct product other = product_transpose(&product);
    const double work = (double)product.rows * (double)product.columns * (double)product.depth[2];
    if (product.depth[1] > 1 || work < PRODUCT_LARGE ||
        !(product_by_library(&product, kept, left, right, target) ||
          product_by_library(&other, kept, right, left, target))) {
        product_divide(&product, add, left, right, target);
    }
}
/* @end */
