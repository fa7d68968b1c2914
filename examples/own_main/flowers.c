#include "flowers.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1000 };

static void fail(const char *path)
{
    fprintf(stderr, "%s: no table of flowers\n", path);
    exit(3);
}

struct irises_data flowers_read(const char *path)
{
    FILE *file = fopen(path, "r");
    double *x = malloc(MOST * irises_d * sizeof x[0]);
    int *species = malloc(MOST * sizeof species[0]);
    char line[200];
    ptrdiff_t n = 0;
    if (file == NULL || x == NULL || species == NULL || fgets(line, sizeof line, file) == NULL) {
        fail(path);
    }
    while (n < MOST && fgets(line, sizeof line, file) != NULL) {
        double *row = x + n * irises_d;
        if (sscanf(line, "%lf,%lf,%lf,%lf,%d", &row[0], &row[1], &row[2], &row[3], &species[n]) !=
                irises_d + 1 ||
            species[n] < 0 || species[n] >= irises_k) {
            fail(path);
        }
        n++;
    }
    fclose(file);

    struct irises_data flowers = {n, n, x, species};
    return flowers;
}

void flowers_free(struct irises_data *flowers)
{
    free((void *)flowers->x);
    free((void *)flowers->species);
}
