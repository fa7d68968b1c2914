#include "failure.h"

static bool failure_set(struct failure *failure, enum failure_status status, const char *format,
                        ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    failure->status = status;
    return false;
}

static bool failure_out_of_memory(struct failure *failure)
{
    return failure_set(failure, FAILURE_SYSTEM, "out of memory");
}

static const char *failure_quote(struct failure_quotation *quotation, const char *text,
                                 size_t length)
{
    const size_t longest = sizeof quotation->text - sizeof "\\377...'";
    size_t end = 0;

    quotation->text[end++] = '\'';
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if (end > longest) {
            memcpy(quotation->text + end, "...", 3);
            end += 3;
            break;
        }
        if (byte < 0x20 || byte == 0x7f || byte == '\\' || byte == '\'')
            end += (size_t)snprintf(quotation->text + end, 5, "\\%03o", (unsigned)byte);
        else
            quotation->text[end++] = (char)byte;
    }
    quotation->text[end++] = '\'';
    quotation->text[end] = '\0';
    return quotation->text;
}
