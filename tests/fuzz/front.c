/* front.c - what the compiler does with any text at all: it reads it, and where it is a model,
 * writes the derivative and the emitted C. The entry point of libFuzzer. */
#include <symgrad/symgrad.h>

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct symgrad_model *model;
    const char *text;
    /* Some byte of the text decides what is emitted, so that a corpus covers the kinds. */
    const unsigned kind = size == 0 ? 0u : bytes[size - 1];
    const enum symgrad_file file = (enum symgrad_file)(kind % 3);
    const enum symgrad_real real = (enum symgrad_real)(kind / 3 % 2);

    if (symgrad_read((const char *)bytes, size, "fuzz.expr", NULL, &model) == SYMGRAD_OK) {
        symgrad_differentiate(model, NULL, &text);
        symgrad_emit(model, file, real, NULL, &text);
    }
    symgrad_messages(model);
    symgrad_free(model);
    return 0;
}
