/* harness.c - the main program of a contestant: inputs, what is checked, and the clock.
 *
 *     contestant INPUTS RESULT
 *
 * It says "ready LOSS" when RESULT has been written. Then each line on standard input is a request:
 * `loss SECONDS` or `derivative SECONDS`, answered by the median time of a call over as many
 * seconds; `memory`, answered by the most memory that it has had, in KiB.
 *
 * Where OMP_NUM_THREADS is 1, time is that of the processor: others on the machine do not count. */
#define _POSIX_C_SOURCE 200809L
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LARGEST_NUMBER_OF_SAMPLES = 10000 };

/* A sample is at least as long: the clock's own cost vanishes in it. */
static const double shortest_sample = 1e-4;

real step_rate = 1;

static clockid_t sample_clock = CLOCK_MONOTONIC;
static const char *inputs_folder;
static FILE *result_file;

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "contestant: %s %s\n", what, name);
    exit(1);
}

static void *aligned(size_t bytes)
{
    const size_t alignment = 64;
    void *memory = aligned_alloc(alignment, (bytes / alignment + 1) * alignment);
    if (!memory)
        fail("no memory for", "numbers");
    return memset(memory, 0, bytes);
}

real *reals(size_t count)
{
    return aligned(count * sizeof(real));
}

void *input(const char *name, size_t *count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.bin", inputs_folder, name);
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail("cannot read", path);
    const size_t bytes = (size_t)ftell(file);
    void *numbers = aligned(bytes);
    rewind(file);
    if (fread(numbers, 1, bytes, file) != bytes)
        fail("cannot read", path);
    fclose(file);
    if (count)
        *count = bytes / sizeof(real);
    return numbers;
}

void result(const real *numbers, size_t count)
{
    if (fwrite(numbers, sizeof(real), count, result_file) != count)
        fail("cannot write", "the result");
}

static double read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The time that `calls` of them take. */
static double time_of(double (*function)(void), long calls)
{
    const double start = read_clock(sample_clock);
    for (long i = 0; i < calls; i++)
        function();
    return read_clock(sample_clock) - start;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_time(double (*function)(void), double seconds)
{
    static double samples[LARGEST_NUMBER_OF_SAMPLES];
    long calls = 1;
    while (time_of(function, calls) < shortest_sample)
        calls *= 2;
    int count = 0;
    const double end = read_clock(CLOCK_MONOTONIC) + seconds;
    do {
        samples[count++] = time_of(function, calls) / (double)calls;
    } while (count < LARGEST_NUMBER_OF_SAMPLES && read_clock(CLOCK_MONOTONIC) < end);
    qsort(samples, (size_t)count, sizeof *samples, compare);
    return samples[count / 2];
}

/* Of the program itself: getrusage would count who started it as well. */
static long peak_memory(void)
{
    char line[128];
    long kibibytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kibibytes) == 1)
            break;
    if (status)
        fclose(status);
    return kibibytes;
}

static void answer_requests(void)
{
    char line[128];
    char what[16];
    double seconds;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%15s %lf", what, &seconds) == 2)
            printf("%.9g\n", median_time(strcmp(what, "loss") == 0 ? loss : derivative, seconds));
        else
            printf("%ld\n", peak_memory());
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage:", "contestant INPUTS RESULT");
    inputs_folder = argv[1];
    const char *threads = getenv("OMP_NUM_THREADS");
    if (threads && strcmp(threads, "1") == 0)
        sample_clock = CLOCK_PROCESS_CPUTIME_ID;
    prepare();
    result_file = fopen(argv[2], "wb");
    if (!result_file)
        fail("cannot write", argv[2]);
    const double value = loss();
    derivative();
    results();
    fclose(result_file);
    step_rate = (real)1e-4;
    printf("ready %.17g\n", value);
    fflush(stdout);
    answer_requests();
    return 0;
}
