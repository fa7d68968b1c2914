#include "source.h"

/* ---- As it is ---- */

static int source_next(void *context)
{
    struct source *source = (struct source *)context;

    if (source->position == source->filled) {
        source->position = 0;
        source->filled = fread(source->buffer, 1, SOURCE_BUFFER, source->file);
        if (source->filled == 0)
            return EOF;
    }
    return source->buffer[source->position++];
}

static size_t source_read_plain(struct source *source, unsigned char *bytes, size_t size)
{
    size_t count = 0;

    while (count < size) {
        const int byte = source_next(source);
        size_t more = source->filled - source->position;
        if (byte == EOF)
            break;
        bytes[count++] = (unsigned char)byte;
        if (more > size - count)
            more = size - count;
        memcpy(bytes + count, source->buffer + source->position, more);
        source->position += more;
        count += more;
    }
    return count;
}

/* ---- gzip ---- */

static bool source_is_damaged(const struct source *source, struct failure *failure)
{
    if (ferror(source->file))
        return failure_set(failure, FAILURE_SYSTEM, "cannot read %s: %s", source->name.text,
                           strerror(errno));
    return failure_set(failure, FAILURE_SYSTEM, "%s is damaged, or ends too early",
                       source->name.text);
}

/* The table of the cyclic redundancy check with the polynomial 0xedb88320, byte by byte. */
static bool source_make_table(struct source *source, struct failure *failure)
{
    source->table = (uint32_t *)memory_new(256, sizeof(uint32_t), failure);
    if (source->table == NULL)
        return false;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++)
            remainder = remainder >> 1 ^ (remainder & 1 ? UINT32_C(0xedb88320) : 0);
        source->table[byte] = remainder;
    }
    return true;
}

static void source_add(struct source *source, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        source->sum = source->sum >> 8 ^ source->table[(source->sum ^ bytes[i]) & 0xff];
    source->length += (uint32_t)count;
}

/* What stands before the compressed bytes: two marks, the method, flags for what else there is. */
static void source_skip_gzip_head(struct inflate *inflate)
{
    unsigned flags;

    inflate_take(inflate, 16);
    if (inflate_take(inflate, 8) != 8)
        inflate->stage = INFLATE_BAD;
    flags = inflate_take(inflate, 8);
    for (int i = 0; i < 6; i++)
        inflate_take(inflate, 8);
    if (flags & 4) {
        unsigned extra = inflate_take(inflate, 16);
        while (extra-- > 0 && inflate->stage != INFLATE_BAD)
            inflate_take(inflate, 8);
    }
    for (unsigned text = 8; text <= 16; text *= 2) /* the file's name, a comment */
        while ((flags & text) != 0 && inflate->stage != INFLATE_BAD)
            if (inflate_take(inflate, 8) == 0)
                break;
    if (flags & 2)
        inflate_take(inflate, 16);
}

static bool source_begin_gzip(struct source *source, struct failure *failure)
{
    source->inflate = (struct inflate *)memory_new(1, sizeof *source->inflate, failure);
    if (source->inflate == NULL || !source_make_table(source, failure))
        return false;
    source->sum = UINT32_C(0xffffffff);
    inflate_begin(source->inflate, source_next, source);
    source_skip_gzip_head(source->inflate);
    return source->inflate->stage != INFLATE_BAD || source_is_damaged(source, failure);
}

/* After the compressed bytes: their checksum and their number. */
static bool source_end_gzip(struct source *source)
{
    struct inflate *inflate = source->inflate;
    uint32_t sum;
    uint32_t length;

    inflate_drop(inflate, inflate->bit_count % 8);
    sum = inflate_take(inflate, 16);
    sum |= (uint32_t)inflate_take(inflate, 16) << 16;
    length = inflate_take(inflate, 16);
    length |= (uint32_t)inflate_take(inflate, 16) << 16;
    return inflate->stage != INFLATE_BAD && sum == (source->sum ^ UINT32_C(0xffffffff)) &&
           length == source->length;
}

/* Whether another packed file begins behind the one that has ended: then both are one, as for
 * gunzip. What else may stand there is left alone. */
static bool source_goes_on(struct source *source)
{
    struct inflate *inflate = source->inflate;

    if (source_next(source) != 0x1f || source_next(source) != 0x8b)
        return false;
    inflate_begin(inflate, source_next, source);
    inflate->bits = 0x8b1f;
    inflate->bit_count = 16;
    source->sum = UINT32_C(0xffffffff);
    source->length = 0;
    source_skip_gzip_head(inflate);
    return true;
}

static bool source_read_packed(struct source *source, unsigned char *bytes, size_t size,
                               size_t *count, struct failure *failure)
{
    struct inflate *inflate = source->inflate;
    bool good = true;
    bool more = inflate->stage != INFLATE_END;

    *count = 0;
    while (more) {
        const size_t part = inflate_read(inflate, bytes + *count, size - *count);
        source_add(source, bytes + *count, part);
        *count += part;
        if (inflate->stage == INFLATE_END)
            good = source_end_gzip(source);
        else
            good = inflate->stage != INFLATE_BAD;
        more = good && inflate->stage == INFLATE_END && source_goes_on(source);
    }
    return good || source_is_damaged(source, failure);
}

/* ---- All ---- */

static bool source_read_member(struct source *source, unsigned char *bytes, size_t size,
                               size_t *count, struct failure *failure)
{
    *count = inflate_read(source->member, bytes, size);
    return source->member->stage != INFLATE_BAD || source_is_damaged(source, failure);
}

/* What comes behind the head. */
static bool source_read_on(struct source *source, unsigned char *bytes, size_t size, size_t *count,
                           struct failure *failure)
{
    bool good = true;

    if (size > source->rest)
        size = (size_t)source->rest;
    if (source->member != NULL)
        good = source_read_member(source, bytes, size, count, failure);
    else if (source->inflate != NULL)
        good = source_read_packed(source, bytes, size, count, failure);
    else
        *count = source_read_plain(source, bytes, size);
    source->rest -= *count;
    return good;
}

static bool source_read(struct source *source, unsigned char *bytes, size_t size, size_t *count,
                        struct failure *failure)
{
    size_t head = source->head_count - source->head_taken;
    size_t more = 0;

    head = head < size ? head : size;
    memcpy(bytes, source->head + source->head_taken, head);
    source->head_taken += head;
    if (head == size) {
        *count = head;
        return true;
    }
    if (!source_read_on(source, bytes + head, size - head, &more, failure))
        return false;
    *count = head + more;
    return !ferror(source->file) || source_is_damaged(source, failure);
}

static bool source_fill(struct source *source, unsigned char *bytes, size_t size,
                        struct failure *failure)
{
    size_t count;

    if (!source_read(source, bytes, size, &count, failure))
        return false;
    return count == size ||
           failure_set(failure, FAILURE_SYSTEM, "%s ends too early", source->name.text);
}

static bool source_take(struct source *source, size_t size, unsigned char **bytes,
                        struct failure *failure)
{
    size_t capacity = 0;
    size_t done = 0;

    *bytes = NULL;
    do {
        const size_t most = SOURCE_BUFFER;
        const size_t part = size - done < most ? size - done : most;
        unsigned char *grown =
            (unsigned char *)memory_grow(*bytes, &capacity, done + part + 1, 1, failure);
        if (grown == NULL)
            return false;
        *bytes = grown;
        if (!source_fill(source, grown + done, part, failure))
            return false;
        done += part;
        grown[done] = '\0';
    } while (done < size);
    return true;
}

static bool source_begins(const struct source *source, const char *bytes, size_t count)
{
    return source->head_count >= count && memcmp(source->head, bytes, count) == 0;
}

static bool source_look(struct source *source, struct failure *failure)
{
    source->head_count = 0;
    source->head_taken = 0;
    return source_read(source, source->head, SOURCE_HEAD, &source->head_count, failure);
}

/* The head is read anew for the unpacked bytes: what was read of the packed ones is put back. */
static bool source_open(struct source *source, const char *name, struct failure *failure)
{
    memset(source, 0, sizeof *source);
    failure_quote(&source->name, name, strlen(name));
    source->rest = UINT64_MAX;
    source->buffer = (unsigned char *)memory_new(SOURCE_BUFFER, 1, failure);
    if (source->buffer == NULL)
        return false;
    source->file = fopen(name, "rb");
    if (source->file == NULL)
        return failure_set(failure, FAILURE_SYSTEM, "cannot open %s: %s", source->name.text,
                           strerror(errno));
    if (!source_look(source, failure))
        return false;
    if (!source_begins(source, "\x1f\x8b", 2))
        return true;
    source->position = 0;
    return source_begin_gzip(source, failure) && source_look(source, failure);
}

static void source_close(struct source *source)
{
    if (source->file != NULL)
        fclose(source->file);
    free(source->buffer);
    free(source->inflate);
    free(source->member);
    free(source->table);
    memset(source, 0, sizeof *source);
}

/* ---- zip ---- */

static uint64_t source_little(const unsigned char *bytes, int count)
{
    uint64_t number = 0;

    while (count-- > 0)
        number = number << 8 | bytes[count];
    return number;
}

static bool source_skip(struct source *source, uint64_t size, struct failure *failure)
{
    unsigned char bytes[256];

    while (size > 0) {
        const size_t part = size < sizeof bytes ? (size_t)size : sizeof bytes;
        if (!source_fill(source, bytes, part, failure))
            return false;
        size -= part;
    }
    return true;
}

/* A file in a zip archive: what stands before its bytes. */
struct source_entry {
    bool wanted;
    unsigned method;
    uint64_t packed; /* its bytes in the archive, */
    bool follows;    /* unless their number stands behind them, as where a pipe was written to, */
    bool wide;       /* in 64 bits */
};

/* Sizes beyond 32 bits are among the extras: under the number 1, unpacked, then packed. */
static bool source_read_extras(struct source *source, size_t size, struct source_entry *entry,
                               struct failure *failure)
{
    unsigned char field[20];

    while (size >= 4) {
        size_t length;
        size_t part;
        if (!source_fill(source, field, 4, failure))
            return false;
        length = (size_t)source_little(field + 2, 2);
        part = source_little(field, 2) == 1 && length >= 16 ? 16 : 0;
        entry->wide = entry->wide || source_little(field, 2) == 1;
        size -= 4;
        if (length > size)
            return source_is_damaged(source, failure);
        if (!source_fill(source, field + 4, part, failure) ||
            !source_skip(source, length - part, failure))
            return false;
        if (part > 0)
            entry->packed = source_little(field + 12, 8);
        size -= length;
    }
    return source_skip(source, size, failure);
}

static bool source_read_entry(struct source *source, const char *name, struct source_entry *entry,
                              struct failure *failure)
{
    unsigned char head[SOURCE_ZIP_ENTRY];
    char found[FAILURE_QUOTE];
    size_t length;

    if (!source_fill(source, head, 4, failure))
        return false;
    if (memcmp(head, "PK\3\4", 4) != 0)
        return failure_set(failure, FAILURE_SYSTEM, "%s holds no array %s", source->name.text,
                           name);
    if (!source_fill(source, head + 4, SOURCE_ZIP_ENTRY - 4, failure))
        return false;
    entry->method = (unsigned)source_little(head + 8, 2);
    entry->packed = source_little(head + 18, 4);
    entry->follows = (source_little(head + 6, 2) & 8) != 0;
    entry->wide = false;
    length = (size_t)source_little(head + 26, 2);
    if (length >= sizeof found || (source_little(head + 6, 2) & 1) != 0)
        return failure_set(failure, FAILURE_SYSTEM,
                           "%s is a zip archive as numpy does not write them", source->name.text);
    if (!source_fill(source, (unsigned char *)found, length, failure))
        return false;
    found[length] = '\0';
    entry->wanted = strcmp(found, name) == 0;
    return source_read_extras(source, (size_t)source_little(head + 28, 2), entry, failure);
}

/* Behind the bytes: a mark, which may be absent, their checksum, their numbers packed and not. */
static void source_skip_descriptor(struct inflate *inflate, bool wide)
{
    uint32_t mark;

    inflate_drop(inflate, inflate->bit_count % 8);
    mark = inflate_take(inflate, 16);
    mark |= (uint32_t)inflate_take(inflate, 16) << 16;
    for (int words = (mark == UINT32_C(0x08074b50) ? 2 : 0) + (wide ? 8 : 4); words > 0; words--)
        inflate_take(inflate, 16);
}

/* A byte of an archive that gzip has packed once more. */
static int source_next_unpacked(void *context)
{
    struct source *source = (struct source *)context;
    struct failure ignored; /* to the archive it is a byte that is not there */
    unsigned char byte;
    size_t count;

    return source_read_packed(source, &byte, 1, &count, &ignored) && count == 1 ? byte : EOF;
}

static bool source_begin_packed(struct source *source, struct failure *failure)
{
    source->member = (struct inflate *)memory_new(1, sizeof *source->member, failure);
    if (source->member != NULL)
        inflate_begin(source->member, source->inflate != NULL ? source_next_unpacked : source_next,
                      source);
    return source->member != NULL;
}

/* Where packed bytes end they tell themselves. */
static bool source_pass_packed(struct source *source, bool wide, struct failure *failure)
{
    unsigned char bytes[256];
    bool good;

    if (!source_begin_packed(source, failure))
        return false;
    while (inflate_read(source->member, bytes, sizeof bytes) == sizeof bytes)
        continue;
    source_skip_descriptor(source->member, wide);
    good = source->member->stage != INFLATE_BAD;
    free(source->member);
    source->member = NULL;
    return good || source_is_damaged(source, failure);
}

/* Plain bytes end where a descriptor tells as many as there were. */
static bool source_pass_plain(struct source *source, bool wide, struct failure *failure)
{
    const int number = wide ? 8 : 4;
    const size_t size = wide ? 24 : 16;
    unsigned char latest[24];
    uint64_t before = 0;

    if (!source_fill(source, latest, size, failure))
        return false;
    while (memcmp(latest, "PK\7\10", 4) != 0 || source_little(latest + 8, number) != before ||
           source_little(latest + 8 + number, number) != before) {
        memmove(latest, latest + 1, size - 1);
        if (!source_fill(source, latest + size - 1, 1, failure))
            return false;
        before++;
    }
    return true;
}

static bool source_pass(struct source *source, const struct source_entry *entry,
                        struct failure *failure)
{
    if (!entry->follows)
        return source_skip(source, entry->packed, failure);
    return entry->method == 8 ? source_pass_packed(source, entry->wide, failure)
                              : source_pass_plain(source, entry->wide, failure);
}

static bool source_enter(struct source *source, const char *name, struct failure *failure)
{
    struct source_entry entry;

    do {
        memset(&entry, 0, sizeof entry);
        if (!source_read_entry(source, name, &entry, failure) ||
            (!entry.wanted && !source_pass(source, &entry, failure)))
            return false;
    } while (!entry.wanted);
    if (entry.method != 0 && entry.method != 8)
        return failure_set(failure, FAILURE_SYSTEM, "%s is packed by a method that is not known",
                           source->name.text);
    if (entry.method == 0)
        source->rest = entry.follows ? UINT64_MAX : entry.packed;
    else if (!source_begin_packed(source, failure))
        return false;
    return source_look(source, failure);
}
