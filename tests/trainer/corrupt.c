/* corrupt.c - whether a trainer refuses every checkpoint that is not what it wrote.
 *
 *     corrupt TRIES SEED TRAINER CHECKPOINT OTHER
 *
 * Both files are good checkpoints of the trainer, from different steps. Each try damages the first
 * one in one of the ways below, and has the trainer resume from that: it must print nothing but a
 * message that names the file, and end with status 3. Prints how many tries of each kind there
 * were; what went wrong goes to standard error, with the damaged file kept as `accepted`. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FILE_MAX = 1 << 20, EXTENSION_MAX = 64, SUM_SIZE = 8 };

struct bytes {
    unsigned char *text;
    size_t size;
};

/* ---- Random numbers: Vigna's splitmix64 ---- */

static uint64_t state;

static uint64_t draw(void)
{
    uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* From 0 to below the limit. */
static size_t below(size_t limit)
{
    return (size_t)(draw() % limit);
}

/* ---- Files ---- */

static void give_up(const char *what)
{
    perror(what);
    exit(2);
}

static struct bytes read_file(const char *name)
{
    struct bytes bytes = {malloc(FILE_MAX), 0};
    FILE *file = fopen(name, "rb");
    if (bytes.text == NULL || file == NULL) {
        give_up(name);
    }
    bytes.size = fread(bytes.text, 1, FILE_MAX / 4, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *name, const struct bytes *bytes)
{
    FILE *file = fopen(name, "wb");
    if (file == NULL || fwrite(bytes->text, 1, bytes->size, file) != bytes->size ||
        fclose(file) != 0) {
        give_up(name);
    }
}

/* ---- Ways to damage a file ---- */

/* A stretch of a file: never empty, often short. */
struct stretch {
    size_t begin, size;
};

static struct stretch draw_stretch(const struct bytes *bytes)
{
    size_t longest = bytes->size >> below(8);
    struct stretch stretch = {0, 1 + below(longest == 0 ? 1 : longest)};
    stretch.begin = below(bytes->size - stretch.size + 1);
    return stretch;
}

static void flip_bits(struct bytes *bytes, const struct bytes *other)
{
    (void)other;
    for (size_t count = 1 + below(8); count > 0; count--) {
        bytes->text[below(bytes->size)] ^= (unsigned char)(1u << below(8));
    }
}

static void truncate_bytes(struct bytes *bytes, const struct bytes *other)
{
    (void)other;
    bytes->size = below(bytes->size);
}

static void extend(struct bytes *bytes, const struct bytes *other)
{
    (void)other;
    for (size_t count = 1 + below(EXTENSION_MAX); count > 0; count--) {
        bytes->text[bytes->size++] = (unsigned char)draw();
    }
}

static void overwrite(struct bytes *bytes, const struct bytes *other)
{
    struct stretch stretch = draw_stretch(bytes);
    (void)other;
    for (size_t i = 0; i < stretch.size; i++) {
        bytes->text[stretch.begin + i] = (unsigned char)draw();
    }
}

static void wipe(struct bytes *bytes, const struct bytes *other)
{
    struct stretch stretch = draw_stretch(bytes);
    (void)other;
    memset(bytes->text + stretch.begin, draw() % 2 == 0 ? 0 : 0xff, stretch.size);
}

static void swap_blocks(struct bytes *bytes, const struct bytes *other)
{
    size_t size = 1 + below(bytes->size / 2);
    size_t first = below(bytes->size - 2 * size + 1);
    size_t second = first + size + below(bytes->size - 2 * size - first + 1);
    (void)other;
    for (size_t i = 0; i < size; i++) {
        unsigned char kept = bytes->text[first + i];
        bytes->text[first + i] = bytes->text[second + i];
        bytes->text[second + i] = kept;
    }
}

static void drop_block(struct bytes *bytes, const struct bytes *other)
{
    struct stretch stretch = draw_stretch(bytes);
    size_t end = stretch.begin + stretch.size;
    (void)other;
    memmove(bytes->text + stretch.begin, bytes->text + end, bytes->size - end);
    bytes->size -= stretch.size;
}

static void repeat_block(struct bytes *bytes, const struct bytes *other)
{
    struct stretch stretch = draw_stretch(bytes);
    size_t end = stretch.begin + stretch.size;
    (void)other;
    memmove(bytes->text + end, bytes->text + stretch.begin, bytes->size - stretch.begin);
    bytes->size += stretch.size;
}

/* The head of this file and the rest of another one. */
static void splice(struct bytes *bytes, const struct bytes *other)
{
    size_t cut = below(other->size < bytes->size ? other->size : bytes->size);
    memcpy(bytes->text + cut, other->text + cut, other->size - cut);
    bytes->size = other->size;
}

/* Fowler, Noll and Vo's hash of all that stands before it: whoever changes what the head says, and
 * makes the sum good, is refused as well. */
static void make_sum_good(struct bytes *bytes)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes->size - SUM_SIZE; i++) {
        sum = (sum ^ bytes->text[i]) * UINT64_C(0x100000001b3);
    }
    memcpy(bytes->text + bytes->size - SUM_SIZE, &sum, SUM_SIZE);
}

/* Mark and version, the order of bytes, the model, the size of a number. */
static void forge_head(struct bytes *bytes, const struct bytes *other)
{
    (void)other;
    bytes->text[below(40)] ^= (unsigned char)(1u << below(8));
    make_sum_good(bytes);
}

static const struct way {
    const char *name;
    void (*damage)(struct bytes *bytes, const struct bytes *other);
} ways[] = {
    {"bits flipped", flip_bits},
    {"cut short", truncate_bytes},
    {"extended", extend},
    {"overwritten", overwrite},
    {"wiped", wipe},
    {"blocks swapped", swap_blocks},
    {"a block dropped", drop_block},
    {"a block repeated", repeat_block},
    {"spliced", splice},
    {"another head, its sum made good", forge_head},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* Makes `bytes` a damaged copy of `good`; equal blocks may be swapped in vain, so until it is. */
static void damage(const struct way *way, const struct bytes *good, const struct bytes *other,
                   struct bytes *bytes)
{
    bool same, wholly_other;
    do {
        memcpy(bytes->text, good->text, good->size);
        bytes->size = good->size;
        way->damage(bytes, other);
        same = bytes->size == good->size && memcmp(bytes->text, good->text, good->size) == 0;
        wholly_other =
            bytes->size == other->size && memcmp(bytes->text, other->text, other->size) == 0;
    } while (same || wholly_other);
}

/* ---- The trainer ---- */

/* What it prints, its exit status behind that: 1000 + N where signal N ended it. */
struct outcome {
    int status;
    char said[4096];
};

static void run_trainer(const char *trainer, const char *file, struct outcome *outcome)
{
    char *const arguments[] = {(char *)(uintptr_t)trainer, "--resume", (char *)(uintptr_t)file,
                               "--quiet", NULL};
    posix_spawn_file_actions_t actions;
    size_t length = 0;
    ssize_t got;
    int ends[2], status;
    pid_t child;

    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO) != 0 ||
        posix_spawn_file_actions_addclose(&actions, ends[0]) != 0 ||
        posix_spawn(&child, trainer, &actions, NULL, arguments, environ) != 0) {
        give_up(trainer);
    }
    close(ends[1]);
    while ((got = read(ends[0], outcome->said + length, sizeof outcome->said - 1 - length)) > 0) {
        length += (size_t)got;
    }
    close(ends[0]);
    outcome->said[length] = '\0';
    posix_spawn_file_actions_destroy(&actions);
    if (waitpid(child, &status, 0) != child) {
        give_up(trainer);
    }
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* One line that names trainer and file. */
static bool is_refusal(const struct outcome *outcome, const char *file)
{
    const char *end = strchr(outcome->said, '\n');
    char named[64];
    snprintf(named, sizeof named, ": '%s' ", file);
    return outcome->status == 3 && end != NULL && end[1] == '\0' &&
           strstr(outcome->said, named) != NULL;
}

int main(int count, char **arguments)
{
    static const char file[] = "damaged";
    unsigned long tries, tried[WAYS] = {0}, accepted = 0;
    struct bytes good, other, bytes = {malloc(FILE_MAX), 0};

    if (count != 6 || bytes.text == NULL) {
        fputs("corrupt TRIES SEED TRAINER CHECKPOINT OTHER\n", stderr);
        return 2;
    }
    tries = strtoul(arguments[1], NULL, 10);
    state = strtoul(arguments[2], NULL, 10);
    good = read_file(arguments[4]);
    other = read_file(arguments[5]);
    for (unsigned long i = 0; i < tries; i++) {
        struct outcome outcome;
        damage(&ways[i % WAYS], &good, &other, &bytes);
        write_file(file, &bytes);
        run_trainer(arguments[3], file, &outcome);
        tried[i % WAYS]++;
        if (!is_refusal(&outcome, file)) {
            fprintf(stderr, "%s, try %lu: status %d: %s\n", ways[i % WAYS].name, i, outcome.status,
                    outcome.said);
            write_file("accepted", &bytes);
            accepted++;
        }
    }
    for (size_t i = 0; i < WAYS; i++) {
        printf("%s: %lu\n", ways[i].name, tried[i]);
    }
    printf("%lu of %lu refused\n", tries - accepted, tries);
    return accepted > 0;
}
