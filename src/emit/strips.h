/* Loops that add to a row of elements, written with a strip of the row in registers. */
#ifndef SYMGRAD_EMIT_STRIPS_H
#define SYMGRAD_EMIT_STRIPS_H

#include "emit/body.h"

/* Whether strips_emit emits this nest of loops: as several statements. */
bool strips_expected(struct body *body, const struct step *loop);

/* A nest of loops; false, with nothing emitted, where plain loops have to do. */
bool strips_emit(struct body *body, const struct step *loop, int indent);

/* A loop that sets elements, perhaps a comment, a sum that is declared, and the loop that adds them
 * to it. */
bool strips_emit_terms(struct body *body, const struct step *const *items, size_t count,
                       int indent);

/* The innermost loop of a nest that is being emitted in strips; false for any other. */
bool strips_emit_lanes(struct body *body, const struct step *loop, int indent);

#endif
