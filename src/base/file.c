#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What strerror() says, which another thread may overwrite. */
static const char *error_text(struct arena *arena, int error)
{
    char text[256];
    if (strerror_r(error, text, sizeof text) != 0)
        return arena_format(arena, "error %d", error);
    return arena_copy(arena, text, strlen(text));
}

static int open_whatever_signals(const char *path, int flags, mode_t mode)
{
    int descriptor;
    do
        descriptor = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* ---- reading ---- */

struct content {
    char *bytes;
    size_t length, capacity;
};

/* 0 or the errno. */
static int read_rest(struct arena *arena, int descriptor, struct content *content)
{
    for (;;) {
        /* One byte stays free for the NUL. */
        if (content->capacity - content->length < 2) {
            size_t larger = content->capacity > SIZE_MAX / 2 ? SIZE_MAX : 2 * content->capacity;
            content->bytes = arena_grow(arena, content->bytes, content->length, larger, 1);
            content->capacity = larger;
        }
        size_t room = content->capacity - content->length - 1;
        ssize_t got =
            read(descriptor, content->bytes + content->length, room < SSIZE_MAX ? room : SSIZE_MAX);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0)
            content->length += (size_t)got;
    }
    content->bytes[content->length] = '\0';
    return 0;
}

static int read_all(struct arena *arena, int descriptor, struct content *content)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    /* A regular file's size is a hint only: it may grow, and those of /proc say 0. The second
     * byte lets read() see the end without growing. */
    size_t capacity = 4096;
    if (S_ISREG(status.st_mode) && status.st_size > 0)
        capacity = (uintmax_t)status.st_size < SIZE_MAX - 2 ? (size_t)status.st_size + 2 : SIZE_MAX;
    *content = (struct content){arena_allocate(arena, capacity, 1), 0, capacity};
    return read_rest(arena, descriptor, content);
}

/* read_all, but the descriptor is closed also when memory runs out on the way. */
static int read_all_and_close(struct arena *arena, int descriptor, struct content *content)
{
    jmp_buf outer;
    jmp_buf *escape = arena_escape(arena);
    memcpy(&outer, escape, sizeof outer);
    if (setjmp(*escape)) {
        close(descriptor);
        memcpy(arena_escape(arena), &outer, sizeof outer);
        longjmp(*arena_escape(arena), 1);
    }
    int error = read_all(arena, descriptor, content);
    close(descriptor);
    memcpy(arena_escape(arena), &outer, sizeof outer);
    return error;
}

char *file_read(struct arena *arena, const char *path, size_t *length, const char **reason)
{
    struct content content = {NULL, 0, 0};
    int error;
    if (strcmp(path, "-") == 0) {
        error = read_all(arena, STDIN_FILENO, &content);
    } else {
        int descriptor = open_whatever_signals(path, O_RDONLY, 0);
        error = descriptor < 0 ? errno : read_all_and_close(arena, descriptor, &content);
    }
    if (error) {
        *reason = error_text(arena, error);
        return NULL;
    }
    *length = content.length;
    return content.bytes;
}

/* ---- writing: everything that can run out of memory comes before the first descriptor ---- */

/* The functions below return 0 or the errno. */

static int write_bytes(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t put = write(descriptor, bytes, length < SSIZE_MAX ? length : SSIZE_MAX);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
    }
    return 0;
}

/* `error` if there is one already, else how closing went. */
static int close_after(int descriptor, int error)
{
    /* After EINTR the descriptor is gone all the same. */
    if (close(descriptor) != 0 && errno != EINTR && !error)
        return errno;
    return error;
}

static int write_stdout(const char *bytes, size_t length)
{
    errno = 0;
    if (fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0)
        return 0;
    return errno ? errno : EIO;
}

/* For what cannot be replaced by a rename: devices and FIFOs. */
static int write_directly(const char *path, const char *bytes, size_t length)
{
    int descriptor = open_whatever_signals(path, O_WRONLY | O_TRUNC, 0);
    if (descriptor < 0)
        return errno;
    return close_after(descriptor, write_bytes(descriptor, bytes, length));
}

/* `mode` NULL leaves what open() gave: 0666 without the umask. */
static int fill_temporary(int descriptor, const char *bytes, size_t length, const mode_t *mode)
{
    int error = write_bytes(descriptor, bytes, length);
    if (!error && mode && fchmod(descriptor, *mode) != 0)
        error = errno;
    while (!error && fsync(descriptor) != 0) {
        /* Some file systems cannot flush; then there is nothing to wait for. */
        if (errno == EINVAL || errno == ENOTSUP)
            break;
        if (errno != EINTR)
            error = errno;
    }
    return close_after(descriptor, error);
}

enum { ATTEMPTS = 100, SUFFIX_ROOM = 64, LONGEST_CHAIN = 40 };

/* Opens a file that did not exist, and writes its name behind the `directory` bytes already in
 * `temporary`. The name is short whatever the target's is. Returns -1 on failure. */
static int open_temporary(char *temporary, size_t directory)
{
    int descriptor = -1;
    for (int i = 0; descriptor < 0 && i < ATTEMPTS; i++) {
        snprintf(temporary + directory, SUFFIX_ROOM, ".symgrad-%ld-%d.tmp", (long)getpid(), i);
        descriptor = open_whatever_signals(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    return descriptor;
}

static int write_and_rename(struct arena *arena, const char *path, const char *bytes, size_t length,
                            const mode_t *mode)
{
    const char *slash = strrchr(path, '/');
    size_t directory = slash ? (size_t)(slash - path) + 1 : 0;
    char *temporary = arena_allocate(arena, directory + SUFFIX_ROOM, 1);
    memcpy(temporary, path, directory);
    int descriptor = open_temporary(temporary, directory);
    if (descriptor < 0)
        return errno;
    int error = fill_temporary(descriptor, bytes, length, mode);
    if (!error && rename(temporary, path) != 0)
        error = errno;
    if (error)
        unlink(temporary);
    return error;
}

/* A link stays, and what it leads to is written: *path becomes the end of the chain. */
static int follow_links(struct arena *arena, const char **path)
{
    for (int i = 0; i < LONGEST_CHAIN; i++) {
        struct stat status;
        if (lstat(*path, &status) != 0)
            return errno == ENOENT ? 0 : errno;
        if (!S_ISLNK(status.st_mode))
            return 0;
        char target[PATH_MAX];
        ssize_t length = readlink(*path, target, sizeof target - 1);
        if (length < 0)
            return errno;
        target[length] = '\0';
        *path = path_beside(arena, *path, target);
    }
    return ELOOP;
}

static int replace_file(struct arena *arena, const char *path, const char *bytes, size_t length)
{
    struct stat status;
    bool exists = stat(path, &status) == 0;
    if (!exists && errno != ENOENT)
        return errno;
    if (exists && !S_ISREG(status.st_mode))
        return write_directly(path, bytes, length);
    /* A rename would replace even what the user protected from writing. */
    if (exists && access(path, W_OK) != 0)
        return errno;
    int error = follow_links(arena, &path);
    mode_t mode = exists ? status.st_mode & 0777 : 0;
    return error ? error : write_and_rename(arena, path, bytes, length, exists ? &mode : NULL);
}

bool file_write(struct arena *arena, const char *path, const char *bytes, size_t length,
                const char **reason)
{
    int error = strcmp(path, "-") == 0 ? write_stdout(bytes, length)
                                       : replace_file(arena, path, bytes, length);
    if (error)
        *reason = error_text(arena, error);
    return error == 0;
}

/* ---- paths ---- */

const char *path_beside(struct arena *arena, const char *base, const char *file)
{
    const char *slash = strrchr(base, '/');
    if (file[0] == '/' || !slash)
        return arena_copy(arena, file, strlen(file));
    size_t directory = (size_t)(slash - base) + 1, length = strlen(file);
    char *joined = arena_allocate(arena, directory + length + 1, 1);
    memcpy(joined, base, directory);
    memcpy(joined + directory, file, length);
    return joined;
}

const char *path_stem(struct arena *arena, const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    /* A dot in front is part of the name. */
    size_t dot = end;
    while (dot > begin && path[dot - 1] != '.')
        dot--;
    if (dot > begin + 1)
        end = dot - 1;
    return arena_copy(arena, path + begin, end - begin);
}
