/* The half of test_product.c that is in float. */
#define CHECK_IN_FLOAT
#include "product_check.h"

void product_check_float(void);

void product_check_float(void)
{
    check_all_products();
}
