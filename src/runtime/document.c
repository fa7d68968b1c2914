#include "document.h"

static bool document_fail(const struct document *document, struct failure *failure)
{
    struct failure_quotation quotation;

    return failure_set(failure, FAILURE_SYSTEM, "cannot write %s: %s",
                       failure_quote(&quotation, document->name, strlen(document->name)),
                       strerror(errno));
}

/* A name beside the document's own. */
static char *document_draft(const char *name, struct failure *failure)
{
    static const char ending[] = ".part";
    const size_t length = strlen(name);
    char *draft = (char *)memory_new(memory_sum(length, sizeof ending), 1, failure);

    if (draft != NULL) {
        memcpy(draft, name, length);
        memcpy(draft + length, ending, sizeof ending);
    }
    return draft;
}

static bool document_open(struct document *document, const char *name, struct failure *failure)
{
    const bool ordinary = platform_is_ordinary(name);

    document->name = name;
    document->draft = ordinary ? document_draft(name, failure) : NULL;
    if (ordinary && document->draft == NULL)
        return false;
    document->stream = fopen(ordinary ? document->draft : name, "wb");
    if (document->stream == NULL) {
        document_fail(document, failure);
        free(document->draft);
    }
    return document->stream != NULL;
}

static bool document_close(struct document *document, struct failure *failure)
{
    bool written = platform_sync(document->stream) && !ferror(document->stream);

    if (fclose(document->stream) != 0)
        written = false;
    if (written && document->draft != NULL)
        written = platform_replace(document->draft, document->name);
    if (!written) {
        document_fail(document, failure);
        if (document->draft != NULL)
            remove(document->draft);
    }
    free(document->draft);
    return written;
}
