/* Uses the compiler as a library: tests/use.sh says as what.
 *
 *     compile messages|diagnostics|derivative|lib|header|main|memory MODEL [NAME] */
#include <symgrad/symgrad.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions of a user's own that the library has as well, by the same names. */
int emit(void);
int text_create(void);
int emit(void)
{
    return 1;
}
int text_create(void)
{
    return 1;
}

static char *read_file(const char *path, size_t *length)
{
    enum { MOST = 1 << 20 };
    char *text = malloc(MOST);
    FILE *file = fopen(path, "rb");
    if (text == NULL || file == NULL) {
        perror(path);
        exit(3);
    }
    *length = fread(text, 1, MOST, file);
    fclose(file);
    return text;
}

/* ---- What a call gives ---- */

static void print_diagnostics(const struct symgrad_model *model)
{
    static const char *const severities[] = {"error", "warning", "note", "help"};
    size_t count;
    const struct symgrad_diagnostic *all = symgrad_diagnostics(model, &count);
    for (size_t i = 0; i < count; i++) {
        printf("%s %s:%zu:%zu %zu-%zu %s\n", severities[all[i].severity],
               all[i].path == NULL ? "" : all[i].path, all[i].line, all[i].column, all[i].begin,
               all[i].end, all[i].message);
    }
}

static enum symgrad_status make(struct symgrad_model *model, const char *what, const char *name,
                                const char **result)
{
    if (strcmp(what, "derivative") == 0) {
        return symgrad_differentiate(model, name, result);
    }
    return symgrad_emit(model,
                        strcmp(what, "lib") == 0      ? SYMGRAD_LIB
                        : strcmp(what, "header") == 0 ? SYMGRAD_HEADER
                                                      : SYMGRAD_MAIN,
                        strcmp(what, "float") == 0 ? SYMGRAD_FLOAT : SYMGRAD_DOUBLE, name, result);
}

/* ---- Memory that runs out ---- */

struct budget {
    long calls, held;
};

static void *allocate(void *context, size_t size)
{
    struct budget *budget = context;
    void *block = budget->calls-- > 0 ? malloc(size) : NULL;
    budget->held += block != NULL;
    return block;
}

static void release(void *context, void *block)
{
    ((struct budget *)context)->held--;
    free(block);
}

/* Whether a model is read, differentiated and emitted within so many allocations. */
static int fits(long calls, const char *text, size_t length)
{
    struct budget budget = {calls, 0};
    const struct symgrad_allocator allocator = {allocate, release, &budget};
    struct symgrad_model *model;
    const char *first = NULL, *again = NULL;
    enum symgrad_status status = symgrad_read(text, length, "model.expr", &allocator, &model);
    if (status == SYMGRAD_OK) {
        status = make(model, "derivative", NULL, &first);
    }
    if (status == SYMGRAD_OK) {
        status = make(model, "main", NULL, &again);
        if (status == SYMGRAD_NO_MEMORY) {
            /* What was there is still there, and with memory the call does its work. */
            const size_t before = strlen(first);
            budget.calls = 1000000;
            if (make(model, "main", NULL, &again) != SYMGRAD_OK || strlen(first) != before) {
                puts("a call that was tried again failed");
            }
        }
    }
    symgrad_free(model);
    if (budget.held != 0 || status == SYMGRAD_ERROR) {
        printf("%ld allocations: %ld blocks left, status %d\n", calls, budget.held, (int)status);
    }
    return status == SYMGRAD_OK;
}

static void try_memory(const char *text, size_t length)
{
    long calls = 0;
    while (!fits(calls, text, length)) {
        calls++;
    }
    printf("enough: %s\n", calls > 4 ? "after some failures" : "at once");
}

int main(int argument_count, char **arguments)
{
    const char *what = arguments[1], *path = arguments[2];
    const char *name = argument_count > 3 ? arguments[3] : NULL;
    size_t length;
    char *text = read_file(path, &length);
    struct symgrad_model *model;
    if (strcmp(what, "memory") == 0) {
        try_memory(text, length);
        free(text);
        return 0;
    }
    enum symgrad_status status = symgrad_read(text, length, path, NULL, &model);
    free(text);
    if (strcmp(what, "messages") == 0) {
        fputs(symgrad_messages(model), stdout);
    } else if (strcmp(what, "diagnostics") == 0) {
        print_diagnostics(model);
    } else {
        const char *result;
        status = make(model, what, name, &result);
        fputs(result == NULL ? symgrad_messages(model) : result, stdout);
    }
    symgrad_free(model);
    return (int)status;
}
