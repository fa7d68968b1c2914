/* replay.c - gives each file that is named to a fuzzer's entry point, so that a corpus can be tried
 * without the fuzzer. Says which one it is at, in case it does not come back. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int replay(const char *name)
{
    FILE *file = fopen(name, "rb");
    uint8_t *bytes = NULL;
    long size = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0 && fseek(file, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        perror(name);
        return 1;
    }
    fclose(file);
    fprintf(stderr, "%s\n", name);
    LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
    return 0;
}

int main(int argument_count, char **arguments)
{
    int failures = 0;

    for (int i = 1; i < argument_count; i++)
        failures += replay(arguments[i]);
    return failures > 0;
}
