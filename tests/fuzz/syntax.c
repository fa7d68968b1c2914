/* syntax.c - scanner and parser on any text at all, without what comes after them: thousands of
 * texts a second. It is a model, and an expression where it is one line; without errors it must
 * come back from the printer as the same. An entry point of libFuzzer. */
#include "base/diagnostics.h"
#include "syntax/parse.h"
#include "syntax/print.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the text reads as, written down again; NULL where it holds an error. */
static const char *respell_model(struct arena *arena, const char *bytes, size_t length)
{
    struct diagnostics *diagnostics = diagnostics_create(arena);
    struct parse_context *context = parse_context_create(arena, names_create(arena), diagnostics);
    const struct source source = {"fuzz.expr", bytes, length};
    struct statement_list statements = parse_model(context, &source);
    struct text text = text_create(arena);

    diagnostics_append(diagnostics, &text);
    if (diagnostics->errors > 0)
        return NULL;
    text = text_create(arena);
    for (size_t i = 0; i < statements.count; i++) {
        print_statement(&text, statements.items[i]);
        text_append_char(&text, '\n');
    }
    return text.bytes;
}

static const char *respell_expression(struct arena *arena, const char *bytes, size_t length)
{
    struct diagnostics *diagnostics = diagnostics_create(arena);
    struct parse_context *context = parse_context_create(arena, names_create(arena), diagnostics);
    const struct source source = {"fuzz.expr", bytes, length};
    const struct expression *expression = parse_expression(context, &source);
    struct text text = text_create(arena);

    diagnostics_append(diagnostics, &text);
    if (expression == NULL)
        return NULL;
    text = text_create(arena);
    print_expression(&text, expression);
    return text.bytes;
}

typedef const char *(*respelling)(struct arena *arena, const char *bytes, size_t length);

static void try_respelling(respelling respell, const char *bytes, size_t length)
{
    struct arena *arena = arena_create(NULL);
    const char *once = respell(arena, bytes, length);
    const char *twice = once == NULL ? NULL : respell(arena, once, strlen(once));

    if (once != NULL && (twice == NULL || strcmp(once, twice) != 0))
        abort();
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    try_respelling(respell_model, (const char *)bytes, size);
    if (size == 0 || memchr(bytes, '\n', size) == NULL)
        try_respelling(respell_expression, (const char *)bytes, size);
    return 0;
}
