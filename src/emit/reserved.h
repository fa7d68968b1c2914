/* Words that an emitted file cannot use as it pleases. */
#ifndef SYMGRAD_EMIT_RESERVED_H
#define SYMGRAD_EMIT_RESERVED_H

#include <stdbool.h>

/* Whether C, C++, a header that an emitted file includes, or the emitter has a meaning for this
 * identifier. */
bool c_is_reserved(const char *identifier);

/* Whether it belongs to a family of macros whose further members are macros as well. */
bool c_is_macro_like(const char *identifier);

/* Whether names at file level of the runtime begin with this and an underscore. */
bool c_is_runtime_prefix(const char *prefix);

#endif
