/* The comment that an emitted file begins with: what a reader wants to know first. */
#ifndef SYMGRAD_EMIT_HEAD_H
#define SYMGRAD_EMIT_HEAD_H

#include "emit/functions.h"

#include <stdint.h>

/* Fowler, Noll and Vo's hash of the model's text: which version of the model a file is from. */
uint64_t model_hash(const struct model *model);

void head_emit(struct functions *functions);

/* What stands before and after the model's functions, `text`, that compilers make vector code of
 * them. */
void head_open_vectors(struct emitter *emitter, const char *text);
void head_close_vectors(struct emitter *emitter);

/* The same for what runs now and then, which compilers should take little time for. */
void head_open_seldom(struct emitter *emitter);
void head_close_seldom(struct emitter *emitter);

#endif
