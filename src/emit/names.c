#include "emit/names.h"

#include "base/table.h"
#include "base/text.h"
#include "emit/reserved.h"

#include <ctype.h>
#include <string.h>

/* An identifier that a stem was made into. */
struct identifier {
    const char *text;
    struct stem *stem;
    unsigned suffix; /* 1: none */
    bool taken, forbidden;
};

/* All suffixes below `next` are taken, or make a word that has a meaning. */
struct stem {
    unsigned next;
};

struct c_names {
    struct arena *arena;
    struct names *interned;
    const char *prefix;        /* with its underscore */
    struct table *identifiers; /* by interned text: struct identifier */
    struct table *stems;       /* by interned text: struct stem */
    struct identifier **stack;
    size_t count, capacity;
};

/* ---- Spelling ---- */

static const char *const greek[] = {
    "alpha", "beta",   "gamma",   "delta", "epsilon", "zeta",    "eta",  "theta", "iota",
    "kappa", "lambda", "mu",      "nu",    "xi",      "omicron", "pi",   "rho",   "sigma",
    "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",     "omega"};

/* Reads one character of UTF-8; a byte that is not part of one stands for itself. */
static unsigned long read_character(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    int more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : bytes[0] >= 0xc0 ? 1 : 0;
    unsigned long character = more == 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    int read = 1;
    while (read <= more && (bytes[read] & 0xc0) == 0x80) {
        character = character << 6 | (bytes[read++] & 0x3fu);
    }
    if (read <= more) {
        character = bytes[0];
        read = 1;
    }
    *text += read;
    return character;
}

static void append_character(struct text *text, unsigned long character)
{
    if (character < 128 && (isalnum((int)character) || character == '_')) {
        /* Two underscores in a row belong to C++. */
        if (character == '_' && text->length > 0 && text->bytes[text->length - 1] == '_') {
            return;
        }
        text_append_char(text, (char)character);
    } else if (character >= 0x3b1 && character <= 0x3c9) {
        text_append(text, greek[character - 0x3b1]);
    } else if (character >= 0x391 && character <= 0x3a9) {
        const char *name = greek[character - 0x391];
        text_append_char(text, (char)toupper((unsigned char)name[0]));
        text_append(text, name + 1);
    } else if (character < 128) {
        append_character(text, '_');
    } else {
        text_format(text, "u%lx", character);
    }
}

static const char *spell(struct arena *arena, const char *name)
{
    struct text text = text_create(arena);
    while (*name != '\0') {
        append_character(&text, read_character(&name));
    }
    if (text.length == 0) {
        text_append(&text, "x");
    }
    if (!isalpha((unsigned char)text.bytes[0])) {
        const char *rest = text.bytes[0] == '_' ? text.bytes + 1 : text.bytes;
        return arena_format(arena, "x_%s", rest);
    }
    return text.bytes;
}

const char *c_prefix(struct arena *arena, const char *name)
{
    const char *prefix = spell(arena, name);
    size_t length = strlen(prefix);
    while (length > 1 && prefix[length - 1] == '_') {
        length--;
    }
    prefix = arena_copy(arena, prefix, length);
    if (c_is_runtime_prefix(prefix)) {
        return arena_format(arena, "%s_model", prefix);
    }
    return prefix;
}

/* ---- Scopes ---- */

struct c_names *c_names_create(struct arena *arena, const char *prefix)
{
    struct c_names *names = ARENA_NEW(arena, struct c_names);
    names->arena = arena;
    names->interned = names_create(arena);
    names->prefix = arena_format(arena, "%s_", prefix);
    names->identifiers = table_create(arena);
    names->stems = table_create(arena);
    return names;
}

static struct identifier *find_identifier(struct c_names *names, const char *text)
{
    const char *interned = names_intern_text(names->interned, text);
    struct identifier *identifier = table_find(names->identifiers, interned);
    if (identifier == NULL) {
        identifier = ARENA_NEW(names->arena, struct identifier);
        identifier->text = interned;
        identifier->forbidden =
            c_is_reserved(interned) || strncmp(interned, names->prefix, strlen(names->prefix)) == 0;
        table_store(names->identifiers, interned, identifier);
    }
    return identifier;
}

static bool is_usable(const struct identifier *identifier)
{
    return !identifier->taken && !identifier->forbidden;
}

static struct stem *find_stem(struct c_names *names, const char *text)
{
    const char *interned = names_intern_text(names->interned, text);
    struct stem *stem = table_find(names->stems, interned);
    if (stem == NULL) {
        stem = ARENA_NEW(names->arena, struct stem);
        stem->next = 1;
        table_store(names->stems, interned, stem);
    }
    return stem;
}

/* Whether a name, or what a number makes of it, begins as the model's own names do. */
static bool begins_as_own(const struct c_names *names, const char *stem)
{
    size_t length = strlen(names->prefix) - 1;
    return strncmp(stem, names->prefix, length) == 0 &&
           (stem[length] == '_' || stem[length] == '\0');
}

const char *c_names_take(struct c_names *names, const char *name)
{
    const char *stem = spell(names->arena, name);
    if (begins_as_own(names, stem) || c_is_macro_like(stem)) {
        stem = arena_format(names->arena, "own_%s", stem);
    }
    struct stem *known = find_stem(names, stem);
    struct identifier *identifier;
    do {
        identifier = find_identifier(
            names,
            known->next == 1 ? stem : arena_format(names->arena, "%s_%u", stem, known->next));
        known->next++;
    } while (!is_usable(identifier));
    identifier->stem = known;
    identifier->suffix = known->next - 1;
    identifier->taken = true;
    ARENA_PUSH(names->arena, names->stack, names->count, names->capacity, identifier);
    return identifier->text;
}

const char *c_names_take_index(struct c_names *names)
{
    static const char *const letters[] = {"i", "j", "k", "l", "m", "p", "q", "r"};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (is_usable(find_identifier(names, letters[i]))) {
            return c_names_take(names, letters[i]);
        }
    }
    return c_names_take(names, "i");
}

size_t c_names_mark(const struct c_names *names)
{
    return names->count;
}

void c_names_release(struct c_names *names, size_t mark)
{
    while (names->count > mark) {
        struct identifier *identifier = names->stack[--names->count];
        identifier->taken = false;
        if (identifier->suffix < identifier->stem->next) {
            identifier->stem->next = identifier->suffix;
        }
    }
}
