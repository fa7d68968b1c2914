#include "store.h"

static bool store_fails(const char *what, struct failure *failure)
{
    return failure_set(failure, FAILURE_SYSTEM, "--stream: cannot %s: %s", what, strerror(errno));
}

static bool store_begin(struct store *store, const char *folder, struct failure *failure)
{
    static const char ending[] = "/symgrad-XXXXXX";
    char *name;

    memset(store, 0, sizeof *store);
    if (folder == NULL)
        return true;
    name = (char *)memory_new(memory_sum(strlen(folder), sizeof ending), 1, failure);
    if (name == NULL)
        return false;
    memcpy(name, folder, strlen(folder));
    memcpy(name + strlen(folder), ending, sizeof ending);
    store->file = platform_scratch(name);
    free(name);
    return store->file != NULL || store_fails("make a file in that folder", failure);
}

static bool store_append(struct store *store, const void *bytes, size_t size,
                         struct failure *failure)
{
    const size_t needed = memory_sum(store->size, size);
    void *items;

    if (store->file != NULL) {
        if (fwrite(bytes, 1, size, store->file) != size)
            return store_fails("write the data", failure);
        store->size = needed;
        return true;
    }
    items = memory_grow(store->items, &store->capacity, needed, 1, failure);
    if (items == NULL)
        return false;
    store->items = items;
    memcpy((char *)items + store->size, bytes, size);
    store->size = needed;
    return true;
}

static bool store_finish(struct store *store, struct failure *failure)
{
    if (store->file == NULL)
        return true;
    if (fflush(store->file) != 0)
        return store_fails("write the data", failure);
    store->mapping =
        (struct platform_mapping *)memory_new(1, sizeof(struct platform_mapping), failure);
    if (store->mapping == NULL)
        return false;
    if (platform_map(store->mapping, store->file, store->size)) {
        store->items = store->mapping->memory;
        return true;
    }
    free(store->mapping);
    store->mapping = NULL;
    return store_fails("map the data", failure);
}

static void store_copy(const struct store *store, size_t begin, size_t size, void *to)
{
    const bool is_long = store->mapping != NULL && store->size > PLATFORM_RESIDENT;

    if (!is_long || !platform_copy(store->mapping, begin, size, to))
        memcpy(to, (const char *)store->items + begin, size);
}

static bool store_make(struct store *store, const char *folder, size_t count, size_t item,
                       struct failure *failure)
{
    if (!store_begin(store, folder, failure))
        return false;
    if (folder == NULL) {
        store->items = memory_new(count, item, failure);
        return store->items != NULL;
    }
    store->size = memory_product(count, item);
    store->size = store->size > 0 ? store->size : 1;
    if (!platform_reserve(store->file, store->size))
        return store_fails("make room", failure);
    return store_finish(store, failure);
}

static void store_free(struct store *store)
{
    if (store->file == NULL) {
        free(store->items);
    } else {
        if (store->mapping != NULL)
            platform_unmap(store->mapping);
        free(store->mapping);
        fclose(store->file);
    }
    memset(store, 0, sizeof *store);
}
