/* readers.c - a trainer that reads any bytes at all: as data, in each of their formats, as
 * parameters (--load) and as a checkpoint (--resume). The first byte says as what. An entry point
 * of libFuzzer; TRAINER is what the compiler made of readers.expr. */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* ---- What the trainer gets from the system ---- */

/* What a file is called that holds the bytes; one that ends so may be characters. */
#define GIVEN "given"
#define GIVEN_TEXT "given.txt"

static struct {
    void *bytes;
    size_t size;
} given;

/* Any other file is a table of what is not given. */
static FILE *open_in_memory(const char *name, const char *mode)
{
    static char labels[] = "y,label\n1,0\n2.5,1\n-3,0\n4,1\n";
    static char rows[] = "a,b,y\n1,2,1\n0,3,2.5\n1,1,-3\n2,2,4\n";

    if (strncmp(name, GIVEN, strlen(GIVEN)) == 0)
        return fmemopen(given.bytes, given.size, mode);
    if (strcmp(name, "labels") == 0)
        return fmemopen(labels, strlen(labels), mode);
    return fmemopen(rows, strlen(rows), mode);
}

/* A few bytes may ask for all memory there is: here that is soon. */
enum { ROOM = 1 << 22 };

static void *allocate_zeros(size_t count, size_t size)
{
    return size > 0 && count > ROOM / size ? NULL : calloc(count, size);
}

static void *allocate_again(void *memory, size_t size)
{
    return size > ROOM ? NULL : realloc(memory, size);
}

#define fopen open_in_memory
#define calloc allocate_zeros
#define realloc allocate_again
#define main run_trainer
#include TRAINER
#undef fopen
#undef calloc
#undef realloc
#undef main

/* ---- Training for a few steps ---- */

static bool begin(struct session *session, const char *const *arguments, struct failure *failure)
{
    char *copy[8];
    int count = 0;

    for (; arguments[count] != NULL; count++)
        copy[count] = (char *)(uintptr_t)arguments[count];
    return session_make(session, &readers_model, count, copy, failure) &&
           patience_make(session, failure) && plateau_make(session, failure) &&
           checkpoint_resume(session, failure);
}

static void train(struct session *session, struct failure *failure)
{
    bool good = true;

    while (good && session->end == SESSION_GOES_ON && session->step < session->steps) {
        trainer_next_batch(session, true);
        good = trainer_step(session, failure);
        if (good)
            session->end = trainer_find_end(session);
    }
    session_measure(session);
}

static void read_and_train(const char *const *arguments)
{
    struct failure failure = {FAILURE_NONE, ""};
    struct session session;

    if (begin(&session, arguments, &failure))
        train(&session, &failure);
    session_free(&session);
}

/* ---- Checkpoints with a good sum ---- */

/* Puts the sum right that ends a checkpoint. */
static void mend_sum(unsigned char *bytes, size_t size)
{
    struct checkpoint checkpoint = checkpoint_begin("", NULL, true, NULL);

    if (size < sizeof checkpoint.sum)
        return;
    checkpoint_add(&checkpoint, bytes, size - sizeof checkpoint.sum);
    memcpy(bytes + size - sizeof checkpoint.sum, &checkpoint.sum, sizeof checkpoint.sum);
}

/* One that the trainer wrote after its steps. */
static void write_checkpoint(const char *const *arguments, char **bytes, size_t *size)
{
    struct failure failure = {FAILURE_NONE, ""};
    FILE *stream = open_memstream(bytes, size);
    struct checkpoint checkpoint = checkpoint_begin("", stream, false, &failure);
    struct session session;

    if (!begin(&session, arguments, &failure))
        abort();
    train(&session, &failure);
    if (!checkpoint_walk(&checkpoint, &session))
        abort();
    session_free(&session);
    fclose(stream);
}

/* Each three of the bytes say which one of a checkpoint becomes what. */
static void resume_changed(const char *const *fresh, const char *const *resumed,
                           const unsigned char *changes, size_t count)
{
    char *bytes;
    size_t size;

    write_checkpoint(fresh, &bytes, &size);
    for (; count >= 3; count -= 3, changes += 3)
        bytes[((size_t)changes[0] << 8 | changes[1]) % size] = (char)changes[2];
    mend_sum((unsigned char *)bytes, size);
    given.bytes = bytes;
    given.size = size;
    read_and_train(resumed);
    free(bytes);
}

/* ---- The entry ---- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const kinds[][8] = {
        {"readers", "--quiet", "--data", "x,y,label=" GIVEN, "--steps=0", NULL},
        {"readers", "--quiet", "--data", "x=" GIVEN, "--data", "y,label=labels", "--steps=0", NULL},
        {"readers", "--quiet", "--data", "label=" GIVEN_TEXT, "--data", "x,y=rows", "--steps=0",
         NULL},
        {"readers", "--quiet", "--data", "x,y=rows", "--data", "label=labels", "--load=" GIVEN,
         NULL},
        {"readers", "--quiet", "--data", "x,y=rows", "--data", "label=labels", "--resume=" GIVEN,
         NULL},
        {"readers", "--quiet", "--data", "x,y=rows", "--data", "label=labels", "--steps=2", NULL},
    };
    enum { RESUME = 4, FRESH = 5 };
    const size_t kind = size == 0 ? 0 : bytes[0] % (sizeof kinds / sizeof *kinds);
    unsigned char *copy = malloc(size + 1);

    if (copy == NULL || size == 0) {
        free(copy);
        return 0;
    }
    memcpy(copy, bytes + 1, size - 1);
    given.bytes = copy;
    given.size = size - 1;
    if (kind == FRESH)
        resume_changed(kinds[FRESH], kinds[RESUME], copy, size - 1);
    else
        read_and_train(kinds[kind]);
    free(copy);
    return 0;
}
