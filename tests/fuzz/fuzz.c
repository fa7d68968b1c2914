/* fuzz - random models, each held to what `symgrad check` asks: the derivative against numeric
 * ones, the emitted C against the interpreter.
 *
 *   fuzz SYMGRAD FOLDER FIRST COUNT [COMPILER...]
 *
 * Seed s of FIRST .. FIRST+COUNT-1 is compiled by the COMPILER at s modulo their number, say
 * "gcc -O3". A model that fails is made as small as it gets and left in FOLDER/SEED.expr, with what
 * was said of it in FOLDER/SEED.txt. Prints a line for each, and the number of models; status 1
 * where one failed. With COUNT 0, prints the model of seed FIRST. */
#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SECONDS = 100,
    SHRINKING_TRIES = 1500,
    ENDLESS_TRIES = 15,
    NAME_SIZE = 4096,
    REPORT_SIZE = 16384
};

/* How a check ended; a smaller program must end likewise, with the same complaint. */
enum ending {
    GOOD,
    WRONG,   /* a check failed */
    REFUSED, /* the model has an error, says symgrad: it should have none */
    BROKEN,  /* an internal error, a crash, C that does not compile */
    ENDLESS,
};

static const char *const ending_names[] = {"good", "wrong", "refused", "broken", "endless"};

struct fuzzer {
    const char *symgrad, *folder, *compiler;
    char model[NAME_SIZE], report[NAME_SIZE];
    enum ending ending; /* of the program that is being made smaller */
    char complaint[80];
};

static bool write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    return file != NULL && (fputs(text, file) >= 0) == (fclose(file) == 0);
}

static void read_report(const struct fuzzer *fuzzer, char *text, size_t size)
{
    FILE *file = fopen(fuzzer->report, "r");
    const size_t length = file == NULL ? 0 : fread(text, 1, size - 1, file);
    if (file != NULL) {
        fclose(file);
    }
    text[length] = '\0';
}

/* The first words of the first error of a report, up to a name or a number. */
static void read_complaint(const struct fuzzer *fuzzer, char *complaint, size_t size)
{
    char text[REPORT_SIZE];
    read_report(fuzzer, text, sizeof text);
    const char *start = strstr(text, "error: ");
    size_t length = 0;
    while (start != NULL && length + 1 < size && strchr("\n'0123456789", start[length]) == NULL) {
        complaint[length] = start[length];
        length++;
    }
    complaint[length] = '\0';
}

static bool says_failed(const struct fuzzer *fuzzer)
{
    char text[REPORT_SIZE];
    read_report(fuzzer, text, sizeof text);
    return strstr(text, "FAILED") != NULL;
}

static void become_check(const struct fuzzer *fuzzer)
{
    const int report = open(fuzzer->report, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (report < 0 || dup2(report, 1) < 0 || dup2(report, 2) < 0) {
        _exit(99);
    }
    if (fuzzer->compiler != NULL) {
        setenv("CC", fuzzer->compiler, 1);
        setenv("CFLAGS", "", 1);
    }
    /* Compilers as well are ended with it. */
    setpgid(0, 0);
    alarm(SECONDS);
    execl(fuzzer->symgrad, fuzzer->symgrad, "check", fuzzer->model, (char *)NULL);
    _exit(99);
}

static enum ending check(const struct fuzzer *fuzzer)
{
    const pid_t child = fork();
    if (child == 0) {
        become_check(fuzzer);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("fuzz");
        exit(3);
    }
    if (WIFSIGNALED(status)) {
        kill(-child, SIGKILL);
        return WTERMSIG(status) == SIGALRM ? ENDLESS : BROKEN;
    }
    switch (WEXITSTATUS(status)) {
    case 0:
        return GOOD;
    case 1:
        return says_failed(fuzzer) ? WRONG : REFUSED;
    case 99:
        fprintf(stderr, "fuzz: cannot run %s\n", fuzzer->symgrad);
        exit(3);
    default:
        return BROKEN;
    }
}

static enum ending check_tape(const struct fuzzer *fuzzer, struct tape *tape)
{
    char *text = program_write(tape);
    if (!write_file(fuzzer->model, text)) {
        perror(fuzzer->model);
        exit(3);
    }
    free(text);
    return check(fuzzer);
}

static bool ends_likewise(struct tape *tape, void *context)
{
    const struct fuzzer *fuzzer = context;
    char complaint[sizeof fuzzer->complaint];
    if (check_tape(fuzzer, tape) != fuzzer->ending) {
        return false;
    }
    read_complaint(fuzzer, complaint, sizeof complaint);
    return strcmp(complaint, fuzzer->complaint) == 0;
}

/* True where the model of the seed passes. */
static bool try_seed(struct fuzzer *fuzzer, uint64_t seed)
{
    struct tape tape;
    tape_fill(&tape, seed);
    snprintf(fuzzer->model, sizeof fuzzer->model, "%s/%llu.expr", fuzzer->folder,
             (unsigned long long)seed);
    snprintf(fuzzer->report, sizeof fuzzer->report, "%s/%llu.txt", fuzzer->folder,
             (unsigned long long)seed);
    fuzzer->ending = check_tape(fuzzer, &tape);
    if (fuzzer->ending != GOOD) {
        read_complaint(fuzzer, fuzzer->complaint, sizeof fuzzer->complaint);
        printf("seed %llu (%s): %s %s\n", (unsigned long long)seed,
               fuzzer->compiler == NULL ? "cc" : fuzzer->compiler, ending_names[fuzzer->ending],
               fuzzer->complaint);
        fflush(stdout);
        tape_shrink(&tape, ends_likewise, fuzzer,
                    fuzzer->ending == ENDLESS ? ENDLESS_TRIES : SHRINKING_TRIES);
        tape.used = 0;
        check_tape(fuzzer, &tape);
        return false;
    }
    remove(fuzzer->model);
    remove(fuzzer->report);
    return true;
}

int main(int count, char **words)
{
    if (count < 5) {
        fprintf(stderr, "usage: fuzz SYMGRAD FOLDER FIRST COUNT [COMPILER...]\n");
        return 2;
    }
    struct fuzzer fuzzer = {.symgrad = words[1], .folder = words[2]};
    const unsigned long long first = strtoull(words[3], NULL, 10),
                             programs = strtoull(words[4], NULL, 10);
    if (programs == 0) {
        struct tape tape;
        tape_fill(&tape, first);
        char *text = program_write(&tape);
        fputs(text, stdout);
        free(text);
        return 0;
    }
    unsigned long long failed = 0;
    for (unsigned long long seed = first; seed < first + programs; seed++) {
        fuzzer.compiler = count > 5 ? words[5 + seed % (unsigned long long)(count - 5)] : NULL;
        failed += !try_seed(&fuzzer, seed);
    }
    printf("%llu models, %llu failed\n", programs, failed);
    return failed > 0;
}
