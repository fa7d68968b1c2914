#include "memory.h"

static size_t memory_product(size_t a, size_t b)
{
    return a != 0 && b > SIZE_MAX / a ? SIZE_MAX : a * b;
}

static size_t memory_sum(size_t a, size_t b)
{
    return b > SIZE_MAX - a ? SIZE_MAX : a + b;
}

static void *memory_new(size_t count, size_t item, struct failure *failure)
{
    const size_t size = memory_product(count, item);
    void *memory = size > PTRDIFF_MAX ? NULL : calloc(size > 0 ? size : 1, 1);

    if (memory == NULL)
        failure_out_of_memory(failure);
    return memory;
}

static void *memory_grow(void *array, size_t *capacity, size_t needed, size_t item,
                         struct failure *failure)
{
    size_t count = *capacity < 64 ? 64 : *capacity;
    void *grown;

    if (array != NULL && needed <= *capacity)
        return array;
    while (count < needed)
        count = memory_product(count, 2);
    grown = memory_product(count, item) > PTRDIFF_MAX ? NULL : realloc(array, count * item);
    if (grown == NULL)
        failure_out_of_memory(failure);
    else
        *capacity = count;
    return grown;
}
