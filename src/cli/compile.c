#include "cli/compile.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *scratch_create(struct session *session)
{
    const char *parent = getenv("TMPDIR");
    char *directory = arena_format(session->arena, "%s/symgrad-XXXXXX",
                                   parent == NULL || *parent == '\0' ? "/tmp" : parent);
    if (mkdtemp(directory) == NULL) {
        session_failure("cannot create a directory for the compiler: %s", strerror(errno));
        return NULL;
    }
    return directory;
}

void scratch_remove(struct session *session, const char *directory)
{
    static const char *const names[] = {"model.c", "model", "check.c", "check", "numbers"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(arena_format(session->arena, "%s/%s", directory, names[i]));
    }
    rmdir(directory);
}

struct command_line {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};

static void push(struct command_line *line, const char *word)
{
    ARENA_PUSH(line->arena, line->items, line->count, line->capacity, word);
}

/* $CC, $CFLAGS and $LIBS may hold several words. */
static void push_words(struct command_line *line, const char *words)
{
    while (*(words += strspn(words, " \t\n")) != '\0') {
        size_t length = strcspn(words, " \t\n");
        push(line, arena_copy(line->arena, words, length));
        words += length;
    }
}

static const char *setting(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value == NULL || *value == '\0' ? fallback : value;
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            session_failure("cannot wait for a program: %s", strerror(errno));
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* By what a child leaves, after its message, where the program cannot be started; as in a shell. */
enum { NOT_STARTED = 127 };

int run_program(struct session *session, const char *const *arguments)
{
    if (session->options->verbose) {
        for (size_t i = 0; arguments[i] != NULL; i++) {
            fprintf(stderr, "%s%s", i == 0 ? "" : " ", arguments[i]);
        }
        fputc('\n', stderr);
    }
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        session_failure("cannot start '%s': %s", arguments[0], strerror(errno));
        return -1;
    }
    if (child == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        fprintf(stderr, "symgrad: cannot start '%s': %s\n", arguments[0], strerror(errno));
        _exit(NOT_STARTED);
    }
    int status = wait_for(child);
    return status == NOT_STARTED ? -1 : status;
}

int run_trainer(struct session *session, const char *program, const char *const *arguments)
{
    struct command_line line = {.arena = session->arena};
    push(&line, program);
    for (int i = 0; i < session->options->rest_count; i++) {
        push(&line, session->options->rest[i]);
    }
    while (*arguments != NULL) {
        push(&line, *arguments++);
    }
    push(&line, NULL);
    int status = run_program(session, line.items);
    return status < 0 ? STATUS_SYSTEM : status;
}

const char *compile_c(struct session *session, const char *directory, const char *stem,
                      const char *text, size_t length, enum compile_for purpose)
{
    struct command_line line = {.arena = session->arena};
    const char *source = arena_format(session->arena, "%s/%s.c", directory, stem);
    const char *result = arena_format(session->arena, "%s/%s", directory, stem);
    const char *reason;
    if (!file_write(session->arena, source, text, length, &reason)) {
        session_failure("cannot write '%s': %s", source, reason);
        return NULL;
    }
    push_words(&line, setting("CC", "cc"));
    push_words(&line, setting("CFLAGS", purpose == COMPILE_TO_RUN ? "-O3" : "-O1"));
    if (purpose == COMPILE_TO_LOAD) {
        push(&line, "-shared");
        push(&line, "-fPIC");
    }
    push(&line, "-o");
    push(&line, result);
    push(&line, source);
    if (session->options->blas) {
        push_words(&line, setting("LIBS", "-llapack -lblas"));
    }
    push(&line, "-lm");
    push(&line, NULL);
    int status = run_program(session, line.items);
    if (status != 0) {
        if (status > 0) {
            session_failure("the C compiler '%s' failed", line.items[0]);
        }
        return NULL;
    }
    return result;
}
