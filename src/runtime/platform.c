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

/* ---- Files as memory ---- */

/* Those there are. They are changed while the signal that goes through them is held back. */
static struct platform_mapping *volatile platform_mappings;

static void platform_hold_back(sigset_t *before)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, SIGALRM);
    sigprocmask(SIG_BLOCK, &one, before);
}

static void platform_release(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* True also where the system does not tell. */
static bool platform_holds_much(void)
{
    const int descriptor = open("/proc/self/statm", O_RDONLY);
    const long page = sysconf(_SC_PAGESIZE);
    char text[64];
    const char *digit = text;
    ssize_t length = 0;
    size_t pages = 0;

    if (descriptor >= 0) {
        length = read(descriptor, text, sizeof text - 1);
        close(descriptor);
    }
    if (length <= 0 || page <= 0)
        return true;
    text[length] = '\0';
    while (*digit >= '0' && *digit <= '9') /* the first number is what has addresses */
        digit++;
    for (digit += *digit == ' '; *digit >= '0' && *digit <= '9'; digit++)
        pages = 10 * pages + (size_t)(*digit - '0');
    return pages > PLATFORM_RESIDENT / (size_t)page;
}

/* Mapped anew in its place, a file takes up no memory until it is looked at again. */
static void platform_let_go(int signal_number)
{
    const int kept = errno;

    (void)signal_number;
    if (platform_holds_much())
        for (struct platform_mapping *it = platform_mappings; it != NULL; it = it->next)
            mmap(it->memory, it->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                 it->descriptor, 0);
    errno = kept;
}

/* Has the program look so often; 0: no more. */
static void platform_look_every(int microseconds)
{
    struct sigaction action;
    struct itimerval timer;

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = platform_let_go;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    memset(&timer, 0, sizeof timer);
    timer.it_interval.tv_usec = microseconds;
    timer.it_value = timer.it_interval;
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Written to where the disk is full, a file that is mapped ends the program: hence the room. A
 * signal would end the search for it. */
static bool platform_reserve(FILE *file, size_t size)
{
    const off_t end = (off_t)size;
    sigset_t before;

    platform_hold_back(&before);
    errno = size > PTRDIFF_MAX ? ENOMEM : posix_fallocate(fileno(file), 0, end);
    platform_release(&before);
    return errno == 0;
}

static bool platform_map(struct platform_mapping *mapping, FILE *file, size_t size)
{
    const bool first = platform_mappings == NULL;
    sigset_t before;

    mapping->descriptor = fileno(file);
    mapping->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mapping->descriptor, 0);
    mapping->size = size;
    if (mapping->memory == MAP_FAILED)
        return false;
    platform_hold_back(&before);
    mapping->next = platform_mappings;
    platform_mappings = mapping;
    platform_release(&before);
    if (first)
        platform_look_every(PLATFORM_LOOK);
    return true;
}

static void platform_unmap(struct platform_mapping *mapping)
{
    sigset_t before;

    platform_hold_back(&before);
    if (platform_mappings == mapping)
        platform_mappings = mapping->next;
    for (struct platform_mapping *it = platform_mappings; it != NULL; it = it->next)
        if (it->next == mapping)
            it->next = mapping->next;
    munmap(mapping->memory, mapping->size);
    platform_release(&before);
    if (platform_mappings == NULL)
        platform_look_every(0);
}

static bool platform_copy(const struct platform_mapping *mapping, size_t begin, size_t size,
                          void *to)
{
    return pread(mapping->descriptor, to, size, (off_t)begin) == (ssize_t)size;
}

/* ---- Signals ---- */

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

static bool platform_map(struct platform_mapping *mapping, FILE *file, size_t size)
{
    (void)mapping;
    (void)file;
    (void)size;
    return false; /* C99 has no such thing */
}

static void platform_unmap(struct platform_mapping *mapping)
{
    (void)mapping;
}

static bool platform_copy(const struct platform_mapping *mapping, size_t begin, size_t size,
                          void *to)
{
    (void)mapping;
    (void)begin;
    (void)size;
    (void)to;
    return false;
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
