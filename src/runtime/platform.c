#include "platform.h"

static volatile sig_atomic_t platform_interrupt;

#ifdef _POSIX_C_SOURCE

static bool platform_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

static double platform_seconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0.0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool platform_sync(FILE *stream)
{
    return fflush(stream) == 0 &&
           (fsync(fileno(stream)) == 0 || errno == EINVAL || errno == ENOTSUP);
}

static bool platform_is_ordinary(const char *name)
{
    struct stat status;

    return lstat(name, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
}

static bool platform_replace(const char *draft, const char *name)
{
    return rename(draft, name) == 0;
}

static FILE *platform_scratch(char *name)
{
    const int descriptor = mkstemp(name);
    FILE *file;

    if (descriptor < 0)
        return NULL;
    unlink(name);
    file = fdopen(descriptor, "w+b");
    if (file == NULL)
        close(descriptor);
    return file;
}

/* Written to where the disk is full, a file that is mapped ends the program: hence the room. */
static bool platform_reserve(FILE *file, size_t size)
{
    const off_t end = (off_t)size;

    errno = size > PTRDIFF_MAX ? ENOMEM : posix_fallocate(fileno(file), 0, end);
    return errno == 0;
}

static void *platform_map(FILE *file, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void platform_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

static void platform_on_interrupt(int signal_number)
{
    (void)signal_number;
    platform_interrupt = 1;
}

static void platform_catch_interrupt(void)
{
    struct sigaction action;
    struct sigaction before;

    platform_interrupt = 0;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = platform_on_interrupt;
    action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
    sigaction(SIGTERM, &action, NULL);
    /* A program started in the background is deaf to Ctrl-C and stays so. */
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
}

#else

static bool platform_is_terminal(FILE *stream)
{
    (void)stream;
    return false;
}

static double platform_seconds(void)
{
    return difftime(time(NULL), (time_t)0);
}

static bool platform_sync(FILE *stream)
{
    return fflush(stream) == 0;
}

static bool platform_is_ordinary(const char *name)
{
    (void)name;
    return true;
}

static bool platform_replace(const char *draft, const char *name)
{
    remove(name); /* elsewhere rename may refuse to overwrite */
    return rename(draft, name) == 0;
}

static FILE *platform_scratch(char *name)
{
    (void)name;
    return tmpfile();
}

static bool platform_reserve(FILE *file, size_t size)
{
    (void)file;
    (void)size;
    return true;
}

static void *platform_map(FILE *file, size_t size)
{
    (void)file;
    (void)size;
    return NULL; /* C99 has no such thing */
}

static void platform_unmap(void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

static void platform_on_interrupt(int signal_number)
{
    platform_interrupt = 1;
    signal(signal_number, SIG_DFL);
}

static void platform_catch_interrupt(void)
{
    platform_interrupt = 0;
    signal(SIGINT, platform_on_interrupt);
    signal(SIGTERM, platform_on_interrupt);
}

#endif

static bool platform_interrupted(void)
{
    return platform_interrupt != 0;
}

#ifdef _OPENMP

static bool platform_set_threads(ptrdiff_t count)
{
    omp_set_num_threads(count > INT_MAX ? INT_MAX : (int)count);
    return true;
}

#else

static bool platform_set_threads(ptrdiff_t count)
{
    (void)count;
    return false;
}

#endif

static void platform_sleep_in_waits(char **arguments)
{
#if defined _OPENMP && defined _POSIX_C_SOURCE
    if (getenv("OMP_WAIT_POLICY") == NULL && setenv("OMP_WAIT_POLICY", "passive", 1) == 0)
        execvp(arguments[0], arguments); /* comes back only where that cannot be */
#else
    (void)arguments;
#endif
}
